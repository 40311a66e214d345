/* test_parquet_encoding.c - bit packing, runs, deltas and Thrift against slow, obvious versions. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "format/parquet/delta.h"
#include "format/parquet/hybrid.h"
#include "format/parquet/pack.h"
#include "format/parquet/thrift.h"

static uint64_t seed = 99;

static uint32_t random32(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 32);
}

static uint32_t mask_of(uint32_t width)
{
    return width == 32 ? UINT32_MAX : (UINT32_C(1) << width) - 1;
}

/* Packs bit by bit. */
static void pack_slowly(const uint32_t *values, uint32_t n, uint32_t width, uint8_t *ret)
{
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t b = 0; b < width; b++) {
            uint32_t bit = i * width + b;
            uint32_t byte = ret[bit / 8];
            ret[bit / 8] = (uint8_t)(byte | (values[i] >> b & 1) << (bit % 8));
        }
}

Test(parquet_encoding, unpacks_every_width_from_every_start)
{
    enum { N = 100 };
    for (uint32_t width = 0; width <= 32; width++) {
        uint32_t values[N], got[N];
        size_t bytes = (N * width + 7) / 8;
        uint8_t *packed = calloc(1, bytes + 1);
        for (uint32_t i = 0; i < N; i++)
            values[i] = width ? random32() & mask_of(width) : 0;
        pack_slowly(values, N, width, packed);
        for (uint32_t start = 0; start < 20; start++)
            for (uint32_t n = 0; n <= N - start; n += 1 + n / 4) {
                memset(got, 0xab, sizeof(got));
                vonk_pq_unpack(packed, packed + bytes, start, width, got, n);
                cr_assert(!memcmp(got, values + start, n * 4), "width %u start %u n %u", width,
                          start, n);
            }
        free(packed);
    }
}

/* Runs of random lengths, short and long. */
static void fill_runs(uint32_t *values, uint32_t n, uint32_t width)
{
    for (uint32_t i = 0; i < n;) {
        uint32_t run = random32() % 3 ? 1 + random32() % 4 : 1 + random32() % 60;
        uint32_t value = random32() & mask_of(width);
        for (; run > 0 && i < n; run--)
            values[i++] = value;
    }
}

Test(parquet_encoding, codes_come_back_in_pieces_of_any_size)
{
    enum { N = 3000 };
    static uint32_t values[N], got[N];
    for (uint32_t width = 1; width <= 32; width++) {
        vonk_buffer out = {0};
        fill_runs(values, N, width);
        vonk_pq_pack(values, N, width, &out);
        for (uint32_t piece = 1; piece < 700; piece = piece * 2 + 1) {
            vonk_pq_hybrid in = vonk_pq_hybrid_open(out.data, out.length, width);
            for (uint32_t at = 0; at < N; at += piece) {
                uint32_t n = N - at < piece ? N - at : piece;
                if (at / piece % 3 == 2) {
                    cr_assert(vonk_pq_hybrid_skip(&in, n));
                    memcpy(got + at, values + at, n * 4);
                } else {
                    cr_assert(vonk_pq_hybrid_read(&in, got + at, n));
                }
            }
            cr_assert(!memcmp(got, values, sizeof(values)), "width %u piece %u", width, piece);
        }
        vonk_buffer_free(&out);
    }
}

Test(parquet_encoding, a_run_that_ends_early_is_refused)
{
    uint32_t values[64] = {1, 2, 3, 1, 0, 2, 3, 1}, got[64];
    vonk_buffer out = {0};
    vonk_pq_pack(values, 64, 2, &out);
    for (size_t length = 0; length < out.length; length++) {
        char *bytes = malloc(length + 1);
        memcpy(bytes, out.data, length);
        vonk_pq_hybrid in = vonk_pq_hybrid_open(bytes, length, 2);
        cr_assert(!vonk_pq_hybrid_read(&in, got, 64), "%zu bytes", length);
        free(bytes);
    }
    vonk_buffer_free(&out);
}

Test(parquet_encoding, levels_come_back_as_bits)
{
    enum { N = 500 };
    uint64_t bits[N / 64 + 1], got[N / 64 + 2];
    for (int kind = 0; kind < 3; kind++) {
        vonk_buffer out = {0};
        uint32_t ones = 0, seen = 0;
        memset(bits, 0, sizeof(bits));
        for (uint32_t i = 0; i < N; i++) {
            bool on = kind == 0 || (kind == 1 && random32() % 3 == 0);
            vonk_bit_set(bits, i, on);
            ones += on;
        }
        vonk_pq_pack_levels(bits, N, ones, &out);
        vonk_pq_hybrid in = vonk_pq_hybrid_open(out.data + 4, out.length - 4, 1);
        cr_assert_eq(vonk_pq_hybrid_all_ones(in, N), kind == 0);
        for (uint32_t at = 0; at < N; at += 77)
            cr_assert(vonk_pq_hybrid_bits(&in, got, at, N - at < 77 ? N - at : 77, &seen));
        cr_assert_eq(seen, ones);
        for (uint32_t i = 0; i < N; i++)
            cr_assert_eq(vonk_bit_get(got, i), vonk_bit_get(bits, i), "bit %u", i);
        vonk_buffer_free(&out);
    }
}

