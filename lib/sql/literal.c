/* literal.c - numbers and typed literals (DATE '..', TIMESTAMP '..', X'..'). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "expr/parse_value.h"
#include "sql/parser.h"

/* A number's text without its suffix. */
typedef struct number {
    vonk_slice digits; /* "12", "1.5e3"; no sign */
    bool negative;
    int32_t start, end;
} number;

static vonk_status out_of_range(parser *p, const number *n, const char *type, const char *min,
                                const char *max)
{
    int length = n->digits.length > 200 ? 200 : (int)n->digits.length;
    vonk_status status = vonk_fail_sql(
        p->err, "INVALID_NUMERIC_LITERAL_RANGE",
        "Numeric literal %s%.*s is outside the valid range for %s with minimum value of %s and "
        "maximum value of %s. Please adjust the value accordingly.",
        n->negative ? "-" : "", length, n->digits.data, type, min, max);
    return vonk_error_at(p->err, status, n->start, n->end);
}

static vonk_status literal(parser *p, const number *n, vonk_type type, vonk_value value,
                           vonk_expr **ret)
{
    return sql_finish(p, vonk_expr_literal(p->arena, type, value, p->err), n->start, ret);
}

/* The digits as an integer; false if it is beyond 19 digits' worth. */
static bool read_integer(const number *n, uint64_t *ret)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n->digits.length; i++) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(n->digits.data[i] - '0'), &value))
            return false;
    }
    *ret = value;
    return true;
}

