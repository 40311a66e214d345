/* SQL that is wrong or not supported: the condition, and the bytes that the error points to. */
#include <criterion/criterion.h>
#include <string.h>

#include "sql/parse.h"

typedef struct error_case {
    const char *sql, *condition;
    int32_t start, end;
} error_case;

static const error_case cases[] = {
    {"select", "PARSE_SYNTAX_ERROR", 6, 6},
    {"select 1 +", "PARSE_SYNTAX_ERROR", 10, 10},
    {"selec 1", "PARSE_SYNTAX_ERROR", 0, 5},
    {"select 1 2", "PARSE_SYNTAX_ERROR", 9, 10},
    {"select 'abc", "PARSE_SYNTAX_ERROR", 7, 8},
    {"select `abc", "PARSE_SYNTAX_ERROR", 7, 8},
    {"select 1 /* a /* b */", "UNCLOSED_BRACKETED_COMMENT", 21, 21},
    {"select (1", "PARSE_SYNTAX_ERROR", 9, 9},
    {"select 1)", "PARSE_SYNTAX_ERROR", 8, 9},
    {"select $", "PARSE_SYNTAX_ERROR", 7, 8},
    {"select a.1 from t", "PARSE_SYNTAX_ERROR", 8, 10},
    {"select a from t t2 t3", "PARSE_SYNTAX_ERROR", 19, 21},
    {"select * from my-table", "INVALID_IDENTIFIER", 14, 22},
    {"select \303\251", "INVALID_IDENTIFIER", 7, 9},
    {"select a, from t", "TRAILING_COMMA_IN_SELECT", 8, 9},
    {"select from t", "PARSE_SYNTAX_ERROR", 7, 11},
    {"select case when 1 then 2", "PARSE_SYNTAX_ERROR", 25, 25},
    {"select case 1 end", "PARSE_SYNTAX_ERROR", 14, 17},
    {"select cast(1 as foo)", "UNSUPPORTED_DATATYPE", 17, 20},
    {"select cast(1 as int", "PARSE_SYNTAX_ERROR", 20, 20},
    {"select 128Y", "INVALID_NUMERIC_LITERAL_RANGE", 7, 11},
    {"select -129Y", "INVALID_NUMERIC_LITERAL_RANGE", 7, 12},
    {"select 40000S", "INVALID_NUMERIC_LITERAL_RANGE", 7, 13},
    {"select 99999999999999999999L", "INVALID_NUMERIC_LITERAL_RANGE", 7, 28},
    {"select 1e400", "INVALID_NUMERIC_LITERAL_RANGE", 7, 12},
    {"select 1e39F", "INVALID_NUMERIC_LITERAL_RANGE", 7, 12},
    {"select 999999999999999999999999999999999999999", "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION", 7,
     46},
    {"select date 'abc'", "INVALID_TYPED_LITERAL", 7, 17},
    {"select timestamp 'xx'", "INVALID_TYPED_LITERAL", 7, 21},
    {"select x'zz'", "INVALID_TYPED_LITERAL", 7, 12},
    {"select foo 'bar'", "UNSUPPORTED_TYPED_LITERAL", 7, 10},
    {"select interval 1 foo", "PARSE_SYNTAX_ERROR", 18, 21},
    {"select interval '1' day to year", "INVALID_INTERVAL_FORMAT.UNSUPPORTED_FROM_TO_EXPRESSION",
     16, 31},
    {"select interval '1 2' year to month", "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING", 16,
     35},
    {"select interval 1 day 1 month", "_LEGACY_ERROR_TEMP_0029", 7, 29},
    {"select interval 9223372036854775807 days", "INVALID_INTERVAL_FORMAT.ARITHMETIC_EXCEPTION", 16,
     40},
    {"select a like 'x' escape 'ab'", "INVALID_ESC", 9, 29},
    {"select a in ()", "INVALID_SQL_SYNTAX.EMPTY_IN_PREDICATE", 12, 14},
    {"select a is 3", "PARSE_SYNTAX_ERROR", 12, 13},
    {"select a between 1", "PARSE_SYNTAX_ERROR", 18, 18},
    {"select f(a,)", "PARSE_SYNTAX_ERROR", 11, 12},
    {"select f(distinct a b)", "PARSE_SYNTAX_ERROR", 20, 21},
    {"select count( from t", "PARSE_SYNTAX_ERROR", 14, 18},
    {"select trim(both from)", "PARSE_SYNTAX_ERROR", 21, 22},
    {"select extract(year d)", "PARSE_SYNTAX_ERROR", 20, 21},
    {"select a as 1", "PARSE_SYNTAX_ERROR", 12, 13},
    {"with a as (select 1)", "PARSE_SYNTAX_ERROR", 20, 20},
    {"with a as (select 1), A as (select 2) select 1", "DUPLICATED_CTE_NAMES", 22, 23},
    {"values 1,,2", "PARSE_SYNTAX_ERROR", 9, 10},
    {"values (1, 2), (3)", "INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH", 0, 18},
    {"select * from (select 1", "PARSE_SYNTAX_ERROR", 23, 23},
    {"select * from t left u", "PARSE_SYNTAX_ERROR", 21, 22},
    {"select * from t natural join u on true", "PARSE_SYNTAX_ERROR", 31, 33},
    {"select * from t join u using a", "PARSE_SYNTAX_ERROR", 29, 30},
    {"select * from t right semi join u", "PARSE_SYNTAX_ERROR", 22, 26},
    {"select * from t as left", "PARSE_SYNTAX_ERROR", 19, 23},
    {"select a from t limit 1 limit 2", "PARSE_SYNTAX_ERROR", 24, 29},
    {"from t where a = 1", "PARSE_SYNTAX_ERROR", 7, 12},
    {"create tabel t", "PARSE_SYNTAX_ERROR", 7, 12},
    {"create table x (a int, b)", "PARSE_SYNTAX_ERROR", 24, 25},
    {"create temp view v as", "PARSE_SYNTAX_ERROR", 21, 21},
    {"create temp view v using csv options ()", "PARSE_SYNTAX_ERROR", 38, 39},
    {"create temp view v using csv options (a b)", "PARSE_SYNTAX_ERROR", 40, 41},
    {"create temporary view if not exists v as select 1", "_LEGACY_ERROR_TEMP_0053", 22, 35},
    {"create temporary table v as select 1", "_LEGACY_ERROR_TEMP_0035", 0, 22},
    {"create table t (a int) as select 1", "INVALID_SQL_SYNTAX.CREATE_TABLE_AS_WITH_COLUMNS", 0,
     25},
    {"drop tabel x", "PARSE_SYNTAX_ERROR", 5, 10},
    {"drop table", "PARSE_SYNTAX_ERROR", 10, 10},
    {"insert into", "PARSE_SYNTAX_ERROR", 11, 11},
    {"insert overwrite directory using parquet select 1", "_LEGACY_ERROR_TEMP_0049", 0, 40},
    {"insert overwrite directory 'x' using parquet options (path 'y') select 1",
     "_LEGACY_ERROR_TEMP_0049", 0, 63},
    {"show tablez", "PARSE_SYNTAX_ERROR", 5, 11},
    {"explain", "PARSE_SYNTAX_ERROR", 7, 7},
    {"set = 1", "INVALID_SET_SYNTAX", 0, 7},
    {"set a b", "INVALID_SET_SYNTAX", 0, 7},
    {"set a=b;c", "INVALID_SET_SYNTAX", 0, 9},
    {"reset a b", "INVALID_RESET_COMMAND_FORMAT", 0, 9},
    {"grant x to y", "INVALID_STATEMENT_OR_CLAUSE", 0, 5},
    {"select 1; select 2", "PARSE_SYNTAX_ERROR", 10, 16},
    {";", "PARSE_SYNTAX_ERROR", 0, 1},
    {"select a[0]", "UNSUPPORTED_FEATURE", 8, 9},
    {"select f(x).y", "UNSUPPORTED_FEATURE", 11, 12},
    {"select x -> x", "UNSUPPORTED_FEATURE", 9, 11},
    {"select upper(a => 1)", "NAMED_PARAMETERS_NOT_SUPPORTED", 7, 20},
    {"select :p", "UNSUPPORTED_FEATURE", 7, 8},
    {"select sum(a) over w from t window w as (), w as ()",
     "INVALID_SQL_SYNTAX.REPETITIVE_WINDOW_DEFINITION", 44, 51},
    {"select sum(a) over (order by b rows 1)", "PARSE_SYNTAX_ERROR", 37, 38},
    {"select a from t group by cube(a, ())", "_LEGACY_ERROR_TEMP_0051", 16, 36},
    {"select * from t pivot (sum(a) for b (1))", "PARSE_SYNTAX_ERROR", 36, 37},
    {"select * from t unpivot ((a, b) for c in ((d)))", "UNPIVOT_VALUE_SIZE_MISMATCH", 42, 45},
    {"select * from t natural join lateral (select 1)", "INCOMPATIBLE_JOIN_TYPES", 37, 47},
    {"select * from t tablesample (bucket 1 out of 2 on a)", "UNSUPPORTED_FEATURE", 47, 49},
    {"select * except () from t", "PARSE_SYNTAX_ERROR", 17, 18},
    {"create view v as select 1", "UNSUPPORTED_FEATURE", 7, 11},
    {"create table t partitioned by (a) as select 1", "UNSUPPORTED_FEATURE", 15, 26},
    {"delete from t", "UNSUPPORTED_FEATURE", 0, 6},
    {"use x", "UNSUPPORTED_FEATURE", 0, 3},
    {"", "PARSE_EMPTY_STATEMENT", 0, 0},
    {" \n\t", "PARSE_EMPTY_STATEMENT", 0, 3},
    {"-- x", "PARSE_SYNTAX_ERROR", 4, 4},
};

