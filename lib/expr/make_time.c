/*
 * make_time.c - dates, timestamps and intervals of their parts: make_date, make_timestamp and its
 * like, make_dt_interval, make_ym_interval.
 */
#include <stdio.h>
#include <string.h>

#include "expr/calendar.h"
#include "expr/cast_internal.h"
#include "expr/function_list.h"
#include "expr/time_math.h"

static vonk_status fail_field(const char *what, vonk_error *err)
{
    return vonk_fail_sql(err, "DATETIME_FIELD_OUT_OF_BOUNDS.WITH_SUGGESTION",
                         "%s. If necessary set \"spark.sql.ansi.enabled\" to \"false\" to bypass "
                         "this error.",
                         what);
}

void vonk_describe_bad_date(int32_t y, int32_t m, int32_t d, char what[VONK_BAD_TIME_TEXT])
{
    static const char *const months[] = {"JANUARY",   "FEBRUARY", "MARCH",    "APRIL",
                                         "MAY",       "JUNE",     "JULY",     "AUGUST",
                                         "SEPTEMBER", "OCTOBER",  "NOVEMBER", "DECEMBER"};
    if (y < -999999999 || y > 999999999)
        (void)snprintf(what, VONK_BAD_TIME_TEXT,
                       "Invalid value for Year (valid values -999999999 - 999999999): %d", y);
    else if (m < 1 || m > 12)
        (void)snprintf(what, VONK_BAD_TIME_TEXT,
                       "Invalid value for MonthOfYear (valid values 1 - 12): %d", m);
    else if (d < 1 || d > 31)
        (void)snprintf(what, VONK_BAD_TIME_TEXT,
                       "Invalid value for DayOfMonth (valid values 1 - 28/31): %d", d);
    else if (m == 2 && d == 29)
        (void)snprintf(what, VONK_BAD_TIME_TEXT,
                       "Invalid date 'February 29' as '%d' is not a leap year", y);
    else
        (void)snprintf(what, VONK_BAD_TIME_TEXT, "Invalid date '%s %d'", months[m - 1], d);
}

void vonk_describe_bad_clock(int32_t hour, int32_t minute, int64_t second,
                             char what[VONK_BAD_TIME_TEXT])
{
    if (hour < 0 || hour > 23)
        (void)snprintf(what, VONK_BAD_TIME_TEXT,
                       "Invalid value for HourOfDay (valid values 0 - 23): %d", hour);
    else if (minute < 0 || minute > 59)
        (void)snprintf(what, VONK_BAD_TIME_TEXT,
                       "Invalid value for MinuteOfHour (valid values 0 - 59): %d", minute);
    else
        (void)snprintf(what, VONK_BAD_TIME_TEXT,
                       "Invalid value for SecondOfMinute (valid values 0 - 59): %lld",
                       (long long)second);
}

static vonk_status fail_make_date(int32_t y, int32_t m, int32_t d, vonk_error *err)
{
    if (m >= 1 && m <= 12 && d >= 1 && d <= vonk_days_in_month(y, m) && y >= -999999999 &&
        y <= 999999999)
        return vonk_fail_overflow(err);
    char what[VONK_BAD_TIME_TEXT];
    vonk_describe_bad_date(y, m, d, what);
    return fail_field(what, err);
}

static bool is_date(int32_t y, int32_t m, int32_t d)
{
    return m >= 1 && m <= 12 && d >= 1 && d <= vonk_days_in_month(y, m) && y > -5000000 &&
           y < 5000000;
}

/* make_date(y, m, d). */
vonk_status vonk_eval_make_date(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)call;
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(DATE), args, 3, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        int32_t y = vonk_i32_at(&args[0], i), m = vonk_i32_at(&args[1], i);
        int32_t d = vonk_i32_at(&args[2], i);
        if (is_date(y, m, d)) {
            ((int32_t *)out.values)[i] = (int32_t)vonk_days_from_civil(y, m, d);
        } else if (!vonk_result_is_valid(&out, i) || !ctx->settings->ansi) {
            VONK_TRY(vonk_result_null(ctx, &out, i, err));
        } else {
            return fail_make_date(y, m, d, err);
        }
    }
    *ret = out;
    return VONK_OK;
}

