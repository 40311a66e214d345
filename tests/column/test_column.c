#include "column/column.h"

#include "column/gather.h"
#include "support/columns.h"

/* Every type, with and without nulls, in every encoding and of every length. */
static void for_all(void (*check)(vonk_arena *arena, const vonk_column *col))
{
    vonk_arena arena = {0};
    for (size_t t = 0; t < N_FLAT_TYPES; t++)
        for (size_t l = 0; l < N_EDGE_LENGTHS; l++)
            for (int i = 0; i < 6; i++) {
                vonk_column col =
                    test_column(&arena, flat_types[t], edge_lengths[l], i & 1, encodings[i / 2]);
                check(&arena, &col);
                vonk_arena_reset(&arena);
            }
    vonk_arena_free(&arena);
}

static void check_flatten(vonk_arena *arena, const vonk_column *col)
{
    vonk_column flat;
    cr_assert_eq(vonk_column_flatten(arena, col, &flat, NULL), VONK_OK);
    cr_assert_eq(flat.encoding, VONK_FLAT);
    test_columns_same(&flat, col);
}

Test(column, flattens)
{
    for_all(check_flatten);
}

/* The copy outlives the original, whose memory is gone (ASan looks on). */
static void check_copy(vonk_arena *arena, const vonk_column *col)
{
    vonk_arena gone = {0};
    vonk_column first, second;
    cr_assert_eq(vonk_column_copy(&gone, col, &first, NULL), VONK_OK);
    test_columns_same(&first, col);
    cr_assert_eq(vonk_column_copy(arena, &first, &second, NULL), VONK_OK);
    vonk_arena_free(&gone);
    cr_assert_eq(second.encoding, col->encoding);
    test_columns_same(&second, col);
}

Test(column, copies_deeply)
{
    for_all(check_copy);
}

static void check_slice(vonk_arena *arena, const vonk_column *col)
{
    static const uint32_t starts[] = {0, 1, 63, 64, 65, 100};
    for (size_t s = 0; s < VONK_LENGTH(starts); s++) {
        uint32_t start = starts[s] < col->length ? starts[s] : col->length;
        uint32_t length = (col->length - start) / 2 + (col->length - start) % 2;
        vonk_column part;
        cr_assert_eq(vonk_column_slice(arena, col, start, length, &part, NULL), VONK_OK);
        cr_assert_eq(part.length, length);
        for (uint32_t i = 0; i < length; i++)
            cr_assert(test_same(&part, i, col, start + i));
    }
    vonk_column part;
    cr_assert_eq(vonk_column_slice(arena, col, col->length, 1, &part, NULL), VONK_INVALID);
}

Test(column, slices)
{
    for_all(check_slice);
}

Test(column, null_columns_are_null_in_every_row)
{
    vonk_arena arena = {0};
    vonk_column col, flat;
    for (size_t t = 0; t < N_FLAT_TYPES; t++) {
        cr_assert_eq(vonk_column_null(&arena, flat_types[t], 100, &col, NULL), VONK_OK);
        cr_assert_eq(vonk_column_flatten(&arena, &col, &flat, NULL), VONK_OK);
        for (uint32_t i = 0; i < 100; i++)
            cr_assert(!vonk_column_is_valid(&col, i) && !vonk_column_is_valid(&flat, i));
    }
    cr_assert_eq(vonk_column_null(&arena, VONK_TYPE(NULL), 100, &col, NULL), VONK_OK);
    cr_assert_not(vonk_column_is_valid(&col, 99));
    vonk_arena_free(&arena);
}

Test(column, validity_of_two_is_of_rows_valid_in_both)
{
    vonk_arena arena = {0};
    for (size_t l = 0; l < N_EDGE_LENGTHS; l++)
        for (int i = 0; i < 36; i++) {
            uint32_t n = edge_lengths[l];
            vonk_column a = test_column(&arena, VONK_TYPE(INT32), n, i & 1, encodings[i / 4 % 3]);
            vonk_column b = test_column(&arena, VONK_TYPE(INT32), n, i & 2, encodings[i / 12]);
            uint64_t *bits;
            cr_assert_eq(vonk_validity_and(&arena, &a, &b, &bits, NULL), VONK_OK);
            for (uint32_t row = 0; row < n; row++)
                cr_assert_eq(!bits || vonk_bit_get(bits, row),
                             vonk_column_is_valid(&a, row) && vonk_column_is_valid(&b, row));
        }
    vonk_arena_free(&arena);
}

Test(column, bytes_count_long_strings)
{
    vonk_arena arena = {0};
    vonk_string strings[2] = {vonk_string_of("short", 5), vonk_string_of("longer than twelve", 18)};
    vonk_column col = test_values(VONK_TYPE(STRING), strings, 2);
    vonk_batch batch = {.n_rows = 2, .n_columns = 1, .columns = &col}, copy;
    cr_assert_eq(vonk_batch_bytes(&batch), 2 * 16 + 18);
    cr_assert_eq(vonk_batch_copy(&arena, &batch, &copy, NULL), VONK_OK);
    cr_assert_eq(vonk_batch_bytes(&copy), 2 * 16 + 18);
    test_columns_same(&copy.columns[0], &col);
    vonk_arena_free(&arena);
}

