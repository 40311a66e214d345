/* create.c - CREATE [OR REPLACE] TEMPORARY VIEW and CREATE TABLE. */
#include "sql/parser.h"

#include <string.h>

/* a.b or 'a.b' */
static vonk_status parse_option_key(parser *p, const char **ret)
{
    const char **parts, *key;
    uint32_t n;
    if (sql_is_kind(p, TOK_STRING)) {
        vonk_slice text = {0};
        VONK_TRY(sql_unescape(p, 1, &text)); /* the next one is the value, not more of the key */
        *ret = text.data;
        return VONK_OK;
    }
    VONK_TRY(sql_parse_parts(p, &parts, &n));
    key = parts[0];
    for (uint32_t i = 1; i < n; i++) {
        key = vonk_arena_printf(p->arena, p->err, "%s.%s", key, parts[i]);
        VONK_TRY_ALLOC(key);
    }
    *ret = key;
    return VONK_OK;
}

/* 'text', 12, -1.5, true: as text */
static vonk_status parse_option_value(parser *p, const char **ret)
{
    const vonk_token *token = sql_peek(p);
    if (token->kind == TOK_STRING)
        return sql_parse_text(p, ret);
    bool truth = sql_is_word(p, KW_TRUE) || sql_is_word(p, KW_FALSE);
    bool sign = token->kind == TOK_MINUS;
    if (!truth && !vonk_token_is_number((vonk_token_kind)sql_peek_at(p, sign)->kind))
        return sql_syntax_error(p);
    if (sign)
        sql_next(p);
    sql_next(p);
    if (truth) {
        *ret = token->keyword == KW_TRUE ? "true" : "false";
        return VONK_OK;
    }
    *ret = vonk_arena_strndup(p->arena, p->text.data + token->start,
                              (size_t)(sql_last_end(p) - token->start), p->err);
    VONK_TRY_ALLOC(*ret);
    return VONK_OK;
}

vonk_status sql_parse_options(parser *p, vonk_options *ret)
{
    list options = {0};
    VONK_TRY(sql_expect(p, TOK_LPAREN));
    do {
        vonk_option *option = VONK_NEW(p->arena, vonk_option, p->err);
        VONK_TRY_ALLOC(option);
        VONK_TRY(parse_option_key(p, &option->key));
        (void)sql_accept(p, TOK_EQ);
        VONK_TRY(parse_option_value(p, &option->value));
        VONK_TRY(sql_push(p, &options, option));
    } while (sql_accept(p, TOK_COMMA));
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    vonk_option *items = VONK_NEW_ARRAY(p->arena, vonk_option, options.n, p->err);
    VONK_TRY_ALLOC(items);
    for (uint32_t i = 0; i < options.n; i++)
        items[i] = *(vonk_option *)options.items[i];
    *ret = (vonk_options){options.n, items};
    return VONK_OK;
}

/* [AS] query, as the child, with its text. */
static vonk_status parse_as_query(parser *p, vonk_plan *plan)
{
    int32_t start = sql_peek(p)->start;
    plan->children = VONK_NEW_ARRAY(p->arena, vonk_plan *, 1, p->err);
    VONK_TRY_ALLOC(plan->children);
    plan->n_children = 1;
    VONK_TRY(sql_parse_query(p, &plan->children[0]));
    plan->sql_text = vonk_arena_strndup(p->arena, p->text.data + start,
                                        (size_t)(sql_last_end(p) - start), p->err);
    VONK_TRY_ALLOC(plan->sql_text);
    return VONK_OK;
}

/* (a COMMENT 'x', b): names of a view's columns */
static vonk_status parse_view_names(parser *p, vonk_plan *plan)
{
    list names = {0};
    VONK_TRY(sql_expect(p, TOK_LPAREN));
    do {
        const char *name, *comment;
        VONK_TRY(sql_parse_identifier(p, &name));
        VONK_TRY(sql_push(p, &names, name));
        if (sql_accept_word(p, KW_COMMENT))
            VONK_TRY(sql_parse_text(p, &comment));
    } while (sql_accept(p, TOK_COMMA));
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    plan->column_names = (const char **)names.items;
    plan->n_column_names = names.n;
    return VONK_OK;
}

