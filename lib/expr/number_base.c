/* number_base.c - numbers in other bases, bits, buckets: conv, bin, getbit, width_bucket. */
#include <math.h>
#include <string.h>

#include "expr/function_list.h"
#include "expr/row_text.h"

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

static vonk_slice trim_spaces(const vonk_eval_settings *settings, vonk_slice s)
{
    size_t steps = 0;
    while (s.length && s.data[0] == ' ' && !vonk_eval_stops_at(settings, &steps))
        s = (vonk_slice){s.data + 1, s.length - 1};
    while (s.length && s.data[s.length - 1] == ' ' && !vonk_eval_stops_at(settings, &steps))
        s.length--;
    return s;
}

/* Digits up to the first that is none of `base`; false if they do not fit 64 bits. */
static bool parse_unsigned(const vonk_eval_settings *settings, vonk_slice s, uint32_t base,
                           uint64_t *ret)
{
    uint64_t value = 0;
    size_t steps = 0;
    for (size_t i = 0; i < s.length && !vonk_eval_stops_at(settings, &steps); i++) {
        int digit = digit_of(s.data[i]);
        if ((uint32_t)digit >= base)
            break;
        if (__builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit, &value)) {
            *ret = UINT64_MAX;
            return false;
        }
    }
    *ret = value;
    return true;
}

static void put_unsigned(vonk_buffer *out, uint64_t value, uint32_t base, bool negative)
{
    char text[65];
    size_t at = sizeof text;
    do {
        uint32_t digit = (uint32_t)(value % base);
        text[--at] = (char)(digit < 10 ? '0' + digit : 'A' + digit - 10);
        value /= base;
    } while (value && at);
    if (negative)
        vonk_buffer_char(out, '-');
    vonk_buffer_append(out, text + at, sizeof text - at);
}

/* Source: Spark's NumberConverter. A negative target base means signed. */
static vonk_status conv(vonk_row_call *r, vonk_error *err)
{
    vonk_slice s = vonk_row_text(r, 0);
    int64_t from = vonk_i32_at(&r->args[1], r->row), to = vonk_i32_at(&r->args[2], r->row);
    uint64_t base = (uint64_t)(to < 0 ? -to : to), value;
    s = trim_spaces(r->ctx->settings, s);
    if (from < 2 || from > 36 || base < 2 || base > 36 || !s.length) {
        r->is_null = true;
        return VONK_OK;
    }
    bool negative = s.data[0] == '-';
    if (negative)
        s = (vonk_slice){s.data + 1, s.length - 1};
    if (!parse_unsigned(r->ctx->settings, s, (uint32_t)from, &value) && r->ctx->settings->ansi)
        return vonk_fail_sql(err, "ARITHMETIC_OVERFLOW",
                             "Overflow in function conv(). If necessary set "
                             "\"spark.sql.ansi.enabled\" to \"false\" to bypass this error.");
    if (negative && to > 0)
        value = (int64_t)value < 0 ? UINT64_MAX : 0 - value;
    if (to < 0 && (int64_t)value < 0) {
        value = 0 - value;
        negative = true;
    }
    put_unsigned(r->out, value, (uint32_t)base, negative && to < 0);
    return VONK_OK;
}

vonk_status vonk_eval_conv(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                           const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    return vonk_eval_text_rows(call, args, n_rows, ctx, conv, ret, err);
}

static vonk_status bin(vonk_row_call *r, vonk_error *err)
{
    (void)err;
    put_unsigned(r->out, (uint64_t)vonk_i64_at(&r->args[0], r->row), 2, false);
    return VONK_OK;
}

vonk_status vonk_eval_bin(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                          const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    return vonk_eval_text_rows(call, args, n_rows, ctx, bin, ret, err);
}

/* getbit(x, position): a tinyint, 0 or 1. */
vonk_status vonk_resolve_getbit(vonk_expr *call, const vonk_eval_settings *settings,
                                vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 2, 2, err));
    vonk_type t = call->args[0]->type;
    if (t.id == VONK_NULL || t.id == VONK_STRING)
        VONK_TRY(vonk_resolve_arg(call, 0, VONK_TYPE(INT64), arena, err));
    else if (!vonk_type_is_integral(t))
        return vonk_fail_input_type(call, 0, "\"INTEGRAL\"", err);
    VONK_TRY(vonk_resolve_arg(call, 1, VONK_TYPE(INT32), arena, err));
    *ret_type = VONK_TYPE(INT8);
    *ret_nullable = vonk_any_nullable(call);
    return VONK_OK;
}

vonk_status vonk_eval_getbit(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                             const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    int32_t n_bits = (int32_t)vonk_type_width(args[0].type) * 8;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(INT8), args, 2, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        int32_t at = vonk_i32_at(&args[1], i);
        bool inside = at >= 0 && at < n_bits;
        if (!inside && vonk_result_is_valid(&out, i))
            return vonk_fail_sql(err, "INVALID_PARAMETER_VALUE.BIT_POSITION_RANGE",
                                 "The value of parameter(s) `pos` in `%s` is invalid: expects an "
                                 "integer value in [0, %d), but got %d.",
                                 call->name, n_bits, at);
        ((int8_t *)out.values)[i] = (int8_t)(inside ? vonk_whole_at(&args[0], i) >> at & 1 : 0);
    }
    *ret = out;
    return VONK_OK;
}

/* width_bucket(x, least, most, n): x, least and most are numbers or intervals of one kind. */
vonk_status vonk_resolve_width_bucket(vonk_expr *call, const vonk_eval_settings *settings,
                                      vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                      vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 4, 4, err));
    vonk_type first = call->args[0]->type;
    bool interval = first.id == VONK_INTERVAL_YM || first.id == VONK_INTERVAL_DT;
    for (uint32_t i = 0; i < 3; i++)
        VONK_TRY(vonk_resolve_arg(call, i, interval ? first : VONK_TYPE(FLOAT64), arena, err));
    VONK_TRY(vonk_resolve_arg(call, 3, VONK_TYPE(INT64), arena, err));
    *ret_type = VONK_TYPE(INT64);
    *ret_nullable = true;
    return VONK_OK;
}

/* The number of the bucket, 0 and n + 1 for what lies outside; false: null. */
static bool find_bucket(double x, double a, double b, int64_t n, int64_t *ret)
{
    if (n <= 0 || n == INT64_MAX || isnan(x) || a == b || !isfinite(a) || !isfinite(b))
        return false;
    double least = fmin(a, b), most = fmax(a, b);
    double part = a < b ? x - least : most - x;
    bool before = a < b ? x < least : x > most, behind = a < b ? x >= most : x <= least;
    if (before)
        *ret = 0;
    else if (behind)
        *ret = n + 1;
    else
        *ret = (int64_t)((double)n * part / (most - least)) + 1;
    return true;
}

vonk_status vonk_eval_width_bucket(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                   const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)call;
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(INT64), args, 4, n_rows, &out, err));
    bool interval = args[0].type.id != VONK_FLOAT64;
    for (uint32_t i = 0; i < n_rows; i++) {
        double v[3];
        int64_t bucket = 0;
        for (uint32_t k = 0; k < 3; k++)
            v[k] = interval ? (double)vonk_whole_at(&args[k], i) : vonk_f64_at(&args[k], i);
        bool found = vonk_result_is_valid(&out, i) &&
                     find_bucket(v[0], v[1], v[2], vonk_i64_at(&args[3], i), &bucket);
        ((int64_t *)out.values)[i] = bucket;
        if (!found)
            VONK_TRY(vonk_result_null(ctx, &out, i, err));
    }
    *ret = out;
    return VONK_OK;
}
