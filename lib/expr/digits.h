/*
 * digits.h - whole numbers to decimal digits, eight at a time without a loop.
 *
 *      12345678  ->  1234 | 5678  ->  12 | 34 | 56 | 78  ->  a byte a digit, the first one lowest
 */
#ifndef VONK_EXPR_DIGITS_H
#define VONK_EXPR_DIGITS_H

#include <stdint.h>
#include <string.h>

#define VONK_DIGITS_ROOM 24 /* bytes that vonk_put_digits() and a sign may write */

/* The digits of value < 10^8, as many as eight with zeros in front, as numbers 0..9. */
static inline uint64_t vonk_eight_digits(uint32_t value)
{
    uint64_t fours = value / 10000 | (uint64_t)(value % 10000) << 32;
    uint64_t hundreds = (fours * 10486 >> 20) & UINT64_C(0x7f0000007f);
    uint64_t twos = hundreds | (fours - hundreds * 100) << 16;
    uint64_t tens = (twos * 103 >> 10) & UINT64_C(0x000f000f000f000f);
    return tens | (twos - tens * 10) << 8;
}

static inline char *vonk_store_digits(char *to, uint64_t digits)
{
    digits |= UINT64_C(0x3030303030303030);
    memcpy(to, &digits, 8);
    return to + 8;
}

/* Of value < 10^8, without zeros in front; 8 bytes are written. */
static inline char *vonk_put_few_digits(char *to, uint32_t value)
{
    uint64_t digits = vonk_eight_digits(value);
    unsigned zeros = (unsigned)__builtin_ctzll(digits | UINT64_C(1) << 56) / 8;
    return vonk_store_digits(to, digits >> zeros * 8) - zeros;
}

/* Writes `value` and up to 7 bytes more; returns what is behind it. */
static inline char *vonk_put_digits(char *to, uint64_t value)
{
    if (value < 100000000)
        return vonk_put_few_digits(to, (uint32_t)value);
    uint64_t high = value / 100000000;
    uint32_t low = (uint32_t)(value % 100000000);
    if (high < 100000000) {
        to = vonk_put_few_digits(to, (uint32_t)high);
    } else {
        to = vonk_put_few_digits(to, (uint32_t)(high / 100000000));
        to = vonk_store_digits(to, vonk_eight_digits((uint32_t)(high % 100000000)));
    }
    return vonk_store_digits(to, vonk_eight_digits(low));
}

/* The same with a sign. */
static inline char *vonk_put_int64(char *to, int64_t value)
{
    *to = '-';
    return vonk_put_digits(to + (value < 0), value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

#endif
