/*
 * ahead.h - blocks of an exchange one after the other: while a task works on one, a thread fetches
 * the next from another executor, so that the wire's latency and the other side's work cost no
 * time.
 */
#ifndef VONK_EXEC_AHEAD_H
#define VONK_EXEC_AHEAD_H

#include "exec/operator.h"

/* Of every map task the blocks first .. first + n, map after map. */
typedef struct vonk_ahead_wanted {
    const vonk_input *input;
    uint32_t first, n;
} vonk_ahead_wanted;

typedef struct vonk_ahead vonk_ahead;

/* No thread is made where all blocks lie in this process, nor where none can be. */
vonk_status vonk_ahead_open(vonk_run *run, const vonk_ahead_wanted *wanted, vonk_ahead **ret,
                            vonk_error *err) VONK_MUST_CHECK;
/*
 * The next block (to be unref'd), NULL: an empty one; *ret_done: there was none left.
 * Errors: those of vonk_read_fetch().
 */
vonk_status vonk_ahead_next(vonk_ahead *ahead, vonk_block **ret, bool *ret_done,
                            vonk_error *err) VONK_MUST_CHECK;
/* Waits for a fetch under way. NULL is fine. */
void vonk_ahead_close(vonk_ahead *ahead);

#endif
