/* subquery_widen_rows.c - widening nodes that look at several rows: those of one key go together.
 */
#include <string.h>

#include "expr/window.h"
#include "optimize/subquery_domain.h"

/* *window = the same over the rows of one key. */
static vonk_status partition_by_keys(domain *d, const vonk_attribute *keys, vonk_expr **window,
                                     vonk_error *err)
{
    vonk_arena *arena = d->r->arena;
    vonk_expr *w = vonk_expr_clone(arena, *window, err);
    vonk_expr **args = VONK_NEW_ARRAY(arena, vonk_expr *, w ? w->n_args + d->n : 0, err);
    if (!w || !args)
        return VONK_NO_MEMORY;
    args[0] = w->args[0];
    for (uint32_t i = 0; i < d->n; i++)
        VONK_TRY_ALLOC(args[1 + i] = vonk_attribute_column(arena, &keys[i], err));
    memcpy(args + 1 + d->n, w->args + 1, (w->n_args - 1) * sizeof(*args));
    w->args = args;
    w->n_args += d->n;
    w->n_partition += d->n;
    *window = w;
    return VONK_OK;
}

vonk_status widen_window(domain *d, vonk_plan *node, vonk_attribute **ret_keys, vonk_error *err)
{
    expr_list exprs = {0};
    VONK_TRY(widen(d, &node->children[0], ret_keys, err));
    for (uint32_t i = 0; i < node->n_exprs && !d->failed; i++) {
        vonk_expr *alias = node->exprs[i];
        VONK_TRY(over_keys(d, *ret_keys, &alias, err));
        VONK_TRY_ALLOC(alias = vonk_expr_clone(d->r->arena, alias, err));
        VONK_TRY(partition_by_keys(d, *ret_keys, &alias->args[0], err));
        VONK_TRY(list_add(d->r, &exprs, alias, err));
    }
    if (d->failed)
        return VONK_OK;
    node->exprs = exprs.items;
    return vonk_plan_set_output(d->r->arena, node, err);
}

/* *ret = row_number() OVER (PARTITION BY the keys ORDER BY `order`), under an ALIAS. */
static vonk_status number_of_key(domain *d, const vonk_attribute *keys, vonk_expr *const *order,
                                 uint32_t n_order, vonk_expr **ret, vonk_error *err)
{
    vonk_expr *w = vonk_expr_new(d->r->arena, VONK_EXPR_WINDOW, 1 + n_order, err);
    VONK_TRY_ALLOC(w);
    VONK_TRY(make_call(d->r, "row_number", 0, NULL, &w->args[0], err));
    if (n_order)
        memcpy(w->args + 1, order, n_order * sizeof(*order));
    w->n_order = n_order;
    w->type = w->args[0]->type;
    w->frame_unit = VONK_FRAME_ROWS;
    w->lower = VONK_BOUND_START;
    w->upper = VONK_BOUND_CURRENT;
    VONK_TRY(partition_by_keys(d, keys, &w, err));
    return make_alias(d->r, w, "row_number", ret, err);
}

/* offset < number <= offset + limit */
static vonk_status number_bounds(domain *d, const vonk_plan *limit, const vonk_expr *alias,
                                 expr_list *conditions, vonk_error *err)
{
    rewriting *r = d->r;
    int64_t last = 0;
    bool bounded = limit->limit >= 0 && !__builtin_add_overflow(limit->limit, limit->offset, &last);
    for (int upper = 0; upper < 2; upper++) {
        if (upper ? !bounded : !limit->offset)
            continue;
        vonk_value bound = {.i64 = upper ? last : limit->offset};
        vonk_expr *number =
            vonk_expr_column(r->arena, alias->alias_id, alias->name, alias->type, false, err);
        vonk_expr *literal = vonk_expr_literal(r->arena, VONK_TYPE(INT64), bound, err), *made;
        if (!number || !literal)
            return VONK_NO_MEMORY;
        VONK_TRY(make_call2(r, upper ? "<=" : ">", number, literal, &made, err));
        VONK_TRY(list_add(r, conditions, made, err));
    }
    return VONK_OK;
}

