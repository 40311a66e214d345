/* number_functions.c - pi, e, bit_count, factorial, sign. */
#include <math.h>
#include <string.h>

#include "expr/function_list.h"
#include "expr/operand.h"

/* pi() and e(). */
vonk_status vonk_eval_constant(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                               const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    double value = !strcmp(call->name, "e") ? M_E : M_PI;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(FLOAT64), args, 0, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++)
        ((double *)out.values)[i] = value;
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_resolve_bit_count(vonk_expr *call, const vonk_eval_settings *settings,
                                   vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                   vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 1, 1, err));
    vonk_type t = call->args[0]->type;
    if (t.id == VONK_NULL)
        VONK_TRY(vonk_resolve_arg(call, 0, VONK_TYPE(INT64), arena, err));
    else if (t.id != VONK_BOOL && !vonk_type_is_integral(t))
        return vonk_fail_input_type(call, 0, "(\"INTEGRAL\" or \"BOOLEAN\")", err);
    *ret_type = VONK_TYPE(INT32);
    *ret_nullable = call->args[0]->nullable;
    return VONK_OK;
}

/* Ones in the 64 bits of a whole number, however narrow: a negative tinyint has many. */
vonk_status vonk_eval_bit_count(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)call;
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(INT32), args, 1, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++)
        ((int32_t *)out.values)[i] =
            __builtin_popcountll((unsigned long long)vonk_whole_at(&args[0], i));
    *ret = out;
    return VONK_OK;
}

/* factorial(n): null unless n is 0 to 20. */
vonk_status vonk_eval_factorial(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)call;
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(INT64), args, 1, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        int32_t n = vonk_i32_at(&args[0], i);
        int64_t product = 1;
        if (n < 0 || n > 20)
            VONK_TRY(vonk_result_null(ctx, &out, i, err));
        for (int32_t k = 2; k <= n && n <= 20; k++)
            product *= k;
        ((int64_t *)out.values)[i] = product;
    }
    *ret = out;
    return VONK_OK;
}

/* sign(x): of a number or an interval. */
vonk_status vonk_resolve_sign(vonk_expr *call, const vonk_eval_settings *settings,
                              vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                              vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 1, 1, err));
    vonk_type t = call->args[0]->type;
    if (t.id != VONK_INTERVAL_DT && t.id != VONK_INTERVAL_YM)
        VONK_TRY(vonk_resolve_arg(call, 0, VONK_TYPE(FLOAT64), arena, err));
    *ret_type = VONK_TYPE(FLOAT64);
    *ret_nullable = call->args[0]->nullable;
    return VONK_OK;
}

vonk_status vonk_eval_sign(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                           const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    if (args[0].type.id == VONK_FLOAT64)
        return vonk_eval_unary_math(call, args, n_rows, ctx, ret, err);
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(FLOAT64), args, 1, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        int64_t size = vonk_whole_at(&args[0], i);
        ((double *)out.values)[i] = (size > 0) - (size < 0);
    }
    *ret = out;
    return VONK_OK;
}
