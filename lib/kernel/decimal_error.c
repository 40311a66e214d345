/* decimal_error.c - the exact value that did not fit, as text. Only ever run to fail. */
#include <stdio.h>
#include <string.h>

#include "kernel/arith.h"
#include "kernel/decimal.h"

/* Plain text of a 256-bit magnitude of `scale`. */
static void print_256(bool negative, vonk_uint256 v, unsigned scale, char text[200])
{
    char digits[160], *end = digits + sizeof(digits), *p = end;
    do {
        vonk_uint256 rest;
        v = vonk_div_256(v, vonk_uint256_of(10), &rest);
        *--p = (char)('0' + rest.limbs[0]);
    } while (v.limbs[0] | v.limbs[1] | v.limbs[2] | v.limbs[3]);
    while (end - p <= (ptrdiff_t)scale)
        *--p = '0';
    int whole = (int)(end - p) - (int)scale;
    (void)snprintf(text, 200, "%s%.*s%s%.*s", negative ? "-" : "", whole, p, scale ? "." : "",
                   (int)scale, p + whole);
}

static vonk_uint256 scaled(vonk_int128 v, unsigned n)
{
    return vonk_mul_128(vonk_int128_abs(v), (vonk_uint128)vonk_pow10[n]);
}

/* Adds one to the last digit of plain text. What does not fit any more is left out. */
static void round_up(char text[200])
{
    size_t n = strlen(text), first = text[0] == '-';
    for (size_t i = n; i-- > first;) {
        if (text[i] == '.')
            continue;
        if (text[i] != '9') {
            text[i]++;
            return;
        }
        text[i] = '0';
    }
    memmove(text + first + 1, text + first, n - first + 1);
    text[first] = '1';
}

/* n / d to 39 digits behind the point, as Spark divides: the whole part, then digit by digit. */
static void print_quotient(bool negative, vonk_uint256 n, vonk_uint256 d, bool whole,
                           char text[200])
{
    vonk_uint256 rest;
    print_256(negative, vonk_div_256(n, d, &rest), 0, text);
    if (whole)
        return;
    size_t at = strlen(text);
    text[at++] = '.';
    for (int i = 0; i <= 39; i++) {
        vonk_uint256 digit = {{0}};
        if (vonk_mul_256(rest, 10, &rest)) /* rest < d <= 10^76: it fits */
            digit = vonk_div_256(rest, d, &rest);
        text[at++] = (char)('0' + digit.limbs[0]);
    }
    bool up = text[--at] >= '5';
    text[at] = '\0';
    if (up)
        round_up(text);
}

static void print_sum(vonk_int128 a, vonk_uint256 x, vonk_int128 b, vonk_uint256 y, unsigned scale,
                      char text[200])
{
    bool flip = vonk_compare_256(x, y) < 0, add = (a < 0) == (b < 0);
    vonk_uint256 high = flip ? y : x, low = flip ? x : y;
    uint64_t carry = 0;
    for (int i = 0; i < 4; i++) {
        vonk_uint128 part = add ? (vonk_uint128)high.limbs[i] + low.limbs[i] + carry
                                : (vonk_uint128)high.limbs[i] - low.limbs[i] - carry;
        high.limbs[i] = (uint64_t)part;
        carry = (uint64_t)(part >> 64) & 1;
    }
    print_256(flip ? b < 0 : a < 0, high, scale, text);
}

/* Spark keeps 39 digits of a product. */
static void print_product(bool negative, vonk_uint256 v, unsigned scale, char text[200])
{
    vonk_uint256 limit = vonk_mul_128((vonk_uint128)vonk_pow10[38], 10), rest;
    unsigned last = 0;
    size_t zeros = 0; /* in front of the point */
    while (vonk_compare_256(v, limit) >= 0) {
        v = vonk_div_256(v, vonk_uint256_of(10), &rest);
        last = (unsigned)rest.limbs[0];
        zeros += !scale;
        scale -= scale > 0;
    }
    for (int i = 0; last >= 5 && i < 4 && ++v.limbs[i] == 0; i++)
        continue;
    print_256(negative, v, scale, text);
    size_t n = strlen(text);
    memset(text + n, '0', zeros); /* at most 38 of them */
    text[n + zeros] = '\0';
}

void vonk_decimal_average_text(bool negative, vonk_uint128 sum, unsigned scale, int64_t n,
                               char text[200])
{
    vonk_uint256 divisor = vonk_mul_128((vonk_uint128)n, (vonk_uint128)vonk_pow10[scale]);
    print_quotient(negative, vonk_uint256_of(sum), divisor, false, text);
}

void arith_decimal_text(const arith_call *call, uint32_t row, char text[200])
{
    vonk_int128 a = arith_decimal_at(&call->a, row), b = arith_decimal_at(&call->b, row);
    unsigned sa = call->a.type.scale, sb = call->b.type.scale, scale = sa > sb ? sa : sb;
    vonk_uint256 x = scaled(a, scale - sa), y = scaled(b, scale - sb);
    bool negative = (a < 0) != (b < 0);
    switch (call->op) {
    case VONK_ADD:
        print_sum(a, x, b, y, scale, text);
        break;
    case VONK_SUB:
        print_sum(a, x, -b, y, scale, text);
        break;
    case VONK_MUL:
        print_product(negative, vonk_mul_128(vonk_int128_abs(a), vonk_int128_abs(b)), sa + sb,
                      text);
        break;
    default:
        print_quotient(negative, x, y, call->op == VONK_IDIV, text);
        break;
    }
}
