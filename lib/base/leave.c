/* leave.c - a thread's place to go on, and the signal. */
#include "base/leave.h"

#include <signal.h>

static _Thread_local sigjmp_buf *volatile place;

void vonk_leave_to(sigjmp_buf *here)
{
    place = here;
}

void vonk_leave_now(void)
{
    sigjmp_buf *to = place;
    place = NULL;
    if (to)
        siglongjmp(*to, 1);
}

static void on_signal(int ignored)
{
    (void)ignored;
    vonk_leave_now();
}

void vonk_leave_thread(pthread_t thread)
{
    (void)pthread_kill(thread, SIGURG);
}

void vonk_leave_start(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_NODEFER};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGURG, &action, NULL);
}
