/* misc_functions.c - typeof, casts by name, overlay, and the try_ twins of operators. */
#include <math.h>
#include <string.h>

#include "expr/cast.h"
#include "expr/eval.h"
#include "expr/function_list.h"
#include "expr/operand.h"
#include "expr/utf8.h"

vonk_status vonk_eval_typeof(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                             const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)call;
    vonk_buffer text = {0};
    vonk_column out;
    vonk_type_print(args[0].type, &text);
    vonk_status status = vonk_buffer_check(&text, err);
    if (status == VONK_OK)
        status = vonk_column_new(ctx->arena, VONK_TYPE(STRING), n_rows, &out, err);
    for (uint32_t i = 0; i < n_rows && status == VONK_OK; i++)
        status = vonk_result_string(ctx, &out, i, (vonk_slice){text.data, text.length}, err);
    vonk_buffer_free(&text);
    if (status == VONK_OK)
        *ret = out;
    return status;
}

/* int(x), string(x), ...: casts to the type of that name. */
static vonk_type type_of_name(const char *name)
{
    static const struct {
        const char *name;
        vonk_type_id id;
    } names[] = {{"bigint", VONK_INT64},        {"binary", VONK_BINARY},  {"boolean", VONK_BOOL},
                 {"date", VONK_DATE},           {"double", VONK_FLOAT64}, {"float", VONK_FLOAT32},
                 {"int", VONK_INT32},           {"smallint", VONK_INT16}, {"string", VONK_STRING},
                 {"timestamp", VONK_TIMESTAMP}, {"tinyint", VONK_INT8}};
    for (size_t i = 0; i < VONK_LENGTH(names); i++)
        if (!strcmp(name, names[i].name))
            return (vonk_type){.id = (uint8_t)names[i].id};
    return VONK_TYPE_DECIMAL(10, 0);
}

vonk_status vonk_resolve_cast_call(vonk_expr *call, const vonk_eval_settings *settings,
                                   vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                   vonk_error *err)
{
    (void)arena;
    VONK_TRY(vonk_check_n_args(call, 1, 1, err));
    vonk_type from = call->args[0]->type, to = type_of_name(call->name);
    if (!vonk_can_cast(from, to, settings->ansi)) {
        vonk_buffer text = {0}, a = {0}, b = {0};
        vonk_expr_print(call, false, &text);
        vonk_type_print_sql(from, &a);
        vonk_type_print_sql(to, &b);
        vonk_status status = vonk_fail_sql(
            err, "DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION",
            "Cannot resolve \"%.400s\" due to data type mismatch: cannot cast \"%s\" to \"%s\".",
            vonk_buffer_str(&text), vonk_buffer_str(&a), vonk_buffer_str(&b));
        vonk_buffer_free(&text);
        vonk_buffer_free(&a);
        vonk_buffer_free(&b);
        return vonk_error_at(err, status, call->start, call->end);
    }
    *ret_type = to;
    *ret_nullable = call->args[0]->nullable || !settings->ansi || from.id == VONK_NULL;
    return VONK_OK;
}

vonk_status vonk_eval_cast_call(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)n_rows;
    return vonk_cast(ctx, ctx->settings->ansi ? VONK_CAST_ANSI : VONK_CAST_LEGACY, call->type,
                     &args[0], ret, err);
}

/* overlay(s, part, position [, length]): `part` in place of `length` code points. */
vonk_status vonk_eval_overlay(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                              const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(STRING), args, call->n_args, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        ((vonk_string *)out.values)[i] = (vonk_string){0};
        if (!vonk_result_is_valid(&out, i))
            continue;
        vonk_slice s = vonk_string_slice(vonk_string_at(&args[0], i));
        vonk_slice part = vonk_string_slice(vonk_string_at(&args[1], i));
        int64_t position = vonk_i32_at(&args[2], i);
        int64_t length = call->n_args == 4 ? vonk_i32_at(&args[3], i) : -1;
        if (length < 0)
            length = (int64_t)vonk_utf8_length(part.data, part.length, ctx->settings->cancelled);
        size_t head = position > 1 ? vonk_utf8_offset(s.data, s.length, (size_t)position - 1,
                                                      ctx->settings->cancelled)
                                   : 0;
        int64_t after = position - 1 + length;
        size_t tail =
            after > 0 ? vonk_utf8_offset(s.data, s.length, (size_t)after, ctx->settings->cancelled)
                      : 0;
        size_t size = head + part.length + s.length - tail;
        char *text = vonk_arena_small(ctx->arena, size + 1, err);
        VONK_TRY_ALLOC(text);
        VONK_TRY(vonk_arena_copy(ctx->arena, text, s.data, head, err));
        VONK_TRY(vonk_arena_copy(ctx->arena, text + head, part.data, part.length, err));
        VONK_TRY(vonk_arena_copy(ctx->arena, text + head + part.length, s.data + tail,
                                 s.length - tail, err));
        VONK_TRY(vonk_result_string(ctx, &out, i, (vonk_slice){text, size}, err));
    }
    *ret = out;
    return VONK_OK;
}
