#include "format/csv/guess.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "column/column.h"

static const vonk_eval_settings settings = {.ansi = true, .time_zone = "UTC"};

/* Options for reading from key=value pairs; all in `arena`. */
static vonk_csv_options read_options(vonk_arena *arena, const vonk_option *items, uint32_t n)
{
    vonk_csv_options o;
    vonk_options options = {n, items};
    cr_assert_eq(vonk_csv_options_read(&options, &settings, false, arena, &o, NULL), VONK_OK);
    return o;
}

/* A field with the readable bytes behind it that every field has. */
static vonk_csv_field field_of(vonk_arena *arena, const char *text)
{
    size_t n = strlen(text);
    char *copy = vonk_arena_zalloc(arena, n + 32, NULL);
    memset(copy + n, '7', 32); /* digits, which are not the field's */
    memcpy(copy, text, n);
    return (vonk_csv_field){n ? copy : NULL, (uint32_t)n};
}

static vonk_csv_guess guess_of(const vonk_csv_options *o, vonk_arena *arena, const char *first,
                               const char *second)
{
    vonk_csv_guess g = {0};
    vonk_csv_field fields[] = {field_of(arena, first), field_of(arena, second)};
    vonk_csv_guess_fields(o, fields, 2, &g);
    return g;
}

/* Every first field decides what is tried for the second one. */
Test(csv_guess, of_two_fields_is_what_holds_both)
{
    static const struct {
        const char *first, *second;
        vonk_csv_kind kind;
        uint8_t precision;
    } cases[] = {
        {"", "", VONK_CSV_NOTHING, 0},
        {"1", "", VONK_CSV_INT, 0},
        {"1", "999999999", VONK_CSV_INT, 0},
        {"1", "-999999999", VONK_CSV_INT, 0},
        {"1", "+5", VONK_CSV_INT, 0},
        {"1", "2147483647", VONK_CSV_INT, 0},
        {"1", "2147483648", VONK_CSV_BIGINT, 0},
        {"1", "-2147483649", VONK_CSV_BIGINT, 0},
        {"1", "0000000000000000007", VONK_CSV_INT, 0},
        {"1", "-", VONK_CSV_STRING, 0},
        {"1", "--1", VONK_CSV_STRING, 0},
        {"1", "1:", VONK_CSV_STRING, 0},
        {"1", "1/", VONK_CSV_STRING, 0},
        {"1", "12345678/", VONK_CSV_STRING, 0},
        {"1", "1234567\xfa", VONK_CSV_STRING, 0},
        {"1", " 1", VONK_CSV_DOUBLE, 0},
        {"1", "1.", VONK_CSV_DECIMAL, 10},
        {"3000000000", "123456789012345678", VONK_CSV_BIGINT, 0},
        {"3000000000", "-9223372036854775808", VONK_CSV_BIGINT, 0},
        {"3000000000", "9223372036854775808", VONK_CSV_DECIMAL, 20},
        {"3000000000", "12345678 2345678", VONK_CSV_STRING, 0},
        {"3000000000", "1234567890123456x8", VONK_CSV_STRING, 0},
        {"3000000000", "1234567890123456.8", VONK_CSV_DOUBLE, 0},
        {"1.5", "7", VONK_CSV_DOUBLE, 0},
        {"1.5", ".5", VONK_CSV_DOUBLE, 0},
        {"1.5", "5.", VONK_CSV_DOUBLE, 0},
        {"1.5", "-.5", VONK_CSV_DOUBLE, 0},
        {"1.5", ".", VONK_CSV_STRING, 0},
        {"1.5", "-.", VONK_CSV_STRING, 0},
        {"1.5", "-", VONK_CSV_STRING, 0},
        {"1.5", "1.2.3", VONK_CSV_STRING, 0},
        {"1.5", "1.2345678.3", VONK_CSV_STRING, 0},
        {"1.5", "0.1234567890123456789012", VONK_CSV_DOUBLE, 0},
        {"1.5", "123456789012345678901234567890.5", VONK_CSV_DOUBLE, 0},
        {"1.5", "1e300", VONK_CSV_DOUBLE, 0},
        {"1.5", "NaN", VONK_CSV_DOUBLE, 0},
        {"1.5", "1,5", VONK_CSV_STRING, 0},
        {"1.5", "true", VONK_CSV_STRING, 0},
        {"2020-01-01", "2020-01-01 10:00:00", VONK_CSV_TIMESTAMP, 0},
        {"2020-01-01", "2021", VONK_CSV_TIMESTAMP, 0},
        {"2021", "2020-01-01", VONK_CSV_STRING, 0},
        {"true", "FALSE", VONK_CSV_BOOLEAN, 0},
        {"true", "1", VONK_CSV_STRING, 0},
        {"x", "1", VONK_CSV_STRING, 0},
    };
    vonk_arena arena = {0};
    vonk_csv_options o = read_options(&arena, NULL, 0);
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        vonk_csv_guess g = guess_of(&o, &arena, cases[i].first, cases[i].second);
        cr_expect_eq(g.kind, cases[i].kind, "%s, %s: %d", cases[i].first, cases[i].second, g.kind);
        cr_expect_eq(g.precision, cases[i].precision, "%s, %s: %d", cases[i].first, cases[i].second,
                     g.precision);
    }
    vonk_arena_free(&arena);
}

