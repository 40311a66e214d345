/* uint256.c - multiplication and division of 256-bit numbers. */
#include "kernel/decimal.h"

vonk_uint256 vonk_uint256_of(vonk_uint128 v)
{
    return (vonk_uint256){{(uint64_t)v, (uint64_t)(v >> 64)}};
}

vonk_uint256 vonk_mul_128(vonk_uint128 a, vonk_uint128 b)
{
    uint64_t a0 = (uint64_t)a, a1 = (uint64_t)(a >> 64);
    uint64_t b0 = (uint64_t)b, b1 = (uint64_t)(b >> 64);
    vonk_uint128 low = (vonk_uint128)a0 * b0, high = (vonk_uint128)a1 * b1;
    vonk_uint128 x = (vonk_uint128)a0 * b1, y = (vonk_uint128)a1 * b0;
    vonk_uint128 middle = (low >> 64) + (uint64_t)x + (uint64_t)y;
    high += (x >> 64) + (y >> 64) + (middle >> 64);
    return (vonk_uint256){
        {(uint64_t)low, (uint64_t)middle, (uint64_t)high, (uint64_t)(high >> 64)}};
}

bool vonk_mul_256(vonk_uint256 a, vonk_uint128 b, vonk_uint256 *ret)
{
    vonk_uint128 a_low = a.limbs[0] | (vonk_uint128)a.limbs[1] << 64;
    vonk_uint128 a_high = a.limbs[2] | (vonk_uint128)a.limbs[3] << 64;
    vonk_uint256 low = vonk_mul_128(a_low, b), high = vonk_mul_128(a_high, b);
    vonk_uint128 carry = low.limbs[2] | (vonk_uint128)low.limbs[3] << 64, sum;
    vonk_uint128 top = high.limbs[0] | (vonk_uint128)high.limbs[1] << 64;
    if (high.limbs[2] || high.limbs[3] || __builtin_add_overflow(carry, top, &sum))
        return false;
    *ret = (vonk_uint256){{low.limbs[0], low.limbs[1], (uint64_t)sum, (uint64_t)(sum >> 64)}};
    return true;
}

int vonk_compare_256(vonk_uint256 a, vonk_uint256 b)
{
    for (int i = 3; i >= 0; i--)
        if (a.limbs[i] != b.limbs[i])
            return a.limbs[i] < b.limbs[i] ? -1 : 1;
    return 0;
}

static int limbs_used(vonk_uint256 v)
{
    int n = 4;
    while (n > 0 && !v.limbs[n - 1])
        n--;
    return n;
}

static vonk_uint256 div_by_limb(vonk_uint256 n, uint64_t d, vonk_uint256 *ret_rest)
{
    vonk_uint256 q = {{0}};
    uint64_t rest = 0;
    for (int i = limbs_used(n) - 1; i >= 0; i--) {
        vonk_uint128 part = (vonk_uint128)rest << 64 | n.limbs[i];
        q.limbs[i] = (uint64_t)(part / d);
        rest = (uint64_t)(part % d);
    }
    *ret_rest = (vonk_uint256){{rest}};
    return q;
}

/* u[0..n] -= q * v[0..n); returns whether it went below zero. */
static bool subtract_multiple(uint64_t *u, const uint64_t *v, int n, uint64_t q)
{
    vonk_uint128 carry = 0;
    uint64_t borrow = 0;
    for (int i = 0; i <= n; i++) {
        vonk_uint128 product = (i < n ? (vonk_uint128)q * v[i] : 0) + carry;
        carry = product >> 64;
        vonk_uint128 left = (vonk_uint128)u[i] - (uint64_t)product - borrow;
        u[i] = (uint64_t)left;
        borrow = (uint64_t)(left >> 64) & 1;
    }
    return borrow != 0;
}

static void add_back(uint64_t *u, const uint64_t *v, int n)
{
    uint64_t carry = 0;
    for (int i = 0; i <= n; i++) {
        vonk_uint128 sum = (vonk_uint128)u[i] + (i < n ? v[i] : 0) + carry;
        u[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
}

/* Schoolbook division, base 2^64 (Knuth, The Art of Computer Programming 4.3.1, algorithm D). */
vonk_uint256 vonk_div_256(vonk_uint256 n, vonk_uint256 d, vonk_uint256 *ret_rest)
{
    int n_used = limbs_used(n), d_used = limbs_used(d);
    if (d_used == 1)
        return div_by_limb(n, d.limbs[0], ret_rest);
    if (n_used < d_used) {
        *ret_rest = n;
        return (vonk_uint256){{0}};
    }
    int shift = __builtin_clzll(d.limbs[d_used - 1]);
    uint64_t u[5] = {0}, v[4] = {0};
    for (int i = 0; i < 4; i++) {
        v[i] = d.limbs[i] << shift | (shift && i ? d.limbs[i - 1] >> (64 - shift) : 0);
        u[i] = n.limbs[i] << shift | (shift && i ? n.limbs[i - 1] >> (64 - shift) : 0);
    }
    u[4] = shift ? n.limbs[3] >> (64 - shift) : 0;
    vonk_uint256 q = {{0}};
    for (int j = n_used - d_used; j >= 0; j--) {
        vonk_uint128 top = (vonk_uint128)u[j + d_used] << 64 | u[j + d_used - 1];
        uint64_t first = v[d_used - 1];
        vonk_uint128 guess = u[j + d_used] >= first ? UINT64_MAX : top / first;
        vonk_uint128 rest = top - guess * first;
        while (!(rest >> 64) && guess * v[d_used - 2] > (rest << 64 | u[j + d_used - 2])) {
            guess--;
            rest += first;
        }
        if (subtract_multiple(u + j, v, d_used, (uint64_t)guess)) {
            guess--;
            add_back(u + j, v, d_used);
        }
        q.limbs[j] = (uint64_t)guess;
    }
    for (int i = 0; i < 4; i++) {
        bool kept = i < d_used;
        uint64_t above = i + 1 < d_used ? u[i + 1] : 0;
        ret_rest->limbs[i] = kept ? u[i] >> shift | (shift ? above << (64 - shift) : 0) : 0;
    }
    return q;
}