Test(parquet_encoding, deltas_of_the_format_s_own_example)
{
    /* parquet-format, Encodings.md: 7, 5, 3, 1, 2, 3, 4, 5 in a block of 128 and one miniblock of
     * 32 used: first value 7, least delta -2, 2 bits each: 0 0 0 3 3 3 3. */
    static const uint8_t bytes[] = {0x80, 0x01, 4,    8, 14, 3, 2, 0, 0,
                                    0,    0xc0, 0x3f, 0, 0,  0, 0, 0, 0};
    static const int64_t want[] = {7, 5, 3, 1, 2, 3, 4, 5};
    vonk_slice in = {(const char *)bytes, sizeof(bytes)};
    int64_t got[8];
    cr_assert_eq(vonk_pq_delta_count(in), 8);
    cr_assert(vonk_pq_delta_i64(&in, 8, got));
    cr_assert(!memcmp(got, want, sizeof(want)));
    cr_assert_eq(in.length, 0u);
    vonk_slice broken = {(const char *)bytes, 11};
    cr_assert(!vonk_pq_delta_i64(&broken, 8, got));
}

Test(parquet_encoding, thrift_reads_back_what_it_wrote)
{
    vonk_buffer buf = {0};
    vonk_thrift_out out = {.buf = &buf};
    int16_t outer = vonk_thrift_put_struct(&out, 0);
    vonk_thrift_put_i32(&out, 1, -5);
    vonk_thrift_put_i64(&out, 40, INT64_MIN);
    vonk_thrift_put_bool(&out, 41, true);
    int16_t inner = vonk_thrift_put_struct(&out, 42);
    vonk_thrift_put_binary(&out, 1, "abc", 3);
    vonk_thrift_put_end(&out, inner);
    vonk_thrift_put_list(&out, 43, VONK_THRIFT_I32, 20);
    for (int32_t i = 0; i < 20; i++)
        vonk_thrift_item_i32(&out, i * 1000);
    vonk_thrift_put_end(&out, outer);

    vonk_thrift_in in = vonk_thrift_open(buf.data, buf.length);
    int16_t id = 0;
    uint8_t type, item;
    cr_assert(vonk_thrift_field(&in, &id, &type) && id == 1);
    cr_assert_eq(vonk_thrift_i32(&in, type), -5);
    cr_assert(vonk_thrift_field(&in, &id, &type) && id == 40);
    cr_assert_eq(vonk_thrift_int(&in, type), INT64_MIN);
    cr_assert(vonk_thrift_field(&in, &id, &type) && id == 41);
    cr_assert(vonk_thrift_bool(&in, type));
    cr_assert(vonk_thrift_field(&in, &id, &type) && id == 42);
    vonk_thrift_skip(&in, type);
    cr_assert(vonk_thrift_field(&in, &id, &type) && id == 43);
    cr_assert_eq(vonk_thrift_list(&in, type, &item), 20u);
    for (int32_t i = 0; i < 20; i++)
        cr_assert_eq(vonk_thrift_i32(&in, item), i * 1000);
    cr_assert(!vonk_thrift_field(&in, &id, &type));
    cr_assert(!in.failed && in.at == in.end);
    vonk_buffer_free(&buf);
}

Test(parquet_encoding, thrift_bounds_depth_and_lengths)
{
    char deep[1000];
    memset(deep, 0x1c, sizeof(deep)); /* a struct in a struct in ... */
    vonk_thrift_in in = vonk_thrift_open(deep, sizeof(deep));
    vonk_thrift_skip(&in, VONK_THRIFT_STRUCT);
    cr_assert(in.failed);
    memset(deep, 0x19, sizeof(deep)); /* a list of lists of ... */
    in = vonk_thrift_open(deep, sizeof(deep));
    vonk_thrift_skip(&in, VONK_THRIFT_LIST);
    cr_assert(in.failed);
    static const uint8_t huge[] = {0xff, 0xff, 0xff, 0xff, 0x7f, 1, 2, 3};
    in = vonk_thrift_open(huge, sizeof(huge));
    cr_assert_eq(vonk_thrift_binary(&in, VONK_THRIFT_BINARY).length, 0u);
    cr_assert(in.failed);
    in = vonk_thrift_open(huge, sizeof(huge));
    uint8_t item;
    cr_assert_eq(vonk_thrift_list(&in, VONK_THRIFT_LIST, &item), 0u);
    cr_assert(in.failed);
}
