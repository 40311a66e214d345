/*
 * scan.h - finds the bytes that structure a text, 64 at a time: a bit a byte.
 *
 * A cursor looks at 64 bytes from `block`; bits below `position` are cleared as the user moves on.
 * It reads up to 64 bytes behind what it looks for, so buffers are padded.
 */
#ifndef VONK_FORMAT_TEXT_SCAN_H
#define VONK_FORMAT_TEXT_SCAN_H

#include <stdint.h>
#include <string.h>
#ifdef __AVX2__
#include <immintrin.h>
#endif

#include "base/attr.h"

/* Bits of the bytes among 64 that equal `c`. */
static inline uint64_t vonk_scan_equal(const char *p, char c)
{
#ifdef __AVX2__
    __m256i wanted = _mm256_set1_epi8(c);
    __m256i low = _mm256_loadu_si256((const __m256i *)p);
    __m256i high = _mm256_loadu_si256((const __m256i *)(p + 32));
    uint32_t a = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted));
    uint32_t b = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted));
    return a | (uint64_t)b << 32;
#else
    /* Eight at a time; the multiplication gathers the high bits of eight bytes into one. */
    uint64_t mask = 0, spread = (uint8_t)c * UINT64_C(0x0101010101010101);
    for (int i = 0; i < 8; i++) {
        uint64_t word;
        memcpy(&word, p + i * 8, 8);
        word ^= spread;
        word |= (word & UINT64_C(0x7f7f7f7f7f7f7f7f)) + UINT64_C(0x7f7f7f7f7f7f7f7f);
        word = ~word & UINT64_C(0x8080808080808080);
        mask |= ((word >> 7) * UINT64_C(0x0102040810204080) >> 56) << (i * 8);
    }
    return mask;
#endif
}

typedef struct vonk_scan {
    const char *block;
    uint64_t ends;  /* bytes that end a field: the separator's first byte, or a line end */
    uint64_t lines; /* bytes that end a line: '\n' or '\r' */
    char separator;
} vonk_scan;

static inline void vonk_scan_load(vonk_scan *s, const char *block)
{
    s->block = block;
    s->lines = vonk_scan_equal(block, '\n') | vonk_scan_equal(block, '\r');
    s->ends = s->lines | vonk_scan_equal(block, s->separator);
}

/* Forgets what lies below `p`, which is at or behind the last position. */
static inline void vonk_scan_seek(vonk_scan *s, const char *p)
{
    if (p < s->block + 64) {
        uint64_t keep = UINT64_MAX << (p - s->block);
        s->ends &= keep;
        s->lines &= keep;
    } else {
        vonk_scan_load(s, p);
    }
}

/* The next end of a field; it must exist. Takes it. */
static inline const char *vonk_scan_end(vonk_scan *s)
{
    while (!s->ends)
        vonk_scan_load(s, s->block + 64);
    unsigned i = (unsigned)__builtin_ctzll(s->ends);
    s->ends &= s->ends - 1;
    return s->block + i;
}

/* The next end of a line at or behind the last field end; it must exist. Takes it. */
static inline const char *vonk_scan_line(vonk_scan *s, const char *from)
{
    vonk_scan_seek(s, from);
    while (!s->lines)
        vonk_scan_load(s, s->block + 64);
    const char *at = s->block + __builtin_ctzll(s->lines);
    vonk_scan_seek(s, at + 1);
    return at;
}

#endif
