/* convert.c - single values from text: short ways for the usual forms, then expr's parsers. */
#include "format/text/convert.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "expr/calendar.h"
#include "expr/parse_value.h"

bool vonk_text_to_int64(const char *p, size_t n, int64_t *ret)
{
    const char *end = p + n;
    bool negative = n && *p == '-';
    if (n && (*p == '-' || *p == '+'))
        p++;
    if (p == end)
        return false;
    if (end - p > 18) { /* may not fit, or has leading zeros */
        vonk_slice text = {end - n, n};
        if ((unsigned char)*p <= ' ' || (unsigned char)end[-1] <= ' ' || end[-1] == 0x7f)
            return false;
        return vonk_parse_int64(text, false, ret) == VONK_PARSE_OK;
    }
    uint64_t value = 0;
    for (; p < end; p++) {
        unsigned digit = (unsigned)(unsigned char)*p - '0';
        if (digit > 9)
            return false;
        value = value * 10 + digit;
    }
    *ret = negative ? -(int64_t)value : (int64_t)value;
    return true;
}

static const double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/*
 * [-]digits[.digits] of at most 18 digits and a mantissa of at most 53 bits: both factors are
 * exact, so the one rounding is right (Clinger).
 */
static bool quick_double(const char *p, size_t n, double *ret)
{
    const char *end = p + n, *point = NULL;
    bool negative = n && *p == '-';
    p += negative;
    if (p == end || end - p > 19)
        return false;
    uint64_t mantissa = 0;
    unsigned n_digits = 0;
    for (; p < end; p++) {
        unsigned digit = (unsigned)(unsigned char)*p - '0';
        if (digit <= 9) {
            mantissa = mantissa * 10 + digit;
            n_digits++;
        } else if (*p == '.' && !point) {
            point = p;
        } else {
            return false;
        }
    }
    if (!n_digits || n_digits > 18 || mantissa > UINT64_C(1) << 53)
        return false;
    double value = (double)mantissa;
    if (point)
        value /= powers_of_ten[end - point - 1];
    *ret = negative ? -value : value;
    return true;
}

/* What only Java's parser takes and rejects: NaN and Infinity in this very case, hexadecimal. */
static bool is_java_special(vonk_slice text, double *ret, bool *ret_is_special)
{
    bool negative = text.length && text.data[0] == '-';
    if (text.length && (text.data[0] == '-' || text.data[0] == '+')) {
        text.data++;
        text.length--;
    }
    *ret_is_special = true;
    if (vonk_slice_equal(text, VONK_SLICE("NaN"))) {
        *ret = NAN;
        return true;
    }
    if (vonk_slice_equal(text, VONK_SLICE("Infinity"))) {
        *ret = negative ? -INFINITY : INFINITY;
        return true;
    }
    for (size_t i = 0; i < text.length; i++) {
        if (strchr("nNiI", text.data[i]))
            return false; /* nan, inf, infinity: no numbers to Java */
    }
    bool hex = text.length > 2 && text.data[0] == '0' && (text.data[1] | 0x20) == 'x';
    if (hex && text.length < 64 && memchr(text.data, 'p', text.length)) {
        char copy[72], *end;
        memcpy(copy, text.data, text.length);
        copy[text.length] = '\0';
        double value = strtod(copy, &end);
        bool suffix = *end && strchr("dDfF", *end) && !end[1];
        if (end == copy || (*end && !suffix))
            return false;
        *ret = negative ? -value : value;
        return true;
    }
    *ret_is_special = false;
    return false;
}

bool vonk_text_to_double(const char *p, size_t n, double *ret)
{
    bool special;
    if (quick_double(p, n, ret))
        return true;
    vonk_slice text = vonk_slice_trim((vonk_slice){p, n});
    if (is_java_special(text, ret, &special))
        return true;
    return !special && vonk_parse_double(text, ret) == VONK_PARSE_OK;
}

bool vonk_text_to_float(const char *p, size_t n, float *ret)
{
    bool special;
    double value;
    vonk_slice text = vonk_slice_trim((vonk_slice){p, n});
    if (is_java_special(text, &value, &special)) {
        *ret = (float)value;
        return true;
    }
    return !special && vonk_parse_float(text, ret) == VONK_PARSE_OK;
}

/* [-]digits[.digits] whose fraction fits the scale and whose digits fit the precision and 64 bits.
 */
static bool quick_decimal(const char *p, size_t n, vonk_type type, vonk_int128 *ret)
{
    const char *end = p + n, *point = NULL;
    bool negative = n && *p == '-';
    p += negative;
    if (p == end || end - p > 19)
        return false;
    uint64_t value = 0;
    int n_digits = 0;
    for (; p < end; p++) {
        unsigned digit = (unsigned)(unsigned char)*p - '0';
        if (digit <= 9) {
            value = value * 10 + digit;
            n_digits++;
        } else if (*p == '.' && !point) {
            point = p;
        } else {
            return false;
        }
    }
    int64_t zeros = type.scale - (point ? end - point - 1 : 0);
    if (!n_digits || zeros < 0 || n_digits + zeros > 18 || n_digits + zeros > type.precision)
        return false;
    for (; zeros > 0; zeros--)
        value *= 10;
    *ret = negative ? -(vonk_int128)value : (vonk_int128)value;
    return true;
}

