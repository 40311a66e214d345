/* Shares of rows that conditions keep, by statistics and by form. */
#include <criterion/criterion.h>
#include <math.h>

#include "expr/function.h"
#include "plan/selectivity.h"

static vonk_arena arena;

static void free_arena(void)
{
    vonk_arena_free(&arena);
}

/* Column 1: 1 .. 100, a tenth null; column 2: texts; of others nothing is known. */
static const vonk_column_stats number = {.has_range = true,
                                         .has_nulls = true,
                                         .min = 1,
                                         .max = 100,
                                         .step = 1,
                                         .null_share = 0.1,
                                         .distinct = 100};
static const vonk_column_stats text = {.has_nulls = true, .distinct = 20};

static const vonk_column_stats *find(const void *context, const vonk_expr *column)
{
    (void)context;
    return column->index == 1 ? &number : column->index == 2 ? &text : NULL;
}

static const vonk_stats_source source = {find, NULL};

static vonk_expr *column(uint32_t i)
{
    vonk_type type = i == 2 ? VONK_TYPE(STRING) : VONK_TYPE(INT64);
    return vonk_expr_input(&arena, i, "c", type, true, NULL);
}

static vonk_expr *literal(int64_t value)
{
    return vonk_expr_literal(&arena, VONK_TYPE(INT64), (vonk_value){.i64 = value}, NULL);
}

static vonk_expr *call(const char *name, vonk_expr *a, vonk_expr *b)
{
    return b ? vonk_expr_call2(&arena, name, a, b, NULL) : vonk_expr_call1(&arena, name, a, NULL);
}

static vonk_expr *between(vonk_expr *e, int64_t low, int64_t high)
{
    vonk_expr *args[] = {e, literal(low), literal(high)};
    return vonk_expr_call(&arena, "between", 3, args, NULL);
}

static void expect(vonk_expr *e, double with, double without)
{
    double got = vonk_selectivity(e, &source), form = vonk_selectivity(e, NULL);
    cr_expect_float_eq(got, with, 1e-6, "%s: %g, not %g", e->name, got, with);
    cr_expect_float_eq(form, without, 1e-6, "%s by form: %g, not %g", e->name, form, without);
}

Test(selectivity, equalities_keep_one_of_the_values, .fini = free_arena)
{
    expect(call("=", column(1), literal(7)), 0.009, 0.05);
    expect(call("=", literal(7), column(1)), 0.009, 0.05);
    expect(call("<=>", column(2), column(0)), 0.05, 0.05);
    expect(call("=", column(0), literal(7)), 0.05, 0.05);
    cr_expect_lt(vonk_selectivity(call("=", column(1), literal(101)), &source), 1e-6);
    expect(call("<>", column(1), literal(7)), 0.9, 0.9);
    vonk_expr *in[] = {column(1), literal(1), literal(2), literal(3), literal(500)};
    expect(vonk_expr_call(&arena, "in", 5, in, NULL), 0.027 + 1e-7, 0.2);
}

Test(selectivity, limits_keep_their_part_of_the_range, .fini = free_arena)
{
    expect(call("<=", column(1), literal(50)), 0.45, 1.0 / 3);
    expect(call("<", column(1), literal(51)), 0.45, 1.0 / 3);
    expect(call(">", literal(51), column(1)), 0.45, 1.0 / 3);
    expect(call(">=", column(1), literal(-5)), 0.9, 1.0 / 3);
    expect(between(column(1), 11, 20), 0.09, 0.1);
    expect(between(column(0), 11, 20), 0.1, 0.1);
    cr_expect_lt(vonk_selectivity(call(">", column(1), literal(100)), &source), 1e-6);
    cr_expect_lt(vonk_selectivity(between(column(1), 20, 11), &source), 1e-6);
}

Test(selectivity, limits_of_one_column_meet, .fini = free_arena)
{
    vonk_expr *low = call(">=", column(1), literal(41)), *high = call("<=", column(1), literal(50));
    expect(call("and", low, high), 0.09, 1.0 / 9);
    vonk_expr *both[] = {low, high, call("=", column(2), column(0))};
    cr_expect_float_eq(vonk_rows_kept(1000, both, 3, &source), 4.5, 1e-6);
    cr_expect_float_eq(vonk_rows_kept(1000, both, 3, NULL), 1000.0 / 9 / 20, 1e-6);
    cr_expect_float_eq(vonk_rows_kept(1000, NULL, 0, &source), 1000, 1e-6);
}

Test(selectivity, nulls_are_counted, .fini = free_arena)
{
    expect(call("isnull", column(1), NULL), 0.1, 1.0 / 3);
    expect(call("isnotnull", column(1), NULL), 0.9, 0.9);
    cr_expect_lt(vonk_selectivity(call("isnull", column(2), NULL), &source), 1e-6);
    expect(call("isnotnull", column(0), NULL), 0.9, 0.9);
}

Test(selectivity, is_a_share_whatever_is_asked, .fini = free_arena)
{
    vonk_expr *e = call("=", column(1), literal(7));
    for (int i = 0; i < 40; i++) {
        double share = vonk_selectivity(e, &source);
        cr_expect(share >= 0 && share <= 1, "%g", share);
        e = i % 3 ? call("or", e, call(">", column(1), literal(i))) : call("not", e, NULL);
    }
    vonk_expr *null =
        vonk_expr_literal(&arena, VONK_TYPE(INT64), (vonk_value){.is_null = true}, NULL);
    double share = vonk_selectivity(call("<", column(1), null), &source);
    cr_expect(share >= 0 && share <= 1, "%g", share);
}

Test(selectivity, values_of_a_sample)
{
    cr_expect_eq(vonk_distinct_in(0, 10), 1);
    cr_expect_float_eq(vonk_distinct_in(1e9, 10), 10, 1e-3);
    cr_expect_float_eq(vonk_distinct_in(10, 1e9), 10, 1e-3);
    cr_expect_float_eq(vonk_distinct_in(100, 100), 63.2, 0.1);
}
