/*
 * unpack.c - bit-packed integers to uint32_t.
 *
 * Eight values of w bits are w bytes. With AVX2 and w <= 25 each value lies within four bytes, so
 * that one shuffle brings these to its lane, one variable shift drops the bits before it and one
 * mask those after:
 *
 *      bytes   |0 1 2 3 4 5 ...                    values 0-3 from `p`, 4-7 from `p + w/2`
 *      lane i  bytes (i*w)/8 .. +4, >> (i*w)%8, & mask
 *
 * Elsewhere a loop with a literal width, which compilers unroll.
 */
#include <string.h>

#include "base/attr.h"
#include "format/parquet/hybrid.h"

#ifdef __AVX2__
#include <immintrin.h>
#endif

static inline uint64_t load64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, 8);
    return value;
}

/* A word from `at`, whose bytes from `end` on read as zero. */
static inline uint64_t load64_until(const uint8_t *at, const uint8_t *end)
{
    if (end - at >= 8)
        return load64(at);
    uint64_t value = 0;
    if (end > at)
        memcpy(&value, at, (size_t)(end - at));
    return value;
}

static inline uint32_t mask_of(uint32_t width)
{
    return width >= 32 ? UINT32_MAX : (UINT32_C(1) << width) - 1;
}

/* Any values, one by one. */
static void unpack_slow(const uint8_t *data, const uint8_t *end, uint64_t start, uint32_t width,
                        uint32_t *ret, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint64_t bit = (start + i) * width;
        ret[i] = (uint32_t)(load64_until(data + bit / 8, end) >> (bit % 8)) & mask_of(width);
    }
}

/* Groups of eight from a byte boundary while 8 bytes may be loaded after each; returns how many. */
VONK_SPECIALISE uint32_t unpack_width(const uint8_t *data, const uint8_t *end, uint32_t width,
                                      uint32_t *ret, uint32_t n_groups)
{
    uint32_t g = 0;
    for (; g < n_groups && end - data >= (ptrdiff_t)width + 8; g++, data += width)
        for (uint32_t i = 0; i < 8; i++)
            ret[g * 8 + i] =
                (uint32_t)(load64(data + i * width / 8) >> (i * width % 8)) & mask_of(width);
    return g;
}

#define WIDTH(w)                                                                                   \
    case w:                                                                                        \
        return unpack_width(data, end, w, ret, n_groups)
#define WIDTHS4(w)                                                                                 \
    WIDTH(w);                                                                                      \
    WIDTH((w) + 1);                                                                                \
    WIDTH((w) + 2);                                                                                \
    WIDTH((w) + 3)

static uint32_t unpack_scalar(const uint8_t *data, const uint8_t *end, uint32_t width,
                              uint32_t *ret, uint32_t n_groups)
{
    switch (width) {
        WIDTHS4(1);
        WIDTHS4(5);
        WIDTHS4(9);
        WIDTHS4(13);
        WIDTHS4(17);
        WIDTHS4(21);
        WIDTHS4(25);
        WIDTHS4(29);
    default:
        return 0;
    }
}

#ifdef __AVX2__
static uint32_t unpack_avx2(const uint8_t *data, const uint8_t *end, uint32_t width, uint32_t *ret,
                            uint32_t n_groups)
{
    uint8_t places[32];
    uint32_t shifts[8];
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t bit = i < 4 ? i * width : i * width - width / 2 * 8;
        for (uint32_t b = 0; b < 4; b++)
            places[i * 4 + b] = (uint8_t)(bit / 8 + b);
        shifts[i] = bit % 8;
    }
    const __m256i shuffle = _mm256_loadu_si256((const __m256i *)places);
    const __m256i shift = _mm256_loadu_si256((const __m256i *)shifts);
    const __m256i mask = _mm256_set1_epi32((int)mask_of(width));
    const ptrdiff_t reach = (ptrdiff_t)width / 2 + 16;
    uint32_t g = 0;
    for (; g < n_groups && end - data >= reach; g++, data += width) {
        __m128i low = _mm_loadu_si128((const __m128i *)data);
        __m128i high = _mm_loadu_si128((const __m128i *)(data + width / 2));
        __m256i lanes = _mm256_shuffle_epi8(_mm256_set_m128i(high, low), shuffle);
        lanes = _mm256_and_si256(_mm256_srlv_epi32(lanes, shift), mask);
        _mm256_storeu_si256((__m256i *)(ret + (size_t)g * 8), lanes);
    }
    return g;
}
#endif

void vonk_pq_unpack(const uint8_t *data, const uint8_t *end, uint64_t start, uint32_t width,
                    uint32_t *ret, uint32_t n)
{
    if (width == 0) {
        memset(ret, 0, (size_t)n * 4);
        return;
    }
    uint32_t before = (uint32_t)(-start & 7);
    if (before > n)
        before = n;
    unpack_slow(data, end, start, width, ret, before);
    start += before;
    ret += before;
    n -= before;
    const uint8_t *at = data + start / 8 * width;
    uint32_t groups;
#ifdef __AVX2__
    if (width <= 25)
        groups = unpack_avx2(at, end, width, ret, n / 8);
    else
#endif
        groups = unpack_scalar(at, end, width, ret, n / 8);
    unpack_slow(data, end, start + (uint64_t)groups * 8, width, ret + (size_t)groups * 8,
                n - groups * 8);
}

void vonk_pq_fill_bits(uint64_t *bits, uint32_t at, uint32_t n, bool on)
{
    while (n > 0) {
        uint32_t shift = at % 64, k = 64 - shift < n ? 64 - shift : n;
        uint64_t mask = (k == 64 ? UINT64_MAX : (UINT64_C(1) << k) - 1) << shift;
        bits[at / 64] = on ? bits[at / 64] | mask : bits[at / 64] & ~mask;
        at += k;
        n -= k;
    }
}

uint32_t vonk_pq_copy_bits(uint64_t *bits, uint32_t at, const uint8_t *from, uint64_t from_at,
                           const uint8_t *end, uint32_t n)
{
    uint32_t ones = 0;
    while (n > 0) {
        uint32_t shift = at % 64, k = 64 - shift < n ? 64 - shift : n;
        if (k > 56)
            k = 56; /* what a load from any bit surely has */
        uint64_t some = load64_until(from + from_at / 8, end) >> (from_at % 8);
        some &= (UINT64_C(1) << k) - 1;
        ones += (uint32_t)__builtin_popcountll(some);
        bits[at / 64] = (bits[at / 64] & ((UINT64_C(1) << shift) - 1)) | some << shift;
        at += k;
        from_at += k;
        n -= k;
    }
    return ones;
}
