/* test_parse_value.c - single values from text and to text; time zones. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "expr/calendar.h"
#include "expr/parse_value.h"
#include "expr/print_value.h"

static vonk_slice text(const char *s)
{
    return vonk_slice_of(s);
}

Test(parse_value, whole_numbers)
{
    int64_t v = 7;
    cr_expect_eq(vonk_parse_int64(text(" \t-42\n"), false, &v), VONK_PARSE_OK);
    cr_expect_eq(v, -42);
    cr_expect_eq(vonk_parse_int64(text("-9223372036854775808"), false, &v), VONK_PARSE_OK);
    cr_expect_eq(v, INT64_MIN);
    v = 7;
    cr_expect_eq(vonk_parse_int64(text("9223372036854775808"), false, &v), VONK_PARSE_OVERFLOW);
    cr_expect_eq(vonk_parse_int64(text("99999999999999999999999"), false, &v), VONK_PARSE_OVERFLOW);
    cr_expect_eq(vonk_parse_int64(text("1.5"), false, &v), VONK_PARSE_MALFORMED);
    cr_expect_eq(vonk_parse_int64(text(""), false, &v), VONK_PARSE_MALFORMED);
    cr_expect_eq(vonk_parse_int64(text("+"), false, &v), VONK_PARSE_MALFORMED);
    cr_expect_eq(vonk_parse_int64(text("1 2"), false, &v), VONK_PARSE_MALFORMED);
    cr_expect_eq(v, 7, "a failure leaves the result alone");
    cr_expect_eq(vonk_parse_int64(text("1.9"), true, &v), VONK_PARSE_OK);
    cr_expect_eq(v, 1);
}

Test(parse_value, doubles_are_the_nearest)
{
    static const struct {
        const char *text;
        double value;
    } cases[] = {{"1e3", 1000},
                 {".5", 0.5},
                 {"5.", 5},
                 {"1.7976931348623157e308", 1.7976931348623157e308},
                 {"4.9e-324", 4.9e-324},
                 {"1e-400", 0},
                 {"2.2250738585072011e-308", 2.2250738585072011e-308},
                 {"123456789012345678901234567890", 123456789012345678901234567890.0},
                 {"9007199254740993", 9007199254740992.0},
                 {"-Infinity", -INFINITY},
                 {"1d", 1}};
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        double v = -1;
        cr_expect_eq(vonk_parse_double(text(cases[i].text), &v), VONK_PARSE_OK, "%s",
                     cases[i].text);
        cr_expect(v == cases[i].value, "%s", cases[i].text);
    }
    double v;
    cr_expect_eq(vonk_parse_double(text("1e"), &v), VONK_PARSE_MALFORMED);
    cr_expect_eq(vonk_parse_double(text("1e5x"), &v), VONK_PARSE_MALFORMED);
    cr_expect_eq(vonk_parse_double(text("."), &v), VONK_PARSE_MALFORMED);
}

Test(parse_value, doubles_of_very_many_digits)
{
    static char digits[4000];
    double v = 0;
    memset(digits, '9', sizeof digits);
    digits[0] = '0';
    digits[1] = '.';
    cr_expect_eq(vonk_parse_double((vonk_slice){digits, sizeof digits}, &v), VONK_PARSE_OK);
    cr_expect(v == 1.0);
}

Test(parse_value, doubles_print_as_java_does)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0, "0.0"},
                 {-0.0, "-0.0"},
                 {1, "1.0"},
                 {0.001, "0.001"},
                 {0.0009, "9.0E-4"},
                 {9999999, "9999999.0"},
                 {10000000, "1.0E7"},
                 {123456789.123, "1.23456789123E8"},
                 {0.1 + 0.2, "0.30000000000000004"},
                 {2.0 / 3, "0.6666666666666666"},
                 {1e22, "1.0E22"},
                 {4.9e-324, "4.9E-324"},
                 {-INFINITY, "-Infinity"}};
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        char out[VONK_VALUE_TEXT];
        size_t n = vonk_print_double(cases[i].value, out);
        cr_expect(vonk_slice_equal((vonk_slice){out, n}, text(cases[i].text)), "%s is %.*s",
                  cases[i].text, (int)n, out);
    }
}

Test(parse_value, doubles_survive_text)
{
    uint64_t bits = 0x123456789abcdef1;
    for (int i = 0; i < 20000; i++) {
        double value, again = 0;
        bits = bits * 6364136223846793005u + 1442695040888963407u;
        memcpy(&value, &bits, 8);
        if (!isfinite(value))
            continue;
        char out[VONK_VALUE_TEXT];
        size_t n = vonk_print_double(value, out);
        cr_assert_eq(vonk_parse_double((vonk_slice){out, n}, &again), VONK_PARSE_OK);
        cr_assert(again == value, "%.*s", (int)n, out);
    }
}

Test(parse_value, decimals_round_half_up)
{
    static const struct {
        const char *text;
        int precision, scale;
        vonk_parse_result result;
        int64_t value;
    } cases[] = {{"1.235", 7, 2, VONK_PARSE_OK, 124},
                 {"-1.235", 7, 2, VONK_PARSE_OK, -124},
                 {"99999.994", 7, 2, VONK_PARSE_OK, 9999999},
                 {"99999.995", 7, 2, VONK_PARSE_OVERFLOW, 0},
                 {"0.005", 3, 2, VONK_PARSE_OK, 1},
                 {"0.0049999", 3, 2, VONK_PARSE_OK, 0},
                 {"12e-1", 3, 2, VONK_PARSE_OK, 120},
                 {"1e50", 38, 0, VONK_PARSE_OVERFLOW, 0},
                 {"0e50", 38, 0, VONK_PARSE_OK, 0},
                 {"1e-50", 38, 10, VONK_PARSE_OK, 0},
                 {"1e", 3, 2, VONK_PARSE_MALFORMED, 0},
                 {"1e99999999999", 3, 2, VONK_PARSE_MALFORMED, 0}};
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        vonk_int128 v = 0;
        cr_expect_eq(
            vonk_parse_decimal(text(cases[i].text), cases[i].precision, cases[i].scale, &v),
            cases[i].result, "%s", cases[i].text);
        cr_expect(v == cases[i].value, "%s", cases[i].text);
    }
}

Test(parse_value, every_day_survives_the_calendar)
{
    for (int64_t day = -800000; day < 3000000; day += 13) {
        vonk_civil c = vonk_civil_from_days(day);
        cr_assert_eq(vonk_days_from_civil(c.year, c.month, c.day), day);
        cr_assert(c.day <= vonk_days_in_month(c.year, c.month));
    }
}

Test(parse_value, dates_of_all_sizes)
{
    int32_t days;
    cr_expect_eq(vonk_parse_date(text("-0001-01-01"), &days), VONK_PARSE_OK);
    cr_expect_eq(days, -719893);
    cr_expect_eq(vonk_parse_date(text("5881580-07-11"), &days), VONK_PARSE_OK);
    cr_expect_eq(days, INT32_MAX);
    cr_expect_eq(vonk_parse_date(text("5881580-07-12"), &days), VONK_PARSE_MALFORMED);
    cr_expect_eq(vonk_parse_date(text("2100-02-29"), &days), VONK_PARSE_MALFORMED);
    cr_expect_eq(vonk_parse_date(text("13-01-01"), &days), VONK_PARSE_MALFORMED);
}

Test(parse_value, first_and_last_instant)
{
    int64_t us = 0;
    vonk_time_zone utc = VONK_UTC;
    cr_expect_eq(vonk_parse_timestamp(text("294247-01-10 04:00:54.775807"), &utc, &us),
                 VONK_PARSE_OK);
    cr_expect_eq(us, INT64_MAX);
    cr_expect_eq(vonk_parse_timestamp(text("-290308-12-21 19:59:05.224192"), &utc, &us),
                 VONK_PARSE_OK);
    cr_expect_eq(us, INT64_MIN);
    cr_expect_eq(vonk_parse_timestamp(text("294247-01-10 04:00:54.775808"), &utc, &us),
                 VONK_PARSE_MALFORMED);
}

/* Offsets in minutes at noon UTC of some days. Source: java.time (as Spark shows them). */
Test(parse_value, zones_follow_their_rules)
{
    static const struct {
        const char *zone, *date;
        int32_t minutes;
    } cases[] = {{"Europe/Amsterdam", "2013-01-15", 60},
                 {"Europe/Amsterdam", "2013-07-15", 120},
                 {"Europe/Amsterdam", "2060-07-15", 120},
                 {"Europe/Amsterdam", "2060-12-15", 60},
                 {"America/New_York", "2013-03-09", -300},
                 {"America/New_York", "2013-03-11", -240},
                 {"Australia/Sydney", "2050-01-15", 660},
                 {"Asia/Kolkata", "2013-01-15", 330},
                 {"+05:30", "2013-01-15", 330},
                 {"-8", "2013-01-15", -480},
                 {"GMT+1", "2013-01-15", 60},
                 {"Etc/UTC", "2013-01-15", 0}};
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        vonk_arena arena = {0};
        vonk_time_zone zone;
        int32_t days;
        cr_assert_eq(vonk_time_zone_find(text(cases[i].zone), &arena, &zone, NULL), VONK_OK, "%s",
                     cases[i].zone);
        cr_assert_eq(vonk_parse_date(text(cases[i].date), &days), VONK_PARSE_OK);
        int64_t noon = days * VONK_US_PER_DAY + VONK_US_PER_DAY / 2;
        cr_expect_eq(vonk_time_zone_offset_at(&zone, noon), cases[i].minutes * 60, "%s %s",
                     cases[i].zone, cases[i].date);
        cr_expect_eq(vonk_local_to_utc(&zone, vonk_utc_to_local(&zone, noon)), noon);
        vonk_arena_free(&arena);
    }
}

Test(parse_value, other_zones_are_refused)
{
    static const char *const names[] = {"",       "Nowhere/City", "../../etc/passwd", "/etc/passwd",
                                        "+19:00", "+5:",          "Europe",           "UTC+"};
    for (size_t i = 0; i < VONK_LENGTH(names); i++) {
        vonk_arena arena = {0};
        vonk_time_zone zone;
        vonk_error err = {0};
        cr_expect_eq(vonk_time_zone_find(text(names[i]), &arena, &zone, &err), VONK_USER, "%s",
                     names[i]);
        vonk_arena_free(&arena);
    }
}
