/* datetime_functions.c - parts of dates and timestamps, and arithmetic with them. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "expr/calendar.h"
#include "expr/cast_internal.h"
#include "expr/function_list.h"
#include "expr/print_value.h"
#include "expr/time_math.h"

typedef enum part {
    PART_YEAR,
    PART_YEAR_OF_WEEK,
    PART_QUARTER,
    PART_MONTH,
    PART_WEEK,
    PART_DAY,
    PART_DAY_OF_WEEK,
    PART_WEEKDAY,
    PART_DAY_OF_WEEK_ISO,
    PART_DAY_OF_YEAR,
    PART_HOUR,
    PART_MINUTE,
    PART_SECOND,
    PART_NONE,
} part;

/* Names of functions, and of fields of extract. */
static const struct {
    const char *name;
    part part;
} parts[] = {
    {"year", PART_YEAR},
    {"y", PART_YEAR},
    {"years", PART_YEAR},
    {"yr", PART_YEAR},
    {"yrs", PART_YEAR},
    {"yearofweek", PART_YEAR_OF_WEEK},
    {"quarter", PART_QUARTER},
    {"qtr", PART_QUARTER},
    {"month", PART_MONTH},
    {"mon", PART_MONTH},
    {"mons", PART_MONTH},
    {"months", PART_MONTH},
    {"week", PART_WEEK},
    {"w", PART_WEEK},
    {"weeks", PART_WEEK},
    {"weekofyear", PART_WEEK},
    {"day", PART_DAY},
    {"d", PART_DAY},
    {"days", PART_DAY},
    {"dayofmonth", PART_DAY},
    {"dayofweek", PART_DAY_OF_WEEK},
    {"dow", PART_DAY_OF_WEEK},
    {"weekday", PART_WEEKDAY},
    {"dayofweek_iso", PART_DAY_OF_WEEK_ISO},
    {"dow_iso", PART_DAY_OF_WEEK_ISO},
    {"dayofyear", PART_DAY_OF_YEAR},
    {"doy", PART_DAY_OF_YEAR},
    {"hour", PART_HOUR},
    {"h", PART_HOUR},
    {"hours", PART_HOUR},
    {"hr", PART_HOUR},
    {"hrs", PART_HOUR},
    {"minute", PART_MINUTE},
    {"m", PART_MINUTE},
    {"min", PART_MINUTE},
    {"mins", PART_MINUTE},
    {"minutes", PART_MINUTE},
    {"second", PART_SECOND},
    {"s", PART_SECOND},
    {"sec", PART_SECOND},
    {"secs", PART_SECOND},
    {"seconds", PART_SECOND},
};

static part find_part(vonk_slice name)
{
    for (size_t i = 0; i < VONK_LENGTH(parts); i++)
        if (vonk_slice_equal_nocase(name, vonk_slice_of(parts[i].name)))
            return parts[i].part;
    return PART_NONE;
}

/* Day number of the Thursday of the ISO week of `days`: its year is the week's. */
static int64_t thursday_of(int64_t days)
{
    return days + 4 - vonk_iso_weekday(days);
}

static int32_t date_part(part which, int64_t days)
{
    switch (which) {
    case PART_YEAR:
        return vonk_civil_from_days(days).year;
    case PART_YEAR_OF_WEEK:
        return vonk_civil_from_days(thursday_of(days)).year;
    case PART_QUARTER:
        return (vonk_civil_from_days(days).month + 2) / 3;
    case PART_MONTH:
        return vonk_civil_from_days(days).month;
    case PART_WEEK:
        return (vonk_day_of_year(thursday_of(days)) + 6) / 7;
    case PART_DAY:
        return vonk_civil_from_days(days).day;
    case PART_DAY_OF_WEEK:
        return vonk_iso_weekday(days) % 7 + 1;
    case PART_WEEKDAY:
        return vonk_iso_weekday(days) - 1;
    case PART_DAY_OF_WEEK_ISO:
        return vonk_iso_weekday(days);
    default:
        return vonk_day_of_year(days);
    }
}

static int32_t clock_part(part which, int64_t local_us)
{
    int64_t days;
    vonk_clock c = vonk_clock_from_us(local_us, &days);
    return which == PART_HOUR ? c.hour : which == PART_MINUTE ? c.minute : c.second;
}

