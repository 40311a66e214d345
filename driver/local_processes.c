/*
 * local_processes.c - vonk-executor as child processes.
 *
 * One thread starts them and waits for their ends by pidfd: it must be one thread, and live as long
 * as they do, because a child's death signal follows the thread that started it, not the process.
 * posix_spawn, never fork: nng has threads.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/end_watch.h"
#include "driver/allocation.h"

#define SECRET_FD 3
#define GRACE_MS  3000 /* between SIGTERM and SIGKILL at the end */

typedef enum child_state { WANTED, RUNNING, GONE } child_state;

typedef struct child {
    uint32_t number;
    child_state state; /* guarded by lock */
    bool unwanted;     /* guarded by lock: to be killed */
    pid_t pid;         /* these two: of the thread */
    int pidfd;
} child;

typedef struct local_processes {
    vonk_allocation base;
    vonk_executor_spec spec;
    char *program;
    char *driver_url;
    char scratch[PATH_MAX / 2]; /* of all; each has a folder in it */
    int event;                  /* wakes the thread */
    pthread_t thread;

    pthread_mutex_t lock;
    bool closing; /* all below: guarded by lock */
    uint32_t n, capacity;
    child **children;
} local_processes;

extern char **environ;

static int64_t now_ms(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void wake(local_processes *p)
{
    uint64_t one = 1;
    (void)!write(p->event, &one, sizeof one);
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    (void)remove(path);
    return 0;
}

/* What cannot be removed stays: temporary files fail nobody's query. */
static void remove_tree(const char *path)
{
    (void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- starting ---- */

static void scratch_of(const local_processes *p, uint32_t number, char *ret, size_t size)
{
    (void)snprintf(ret, size, "%s/executor-%u", p->scratch, number);
}

/* A pipe's end that holds the secret: it is in no argument and no environment. */
static int secret_pipe(const vonk_secret *secret)
{
    int ends[2];
    char text[2 * VONK_SECRET_BYTES + 1];
    if (pipe2(ends, O_CLOEXEC))
        return -1;
    vonk_secret_print(secret, text);
    ssize_t n = write(ends[1], text, 2 * VONK_SECRET_BYTES);
    vonk_forget(text, sizeof text);
    close(ends[1]);
    if (n == 2 * VONK_SECRET_BYTES)
        return ends[0];
    close(ends[0]);
    return -1;
}

/* A group of its own, so that Ctrl-C in a terminal ends the query and not the executors. */
static void set_attributes(posix_spawnattr_t *attr)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setflags(attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                       POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(attr, 0);
    posix_spawnattr_setsigmask(attr, &none);
    posix_spawnattr_setsigdefault(attr, &all);
}

static int spawn_with(const char *program, char *const argv[], int secret, pid_t *ret)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attr);
    set_attributes(&attr);
    int rv = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    if (!rv)
        rv = posix_spawn_file_actions_adddup2(&files, secret, SECRET_FD);
    if (!rv)
        rv = posix_spawn_file_actions_addclosefrom_np(&files, SECRET_FD + 1);
    if (!rv)
        rv = posix_spawn(ret, program, &files, &attr, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attr);
    return rv;
}

static int spawn(local_processes *p, child *c)
{
    char id[16], slots[16], memory[32], parent[16], fd[8], scratch[PATH_MAX];
    (void)snprintf(id, sizeof id, "%u", c->number);
    (void)snprintf(slots, sizeof slots, "%u", p->spec.slots);
    (void)snprintf(memory, sizeof memory, "%lu", (unsigned long)(p->spec.memory >> 20));
    (void)snprintf(parent, sizeof parent, "%d", (int)getpid());
    (void)snprintf(fd, sizeof fd, "%d", SECRET_FD);
    scratch_of(p, c->number, scratch, sizeof scratch);
    char *const argv[] = {"vonk-executor",
                          "--driver",
                          p->driver_url,
                          "--id",
                          id,
                          "--slots",
                          slots,
                          "--memory",
                          memory,
                          "--parent",
                          parent,
                          "--scratch",
                          scratch,
                          "--secret-fd",
                          fd,
                          NULL};
    int secret = secret_pipe(&p->spec.secret);
    if (secret < 0)
        return errno;
    int rv = spawn_with(p->program, argv, secret, &c->pid);
    close(secret);
    if (rv)
        return rv;
    c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
    return 0;
}

/* ---- ends ---- */

static void describe(int status, char *ret, size_t size)
{
    if (WIFSIGNALED(status))
        (void)snprintf(ret, size, "its process was killed by signal %d (%s)", WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
    else
        (void)snprintf(ret, size, "its process ended with status %d", WEXITSTATUS(status));
}

static void set_gone(local_processes *p, child *c)
{
    pthread_mutex_lock(&p->lock);
    c->state = GONE;
    pthread_mutex_unlock(&p->lock);
}

static void tell(local_processes *p, uint32_t number, const char *why)
{
    pthread_mutex_lock(&p->lock);
    bool closing = p->closing;
    pthread_mutex_unlock(&p->lock);
    if (!closing)
        p->spec.ended(p->spec.context, number, VONK_IO, why);
}

/* Collects the child if it has ended. */
static void collect(local_processes *p, child *c)
{
    int status = 0;
    char why[128], scratch[PATH_MAX];
    if (waitpid(c->pid, &status, WNOHANG) != c->pid)
        return;
    if (c->pidfd >= 0)
        close(c->pidfd);
    scratch_of(p, c->number, scratch, sizeof scratch);
    remove_tree(scratch);
    describe(status, why, sizeof why);
    set_gone(p, c);
    tell(p, c->number, why);
}

static void start(local_processes *p, child *c)
{
    char why[256];
    int rv = spawn(p, c);
    if (!rv)
        return;
    (void)snprintf(why, sizeof why, "cannot start %.150s: %s", p->program, strerror(rv));
    set_gone(p, c);
    tell(p, c->number, why);
}

/* ---- the thread ---- */

/* The n-th child, whether to start or to kill it, and whether all is closing. NULL beyond the last.
 */
static child *look_at(local_processes *p, uint32_t n, bool *ret_start, bool *ret_kill)
{
    pthread_mutex_lock(&p->lock);
    child *c = n < p->n ? p->children[n] : NULL;
    if (c) {
        *ret_start = c->state == WANTED && !c->unwanted && !p->closing;
        *ret_kill = c->state == RUNNING && c->unwanted;
        if (c->state == WANTED)
            c->state = *ret_start ? RUNNING : GONE;
    }
    pthread_mutex_unlock(&p->lock);
    return c;
}

static bool is_running(local_processes *p, const child *c)
{
    pthread_mutex_lock(&p->lock);
    bool running = c->state == RUNNING;
    pthread_mutex_unlock(&p->lock);
    return running;
}

static bool is_closing(local_processes *p)
{
    pthread_mutex_lock(&p->lock);
    bool closing = p->closing;
    pthread_mutex_unlock(&p->lock);
    return closing;
}

/* Starts, kills and collects what there is. Returns how many run. */
static uint32_t tend(local_processes *p)
{
    bool to_start, to_kill;
    uint32_t n_running = 0;
    child *c;
    for (uint32_t n = 0; (c = look_at(p, n, &to_start, &to_kill)); n++) {
        if (to_start)
            start(p, c);
        if (to_kill)
            kill(c->pid, SIGKILL);
        if (is_running(p, c))
            collect(p, c);
        n_running += is_running(p, c);
    }
    return n_running;
}

static void signal_all(local_processes *p, int signal)
{
    for (uint32_t n = 0; n < p->n; n++) {
        if (is_running(p, p->children[n]))
            kill(p->children[n]->pid, signal);
    }
}

/* Waits until a child ends, somebody wakes us, or the time is over. */
static void wait_for_news(local_processes *p, int timeout_ms)
{
    struct pollfd fds[256];
    nfds_t n_fds = 1;
    fds[0] = (struct pollfd){.fd = p->event, .events = POLLIN};
    pthread_mutex_lock(&p->lock);
    for (uint32_t n = 0; n < p->n && n_fds < VONK_LENGTH(fds); n++) {
        child *c = p->children[n];
        if (c->state == RUNNING && c->pidfd >= 0)
            fds[n_fds++] = (struct pollfd){.fd = c->pidfd, .events = POLLIN};
        else if (c->state == RUNNING && (timeout_ms < 0 || timeout_ms > 100))
            timeout_ms = 100; /* a kernel without pidfds */
    }
    pthread_mutex_unlock(&p->lock);
    if (n_fds == VONK_LENGTH(fds) && (timeout_ms < 0 || timeout_ms > 100))
        timeout_ms = 100;
    (void)poll(fds, n_fds, timeout_ms);
    uint64_t count;
    (void)!read(p->event, &count, sizeof count);
}

static void *tend_children(void *context)
{
    local_processes *p = context;
    int64_t deadline = 0;
    for (;;) {
        uint32_t n_running = tend(p);
        if (!is_closing(p)) {
            wait_for_news(p, -1);
            continue;
        }
        if (!n_running)
            return NULL;
        if (!deadline) {
            deadline = now_ms() + GRACE_MS;
            signal_all(p, SIGTERM);
            signal_all(p, SIGCONT); /* one that was stopped must hear it too */
        }
        int64_t left = deadline - now_ms();
        if (left <= 0)
            signal_all(p, SIGKILL);
        wait_for_news(p, left > 0 ? (int)left : 100);
    }
}

/* ---- the interface ---- */

static child *find(local_processes *p, uint32_t number)
{
    for (uint32_t n = 0; n < p->n; n++) {
        if (p->children[n]->number == number)
            return p->children[n];
    }
    return NULL;
}

static bool add_child(local_processes *p, uint32_t number)
{
    if (p->n == p->capacity) {
        uint32_t capacity = p->capacity ? p->capacity * 2 : 8;
        child **children = realloc(p->children, capacity * sizeof *children);
        if (!children)
            return false;
        p->children = children;
        p->capacity = capacity;
    }
    child *c = calloc(1, sizeof *c);
    if (!c)
        return false;
    c->number = number;
    c->pidfd = -1;
    p->children[p->n++] = c;
    return true;
}

static void request(vonk_allocation *allocation, uint32_t number)
{
    local_processes *p = (local_processes *)allocation;
    pthread_mutex_lock(&p->lock);
    bool added = add_child(p, number);
    pthread_mutex_unlock(&p->lock);
    if (!added)
        p->spec.ended(p->spec.context, number, VONK_IO, "out of memory");
    wake(p);
}

static void release(vonk_allocation *allocation, uint32_t number)
{
    local_processes *p = (local_processes *)allocation;
    pthread_mutex_lock(&p->lock);
    child *c = find(p, number);
    if (c)
        c->unwanted = true;
    pthread_mutex_unlock(&p->lock);
    wake(p);
}

static void free_all(local_processes *p)
{
    for (uint32_t n = 0; n < p->n; n++)
        free(p->children[n]);
    free(p->children);
    if (p->event >= 0)
        close(p->event);
    if (p->scratch[0]) {
        remove_tree(p->scratch);
        vonk_end_watch_release();
    }
    pthread_mutex_destroy(&p->lock);
    vonk_forget(&p->spec.secret, sizeof p->spec.secret);
    free(p->program);
    free(p->driver_url);
    free(p);
}

static void close_all(vonk_allocation *allocation)
{
    local_processes *p = (local_processes *)allocation;
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    pthread_mutex_unlock(&p->lock);
    wake(p);
    pthread_join(p->thread, NULL);
    free_all(p);
}

static const vonk_allocation_ops ops = {.request = request, .release = release, .close = close_all};

/* vonk-executor in the folder of the running program. */
static char *program_beside_us(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0)
        return NULL;
    path[n] = '\0';
    char *slash = strrchr(path, '/');
    size_t room = slash ? sizeof path - (size_t)(slash + 1 - path) : 0;
    if (!slash || (size_t)snprintf(slash + 1, room, "vonk-executor") >= room)
        return NULL;
    return strdup(path);
}

static vonk_status make_scratch(local_processes *p, vonk_error *err)
{
    const char *tmp = getenv("TMPDIR");
    int n = snprintf(p->scratch, sizeof p->scratch, "%s/vonk-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (n < 0 || (size_t)n >= sizeof p->scratch || !mkdtemp(p->scratch)) {
        p->scratch[0] = '\0';
        return vonk_fail(err, VONK_IO, "cannot make a directory for temporary files: %s",
                         strerror(errno));
    }
    vonk_end_watch_hold(); /* for the folder and the children */
    return VONK_OK;
}

static vonk_status set_up(local_processes *p, const char *program, vonk_error *err)
{
    p->program = program ? strdup(program) : program_beside_us();
    p->driver_url = strdup(p->spec.driver_url);
    if (!p->program || !p->driver_url)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    if (access(p->program, X_OK))
        return vonk_fail(err, VONK_NOT_FOUND, "no executor program: %s: %s", p->program,
                         strerror(errno));
    p->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (p->event < 0)
        return vonk_fail(err, VONK_IO, "no event descriptor: %s", strerror(errno));
    VONK_TRY(make_scratch(p, err));
    if (pthread_create(&p->thread, NULL, tend_children, p))
        return vonk_fail(err, VONK_NO_MEMORY, "cannot start a thread");
    return VONK_OK;
}

vonk_status vonk_local_processes_new(const vonk_executor_spec *spec, const char *program,
                                     vonk_allocation **ret, vonk_error *err)
{
    local_processes *p = calloc(1, sizeof *p);
    if (!p)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    p->base.ops = &ops;
    p->spec = *spec;
    p->event = -1;
    pthread_mutex_init(&p->lock, NULL);
    vonk_status status = set_up(p, program, err);
    if (status != VONK_OK) {
        free_all(p);
        return status;
    }
    *ret = &p->base;
    return VONK_OK;
}
