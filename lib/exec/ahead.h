/*
 * ahead.h - blocks of an exchange one after the other. Those of another executor come several with
 * one question, and while a task works on one a thread asks for the next, so that the wire's
 * latency and the other side's work cost no time.
 */
#ifndef VONK_EXEC_AHEAD_H
#define VONK_EXEC_AHEAD_H

#include "exec/operator.h"

/* Blocks of an input, in this order; all outlives the reading. */
typedef struct vonk_ahead_wanted {
    const vonk_input *input;
    uint32_t n;
    const vonk_block_place *places;
} vonk_ahead_wanted;

/* Of every map task the blocks first .. first + n, map after map; the places are in `arena`. */
vonk_status vonk_ahead_of_maps(vonk_arena *arena, const vonk_input *input, uint32_t first,
                               uint32_t n, vonk_ahead_wanted *ret, vonk_error *err) VONK_MUST_CHECK;

typedef struct vonk_ahead vonk_ahead;

/* No thread is made where all blocks lie in this process, nor where none can be. */
vonk_status vonk_ahead_open(vonk_run *run, const vonk_ahead_wanted *wanted, vonk_ahead **ret,
                            vonk_error *err) VONK_MUST_CHECK;
/*
 * The next block (to be unref'd), NULL: an empty one; *ret_done: there was none left.
 * Errors: VONK_FETCH: it is lost; the task's result says so.
 */
vonk_status vonk_ahead_next(vonk_ahead *ahead, vonk_block **ret, bool *ret_done,
                            vonk_error *err) VONK_MUST_CHECK;
/* Waits for a fetch under way. NULL is fine. */
void vonk_ahead_close(vonk_ahead *ahead);

#endif
