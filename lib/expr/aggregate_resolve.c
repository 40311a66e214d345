/* aggregate_resolve.c - result types of aggregate functions. Source: Spark's aggregate classes. */
#include <string.h>

#include "expr/function_list.h"

static int min_int(int a, int b)
{
    return a < b ? a : b;
}

static vonk_type bounded_decimal(int precision, int scale)
{
    return VONK_TYPE_DECIMAL((uint8_t)min_int(precision, VONK_MAX_PRECISION),
                             (uint8_t)min_int(scale, VONK_MAX_PRECISION));
}

vonk_status vonk_resolve_count(vonk_expr *call, const vonk_eval_settings *settings,
                               vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                               vonk_error *err)
{
    (void)settings;
    if (!strcmp(call->name, "count_if")) {
        VONK_TRY(vonk_check_n_args(call, 1, 1, err));
        VONK_TRY(vonk_resolve_arg(call, 0, VONK_TYPE(BOOL), arena, err));
    } else if (!call->star && call->n_args == 0) {
        vonk_status status = vonk_fail_sql(
            err, "WRONG_NUM_ARGS.WITH_SUGGESTION",
            "The `count` requires  >= 1 parameters but the actual number is 0. If you have to call "
            "this function with 0 parameters, set the legacy configuration "
            "\"spark.sql.legacy.allowParameterlessCount\" to \"true\".");
        return vonk_error_at(err, status, call->start, call->end);
    }
    *ret_type = VONK_TYPE(INT64);
    *ret_nullable = false;
    return VONK_OK;
}

static bool is_interval(vonk_type t)
{
    return t.id == VONK_INTERVAL_DT || t.id == VONK_INTERVAL_YM;
}

/* Numbers; strings and timestamps become doubles. */
static vonk_status resolve_summand(vonk_expr *call, vonk_arena *arena, vonk_error *err)
{
    vonk_type t = call->args[0]->type;
    if (t.id == VONK_TIMESTAMP) { /* seconds */
        call->args[0] = vonk_expr_coerce(arena, call->args[0], VONK_TYPE(FLOAT64), err);
        return call->args[0] ? VONK_OK : VONK_NO_MEMORY;
    }
    if (!vonk_type_is_numeric(t) && t.id != VONK_STRING && t.id != VONK_NULL)
        return vonk_fail_input_type(call, 0, "\"NUMERIC\" or \"ANSI INTERVAL\"", err);
    return vonk_resolve_numeric_arg(call, 0, arena, err);
}

vonk_status vonk_resolve_sum(vonk_expr *call, const vonk_eval_settings *settings, vonk_arena *arena,
                             vonk_type *ret_type, bool *ret_nullable, vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 1, 1, err));
    if (!is_interval(call->args[0]->type))
        VONK_TRY(resolve_summand(call, arena, err));
    vonk_type t = call->args[0]->type;
    if (t.id == VONK_DECIMAL)
        t = bounded_decimal(t.precision + 10, t.scale);
    else if (!is_interval(t))
        t = vonk_type_is_integral(t) ? VONK_TYPE(INT64) : VONK_TYPE(FLOAT64);
    *ret_type = t;
    *ret_nullable = true;
    return VONK_OK;
}

vonk_status vonk_resolve_avg(vonk_expr *call, const vonk_eval_settings *settings, vonk_arena *arena,
                             vonk_type *ret_type, bool *ret_nullable, vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 1, 1, err));
    *ret_nullable = true;
    if (is_interval(call->args[0]->type)) {
        *ret_type = (vonk_type){.id = call->args[0]->type.id}; /* of all fields */
        return VONK_OK;
    }
    VONK_TRY(resolve_summand(call, arena, err));
    vonk_type t = call->args[0]->type;
    *ret_type =
        t.id == VONK_DECIMAL ? bounded_decimal(t.precision + 4, t.scale + 4) : VONK_TYPE(FLOAT64);
    *ret_nullable = true;
    return VONK_OK;
}

vonk_status vonk_resolve_min_max(vonk_expr *call, const vonk_eval_settings *settings,
                                 vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                 vonk_error *err)
{
    (void)settings;
    (void)arena;
    VONK_TRY(vonk_check_n_args(call, 1, 1, err));
    *ret_type = call->args[0]->type;
    *ret_nullable = true;
    return VONK_OK;
}

vonk_status vonk_resolve_first(vonk_expr *call, const vonk_eval_settings *settings,
                               vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                               vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 1, 2, err));
    if (call->n_args == 2)
        VONK_TRY(vonk_resolve_arg(call, 1, VONK_TYPE(BOOL), arena, err));
    *ret_type = call->args[0]->type;
    *ret_nullable = true;
    return VONK_OK;
}

/* regr_count, regr_avgx, regr_avgy: over two numbers of any type. */
vonk_status vonk_resolve_regr_pair(vonk_expr *call, const vonk_eval_settings *settings,
                                   vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                   vonk_error *err)
{
    VONK_TRY(vonk_resolve_signature(call, settings, arena, ret_type, ret_nullable, err));
    *ret_nullable = ret_type->id != VONK_INT64;
    vonk_type t = call->args[!strcmp(call->name, "regr_avgx")]->type;
    if (*ret_nullable && t.id == VONK_DECIMAL)
        *ret_type = bounded_decimal(t.precision + 4, t.scale + 4);
    return VONK_OK;
}

/* stddev and variance over doubles; covar, corr and regr over two. */
vonk_status vonk_resolve_moments(vonk_expr *call, const vonk_eval_settings *settings,
                                 vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                 vonk_error *err)
{
    (void)settings;
    uint32_t n = call->name[0] == 'c' || call->name[0] == 'r' ? 2 : 1;
    VONK_TRY(vonk_check_n_args(call, n, n, err));
    for (uint32_t i = 0; i < n; i++)
        VONK_TRY(vonk_resolve_arg(call, i, VONK_TYPE(FLOAT64), arena, err));
    *ret_type = VONK_TYPE(FLOAT64);
    *ret_nullable = true;
    return VONK_OK;
}

vonk_status vonk_resolve_bool_aggregate(vonk_expr *call, const vonk_eval_settings *settings,
                                        vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                        vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 1, 1, err));
    VONK_TRY(vonk_resolve_arg(call, 0, VONK_TYPE(BOOL), arena, err));
    *ret_type = VONK_TYPE(BOOL);
    *ret_nullable = true;
    return VONK_OK;
}

vonk_status vonk_resolve_bit_aggregate(vonk_expr *call, const vonk_eval_settings *settings,
                                       vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                       vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 1, 1, err));
    if (call->args[0]->type.id == VONK_STRING || call->args[0]->type.id == VONK_NULL)
        VONK_TRY(vonk_resolve_arg(call, 0, VONK_TYPE(INT64), arena, err));
    if (!vonk_type_is_integral(call->args[0]->type))
        return vonk_fail_input_type(call, 0, "\"INTEGRAL\"", err);
    *ret_type = call->args[0]->type;
    *ret_nullable = true;
    return VONK_OK;
}
