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

/* Frames of n rows, that may lie elsewhere: each sees rows first[i] .. end[i] of those at hand. */
typedef struct vonk_window_given {
    uint32_t n;
    const uint32_t *partition; /* rows of one partition have the same number */
    const uint32_t *first, *end;
} vonk_window_given;

/* *ret = the aggregate for each of these. Of `in`, arena, settings and rows are used. */
vonk_status vonk_window_aggregate_given(const vonk_window_rows *in, const vonk_expr *window,
                                        const vonk_window_given *given, vonk_column *ret,
                                        vonk_error *err) VONK_MUST_CHECK;

/* ---- parts, also for window_stream.h ---- */

/* How far a bound of a ROWS frame is from the row; 0: CURRENT ROW. */
vonk_status vonk_window_row_offset(const vonk_window_rows *in, const vonk_expr *window, bool upper,
                                   int64_t *ret, vonk_error *err) VONK_MUST_CHECK;
/* *ret = the ORDER BY column of a RANGE frame as its limit's type. `key` is of in->rows or not. */
vonk_status vonk_window_key_as(const vonk_eval *ctx, const vonk_expr *limit, const vonk_column *key,
                               vonk_column *ret, vonk_error *err) VONK_MUST_CHECK;
/* Whether `call` picks the first (*ret_nth: 0) or last (-1) row of a frame: it needs no states. */
bool vonk_window_is_end(const vonk_expr *call, int64_t *ret_nth);
/* Of lag and lead: how many rows behind (negative: before) a row. Checks the arguments. */
vonk_status vonk_window_distance(const vonk_window_rows *in, const vonk_expr *call, bool lag,
                                 int64_t *ret, vonk_error *err) VONK_MUST_CHECK;
/*
 * *ret = picked[0..n) of `value`, in the arena. For VONK_NO_ROW: the row of `other` (NULL: null),
 * that has n of them, or one for all.
 */
vonk_status vonk_window_take_or(vonk_arena *arena, const vonk_column *value,
                                const vonk_column *other, uint32_t *picked, uint32_t n,
                                vonk_column *ret, vonk_error *err) VONK_MUST_CHECK;

#endif