/* Whole numbers, then seconds: a decimal of six places; then a time zone, if there may be one. */
static vonk_status resolve_parts(vonk_expr *call, uint32_t n_whole, vonk_type seconds,
                                 vonk_arena *arena, vonk_error *err)
{
    for (uint32_t i = 0; i < call->n_args; i++) {
        vonk_type type = i < n_whole    ? VONK_TYPE(INT32)
                         : i == n_whole ? seconds
                                        : VONK_TYPE(STRING);
        VONK_TRY(vonk_resolve_arg(call, i, type, arena, err));
    }
    return VONK_OK;
}

vonk_status vonk_resolve_make_timestamp(vonk_expr *call, const vonk_eval_settings *settings,
                                        vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                        vonk_error *err)
{
    bool is_local = strstr(call->name, "_ntz") != NULL;
    VONK_TRY(vonk_check_n_args(call, 6, is_local ? 6 : 7, err));
    VONK_TRY(resolve_parts(call, 5, VONK_TYPE_DECIMAL(16, 6), arena, err));
    *ret_type = is_local ? VONK_TYPE(TIMESTAMP_NTZ) : VONK_TYPE(TIMESTAMP);
    *ret_nullable = !settings->ansi || call->name[0] == 't' || vonk_any_nullable(call);
    return VONK_OK;
}

static vonk_status fail_fraction(int64_t us, vonk_error *err)
{
    int64_t fraction = us % VONK_US_PER_SECOND;
    int places = 6;
    for (; places > 1 && fraction % 10 == 0; places--)
        fraction /= 10;
    return vonk_fail_sql(
        err, "INVALID_FRACTION_OF_SECOND",
        "Valid range for seconds is [0, 60] (inclusive), but the provided value is 60.%0*lld. To "
        "avoid "
        "this error, use `try_make_timestamp`, which returns NULL on error.\nIf you do not want to "
        "use the session default timestamp version of this function, use `try_make_timestamp_ntz` "
        "or `try_make_timestamp_ltz`.",
        places, (long long)fraction);
}

static vonk_status fail_clock(int32_t hour, int32_t minute, int64_t us, vonk_error *err)
{
    char what[VONK_BAD_TIME_TEXT];
    int64_t second = vonk_floor_div(us, VONK_US_PER_SECOND);
    if (hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59 && second == 60)
        return fail_fraction(us, err);
    vonk_describe_bad_clock(hour, minute, second, what);
    return fail_field(what, err);
}

/* One row's local time; a minute may have 60 seconds, which begin the next one. */
static vonk_status local_time(const vonk_column *args, uint32_t row, int64_t *ret, vonk_error *err)
{
    int32_t y = vonk_i32_at(&args[0], row), m = vonk_i32_at(&args[1], row);
    int32_t d = vonk_i32_at(&args[2], row), hour = vonk_i32_at(&args[3], row);
    int32_t minute = vonk_i32_at(&args[4], row);
    int64_t us = (int64_t)vonk_decimal_at(&args[5], row), days_us;
    if (!is_date(y, m, d))
        return fail_make_date(y, m, d, err);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || us < 0 ||
        us > 60 * VONK_US_PER_SECOND)
        return fail_clock(hour, minute, us, err);
    if (__builtin_mul_overflow(vonk_days_from_civil(y, m, d), VONK_US_PER_DAY, &days_us) ||
        __builtin_add_overflow(days_us, (hour * 60 + minute) * 60 * VONK_US_PER_SECOND + us, ret))
        return vonk_fail_sql(err, "ARITHMETIC_OVERFLOW", "long overflow");
    return VONK_OK;
}

