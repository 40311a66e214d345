/* parse_number.c - numbers and booleans from text. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expr/parse_value.h"

/* Digits that are kept of a float's text; more cannot change the nearest double but by "not zero".
 */
#define MAX_FLOAT_DIGITS 800

static bool is_blank(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7f;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* --- eight bytes at a time: a text may be a gigabyte --- */

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static uint64_t word_at(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

static bool all_spaces(uint64_t word) /* 0 .. ' ' */
{
    return !((word | (word + EACH(0x7f - ' '))) & EACH(0x80));
}

static bool all_digits(uint64_t word)
{
    return (word & EACH(0xf0)) == EACH(0x30) && ((word + EACH(6)) & EACH(0xf0)) == EACH(0x30);
}

/* Behind the digits that begin at `p`. */
static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && is_digit(*p)) {
        p++;
        while (end - p >= 8 && all_digits(word_at(p)))
            p += 8;
    }
    return p;
}

static const char *skip_zeros(const char *p, const char *end)
{
    while (p < end && *p == '0') {
        p++;
        while (end - p >= 8 && word_at(p) == EACH('0'))
            p += 8;
    }
    return p;
}

vonk_slice vonk_slice_trim(vonk_slice text)
{
    const char *p = text.data, *end = p + text.length;
    while (p < end && is_blank(*p)) {
        p++;
        while (end - p >= 8 && all_spaces(word_at(p)))
            p += 8;
    }
    while (end > p && is_blank(end[-1])) {
        end--;
        while (end - p >= 8 && all_spaces(word_at(end - 8)))
            end -= 8;
    }
    return (vonk_slice){p, (size_t)(end - p)};
}

vonk_parse_result vonk_parse_int64(vonk_slice text, bool allow_fraction, int64_t *ret)
{
    text = vonk_slice_trim(text);
    const char *p = text.data, *end = p + text.length;
    if (p == end)
        return VONK_PARSE_MALFORMED;
    bool negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    const char *digits = p;
    uint64_t value = 0, limit = (uint64_t)INT64_MAX + negative;
    bool overflow = false;
    p = skip_zeros(p, end);
    for (; p < end && is_digit(*p) && !overflow; p++) {
        overflow = value > (UINT64_MAX - 9) / 10;
        value = value * 10 + (uint64_t)(*p - '0');
    }
    p = skip_digits(p, end);
    bool fraction = allow_fraction && p < end && *p == '.';
    if (fraction ? skip_digits(p + 1, end) != end : p < end || p == digits)
        return VONK_PARSE_MALFORMED;
    if (fraction && p == digits && p + 1 == end && digits == text.data)
        return VONK_PARSE_MALFORMED; /* "." */
    if (overflow || value > limit)
        return VONK_PARSE_OVERFLOW;
    *ret = (int64_t)(negative ? 0 - value : value);
    return VONK_PARSE_OK;
}

/* What the text of a number says, before it is rounded to a type. */
typedef struct scanned {
    bool negative;
    bool is_exact;          /* mantissa holds all digits */
    uint64_t mantissa;      /* of the first 19 digits */
    int32_t exponent;       /* value = digits * 10^exponent, all digits */
    const char *digits;     /* first significant digit (the point may lie among them), */
    const char *digits_end; /* and the end of the digits */
    uint32_t n_digits;      /* from the first that is not zero; 0: the value is 0 */
} scanned;

static const char *scan_digits(const char *p, const char *end, scanned *s)
{
    if (!s->n_digits)
        p = s->digits = skip_zeros(p, end);
    for (; p < end && is_digit(*p) && s->n_digits < 19; p++, s->n_digits++)
        s->mantissa = s->mantissa * 10 + (uint64_t)(*p - '0');
    const char *rest = skip_digits(p, end);
    s->n_digits += (uint32_t)(rest - p);
    return rest;
}

/* Reads e[+-]digits; false if there are no digits or far too many. */
static bool scan_exponent(const char **at, const char *end, int32_t *ret)
{
    const char *p = *at + 1;
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end || !is_digit(*p))
        return false;
    int64_t value = 0;
    for (; p < end && is_digit(*p); p++) {
        value = value * 10 + (*p - '0');
        if (value > 1000000000)
            return false;
    }
    *ret = (int32_t)(negative ? -value : value);
    *at = p;
    return true;
}

/* [+-] digits [. digits] [e [+-] digits], the whole text. */
static bool scan_number(vonk_slice text, bool allow_suffix, scanned *ret)
{
    const char *p = text.data, *end = p + text.length;
    scanned s = {.is_exact = true};
    if (text.length > INT32_MAX / 4)
        return false;
    if (p < end && (*p == '-' || *p == '+'))
        s.negative = *p++ == '-';
    const char *start = p;
    p = scan_digits(p, end, &s);
    size_t n_read = (size_t)(p - start), n_fraction = 0;
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        p = scan_digits(p, end, &s);
        n_fraction = (size_t)(p - fraction);
    }
    if (!(n_read + n_fraction))
        return false;
    s.digits_end = p;
    int32_t exponent = 0;
    if (p < end && (*p == 'e' || *p == 'E') && !scan_exponent(&p, end, &exponent))
        return false;
    if (allow_suffix && p < end && memchr("dDfF", *p, 4))
        p++;
    s.exponent = exponent - (int32_t)n_fraction;
    s.is_exact = s.n_digits <= 19;
    *ret = s;
    return p == end;
}

