/* next_day.c - next_day and timestamp_seconds. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "expr/calendar.h"
#include "expr/decimal_math.h"
#include "expr/function_list.h"
#include "expr/operand.h"

/* Monday 1 .. Sunday 7 of "mo", "MON" or "Monday"; 0 for other words. */
static int32_t weekday_of(vonk_slice name)
{
    static const char *const days[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};
    for (int32_t i = 0; i < 7; i++) {
        vonk_slice day = vonk_slice_of(days[i]);
        bool is_whole = name.length == day.length;
        if (!is_whole && name.length != 2 && name.length != 3)
            continue;
        if (vonk_slice_equal_nocase(name, (vonk_slice){day.data, name.length}))
            return i + 1;
    }
    return 0;
}

/* next_day(date, weekday): the first such day after the date. */
vonk_status vonk_eval_next_day(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                               const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)call;
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(DATE), args, 2, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        if (!vonk_result_is_valid(&out, i))
            continue;
        vonk_slice name = vonk_string_slice(vonk_string_at(&args[1], i));
        int64_t days = vonk_i32_at(&args[0], i);
        int32_t weekday = weekday_of(name);
        if (!weekday && ctx->settings->ansi)
            return vonk_fail_sql(err, "ILLEGAL_DAY_OF_WEEK", "Illegal input for day of week: %.*s.",
                                 name.length < 100 ? (int)name.length : 100,
                                 name.length ? name.data : "");
        if (!weekday)
            VONK_TRY(vonk_result_null(ctx, &out, i, err));
        else
            ((int32_t *)out.values)[i] =
                (int32_t)(days + 1 + vonk_floor_mod(weekday - vonk_iso_weekday(days + 1), 7));
    }
    *ret = out;
    return VONK_OK;
}

/* timestamp_seconds(number): whole numbers as bigint, decimals and doubles as they are. */
vonk_status vonk_resolve_timestamp_seconds(vonk_expr *call, const vonk_eval_settings *settings,
                                           vonk_arena *arena, vonk_type *ret_type,
                                           bool *ret_nullable, vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 1, 1, err));
    vonk_type t = call->args[0]->type;
    if (!vonk_type_is_numeric(t) && t.id != VONK_NULL)
        return vonk_fail_input_type(call, 0, "\"NUMERIC\"", err);
    bool is_float = t.id == VONK_FLOAT32 || t.id == VONK_FLOAT64;
    if (t.id != VONK_DECIMAL)
        VONK_TRY(vonk_resolve_arg(call, 0, is_float ? VONK_TYPE(FLOAT64) : VONK_TYPE(INT64), arena,
                                  err));
    *ret_type = VONK_TYPE(TIMESTAMP);
    *ret_nullable = call->args[0]->nullable || is_float;
    return VONK_OK;
}

/* As Java casts double to long. */
static int64_t saturate(double x)
{
    if (x >= 0x1p63)
        return INT64_MAX;
    return x <= -0x1p63 ? INT64_MIN : (int64_t)x;
}

/* Microseconds of a decimal; what does not fit, and digits below microseconds, are errors. */
static vonk_status decimal_us(const vonk_column *col, uint32_t row, int64_t *ret, vonk_error *err)
{
    vonk_int128 us = vonk_decimal_at(col, row);
    int shift = 6 - col->type.scale;
    if (shift < 0) {
        vonk_int128 unit = vonk_power_of_ten(-shift);
        if (us % unit != 0)
            return vonk_fail_sql(err, "ARITHMETIC_OVERFLOW", "Rounding necessary");
        us /= unit;
    } else if (!vonk_decimal_shift(us, shift, &us)) {
        return vonk_fail_sql(err, "ARITHMETIC_OVERFLOW", "Overflow");
    }
    *ret = (int64_t)us;
    return us == *ret ? VONK_OK : vonk_fail_sql(err, "ARITHMETIC_OVERFLOW", "Overflow");
}

vonk_status vonk_eval_timestamp_seconds(const vonk_expr *call, const vonk_column *args,
                                        uint32_t n_rows, const vonk_eval *ctx, vonk_column *ret,
                                        vonk_error *err)
{
    (void)call;
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(TIMESTAMP), args, 1, n_rows, &out, err));
    int64_t *values = out.values;
    for (uint32_t i = 0; i < n_rows; i++) {
        values[i] = 0;
        if (!vonk_result_is_valid(&out, i))
            continue;
        if (args[0].type.id == VONK_DECIMAL) {
            VONK_TRY(decimal_us(&args[0], i, &values[i], err));
        } else if (args[0].type.id == VONK_FLOAT64) {
            double seconds = vonk_f64_at(&args[0], i);
            if (isfinite(seconds))
                values[i] = saturate(seconds * 1e6);
            else
                VONK_TRY(vonk_result_null(ctx, &out, i, err));
        } else if (__builtin_mul_overflow(vonk_i64_at(&args[0], i), VONK_US_PER_SECOND,
                                          &values[i])) {
            return vonk_fail_sql(err, "ARITHMETIC_OVERFLOW", "long overflow");
        }
    }
    *ret = out;
    return VONK_OK;
}
