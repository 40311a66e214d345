/* analyze_table.c - ANALYZE TABLE name COMPUTE STATISTICS [NOSCAN | FOR ...]. */
#include "sql/parser.h"

static vonk_status fail_word(parser *p, const vonk_token *word, int32_t start)
{
    vonk_slice text = sql_token_text(p, word);
    char upper[64];
    size_t n = text.length < sizeof upper - 1 ? text.length : sizeof upper - 1;
    for (size_t i = 0; i < n; i++) {
        char c = text.data[i];
        upper[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    upper[n] = '\0';
    vonk_status status =
        vonk_fail_sql(p->err, "INVALID_SQL_SYNTAX.ANALYZE_TABLE_UNEXPECTED_NOSCAN",
                      "Invalid SQL syntax: ANALYZE TABLE(S) ... COMPUTE STATISTICS ... %s must be "
                      "either NOSCAN or empty.",
                      upper);
    return vonk_error_at(p->err, status, start, word->end);
}

/* Behind FOR: COLUMNS a, b | ALL COLUMNS */
static vonk_status parse_columns(parser *p, vonk_plan *plan)
{
    plan->all_columns = sql_accept_word(p, KW_ALL);
    if (!sql_accept_text(p, "COLUMNS"))
        return sql_syntax_error(p);
    if (plan->all_columns)
        return VONK_OK;
    return sql_parse_bare_identifiers(p, &plan->column_names, &plan->n_column_names);
}

vonk_status sql_parse_analyze_table(parser *p, vonk_plan **ret)
{
    int32_t start = sql_next(p)->start;
    vonk_plan *plan = NULL;
    VONK_TRY(sql_expect_word(p, KW_TABLE));
    VONK_TRY(sql_new_plan(p, VONK_PLAN_ANALYZE_TABLE, NULL, sql_peek(p)->start, &plan));
    VONK_TRY(sql_parse_parts(p, &plan->name_parts, &plan->n_name_parts));
    sql_end_plan(p, plan); /* the place of a table that is not there */
    if (sql_is_word(p, KW_PARTITION))
        return sql_unsupported(p, sql_peek(p), "ANALYZE TABLE of a partition");
    if (!sql_accept_text(p, "COMPUTE") || !sql_accept_text(p, "STATISTICS"))
        return sql_syntax_error(p);
    *ret = plan;
    if (sql_is_word(p, KW_FOR)) {
        sql_next(p);
        return parse_columns(p, plan);
    }
    const vonk_token *word = sql_peek(p);
    plan->no_scan = sql_accept_text(p, "NOSCAN");
    return plan->no_scan || !sql_at_identifier(p) ? VONK_OK : fail_word(p, word, start);
}
