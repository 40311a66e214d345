/* aggregate_values.c - lists of rows by group, and their order. */
#include "expr/aggregate_values.h"

#include <string.h>

#include "expr/eval.h"
#include "kernel/row_sort.h"

typedef struct value_list {
    char *bytes;
    uint32_t length, room;
} value_list;

/* The argument whose nulls do not count: behind the percentage of percentile_cont. */
static uint32_t main_arg(const vonk_expr *call)
{
    return strncmp(call->name, "percentile_", 11) == 0 && call->n_args == 3 &&
                   strcmp(call->name, "percentile_approx") != 0
               ? 1
               : 0;
}

static bool is_kept(const vonk_expr *call, uint32_t i)
{
    return call->args[i]->kind != VONK_EXPR_LITERAL || i == main_arg(call);
}

void vonk_values_widths(const vonk_aggregate *agg, size_t ret[VONK_MAX_SLOTS])
{
    (void)agg;
    ret[0] = sizeof(value_list);
}

void vonk_values_state_types(const vonk_expr *call, vonk_type ret[VONK_MAX_STATES], uint32_t *ret_n)
{
    (void)call;
    ret[0] = VONK_TYPE(BINARY);
    *ret_n = 1;
}

static vonk_status append(vonk_aggregate *agg, uint32_t group, const void *bytes, size_t n,
                          vonk_error *err)
{
    value_list *list = (value_list *)agg->slots[0] + group;
    if (n > UINT32_MAX / 4 - list->length)
        return vonk_fail(err, VONK_NO_MEMORY, "a group of %s has more than 1 GiB of values",
                         agg->call->name);
    if (n > list->room - list->length) {
        size_t room = list->room ? (size_t)list->room * 2 : 32;
        while (room < list->length + n)
            room *= 2;
        char *bigger = vonk_arena_small(agg->arena, room, err);
        VONK_TRY_ALLOC(bigger);
        VONK_TRY(vonk_arena_copy(agg->arena, bigger, list->bytes, list->length, err));
        list->bytes = bigger;
        list->room = (uint32_t)room;
    }
    VONK_TRY(vonk_arena_copy(agg->arena, list->bytes + list->length, bytes, n, err));
    list->length += (uint32_t)n;
    return VONK_OK;
}

static vonk_status append_value(vonk_aggregate *agg, uint32_t group, const vonk_column *col,
                                uint32_t row, vonk_error *err)
{
    uint8_t valid = vonk_column_is_valid(col, row);
    VONK_TRY(append(agg, group, &valid, 1, err));
    if (!valid)
        return VONK_OK;
    if (col->type.id == VONK_BOOL) {
        uint8_t bit = vonk_bit_get(col->values, row);
        return append(agg, group, &bit, 1, err);
    }
    if (vonk_type_physical(col->type) == VONK_PHYS_STRING) {
        vonk_slice text = vonk_string_slice((const vonk_string *)col->values + row);
        uint32_t length = (uint32_t)text.length;
        VONK_TRY(append(agg, group, &length, sizeof length, err));
        return append(agg, group, text.data, length, err);
    }
    size_t width = vonk_type_width(col->type);
    return append(agg, group, (const char *)col->values + row * width, width, err);
}

vonk_status vonk_values_update(vonk_aggregate *agg, const vonk_aggregate_rows *in, vonk_error *err)
{
    const vonk_expr *call = agg->call;
    const vonk_column *value = &in->args[main_arg(call)];
    for (uint32_t i = 0; i < in->n; i++) {
        if (!vonk_row_counts(in, i) || !vonk_column_is_valid(value, i))
            continue;
        for (uint32_t k = 0; k < call->n_args; k++)
            if (is_kept(call, k))
                VONK_TRY(append_value(agg, vonk_group_of(in, i), &in->args[k], i, err));
    }
    return VONK_OK;
}

vonk_status vonk_values_merge(vonk_aggregate *agg, const vonk_aggregate_rows *in, vonk_error *err)
{
    for (uint32_t i = 0; i < in->n; i++) {
        if (!vonk_column_is_valid(&in->args[0], i))
            continue;
        vonk_slice bytes = vonk_string_slice((const vonk_string *)in->args[0].values + i);
        VONK_TRY(append(agg, vonk_group_of(in, i), bytes.data, bytes.length, err));
    }
    return VONK_OK;
}

vonk_status vonk_values_export(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                               vonk_column *out, vonk_error *err)
{
    for (uint32_t i = 0; i < out->length; i++) {
        const value_list *list = (const value_list *)agg->slots[0] + start + i;
        if (list->length)
            VONK_TRY(vonk_result_string(ctx, out, i, (vonk_slice){list->bytes, list->length}, err));
        else
            VONK_TRY(vonk_result_null(ctx, out, i, err));
    }
    return VONK_OK;
}

/* Bytes of a value of `type` at `at`, with the byte before it. */
static size_t value_size(vonk_type type, const char *at)
{
    uint32_t length;
    if (!at[0])
        return 1;
    if (vonk_type_physical(type) != VONK_PHYS_STRING)
        return 1 + (type.id == VONK_BOOL ? 1 : vonk_type_width(type));
    memcpy(&length, at + 1, sizeof length);
    return 1 + sizeof length + length;
}

