/* interrupt.c - Ctrl-C ends the statement, not the program; twice ends the program. */
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/end_watch.h"
#include "base/leave.h"
#include "base/process_end.h"
#include "cli/cli.h"

/* The signal's flag and whom it concerns: a handler can reach nothing else. */
static _Atomic(vonk_session *) current;
static atomic_int n_interrupts;
static atomic_bool ends_process;

static void on_signal(int signal_number)
{
    vonk_session *session = atomic_load(&current);
    if (!session || atomic_fetch_add(&n_interrupts, 1) > 0)
        _exit(128 + signal_number);
    if (atomic_load(&ends_process))
        vonk_process_ends();
    vonk_session_cancel(session);
    vonk_leave_now(); /* planning evaluates constants */
}

void vonk_cli_interrupt_ends(void)
{
    static const char text[] =
        "[OPERATION_CANCELED] Operation has been canceled. SQLSTATE: HY008\n";
    atomic_store(&ends_process, true);
    /* Without the thread it only ends later. */
    (void)!vonk_end_watch_start(text, VONK_EXIT_FAILED, NULL);
}

void vonk_cli_on_interrupt(vonk_session *session)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_NODEFER};
    atomic_store(&current, session);
    if (session)
        vonk_session_clear_cancel(session);
    bool ends = atomic_load(&ends_process) && atomic_load(&n_interrupts);
    if (!atomic_load(&ends_process))
        atomic_store(&n_interrupts, 0);
    if (ends && session)
        vonk_session_cancel(session); /* it came between two statements: the next does not run */
    else if (ends)
        vonk_end_watch_hold(); /* it ends by itself: the last words are its own */
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}
