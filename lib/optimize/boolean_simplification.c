/* boolean_simplification.c - AND, OR, NOT: constants, doubles, common factors. */
#include <string.h>

#include "optimize/rule.h"

static bool contains(const expr_list *list, const vonk_expr *e)
{
    for (uint32_t i = 0; i < list->n; i++) {
        if (vonk_expr_equal(list->items[i], e))
            return true;
    }
    return false;
}

/*
 * NOT a < b is a >= b, also where one is null. NaN is ordered in Spark. NOT a = b stays, as in
 * Spark: EXPLAIN shows it so.
 */
static const char *opposite(const vonk_expr *e)
{
    static const char *const pairs[][2] = {{"!=", "="},
                                           {"<>", "="},
                                           {"<", ">="},
                                           {">=", "<"},
                                           {">", "<="},
                                           {"<=", ">"},
                                           {"isnull", "isnotnull"},
                                           {"isnotnull", "isnull"}};
    for (uint32_t i = 0; i < VONK_LENGTH(pairs); i++) {
        if (vonk_expr_is_call(e, pairs[i][0]))
            return pairs[i][1];
    }
    return NULL;
}

static vonk_status simplify_not(rewriting *r, vonk_expr *e, vonk_expr **ret, vonk_error *err)
{
    vonk_expr *arg = e->args[0];
    *ret = e;
    if (vonk_expr_is_call(arg, "not")) {
        r->changed = true;
        *ret = arg->args[0];
        return VONK_OK;
    }
    bool is_and = vonk_expr_is_call(arg, "and");
    if (is_and || vonk_expr_is_call(arg, "or")) { /* De Morgan: parts can be pushed down */
        vonk_expr *sides[2];
        for (uint32_t i = 0; i < 2; i++) {
            VONK_TRY(make_call(r, "not", 1, &arg->args[i], &sides[i], err));
            VONK_TRY(simplify_not(r, sides[i], &sides[i], err));
        }
        r->changed = true;
        return make_call2(r, is_and ? "or" : "and", sides[0], sides[1], ret, err);
    }
    const char *name = opposite(arg);
    if (!name)
        return VONK_OK;
    r->changed = true;
    VONK_TRY(make_call(r, name, arg->n_args, arg->args, ret, err));
    (*ret)->start = e->start;
    (*ret)->end = e->end;
    return VONK_OK;
}

/* AND or OR over constants and equal sides. `absorbs` decides all (false for AND), the other is
 * neutral. */
static vonk_expr *simplify_constants(rewriting *r, vonk_expr *e, bool is_and)
{
    for (uint32_t i = 0; i < 2; i++) {
        const vonk_expr *side = e->args[i];
        bool is_literal =
            side->kind == VONK_EXPR_LITERAL && side->type.id == VONK_BOOL && !side->value.is_null;
        if (!is_literal)
            continue;
        r->changed = true;
        return side->value.boolean == is_and ? e->args[1 - i] : e->args[i];
    }
    if (vonk_expr_equal(e->args[0], e->args[1]) && is_deterministic(e->args[0])) {
        r->changed = true;
        return e->args[0];
    }
    return e;
}

/* (a AND b) OR (a AND c): a AND (b OR c) */
static vonk_status factor_out(rewriting *r, vonk_expr *e, vonk_expr **ret, vonk_error *err)
{
    expr_list sides = {0}, common = {0}, rest = {0}, first = {0};
    *ret = e;
    VONK_TRY(split(r, "or", e, &sides, err));
    VONK_TRY(split_and(r, sides.items[0], &first, err));
    for (uint32_t i = 0; i < first.n; i++) {
        bool everywhere = is_deterministic(first.items[i]) && !contains(&common, first.items[i]);
        for (uint32_t k = 1; everywhere && k < sides.n; k++) {
            expr_list parts = {0};
            VONK_TRY(split_and(r, sides.items[k], &parts, err));
            everywhere = contains(&parts, first.items[i]);
        }
        if (everywhere)
            VONK_TRY(list_add(r, &common, first.items[i], err));
    }
    if (!common.n)
        return VONK_OK;
    bool absorbed = false; /* one side is nothing but the common part */
    for (uint32_t k = 0; k < sides.n && !absorbed; k++) {
        expr_list parts = {0}, left = {0};
        VONK_TRY(split_and(r, sides.items[k], &parts, err));
        for (uint32_t i = 0; i < parts.n; i++) {
            if (!contains(&common, parts.items[i]))
                VONK_TRY(list_add(r, &left, parts.items[i], err));
        }
        absorbed = !left.n;
        vonk_expr *side;
        VONK_TRY(join_and(r, &left, &side, err));
        if (side)
            VONK_TRY(list_add(r, &rest, side, err));
    }
    vonk_expr *others;
    VONK_TRY(join_with(r, "or", &rest, &others, err));
    if (!absorbed)
        VONK_TRY(list_add(r, &common, others, err));
    r->changed = true;
    return join_and(r, &common, ret, err);
}

static vonk_expr *simplify(vonk_expr *e, void *context, vonk_arena *arena, vonk_error *err)
{
    rewriting *r = context;
    vonk_expr *done = e;
    (void)arena;
    bool is_and = vonk_expr_is_call(e, "and");
    if (is_and || vonk_expr_is_call(e, "or"))
        done = simplify_constants(r, e, is_and);
    if (done != e)
        return done;
    if (vonk_expr_is_call(e, "or") && factor_out(r, e, &done, err) != VONK_OK)
        return NULL;
    if (vonk_expr_is_call(e, "not") && simplify_not(r, e, &done, err) != VONK_OK)
        return NULL;
    return done;
}

static vonk_status simplify_slot(vonk_expr **slot, void *context, vonk_error *err)
{
    rewriting *r = context;
    *slot = vonk_expr_rewrite(*slot, simplify, r, r->arena, err);
    return *slot ? VONK_OK : VONK_NO_MEMORY;
}

static vonk_status simplify_node(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    return vonk_plan_each_expr(*plan, simplify_slot, r, err);
}

vonk_status simplify_booleans(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    return each_node(r, plan, simplify_node, err);
}
