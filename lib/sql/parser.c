/* parser.c - tokens, names, errors: what every rule of the parser uses, and the way in. */
#include "sql/parser.h"

#include <string.h>

#include "sql/parse.h"

const vonk_token *sql_peek_at(const parser *p, uint32_t ahead)
{
    uint32_t i = p->pos;
    while (ahead-- && p->tokens[i].kind != TOK_END)
        i++;
    return &p->tokens[i];
}

const vonk_token *sql_peek(const parser *p)
{
    return &p->tokens[p->pos];
}

const vonk_token *sql_next(parser *p)
{
    const vonk_token *token = sql_peek(p);
    if (token->kind != TOK_END)
        p->pos++;
    return token;
}

bool sql_is_kind(const parser *p, vonk_token_kind kind)
{
    return sql_peek(p)->kind == kind;
}

bool sql_is_word_at(const parser *p, uint32_t ahead, vonk_keyword keyword)
{
    const vonk_token *token = sql_peek_at(p, ahead);
    return token->kind == TOK_WORD && token->keyword == keyword;
}

bool sql_is_word(const parser *p, vonk_keyword keyword)
{
    return sql_is_word_at(p, 0, keyword);
}

bool sql_accept(parser *p, vonk_token_kind kind)
{
    if (!sql_is_kind(p, kind))
        return false;
    sql_next(p);
    return true;
}

bool sql_accept_word(parser *p, vonk_keyword keyword)
{
    if (!sql_is_word(p, keyword))
        return false;
    sql_next(p);
    return true;
}

bool sql_is_text(const parser *p, const char *upper)
{
    return sql_is_kind(p, TOK_WORD) &&
           vonk_slice_equal_nocase(sql_token_text(p, sql_peek(p)), vonk_slice_of(upper));
}

bool sql_accept_text(parser *p, const char *upper)
{
    if (!sql_is_text(p, upper))
        return false;
    sql_next(p);
    return true;
}

vonk_status sql_expect(parser *p, vonk_token_kind kind)
{
    return sql_accept(p, kind) ? VONK_OK : sql_syntax_error(p);
}

vonk_status sql_expect_word(parser *p, vonk_keyword keyword)
{
    return sql_accept_word(p, keyword) ? VONK_OK : sql_syntax_error(p);
}

vonk_slice sql_token_text(const parser *p, const vonk_token *token)
{
    return (vonk_slice){p->text.data + token->start, (size_t)(token->end - token->start)};
}

int32_t sql_last_end(const parser *p)
{
    return p->pos ? p->tokens[p->pos - 1].end : sql_peek(p)->start;
}

void sql_report_syntax(parser *p, const vonk_token *token)
{
    vonk_status status;
    vonk_slice text = sql_token_text(p, token);
    if (token->kind == TOK_END)
        status =
            vonk_fail_sql(p->err, "PARSE_SYNTAX_ERROR", "Syntax error at or near end of input.");
    else
        status = vonk_fail_sql(p->err, "PARSE_SYNTAX_ERROR", "Syntax error at or near '%.*s'.",
                               text.length > 200 ? 200 : (int)text.length, text.data);
    (void)vonk_error_at(p->err, status, token->start, token->end);
}

void sql_report_unsupported(parser *p, const vonk_token *token, const char *what)
{
    vonk_status status =
        vonk_fail_sql(p->err, "UNSUPPORTED_FEATURE", "The feature is not supported: %s.", what);
    (void)vonk_error_at(p->err, status, token->start, token->end);
}

vonk_status sql_enter(parser *p)
{
    if (++p->depth <= MAX_NESTING)
        return VONK_OK;
    const vonk_token *token = sql_peek(p);
    vonk_status status =
        vonk_fail_sql(p->err, "FAILED_TO_PARSE_TOO_COMPLEX",
                      "The statement was too complex to parse: it is nested deeper than %d levels. "
                      "To mitigate this error divide the statement into multiple, less complex "
                      "chunks.",
                      MAX_NESTING);
    return vonk_error_at(p->err, status, token->start, token->end);
}

void sql_leave(parser *p)
{
    p->depth--;
}

