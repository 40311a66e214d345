/* math_functions.c - functions over numbers. */
#include <math.h>
#include <string.h>

#include "expr/coerce.h"
#include "expr/decimal_math.h"
#include "expr/eval.h"
#include "expr/function_list.h"
#include "expr/operand.h"
#include "expr/parse_value.h"
#include "expr/print_value.h"

static double sign_of(double x)
{
    return isnan(x) || x == 0 ? x : (x > 0 ? 1.0 : -1.0);
}

static double to_degrees(double x)
{
    return x * (180.0 / M_PI);
}

static double to_radians(double x)
{
    return x / 180.0 * M_PI;
}

/* The library's last digit may be off; a step of Newton's mends it. */
static double cube_root(double x)
{
    double r = cbrt(x);
    return r == 0 || !isfinite(r) ? r : r - (r * r * r - x) / (3 * r * r);
}

static double secant(double x)
{
    return 1 / cos(x);
}

static double cosecant(double x)
{
    return 1 / sin(x);
}

static double cotangent(double x)
{
    return 1 / tan(x);
}

/* Functions of one double. Results for x <= least are null, if there is a `least`. */
static const struct {
    const char *name;
    double (*fn)(double);
    bool has_least;
    double least;
} unary[] = {
    {.name = "acos", .fn = acos},
    {.name = "acosh", .fn = acosh},
    {.name = "asin", .fn = asin},
    {.name = "asinh", .fn = asinh},
    {.name = "atan", .fn = atan},
    {.name = "atanh", .fn = atanh},
    {.name = "cbrt", .fn = cube_root},
    {.name = "cos", .fn = cos},
    {.name = "cosh", .fn = cosh},
    {.name = "cot", .fn = cotangent},
    {.name = "csc", .fn = cosecant},
    {.name = "degrees", .fn = to_degrees},
    {.name = "exp", .fn = exp},
    {.name = "expm1", .fn = expm1},
    {.name = "ln", .fn = log, .has_least = true},
    {.name = "log", .fn = log, .has_least = true},
    {.name = "log10", .fn = log10, .has_least = true},
    {.name = "log1p", .fn = log1p, .has_least = true, .least = -1},
    {.name = "log2", .fn = log2, .has_least = true},
    {.name = "radians", .fn = to_radians},
    {.name = "rint", .fn = nearbyint},
    {.name = "sec", .fn = secant},
    {.name = "sign", .fn = sign_of},
    {.name = "signum", .fn = sign_of},
    {.name = "sin", .fn = sin},
    {.name = "sinh", .fn = sinh},
    {.name = "sqrt", .fn = sqrt},
    {.name = "tan", .fn = tan},
    {.name = "tanh", .fn = tanh},
};

vonk_status vonk_eval_unary_math(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                 const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    size_t f = 0;
    while (f + 1 < VONK_LENGTH(unary) && strcmp(unary[f].name, call->name) != 0)
        f++;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(FLOAT64), args, 1, n_rows, &out, err));
    double *values = out.values;
    for (uint32_t i = 0; i < n_rows; i++) {
        double x = vonk_f64_at(&args[0], i);
        if (unary[f].has_least && x <= unary[f].least)
            VONK_TRY(vonk_result_null(ctx, &out, i, err));
        else
            values[i] = unary[f].fn(x);
    }
    *ret = out;
    return VONK_OK;
}

/* As Java's Math.pow, which differs from C's where a or b is 1 beside a NaN or an infinity. */
static double power(double a, double b)
{
    if (isnan(b) || (isinf(b) && fabs(a) == 1))
        return NAN;
    return pow(a, b);
}

/* pow, atan2, hypot, and log(base, x). */
vonk_status vonk_eval_binary_math(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                  const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    if (call->n_args == 1)
        return vonk_eval_unary_math(call, args, n_rows, ctx, ret, err);
    bool is_log = !strcmp(call->name, "log");
    double (*fn)(double, double) = !strcmp(call->name, "atan2")   ? atan2
                                   : !strcmp(call->name, "hypot") ? hypot
                                                                  : power;
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(FLOAT64), args, 2, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        double a = vonk_f64_at(&args[0], i), b = vonk_f64_at(&args[1], i);
        if (is_log && (a <= 0 || b <= 0))
            VONK_TRY(vonk_result_null(ctx, &out, i, err));
        else
            ((double *)out.values)[i] = is_log ? log(b) / log(a) : fn(a, b);
    }
    *ret = out;
    return VONK_OK;
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

