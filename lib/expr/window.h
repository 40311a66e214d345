/*
 * window.h - the parts of a WINDOW expression, f(...) OVER (PARTITION BY ... ORDER BY ... frame).
 *
 *      args: call | n_partition expressions | n_order SORT nodes | offsets | limits
 *
 * Offsets: of the lower bound, then of the upper one, each only if its bound is `offset PRECEDING`
 * or `offset FOLLOWING`; literals once analyzed. Limits, made by the analyzer for RANGE frames, one
 * an offset: the value of the ORDER BY expression at which the frame of a row begins or ends.
 */
#ifndef VONK_EXPR_WINDOW_H
#define VONK_EXPR_WINDOW_H

#include "expr/expr.h"

static inline vonk_expr **vonk_window_partition(const vonk_expr *w)
{
    return w->args + 1;
}

static inline vonk_expr **vonk_window_order(const vonk_expr *w)
{
    return w->args + 1 + w->n_partition;
}

static inline bool vonk_bound_has_offset(uint8_t bound)
{
    return bound == VONK_BOUND_PRECEDING || bound == VONK_BOUND_FOLLOWING;
}

static inline uint32_t vonk_window_n_offsets(const vonk_expr *w)
{
    return (uint32_t)vonk_bound_has_offset(w->lower) + (uint32_t)vonk_bound_has_offset(w->upper);
}

/* The offset of a bound, NULL: it has none. */
static inline vonk_expr *vonk_window_offset(const vonk_expr *w, bool upper)
{
    if (!vonk_bound_has_offset(upper ? w->upper : w->lower))
        return NULL;
    uint32_t at = 1 + w->n_partition + w->n_order;
    return w->args[at + (upper && vonk_bound_has_offset(w->lower) ? 1 : 0)];
}

/* The limit of a bound of a RANGE frame, NULL: it has none. */
static inline vonk_expr *vonk_window_limit(const vonk_expr *w, bool upper)
{
    uint32_t at = 1 + w->n_partition + w->n_order + vonk_window_n_offsets(w);
    if (!vonk_bound_has_offset(upper ? w->upper : w->lower) || at >= w->n_args)
        return NULL;
    return w->args[at + (upper && vonk_bound_has_offset(w->lower) ? 1 : 0)];
}

/* The arguments that an analyzed WINDOW must have. */
static inline bool vonk_window_args_fit(const vonk_expr *w)
{
    uint64_t n = 1 + (uint64_t)w->n_partition + w->n_order + vonk_window_n_offsets(w);
    if (w->frame_unit == VONK_FRAME_RANGE)
        n += vonk_window_n_offsets(w);
    return n == w->n_args && w->args[0]->kind == VONK_EXPR_CALL;
}

/* row_number and the like: functions that only have a meaning in a window. */
typedef enum vonk_window_kind {
    VONK_WINDOW_NONE, /* not one of them */
    VONK_WINDOW_ROW_NUMBER,
    VONK_WINDOW_RANK,
    VONK_WINDOW_DENSE_RANK,
    VONK_WINDOW_PERCENT_RANK,
    VONK_WINDOW_CUME_DIST,
    VONK_WINDOW_NTILE,
    VONK_WINDOW_LAG,
    VONK_WINDOW_LEAD,
    VONK_WINDOW_NTH_VALUE,
} vonk_window_kind;

vonk_window_kind vonk_window_kind_of(const char *name);

#endif
