/* test_eval.c - evaluation over batches: branches, selections, encodings, errors with positions. */
#include <criterion/criterion.h>

#include "eval_text.h"

enum { ROWS = 200 };

/* a: int 0 .. 9 over and over, every seventh null; s: a dictionary of three strings; d: decimal. */
static vonk_batch make_batch(vonk_arena *arena)
{
    static vonk_string words[3];
    vonk_column *cols = VONK_NEW_ARRAY(arena, vonk_column, 3, NULL);
    words[0] = vonk_string_of("apple", 5);
    words[1] = vonk_string_of("a long string of fruit", 22);
    words[2] = vonk_string_of("pear", 4);
    uint32_t *codes = vonk_arena_alloc(arena, ROWS * sizeof *codes, NULL);
    cr_assert_eq(vonk_column_new(arena, VONK_TYPE(INT32), ROWS, &cols[0], NULL), VONK_OK);
    cr_assert_eq(vonk_column_add_validity(arena, &cols[0], NULL), VONK_OK);
    cr_assert_eq(vonk_column_new(arena, VONK_TYPE_DECIMAL(15, 2), ROWS, &cols[2], NULL), VONK_OK);
    for (uint32_t i = 0; i < ROWS; i++) {
        ((int32_t *)cols[0].values)[i] = (int32_t)(i % 10);
        vonk_bit_set(cols[0].validity, i, i % 7 != 0);
        ((int64_t *)cols[2].values)[i] = (int64_t)i * 25;
        codes[i] = i % 3;
    }
    cols[1] = (vonk_column){.type = VONK_TYPE(STRING),
                            .encoding = VONK_DICTIONARY,
                            .length = ROWS,
                            .n_dictionary = 3,
                            .values = words,
                            .codes = codes};
    return (vonk_batch){.n_rows = ROWS, .n_columns = 3, .columns = cols};
}

static vonk_expr *bind_node(vonk_expr *e, void *context, vonk_arena *arena, vonk_error *err)
{
    static const vonk_type types[] = {VONK_TYPE(INT32), VONK_TYPE(STRING),
                                      VONK_TYPE_DECIMAL(15, 2)};
    if (e->kind == VONK_EXPR_NAME) {
        uint32_t i = e->name_parts[0][0] == 'a' ? 0 : e->name_parts[0][0] == 's' ? 1 : 2;
        return vonk_expr_input(arena, i, e->name_parts[0], types[i], true, err);
    }
    return resolve_node(e, context, arena, err);
}

static vonk_expr *bind(vonk_arena *arena, const char *sql)
{
    vonk_expr *e;
    vonk_error err = {0};
    cr_assert_eq(vonk_sql_parse_expr(vonk_slice_of(sql), arena, &e, &err), VONK_OK, "%s",
                 err.message);
    e = vonk_expr_rewrite(e, bind_node, (void *)&test_settings, arena, &err);
    cr_assert_not_null(e, "%s: %s", sql, err.message);
    return e;
}

/* Row `row` of `sql` over the batch, as text. */
static void row_text(vonk_arena *arena, const vonk_column *col, uint32_t row, char *out,
                     size_t size)
{
    (void)arena;
    vonk_buffer text = {0};
    vonk_value value = vonk_column_value(col, row);
    if (value.is_null)
        vonk_buffer_text(&text, "NULL");
    else
        cr_assert_eq(vonk_value_print(col->type, &value, &test_settings, &text, NULL), VONK_OK);
    snprintf(out, size, "%s", vonk_buffer_str(&text));
    vonk_buffer_free(&text);
}

/* Every row of `sql` is what the same expression gives for a batch of that row alone. */
static void check_rows_alone(const char *sql)
{
    vonk_arena arena = {0};
    vonk_batch batch = make_batch(&arena);
    vonk_eval ctx = {.arena = &arena, .settings = &test_settings};
    vonk_expr *e = bind(&arena, sql);
    vonk_column all;
    vonk_error err = {0};
    cr_assert_eq(vonk_expr_eval(e, &batch, &ctx, &all, &err), VONK_OK, "%s: %s", sql, err.message);
    cr_expect_eq(all.length, ROWS);
    cr_expect(vonk_type_equal(all.type, e->type), "%s", sql);
    for (uint32_t i = 0; i < ROWS; i++) {
        vonk_column cols[3], one;
        char expected[128], actual[128];
        for (int c = 0; c < 3; c++) {
            cr_assert_eq(vonk_take(&arena, &batch.columns[c], &i, 1, false, &cols[c], NULL), 0);
            cr_assert_eq(vonk_column_flatten(&arena, &cols[c], &cols[c], NULL), VONK_OK);
        }
        vonk_batch alone = {.n_rows = 1, .n_columns = 3, .columns = cols};
        cr_assert_eq(vonk_expr_eval(e, &alone, &ctx, &one, &err), VONK_OK, "%s", err.message);
        row_text(&arena, &one, 0, expected, sizeof expected);
        row_text(&arena, &all, i, actual, sizeof actual);
        cr_assert_str_eq(actual, expected, "%s row %u", sql, i);
    }
    vonk_arena_free(&arena);
}

