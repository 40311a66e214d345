/*
 * snappy.c - see snappy.h.
 *
 * A block is its size (a varint), then elements: a tag byte whose low two bits say what it is.
 *
 *      00  literal   length - 1 in the upper six bits, or (60 to 63) in the next one to four bytes
 *      01  copy      4 to 11 bytes (bits 2-4) from an offset of 11 bits (bits 5-7, one more byte)
 *      10  copy      1 to 64 bytes (upper six bits), two bytes of offset
 *      11  copy      likewise, four bytes of offset
 *
 * Elements are a few bytes each, so what counts is how soon the next tag is known: its load is
 * the first thing done for an element, and literals and copies up to 64 bytes are moves of 32
 * bytes that write more than they must. That loop stops MARGIN before either end; element by
 * element does the rest, and what is rare.
 */
#include "format/parquet/snappy.h"

#include <string.h>

#include "base/attr.h"

#define MARGIN 80 /* a tag, and 64 bytes moved from behind it */

enum { LITERAL, COPY_1, COPY_2, COPY_4 };

/* length | upper bits of the offset << 8; 0: not for the fast loop. */
#define ENTRY(tag)                                                                                 \
    (uint16_t)(((tag)&3) == LITERAL  ? ((tag) < 60 << 2 ? ((tag) >> 2) + 1 : 0)                    \
               : ((tag)&3) == COPY_1 ? (4 + ((tag) >> 2 & 7)) | (tag) >> 5 << 8                    \
               : ((tag)&3) == COPY_2 ? ((tag) >> 2) + 1                                            \
                                     : 0)
#define ENTRIES_4(tag) ENTRY(tag), ENTRY((tag) + 1), ENTRY((tag) + 2), ENTRY((tag) + 3)
#define ENTRIES_16(tag)                                                                            \
    ENTRIES_4(tag), ENTRIES_4((tag) + 4), ENTRIES_4((tag) + 8), ENTRIES_4((tag) + 12)
#define ENTRIES_64(tag)                                                                            \
    ENTRIES_16(tag), ENTRIES_16((tag) + 16), ENTRIES_16((tag) + 32), ENTRIES_16((tag) + 48)

static const uint16_t entries[256] = {ENTRIES_64(0), ENTRIES_64(64), ENTRIES_64(128),
                                      ENTRIES_64(192)};
static const uint32_t offset_masks[4] = {0, 0xff, 0xffff, 0};

static inline uint32_t load32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, 4);
    return value;
}

/* 32 bytes that may overlap: all are loaded before any is stored. */
static inline void move32(uint8_t *to, const uint8_t *from)
{
    typedef uint8_t wide __attribute__((vector_size(32)));
    wide bytes;
    memcpy(&bytes, from, 32);
    memcpy(to, &bytes, 32);
}

/* Up to 64 bytes; writes more. */
static inline void move64(uint8_t *to, const uint8_t *from, size_t length)
{
    move32(to, from);
    if (length > 32)
        move32(to + 32, from + 32);
}

/* A copy that reads what it writes. Writes up to 7 bytes too many. */
static __attribute__((noinline)) void repeat(uint8_t *to, size_t offset, size_t length)
{
    const uint8_t *from = to - offset;
    if (offset >= 8)
        for (size_t i = 0; i < length; i += 8)
            memcpy(to + i, from + i, 8);
    else
        for (size_t i = 0; i < length; i++)
            to[i] = from[i];
}

/* Elements up to `until` while both ends are far and each is of the usual kinds; false: an offset
 * is wrong. */