/* struct<a: int, b: array<int>> of 4 rows: {1,[10,11]}, null, {3,[]}, {4,[12]}. */
static vonk_column nested_column(vonk_arena *arena)
{
    static const uint32_t offsets[] = {0, 2, 2, 2, 3};
    vonk_type type;
    vonk_column col, *children;
    cr_assert_eq(vonk_type_parse(VONK_SLICE("struct<a: int, b: array<int>>"), arena, &type, NULL),
                 VONK_OK);
    cr_assert_eq(vonk_column_new(arena, type, 4, &col, NULL), VONK_OK);
    children = col.children;
    memcpy(children[0].values, (int32_t[]){1, 2, 3, 4}, 16);
    vonk_type element = children[1].type.children->fields[0].type;
    cr_assert_eq(vonk_column_new(arena, element, 3, &children[1].children[0], NULL), VONK_OK);
    memcpy(children[1].children[0].values, (int32_t[]){10, 11, 12}, 12);
    children[1].offsets = offsets;
    cr_assert_eq(vonk_column_add_validity(arena, &col, NULL), VONK_OK);
    vonk_bit_set(col.validity, 1, false);
    return col;
}

static int64_t sum_of_row(const vonk_column *col, uint32_t row)
{
    const vonk_column *a = &col->children[0], *b = &col->children[1];
    int64_t sum = ((int32_t *)a->values)[row];
    for (uint32_t i = b->offsets[row]; i < b->offsets[row + 1]; i++)
        sum += ((int32_t *)b->children[0].values)[i];
    return sum;
}

Test(column, nested_rows_are_gathered_copied_and_sliced)
{
    static const uint32_t rows[] = {3, UINT32_MAX, 0, 2, 1, 0};
    static const int64_t sums[] = {16, -1, 22, 3, -1, 22};
    vonk_arena arena = {0};
    vonk_column col = nested_column(&arena), out, copy, part;
    cr_assert_eq(vonk_column_gather(&arena, &col, rows, 6, true, &out, NULL), VONK_OK);
    cr_assert_eq(vonk_column_copy(&arena, &out, &copy, NULL), VONK_OK);
    cr_assert_eq(vonk_column_slice(&arena, &copy, 2, 4, &part, NULL), VONK_OK);
    for (uint32_t i = 0; i < 6; i++) {
        cr_assert_eq(vonk_column_is_valid(&copy, i), sums[i] >= 0);
        if (sums[i] >= 0)
            cr_assert_eq(sum_of_row(&copy, i), sums[i]);
        if (sums[i] >= 0 && i >= 2)
            cr_assert_eq(sum_of_row(&part, i - 2), sums[i]);
    }
    vonk_arena_free(&arena);
}

/* A constant and a coded column of nested type. */
Test(column, nested_constants_flatten)
{
    vonk_arena arena = {0};
    vonk_column col = nested_column(&arena), flat;
    col.validity = NULL;
    col.encoding = VONK_CONSTANT;
    col.length = 3;
    cr_assert_eq(vonk_column_flatten(&arena, &col, &flat, NULL), VONK_OK);
    for (uint32_t i = 0; i < 3; i++)
        cr_assert_eq(sum_of_row(&flat, i), 22);
    col.encoding = VONK_DICTIONARY;
    col.n_dictionary = 4;
    col.codes = (const uint32_t[]){3, 3, 0};
    cr_assert_eq(vonk_column_flatten(&arena, &col, &flat, NULL), VONK_OK);
    cr_assert(sum_of_row(&flat, 1) == 16 && sum_of_row(&flat, 2) == 22);
    vonk_arena_free(&arena);
}

Test(string_view, orders_as_unsigned_bytes)
{
    static const vonk_slice texts[] = {
        {"", 0},
        {"\0", 1},
        {"\0\0", 2},
        {"\0\0\0\0\0", 5},
        {"a", 1},
        {"a\0b", 3},
        {"abc\x7f", 4},
        {"abc\x80", 4},
        {"abcd", 4},
        {"abcd\0", 5},
        {"abcdefghijkl", 12},
        {"abcdefghijklm", 13},
        {"abcdefghijkm", 12},
        {"abcdefghijkl\xff", 13},
        {"\xff\xfe", 2},
    };
    for (size_t i = 0; i < VONK_LENGTH(texts); i++) {
        for (size_t k = 0; k < VONK_LENGTH(texts); k++) {
            vonk_slice x = texts[i], y = texts[k];
            vonk_string a = vonk_string_of(x.data, (uint32_t)x.length);
            vonk_string b = vonk_string_of(y.data, (uint32_t)y.length);
            int bytes = memcmp(x.data, y.data, x.length < y.length ? x.length : y.length);
            int wanted = bytes ? bytes : (x.length > y.length) - (x.length < y.length);
            int got = vonk_string_compare(&a, &b);
            cr_expect_eq((got > 0) - (got < 0), (wanted > 0) - (wanted < 0), "%zu and %zu", i, k);
        }
    }
}
