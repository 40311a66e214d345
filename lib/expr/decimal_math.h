/* decimal_math.h - unscaled decimals, beside kernel/decimal.h: powers, shifting, to float. */
#ifndef VONK_EXPR_DECIMAL_MATH_H
#define VONK_EXPR_DECIMAL_MATH_H

#include <stdlib.h>

#include "kernel/decimal.h"

/* 10^n, 0 <= n <= 38. */
static inline vonk_int128 vonk_power_of_ten(int n)
{
    return vonk_pow10[n];
}

/*
 * *ret = value * 10^shift, rounded half up (away from zero) if shift < 0. False if it does not fit
 * 128 bits.
 */
static inline bool vonk_decimal_shift(vonk_int128 value, int shift, vonk_int128 *ret)
{
    if (shift >= 0)
        return !__builtin_mul_overflow(value, vonk_pow10[shift], ret);
    *ret = vonk_decimal_div_half_up(value, vonk_pow10[-shift]);
    return true;
}

static inline float vonk_decimal_to_float(vonk_int128 value, unsigned scale)
{
    char text[VONK_DECIMAL_TEXT];
    vonk_decimal_print(value, scale, text);
    return strtof(text, NULL);
}

#endif
