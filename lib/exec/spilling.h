/*
 * spilling.h - when an operator gives its rows to the disk, and where to.
 *
 * An operator that holds rows asks once a batch, before it takes more of them. What it holds it
 * says through ops->held; nothing is counted by row.
 */
#ifndef VONK_EXEC_SPILLING_H
#define VONK_EXEC_SPILLING_H

#include "exec/operator.h"
#include "shuffle/spill.h"

/*
 * Whether `op`, which holds something and will need `more` bytes beyond what its task holds, should
 * spill: its task's share (base/memory.h) is used up, and the operator's part of that is worth it.
 */
bool vonk_must_spill(vonk_operator *op, size_t more);
/* VONK_DEBUG_SPILL=N: every Nth question of an operator is answered by yes. */
bool vonk_spill_is_forced(vonk_operator *op);
/* Bytes that the operator can count on: what it may load again of what was spilled. */
size_t vonk_spill_room(const vonk_operator *op);
/* *spill = a file, if there is none yet. */
vonk_status vonk_spill_start(vonk_operator *op, vonk_spill **spill, vonk_error *err);

/*
 * Rows by the hash of their keys: spilled into as many runs. `level` counts how often rows of a
 * part were divided again: each level looks at other bits.
 */
#define VONK_SPILL_PARTS  16u
#define VONK_SPILL_LEVELS 8u /* with more, rows of a part have one key, or as good as that */

typedef struct vonk_spill_parts {
    vonk_spill *file; /* NULL until something is put */
    uint32_t level;
    vonk_spill_run runs[VONK_SPILL_PARTS];
} vonk_spill_parts;

/* How often rows may be divided: forced spills would go on until each part is one row. */
static inline uint32_t vonk_spill_levels(const vonk_operator *op)
{
    return op->run->spill_every ? 2 : VONK_SPILL_LEVELS;
}

/* Puts each row of `batch` into its part. Scratch memory from op->batch, which is not reset. */
vonk_status vonk_spill_divide(vonk_operator *op, vonk_spill_parts *parts, const vonk_column *keys,
                              uint32_t n_keys, const vonk_batch *batch, vonk_error *err);
void vonk_spill_parts_free(vonk_spill_parts *parts);

#endif
