/*
 * parse_datetime.c - dates and timestamps from text.
 *
 * Source: the grammar in Spark's SparkDateTimeUtils (stringToDate, parseTimestampString).
 */
#include <string.h>

#include "expr/calendar.h"
#include "expr/parse_value.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool civil_to_days(int64_t year, int32_t month, int32_t day, int64_t *ret)
{
    if (month < 1 || month > 12 || day < 1 || day > vonk_days_in_month(year, month))
        return false;
    *ret = vonk_days_from_civil(year, month, day);
    return true;
}

/* Reads at most `max` digits at *at; the number of digits is returned. */
static int read_number(const char **at, const char *end, int max, int32_t *ret)
{
    const char *p = *at;
    int32_t value = 0;
    while (p < end && is_digit(*p) && p - *at < max)
        value = value * 10 + (*p++ - '0');
    int n = (int)(p - *at);
    *ret = value;
    *at = p;
    return n;
}

typedef struct date_parts {
    int64_t year;
    int32_t month, day;
    int n_parts; /* 1: only a year */
} date_parts;

/* [+-]yyyy[-[m]m[-[d]d]]; stops behind what it understood. */
static bool read_date(const char **at, const char *end, int max_year_digits, date_parts *ret)
{
    date_parts d = {.month = 1, .day = 1, .n_parts = 1};
    const char *p = *at;
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    int32_t year;
    if (read_number(&p, end, max_year_digits, &year) < 4)
        return false;
    d.year = negative ? -(int64_t)year : year;
    if (p < end && *p == '-') {
        p++;
        d.n_parts = 2;
        if (!read_number(&p, end, 2, &d.month))
            return false;
        if (p < end && *p == '-') {
            p++;
            d.n_parts = 3;
            if (!read_number(&p, end, 2, &d.day))
                return false;
        }
    }
    *at = p;
    *ret = d;
    return true;
}

vonk_parse_result vonk_parse_date(vonk_slice text, int32_t *ret_days)
{
    text = vonk_slice_trim(text);
    const char *p = text.data, *end = p + text.length;
    date_parts d;
    if (!read_date(&p, end, 7, &d))
        return VONK_PARSE_MALFORMED;
    if (p < end && (d.n_parts < 3 || (*p != ' ' && *p != 'T')))
        return VONK_PARSE_MALFORMED;
    int64_t days;
    if (!civil_to_days(d.year, d.month, d.day, &days) || days < INT32_MIN || days > INT32_MAX)
        return VONK_PARSE_MALFORMED;
    *ret_days = (int32_t)days;
    return VONK_PARSE_OK;
}

/* ".123456789": digits beyond the sixth are dropped. */
static int32_t read_fraction(const char **at, const char *end)
{
    const char *p = *at;
    int32_t value = 0;
    for (int i = 0; i < 6; i++) {
        value *= 10;
        if (p < end && is_digit(*p))
            value += *p++ - '0';
    }
    while (p < end && is_digit(*p))
        p++;
    *at = p;
    return value;
}

/* [h]h[:[m]m[:[s]s[.fraction]]] */
static bool read_clock(const char **at, const char *end, vonk_clock *ret, bool *ret_has_seconds)
{
    vonk_clock c = {0};
    const char *p = *at;
    *ret_has_seconds = false;
    if (!read_number(&p, end, 2, &c.hour))
        return false;
    if (p < end && *p == ':') {
        p++;
        if (!read_number(&p, end, 2, &c.minute))
            return false;
        if (p < end && *p == ':') {
            p++;
            if (!read_number(&p, end, 2, &c.second))
                return false;
            *ret_has_seconds = true;
        }
    }
    if (*ret_has_seconds && p < end && *p == '.') {
        p++;
        c.microsecond = read_fraction(&p, end);
    }
    *at = p;
    *ret = c;
    return c.hour < 24 && c.minute < 60 && c.second < 60;
}

typedef struct parsed_timestamp {
    int64_t local_us;
    vonk_slice zone; /* empty if none was given */
} parsed_timestamp;

static bool to_local_us(const date_parts *d, const vonk_clock *c, int64_t *ret)
{
    int64_t days, us;
    if (!civil_to_days(d->year, d->month, d->day, &days))
        return false;
    int64_t clock_us = ((int64_t)c->hour * 3600 + c->minute * 60 + c->second) * VONK_US_PER_SECOND +
                       c->microsecond;
    /* The first day of all is reached only by adding its clock to the day after it. */
    bool negative = days < 0;
    if (__builtin_mul_overflow(days + negative, VONK_US_PER_DAY, &us) ||
        __builtin_add_overflow(us, clock_us - (negative ? VONK_US_PER_DAY : 0), ret))
        return false;
    return true;
}

static vonk_parse_result parse_local(vonk_slice text, parsed_timestamp *ret)
{
    text = vonk_slice_trim(text);
    const char *p = text.data, *end = p + text.length;
    date_parts d;
    vonk_clock c = {0};
    bool has_seconds = false;
    if (!read_date(&p, end, 6, &d))
        return VONK_PARSE_MALFORMED;
    if (p < end) {
        if (d.n_parts < 3 || (*p != ' ' && *p != 'T'))
            return VONK_PARSE_MALFORMED;
        p++;
        if (!read_clock(&p, end, &c, &has_seconds))
            return VONK_PARSE_MALFORMED;
    }
    vonk_slice zone = vonk_slice_trim((vonk_slice){p, (size_t)(end - p)});
    if (zone.length && (!has_seconds || is_digit(zone.data[0])))
        return VONK_PARSE_MALFORMED;
    parsed_timestamp t = {.zone = zone};
    if (!to_local_us(&d, &c, &t.local_us))
        return VONK_PARSE_MALFORMED;
    *ret = t;
    return VONK_PARSE_OK;
}

vonk_parse_result vonk_parse_timestamp(vonk_slice text, const vonk_time_zone *zone, int64_t *ret_us)
{
    parsed_timestamp t;
    vonk_parse_result result = parse_local(text, &t);
    if (result != VONK_PARSE_OK)
        return result;
    if (!t.zone.length) {
        *ret_us = vonk_local_to_utc(zone, t.local_us);
        return VONK_PARSE_OK;
    }
    vonk_arena arena = {0};
    vonk_time_zone own;
    vonk_status status = vonk_time_zone_find(t.zone, &arena, &own, NULL);
    if (status == VONK_OK)
        *ret_us = vonk_local_to_utc(&own, t.local_us);
    vonk_arena_free(&arena);
    return status == VONK_OK ? VONK_PARSE_OK : VONK_PARSE_MALFORMED;
}

vonk_parse_result vonk_parse_timestamp_ntz(vonk_slice text, bool allow_zone, int64_t *ret_us)
{
    parsed_timestamp t;
    vonk_parse_result result = parse_local(text, &t);
    if (result != VONK_PARSE_OK)
        return result;
    if (t.zone.length) {
        vonk_arena arena = {0};
        vonk_time_zone ignored;
        vonk_status status = vonk_time_zone_find(t.zone, &arena, &ignored, NULL);
        vonk_arena_free(&arena);
        if (!allow_zone || status != VONK_OK)
            return VONK_PARSE_MALFORMED;
    }
    *ret_us = t.local_us;
    return VONK_PARSE_OK;
}
