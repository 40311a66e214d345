#include "expr/print_value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expr/calendar.h"
#include "expr/digits.h"

static size_t put(char *out, const char *text)
{
    size_t n = strlen(text);
    memcpy(out, text, n);
    return n;
}

size_t vonk_print_int64(int64_t value, char *out)
{
    return (size_t)(vonk_put_int64(out, value) - out);
}

/* A number as 0.digits * 10^exponent; digits have no trailing zeros. */
typedef struct shortest {
    char digits[VONK_DIGITS_ROOM];
    int n, exponent;
} shortest;

/* Lays digits out as Java does: plain from 10^-3 to 10^7, else with an exponent. */
static size_t layout(const shortest *s, char *out)
{
    char *o = out;
    if (s->exponent > 7 || s->exponent < -2) {
        *o++ = s->digits[0];
        *o++ = '.';
        if (s->n > 1) {
            memcpy(o, s->digits + 1, (size_t)s->n - 1);
            o += s->n - 1;
        } else {
            *o++ = '0';
        }
        *o++ = 'E';
        return (size_t)(o - out) + vonk_print_int64(s->exponent - 1, o);
    }
    if (s->exponent <= 0) {
        o += put(o, "0.");
        for (int i = s->exponent; i < 0; i++)
            *o++ = '0';
        memcpy(o, s->digits, (size_t)s->n);
        return (size_t)(o - out) + (size_t)s->n;
    }
    for (int i = 0; i < s->exponent; i++)
        *o++ = i < s->n ? s->digits[i] : '0';
    *o++ = '.';
    if (s->n <= s->exponent) {
        *o++ = '0';
        return (size_t)(o - out);
    }
    memcpy(o, s->digits + s->exponent, (size_t)(s->n - s->exponent));
    return (size_t)(o - out) + (size_t)(s->n - s->exponent);
}

/* Takes digits and exponent out of printf's "d.dddde-dd". */
static void take_apart(const char *text, shortest *ret)
{
    shortest s = {.n = 0};
    for (; *text && *text != 'e'; text++)
        if (*text != '.')
            s.digits[s.n++] = *text;
    s.exponent = atoi(text + 1) + 1;
    while (s.n > 1 && s.digits[s.n - 1] == '0')
        s.n--;
    *ret = s;
}

/* Numbers with few decimals (prices, counts) without printf: true if the digits are the shortest.
 */
static bool shortest_fast(double value, shortest *ret)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    if (value >= 1e9 || value < 1e-3)
        return false;
    for (int k = 0; k < 7; k++) {
        double scaled = nearbyint(value * powers[k]);
        if (scaled / powers[k] != value || scaled > 9e14)
            continue;
        ret->n = (int)(vonk_put_digits(ret->digits, (uint64_t)scaled) - ret->digits);
        ret->exponent = ret->n - k;
        while (ret->n > 1 && ret->digits[ret->n - 1] == '0')
            ret->n--;
        return true;
    }
    return false;
}

static bool print_special(double value, char *out, size_t *ret)
{
    if (isnan(value))
        *ret = put(out, "NaN");
    else if (isinf(value))
        *ret = put(out, value < 0 ? "-Infinity" : "Infinity");
    else if (value == 0)
        *ret = put(out, signbit(value) ? "-0.0" : "0.0");
    else
        return false;
    return true;
}

size_t vonk_print_double(double value, char *out)
{
    size_t n = 0;
    if (print_special(value, out, &n))
        return n;
    if (value < 0) {
        *out++ = '-';
        value = -value;
        n = 1;
    }
    shortest s;
    if (!shortest_fast(value, &s)) {
        char text[40];
        int digits = value < 2.2250738585072014e-308 ? 1 : 14; /* a normal one has 15 good ones */
        do {
            (void)snprintf(text, sizeof text, "%.*e", digits, value);
        } while (strtod(text, NULL) != value && digits++ < 16);
        take_apart(text, &s);
    }
    return n + layout(&s, out);
}

size_t vonk_print_float(float value, char *out)
{
    size_t n = 0;
    if (print_special((double)value, out, &n))
        return n;
    if (value < 0) {
        *out++ = '-';
        value = -value;
        n = 1;
    }
    char text[40];
    int digits = value < 1.17549435e-38f ? 1 : 5;
    do {
        (void)snprintf(text, sizeof text, "%.*e", digits, (double)value);
    } while (strtof(text, NULL) != value && digits++ < 8);
    shortest s;
    take_apart(text, &s);
    return n + layout(&s, out);
}

size_t vonk_print_decimal(vonk_int128 unscaled, int scale, char *out)
{
    char buf[VONK_VALUE_TEXT], *end = buf + sizeof buf, *p = end;
    bool negative = unscaled < 0;
    unsigned __int128 rest =
        negative ? 0 - (unsigned __int128)unscaled : (unsigned __int128)unscaled;
    for (int i = 0; rest || i <= scale; i++) {
        if (i == scale && scale > 0)
            *--p = '.';
        if (rest > UINT64_MAX) {
            *--p = (char)('0' + (int)(rest % 10));
            rest /= 10;
        } else {
            uint64_t low = (uint64_t)rest;
            *--p = (char)('0' + low % 10);
            rest = low / 10;
        }
    }
    if (negative)
        *--p = '-';
    memcpy(out, p, (size_t)(end - p));
    return (size_t)(end - p);
}

static char *two_digits(char *o, int32_t value)
{
    o[0] = (char)('0' + value / 10);
    o[1] = (char)('0' + value % 10);
    return o + 2;
}

size_t vonk_print_date(int64_t days, char *out)
{
    vonk_civil c = vonk_civil_from_days(days);
    char *o = out;
    uint32_t year = (uint32_t)(c.year < 0 ? -c.year : c.year);
    if (c.year < 0)
        *o++ = '-';
    else if (year > 9999)
        *o++ = '+';
    if (year > 9999) {
        o += vonk_print_int64(year, o);
    } else {
        o = two_digits(o, (int32_t)year / 100);
        o = two_digits(o, (int32_t)year % 100);
    }
    *o++ = '-';
    o = two_digits(o, c.month);
    *o++ = '-';
    return (size_t)(two_digits(o, c.day) - out);
}

size_t vonk_print_timestamp(int64_t local_us, char *out)
{
    int64_t days;
    vonk_clock c = vonk_clock_from_us(local_us, &days);
    char *o = out + vonk_print_date(days, out);
    *o++ = ' ';
    o = two_digits(o, c.hour);
    *o++ = ':';
    o = two_digits(o, c.minute);
    *o++ = ':';
    o = two_digits(o, c.second);
    if (c.microsecond) {
        *o++ = '.';
        for (int32_t unit = 100000, rest = c.microsecond; rest; unit /= 10) {
            *o++ = (char)('0' + rest / unit);
            rest %= unit;
        }
    }
    return (size_t)(o - out);
}
