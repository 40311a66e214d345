#include "kernel/kernel.h"
#include "support/columns.h"

Test(hash, equal_rows_hash_equal_whatever_the_encoding)
{
    vonk_arena arena = {0};
    for (size_t t = 0; t < N_FLAT_TYPES; t++)
        for (int i = 0; i < 36; i++) {
            uint64_t x[200], y[200];
            bool combine = test_random() % 2;
            vonk_column a = test_column(&arena, flat_types[t], 200, i & 1, encodings[i / 4 % 3]);
            vonk_column b = test_column(&arena, flat_types[t], 200, i & 2, encodings[i / 12]);
            for (int k = 0; k < 200; k++)
                x[k] = y[k] = 7;
            vonk_hash(&a, combine, x);
            vonk_hash(&b, combine, y);
            for (uint32_t k = 0; k < 200; k++)
                for (uint32_t m = 0; m < 200; m++)
                    cr_assert_eq(x[k] == y[m], test_same(&a, k, &b, m), "%s",
                                 vonk_type_sql_name(flat_types[t]));
        }
    vonk_arena_free(&arena);
}

/* In every part of the hash, as tables and partitions use different ones. */
Test(hash, neighbours_spread_over_high_and_low_bits)
{
    enum { N = 1 << 16, BUCKETS = 256 };
    static int64_t values[N];
    static uint64_t hashes[N];
    for (int i = 0; i < N; i++)
        values[i] = i;
    vonk_column col = test_values(VONK_TYPE(INT64), values, N);
    vonk_hash(&col, false, hashes);
    for (int shift = 0; shift <= 56; shift += 8) {
        uint32_t counts[BUCKETS] = {0};
        for (int i = 0; i < N; i++)
            counts[hashes[i] >> shift & (BUCKETS - 1)]++;
        for (int b = 0; b < BUCKETS; b++)
            cr_assert(counts[b] > 170 && counts[b] < 350, "bits %d: %u", shift, counts[b]);
    }
}

Test(hash, order_of_columns_matters)
{
    int32_t x[] = {1, 2}, y[] = {2, 1};
    vonk_column a = test_values(VONK_TYPE(INT32), x, 2), b = test_values(VONK_TYPE(INT32), y, 2);
    uint64_t h[2];
    vonk_hash(&a, false, h);
    vonk_hash(&b, true, h);
    cr_assert_neq(h[0], h[1]);
}

/* struct<a: int, b: array<int>>: {1,[2]}, {1,[2]}, {1,[]}, {2,[1]}. */
Test(hash, nested_rows)
{
    static const uint32_t offsets[] = {0, 1, 2, 2, 3};
    vonk_arena arena = {0};
    vonk_type type;
    vonk_column col;
    uint64_t h[4];
    cr_assert_eq(vonk_type_parse(VONK_SLICE("struct<a: int, b: array<int>>"), &arena, &type, NULL),
                 VONK_OK);
    cr_assert_eq(vonk_column_new(&arena, type, 4, &col, NULL), VONK_OK);
    memcpy(col.children[0].values, (int32_t[]){1, 1, 1, 2}, 16);
    col.children[1].offsets = offsets;
    cr_assert_eq(vonk_column_new(&arena, VONK_TYPE(INT32), 3, &col.children[1].children[0], NULL),
                 VONK_OK);
    memcpy(col.children[1].children[0].values, (int32_t[]){2, 2, 1}, 12);
    vonk_hash(&col, false, h);
    cr_assert_eq(h[0], h[1]);
    cr_assert(h[0] != h[2] && h[0] != h[3] && h[2] != h[3]);
    vonk_arena_free(&arena);
}
