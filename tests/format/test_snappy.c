/* test_snappy.c - our decompressor beside the library's compressor, and blocks made by hand. */
#include <criterion/criterion.h>
#include <snappy-c.h>
#include <stdlib.h>
#include <string.h>

#include "format/parquet/snappy.h"

#define ROOM (1 << 20)

static char text[ROOM], block[ROOM * 2];

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

/* Text of which about `percent` in a hundred bytes repeat what came before, at offsets below
 * `reach`. */
static void fill(size_t n, uint32_t percent, uint32_t reach, uint32_t seed)
{
    for (size_t i = 0; i < n;) {
        size_t length = 1 + next_random(&seed) % 90, offset = 1 + next_random(&seed) % reach;
        bool repeats = next_random(&seed) % 100 < percent && offset <= i;
        for (size_t end = i + length; i < end && i < n; i++)
            text[i] = repeats ? text[i - offset] : (char)next_random(&seed);
    }
}

static bool compress(size_t n, size_t *ret_length)
{
    *ret_length = sizeof block;
    return snappy_compress(text, n, block, ret_length) == SNAPPY_OK;
}

/* What the first `length` bytes of the block give, from memory of just that size: as `n` bytes of
 * text? */
static bool gives_text(size_t length, char *out, size_t n)
{
    char *in = malloc(length ? length : 1);
    memcpy(in, block, length);
    bool good = vonk_unsnappy((vonk_slice){in, length}, out, n);
    free(in);
    return good && memcmp(out, text, n) == 0;
}

/* The block in pieces of about `step` bytes: after each, the bytes so far are there. */
static bool gives_text_in_steps(size_t length, char *out, size_t n, size_t step)
{
    vonk_unsnap some;
    bool good = vonk_unsnap_open((vonk_slice){block, length}, out, n, &some);
    for (size_t at = 0; good && at < n + step; at += step) {
        size_t there = at < n ? at : n;
        good = vonk_unsnap_until(&some, at) && memcmp(out, text, there) == 0;
    }
    return good;
}

/* `n` bytes of `text` there and back; each of the last cuts of the block is refused. */
static void check_round_trip(size_t n)
{
    size_t length = 0;
    char *out = malloc(n + 1);
    cr_assert(compress(n, &length));
    cr_expect(gives_text(length, out, n), "%zu bytes", n);
    cr_expect_not(gives_text(length, out, n + 1), "%zu bytes", n);
    for (size_t step = 1 + n / 9; step <= n; step *= 3)
        cr_expect(gives_text_in_steps(length, out, n, step), "%zu bytes by %zu", n, step);
    bool cut_is_taken = false;
    for (size_t cut = length > 200 ? length - 200 : 0; cut < length; cut++)
        cut_is_taken |= vonk_unsnappy((vonk_slice){block, cut}, out, n);
    cr_expect_not(cut_is_taken, "%zu bytes", n);
    free(out);
}

Test(snappy, round_trips)
{
    static const uint32_t reaches[] = {1, 7, 8, 9, 31, 33, 64, 300, 2100, 70000};
    for (size_t r = 0; r < sizeof reaches / sizeof *reaches; r++)
        for (uint32_t percent = 0; percent <= 100; percent += 25) {
            fill(ROOM, percent, reaches[r], (uint32_t)r * 100 + percent);
            for (size_t n = 0; n < 200; n += 1 + n / 40)
                check_round_trip(n);
            check_round_trip(4096 + r);
            check_round_trip(ROOM);
        }
}

/* Appends `n` literal bytes 'a', 'b', ... with the shortest tag. */
static size_t put_literal(char *to, size_t n)
{
    size_t tag = n <= 60 ? (n - 1) << 2 : n <= 256 ? 60 << 2 : 61 << 2, at = 0;
    to[at++] = (char)tag;
    for (size_t left = n - 1; n > 60 && (at == 1 || left); left >>= 8)
        to[at++] = (char)left;
    for (size_t i = 0; i < n; i++)
        to[at++] = (char)('a' + i % 26);
    return at;
}

/* A block: its size, `before` literal bytes, `element`, then literal bytes to fill it. */
static size_t make_block(size_t before, const char *element, size_t element_length, size_t after,
                         size_t size)
{
    size_t at = 0;
    block[at++] = (char)((size & 0x7f) | 0x80);
    block[at++] = (char)(size >> 7);
    at += put_literal(block + at, before);
    memcpy(block + at, element, element_length);
    at += element_length;
    return after ? at + put_literal(block + at, after) : at;
}

/* Far from the ends and at the very end: one way decodes the former, another the latter. */
static void check_element(const char *element, size_t element_length, size_t made, bool good)
{
    static char out[16000];
    for (size_t after = 0; after <= 400; after += 200) {
        size_t size = 200 + made + after;
        size_t length = make_block(200, element, element_length, after, size);
        cr_assert_eq(vonk_unsnappy((vonk_slice){block, length}, out, size), good,
                     "tag %02x, %zu after", (unsigned char)*element, after);
        size_t theirs = sizeof text;
        cr_assert_eq(snappy_uncompress(block, length, text, &theirs) == SNAPPY_OK, good);
        cr_assert(!good || !memcmp(out, text, size));
    }
}

Test(snappy, elements)
{
    check_element("\x01\x01", 2, 4, true);              /* 4 bytes from 1 before */
    check_element("\x1d\x07", 2, 11, true);             /* 11 from 7 */
    check_element("\xfe\x01\x00", 3, 64, true);         /* 64 from 1 */
    check_element("\xfe\x3f\x00", 3, 64, true);         /* 64 from 63 */
    check_element("\xfe\x40\x00", 3, 64, true);         /* 64 from 64 */
    check_element("\x02\xc8\x00", 3, 1, true);          /* 1 from the first byte */
    check_element("\xff\x05\x00\x00\x00", 5, 64, true); /* four bytes of offset */
    check_element("\xf0\x00X", 3, 1, true);             /* a literal with its length apart */
    check_element("\xfc\x00\x00\x00\x00X", 6, 1, true);
}

Test(snappy, elements_that_are_wrong)
{
    check_element("\x01\x00", 2, 4, false);     /* from nowhere */
    check_element("\x02\xc9\x00", 3, 1, false); /* before the first byte */
    check_element("\xe1\xff", 2, 4, false);
    check_element("\x03\x00\x00\x00\x80", 5, 1, false);
    check_element("\xfc\xff\xff\xff\xff", 5, 1, false); /* a literal of 4 GiB */
}

Test(snappy, sizes_that_are_wrong)
{
    char out[8];
    cr_assert(vonk_unsnappy((vonk_slice){"\x00", 1}, out, 0));
    cr_assert_not(vonk_unsnappy((vonk_slice){"", 0}, out, 0));
    cr_assert_not(vonk_unsnappy((vonk_slice){"\x80", 1}, out, 0));
    cr_assert_not(vonk_unsnappy((vonk_slice){"\x01", 1}, out, 1));
    cr_assert_not(vonk_unsnappy((vonk_slice){"\x80\x80\x80\x80\x80\x00", 6}, out, 0));
    cr_assert_not(vonk_unsnappy((vonk_slice){"\x01\x04xy", 4}, out, 1)); /* two bytes for one */
}
