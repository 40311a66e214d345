/* test_end_watch.c - processes that were told to end and do not. */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/end_watch.h"

#define TEXT "it was ended\n"

/* What a child says on standard error; its exit status. */
static int run(void (*child)(void), char *ret, size_t size)
{
    int pipes[2], status = 0;
    size_t n = 0;
    cr_assert_eq(pipe(pipes), 0);
    pid_t pid = fork();
    if (!pid) {
        vonk_error err;
        if (dup2(pipes[1], STDERR_FILENO) < 0 || vonk_end_watch_start(TEXT, 42, &err) != VONK_OK)
            _exit(1);
        child();
        _exit(2);
    }
    close(pipes[1]);
    for (ssize_t got = 1; got > 0; n += (size_t)got)
        got = read(pipes[0], ret + n, size - 1 - n);
    ret[n] = '\0';
    close(pipes[0]);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void expect(void (*child)(void), int status, const char *said)
{
    char text[100];
    cr_assert_eq(run(child, text, sizeof(text)), status);
    cr_assert_str_eq(text, said);
}

static void say(const char *text)
{
    (void)fprintf(stderr, "%s", text);
}

static void hang(void)
{
    vonk_end_watch_begin();
    for (;;)
        pause();
}

Test(end_watch, ends_a_process_that_hangs)
{
    expect(hang, 42, TEXT);
}

static void hold_and_hang(void)
{
    vonk_end_watch_hold();
    vonk_end_watch_hold();
    vonk_end_watch_begin();
    vonk_end_watch_release();
    usleep(200000); /* a watch that did not wait would end it in here; no time is asserted */
    say("held, ");
    vonk_end_watch_release();
    for (;;)
        pause();
}

Test(end_watch, waits_for_what_is_held)
{
    expect(hold_and_hang, 42, "held, " TEXT);
}

static atomic_bool cleans;

static void clean(void *context)
{
    say(context);
    atomic_store(&cleans, true);
    usleep(50000); /* an unguard that came back would be heard in here; no time is asserted */
}

static void guard_and_hang(void)
{
    static char words[][20] = {"first, ", "gone, ", "last, "};
    vonk_end_guard guards[3];
    for (int i = 0; i < 3; i++) {
        guards[i] = (vonk_end_guard){.clean = clean, .context = words[i]};
        vonk_end_watch_guard(&guards[i]);
    }
    vonk_end_watch_unguard(&guards[1]);
    vonk_end_watch_begin();
    while (!atomic_load(&cleans)) /* the watch comes to it */
        usleep(1000);
    vonk_end_watch_unguard(&guards[0]);
    say("unguard came back, ");
}

Test(end_watch, calls_the_guards_the_newest_first)
{
    expect(guard_and_hang, 42, "last, first, " TEXT);
}

static void end_by_itself(void)
{
    vonk_end_watch_begin();
    vonk_end_watch_hold();
    say("mine");
    _exit(7);
}

Test(end_watch, leaves_one_alone_that_ends_by_itself)
{
    expect(end_by_itself, 7, "mine");
}
