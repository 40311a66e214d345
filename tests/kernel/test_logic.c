#include "kernel/kernel.h"
#include "support/columns.h"

enum { NO, YES, UNKNOWN };

static int truth(const vonk_column *col, uint32_t row)
{
    if (!vonk_column_is_valid(col, row))
        return UNKNOWN;
    return vonk_bit_get(col->values, vonk_column_at(col, row)) ? YES : NO;
}

static int and_due(int x, int y)
{
    return x == NO || y == NO ? NO : x == YES && y == YES ? YES : UNKNOWN;
}

static int or_due(int x, int y)
{
    return x == YES || y == YES ? YES : x == NO && y == NO ? NO : UNKNOWN;
}

static void check_pair(const vonk_column *a, const vonk_column *b)
{
    vonk_arena arena = {0};
    vonk_column both, either;
    cr_assert_eq(vonk_and(&arena, a, b, &both, NULL), VONK_OK);
    cr_assert_eq(vonk_or(&arena, a, b, &either, NULL), VONK_OK);
    for (uint32_t i = 0; i < a->length; i++) {
        cr_assert_eq(truth(&both, i), and_due(truth(a, i), truth(b, i)));
        cr_assert_eq(truth(&either, i), or_due(truth(a, i), truth(b, i)));
    }
    vonk_arena_free(&arena);
}

static void check_single(const vonk_column *a)
{
    static const int negated[] = {[NO] = YES, [YES] = NO, [UNKNOWN] = UNKNOWN};
    vonk_arena arena = {0};
    vonk_column not, null, not_null;
    uint32_t sel[1001], n = 0;
    cr_assert_eq(vonk_not(&arena, a, &not, NULL), VONK_OK);
    cr_assert_eq(vonk_is_null(&arena, a, false, &null, NULL), VONK_OK);
    cr_assert_eq(vonk_is_null(&arena, a, true, &not_null, NULL), VONK_OK);
    uint32_t n_true = vonk_select_true(a, sel);
    for (uint32_t i = 0; i < a->length; i++) {
        cr_assert_eq(truth(&not, i), negated[truth(a, i)]);
        cr_assert_eq(truth(&null, i), truth(a, i) == UNKNOWN ? YES : NO);
        cr_assert_eq(truth(&not_null, i), truth(a, i) == UNKNOWN ? NO : YES);
        if (truth(a, i) == YES)
            cr_assert(n < n_true && sel[n++] == i);
    }
    cr_assert_eq(n, n_true);
    vonk_arena_free(&arena);
}

Test(logic, agrees_with_truth_tables)
{
    vonk_arena arena = {0};
    vonk_type type = VONK_TYPE(BOOL);
    for (size_t l = 0; l < N_EDGE_LENGTHS; l++)
        for (int i = 0; i < 108; i++) {
            uint32_t n = edge_lengths[l];
            vonk_column a = test_column(&arena, type, n, i & 1, encodings[i / 4 % 3]);
            vonk_column b = test_column(&arena, type, n, i & 2, encodings[i / 12 % 3]);
            check_pair(&a, &b);
            check_single(&a);
        }
    vonk_arena_free(&arena);
}

Test(logic, void_is_unknown)
{
    vonk_arena arena = {0};
    vonk_column a = {.type = VONK_TYPE(NULL), .length = 70};
    vonk_column b = test_column(&arena, VONK_TYPE(BOOL), 70, true, VONK_FLAT);
    check_pair(&a, &b);
    check_pair(&b, &a);
    check_single(&a);
    vonk_arena_free(&arena);
}

Test(logic, is_null_works_on_every_type)
{
    vonk_arena arena = {0};
    for (size_t t = 0; t < N_FLAT_TYPES; t++)
        for (size_t e = 0; e < N_ENCODINGS; e++) {
            vonk_column a = test_column(&arena, flat_types[t], 130, true, encodings[e]), out;
            cr_assert_eq(vonk_is_null(&arena, &a, false, &out, NULL), VONK_OK);
            for (uint32_t i = 0; i < 130; i++)
                cr_assert_eq(truth(&out, i), vonk_column_is_valid(&a, i) ? NO : YES);
        }
    vonk_arena_free(&arena);
}

Test(take, picks_rows_of_every_type_and_encoding)
{
    vonk_arena arena = {0};
    for (size_t t = 0; t < N_FLAT_TYPES; t++)
        for (int i = 0; i < 12; i++) {
            uint32_t sel[500];
            bool with_missing = i & 1;
            vonk_column a = test_column(&arena, flat_types[t], 200, i & 2, encodings[i / 4]), out;
            for (int k = 0; k < 500; k++) {
                bool missing = with_missing && test_random() % 4 == 0;
                sel[k] = missing ? VONK_NO_ROW : (uint32_t)(test_random() % 200);
            }
            cr_assert_eq(vonk_take(&arena, &a, sel, 500, with_missing, &out, NULL), VONK_OK);
            cr_assert_eq(out.length, 500);
            for (uint32_t k = 0; k < 500; k++) {
                if (sel[k] == VONK_NO_ROW)
                    cr_assert_not(vonk_column_is_valid(&out, k));
                else
                    cr_assert(test_same(&out, k, &a, sel[k]));
            }
        }
    vonk_arena_free(&arena);
}

Test(take, makes_null_rows_of_an_empty_column)
{
    vonk_arena arena = {0};
    uint32_t sel[3] = {VONK_NO_ROW, VONK_NO_ROW, VONK_NO_ROW};
    vonk_column a = test_column(&arena, VONK_TYPE(STRING), 0, false, VONK_FLAT), out;
    cr_assert_eq(vonk_take(&arena, &a, sel, 3, true, &out, NULL), VONK_OK);
    cr_assert_eq(out.length, 3);
    cr_assert_not(vonk_column_is_valid(&out, 2));
    vonk_arena_free(&arena);
}