/* Local time of row `row` of either kind of timestamp. */
static int64_t local_us_at(const vonk_column *col, uint32_t row, const vonk_time_zone *zone)
{
    int64_t us = vonk_i64_at(col, row);
    return col->type.id == VONK_TIMESTAMP ? vonk_utc_to_local(zone, us) : us;
}

static vonk_status zone_of(const vonk_eval *ctx, const vonk_column *col, vonk_time_zone *ret,
                           vonk_error *err)
{
    *ret = VONK_UTC;
    return col->type.id == VONK_TIMESTAMP ? vonk_session_zone(ctx, ret, err) : VONK_OK;
}

/* year, month, ... weekofyear of a date. */
vonk_status vonk_eval_date_part(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    part which = find_part(vonk_slice_of(call->name));
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(INT32), args, 1, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++)
        ((int32_t *)out.values)[i] = date_part(which, vonk_i32_at(&args[0], i));
    *ret = out;
    return VONK_OK;
}

/* hour, minute, second of a timestamp. */
vonk_status vonk_eval_clock_part(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                 const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    vonk_time_zone zone;
    part which = find_part(vonk_slice_of(call->name));
    VONK_TRY(zone_of(ctx, &args[0], &zone, err));
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(INT32), args, 1, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++)
        ((int32_t *)out.values)[i] = clock_part(which, local_us_at(&args[0], i, &zone));
    *ret = out;
    return VONK_OK;
}

/* Timestamps as they are; all else becomes a timestamp. */
static vonk_status resolve_timestamp_arg(vonk_expr *call, uint32_t i, vonk_arena *arena,
                                         vonk_error *err)
{
    if (call->args[i]->type.id == VONK_TIMESTAMP_NTZ)
        return VONK_OK;
    return vonk_resolve_arg(call, i, VONK_TYPE(TIMESTAMP), arena, err);
}

vonk_status vonk_resolve_clock_part(vonk_expr *call, const vonk_eval_settings *settings,
                                    vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                    vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 1, 1, err));
    VONK_TRY(resolve_timestamp_arg(call, 0, arena, err));
    *ret_type = VONK_TYPE(INT32);
    *ret_nullable = call->args[0]->nullable;
    return VONK_OK;
}

static part extract_part(const vonk_expr *call)
{
    const vonk_expr *field = call->args[0];
    if (field->kind != VONK_EXPR_LITERAL || field->type.id != VONK_STRING || field->value.is_null)
        return PART_NONE;
    return find_part(field->value.string);
}

static bool is_interval(vonk_type t)
{
    return t.id == VONK_INTERVAL_DT || t.id == VONK_INTERVAL_YM;
}

/* extract(field, source), date_part, datepart: int, but decimal(8,6) for seconds. */
vonk_status vonk_resolve_extract(vonk_expr *call, const vonk_eval_settings *settings,
                                 vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                 vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 2, 2, err));
    part which = extract_part(call);
    if (which == PART_NONE) {
        vonk_buffer field = {0}, source = {0};
        vonk_expr_print(call->args[0], false, &field);
        vonk_expr_print(call->args[1], true, &source);
        vonk_status status =
            vonk_fail_sql(err, "INVALID_EXTRACT_FIELD", "Cannot extract `%.100s` from \"%.400s\".",
                          vonk_buffer_str(&field), vonk_buffer_str(&source));
        vonk_buffer_free(&field);
        vonk_buffer_free(&source);
        return vonk_error_at(err, status, call->start, call->end);
    }
    vonk_type source = call->args[1]->type;
    if (!is_interval(source) && source.id != VONK_DATE)
        VONK_TRY(resolve_timestamp_arg(call, 1, arena, err));
    if (source.id == VONK_DATE && which >= PART_HOUR)
        VONK_TRY(vonk_resolve_arg(call, 1, VONK_TYPE(TIMESTAMP), arena, err));
    *ret_type = which == PART_SECOND ? VONK_TYPE_DECIMAL(8, 6) : VONK_TYPE(INT32);
    *ret_nullable = call->args[1]->nullable;
    return VONK_OK;
}

/* Intervals keep their sign in every part. */
static int64_t interval_part(part which, vonk_type type, int64_t value)
{
    if (type.id == VONK_INTERVAL_YM)
        return which == PART_YEAR ? value / 12 : which == PART_MONTH ? value % 12 : 0;
    switch (which) {
    case PART_DAY:
        return value / VONK_US_PER_DAY;
    case PART_HOUR:
        return value % VONK_US_PER_DAY / (3600 * VONK_US_PER_SECOND);
    case PART_MINUTE:
        return value % (3600 * VONK_US_PER_SECOND) / (60 * VONK_US_PER_SECOND);
    case PART_SECOND:
        return value % (60 * VONK_US_PER_SECOND);
    default:
        return 0;
    }
}

