#include <stdio.h>
#include <stdlib.h>

#include "kernel/row_sort.h"
#include "support/columns.h"

#define MAX_KEYS 4

/* Row a comes before row b in any right answer: by keys, then by number. */
static int due_order(const vonk_column *keys, const vonk_sort_order *orders, uint32_t n_keys,
                     uint32_t a, uint32_t b)
{
    for (uint32_t k = 0; k < n_keys; k++) {
        bool x = vonk_column_is_valid(&keys[k], a), y = vonk_column_is_valid(&keys[k], b);
        if (!x && !y)
            continue;
        if (x != y)
            return x ? (orders[k].nulls_first ? 1 : -1) : (orders[k].nulls_first ? -1 : 1);
        int order = test_order(&keys[k], a, &keys[k], b);
        if (order)
            return orders[k].descending ? -order : order;
    }
    return a < b ? -1 : 1;
}

/* Sorts in an order of its own making and looks at the outcome row by row. */
static void check_order(const vonk_column *keys, uint32_t n_keys, uint32_t n_rows)
{
    vonk_arena arena = {0};
    vonk_sort_order orders[MAX_KEYS];
    for (uint32_t k = 0; k < n_keys; k++)
        orders[k] = (vonk_sort_order){test_random() % 2, test_random() % 2};
    uint32_t *rows = malloc((n_rows + 1) * sizeof(*rows));
    cr_assert(rows);
    cr_assert_eq(vonk_sort_rows(&arena, keys, orders, n_keys, n_rows, rows, NULL), VONK_OK);
    uint8_t *seen = calloc(n_rows + 1, 1);
    cr_assert(seen);
    for (uint32_t i = 0; i < n_rows; i++) {
        cr_assert(rows[i] < n_rows && !seen[rows[i]]++);
        if (i > 0)
            cr_assert_lt(due_order(keys, orders, n_keys, rows[i - 1], rows[i]), 0,
                         "%u keys, first %s, row %u of %u", n_keys,
                         vonk_type_sql_name(keys[0].type), i, n_rows);
    }
    free(seen);
    free(rows);
    vonk_arena_free(&arena);
}

static void sort_and_check(const vonk_type *types, uint32_t n_keys, uint32_t n_rows)
{
    vonk_arena arena = {0};
    vonk_column keys[MAX_KEYS];
    for (uint32_t k = 0; k < n_keys; k++) {
        vonk_encoding encoding = encodings[test_random() % 4 % N_ENCODINGS];
        keys[k] = test_column(&arena, types[k], n_rows, test_random() % 2, encoding);
    }
    check_order(keys, n_keys, n_rows);
    vonk_arena_free(&arena);
}

Test(row_sort, one_key_of_each_type)
{
    for (size_t t = 0; t < N_FLAT_TYPES; t++)
        for (size_t l = 0; l < N_EDGE_LENGTHS; l++)
            for (int round = 0; round < 4; round++)
                sort_and_check(&flat_types[t], 1, edge_lengths[l]);
}

Test(row_sort, several_keys_of_random_types)
{
    for (int round = 0; round < 300; round++) {
        vonk_type types[MAX_KEYS];
        uint32_t n_keys = (uint32_t)(1 + test_random() % MAX_KEYS);
        for (uint32_t k = 0; k < n_keys; k++)
            types[k] = flat_types[test_random() % N_FLAT_TYPES];
        sort_and_check(types, n_keys, (uint32_t)(test_random() % 1500));
    }
}

Test(row_sort, ends_without_an_order_when_it_is_told_to_stop)
{
    vonk_arena arena = {0};
    atomic_bool stop = true;
    vonk_error err;
    for (uint32_t n = 2; n < 200000; n *= 300) {
        vonk_column key;
        vonk_sort_order order = {0};
        uint32_t *rows = vonk_arena_alloc(&arena, n * sizeof(*rows), NULL);
        cr_assert_eq(vonk_column_new(&arena, VONK_TYPE(STRING), n, &key, NULL), VONK_OK);
        for (uint32_t i = 0; i < n; i++)
            ((vonk_string *)key.values)[i] = vonk_string_of("a prefix that all rows have", 27);
        cr_assert_eq(vonk_sort_rows_until(&arena, &key, &order, 1, n, rows, &stop, &err),
                     VONK_CANCELLED);
    }
    vonk_arena_free(&arena);
}

/* Some values are null, or none is although there is a bitmap. */
static uint64_t *some_validity(vonk_arena *arena, uint32_t n, bool any_null)
{
    uint64_t *bits = VONK_NEW_ARRAY(arena, uint64_t, vonk_bitmap_words(n), NULL);
    cr_assert(bits);
    for (uint32_t i = 0; i < n; i++)
        vonk_bit_set(bits, i, !any_null || test_random() % 9);
    return bits;
}

