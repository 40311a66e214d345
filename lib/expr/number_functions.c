/* number_functions.c - pi, e, bit_count. */
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
