/* decimal_text.c - decimals from and to text and doubles. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel/decimal.h"

#define MAX_EXPONENT 1000000 /* more than this is the same as this */

static bool is_blank(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7f;
}

/* [+-]digits of an exponent at text[*pos]; false if there are none. */
static bool parse_exponent(vonk_slice text, size_t *pos, int64_t *ret)
{
    size_t i = *pos;
    bool negative = i < text.length && text.data[i] == '-';
    if (i < text.length && (text.data[i] == '-' || text.data[i] == '+'))
        i++;
    size_t start = i;
    int64_t value = 0;
    for (; i < text.length && text.data[i] >= '0' && text.data[i] <= '9'; i++)
        if (value < MAX_EXPONENT)
            value = value * 10 + (text.data[i] - '0');
    *ret = negative ? -value : value;
    *pos = i;
    return i > start;
}

/* The number as its digits (leading zeros skipped, the point left in) and a power of ten. */
typedef struct number {
    bool negative;
    const char *digits;   /* from the first digit that is not zero; a '.' may be among them */
    int64_t n_digits;     /* not counting the '.' */
    int64_t power_of_ten; /* of the last digit */
} number;

static bool scan(vonk_slice text, number *ret)
{
    number n = {0};
    size_t i = 0;
    while (text.length && is_blank(text.data[text.length - 1]))
        text.length--;
    while (i < text.length && is_blank(text.data[i]))
        i++;
    if (i < text.length && (text.data[i] == '-' || text.data[i] == '+'))
        n.negative = text.data[i++] == '-';
    bool point = false, any = false;
    for (; i < text.length; i++) {
        char c = text.data[i];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9')
            break;
        any = true;
        n.power_of_ten -= point;
        if (n.n_digits == 0 && c == '0')
            continue;
        if (n.n_digits++ == 0)
            n.digits = text.data + i;
    }
    if (any && i < text.length && (text.data[i] == 'e' || text.data[i] == 'E')) {
        int64_t exponent;
        i++;
        if (!parse_exponent(text, &i, &exponent))
            return false;
        n.power_of_ten += exponent;
    }
    *ret = n;
    return any && i == text.length;
}

vonk_decimal_result vonk_decimal_parse(vonk_slice text, vonk_type type, vonk_int128 *ret)
{
    number n;
    if (!scan(text, &n))
        return VONK_DECIMAL_MALFORMED;
    /* Digits in front of the last one that the scale keeps. */
    int64_t keep = n.n_digits + n.power_of_ten + type.scale;
    if (n.n_digits == 0 || keep < 0) {
        *ret = 0;
        return VONK_DECIMAL_OK;
    }
    if (keep > VONK_MAX_PRECISION)
        return VONK_DECIMAL_OVERFLOW;
    vonk_int128 value = 0;
    const char *p = n.digits;
    int64_t i = 0;
    for (; i < keep && i < n.n_digits; p++)
        if (*p != '.') {
            value = value * 10 + (*p - '0');
            i++;
        }
    if (keep > i)
        value *= vonk_pow10[keep - i];
    if (keep < n.n_digits) {
        p += *p == '.';
        value += *p >= '5';
    }
    if (!vonk_decimal_fits(value, type.precision))
        return VONK_DECIMAL_OVERFLOW;
    *ret = n.negative ? -value : value;
    return VONK_DECIMAL_OK;
}

vonk_decimal_result vonk_decimal_from_double(double d, vonk_type type, vonk_int128 *ret)
{
    if (!isfinite(d))
        return VONK_DECIMAL_MALFORMED;
    if (type.scale <= 15) {
        /* A text of up to 15 digits that reads as d is the shortest one. */
        double power = (double)vonk_pow10_64[type.scale], x = nearbyint(d * power);
        if (fabs(x) < 1e15 && x / power == d && vonk_decimal_fits((int64_t)x, type.precision)) {
            *ret = (int64_t)x;
            return VONK_DECIMAL_OK;
        }
    }
    char text[40];
    int n = 0;
    for (int digits = 15; digits <= 17; digits++) {
        n = snprintf(text, sizeof(text), "%.*e", digits - 1, d);
        if (strtod(text, NULL) == d)
            break;
    }
    return vonk_decimal_parse((vonk_slice){text, (size_t)n}, type, ret);
}

/* Digits of `v`, right-aligned before `end`; returns where they start. At least one. */
static char *digits_before(vonk_uint128 v, char *end)
{
    do {
        uint64_t part = (uint64_t)(v % 10000000000000000000u);
        v /= 10000000000000000000u;
        char *stop = end - 19;
        do
            *--end = (char)('0' + part % 10);
        while ((part /= 10) || (v && end > stop));
        if (v)
            while (end > stop)
                *--end = '0';
    } while (v);
    return end;
}

double vonk_decimal_to_double(vonk_int128 v, unsigned scale)
{
    /* Both exact: one rounding, the division's. */
    if (vonk_int128_abs(v) <= (UINT64_C(1) << 53) && scale <= 18)
        return (double)(int64_t)v / (double)vonk_pow10_64[scale];
    char digits[64], text[80];
    digits[sizeof(digits) - 1] = '\0';
    const char *start = digits_before(vonk_int128_abs(v), digits + sizeof(digits) - 1);
    (void)snprintf(text, sizeof(text), "%s%se-%u", v < 0 ? "-" : "", start, scale);
    return strtod(text, NULL);
}

size_t vonk_decimal_print(vonk_int128 v, unsigned scale, char out[VONK_DECIMAL_TEXT])
{
    char digits[64], *end = digits + sizeof(digits), *start;
    start = digits_before(vonk_int128_abs(v), end);
    while (end - start <= (ptrdiff_t)scale)
        *--start = '0';
    size_t n = 0;
    if (v < 0)
        out[n++] = '-';
    while (start < end) {
        if (end - start == (ptrdiff_t)scale)
            out[n++] = '.';
        out[n++] = *start++;
    }
    out[n] = '\0';
    return n;
}

vonk_status vonk_decimal_fail(const char *value, vonk_type type, vonk_error *err)
{
    return vonk_fail_sql(err, "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION",
                         " %s cannot be represented as Decimal(%u, %u). If necessary set "
                         "\"spark.sql.ansi.enabled\" to \"false\" to bypass this error, and "
                         "return NULL instead.",
                         value, type.precision, type.scale);
}