/* Decimals and bigints that lie near each other, somewhere: prefixes hold distances. */
static vonk_column near_numbers(vonk_arena *arena, vonk_type type, uint32_t n, uint64_t width)
{
    vonk_int128 *wide = VONK_NEW_ARRAY(arena, vonk_int128, n, NULL);
    int64_t *narrow = VONK_NEW_ARRAY(arena, int64_t, n, NULL);
    static const int64_t bases[] = {INT64_MIN, -300, 0, 1000000007, INT64_MAX};
    int64_t base = bases[test_random() % 5];
    cr_assert(wide && narrow);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t off = width ? test_random() % width : 0;
        narrow[i] = (int64_t)((uint64_t)base + (base > 0 ? -off : off));
        wide[i] = (vonk_int128)narrow[i] * 1000000000000;
    }
    return (vonk_column){.type = type,
                         .length = n,
                         .encoding = VONK_FLAT,
                         .validity =
                             test_random() % 2 ? some_validity(arena, n, test_random() % 2) : NULL,
                         .values = type.id == VONK_DECIMAL ? (void *)wide : (void *)narrow};
}

Test(row_sort, numbers_that_are_near_each_other)
{
    static const uint64_t widths[] = {0, 1, 200, 256, 70000, UINT64_C(1) << 40, UINT64_MAX};
    vonk_type decimal = {.id = VONK_DECIMAL, .precision = 38, .scale = 2};
    for (int round = 0; round < 200; round++) {
        vonk_arena arena = {0};
        vonk_column keys[MAX_KEYS];
        uint32_t n_keys = (uint32_t)(1 + test_random() % MAX_KEYS);
        uint32_t n_rows = (uint32_t)(1 + test_random() % 1500);
        for (uint32_t k = 0; k < n_keys; k++)
            keys[k] = near_numbers(&arena, test_random() % 2 ? decimal : VONK_TYPE(INT64), n_rows,
                                   widths[test_random() % VONK_LENGTH(widths)]);
        check_order(keys, n_keys, n_rows);
        vonk_arena_free(&arena);
    }
}

/* Spread out, all in one bucket but for one, in a few places, shifted by nulls. */
static vonk_column many_numbers(vonk_arena *arena, uint32_t n, uint32_t kind)
{
    int64_t *values = VONK_NEW_ARRAY(arena, int64_t, n, NULL);
    cr_assert(values);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t bits = test_random() << 32 ^ test_random();
        values[i] = kind == 0   ? (int64_t)bits
                    : kind == 1 ? (int64_t)(bits % 50000) - (i == n / 2 ? INT64_MAX / 2 : 0)
                    : kind == 2 ? (int64_t)(bits % 5 << 50)
                                : (int64_t)(bits % 1000000);
    }
    return (vonk_column){.type = VONK_TYPE(INT64),
                         .length = n,
                         .encoding = VONK_FLAT,
                         .validity = kind == 3 ? some_validity(arena, n, true) : NULL,
                         .values = values};
}

Test(row_sort, more_rows_than_the_cache_holds)
{
    static const uint32_t lengths[] = {32767, 32768, 80000, 200000};
    for (uint32_t round = 0; round < 32; round++) {
        vonk_arena arena = {0};
        uint32_t n = lengths[round / 4 % 4], n_keys = 1 + round / 16;
        vonk_column keys[2] = {many_numbers(&arena, n, round % 4),
                               many_numbers(&arena, n, (uint32_t)(test_random() % 4))};
        check_order(keys, n_keys, n);
        vonk_arena_free(&arena);
    }
}

/* Strings that begin alike: of one length or of several, some with zero bytes at their end. */
static vonk_column alike_strings(vonk_arena *arena, uint32_t n)
{
    static const char *const starts[] = {"", "k", "Customer#0000",
                                         "a beginning longer than all prefixes "};
    static const char *const formats[] = {"%s%06u", "%s%u", "%s%03u-same-tail-of-many-bytes"};
    const char *start = starts[test_random() % 4], *format = formats[test_random() % 3];
    vonk_string *values = VONK_NEW_ARRAY(arena, vonk_string, n, NULL);
    cr_assert(values);
    for (uint32_t i = 0; i < n; i++) {
        char text[100];
        int length = snprintf(text, sizeof text, format, start, (unsigned)(test_random() % 999));
        length += test_random() % 50 == 0; /* with its zero */
        char *copy = vonk_arena_alloc(arena, (size_t)length, NULL);
        cr_assert(copy);
        memcpy(copy, text, (size_t)length);
        values[i] = vonk_string_of(copy, (uint32_t)length);
    }
    return (vonk_column){.type = VONK_TYPE(STRING),
                         .length = n,
                         .encoding = VONK_FLAT,
                         .validity = test_random() % 2 ? some_validity(arena, n, true) : NULL,
                         .values = values};
}

