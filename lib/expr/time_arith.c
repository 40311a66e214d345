/* time_arith.c - dates, timestamps and intervals added, subtracted and multiplied. */
#include <math.h>
#include <string.h>

#include "expr/calendar.h"
#include "expr/cast_internal.h"
#include "expr/function_list.h"
#include "expr/time_math.h"
#include "kernel/decimal.h"

static vonk_status overflow(vonk_error *err)
{
    return vonk_fail_sql(err, "DATETIME_OVERFLOW", "Datetime operation overflow: %s.",
                         "the result does not fit its type");
}

int64_t vonk_add_months_to_days(int64_t days, int64_t months)
{
    vonk_civil c = vonk_civil_from_days(days);
    int64_t total = (int64_t)c.year * 12 + (c.month - 1) + months;
    int64_t year = vonk_floor_div(total, 12);
    int32_t month = (int32_t)vonk_floor_mod(total, 12) + 1;
    int32_t last = vonk_days_in_month(year, month);
    return vonk_days_from_civil(year, month, c.day < last ? c.day : last);
}

bool vonk_add_months_to_local(int64_t local_us, int64_t months, int64_t *ret)
{
    int64_t days = vonk_floor_div(local_us, VONK_US_PER_DAY), us;
    int64_t clock_us = vonk_floor_mod(local_us, VONK_US_PER_DAY);
    return !__builtin_mul_overflow(vonk_add_months_to_days(days, months), VONK_US_PER_DAY, &us) &&
           !__builtin_add_overflow(us, clock_us, ret);
}

/* An interval that has no negative. */
static bool is_least(const vonk_column *interval, int64_t value)
{
    return value == (interval->type.id == VONK_INTERVAL_YM ? INT32_MIN : INT64_MIN);
}

static vonk_status date_plus(const vonk_column *args, uint32_t n_rows, int sign, vonk_column *out,
                             vonk_error *err)
{
    int32_t *values = out->values;
    for (uint32_t i = 0; i < n_rows; i++) {
        int64_t days = vonk_i32_at(&args[0], i), by = vonk_whole_at(&args[1], i);
        if (VONK_UNLIKELY(sign < 0 && is_least(&args[1], by)) && vonk_result_is_valid(out, i))
            return vonk_fail_interval_overflow(NULL, err);
        by = sign < 0 ? (int64_t)(0 - (uint64_t)by) : by;
        if (args[1].type.id == VONK_INT32) { /* wraps, as Java's int */
            values[i] = (int32_t)(uint32_t)(days + by);
            continue;
        }
        if (args[1].type.id == VONK_INTERVAL_YM)
            days = vonk_add_months_to_days(days, by);
        else
            days += vonk_floor_div(by, VONK_US_PER_DAY);
        if (VONK_UNLIKELY(days != (int32_t)days) && vonk_result_is_valid(out, i))
            return args[1].type.id == VONK_INTERVAL_YM ? vonk_fail_overflow(err) : overflow(err);
        values[i] = (int32_t)days;
    }
    return VONK_OK;
}

static vonk_status timestamp_plus(const vonk_column *args, uint32_t n_rows, int sign,
                                  const vonk_time_zone *zone, vonk_column *out, vonk_error *err)
{
    int64_t *values = out->values;
    bool by_months = args[1].type.id == VONK_INTERVAL_YM;
    for (uint32_t i = 0; i < n_rows; i++) {
        int64_t us = vonk_i64_at(&args[0], i), by = vonk_whole_at(&args[1], i);
        bool bad = false;
        if (VONK_UNLIKELY(sign < 0 && is_least(&args[1], by)) && vonk_result_is_valid(out, i))
            return vonk_fail_interval_overflow(NULL, err);
        by = sign < 0 ? (int64_t)(0 - (uint64_t)by) : by;
        if (by_months) {
            int64_t local_us = 0;
            bad |= !vonk_add_months_to_local(vonk_utc_to_local(zone, us), by, &local_us);
            us = vonk_local_to_utc(zone, local_us);
        } else {
            bad |= __builtin_add_overflow(us, by, &us);
        }
        if (VONK_UNLIKELY(bad) && vonk_result_is_valid(out, i))
            return overflow(err);
        values[i] = us;
    }
    return VONK_OK;
}

