/*
 * join_to_semi.c - where it does not matter how often a row comes, an inner join of which one
 * side's columns are wanted is a semi join: it gives each row of that side once at most.
 *
 *     Semi(a, Inner(b, c on b.x = c.x) on a.y = b.y)  ->  Semi(a, Semi(b, c on b.x = c.x) on a.y =
 * b.y)
 *
 * Rows may come any number of times on the right of semi and anti joins, and below DISTINCT.
 */
#include "optimize/rule.h"

static vonk_status unrepeat(rewriting *r, vonk_plan *plan, const vonk_id_set *wanted,
                            vonk_error *err);

static vonk_status add_all(const vonk_id_set *from, vonk_id_set *to, vonk_error *err)
{
    for (uint32_t id = 0; id < from->n_words * 64; id++) {
        if (vonk_id_set_has(from, id))
            VONK_TRY(vonk_id_set_add(to, id, err));
    }
    return VONK_OK;
}

static bool gives_any(const vonk_plan *plan, const vonk_id_set *ids)
{
    for (uint32_t i = 0; i < plan->n_output; i++) {
        if (vonk_id_set_has(ids, plan->output[i].id))
            return true;
    }
    return false;
}

/* Only the expressions that are wanted stay; one does if none is. */
static vonk_status unrepeat_project(rewriting *r, vonk_plan *plan, const vonk_id_set *wanted,
                                    vonk_error *err)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < plan->n_exprs; i++) {
        vonk_expr *e = plan->exprs[i];
        if (!is_deterministic(e) || has_subquery(e))
            return VONK_OK;
        if (vonk_id_set_has(wanted, e->kind == VONK_EXPR_ALIAS ? e->alias_id : e->id))
            plan->exprs[n++] = e;
    }
    plan->n_exprs = n ? n : plan->n_exprs;
    vonk_id_set below = {.arena = r->arena};
    VONK_TRY(vonk_plan_node_columns(plan, &below, err));
    VONK_TRY(unrepeat(r, plan->children[0], &below, err));
    return vonk_plan_set_output(r->arena, plan, err);
}

/* A semi join builds its table of the right side: that must not be the larger one. */
static vonk_status unrepeat_join(rewriting *r, vonk_plan *join, const vonk_id_set *wanted,
                                 vonk_error *err)
{
    bool inner = join->join_type == VONK_JOIN_INNER && join->condition;
    if (join->condition && (!is_deterministic(join->condition) || has_subquery(join->condition)))
        return VONK_OK;
    if (inner && !gives_any(join->children[1], wanted) &&
        estimate_rows(join->children[1]) <= estimate_rows(join->children[0])) {
        join->join_type = VONK_JOIN_SEMI;
        r->changed = true;
    }
    vonk_id_set below = {.arena = r->arena};
    VONK_TRY(add_all(wanted, &below, err));
    VONK_TRY(vonk_plan_node_columns(join, &below, err));
    for (uint32_t i = 0; i < 2; i++)
        VONK_TRY(unrepeat(r, join->children[i], &below, err));
    return vonk_plan_set_output(r->arena, join, err);
}

/* `wanted` of the plan's columns are used, and it does not matter how often a row comes. */
static vonk_status unrepeat(rewriting *r, vonk_plan *plan, const vonk_id_set *wanted,
                            vonk_error *err)
{
    vonk_id_set below = {.arena = r->arena};
    switch (plan->kind) {
    case VONK_PLAN_PROJECT:
        return unrepeat_project(r, plan, wanted, err);
    case VONK_PLAN_JOIN:
        return unrepeat_join(r, plan, wanted, err);
    case VONK_PLAN_FILTER:
        if (!is_deterministic(plan->condition) || has_subquery(plan->condition))
            return VONK_OK;
        VONK_TRY(add_all(wanted, &below, err));
        VONK_TRY(vonk_plan_node_columns(plan, &below, err));
        VONK_TRY(unrepeat(r, plan->children[0], &below, err));
        return vonk_plan_set_output(r->arena, plan, err);
    default:
        return VONK_OK;
    }
}

static vonk_status visit(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *node = *plan;
    vonk_id_set wanted = {.arena = r->arena};
    bool semi = node->kind == VONK_PLAN_JOIN &&
                (node->join_type == VONK_JOIN_SEMI || node->join_type == VONK_JOIN_ANTI);
    bool distinct = node->kind == VONK_PLAN_AGGREGATE && node->n_group_exprs &&
                    node->n_exprs == node->n_group_exprs;
    if (!semi && !distinct)
        return VONK_OK;
    VONK_TRY(vonk_plan_node_columns(node, &wanted, err));
    return unrepeat(r, node->children[semi], &wanted, err);
}

vonk_status join_to_semi(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    VONK_TRY(each_node(r, plan, visit, err));
    return refresh_output(r, *plan, err);
}
