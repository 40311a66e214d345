/* test_aggregate.c - aggregates: expected values are Spark 4's; states survive export and merge. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "expr/aggregate.h"
#include "expr/eval.h"

static const vonk_eval_settings settings = {.ansi = true, .time_zone = "UTC"};

/* A column of whole numbers of `type`; INT64_MIN stands for null. */
static vonk_column column_of(vonk_arena *arena, vonk_type type, const int64_t *values, uint32_t n)
{
    vonk_column col;
    cr_assert_eq(vonk_column_new(arena, type, n, &col, NULL), VONK_OK);
    cr_assert_eq(vonk_column_add_validity(arena, &col, NULL), VONK_OK);
    for (uint32_t i = 0; i < n; i++) {
        bool null = values[i] == INT64_MIN;
        int64_t value = null ? 0 : values[i];
        vonk_bit_set(col.validity, i, !null);
        if (type.id == VONK_BOOL)
            vonk_bit_set(col.values, i, value);
        else if (type.id == VONK_FLOAT64)
            ((double *)col.values)[i] = (double)value / 4;
        else if (vonk_type_width(type) == 16)
            ((vonk_int128 *)col.values)[i] = value;
        else
            memcpy((char *)col.values + i * vonk_type_width(type), &value, vonk_type_width(type));
    }
    return col;
}

static vonk_expr *call_over(vonk_arena *arena, const char *name, const vonk_column *cols,
                            uint32_t n_args)
{
    vonk_expr *args[2];
    for (uint32_t i = 0; i < n_args; i++)
        args[i] = vonk_expr_input(arena, i, "x", cols[i].type, true, NULL);
    vonk_expr *call = vonk_expr_call(arena, name, n_args, args, NULL);
    cr_assert_not_null(call);
    call->star = n_args == 0;
    call->function = vonk_function_find(name);
    cr_assert_not_null(call->function, "%s", name);
    cr_assert_eq(
        call->function->resolve(call, &settings, arena, &call->type, &call->nullable, NULL),
        VONK_OK);
    return call;
}

static vonk_aggregate *new_aggregate(vonk_arena *arena, const vonk_expr *call)
{
    vonk_aggregate *agg;
    vonk_error err = {0};
    cr_assert_eq(vonk_aggregate_new(arena, call, &settings, &agg, &err), VONK_OK, "%s",
                 err.message);
    return agg;
}

/* "type: value value ..." of groups 0 .. n. */
static void print_result(vonk_aggregate *agg, vonk_arena *arena, uint32_t n, char *out, size_t size)
{
    vonk_column col;
    vonk_buffer text = {0};
    cr_assert_eq(vonk_aggregate_finish(agg, arena, 0, n, &col, NULL), VONK_OK);
    vonk_type_print(col.type, &text);
    vonk_buffer_char(&text, ':');
    for (uint32_t i = 0; i < n; i++) {
        vonk_value value = vonk_column_value(&col, i);
        vonk_buffer_char(&text, ' ');
        if (value.is_null)
            vonk_buffer_text(&text, "NULL");
        else
            cr_assert_eq(vonk_value_print(col.type, &value, &settings, &text, NULL), VONK_OK);
    }
    snprintf(out, size, "%s", vonk_buffer_str(&text));
    vonk_buffer_free(&text);
}

/* Feeds `cols` in two tasks (even and odd halves by position), merges their states, and compares.
 */
