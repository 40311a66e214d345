/* type.c - types and column definitions: finds where a type ends, column/type.h reads it. */
#include "sql/parser.h"

/* Behind ARRAY, MAP or STRUCT and at '<': moves behind the '>' that closes it. */
static vonk_status skip_angles(parser *p)
{
    int32_t level = 0;
    do {
        const vonk_token *token = sql_next(p);
        switch ((vonk_token_kind)token->kind) {
        case TOK_LT:
            level++;
            break;
        case TOK_GT:
            level--;
            break;
        case TOK_SHIFT_RIGHT:
            level -= 2;
            break;
        case TOK_SHIFT_RIGHT_UNSIGNED:
            level -= 3;
            break;
        case TOK_END:
        case TOK_ERROR:
        case TOK_SEMICOLON:
            return sql_syntax_error_at(p, token);
        default:
            break;
        }
    } while (level > 0);
    return VONK_OK;
}

/* (10, 2) */
static vonk_status skip_sizes(parser *p)
{
    VONK_TRY(sql_expect(p, TOK_LPAREN));
    do {
        VONK_TRY(sql_expect(p, TOK_INTEGER));
    } while (sql_accept(p, TOK_COMMA));
    return sql_expect(p, TOK_RPAREN);
}

vonk_status sql_parse_type(parser *p, vonk_type *ret)
{
    const vonk_token *token = sql_peek(p);
    if (!sql_at_identifier(p))
        return sql_syntax_error(p);
    sql_next(p);
    bool nested =
        token->keyword == KW_ARRAY || token->keyword == KW_MAP || token->keyword == KW_STRUCT;
    if (token->kind == TOK_WORD && nested && sql_is_kind(p, TOK_LT)) {
        VONK_TRY(skip_angles(p));
    } else if (sql_is_kind(p, TOK_LPAREN)) {
        VONK_TRY(skip_sizes(p));
    } else if (token->kind == TOK_WORD && token->keyword == KW_INTERVAL &&
               sql_is_kind(p, TOK_WORD)) {
        sql_next(p);
        if (sql_accept_word(p, KW_TO))
            sql_next(p);
    }
    vonk_slice text = {p->text.data + token->start, (size_t)(sql_last_end(p) - token->start)};
    vonk_status status = vonk_type_parse(text, p->arena, ret, p->err);
    if (status != VONK_OK && p->err) /* a position inside the type counts from its start */
        p->err->position = p->err->position_end = -1;
    return vonk_error_at(p->err, status, token->start, sql_last_end(p));
}

static vonk_status parse_column(parser *p, vonk_field *field)
{
    field->nullable = true;
    VONK_TRY(sql_parse_identifier(p, &field->name));
    (void)sql_accept(p, TOK_COLON);
    VONK_TRY(sql_parse_type(p, &field->type));
    for (;;) {
        const char *comment;
        if (sql_accept_word(p, KW_NOT) || sql_accept(p, TOK_BANG)) {
            VONK_TRY(sql_expect_word(p, KW_NULL));
            field->nullable = false;
        } else if (sql_accept_word(p, KW_COMMENT)) {
            VONK_TRY(sql_parse_text(p, &comment));
        } else if (sql_is_word(p, KW_DEFAULT)) {
            return sql_unsupported(p, sql_peek(p), "DEFAULT of a column");
        } else if (sql_is_text(p, "GENERATED")) {
            return sql_unsupported(p, sql_peek(p), "generated columns");
        } else {
            return VONK_OK;
        }
    }
}

vonk_status sql_parse_columns(parser *p, vonk_schema **ret)
{
    list fields = {0};
    VONK_TRY(sql_expect(p, TOK_LPAREN));
    do {
        vonk_field *field = VONK_NEW(p->arena, vonk_field, p->err);
        VONK_TRY_ALLOC(field);
        VONK_TRY(parse_column(p, field));
        VONK_TRY(sql_push(p, &fields, field));
    } while (sql_accept(p, TOK_COMMA));
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    vonk_schema *schema = VONK_NEW(p->arena, vonk_schema, p->err);
    VONK_TRY_ALLOC(schema);
    schema->n_fields = fields.n;
    schema->fields = VONK_NEW_ARRAY(p->arena, vonk_field, fields.n, p->err);
    VONK_TRY_ALLOC(schema->fields);
    for (uint32_t i = 0; i < fields.n; i++)
        schema->fields[i] = *(vonk_field *)fields.items[i];
    *ret = schema;
    return VONK_OK;
}
