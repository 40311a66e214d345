/*
 * plan_columns.h - which columns a resolved plan makes, uses and lacks. Shared by the analyzer and
 * the optimizer.
 */
#ifndef VONK_CATALOG_PLAN_COLUMNS_H
#define VONK_CATALOG_PLAN_COLUMNS_H

#include "plan/plan.h"

/* A set of attribute ids: one bit an id, growing. `(vonk_id_set){.arena = a}` is empty. */
typedef struct vonk_id_set {
    vonk_arena *arena;
    uint64_t *bits;
    uint32_t n_words;
} vonk_id_set;

vonk_status vonk_id_set_add(vonk_id_set *set, uint32_t id, vonk_error *err) VONK_MUST_CHECK;
void vonk_id_set_remove(vonk_id_set *set, uint32_t id);
bool vonk_id_set_has(const vonk_id_set *set, uint32_t id);
vonk_status vonk_id_set_add_output(vonk_id_set *set, const vonk_plan *plan,
                                   vonk_error *err) VONK_MUST_CHECK;

/* Adds the ids that `e` refers to; of a subquery's plan those that it takes from outside. */
vonk_status vonk_expr_columns(const vonk_expr *e, vonk_id_set *set,
                              vonk_error *err) VONK_MUST_CHECK;
/* Adds the ids that expressions in `plan` use and no node in it makes: outer references. */
vonk_status vonk_plan_outer_columns(const vonk_plan *plan, vonk_id_set *set,
                                    vonk_error *err) VONK_MUST_CHECK;
/* Adds the ids that the expressions of this one node use. */
vonk_status vonk_plan_node_columns(const vonk_plan *plan, vonk_id_set *set,
                                   vonk_error *err) VONK_MUST_CHECK;

/* Calls `visit` for every expression slot of the node itself (scan filters too). */
typedef vonk_status vonk_expr_visit(vonk_expr **slot, void *context, vonk_error *err);
vonk_status vonk_plan_each_expr(vonk_plan *plan, vonk_expr_visit *visit, void *context,
                                vonk_error *err) VONK_MUST_CHECK;

/*
 * Sets plan->output from its children and expressions:
 *   PROJECT, AGGREGATE    one attribute an expression (COLUMN keeps its id, ALIAS makes one)
 *   JOIN                  left ++ right, nullable as the join type makes them; SEMI, ANTI: left
 *   SET_OP                keeps its own ids (output must be there), nullability from the children
 *   WINDOW                the child's, then one an ALIAS
 *   FILTER SORT LIMIT DISTINCT   the child's
 *   others                unchanged
 */
vonk_status vonk_plan_set_output(vonk_arena *arena, vonk_plan *plan,
                                 vonk_error *err) VONK_MUST_CHECK;

/* The attribute with this id, or NULL. */
const vonk_attribute *vonk_plan_find_output(const vonk_plan *plan, uint32_t id);
/* A COLUMN that refers to `attribute`; NULL when out of memory. */
vonk_expr *vonk_attribute_column(vonk_arena *arena, const vonk_attribute *attribute,
                                 vonk_error *err);

#endif
