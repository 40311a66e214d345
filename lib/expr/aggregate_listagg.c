/*
 * aggregate_listagg.c - listagg(x, delimiter) and string_agg.
 *
 * listagg(x, d) WITHIN GROUP (ORDER BY k DESC) is listagg(x, d, k, flags) here.
 */
#include <string.h>

#include "expr/aggregate_values.h"
#include "expr/eval.h"
#include "expr/function_list.h"

static vonk_status keys_of(const vonk_aggregate *agg, const vonk_eval *ctx,
                           const vonk_value_rows *rows, vonk_value_key **ret, uint32_t *ret_n,
                           vonk_error *err)
{
    uint32_t n = agg->call->n_args > 2 ? (agg->call->n_args - 2) / 2 : 0;
    vonk_value_key *keys = VONK_NEW_ARRAY(ctx->arena, vonk_value_key, n ? n : 1, err);
    VONK_TRY_ALLOC(keys);
    uint32_t used = 0;
    for (uint32_t k = 0; k < n; k++)
        if (agg->call->args[2 + 2 * k]->kind != VONK_EXPR_LITERAL) /* which orders nothing */
            keys[used++] =
                (vonk_value_key){.column = &rows->args[2 + 2 * k],
                                 .flags = (int)vonk_values_arg(agg, rows, 3 + 2 * k).i64};
    *ret = keys;
    *ret_n = used;
    return VONK_OK;
}

/* The bytes of all parts, `between` them. */
static vonk_status length_of(const vonk_eval *ctx, const vonk_value_rows *rows, vonk_slice between,
                             size_t *ret, vonk_error *err)
{
    size_t length = rows->n ? (rows->n - 1) * between.length : 0;
    for (uint32_t i = 0; i < rows->n; i++) {
        if (i % VONK_VALUES_LOOK == 0)
            VONK_TRY(vonk_eval_check(ctx->settings, err));
        length += vonk_string_at(&rows->args[0], i)->length;
    }
    *ret = length;
    return length > VONK_MAX_TEXT ? vonk_string_too_long(length, err) : VONK_OK;
}

/* The parts in `order`, written to `to`. */
static vonk_status write_list(const vonk_eval *ctx, const vonk_value_rows *rows,
                              const uint32_t *order, vonk_slice between, char *to, vonk_error *err)
{
    for (uint32_t i = 0; i < rows->n; i++) {
        vonk_slice part = vonk_string_slice(vonk_string_at(&rows->args[0], order[i]));
        if (i % VONK_VALUES_LOOK == 0)
            VONK_TRY(vonk_eval_check(ctx->settings, err));
        if (i && between.length)
            to = (char *)memcpy(to, between.data, between.length) + between.length;
        if (part.length)
            to = (char *)memcpy(to, part.data, part.length) + part.length;
    }
    return VONK_OK;
}

static vonk_status one_list(const vonk_aggregate *agg, const vonk_eval *ctx, uint32_t group,
                            vonk_column *out, uint32_t row, vonk_error *err)
{
    vonk_value_rows rows;
    vonk_value_key *keys;
    uint32_t *order, n_keys;
    size_t length;
    VONK_TRY(vonk_values_rows(agg, ctx, group, &rows, err));
    if (!rows.n)
        return vonk_result_null(ctx, out, row, err);
    VONK_TRY(keys_of(agg, ctx, &rows, &keys, &n_keys, err));
    VONK_TRY(vonk_values_order(ctx, rows.n, keys, n_keys, &order, err));
    vonk_value between = {.is_null = true};
    if (agg->call->n_args > 1)
        between = vonk_values_arg(agg, &rows, 1);
    vonk_slice separator = between.is_null ? (vonk_slice){0} : between.string;
    VONK_TRY(length_of(ctx, &rows, separator, &length, err));
    char *text = vonk_arena_small(ctx->arena, length, err);
    VONK_TRY_ALLOC(text);
    VONK_TRY(write_list(ctx, &rows, order, separator, text, err));
    ((vonk_string *)out->values)[row] = vonk_string_of(text, (uint32_t)length);
    return VONK_OK;
}

static vonk_status listagg_finish(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                                  vonk_column *out, vonk_error *err)
{
    for (uint32_t i = 0; i < out->length; i++)
        VONK_TRY(one_list(agg, ctx, start + i, out, i, err));
    return VONK_OK;
}

const vonk_aggregate_family vonk_family_listagg = VONK_VALUES_FAMILY(listagg_finish, true);

vonk_status vonk_resolve_listagg(vonk_expr *call, const vonk_eval_settings *settings,
                                 vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                 vonk_error *err)
{
    vonk_value between;
    VONK_TRY(vonk_check_n_args(call, 1, call->n_args > 2 ? UINT32_MAX : 2, err));
    vonk_type type = call->args[0]->type.id == VONK_BINARY ? VONK_TYPE(BINARY) : VONK_TYPE(STRING);
    VONK_TRY(vonk_resolve_arg(call, 0, type, arena, err));
    if (call->n_args > 1) {
        VONK_TRY(vonk_resolve_arg(call, 1, type, arena, err));
        if (vonk_expr_constant(call->args[1], settings, arena, &between, NULL) != VONK_OK)
            return vonk_fail_not_constant(call, 1, "delimiter", "\"STRING\"", err);
    }
    *ret_type = type;
    *ret_nullable = true;
    return VONK_OK;
}
