/* number_format_functions.c - to_number, try_to_number, to_char and to_varchar. */
#include <string.h>

#include "expr/eval.h"
#include "expr/function_list.h"
#include "expr/number_format.h"
#include "expr/operand.h"

/* args[1], a constant, as a format; *ret_null: it is null. */
static vonk_status constant_format(vonk_expr *call, const vonk_eval_settings *settings,
                                   vonk_arena *arena, vonk_number_format *ret, bool *ret_null,
                                   vonk_error *err)
{
    vonk_value text;
    VONK_TRY(vonk_resolve_arg(call, 1, VONK_TYPE(STRING), arena, err));
    if (vonk_expr_constant(call->args[1], settings, arena, &text, NULL) != VONK_OK)
        return vonk_fail_not_constant(call, 1, "format", "\"STRING\"", err);
    *ret_null = text.is_null;
    if (text.is_null)
        return VONK_OK;
    vonk_status status = vonk_number_format_read(text.string, ret, err);
    return status == VONK_USER ? vonk_error_at(err, status, call->start, call->end) : status;
}

vonk_status vonk_resolve_to_number(vonk_expr *call, const vonk_eval_settings *settings,
                                   vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                   vonk_error *err)
{
    vonk_number_format format = {0};
    bool is_null = false;
    VONK_TRY(vonk_check_n_args(call, 2, 2, err));
    VONK_TRY(vonk_resolve_arg(call, 0, VONK_TYPE(STRING), arena, err));
    VONK_TRY(constant_format(call, settings, arena, &format, &is_null, err));
    *ret_type =
        is_null ? VONK_TYPE_DECIMAL(38, 18)
                : VONK_TYPE_DECIMAL((uint8_t)(format.before + format.after), (uint8_t)format.after);
    *ret_nullable = is_null || call->name[0] == 't' || vonk_any_nullable(call);
    return VONK_OK;
}

static vonk_status fail_mismatch(const vonk_number_format *format, vonk_slice text, vonk_error *err)
{
    return vonk_fail_sql(err, "INVALID_FORMAT.MISMATCH_INPUT",
                         "The format is invalid: %s. The input \"STRING\" %.*s does not match the "
                         "format.",
                         format->text, (int)(text.length < 300 ? text.length : 300),
                         text.length ? text.data : "");
}

/* The format, which is the same in all rows; of a null format nothing: then all is null. */
static vonk_status read_format(const vonk_column *formats, uint32_t n_rows, vonk_number_format *ret,
                               vonk_error *err)
{
    *ret = (vonk_number_format){0};
    if (n_rows == 0 || !vonk_column_is_valid(formats, 0))
        return VONK_OK;
    return vonk_number_format_read(vonk_string_slice(vonk_string_at(formats, 0)), ret, err);
}

vonk_status vonk_eval_to_number(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    vonk_number_format format;
    bool tries = !strncmp(call->name, "try_", 4);
    VONK_TRY(read_format(&args[1], n_rows, &format, err));
    VONK_TRY(vonk_result_new(ctx, call->type, args, 2, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        vonk_int128 value = 0;
        vonk_decimal_set(&out, i, 0);
        if (!vonk_result_is_valid(&out, i))
            continue;
        vonk_slice text = vonk_string_slice(vonk_string_at(&args[0], i));
        if (vonk_number_parse(&format, text, &value))
            vonk_decimal_set(&out, i, value);
        else if (tries)
            VONK_TRY(vonk_result_null(ctx, &out, i, err));
        else
            return fail_mismatch(&format, text, err);
    }
    *ret = out;
    return VONK_OK;
}

/* Dates and timestamps are for date_format. */
vonk_status vonk_resolve_to_char(vonk_expr *call, const vonk_eval_settings *settings,
                                 vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                 vonk_error *err)
{
    vonk_number_format format;
    bool is_null = false;
    VONK_TRY(vonk_check_n_args(call, 2, 2, err));
    vonk_type t = call->args[0]->type;
    if (t.id == VONK_DATE || t.id == VONK_TIMESTAMP || t.id == VONK_TIMESTAMP_NTZ) {
        call->name = "date_format";
        call->function = vonk_function_find(call->name);
        return vonk_resolve_signature(call, settings, arena, ret_type, ret_nullable, err);
    }
    if (t.id == VONK_BINARY)
        return vonk_fail(err, VONK_UNSUPPORTED, "to_char of binary is not built");
    call->name = "to_char";
    if (t.id != VONK_DECIMAL)
        VONK_TRY(vonk_resolve_arg(call, 0,
                                  vonk_type_is_integral(t) ? vonk_decimal_for(t)
                                  : t.id == VONK_FLOAT32   ? VONK_TYPE_DECIMAL(14, 7)
                                  : t.id == VONK_FLOAT64   ? VONK_TYPE_DECIMAL(30, 15)
                                                           : VONK_TYPE_DECIMAL(38, 18),
                                  arena, err));
    VONK_TRY(constant_format(call, settings, arena, &format, &is_null, err));
    *ret_type = VONK_TYPE(STRING);
    *ret_nullable = is_null || vonk_any_nullable(call);
    return VONK_OK;
}

vonk_status vonk_eval_to_char(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                              const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)call;
    vonk_column out;
    vonk_number_format format;
    vonk_buffer text = {0};
    VONK_TRY(read_format(&args[1], n_rows, &format, err));
    vonk_status status = vonk_result_new(ctx, VONK_TYPE(STRING), args, 2, n_rows, &out, err);
    for (uint32_t i = 0; i < n_rows && status == VONK_OK; i++) {
        if (!vonk_result_is_valid(&out, i))
            continue;
        text.length = 0;
        vonk_number_print(&format, vonk_decimal_at(&args[0], i), args[0].type.scale, &text);
        status = vonk_buffer_check(&text, err);
        if (status == VONK_OK)
            status = vonk_result_string(ctx, &out, i, (vonk_slice){text.data, text.length}, err);
    }
    vonk_buffer_free(&text);
    if (status == VONK_OK)
        *ret = out;
    return status;
}
