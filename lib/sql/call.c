/* call.c - function calls: f(a, DISTINCT b) FILTER (WHERE c), and those with a syntax of their own.
 */
#include "sql/parser.h"

#include <string.h>

/* The name of a function in lower case; what stands before `system.builtin.` goes. */
static vonk_status function_name(parser *p, const char **parts, uint32_t n, const char **ret)
{
    uint32_t first = 0;
    if (n == 3 && vonk_slice_equal_nocase(vonk_slice_of(parts[0]), VONK_SLICE("system")))
        first = 1;
    if (n - first == 2 &&
        vonk_slice_equal_nocase(vonk_slice_of(parts[first]), VONK_SLICE("builtin")))
        first++;
    vonk_buffer text = {0};
    for (uint32_t i = first; i < n; i++) {
        if (i > first)
            vonk_buffer_char(&text, '.');
        vonk_buffer_text(&text, parts[i]);
    }
    vonk_status status = vonk_buffer_check(&text, p->err);
    char *name = NULL;
    if (status == VONK_OK)
        name = vonk_arena_strndup(p->arena, vonk_buffer_str(&text), text.length, p->err);
    vonk_buffer_free(&text);
    VONK_TRY(status);
    VONK_TRY_ALLOC(name);
    for (char *c = name; *c; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    }
    *ret = name;
    return VONK_OK;
}

/* Of first and its like IGNORE NULLS becomes a second argument, as in first(a, true). */
static bool takes_nulls_flag(const vonk_expr *call)
{
    static const char *const names[] = {"first", "first_value", "last", "last_value", "any_value"};
    for (size_t i = 0; i < VONK_LENGTH(names); i++) {
        if (strcmp(call->name, names[i]) == 0)
            return true;
    }
    return false;
}

static vonk_status parse_nulls_option(parser *p, vonk_expr **call)
{
    bool ignore = sql_is_word(p, KW_IGNORE);
    if (!(ignore || sql_is_word(p, KW_RESPECT)) || !sql_is_word_at(p, 1, KW_NULLS))
        return VONK_OK;
    const vonk_token *token = sql_next(p);
    sql_next(p);
    if (!takes_nulls_flag(*call)) {
        (*call)->ignores_nulls = ignore;
        return VONK_OK;
    }
    if (!ignore || (*call)->n_args != 1)
        return ignore ? sql_unsupported(p, token, "IGNORE NULLS here") : VONK_OK;
    vonk_expr *args[2] = {(*call)->args[0], vonk_expr_bool(p->arena, true, p->err)};
    vonk_expr *e = vonk_expr_call(p->arena, (*call)->name, 2, args, p->err);
    VONK_TRY_ALLOC(e);
    e->distinct = (*call)->distinct;
    e->filter = (*call)->filter;
    return sql_finish(p, e, (*call)->start, call);
}

/* string(a) and so on: a cast that Spark leaves out of column names, as an implicit one. */
static vonk_status cast_call(parser *p, vonk_expr **call)
{
    static const struct {
        const char *name;
        vonk_type type;
    } types[] = {
        {"boolean", VONK_TYPE(BOOL)},   {"tinyint", VONK_TYPE(INT8)},
        {"smallint", VONK_TYPE(INT16)}, {"int", VONK_TYPE(INT32)},
        {"bigint", VONK_TYPE(INT64)},   {"float", VONK_TYPE(FLOAT32)},
        {"double", VONK_TYPE(FLOAT64)}, {"decimal", VONK_TYPE_DECIMAL(10, 0)},
        {"date", VONK_TYPE(DATE)},      {"timestamp", VONK_TYPE(TIMESTAMP)},
        {"binary", VONK_TYPE(BINARY)},  {"string", VONK_TYPE(STRING)},
    };
    vonk_expr *e = *call;
    for (size_t i = 0; i < VONK_LENGTH(types) && e->n_args == 1 && !e->distinct; i++) {
        if (strcmp(e->name, types[i].name) != 0)
            continue;
        int32_t start = e->start;
        e = vonk_expr_cast(p->arena, e->args[0], types[i].type, false, p->err);
        VONK_TRY_ALLOC(e);
        e->implicit = true;
        return sql_finish(p, e, start, call);
    }
    return VONK_OK;
}

/* What may stand behind the arguments. */
static vonk_status parse_call_tail(parser *p, vonk_expr **call)
{
    if (sql_is_word(p, KW_WITHIN) && sql_is_word_at(p, 1, KW_GROUP))
        VONK_TRY(sql_parse_within_group(p, call));
    if (sql_is_word(p, KW_FILTER) && sql_peek_at(p, 1)->kind == TOK_LPAREN) {
        sql_next(p);
        sql_next(p);
        VONK_TRY(sql_expect_word(p, KW_WHERE));
        VONK_TRY(sql_parse_expr(p, &(*call)->filter));
        VONK_TRY(sql_expect(p, TOK_RPAREN));
    }
    VONK_TRY(parse_nulls_option(p, call));
    const vonk_token *over = sql_peek_at(p, 1);
    if (sql_is_word(p, KW_OVER) &&
        (over->kind == TOK_LPAREN || over->kind == TOK_WORD || over->kind == TOK_QUOTED))
        return sql_parse_over(p, call);
    (*call)->end = sql_last_end(p);
    return VONK_OK;
}

