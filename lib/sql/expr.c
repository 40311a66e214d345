/* expr.c - operators and predicates, by precedence. */
#include "sql/parser.h"

typedef struct binary_operator {
    const char *name;
    uint8_t token;
    uint8_t level; /* binds tighter the higher it is */
    bool negated;
} binary_operator;

#define LEVEL_LOWEST 1

static const binary_operator binary_operators[] = {
    {"=", TOK_EQ, 1, false},
    {"=", TOK_NEQ, 1, true},
    {"<=>", TOK_NULL_SAFE_EQ, 1, false},
    {"<", TOK_LT, 1, false},
    {"<=", TOK_LTE, 1, false},
    {">", TOK_GT, 1, false},
    {">=", TOK_GTE, 1, false},
    {"|", TOK_PIPE, 2, false},
    {"^", TOK_HAT, 3, false},
    {"&", TOK_AMPERSAND, 4, false},
    {"<<", TOK_SHIFT_LEFT, 5, false},
    {">>", TOK_SHIFT_RIGHT, 5, false},
    {">>>", TOK_SHIFT_RIGHT_UNSIGNED, 5, false},
    {"+", TOK_PLUS, 6, false},
    {"-", TOK_MINUS, 6, false},
    {"concat", TOK_CONCAT, 6, false},
    {"*", TOK_STAR, 7, false},
    {"/", TOK_SLASH, 7, false},
    {"%", TOK_PERCENT, 7, false},
};
static const binary_operator div_operator = {"div", TOK_WORD, 7, false};

vonk_status sql_finish(parser *p, vonk_expr *e, int32_t start, vonk_expr **ret)
{
    VONK_TRY_ALLOC(e);
    e->start = start;
    e->end = sql_last_end(p);
    *ret = e;
    return VONK_OK;
}

vonk_status sql_call_of(parser *p, const char *name, const list *args, int32_t start,
                        vonk_expr **ret)
{
    return sql_finish(
        p, vonk_expr_call(p->arena, name, args->n, (vonk_expr *const *)args->items, p->err), start,
        ret);
}

static vonk_status call1(parser *p, const char *name, vonk_expr *a, int32_t start, vonk_expr **ret)
{
    return sql_finish(p, vonk_expr_call1(p->arena, name, a, p->err), start, ret);
}

/* `start`: where `a` begins, with its parentheses. */
static vonk_status call2(parser *p, const char *name, vonk_expr *a, vonk_expr *b, int32_t start,
                         vonk_expr **ret)
{
    return sql_finish(p, vonk_expr_call2(p->arena, name, a, b, p->err), start, ret);
}

static vonk_status negate(parser *p, bool negated, int32_t start, vonk_expr **e)
{
    return negated ? call1(p, "not", *e, start, e) : VONK_OK;
}

static const binary_operator *find_operator(const parser *p)
{
    const vonk_token *token = sql_peek(p);
    if (sql_is_word(p, KW_DIV))
        return &div_operator;
    for (size_t i = 0; i < VONK_LENGTH(binary_operators); i++) {
        if (binary_operators[i].token == token->kind)
            return &binary_operators[i];
    }
    return NULL;
}

static vonk_status parse_unary(parser *p, vonk_expr **ret)
{
    const vonk_token *token = sql_peek(p);
    const char *name = token->kind == TOK_MINUS   ? "-"
                       : token->kind == TOK_PLUS  ? "+"
                       : token->kind == TOK_TILDE ? "~"
                                                  : NULL;
    bool number =
        token->kind == TOK_MINUS && vonk_token_is_number((vonk_token_kind)sql_peek_at(p, 1)->kind);
    if (!name || number)
        return sql_parse_primary(p, ret);
    sql_next(p);
    vonk_expr *arg = NULL;
    VONK_TRY(sql_enter(p));
    VONK_TRY(parse_unary(p, &arg));
    sql_leave(p);
    return call1(p, name, arg, token->start, ret);
}