/* Writes the number as "-123e-45" with at most MAX_FLOAT_DIGITS digits, for strtod. */
static void normalise(const scanned *s, char *out, size_t size)
{
    char *o = out;
    uint32_t n = 0;
    const char *p = s->digits;
    if (s->negative)
        *o++ = '-';
    for (; n < s->n_digits && n < MAX_FLOAT_DIGITS; p++) {
        if (*p == '.')
            continue;
        *o++ = *p;
        n++;
    }
    int64_t exponent = s->exponent;
    if (s->n_digits > MAX_FLOAT_DIGITS) {
        exponent += s->n_digits - MAX_FLOAT_DIGITS;
        p = skip_zeros(p, s->digits_end);
        if (p < s->digits_end && *p == '.')
            p = skip_zeros(p + 1, s->digits_end);
        if (p < s->digits_end) { /* more than nothing: what is kept is not all */
            *o++ = '1';
            exponent--;
        }
    }
    if (!n)
        *o++ = '0';
    (void)snprintf(o, size - (size_t)(o - out), "e%lld", (long long)exponent);
}

static const double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* Source: Clinger: both factors are exact, so the one rounding is right. */
static bool fast_double(const scanned *s, double *ret)
{
    if (!s->is_exact || s->mantissa > UINT64_C(1) << 53 || s->exponent < -22 || s->exponent > 22)
        return false;
    double value = (double)s->mantissa;
    value =
        s->exponent < 0 ? value / powers_of_ten[-s->exponent] : value * powers_of_ten[s->exponent];
    *ret = s->negative ? -value : value;
    return true;
}

static bool parse_special(vonk_slice text, double *ret)
{
    bool negative = false;
    if (text.length && (text.data[0] == '-' || text.data[0] == '+')) {
        negative = text.data[0] == '-';
        text.data++;
        text.length--;
    } else if (vonk_slice_equal_nocase(text, VONK_SLICE("nan"))) {
        *ret = NAN;
        return true;
    }
    if (!vonk_slice_equal_nocase(text, VONK_SLICE("inf")) &&
        !vonk_slice_equal_nocase(text, VONK_SLICE("infinity")))
        return false;
    *ret = negative ? -INFINITY : INFINITY;
    return true;
}

vonk_parse_result vonk_parse_double(vonk_slice text, double *ret)
{
    scanned s;
    text = vonk_slice_trim(text);
    if (!scan_number(text, true, &s))
        return parse_special(text, ret) ? VONK_PARSE_OK : VONK_PARSE_MALFORMED;
    if (fast_double(&s, ret))
        return VONK_PARSE_OK;
    char copy[MAX_FLOAT_DIGITS + 32];
    normalise(&s, copy, sizeof copy);
    *ret = strtod(copy, NULL);
    return VONK_PARSE_OK;
}

vonk_parse_result vonk_parse_float(vonk_slice text, float *ret)
{
    scanned s;
    double special;
    text = vonk_slice_trim(text);
    if (!scan_number(text, true, &s)) {
        if (!parse_special(text, &special))
            return VONK_PARSE_MALFORMED;
        *ret = (float)special;
        return VONK_PARSE_OK;
    }
    char copy[MAX_FLOAT_DIGITS + 32];
    normalise(&s, copy, sizeof copy);
    *ret = strtof(copy, NULL);
    return VONK_PARSE_OK;
}

/* The first n of the significant digits as a number; n <= 39. */
static vonk_int128 first_digits(const scanned *s, int64_t n)
{
    vonk_int128 value = 0;
    for (const char *p = s->digits; n > 0; p++) {
        if (*p == '.')
            continue;
        value = value * 10 + (*p - '0');
        n--;
    }
    return value;
}

/* Significant digit number n (from 0). */
static int digit_at(const scanned *s, int64_t n)
{
    for (const char *p = s->digits;; p++)
        if (*p != '.' && n-- == 0)
            return *p - '0';
}

vonk_parse_result vonk_parse_decimal(vonk_slice text, int precision, int scale, vonk_int128 *ret)
{
    scanned s;
    if (!scan_number(vonk_slice_trim(text), false, &s))
        return VONK_PARSE_MALFORMED;
    vonk_int128 value = 0;
    int64_t shift = (int64_t)s.exponent + scale; /* unscaled value = digits * 10^shift */
    int64_t n_kept = (int64_t)s.n_digits + (shift < 0 ? shift : 0);
    if (s.n_digits && n_kept >= 0) {
        if ((int64_t)s.n_digits + shift > VONK_MAX_PRECISION)
            return VONK_PARSE_OVERFLOW;
        value = first_digits(&s, n_kept);
        if (shift < 0 && digit_at(&s, n_kept) >= 5)
            value++;
        for (; shift > 0; shift--)
            value *= 10;
    }
    vonk_int128 limit = 1;
    for (int i = 0; i < precision; i++)
        limit *= 10;
    if (value >= limit)
        return VONK_PARSE_OVERFLOW;
    *ret = s.negative ? -value : value;
    return VONK_PARSE_OK;
}

vonk_parse_result vonk_parse_boolean(vonk_slice text, bool *ret)
{
    static const char *const words[] = {"f", "false", "n", "no", "0", "t", "true", "y", "yes", "1"};
    text = vonk_slice_trim(text);
    for (size_t i = 0; i < VONK_LENGTH(words); i++)
        if (vonk_slice_equal_nocase(text, vonk_slice_of(words[i]))) {
            *ret = i >= VONK_LENGTH(words) / 2;
            return VONK_PARSE_OK;
        }
    return VONK_PARSE_MALFORMED;
}
