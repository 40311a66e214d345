/* random_functions.c - rand, random, randn, uniform, randstr. */
#include <string.h>

#include "expr/cast.h"
#include "expr/eval.h"
#include "expr/function_list.h"
#include "expr/operand.h"
#include "expr/random.h"

static vonk_status fail_seed(const vonk_expr *call, uint32_t i, vonk_error *err)
{
    vonk_buffer whole = {0}, seed = {0};
    vonk_expr_print(call, true, &whole);
    vonk_expr_print(call->args[i], true, &seed);
    vonk_status status = vonk_fail_sql(
        err, "SEED_EXPRESSION_IS_UNFOLDABLE",
        "The seed expression \"%.200s\" of the expression \"%.300s\" must be foldable.",
        vonk_buffer_str(&seed), vonk_buffer_str(&whole));
    vonk_buffer_free(&whole);
    vonk_buffer_free(&seed);
    return vonk_error_at(err, status, call->start, call->end);
}

/* args[i], called `name`, is a constant; null where it is null. */
static vonk_status constant_arg(const vonk_expr *call, uint32_t i, const char *name,
                                const vonk_eval_settings *settings, vonk_arena *arena,
                                vonk_value *ret, vonk_error *err)
{
    vonk_status status = vonk_expr_constant(call->args[i], settings, arena, ret, err);
    if (status == VONK_OK || status == VONK_USER || status == VONK_NO_MEMORY)
        return status;
    return strcmp(name, "seed") ? vonk_fail_not_constant(call, i, name, "`INT` or `SMALLINT`", err)
                                : fail_seed(call, i, err);
}

/* The last argument is a seed: a whole number that is a constant; NULL is 0. */
static vonk_status resolve_seed(vonk_expr *call, const vonk_eval_settings *settings,
                                vonk_arena *arena, vonk_error *err)
{
    vonk_value seed;
    uint32_t i = call->n_args - 1;
    vonk_type t = call->args[i]->type;
    if (t.id != VONK_NULL && t.id != VONK_INT32 && t.id != VONK_INT64)
        VONK_TRY(vonk_resolve_arg(call, i, VONK_TYPE(INT64), arena, err));
    VONK_TRY(constant_arg(call, i, "seed", settings, arena, &seed, err));
    vonk_value value = {.i64 = seed.is_null ? 0 : seed.i64};
    vonk_expr *literal = vonk_expr_literal(arena, VONK_TYPE(INT64), value, err);
    VONK_TRY_ALLOC(literal);
    if (t.id != VONK_NULL && call->args[i]->kind == VONK_EXPR_LITERAL)
        call->args[i] = literal; /* others keep their text */
    return VONK_OK;
}

vonk_status vonk_resolve_rand(vonk_expr *call, const vonk_eval_settings *settings,
                              vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                              vonk_error *err)
{
    VONK_TRY(vonk_check_n_args(call, 0, 1, err));
    if (call->n_args)
        VONK_TRY(resolve_seed(call, settings, arena, err));
    *ret_type = VONK_TYPE(FLOAT64);
    *ret_nullable = false;
    return VONK_OK;
}

/* The generator of `call`; `seed`: the column of its seed, or NULL. */
static vonk_status generator(const vonk_expr *call, const vonk_column *seed, const vonk_eval *ctx,
                             vonk_random **ret, vonk_error *err)
{
    int64_t value = 0;
    if (!ctx->settings->random)
        return vonk_fail(err, VONK_UNSUPPORTED, "%s is for rows of tables only", call->name);
    if (seed && !vonk_column_value(seed, 0).is_null)
        value = vonk_column_value(seed, 0).i64;
    return vonk_random_of(ctx->settings->random, call, seed ? &value : NULL, ctx->settings->now_us,
                          ret, err);
}

vonk_status vonk_eval_rand(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                           const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    vonk_random *r;
    bool normal = !strcmp(call->name, "randn");
    VONK_TRY(generator(call, call->n_args ? &args[0] : NULL, ctx, &r, err));
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(FLOAT64), args, 0, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++)
        ((double *)out.values)[i] = normal ? vonk_random_normal(r) : vonk_random_double(r);
    *ret = out;
    return VONK_OK;
}

