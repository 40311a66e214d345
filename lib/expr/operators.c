/* operators.c - evaluation of operators, mostly by the kernels. */
#include <string.h>

#include "expr/calendar.h"
#include "expr/cast.h"
#include "expr/eval.h"
#include "expr/function_list.h"
#include "expr/operand.h"
#include "expr/time_math.h"
#include "expr/time_zone.h"

static const struct {
    const char *name;
    vonk_arith_op op;
} arith_ops[] = {{"+", VONK_ADD}, {"-", VONK_SUB},    {"*", VONK_MUL},
                 {"/", VONK_DIV}, {"div", VONK_IDIV}, {"%", VONK_MOD}};

static const struct {
    const char *name;
    vonk_compare_op op;
} compare_ops[] = {{"=", VONK_EQ},  {"==", VONK_EQ}, {"<>", VONK_NE},
                   {"!=", VONK_NE}, {"<", VONK_LT},  {"<=", VONK_LE},
                   {">", VONK_GT},  {">=", VONK_GE}, {"<=>", VONK_EQ_NULL_SAFE}};

static vonk_arith_op arith_op(const char *name)
{
    for (size_t i = 0; i < VONK_LENGTH(arith_ops); i++)
        if (!strcmp(name, arith_ops[i].name))
            return arith_ops[i].op;
    return VONK_MOD;
}

vonk_status vonk_eval_arith(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                            const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_type type = args[0].type;
    if (call->n_args == 1 && call->name[0] == '+') {
        *ret = args[0];
        return VONK_OK;
    }
    if (call->n_args == 1) {
        vonk_column flat;
        VONK_TRY(vonk_column_flatten(ctx->arena, &args[0], &flat, err));
        return vonk_eval_negative(call, &flat, n_rows, ctx, ret, err);
    }
    if (type.id >= VONK_DATE)
        return vonk_eval_time_arith(call, args, n_rows, ctx, ret, err);
    return vonk_arith(ctx->arena, arith_op(call->name), ctx->settings->ansi, call->type, &args[0],
                      &args[1], ret, err);
}

vonk_status vonk_fail_overflow(vonk_error *err)
{
    return vonk_fail_sql(err, "ARITHMETIC_OVERFLOW",
                         "overflow. If necessary set \"spark.sql.ansi.enabled\" to \"false\" to "
                         "bypass this error.");
}

vonk_status vonk_eval_negative(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                               const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column zero, out;
    if (call->type.id == VONK_FLOAT32 || call->type.id == VONK_FLOAT64) {
        VONK_TRY(vonk_result_new(ctx, call->type, args, 1, n_rows, &out, err));
        for (uint32_t i = 0; i < n_rows; i++) {
            uint32_t at = i * vonk_step(&args[0]);
            if (call->type.id == VONK_FLOAT64)
                ((double *)out.values)[i] = -((const double *)args[0].values)[at];
            else
                ((float *)out.values)[i] = -((const float *)args[0].values)[at];
        }
        *ret = out;
        return VONK_OK;
    }
    vonk_column flipped = args[0];
    if (call->type.id == VONK_INTERVAL_DT || call->type.id == VONK_INTERVAL_YM)
        flipped.type = call->type.id == VONK_INTERVAL_DT ? VONK_TYPE(INT64) : VONK_TYPE(INT32);
    vonk_value nothing = {0};
    VONK_TRY(vonk_column_from_value(ctx->arena, flipped.type, &nothing, n_rows, &zero, err));
    vonk_status status = vonk_arith(ctx->arena, VONK_SUB, ctx->settings->ansi, flipped.type, &zero,
                                    &flipped, &out, err);
    if (status == VONK_USER)
        return flipped.type.id != call->type.id ? vonk_fail_interval_overflow(NULL, err)
                                                : vonk_fail_overflow(err);
    VONK_TRY(status);
    out.type = call->type;
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_eval_positive(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                               const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)call;
    (void)n_rows;
    (void)ctx;
    (void)err;
    *ret = args[0];
    return VONK_OK;
}

