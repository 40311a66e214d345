/*
 * string_view.h - a 16-byte string: short ones inside, long ones by pointer with a prefix.
 *
 *      length <= 12   | length:4 | bytes:12 (rest zero)        |
 *      length >  12   | length:4 | first 4 bytes | pointer:8   |
 *
 * The bytes of a long string belong to whatever arena the column's owner says. Unused bytes of a
 * short one are zero, so that two short strings are equal when their 16 bytes are.
 */
#ifndef VONK_COLUMN_STRING_VIEW_H
#define VONK_COLUMN_STRING_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buffer.h"

#define VONK_STRING_INLINE 12

/* Bytes of the longest value. Source: Spark's ByteArrayUtils.MAX_ROUNDED_ARRAY_LENGTH. */
#define VONK_MAX_TEXT ((size_t)INT32_MAX - 15)

/* Fails with Spark's condition for a value of more than VONK_MAX_TEXT bytes. */
vonk_status vonk_string_too_long(size_t size, vonk_error *err);

typedef struct vonk_string {
    uint32_t length;
    char prefix[4];
    union {
        char rest[8];
        const char *data;
    };
} vonk_string;

_Static_assert(sizeof(vonk_string) == 16, "a string view is 16 bytes");

static inline const char *vonk_string_data(const vonk_string *s)
{
    return s->length <= VONK_STRING_INLINE ? (const char *)s + 4 : s->data;
}

static inline vonk_slice vonk_string_slice(const vonk_string *s)
{
    return (vonk_slice){vonk_string_data(s), s->length};
}

/* A view of `length` bytes at `data`, which are borrowed if longer than VONK_STRING_INLINE. */
static inline vonk_string vonk_string_of(const char *data, uint32_t length)
{
    vonk_string s = {.length = length};
    if (length <= VONK_STRING_INLINE) {
        if (length)
            memcpy((char *)&s + 4, data, length);
    } else {
        memcpy(s.prefix, data, 4);
        s.data = data;
    }
    return s;
}

static inline bool vonk_string_equal(const vonk_string *a, const vonk_string *b)
{
    uint64_t head_a, head_b;
    memcpy(&head_a, a, 8);
    memcpy(&head_b, b, 8);
    if (head_a != head_b)
        return false;
    if (a->length <= VONK_STRING_INLINE)
        return !memcmp(a->rest, b->rest, 8);
    return a->data == b->data || !memcmp(a->data, b->data, a->length);
}

/* Order of the bytes as unsigned numbers (Spark's UTF8_BINARY): negative, zero or positive. */
static inline int vonk_string_compare(const vonk_string *a, const vonk_string *b)
{
    uint32_t first_a, first_b;
    memcpy(&first_a, a->prefix, 4);
    memcpy(&first_b, b->prefix, 4);
    if (first_a != first_b) { /* unused bytes are zero, and less than any */
        first_a = __builtin_bswap32(first_a);
        first_b = __builtin_bswap32(first_b);
        return first_a > first_b ? 1 : -1;
    }
    uint32_t shorter = a->length < b->length ? a->length : b->length;
    if (shorter > 4) {
        int order = memcmp(vonk_string_data(a) + 4, vonk_string_data(b) + 4, shorter - 4);
        if (order)
            return order;
    }
    return (a->length > b->length) - (a->length < b->length);
}

#endif
