/* datetime_text.c - dates and timestamps from text and to text by patterns, and Unix times. */
#include <string.h>

#include "expr/calendar.h"
#include "expr/cast.h"
#include "expr/cast_internal.h"
#include "expr/datetime_format.h"
#include "expr/function_list.h"

static const char default_pattern[] = "yyyy-MM-dd HH:mm:ss";

/* The pattern of a row, checked once if it is a constant. */
static vonk_status pattern_at(const vonk_column *col, uint32_t row, bool to_read, vonk_slice *ret,
                              vonk_error *err)
{
    if (!col) {
        *ret = VONK_SLICE(default_pattern);
        return VONK_OK;
    }
    *ret = vonk_string_slice(vonk_string_at(col, row));
    if (row > 0 && col->encoding == VONK_CONSTANT)
        return VONK_OK;
    return vonk_datetime_pattern_check(*ret, to_read, err);
}

/* date_format(timestamp, pattern), from_unixtime(seconds [, pattern]). */
vonk_status vonk_eval_date_format(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                  const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    vonk_time_zone zone;
    vonk_buffer text = {0};
    bool unix_time = args[0].type.id == VONK_INT64;
    VONK_TRY(vonk_session_zone(ctx, &zone, err));
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(STRING), args, call->n_args, n_rows, &out, err));
    vonk_status status = VONK_OK;
    for (uint32_t i = 0; i < n_rows && status == VONK_OK; i++) {
        vonk_slice pattern;
        int64_t us = vonk_i64_at(&args[0], i);
        ((vonk_string *)out.values)[i] = (vonk_string){0};
        if (!vonk_result_is_valid(&out, i))
            continue;
        status = pattern_at(call->n_args == 2 ? &args[1] : NULL, i, false, &pattern, err);
        if (unix_time && __builtin_mul_overflow(us, VONK_US_PER_SECOND, &us))
            us = us < 0 ? INT64_MIN : INT64_MAX;
        text.length = 0;
        if (status == VONK_OK) {
            vonk_datetime_print(pattern, vonk_utc_to_local(&zone, us), &text);
            status = vonk_buffer_check(&text, err);
        }
        if (status == VONK_OK)
            status = vonk_result_string(ctx, &out, i, (vonk_slice){text.data, text.length}, err);
    }
    vonk_buffer_free(&text);
    if (status == VONK_OK)
        *ret = out;
    return status;
}

static vonk_status fail_parse(const char *name, vonk_slice text, const char *why, vonk_error *err)
{
    return vonk_fail_sql(err, "CANNOT_PARSE_TIMESTAMP",
                         "Text '%.*s' could not be parsed%s. Use `%s` to tolerate invalid input "
                         "string and return NULL instead.",
                         (int)(text.length < 200 ? text.length : 200), text.data, why, name);
}

/* Seconds, days or microseconds, by the result's type. */
static void put_time(vonk_column *out, uint32_t row, int64_t local_us, const vonk_time_zone *zone)
{
    if (out->type.id == VONK_DATE)
        ((int32_t *)out->values)[row] = (int32_t)vonk_floor_div(local_us, VONK_US_PER_DAY);
    else if (out->type.id == VONK_TIMESTAMP_NTZ)
        ((int64_t *)out->values)[row] = local_us;
    else if (out->type.id == VONK_TIMESTAMP)
        ((int64_t *)out->values)[row] = vonk_local_to_utc(zone, local_us);
    else
        ((int64_t *)out->values)[row] =
            vonk_floor_div(vonk_local_to_utc(zone, local_us), VONK_US_PER_SECOND);
}

