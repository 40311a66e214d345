/*
 * columns.h - columns for tests: random ones of any type and encoding, and a slow, obvious reading
 * of any value. Written apart from the kernels, so that it may judge them.
 */
#ifndef VONK_TESTS_SUPPORT_COLUMNS_H
#define VONK_TESTS_SUPPORT_COLUMNS_H

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "column/column.h"

/* Lengths around the edges of words and vectors. */
static const uint32_t edge_lengths[] = {0, 1, 7, 31, 63, 64, 65, 127, 128, 1000};
#define N_EDGE_LENGTHS VONK_LENGTH(edge_lengths)

/* A type of each physical representation, and some that share one. */
static const vonk_type flat_types[] = {
    {.id = VONK_BOOL},
    {.id = VONK_INT8},
    {.id = VONK_INT16},
    {.id = VONK_INT32},
    {.id = VONK_INT64},
    {.id = VONK_DECIMAL, .precision = 12, .scale = 2},
    {.id = VONK_DECIMAL, .precision = 38, .scale = 10},
    {.id = VONK_FLOAT32},
    {.id = VONK_FLOAT64},
    {.id = VONK_STRING},
    {.id = VONK_BINARY},
    {.id = VONK_DATE},
    {.id = VONK_TIMESTAMP},
    {.id = VONK_INTERVAL_YM},
};
#define N_FLAT_TYPES VONK_LENGTH(flat_types)

static const vonk_encoding encodings[] = {VONK_FLAT, VONK_CONSTANT, VONK_DICTIONARY};
#define N_ENCODINGS VONK_LENGTH(encodings)

static uint64_t test_seed = 42;

/* xorshift64* (Vigna 2016): the same numbers in every run. */
static inline uint64_t test_random(void)
{
    test_seed ^= test_seed >> 12;
    test_seed ^= test_seed << 25;
    test_seed ^= test_seed >> 27;
    return test_seed * UINT64_C(2685821657736338717);
}

/* Strings that are short, long, alike at the start, and one the beginning of another. */
static inline vonk_string test_string(int64_t number)
{
    static const char *const texts[] = {
        "",
        "a",
        "ab",
        "abc",
        "abcd",
        "abcde",
        "exactly12byt",
        "thirteen byte",
        "a long string that lives elsewhere",
        "a long string that lives elsewhere too",
        "a long string that LIVES elsewhere",
        "\xc3\xa9t\xc3\xa9",
        "abcdefg",
        "abcdefgh",
        "b",
        "zz",
    };
    const char *text = texts[(uint64_t)number % VONK_LENGTH(texts)];
    return vonk_string_of(text, (uint32_t)strlen(text));
}

/* Writes value `number` (-4 .. 11) of the column's type: edges of the type are among them. */
static inline void test_put(vonk_column *col, uint32_t row, int64_t number)
{
    static const double specials[] = {NAN, -NAN, INFINITY, -INFINITY, 0.0, -0.0};
    bool edge = number == 10 || number == 11;
    double special = number >= 0 && number < 6 ? specials[number] : (double)number / 4;
    switch (vonk_type_physical(col->type)) {
    case VONK_PHYS_BIT:
        vonk_bit_set(col->values, row, number & 1);
        break;
    case VONK_PHYS_I8:
        ((int8_t *)col->values)[row] = (int8_t)(edge ? INT8_MIN + (number - 11) : number);
        break;
    case VONK_PHYS_I16:
        ((int16_t *)col->values)[row] = (int16_t)(edge ? INT16_MIN + (number - 11) : number);
        break;
    case VONK_PHYS_I32:
        ((int32_t *)col->values)[row] = number == 10   ? INT32_MAX
                                        : number == 11 ? INT32_MIN
                                                       : (int32_t)number;
        break;
    case VONK_PHYS_I64:
        if (col->type.id == VONK_DECIMAL)
            ((int64_t *)col->values)[row] = number == 10   ? 999999999999
                                            : number == 11 ? -999999999999
                                                           : number * 1000;
        else
            ((int64_t *)col->values)[row] = number == 10   ? INT64_MAX
                                            : number == 11 ? INT64_MIN
                                                           : number * ((int64_t)1 << 33);
        break;
    case VONK_PHYS_I128:
        ((vonk_int128 *)col->values)[row] =
            edge ? ((vonk_int128)10000000000000000000u * 10000000000000000000u - 1) *
                       (number == 10 ? 1 : -1)
                 : number * ((vonk_int128)1 << 70);
        break;
    case VONK_PHYS_F32:
        ((float *)col->values)[row] = (float)special;
        break;
    case VONK_PHYS_F64:
        ((double *)col->values)[row] = special;
        break;
    case VONK_PHYS_STRING:
        ((vonk_string *)col->values)[row] = test_string(number + 4);
        break;
    case VONK_PHYS_NONE:
    case VONK_N_PHYS:
        cr_assert_fail("no test values for %s", vonk_type_sql_name(col->type));
    }
}