static bool fast_elements(vonk_unsnap *b, const uint8_t *until)
{
    const uint8_t *at = b->at + 1, *last = b->end - MARGIN;
    uint8_t *out = b->out, *out_last = b->out_end - MARGIN;
    if (until < out_last)
        out_last = b->out + (until - b->out);
    size_t tag = *b->at;
    do {
        size_t kind = tag & 3, entry = entries[tag], length = entry & 0xff;
        if (length == 0)
            break;
        if (kind == LITERAL) {
            tag = at[length];
            move64(out, at, length);
            at += length + 1;
        } else {
            tag = at[kind];
            size_t offset = (entry & 0x700) + (load32(at) & offset_masks[kind]);
            at += kind + 1;
            if (VONK_UNLIKELY(offset - 1 >= (size_t)(out - b->out_start)))
                return false;
            if (offset >= length)
                move64(out, out - offset, length);
            else
                repeat(out, offset, length);
        }
        out += length;
    } while (at < last && out < out_last);
    b->at = at - 1;
    b->out = out;
    return true;
}

/* `n` bytes, little-endian, from at most four. */
static inline size_t number(const uint8_t *at, size_t n)
{
    size_t value = 0;
    for (size_t i = 0; i < n; i++)
        value |= (size_t)at[i] << 8 * i;
    return value;
}

static bool literal(vonk_unsnap *b, size_t tag)
{
    size_t length = tag >> 2, n = length < 60 ? 0 : length - 59;
    if ((size_t)(b->end - b->at) < n)
        return false;
    if (n)
        length = number(b->at, n);
    b->at += n;
    length++;
    if (length > (size_t)(b->end - b->at) || length > (size_t)(b->out_end - b->out))
        return false;
    memcpy(b->out, b->at, length);
    b->at += length;
    b->out += length;
    return true;
}

static bool copy(vonk_unsnap *b, size_t tag)
{
    size_t kind = tag & 3, n = kind == COPY_4 ? 4 : kind;
    if ((size_t)(b->end - b->at) < n)
        return false;
    size_t offset = number(b->at, n), length = (tag >> 2) + 1;
    b->at += n;
    if (kind == COPY_1) {
        offset |= tag >> 5 << 8;
        length = 4 + (tag >> 2 & 7);
    }
    if (offset == 0 || offset > (size_t)(b->out - b->out_start) ||
        length > (size_t)(b->out_end - b->out))
        return false;
    for (const uint8_t *from = b->out - offset; length > 0; length--)
        *b->out++ = *from++;
    return true;
}

static bool any_element(vonk_unsnap *b)
{
    size_t tag = *b->at++;
    return (tag & 3) == LITERAL ? literal(b, tag) : copy(b, tag);
}

/* The size that the block says it has; false: it says none, or more than 32 bits. */
static bool read_size(vonk_unsnap *b, size_t *ret)
{
    uint64_t size = 0;
    for (uint32_t shift = 0; shift < 35 && b->at < b->end; shift += 7) {
        uint8_t byte = *b->at++;
        size |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret = (size_t)size;
            return size <= UINT32_MAX;
        }
    }
    return false;
}

bool vonk_unsnap_open(vonk_slice from, char *ret, size_t size, vonk_unsnap *state)
{
    const uint8_t *at = (const uint8_t *)from.data;
    uint8_t *out = (uint8_t *)ret;
    size_t claimed = 0;
    *state = (vonk_unsnap){
        .at = at, .end = at + from.length, .out = out, .out_start = out, .out_end = out + size};
    return read_size(state, &claimed) && claimed == size;
}

bool vonk_unsnap_until(vonk_unsnap *b, size_t n)
{
    bool all = n >= (size_t)(b->out_end - b->out_start);
    const uint8_t *until = all ? b->out_end : b->out_start + n;
    while (b->at < b->end && (all || b->out < until)) {
        if (b->end - b->at > MARGIN && b->out_end - b->out > MARGIN && !fast_elements(b, until))
            return false;
        if (!any_element(b))
            return false;
    }
    return b->out >= until;
}

bool vonk_unsnappy(vonk_slice from, char *ret, size_t size)
{
    vonk_unsnap all;
    return vonk_unsnap_open(from, ret, size, &all) && vonk_unsnap_until(&all, size);
}
