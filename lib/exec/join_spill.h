/*
 * join_spill.h - both sides of a join whose build side does not fit, divided by their keys.
 *
 *     build ──▶ 16 parts ─┐
 *     probe ──▶ 16 parts ─┴▶ part by part: build rows, then probe rows; too large: 16 parts each
 *
 * A key is in one part, so a row meets all its partners there, and rows without one are known. One
 * key with more rows than fit is not divided, and neither are joins without keys and NOT IN (where
 * a null asks about all rows), which are all in one part: such a part is joined in pieces of the
 * build that fit, each against all probe rows of the part. Where it matters whether a probe row has
 * a partner, a bit of each goes from piece to piece, and the last one knows.
 */
#ifndef VONK_EXEC_JOIN_SPILL_H
#define VONK_EXEC_JOIN_SPILL_H

#include "exec/spilling.h"

typedef struct vonk_join_level {
    vonk_spill_parts build, probe;
} vonk_join_level;

/* Of a part whose build rows come in pieces: which, for the join's `probe`. */
typedef struct vonk_join_pieces {
    uint64_t *matched; /* bit of each probe row: it has a partner; NULL: nobody asks */
    uint64_t at;       /* the next probe row */
    bool more;         /* build rows come after this piece */
} vonk_join_pieces;

/* What the join does with a part, in this order. */
typedef struct vonk_join_parts {
    vonk_operator *op; /* the join, whose batch arena is free between calls */
    vonk_status (*build)(vonk_operator *op, const vonk_batch *rows, vonk_error *err);
    vonk_status (*built)(vonk_operator *op, vonk_error *err);
    vonk_status (*probe)(vonk_operator *op, const vonk_batch *rows, vonk_error *err);
    vonk_status (*probed)(vonk_operator *op, vonk_error *err); /* and free for the next part */
    vonk_operator *side;                                       /* who holds the build rows */
    vonk_join_pieces *pieces;                                  /* set for each piece */
} vonk_join_parts;

/* Divides rows of a side. Resets the batch arena of `op`. */
vonk_status vonk_join_divide(vonk_operator *op, vonk_spill_parts *parts, vonk_expr *const *keys,
                             const vonk_batch *rows, vonk_error *err) VONK_MUST_CHECK;
/* Joins all parts of a level, which is empty then. */
vonk_status vonk_join_all_parts(const vonk_join_parts *join, vonk_join_level *level,
                                vonk_error *err) VONK_MUST_CHECK;
void vonk_join_level_free(vonk_join_level *level);

#endif