/* Of timestamps: between their local date-times, so that a day is a day when clocks change. */
static vonk_status difference(const vonk_column *args, uint32_t n_rows, const vonk_time_zone *zone,
                              vonk_column *out, vonk_error *err)
{
    int64_t unit = args[0].type.id == VONK_DATE ? VONK_US_PER_DAY : 1;
    bool is_instant = args[0].type.id == VONK_TIMESTAMP;
    for (uint32_t i = 0; i < n_rows; i++) {
        int64_t us, a = vonk_whole_at(&args[0], i), b = vonk_whole_at(&args[1], i);
        if (is_instant) {
            a = vonk_utc_to_local(zone, a);
            b = vonk_utc_to_local(zone, b);
        }
        bool bad = __builtin_sub_overflow(a, b, &us);
        bad |= __builtin_mul_overflow(us, unit, &us);
        if (VONK_UNLIKELY(bad) && vonk_result_is_valid(out, i))
            return overflow(err);
        ((int64_t *)out->values)[i] = us;
    }
    return VONK_OK;
}

vonk_status vonk_fail_interval_overflow(const char *try_name, vonk_error *err)
{
    if (try_name)
        return vonk_fail_sql(err, "INTERVAL_ARITHMETIC_OVERFLOW.WITH_SUGGESTION",
                             "Integer overflow while operating with intervals. Use `%s` to "
                             "tolerate overflow and return NULL instead.",
                             try_name);
    return vonk_fail_sql(err, "INTERVAL_ARITHMETIC_OVERFLOW.WITHOUT_SUGGESTION",
                         "Integer overflow while operating with intervals. Try devising "
                         "appropriate values for the interval parameters.");
}

static vonk_status interval_overflow(const char *op, vonk_error *err)
{
    const char *try_name = op[0] == '+' ? "try_add" : op[0] == '-' ? "try_subtract" : NULL;
    return vonk_fail_interval_overflow(try_name, err);
}

/* How often one interval is in another. */
static vonk_status interval_quotient(const vonk_column *args, uint32_t n_rows, vonk_column *out,
                                     vonk_error *err)
{
    for (uint32_t i = 0; i < n_rows; i++) {
        int64_t a = vonk_whole_at(&args[0], i), b = vonk_whole_at(&args[1], i);
        bool valid = vonk_result_is_valid(out, i), bad = b == -1 && a == INT64_MIN;
        if (valid && b == 0)
            return vonk_fail_sql(err, "DIVIDE_BY_ZERO",
                                 "Division by zero. Use `try_divide` to tolerate divisor being 0 "
                                 "and return NULL instead. If necessary set "
                                 "\"spark.sql.ansi.enabled\" to \"false\" to bypass this error.");
        if (valid && bad)
            return vonk_fail_sql(err, "ARITHMETIC_OVERFLOW",
                                 "Overflow in integral divide. Use 'try_divide' to tolerate "
                                 "overflow and return NULL instead. If necessary set "
                                 "\"spark.sql.ansi.enabled\" to \"false\" to bypass this error.");
        int64_t value = b == 0 || bad ? 0 : a / b;
        bool months = args[0].type.id == VONK_INTERVAL_YM; /* of 32 bits: -2^31 / -1 wraps */
        ((int64_t *)out->values)[i] = months ? (int32_t)value : value;
    }
    return VONK_OK;
}

