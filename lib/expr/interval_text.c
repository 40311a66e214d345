/*
 * interval_text.c - intervals from and to text.
 *
 * Source: Spark's IntervalUtils (castStringToDTInterval, toDayTimeIntervalString and the like).
 */
#include "expr/interval_text.h"

#include <stdio.h>
#include <string.h>

#include "expr/calendar.h"

enum { DAY, HOUR, MINUTE, SECOND, N_FIELDS };

static const int64_t day_time_units[N_FIELDS] = {VONK_US_PER_DAY, INT64_C(3600000000),
                                                 INT64_C(60000000), VONK_US_PER_SECOND};

vonk_interval_fields vonk_interval_fields_of(vonk_type type)
{
    if (type.precision && type.scale)
        return (vonk_interval_fields){type.precision - 1, type.scale - 1};
    return (vonk_interval_fields){0, type.id == VONK_INTERVAL_YM ? 1 : SECOND};
}

const char *vonk_interval_field_name(vonk_type type, int field)
{
    static const char *const names[] = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"};
    return names[field + (type.id == VONK_INTERVAL_YM ? 0 : 2)];
}

/* Months or microseconds of one. */
static int64_t unit_of(vonk_type type, int field)
{
    if (type.id == VONK_INTERVAL_YM)
        return field == 0 ? 12 : 1;
    return day_time_units[field];
}

/* What is left to read. */
typedef struct reader {
    const char *at, *end;
} reader;

static bool take(reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static bool take_word(reader *r, const char *word)
{
    vonk_slice wanted = vonk_slice_of(word);
    if ((size_t)(r->end - r->at) < wanted.length ||
        !vonk_slice_equal_nocase((vonk_slice){r->at, wanted.length}, wanted))
        return false;
    r->at += wanted.length;
    return true;
}

static bool take_spaces(reader *r)
{
    const char *start = r->at;
    while (r->at < r->end && *r->at && strchr(" \t\n\r\f\v", *r->at))
        r->at++;
    return r->at > start;
}

/* A minus; a plus is skipped. */
static bool take_minus(reader *r)
{
    if (r->at < r->end && *r->at && strchr("+|-", *r->at))
        return *r->at++ == '-';
    return false;
}

/* At least one digit, `most` at most. *ret: INT64_MAX if it does not fit. */
static bool take_digits(reader *r, int most, int64_t *ret)
{
    int n = 0;
    int64_t value = 0;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++, n++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *r->at - '0', &value))
            value = INT64_MAX;
    *ret = value;
    return n > 0 && n <= most;
}

/* ".5": up to nine digits, of which six count. */
static bool take_fraction(reader *r, int64_t *ret_us)
{
    int64_t unit = VONK_US_PER_SECOND / 10;
    int n = 0;
    *ret_us = 0;
    if (!take(r, '.'))
        return true;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++, n++, unit /= 10)
        *ret_us += (*r->at - '0') * unit;
    return n > 0 && n <= 9;
}

/* Digits of the first field; of those behind it there are two at most, except months. */
static int most_digits(vonk_type type, vonk_interval_fields of, int field)
{
    static const int leading[N_FIELDS] = {9, 10, 12, 13};
    if (type.id == VONK_INTERVAL_YM)
        return INT32_MAX;
    return field > of.first ? 2 : leading[field];
}

static bool in_range(vonk_type type, vonk_interval_fields of, int field, int64_t value)
{
    static const int64_t last[N_FIELDS] = {INT64_MAX, 23, 59, 59};
    if (field == of.first)
        return true;
    return value <= (type.id == VONK_INTERVAL_YM ? 11 : last[field]);
}

/* A field behind the first: its separator, then digits. */
static bool take_field(reader *r, vonk_type type, vonk_interval_fields of, int field, int64_t *ret)
{
    static const char separators[] = {0, ' ', ':', ':'};
    char separator = type.id == VONK_INTERVAL_YM ? '-' : separators[field];
    if (field > of.first && !take(r, separator))
        return false;
    return take_digits(r, most_digits(type, of, field), ret);
}

/* [sign] fields; `negative` turns it round. Adds up below zero, where there is one more. */
static vonk_parse_result read_fields(reader *r, vonk_type type, bool negative, int64_t *ret)
{
    vonk_interval_fields of = vonk_interval_fields_of(type);
    int64_t sum = 0, fraction = 0;
    bool fits = true;
    negative ^= take_minus(r);
    for (int field = of.first; field <= of.last; field++) {
        int64_t value, amount;
        if (!take_field(r, type, of, field, &value))
            return VONK_PARSE_MALFORMED;
        fits = fits && in_range(type, of, field, value) &&
               !__builtin_mul_overflow(value, unit_of(type, field), &amount) &&
               !__builtin_sub_overflow(sum, amount, &sum);
    }
    bool is_seconds = type.id == VONK_INTERVAL_DT && of.last == SECOND;
    if (is_seconds && !take_fraction(r, &fraction))
        return VONK_PARSE_MALFORMED;
    fits = fits && !__builtin_sub_overflow(sum, fraction, &sum) &&
           (negative || !__builtin_sub_overflow(0, sum, &sum));
    *ret = sum;
    return fits ? VONK_PARSE_OK : VONK_PARSE_OVERFLOW;
}

