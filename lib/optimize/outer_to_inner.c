/* outer_to_inner.c - an outer join whose null-extended rows a filter above rejects needs none. */
#include "expr/eval.h"
#include "optimize/rule.h"

typedef struct nulling {
    const vonk_plan *side;
} nulling;

static vonk_expr *null_column(vonk_expr *e, void *context, vonk_arena *arena, vonk_error *err)
{
    const nulling *n = context;
    if (e->kind == VONK_EXPR_COLUMN && vonk_plan_find_output(n->side, e->id))
        return vonk_expr_null(arena, e->type, err);
    return e;
}

static bool is_column(const vonk_expr *e, void *context)
{
    (void)context;
    return e->kind == VONK_EXPR_COLUMN;
}

/* Is `e` surely null if all columns of `side` are? Looks through null_in_null_out functions. */
static bool is_null_with(const vonk_expr *e, const vonk_plan *side)
{
    if (e->kind == VONK_EXPR_COLUMN)
        return vonk_plan_find_output(side, e->id) != NULL;
    bool strict = e->kind == VONK_EXPR_CAST ||
                  (e->kind == VONK_EXPR_CALL && e->function && e->function->null_in_null_out);
    for (uint32_t i = 0; strict && i < e->n_args; i++) {
        if (is_null_with(e->args[i], side))
            return true;
    }
    return false;
}

/* Is the condition `e` never true if all columns of `side` are null? */
static vonk_status rejects(rewriting *r, vonk_expr *e, const vonk_plan *side, bool *ret,
                           vonk_error *err)
{
    bool a, b;
    *ret = false;
    if (vonk_expr_is_call(e, "and") || vonk_expr_is_call(e, "or")) {
        VONK_TRY(rejects(r, e->args[0], side, &a, err));
        VONK_TRY(rejects(r, e->args[1], side, &b, err));
        *ret = vonk_expr_is_call(e, "and") ? a || b : a && b;
        return VONK_OK;
    }
    if (vonk_expr_is_call(e, "isnotnull") || vonk_expr_is_call(e, "in")) {
        *ret = is_null_with(e->args[0], side);
        return VONK_OK;
    }
    *ret = is_null_with(e, side);
    if (*ret || has_subquery(e) || !is_deterministic(e))
        return VONK_OK;
    nulling n = {side};
    vonk_expr *with_nulls = vonk_expr_rewrite(e, null_column, &n, r->arena, err);
    VONK_TRY_ALLOC(with_nulls);
    if (with_nulls == e || vonk_expr_any(with_nulls, is_column, NULL))
        return VONK_OK;
    vonk_value value;
    vonk_error ignored = {0};
    if (vonk_expr_constant(with_nulls, r->settings, r->arena, &value, &ignored) == VONK_OK)
        *ret = value.is_null || !value.boolean;
    return VONK_OK;
}

static vonk_status strengthen(rewriting *r, vonk_plan *join, vonk_expr *condition, vonk_error *err)
{
    bool left_needed, right_needed;
    VONK_TRY(rejects(r, condition, join->children[0], &left_needed, err));
    VONK_TRY(rejects(r, condition, join->children[1], &right_needed, err));
    vonk_join_type type = join->join_type;
    if (type == VONK_JOIN_FULL && left_needed && right_needed)
        type = VONK_JOIN_INNER;
    else if (type == VONK_JOIN_FULL && left_needed)
        type = VONK_JOIN_LEFT;
    else if (type == VONK_JOIN_FULL && right_needed)
        type = VONK_JOIN_RIGHT;
    else if (type == VONK_JOIN_LEFT && right_needed)
        type = VONK_JOIN_INNER;
    else if (type == VONK_JOIN_RIGHT && left_needed)
        type = VONK_JOIN_INNER;
    if (type == join->join_type)
        return VONK_OK;
    join->join_type = type;
    r->changed = true;
    return vonk_plan_set_output(r->arena, join, err);
}

static vonk_status strengthen_node(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *node = *plan;
    if (node->kind != VONK_PLAN_FILTER || node->children[0]->kind != VONK_PLAN_JOIN)
        return VONK_OK;
    VONK_TRY(strengthen(r, node->children[0], node->condition, err));
    return vonk_plan_set_output(r->arena, node, err);
}

vonk_status outer_to_inner(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    return each_node(r, plan, strengthen_node, err);
}
