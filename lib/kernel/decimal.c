/* decimal.c - exact arithmetic on decimals: signs apart, magnitudes in 256 bits. */
#include "kernel/decimal.h"

#define P19 ((vonk_int128)UINT64_C(10000000000000000000)) /* 10^19 */

const int64_t vonk_pow10_64[19] = {1,
                                   10,
                                   100,
                                   1000,
                                   10000,
                                   100000,
                                   1000000,
                                   10000000,
                                   100000000,
                                   1000000000,
                                   10000000000,
                                   100000000000,
                                   1000000000000,
                                   10000000000000,
                                   100000000000000,
                                   1000000000000000,
                                   10000000000000000,
                                   100000000000000000,
                                   1000000000000000000};

const vonk_int128 vonk_pow10[39] = {1,
                                    10,
                                    100,
                                    1000,
                                    10000,
                                    100000,
                                    1000000,
                                    10000000,
                                    100000000,
                                    1000000000,
                                    10000000000,
                                    100000000000,
                                    1000000000000,
                                    10000000000000,
                                    100000000000000,
                                    1000000000000000,
                                    10000000000000000,
                                    100000000000000000,
                                    1000000000000000000,
                                    P19,
                                    P19 * 10,
                                    P19 * 100,
                                    P19 * 1000,
                                    P19 * 10000,
                                    P19 * 100000,
                                    P19 * 1000000,
                                    P19 * 10000000,
                                    P19 * 100000000,
                                    P19 * 1000000000,
                                    P19 * 10000000000,
                                    P19 * 100000000000,
                                    P19 * 1000000000000,
                                    P19 * 10000000000000,
                                    P19 * 100000000000000,
                                    P19 * 1000000000000000,
                                    P19 * 10000000000000000,
                                    P19 * 100000000000000000,
                                    P19 * 1000000000000000000,
                                    P19 *P19};

/* |v| * 10^n for n <= 38. */
static vonk_uint256 scaled(vonk_int128 v, unsigned n)
{
    return vonk_mul_128(vonk_int128_abs(v), (vonk_uint128)vonk_pow10[n]);
}

/* 10^n for n <= 76. */
static vonk_uint256 power(unsigned n)
{
    unsigned half = n / 2;
    return vonk_mul_128((vonk_uint128)vonk_pow10[half], (vonk_uint128)vonk_pow10[n - half]);
}

static bool is_zero(vonk_uint256 v)
{
    return !(v.limbs[0] | v.limbs[1] | v.limbs[2] | v.limbs[3]);
}

static vonk_uint256 subtract(vonk_uint256 a, vonk_uint256 b)
{
    uint64_t borrow = 0;
    for (int i = 0; i < 4; i++) {
        vonk_uint128 left = (vonk_uint128)a.limbs[i] - b.limbs[i] - borrow;
        a.limbs[i] = (uint64_t)left;
        borrow = (uint64_t)(left >> 64) & 1;
    }
    return a;
}