/* At '(': definitions with types (a view USING a format), not names alone. */
static bool at_definitions(const parser *p)
{
    vonk_token_kind after = sql_peek_at(p, 2)->kind;
    return sql_is_kind(p, TOK_LPAREN) && after != TOK_COMMA && after != TOK_RPAREN &&
           !sql_is_word_at(p, 2, KW_COMMENT);
}

static vonk_status parse_view_columns(parser *p, vonk_plan *plan)
{
    if (!sql_is_kind(p, TOK_LPAREN))
        return VONK_OK;
    return at_definitions(p) ? sql_parse_columns(p, &plan->schema) : parse_view_names(p, plan);
}

/* Behind VIEW: name [columns] USING format [OPTIONS] | AS query */
static vonk_status parse_view(parser *p, vonk_plan *plan)
{
    plan->kind = VONK_PLAN_CREATE_VIEW;
    plan->is_view = true;
    if (sql_is_word(p, KW_IF) && sql_is_word_at(p, 1, KW_NOT)) {
        vonk_status status =
            vonk_fail_sql(p->err, "_LEGACY_ERROR_TEMP_0053",
                          "It is not allowed to define a TEMPORARY view with IF NOT EXISTS.");
        return vonk_error_at(p->err, status, sql_peek(p)->start, sql_peek_at(p, 2)->end);
    }
    VONK_TRY(sql_parse_parts(p, &plan->name_parts, &plan->n_name_parts));
    VONK_TRY(parse_view_columns(p, plan));
    if (sql_accept_word(p, KW_USING)) {
        VONK_TRY(sql_parse_identifier(p, &plan->format));
        if (sql_accept_word(p, KW_OPTIONS))
            VONK_TRY(sql_parse_options(p, &plan->options));
        return VONK_OK;
    }
    if (plan->schema)
        return sql_syntax_error(p);
    for (;;) {
        const char *comment = NULL;
        vonk_options properties;
        if (sql_accept_word(p, KW_COMMENT))
            VONK_TRY(sql_parse_text(p, &comment));
        else if (sql_accept_word(p, KW_TBLPROPERTIES))
            VONK_TRY(sql_parse_options(p, &properties));
        else
            break;
    }
    VONK_TRY(sql_expect_word(p, KW_AS));
    return parse_as_query(p, plan);
}

/* OPTIONS, LOCATION, COMMENT, TBLPROPERTIES in any order; *ret_found is false at anything else. */
static vonk_status parse_table_clause(parser *p, vonk_plan *plan, bool *ret_found)
{
    const char *comment = NULL;
    vonk_options properties;
    *ret_found = true;
    if (sql_accept_word(p, KW_OPTIONS))
        return sql_parse_options(p, &plan->options);
    if (sql_accept_word(p, KW_LOCATION))
        return sql_parse_text(p, &plan->path);
    if (sql_accept_word(p, KW_COMMENT))
        return sql_parse_text(p, &comment);
    if (sql_accept_word(p, KW_TBLPROPERTIES))
        return sql_parse_options(p, &properties);
    if (sql_is_word(p, KW_PARTITIONED))
        return sql_unsupported(p, sql_peek(p), "PARTITIONED BY");
    if (sql_is_text(p, "CLUSTERED") || sql_is_word(p, KW_CLUSTER) || sql_is_text(p, "SKEWED"))
        return sql_unsupported(p, sql_peek(p), "CLUSTERED BY, CLUSTER BY and SKEWED BY");
    if (sql_is_word(p, KW_STORED) || sql_is_text(p, "ROW"))
        return sql_unsupported(p, sql_peek(p), "Hive formats; write USING format");
    *ret_found = false;
    return VONK_OK;
}

