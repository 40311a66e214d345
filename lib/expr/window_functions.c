/*
 * window_functions.c - the functions that only have a meaning in a window: what they take and what
 * they give. lag and lead get all their arguments: value, offset, default. Source: Spark's
 * windowExpressions.scala.
 */
#include <string.h>

#include "expr/eval.h"
#include "expr/function_list.h"
#include "expr/window.h"

vonk_window_kind vonk_window_kind_of(const char *name)
{
    static const struct {
        const char *name;
        vonk_window_kind kind;
    } kinds[] = {
        {"row_number", VONK_WINDOW_ROW_NUMBER},     {"rank", VONK_WINDOW_RANK},
        {"dense_rank", VONK_WINDOW_DENSE_RANK},     {"lag", VONK_WINDOW_LAG},
        {"percent_rank", VONK_WINDOW_PERCENT_RANK}, {"lead", VONK_WINDOW_LEAD},
        {"cume_dist", VONK_WINDOW_CUME_DIST},       {"ntile", VONK_WINDOW_NTILE},
        {"nth_value", VONK_WINDOW_NTH_VALUE},
    };
    for (size_t i = 0; i < VONK_LENGTH(kinds); i++) {
        if (!strcmp(kinds[i].name, name))
            return kinds[i].kind;
    }
    return VONK_WINDOW_NONE;
}

static bool varies(const vonk_expr *e, void *context)
{
    (void)context;
    bool column = e->kind == VONK_EXPR_COLUMN || e->kind == VONK_EXPR_INPUT;
    return column || e->kind == VONK_EXPR_SUBQUERY || e->kind == VONK_EXPR_WINDOW ||
           (e->kind == VONK_EXPR_CALL && e->function &&
            (e->function->aggregate || !e->function->deterministic));
}

/* args[i], called `name`, as a constant of `type`. */
static vonk_status constant_arg(vonk_expr *call, uint32_t i, const char *name, vonk_type type,
                                const vonk_eval_settings *settings, vonk_arena *arena,
                                vonk_value *ret, vonk_error *err)
{
    if (vonk_expr_any(call->args[i], varies, NULL))
        return vonk_fail_not_constant(call, i, name, "\"INT\"", err);
    if (type.id == VONK_INT32 && call->args[i]->type.id != VONK_INT32 &&
        call->args[i]->type.id != VONK_NULL)
        return vonk_fail_input_type(call, i, "\"INT\"", err);
    VONK_TRY(vonk_resolve_arg(call, i, type, arena, err));
    return vonk_expr_constant(call->args[i], settings, arena, ret, err);
}

static vonk_status check_positive(const vonk_expr *call, const char *name, const char *most,
                                  const char *suffix, const vonk_value *value, vonk_arena *arena,
                                  vonk_error *err)
{
    if (!value->is_null && value->i64 > 0)
        return VONK_OK;
    const char *text = vonk_call_text(call, arena, err);
    VONK_TRY_ALLOC(text);
    vonk_status status =
        vonk_fail_sql(err, "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
                      "Cannot resolve \"%s\" due to data type mismatch: The %s must be between (0, "
                      "%s] (current value = %lld%s).",
                      text, name, most, value->is_null ? 0 : (long long)value->i64, suffix);
    return vonk_error_at(err, status, call->start, call->end);
}

vonk_status vonk_resolve_rank(vonk_expr *call, const vonk_eval_settings *settings,
                              vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                              vonk_error *err)
{
    (void)settings;
    (void)arena;
    vonk_window_kind kind = vonk_window_kind_of(call->name);
    bool part = kind == VONK_WINDOW_PERCENT_RANK || kind == VONK_WINDOW_CUME_DIST;
    if (kind == VONK_WINDOW_ROW_NUMBER || kind == VONK_WINDOW_CUME_DIST)
        VONK_TRY(vonk_check_n_args(call, 0, 0, err));
    call->n_args = 0; /* of rank and its like: Spark takes any and looks at none */
    *ret_type = part ? VONK_TYPE(FLOAT64) : VONK_TYPE(INT32);
    *ret_nullable = false;
    return VONK_OK;
}

/* A call with more arguments: room for `n`, the old ones in place. */
static vonk_status make_room(vonk_expr *call, uint32_t n, vonk_arena *arena, vonk_error *err)
{
    vonk_expr **args = VONK_NEW_ARRAY(arena, vonk_expr *, n, err);
    VONK_TRY_ALLOC(args);
    if (call->n_args)
        memcpy(args, call->args, call->n_args * sizeof(*args));
    call->args = args;
    return VONK_OK;
}

vonk_status vonk_resolve_ntile(vonk_expr *call, const vonk_eval_settings *settings,
                               vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                               vonk_error *err)
{
    vonk_value buckets = {.is_null = true};
    VONK_TRY(vonk_check_n_args(call, 0, 1, err));
    if (!call->n_args) {
        VONK_TRY(make_room(call, 1, arena, err));
        call->args[0] = vonk_expr_int(arena, 1, err);
        VONK_TRY_ALLOC(call->args[0]);
        call->n_args = 1;
    }
    VONK_TRY(constant_arg(call, 0, "buckets", VONK_TYPE(INT32), settings, arena, &buckets, err));
    VONK_TRY(check_positive(call, "buckets", "2147483647", "", &buckets, arena, err));
    *ret_type = VONK_TYPE(INT32);
    *ret_nullable = false;
    return VONK_OK;
}

