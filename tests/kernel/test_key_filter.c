/* Sets of join keys: no wrong noes, exact where dense, few wrong yeses where not. */
#include <criterion/criterion.h>

#include "kernel/key_filter.h"

#define N 5000

typedef struct fixture {
    vonk_arena arena;
    vonk_error err;
    vonk_column keys;
    int64_t *values;
} fixture;

/* Keys first, first + step, ...; every seventh is null if `nulls`. */
static void start(fixture *f, vonk_type type, int64_t first, int64_t step, bool nulls)
{
    *f = (fixture){0};
    cr_assert_eq(vonk_column_new(&f->arena, type, N, &f->keys, &f->err), VONK_OK);
    if (nulls)
        cr_assert_eq(vonk_column_add_validity(&f->arena, &f->keys, &f->err), VONK_OK);
    for (uint32_t i = 0; i < N; i++) {
        int64_t v = (int64_t)((uint64_t)first + (uint64_t)step * i);
        if (vonk_type_width(type) == 8)
            ((int64_t *)f->keys.values)[i] = v;
        else
            ((int32_t *)f->keys.values)[i] = (int32_t)v;
        if (nulls && i % 7 == 3)
            vonk_bit_set(f->keys.validity, i, false);
    }
}

static vonk_key_filter *filter_of(fixture *f)
{
    vonk_key_filter *filter = NULL;
    cr_assert_eq(vonk_key_filter_new(&f->arena, &f->keys, &filter, &f->err), VONK_OK);
    return filter;
}

static uint32_t count_valid(const vonk_column *col)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < col->length; i++)
        n += vonk_column_is_valid(col, i);
    return n;
}

static void check_own_keys(vonk_type type, int64_t first, int64_t step, bool nulls)
{
    fixture f;
    static uint32_t rows[N];
    start(&f, type, first, step, nulls);
    uint32_t n = vonk_key_filter_select(filter_of(&f), &f.keys, NULL, N, rows);
    cr_expect_eq(n, count_valid(&f.keys), "%u rows of step %ld", n, (long)step);
    for (uint32_t i = 0; i < n; i++)
        cr_expect(vonk_column_is_valid(&f.keys, rows[i]));
    vonk_arena_free(&f.arena);
}

Test(key_filter, finds_all_its_keys)
{
    static const int64_t steps[] = {1, 3, 1000, 100000};
    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
        for (int nulls = 0; nulls < 2; nulls++) {
            check_own_keys(VONK_TYPE(INT32), -5, steps[s], nulls);
            check_own_keys(VONK_TYPE(INT64), -7000000000, steps[s], nulls);
            check_own_keys(VONK_TYPE(DATE), 0, steps[s], nulls);
            check_own_keys(VONK_TYPE_DECIMAL(15, 2), 1, steps[s], nulls);
        }
    }
    check_own_keys(VONK_TYPE(INT64), INT64_MIN, INT64_MAX / N * 2, true);
}

Test(key_filter, is_exact_for_dense_keys)
{
    fixture f, others;
    static uint32_t rows[N];
    start(&f, VONK_TYPE(INT64), 100, 2, false); /* even numbers */
    start(&others, VONK_TYPE(INT64), 50, 1, false);
    const vonk_key_filter *filter = filter_of(&f);
    cr_assert_not_null(filter->bits);
    uint32_t n = vonk_key_filter_select(filter, &others.keys, NULL, N, rows);
    cr_expect_eq(n, (N - 50) / 2);
    for (uint32_t i = 0; i < n; i++)
        cr_expect_eq(((const int64_t *)others.keys.values)[rows[i]] % 2, 0);
    vonk_arena_free(&f.arena);
    vonk_arena_free(&others.arena);
}

Test(key_filter, is_exact_with_two_bitmaps)
{
    fixture f, others;
    static uint32_t rows[N];
    start(&f, VONK_TYPE(INT64), -100, 1000, false);
    start(&others, VONK_TYPE(INT64), -100, 250, false);
    const vonk_key_filter *filter = filter_of(&f);
    cr_assert_not_null(filter->coarse);
    uint32_t n = vonk_key_filter_select(filter, &others.keys, NULL, N, rows);
    cr_assert_eq(n, N / 4);
    for (uint32_t i = 0; i < n; i++)
        cr_expect_eq(rows[i], 4 * i);
    vonk_arena_free(&f.arena);
    vonk_arena_free(&others.arena);
}

Test(key_filter, has_few_wrong_yeses_for_sparse_keys)
{
    fixture f, others;
    static uint32_t rows[N];
    start(&f, VONK_TYPE(INT64), 0, INT64_C(1000003) * 997, false);
    start(&others, VONK_TYPE(INT64), 1, INT64_C(1000003) * 997, false);
    const vonk_key_filter *filter = filter_of(&f);
    cr_assert_null(filter->bits);
    uint32_t n = vonk_key_filter_select(filter, &others.keys, NULL, N, rows);
    cr_expect_lt(n, N / 20, "%u of %u", n, N);
    vonk_arena_free(&f.arena);
    vonk_arena_free(&others.arena);
}