static vonk_uint256 add(vonk_uint256 a, vonk_uint256 b)
{
    uint64_t carry = 0;
    for (int i = 0; i < 4; i++) {
        vonk_uint128 sum = (vonk_uint128)a.limbs[i] + b.limbs[i] + carry;
        a.limbs[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
    return a;
}

static vonk_uint256 div_half_up(vonk_uint256 n, vonk_uint256 d)
{
    vonk_uint256 rest, q = vonk_div_256(n, d, &rest);
    /* rest >= d - rest, which is 2 * rest >= d without leaving 256 bits */
    if (vonk_compare_256(rest, subtract(d, rest)) >= 0)
        q = add(q, vonk_uint256_of(1));
    return q;
}

/* The magnitude of scale `from`, given the sign and brought to `type`. */
static vonk_decimal_result finish(bool negative, vonk_uint256 v, unsigned from, vonk_type type,
                                  vonk_int128 *ret)
{
    if (from > type.scale)
        v = div_half_up(v, power(from - type.scale));
    else if (from < type.scale && !is_zero(v) &&
             !vonk_mul_256(v, (vonk_uint128)vonk_pow10[type.scale - from], &v))
        return VONK_DECIMAL_OVERFLOW;
    vonk_uint128 low = v.limbs[0] | (vonk_uint128)v.limbs[1] << 64;
    if (v.limbs[2] || v.limbs[3] || low >= (vonk_uint128)vonk_pow10[type.precision])
        return VONK_DECIMAL_OVERFLOW;
    *ret = negative ? -(vonk_int128)low : (vonk_int128)low;
    return VONK_DECIMAL_OK;
}

vonk_decimal_result vonk_decimal_rescale(vonk_int128 v, unsigned from, vonk_type type,
                                         vonk_int128 *ret)
{
    vonk_int128 out;
    if (from == type.scale)
        out = v;
    else if (from > type.scale)
        out = vonk_decimal_div_half_up(v, vonk_pow10[from - type.scale]);
    else if (__builtin_mul_overflow(v, vonk_pow10[type.scale - from], &out))
        return VONK_DECIMAL_OVERFLOW;
    if (!vonk_decimal_fits(out, type.precision))
        return VONK_DECIMAL_OVERFLOW;
    *ret = out;
    return VONK_DECIMAL_OK;
}

vonk_decimal_result vonk_decimal_add(vonk_int128 a, unsigned sa, vonk_int128 b, unsigned sb,
                                     vonk_type result, vonk_int128 *ret)
{
    unsigned scale = sa > sb ? sa : sb;
    vonk_int128 x, y, sum;
    if (!__builtin_mul_overflow(a, vonk_pow10[scale - sa], &x) &&
        !__builtin_mul_overflow(b, vonk_pow10[scale - sb], &y) &&
        !__builtin_add_overflow(x, y, &sum))
        return vonk_decimal_rescale(sum, scale, result, ret);
    vonk_uint256 big_a = scaled(a, scale - sa), big_b = scaled(b, scale - sb);
    if ((a < 0) == (b < 0))
        return finish(a < 0, add(big_a, big_b), scale, result, ret);
    if (vonk_compare_256(big_a, big_b) >= 0)
        return finish(a < 0, subtract(big_a, big_b), scale, result, ret);
    return finish(b < 0, subtract(big_b, big_a), scale, result, ret);
}

vonk_decimal_result vonk_decimal_sub(vonk_int128 a, unsigned sa, vonk_int128 b, unsigned sb,
                                     vonk_type result, vonk_int128 *ret)
{
    return vonk_decimal_add(a, sa, -b, sb, result, ret);
}

/* Decimal digits of `v` (0 for zero). */
static unsigned digits_of(vonk_uint256 v)
{
    unsigned low = 0, high = 77; /* 2^256 has 78 digits; 10^76 is the last power that is asked */
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (middle <= 76 && vonk_compare_256(v, power(middle)) >= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

vonk_decimal_result vonk_decimal_mul(vonk_int128 a, unsigned sa, vonk_int128 b, unsigned sb,
                                     vonk_type result, vonk_int128 *ret)
{
    vonk_int128 product;
    if (sa + sb <= 38 && !__builtin_mul_overflow(a, b, &product))
        return vonk_decimal_rescale(product, sa + sb, result, ret);
    /* Spark rounds to 39 digits (its MathContext) before it rounds to the scale of the result. */
    vonk_uint256 big = vonk_mul_128(vonk_int128_abs(a), vonk_int128_abs(b));
    unsigned digits = digits_of(big), scale = sa + sb;
    if (digits > 39) {
        if (digits - 39 > scale)
            return VONK_DECIMAL_OVERFLOW;
        big = div_half_up(big, power(digits - 39));
        scale -= digits - 39;
    }
    return finish((a < 0) != (b < 0), big, scale, result, ret);
}

/* n / d. A divisor of 64 bits, the usual case, needs no library call. */
static inline vonk_uint128 div_128(vonk_uint128 n, vonk_uint128 d, vonk_uint128 *ret_rest)
{
    uint64_t high = (uint64_t)(n >> 64), low = (uint64_t)n, divisor = (uint64_t)d;
    if (d >> 64) {
        *ret_rest = n % d;
        return n / d;
    }
    if (high == 0) {
        *ret_rest = low % divisor;
        return low / divisor;
    }
#if defined(__x86_64__)
    uint64_t q_high = high / divisor, rest = high % divisor, q_low;
    __asm__("divq %4" : "=a"(q_low), "=d"(rest) : "a"(low), "d"(rest), "r"(divisor) : "cc");
    *ret_rest = rest;
    return (vonk_uint128)q_high << 64 | q_low;
#else
    *ret_rest = n % divisor;
    return n / divisor;
#endif
}

/*
 * Spark divides to scale 39 and then rounds to the scale of the result, so that 0.4999... (39
 * digits of it) goes up too: the rest may be short of half by up to 10^(scale - 39) divisors.
 */
static bool goes_up(vonk_uint256 rest, vonk_uint256 d, unsigned scale)
{
    vonk_uint256 other = subtract(d, rest), product;
    if (vonk_compare_256(rest, other) >= 0)
        return true;
    vonk_uint256 missing = subtract(other, rest); /* d - 2 * rest */
    return vonk_mul_256(missing, (vonk_uint128)vonk_pow10[38 - scale], &product) &&
           vonk_mul_256(product, 10, &product) && vonk_compare_256(product, d) <= 0;
}

/* goes_up() in 128 bits. The second test can only hold for divisors of many digits. */
static inline bool goes_up_128(vonk_uint128 rest, vonk_uint128 d, unsigned scale)
{
    if (rest >= d - rest)
        return true;
    if (scale == 0 || d < (vonk_uint128)vonk_pow10[39 - scale])
        return false;
    return d - 2 * rest <= d / (vonk_uint128)vonk_pow10[39 - scale];
}

static vonk_decimal_result div_wide(vonk_int128 a, unsigned sa, vonk_int128 b, unsigned sb,
                                    vonk_type result, vonk_int128 *ret)
{
    unsigned up = result.scale + sb; /* a * 10^up / (b * 10^sa) */
    unsigned n_power = up > sa ? up - sa : 0, d_power = sa > up ? sa - up : 0;
    vonk_uint256 n, d = scaled(b, d_power), rest;
    if (n_power <= 38)
        n = scaled(a, n_power);
    else if (!vonk_mul_256(scaled(a, 38), (vonk_uint128)vonk_pow10[n_power - 38], &n))
        return VONK_DECIMAL_OVERFLOW; /* n > 10^77 and d < 10^38: more than 38 digits anyway */
    vonk_uint256 q = vonk_div_256(n, d, &rest);
    if (!is_zero(rest) && goes_up(rest, d, result.scale))
        q = add(q, vonk_uint256_of(1));
    return finish((a < 0) != (b < 0), q, result.scale, result, ret);
}

vonk_decimal_result vonk_decimal_div(vonk_int128 a, unsigned sa, vonk_int128 b, unsigned sb,
                                     vonk_type result, vonk_int128 *ret)
{
    if (b == 0)
        return VONK_DECIMAL_BY_ZERO;
    unsigned up = result.scale + sb;
    vonk_uint128 n, d = vonk_int128_abs(b), rest;
    if (up < sa || up - sa > 38 ||
        __builtin_mul_overflow(vonk_int128_abs(a), (vonk_uint128)vonk_pow10[up - sa], &n))
        return div_wide(a, sa, b, sb, result, ret);
    vonk_uint128 q = div_128(n, d, &rest);
    if (rest && goes_up_128(rest, d, result.scale))
        q++;
    if (q >= (vonk_uint128)vonk_pow10[result.precision])
        return VONK_DECIMAL_OVERFLOW;
    *ret = (a < 0) != (b < 0) ? -(vonk_int128)q : (vonk_int128)q;
    return VONK_DECIMAL_OK;
}

vonk_decimal_result vonk_decimal_mod(vonk_int128 a, unsigned sa, vonk_int128 b, unsigned sb,
                                     vonk_type result, vonk_int128 *ret)
{
    if (b == 0)
        return VONK_DECIMAL_BY_ZERO;
    unsigned scale = sa > sb ? sa : sb;
    vonk_int128 x, y;
    if (!__builtin_mul_overflow(a, vonk_pow10[scale - sa], &x) &&
        !__builtin_mul_overflow(b, vonk_pow10[scale - sb], &y)) {
        vonk_uint128 small;
        (void)div_128(vonk_int128_abs(x), vonk_int128_abs(y), &small);
        x = (vonk_int128)small;
        return vonk_decimal_rescale(a < 0 ? -x : x, scale, result, ret);
    }
    vonk_uint256 rest;
    (void)vonk_div_256(scaled(a, scale - sa), scaled(b, scale - sb), &rest);
    return finish(a < 0, rest, scale, result, ret);
}

vonk_decimal_result vonk_decimal_idiv(vonk_int128 a, unsigned sa, vonk_int128 b, unsigned sb,
                                      unsigned precision, int64_t *ret)
{
    if (b == 0)
        return VONK_DECIMAL_BY_ZERO;
    unsigned scale = sa > sb ? sa : sb;
    vonk_uint256 rest, q = vonk_div_256(scaled(a, scale - sa), scaled(b, scale - sb), &rest);
    vonk_int128 whole;
    vonk_decimal_result result =
        finish((a < 0) != (b < 0), q, 0, VONK_TYPE_DECIMAL((uint8_t)precision, 0), &whole);
    if (result == VONK_DECIMAL_OK)
        *ret = (int64_t)whole;
    return result;
}

int vonk_decimal_compare(vonk_int128 a, unsigned sa, vonk_int128 b, unsigned sb)
{
    if (sa == sb || (a < 0) != (b < 0) || !a || !b)
        return (a > b) - (a < b);
    unsigned scale = sa > sb ? sa : sb;
    int order = vonk_compare_256(scaled(a, scale - sa), scaled(b, scale - sb));
    return a < 0 ? -order : order;
}
