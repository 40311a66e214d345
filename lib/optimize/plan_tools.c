/* plan_tools.c - walking plans, and making nodes with their output. */
#include <string.h>

#include "optimize/rule.h"

vonk_status each_node(rewriting *r, vonk_plan **plan, rule_fn *fn, vonk_error *err)
{
    bool before = r->changed;
    r->changed = false;
    for (uint32_t i = 0; i < (*plan)->n_children; i++)
        VONK_TRY(each_node(r, &(*plan)->children[i], fn, err));
    if (r->changed)
        VONK_TRY(vonk_plan_set_output(r->arena, *plan, err));
    VONK_TRY(fn(r, plan, err));
    r->changed |= before;
    return VONK_OK;
}

vonk_status refresh_output(rewriting *r, vonk_plan *plan, vonk_error *err)
{
    for (uint32_t i = 0; i < plan->n_children; i++)
        VONK_TRY(refresh_output(r, plan->children[i], err));
    return vonk_plan_set_output(r->arena, plan, err);
}

static vonk_status new_over(rewriting *r, vonk_plan_kind kind, vonk_plan *child, vonk_plan **ret,
                            vonk_error *err)
{
    vonk_plan *plan = vonk_plan_new(r->arena, kind, 1, err);
    VONK_TRY_ALLOC(plan);
    plan->children[0] = child;
    plan->start = child->start;
    plan->end = child->end;
    *ret = plan;
    return VONK_OK;
}

vonk_status make_node(rewriting *r, vonk_plan_kind kind, vonk_plan *child, vonk_plan **ret,
                      vonk_error *err)
{
    vonk_plan *plan;
    VONK_TRY(new_over(r, kind, child, &plan, err));
    VONK_TRY(vonk_plan_set_output(r->arena, plan, err));
    *ret = plan;
    return VONK_OK;
}

vonk_status make_project(rewriting *r, vonk_plan *child, const expr_list *exprs, vonk_plan **ret,
                         vonk_error *err)
{
    vonk_plan *plan;
    VONK_TRY(new_over(r, VONK_PLAN_PROJECT, child, &plan, err));
    plan->n_exprs = exprs->n;
    plan->exprs = exprs->items;
    VONK_TRY(vonk_plan_set_output(r->arena, plan, err));
    *ret = plan;
    return VONK_OK;
}

vonk_status make_projection(rewriting *r, vonk_plan *child, const vonk_attribute *attributes,
                            uint32_t n, vonk_plan **ret, vonk_error *err)
{
    expr_list exprs = {0};
    for (uint32_t i = 0; i < n; i++)
        VONK_TRY(list_add(r, &exprs, vonk_attribute_column(r->arena, &attributes[i], err), err));
    return make_project(r, child, &exprs, ret, err);
}

vonk_status make_aggregate(rewriting *r, vonk_plan *child, const expr_list *groups,
                           const expr_list *exprs, vonk_plan **ret, vonk_error *err)
{
    vonk_plan *plan;
    VONK_TRY(new_over(r, VONK_PLAN_AGGREGATE, child, &plan, err));
    plan->group_exprs = groups->items;
    plan->n_group_exprs = groups->n;
    plan->exprs = exprs->items;
    plan->n_exprs = exprs->n;
    VONK_TRY(vonk_plan_set_output(r->arena, plan, err));
    *ret = plan;
    return VONK_OK;
}

vonk_status make_filter(rewriting *r, vonk_plan *child, const expr_list *conditions,
                        vonk_plan **ret, vonk_error *err)
{
    vonk_plan *plan;
    *ret = child;
    if (!conditions->n)
        return VONK_OK;
    VONK_TRY(new_over(r, VONK_PLAN_FILTER, child, &plan, err));
    VONK_TRY(join_and(r, conditions, &plan->condition, err));
    VONK_TRY(vonk_plan_set_output(r->arena, plan, err));
    *ret = plan;
    return VONK_OK;
}

vonk_status make_join(rewriting *r, vonk_join_type type, vonk_plan *left, vonk_plan *right,
                      vonk_expr *condition, vonk_plan **ret, vonk_error *err)
{
    vonk_plan *plan = vonk_plan_new(r->arena, VONK_PLAN_JOIN, 2, err);
    VONK_TRY_ALLOC(plan);
    plan->children[0] = left;
    plan->children[1] = right;
    plan->join_type = type == VONK_JOIN_INNER && !condition ? VONK_JOIN_CROSS : type;
    plan->condition = condition;
    VONK_TRY(vonk_plan_set_output(r->arena, plan, err));
    *ret = plan;
    return VONK_OK;
}

vonk_status make_empty(rewriting *r, const vonk_plan *like, vonk_plan **ret, vonk_error *err)
{
    vonk_plan *plan = vonk_plan_new(r->arena, VONK_PLAN_EMPTY, 0, err);
    VONK_TRY_ALLOC(plan);
    plan->output = like->output;
    plan->n_output = like->n_output;
    plan->start = like->start;
    plan->end = like->end;
    *ret = plan;
    return VONK_OK;
}
