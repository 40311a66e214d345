/* raise_functions.c - functions that fail on purpose: raise_error and assert_true. */
#include <stdio.h>
#include <string.h>

#include "expr/function_list.h"
#include "expr/operand.h"

static vonk_status raise(const vonk_column *message, uint32_t row, vonk_error *err)
{
    if (!vonk_column_is_valid(message, row))
        return vonk_fail_sql(err, "USER_RAISED_EXCEPTION", "null");
    vonk_slice text = vonk_string_slice(vonk_string_at(message, row));
    int length = text.length < 4096 ? (int)text.length : 4096;
    return vonk_fail_sql(err, "USER_RAISED_EXCEPTION", "%.*s", length, text.data ? text.data : "");
}

/* raise_error(message): of no type, since it never returns. */
vonk_status vonk_resolve_raise_error(vonk_expr *call, const vonk_eval_settings *settings,
                                     vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                     vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 1, 1, err));
    VONK_TRY(vonk_resolve_arg(call, 0, VONK_TYPE(STRING), arena, err));
    *ret_type = VONK_TYPE(NULL);
    *ret_nullable = true;
    return VONK_OK;
}

vonk_status vonk_eval_raise_error(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                  const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)call;
    if (n_rows)
        return raise(&args[0], 0, err);
    return vonk_column_new(ctx->arena, VONK_TYPE(NULL), n_rows, ret, err);
}

/* *ret = the literal "'condition' is not true!". */
static vonk_status default_message(const vonk_expr *condition, vonk_arena *arena, vonk_expr **ret,
                                   vonk_error *err)
{
    vonk_buffer text = {0};
    vonk_buffer_char(&text, '\'');
    vonk_expr_print(condition, true, &text);
    vonk_buffer_text(&text, "' is not true!");
    vonk_status status = vonk_buffer_check(&text, err);
    char *copy = NULL;
    if (status == VONK_OK) {
        copy = vonk_arena_alloc(arena, text.length + 1, err);
        status = copy ? VONK_OK : VONK_NO_MEMORY;
    }
    if (status == VONK_OK) {
        memcpy(copy, text.data, text.length);
        vonk_value value = {.string = {copy, text.length}};
        *ret = vonk_expr_literal(arena, VONK_TYPE(STRING), value, err);
        status = *ret ? VONK_OK : VONK_NO_MEMORY;
    }
    vonk_buffer_free(&text);
    return status;
}

/* assert_true(condition [, message]); the message is written out if it is left out. */
vonk_status vonk_resolve_assert_true(vonk_expr *call, const vonk_eval_settings *settings,
                                     vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                     vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 1, 2, err));
    if (call->n_args == 1) {
        vonk_expr **args = VONK_NEW_ARRAY(arena, vonk_expr *, 2, err);
        VONK_TRY_ALLOC(args);
        args[0] = call->args[0];
        VONK_TRY(default_message(args[0], arena, &args[1], err));
        call->args = args;
        call->n_args = 2;
    }
    vonk_type t = call->args[0]->type;
    if (t.id != VONK_BOOL && t.id != VONK_NULL)
        return vonk_fail_input_type(call, 0, "\"BOOLEAN\"", err);
    VONK_TRY(vonk_resolve_arg(call, 0, VONK_TYPE(BOOL), arena, err));
    VONK_TRY(vonk_resolve_arg(call, 1, VONK_TYPE(STRING), arena, err));
    *ret_type = VONK_TYPE(NULL);
    *ret_nullable = true;
    return VONK_OK;
}

vonk_status vonk_eval_assert_true(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                  const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)call;
    for (uint32_t i = 0; i < n_rows; i++)
        if (!vonk_column_is_valid(&args[0], i) || !vonk_bool_at(&args[0], i))
            return raise(&args[1], i, err);
    return vonk_column_new(ctx->arena, VONK_TYPE(NULL), n_rows, ret, err);
}

/* $one_row(value, n): the value of a scalar subquery, of which there may be only one. */
vonk_status vonk_resolve_one_row(vonk_expr *call, const vonk_eval_settings *settings,
                                 vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                 vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 2, 2, err));
    VONK_TRY(vonk_resolve_arg(call, 1, VONK_TYPE(INT64), arena, err));
    *ret_type = call->args[0]->type;
    *ret_nullable = true;
    return VONK_OK;
}

vonk_status vonk_eval_one_row(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                              const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)call;
    vonk_column counts;
    VONK_TRY(vonk_column_flatten(ctx->arena, &args[1], &counts, err));
    for (uint32_t i = 0; i < n_rows; i++)
        if (vonk_column_is_valid(&counts, i) && vonk_i64_at(&counts, i) > 1)
            return vonk_fail_sql(err, "SCALAR_SUBQUERY_TOO_MANY_ROWS",
                                 "More than one row returned by a subquery used as an expression.");
    *ret = args[0];
    return VONK_OK;
}
