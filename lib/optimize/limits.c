/* limits.c - LIMIT goes below projects and into unions; sorts that nobody sees go. */
#include <string.h>

#include "optimize/rule.h"

static bool is_limit(const vonk_plan *plan)
{
    return plan->kind == VONK_PLAN_LIMIT;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* LIMIT over LIMIT: the rows offset .. offset + limit of the inner one's. */
static void combine(vonk_plan *outer, const vonk_plan *inner)
{
    int64_t left = inner->limit;
    if (left >= 0)
        left = left > outer->offset ? left - outer->offset : 0;
    outer->limit = least(outer->limit, left);
    if (__builtin_add_overflow(outer->offset, inner->offset, &outer->offset))
        outer->offset = INT64_MAX;
    outer->children[0] = inner->children[0];
}

/* An upper bound of the rows that `plan` gives, -1 = none known. */
static int64_t most_rows(const vonk_plan *plan)
{
    switch (plan->kind) {
    case VONK_PLAN_LIMIT:
        return plan->limit;
    case VONK_PLAN_PROJECT:
    case VONK_PLAN_FILTER:
    case VONK_PLAN_SORT:
    case VONK_PLAN_WINDOW:
        return most_rows(plan->children[0]);
    case VONK_PLAN_AGGREGATE:
        return plan->n_group_exprs ? -1 : 1;
    case VONK_PLAN_ONE_ROW:
        return 1;
    case VONK_PLAN_EMPTY:
        return 0;
    case VONK_PLAN_VALUES:
        return plan->n_rows;
    default:
        return -1;
    }
}

/* Every input of a union needs to give no more than what the limit takes. */
static vonk_status limit_union(rewriting *r, vonk_plan *limit, vonk_error *err)
{
    vonk_plan *op = limit->children[0];
    int64_t most;
    if (limit->limit < 0 || __builtin_add_overflow(limit->limit, limit->offset, &most))
        return VONK_OK;
    for (uint32_t k = 0; k < op->n_children; k++) {
        int64_t rows = most_rows(op->children[k]);
        if (rows >= 0 && rows <= most)
            continue;
        VONK_TRY(make_node(r, VONK_PLAN_LIMIT, op->children[k], &op->children[k], err));
        op->children[k]->limit = most;
        r->changed = true;
    }
    return VONK_OK;
}

static vonk_status limit_node(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *limit = *plan;
    if (!is_limit(limit))
        return VONK_OK;
    vonk_plan *child = limit->children[0];
    int64_t rows = most_rows(child);
    if (limit->limit < 0 && !limit->offset) {
        r->changed = true;
        *plan = child;
        return VONK_OK;
    }
    if (!limit->offset && rows >= 0 && rows <= limit->limit && !is_limit(child)) {
        r->changed = true;
        *plan = child;
        return VONK_OK;
    }
    if (is_limit(child)) {
        r->changed = true;
        combine(limit, child);
        return VONK_OK;
    }
    if (child->kind == VONK_PLAN_SET_OP && child->set_op == VONK_UNION)
        return limit_union(r, limit, err);
    if (child->kind != VONK_PLAN_PROJECT)
        return VONK_OK;
    r->changed = true;
    limit->children[0] = child->children[0];
    child->children[0] = limit;
    *plan = child;
    VONK_TRY(vonk_plan_set_output(r->arena, limit, err));
    return vonk_plan_set_output(r->arena, child, err);
}

vonk_status push_down_limits(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    return each_node(r, plan, limit_node, err);
}

/* Do the aggregates give the same in any order of the rows? */
static bool ignores_order(const vonk_plan *agg)
{
    static const char *const names[] = {"count", "sum", "avg", "min", "max"};
    for (uint32_t i = agg->n_group_exprs; i < agg->n_exprs; i++) {
        const vonk_expr *call = agg->exprs[i]->args[0];
        bool known = false;
        for (uint32_t k = 0; k < VONK_LENGTH(names); k++)
            known |= vonk_expr_is_call(call, names[k]);
        /* sums of doubles depend on it, but no order is promised there */
        if (!known)
            return false;
    }
    return true;
}

/* *plan feeds a node that does not see order: sorts above filters and projects go. */
static void drop_sort(rewriting *r, vonk_plan **plan)
{
    while ((*plan)->kind == VONK_PLAN_SORT) {
        *plan = (*plan)->children[0];
        r->changed = true;
    }
    if ((*plan)->kind == VONK_PLAN_PROJECT || (*plan)->kind == VONK_PLAN_FILTER)
        drop_sort(r, &(*plan)->children[0]);
}

static vonk_status sort_node(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *node = *plan;
    bool blind = node->kind == VONK_PLAN_JOIN || node->kind == VONK_PLAN_SORT ||
                 node->kind == VONK_PLAN_DISTINCT || node->kind == VONK_PLAN_SET_OP ||
                 (node->kind == VONK_PLAN_AGGREGATE && ignores_order(node));
    for (uint32_t i = 0; blind && i < node->n_children; i++)
        drop_sort(r, &node->children[i]);
    (void)err;
    return VONK_OK;
}

vonk_status remove_sorts(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    return each_node(r, plan, sort_node, err);
}