/* Once in many rows: a group may have all rows of the query. */
static vonk_status look(const vonk_eval *ctx, uint32_t row, vonk_error *err)
{
    return row % VONK_VALUES_LOOK == 0 ? vonk_eval_check(ctx->settings, err) : VONK_OK;
}

static vonk_status count_rows(const vonk_expr *call, const vonk_eval *ctx, const value_list *list,
                              uint32_t *ret, vonk_error *err)
{
    uint32_t n = 0;
    const char *end = list->bytes + list->length;
    for (const char *at = list->bytes; at != end; n++) {
        VONK_TRY(look(ctx, n, err));
        for (uint32_t k = 0; k < call->n_args; k++)
            at += is_kept(call, k) ? value_size(call->args[k]->type, at) : 0;
    }
    *ret = n;
    return VONK_OK;
}

/* The value at `at` becomes row `row` of `col`. */
static vonk_status read_value(const vonk_eval *ctx, const char *at, vonk_column *col, uint32_t row,
                              vonk_error *err)
{
    size_t size = value_size(col->type, at), width = vonk_type_width(col->type);
    if (!at[0])
        return vonk_result_null(ctx, col, row, err);
    if (col->type.id == VONK_BOOL)
        vonk_bit_set(col->values, row, at[1]);
    else if (vonk_type_physical(col->type) == VONK_PHYS_STRING)
        ((vonk_string *)col->values)[row] = vonk_string_of(at + 5, (uint32_t)(size - 5));
    else
        memcpy((char *)col->values + row * width, at + 1, width);
    return VONK_OK;
}

vonk_value vonk_values_arg(const vonk_aggregate *agg, const vonk_value_rows *rows, uint32_t arg)
{
    if (!is_kept(agg->call, arg))
        return agg->call->args[arg]->value;
    return rows->n ? vonk_column_value(&rows->args[arg], 0) : (vonk_value){.is_null = true};
}

vonk_status vonk_values_rows(const vonk_aggregate *agg, const vonk_eval *ctx, uint32_t group,
                             vonk_value_rows *ret, vonk_error *err)
{
    const vonk_expr *call = agg->call;
    const value_list *list = (const value_list *)agg->slots[0] + group;
    uint32_t n = 0;
    VONK_TRY(count_rows(call, ctx, list, &n, err));
    vonk_column *args = VONK_NEW_ARRAY(ctx->arena, vonk_column, call->n_args, err);
    VONK_TRY_ALLOC(args);
    for (uint32_t k = 0; k < call->n_args; k++) {
        if (is_kept(call, k))
            VONK_TRY(vonk_column_new(ctx->arena, call->args[k]->type, n, &args[k], err));
    }
    const char *at = list->bytes;
    for (uint32_t i = 0; i < n; i++) {
        VONK_TRY(look(ctx, i, err));
        for (uint32_t k = 0; k < call->n_args; k++) {
            if (!is_kept(call, k))
                continue;
            VONK_TRY(read_value(ctx, at, &args[k], i, err));
            at += value_size(call->args[k]->type, at);
        }
    }
    *ret = (vonk_value_rows){.n = n, .args = args};
    return VONK_OK;
}

vonk_status vonk_values_order(const vonk_eval *ctx, uint32_t n, const vonk_value_key *keys,
                              uint32_t n_keys, uint32_t **ret, vonk_error *err)
{
    uint32_t *rows = VONK_NEW_ARRAY(ctx->arena, uint32_t, n ? n : 1, err);
    VONK_TRY_ALLOC(rows);
    *ret = rows;
    for (uint32_t i = 0; n_keys == 0 && i < n; i++)
        rows[i] = i;
    if (n_keys == 0)
        return VONK_OK;
    vonk_column *columns = VONK_NEW_ARRAY(ctx->arena, vonk_column, n_keys, err);
    VONK_TRY_ALLOC(columns);
    vonk_sort_order *orders = VONK_NEW_ARRAY(ctx->arena, vonk_sort_order, n_keys, err);
    VONK_TRY_ALLOC(orders);
    for (uint32_t k = 0; k < n_keys; k++) {
        columns[k] = *keys[k].column;
        orders[k] = (vonk_sort_order){.descending = keys[k].flags & VONK_SORT_DESCENDING,
                                      .nulls_first = keys[k].flags & VONK_SORT_NULLS_FIRST};
    }
    return vonk_sort_rows_until(ctx->arena, columns, orders, n_keys, n, rows,
                                ctx->settings->cancelled, err);
}

vonk_status vonk_values_put(const vonk_eval *ctx, const vonk_column *in, uint32_t from,
                            vonk_column *out, uint32_t to, vonk_error *err)
{
    size_t width = vonk_type_width(out->type);
    if (vonk_type_physical(out->type) == VONK_PHYS_STRING)
        return vonk_result_string(ctx, out, to, vonk_string_slice(vonk_string_at(in, from)), err);
    if (out->type.id == VONK_BOOL)
        vonk_bit_set(out->values, to, vonk_bool_at(in, from));
    else
        memcpy((char *)out->values + to * width, (const char *)in->values + from * width, width);
    return VONK_OK;
}
