/*
 * window_framing.h - an aggregate over the frames of many rows; three ways of doing it. Used by
 * window_aggregate.c, window_running.c and window_tree.c.
 */
#ifndef VONK_EXEC_WINDOW_FRAMING_H
#define VONK_EXEC_WINDOW_FRAMING_H

#include "exec/window.h"
#include "expr/aggregate.h"
#include "shuffle/shuffle.h"

#define VONK_FRAMING_ROWS 65536u /* rows that are given to an aggregate at a time */

/* Rows next to each other often have the same frame (peers, whole partitions). */
typedef struct vonk_frame {
    uint32_t partition; /* its first row */
    uint32_t first, end;
} vonk_frame;

typedef struct vonk_framing {
    const vonk_window_rows *in;
    const vonk_expr *call;
    const vonk_window_given *given;
    bool given_all;     /* they are those of in->rows, each */
    vonk_column *args;  /* of all rows */
    vonk_column *piece; /* of those that are given to the aggregate: n_args */
    uint32_t n_frames;
    vonk_frame *frames;
    uint32_t *value_of; /* of each row that is given: its value's place in what is written */
    uint64_t *counts;   /* bit of each row: FILTER lets it through; NULL: all */
    vonk_arena states, scratch;
    vonk_aggregate *state;
} vonk_framing;

/* These write values to `out`. */

/*
 * Frames that begin with their partition: one pass over the rows. Value i is that of the frame
 * which ends with row i, the last one that of no rows. Sets f->value_of; needs f->given_all, and no
 * f->frames.
 */
vonk_status vonk_framing_run(vonk_framing *f, vonk_block *out, vonk_error *err) VONK_MUST_CHECK;

/* Rows sel[0..n) are given to the aggregate, each to its group (NULL: to group 0). */
vonk_status vonk_framing_update(vonk_framing *f, const uint32_t *sel, uint32_t n,
                                const uint32_t *groups, uint32_t n_groups,
                                vonk_error *err) VONK_MUST_CHECK;

/*
 * f->frames, any, by way of the states of 16, 256, 4096 ... rows. For aggregates to which the order
 * of rows means nothing; pays where frames are long. It may fail with VONK_USER where rows that no
 * frame has together overflow.
 */
vonk_status vonk_framing_climb(vonk_framing *f, vonk_block *out, vonk_error *err) VONK_MUST_CHECK;

#endif