/* The type of a number between two: the wider whole number, else double, float, decimal. */
static vonk_type between_type(vonk_type a, vonk_type b)
{
    if (vonk_type_is_integral(a) && vonk_type_is_integral(b))
        return a.id > b.id ? a : b;
    if (a.id == VONK_FLOAT64 || b.id == VONK_FLOAT64)
        return VONK_TYPE(FLOAT64);
    if (a.id == VONK_FLOAT32 || b.id == VONK_FLOAT32)
        return VONK_TYPE(FLOAT32);
    if (a.id == VONK_DECIMAL && b.id == VONK_DECIMAL) {
        bool wider = a.precision - a.scale >= b.precision - b.scale && a.scale >= b.scale;
        return wider ? a : b;
    }
    return a.id == VONK_DECIMAL ? a : b;
}

/* uniform(least, most [, seed]) */
vonk_status vonk_resolve_uniform(vonk_expr *call, const vonk_eval_settings *settings,
                                 vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                 vonk_error *err)
{
    static const char *const names[] = {"min", "max", "seed"};
    bool any_null = false;
    VONK_TRY(vonk_check_n_args(call, 2, 3, err));
    for (uint32_t i = 0; i < call->n_args && i < VONK_LENGTH(names); i++) {
        vonk_value value;
        any_null |= i < 2 && call->args[i]->type.id == VONK_NULL;
        if (i < 2)
            VONK_TRY(vonk_resolve_numeric_arg(call, i, arena, err));
        if (vonk_expr_constant(call->args[i], settings, arena, &value, NULL) != VONK_OK)
            return vonk_fail_not_constant(call, i, names[i], "integer or floating-point", err);
    }
    *ret_type = any_null ? VONK_TYPE(NULL) : between_type(call->args[0]->type, call->args[1]->type);
    for (uint32_t i = 0; i < 2; i++)
        if (call->args[i]->type.id == VONK_DECIMAL)
            VONK_TRY(vonk_resolve_arg(call, i, VONK_TYPE(FLOAT64), arena, err));
    if (!any_null && call->n_args == 3)
        VONK_TRY(resolve_seed(call, settings, arena, err));
    *ret_nullable = any_null || vonk_any_nullable(call);
    return VONK_OK;
}

vonk_status vonk_eval_uniform(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                              const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    vonk_random *r;
    if (call->type.id == VONK_NULL)
        return vonk_column_null(ctx->arena, call->type, n_rows, ret, err);
    VONK_TRY(generator(call, call->n_args == 3 ? &args[2] : NULL, ctx, &r, err));
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(FLOAT64), args, 2, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        double least = vonk_number_at(&args[0], i), most = vonk_number_at(&args[1], i);
        ((double *)out.values)[i] = least + (most - least) * vonk_random_double(r);
    }
    return vonk_cast(ctx, VONK_CAST_ANSI, call->type, &out, ret, err);
}

/* randstr(length [, seed]) */
vonk_status vonk_resolve_randstr(vonk_expr *call, const vonk_eval_settings *settings,
                                 vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                 vonk_error *err)
{
    vonk_value length;
    VONK_TRY(vonk_check_n_args(call, 1, 2, err));
    VONK_TRY(vonk_resolve_arg(call, 0, VONK_TYPE(INT32), arena, err));
    VONK_TRY(constant_arg(call, 0, "length", settings, arena, &length, err));
    if (call->n_args == 2)
        VONK_TRY(resolve_seed(call, settings, arena, err));
    if (length.is_null || length.i64 < 0)
        return vonk_fail_sql(err, "INVALID_PARAMETER_VALUE.LENGTH",
                             "The value of parameter(s) `length` in `randstr` is invalid: Expects "
                             "`length` greater than or equal to 0, but got %lld.",
                             (long long)(length.is_null ? 0 : length.i64));
    *ret_type = VONK_TYPE(STRING);
    *ret_nullable = false;
    return VONK_OK;
}

/* One of 0-9, a-z, A-Z. */
static char random_letter(vonk_random *r)
{
    int32_t n = (int32_t)vonk_random_bits(r, 32) % 62;
    n = n < 0 ? -n : n;
    return (char)(n < 10 ? '0' + n : n < 36 ? 'a' + n - 10 : 'A' + n - 36);
}

vonk_status vonk_eval_randstr(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                              const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    vonk_random *r;
    VONK_TRY(generator(call, call->n_args == 2 ? &args[1] : NULL, ctx, &r, err));
    VONK_TRY(vonk_column_new(ctx->arena, VONK_TYPE(STRING), n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        size_t length = (size_t)vonk_i32_at(&args[0], i);
        char *text = vonk_arena_alloc(ctx->arena, length + 1, err);
        VONK_TRY_ALLOC(text);
        for (size_t k = 0; k < length; k++)
            text[k] = random_letter(r);
        VONK_TRY(vonk_result_string(ctx, &out, i, (vonk_slice){text, length}, err));
    }
    *ret = out;
    return VONK_OK;
}