static vonk_status parse_binary(parser *p, uint8_t level, vonk_expr **ret)
{
    vonk_expr *left = NULL;
    int32_t start = sql_peek(p)->start;
    VONK_TRY(parse_unary(p, &left));
    for (;;) {
        const binary_operator *op = find_operator(p);
        if (!op || op->level < level)
            break;
        sql_next(p);
        vonk_expr *right = NULL;
        VONK_TRY(parse_binary(p, (uint8_t)(op->level + 1), &right));
        VONK_TRY(call2(p, op->name, left, right, start, &left));
        VONK_TRY(negate(p, op->negated, start, &left));
    }
    *ret = left;
    return VONK_OK;
}

vonk_status sql_parse_value(parser *p, vonk_expr **ret)
{
    VONK_TRY(sql_enter(p)); /* every operand that nests comes through here */
    VONK_TRY(parse_binary(p, LEVEL_LOWEST, ret));
    sql_leave(p);
    return VONK_OK;
}

vonk_status sql_parse_exprs(parser *p, list *items)
{
    do {
        vonk_expr *e = NULL;
        VONK_TRY(sql_parse_expr(p, &e));
        VONK_TRY(sql_push(p, items, e));
    } while (sql_accept(p, TOK_COMMA));
    return VONK_OK;
}

static vonk_status parse_between(parser *p, vonk_expr *value, int32_t start, vonk_expr **ret)
{
    list args = {0};
    vonk_expr *bound = NULL;
    VONK_TRY(sql_push(p, &args, value));
    VONK_TRY(sql_parse_value(p, &bound));
    VONK_TRY(sql_push(p, &args, bound));
    VONK_TRY(sql_expect_word(p, KW_AND));
    VONK_TRY(sql_parse_value(p, &bound));
    VONK_TRY(sql_push(p, &args, bound));
    return sql_call_of(p, "between", &args, start, ret);
}

/* Behind IN: (query) or (a, b, ...). */
static vonk_status parse_in(parser *p, vonk_expr *value, int32_t start, vonk_expr **ret)
{
    const vonk_token *paren = sql_peek(p);
    VONK_TRY(sql_expect(p, TOK_LPAREN));
    if (sql_at_query(p)) {
        vonk_expr *in = vonk_expr_new(p->arena, VONK_EXPR_IN_QUERY, 1, p->err);
        VONK_TRY_ALLOC(in);
        in->args[0] = value;
        VONK_TRY(sql_parse_query(p, &in->plan));
        VONK_TRY(sql_expect(p, TOK_RPAREN));
        return sql_finish(p, in, start, ret);
    }
    if (sql_is_kind(p, TOK_RPAREN)) {
        vonk_status status =
            vonk_fail_sql(p->err, "INVALID_SQL_SYNTAX.EMPTY_IN_PREDICATE",
                          "Invalid SQL syntax: IN predicate requires at least one value. Empty IN "
                          "clauses like 'IN ()' are not allowed. Consider using 'WHERE FALSE' if "
                          "you need an always-false condition, or provide at least one value.");
        return vonk_error_at(p->err, status, paren->start, sql_peek(p)->end);
    }
    list args = {0};
    VONK_TRY(sql_push(p, &args, value));
    VONK_TRY(sql_parse_exprs(p, &args));
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    return sql_call_of(p, "in", &args, start, ret);
}

/* ANY (a, b): one LIKE each, joined by `or`; ALL: by `and`. */
static vonk_status parse_like_list(parser *p, const char *name, vonk_expr *value, int32_t start,
                                   bool negated, vonk_expr **ret)
{
    const char *joint = sql_next(p)->keyword == KW_ALL ? "and" : "or";
    list patterns = {0};
    VONK_TRY(sql_expect(p, TOK_LPAREN));
    VONK_TRY(sql_parse_exprs(p, &patterns));
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    vonk_expr *all = NULL;
    for (uint32_t i = 0; i < patterns.n; i++) {
        vonk_expr *like = NULL;
        VONK_TRY(call2(p, name, value, patterns.items[i], start, &like));
        VONK_TRY(negate(p, negated, start, &like));
        if (all) {
            VONK_TRY(call2(p, joint, all, like, start, &all));
        } else
            all = like;
    }
    *ret = all;
    return VONK_OK;
}