bool vonk_interval_field_excess(vonk_slice text, vonk_type type, vonk_interval_excess *ret)
{
    static const int64_t last[N_FIELDS] = {0, 23, 59, 59};
    vonk_interval_fields of = vonk_interval_fields_of(type);
    text = vonk_slice_trim(text);
    reader r = {text.data, text.data + text.length};
    (void)take_minus(&r);
    for (int field = of.first; type.id == VONK_INTERVAL_DT && field <= of.last; field++) {
        int64_t value, most = field > of.first ? last[field] : INT64_MAX / day_time_units[field];
        if (!take_field(&r, type, of, field, &value))
            return false;
        if (value > most) {
            *ret = (vonk_interval_excess){field, value, most};
            return true;
        }
    }
    return false;
}

static bool take_unit(reader *r, vonk_type type)
{
    vonk_interval_fields of = vonk_interval_fields_of(type);
    if (!take_spaces(r) || !take_word(r, vonk_interval_field_name(type, of.first)))
        return false;
    return of.first == of.last || (take_spaces(r) && take_word(r, "TO") && take_spaces(r) &&
                                   take_word(r, vonk_interval_field_name(type, of.last)));
}

vonk_parse_result vonk_parse_interval(vonk_slice text, vonk_type type, int64_t *ret)
{
    text = vonk_slice_trim(text);
    reader r = {text.data, text.data + text.length};
    int64_t value = 0;
    bool is_literal = text.length && take_word(&r, "INTERVAL"), negative = false;
    if (is_literal) {
        if (!take_spaces(&r))
            return VONK_PARSE_MALFORMED;
        negative = take_minus(&r);
        if (!take(&r, '\''))
            return VONK_PARSE_MALFORMED;
    }
    vonk_parse_result result = read_fields(&r, type, negative, &value);
    if (result == VONK_PARSE_MALFORMED)
        return result;
    if (is_literal && (!take(&r, '\'') || !take_unit(&r, type)))
        return VONK_PARSE_MALFORMED;
    if (r.at != r.end)
        return VONK_PARSE_MALFORMED;
    if (result == VONK_PARSE_OK && type.id == VONK_INTERVAL_YM && value != (int32_t)value)
        result = VONK_PARSE_OVERFLOW;
    if (result == VONK_PARSE_OK)
        *ret = value;
    return result;
}

/* One field's digits, `width` at least; seconds with their fraction. */
static size_t print_field(bool is_seconds, uint64_t value, uint64_t fraction, int width, char *out)
{
    size_t n = (size_t)snprintf(out, 32, "%0*llu", width, (unsigned long long)value);
    if (!is_seconds || !fraction)
        return n;
    n += (size_t)snprintf(out + n, 32, ".%06llu", (unsigned long long)fraction);
    while (out[n - 1] == '0')
        n--;
    return n;
}

static size_t print_day_time(vonk_interval_fields of, uint64_t us, char *out)
{
    uint64_t fraction = us % VONK_US_PER_SECOND;
    size_t n = 0;
    for (int field = of.first; field <= of.last && field <= SECOND; field++) {
        uint64_t unit = (uint64_t)day_time_units[field];
        if (field > of.first)
            out[n++] = field == HOUR ? ' ' : ':';
        n += print_field(field == SECOND, us / unit, fraction, field == DAY ? 1 : 2, out + n);
        us %= unit;
    }
    return n;
}

size_t vonk_print_interval(vonk_type type, int64_t value, char *out)
{
    vonk_interval_fields of = vonk_interval_fields_of(type);
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    size_t n = (size_t)snprintf(out, 32, "INTERVAL '%s", value < 0 ? "-" : "");
    if (type.id == VONK_INTERVAL_DT)
        n += print_day_time(of, size, out + n);
    else if (of.first == of.last)
        n += (size_t)snprintf(out + n, 32, "%llu", (unsigned long long)size / (of.last ? 1 : 12));
    else
        n += (size_t)snprintf(out + n, 64, "%llu-%llu", (unsigned long long)size / 12,
                              (unsigned long long)size % 12);
    n += (size_t)snprintf(out + n, 16, "' %s", vonk_interval_field_name(type, of.first));
    if (of.first != of.last)
        n += (size_t)snprintf(out + n, 16, " TO %s", vonk_interval_field_name(type, of.last));
    return n;
}
