/*
 * end_watch.h - a thread that ends a process which was told to end and does not.
 *
 * Ctrl-C must end any query within 100 ms. Loops look at a flag, but not in the middle of every
 * value, which may be a gigabyte, nor while a disk or a network does not answer. What a process
 * holds is the kernel's to take back; only what would outlast it has to be waited for.
 */
#ifndef VONK_BASE_END_WATCH_H
#define VONK_BASE_END_WATCH_H

#include "base/status.h"

/*
 * Starts the thread. A while after vonk_process_ends() (process_end.h) it ends the process: writes
 * `text`, which outlives everything, to standard error, and _exit(status). Errors: VONK_NO_MEMORY.
 */
vonk_status vonk_end_watch_start(const char *text, int status, vonk_error *err) VONK_MUST_CHECK;

/*
 * From hold to release the process must not be ended: it commits files, say. The watch waits for
 * it, seconds at most. They nest. Neither returns any more once the watch ends the process.
 */
void vonk_end_watch_hold(void);
void vonk_end_watch_release(void);

/* Takes away what would outlast the process, on the watch's thread beside all others. */
typedef struct vonk_end_guard {
    struct vonk_end_guard *next;
    void (*clean)(void *context);
    void *context;
} vonk_end_guard;

/* From guard to unguard the watch calls guard->clean before it ends the process. */
void vonk_end_watch_guard(vonk_end_guard *guard);
void vonk_end_watch_unguard(vonk_end_guard *guard);

/* The process was told to end. For signal handlers. */
void vonk_end_watch_begin(void);

#endif