static void expect(const char *name, const vonk_column *cols, uint32_t n_args, uint32_t n_rows,
                   const uint32_t *groups, uint32_t n_groups, const char *expected)
{
    vonk_arena arena = {0};
    char actual[256];
    vonk_expr *call = call_over(&arena, name, cols, n_args);
    vonk_column args[2];
    memcpy(args, cols, n_args * sizeof *cols);
    for (uint32_t i = 0; i < n_args; i++) /* the call may have cast its arguments */
        if (call->args[i]->kind == VONK_EXPR_CAST) {
            vonk_batch in = {.n_rows = n_rows, .n_columns = n_args, .columns = args};
            vonk_eval ctx = {.arena = &arena, .settings = &settings};
            cr_assert_eq(vonk_expr_eval(call->args[i], &in, &ctx, &args[i], NULL), VONK_OK);
        }
    vonk_aggregate *whole = new_aggregate(&arena, call), *merged = new_aggregate(&arena, call);
    cr_assert_eq(vonk_aggregate_update(whole, args, n_rows, groups, n_groups, NULL, NULL), VONK_OK);
    print_result(whole, &arena, n_groups, actual, sizeof actual);
    cr_expect_str_eq(actual, expected, "%s: %s instead of %s", name, actual, expected);

    uint32_t middle = n_rows / 2;
    for (int half = 0; half < 2; half++) {
        vonk_aggregate *part = new_aggregate(&arena, call);
        vonk_column pieces[2], states[4];
        uint32_t start = half ? middle : 0, n = half ? n_rows - middle : middle;
        for (uint32_t i = 0; i < n_args; i++)
            cr_assert_eq(vonk_column_slice(&arena, &args[i], start, n, &pieces[i], NULL), VONK_OK);
        cr_assert_eq(vonk_aggregate_update(part, pieces, n, groups ? groups + start : NULL,
                                           n_groups, NULL, NULL),
                     VONK_OK);
        cr_assert_eq(vonk_aggregate_export(part, &arena, 0, n_groups, states, NULL), VONK_OK);
        uint32_t ids[8] = {0, 1, 2, 3, 4, 5, 6, 7};
        cr_assert_eq(vonk_aggregate_merge(merged, states, n_groups, ids, n_groups, NULL), VONK_OK);
    }
    print_result(merged, &arena, n_groups, actual, sizeof actual);
    cr_expect_str_eq(actual, expected, "merged %s: %s instead of %s", name, actual, expected);
    vonk_arena_free(&arena);
}

Test(aggregate, of_integers_by_group)
{
    vonk_arena arena = {0};
    const int64_t values[] = {1, 2, INT64_MIN, 5, 7, INT64_MIN};
    const uint32_t groups[] = {0, 1, 0, 1, 0, 2};
    vonk_column col = column_of(&arena, VONK_TYPE(INT32), values, 6);
    expect("count", &col, 1, 6, groups, 3, "bigint: 2 2 0");
    expect("count", &col, 0, 6, groups, 3, "bigint: 3 2 1");
    expect("sum", &col, 1, 6, groups, 3, "bigint: 8 7 NULL");
    expect("avg", &col, 1, 6, groups, 3, "double: 4.0 3.5 NULL");
    expect("min", &col, 1, 6, groups, 3, "int: 1 2 NULL");
    expect("max", &col, 1, 6, groups, 3, "int: 7 5 NULL");
    expect("first", &col, 1, 6, groups, 3, "int: 1 2 NULL");
    expect("last", &col, 1, 6, groups, 3, "int: 7 5 NULL");
    expect("bit_and", &col, 1, 6, groups, 3, "int: 1 0 NULL");
    expect("bit_or", &col, 1, 6, groups, 3, "int: 7 7 NULL");
    expect("bit_xor", &col, 1, 6, groups, 3, "int: 6 7 NULL");
    vonk_arena_free(&arena);
}

Test(aggregate, without_groups_is_one_group)
{
    vonk_arena arena = {0};
    const int64_t values[] = {1, 2, INT64_MIN, 5};
    vonk_column col = column_of(&arena, VONK_TYPE(INT32), values, 4);
    expect("sum", &col, 1, 4, NULL, 1, "bigint: 8");
    expect("avg", &col, 1, 4, NULL, 1, "double: 2.6666666666666665");
    expect("count", &col, 1, 4, NULL, 1, "bigint: 3");
    vonk_arena_free(&arena);
}

Test(aggregate, variance_of_a_population_and_of_a_sample)
{
    vonk_arena arena = {0};
    const int64_t values[] = {2, 4, 6, 8}, one[] = {2};
    vonk_column col = column_of(&arena, VONK_TYPE(INT32), values, 4);
    expect("var_pop", &col, 1, 4, NULL, 1, "double: 5.0");
    expect("var_samp", &col, 1, 4, NULL, 1, "double: 6.666666666666667");
    expect("stddev", &col, 1, 4, NULL, 1, "double: 2.581988897471611");
    vonk_column single = column_of(&arena, VONK_TYPE(INT32), one, 1);
    expect("var_samp", &single, 1, 1, NULL, 1, "double: NULL");
    expect("stddev_pop", &single, 1, 1, NULL, 1, "double: 0.0");
    vonk_arena_free(&arena);
}

