/*
 * leave.h - leaving a library's computation that cannot be told to stop.
 *
 * A regular expression may go back and forth through a gigabyte within one call. The thread that
 * makes such a call says where to go on; who wants its end sends that thread a signal, whose
 * handler jumps there. Only for calls that hold nothing on their way: no memory, no lock.
 *
 *     sigjmp_buf here;
 *     if (sigsetjmp(here, 0))
 *         return LEFT;
 *     vonk_leave_to(&here);
 *     result = *stop ? LEFT : compute();    (`stop` is set before the signal is sent)
 *     vonk_leave_to(NULL);
 */
#ifndef VONK_BASE_LEAVE_H
#define VONK_BASE_LEAVE_H

#include <pthread.h>
#include <setjmp.h>

/* Where this thread goes on when it must leave; NULL: it does not leave. */
void vonk_leave_to(sigjmp_buf *here);

/* Leaves, if this thread said where to. For handlers of signals that their handling does not block
 * (SA_NODEFER). */
void vonk_leave_now(void);

/* Makes a thread that lives leave. Before the first: vonk_leave_start(). */
void vonk_leave_thread(pthread_t thread);

/* Handles the signal (SIGURG, which nobody else here uses) from now on. Thread-safe. */
void vonk_leave_start(void);

#endif