vonk_status sql_push(parser *p, list *items, const void *item)
{
    if (items->n == items->capacity) {
        uint32_t capacity = items->capacity ? items->capacity * 2 : 4;
        void **grown = VONK_NEW_ARRAY(p->arena, void *, capacity, p->err);
        VONK_TRY_ALLOC(grown);
        if (items->n)
            memcpy(grown, items->items, items->n * sizeof(void *));
        items->items = grown;
        items->capacity = capacity;
    }
    memcpy(&items->items[items->n++], &item, sizeof(item)); /* const is the reader's affair */
    return VONK_OK;
}

bool sql_at_identifier(const parser *p)
{
    return sql_is_kind(p, TOK_WORD) || sql_is_kind(p, TOK_QUOTED);
}

/* The name between backquotes; a doubled one stands for one. */
static vonk_status quoted_name(parser *p, const vonk_token *token, const char **ret)
{
    vonk_slice text = sql_token_text(p, token);
    char *name = vonk_arena_strndup(p->arena, text.data + 1, text.length - 2, p->err);
    VONK_TRY_ALLOC(name);
    char *to = name;
    for (const char *from = name; *from; from++) {
        *to++ = *from;
        if (*from == '`')
            from++;
    }
    *to = '\0';
    *ret = name;
    return VONK_OK;
}

vonk_status sql_parse_identifier(parser *p, const char **ret)
{
    const vonk_token *token = sql_peek(p);
    if (!sql_at_identifier(p))
        return sql_syntax_error(p);
    sql_next(p);
    if (token->kind == TOK_QUOTED)
        return quoted_name(p, token, ret);
    vonk_slice text = sql_token_text(p, token);
    for (size_t i = 0; i < text.length; i++) {
        if ((unsigned char)text.data[i] < 0x80)
            continue;
        vonk_status status = vonk_fail_sql(
            p->err, "INVALID_IDENTIFIER",
            "The unquoted identifier %.*s is invalid and must be back quoted as: `%.*s`.",
            (int)(text.length > 200 ? 200 : text.length), text.data,
            (int)(text.length > 200 ? 200 : text.length), text.data);
        return vonk_error_at(p->err, status, token->start, token->end);
    }
    const char *name = vonk_arena_strndup(p->arena, text.data, text.length, p->err);
    VONK_TRY_ALLOC(name);
    *ret = name;
    return VONK_OK;
}

vonk_status sql_parse_parts(parser *p, const char ***ret, uint32_t *ret_n)
{
    list parts = {0};
    if (sql_at_identifier_clause(p))
        return sql_parse_identifier_clause(p, ret, ret_n);
    do {
        const char *name = NULL;
        VONK_TRY(sql_parse_identifier(p, &name));
        VONK_TRY(sql_push(p, &parts, name));
    } while (sql_accept(p, TOK_DOT));
    *ret = (const char **)parts.items;
    *ret_n = parts.n;
    return VONK_OK;
}

vonk_status sql_parse_bare_identifiers(parser *p, const char ***ret, uint32_t *ret_n)
{
    list names = {0};
    do {
        const char *name = NULL;
        VONK_TRY(sql_parse_identifier(p, &name));
        VONK_TRY(sql_push(p, &names, name));
    } while (sql_accept(p, TOK_COMMA));
    *ret = (const char **)names.items;
    *ret_n = names.n;
    return VONK_OK;
}

vonk_status sql_parse_identifiers(parser *p, const char ***ret, uint32_t *ret_n)
{
    VONK_TRY(sql_expect(p, TOK_LPAREN));
    VONK_TRY(sql_parse_bare_identifiers(p, ret, ret_n));
    return sql_expect(p, TOK_RPAREN);
}

vonk_status sql_unescape(parser *p, uint32_t n, vonk_slice *ret)
{
    size_t room = 1; /* for the NUL */
    for (uint32_t i = 0; i < n; i++)
        room += sql_token_text(p, sql_peek_at(p, i)).length;
    char *bytes = vonk_arena_small(p->arena, room, p->err), *end = bytes;
    VONK_TRY_ALLOC(bytes);
    for (uint32_t i = 0; i < n; i++)
        VONK_TRY(vonk_token_unescape(sql_token_text(p, sql_next(p)), p->arena, &end, p->err));
    *end = '\0';
    *ret = (vonk_slice){bytes, (size_t)(end - bytes)};
    return VONK_OK;
}

