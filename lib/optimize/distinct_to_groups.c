/*
 * distinct_to_groups.c - DISTINCT aggregates of all rows, all of the same values, are aggregates of
 * groups: many tasks find the distinct values, and each gives its own before rows are exchanged.
 *
 *     Aggregate [], [count(DISTINCT x)]  ->  Aggregate [], [count(x)]
 *                                            +- Aggregate [x], [x]
 *
 * With GROUP BY the tasks that own the groups do it at once (docs/adr/003).
 * Source: Spark's RewriteDistinctAggregates, of which this is the simplest case.
 */
#include "expr/function.h"
#include "optimize/rule.h"

typedef struct finder {
    const vonk_expr *first; /* aggregate met */
    bool others;            /* not DISTINCT, with a FILTER, or of other values */
} finder;

static bool same_args(const vonk_expr *a, const vonk_expr *b)
{
    bool same = a->n_args == b->n_args;
    for (uint32_t i = 0; same && i < a->n_args; i++)
        same = vonk_expr_equal(a->args[i], b->args[i]);
    return same;
}

static bool look(const vonk_expr *e, void *context)
{
    finder *f = context;
    if (!is_aggregate_call(e))
        return false;
    f->first = f->first ? f->first : e;
    f->others |= !e->distinct || e->filter || !is_deterministic(e) || has_subquery(e) ||
                 !same_args(f->first, e);
    return f->others;
}

/* The groups that stand for the arguments, in their order. */
static vonk_expr *over_groups(vonk_expr *e, void *context, vonk_arena *arena, vonk_error *err)
{
    const vonk_plan *groups = context;
    if (!is_aggregate_call(e))
        return e;
    vonk_expr *call = vonk_expr_clone(arena, e, err);
    if (!call)
        return NULL;
    call->distinct = false;
    for (uint32_t i = 0; i < call->n_args; i++) {
        call->args[i] = vonk_attribute_column(arena, &groups->output[i], err);
        if (!call->args[i])
            return NULL;
    }
    return call;
}

static vonk_status group_by_args(rewriting *r, const vonk_expr *call, vonk_plan *child,
                                 vonk_plan **ret, vonk_error *err)
{
    expr_list groups = {0}, exprs = {0};
    for (uint32_t i = 0; i < call->n_args; i++) {
        vonk_expr *alias;
        VONK_TRY(make_alias(r, call->args[i], "value", &alias, err));
        VONK_TRY(list_add(r, &groups, call->args[i], err));
        VONK_TRY(list_add(r, &exprs, alias, err));
    }
    return make_aggregate(r, child, &groups, &exprs, ret, err);
}

static vonk_status visit(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *node = *plan;
    finder found = {0};
    if (node->kind != VONK_PLAN_AGGREGATE || node->n_group_exprs)
        return VONK_OK;
    for (uint32_t i = 0; i < node->n_exprs; i++)
        (void)vonk_expr_any(node->exprs[i], look, &found);
    if (!found.first || found.others || !found.first->n_args)
        return VONK_OK;
    VONK_TRY(group_by_args(r, found.first, node->children[0], &node->children[0], err));
    for (uint32_t i = 0; i < node->n_exprs; i++) {
        node->exprs[i] =
            vonk_expr_rewrite(node->exprs[i], over_groups, node->children[0], r->arena, err);
        VONK_TRY_ALLOC(node->exprs[i]);
    }
    r->changed = true;
    return VONK_OK;
}

vonk_status distinct_to_groups(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    return each_node(r, plan, visit, err);
}
