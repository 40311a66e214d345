/* expr_tools.c - taking expressions apart and putting them together. */
#include <string.h>

#include "optimize/rule.h"

vonk_status list_add(rewriting *r, expr_list *list, vonk_expr *e, vonk_error *err)
{
    VONK_TRY_ALLOC(e);
    if (!(list->n & (list->n - 1))) { /* full at powers of two */
        vonk_expr **items = VONK_NEW_ARRAY(r->arena, vonk_expr *, list->n ? list->n * 2 : 1, err);
        VONK_TRY_ALLOC(items);
        if (list->n)
            memcpy(items, list->items, list->n * sizeof(vonk_expr *));
        list->items = items;
    }
    list->items[list->n++] = e;
    return VONK_OK;
}

vonk_status split(rewriting *r, const char *name, vonk_expr *e, expr_list *list, vonk_error *err)
{
    if (!vonk_expr_is_call(e, name) || e->n_args != 2)
        return list_add(r, list, e, err);
    VONK_TRY(split(r, name, e->args[0], list, err));
    return split(r, name, e->args[1], list, err);
}

vonk_status split_and(rewriting *r, vonk_expr *e, expr_list *list, vonk_error *err)
{
    return split(r, "and", e, list, err);
}

vonk_status make_call(rewriting *r, const char *name, uint32_t n, vonk_expr *const *args,
                      vonk_expr **ret, vonk_error *err)
{
    vonk_expr *call = vonk_expr_call(r->arena, name, n, args, err);
    VONK_TRY_ALLOC(call);
    call->function = vonk_function_find(name);
    if (!call->function)
        return vonk_fail(err, VONK_INVALID, "no function %s", name);
    vonk_type type;
    bool nullable;
    VONK_TRY(call->function->resolve(call, r->settings, r->arena, &type, &nullable, err));
    call->type = type;
    call->nullable = nullable;
    *ret = call;
    return VONK_OK;
}

vonk_status make_call2(rewriting *r, const char *name, vonk_expr *a, vonk_expr *b, vonk_expr **ret,
                       vonk_error *err)
{
    vonk_expr *args[] = {a, b};
    return make_call(r, name, 2, args, ret, err);
}

vonk_status join_with(rewriting *r, const char *name, const expr_list *list, vonk_expr **ret,
                      vonk_error *err)
{
    vonk_expr *all = list->n ? list->items[0] : NULL;
    for (uint32_t i = 1; i < list->n; i++)
        VONK_TRY(make_call2(r, name, all, list->items[i], &all, err));
    *ret = all;
    return VONK_OK;
}

vonk_status join_and(rewriting *r, const expr_list *list, vonk_expr **ret, vonk_error *err)
{
    return join_with(r, "and", list, ret, err);
}

vonk_status make_alias(rewriting *r, vonk_expr *e, const char *name, vonk_expr **ret,
                       vonk_error *err)
{
    vonk_expr *alias = vonk_expr_alias(r->arena, e, name, err);
    VONK_TRY_ALLOC(alias);
    alias->alias_id = (*r->optimizer->next_id)++;
    *ret = alias;
    return VONK_OK;
}

static bool varies(const vonk_expr *e, void *context)
{
    (void)context;
    return e->kind == VONK_EXPR_CALL && e->function && !e->function->deterministic;
}

bool is_deterministic(const vonk_expr *e)
{
    return !vonk_expr_any(e, varies, NULL);
}

static bool is_subquery(const vonk_expr *e, void *context)
{
    (void)context;
    return e->kind == VONK_EXPR_SUBQUERY || e->kind == VONK_EXPR_EXISTS ||
           e->kind == VONK_EXPR_IN_QUERY;
}

bool has_subquery(const vonk_expr *e)
{
    return vonk_expr_any(e, is_subquery, NULL);
}

bool is_aggregate_call(const vonk_expr *e)
{
    return e->kind == VONK_EXPR_CALL && e->function && e->function->aggregate;
}

static bool is_aggregate(const vonk_expr *e, void *context)
{
    (void)context;
    return is_aggregate_call(e);
}

bool has_aggregate_call(const vonk_expr *e)
{
    return vonk_expr_any(e, is_aggregate, NULL);
}

static bool count_down(const vonk_expr *e, void *context)
{
    uint32_t *left = context;
    (void)e;
    return !(*left)--;
}

bool is_large(const vonk_expr *e)
{
    uint32_t left = 500;
    return vonk_expr_any(e, count_down, &left);
}

bool is_true(const vonk_expr *e)
{
    return e->kind == VONK_EXPR_LITERAL && e->type.id == VONK_BOOL && !e->value.is_null &&
           e->value.boolean;
}

bool is_false_or_null(const vonk_expr *e)
{
    return e->kind == VONK_EXPR_LITERAL &&
           (e->value.is_null || (e->type.id == VONK_BOOL && !e->value.boolean));
}

bool is_equality(const vonk_expr *e)
{
    return (vonk_expr_is_call(e, "=") || vonk_expr_is_call(e, "==")) && e->n_args == 2;
}

static bool in_output(const vonk_plan *plan, uint32_t id)
{
    return vonk_plan_find_output(plan, id) != NULL;
}

vonk_status is_within(rewriting *r, const vonk_expr *e, const vonk_plan *plan, bool *ret,
                      vonk_error *err)
{
    vonk_id_set used = {.arena = r->arena};
    VONK_TRY(vonk_expr_columns(e, &used, err));
    *ret = true;
    for (uint32_t w = 0; *ret && w < used.n_words; w++)
        for (uint64_t word = used.bits[w]; *ret && word; word &= word - 1)
            *ret = in_output(plan, w * 64 + (uint32_t)__builtin_ctzll(word));
    return VONK_OK;
}

vonk_status touches(rewriting *r, const vonk_expr *e, const vonk_plan *plan, bool *ret,
                    vonk_error *err)
{
    vonk_id_set used = {.arena = r->arena};
    VONK_TRY(vonk_expr_columns(e, &used, err));
    *ret = false;
    for (uint32_t i = 0; !*ret && i < plan->n_output; i++)
        *ret = vonk_id_set_has(&used, plan->output[i].id);
    return VONK_OK;
}

typedef struct replacement {
    const vonk_attribute *from, *to;
    uint32_t n;
} replacement;

static vonk_expr *rename_one(vonk_expr *e, void *context, vonk_arena *arena, vonk_error *err)
{
    const replacement *with = context;
    for (uint32_t i = 0; e->kind == VONK_EXPR_COLUMN && i < with->n; i++) {
        if (with->from[i].id == e->id)
            return vonk_attribute_column(arena, &with->to[i], err);
    }
    return e;
}

vonk_status rename_columns(rewriting *r, const vonk_attribute *from, const vonk_attribute *to,
                           uint32_t n, vonk_expr *e, vonk_expr **ret, vonk_error *err)
{
    replacement with = {.from = from, .to = to, .n = n};
    vonk_expr *done = vonk_expr_rewrite(e, rename_one, &with, r->arena, err);
    VONK_TRY_ALLOC(done);
    *ret = done;
    return VONK_OK;
}