Test(key_filter, bitmaps_are_small_or_dense)
{
    static const struct {
        int64_t step; /* bits a key */
        bool bitmap;
    } cases[] = {{1500, true},  /* 7.5 Mbit: small */
                 {5000, false}, /* sparse, and not small */
                 {1 << 20, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture f;
        start(&f, VONK_TYPE(INT64), 0, cases[i].step, false);
        cr_expect_eq(filter_of(&f)->bits != NULL, cases[i].bitmap, "%ld", (long)cases[i].step);
        vonk_arena_free(&f.arena);
    }
}

/* Whether `n` keys, `step` apart, get a bitmap; each of them is found. */
static bool gets_bitmap(uint32_t n, int64_t step)
{
    fixture f = {0};
    cr_assert_eq(vonk_column_new(&f.arena, VONK_TYPE(INT64), n, &f.keys, &f.err), VONK_OK);
    for (uint32_t i = 0; i < n; i++)
        ((int64_t *)f.keys.values)[i] = step * i;
    const vonk_key_filter *filter = filter_of(&f);
    bool has_bitmap = filter->bits != NULL;
    uint32_t *rows = VONK_NEW_ARRAY(&f.arena, uint32_t, n, NULL);
    cr_expect_eq(vonk_key_filter_select(filter, &f.keys, NULL, n, rows), n);
    vonk_arena_free(&f.arena);
    return has_bitmap;
}

Test(key_filter, sparse_bitmaps_end_at_8_mib)
{
    cr_expect(gets_bitmap(300000, 200), "60 Mbit, 200 a key");
    cr_expect_not(gets_bitmap(400000, 200), "80 Mbit, 200 a key");
    cr_expect(gets_bitmap(2000000, 50), "100 Mbit, but 50 a key, as a Bloom filter has");
    cr_expect_not(gets_bitmap(100000, 300), "30 Mbit, 300 a key");
}

Test(key_filter, goes_on_from_a_selection)
{
    fixture f, others;
    uint32_t sel[] = {0, 3, 4, 7, 10, N - 1};
    start(&f, VONK_TYPE(INT32), 0, 1, false);
    start(&others, VONK_TYPE(INT32), -4, 1, false);
    uint32_t n = vonk_key_filter_select(filter_of(&f), &others.keys, sel, 6, sel);
    cr_expect_eq(n, 4);
    cr_expect_eq(sel[0], 4);
    cr_expect_eq(sel[3], N - 1);
    vonk_arena_free(&f.arena);
    vonk_arena_free(&others.arena);
}

Test(key_filter, takes_other_encodings_and_empty_sets)
{
    fixture f;
    uint32_t rows[8];
    int32_t entries[] = {3, -3, 5};
    uint32_t codes[] = {0, 1, 2, 1, 0};
    start(&f, VONK_TYPE(INT32), 0, 1, false);
    vonk_column coded = {.type = VONK_TYPE(INT32),
                         .encoding = VONK_DICTIONARY,
                         .length = 5,
                         .n_dictionary = 3,
                         .values = entries,
                         .codes = codes};
    vonk_column constant = {
        .type = VONK_TYPE(INT32), .encoding = VONK_CONSTANT, .length = 4, .values = entries + 1};
    vonk_key_filter *filter = filter_of(&f);
    cr_expect_eq(vonk_key_filter_select(filter, &coded, NULL, 5, rows), 3);
    cr_expect_eq(rows[1], 2);
    cr_expect_eq(vonk_key_filter_select(filter, &constant, NULL, 4, rows), 0);
    constant.values = entries;
    cr_expect_eq(vonk_key_filter_select(filter, &constant, NULL, 4, rows), 4);
    f.keys.length = 0;
    cr_expect_eq(vonk_key_filter_select(filter_of(&f), &coded, NULL, 5, rows), 0);
    vonk_arena_free(&f.arena);
}

Test(key_filter, takes_stored_integers_only)
{
    cr_expect(vonk_key_filter_takes(VONK_TYPE(TIMESTAMP)));
    cr_expect_not(vonk_key_filter_takes(VONK_TYPE(STRING)));
    cr_expect_not(vonk_key_filter_takes(VONK_TYPE(FLOAT64)));
    cr_expect_not(vonk_key_filter_takes(VONK_TYPE(INT16)));
    cr_expect_not(vonk_key_filter_takes(VONK_TYPE_DECIMAL(38, 2)));
}

Test(key_filter, a_range_is_narrowed_by_its_owner)
{
    int64_t values[] = {5, -7, 0, INT64_MAX, INT64_MIN};
    uint64_t valid[8] = {0x1b}; /* row 2 is null */
    uint32_t rows[5], some[] = {1, 2, 3};
    vonk_column col = {.type = VONK_TYPE(INT64), .length = 5, .values = values, .validity = valid};
    vonk_key_filter range = vonk_key_filter_range(VONK_TYPE(INT64), true);
    cr_expect(vonk_key_filter_is_open(&range));
    cr_expect_eq(vonk_key_filter_select(&range, &col, NULL, 5, rows), 5);
    range.min = -7;
    cr_expect_not(vonk_key_filter_is_open(&range));
    cr_expect_eq(vonk_key_filter_select(&range, &col, NULL, 5, rows), 4);
    range.max = 4;
    cr_expect_eq(vonk_key_filter_select(&range, &col, some, 3, rows), 2);
    cr_expect_eq(rows[1], 2);
    range.takes_nulls = false;
    cr_expect_eq(vonk_key_filter_select(&range, &col, some, 3, rows), 1);
    col.validity = NULL;
    cr_expect_eq(vonk_key_filter_select(&range, &col, some, 3, rows), 2);
}
