/* show.c - SHOW and DESCRIBE. */
#include "sql/parser.h"

/* [FROM | IN name] [LIKE] ['pattern'] */
static vonk_status parse_show_tail(parser *p, vonk_plan *plan)
{
    if (sql_is_word(p, KW_FROM) || sql_is_word(p, KW_IN)) {
        sql_next(p);
        VONK_TRY(sql_parse_parts(p, &plan->name_parts, &plan->n_name_parts));
    }
    bool like = sql_accept_word(p, KW_LIKE);
    if (like || sql_is_kind(p, TOK_STRING))
        VONK_TRY(sql_parse_text(p, &plan->pattern));
    sql_end_plan(p, plan);
    return VONK_OK;
}

vonk_status sql_parse_show(parser *p, vonk_plan **ret)
{
    int32_t start = sql_next(p)->start;
    const vonk_token *what = sql_peek(p);
    vonk_plan *plan = NULL;
    vonk_plan_kind kind = VONK_PLAN_SHOW_TABLES;
    bool scope = sql_is_word(p, KW_ALL) || sql_is_text(p, "USER") || sql_is_text(p, "SYSTEM");
    if (scope && sql_is_word_at(p, 1, KW_FUNCTIONS))
        sql_next(p);
    if (sql_is_word(p, KW_FUNCTIONS))
        kind = VONK_PLAN_SHOW_FUNCTIONS;
    else if (!sql_is_word(p, KW_TABLES) && !sql_is_word(p, KW_VIEWS)) {
        static const char *const others[] = {"DATABASES",     "SCHEMAS", "NAMESPACES", "COLUMNS",
                                             "PARTITIONS",    "CREATE",  "CATALOGS",   "CURRENT",
                                             "TBLPROPERTIES", "TABLE"};
        for (size_t i = 0; i < VONK_LENGTH(others); i++) {
            if (sql_is_text(p, others[i]))
                return sql_unsupported(p, what, "this SHOW");
        }
        return sql_syntax_error(p);
    }
    VONK_TRY(sql_new_plan(p, kind, NULL, start, &plan));
    plan->is_view = sql_is_word(p, KW_VIEWS);
    sql_next(p);
    *ret = plan;
    return parse_show_tail(p, plan);
}

/* DESCRIBE [QUERY] query | [TABLE] [EXTENDED | FORMATTED] name [column] */
vonk_status sql_parse_describe(parser *p, vonk_plan **ret)
{
    int32_t start = sql_next(p)->start;
    vonk_plan *plan = NULL;
    VONK_TRY(sql_new_plan(p, VONK_PLAN_DESCRIBE, NULL, start, &plan));
    *ret = plan;
    bool query = sql_is_word(p, KW_QUERY) && sql_peek_at(p, 1)->kind == TOK_WORD;
    if (query)
        sql_next(p);
    bool table =
        sql_is_word(p, KW_TABLE) && (sql_at_identifier(p) && sql_peek_at(p, 2)->kind != TOK_DOT);
    if (query || (!table && sql_at_query(p))) {
        plan->children = VONK_NEW_ARRAY(p->arena, vonk_plan *, 1, p->err);
        VONK_TRY_ALLOC(plan->children);
        plan->n_children = 1;
        VONK_TRY(sql_parse_query(p, &plan->children[0]));
        sql_end_plan(p, plan);
        return VONK_OK;
    }
    bool other = sql_is_word(p, KW_FUNCTION) || sql_is_word(p, KW_DATABASE) ||
                 sql_is_text(p, "SCHEMA") || sql_is_text(p, "NAMESPACE");
    if (other && sql_peek_at(p, 1)->kind == TOK_WORD)
        return sql_unsupported(p, sql_peek(p), "this DESCRIBE");
    if (sql_peek_at(p, 1)->kind == TOK_WORD || sql_peek_at(p, 1)->kind == TOK_QUOTED)
        (void)sql_accept_word(p, KW_TABLE);
    if (sql_peek_at(p, 1)->kind == TOK_WORD || sql_peek_at(p, 1)->kind == TOK_QUOTED)
        plan->extended = sql_accept_word(p, KW_EXTENDED) || sql_accept_word(p, KW_FORMATTED);
    VONK_TRY(sql_parse_parts(p, &plan->name_parts, &plan->n_name_parts));
    sql_end_plan(p, plan); /* the place of a table that is not there */
    if (sql_is_word(p, KW_PARTITION))
        return sql_unsupported(p, sql_peek(p), "DESCRIBE of a partition");
    if (sql_at_identifier(p))
        VONK_TRY(sql_parse_parts(p, &plan->column_names, &plan->n_column_names));
    return VONK_OK;
}
