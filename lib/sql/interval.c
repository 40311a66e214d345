/*
 * interval.c - INTERVAL literals: INTERVAL 1 YEAR 2 MONTHS, INTERVAL '1 02:03' DAY TO MINUTE,
 * INTERVAL '1 day'.
 *
 * A literal's type says which units were written, for its text: `precision` is 1 + the first unit,
 * `scale` 1 + the last (0: not known). Years and months are INTERVAL_YM, days and below
 * INTERVAL_DT.
 */
#include "sql/parser.h"

#include <string.h>

#include "base/buffer.h"
#include "expr/interval_text.h"

enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, N_UNITS };

#define US_PER_SECOND 1000000LL

typedef struct unit {
    const char *name;
    uint8_t field;  /* YEAR .. SECOND: where it shows */
    int64_t amount; /* months or microseconds */
} unit;

static const unit units[] = {
    {"YEAR", YEAR, 12},
    {"MONTH", MONTH, 1},
    {"WEEK", DAY, 7LL * 86400 * US_PER_SECOND},
    {"DAY", DAY, 86400 * US_PER_SECOND},
    {"HOUR", HOUR, 3600 * US_PER_SECOND},
    {"MINUTE", MINUTE, 60 * US_PER_SECOND},
    {"SECOND", SECOND, US_PER_SECOND},
    {"MILLISECOND", SECOND, 1000},
    {"MICROSECOND", SECOND, 1},
};

/* What was read so far. */
typedef struct interval {
    int64_t months, us;
    uint8_t first, last; /* fields; first > last: none yet */
} interval;

static const unit *find_unit(vonk_slice word)
{
    for (size_t i = 0; i < VONK_LENGTH(units); i++) {
        vonk_slice name = vonk_slice_of(units[i].name);
        bool plural = word.length == name.length + 1 && (word.data[name.length] | 0x20) == 's';
        vonk_slice singular = {word.data, word.length - plural};
        if (vonk_slice_equal_nocase(singular, name))
            return &units[i];
    }
    return NULL;
}

/* INTERVAL '..' is no interval. */
static vonk_status invalid_literal(parser *p, vonk_slice text, int32_t start)
{
    vonk_status status = vonk_fail_sql(p->err, "INVALID_TYPED_LITERAL",
                                       "The value of the typed literal \"INTERVAL\" is invalid: "
                                       "'%.*s'.",
                                       text.length > 200 ? 200 : (int)text.length, text.data);
    return vonk_error_at(p->err, status, start, sql_last_end(p));
}

#define NO_INTERVAL                                                                                \
    "Error parsing '%.*s' to interval. Please ensure that the value provided is in a valid "       \
    "format "                                                                                      \
    "for defining an interval. You can reference the documentation for the correct format. "

/* All of 1 YEAR 2 MONTHS, as `units` of SQL text, does not fit. */
static vonk_status too_large(parser *p, vonk_slice all, int32_t start)
{
    int n = all.length > 200 ? 200 : (int)all.length;
    vonk_status status =
        vonk_fail_sql(p->err, "INVALID_INTERVAL_FORMAT.ARITHMETIC_EXCEPTION",
                      NO_INTERVAL "Uncaught arithmetic exception while parsing '%.*s'.", n,
                      all.data, n, all.data);
    return vonk_error_at(p->err, status, start, sql_last_end(p));
}

/* sum += sign * count * amount, or false on overflow */
static bool add(int64_t *sum, bool negative, int64_t count, int64_t amount)
{
    int64_t product;
    if (__builtin_mul_overflow(count, amount, &product))
        return false;
    return negative ? !__builtin_sub_overflow(*sum, product, sum)
                    : !__builtin_add_overflow(*sum, product, sum);
}

/* Digits at *at; false if there are none or too many. */
static bool read_digits(vonk_slice text, size_t *at, int64_t *ret)
{
    size_t i = *at;
    int64_t value = 0;
    while (i < text.length && text.data[i] >= '0' && text.data[i] <= '9') {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, text.data[i] - '0', &value))
            return false;
        i++;
    }
    if (i == *at)
        return false;
    *at = i;
    *ret = value;
    return true;
}

/* ".5" at *at as microseconds; digits beyond the sixth are cut off. */
static bool read_fraction(vonk_slice text, size_t *at, int64_t *ret)
{
    *ret = 0;
    if (*at >= text.length || text.data[*at] != '.')
        return true;
    int64_t weight = US_PER_SECOND / 10;
    size_t i = *at + 1;
    for (; i < text.length && text.data[i] >= '0' && text.data[i] <= '9'; i++) {
        *ret += (text.data[i] - '0') * weight;
        weight /= 10;
    }
    *at = i;
    return true;
}

