/*
 * aggregate.h - aggregate functions over groups, vectorised: states are columns.
 *
 * An aggregate runs in two halves with a shuffle between them: `update` adds input rows to states,
 * `export` writes states as columns (so that any exchange can carry them), `merge` adds exported
 * states of another task, `finish` makes the result column. DISTINCT is taken away before: the
 * planner turns it into a group-by of its own.
 *
 *     rows --update--> states --export--> columns ==exchange==> --merge--> states --finish-->
 * result
 *
 * Groups are numbered 0, 1, 2 ... by the caller's group table; group[i] is the group of row i.
 */
#ifndef VONK_EXPR_AGGREGATE_H
#define VONK_EXPR_AGGREGATE_H

#include "expr/function.h"

typedef struct vonk_aggregate vonk_aggregate;

/* Columns of a state at most. */
#define VONK_MAX_STATES 6

/*
 * Makes the state for `call`, a resolved aggregate CALL (count, sum, avg, min, max, first, last,
 * any_value, stddev..., collect_list later). `arena` holds the states; it outlives the aggregate.
 * Errors: VONK_UNSUPPORTED.
 */
vonk_status vonk_aggregate_new(vonk_arena *arena, const vonk_expr *call,
                               const vonk_eval_settings *settings, vonk_aggregate **ret,
                               vonk_error *err) VONK_MUST_CHECK;

/* The columns that `export` writes and `merge` reads for `call`. */
vonk_status vonk_aggregate_state_types(const vonk_expr *call, vonk_type ret_types[VONK_MAX_STATES],
                                       uint32_t *ret_n, vonk_error *err) VONK_MUST_CHECK;

/*
 * Adds the rows of `args` (the evaluated arguments, none for count(*)) to their groups. `groups`
 * may be NULL: all rows belong to group 0. `rows`, when not NULL, is a bitmap of the rows that
 * count (FILTER clause). n_groups is the number of groups known so far, > every groups[i].
 * Errors: ARITHMETIC_OVERFLOW and the like.
 */
vonk_status vonk_aggregate_update(vonk_aggregate *agg, const vonk_column *args, uint32_t n_rows,
                                  const uint32_t *groups, uint32_t n_groups, const uint64_t *rows,
                                  vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_aggregate_merge(vonk_aggregate *agg, const vonk_column *states, uint32_t n_rows,
                                 const uint32_t *groups, uint32_t n_groups,
                                 vonk_error *err) VONK_MUST_CHECK;

/* Whether vonk_aggregate_run() can do it; whether the order of a group's rows means nothing to it.
 */
bool vonk_aggregate_can_run(const vonk_aggregate *agg);
bool vonk_aggregate_is_unordered(const vonk_aggregate *agg);
/*
 * Makes states running ones: each group from 1 to n_groups - 1, in this order, takes up the state
 * of the group before it, unless begins[group]. Errors: ARITHMETIC_OVERFLOW and the like.
 */
vonk_status vonk_aggregate_run(vonk_aggregate *agg, const bool *begins, uint32_t n_groups,
                               vonk_error *err) VONK_MUST_CHECK;

/* The state of `group` becomes that of group 0; all other groups are as new. */
void vonk_aggregate_carry(vonk_aggregate *agg, uint32_t group);

/* Columns of states of groups start .. start + n; buffers from `arena` or borrowed from `agg`. */
vonk_status vonk_aggregate_export(vonk_aggregate *agg, vonk_arena *arena, uint32_t start,
                                  uint32_t n, vonk_column *ret, vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_aggregate_finish(vonk_aggregate *agg, vonk_arena *arena, uint32_t start,
                                  uint32_t n, vonk_column *ret, vonk_error *err) VONK_MUST_CHECK;

#endif