/* LIMIT over PROJECT becomes PROJECT over LIMIT: a SORT may be below, by columns that the list
 * lacks.
 */
static vonk_status swap_project(domain *d, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *limit = *plan, *project = limit->children[0];
    limit->children[0] = project->children[0];
    project->children[0] = limit;
    *plan = project;
    return vonk_plan_set_output(d->r->arena, limit, err);
}

/* LIMIT, often over SORT: the first rows of each key. */
vonk_status widen_limit(domain *d, vonk_plan **plan, vonk_attribute **ret_keys, vonk_error *err)
{
    rewriting *r = d->r;
    vonk_plan *limit = *plan, *sort = limit->children[0], *numbered;
    vonk_expr *alias;
    expr_list order = {0}, conditions = {0}, windows = {0};
    if (sort->kind == VONK_PLAN_PROJECT) {
        VONK_TRY(swap_project(d, plan, err));
        return widen(d, plan, ret_keys, err);
    }
    bool sorted = sort->kind == VONK_PLAN_SORT;
    vonk_plan **below = sorted ? &sort->children[0] : &limit->children[0];
    VONK_TRY(widen(d, below, ret_keys, err));
    if (d->failed)
        return VONK_OK;
    for (uint32_t i = 0; sorted && i < sort->n_exprs; i++) {
        vonk_expr *key = sort->exprs[i];
        VONK_TRY(over_keys(d, *ret_keys, &key, err));
        VONK_TRY(list_add(r, &order, key, err));
    }
    VONK_TRY(number_of_key(d, *ret_keys, order.items, order.n, &alias, err));
    VONK_TRY(list_add(r, &windows, alias, err));
    const vonk_plan *rows = *below;
    VONK_TRY(make_node(r, VONK_PLAN_WINDOW, *below, &numbered, err));
    numbered->exprs = windows.items;
    numbered->n_exprs = windows.n;
    VONK_TRY(vonk_plan_set_output(r->arena, numbered, err));
    VONK_TRY(number_bounds(d, limit, alias, &conditions, err));
    VONK_TRY(make_filter(r, numbered, &conditions, plan, err));
    return make_projection(r, *plan, rows->output, rows->n_output, plan, err);
}

/* The keys become columns of every row that an input row becomes. */
vonk_status widen_expand(domain *d, vonk_plan *node, vonk_attribute **ret_keys, vonk_error *err)
{
    rewriting *r = d->r;
    uint32_t n = node->n_columns;
    vonk_attribute *output = VONK_NEW_ARRAY(r->arena, vonk_attribute, n + d->n, err);
    expr_list exprs = {0};
    VONK_TRY_ALLOC(output);
    VONK_TRY(widen(d, &node->children[0], ret_keys, err));
    for (uint32_t row = 0; row < node->n_rows && !d->failed; row++) {
        for (uint32_t i = 0; i < n; i++) {
            vonk_expr *e = node->exprs[(size_t)row * n + i];
            VONK_TRY(over_keys(d, *ret_keys, &e, err));
            VONK_TRY(list_add(r, &exprs, e, err));
        }
        VONK_TRY(add_keys(d, *ret_keys, &exprs, err));
    }
    if (d->failed)
        return VONK_OK;
    memcpy(output, node->output, n * sizeof(*output));
    for (uint32_t i = 0; i < d->n; i++) {
        output[n + i] = (*ret_keys)[i];
        output[n + i].id = (*r->optimizer->next_id)++;
    }
    node->exprs = exprs.items;
    node->n_exprs = exprs.n;
    node->n_columns = node->n_output = n + d->n;
    node->output = output;
    *ret_keys = output + n;
    return VONK_OK;
}