static void skip_spaces(vonk_slice text, size_t *at)
{
    while (*at < text.length && strchr(" \t\n\r\f\v", text.data[*at]) && text.data[*at])
        ++*at;
}

/* A sign at *at, if there is one. */
static bool read_sign(vonk_slice text, size_t *at)
{
    if (*at >= text.length || (text.data[*at] != '-' && text.data[*at] != '+'))
        return false;
    return text.data[(*at)++] == '-';
}

/* Adds `text` units: digits, with a fraction for seconds; `negative` turns it round. */
static bool add_unit(interval *sum, const unit *u, vonk_slice text, size_t *at, bool negative)
{
    int64_t count = 0, fraction = 0;
    negative ^= read_sign(text, at);
    bool point = *at < text.length && text.data[*at] == '.';
    if (!point && !read_digits(text, at, &count))
        return false;
    if (u->field == SECOND && u->amount == US_PER_SECOND && !read_fraction(text, at, &fraction))
        return false;
    if (sum->first > sum->last) {
        sum->first = sum->last = u->field;
    } else {
        sum->first = u->field < sum->first ? u->field : sum->first;
        sum->last = u->field > sum->last ? u->field : sum->last;
    }
    int64_t *total = u->field <= MONTH ? &sum->months : &sum->us;
    return add(total, negative, count, u->amount) && add(&sum->us, negative, fraction, 1);
}

static vonk_status mixed_units(parser *p, int32_t start)
{
    int32_t end = sql_last_end(p), n = end - start > 200 ? 200 : end - start;
    vonk_status status =
        vonk_fail_sql(p->err, "_LEGACY_ERROR_TEMP_0029",
                      "Cannot mix year-month and day-time fields: %.*s.", n, p->text.data + start);
    return vonk_error_at(p->err, status, start, end);
}

static vonk_status make(parser *p, const interval *sum, int32_t start, vonk_expr **ret)
{
    bool months = sum->last <= MONTH;
    if (sum->first <= MONTH && !months)
        return mixed_units(p, start);
    vonk_type type = months ? VONK_TYPE(INTERVAL_YM) : VONK_TYPE(INTERVAL_DT);
    uint8_t base = months ? YEAR : DAY;
    type.precision = (uint8_t)(1 + sum->first - base);
    type.scale = (uint8_t)(1 + sum->last - base);
    vonk_value value = {.i64 = months ? sum->months : sum->us};
    return sql_finish(p, vonk_expr_literal(p->arena, type, value, p->err), start, ret);
}

static bool fits(const interval *sum)
{
    return sum->months <= INT32_MAX && sum->months >= INT32_MIN;
}

/* INTERVAL '1 day 2 hours' */
static vonk_status parse_text_units(parser *p, vonk_slice text, int32_t start, vonk_expr **ret)
{
    interval sum = {.first = 1};
    size_t at = 0;
    skip_spaces(text, &at);
    if (text.length - at > 8 &&
        vonk_slice_equal_nocase((vonk_slice){text.data + at, 8}, VONK_SLICE("interval")))
        at += 8;
    for (skip_spaces(text, &at); at < text.length; skip_spaces(text, &at)) {
        size_t number = at;
        while (at < text.length && strchr("+-.0123456789", text.data[at]) && text.data[at])
            at++;
        size_t end = at;
        skip_spaces(text, &at);
        size_t word = at;
        while (at < text.length && ((text.data[at] | 0x20) >= 'a' && (text.data[at] | 0x20) <= 'z'))
            at++;
        const unit *u = find_unit((vonk_slice){text.data + word, at - word});
        size_t from = 0;
        vonk_slice digits = {text.data + number, end - number};
        if (!u || !add_unit(&sum, u, digits, &from, false) || from != digits.length)
            return invalid_literal(p, text, start);
    }
    if (sum.first > sum.last || !fits(&sum))
        return invalid_literal(p, text, start);
    return make(p, &sum, start, ret);
}

