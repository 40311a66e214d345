/* Tokens, and the values of literals. */
#include <criterion/criterion.h>
#include <string.h>

#include "sql/parse.h"
#include "sql/token.h"

typedef struct token_case {
    const char *text;
    uint8_t kinds[8]; /* ended by TOK_END */
} token_case;

static const token_case cases[] = {
    {"a _b1 1a 1e", {TOK_WORD, TOK_WORD, TOK_WORD, TOK_WORD, TOK_END}},
    {"1 1.5 .5 5. 1e3 1.5E-3 1.e2",
     {TOK_INTEGER, TOK_DECIMAL, TOK_DECIMAL, TOK_DECIMAL, TOK_EXPONENT, TOK_EXPONENT, TOK_EXPONENT,
      TOK_END}},
    {"1Y 1s 1L 1f 1D 1bd 1.5D",
     {TOK_TINYINT, TOK_SMALLINT, TOK_BIGINT, TOK_FLOAT, TOK_DOUBLE, TOK_BIGDECIMAL, TOK_DOUBLE,
      TOK_END}},
    {"1e+3x", {TOK_EXPONENT, TOK_WORD, TOK_END}},
    {"1e3x 1Lx", {TOK_WORD, TOK_WORD, TOK_END}},
    {"1.5x", {TOK_INTEGER, TOK_DOT, TOK_WORD, TOK_END}},
    {"t.1a a.1", {TOK_WORD, TOK_DOT, TOK_WORD, TOK_WORD, TOK_DECIMAL, TOK_END}},
    {"= == <=> <> != !< !>",
     {TOK_EQ, TOK_EQ, TOK_NULL_SAFE_EQ, TOK_NEQ, TOK_NEQ, TOK_GTE, TOK_LTE, TOK_END}},
    {"<< >> >>> || | :: ->",
     {TOK_SHIFT_LEFT, TOK_SHIFT_RIGHT, TOK_SHIFT_RIGHT_UNSIGNED, TOK_CONCAT, TOK_PIPE,
      TOK_DOUBLE_COLON, TOK_ARROW, TOK_END}},
    {"'a''b' \"c\\\"\" r'\\' `d``e`", {TOK_STRING, TOK_STRING, TOK_STRING, TOK_QUOTED, TOK_END}},
    {"'open", {TOK_ERROR, TOK_WORD, TOK_END}},
    {"/*+ hint */ /* x */ a -- b", {TOK_HINT, TOK_WORD, TOK_END}},
    {"-- a \\\n still\n b", {TOK_WORD, TOK_END}},
    {"a\302\240b\343\200\200c", {TOK_WORD, TOK_WORD, TOK_WORD, TOK_END}},
    {"$#", {TOK_ERROR, TOK_ERROR, TOK_END}},
};

Test(lex, finds_the_longest_tokens)
{
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        const token_case *c = &cases[i];
        vonk_arena arena = {0};
        const vonk_token *tokens = NULL;
        bool unclosed = false;
        cr_assert_eq(vonk_tokens(vonk_slice_of(c->text), &arena, &tokens, &unclosed, NULL),
                     VONK_OK);
        for (size_t k = 0;; k++) {
            cr_expect_eq(tokens[k].kind, c->kinds[k], "%s: token %zu is %d", c->text, k,
                         tokens[k].kind);
            if (tokens[k].kind == TOK_END || c->kinds[k] == TOK_END)
                break;
        }
        vonk_arena_free(&arena);
    }
}

Test(lex, keywords_compare_without_case)
{
    cr_expect_eq(vonk_keyword_find(VONK_SLICE("SELECT")), KW_SELECT);
    cr_expect_eq(vonk_keyword_find(VONK_SLICE("sElEcT")), KW_SELECT);
    cr_expect_eq(vonk_keyword_find(VONK_SLICE("all")), KW_ALL);
    cr_expect_eq(vonk_keyword_find(VONK_SLICE("zone")), KW_ZONE);
    cr_expect_eq(vonk_keyword_find(VONK_SLICE("selects")), KW_NONE);
    cr_expect_eq(vonk_keyword_find(VONK_SLICE("current_timestampx")), KW_NONE);
}

Test(lex, every_keyword_is_found_so_the_table_is_sorted)
{
#define X(word) cr_expect_eq(vonk_keyword_find(VONK_SLICE(#word)), KW_##word, #word);
    VONK_KEYWORDS(X)
#undef X
}

typedef struct string_case {
    const char *sql;
    const char *bytes;
    size_t length;
} string_case;

#define BYTES(text) (text), sizeof(text) - 1

