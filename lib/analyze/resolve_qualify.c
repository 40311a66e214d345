/* resolve_qualify.c - QUALIFY: a filter over what windows computed. */
#include <string.h>

#include "analyze/resolver.h"

static vonk_status check_qualify(vonk_analyzer *a, const vonk_expr *e, const item_list *items,
                                 vonk_error *err)
{
    bool windows = has_window(e);
    for (uint32_t i = 0; i < items->n; i++)
        windows |= has_window(items->items[i]);
    const char *text = expr_text(a, e, err);
    VONK_TRY_ALLOC(text);
    if (has_aggregate(e))
        return AT(e,
                  vonk_fail_sql(err, "QUALIFY_AGGREGATE_NOT_ALLOWED",
                                "Aggregate functions are not supported in QUALIFY: \"%s\".", text));
    if (!windows)
        return AT(e, vonk_fail_sql(err, "QUALIFY_REQUIRES_WINDOW_FUNCTION",
                                   "The QUALIFY clause requires at least one window function in "
                                   "the current SELECT list or the QUALIFY condition."));
    if (e->type.id != VONK_BOOL && e->type.id != VONK_NULL)
        return AT(e, vonk_fail_sql(err, "DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN",
                                   "Cannot resolve \"%s\" due to data type mismatch: Filter "
                                   "expression \"%s\" of type \"%s\" is not a boolean.",
                                   text, text, vonk_type_sql_name(e->type)));
    return VONK_OK;
}

vonk_status resolve_qualify(vonk_analyzer *a, scope *s, const vonk_expr *condition,
                            const item_list *items, vonk_expr **ret, vonk_error *err)
{
    vonk_expr *e = NULL;
    VONK_TRY(resolve_expr(a, s, condition, &e, err));
    VONK_TRY(check_qualify(a, e, items, err));
    return inline_items(a, items, e, ret, err);
}

vonk_status add_qualified_windows(vonk_analyzer *a, const item_list *items, vonk_expr *qualify,
                                  const vonk_plan *at, vonk_plan **plan, vonk_error *err)
{
    if (!qualify)
        return add_windows(a, items->items, items->n, at, plan, err);
    vonk_expr **all = VONK_NEW_ARRAY(a->arena, vonk_expr *, items->n + 1, err), *alias;
    VONK_TRY_ALLOC(all);
    memcpy(all, items->items, items->n * sizeof(*all));
    VONK_TRY(new_alias(a, qualify, "qualify", &alias, err));
    all[items->n] = alias;
    VONK_TRY(add_windows(a, all, items->n + 1, at, plan, err));
    memcpy(items->items, all, items->n * sizeof(*all));
    vonk_plan *filter = new_node(a, VONK_PLAN_FILTER, *plan, at, err);
    VONK_TRY_ALLOC(filter);
    filter->condition =
        all[items->n]->kind == VONK_EXPR_ALIAS ? all[items->n]->args[0] : all[items->n];
    *plan = filter;
    return vonk_plan_set_output(a->arena, filter, err);
}