vonk_status vonk_eval_compare(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                              const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)n_rows;
    for (size_t i = 0; i < VONK_LENGTH(compare_ops); i++)
        if (!strcmp(call->name, compare_ops[i].name))
            return vonk_compare(ctx->arena, compare_ops[i].op, &args[0], &args[1], ret, err);
    return vonk_fail(err, VONK_INVALID, "no comparison %s", call->name);
}

vonk_status vonk_eval_not(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                          const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)call;
    (void)n_rows;
    return vonk_not(ctx->arena, &args[0], ret, err);
}

vonk_status vonk_eval_is_null(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                              const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)n_rows;
    return vonk_is_null(ctx->arena, &args[0], !strcmp(call->name, "isnotnull"), ret, err);
}

vonk_status vonk_eval_between(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                              const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)call;
    (void)n_rows;
    vonk_column low, high;
    VONK_TRY(vonk_compare(ctx->arena, VONK_GE, &args[0], &args[1], &low, err));
    VONK_TRY(vonk_compare(ctx->arena, VONK_LE, &args[0], &args[2], &high, err));
    return vonk_and(ctx->arena, &low, &high, ret, err);
}

static void put_whole(vonk_column *out, uint32_t row, int64_t value)
{
    switch (vonk_type_physical(out->type)) {
    case VONK_PHYS_I8:
        ((int8_t *)out->values)[row] = (int8_t)value;
        break;
    case VONK_PHYS_I16:
        ((int16_t *)out->values)[row] = (int16_t)value;
        break;
    case VONK_PHYS_I32:
        ((int32_t *)out->values)[row] = (int32_t)value;
        break;
    default:
        ((int64_t *)out->values)[row] = value;
        break;
    }
}

vonk_status vonk_eval_bits(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                           const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, call->type, args, 2, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        int64_t a = vonk_whole_at(&args[0], i), b = vonk_whole_at(&args[1], i);
        put_whole(&out, i, call->name[0] == '&' ? a & b : call->name[0] == '|' ? a | b : a ^ b);
    }
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_eval_bit_not(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                              const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, call->type, args, 1, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++)
        put_whole(&out, i, ~vonk_whole_at(&args[0], i));
    *ret = out;
    return VONK_OK;
}

/* As Java: only the low bits of the distance count. >>> shifts zeros in. */
static int64_t shift(const char *name, bool is_int, int64_t value, int32_t distance)
{
    uint32_t by = (uint32_t)distance & (is_int ? 31 : 63);
    if (!strcmp(name, "<<") || !strcmp(name, "shiftleft"))
        return (int64_t)((uint64_t)value << by);
    if (!strcmp(name, ">>") || !strcmp(name, "shiftright"))
        return value >> by;
    return is_int ? (int64_t)((uint32_t)value >> by) : (int64_t)((uint64_t)value >> by);
}

vonk_status vonk_eval_shift(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                            const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, call->type, args, 2, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++)
        put_whole(&out, i,
                  shift(call->name, call->type.id == VONK_INT32, vonk_whole_at(&args[0], i),
                        vonk_i32_at(&args[1], i)));
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_eval_nullif(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                             const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    if (call->type.id == VONK_NULL)
        return vonk_column_new(ctx->arena, call->type, n_rows, ret, err);
    vonk_column equal, value, out;
    VONK_TRY(vonk_compare(ctx->arena, VONK_EQ, &args[0], &args[1], &equal, err));
    VONK_TRY(vonk_cast(ctx, VONK_CAST_LEGACY, call->type, &args[0], &value, err));
    VONK_TRY(vonk_result_new(ctx, call->type, &value, 1, n_rows, &out, err));
    VONK_TRY(vonk_column_flatten(ctx->arena, &value, &value, err));
    out.values = value.values;
    if (!out.validity)
        VONK_TRY(vonk_column_add_validity(ctx->arena, &out, err));
    for (uint32_t i = 0; i < n_rows; i++)
        if (vonk_column_is_valid(&equal, i) &&
            vonk_bit_get(equal.values, vonk_column_at(&equal, i)))
            vonk_bit_set(out.validity, i, false);
    *ret = out;
    return VONK_OK;
}