Test(eval, batches_agree_with_single_rows)
{
    static const char *const exprs[] = {
        "a + 1",
        "a * d - 2",
        "CASE WHEN a > 5 THEN 'big' WHEN a > 2 THEN s ELSE NULL END",
        "CASE WHEN a <> 0 THEN 10 / a END",
        "CASE a WHEN 1 THEN d WHEN 2 THEN 2 * d ELSE 0 END",
        "coalesce(a, 77)",
        "coalesce(nullif(a, 3), CAST(substring('12x', 1, 2) AS INT))",
        "if(a = 4, 4 div a, a)",
        "nvl2(a, s, 'none')",
        "a > 3 AND s LIKE 'a%'",
        "a <> 0 AND 1 / a > 0.2",
        "a = 0 OR 1 / a > 0.2",
        "a IS NULL OR s = 'pear'",
        "a IN (1, 3, NULL)",
        "a BETWEEN 2 AND 4",
        "NOT a > 3",
        "upper(s)",
        "length(s) + a",
        "s LIKE '%string%'",
        "substring(s, 2, 3) || 'x'",
        "CAST(d AS STRING)",
        "CAST(a AS DECIMAL(10,3))",
        "greatest(a, 5)",
        "concat_ws('-', s, CAST(a AS STRING))",
        "a <=> NULL",
        "hash(a, s, d)",
    };
    for (size_t i = 0; i < VONK_LENGTH(exprs); i++)
        check_rows_alone(exprs[i]);
}

Test(eval, predicates_select_the_rows_where_they_are_true)
{
    static const char *const predicates[] = {
        "a > 3 AND a < 7",
        "a > 3 AND s = 'pear' AND d > 10",
        "s LIKE 'a%' AND a <> 0 AND 10 / a >= 2",
        "a <> 0 AND 10 / a >= 2",
        "a IS NOT NULL",
        "a < 0 AND s = 'pear'",
        "a = 1 OR s = 'pear'",
        "true",
        "NULL",
    };
    for (size_t p = 0; p < VONK_LENGTH(predicates); p++) {
        vonk_arena arena = {0};
        vonk_batch batch = make_batch(&arena);
        vonk_eval ctx = {.arena = &arena, .settings = &test_settings};
        vonk_expr *e = bind(&arena, predicates[p]);
        e = vonk_expr_coerce(&arena, e, VONK_TYPE(BOOL), NULL);
        uint32_t sel[ROWS], n, at = 0;
        vonk_column col;
        cr_assert_eq(vonk_expr_select(e, &batch, &ctx, sel, &n, NULL), VONK_OK);
        cr_assert_eq(vonk_expr_eval(e, &batch, &ctx, &col, NULL), VONK_OK);
        for (uint32_t i = 0; i < ROWS; i++) {
            vonk_value v = vonk_column_value(&col, i);
            if (!v.is_null && v.boolean)
                cr_assert(at < n && sel[at++] == i, "%s row %u", predicates[p], i);
        }
        cr_expect_eq(at, n, "%s", predicates[p]);
        vonk_arena_free(&arena);
    }
}

Test(eval, constants_stay_constant)
{
    vonk_arena arena = {0};
    vonk_batch batch = make_batch(&arena);
    vonk_eval ctx = {.arena = &arena, .settings = &test_settings};
    vonk_column col;
    cr_assert_eq(vonk_expr_eval(bind(&arena, "upper('x') || 'y'"), &batch, &ctx, &col, NULL), 0);
    cr_expect_eq(col.encoding, VONK_CONSTANT);
    cr_expect_eq(col.length, ROWS);
    vonk_arena_free(&arena);
}