Test(row_sort, strings_that_begin_alike)
{
    for (int round = 0; round < 200; round++) {
        vonk_arena arena = {0};
        vonk_column keys[2];
        uint32_t n_rows = (uint32_t)(1 + test_random() % 1500);
        uint32_t n_keys = (uint32_t)(1 + test_random() % 2);
        for (uint32_t k = 0; k < n_keys; k++)
            keys[k] = alike_strings(&arena, n_rows);
        check_order(keys, n_keys, n_rows);
        vonk_arena_free(&arena);
    }
}

Test(row_sort, many_rows_that_are_equal_but_for_their_ends)
{
    vonk_arena arena = {0};
    vonk_column keys[2] = {many_numbers(&arena, 40000, 2), alike_strings(&arena, 40000)};
    check_order(keys, 2, 40000);
    check_order(keys + 1, 1, 40000);
    vonk_arena_free(&arena);
}

Test(row_sort, no_keys_keep_the_order)
{
    vonk_arena arena = {0};
    uint32_t rows[3];
    cr_assert_eq(vonk_sort_rows(&arena, NULL, NULL, 0, 3, rows, NULL), VONK_OK);
    cr_assert(rows[0] == 0 && rows[1] == 1 && rows[2] == 2);
    vonk_arena_free(&arena);
}

Test(row_sort, compare_agrees_with_the_sort)
{
    vonk_arena arena = {0};
    vonk_column keys[2] = {test_column(&arena, VONK_TYPE(FLOAT64), 300, true, VONK_FLAT),
                           test_column(&arena, VONK_TYPE(STRING), 300, true, VONK_DICTIONARY)};
    vonk_sort_order orders[2] = {{true, false}, {false, true}};
    uint32_t rows[300];
    cr_assert_eq(vonk_sort_rows(&arena, keys, orders, 2, 300, rows, NULL), VONK_OK);
    for (uint32_t i = 1; i < 300; i++)
        cr_assert_leq(vonk_sort_compare(keys, rows[i - 1], keys, rows[i], orders, 2), 0);
    vonk_arena_free(&arena);
}

/* Arrays [2], [1, 2], null, [1], []: by elements, and the shorter first. */
Test(row_sort, arrays_and_void)
{
    static const uint32_t offsets[] = {0, 1, 3, 3, 4, 4};
    static const uint32_t due[] = {2, 4, 3, 1, 0};
    vonk_arena arena = {0};
    vonk_column keys[2], values;
    vonk_sort_order orders[2] = {{true, false}, {false, true}};
    uint32_t rows[5];
    vonk_type type;
    cr_assert_eq(vonk_type_parse(VONK_SLICE("array<int>"), &arena, &type, NULL), VONK_OK);
    cr_assert_eq(vonk_column_new(&arena, type, 5, &keys[1], NULL), VONK_OK);
    cr_assert_eq(vonk_column_new(&arena, VONK_TYPE(INT32), 4, &values, NULL), VONK_OK);
    memcpy(values.values, (int32_t[]){2, 1, 2, 1}, 16);
    keys[1].children = &values;
    keys[1].offsets = offsets;
    cr_assert_eq(vonk_column_add_validity(&arena, &keys[1], NULL), VONK_OK);
    vonk_bit_set(keys[1].validity, 2, false);
    keys[0] = (vonk_column){.type = VONK_TYPE(NULL), .length = 5};
    cr_assert_eq(vonk_sort_rows(&arena, keys, orders, 2, 5, rows, NULL), VONK_OK);
    cr_assert_arr_eq(rows, due, sizeof(due));
    vonk_arena_free(&arena);
}

/* Strings that differ only behind the prefix, or only in trailing NULs. */
Test(row_sort, strings_that_agree_in_the_prefix)
{
    enum { N = 2000 };
    static char texts[N][32];
    vonk_arena arena = {0};
    vonk_column key;
    vonk_sort_order order = {false, false};
    uint32_t rows[N];
    cr_assert_eq(vonk_column_new(&arena, VONK_TYPE(STRING), N, &key, NULL), VONK_OK);
    for (uint32_t i = 0; i < N; i++) {
        uint32_t n =
            i % 2 ? (uint32_t)snprintf(texts[i], 32, "the same sixteen! %u", i * 7 % 500) : i % 5;
        ((vonk_string *)key.values)[i] = vonk_string_of(texts[i], n);
    }
    cr_assert_eq(vonk_sort_rows(&arena, &key, &order, 1, N, rows, NULL), VONK_OK);
    for (uint32_t i = 1; i < N; i++)
        cr_assert_lt(due_order(&key, &order, 1, rows[i - 1], rows[i]), 0);
    vonk_arena_free(&arena);
}