static vonk_status fail_offset_frame(const vonk_expr *call, vonk_error *err)
{
    return vonk_fail_sql(err, "_LEGACY_ERROR_TEMP_1035",
                         "Cannot specify window frame for %s function.", call->name);
}

/*
 * The offset of lag and lead, an int. Spark computes lag's with its minus before it has types, and
 * of any other number, which it would cast, says that the frame is wrong.
 */
static vonk_status offset_arg(vonk_expr *call, const vonk_eval_settings *settings,
                              vonk_arena *arena, vonk_value *ret, vonk_error *err)
{
    vonk_type type = call->args[1]->type;
    bool lag = vonk_window_kind_of(call->name) == VONK_WINDOW_LAG;
    bool number = vonk_type_is_numeric(type) || type.id == VONK_NULL;
    bool interval = type.id == VONK_INTERVAL_YM || type.id == VONK_INTERVAL_DT;
    if (vonk_expr_any(call->args[1], varies, NULL))
        return vonk_fail_not_constant(call, 1, "offset", "\"INT\"", err);
    if (lag && !number && !interval)
        return vonk_error_at(err,
                             vonk_fail_sql(err, "FAILED_FUNCTION_CALL",
                                           "Failed preparing of the function `lag` for call. "
                                           "Please, double check function's arguments."),
                             call->start, call->end);
    if (!number && type.id != VONK_STRING)
        return vonk_fail_input_type(call, 1, "\"INT\"", err);
    if (type.id != VONK_INT32 && !lag)
        return fail_offset_frame(call, err);
    VONK_TRY(vonk_resolve_arg(call, 1, VONK_TYPE(INT32), arena, err));
    VONK_TRY(vonk_expr_constant(call->args[1], settings, arena, ret, err));
    if (type.id != VONK_INT32)
        return fail_offset_frame(call, err);
    return lag && !ret->is_null && ret->i64 == INT32_MIN ? vonk_fail_overflow(err) : VONK_OK;
}

vonk_status vonk_resolve_lag(vonk_expr *call, const vonk_eval_settings *settings, vonk_arena *arena,
                             vonk_type *ret_type, bool *ret_nullable, vonk_error *err)
{
    vonk_value offset = {.is_null = true};
    VONK_TRY(vonk_check_n_args(call, 1, 3, err));
    uint32_t given = call->n_args;
    VONK_TRY(make_room(call, 3, arena, err));
    vonk_type type = call->args[0]->type;
    if (given < 2)
        call->args[1] = vonk_expr_int(arena, 1, err);
    if (given < 3)
        call->args[2] = vonk_expr_null(arena, VONK_TYPE(NULL), err);
    if (!call->args[1] || !call->args[2])
        return VONK_NO_MEMORY;
    call->n_args = 3;
    VONK_TRY(offset_arg(call, settings, arena, &offset, err));
    bool nullable = call->args[0]->nullable || call->args[2]->nullable || offset.is_null;
    if (type.id == VONK_NULL)
        type = call->args[2]->type;
    else if (given == 3 && !vonk_can_cast(call->args[2]->type, type, true))
        return vonk_fail_data_types(call, err);
    for (uint32_t i = 0; i < 3; i += 2) {
        call->args[i] = vonk_expr_coerce(arena, call->args[i], type, err);
        VONK_TRY_ALLOC(call->args[i]);
    }
    *ret_type = type;
    *ret_nullable = nullable;
    return VONK_OK;
}

vonk_status vonk_resolve_nth_value(vonk_expr *call, const vonk_eval_settings *settings,
                                   vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                   vonk_error *err)
{
    vonk_value offset = {.is_null = true};
    VONK_TRY(vonk_check_n_args(call, 2, 3, err));
    if (call->args[1]->type.id == VONK_STRING) {
        VONK_TRY(vonk_resolve_arg(call, 1, VONK_TYPE(INT32), arena, err));
        call->args[1]->start = call->start;
        call->args[1]->end = call->end;
    }
    VONK_TRY(constant_arg(call, 1, "offset", VONK_TYPE(INT64), settings, arena, &offset, err));
    VONK_TRY(check_positive(call, "offset", "9223372036854775807", "L", &offset, arena, err));
    if (call->n_args == 3) {
        vonk_value ignores = {.is_null = true};
        VONK_TRY(
            constant_arg(call, 2, "ignoreNulls", VONK_TYPE(BOOL), settings, arena, &ignores, err));
        call->ignores_nulls = !ignores.is_null && ignores.boolean;
        call->n_args = 2;
    }
    *ret_type = call->args[0]->type;
    *ret_nullable = true;
    return VONK_OK;
}