static int64_t extract_row(part which, const vonk_column *col, uint32_t row,
                           const vonk_time_zone *zone)
{
    if (is_interval(col->type))
        return interval_part(which, col->type, vonk_whole_at(col, row));
    if (col->type.id == VONK_DATE)
        return date_part(which, vonk_i32_at(col, row));
    int64_t local_us = local_us_at(col, row, zone);
    if (which == PART_SECOND)
        return vonk_floor_mod(local_us, 60 * VONK_US_PER_SECOND);
    if (which >= PART_HOUR)
        return clock_part(which, local_us);
    return date_part(which, vonk_floor_div(local_us, VONK_US_PER_DAY));
}

vonk_status vonk_eval_extract(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                              const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    vonk_time_zone zone;
    part which = extract_part(call);
    VONK_TRY(zone_of(ctx, &args[1], &zone, err));
    VONK_TRY(vonk_result_new(ctx, call->type, &args[1], 1, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        int64_t value = extract_row(which, &args[1], i, &zone);
        if (call->type.id == VONK_DECIMAL)
            ((int64_t *)out.values)[i] = value;
        else
            ((int32_t *)out.values)[i] = (int32_t)value;
    }
    *ret = out;
    return VONK_OK;
}

/* date_add, date_sub, add_months: of a date and an int. */
vonk_status vonk_eval_date_add(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                               const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    bool months = !strcmp(call->name, "add_months");
    int sign = !strcmp(call->name, "date_sub") ? -1 : 1;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(DATE), args, 2, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        int64_t days = vonk_i32_at(&args[0], i), by = (int64_t)sign * vonk_i32_at(&args[1], i);
        days = months ? vonk_add_months_to_days(days, by) : days + by;
        if (VONK_UNLIKELY(months && days != (int32_t)days) && vonk_result_is_valid(&out, i))
            return vonk_fail_sql(err, "ARITHMETIC_OVERFLOW",
                                 "overflow. If necessary set \"spark.sql.ansi.enabled\" to "
                                 "\"false\" to bypass this error.");
        ((int32_t *)out.values)[i] = (int32_t)days; /* wraps, as Java's int does */
    }
    *ret = out;
    return VONK_OK;
}

/* datediff(end, start). */
vonk_status vonk_eval_datediff(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                               const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)call;
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(INT32), args, 2, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++)
        ((int32_t *)out.values)[i] =
            (int32_t)((int64_t)vonk_i32_at(&args[0], i) - vonk_i32_at(&args[1], i));
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_eval_last_day(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                               const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)call;
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(DATE), args, 1, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        vonk_civil c = vonk_civil_from_days(vonk_i32_at(&args[0], i));
        ((int32_t *)out.values)[i] =
            (int32_t)vonk_days_from_civil(c.year, c.month, vonk_days_in_month(c.year, c.month));
    }
    *ret = out;
    return VONK_OK;
}

/* Whole months if the days of the month agree or are both the last; else 31-day months, too. */
static double months_between(int64_t a_us, int64_t b_us, bool round_off)
{
    int64_t a_days = vonk_floor_div(a_us, VONK_US_PER_DAY);
    int64_t b_days = vonk_floor_div(b_us, VONK_US_PER_DAY);
    vonk_civil a = vonk_civil_from_days(a_days), b = vonk_civil_from_days(b_days);
    double months = ((double)a.year - b.year) * 12 + (a.month - b.month);
    bool both_last = a.day == vonk_days_in_month(a.year, a.month) &&
                     b.day == vonk_days_in_month(b.year, b.month);
    if (a.day == b.day || both_last)
        return months;
    int64_t a_seconds = vonk_floor_div(a_us - a_days * VONK_US_PER_DAY, VONK_US_PER_SECOND);
    int64_t b_seconds = vonk_floor_div(b_us - b_days * VONK_US_PER_DAY, VONK_US_PER_SECOND);
    double seconds = (double)((a.day - b.day) * INT64_C(86400) + a_seconds - b_seconds);
    double value = months + seconds / (31 * 86400.0);
    return round_off ? round(value * 1e8) / 1e8 : value;
}

