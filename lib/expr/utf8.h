/*
 * utf8.h - counting and finding code points. Text may be any bytes: a byte that starts no code
 * point counts as one of its own where it must.
 */
#ifndef VONK_EXPR_UTF8_H
#define VONK_EXPR_UTF8_H

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

/* Code points in n bytes. */
static inline size_t vonk_utf8_length(const char *p, size_t n)
{
    if (vonk_is_ascii(p, n))
        return n;
    size_t count = 0;
    for (size_t i = 0; i < n; i += vonk_utf8_width(p[i]))
        count++;
    return count;
}

/* Byte at which code point number `index` starts, n if there are fewer. */
static inline size_t vonk_utf8_offset(const char *p, size_t n, size_t index)
{
    size_t i = 0;
    while (i < n && index--)
        i += vonk_utf8_width(p[i]);
    return i < n ? i : n;
}

#endif