static const char *const texts[] = {"",
                                    "5",
                                    "2020",
                                    "1.",
                                    "3000000000",
                                    "99999999999999999999",
                                    "123456789012345678901234567890",
                                    "1.5",
                                    "2020-01-01",
                                    "2020-01-01 00:00:00",
                                    "01.02.2020",
                                    "01.02.2020 3",
                                    "true",
                                    "NA",
                                    "x"};
#define N_TEXTS VONK_LENGTH(texts)

static vonk_csv_guess go_on(const vonk_csv_options *o, const vonk_csv_field *fields,
                            const uint32_t *picks, uint32_t n, vonk_csv_guess g)
{
    for (uint32_t i = 0; i < n; i++)
        vonk_csv_guess_fields(o, &fields[picks[i]], 1, &g);
    return g;
}

/*
 * Four fields, the first the seed, the last two a piece that is read with what the seed says:
 * joined, it is what reading all of them says, or it is known not to be known. Returns how often.
 */
static uint32_t check_joins(const vonk_csv_options *o, const vonk_csv_field *fields)
{
    uint32_t n_unknown = 0, n_all = 1;
    for (uint32_t i = 0; i < 4; i++)
        n_all *= N_TEXTS;
    for (uint32_t all = 0; all < n_all; all++) {
        uint32_t picks[4], rest = all;
        for (uint32_t i = 0; i < 4; i++, rest /= N_TEXTS)
            picks[i] = rest % N_TEXTS;
        vonk_csv_guess nothing = {0}, seed = go_on(o, fields, picks, 1, nothing);
        vonk_csv_guess before = go_on(o, fields, picks + 1, 1, seed), joined;
        vonk_csv_guess piece = go_on(o, fields, picks + 2, 2, seed);
        vonk_csv_guess wanted = go_on(o, fields, picks + 2, 2, before);
        if (!vonk_csv_guess_join(o, seed, before, piece, &joined))
            n_unknown++;
        else
            cr_assert(joined.kind == wanted.kind && joined.precision == wanted.precision,
                      "%s | %s | %s, %s: %d(%d), not %d(%d)", texts[picks[0]], texts[picks[1]],
                      texts[picks[2]], texts[picks[3]], joined.kind, joined.precision, wanted.kind,
                      wanted.precision);
    }
    return n_unknown;
}

Test(csv_guess, of_a_piece_is_joined_as_if_read_after_the_others)
{
    static const vonk_option items[] = {{"nullValue", "NA"},
                                        {"dateFormat", "dd.MM.yyyy"},
                                        {"timestampFormat", "dd.MM.yyyy[ H]"},
                                        {"nanValue", "true"}};
    static const struct {
        uint32_t first, n;
    } some[] = {{0, 0}, {0, 1}, {0, 2}, {0, 3}, {2, 1}, {1, 1}, {3, 1}};
    vonk_arena arena = {0};
    vonk_csv_field fields[N_TEXTS];
    for (uint32_t i = 0; i < N_TEXTS; i++)
        fields[i] = field_of(&arena, texts[i]);
    for (size_t i = 0; i < VONK_LENGTH(some); i++) {
        vonk_csv_options o = read_options(&arena, items + some[i].first, some[i].n);
        uint32_t n_unknown = check_joins(&o, fields);
        cr_expect(n_unknown > 0, "a year behind a date is not known alone");
        cr_expect(n_unknown < 13000, "%u", n_unknown);
    }
    vonk_arena_free(&arena);
}

/* Columns that were empty at first, which are the many, are not read again. */
Test(csv_guess, of_pieces_of_one_kind_is_known)
{
    vonk_arena arena = {0};
    vonk_csv_options o = read_options(&arena, NULL, 0);
    for (uint32_t i = 1; i < N_TEXTS; i++) {
        vonk_csv_guess nothing = {0}, g = guess_of(&o, &arena, texts[i], texts[i]), joined;
        bool known = vonk_csv_guess_join(&o, nothing, g, g, &joined);
        cr_expect(known || !strcmp(texts[i], "1."), "%s", texts[i]);
    }
    vonk_arena_free(&arena);
}
