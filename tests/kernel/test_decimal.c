#include "kernel/decimal.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static vonk_int128 parse(const char *text)
{
    vonk_int128 v = 0;
    cr_assert_eq(vonk_decimal_parse(vonk_slice_of(text), VONK_TYPE_DECIMAL(38, 0), &v),
                 VONK_DECIMAL_OK, "%s", text);
    return v;
}

static void check_text(vonk_int128 v, unsigned scale, const char *due)
{
    char text[VONK_DECIMAL_TEXT];
    size_t n = vonk_decimal_print(v, scale, text);
    cr_assert_eq(n, strlen(due));
    cr_assert_str_eq(text, due);
}

#define MOST "99999999999999999999999999999999999999"

Test(decimal, prints_plain_text)
{
    check_text(0, 0, "0");
    check_text(0, 2, "0.00");
    check_text(-50, 2, "-0.50");
    check_text(12345, 0, "12345");
    check_text(12345, 5, "0.12345");
    check_text(parse(MOST), 0, MOST);
    check_text(-parse(MOST), 38, "-0." MOST);
    check_text(vonk_pow10[19], 0, "10000000000000000000");
    check_text(vonk_pow10[38] / 10, 1, "1000000000000000000000000000000000000.0");
}

typedef struct parse_case {
    const char *text;
    uint8_t precision, scale;
    vonk_decimal_result result;
    int64_t due;
} parse_case;

Test(decimal, parses_as_spark_casts)
{
    static const parse_case cases[] = {
        {"1.5", 10, 2, VONK_DECIMAL_OK, 150},
        {" \t-1.005\n", 10, 2, VONK_DECIMAL_OK, -101},
        {"+.5", 10, 0, VONK_DECIMAL_OK, 1},
        {"0.4999999999999999999999999999999999999999999", 10, 0, VONK_DECIMAL_OK, 0},
        {"5.", 10, 1, VONK_DECIMAL_OK, 50},
        {"1e3", 10, 2, VONK_DECIMAL_OK, 100000},
        {"12345E-4", 10, 2, VONK_DECIMAL_OK, 123},
        {"1e-999999999999", 10, 2, VONK_DECIMAL_OK, 0},
        {"0e999999999999", 10, 2, VONK_DECIMAL_OK, 0},
        {"000000000000000000000000000000000000000000000000001", 3, 0, VONK_DECIMAL_OK, 1},
        {"99.995", 4, 2, VONK_DECIMAL_OVERFLOW, 0},
        {"99.994", 4, 2, VONK_DECIMAL_OK, 9999},
        {"1e999999999999", 10, 2, VONK_DECIMAL_OVERFLOW, 0},
        {"1" MOST, 38, 0, VONK_DECIMAL_OVERFLOW, 0},
        {"", 10, 2, VONK_DECIMAL_MALFORMED, 0},
        {".", 10, 2, VONK_DECIMAL_MALFORMED, 0},
        {"1.2.3", 10, 2, VONK_DECIMAL_MALFORMED, 0},
        {"1e", 10, 2, VONK_DECIMAL_MALFORMED, 0},
        {"1 2", 10, 2, VONK_DECIMAL_MALFORMED, 0},
        {"--1", 10, 2, VONK_DECIMAL_MALFORMED, 0},
        {"NaN", 10, 2, VONK_DECIMAL_MALFORMED, 0},
    };
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        const parse_case *c = &cases[i];
        vonk_int128 v = 0;
        vonk_type type = VONK_TYPE_DECIMAL(c->precision, c->scale);
        cr_assert_eq(vonk_decimal_parse(vonk_slice_of(c->text), type, &v), c->result, "%s",
                     c->text);
        cr_assert(v == c->due, "%s", c->text);
    }
}

Test(decimal, doubles_go_there_and_back)
{
    static const double values[] = {0, 0.1, -0.1, 1e15, 123456.789, 0.3, 2.5, 1e-7, 99999.99999};
    vonk_type type = VONK_TYPE_DECIMAL(38, 15);
    for (size_t i = 0; i < VONK_LENGTH(values); i++) {
        vonk_int128 v = 0;
        cr_assert_eq(vonk_decimal_from_double(values[i], type, &v), VONK_DECIMAL_OK);
        cr_assert_eq(vonk_decimal_to_double(v, 15), values[i]);
    }
    vonk_int128 v = 0;
    cr_assert_eq(vonk_decimal_from_double(1.005, VONK_TYPE_DECIMAL(10, 2), &v), VONK_DECIMAL_OK);
    cr_assert(v == 101); /* of the text 1.005, not of the double below it */
    cr_assert_eq(vonk_decimal_from_double(1e10, VONK_TYPE_DECIMAL(10, 2), &v),
                 VONK_DECIMAL_OVERFLOW);
    cr_assert_eq(vonk_decimal_from_double((double)NAN, type, &v), VONK_DECIMAL_MALFORMED);
    cr_assert_eq(vonk_decimal_from_double((double)INFINITY, type, &v), VONK_DECIMAL_MALFORMED);
    cr_assert_eq(vonk_decimal_to_double(parse(MOST), 0), 1e38);
    cr_assert_eq(vonk_decimal_to_double(parse("123456789012345678901234567890"), 20),
                 1234567890.123456789012345678901234567890);
}

