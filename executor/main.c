/* main.c - vonk-executor: process matters around vonk_agent_run(). */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/allocator.h"
#include "executor/agent.h"
#include "fs/fs.h"

/* Signals that end us, as a readable descriptor; all threads have them blocked. */
static int watch_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file over the limit: the write says so (EFBIG) */
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* SIGTERM when the thread that started us ends. False if it has ended already. */
static bool watch_parent(const vonk_executor_options *options)
{
    if (!options->parent)
        return true;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    return getppid() == (pid_t)options->parent;
}

static vonk_status make_scratch(const char *path, vonk_error *err)
{
    if (path && mkdir(path, 0700) && errno != EEXIST)
        return vonk_fail(err, VONK_IO, "%s: %s", path, strerror(errno));
    return VONK_OK;
}

/* Removes the directory, and the one around it if we were the last in it. */
static void remove_scratch(const char *path)
{
    if (!path)
        return;
    (void)!vonk_fs_remove(path, NULL);
    char *around = strdup(path);
    char *slash = around ? strrchr(around, '/') : NULL;
    if (slash && slash != around) {
        *slash = '\0';
        (void)rmdir(around);
    }
    free(around);
}

static int run(const vonk_executor_options *options, int wake)
{
    vonk_agent *agent = NULL;
    vonk_error err = {0};
    vonk_status status = make_scratch(options->scratch, &err);
    if (status == VONK_OK)
        status = vonk_agent_run(options, wake, &agent, &err);
    remove_scratch(options->scratch);
    if (status == VONK_CANCELLED) /* it came too late to be of use */
        return 0;
    if (status != VONK_OK)
        (void)fprintf(stderr, "vonk-executor %u: %s\n", options->id, err.message);
    return status == VONK_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    vonk_executor_options options;
    vonk_error err = {0};
    vonk_allocator_tune();
    if (vonk_executor_parse(argc, argv, &options, &err) != VONK_OK) {
        (void)fprintf(stderr, "vonk-executor: %s\n", err.message);
        return 2;
    }
    if (options.help) {
        (void)fputs(vonk_executor_usage(), stdout);
        return 0;
    }
    if (options.version) {
        (void)puts("vonk-executor " VONK_VERSION);
        return 0;
    }
    int wake = watch_signals();
    if (wake < 0 || !watch_parent(&options))
        return 1;
    int code = run(&options, wake);
    vonk_forget(&options.secret, sizeof options.secret);
    _exit(code); /* with threads and sockets as they are: see vonk_agent_run() */
}