/* Behind TABLE: name [(columns)] [USING format] clauses [[AS] query] */
static vonk_status parse_table(parser *p, vonk_plan *plan)
{
    bool found;
    plan->kind = VONK_PLAN_CREATE_TABLE;
    if (sql_is_word(p, KW_IF) && sql_is_word_at(p, 1, KW_NOT) && sql_is_word_at(p, 2, KW_EXISTS)) {
        plan->if_not_exists = true;
        p->pos += 3;
    }
    VONK_TRY(sql_parse_parts(p, &plan->name_parts, &plan->n_name_parts));
    if (sql_is_word(p, KW_LIKE))
        return sql_unsupported(p, sql_peek(p), "CREATE TABLE LIKE");
    if (sql_is_kind(p, TOK_LPAREN))
        VONK_TRY(sql_parse_columns(p, &plan->schema));
    if (sql_accept_word(p, KW_USING))
        VONK_TRY(sql_parse_identifier(p, &plan->format));
    do {
        VONK_TRY(parse_table_clause(p, plan, &found));
    } while (found);
    bool as = sql_accept_word(p, KW_AS);
    if (!as && !sql_at_query(p) && !sql_is_kind(p, TOK_LPAREN))
        return VONK_OK;
    if (plan->schema) {
        vonk_status status = vonk_fail_sql(
            p->err, "INVALID_SQL_SYNTAX.CREATE_TABLE_AS_WITH_COLUMNS",
            "Schema may not be specified in a Create Table As Select (CTAS) statement.");
        return vonk_error_at(p->err, status, plan->start, sql_last_end(p));
    }
    return parse_as_query(p, plan);
}

/* CREATE TEMPORARY TABLE t USING f is an old way to write a view. */
static vonk_status parse_temporary_table(parser *p, vonk_plan *plan)
{
    const vonk_token *table = &p->tokens[p->pos - 1];
    VONK_TRY(parse_table(p, plan));
    if (plan->n_children) {
        vonk_status status =
            vonk_fail_sql(p->err, "_LEGACY_ERROR_TEMP_0035",
                          "Operation not allowed: CREATE TEMPORARY TABLE ... AS ..., use CREATE "
                          "TEMPORARY VIEW instead.");
        return vonk_error_at(p->err, status, plan->start, table->end);
    }
    if (plan->if_not_exists) {
        vonk_status status = vonk_fail_sql(
            p->err, "INVALID_STATEMENT_OR_CLAUSE",
            "The statement or clause: CREATE TEMPORARY TABLE ... IF NOT EXISTS is not valid.");
        return vonk_error_at(p->err, status, plan->start, sql_last_end(p));
    }
    plan->kind = VONK_PLAN_CREATE_VIEW;
    plan->is_view = true;
    return VONK_OK;
}

vonk_status sql_parse_create(parser *p, vonk_plan **ret)
{
    vonk_plan *plan = NULL;
    const vonk_token *first = sql_next(p);
    VONK_TRY(sql_new_plan(p, VONK_PLAN_CREATE_VIEW, NULL, first->start, &plan));
    if (first->keyword == KW_REPLACE)
        plan->replace = true;
    else if (sql_is_word(p, KW_OR) && sql_is_word_at(p, 1, KW_REPLACE)) {
        p->pos += 2;
        plan->replace = true;
    }
    if (sql_is_word(p, KW_GLOBAL))
        return sql_unsupported(p, sql_peek(p), "global temporary views");
    plan->temporary = sql_accept_word(p, KW_TEMPORARY) || sql_accept_word(p, KW_TEMP);
    const vonk_token *what = sql_peek(p);
    if (sql_accept_word(p, KW_VIEW)) {
        if (!plan->temporary)
            return sql_is_kind(p, TOK_END)
                       ? sql_syntax_error(p)
                       : sql_unsupported(p, what, "views that are not TEMPORARY");
        VONK_TRY(parse_view(p, plan));
    } else if (sql_accept_word(p, KW_TABLE)) {
        VONK_TRY(plan->temporary ? parse_temporary_table(p, plan) : parse_table(p, plan));
    } else if (what->kind == TOK_WORD && sql_peek_at(p, 1)->kind == TOK_WORD &&
               (sql_is_word(p, KW_FUNCTION) || sql_is_word(p, KW_DATABASE) ||
                sql_is_text(p, "SCHEMA") || sql_is_text(p, "NAMESPACE") ||
                sql_is_text(p, "EXTERNAL") || sql_is_text(p, "INDEX"))) {
        return sql_unsupported(p, what, "this CREATE");
    } else {
        return sql_syntax_error(p);
    }
    sql_end_plan(p, plan);
    *ret = plan;
    return VONK_OK;
}