Test(parse_error, has_sparks_condition_and_a_position)
{
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        const error_case *c = &cases[i];
        vonk_arena arena = {0};
        vonk_error err = {0};
        vonk_plan *plan = NULL;
        vonk_status status = vonk_sql_parse(vonk_slice_of(c->sql), &arena, &plan, &err);
        cr_expect_eq(status, VONK_USER, "%s", c->sql);
        cr_expect_null(plan);
        cr_expect_str_eq(err.condition, c->condition, "%s: %s", c->sql, err.condition);
        cr_expect(err.position == c->start && err.position_end == c->end, "%s: %d..%d", c->sql,
                  err.position, err.position_end);
        vonk_arena_free(&arena);
    }
}

static void expect_message(const char *sql, const char *message)
{
    vonk_arena arena = {0};
    vonk_error err = {0};
    vonk_plan *plan;
    cr_expect_eq(vonk_sql_parse(vonk_slice_of(sql), &arena, &plan, &err), VONK_USER);
    cr_expect_str_eq(err.message, message, "%s: %s", sql, err.message);
    vonk_arena_free(&arena);
}

Test(parse_error, says_what_spark_says)
{
    expect_message("select a from t2 x y", "Syntax error at or near 'y'.");
    expect_message("select", "Syntax error at or near end of input.");
    expect_message("select 128Y",
                   "Numeric literal 128 is outside the valid range for tinyint with minimum value "
                   "of -128 and maximum value of 127. Please adjust the value accordingly.");
    expect_message("select date 'x'", "The value of the typed literal \"DATE\" is invalid: 'x'.");
}