/* The text of a value: a number, or what is in the quotes. */
static vonk_status parse_interval_value(parser *p, bool *negative, vonk_slice *ret)
{
    *negative = sql_is_kind(p, TOK_MINUS);
    if (sql_is_kind(p, TOK_MINUS) || sql_is_kind(p, TOK_PLUS))
        sql_next(p);
    if (sql_is_kind(p, TOK_STRING))
        return sql_parse_string(p, ret);
    if (!sql_is_kind(p, TOK_INTEGER) && !sql_is_kind(p, TOK_DECIMAL))
        return sql_syntax_error(p);
    *ret = sql_token_text(p, sql_next(p));
    return VONK_OK;
}

static vonk_status reversed_units(parser *p, vonk_slice text, const unit *from, const unit *to,
                                  int32_t start)
{
    char names[2][16] = {{0}};
    for (size_t i = 0; i < 15 && from->name[i]; i++)
        names[0][i] = (char)(from->name[i] | 0x20);
    for (size_t i = 0; i < 15 && to->name[i]; i++)
        names[1][i] = (char)(to->name[i] | 0x20);
    int n = text.length > 200 ? 200 : (int)text.length;
    vonk_status status =
        vonk_fail_sql(p->err, "INVALID_INTERVAL_FORMAT.UNSUPPORTED_FROM_TO_EXPRESSION",
                      NO_INTERVAL "Cannot support (interval '%.*s' %s to %s) expression.", n,
                      text.data, n, text.data, names[0], names[1]);
    return vonk_error_at(p->err, status, start, sql_last_end(p));
}

/* '1 25:00' and the like: what is wrong with a text of two fields and more. */
static vonk_status bad_range(parser *p, vonk_slice text, vonk_type type, bool too_large,
                             int32_t text_start)
{
    vonk_interval_excess excess;
    vonk_status status;
    if (too_large && vonk_interval_field_excess(text, type, &excess)) {
        static const char *const names[] = {"day", "hour", "minute", "second"};
        status =
            vonk_fail_sql(p->err, "_LEGACY_ERROR_TEMP_0063",
                          "requirement failed: %s %lld outside range [0, %lld].",
                          names[excess.field], (long long)excess.value, (long long)excess.most);
    } else {
        status = vonk_fail_interval_text(text, type, too_large, p->err);
    }
    return vonk_error_at(p->err, status, text_start, sql_last_end(p));
}

/* The text with the minus that stands before it. */
static vonk_status negate_text(parser *p, vonk_slice *text)
{
    if (text->length && text->data[0] == '-') {
        *text = (vonk_slice){text->data + 1, text->length - 1};
        return VONK_OK;
    }
    const char *copy = vonk_arena_printf(p->arena, p->err, "-%.*s", (int)text->length, text->data);
    VONK_TRY_ALLOC(copy);
    *text = vonk_slice_of(copy);
    return VONK_OK;
}

/* '1-2', '1 02:03:04.5' from one field to another; the text begins at `text_start`. */
static vonk_status parse_range(parser *p, vonk_slice text, bool negative, int32_t start,
                               int32_t text_start, vonk_expr **ret)
{
    if (negative)
        VONK_TRY(negate_text(p, &text));
    const unit *from = find_unit(sql_token_text(p, sql_next(p)));
    sql_next(p); /* TO */
    const unit *to = sql_is_kind(p, TOK_WORD) ? find_unit(sql_token_text(p, sql_peek(p))) : NULL;
    if (!to)
        return sql_syntax_error(p);
    sql_next(p);
    if (from->field >= to->field || (from->field <= MONTH) != (to->field <= MONTH))
        return reversed_units(p, text, from, to, text_start);
    interval sum = {.first = from->field, .last = to->field};
    bool months = to->field <= MONTH;
    vonk_type type = months ? VONK_TYPE(INTERVAL_YM) : VONK_TYPE(INTERVAL_DT);
    type.precision = (uint8_t)(1 + from->field - (months ? YEAR : DAY));
    type.scale = (uint8_t)(1 + to->field - (months ? YEAR : DAY));
    int64_t value = 0;
    vonk_parse_result result = vonk_parse_interval(text, type, &value);
    if (result != VONK_PARSE_OK)
        return bad_range(p, text, type, result == VONK_PARSE_OVERFLOW, text_start);
    *(months ? &sum.months : &sum.us) = value;
    return make(p, &sum, start, ret);
}

