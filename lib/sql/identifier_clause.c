/* identifier_clause.c - IDENTIFIER('a.b'): a constant text in the place of a name. */
#include "sql/parser.h"

bool sql_at_identifier_clause(const parser *p)
{
    return sql_is_kind(p, TOK_WORD) && sql_is_text(p, "IDENTIFIER") &&
           sql_peek_at(p, 1)->kind == TOK_LPAREN;
}

static vonk_status fail_type(parser *p, const vonk_expr *e)
{
    vonk_buffer value = {0}, type = {0};
    vonk_expr_print(e, false, &value);
    vonk_type_print(e->type, &type);
    vonk_status status = vonk_fail_sql(
        p->err, "NOT_A_CONSTANT_STRING.WRONG_TYPE",
        "The expression %.300s used for the routine or clause IDENTIFIER must be a constant STRING "
        "which is NOT NULL. The data type of the expression is %s.",
        vonk_buffer_str(&value), vonk_buffer_str(&type));
    vonk_buffer_free(&value);
    vonk_buffer_free(&type);
    return vonk_error_at(p->err, status, e->start, e->end);
}

static vonk_status fail_not_constant(parser *p, const vonk_expr *e)
{
    vonk_buffer value = {0};
    vonk_expr_print(e, false, &value);
    vonk_status status = vonk_fail_sql(
        p->err, "NOT_A_CONSTANT_STRING.NOT_CONSTANT",
        "The expression %.300s used for the routine or clause IDENTIFIER must be a constant STRING "
        "which is NOT NULL. To be considered constant the expression must not depend on any "
        "columns, contain a subquery, or invoke a non deterministic function such as rand().",
        vonk_buffer_str(&value));
    vonk_buffer_free(&value);
    return vonk_error_at(p->err, status, e->start, e->end);
}

/* Appends the text of a literal, or of literals joined by ||. */
static vonk_status fold(parser *p, const vonk_token *token, const vonk_expr *e, vonk_buffer *out)
{
    if (e->kind == VONK_EXPR_LITERAL) {
        if (e->value.is_null || e->type.id != VONK_STRING)
            return fail_type(p, e);
        vonk_buffer_append(out, e->value.string.data, e->value.string.length);
        return vonk_buffer_check(out, p->err);
    }
    if (e->kind == VONK_EXPR_NAME || e->kind == VONK_EXPR_SUBQUERY)
        return fail_not_constant(p, e);
    if (!vonk_expr_is_call(e, "concat") && !vonk_expr_is_call(e, "||"))
        return sql_unsupported(p, token, "IDENTIFIER of anything but texts joined by ||");
    for (uint32_t i = 0; i < e->n_args; i++)
        VONK_TRY(fold(p, token, e->args[i], out));
    return VONK_OK;
}

static vonk_status parse_text(parser *p, vonk_slice *ret)
{
    const vonk_token *token = sql_next(p);
    vonk_expr *e = NULL;
    vonk_buffer text = {0};
    VONK_TRY(sql_expect(p, TOK_LPAREN));
    VONK_TRY(sql_parse_expr(p, &e));
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    VONK_TRY(sql_check_expr_height(p, e)); /* fold() recurses */
    vonk_status status = fold(p, token, e, &text);
    char *copy = NULL;
    if (status == VONK_OK)
        copy = vonk_arena_strndup(p->arena, vonk_buffer_str(&text), text.length, p->err);
    *ret = (vonk_slice){copy, text.length};
    vonk_buffer_free(&text);
    VONK_TRY(status);
    return copy ? VONK_OK : VONK_NO_MEMORY;
}

vonk_status sql_parse_identifier_clause(parser *p, const char ***ret, uint32_t *ret_n)
{
    int32_t start = sql_peek(p)->start;
    vonk_slice text = {0};
    VONK_TRY(sql_enter(p));
    VONK_TRY(parse_text(p, &text));
    vonk_status status = sql_parse_name_text(p, text, ret, ret_n);
    sql_leave(p);
    if (status == VONK_USER && p->err) /* it counts from the text's start */
        p->err->position = p->err->position_end = -1;
    return vonk_error_at(p->err, status, start, sql_last_end(p));
}