/* `times` copies of `open`, then `middle`, then `times` copies of `close`. */
static vonk_status parse_nested(const char *before, const char *open, const char *middle,
                                const char *close, int times)
{
    vonk_arena arena = {0};
    vonk_error err = {0};
    vonk_plan *plan;
    vonk_buffer sql = {0};
    vonk_buffer_text(&sql, before);
    for (int i = 0; i < times; i++)
        vonk_buffer_text(&sql, open);
    vonk_buffer_text(&sql, middle);
    for (int i = 0; i < times; i++)
        vonk_buffer_text(&sql, close);
    vonk_status status = vonk_sql_parse((vonk_slice){sql.data, sql.length}, &arena, &plan, &err);
    if (status != VONK_OK)
        cr_expect_str_eq(err.condition, "FAILED_TO_PARSE_TOO_COMPLEX");
    vonk_buffer_free(&sql);
    vonk_arena_free(&arena);
    return status;
}

Test(parse_error, deep_nesting_is_refused_not_a_crash)
{
    static const char *const nests[][3] = {
        {"(", "1", ")"},
        {"- ", "a", ""},
        {"not ", "a", ""},
        {"f(", "a", ")"},
        {"trim(", "a", ")"},
        {"(select ", "1", ")"},
        {"case when a then ", "1", " end"},
        {"case ", "1", " when 1 then 2 when 2 then 3 end"},
        {"cast(", "1", " as int)"},
        {"(a in (", "1", "))"},
        {"1 + ", "1", ""},
        {"", "1", " + 1"},
        {"", "1", "::int"},
        {"", "a", " = b"},
        {"interval '1' day + (", "a", ")"},
        {"exists (select * from (", "t", "))"},
    };
    for (size_t i = 0; i < VONK_LENGTH(nests); i++) {
        const char *const *n = nests[i];
        cr_expect_eq(parse_nested("select ", n[0], n[1], n[2], 10), VONK_OK, "%s", n[0]);
        cr_expect_eq(parse_nested("select ", n[0], n[1], n[2], 100000), VONK_USER, "%s", n[0]);
        (void)parse_nested("select ", n[0], n[1], "", 100000);
    }
    cr_expect_eq(parse_nested("select * from ", "(", "t", ")", 100000), VONK_USER);
    cr_expect_eq(parse_nested("", "explain ", "select 1", "", 100000), VONK_USER);
    cr_expect_eq(parse_nested("", "(", "select 1", ")", 100000), VONK_USER);
    cr_expect_eq(parse_nested("select 1", "", "", " union select 1", 100000), VONK_USER);
    cr_expect_eq(parse_nested("select 1 from t", "", "", ", t", 100000), VONK_USER);
}

Test(parse_error, running_out_of_memory_is_an_error)
{
    const char *sql = "with c as (select 1) select a + 1, f(b), 'x' from t join u on t.a = u.a "
                      "where a in (1, 2) group by a order by 1 limit 3";
    for (size_t limit = 1; limit < 40000; limit += 997) {
        vonk_budget budget = {.limit = limit};
        vonk_arena arena = {.budget = &budget};
        vonk_error err = {0};
        vonk_plan *plan;
        vonk_status status = vonk_sql_parse(vonk_slice_of(sql), &arena, &plan, &err);
        cr_expect(status == VONK_OK || status == VONK_NO_MEMORY);
        vonk_arena_free(&arena);
        cr_expect_eq(budget.used, 0);
    }
}
