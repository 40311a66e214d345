/*
 * window.h - window functions over whole partitions. Used by the operator in window.c.
 *
 *      rows      | a a a | b b b b | c |      sorted by partition, then by ORDER BY
 *      first       0 0 0   3 3 3 3   7        of each row: its partition
 *      end         3 3 3   7 7 7 7   8
 *      peer_first  0 1 1   3 3 5 5   7        rows that ORDER BY does not tell apart
 *      peer_end    1 3 3   5 5 7 7   8
 */
#ifndef VONK_EXEC_WINDOW_H
#define VONK_EXEC_WINDOW_H

#include "expr/function.h"
#include "expr/window.h"
#include "kernel/row_sort.h"

/* Some whole partitions; everything lives in `arena`. */
typedef struct vonk_window_rows {
    vonk_arena *arena;
    const vonk_eval_settings *settings;
    vonk_batch rows;
    uint32_t n_partition, n_keys;
    const vonk_column *keys; /* of PARTITION BY, then of ORDER BY */
    const vonk_sort_order *orders;
    uint32_t *first, *end, *peer_first, *peer_end;
    /* Of rows that follow others: row i is row at + i in the four above. For ranks only. */
    uint32_t at;
    uint32_t dense; /* dense_rank of the row before */
} vonk_window_rows;

/* Finds partitions and peers by the keys. */
vonk_status vonk_window_divide(vonk_window_rows *in, vonk_error *err) VONK_MUST_CHECK;

/*
 * The frames of all rows: row i sees rows ret_first[i] .. ret_end[i] of its partition, none if they
 * are equal. Neither falls within a partition. Room for all rows.
 */
vonk_status vonk_window_frames(const vonk_window_rows *in, const vonk_expr *window,
                               uint32_t *ret_first, uint32_t *ret_end,
                               vonk_error *err) VONK_MUST_CHECK;

/* *ret = the window expression for every row, in in->arena. Errors: those of the function. */
vonk_status vonk_window_eval(const vonk_window_rows *in, const vonk_expr *window, vonk_column *ret,
                             vonk_error *err) VONK_MUST_CHECK;
/* The same for an aggregate function; window_aggregate.c */
vonk_status vonk_window_aggregate(const vonk_window_rows *in, const vonk_expr *window,
                                  vonk_column *ret, vonk_error *err) VONK_MUST_CHECK;

#endif