Test(lex, strings_stand_for_their_bytes)
{
    static const string_case strings[] = {
        {"'abc'", BYTES("abc")},
        {"''", BYTES("")},
        {"'a''b'", BYTES("a'b")},
        {"\"a\"\"b'\"", BYTES("a\"b'")},
        {"'a' \"b\"\n'c'", BYTES("abc")},
        {"'\\t\\n\\r\\b\\Z\\0'", BYTES("\t\n\r\b\032\0")},
        {"'\\'\\\"\\\\\\x'", BYTES("'\"\\x")},
        {"'\\%\\_'", BYTES("\\%\\_")},
        {"'\\101\\u00e9\\U0001F600'", BYTES("A\303\251\360\237\230\200")},
        {"'\\uD83D\\uDE00'", BYTES("\360\237\230\200")},
        {"'\\u12'", BYTES("u12")},
        {"r'\\n' R\"\\\"", BYTES("\\n\\")},
    };
    for (size_t i = 0; i < VONK_LENGTH(strings); i++) {
        vonk_arena arena = {0};
        vonk_error err = {0};
        vonk_expr *e;
        vonk_status status = vonk_sql_parse_expr(vonk_slice_of(strings[i].sql), &arena, &e, &err);
        cr_assert_eq(status, VONK_OK, "%s: %s", strings[i].sql, err.message);
        vonk_slice expected = {strings[i].bytes, strings[i].length};
        cr_expect(vonk_slice_equal(e->value.string, expected), "%s: '%.*s'", strings[i].sql,
                  (int)e->value.string.length, e->value.string.data);
        vonk_arena_free(&arena);
    }
}

typedef struct number_case {
    const char *sql;
    vonk_type type;
    int64_t value; /* unscaled, months, microseconds */
} number_case;

Test(lex, numbers_and_times_have_sparks_types)
{
    static const number_case numbers[] = {
        {"0", VONK_TYPE(INT32), 0},
        {"2147483647", VONK_TYPE(INT32), INT32_MAX},
        {"-2147483648", VONK_TYPE(INT32), INT32_MIN},
        {"2147483648", VONK_TYPE(INT64), 2147483648},
        {"-9223372036854775808", VONK_TYPE(INT64), INT64_MIN},
        {"9223372036854775808", VONK_TYPE_DECIMAL(19, 0), INT64_MIN},
        {"-128Y", VONK_TYPE(INT8), -128},
        {"32767S", VONK_TYPE(INT16), 32767},
        {"1.50", VONK_TYPE_DECIMAL(3, 2), 150},
        {".5", VONK_TYPE_DECIMAL(1, 1), 5},
        {"-0.00001", VONK_TYPE_DECIMAL(5, 5), -1},
        {"5.", VONK_TYPE_DECIMAL(1, 0), 5},
        {"1e3BD", VONK_TYPE_DECIMAL(4, 0), 1000},
        {"0.0", VONK_TYPE_DECIMAL(1, 1), 0},
        {"date '1970-01-02'", VONK_TYPE(DATE), 1},
        {"timestamp_ntz '1970-01-01 00:00:01'", VONK_TYPE(TIMESTAMP_NTZ), 1000000},
        {"timestamp '1970-01-01 01:00:00+01:00'", VONK_TYPE(TIMESTAMP), 0},
        {"interval 1 year 2 months", VONK_TYPE(INTERVAL_YM), 14},
        {"interval '-1-2' year to month", VONK_TYPE(INTERVAL_YM), -14},
        {"interval -1 day", VONK_TYPE(INTERVAL_DT), -86400000000},
        {"interval 1 week 1 day", VONK_TYPE(INTERVAL_DT), 8 * 86400000000},
        {"interval '1 02:03:04.5' day to second", VONK_TYPE(INTERVAL_DT), 93784500000},
        {"interval '1 day 2 hours'", VONK_TYPE(INTERVAL_DT), 93600000000},
        {"interval '02:03' hour to minute", VONK_TYPE(INTERVAL_DT), 7380000000},
        {"interval -'0.25' second", VONK_TYPE(INTERVAL_DT), -250000},
        {"interval 5 milliseconds", VONK_TYPE(INTERVAL_DT), 5000},
    };
    for (size_t i = 0; i < VONK_LENGTH(numbers); i++) {
        const number_case *c = &numbers[i];
        vonk_arena arena = {0};
        vonk_error err = {0};
        vonk_expr *e;
        vonk_status status = vonk_sql_parse_expr(vonk_slice_of(c->sql), &arena, &e, &err);
        cr_assert_eq(status, VONK_OK, "%s: %s", c->sql, err.message);
        cr_expect_eq(e->kind, VONK_EXPR_LITERAL, "%s", c->sql);
        cr_expect(vonk_type_equal(e->type, c->type), "%s is %s", c->sql,
                  vonk_type_sql_name(e->type));
        cr_expect_eq(e->value.i64, c->value, "%s is %lld", c->sql, (long long)e->value.i64);
        vonk_arena_free(&arena);
    }
}

Test(lex, a_timestamp_without_a_zone_waits_for_the_sessions)
{
    vonk_arena arena = {0};
    vonk_expr *e;
    vonk_slice sql = VONK_SLICE("timestamp '2013-01-01 00:00:00'");
    cr_assert_eq(vonk_sql_parse_expr(sql, &arena, &e, NULL), VONK_OK);
    cr_expect_eq(e->kind, VONK_EXPR_CAST);
    cr_expect_eq(e->type.id, VONK_TIMESTAMP);
    cr_expect_eq(e->args[0]->type.id, VONK_TIMESTAMP_NTZ);
    vonk_arena_free(&arena);
}