static inline int64_t test_number(void)
{
    return (int64_t)(test_random() % 16) - 4;
}

/* A column of few values (so that equal pairs happen), a third of them null if `nulls`. */
static inline vonk_column test_column(vonk_arena *arena, vonk_type type, uint32_t length,
                                      bool nulls, vonk_encoding encoding)
{
    vonk_column col;
    uint32_t stored = encoding == VONK_CONSTANT ? 1 : encoding == VONK_DICTIONARY ? 5 : length;
    uint32_t bits = encoding == VONK_CONSTANT ? 1 : length;
    cr_assert_eq(vonk_column_new(arena, type, stored, &col, NULL), VONK_OK);
    for (uint32_t row = 0; row < stored; row++)
        test_put(&col, row, test_number());
    if (encoding == VONK_DICTIONARY) {
        uint32_t *codes = vonk_arena_alloc(arena, length * sizeof(*codes), NULL);
        cr_assert(codes);
        for (uint32_t i = 0; i < length; i++)
            codes[i] = (uint32_t)(test_random() % stored);
        col.codes = codes;
        col.n_dictionary = stored;
    }
    if (nulls) {
        col.validity = vonk_arena_alloc(arena, (vonk_bitmap_words(bits) + 1) * 8, NULL);
        cr_assert(col.validity);
        memset(col.validity, 0xa5, (vonk_bitmap_words(bits) + 1) * 8);
        for (uint32_t i = 0; i < bits; i++)
            vonk_bit_set(col.validity, i, test_random() % 3 != 0);
    }
    col.length = length;
    col.encoding = encoding;
    return col;
}

/* A FLAT column of `n` values of a C array, without nulls. */
static inline vonk_column test_values(vonk_type type, void *values, uint32_t n)
{
    return (vonk_column){.type = type, .length = n, .values = values};
}

static inline double test_double(const vonk_column *col, uint32_t row)
{
    uint32_t i = vonk_column_at(col, row);
    return vonk_type_physical(col->type) == VONK_PHYS_F32 ? (double)((float *)col->values)[i]
                                                          : ((double *)col->values)[i];
}

/* Any integer or decimal, unscaled; booleans too. */
static inline vonk_int128 test_integer(const vonk_column *col, uint32_t row)
{
    uint32_t i = vonk_column_at(col, row);
    switch (vonk_type_physical(col->type)) {
    case VONK_PHYS_BIT:
        return vonk_bit_get(col->values, i);
    case VONK_PHYS_I8:
        return ((int8_t *)col->values)[i];
    case VONK_PHYS_I16:
        return ((int16_t *)col->values)[i];
    case VONK_PHYS_I32:
        return ((int32_t *)col->values)[i];
    case VONK_PHYS_I64:
        return ((int64_t *)col->values)[i];
    default:
        return ((vonk_int128 *)col->values)[i];
    }
}

static inline bool test_is_floating(vonk_type type)
{
    return type.id == VONK_FLOAT32 || type.id == VONK_FLOAT64;
}

/* Orders two rows that are not null as Spark does: -1, 0 or 1. */
static inline int test_order(const vonk_column *a, uint32_t row_a, const vonk_column *b,
                             uint32_t row_b)
{
    if (test_is_floating(a->type)) {
        double x = test_double(a, row_a), y = test_double(b, row_b);
        if (isnan(x) || isnan(y))
            return (isnan(x) != 0) - (isnan(y) != 0);
        return (x > y) - (x < y);
    }
    if (vonk_type_physical(a->type) == VONK_PHYS_STRING) {
        const vonk_string *s = (vonk_string *)a->values + vonk_column_at(a, row_a);
        const vonk_string *t = (vonk_string *)b->values + vonk_column_at(b, row_b);
        const unsigned char *x = (const unsigned char *)vonk_string_data(s);
        const unsigned char *y = (const unsigned char *)vonk_string_data(t);
        for (uint32_t i = 0; i < s->length && i < t->length; i++)
            if (x[i] != y[i])
                return x[i] < y[i] ? -1 : 1;
        return (s->length > t->length) - (s->length < t->length);
    }
    vonk_int128 x = test_integer(a, row_a), y = test_integer(b, row_b);
    return (x > y) - (x < y);
}

/* Both null, or neither and equal. */
static inline bool test_same(const vonk_column *a, uint32_t row_a, const vonk_column *b,
                             uint32_t row_b)
{
    bool x = vonk_column_is_valid(a, row_a), y = vonk_column_is_valid(b, row_b);
    return x == y && (!x || test_order(a, row_a, b, row_b) == 0);
}

/* Every row of `got` is the same as in `due`. */
static inline void test_columns_same(const vonk_column *got, const vonk_column *due)
{
    cr_assert(vonk_type_equal(got->type, due->type));
    cr_assert_eq(got->length, due->length);
    for (uint32_t row = 0; row < due->length; row++)
        cr_assert(test_same(got, row, due, row), "%s row %u", vonk_type_sql_name(due->type), row);
}

#endif