Test(aggregate, of_no_rows)
{
    vonk_arena arena = {0};
    vonk_column col = column_of(&arena, VONK_TYPE(INT32), NULL, 0);
    expect("sum", &col, 1, 0, NULL, 1, "bigint: NULL");
    expect("count", &col, 1, 0, NULL, 1, "bigint: 0");
    expect("avg", &col, 1, 0, NULL, 1, "double: NULL");
    expect("max", &col, 1, 0, NULL, 1, "int: NULL");
    expect("stddev", &col, 1, 0, NULL, 1, "double: NULL");
    vonk_arena_free(&arena);
}

Test(aggregate, of_decimals_has_sparks_types)
{
    vonk_arena arena = {0};
    const int64_t values[] = {150, 225, INT64_MIN};
    vonk_column narrow = column_of(&arena, VONK_TYPE_DECIMAL(3, 2), values, 3);
    expect("sum", &narrow, 1, 3, NULL, 1, "decimal(13,2): 3.75");
    expect("avg", &narrow, 1, 3, NULL, 1, "decimal(7,6): 1.875000");
    vonk_column wide = column_of(&arena, VONK_TYPE_DECIMAL(38, 2), values, 3);
    expect("sum", &wide, 1, 3, NULL, 1, "decimal(38,2): 3.75");
    expect("avg", &wide, 1, 3, NULL, 1, "decimal(38,6): 1.875000");
    expect("min", &wide, 1, 3, NULL, 1, "decimal(38,2): 1.50");
    vonk_arena_free(&arena);
}

Test(aggregate, of_booleans)
{
    vonk_arena arena = {0};
    const int64_t values[] = {1, 0, INT64_MIN};
    vonk_column col = column_of(&arena, VONK_TYPE(BOOL), values, 3);
    expect("bool_and", &col, 1, 3, NULL, 1, "boolean: false");
    expect("bool_or", &col, 1, 3, NULL, 1, "boolean: true");
    expect("count_if", &col, 1, 3, NULL, 1, "bigint: 1");
    expect("max", &col, 1, 3, NULL, 1, "boolean: true");
    vonk_arena_free(&arena);
}

Test(aggregate, of_two_columns)
{
    vonk_arena arena = {0};
    const int64_t x[] = {4, 8, 12, INT64_MIN}, y[] = {8, 16, 36, 4}; /* quarters */
    vonk_column cols[] = {column_of(&arena, VONK_TYPE(FLOAT64), x, 4),
                          column_of(&arena, VONK_TYPE(FLOAT64), y, 4)};
    expect("covar_pop", cols, 2, 4, NULL, 1, "double: 2.3333333333333335");
    expect("covar_samp", cols, 2, 4, NULL, 1, "double: 3.5");
    expect("count", cols, 2, 4, NULL, 1, "bigint: 3");
    vonk_arena_free(&arena);
}

Test(aggregate, max_of_doubles_puts_nan_last)
{
    vonk_arena arena = {0};
    const int64_t values[] = {4, 8, INT64_MIN};
    vonk_column col = column_of(&arena, VONK_TYPE(FLOAT64), values, 3);
    ((double *)col.values)[1] = NAN;
    expect("max", &col, 1, 3, NULL, 1, "double: NaN");
    expect("min", &col, 1, 3, NULL, 1, "double: 1.0");
    vonk_arena_free(&arena);
}

Test(aggregate, sum_of_bigint_overflows)
{
    vonk_arena arena = {0};
    vonk_error err = {0};
    const int64_t values[] = {INT64_MAX, 1};
    const uint32_t groups[] = {0, 0};
    vonk_column col = column_of(&arena, VONK_TYPE(INT64), values, 2);
    vonk_expr *call = call_over(&arena, "sum", &col, 1);
    for (int grouped = 0; grouped < 2; grouped++) {
        vonk_aggregate *agg = new_aggregate(&arena, call);
        cr_expect_eq(vonk_aggregate_update(agg, &col, 2, grouped ? groups : NULL, 1, NULL, &err),
                     VONK_USER);
        cr_expect_str_eq(err.condition, "ARITHMETIC_OVERFLOW");
    }
    vonk_arena_free(&arena);
}

