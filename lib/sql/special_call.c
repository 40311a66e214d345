/* special_call.c - calls with words between their arguments: EXTRACT(YEAR FROM d) and others. */
#include "sql/parser.h"

static vonk_status push_value(parser *p, list *args)
{
    vonk_expr *e = NULL;
    VONK_TRY(sql_parse_value(p, &e));
    return sql_push(p, args, e);
}

static vonk_status push_int(parser *p, list *args, int32_t value)
{
    vonk_expr *e = vonk_expr_int(p->arena, value, p->err);
    VONK_TRY_ALLOC(e);
    return sql_push(p, args, e);
}

/* The token as a string literal, as it is written. */
static vonk_status push_word(parser *p, list *args)
{
    const vonk_token *token = sql_next(p);
    vonk_expr *e = vonk_expr_string(p->arena, sql_token_text(p, token), p->err);
    VONK_TRY(sql_finish(p, e, token->start, &e));
    return sql_push(p, args, e);
}

/*
 * It is an ordinary call after all, whose first argument is read already (going back and reading it
 * again would take exponential time when calls nest).
 */
static vonk_status ordinary(parser *p, const char *name, list *args, int32_t start, vonk_expr **ret)
{
    if (sql_accept(p, TOK_COMMA))
        VONK_TRY(sql_parse_exprs(p, args));
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    return sql_call_of(p, name, args, start, ret);
}

/* extract(field FROM source) -> extract('field', source) */
static vonk_status parse_extract(parser *p, int32_t start, vonk_expr **ret)
{
    list args = {0};
    if (!sql_at_identifier(p))
        return sql_syntax_error(p);
    VONK_TRY(push_word(p, &args));
    VONK_TRY(sql_expect_word(p, KW_FROM));
    VONK_TRY(push_value(p, &args));
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    return sql_call_of(p, "extract", &args, start, ret);
}

/* substring(text FROM at [FOR length]) */
static vonk_status parse_substring(parser *p, const char *name, int32_t start, vonk_expr **ret)
{
    list args = {0};
    VONK_TRY(push_value(p, &args));
    if (!sql_accept_word(p, KW_FROM))
        return ordinary(p, name, &args, start, ret);
    VONK_TRY(push_value(p, &args));
    if (sql_accept_word(p, KW_FOR))
        VONK_TRY(push_value(p, &args));
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    return sql_call_of(p, name, &args, start, ret);
}

/* position(part IN text) -> locate(part, text, 1) */
static vonk_status parse_position(parser *p, int32_t start, vonk_expr **ret)
{
    list args = {0};
    VONK_TRY(push_value(p, &args)); /* a value: `part IN text` is none */
    if (!sql_accept_word(p, KW_IN))
        return ordinary(p, "position", &args, start, ret);
    VONK_TRY(push_value(p, &args));
    VONK_TRY(push_int(p, &args, 1));
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    return sql_call_of(p, "locate", &args, start, ret);
}

/* trim([BOTH | LEADING | TRAILING] [what] FROM text) -> trim([what,] text), ltrim, rtrim */
static vonk_status parse_trim(parser *p, int32_t start, vonk_expr **ret)
{
    const char *name = "trim";
    list args = {0};
    vonk_expr *what = NULL, *text = NULL;
    vonk_token_kind after = sql_peek_at(p, 1)->kind;
    bool side =
        sql_is_word(p, KW_LEADING) || sql_is_word(p, KW_TRAILING) || sql_is_word(p, KW_BOTH);
    side = side && after != TOK_RPAREN && after != TOK_COMMA && after != TOK_DOT;
    if (side) {
        vonk_keyword keyword = sql_next(p)->keyword;
        name = keyword == KW_LEADING ? "ltrim" : keyword == KW_TRAILING ? "rtrim" : "trim";
    }
    if (!sql_is_word(p, KW_FROM))
        VONK_TRY(sql_parse_value(p, &what));
    if (what)
        VONK_TRY(sql_push(p, &args, what));
    if (!side && !sql_is_word(p, KW_FROM))
        return ordinary(p, "trim", &args, start, ret);
    VONK_TRY(sql_expect_word(p, KW_FROM));
    VONK_TRY(sql_parse_value(p, &text));
    VONK_TRY(sql_push(p, &args, text));
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    return sql_call_of(p, name, &args, start, ret);
}

/* overlay(text PLACING part FROM at [FOR length]) */
static vonk_status parse_overlay(parser *p, int32_t start, vonk_expr **ret)
{
    list args = {0};
    VONK_TRY(push_value(p, &args));
    if (!sql_accept_word(p, KW_PLACING))
        return ordinary(p, "overlay", &args, start, ret);
    VONK_TRY(push_value(p, &args));
    VONK_TRY(sql_expect_word(p, KW_FROM));
    VONK_TRY(push_value(p, &args));
    if (sql_accept_word(p, KW_FOR))
        VONK_TRY(push_value(p, &args));
    else
        VONK_TRY(push_int(p, &args, -1));
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    return sql_call_of(p, "overlay", &args, start, ret);
}

