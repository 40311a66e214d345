/*
 * of_groups.c - an aggregate of all rows out of aggregates of groups of them.
 *
 *     sum(x)   -> sum(s)                 s: sum(x) of each group; min, max, bool_and, ... alike
 *     count(x) -> coalesce(sum(c), 0)    c: count(x)
 *     avg(x)   -> sum(s) / sum(c)        s: sum(x) as doubles
 */
#include <string.h>

#include "expr/function.h"
#include "optimize/rule.h"

/* f over f of the groups is f over all, and of f's type; sums grow, and are cast back. */
static bool is_its_own(const char *name)
{
    static const char *const names[] = {"sum",  "min", "max",     "bool_and", "every",  "bool_or",
                                        "some", "any", "bit_and", "bit_or",   "bit_xor"};
    for (uint32_t i = 0; i < VONK_LENGTH(names); i++) {
        if (!strcmp(name, names[i]))
            return true;
    }
    return false;
}

/* A decimal's mean has digits of its own; intervals are not doubles. */
static bool is_plain_avg(const vonk_expr *call)
{
    return !strcmp(call->function->name, "avg") && call->n_args == 1 &&
           call->type.id == VONK_FLOAT64;
}

bool has_aggregate_of_groups(const vonk_expr *call)
{
    const char *name = call->function->name;
    bool known =
        is_plain_avg(call) || !strcmp(name, "count") || (call->n_args == 1 && is_its_own(name));
    return known && !call->distinct && is_deterministic(call) && !has_subquery(call);
}

/* Adds `call` to a list of outputs; *ret: its column. */
static vonk_status add(rewriting *r, vonk_expr *call, expr_list *outputs, vonk_expr **ret,
                       vonk_error *err)
{
    vonk_expr *alias;
    VONK_TRY(make_alias(r, call, call->name, &alias, err));
    VONK_TRY(list_add(r, outputs, alias, err));
    *ret =
        vonk_expr_column(r->arena, alias->alias_id, alias->name, call->type, call->nullable, err);
    VONK_TRY_ALLOC(*ret);
    return VONK_OK;
}

/* `call` of the groups, `name` of all of them; *ret: the latter's column. */
static vonk_status add_both(rewriting *r, vonk_expr *call, const char *name, of_groups *to,
                            vonk_expr **ret, vonk_error *err)
{
    vonk_expr *column, *total;
    VONK_TRY(add(r, call, &to->inner, &column, err));
    VONK_TRY(make_call(r, name, 1, &column, &total, err));
    return add(r, total, &to->outer, ret, err);
}

/* name(arg) with the FILTER of `call` */
static vonk_status call_like(rewriting *r, const vonk_expr *call, const char *name, vonk_expr *arg,
                             vonk_expr **ret, vonk_error *err)
{
    VONK_TRY(make_call(r, name, 1, &arg, ret, err));
    (*ret)->filter = call->filter;
    return VONK_OK;
}

static vonk_status avg_of_groups(rewriting *r, const vonk_expr *call, of_groups *to,
                                 vonk_expr **ret, vonk_error *err)
{
    const vonk_type type = VONK_TYPE(FLOAT64);
    vonk_expr *arg = call->args[0], *sum, *count;
    if (arg->type.id != VONK_FLOAT64)
        arg = vonk_expr_cast(r->arena, arg, type, false, err);
    VONK_TRY_ALLOC(arg);
    VONK_TRY(call_like(r, call, "sum", arg, &sum, err));
    VONK_TRY(call_like(r, call, "count", call->args[0], &count, err));
    VONK_TRY(add_both(r, sum, "sum", to, &sum, err));
    VONK_TRY(add_both(r, count, "sum", to, &count, err));
    count = vonk_expr_cast(r->arena, count, type, false, err);
    VONK_TRY_ALLOC(count);
    return make_call2(r, "/", sum, count, ret, err); /* no values: null, as the sum is */
}

vonk_status aggregate_of_groups(rewriting *r, vonk_expr *call, of_groups *to, vonk_expr **ret,
                                vonk_error *err)
{
    const char *name = call->function->name;
    if (is_plain_avg(call))
        return avg_of_groups(r, call, to, ret, err);
    bool is_count = !strcmp(name, "count");
    VONK_TRY(add_both(r, call, is_count ? "sum" : name, to, ret, err));
    if (is_count) {
        vonk_expr *zero = vonk_expr_literal(r->arena, (*ret)->type, (vonk_value){0}, err);
        VONK_TRY_ALLOC(zero);
        return make_call2(r, "coalesce", *ret, zero, ret, err);
    }
    if (!vonk_type_equal((*ret)->type, call->type))
        *ret = vonk_expr_cast(r->arena, *ret, call->type, false, err);
    VONK_TRY_ALLOC(*ret);
    return VONK_OK;
}

vonk_status distinct_of_groups(rewriting *r, const vonk_expr *call, of_groups *to, vonk_expr **ret,
                               vonk_error *err)
{
    vonk_expr *total = vonk_expr_clone(r->arena, call, err);
    VONK_TRY_ALLOC(total);
    total->distinct = false;
    for (uint32_t i = 0; i < call->n_args; i++) {
        if (i && call->args[i]->kind == VONK_EXPR_LITERAL)
            continue; /* what must be constant: the percentage of percentile */
        const vonk_expr *value = to->inner.items[i];
        total->args[i] = vonk_expr_column(r->arena, value->alias_id, value->name, value->type,
                                          call->args[i]->nullable, err);
        VONK_TRY_ALLOC(total->args[i]);
    }
    return add(r, total, &to->outer, ret, err);
}