/* `start`: of LIKE, or of NOT LIKE. */
static vonk_status parse_escape(parser *p, int32_t start, list *args)
{
    if (!sql_accept_word(p, KW_ESCAPE))
        return VONK_OK;
    const vonk_token *token = sql_peek(p);
    vonk_slice text = {0};
    VONK_TRY(sql_parse_string(p, &text));
    if (text.length != 1) {
        vonk_status status = vonk_fail_sql(p->err, "INVALID_ESC",
                                           "Found an invalid escape string: '%.*s'. The escape "
                                           "string must contain only one character.",
                                           (int)(text.length > 100 ? 100 : text.length), text.data);
        return vonk_error_at(p->err, status, start, token->end);
    }
    vonk_expr *literal = vonk_expr_string(p->arena, text, p->err);
    VONK_TRY(sql_finish(p, literal, token->start, &literal));
    return sql_push(p, args, literal);
}

/* Behind LIKE or ILIKE. `*negated` is taken back if it was applied to each part. */
static vonk_status parse_like(parser *p, const char *name, vonk_expr *value, int32_t start,
                              bool *negated, vonk_expr **ret)
{
    bool quantified = sql_is_word(p, KW_ANY) || sql_is_word(p, KW_SOME) || sql_is_word(p, KW_ALL);
    if (quantified && sql_peek_at(p, 1)->kind == TOK_LPAREN) {
        bool each = *negated;
        *negated = false;
        return parse_like_list(p, name, value, start, each, ret);
    }
    list args = {0};
    vonk_expr *pattern = NULL;
    VONK_TRY(sql_push(p, &args, value));
    VONK_TRY(sql_parse_value(p, &pattern));
    VONK_TRY(sql_push(p, &args, pattern));
    VONK_TRY(parse_escape(p, start, &args));
    return sql_call_of(p, name, &args, start, ret);
}

/* Behind IS, which is at `start`. */
static vonk_status parse_is(parser *p, vonk_expr *value, int32_t start, vonk_expr **ret)
{
    bool negated = sql_accept_word(p, KW_NOT) || sql_accept(p, TOK_BANG);
    const vonk_token *token = sql_next(p);
    vonk_keyword keyword = token->kind == TOK_WORD ? token->keyword : KW_NONE;
    switch (keyword) {
    case KW_NULL:
    case KW_UNKNOWN:
        return call1(p, negated ? "isnotnull" : "isnull", value, start, ret);
    case KW_TRUE:
    case KW_FALSE: {
        vonk_expr *truth = vonk_expr_bool(p->arena, keyword == KW_TRUE, p->err);
        VONK_TRY(sql_finish(p, truth, token->start, &truth));
        VONK_TRY(call2(p, "<=>", value, truth, start, ret));
        return negate(p, negated, start, ret);
    }
    case KW_DISTINCT: {
        vonk_expr *other = NULL;
        VONK_TRY(sql_expect_word(p, KW_FROM));
        VONK_TRY(sql_parse_value(p, &other));
        VONK_TRY(call2(p, "<=>", value, other, start, ret));
        return negate(p, !negated, start, ret);
    }
    default:
        return sql_syntax_error_at(p, token);
    }
}

/* The keyword of a predicate at the current token: BETWEEN, IN, LIKE, ILIKE, RLIKE, or none. */
static vonk_keyword predicate_at(const parser *p, uint32_t ahead)
{
    const vonk_token *token = sql_peek_at(p, ahead);
    if (token->kind != TOK_WORD)
        return KW_NONE;
    switch ((vonk_keyword)token->keyword) {
    case KW_BETWEEN:
    case KW_IN:
    case KW_LIKE:
    case KW_ILIKE:
        return token->keyword;
    case KW_RLIKE:
    case KW_REGEXP:
        return KW_RLIKE;
    default:
        return KW_NONE;
    }
}

