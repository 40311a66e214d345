#include "kernel/kernel.h"
#include "support/columns.h"

static const vonk_compare_op ops[] = {VONK_EQ, VONK_NE, VONK_LT,          VONK_LE,
                                      VONK_GT, VONK_GE, VONK_EQ_NULL_SAFE};

static bool holds(vonk_compare_op op, int order)
{
    switch (op) {
    case VONK_EQ:
    case VONK_EQ_NULL_SAFE:
        return order == 0;
    case VONK_NE:
        return order != 0;
    case VONK_LT:
        return order < 0;
    case VONK_LE:
        return order <= 0;
    case VONK_GT:
        return order > 0;
    case VONK_GE:
        return order >= 0;
    }
    return false;
}

static void check(vonk_compare_op op, const vonk_column *a, const vonk_column *b,
                  const vonk_column *got)
{
    cr_assert_eq(got->type.id, VONK_BOOL);
    cr_assert_eq(got->length, a->length);
    for (uint32_t row = 0; row < a->length; row++) {
        bool x = vonk_column_is_valid(a, row), y = vonk_column_is_valid(b, row);
        if (op != VONK_EQ_NULL_SAFE && !(x && y)) {
            cr_assert_not(vonk_column_is_valid(got, row));
            continue;
        }
        bool due = x && y ? holds(op, test_order(a, row, b, row)) : x == y;
        cr_assert(vonk_column_is_valid(got, row));
        cr_assert_eq(vonk_bit_get(got->values, vonk_column_at(got, row)), due,
                     "op %d of %s, encodings %d %d, row %u of %u", (int)op,
                     vonk_type_sql_name(a->type), (int)a->encoding, (int)b->encoding, row,
                     a->length);
    }
}

static void compare_all_ops(vonk_type type, uint32_t length, int nulls, int pair)
{
    vonk_arena arena = {0};
    vonk_column out;
    vonk_column a = test_column(&arena, type, length, nulls & 1, encodings[pair / 3]);
    vonk_column b = test_column(&arena, type, length, nulls & 2, encodings[pair % 3]);
    for (size_t o = 0; o < VONK_LENGTH(ops); o++) {
        cr_assert_eq(vonk_compare(&arena, ops[o], &a, &b, &out, NULL), VONK_OK);
        check(ops[o], &a, &b, &out);
    }
    vonk_arena_free(&arena);
}

Test(compare, agrees_with_rows_for_all_types_lengths_nulls_encodings)
{
    for (size_t t = 0; t < N_FLAT_TYPES; t++)
        for (size_t l = 0; l < N_EDGE_LENGTHS; l++)
            for (int nulls = 0; nulls < 4; nulls++)
                for (int pair = 0; pair < 9; pair++)
                    compare_all_ops(flat_types[t], edge_lengths[l], nulls, pair);
}

Test(compare, two_constants_make_a_constant)
{
    vonk_arena arena = {0};
    vonk_column a = test_column(&arena, VONK_TYPE(INT32), 100, false, VONK_CONSTANT), out;
    cr_assert_eq(vonk_compare(&arena, VONK_LE, &a, &a, &out, NULL), VONK_OK);
    cr_assert_eq(out.encoding, VONK_CONSTANT);
    cr_assert(vonk_bit_get(out.values, 0));
    vonk_arena_free(&arena);
}

Test(compare, void_is_null_and_null_safe_equal_to_itself)
{
    vonk_arena arena = {0};
    vonk_column a = {.type = VONK_TYPE(NULL), .length = 70}, out;
    cr_assert_eq(vonk_compare(&arena, VONK_EQ, &a, &a, &out, NULL), VONK_OK);
    cr_assert_not(vonk_column_is_valid(&out, 69));
    cr_assert_eq(vonk_compare(&arena, VONK_EQ_NULL_SAFE, &a, &a, &out, NULL), VONK_OK);
    for (uint32_t i = 0; i < 70; i++)
        cr_assert(vonk_column_is_valid(&out, i) && vonk_bit_get(out.values, i));
    vonk_arena_free(&arena);
}

Test(compare, rejects_operands_that_do_not_fit)
{
    vonk_arena arena = {0};
    vonk_error err;
    vonk_column a = test_column(&arena, VONK_TYPE(INT32), 3, false, VONK_FLAT), out;
    vonk_column b = test_column(&arena, VONK_TYPE(INT64), 3, false, VONK_FLAT);
    vonk_column c = test_column(&arena, VONK_TYPE(INT32), 4, false, VONK_FLAT);
    cr_assert_eq(vonk_compare(&arena, VONK_EQ, &a, &b, &out, &err), VONK_INVALID);
    cr_assert_str_eq(err.message, "cannot compare INT and BIGINT");
    cr_assert_eq(vonk_compare(&arena, VONK_EQ, &a, &c, &out, &err), VONK_INVALID);
    cr_assert_str_eq(err.message, "cannot compare INT[3] and INT[4]");
    vonk_arena_free(&arena);
}

Test(compare, rows_agree_with_columns)
{
    vonk_arena arena = {0};
    for (size_t t = 0; t < N_FLAT_TYPES; t++) {
        vonk_column a = test_column(&arena, flat_types[t], 200, false, VONK_FLAT);
        vonk_column b = test_column(&arena, flat_types[t], 200, false, VONK_DICTIONARY);
        for (uint32_t i = 0; i < 200; i++) {
            int order = vonk_compare_rows(&a, i, &b, 199 - i), due = test_order(&a, i, &b, 199 - i);
            cr_assert_eq((order > 0) - (order < 0), due);
            cr_assert_eq(vonk_equal_rows(&a, i, &b, 199 - i), due == 0);
        }
    }
    vonk_arena_free(&arena);
}

Test(compare, fails_cleanly_at_the_memory_limit)
{
    vonk_arena data = {0};
    vonk_budget budget = {.limit = 1000};
    vonk_arena small = {.budget = &budget};
    vonk_error err;
    vonk_column a = test_column(&data, VONK_TYPE(INT64), 1000, true, VONK_FLAT), out;
    cr_assert_eq(vonk_compare(&small, VONK_EQ, &a, &a, &out, &err), VONK_NO_MEMORY);
    vonk_arena_free(&small);
    vonk_arena_free(&data);
}
