/*
 * derive_side_filters.c - what an OR over both sides of a join says about each side alone:
 *   (a.x = 1 AND b.y = 2) OR (a.x = 3 AND b.y = 4)  lets  a.x = 1 OR a.x = 3  filter a first.
 */
#include "optimize/rule.h"

/* *ret = what `e` says about `side` alone, or NULL. */
static vonk_status said_about(rewriting *r, vonk_expr *e, const vonk_plan *side, vonk_expr **ret,
                              vonk_error *err)
{
    expr_list alternatives = {0}, kept = {0};
    *ret = NULL;
    VONK_TRY(split(r, "or", e, &alternatives, err));
    for (uint32_t i = 0; i < alternatives.n; i++) {
        expr_list parts = {0}, mine = {0};
        vonk_expr *all;
        VONK_TRY(split_and(r, alternatives.items[i], &parts, err));
        for (uint32_t k = 0; k < parts.n; k++) {
            bool within;
            VONK_TRY(is_within(r, parts.items[k], side, &within, err));
            if (within && is_deterministic(parts.items[k]))
                VONK_TRY(list_add(r, &mine, parts.items[k], err));
        }
        VONK_TRY(join_and(r, &mine, &all, err));
        if (!all) /* this alternative lets every row of the side pass */
            return VONK_OK;
        VONK_TRY(list_add(r, &kept, all, err));
    }
    return join_with(r, "or", &kept, ret, err);
}

bool may_filter_side(const vonk_plan *join, uint32_t side)
{
    switch (join->join_type) {
    case VONK_JOIN_INNER:
    case VONK_JOIN_SEMI:
        return true;
    case VONK_JOIN_LEFT:
        return side == 1;
    case VONK_JOIN_ANTI:
        return side == 1 && !join->null_aware;
    case VONK_JOIN_RIGHT:
        return side == 0;
    default:
        return false;
    }
}

static vonk_status derive_node(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *join = *plan;
    if (join->kind != VONK_PLAN_JOIN || !join->condition)
        return VONK_OK;
    expr_list parts = {0}, sides[2] = {{0}};
    VONK_TRY(split_and(r, join->condition, &parts, err));
    for (uint32_t i = 0; i < parts.n; i++) {
        for (uint32_t side = 0; vonk_expr_is_call(parts.items[i], "or") && side < 2; side++) {
            vonk_expr *said = NULL;
            if (may_filter_side(join, side))
                VONK_TRY(said_about(r, parts.items[i], join->children[side], &said, err));
            if (said)
                VONK_TRY(list_add(r, &sides[side], said, err));
        }
    }
    for (uint32_t side = 0; side < 2; side++) {
        r->changed |= sides[side].n > 0;
        VONK_TRY(make_filter(r, join->children[side], &sides[side], &join->children[side], err));
    }
    return VONK_OK;
}

vonk_status derive_side_filters(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    /* from the top, so that what goes into a child is taken apart there again */
    VONK_TRY(derive_node(r, plan, err));
    for (uint32_t i = 0; i < (*plan)->n_children; i++)
        VONK_TRY(derive_side_filters(r, &(*plan)->children[i], err));
    return VONK_OK;
}