vonk_status vonk_resolve_abs(vonk_expr *call, const vonk_eval_settings *settings, vonk_arena *arena,
                             vonk_type *ret_type, bool *ret_nullable, vonk_error *err)
{
    return vonk_resolve_negative(call, settings, arena, ret_type, ret_nullable, err);
}

static int64_t least_whole(vonk_type t)
{
    switch (vonk_type_physical(t)) {
    case VONK_PHYS_I8:
        return INT8_MIN;
    case VONK_PHYS_I16:
        return INT16_MIN;
    case VONK_PHYS_I32:
        return INT32_MIN;
    default:
        return INT64_MIN;
    }
}

vonk_status vonk_eval_abs(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                          const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, call->type, args, 1, n_rows, &out, err));
    int64_t least = least_whole(call->type);
    for (uint32_t i = 0; i < n_rows; i++) {
        uint32_t at = i * vonk_step(&args[0]);
        if (call->type.id == VONK_FLOAT64) {
            ((double *)out.values)[i] = fabs(((const double *)args[0].values)[at]);
        } else if (call->type.id == VONK_FLOAT32) {
            ((float *)out.values)[i] = fabsf(((const float *)args[0].values)[at]);
        } else if (call->type.id == VONK_DECIMAL) {
            vonk_int128 value = vonk_decimal_at(&args[0], i);
            vonk_decimal_set(&out, i, value < 0 ? -value : value);
        } else {
            int64_t value = vonk_whole_at(&args[0], i);
            if (VONK_UNLIKELY(value == least) && ctx->settings->ansi &&
                vonk_result_is_valid(&out, i))
                return vonk_fail_overflow(err);
            put_whole(&out, i, value < 0 && value != least ? -value : value);
        }
    }
    *ret = out;
    return VONK_OK;
}

static int max_int(int a, int b)
{
    return a > b ? a : b;
}

static int min_int(int a, int b)
{
    return a < b ? a : b;
}

/* ceil(x, digits): a decimal, of a double through decimal(30, 15). */
static vonk_status resolve_ceil_digits(vonk_expr *call, const vonk_eval_settings *settings,
                                       vonk_arena *arena, vonk_type *ret_type, vonk_error *err)
{
    vonk_value digits;
    VONK_TRY(vonk_resolve_arg(call, 1, VONK_TYPE(INT32), arena, err));
    if (vonk_expr_constant(call->args[1], settings, arena, &digits, NULL) != VONK_OK ||
        digits.is_null) {
        const char *name = call->name[0] == 'c' ? "ceil" : "floor";
        return vonk_fail_sql(err, "NON_FOLDABLE_ARGUMENT",
                             "The function `%s` requires the parameter `scale` to be a foldable "
                             "expression of the type \"INT\", but the actual argument is a "
                             "non-foldable.",
                             name);
    }
    vonk_type t = call->args[0]->type;
    if (t.id != VONK_DECIMAL) {
        t = vonk_decimal_for(t);
        VONK_TRY_ALLOC(call->args[0] = vonk_expr_coerce(arena, call->args[0], t, err));
    }
    int to = (int)digits.i64, whole = t.precision - t.scale + 1;
    to = to < -38 ? -38 : min_int(to, 38);
    if (to < 0)
        *ret_type = VONK_TYPE_DECIMAL((uint8_t)min_int(max_int(whole, 1 - to), 38), 0);
    else
        *ret_type = VONK_TYPE_DECIMAL((uint8_t)min_int(whole + min_int(t.scale, to), 38),
                                      (uint8_t)min_int(t.scale, to));
    return VONK_OK;
}

/* ceil and floor: bigint of whole numbers and doubles, decimal(p - s + 1, 0) of decimals. */
vonk_status vonk_resolve_ceil(vonk_expr *call, const vonk_eval_settings *settings,
                              vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                              vonk_error *err)
{
    VONK_TRY(vonk_check_n_args(call, 1, 2, err));
    VONK_TRY(vonk_resolve_numeric_arg(call, 0, arena, err));
    vonk_type t = call->args[0]->type;
    *ret_nullable = vonk_any_nullable(call);
    if (call->n_args == 2)
        return resolve_ceil_digits(call, settings, arena, ret_type, err);
    if (t.id == VONK_DECIMAL) {
        *ret_type = VONK_TYPE_DECIMAL((uint8_t)min_int(t.precision - t.scale + 1, 38), 0);
        return VONK_OK;
    }
    *ret_type = VONK_TYPE(INT64);
    vonk_type wide = vonk_type_is_integral(t) ? VONK_TYPE(INT64) : VONK_TYPE(FLOAT64);
    VONK_TRY_ALLOC(call->args[0] = vonk_expr_coerce(arena, call->args[0], wide, err));
    return VONK_OK;
}

