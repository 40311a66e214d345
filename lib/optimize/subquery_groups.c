/*
 * subquery_groups.c - a scalar subquery that aggregates all that the query groups aggregates the
 * groups: as these are the same in both, they are computed once (subquery_scalar.c joins them).
 *
 *     GROUP BY k HAVING sum(x) > (SELECT sum(x) * 0.01 FROM the same)
 *
 *     Aggregate [], [sum(x)]  ->  Aggregate [], [sum(s)]
 *     +- the same                 +- Aggregate [k], [k, sum(x) AS s]
 *                                    +- the same
 */
#include <string.h>

#include "expr/function.h"
#include "optimize/rule.h"

#define MAX_CALLS 8

/* The query's aggregate and the subquery's, and the latter made anew. */
typedef struct regrouping {
    rewriting *r;
    const vonk_plan *groups; /* of the query */
    vonk_plan *total;        /* of the subquery, without GROUP BY */
    uint32_t n_calls;
    vonk_expr *of_groups[MAX_CALLS], *of_all[MAX_CALLS]; /* ALIASes of each call, and of it again */
    bool failed;
} regrouping;

/* `e`, of the tree `from`, with the columns of `to`, a tree of the same form. */
static vonk_status to_other(rewriting *r, const vonk_plan *from, const vonk_plan *to, vonk_expr **e,
                            vonk_error *err)
{
    for (uint32_t i = 0; i < from->n_children; i++)
        VONK_TRY(to_other(r, from->children[i], to->children[i], e, err));
    return from->n_children ? VONK_OK
                            : rename_columns(r, from->output, to->output, to->n_output, *e, e, err);
}

static bool same_nodes(const vonk_plan *a, const vonk_plan *b)
{
    bool inner = a->kind == VONK_PLAN_JOIN &&
                 (a->join_type == VONK_JOIN_INNER || a->join_type == VONK_JOIN_CROSS);
    if (a->kind == VONK_PLAN_SCAN)
        return is_same_table(a, b);
    bool same = a->kind == b->kind && (inner || a->kind == VONK_PLAN_FILTER) &&
                a->join_type == b->join_type && !a->lateral && !b->lateral &&
                !a->condition == !b->condition;
    for (uint32_t i = 0; i < a->n_children && same; i++)
        same = same_nodes(a->children[i], b->children[i]);
    return same;
}

/* Do the conditions of `a`, which is at or in `top`, say the same as those of `b` in `other`? */
static vonk_status same_conditions(rewriting *r, const vonk_plan *top, const vonk_plan *other,
                                   const vonk_plan *a, const vonk_plan *b, bool *same,
                                   vonk_error *err)
{
    vonk_expr *condition = a->condition;
    if (condition) {
        VONK_TRY(to_other(r, top, other, &condition, err));
        *same &= is_deterministic(condition) && !has_subquery(condition) &&
                 vonk_expr_equal(condition, b->condition);
    }
    for (uint32_t i = 0; i < a->n_children && *same; i++)
        VONK_TRY(same_conditions(r, top, other, a->children[i], b->children[i], same, err));
    return VONK_OK;
}

static bool is_call(const vonk_expr *e, void *call)
{
    return is_aggregate_call(e) && vonk_expr_equal(e, call);
}

/* One of the query's expressions is this call. */
static vonk_status is_computed(regrouping *g, vonk_expr *call, bool *ret, vonk_error *err)
{
    VONK_TRY(to_other(g->r, g->total->children[0], g->groups->children[0], &call, err));
    *ret = false;
    for (uint32_t i = 0; i < g->groups->n_exprs; i++)
        *ret |= vonk_expr_any(g->groups->exprs[i], is_call, call);
    return VONK_OK;
}

static bool can_be_taken_again(const vonk_expr *e)
{
    const char *name = e->function->name;
    return e->n_args == 1 && !e->distinct && !e->filter && !has_subquery(e) &&
           is_deterministic(e) &&
           (!strcmp(name, "sum") || !strcmp(name, "min") || !strcmp(name, "max"));
}

