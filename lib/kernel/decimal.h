/*
 * decimal.h - arithmetic on single decimals: an unscaled vonk_int128 and a scale.
 *
 * The exact rules of Spark 4 (java.math.BigDecimal with HALF_UP) in one place, for kernels, casts,
 * functions and aggregates. Pure functions; thread-safe. Unscaled values given to them are below
 * 10^38 in magnitude, scales are 0..38.
 */
#ifndef VONK_KERNEL_DECIMAL_H
#define VONK_KERNEL_DECIMAL_H

#include "column/type.h"

typedef unsigned __int128 vonk_uint128;

/* 256 bits, for what two decimals make together. Least significant limb first. */
typedef struct vonk_uint256 {
    uint64_t limbs[4];
} vonk_uint256;

typedef enum vonk_decimal_result {
    VONK_DECIMAL_OK = 0,
    VONK_DECIMAL_OVERFLOW,  /* more digits than the type has */
    VONK_DECIMAL_BY_ZERO,   /* divisor is zero */
    VONK_DECIMAL_MALFORMED, /* text is no number */
} vonk_decimal_result;

/* 10^0 .. 10^18 and 10^0 .. 10^38. */
extern const int64_t vonk_pow10_64[19];
extern const vonk_int128 vonk_pow10[39];

/* Magnitude; also right for the least value. */
static inline vonk_uint128 vonk_int128_abs(vonk_int128 v)
{
    return v < 0 ? -(vonk_uint128)v : (vonk_uint128)v;
}

/* `v` has at most `precision` (1..38) digits. */
static inline bool vonk_decimal_fits(vonk_int128 v, unsigned precision)
{
    return v < vonk_pow10[precision] && v > -vonk_pow10[precision];
}

/* n / d with the half rounded away from zero (Java's HALF_UP); d > 0. */
static inline vonk_int128 vonk_decimal_div_half_up(vonk_int128 n, vonk_int128 d)
{
    bool small = n == (int64_t)n && d == (int64_t)d; /* 64 bits divide several times faster */
    vonk_int128 q = small ? (int64_t)n / (int64_t)d : n / d, r = n - q * d;
    vonk_uint128 rest = vonk_int128_abs(r);
    if (rest >= (vonk_uint128)d - rest)
        q += n < 0 ? -1 : 1;
    return q;
}

/*
 * *ret = `v` of scale `from` as a decimal of `type`: rescaled, HALF_UP.
 * Returns VONK_DECIMAL_OK or VONK_DECIMAL_OVERFLOW.
 */
vonk_decimal_result vonk_decimal_rescale(vonk_int128 v, unsigned from, vonk_type type,
                                         vonk_int128 *ret) VONK_MUST_CHECK;

/* *ret = a op b as a decimal of `result`; sa and sb are the operands' scales. */
vonk_decimal_result vonk_decimal_add(vonk_int128 a, unsigned sa, vonk_int128 b, unsigned sb,
                                     vonk_type result, vonk_int128 *ret) VONK_MUST_CHECK;
vonk_decimal_result vonk_decimal_sub(vonk_int128 a, unsigned sa, vonk_int128 b, unsigned sb,
                                     vonk_type result, vonk_int128 *ret) VONK_MUST_CHECK;
vonk_decimal_result vonk_decimal_mul(vonk_int128 a, unsigned sa, vonk_int128 b, unsigned sb,
                                     vonk_type result, vonk_int128 *ret) VONK_MUST_CHECK;
vonk_decimal_result vonk_decimal_div(vonk_int128 a, unsigned sa, vonk_int128 b, unsigned sb,
                                     vonk_type result, vonk_int128 *ret) VONK_MUST_CHECK;
/* The remainder has the sign of `a`. */
vonk_decimal_result vonk_decimal_mod(vonk_int128 a, unsigned sa, vonk_int128 b, unsigned sb,
                                     vonk_type result, vonk_int128 *ret) VONK_MUST_CHECK;
/*
 * The whole part of a / b. More than `precision` digits are an overflow; what does not fit into 64
 * bits wraps, as Decimal.toLong does in Spark.
 */
vonk_decimal_result vonk_decimal_idiv(vonk_int128 a, unsigned sa, vonk_int128 b, unsigned sb,
                                      unsigned precision, int64_t *ret) VONK_MUST_CHECK;

/* Negative, zero or positive. */
int vonk_decimal_compare(vonk_int128 a, unsigned sa, vonk_int128 b, unsigned sb);

/*
 * Reads "[+-]digits[.digits][e[+-]digits]" with white space around it, as Spark's cast from string:
 * HALF_UP to the type's scale. VONK_DECIMAL_MALFORMED or VONK_DECIMAL_OVERFLOW if it cannot.
 */
vonk_decimal_result vonk_decimal_parse(vonk_slice text, vonk_type type,
                                       vonk_int128 *ret) VONK_MUST_CHECK;

/* The same from the shortest text that reads as `d`, as Spark casts double and float. NaN and
 * infinities: VONK_DECIMAL_MALFORMED. */
vonk_decimal_result vonk_decimal_from_double(double d, vonk_type type,
                                             vonk_int128 *ret) VONK_MUST_CHECK;

/* The double nearest to the decimal. */
double vonk_decimal_to_double(vonk_int128 v, unsigned scale);

#define VONK_DECIMAL_TEXT 48 /* room for any decimal's text and a NUL */

/* Writes the plain text ("-0.50" for -50 of scale 2) and a NUL; returns the length. */
size_t vonk_decimal_print(vonk_int128 v, unsigned scale, char out[VONK_DECIMAL_TEXT]);

/*
 * Fails with NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION: "VALUE cannot be represented as
 * Decimal(p, s). ..." where `value` is the plain text of the value that does not fit.
 */
vonk_status vonk_decimal_fail(const char *value, vonk_type type, vonk_error *err);

/* The text of sum / n, with 39 digits behind the point, for vonk_decimal_fail; n > 0. */
void vonk_decimal_average_text(bool negative, vonk_uint128 sum, unsigned scale, int64_t n,
                               char text[200]);

/* 256-bit helpers, exact. */
vonk_uint256 vonk_uint256_of(vonk_uint128 v);
vonk_uint256 vonk_mul_128(vonk_uint128 a, vonk_uint128 b);
/* a * b; false if it does not fit into 256 bits. */
bool vonk_mul_256(vonk_uint256 a, vonk_uint128 b, vonk_uint256 *ret) VONK_MUST_CHECK;
/* Negative, zero or positive. */
int vonk_compare_256(vonk_uint256 a, vonk_uint256 b);
/* n / d, and the rest in *ret_rest; d is not zero. */
vonk_uint256 vonk_div_256(vonk_uint256 n, vonk_uint256 d, vonk_uint256 *ret_rest);

#endif