/* The zone that a text named, or `session`; false if there is no such zone. */
static bool find_zone(vonk_slice name, const vonk_time_zone *session, vonk_arena *arena,
                      vonk_time_zone *ret)
{
    static const char *const short_ids[][2] = {
        {"PST", "America/Los_Angeles"}, {"MST", "-07:00"},
        {"CST", "America/Chicago"},     {"EST", "-05:00"},
        {"JST", "Asia/Tokyo"},          {"IST", "Asia/Kolkata"}};
    *ret = *session;
    if (!name.length)
        return true;
    for (size_t i = 0; i < VONK_LENGTH(short_ids); i++) {
        if (name.length == 3 && !memcmp(name.data, short_ids[i][0], 3))
            name = vonk_slice_of(short_ids[i][1]);
    }
    return vonk_time_zone_find(name, arena, ret, NULL) == VONK_OK;
}

static vonk_status parse_texts(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                               const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    vonk_time_zone zone;
    bool is_try = !strncmp(call->name, "try_", 4) || !ctx->settings->ansi;
    VONK_TRY(vonk_session_zone(ctx, &zone, err));
    VONK_TRY(vonk_result_new(ctx, call->type, args, call->n_args, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        vonk_slice pattern, text = vonk_string_slice(vonk_string_at(&args[0], i));
        int64_t local_us = 0;
        vonk_slice zone_name = {0};
        vonk_time_zone own;
        char why[VONK_BAD_TIME_TEXT + 2];
        put_time(&out, i, 0, &zone);
        if (!vonk_result_is_valid(&out, i))
            continue;
        VONK_TRY(pattern_at(call->n_args == 2 ? &args[1] : NULL, i, true, &pattern, err));
        if (vonk_datetime_read(pattern, text, &local_us, &zone_name, why) &&
            find_zone(zone_name, &zone, ctx->arena, &own))
            put_time(&out, i, local_us, &own);
        else if (is_try)
            VONK_TRY(vonk_result_null(ctx, &out, i, err));
        else
            return fail_parse(call->type.id == VONK_DATE ? "try_to_date" : "try_to_timestamp", text,
                              why, err);
    }
    *ret = out;
    return VONK_OK;
}

/* to_date, to_timestamp and their try_ twins: casts without a pattern. */
vonk_status vonk_eval_to_date(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                              const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    if (call->n_args == 2 && args[0].type.id == VONK_STRING)
        return parse_texts(call, args, n_rows, ctx, ret, err);
    vonk_cast_mode mode = ctx->settings->ansi ? VONK_CAST_ANSI : VONK_CAST_LEGACY;
    if (!strncmp(call->name, "try_", 4))
        mode = VONK_CAST_TRY;
    return vonk_cast(ctx, mode, call->type, &args[0], ret, err);
}

vonk_status vonk_resolve_to_date(vonk_expr *call, const vonk_eval_settings *settings,
                                 vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                 vonk_error *err)
{
    bool is_date = strstr(call->name, "date") != NULL;
    VONK_TRY(vonk_check_n_args(call, 1, 2, err));
    *ret_type = is_date ? VONK_TYPE(DATE) : VONK_TYPE(TIMESTAMP);
    *ret_nullable = true;
    if (!vonk_can_cast(call->args[0]->type, *ret_type, settings->ansi))
        return vonk_fail_input_type(call, 0,
                                    "(\"STRING\" or \"DATE\" or \"TIMESTAMP\" or "
                                    "\"TIMESTAMP_NTZ\")",
                                    err);
    return call->n_args == 2 ? vonk_resolve_arg(call, 1, VONK_TYPE(STRING), arena, err) : VONK_OK;
}

/* to_timestamp_ntz and to_timestamp_ltz: of anything that becomes text. */
vonk_status vonk_resolve_to_local(vonk_expr *call, const vonk_eval_settings *settings,
                                  vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                  vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 1, 2, err));
    vonk_type t = call->args[0]->type;
    bool is_time = t.id == VONK_DATE || t.id == VONK_TIMESTAMP || t.id == VONK_TIMESTAMP_NTZ;
    if (!is_time)
        VONK_TRY(vonk_resolve_arg(call, 0, VONK_TYPE(STRING), arena, err));
    if (call->n_args == 2)
        VONK_TRY(vonk_resolve_arg(call, 1, VONK_TYPE(STRING), arena, err));
    *ret_type = strstr(call->name, "ntz") ? VONK_TYPE(TIMESTAMP_NTZ) : VONK_TYPE(TIMESTAMP);
    *ret_nullable = true;
    return VONK_OK;
}