vonk_status vonk_eval_months_between(const vonk_expr *call, const vonk_column *args,
                                     uint32_t n_rows, const vonk_eval *ctx, vonk_column *ret,
                                     vonk_error *err)
{
    vonk_column out;
    vonk_time_zone zone;
    VONK_TRY(zone_of(ctx, &args[0], &zone, err));
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(FLOAT64), args, call->n_args, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        bool round_off = call->n_args < 3 || vonk_bool_at(&args[2], i);
        ((double *)out.values)[i] = months_between(local_us_at(&args[0], i, &zone),
                                                   local_us_at(&args[1], i, &zone), round_off);
    }
    *ret = out;
    return VONK_OK;
}

/* Units that trunc and date_trunc cut to, in order of size. */
typedef enum unit {
    UNIT_NONE,
    UNIT_MICROSECOND,
    UNIT_MILLISECOND,
    UNIT_SECOND,
    UNIT_MINUTE,
    UNIT_HOUR,
    UNIT_DAY,
    UNIT_WEEK,
    UNIT_MONTH,
    UNIT_QUARTER,
    UNIT_YEAR,
} unit;

static unit find_unit(vonk_slice name)
{
    static const struct {
        const char *name;
        unit unit;
    } units[] = {{"microsecond", UNIT_MICROSECOND},
                 {"millisecond", UNIT_MILLISECOND},
                 {"second", UNIT_SECOND},
                 {"minute", UNIT_MINUTE},
                 {"hour", UNIT_HOUR},
                 {"day", UNIT_DAY},
                 {"dd", UNIT_DAY},
                 {"week", UNIT_WEEK},
                 {"month", UNIT_MONTH},
                 {"mon", UNIT_MONTH},
                 {"mm", UNIT_MONTH},
                 {"quarter", UNIT_QUARTER},
                 {"year", UNIT_YEAR},
                 {"yyyy", UNIT_YEAR},
                 {"yy", UNIT_YEAR}};
    for (size_t i = 0; i < VONK_LENGTH(units); i++)
        if (vonk_slice_equal_nocase(name, vonk_slice_of(units[i].name)))
            return units[i].unit;
    return UNIT_NONE;
}

static int64_t truncate_days(int64_t days, unit to)
{
    if (to == UNIT_WEEK)
        return days - vonk_iso_weekday(days) + 1;
    vonk_civil c = vonk_civil_from_days(days);
    if (to == UNIT_YEAR)
        return vonk_days_from_civil(c.year, 1, 1);
    if (to == UNIT_QUARTER)
        return vonk_days_from_civil(c.year, (c.month - 1) / 3 * 3 + 1, 1);
    return to == UNIT_MONTH ? vonk_days_from_civil(c.year, c.month, 1) : days;
}

static int64_t truncate_local(int64_t us, unit to)
{
    static const int64_t widths[] = {[UNIT_MICROSECOND] = 1,
                                     [UNIT_MILLISECOND] = 1000,
                                     [UNIT_SECOND] = INT64_C(1000000),
                                     [UNIT_MINUTE] = INT64_C(60000000),
                                     [UNIT_HOUR] = INT64_C(3600000000)};
    if (us < INT64_MIN + 400 * VONK_US_PER_DAY)
        return us; /* the year before it has no room */
    if (to <= UNIT_HOUR)
        return us - vonk_floor_mod(us, widths[to]);
    return truncate_days(vonk_floor_div(us, VONK_US_PER_DAY), to) * VONK_US_PER_DAY;
}

/* trunc(date, format): null for a unit smaller than a week. */
vonk_status vonk_eval_trunc(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                            const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)call;
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(DATE), args, 2, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        unit to = find_unit(vonk_string_slice(vonk_string_at(&args[1], i)));
        if (to < UNIT_WEEK)
            VONK_TRY(vonk_result_null(ctx, &out, i, err));
        else
            ((int32_t *)out.values)[i] = (int32_t)truncate_days(vonk_i32_at(&args[0], i), to);
    }
    *ret = out;
    return VONK_OK;
}