bool sql_at_interval(const parser *p)
{
    if (!sql_is_word(p, KW_INTERVAL))
        return false;
    uint32_t i = 1;
    bool sign = sql_peek_at(p, i)->kind == TOK_MINUS || sql_peek_at(p, i)->kind == TOK_PLUS;
    i += sign;
    vonk_token_kind kind = sql_peek_at(p, i)->kind;
    if (kind == TOK_STRING)
        return true;
    const vonk_token *after = sql_peek_at(p, i + 1);
    /* `interval - 1` subtracts from a column; `interval -1 day` is a literal */
    return (kind == TOK_INTEGER || kind == TOK_DECIMAL) &&
           (!sign || (after->kind == TOK_WORD && find_unit(sql_token_text(p, after))));
}

/* `text` is no number of units: which fault it has. `all`: all that stands behind INTERVAL. */
static vonk_status bad_value(parser *p, const unit *u, vonk_slice text, vonk_slice all,
                             int32_t start)
{
    size_t at = 0, point = 0;
    skip_spaces(text, &at);
    (void)read_sign(text, &at);
    while (at < text.length && text.data[at] >= '0' && text.data[at] <= '9')
        at++;
    point = at;
    if (at < text.length && text.data[at] == '.')
        for (at++; at < text.length && text.data[at] >= '0' && text.data[at] <= '9';)
            at++;
    skip_spaces(text, &at);
    int n = all.length > 200 ? 200 : (int)all.length;
    if (at == text.length && at > 0 && point < at && text.data[point] == '.') {
        char name[16] = {0};
        for (size_t i = 0; i < 15 && u->name[i]; i++)
            name[i] = (char)(u->name[i] | 0x20);
        vonk_status status =
            vonk_fail_sql(p->err, "INVALID_INTERVAL_FORMAT.INVALID_FRACTION",
                          NO_INTERVAL "%s cannot have fractional part.", n, all.data, name);
        return vonk_error_at(p->err, status, start, sql_last_end(p));
    }
    if (at == text.length && at > 0)
        return too_large(p, all, start);
    vonk_status status =
        vonk_fail_sql(p->err, "_LEGACY_ERROR_TEMP_0026",
                      "Can only use numbers in the interval value part for multiple unit value "
                      "pairs interval form, but got invalid value: %.*s.",
                      text.length > 200 ? 200 : (int)text.length, text.data);
    return vonk_error_at(p->err, status, start, sql_last_end(p));
}

/* One more number and unit for the text of all of them, as Spark writes it in its messages. */
static void note_unit(parser *p, bool negative, vonk_slice text, const vonk_token *word,
                      vonk_buffer *all)
{
    vonk_slice name = sql_token_text(p, word);
    vonk_buffer_printf(all, " %s%.*s %.*s", negative ? "-" : "", (int)text.length, text.data,
                       (int)name.length, name.data);
}

static bool at_value(const parser *p)
{
    return sql_is_kind(p, TOK_INTEGER) || sql_is_kind(p, TOK_DECIMAL) || sql_is_kind(p, TOK_STRING);
}

static vonk_slice text_of(const vonk_buffer *all)
{
    return (vonk_slice){all->data, all->length};
}

static vonk_status parse_units(parser *p, int32_t start, vonk_buffer *all, vonk_expr **ret)
{
    interval sum = {.first = 1};
    vonk_slice text = {0};
    bool negative = false;
    do {
        bool is_text = sql_is_kind(p, TOK_STRING);
        int32_t text_start = sql_peek(p)->start;
        VONK_TRY(parse_interval_value(p, &negative, &text));
        const unit *u = sql_is_kind(p, TOK_WORD) ? find_unit(sql_token_text(p, sql_peek(p))) : NULL;
        if (!u && is_text && sum.first > sum.last)
            return parse_text_units(p, text, start, ret);
        if (!u)
            return sql_syntax_error(p);
        if (sql_is_word_at(p, 1, KW_TO))
            return parse_range(p, text, negative, start, text_start, ret);
        note_unit(p, negative, text, sql_next(p), all);
        size_t at = 0;
        skip_spaces(text, &at);
        bool read = add_unit(&sum, u, text, &at, negative);
        skip_spaces(text, &at);
        if (!read || at != text.length)
            return bad_value(p, u, text, text_of(all), text_start);
    } while (at_value(p));
    if (!fits(&sum))
        return too_large(p, text_of(all), start);
    return make(p, &sum, start, ret);
}

vonk_status sql_parse_interval(parser *p, vonk_expr **ret)
{
    vonk_buffer all = {0};
    int32_t start = sql_next(p)->start;
    vonk_status status = parse_units(p, start, &all, ret);
    vonk_buffer_free(&all);
    return status;
}