vonk_status sql_parse_string(parser *p, vonk_slice *ret)
{
    uint32_t n = 0;
    while (sql_peek_at(p, n)->kind == TOK_STRING)
        n++;
    return n ? sql_unescape(p, n, ret) : sql_syntax_error(p);
}

vonk_status sql_parse_text(parser *p, const char **ret)
{
    vonk_slice text = {0};
    VONK_TRY(sql_parse_string(p, &text));
    *ret = text.data;
    return VONK_OK;
}

/* Tokens of `text`. SET takes any text behind it, so nothing there is an error yet. */
static vonk_status start(parser *p, vonk_slice text, vonk_arena *arena, vonk_error *err)
{
    bool unclosed = false;
    *p = (parser){.text = text, .arena = arena, .err = err};
    VONK_TRY(vonk_tokens(text, arena, &p->tokens, &unclosed, err));
    if (unclosed && !sql_is_word(p, KW_SET)) {
        vonk_status status = vonk_fail_sql(err, "UNCLOSED_BRACKETED_COMMENT",
                                           "Found an unclosed bracketed comment. Please, append "
                                           "*/ at the end of the comment.");
        return vonk_error_at(err, status, (int32_t)text.length, (int32_t)text.length);
    }
    return VONK_OK;
}

static bool is_blank(vonk_slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c != ' ' && !(c >= '\t' && c <= '\r'))
            return false;
    }
    return true;
}

static vonk_status fail_empty(vonk_slice text, vonk_error *err)
{
    vonk_status status =
        vonk_fail_sql(err, "PARSE_EMPTY_STATEMENT", "Syntax error, unexpected empty statement.");
    return vonk_error_at(err, status, 0, (int32_t)(text.length < INT32_MAX ? text.length : 0));
}

vonk_status sql_parse_name_text(parser *p, vonk_slice text, const char ***ret, uint32_t *ret_n)
{
    parser inner;
    if (is_blank(text))
        return fail_empty(text, p->err);
    VONK_TRY(start(&inner, text, p->arena, p->err));
    inner.depth = p->depth;
    VONK_TRY(sql_parse_parts(&inner, ret, ret_n));
    if (sql_is_kind(&inner, TOK_END))
        return VONK_OK;
    vonk_slice rest = sql_token_text(&inner, sql_peek(&inner));
    int n = rest.length > 100 ? 100 : (int)rest.length;
    return vonk_fail_sql(p->err, "PARSE_SYNTAX_ERROR",
                         "Syntax error at or near '%.*s': extra input '%.*s'.", n, rest.data, n,
                         rest.data);
}

vonk_status vonk_sql_parse(vonk_slice text, vonk_arena *arena, vonk_plan **ret, vonk_error *err)
{
    parser p;
    if (is_blank(text))
        return fail_empty(text, err);
    VONK_TRY(start(&p, text, arena, err));
    vonk_plan *plan = NULL;
    VONK_TRY(sql_parse_statement(&p, &plan));
    while (sql_accept(&p, TOK_SEMICOLON))
        continue;
    if (!sql_is_kind(&p, TOK_END))
        return sql_syntax_error(&p);
    VONK_TRY(sql_check_plan_height(&p, plan));
    *ret = plan;
    return VONK_OK;
}

vonk_status vonk_sql_parse_expr(vonk_slice text, vonk_arena *arena, vonk_expr **ret,
                                vonk_error *err)
{
    parser p;
    VONK_TRY(start(&p, text, arena, err));
    vonk_expr *e = NULL;
    VONK_TRY(sql_parse_named_expr(&p, &e));
    if (!sql_is_kind(&p, TOK_END))
        return sql_syntax_error(&p);
    VONK_TRY(sql_check_expr_height(&p, e));
    *ret = e;
    return VONK_OK;
}