static bool is_datetime_unit(vonk_slice text)
{
    static const char *const units[] = {"YEAR",   "QUARTER",     "MONTH",      "WEEK",
                                        "DAY",    "HOUR",        "DAYOFYEAR",  "MINUTE",
                                        "SECOND", "MILLISECOND", "MICROSECOND"};
    for (size_t i = 0; i < VONK_LENGTH(units); i++) {
        if (vonk_slice_equal_nocase(text, vonk_slice_of(units[i])))
            return true;
    }
    return false;
}

/* timestampadd('DAY', ...): a unit is a word, not a string. */
static vonk_status check_quoted_unit(parser *p, const char *name, int32_t start)
{
    vonk_slice text = sql_token_text(p, sql_peek(p));
    if (sql_peek(p)->kind != TOK_STRING || text.length < 3 ||
        !is_datetime_unit((vonk_slice){text.data + 1, text.length - 2}))
        return VONK_OK;
    vonk_status status = vonk_fail_sql(
        p->err, "INVALID_PARAMETER_VALUE.DATETIME_UNIT",
        "The value of parameter(s) `unit` in `%s` is invalid: expects one of the units without "
        "quotes YEAR, QUARTER, MONTH, WEEK, DAY, DAYOFYEAR, HOUR, MINUTE, SECOND, MILLISECOND, "
        "MICROSECOND, but got the string literal %.*s.",
        name, (int)text.length, text.data);
    return vonk_error_at(p->err, status, start, sql_peek(p)->end);
}

/* timestampadd(unit, n, t), timestampdiff(unit, a, b); dateadd(d, n) is an ordinary call. */
static vonk_status parse_unit_call(parser *p, const char *name, int32_t start, vonk_expr **ret)
{
    list args = {0};
    if (sql_peek_at(p, 1)->kind != TOK_COMMA)
        return VONK_OK;
    VONK_TRY(check_quoted_unit(p, name, start));
    if (sql_peek(p)->kind != TOK_WORD || !is_datetime_unit(sql_token_text(p, sql_peek(p))))
        return VONK_OK;
    VONK_TRY(push_word(p, &args));
    VONK_TRY(sql_expect(p, TOK_COMMA));
    VONK_TRY(push_value(p, &args));
    VONK_TRY(sql_expect(p, TOK_COMMA));
    VONK_TRY(push_value(p, &args));
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    return sql_call_of(p, name, &args, start, ret);
}

static vonk_status parse_by_keyword(parser *p, vonk_keyword keyword, int32_t start, vonk_expr **ret)
{
    switch (keyword) {
    case KW_EXTRACT:
        return parse_extract(p, start, ret);
    case KW_SUBSTR:
        return parse_substring(p, "substr", start, ret);
    case KW_SUBSTRING:
        return parse_substring(p, "substring", start, ret);
    case KW_POSITION:
        return parse_position(p, start, ret);
    case KW_TRIM:
        return parse_trim(p, start, ret);
    case KW_OVERLAY:
        return parse_overlay(p, start, ret);
    case KW_TIMESTAMPADD:
    case KW_DATEADD:
    case KW_DATE_ADD:
        return parse_unit_call(p, "timestampadd", start, ret);
    case KW_TIMESTAMPDIFF:
    case KW_DATEDIFF:
    case KW_DATE_DIFF:
        return parse_unit_call(p, "timestampdiff", start, ret);
    default:
        return VONK_OK;
    }
}

vonk_status sql_parse_special_call(parser *p, vonk_expr **ret)
{
    uint32_t before = p->pos;
    vonk_keyword keyword = sql_peek(p)->kind == TOK_WORD ? sql_peek(p)->keyword : KW_NONE;
    vonk_token_kind inside = sql_peek_at(p, 2)->kind;
    *ret = NULL;
    if ((keyword == KW_NONE && !sql_is_text(p, "TIMEDIFF")) ||
        sql_peek_at(p, 1)->kind != TOK_LPAREN || inside == TOK_RPAREN)
        return VONK_OK;
    bool is_timediff = sql_is_text(p, "TIMEDIFF");
    int32_t start = sql_next(p)->start;
    sql_next(p);
    if (is_timediff)
        VONK_TRY(parse_unit_call(p, "timestampdiff", start, ret));
    else
        VONK_TRY(parse_by_keyword(p, keyword, start, ret));
    if (!*ret)
        p->pos = before;
    return VONK_OK;
}
