/*
 * driver.c - `vonk driver`: runs a VonkJob in the driver's pod that the operator made for it, with
 * executors in pods that it makes itself.
 *
 *     stdout   the last query's table
 *     stderr   "vonk-progress: ", "vonk-error: ", "vonk-summary: " lines, and lines of JSON
 *     exit     see driver_exit.h
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/driver_exit.h"
#include "cli/driver_pod.h"
#include "cli/manifest_run.h"

#define GRACE_S 8 /* after SIGTERM, of the pod's ten */

static const char help[] =
    "usage: vonk driver --job FILE --secret-file FILE\n"
    "\n"
    "Runs a VonkJob in a pod, with executors in pods. The operator starts it; people do not.\n"
    "\n"
    "  --job FILE          the VonkJob as JSON\n"
    "  --secret-file FILE  the job's secret, 64 hex digits\n"
    "  -h, --help          print this\n"
    "\n"
    "Environment: VONK_POD_NAME, VONK_POD_NAMESPACE, VONK_POD_UID, VONK_POD_IP, VONK_IMAGE, "
    "VONK_JOB,\n"
    "VONK_ATTEMPT; VONK_JOB_UID, VONK_IMAGE_PULL_POLICY, VONK_IMAGE_PULL_SECRETS,\n"
    "VONK_EXECUTOR_SERVICE_ACCOUNT.\n"
    "\n"
    "Exit status: 0 the job succeeded; 1 it failed by its own doing; 2 a bad manifest, or "
    "something\n"
    "that this version cannot do; 75 the infrastructure failed and another attempt may succeed;\n"
    "143 told to end.\n";

/* The signal's flag and whom it concerns: a handler can reach nothing else. */
static _Atomic(vonk_session *) current;
static atomic_bool told_to_end;

static void on_end(int signal_number)
{
    (void)signal_number;
    vonk_session *session = atomic_load(&current);
    if (!atomic_exchange(&told_to_end, true))
        (void)alarm(GRACE_S);
    if (session)
        vonk_session_cancel(session);
}

/* What could be cleaned up in time was: the rest is the garbage collector's. */
static void on_alarm(int signal_number)
{
    (void)signal_number;
    _exit(VONK_DRIVER_TERMINATED);
}