bool vonk_text_to_decimal(const char *p, size_t n, vonk_type type, vonk_int128 *ret)
{
    if (quick_decimal(p, n, type, ret))
        return true;
    char copy[512];
    if (!n || n > sizeof(copy))
        return false;
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) { /* Spark leaves out commas wherever they are */
        if ((unsigned char)p[i] <= ' ' || p[i] == 0x7f)
            return false;
        if (p[i] != ',')
            copy[kept++] = p[i];
    }
    return vonk_parse_decimal((vonk_slice){copy, kept}, type.precision, type.scale, ret) ==
           VONK_PARSE_OK;
}

bool vonk_text_to_bool(const char *p, size_t n, bool *ret)
{
    bool is_true = n == 4 && !strncasecmp(p, "true", 4);
    if (!is_true && !(n == 5 && !strncasecmp(p, "false", 5)))
        return false;
    *ret = is_true;
    return true;
}

/* Two digits, or at least 100 if they are none. */
static inline unsigned two_digits(const char *p)
{
    unsigned a = (unsigned)(unsigned char)p[0] - '0', b = (unsigned)(unsigned char)p[1] - '0';
    return a > 9 || b > 9 ? 100 : a * 10 + b;
}

/* yyyy-MM-dd in ten bytes. */
static bool quick_date(const char *p, int64_t *ret_days)
{
    unsigned century = two_digits(p), year = two_digits(p + 2), month = two_digits(p + 5),
             day = two_digits(p + 8);
    if (century > 99 || year > 99 || p[4] != '-' || p[7] != '-' || month - 1 > 11 || day - 1 > 30)
        return false;
    int64_t y = century * 100 + year;
    if (day > 28 && (int32_t)day > vonk_days_in_month(y, (int32_t)month))
        return false;
    *ret_days = vonk_days_from_civil(y, (int32_t)month, day);
    return true;
}

/* yyyy-MM-dd HH:mm:ss in nineteen bytes, 'T' or ' ' between; local microseconds. */
static bool quick_timestamp(const char *p, int64_t *ret_us)
{
    int64_t days;
    unsigned hour = two_digits(p + 11), minute = two_digits(p + 14), second = two_digits(p + 17);
    if ((p[10] != ' ' && p[10] != 'T') || p[13] != ':' || p[16] != ':' || hour > 23 ||
        minute > 59 || second > 59 || !quick_date(p, &days))
        return false;
    *ret_us = (days * 86400 + hour * 3600 + minute * 60 + second) * VONK_US_PER_SECOND;
    return true;
}

bool vonk_text_to_date(const char *p, size_t n, const vonk_pattern *pattern, int32_t *ret)
{
    int64_t days, us;
    if (pattern) {
        if (!vonk_pattern_parse_local(pattern, (vonk_slice){p, n}, &us))
            return false;
        days = vonk_floor_div(us, VONK_US_PER_DAY);
    } else if (n != 10 || !quick_date(p, &days)) {
        return vonk_parse_date((vonk_slice){p, n}, ret) == VONK_PARSE_OK;
    }
    *ret = (int32_t)days;
    return true;
}

bool vonk_text_to_timestamp(const char *p, size_t n, const vonk_pattern *pattern,
                            const vonk_time_zone *zone, int64_t *ret)
{
    int64_t us;
    vonk_slice text = {p, n};
    if (pattern)
        return vonk_pattern_parse_instant(pattern, text, zone, ret);
    if (n != 19 || !quick_timestamp(p, &us))
        return vonk_parse_timestamp(text, zone, ret) == VONK_PARSE_OK;
    *ret = zone->rules || zone->offset_s ? vonk_local_to_utc(zone, us) : us;
    return true;
}

bool vonk_text_to_timestamp_ntz(const char *p, size_t n, const vonk_pattern *pattern, int64_t *ret)
{
    vonk_slice text = {p, n};
    if (pattern)
        return vonk_pattern_parse_local(pattern, text, ret);
    if (n == 19 && quick_timestamp(p, ret))
        return true;
    return vonk_parse_timestamp_ntz(text, true, ret) == VONK_PARSE_OK;
}

bool vonk_text_has_type(vonk_type type)
{
    switch (type.id) {
    case VONK_BOOL:
    case VONK_INT8:
    case VONK_INT16:
    case VONK_INT32:
    case VONK_INT64:
    case VONK_DECIMAL:
    case VONK_FLOAT32:
    case VONK_FLOAT64:
    case VONK_STRING:
    case VONK_BINARY:
    case VONK_DATE:
    case VONK_TIMESTAMP:
    case VONK_TIMESTAMP_NTZ:
    case VONK_NULL:
        return true;
    default:
        return false;
    }
}