typedef struct op_case {
    char op;
    const char *a;
    unsigned sa;
    const char *b;
    unsigned sb;
    uint8_t precision, scale;
    const char *due; /* unscaled; NULL = overflow */
} op_case;

static vonk_decimal_result run(const op_case *c, vonk_int128 *ret)
{
    vonk_type type = VONK_TYPE_DECIMAL(c->precision, c->scale);
    vonk_int128 a = parse(c->a), b = parse(c->b);
    switch (c->op) {
    case '+':
        return vonk_decimal_add(a, c->sa, b, c->sb, type, ret);
    case '-':
        return vonk_decimal_sub(a, c->sa, b, c->sb, type, ret);
    case '*':
        return vonk_decimal_mul(a, c->sa, b, c->sb, type, ret);
    case '/':
        return vonk_decimal_div(a, c->sa, b, c->sb, type, ret);
    default:
        return vonk_decimal_mod(a, c->sa, b, c->sb, type, ret);
    }
}

/* Answers of PySpark 4.2, or of Python's decimal with Spark's rounding. */
Test(decimal, computes_as_spark_does)
{
    static const op_case cases[] = {
        {'*', "10000000005", 10, "10000000000", 10, 38, 6, "1000000"},
        {'*', "123456789123456789000000000", 18, "1000000001000000000", 18, 38, 6,
         "123456789246914"},
        {'/', "12345678901234567890123456789000000000", 18, "3000000000000000000", 18, 38, 6,
         "4115226300411522630041152"},
        {'*', "99999999999999999999990000000000000000", 18, "99999999999000000000000000000", 18, 38,
         6, "9999999999899999999999000000000010000"},
        {'+', "1234567890123456789012345678900", 5, "1500000000000000000", 18, 38, 6,
         "12345678901234567890123458289000"},
        {'%', "-75", 1, "23", 1, 2, 1, "-6"},
        {'%', MOST, 5, "1700000000000000000", 18, 38, 18, "1499990000000000000"},
        {'+', MOST, 0, "1", 0, 38, 0, NULL},
        {'-', "-" MOST, 0, "1", 0, 38, 0, NULL},
        {'*', MOST, 0, MOST, 0, 38, 0, NULL},
        {'*', MOST, 38, MOST, 38, 38, 38, "99999999999999999999999999999999999998"},
        /* To 39 digits first, then to 38: one rounding would end in 0. */
        {'*', "94425584143842190230939393874899968170", 38,
         "99806390830220020485850447536303342238", 38, 38, 38,
         "94242767554321401389323855769787824261"},
        {'/', "1", 0, "3", 0, 38, 37, "3333333333333333333333333333333333333"},
        {'/', "2", 0, "3", 0, 38, 6, "666667"},
        {'/', "-5", 1, "1", 0, 38, 0, "-1"},
        {'/', MOST, 0, "1", 38, 38, 6, NULL},
        {'/', "1", 38, MOST, 0, 38, 6, "0"},
    };
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        vonk_int128 got = 0;
        vonk_decimal_result result = run(&cases[i], &got);
        cr_assert_eq(result, cases[i].due ? VONK_DECIMAL_OK : VONK_DECIMAL_OVERFLOW, "case %zu", i);
        if (cases[i].due)
            check_text(got, 0, cases[i].due);
    }
    vonk_int128 got;
    cr_assert_eq(vonk_decimal_div(1, 0, 0, 5, VONK_TYPE_DECIMAL(38, 6), &got),
                 VONK_DECIMAL_BY_ZERO);
}

/* Spark rounds a quotient to 39 digits first: 0.46 goes up where one rounding would not. */
Test(decimal, division_rounds_twice_like_spark)
{
    vonk_int128 got = 9;
    vonk_type type = VONK_TYPE_DECIMAL(38, 38);
    cr_assert_eq(vonk_decimal_div(44, 38, 100, 0, type, &got), VONK_DECIMAL_OK);
    cr_assert(got == 0);
    cr_assert_eq(vonk_decimal_div(46, 38, 100, 0, type, &got), VONK_DECIMAL_OK);
    cr_assert(got == 1);
    cr_assert_eq(vonk_decimal_div(46, 37, 100, 0, VONK_TYPE_DECIMAL(38, 37), &got),
                 VONK_DECIMAL_OK);
    cr_assert(got == 0);
}

Test(decimal, compares_across_scales)
{
    cr_assert_eq(vonk_decimal_compare(100, 2, 1, 0), 0);
    cr_assert_lt(vonk_decimal_compare(parse("-" MOST), 0, 1, 38), 0);
    cr_assert_gt(vonk_decimal_compare(parse(MOST), 0, parse(MOST), 1), 0);
    cr_assert_gt(vonk_decimal_compare(-1, 1, -1, 0), 0);
    cr_assert_lt(vonk_decimal_compare(0, 5, 1, 38), 0);
}

Test(decimal, whole_part_wraps_like_a_java_long)
{
    int64_t got = 0;
    cr_assert_eq(vonk_decimal_idiv(parse("18446744073709551621"), 0, 1, 0, 38, &got),
                 VONK_DECIMAL_OK);
    cr_assert_eq(got, 5);
    cr_assert_eq(vonk_decimal_idiv(-75, 1, 2, 0, 38, &got), VONK_DECIMAL_OK);
    cr_assert_eq(got, -3);
}
