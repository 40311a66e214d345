/*
 * push_down_semi.c - a semi or anti join filters the rows of its left side, so it goes as near to
 * the data as a filter would: below projects, and to the side of a join that its condition is
 * about. Over a join only if it leaves out many rows.
 *
 *     Semi(Inner(a, b), s on a.x = s.x)  ->  Inner(Semi(a, s on a.x = s.x), b)
 *
 * Source: Spark's PushDownLeftSemiAntiJoin and PushLeftSemiLeftAntiThroughJoin.
 */
#include <math.h>

#include "optimize/rule.h"

/* Does `condition` need no column of `other`? (It may need the semi join's own right side.) */
static vonk_status is_free_of(rewriting *r, const vonk_expr *condition, const vonk_plan *other,
                              bool *ret, vonk_error *err)
{
    bool touched = false;
    VONK_TRY(touches(r, condition, other, &touched, err));
    *ret = !touched;
    return VONK_OK;
}

static const vonk_expr *column_of(const vonk_expr *e)
{
    while (e->kind == VONK_EXPR_CAST || e->kind == VONK_EXPR_ALIAS)
        e = e->args[0];
    return e->kind == VONK_EXPR_COLUMN ? e : NULL;
}

static bool has_aggregate(const vonk_plan *plan)
{
    bool found = plan->kind == VONK_PLAN_AGGREGATE;
    for (uint32_t i = 0; !found && i < plan->n_children; i++)
        found = has_aggregate(plan->children[i]);
    return found;
}

/* How many values the equality's columns have at most, by the tables they come from; 0: unknown. */
static double values_of(const vonk_plan *semi, const vonk_expr *equality)
{
    const vonk_expr *a = column_of(equality->args[0]), *b = column_of(equality->args[1]);
    if (!a || !b)
        return 0;
    double left = fmax(base_rows(semi->children[0], a->id), base_rows(semi->children[0], b->id));
    double right = fmax(base_rows(semi->children[1], a->id), base_rows(semi->children[1], b->id));
    return has_aggregate(semi->children[1]) ? left : fmin(left, right);
}

/*
 * Does it leave out at least half of the rows, by a guess? One that keeps most of them is better
 * tried on the few rows that other joins leave.
 */
static vonk_status is_selective(rewriting *r, const vonk_plan *semi, bool *ret, vonk_error *err)
{
    expr_list parts = {0};
    double values = 1, rows = estimate_rows(semi->children[1]);
    VONK_TRY(split_and(r, semi->condition, &parts, err));
    for (uint32_t i = 0; i < parts.n; i++) {
        if (is_equality(parts.items[i]))
            values = fmax(values, values_of(semi, parts.items[i]));
    }
    double found = fmin(1, rows / values);
    *ret = (semi->join_type == VONK_JOIN_SEMI ? found : 1 - found) <= 0.5;
    return VONK_OK;
}

/* The child of a join that the semi join may filter instead of the join's rows; -1: none. */
static vonk_status side_below(rewriting *r, const vonk_plan *semi, const vonk_plan *join, int *ret,
                              vonk_error *err)
{
    vonk_join_type type = join->join_type;
    bool inner = type == VONK_JOIN_INNER || type == VONK_JOIN_CROSS, free_of = false;
    *ret = -1;
    if (inner || type == VONK_JOIN_LEFT) {
        VONK_TRY(is_free_of(r, semi->condition, join->children[1], &free_of, err));
        if (free_of)
            *ret = 0;
    }
    if (*ret < 0 && (inner || type == VONK_JOIN_RIGHT)) {
        VONK_TRY(is_free_of(r, semi->condition, join->children[0], &free_of, err));
        if (free_of)
            *ret = 1;
    }
    return VONK_OK;
}

static vonk_status push_semi(rewriting *r, vonk_plan **plan, vonk_error *err);

/* The semi join takes the place of below->children[side] and goes on from there. */
static vonk_status change_places(rewriting *r, vonk_plan **plan, uint32_t side,
                                 vonk_expr *condition, vonk_error *err)
{
    vonk_plan *semi = *plan, *below = semi->children[0], *moved;
    VONK_TRY(make_join(r, semi->join_type, below->children[side], semi->children[1], condition,
                       &moved, err));
    moved->null_aware = semi->null_aware;
    VONK_TRY(push_semi(r, &moved, err));
    below->children[side] = moved;
    r->changed = true;
    *plan = below;
    return vonk_plan_set_output(r->arena, below, err);
}

static vonk_status push_semi(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *semi = *plan;
    if (semi->kind != VONK_PLAN_JOIN || !semi->condition || !is_deterministic(semi->condition) ||
        (semi->join_type != VONK_JOIN_SEMI && semi->join_type != VONK_JOIN_ANTI))
        return VONK_OK;
    vonk_plan *below = semi->children[0];
    if (below->kind == VONK_PLAN_JOIN) {
        bool selective;
        int side;
        VONK_TRY(is_selective(r, semi, &selective, err));
        if (!selective)
            return VONK_OK;
        VONK_TRY(side_below(r, semi, below, &side, err));
        return side < 0 ? VONK_OK : change_places(r, plan, (uint32_t)side, semi->condition, err);
    }
    if (below->kind != VONK_PLAN_PROJECT)
        return VONK_OK;
    for (uint32_t i = 0; i < below->n_exprs; i++) {
        if (!is_deterministic(below->exprs[i]) || has_subquery(below->exprs[i]))
            return VONK_OK;
    }
    vonk_expr *condition;
    alias_map aliases;
    VONK_TRY(alias_map_make(r, below->exprs, below->n_exprs, &aliases, err));
    VONK_TRY(inline_aliases(r, aliases, semi->condition, &condition, err));
    return change_places(r, plan, 0, condition, err);
}

vonk_status push_down_semi_joins(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    VONK_TRY(push_semi(r, plan, err));
    for (uint32_t i = 0; i < (*plan)->n_children; i++)
        VONK_TRY(push_down_semi_joins(r, &(*plan)->children[i], err));
    return vonk_plan_set_output(r->arena, *plan, err);
}