/* f(x) -> the column of f(the groups' f(x)), of the same type */
static vonk_expr *over_groups(vonk_expr *e, void *context, vonk_arena *arena, vonk_error *err)
{
    regrouping *g = context;
    bool computed = false;
    vonk_expr *alias, *column, *call;
    uint32_t at = g->n_calls;
    if (!is_aggregate_call(e))
        return e;
    g->failed |= !can_be_taken_again(e) || g->n_calls == MAX_CALLS;
    if (!g->failed && is_computed(g, e, &computed, err) != VONK_OK)
        return NULL;
    g->failed |= !computed;
    if (g->failed)
        return e;
    if (make_alias(g->r, e, e->name, &alias, err) != VONK_OK)
        return NULL;
    g->of_groups[at] = alias;
    column = vonk_expr_column(arena, alias->alias_id, alias->name, alias->type, e->nullable, err);
    if (!column || make_call(g->r, e->name, 1, &column, &call, err) != VONK_OK)
        return NULL;
    if (make_alias(g->r, call, e->name, &alias, err) != VONK_OK)
        return NULL;
    g->of_all[at] = alias;
    g->n_calls++;
    column = vonk_expr_column(arena, alias->alias_id, alias->name, call->type, true, err);
    bool same = vonk_type_equal(call->type, e->type);
    return same ? column : vonk_expr_cast(arena, column, e->type, false, err);
}

/* The groups of the query over the subquery's tables, and the aggregate of all of them. */
static vonk_status make_aggregates(regrouping *g, vonk_plan **ret, vonk_error *err)
{
    expr_list groups = {0}, exprs = {0}, all = {0};
    for (uint32_t i = 0; i < g->groups->n_group_exprs; i++) {
        vonk_expr *group = g->groups->group_exprs[i], *alias;
        VONK_TRY(to_other(g->r, g->groups->children[0], g->total->children[0], &group, err));
        VONK_TRY(make_alias(g->r, group, "key", &alias, err));
        VONK_TRY(list_add(g->r, &groups, group, err));
        VONK_TRY(list_add(g->r, &exprs, group->kind == VONK_EXPR_COLUMN ? group : alias, err));
    }
    for (uint32_t i = 0; i < g->n_calls; i++) {
        VONK_TRY(list_add(g->r, &exprs, g->of_groups[i], err));
        VONK_TRY(list_add(g->r, &all, g->of_all[i], err));
    }
    VONK_TRY(make_aggregate(g->r, g->total->children[0], &groups, &exprs, ret, err));
    return make_aggregate(g->r, *ret, &(expr_list){0}, &all, ret, err);
}

static vonk_status regroup(regrouping *g, vonk_error *err)
{
    bool same = same_nodes(g->groups->children[0], g->total->children[0]);
    if (same)
        VONK_TRY(same_conditions(g->r, g->groups->children[0], g->total->children[0],
                                 g->groups->children[0], g->total->children[0], &same, err));
    if (!same)
        return VONK_OK;
    expr_list exprs = {0};
    for (uint32_t i = 0; i < g->total->n_exprs; i++) {
        vonk_expr *e = vonk_expr_rewrite(g->total->exprs[i], over_groups, g, g->r->arena, err);
        VONK_TRY_ALLOC(e);
        VONK_TRY(list_add(g->r, &exprs, e, err));
    }
    if (g->failed || g->groups->n_exprs != g->groups->n_group_exprs + g->n_calls)
        return VONK_OK;
    VONK_TRY(make_aggregates(g, &g->total->children[0], err));
    g->total->kind = VONK_PLAN_PROJECT;
    g->total->exprs = exprs.items;
    g->r->changed = true;
    return vonk_plan_set_output(g->r->arena, g->total, err);
}

/* Subqueries of `e` against the groups that it is a condition on. */
static vonk_status visit_expr(rewriting *r, const vonk_expr *e, const vonk_plan *groups,
                              vonk_error *err)
{
    vonk_plan *plan = e->kind == VONK_EXPR_SUBQUERY ? e->plan : NULL;
    while (plan && plan->kind == VONK_PLAN_PROJECT)
        plan = plan->children[0];
    if (plan && plan->kind == VONK_PLAN_AGGREGATE && !plan->n_group_exprs)
        return regroup(&(regrouping){.r = r, .groups = groups, .total = plan}, err);
    for (uint32_t i = 0; i < e->n_args; i++)
        VONK_TRY(visit_expr(r, e->args[i], groups, err));
    return VONK_OK;
}

static vonk_status visit(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    const vonk_plan *filter = *plan;
    if (filter->kind != VONK_PLAN_FILTER)
        return VONK_OK;
    const vonk_plan *below = filter->children[0];
    while (below->kind == VONK_PLAN_PROJECT)
        below = below->children[0];
    if (below->kind != VONK_PLAN_AGGREGATE || !below->n_group_exprs)
        return VONK_OK;
    return visit_expr(r, filter->condition, below, err);
}

vonk_status subquery_to_groups(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    return each_node(r, plan, visit, err);
}
