/* build.h - what the parts of the planner share: a planned subtree and the makers of operators. */
#ifndef VONK_PHYSICAL_BUILD_H
#define VONK_PHYSICAL_BUILD_H

#include "physical/bind.h"
#include "physical/planner.h"

/* An operator with the attributes of its output and what is known of its rows. */
typedef struct vonk_planned {
    vonk_physical *op;
    vonk_binding out;
    bool single;   /* all rows come out of one task */
    double n_rows; /* a guess, rather too many than too few */
    double
        likely;  /* another: a join keeps as few of a side's rows as filters keep of the other's */
    double kept; /* what filters keep of the rows, 0..1 */
} vonk_planned;

vonk_status vonk_plan_node(vonk_planner *p, const vonk_plan *node, vonk_planned *ret,
                           vonk_error *err);
vonk_status vonk_plan_join(vonk_planner *p, const vonk_plan *node, vonk_planned *ret,
                           vonk_error *err);
vonk_status vonk_plan_aggregate(vonk_planner *p, const vonk_plan *node, vonk_planned *ret,
                                vonk_error *err);
vonk_status vonk_plan_window(vonk_planner *p, const vonk_plan *node, vonk_planned *ret,
                             vonk_error *err);
vonk_status vonk_plan_sort(vonk_planner *p, const vonk_plan *node, vonk_planned *ret,
                           vonk_error *err);
vonk_status vonk_plan_limit(vonk_planner *p, const vonk_plan *node, vonk_planned *ret,
                            vonk_error *err);
/* The projection `node` over `in` instead of over its child. */
vonk_status vonk_plan_project_over(vonk_planner *p, const vonk_plan *node, const vonk_planned *in,
                                   vonk_planned *ret, vonk_error *err);

/* Lets scans of the whole plan ask for keys of exchanges (key_filters.c). */
vonk_status vonk_plan_key_filters(vonk_planner *p, vonk_physical *plan, vonk_error *err);

/* A new operator over `child` (NULL: a leaf) that outputs `out`. */
vonk_status vonk_plan_op(vonk_planner *p, vonk_op_kind kind, vonk_physical *child,
                         const vonk_binding *out, vonk_physical **ret, vonk_error *err);
/* An exchange over `in`: keys are bound already. */
vonk_status vonk_plan_exchange(vonk_planner *p, const vonk_planned *in, vonk_partitioning how,
                               vonk_expr **keys, uint32_t n_keys, vonk_planned *ret,
                               vonk_error *err);
/* *exchange, or one planned before that carries the same rows (reuse.c). */
vonk_status vonk_plan_reuse(vonk_planner *p, vonk_physical **exchange, vonk_error *err);
/* Sorting all of these rows is worth more than one task: each gets a range of the keys. */
bool vonk_plan_sorts_ranges(const vonk_planner *p, const vonk_planned *in);
/* `in` with all rows in one task, those of each task in order, task after task. */
vonk_status vonk_plan_gather(vonk_planner *p, const vonk_planned *in, vonk_planned *ret,
                             vonk_error *err);
/* The columns of `out`, in that order, out of `in`. */
vonk_status vonk_plan_reorder(vonk_planner *p, const vonk_planned *in, const vonk_binding *out,
                              vonk_planned *ret, vonk_error *err);
vonk_binding vonk_binding_of(const vonk_plan *node);
double vonk_row_bytes(const vonk_binding *binding);

#endif