/* Towards +infinity (up) or -infinity, of value / unit. */
static vonk_int128 divide_towards(vonk_int128 value, vonk_int128 unit, bool up)
{
    vonk_int128 quotient = value / unit, rest = value % unit;
    if (up)
        return quotient + (rest > 0);
    return quotient - (rest < 0);
}

static int64_t saturate(double x)
{
    if (isnan(x))
        return 0;
    if (x >= 0x1p63)
        return INT64_MAX;
    return x <= -0x1p63 ? INT64_MIN : (int64_t)x;
}

/* Digits of a decimal's fraction that stay; a negative number rounds before the point. */
static vonk_int128 ceil_digits(vonk_int128 value, int scale, int digits, int to_scale, bool up)
{
    int drop = scale - digits;
    if (drop > 0) {
        drop = min_int(drop, 38);
        value = divide_towards(value, vonk_power_of_ten(drop), up);
        scale -= drop;
    }
    for (; scale < to_scale; scale++)
        value *= 10;
    return value;
}

/* 99...9 rounded up to 39 digits: the one number that no type holds. `digits` are below 0. */
static vonk_status check_rounded(vonk_int128 value, int digits, vonk_type type, vonk_error *err)
{
    static const char zeros[] = "00000000000000000000000000000000000000";
    vonk_int128 most = vonk_power_of_ten(38);
    if (value > -most && value < most)
        return VONK_OK;
    int n = 38 + max_int(digits, -38);
    return vonk_fail_sql(err, "NUMERIC_VALUE_OUT_OF_RANGE.WITHOUT_SUGGESTION",
                         " The %s1%s rounded half up from %s1%s%.*sE+38 cannot be represented as "
                         "Decimal(%u, %u).",
                         value < 0 ? "-" : "", zeros, value < 0 ? "-" : "", n ? "." : "", n, zeros,
                         type.precision, type.scale);
}

vonk_status vonk_eval_ceil(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                           const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    bool up = call->name[0] == 'c';
    if (args[0].type.id == VONK_INT64) {
        *ret = args[0];
        return VONK_OK;
    }
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, call->type, args, call->n_args, n_rows, &out, err));
    vonk_int128 unit = args[0].type.id == VONK_DECIMAL ? vonk_power_of_ten(args[0].type.scale) : 1;
    for (uint32_t i = 0; i < n_rows; i++) {
        if (call->n_args == 2) {
            int digits = vonk_i32_at(&args[1], i);
            vonk_int128 value = ceil_digits(vonk_decimal_at(&args[0], i), args[0].type.scale,
                                            digits, call->type.scale, up);
            if (vonk_result_is_valid(&out, i))
                VONK_TRY(check_rounded(value, digits, call->type, err));
            vonk_decimal_set(&out, i, value);
        } else if (args[0].type.id == VONK_DECIMAL) {
            vonk_decimal_set(&out, i, divide_towards(vonk_decimal_at(&args[0], i), unit, up));
        } else {
            double x = vonk_f64_at(&args[0], i);
            ((int64_t *)out.values)[i] = saturate(up ? ceil(x) : floor(x));
        }
    }
    *ret = out;
    return VONK_OK;
}

/* round(x [, digits]): digits is a constant; of a decimal it decides the type. */
vonk_status vonk_resolve_round(vonk_expr *call, const vonk_eval_settings *settings,
                               vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                               vonk_error *err)
{
    VONK_TRY(vonk_check_n_args(call, 1, 2, err));
    VONK_TRY(vonk_resolve_numeric_arg(call, 0, arena, err));
    vonk_value digits = {.i64 = 0};
    if (call->n_args == 2) {
        VONK_TRY(vonk_resolve_arg(call, 1, VONK_TYPE(INT32), arena, err));
        if (vonk_expr_constant(call->args[1], settings, arena, &digits, NULL) != VONK_OK)
            return vonk_fail_input_type(call, 1, "foldable \"INT\"", err);
    }
    vonk_type t = call->args[0]->type;
    if (t.id == VONK_DECIMAL) {
        int to = digits.is_null ? 0 : (int)digits.i64, whole = t.precision - t.scale + 1;
        if (to < 0)
            t = VONK_TYPE_DECIMAL((uint8_t)min_int(max_int(whole, to < -38 ? 38 : -to + 1), 38), 0);
        else
            t = VONK_TYPE_DECIMAL((uint8_t)min_int(whole + min_int(t.scale, to), 38),
                                  (uint8_t)min_int(t.scale, to));
    }
    *ret_type = t;
    *ret_nullable = true;
    return VONK_OK;
}

