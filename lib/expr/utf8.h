/*
 * utf8.h - counting and finding code points. Text may be any bytes: a byte that starts no code
 * point counts as one of its own where it must.
 */
#ifndef VONK_EXPR_UTF8_H
#define VONK_EXPR_UTF8_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes of the code point that starts with `c`, as Spark's UTF8String counts them. */
static inline size_t vonk_utf8_width(char c)
{
    unsigned char b = (unsigned char)c;
    if (b < 0xc2)
        return 1;
    if (b < 0xe0)
        return 2;
    if (b < 0xf0)
        return 3;
    return b < 0xf5 ? 4 : 1;
}

static inline bool vonk_is_ascii(const char *p, size_t n)
{
    uint64_t any = 0, word;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        memcpy(&word, p + i, 8);
        any |= word;
    }
    for (; i < n; i++)
        any |= (uint64_t)(unsigned char)p[i];
    return !(any & UINT64_C(0x8080808080808080));
}

/*
 * The two below go through what may be a gigabyte in pieces: once *stop is true they may end early,
 * and nobody must use what they say. NULL: never.
 */
#define VONK_UTF8_PIECE ((size_t)1 << 20)

static inline bool vonk_utf8_stops(const atomic_bool *stop, size_t at)
{
    return at && stop && atomic_load_explicit(stop, memory_order_relaxed);
}

static inline size_t vonk_utf8_length_long(const char *p, size_t n, const atomic_bool *stop)
{
    size_t count = 0;
    for (size_t at = 0; at < n && !vonk_utf8_stops(stop, at);) {
        size_t end = n - at < VONK_UTF8_PIECE ? n : at + VONK_UTF8_PIECE;
        if (vonk_is_ascii(p + at, end - at)) {
            count += end - at;
            at = end;
        }
        for (; at < end; at += vonk_utf8_width(p[at]))
            count++;
    }
    return count;
}

/* Code points in n bytes. */
static inline size_t vonk_utf8_length(const char *p, size_t n, const atomic_bool *stop)
{
    return n <= VONK_UTF8_PIECE && vonk_is_ascii(p, n) ? n : vonk_utf8_length_long(p, n, stop);
}

static inline size_t vonk_utf8_offset_long(const char *p, size_t n, size_t index,
                                           const atomic_bool *stop)
{
    size_t at = 0;
    while (at < n && index && !vonk_utf8_stops(stop, at)) {
        size_t most = index < VONK_UTF8_PIECE ? index : VONK_UTF8_PIECE;
        size_t end = n - at < most ? n : at + most;
        if (vonk_is_ascii(p + at, end - at)) {
            index -= end - at;
            at = end;
        }
        for (; at < end; at += vonk_utf8_width(p[at]))
            index--;
    }
    return at < n ? at : n;
}

/* Byte at which code point number `index` starts, n if there are fewer. */
static inline size_t vonk_utf8_offset(const char *p, size_t n, size_t index,
                                      const atomic_bool *stop)
{
    size_t end = index < n ? index : n;
    if (end <= VONK_UTF8_PIECE && vonk_is_ascii(p, end))
        return end;
    return vonk_utf8_offset_long(p, n, index, stop);
}

#endif