/* date_trunc(format, timestamp). */
vonk_status vonk_eval_date_trunc(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                 const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)call;
    vonk_column out;
    vonk_time_zone zone;
    VONK_TRY(vonk_session_zone(ctx, &zone, err));
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(TIMESTAMP), args, 2, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        unit to = find_unit(vonk_string_slice(vonk_string_at(&args[0], i)));
        if (to == UNIT_NONE) {
            VONK_TRY(vonk_result_null(ctx, &out, i, err));
            continue;
        }
        int64_t local_us = vonk_utc_to_local(&zone, vonk_i64_at(&args[1], i));
        ((int64_t *)out.values)[i] = vonk_local_to_utc(&zone, truncate_local(local_us, to));
    }
    *ret = out;
    return VONK_OK;
}

/* current_date, curdate, current_timestamp, now, localtimestamp, unix_timestamp without argument.
 */
vonk_status vonk_eval_now(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                          const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    vonk_time_zone zone;
    VONK_TRY(vonk_session_zone(ctx, &zone, err));
    VONK_TRY(vonk_result_new(ctx, call->type, args, 0, n_rows, &out, err));
    int64_t now = ctx->settings->now_us, local = vonk_utc_to_local(&zone, now);
    for (uint32_t i = 0; i < n_rows; i++) {
        if (call->type.id == VONK_DATE)
            ((int32_t *)out.values)[i] = (int32_t)vonk_floor_div(local, VONK_US_PER_DAY);
        else if (call->type.id == VONK_INT64)
            ((int64_t *)out.values)[i] = vonk_floor_div(now, VONK_US_PER_SECOND);
        else
            ((int64_t *)out.values)[i] = call->type.id == VONK_TIMESTAMP ? now : local;
    }
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_resolve_now(vonk_expr *call, const vonk_eval_settings *settings, vonk_arena *arena,
                             vonk_type *ret_type, bool *ret_nullable, vonk_error *err)
{
    (void)settings;
    (void)arena;
    VONK_TRY(vonk_check_n_args(call, 0, 0, err));
    bool date = !strcmp(call->name, "current_date") || !strcmp(call->name, "curdate");
    bool local = !strcmp(call->name, "localtimestamp");
    *ret_type = date ? VONK_TYPE(DATE) : local ? VONK_TYPE(TIMESTAMP_NTZ) : VONK_TYPE(TIMESTAMP);
    *ret_nullable = false;
    return VONK_OK;
}

/* timestampadd(unit, n, t) and timestampdiff(unit, a, b), with the unit as a string literal. */
static int64_t unit_us(unit u)
{
    static const int64_t widths[] = {[UNIT_MICROSECOND] = 1,
                                     [UNIT_MILLISECOND] = 1000,
                                     [UNIT_SECOND] = INT64_C(1000000),
                                     [UNIT_MINUTE] = INT64_C(60000000),
                                     [UNIT_HOUR] = INT64_C(3600000000),
                                     [UNIT_DAY] = VONK_US_PER_DAY,
                                     [UNIT_WEEK] = 7 * VONK_US_PER_DAY};
    return widths[u];
}

static int32_t unit_months(unit u)
{
    return u == UNIT_YEAR ? 12 : u == UNIT_QUARTER ? 3 : 1;
}

static unit unit_arg(const vonk_expr *call)
{
    const vonk_expr *e = call->args[0];
    if (e->kind != VONK_EXPR_LITERAL || e->type.id != VONK_STRING || e->value.is_null)
        return UNIT_NONE;
    return vonk_slice_equal_nocase(e->value.string, VONK_SLICE("dayofyear"))
               ? UNIT_DAY
               : find_unit(e->value.string);
}

vonk_status vonk_resolve_timestampadd(vonk_expr *call, const vonk_eval_settings *settings,
                                      vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                      vonk_error *err)
{
    (void)settings;
    bool is_diff = !strcmp(call->name, "timestampdiff");
    VONK_TRY(vonk_check_n_args(call, 3, 3, err));
    if (unit_arg(call) == UNIT_NONE)
        return vonk_fail_input_type(call, 0, "date or time unit", err);
    VONK_TRY(
        vonk_resolve_arg(call, 1, is_diff ? VONK_TYPE(TIMESTAMP) : VONK_TYPE(INT64), arena, err));
    VONK_TRY(vonk_resolve_arg(call, 2, VONK_TYPE(TIMESTAMP), arena, err));
    *ret_type = is_diff ? VONK_TYPE(INT64) : VONK_TYPE(TIMESTAMP);
    *ret_nullable = vonk_any_nullable(call);
    return VONK_OK;
}

/* Whole months from a to b, towards zero, as java.time counts them. */
static int64_t whole_months(int64_t a, int64_t b)
{
    int64_t from = vonk_floor_div(a, VONK_US_PER_DAY), to = vonk_floor_div(b, VONK_US_PER_DAY);
    int64_t from_us = vonk_floor_mod(a, VONK_US_PER_DAY),
            to_us = vonk_floor_mod(b, VONK_US_PER_DAY);
    if (to > from && to_us < from_us)
        to--;
    else if (to < from && to_us > from_us)
        to++;
    vonk_civil x = vonk_civil_from_days(from), y = vonk_civil_from_days(to);
    return ((((int64_t)y.year - x.year) * 12 + y.month - x.month) * 32 + y.day - x.day) / 32;
}

static vonk_status fail_timestampadd(const vonk_expr *call, const vonk_time_zone *zone, int64_t n,
                                     int64_t us, vonk_error *err)
{
    char time[VONK_VALUE_TEXT], name[16];
    vonk_slice word = call->args[0]->value.string;
    size_t length = word.length < sizeof name ? word.length : sizeof name;
    for (size_t i = 0; i < length; i++)
        name[i] = (char)(word.data[i] & ~0x20);
    int shown = (int)vonk_print_timestamp(vonk_utc_to_local(zone, us), time);
    return vonk_fail_sql(err, "DATETIME_OVERFLOW",
                         "Datetime operation overflow: add %lldL %.*s to TIMESTAMP '%.*s'.",
                         (long long)n, (int)length, name, shown, time);
}

vonk_status vonk_eval_timestampadd(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                   const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    vonk_time_zone zone;
    unit u = unit_arg(call);
    assert(u != UNIT_NONE); /* resolving has checked it */
    bool by_months = u >= UNIT_MONTH, is_diff = call->type.id == VONK_INT64;
    VONK_TRY(vonk_session_zone(ctx, &zone, err));
    VONK_TRY(vonk_result_new(ctx, call->type, args + 1, 2, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        int64_t a = vonk_i64_at(&args[1], i), b = vonk_i64_at(&args[2], i), value = 0;
        bool bad = false;
        if (is_diff) {
            int64_t from = vonk_utc_to_local(&zone, a), to = vonk_utc_to_local(&zone, b), us = 0;
            bad = __builtin_sub_overflow(to, from, &us);
            value = by_months ? whole_months(from, to) / unit_months(u) : us / unit_us(u);
        } else if (by_months) {
            bad = a > INT32_MAX || a < INT32_MIN;
            bad = bad || !vonk_add_months_to_local(vonk_utc_to_local(&zone, b), a * unit_months(u),
                                                   &value);
            value = vonk_local_to_utc(&zone, value);
        } else {
            bad = __builtin_mul_overflow(a, unit_us(u), &value);
            int64_t local = vonk_utc_to_local(&zone, b);
            bad |= __builtin_add_overflow(u >= UNIT_DAY ? local : b, value, &value);
            if (u >= UNIT_DAY)
                value = vonk_local_to_utc(&zone, value);
        }
        if (bad && vonk_result_is_valid(&out, i))
            return fail_timestampadd(call, &zone, a, b, err);
        ((int64_t *)out.values)[i] = value;
    }
    *ret = out;
    return VONK_OK;
}

/* date_add(d, n), date_sub: n is tinyint, smallint or int, or a string of one. */
vonk_status vonk_resolve_date_add(vonk_expr *call, const vonk_eval_settings *settings,
                                  vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                  vonk_error *err)
{
    static const char required[] = "(\"INT\" or \"SMALLINT\" or \"TINYINT\")";
    VONK_TRY(vonk_check_n_args(call, 2, 2, err));
    vonk_type t = call->args[1]->type;
    bool whole = t.id == VONK_INT8 || t.id == VONK_INT16 || t.id == VONK_INT32;
    bool text = t.id == VONK_STRING && (settings->ansi || call->args[1]->kind == VONK_EXPR_LITERAL);
    if (!whole && !text && t.id != VONK_NULL)
        return vonk_fail_input_type(call, 1, required, err);
    VONK_TRY(vonk_resolve_arg(call, 0, VONK_TYPE(DATE), arena, err));
    VONK_TRY(vonk_resolve_arg(call, 1, VONK_TYPE(INT32), arena, err));
    *ret_type = VONK_TYPE(DATE);
    *ret_nullable = vonk_any_nullable(call);
    return VONK_OK;
}
