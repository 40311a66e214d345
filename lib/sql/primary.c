/* primary.c - operands: names, literals, CASE, CAST, subqueries, calls; and `::` behind them. */
#include "sql/parser.h"

/* Words that begin a clause or end an expression: names only where nothing else fits. */
static bool is_stop_word(vonk_keyword keyword)
{
    switch (keyword) {
    case KW_FROM:
    case KW_WHERE:
    case KW_GROUP:
    case KW_HAVING:
    case KW_ORDER:
    case KW_LIMIT:
    case KW_OFFSET:
    case KW_UNION:
    case KW_EXCEPT:
    case KW_INTERSECT:
    case KW_SELECT:
    case KW_WHEN:
    case KW_THEN:
    case KW_ELSE:
    case KW_END:
    case KW_AND:
    case KW_OR:
    case KW_AS:
    case KW_ON:
    case KW_USING:
    case KW_BY:
    case KW_IN:
    case KW_IS:
    case KW_BETWEEN:
    case KW_JOIN:
        return true;
    default:
        return false;
    }
}

/* The stop word at the current token is a name: `select end from t`, `order + 1`. */
static bool is_name_after_all(const parser *p)
{
    const vonk_token *after = sql_peek_at(p, 1);
    switch ((vonk_token_kind)after->kind) {
    case TOK_END:
    case TOK_COMMA:
    case TOK_RPAREN:
    case TOK_SEMICOLON:
        return !sql_is_word(p, KW_FROM);
    case TOK_DOT:
    case TOK_DOUBLE_COLON:
    case TOK_EQ:
    case TOK_NEQ:
    case TOK_LT:
    case TOK_GT:
    case TOK_LTE:
    case TOK_GTE:
    case TOK_PLUS:
    case TOK_MINUS:
    case TOK_STAR:
    case TOK_SLASH:
    case TOK_PERCENT:
        return true;
    case TOK_WORD:
        return after->keyword == KW_FROM || after->keyword == KW_AS || after->keyword == KW_IS;
    default:
        return false;
    }
}

/* EXCEPT (columns) behind a star; before a query it is the set operation. */
static bool at_star_except(parser *p)
{
    if (!sql_is_word(p, KW_EXCEPT) || sql_peek_at(p, 1)->kind != TOK_LPAREN)
        return false;
    p->pos += 2;
    bool query = sql_at_query(p);
    p->pos -= 2;
    return !query;
}

/* Behind `*`: the columns that it leaves out become its arguments, as names. */
static vonk_status parse_star(parser *p, vonk_expr *star, int32_t start, vonk_expr **ret)
{
    VONK_TRY_ALLOC(star);
    if (!at_star_except(p))
        return sql_finish(p, star, start, ret);
    list columns = {0};
    p->pos += 2;
    do {
        int32_t at = sql_peek(p)->start;
        vonk_expr *column = vonk_expr_new(p->arena, VONK_EXPR_NAME, 0, p->err);
        VONK_TRY_ALLOC(column);
        VONK_TRY(sql_parse_parts(p, &column->name_parts, &column->n_name_parts));
        VONK_TRY(sql_finish(p, column, at, &column));
        VONK_TRY(sql_push(p, &columns, column));
    } while (sql_accept(p, TOK_COMMA));
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    star->args = (vonk_expr **)columns.items;
    star->n_args = columns.n;
    return sql_finish(p, star, start, ret);
}

/* a, t.a, t.* */
static vonk_status parse_name(parser *p, vonk_expr **ret)
{
    int32_t start = sql_peek(p)->start;
    list parts = {0};
    vonk_expr_kind kind = VONK_EXPR_NAME;
    for (;;) {
        const char *name = NULL;
        if (!parts.n && sql_at_identifier_clause(p)) {
            VONK_TRY(sql_parse_identifier_clause(p, (const char ***)&parts.items, &parts.n));
            break;
        }
        VONK_TRY(sql_parse_identifier(p, &name));
        VONK_TRY(sql_push(p, &parts, name));
        if (!sql_accept(p, TOK_DOT))
            break;
        if (sql_accept(p, TOK_STAR)) {
            kind = VONK_EXPR_STAR;
            break;
        }
    }
    vonk_expr *e = vonk_expr_new(p->arena, kind, 0, p->err);
    VONK_TRY_ALLOC(e);
    e->name_parts = (const char **)parts.items;
    e->n_name_parts = parts.n;
    if (kind == VONK_EXPR_STAR)
        return parse_star(p, e, start, ret);
    return sql_finish(p, e, start, ret);
}

