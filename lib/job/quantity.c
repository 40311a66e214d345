/* quantity.c - digits, a fraction, and a suffix that is a power of ten or of 1024. */
#include "job/quantity.h"

#include <stdlib.h>
#include <string.h>

typedef unsigned __int128 wide;

#define MAX_DIGITS 18

typedef struct suffix {
    const char *text;
    int power_of_10, power_of_2;
} suffix;

static const suffix suffixes[] = {
    {"", 0, 0},    {"n", -9, 0},  {"u", -6, 0},  {"m", -3, 0},  {"k", 3, 0},   {"M", 6, 0},
    {"G", 9, 0},   {"T", 12, 0},  {"P", 15, 0},  {"E", 18, 0},  {"Ki", 0, 10}, {"Mi", 0, 20},
    {"Gi", 0, 30}, {"Ti", 0, 40}, {"Pi", 0, 50}, {"Ei", 0, 60},
};

/* "e3", "E-3" */
static bool read_exponent(const char *text, int *ret)
{
    char *end;
    if ((*text | 0x20) != 'e' || !text[1] || strlen(text) > 4)
        return false;
    long value = strtol(text + 1, &end, 10);
    if (*end || end == text + 1 || text[1] == ' ' || value < -18 || value > 18)
        return false;
    *ret = (int)value;
    return true;
}

static bool read_suffix(const char *text, int *ret_10, int *ret_2)
{
    *ret_2 = 0;
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        if (!strcmp(suffixes[i].text, text)) {
            *ret_10 = suffixes[i].power_of_10;
            *ret_2 = suffixes[i].power_of_2;
            return true;
        }
    }
    return read_exponent(text, ret_10);
}

bool vonk_quantity_parse(const char *text, int64_t per_unit, int64_t *ret)
{
    wide value = 0;
    int n_digits = 0, n_fraction = 0, power_of_10, power_of_2;
    bool point = false;
    text += *text == '+';
    for (; (*text >= '0' && *text <= '9') || (*text == '.' && !point); text++) {
        if (*text == '.') {
            point = true;
            continue;
        }
        value = value * 10 + (unsigned)(*text - '0');
        n_fraction += point;
        if (++n_digits > MAX_DIGITS)
            return false;
    }
    if (!n_digits || !read_suffix(text, &power_of_10, &power_of_2))
        return false;
    /* Below 10^18 * 2^60 so far, and that times 1000 still fits 127 bits. */
    value = (value << power_of_2) * (wide)per_unit;
    int shift = power_of_10 - n_fraction;
    for (; shift > 0 && value <= (wide)INT64_MAX; shift--)
        value *= 10;
    bool rest = false;
    for (; shift < 0; shift++) {
        rest |= value % 10 != 0;
        value /= 10;
    }
    value += rest;
    if (value > (wide)INT64_MAX)
        return false;
    *ret = (int64_t)value;
    return true;
}
