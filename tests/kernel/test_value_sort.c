/* test_value_sort.c - values in order where they lie, against the C library's sort. */
#include "kernel/value_sort.h"

#include <stdlib.h>

#include "support/columns.h"

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t value_of(const vonk_column *col, uint32_t i)
{
    switch (vonk_type_width(col->type)) {
    case 1:
        return ((const int8_t *)col->values)[i];
    case 2:
        return ((const int16_t *)col->values)[i];
    case 4:
        return ((const int32_t *)col->values)[i];
    default:
        return ((const int64_t *)col->values)[i];
    }
}

/* Values of all sizes, of which `mask` leaves some bits. */
static vonk_column some_values(vonk_arena *arena, vonk_type type, uint32_t n, uint64_t mask)
{
    vonk_column col;
    cr_assert_eq(vonk_column_new(arena, type, n, &col, NULL), VONK_OK);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t bits = (test_random() << 32 ^ test_random()) & mask;
        memcpy((char *)col.values + i * vonk_type_width(type), &bits, vonk_type_width(type));
    }
    return col;
}

static void check_sorted(vonk_column *col, bool descending)
{
    vonk_arena arena = {0};
    vonk_error err;
    uint32_t n = col->length;
    int64_t *due = VONK_NEW_ARRAY(&arena, int64_t, n + 1, NULL);
    cr_assert(due);
    for (uint32_t i = 0; i < n; i++)
        due[i] = value_of(col, i);
    qsort(due, n, sizeof(*due), by_value);
    cr_assert(vonk_can_sort_values(col));
    cr_assert_eq(
        vonk_sort_values_until(&arena, col, (vonk_sort_order){descending, false}, NULL, &err),
        VONK_OK);
    for (uint32_t i = 0; i < n; i++)
        cr_assert_eq(value_of(col, i), due[descending ? n - 1 - i : i], "row %u of %u", i, n);
    vonk_arena_free(&arena);
}

Test(value_sort, whole_numbers_of_each_width)
{
    static const uint32_t lengths[] = {0, 1, 2, 16, 17, 500, 32767, 32768, 150000};
    static const uint64_t masks[] = {UINT64_MAX, 0, 1, 0xff00, UINT64_C(7) << 61, 0xffffff};
    const vonk_type types[] = {VONK_TYPE(INT8), VONK_TYPE(INT16), VONK_TYPE(INT32),
                               VONK_TYPE(DATE), VONK_TYPE(INT64), VONK_TYPE(TIMESTAMP)};
    for (size_t t = 0; t < VONK_LENGTH(types); t++)
        for (size_t l = 0; l < VONK_LENGTH(lengths); l++)
            for (size_t m = 0; m < VONK_LENGTH(masks); m++) {
                vonk_arena arena = {0};
                vonk_column col = some_values(&arena, types[t], lengths[l], masks[m]);
                check_sorted(&col, m % 2);
                vonk_arena_free(&arena);
            }
}

Test(value_sort, the_ends_of_the_range_and_one_that_is_far_away)
{
    vonk_arena arena = {0};
    for (uint32_t n = 3; n < 100000; n *= 7) {
        vonk_column col = some_values(&arena, VONK_TYPE(INT64), n, 0xfff);
        int64_t *values = col.values;
        values[n / 2] = INT64_MIN;
        check_sorted(&col, n % 2);
        values[0] = INT64_MAX;
        values[n - 1] = INT64_MIN;
        check_sorted(&col, false);
        check_sorted(&col, true);
    }
    vonk_arena_free(&arena);
}

Test(value_sort, only_what_cannot_be_told_apart)
{
    vonk_arena arena = {0};
    vonk_column nulls = some_values(&arena, VONK_TYPE(INT64), 70, 3);
    cr_assert_eq(vonk_column_add_validity(&arena, &nulls, NULL), VONK_OK);
    cr_assert(vonk_can_sort_values(&nulls));
    vonk_bit_set(nulls.validity, 69, false);
    cr_assert_not(vonk_can_sort_values(&nulls));
    const vonk_type types[] = {VONK_TYPE(FLOAT64), VONK_TYPE(FLOAT32), VONK_TYPE(STRING),
                               VONK_TYPE(BOOL), VONK_TYPE_DECIMAL(38, 2)};
    for (size_t t = 0; t < VONK_LENGTH(types); t++) {
        vonk_column col = test_column(&arena, types[t], 10, false, VONK_FLAT);
        cr_assert_not(vonk_can_sort_values(&col));
    }
    vonk_column constant = test_column(&arena, VONK_TYPE(INT32), 10, false, VONK_CONSTANT);
    cr_assert_not(vonk_can_sort_values(&constant));
    vonk_arena_free(&arena);
}

Test(value_sort, ends_when_it_is_told_to_stop_and_where_memory_does)
{
    vonk_error err;
    for (uint32_t n = 100; n < 200000; n *= 1000) {
        atomic_bool stop = true;
        vonk_budget budget = {.limit = n * 4};
        vonk_arena arena = {0}, little = {.budget = &budget};
        vonk_column col = some_values(&arena, VONK_TYPE(INT64), n, UINT64_MAX);
        vonk_sort_order order = {false, false};
        cr_assert_eq(vonk_sort_values_until(&arena, &col, order, &stop, &err), VONK_CANCELLED);
        cr_assert_eq(vonk_sort_values_until(&little, &col, order, NULL, &err), VONK_NO_MEMORY);
        vonk_arena_free(&little);
        vonk_arena_free(&arena);
    }
}