/* The signed value, if it lies in -max-1 .. max. */
static bool read_signed(const number *n, int64_t max, int64_t *ret)
{
    uint64_t value;
    if (!read_integer(n, &value) || value > (uint64_t)max + n->negative)
        return false;
    *ret = n->negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

static vonk_status too_precise(parser *p, const number *n, int64_t precision)
{
    vonk_status status =
        vonk_fail_sql(p->err, "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION",
                      "Decimal precision %lld exceeds max precision 38.", (long long)precision);
    return vonk_error_at(p->err, status, n->start, n->end);
}

/* The number after the 'e', 0 if there is none; bounded, so that sums of it cannot overflow. */
static int64_t read_exponent(vonk_slice digits, size_t *ret_mantissa)
{
    const int64_t bound = 100000000;
    size_t e = 0;
    while (e < digits.length && (digits.data[e] | 0x20) != 'e')
        e++;
    *ret_mantissa = e;
    if (e == digits.length)
        return 0;
    bool negative = digits.data[e + 1] == '-';
    size_t i = e + 1 + (negative || digits.data[e + 1] == '+');
    int64_t value = 0;
    for (; i < digits.length && value < bound; i++)
        value = value * 10 + (digits.data[i] - '0');
    return negative ? -value : value;
}

/* The type of a decimal as java.math.BigDecimal and Spark see it: 1.50 is (3,2), 1e3 is (4,0). */
static vonk_status parse_decimal(parser *p, const number *n, vonk_expr **ret)
{
    size_t mantissa;
    int64_t exponent = read_exponent(n->digits, &mantissa);
    int64_t precision = 0, scale = 0;
    bool point = false;
    vonk_int128 unscaled = 0;
    for (size_t i = 0; i < mantissa; i++) {
        char c = n->digits.data[i];
        if (c == '.') {
            point = true;
            continue;
        }
        scale += point;
        if (precision == 0 && c == '0')
            continue;
        if (++precision <= VONK_MAX_PRECISION)
            unscaled = unscaled * 10 + (c - '0');
    }
    if (!precision)
        precision = 1; /* zero */
    scale -= exponent;
    if (scale < 0) {
        int64_t zeros = unscaled ? -scale : 0;
        precision += -scale;
        scale = 0;
        if (precision > VONK_MAX_PRECISION)
            return too_precise(p, n, precision);
        for (int64_t i = 0; i < zeros; i++)
            unscaled *= 10;
    }
    if (precision < scale)
        precision = scale;
    if (precision > VONK_MAX_PRECISION)
        return too_precise(p, n, precision);
    vonk_value value = {.i128 = n->negative ? -unscaled : unscaled};
    return literal(p, n, VONK_TYPE_DECIMAL((uint8_t)precision, (uint8_t)scale), value, ret);
}

/* INT if it fits, else BIGINT, else DECIMAL. */
static vonk_status parse_integer(parser *p, const number *n, vonk_expr **ret)
{
    vonk_value value = {0};
    if (read_signed(n, INT32_MAX, &value.i64))
        return literal(p, n, VONK_TYPE(INT32), value, ret);
    if (read_signed(n, INT64_MAX, &value.i64))
        return literal(p, n, VONK_TYPE(INT64), value, ret);
    return parse_decimal(p, n, ret);
}

static vonk_status parse_floating(parser *p, const number *n, bool single, vonk_expr **ret)
{
    char *text = vonk_arena_strndup(p->arena, n->digits.data, n->digits.length, p->err);
    VONK_TRY_ALLOC(text);
    double magnitude = single ? (double)strtof(text, NULL) : strtod(text, NULL);
    if (isinf(magnitude))
        return single ? out_of_range(p, n, "float", "-3.4028234663852886E+38",
                                     "3.4028234663852886E+38")
                      : out_of_range(p, n, "double", "-1.7976931348623157E+308",
                                     "1.7976931348623157E+308");
    vonk_value value = {.f64 = n->negative ? -magnitude : magnitude};
    return literal(p, n, single ? VONK_TYPE(FLOAT32) : VONK_TYPE(FLOAT64), value, ret);
}

static vonk_status parse_small(parser *p, const number *n, vonk_token_kind kind, vonk_expr **ret)
{
    vonk_value value = {0};
    switch (kind) {
    case TOK_TINYINT:
        if (!read_signed(n, INT8_MAX, &value.i64))
            return out_of_range(p, n, "tinyint", "-128", "127");
        return literal(p, n, VONK_TYPE(INT8), value, ret);
    case TOK_SMALLINT:
        if (!read_signed(n, INT16_MAX, &value.i64))
            return out_of_range(p, n, "smallint", "-32768", "32767");
        return literal(p, n, VONK_TYPE(INT16), value, ret);
    default:
        if (!read_signed(n, INT64_MAX, &value.i64))
            return out_of_range(p, n, "bigint", "-9223372036854775808", "9223372036854775807");
        return literal(p, n, VONK_TYPE(INT64), value, ret);
    }
}

vonk_status sql_parse_number(parser *p, bool negative, vonk_expr **ret)
{
    static const uint8_t suffix[] = {[TOK_TINYINT] = 1, [TOK_SMALLINT] = 1, [TOK_BIGINT] = 1,
                                     [TOK_FLOAT] = 1,   [TOK_DOUBLE] = 1,   [TOK_BIGDECIMAL] = 2};
    int32_t start = negative ? p->tokens[p->pos - 1].start : sql_peek(p)->start;
    const vonk_token *token = sql_next(p);
    vonk_token_kind kind = token->kind;
    number n = {.digits = sql_token_text(p, token),
                .negative = negative,
                .start = start,
                .end = token->end};
    n.digits.length -= kind < VONK_LENGTH(suffix) ? suffix[kind] : 0;
    switch (kind) {
    case TOK_INTEGER:
        return parse_integer(p, &n, ret);
    case TOK_DECIMAL:
    case TOK_BIGDECIMAL:
        return parse_decimal(p, &n, ret);
    case TOK_EXPONENT:
    case TOK_DOUBLE:
        return parse_floating(p, &n, false, ret);
    case TOK_FLOAT:
        return parse_floating(p, &n, true, ret);
    default:
        return parse_small(p, &n, kind, ret);
    }
}

static vonk_status invalid_literal(parser *p, const char *type, vonk_slice text, int32_t start)
{
    vonk_status status = vonk_fail_sql(p->err, "INVALID_TYPED_LITERAL",
                                       "The value of the typed literal \"%s\" is invalid: '%.*s'.",
                                       type, text.length > 200 ? 200 : (int)text.length, text.data);
    return vonk_error_at(p->err, status, start, sql_last_end(p));
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* X'1AF': an odd first digit has a zero before it. */
static vonk_status parse_hex(parser *p, vonk_slice text, int32_t start, vonk_expr **ret)
{
    size_t length = (text.length + 1) / 2, odd = text.length % 2;
    char *bytes = VONK_NEW_ARRAY(p->arena, char, length + 1, p->err);
    VONK_TRY_ALLOC(bytes);
    for (size_t i = 0; i < text.length; i++) {
        int digit = hex_value(text.data[i]);
        if (digit < 0)
            return invalid_literal(p, "X", text, start);
        char *byte = &bytes[(i + odd) / 2];
        *byte = (char)(*byte << 4 | digit);
    }
    vonk_value value = {.string = {bytes, length}};
    return sql_finish(p, vonk_expr_literal(p->arena, VONK_TYPE(BINARY), value, p->err), start, ret);
}

/*
 * A text without a zone is a local time of the session, which the parser does not know: it becomes
 * the cast of a TIMESTAMP_NTZ, marked `implicit` (so that it prints as the literal it is).
 */
static vonk_status parse_timestamp(parser *p, const char *type, vonk_slice text, int32_t start,
                                   vonk_expr **ret)
{
    vonk_value value = {0};
    vonk_time_zone utc = VONK_UTC;
    vonk_expr *e;
    if (vonk_parse_timestamp_ntz(text, false, &value.i64) == VONK_PARSE_OK) {
        e = vonk_expr_literal(p->arena, VONK_TYPE(TIMESTAMP_NTZ), value, p->err);
        VONK_TRY(sql_finish(p, e, start, &e));
        e = vonk_expr_cast(p->arena, e, VONK_TYPE(TIMESTAMP), false, p->err);
        VONK_TRY_ALLOC(e);
        e->implicit = true;
        return sql_finish(p, e, start, ret);
    }
    if (vonk_parse_timestamp(text, &utc, &value.i64) != VONK_PARSE_OK)
        return invalid_literal(p, type, text, start);
    return sql_finish(p, vonk_expr_literal(p->arena, VONK_TYPE(TIMESTAMP), value, p->err), start,
                      ret);
}

static vonk_status parse_date(parser *p, vonk_slice text, int32_t start, vonk_expr **ret)
{
    int32_t days;
    if (vonk_parse_date(text, &days) != VONK_PARSE_OK)
        return invalid_literal(p, "DATE", text, start);
    vonk_value value = {.i64 = days};
    return sql_finish(p, vonk_expr_literal(p->arena, VONK_TYPE(DATE), value, p->err), start, ret);
}

static vonk_status parse_timestamp_ntz(parser *p, vonk_slice text, int32_t start, vonk_expr **ret)
{
    vonk_value value = {0};
    if (vonk_parse_timestamp_ntz(text, true, &value.i64) != VONK_PARSE_OK)
        return invalid_literal(p, "TIMESTAMP_NTZ", text, start);
    return sql_finish(p, vonk_expr_literal(p->arena, VONK_TYPE(TIMESTAMP_NTZ), value, p->err),
                      start, ret);
}

vonk_status sql_parse_typed_literal(parser *p, vonk_expr **ret)
{
    const vonk_token *word = sql_next(p);
    vonk_slice text;
    VONK_TRY(sql_parse_string(p, &text));
    switch ((vonk_keyword)word->keyword) {
    case KW_DATE:
        return parse_date(p, text, word->start, ret);
    case KW_TIMESTAMP:
        return parse_timestamp(p, "TIMESTAMP", text, word->start, ret);
    case KW_TIMESTAMP_LTZ:
        return parse_timestamp(p, "TIMESTAMP_LTZ", text, word->start, ret);
    case KW_TIMESTAMP_NTZ:
        return parse_timestamp_ntz(p, text, word->start, ret);
    case KW_X:
        return parse_hex(p, text, word->start, ret);
    default:
        break;
    }
    char name[64];
    vonk_slice type = sql_token_text(p, word);
    (void)snprintf(name, sizeof(name), "%.*s", (int)(type.length > 60 ? 60 : type.length),
                   type.data);
    for (char *c = name; *c; c++) {
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    }
    vonk_status status = vonk_fail_sql(
        p->err, "UNSUPPORTED_TYPED_LITERAL",
        "Literals of the type \"%s\" are not supported. Supported types are \"DATE\", "
        "\"TIMESTAMP_NTZ\", \"TIMESTAMP_LTZ\", \"TIMESTAMP\", \"INTERVAL\", \"X\".",
        name);
    return vonk_error_at(p->err, status, word->start, word->end);
}