/* interval * x or interval / x, rounded half up; false if it does not fit. */
static bool scale_interval(const char *op, int64_t a, const vonk_column *by, uint32_t row,
                           int64_t *ret)
{
    if (by->type.id == VONK_INT64) {
        int64_t n = vonk_i64_at(by, row);
        if (op[0] == '*')
            return !__builtin_mul_overflow(a, n, ret);
        bool up = n != 0 && n != INT64_MIN;
        vonk_int128 quotient =
            up ? vonk_decimal_div_half_up(n < 0 ? -(vonk_int128)a : a, n < 0 ? -n : n) : 0;
        *ret = (int64_t)quotient;
        return quotient == *ret;
    }
    double x = vonk_f64_at(by, row);
    x = round(op[0] == '*' ? (double)a * x : (double)a / x);
    *ret = x > -0x1p63 && x < 0x1p63 ? (int64_t)x : 0;
    return x > -0x1p63 && x < 0x1p63;
}

static bool is_zero(const vonk_column *by, uint32_t row)
{
    return by->type.id == VONK_INT64 ? vonk_i64_at(by, row) == 0 : vonk_f64_at(by, row) == 0;
}

/* interval + interval, interval - interval, interval * x, interval / x */
static vonk_status interval_arith(const char *name, const vonk_column *args, uint32_t n_rows,
                                  vonk_column *out, vonk_error *err)
{
    bool is_months = out->type.id == VONK_INTERVAL_YM;
    for (uint32_t i = 0; i < n_rows; i++) {
        int64_t a = vonk_whole_at(&args[0], i), b = vonk_whole_at(&args[1], i), value = 0;
        bool bad, valid = vonk_result_is_valid(out, i);
        if (name[0] == '/' && valid && is_zero(&args[1], i))
            return vonk_fail_sql(err, "INTERVAL_DIVIDED_BY_ZERO",
                                 "Division by zero. Use `try_divide` to tolerate divisor being 0 "
                                 "and return NULL instead.");
        if (name[0] == '+')
            bad = __builtin_add_overflow(a, b, &value);
        else if (name[0] == '-')
            bad = __builtin_sub_overflow(a, b, &value);
        else
            bad = !scale_interval(name, a, &args[1], i, &value);
        bad |= is_months && value != (int32_t)value;
        if (VONK_UNLIKELY(bad) && valid)
            return interval_overflow(name, err);
        if (is_months)
            ((int32_t *)out->values)[i] = (int32_t)value;
        else
            ((int64_t *)out->values)[i] = value;
    }
    return VONK_OK;
}

vonk_status vonk_eval_time_arith(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                 const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column flat[2], out;
    for (int i = 0; i < 2; i++) {
        flat[i] = args[i];
        if (args[i].encoding == VONK_DICTIONARY)
            VONK_TRY(vonk_column_flatten(ctx->arena, &args[i], &flat[i], err));
    }
    vonk_time_zone zone = VONK_UTC;
    if (args[0].type.id == VONK_TIMESTAMP)
        VONK_TRY(vonk_session_zone(ctx, &zone, err));
    VONK_TRY(vonk_result_new(ctx, call->type, flat, 2, n_rows, &out, err));
    int sign = call->name[0] == '-' ? -1 : 1;
    bool is_interval = args[0].type.id == VONK_INTERVAL_DT || args[0].type.id == VONK_INTERVAL_YM;
    if (is_interval && call->type.id == VONK_INT64)
        VONK_TRY(interval_quotient(flat, n_rows, &out, err));
    else if (is_interval)
        VONK_TRY(interval_arith(call->name, flat, n_rows, &out, err));
    else if (call->type.id == VONK_INTERVAL_DT)
        VONK_TRY(difference(flat, n_rows, &zone, &out, err));
    else if (call->type.id == VONK_DATE)
        VONK_TRY(date_plus(flat, n_rows, sign, &out, err));
    else
        VONK_TRY(timestamp_plus(flat, n_rows, sign, &zone, &out, err));
    *ret = out;
    return VONK_OK;
}