static vonk_status parse_predicate(parser *p, vonk_expr **ret)
{
    vonk_expr *value;
    VONK_TRY(sql_parse_value(p, &value));
    *ret = value;
    int32_t start = sql_peek(p)->start; /* for Spark a predicate begins behind its value */
    if (sql_is_word(p, KW_IS) && sql_peek_at(p, 1)->kind == TOK_WORD &&
        !sql_is_word_at(p, 1, KW_FROM)) {
        sql_next(p);
        return parse_is(p, value, start, ret);
    }
    bool negated = sql_is_word(p, KW_NOT) || sql_is_kind(p, TOK_BANG);
    vonk_keyword keyword = predicate_at(p, negated);
    if (keyword == KW_NONE)
        return VONK_OK;
    if (negated)
        sql_next(p);
    sql_next(p);
    switch (keyword) {
    case KW_BETWEEN:
        VONK_TRY(parse_between(p, value, start, ret));
        break;
    case KW_IN:
        VONK_TRY(parse_in(p, value, start, ret));
        break;
    case KW_RLIKE: {
        vonk_expr *pattern = NULL;
        VONK_TRY(sql_parse_value(p, &pattern));
        VONK_TRY(call2(p, "rlike", value, pattern, start, ret));
        break;
    }
    default:
        VONK_TRY(parse_like(p, keyword == KW_LIKE ? "like" : "ilike", value, start, &negated, ret));
        break;
    }
    return negate(p, negated, start, ret);
}

/* NOT begins a negation unless it can only be a name: `select not from t`. */
static bool at_not(const parser *p)
{
    if (sql_is_kind(p, TOK_BANG))
        return true;
    if (!sql_is_word(p, KW_NOT))
        return false;
    vonk_token_kind after = sql_peek_at(p, 1)->kind;
    return after != TOK_END && after != TOK_COMMA && after != TOK_RPAREN && after != TOK_DOT;
}

static vonk_status parse_not(parser *p, vonk_expr **ret)
{
    if (!at_not(p))
        return parse_predicate(p, ret);
    int32_t start = sql_next(p)->start;
    vonk_expr *arg = NULL;
    VONK_TRY(sql_enter(p));
    VONK_TRY(parse_not(p, &arg));
    sql_leave(p);
    return call1(p, "not", arg, start, ret);
}

/*
 * A balanced tree of items[low..high], so that a thousand ORs are no deep tree. The place of each
 * of its nodes is that of all of them, from `start`. As Spark does.
 */
static vonk_status balance(parser *p, const char *name, const list *items, uint32_t low,
                           uint32_t high, int32_t start, vonk_expr **ret)
{
    if (low == high) {
        *ret = items->items[low];
        return VONK_OK;
    }
    uint32_t middle = low + (high - low) / 2;
    vonk_expr *left = NULL, *right = NULL;
    VONK_TRY(balance(p, name, items, low, middle, start, &left));
    VONK_TRY(balance(p, name, items, middle + 1, high, start, &right));
    return call2(p, name, left, right, start, ret);
}

static vonk_status parse_and(parser *p, vonk_expr **ret)
{
    int32_t start = sql_peek(p)->start;
    VONK_TRY(parse_not(p, ret));
    if (!sql_is_word(p, KW_AND))
        return VONK_OK;
    list items = {0};
    VONK_TRY(sql_push(p, &items, *ret));
    while (sql_accept_word(p, KW_AND)) {
        VONK_TRY(parse_not(p, ret));
        VONK_TRY(sql_push(p, &items, *ret));
    }
    return balance(p, "and", &items, 0, items.n - 1, start, ret);
}

vonk_status sql_parse_expr(parser *p, vonk_expr **ret)
{
    vonk_expr *e = NULL;
    int32_t start = sql_peek(p)->start;
    VONK_TRY(parse_and(p, &e));
    if (sql_is_word(p, KW_OR)) {
        list items = {0};
        VONK_TRY(sql_push(p, &items, e));
        while (sql_accept_word(p, KW_OR)) {
            VONK_TRY(parse_and(p, &e));
            VONK_TRY(sql_push(p, &items, e));
        }
        VONK_TRY(balance(p, "or", &items, 0, items.n - 1, start, &e));
    }
    *ret = e;
    return VONK_OK;
}
