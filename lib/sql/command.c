/* command.c - which statement it is; DROP, INSERT, EXPLAIN. */
#include "sql/parser.h"

#include <string.h>

/* Spark parses these; Vonk does not run them. */
static bool is_foreign_statement(const parser *p)
{
    static const char *const words[] = {
        "ADD",    "ALTER",    "BEGIN",   "CACHE",  "CALL", "CLEAR", "COMMENT", "DECLARE",
        "DELETE", "DFS",      "EXECUTE", "LIST",   "LOAD", "MERGE", "MSCK",    "REFRESH",
        "REPAIR", "TRUNCATE", "UNCACHE", "UPDATE", "USE",  "MAP",   "REDUCE",
    };
    for (size_t i = 0; i < VONK_LENGTH(words); i++) {
        if (sql_is_text(p, words[i]) && sql_peek_at(p, 1)->kind == TOK_WORD)
            return true;
    }
    return sql_is_word(p, KW_ANALYZE) && sql_is_word_at(p, 1, KW_TABLES);
}

/* Statements that Spark's parser knows only to refuse them. */
static vonk_status check_invalid_statement(parser *p)
{
    static const char *const words[] = {"GRANT",  "REVOKE", "COMMIT", "ROLLBACK",
                                        "EXPORT", "IMPORT", "LOCK",   "UNLOCK"};
    for (size_t i = 0; i < VONK_LENGTH(words); i++) {
        if (!sql_is_text(p, words[i]))
            continue;
        const vonk_token *token = sql_peek(p);
        vonk_status status = vonk_fail_sql(p->err, "INVALID_STATEMENT_OR_CLAUSE",
                                           "The statement or clause: %s is not valid.", words[i]);
        return vonk_error_at(p->err, status, token->start, token->end);
    }
    return VONK_OK;
}

static vonk_status accept_if_exists(parser *p, bool *ret)
{
    *ret = sql_is_word(p, KW_IF) && sql_is_word_at(p, 1, KW_EXISTS);
    if (*ret) {
        sql_next(p);
        sql_next(p);
    }
    return VONK_OK;
}

/* Behind DROP: TABLE | VIEW [IF EXISTS] name [PURGE] */
static vonk_status parse_drop(parser *p, int32_t start, vonk_plan **ret)
{
    vonk_plan *plan = NULL;
    VONK_TRY(sql_new_plan(p, VONK_PLAN_DROP, NULL, start, &plan));
    plan->is_view = sql_is_word(p, KW_VIEW);
    bool other = sql_is_text(p, "TEMPORARY") || sql_is_text(p, "FUNCTION") ||
                 sql_is_text(p, "DATABASE") || sql_is_text(p, "SCHEMA") ||
                 sql_is_text(p, "NAMESPACE") || sql_is_text(p, "INDEX");
    if (other && sql_peek_at(p, 1)->kind == TOK_WORD)
        return sql_unsupported(p, sql_peek(p), "this DROP");
    if (!plan->is_view && !sql_is_word(p, KW_TABLE))
        return sql_syntax_error(p);
    sql_next(p);
    VONK_TRY(accept_if_exists(p, &plan->if_exists));
    VONK_TRY(sql_parse_parts(p, &plan->name_parts, &plan->n_name_parts));
    if (!plan->is_view)
        (void)sql_accept_word(p, KW_PURGE);
    sql_end_plan(p, plan);
    *ret = plan;
    return VONK_OK;
}

/* The directory is a path or an option, one of them. */
static vonk_status check_directory(parser *p, vonk_plan *plan)
{
    const char *option = vonk_option_get(&plan->options, "path", NULL);
    if ((plan->path != NULL) != (option != NULL)) {
        if (option)
            plan->path = option;
        return VONK_OK;
    }
    vonk_status status = vonk_fail_sql(
        p->err, "_LEGACY_ERROR_TEMP_0049",
        "Directory path and 'path' in OPTIONS should be specified one, but not both.");
    return vonk_error_at(p->err, status, plan->start, sql_last_end(p));
}

/* Behind INSERT OVERWRITE [LOCAL] DIRECTORY: ['path'] USING format [OPTIONS (..)] query */
static vonk_status parse_insert_directory(parser *p, int32_t start, vonk_plan **ret)
{
    vonk_plan *plan = NULL;
    VONK_TRY(sql_new_plan(p, VONK_PLAN_INSERT_DIRECTORY, NULL, start, &plan));
    plan->overwrite = true;
    if (sql_is_kind(p, TOK_STRING))
        VONK_TRY(sql_parse_text(p, &plan->path));
    if (sql_is_word(p, KW_STORED) || sql_is_text(p, "ROW"))
        return sql_unsupported(p, sql_peek(p), "Hive formats; write USING format");
    if (sql_is_kind(p, TOK_END) || !sql_is_word(p, KW_USING)) {
        bool hive = plan->path && sql_at_query(p);
        return hive ? sql_unsupported(p, sql_peek(p), "Hive formats; write USING format")
                    : sql_syntax_error(p);
    }
    sql_next(p);
    VONK_TRY(sql_parse_identifier(p, &plan->format));
    if (sql_accept_word(p, KW_OPTIONS))
        VONK_TRY(sql_parse_options(p, &plan->options));
    VONK_TRY(check_directory(p, plan));
    plan->children = VONK_NEW_ARRAY(p->arena, vonk_plan *, 1, p->err);
    VONK_TRY_ALLOC(plan->children);
    plan->n_children = 1;
    VONK_TRY(sql_parse_query(p, &plan->children[0]));
    sql_end_plan(p, plan);
    *ret = plan;
    return VONK_OK;
}