/* unix_timestamp([t [, pattern]]), to_unix_timestamp: seconds since the epoch. */
vonk_status vonk_resolve_unix_timestamp(vonk_expr *call, const vonk_eval_settings *settings,
                                        vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                        vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 0, 2, err));
    *ret_type = VONK_TYPE(INT64);
    *ret_nullable = call->n_args > 0;
    if (call->n_args == 0)
        return VONK_OK;
    vonk_type t = call->args[0]->type;
    if (t.id != VONK_STRING)
        VONK_TRY(vonk_resolve_arg(call, 0, VONK_TYPE(TIMESTAMP), arena, err));
    return call->n_args == 2 ? vonk_resolve_arg(call, 1, VONK_TYPE(STRING), arena, err) : VONK_OK;
}

vonk_status vonk_eval_unix_timestamp(const vonk_expr *call, const vonk_column *args,
                                     uint32_t n_rows, const vonk_eval *ctx, vonk_column *ret,
                                     vonk_error *err)
{
    if (call->n_args == 0)
        return vonk_eval_now(call, args, n_rows, ctx, ret, err);
    if (args[0].type.id == VONK_STRING)
        return parse_texts(call, args, n_rows, ctx, ret, err);
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(INT64), args, 1, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++)
        ((int64_t *)out.values)[i] = vonk_floor_div(vonk_i64_at(&args[0], i), VONK_US_PER_SECOND);
    *ret = out;
    return VONK_OK;
}

/* How many units of the named function make a second; timestamp_* multiply, unix_* divide. */
static int64_t us_per_unit(const char *name)
{
    if (strstr(name, "micros"))
        return 1;
    return strstr(name, "millis") ? 1000 : VONK_US_PER_SECOND;
}

/* Those of timestamp_millis and the like, whose arguments Spark does not cast from text. */
vonk_status vonk_resolve_unix_unit(vonk_expr *call, const vonk_eval_settings *settings,
                                   vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                   vonk_error *err)
{
    bool from_number = call->name[0] == 't', of_date = !strcmp(call->name, "unix_date");
    VONK_TRY(vonk_check_n_args(call, 1, 1, err));
    vonk_type t = call->args[0]->type;
    bool fits =
        from_number ? vonk_type_is_integral(t) : t.id == (of_date ? VONK_DATE : VONK_TIMESTAMP);
    if (!fits && t.id != VONK_NULL)
        return vonk_fail_input_type(call, 0,
                                    from_number ? "\"INTEGRAL\""
                                    : of_date   ? "\"DATE\""
                                                : "\"TIMESTAMP\"",
                                    err);
    return vonk_resolve_signature(call, settings, arena, ret_type, ret_nullable, err);
}

/* timestamp_seconds, timestamp_millis, timestamp_micros, unix_seconds, ..., unix_date. */
vonk_status vonk_eval_unix_unit(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    int64_t unit = us_per_unit(call->name);
    VONK_TRY(vonk_result_new(ctx, call->type, args, 1, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        if (args[0].type.id == VONK_DATE || call->type.id == VONK_DATE) {
            ((int32_t *)out.values)[i] = vonk_i32_at(&args[0], i);
            continue;
        }
        int64_t value = vonk_i64_at(&args[0], i);
        if (call->type.id == VONK_INT64)
            value = vonk_floor_div(value, unit);
        else if (__builtin_mul_overflow(value, unit, &value) && vonk_result_is_valid(&out, i))
            return vonk_fail_sql(err, "ARITHMETIC_OVERFLOW", "long overflow.");
        ((int64_t *)out.values)[i] = value;
    }
    *ret = out;
    return VONK_OK;
}