/* value / 10^drop * 10^drop, by half up or half even; the caller knows that it fits. */
static vonk_int128 round_digits(vonk_int128 value, int drop, bool half_even)
{
    if (drop > 38)
        return 0;
    vonk_int128 unit = vonk_power_of_ten(drop), quotient = value / unit, rest = value % unit;
    vonk_int128 size = rest < 0 ? -rest : rest, half = unit / 2;
    bool up = size > half || (size == half && drop > 0 && (!half_even || quotient % 2 != 0));
    return quotient + (up ? (value < 0 ? -1 : 1) : 0);
}

/* Through a decimal in Spark, which knows no negative zero: adding 0.0 makes it positive. */
static double without_sign_of_zero(double x)
{
    return x + 0.0;
}

/* Away from ties, one multiplication and one division are right; near them the digits decide. */
static double round_double(double x, int digits, bool half_even)
{
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    if (!isfinite(x) || digits > 330)
        return x;
    if (digits >= 0 && digits <= 6 && fabs(x) < 1e9) {
        double scaled = x * powers[digits], away = fabs(fabs(scaled - trunc(scaled)) - 0.5);
        if (away > 1e-3)
            return nearbyint(scaled) / powers[digits];
    }
    char text[VONK_VALUE_TEXT + 16];
    size_t n = vonk_print_double(x, text);
    vonk_int128 value;
    int scale = 0; /* digits behind the point that hold all of x */
    while (scale < 38 &&
           vonk_parse_decimal((vonk_slice){text, n}, 38, scale, &value) == VONK_PARSE_OK) {
        double back = vonk_decimal_to_double(value, (unsigned)scale);
        if (back == x)
            break;
        scale++;
    }
    if (digits >= scale || scale == 38)
        return x;
    if (vonk_parse_decimal((vonk_slice){text, n}, 38, scale, &value) != VONK_PARSE_OK)
        return x;
    value = round_digits(value, scale - digits, half_even);
    if (digits >= 0)
        return vonk_decimal_to_double(value, (unsigned)digits);
    return (double)value * pow(10, -digits);
}

static vonk_status round_row(const vonk_expr *call, const vonk_column *arg, uint32_t i, int digits,
                             bool half_even, vonk_column *out, vonk_error *err)
{
    vonk_type t = call->type;
    if (t.id == VONK_FLOAT64) {
        ((double *)out->values)[i] =
            without_sign_of_zero(round_double(vonk_f64_at(arg, i), digits, half_even));
    } else if (t.id == VONK_FLOAT32) {
        double x = (double)((const float *)arg->values)[i * vonk_step(arg)];
        ((float *)out->values)[i] = (float)without_sign_of_zero(round_double(x, digits, half_even));
    } else if (t.id == VONK_DECIMAL) {
        vonk_int128 value = vonk_decimal_at(arg, i);
        int drop = arg->type.scale - digits;
        if (drop > 0)
            value = round_digits(value, drop, half_even);
        if (digits < 0)
            value = value == 0 ? 0 : value * vonk_power_of_ten(min_int(-digits, 38));
        VONK_TRY(check_rounded(value, digits, t, err));
        vonk_decimal_set(out, i, value);
    } else {
        int64_t value = vonk_whole_at(arg, i);
        if (digits < 0) {
            vonk_int128 rounded = round_digits(value, -digits, half_even);
            rounded = rounded ? rounded * vonk_power_of_ten(-digits) : 0;
            int64_t least = least_whole(t);
            if (rounded < least || rounded > -(vonk_int128)(least + 1))
                return vonk_fail_sql(err, "ARITHMETIC_OVERFLOW",
                                     "Overflow. If necessary set \"spark.sql.ansi.enabled\" to "
                                     "\"false\" to bypass this error.");
            value = (int64_t)rounded;
        }
        put_whole(out, i, value);
    }
    return VONK_OK;
}