/* At '(': names of columns, not a query. */
static bool at_column_names(parser *p)
{
    if (!sql_is_kind(p, TOK_LPAREN))
        return false;
    p->pos++;
    bool query = sql_at_query(p);
    p->pos--;
    return !query;
}

/* Behind INSERT: INTO | OVERWRITE [TABLE] name [(columns)] query */
static vonk_status parse_insert(parser *p, int32_t start, vonk_plan **ret)
{
    vonk_plan *plan = NULL;
    bool overwrite = sql_accept_word(p, KW_OVERWRITE);
    if (!overwrite)
        VONK_TRY(sql_expect_word(p, KW_INTO));
    if (overwrite && sql_is_word(p, KW_LOCAL) && sql_is_word_at(p, 1, KW_DIRECTORY))
        sql_next(p);
    if (overwrite && sql_accept_word(p, KW_DIRECTORY))
        return parse_insert_directory(p, start, ret);
    if (sql_is_word(p, KW_TABLE) && sql_peek_at(p, 1)->kind != TOK_DOT)
        sql_next(p);
    VONK_TRY(sql_new_plan(p, VONK_PLAN_INSERT_TABLE, NULL, start, &plan));
    plan->overwrite = overwrite;
    VONK_TRY(sql_parse_parts(p, &plan->name_parts, &plan->n_name_parts));
    if (sql_is_word(p, KW_PARTITION))
        return sql_unsupported(p, sql_peek(p), "INSERT into partitions");
    if (sql_is_word(p, KW_BY) && sql_is_word_at(p, 1, KW_NAME))
        return sql_unsupported(p, sql_peek(p), "INSERT BY NAME");
    if (sql_is_word(p, KW_REPLACE))
        return sql_unsupported(p, sql_peek(p), "INSERT ... REPLACE");
    if (at_column_names(p))
        VONK_TRY(sql_parse_identifiers(p, &plan->column_names, &plan->n_column_names));
    plan->children = VONK_NEW_ARRAY(p->arena, vonk_plan *, 1, p->err);
    VONK_TRY_ALLOC(plan->children);
    plan->n_children = 1;
    VONK_TRY(sql_parse_query(p, &plan->children[0]));
    sql_end_plan(p, plan);
    *ret = plan;
    return VONK_OK;
}

/* Behind EXPLAIN: [mode] statement */
static vonk_status parse_explain(parser *p, int32_t start, vonk_plan **ret)
{
    vonk_plan *plan = NULL;
    VONK_TRY(sql_new_plan(p, VONK_PLAN_EXPLAIN, NULL, start, &plan));
    plan->explain_mode = sql_accept_word(p, KW_EXTENDED)    ? VONK_EXPLAIN_EXTENDED
                         : sql_accept_word(p, KW_FORMATTED) ? VONK_EXPLAIN_FORMATTED
                         : sql_accept_word(p, KW_COST)      ? VONK_EXPLAIN_COST
                         : sql_accept_word(p, KW_CODEGEN)   ? VONK_EXPLAIN_CODEGEN
                         : sql_accept_word(p, KW_ANALYZE)   ? VONK_EXPLAIN_ANALYZE
                                                            : VONK_EXPLAIN_SIMPLE;
    if (plan->explain_mode == VONK_EXPLAIN_SIMPLE && sql_is_word(p, KW_LOGICAL))
        return sql_unsupported(p, sql_peek(p), "EXPLAIN LOGICAL");
    plan->children = VONK_NEW_ARRAY(p->arena, vonk_plan *, 1, p->err);
    VONK_TRY_ALLOC(plan->children);
    plan->n_children = 1;
    VONK_TRY(sql_enter(p));
    VONK_TRY(sql_parse_statement(p, &plan->children[0]));
    sql_leave(p);
    sql_end_plan(p, plan);
    *ret = plan;
    return VONK_OK;
}

vonk_status sql_parse_statement(parser *p, vonk_plan **ret)
{
    const vonk_token *token = sql_peek(p);
    vonk_keyword keyword = token->kind == TOK_WORD ? token->keyword : KW_NONE;
    switch (keyword) {
    case KW_EXPLAIN:
        sql_next(p);
        return parse_explain(p, token->start, ret);
    case KW_CREATE:
    case KW_REPLACE:
        return sql_parse_create(p, ret);
    case KW_DROP:
        sql_next(p);
        return parse_drop(p, token->start, ret);
    case KW_INSERT:
        sql_next(p);
        return parse_insert(p, token->start, ret);
    case KW_SHOW:
        return sql_parse_show(p, ret);
    case KW_DESC:
    case KW_DESCRIBE:
        return sql_parse_describe(p, ret);
    case KW_SET:
        return sql_parse_set(p, ret);
    case KW_RESET:
        return sql_parse_reset(p, ret);
    case KW_ANALYZE:
        if (sql_is_word_at(p, 1, KW_TABLE))
            return sql_parse_analyze_table(p, ret);
        break;
    default:
        break;
    }
    if (is_foreign_statement(p))
        return sql_unsupported(p, token, "this statement");
    VONK_TRY(check_invalid_statement(p));
    return sql_parse_query(p, ret);
}
