/*
 * distinct_to_groups.c - aggregates of all rows, where the DISTINCT ones are all of the same
 * values, are aggregates of groups: many tasks find the distinct values, and each gives its own
 * before rows are exchanged.
 *
 *     Aggregate [], [count(DISTINCT x), sum(y)]  ->  Project [c, t]
 *                                                    +- Aggregate [], [count(v) AS c, sum(s) AS t]
 *                                                       +- Aggregate [x], [x AS v, sum(y) AS s]
 *
 * With GROUP BY the tasks that own the groups do it at once (docs/adr/003).
 * Source: Spark's RewriteDistinctAggregates, of which this is the simplest case.
 */
#include "expr/function.h"
#include "optimize/rule.h"

typedef struct finder {
    const vonk_expr *first; /* DISTINCT aggregate met */
    bool others; /* that groups do not help: of_groups.c; DISTINCT ones of other values */
} finder;

/* The two aggregates while they are made. */
typedef struct making {
    rewriting *r;
    expr_list groups, outputs; /* outputs: of all, over lists.outer */
    of_groups lists;
} making;

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
    if (!e->distinct) {
        f->others |= !has_aggregate_of_groups(e);
        return f->others;
    }
    f->first = f->first ? f->first : e;
    f->others |= e->filter || !is_deterministic(e) || has_subquery(e) || !same_args(f->first, e);
    return f->others;
}

static vonk_expr *over_groups(vonk_expr *e, void *context, vonk_arena *arena, vonk_error *err)
{
    making *m = context;
    vonk_expr *ret = NULL;
    vonk_status status = VONK_OK;
    (void)arena;
    if (!is_aggregate_call(e))
        return e;
    if (e->distinct)
        status = distinct_of_groups(m->r, e, &m->lists, &ret, err);
    else
        status = aggregate_of_groups(m->r, e, &m->lists, &ret, err);
    return status == VONK_OK ? ret : NULL;
}

static vonk_status group_by_args(making *m, const vonk_expr *call, vonk_error *err)
{
    for (uint32_t i = 0; i < call->n_args; i++) {
        vonk_expr *alias;
        VONK_TRY(make_alias(m->r, call->args[i], "value", &alias, err));
        VONK_TRY(list_add(m->r, &m->groups, call->args[i], err));
        VONK_TRY(list_add(m->r, &m->lists.inner, alias, err));
    }
    return VONK_OK;
}

static vonk_status visit(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *node = *plan;
    finder found = {0};
    making m = {.r = r};
    if (node->kind != VONK_PLAN_AGGREGATE || node->n_group_exprs)
        return VONK_OK;
    for (uint32_t i = 0; i < node->n_exprs; i++)
        (void)vonk_expr_any(node->exprs[i], look, &found);
    if (!found.first || found.others || !found.first->n_args)
        return VONK_OK;
    VONK_TRY(group_by_args(&m, found.first, err));
    for (uint32_t i = 0; i < node->n_exprs; i++) {
        vonk_expr *e = vonk_expr_rewrite(node->exprs[i], over_groups, &m, r->arena, err);
        VONK_TRY_ALLOC(e);
        VONK_TRY(list_add(r, &m.outputs, e, err));
    }
    VONK_TRY(make_aggregate(r, node->children[0], &m.groups, &m.lists.inner, plan, err));
    VONK_TRY(make_aggregate(r, *plan, &(expr_list){0}, &m.lists.outer, plan, err));
    VONK_TRY(make_project(r, *plan, &m.outputs, plan, err));
    r->changed = true;
    return VONK_OK;
}

vonk_status distinct_to_groups(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    return each_node(r, plan, visit, err);
}
