/* Texts of expressions: parsed, printed, compared with what Spark 4.2 calls their columns. */
#include <criterion/criterion.h>
#include <string.h>

#include "sql/parse.h"

typedef struct print_case {
    const char *sql, *expected;
} print_case;

static const print_case spark_cases[] = {
#include "expr/spark_print_cases.inc"
};

static vonk_expr *parse(vonk_arena *arena, const char *sql)
{
    vonk_expr *e = NULL;
    vonk_error err = {0};
    vonk_status status = vonk_sql_parse_expr(vonk_slice_of(sql), arena, &e, &err);
    cr_assert_eq(status, VONK_OK, "%s: %s", sql, err.message);
    return e;
}

static void check(const print_case *c)
{
    vonk_arena arena = {0};
    vonk_buffer out = {0};
    vonk_expr_print(parse(&arena, c->sql), true, &out);
    cr_expect_str_eq(vonk_buffer_str(&out), c->expected, "%s: %s, expected %s", c->sql,
                     vonk_buffer_str(&out), c->expected);
    vonk_buffer_free(&out);
    vonk_arena_free(&arena);
}

Test(print, gives_the_names_that_spark_gives)
{
    for (size_t i = 0; i < VONK_LENGTH(spark_cases); i++)
        check(&spark_cases[i]);
}

Test(print, shows_casts_and_quotes_no_strings)
{
    static const print_case cases[] = {
        {"cast(a as string)", "CAST(a AS STRING)"},
        {"a::decimal(10,2)", "CAST(a AS DECIMAL(10,2))"},
        {"concat('a b', x)", "concat(a b, x)"},
        {"a + 1 as b", "(a + 1) AS b"},
        {"f(a, f(b))", "f(a, f(b))"},
    };
    for (size_t i = 0; i < VONK_LENGTH(cases); i++)
        check(&cases[i]);
}

/* Prints `e` and frees nothing of it. */
static void expect(const vonk_expr *e, bool pretty, const char *expected)
{
    vonk_buffer out = {0};
    vonk_expr_print(e, pretty, &out);
    cr_expect_str_eq(vonk_buffer_str(&out), expected, "%s, expected %s", vonk_buffer_str(&out),
                     expected);
    vonk_buffer_free(&out);
}

Test(print, leaves_implicit_casts_out_only_if_pretty)
{
    vonk_arena arena = {0};
    vonk_expr *a = vonk_expr_column(&arena, 7, "a", VONK_TYPE(INT32), true, NULL);
    vonk_expr *cast = vonk_expr_cast(&arena, a, VONK_TYPE(INT64), false, NULL);
    cast->implicit = true;
    vonk_expr *one = vonk_expr_int(&arena, 1, NULL);
    vonk_expr *sum = vonk_expr_call2(&arena, "+", cast, one, NULL);
    expect(sum, true, "(a + 1)");
    expect(sum, false, "(CAST(a AS BIGINT) + 1)");
    vonk_arena_free(&arena);
}

Test(print, shows_dates_and_intervals_as_spark_rewrites_them)
{
    vonk_arena arena = {0};
    vonk_expr *d = vonk_expr_column(&arena, 1, "d", VONK_TYPE(DATE), true, NULL);
    vonk_expr *ts = vonk_expr_column(&arena, 2, "ts", VONK_TYPE(TIMESTAMP), true, NULL);
    vonk_expr *day = parse(&arena, "interval 1 day"), *month = parse(&arena, "interval 1 month");
    vonk_expr *one = vonk_expr_int(&arena, 1, NULL);
    expect(vonk_expr_call2(&arena, "+", d, one, NULL), true, "date_add(d, 1)");
    expect(vonk_expr_call2(&arena, "-", d, one, NULL), true, "date_sub(d, 1)");
    expect(vonk_expr_call2(&arena, "+", d, day, NULL), true,
           "date_add(d, extractansiintervaldays(INTERVAL '1' DAY))");
    expect(vonk_expr_call2(&arena, "-", d, day, NULL), true,
           "date_add(d, (- extractansiintervaldays(INTERVAL '1' DAY)))");
    expect(vonk_expr_call2(&arena, "+", month, d, NULL), true, "d + INTERVAL '1' MONTH");
    expect(vonk_expr_call2(&arena, "-", ts, day, NULL), true, "ts - INTERVAL '1' DAY");
    expect(vonk_expr_call2(&arena, "-", d, d, NULL), true, "(d - d)");
    expect(vonk_expr_call2(&arena, "*", one, day, NULL), true, "(INTERVAL '1' DAY * 1)");
    vonk_arena_free(&arena);
}

Test(print, shows_ids_and_unresolved_names_in_plans)
{
    vonk_arena arena = {0};
    vonk_buffer out = {0};
    vonk_expr *a = vonk_expr_column(&arena, 7, "a", VONK_TYPE(INT64), true, NULL);
    vonk_expr *cast = vonk_expr_cast(&arena, a, VONK_TYPE(INT32), false, NULL);
    vonk_expr *x = parse(&arena, "t.x");
    vonk_expr *e = vonk_expr_call2(&arena, "=", cast, x, NULL);
    vonk_expr *alias = vonk_expr_alias(&arena, e, "y", NULL);
    alias->alias_id = 9;
    vonk_expr_print_plan(alias, &out);
    cr_expect_str_eq(vonk_buffer_str(&out), "(cast(a#7L as int) = 't.x) AS y#9");
    vonk_buffer_free(&out);
    vonk_arena_free(&arena);
}