/* The first process of a container has no default actions: every signal needs a handler. */
static void catch_signals(void)
{
    struct sigaction end = {.sa_handler = on_end}, last = {.sa_handler = on_alarm};
    (void)sigemptyset(&end.sa_mask);
    (void)sigemptyset(&last.sa_mask);
    (void)sigaction(SIGTERM, &end, NULL);
    (void)sigaction(SIGINT, &end, NULL);
    (void)sigaction(SIGALRM, &last, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static void set_current(vonk_session *session)
{
    atomic_store(&current, session);
    if (session && atomic_load(&told_to_end))
        vonk_session_cancel(session);
}

/* ---- progress ---- */

typedef struct watcher {
    vonk_driver_pod *pod;
    double began, printed;
    vonk_sched_progress last;
    uint32_t done, all; /* of the jobs before this one */
} watcher;

static double now(void)
{
    struct timespec ts = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Each statement is a job or more: all tasks known so far count. */
static void add_jobs(watcher *w, const vonk_sched_progress *p)
{
    bool another = p->n_tasks != w->last.n_tasks || p->n_stages != w->last.n_stages ||
                   (w->last.tasks_done == w->last.n_tasks && p->tasks_done < p->n_tasks);
    if (another) {
        w->done += w->last.n_tasks;
        w->all += w->last.n_tasks;
    }
    w->last = *p;
}

static void show_progress(void *context, const vonk_progress *progress)
{
    watcher *w = context;
    char text[VONK_CLI_PROGRESS_BYTES];
    double t = now();
    add_jobs(w, &progress->sched);
    vonk_driver_pod_progress(w->pod, w->done + progress->sched.tasks_done,
                             w->all + progress->sched.n_tasks);
    if (t - w->printed < 1)
        return;
    w->printed = t;
    vonk_cli_progress_print(progress, t - w->began, text);
    (void)fprintf(stderr, "vonk-progress: %s\n", text);
}

/* ---- the job ---- */

typedef struct options {
    const char *job_file, *secret_file;
} options;

/* What is said at the end, on standard error and as the pod's termination message. */
typedef struct ending {
    int status;
    char *message; /* malloc'ed */
    size_t length;
} ending;

static void end_with_error(ending *e, const vonk_error *err, vonk_slice sql)
{
    FILE *to = open_memstream(&e->message, &e->length);
    e->status = vonk_driver_exit_of(err);
    if (!to)
        return;
    vonk_cli_print_error(to, err, sql);
    (void)fclose(to);
}

static void end_well(ending *e, const vonk_manifest_run *run, const vonk_job *job)
{
    vonk_buffer line = {0};
    vonk_manifest_run_totals(run, job, &line);
    (void)fflush(stdout);
    (void)fprintf(stderr, "vonk-summary: %s\n", vonk_buffer_str(&line));
    vonk_buffer_free(&line);
    e->status = VONK_EXIT_OK;
    e->length = 0;
    if (asprintf(&e->message, "%llu rows in %.1f s, %llu stages, %llu tasks\n",
                 (unsigned long long)run->n_rows, now() - run->began,
                 (unsigned long long)run->n_stages, (unsigned long long)run->n_tasks) < 0)
        e->message = NULL;
}

static vonk_status run_in(vonk_session *session, vonk_driver_pod *pod, const vonk_job *job,
                          ending *ret, vonk_error *err)
{
    watcher w = {.pod = pod, .began = now()};
    vonk_manifest_run run = {.path = job->name,
                             .format = vonk_driver_pod_format(pod),
                             .in_pod = true,
                             .progress = show_progress,
                             .progress_context = &w,
                             .progress_of_last = true,
                             .began = w.began};
    char *text = NULL;
    vonk_slice at = {0};
    vonk_status status = vonk_manifest_run_all(&run, session, job, &text, &at, err);
    if (status == VONK_OK)
        end_well(ret, &run, job);
    else
        end_with_error(ret, err, at);
    free(text);
    return status;
}

static vonk_status run_job(const options *o, vonk_slice json, const vonk_job *job, ending *ret,
                           vonk_error *err)
{
    vonk_driver_pod *pod = NULL;
    vonk_session *session = NULL;
    vonk_manifest_run run = {.path = job->name};
    vonk_status status = vonk_manifest_run_check(&run, job, err);
    if (status == VONK_OK)
        status = vonk_driver_pod_open(job, json, o->secret_file, &pod, err);
    if (status == VONK_OK)
        status = vonk_driver_pod_session(pod, job, &session, err);
    if (status != VONK_OK) {
        end_with_error(ret, err, (vonk_slice){0});
    } else {
        set_current(session);
        status = run_in(session, pod, job, ret, err);
        set_current(NULL);
    }
    vonk_session_free(session);
    vonk_driver_pod_close(pod);
    return status;
}

static void run_file(const options *o, ending *ret)
{
    vonk_arena arena = {0};
    vonk_job job;
    vonk_error err = {.position = -1, .position_end = -1};
    vonk_slice json = {0};
    vonk_status status = vonk_driver_job_read(o->job_file, &arena, &json, &job, &err);
    if (status == VONK_OK)
        status = run_job(o, json, &job, ret, &err);
    else
        end_with_error(ret, &err, (vonk_slice){0});
    vonk_arena_free(&arena);
    if (status != VONK_OK && atomic_load(&told_to_end))
        ret->status = VONK_DRIVER_TERMINATED;
}

/* ---- the end ---- */

/* Each line of an error, so that it can be told from the result in the pod's log. */
static void print_ending(const ending *e)
{
    const char *line = e->message;
    (void)fflush(stdout);
    while (e->status != VONK_EXIT_OK && line && *line) {
        size_t n = strcspn(line, "\n");
        (void)fprintf(stderr, "vonk-error: %.*s\n", (int)n, line);
        line += n + (line[n] == '\n');
    }
}

static void write_termination_message(const char *message)
{
    const char *path = getenv("VONK_TERMINATION_LOG");
    int fd = open(path ? path : "/dev/termination-log", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || !message) {
        if (fd >= 0)
            (void)close(fd);
        return;
    }
    size_t n = strlen(message);
    (void)!write(fd, message, n < VONK_DRIVER_MESSAGE_BYTES ? n : VONK_DRIVER_MESSAGE_BYTES);
    (void)close(fd);
}

/* -1: go on; else the exit status. */
static int parse(int argc, char **argv, options *o)
{
    enum { JOB = 256, SECRET };
    static const struct option longs[] = {{"job", required_argument, NULL, JOB},
                                          {"secret-file", required_argument, NULL, SECRET},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, ":h", longs, NULL)) != -1;) {
        if (c == 'h')
            return fputs(help, stdout) < 0 ? VONK_EXIT_FAILED : VONK_EXIT_OK;
        if (c == JOB)
            o->job_file = optarg;
        else if (c == SECRET)
            o->secret_file = optarg;
        else
            optind = argc + 1;
    }
    if (optind == argc && o->job_file && o->secret_file)
        return -1;
    (void)fputs("vonk driver: wrong usage; see `vonk driver --help`\n", stderr);
    return VONK_EXIT_USAGE;
}

int vonk_cmd_driver(int argc, char **argv)
{
    options o = {0};
    ending e = {.status = VONK_DRIVER_TEMPORARY};
    int status = parse(argc, argv, &o);
    if (status >= 0)
        return status;
    catch_signals();
    run_file(&o, &e);
    print_ending(&e);
    write_termination_message(e.message);
    free(e.message);
    return e.status;
}