/* Behind CASE: [value] WHEN .. THEN .. ... [ELSE ..] END. A value is compared with each WHEN. */
static vonk_status parse_case(parser *p, int32_t start, vonk_expr **ret)
{
    list args = {0};
    vonk_expr *value = NULL, *e = NULL;
    if (!sql_is_word(p, KW_WHEN))
        VONK_TRY(sql_parse_expr(p, &value));
    if (!sql_is_word(p, KW_WHEN))
        return sql_syntax_error(p);
    while (sql_accept_word(p, KW_WHEN)) {
        VONK_TRY(sql_parse_expr(p, &e));
        if (value)
            e = vonk_expr_call2(p->arena, "=", value, e, p->err);
        VONK_TRY_ALLOC(e);
        VONK_TRY(sql_push(p, &args, e));
        VONK_TRY(sql_expect_word(p, KW_THEN));
        VONK_TRY(sql_parse_expr(p, &e));
        VONK_TRY(sql_push(p, &args, e));
    }
    bool has_else = sql_accept_word(p, KW_ELSE);
    if (has_else) {
        VONK_TRY(sql_parse_expr(p, &e));
        VONK_TRY(sql_push(p, &args, e));
    }
    VONK_TRY(sql_expect_word(p, KW_END));
    e = vonk_expr_new(p->arena, VONK_EXPR_CASE, args.n, p->err);
    VONK_TRY_ALLOC(e);
    for (uint32_t i = 0; i < args.n; i++)
        e->args[i] = args.items[i];
    e->has_else = has_else;
    for (uint32_t i = 0; value && i < args.n - has_else; i += 2) /* the equalities */
        VONK_TRY(sql_finish(p, e->args[i], start, &e->args[i]));
    return sql_finish(p, e, start, ret);
}

/* Behind CAST or TRY_CAST: (e AS type) */
static vonk_status parse_cast(parser *p, bool is_try, int32_t start, vonk_expr **ret)
{
    vonk_expr *arg = NULL;
    vonk_type type;
    VONK_TRY(sql_expect(p, TOK_LPAREN));
    VONK_TRY(sql_parse_expr(p, &arg));
    VONK_TRY(sql_expect_word(p, KW_AS));
    VONK_TRY(sql_parse_type(p, &type));
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    return sql_finish(p, vonk_expr_cast(p->arena, arg, type, is_try, p->err), start, ret);
}

/* Behind '(': a query, an expression, or a row (a, b). */
static vonk_status parse_parenthesis(parser *p, int32_t start, vonk_expr **ret)
{
    list items = {0};
    vonk_expr *e = NULL;
    if (sql_at_query(p)) {
        e = vonk_expr_new(p->arena, VONK_EXPR_SUBQUERY, 0, p->err);
        VONK_TRY_ALLOC(e);
        VONK_TRY(sql_parse_query(p, &e->plan));
        VONK_TRY(sql_expect(p, TOK_RPAREN));
        return sql_finish(p, e, start, ret);
    }
    do {
        VONK_TRY(sql_parse_named_expr(p, &e));
        VONK_TRY(sql_push(p, &items, e));
    } while (sql_accept(p, TOK_COMMA));
    if (items.n == 1 && e->kind == VONK_EXPR_ALIAS)
        return sql_syntax_error(p);
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    if (items.n > 1)
        return sql_call_of(p, "struct", &items, start, ret);
    *ret = e; /* its place is without the parentheses */
    return VONK_OK;
}

/* Behind EXISTS: (query) */
static vonk_status parse_exists(parser *p, int32_t start, vonk_expr **ret)
{
    vonk_expr *e = vonk_expr_new(p->arena, VONK_EXPR_EXISTS, 0, p->err);
    VONK_TRY_ALLOC(e);
    VONK_TRY(sql_expect(p, TOK_LPAREN));
    VONK_TRY(sql_parse_query(p, &e->plan));
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    return sql_finish(p, e, start, ret);
}

static bool at_exists(parser *p)
{
    if (!sql_is_word(p, KW_EXISTS) || sql_peek_at(p, 1)->kind != TOK_LPAREN)
        return false;
    p->pos += 2;
    bool query = sql_at_query(p);
    p->pos -= 2;
    return query;
}

/* CASE of an expression, unless it can only be a column of that name. */
static bool at_case(const parser *p)
{
    if (!sql_is_word(p, KW_CASE))
        return false;
    const vonk_token *after = sql_peek_at(p, 1);
    return !(after->kind == TOK_END || after->kind == TOK_COMMA || after->kind == TOK_RPAREN ||
             after->kind == TOK_DOT || after->keyword == KW_FROM || after->keyword == KW_END);
}