static vonk_status zone_at(const vonk_eval *ctx, const vonk_column *names, uint32_t row,
                           vonk_time_zone *ret, vonk_error *err)
{
    vonk_slice name = vonk_string_slice(vonk_string_at(names, row));
    return vonk_time_zone_find(name, ctx->arena, ret, err);
}

/* make_timestamp(y, m, d, hour, minute, second [, zone]), ..._ltz, ..._ntz, try_... */
vonk_status vonk_eval_make_timestamp(const vonk_expr *call, const vonk_column *args,
                                     uint32_t n_rows, const vonk_eval *ctx, vonk_column *ret,
                                     vonk_error *err)
{
    vonk_column out;
    vonk_time_zone zone;
    bool fails = ctx->settings->ansi && call->name[0] != 't', has_zone = call->n_args == 7;
    VONK_TRY(vonk_session_zone(ctx, &zone, err));
    VONK_TRY(vonk_result_new(ctx, call->type, args, call->n_args, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        int64_t us = 0;
        if (!vonk_result_is_valid(&out, i))
            continue;
        vonk_status status = local_time(args, i, &us, fails ? err : NULL);
        if (status == VONK_OK && has_zone)
            status = zone_at(ctx, &args[6], i, &zone, fails ? err : NULL);
        if (status != VONK_OK && (fails || status != VONK_USER))
            return status;
        if (status != VONK_OK)
            VONK_TRY(vonk_result_null(ctx, &out, i, err));
        bool is_local = call->type.id == VONK_TIMESTAMP_NTZ;
        ((int64_t *)out.values)[i] = is_local ? us : vonk_local_to_utc(&zone, us);
    }
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_resolve_make_interval_part(vonk_expr *call, const vonk_eval_settings *settings,
                                            vonk_arena *arena, vonk_type *ret_type,
                                            bool *ret_nullable, vonk_error *err)
{
    (void)settings;
    bool months = !strcmp(call->name, "make_ym_interval");
    VONK_TRY(vonk_check_n_args(call, 0, months ? 2 : 4, err));
    VONK_TRY(resolve_parts(call, months ? 2 : 3, VONK_TYPE_DECIMAL(18, 6), arena, err));
    *ret_type = months ? VONK_TYPE(INTERVAL_YM) : VONK_TYPE(INTERVAL_DT);
    *ret_nullable = vonk_any_nullable(call);
    return VONK_OK;
}

/* make_dt_interval([days [, hours [, minutes [, seconds]]]]), make_ym_interval([years [, months]])
 */
vonk_status vonk_eval_make_interval_part(const vonk_expr *call, const vonk_column *args,
                                         uint32_t n_rows, const vonk_eval *ctx, vonk_column *ret,
                                         vonk_error *err)
{
    static const int64_t day_time[] = {VONK_US_PER_DAY, INT64_C(3600000000), INT64_C(60000000), 1};
    static const int64_t year_month[] = {12, 1, 0, 0};
    vonk_column out;
    bool months = call->type.id == VONK_INTERVAL_YM;
    VONK_TRY(vonk_result_new(ctx, call->type, args, call->n_args, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        vonk_int128 sum = 0; /* what any arguments give fits */
        for (uint32_t k = 0; k < call->n_args && k < VONK_LENGTH(day_time); k++) {
            bool whole = args[k].type.id == VONK_INT32;
            vonk_int128 part = whole ? vonk_i32_at(&args[k], i) : vonk_decimal_at(&args[k], i);
            sum += part * (months ? year_month : day_time)[k];
        }
        bool fits = months ? sum == (int32_t)sum : sum == (int64_t)sum;
        if (!fits && vonk_result_is_valid(&out, i))
            return vonk_fail_interval_overflow(NULL, err);
        if (months)
            ((int32_t *)out.values)[i] = (int32_t)sum;
        else
            ((int64_t *)out.values)[i] = (int64_t)sum;
    }
    *ret = out;
    return VONK_OK;
}