vonk_status vonk_eval_round(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                            const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    bool half_even = call->name[0] == 'b';
    VONK_TRY(vonk_result_new(ctx, call->type, args, call->n_args, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        if (!vonk_result_is_valid(&out, i))
            continue;
        int digits = call->n_args == 2 ? vonk_i32_at(&args[1], i) : 0;
        digits = max_int(min_int(digits, 1000), -1000);
        VONK_TRY(round_row(call, &args[0], i, digits, half_even, &out, err));
    }
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_eval_isnan(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                            const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)call;
    vonk_column out;
    VONK_TRY(vonk_column_new(ctx->arena, VONK_TYPE(BOOL), n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++)
        vonk_bit_set(out.values, i,
                     vonk_column_is_valid(&args[0], i) && isnan(vonk_f64_at(&args[0], i)));
    *ret = out;
    return VONK_OK;
}

/* greatest and least: nulls are passed over. */
vonk_status vonk_eval_greatest(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                               const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    bool greatest = call->name[0] == 'g';
    vonk_column out;
    uint32_t *rows = vonk_arena_alloc(ctx->arena, sizeof(uint32_t) * ((size_t)n_rows + 1), err);
    VONK_TRY_ALLOC(rows);
    VONK_TRY(vonk_column_new(ctx->arena, call->type, n_rows, &out, err));
    VONK_TRY(vonk_column_add_validity(ctx->arena, &out, err));
    memset(out.validity, 0, vonk_bitmap_words(n_rows) * 8);
    if (call->type.id != VONK_BOOL) /* what stays null can be read */
        memset(out.values, 0, n_rows * vonk_type_width(call->type));
    for (uint32_t a = 0; a < call->n_args; a++) {
        uint32_t n = 0;
        for (uint32_t i = 0; i < n_rows; i++) {
            if (!vonk_column_is_valid(&args[a], i))
                continue;
            int order = 1;
            if (vonk_bit_get(out.validity, i))
                order = vonk_compare_rows(&args[a], i, &out, i) * (greatest ? 1 : -1);
            if (order > 0)
                rows[n++] = i;
        }
        for (uint32_t i = 0; i < n; i++)
            vonk_bit_set(out.validity, rows[i], true);
        vonk_scatter_same(&args[a], rows, n, &out);
    }
    *ret = out;
    return VONK_OK;
}

static vonk_status pmod_decimal(const vonk_column *args, uint32_t i, vonk_column *out)
{
    vonk_int128 a = vonk_decimal_at(&args[0], i), b = vonk_decimal_at(&args[1], i), r;
    unsigned sa = args[0].type.scale, sb = args[1].type.scale;
    if (vonk_decimal_mod(a, sa, b, sb, out->type, &r) != VONK_DECIMAL_OK)
        return VONK_INVALID;
    if (r < 0) {
        vonk_int128 sum;
        if (vonk_decimal_add(r, out->type.scale, b, sb, VONK_TYPE_DECIMAL(38, out->type.scale),
                             &sum) != VONK_DECIMAL_OK ||
            vonk_decimal_mod(sum, out->type.scale, b, sb, out->type, &r) != VONK_DECIMAL_OK)
            return VONK_INVALID;
    }
    vonk_decimal_set(out, i, r);
    return VONK_OK;
}

static vonk_status pmod_row(const vonk_column *args, uint32_t i, vonk_column *out)
{
    if (out->type.id == VONK_DECIMAL)
        return pmod_decimal(args, i, out);
    if (out->type.id == VONK_FLOAT64 || out->type.id == VONK_FLOAT32) {
        double b = vonk_number_at(&args[1], i);
        if (b == 0)
            return VONK_INVALID;
        double r = fmod(vonk_number_at(&args[0], i), b);
        r = r < 0 ? fmod(r + b, b) : r;
        if (out->type.id == VONK_FLOAT64)
            ((double *)out->values)[i] = r;
        else
            ((float *)out->values)[i] = (float)r;
        return VONK_OK;
    }
    vonk_int128 b = vonk_whole_at(&args[1], i);
    if (b == 0)
        return VONK_INVALID;
    vonk_int128 r = (vonk_int128)vonk_whole_at(&args[0], i) % b;
    put_whole(out, i, (int64_t)(r < 0 ? (r + b) % b : r));
    return VONK_OK;
}

vonk_status vonk_eval_pmod(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                           const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, call->type, args, 2, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        if (!vonk_result_is_valid(&out, i) || pmod_row(args, i, &out) == VONK_OK)
            continue;
        if (ctx->settings->ansi)
            return vonk_fail_sql(err, "REMAINDER_BY_ZERO",
                                 "Remainder by zero. Use `try_mod` to tolerate divisor being 0 and "
                                 "return NULL instead. If necessary set \"spark.sql.ansi.enabled\" "
                                 "to \"false\" to bypass this error.");
        VONK_TRY(vonk_result_null(ctx, &out, i, err));
    }
    *ret = out;
    return VONK_OK;
}