static vonk_status parse_constant(parser *p, vonk_expr **ret)
{
    const vonk_token *token = sql_next(p);
    vonk_expr *e = token->keyword == KW_NULL
                       ? vonk_expr_null(p->arena, VONK_TYPE(NULL), p->err)
                       : vonk_expr_bool(p->arena, token->keyword == KW_TRUE, p->err);
    return sql_finish(p, e, token->start, ret);
}

static bool is_constant(vonk_keyword keyword)
{
    return keyword == KW_NULL || keyword == KW_TRUE || keyword == KW_FALSE;
}

/* A word in the place of an operand. */
static vonk_status parse_word(parser *p, vonk_expr **ret)
{
    const vonk_token *token = sql_peek(p), *after = sql_peek_at(p, 1);
    vonk_keyword keyword = token->keyword;
    if (at_case(p)) {
        sql_next(p);
        return parse_case(p, token->start, ret);
    }
    if ((keyword == KW_CAST || keyword == KW_TRY_CAST) && after->kind == TOK_LPAREN) {
        sql_next(p);
        return parse_cast(p, keyword == KW_TRY_CAST, token->start, ret);
    }
    if (at_exists(p)) {
        sql_next(p);
        return parse_exists(p, token->start, ret);
    }
    if (sql_at_interval(p))
        return sql_parse_interval(p, ret);
    if (after->kind == TOK_STRING)
        return sql_parse_typed_literal(p, ret);
    if (is_constant(keyword) && after->kind != TOK_DOT)
        return parse_constant(p, ret);
    if (after->kind == TOK_LPAREN || after->kind == TOK_DOT) {
        VONK_TRY(sql_parse_call(p, ret));
        if (*ret)
            return VONK_OK;
    }
    if (after->kind == TOK_ARROW)
        return sql_unsupported(p, after, "lambda functions");
    if (is_stop_word(keyword) && !is_name_after_all(p))
        return sql_syntax_error(p);
    return parse_name(p, ret);
}

static vonk_status parse_operand(parser *p, vonk_expr **ret)
{
    const vonk_token *token = sql_peek(p);
    *ret = NULL;
    switch ((vonk_token_kind)token->kind) {
    case TOK_WORD:
        return parse_word(p, ret);
    case TOK_QUOTED:
        if (sql_peek_at(p, 1)->kind == TOK_LPAREN || sql_peek_at(p, 1)->kind == TOK_DOT) {
            VONK_TRY(sql_parse_call(p, ret));
            if (*ret)
                return VONK_OK;
        }
        return parse_name(p, ret);
    case TOK_STRING: {
        vonk_slice text = {0};
        VONK_TRY(sql_parse_string(p, &text));
        vonk_value value = {.string = text};
        return sql_finish(p, vonk_expr_literal(p->arena, VONK_TYPE(STRING), value, p->err),
                          token->start, ret);
    }
    case TOK_LPAREN:
        sql_next(p);
        return parse_parenthesis(p, token->start, ret);
    case TOK_STAR:
        sql_next(p);
        return parse_star(p, vonk_expr_new(p->arena, VONK_EXPR_STAR, 0, p->err), token->start, ret);
    case TOK_MINUS: /* of a number: parse_unary has looked */
        sql_next(p);
        return sql_parse_number(p, true, ret);
    case TOK_QUESTION:
    case TOK_COLON:
        return sql_unsupported(p, token, "parameter markers");
    default:
        if (vonk_token_is_number((vonk_token_kind)token->kind))
            return sql_parse_number(p, false, ret);
        return sql_syntax_error(p);
    }
}

vonk_status sql_parse_primary(parser *p, vonk_expr **ret)
{
    int32_t start = sql_peek(p)->start;
    vonk_expr *e = NULL;
    VONK_TRY(parse_operand(p, &e));
    for (;;) {
        if (sql_accept(p, TOK_DOUBLE_COLON)) {
            vonk_type type;
            VONK_TRY(sql_parse_type(p, &type));
            VONK_TRY(sql_finish(p, vonk_expr_cast(p->arena, e, type, false, p->err), start, &e));
        } else if (sql_is_kind(p, TOK_LBRACKET)) {
            return sql_unsupported(p, sql_peek(p), "access to elements of arrays and maps");
        } else if (sql_is_kind(p, TOK_DOT)) {
            return sql_unsupported(p, sql_peek(p), "access to fields of structs");
        } else if (sql_is_word(p, KW_COLLATE) && sql_peek_at(p, 1)->kind == TOK_WORD) {
            return sql_unsupported(p, sql_peek(p), "collations");
        } else {
            break;
        }
    }
    *ret = e;
    return VONK_OK;
}