/* Sums and counts of many rows, by few and by many groups, against plain loops. */
Test(aggregate, agrees_with_plain_loops)
{
    enum { ROWS = 20000 };
    static int64_t values[ROWS];
    static uint32_t groups[ROWS];
    static const vonk_type types[] = {VONK_TYPE(INT8),         VONK_TYPE(INT16),
                                      VONK_TYPE(INT32),        VONK_TYPE(INT64),
                                      VONK_TYPE_DECIMAL(9, 2), VONK_TYPE_DECIMAL(18, 0),
                                      VONK_TYPE_DECIMAL(30, 4)};
    for (size_t t = 0; t < VONK_LENGTH(types); t++)
        for (uint32_t n_groups = 3; n_groups <= 300; n_groups += 297) {
            vonk_arena arena = {0};
            static vonk_int128 sums[300];
            static int64_t counts[300];
            memset(sums, 0, sizeof sums);
            memset(counts, 0, sizeof counts);
            for (uint32_t i = 0; i < ROWS; i++) {
                groups[i] = i * 7919u % n_groups;
                values[i] = i % 11 == 3 ? INT64_MIN : (int64_t)(i * 31u % 200) - 100;
                sums[groups[i]] += values[i] == INT64_MIN ? 0 : values[i];
                counts[groups[i]] += values[i] != INT64_MIN;
            }
            vonk_column col = column_of(&arena, types[t], values, ROWS), out;
            vonk_aggregate *sum = new_aggregate(&arena, call_over(&arena, "sum", &col, 1));
            vonk_aggregate *count = new_aggregate(&arena, call_over(&arena, "count", &col, 1));
            cr_assert_eq(vonk_aggregate_update(sum, &col, ROWS, groups, n_groups, NULL, NULL), 0);
            cr_assert_eq(vonk_aggregate_update(count, &col, ROWS, groups, n_groups, NULL, NULL), 0);
            cr_assert_eq(vonk_aggregate_finish(sum, &arena, 0, n_groups, &out, NULL), VONK_OK);
            for (uint32_t g = 0; g < n_groups; g++) {
                vonk_value v = vonk_column_value(&out, g);
                cr_expect(out.type.id == VONK_DECIMAL ? v.i128 == sums[g] : v.i64 == sums[g],
                          "type %zu group %u", t, g);
            }
            cr_assert_eq(vonk_aggregate_finish(count, &arena, 0, n_groups, &out, NULL), VONK_OK);
            for (uint32_t g = 0; g < n_groups; g++)
                cr_expect_eq(vonk_column_value(&out, g).i64, counts[g]);
            vonk_arena_free(&arena);
        }
}

Test(aggregate, keeps_its_own_strings)
{
    vonk_arena arena = {0};
    char text[] = "a string that is long";
    vonk_column col;
    cr_assert_eq(vonk_column_new(&arena, VONK_TYPE(STRING), 1, &col, NULL), VONK_OK);
    vonk_aggregate *agg = new_aggregate(&arena, call_over(&arena, "max", &col, 1));
    for (char c = 'a'; c <= 'e'; c++) {
        text[0] = c == 'e' ? 'b' : c; /* the last is not the greatest */
        *(vonk_string *)col.values = vonk_string_of(text, sizeof text - 1);
        cr_assert_eq(vonk_aggregate_update(agg, &col, 1, NULL, 1, NULL, NULL), VONK_OK);
    }
    memset(text, 'x', sizeof text);
    char actual[64];
    print_result(agg, &arena, 1, actual, sizeof actual);
    cr_expect_str_eq(actual, "string: d string that is long");
    vonk_arena_free(&arena);
}

Test(aggregate, filter_leaves_rows_out)
{
    vonk_arena arena = {0};
    const int64_t values[] = {1, 2, 4, 8};
    const uint64_t rows[] = {0xa};
    char actual[64];
    vonk_column col = column_of(&arena, VONK_TYPE(INT32), values, 4);
    vonk_aggregate *agg = new_aggregate(&arena, call_over(&arena, "sum", &col, 1));
    cr_assert_eq(vonk_aggregate_update(agg, &col, 4, NULL, 1, rows, NULL), VONK_OK);
    print_result(agg, &arena, 1, actual, sizeof actual);
    cr_expect_str_eq(actual, "bigint: 10");
    vonk_arena_free(&arena);
}