Test(eval, functions_of_a_dictionary_keep_it)
{
    vonk_arena arena = {0};
    vonk_batch batch = make_batch(&arena);
    vonk_eval ctx = {.arena = &arena, .settings = &test_settings};
    vonk_column col;
    cr_assert_eq(vonk_expr_eval(bind(&arena, "upper(s)"), &batch, &ctx, &col, NULL), VONK_OK);
    cr_expect_eq(col.encoding, VONK_DICTIONARY);
    cr_expect_eq(col.n_dictionary, 3);
    vonk_arena_free(&arena);
}

/* In memory that held something else before. */
Test(eval, what_is_null_everywhere_can_be_read_in_the_greatest)
{
    vonk_arena arena = {0}, used = {0};
    vonk_batch batch = make_batch(&arena);
    vonk_expr *e =
        bind(&arena, "left(greatest(CASE WHEN a < 5 THEN s END, CASE WHEN a < 5 THEN s END), 2)");
    vonk_eval ctx = {.arena = &used, .settings = &test_settings};
    vonk_column out;
    memset(vonk_arena_alloc(&used, 1 << 16, NULL), 0x7f, 1 << 16);
    vonk_arena_reset(&used);
    cr_assert_eq(vonk_expr_eval(e, &batch, &ctx, &out, NULL), VONK_OK);
    cr_assert(!vonk_column_is_valid(&out, 6));
    cr_assert(vonk_column_is_valid(&out, 3));
    vonk_arena_free(&used);
    vonk_arena_free(&arena);
}

Test(eval, errors_say_where)
{
    vonk_arena arena = {0};
    vonk_batch batch = make_batch(&arena);
    vonk_eval ctx = {.arena = &arena, .settings = &test_settings};
    vonk_column col;
    vonk_error err = {0};
    vonk_expr *e = bind(&arena, "d + 10 / a");
    cr_expect_eq(vonk_expr_eval(e, &batch, &ctx, &col, &err), VONK_USER);
    cr_expect_str_eq(err.condition, "DIVIDE_BY_ZERO");
    cr_expect_str_eq(err.sqlstate, "22012");
    cr_expect_eq(err.position, 4);
    cr_expect_eq(err.position_end, 10);
    vonk_arena_free(&arena);
}

Test(eval, without_ansi_failures_are_null)
{
    static const vonk_eval_settings old = {.ansi = false, .time_zone = "UTC"};
    static const answer answers[] = {
        {"1 / 0", "double: NULL"},
        {"CAST('x' AS INT)", "int: NULL"},
        {"CAST('1.9' AS INT)", "int: 1"},
        {"CAST(300 AS TINYINT)", "tinyint: 44"},
        {"CAST(3e10D AS INT)", "int: 2147483647"},
        {"CAST(12345 AS DECIMAL(4,1))", "decimal(4,1): NULL"},
        {"2147483647 + 1", "int: -2147483648"},
    };
    for (size_t i = 0; i < VONK_LENGTH(answers); i++) {
        char actual[256];
        vonk_error err;
        eval_text(answers[i].sql, &old, actual, sizeof actual, &err);
        cr_expect_str_eq(actual, answers[i].expected, "%s: %s", answers[i].sql, actual);
    }
}

Test(eval, times_are_shown_in_the_sessions_zone)
{
    static const vonk_eval_settings here = {.ansi = true, .time_zone = "America/New_York"};
    static const answer answers[] = {
        {"CAST(CAST(0 AS TIMESTAMP) AS STRING)", "string: 1969-12-31 19:00:00"},
        {"CAST('2013-07-01 12:00:00' AS TIMESTAMP)", "timestamp: 2013-07-01 12:00:00"},
        {"CAST(TIMESTAMP_NTZ'2013-07-01 12:00:00' AS BIGINT)", "!"},
        {"unix_timestamp('2013-07-01 12:00:00')", "bigint: 1372694400"},
        {"hour(CAST('2013-01-01 12:00:00Z' AS TIMESTAMP))", "int: 7"},
        {"CAST('2013-03-10 02:30:00' AS TIMESTAMP)", "timestamp: 2013-03-10 03:30:00"},
        {"date_trunc('day', CAST('2013-07-01 02:00:00Z' AS TIMESTAMP))",
         "timestamp: 2013-06-30 00:00:00"},
    };
    for (size_t i = 0; i < VONK_LENGTH(answers); i++) {
        char actual[512];
        vonk_error err;
        eval_text(answers[i].sql, &here, actual, sizeof actual, &err);
        cr_expect(is_answer(actual, answers[i].expected), "%s: %s", answers[i].sql, actual);
    }
}