/* NAME => of an argument; *ret stays NULL if it has no name. */
static vonk_status parse_argument_name(parser *p, const char **ret)
{
    if (sql_peek_at(p, 1)->kind != TOK_FAT_ARROW)
        return VONK_OK;
    VONK_TRY(sql_parse_identifier(p, ret));
    return sql_expect(p, TOK_FAT_ARROW);
}

/* Behind '(': arguments up to ')'; `aliased`: they may have names, struct(a AS b). */
static vonk_status parse_arguments(parser *p, bool aliased, list *args, list *names)
{
    if (sql_accept(p, TOK_RPAREN))
        return VONK_OK;
    do {
        vonk_expr *arg = NULL;
        const char *name = NULL;
        VONK_TRY(parse_argument_name(p, &name));
        VONK_TRY(sql_push(p, names, name));
        VONK_TRY(aliased ? sql_parse_named_expr(p, &arg) : sql_parse_expr(p, &arg));
        VONK_TRY(sql_push(p, args, arg));
    } while (sql_accept(p, TOK_COMMA));
    if (sql_is_word(p, KW_IGNORE) || sql_is_word(p, KW_RESPECT)) { /* first(a IGNORE NULLS) */
        bool ignore = sql_next(p)->keyword == KW_IGNORE;
        VONK_TRY(sql_expect_word(p, KW_NULLS));
        vonk_expr *flag = vonk_expr_bool(p->arena, true, p->err);
        VONK_TRY_ALLOC(flag);
        if (ignore)
            VONK_TRY(sql_push(p, args, flag));
    }
    return sql_expect(p, TOK_RPAREN);
}

/* DISTINCT begins the arguments unless it is a column: count(distinct) */
static bool accept_quantifier(parser *p, vonk_keyword keyword)
{
    vonk_token_kind after = sql_peek_at(p, 1)->kind;
    if (after == TOK_RPAREN || after == TOK_COMMA || after == TOK_DOT)
        return false;
    return sql_accept_word(p, keyword);
}

/* f, a.f, IDENTIFIER('f'); not t.* */
static vonk_status parse_function_parts(parser *p, list *parts, bool *ret_is_name)
{
    *ret_is_name = true;
    if (sql_at_identifier_clause(p))
        return sql_parse_identifier_clause(p, (const char ***)&parts->items, &parts->n);
    do {
        const char *part = NULL;
        *ret_is_name = sql_at_identifier(p);
        if (!*ret_is_name)
            return VONK_OK;
        VONK_TRY(sql_parse_identifier(p, &part));
        VONK_TRY(sql_push(p, parts, part));
    } while (sql_accept(p, TOK_DOT));
    return VONK_OK;
}

/* A name that Spark's parser has, but no function: without its unit it is nothing. */
static vonk_status check_no_unit_call(parser *p, const char *name, const list *parts, int32_t start)
{
    if (strcmp(name, "timestampadd") != 0 && strcmp(name, "timestampdiff") != 0)
        return VONK_OK;
    vonk_status status = vonk_fail_sql(p->err, "UNRESOLVED_ROUTINE",
                                       "Cannot resolve routine `%s` on search path "
                                       "[`system`.`builtin`, `system`.`session`, "
                                       "`spark_catalog`.`default`].",
                                       (const char *)parts->items[parts->n - 1]);
    return vonk_error_at(p->err, status, start, sql_last_end(p));
}

vonk_status sql_parse_call(parser *p, vonk_expr **ret)
{
    uint32_t before = p->pos;
    int32_t start = sql_peek(p)->start;
    VONK_TRY(sql_parse_special_call(p, ret));
    if (*ret)
        return VONK_OK;
    list parts = {0};
    bool is_name = false;
    VONK_TRY(parse_function_parts(p, &parts, &is_name));
    if (!is_name || !sql_accept(p, TOK_LPAREN)) { /* t.a */
        p->pos = before;
        return VONK_OK;
    }
    const char *name = NULL;
    list args = {0}, names = {0};
    VONK_TRY(function_name(p, (const char **)parts.items, parts.n, &name));
    bool distinct = accept_quantifier(p, KW_DISTINCT);
    if (!distinct)
        (void)accept_quantifier(p, KW_ALL);
    VONK_TRY(parse_arguments(p, strcmp(name, "struct") == 0, &args, &names));
    VONK_TRY(check_no_unit_call(p, name, &parts, start));
    VONK_TRY(sql_order_named_args(p, name, &names, start, &args));
    vonk_expr *only = args.n == 1 ? args.items[0] : NULL;
    bool star = only && only->kind == VONK_EXPR_STAR && !only->n_name_parts && !only->n_args &&
                !distinct && strcmp(name, "count") == 0;
    if (star)
        args.n = 0;
    VONK_TRY(sql_call_of(p, name, &args, start, ret));
    (*ret)->distinct = distinct;
    (*ret)->star = star;
    VONK_TRY(parse_call_tail(p, ret));
    return (*ret)->kind == VONK_EXPR_CALL ? cast_call(p, ret) : VONK_OK;
}
