/* pivot.c - PIVOT and UNPIVOT behind a relation. */
#include "sql/parser.h"

static vonk_status new_name(parser *p, const char *name, vonk_expr **ret)
{
    int32_t start = p->tokens[p->pos - 1].start;
    vonk_expr *e = vonk_expr_new(p->arena, VONK_EXPR_NAME, 0, p->err);
    const char **parts = VONK_NEW(p->arena, const char *, p->err);
    if (!e || !parts)
        return VONK_NO_MEMORY;
    parts[0] = name;
    e->name_parts = parts;
    e->n_name_parts = 1;
    return sql_finish(p, e, start, ret);
}

/* a, or (a, b): appended as NAMEs. */
static vonk_status parse_names(parser *p, list *names)
{
    bool several = sql_accept(p, TOK_LPAREN);
    do {
        const char *name = NULL;
        vonk_expr *e = NULL;
        VONK_TRY(sql_parse_identifier(p, &name));
        VONK_TRY(new_name(p, name, &e));
        VONK_TRY(sql_push(p, names, e));
    } while (several && sql_accept(p, TOK_COMMA));
    return several ? sql_expect(p, TOK_RPAREN) : VONK_OK;
}

/* sum(a) [AS] s: FOR, which follows, is no name. */
static vonk_status parse_aggregate(parser *p, list *aggregates)
{
    int32_t start = sql_peek(p)->start;
    const char *name = NULL;
    vonk_expr *e = NULL;
    VONK_TRY(sql_parse_expr(p, &e));
    bool as = sql_accept_word(p, KW_AS);
    if (as || (sql_at_identifier(p) && !sql_is_word(p, KW_FOR))) {
        VONK_TRY(sql_parse_identifier(p, &name));
        VONK_TRY(sql_finish(p, vonk_expr_alias(p->arena, e, name, p->err), start, &e));
    }
    return sql_push(p, aggregates, e);
}

/* PIVOT (sum(a) AS s, ... FOR b IN (1 AS one, ...)) [[AS] alias], or FOR (b, c) IN ((1, 2), ...) */
static vonk_status parse_pivot(parser *p, int32_t start, vonk_plan **plan)
{
    list aggregates = {0}, columns = {0};
    VONK_TRY(sql_expect(p, TOK_LPAREN));
    do
        VONK_TRY(parse_aggregate(p, &aggregates));
    while (sql_accept(p, TOK_COMMA));
    VONK_TRY(sql_expect_word(p, KW_FOR));
    VONK_TRY(parse_names(p, &columns));
    uint32_t n_columns = columns.n;
    VONK_TRY(sql_expect_word(p, KW_IN));
    VONK_TRY(sql_expect(p, TOK_LPAREN));
    do {
        vonk_expr *value = NULL;
        VONK_TRY(sql_parse_named_expr(p, &value));
        VONK_TRY(sql_push(p, &columns, value));
    } while (sql_accept(p, TOK_COMMA));
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    VONK_TRY(sql_new_plan(p, VONK_PLAN_PIVOT, *plan, start, plan));
    (*plan)->exprs = (vonk_expr **)aggregates.items;
    (*plan)->n_exprs = aggregates.n;
    (*plan)->group_exprs = (vonk_expr **)columns.items;
    (*plan)->n_group_exprs = columns.n;
    (*plan)->n_columns = n_columns;
    sql_end_plan(p, *plan);
    return sql_parse_table_alias(p, plan);
}

/* v, or (v, w) */
static vonk_status parse_value_columns(parser *p, list *names)
{
    bool several = sql_accept(p, TOK_LPAREN);
    do {
        const char *name = NULL;
        VONK_TRY(sql_parse_identifier(p, &name));
        VONK_TRY(sql_push(p, names, name));
    } while (several && sql_accept(p, TOK_COMMA));
    return several ? sql_expect(p, TOK_RPAREN) : VONK_OK;
}

/* a, t.a, (a, b): for one row of the result, with [AS] name. */
static vonk_status parse_unpivot_row(parser *p, bool several, uint32_t width, list *rows)
{
    int32_t start = sql_peek(p)->start;
    vonk_expr *row = NULL;
    if (several && !sql_is_kind(p, TOK_LPAREN))
        return sql_syntax_error(p);
    VONK_TRY(sql_parse_named_expr(p, &row));
    const vonk_expr *value = row->kind == VONK_EXPR_ALIAS ? row->args[0] : row;
    bool is_row = vonk_expr_is_call(value, "struct");
    uint32_t n = is_row ? value->n_args : 1;
    for (uint32_t i = 0; i < n; i++) {
        const vonk_expr *column = is_row ? value->args[i] : value;
        if (column->kind != VONK_EXPR_NAME)
            return sql_syntax_error_at(p, &p->tokens[p->pos - 1]);
    }
    if (n != width) {
        vonk_fail_sql(p->err, "UNPIVOT_VALUE_SIZE_MISMATCH",
                      "All unpivot value columns must have the same size as there are value "
                      "column names (%u).",
                      width);
        return vonk_error_at(p->err, VONK_USER, start, sql_last_end(p));
    }
    return sql_push(p, rows, row);
}

/* UNPIVOT [INCLUDE | EXCLUDE NULLS] (v FOR name IN (a AS x, ...)) [[AS] alias] */
static vonk_status parse_unpivot(parser *p, int32_t start, vonk_plan **plan)
{
    list names = {0}, rows = {0};
    const char *name = NULL;
    bool include = sql_accept_text(p, "INCLUDE");
    if (include || sql_accept_text(p, "EXCLUDE"))
        VONK_TRY(sql_expect_word(p, KW_NULLS));
    VONK_TRY(sql_expect(p, TOK_LPAREN));
    bool several = sql_is_kind(p, TOK_LPAREN);
    VONK_TRY(parse_value_columns(p, &names));
    uint32_t width = names.n;
    VONK_TRY(sql_expect_word(p, KW_FOR));
    VONK_TRY(sql_parse_identifier(p, &name));
    VONK_TRY(sql_push(p, &names, name));
    VONK_TRY(sql_expect_word(p, KW_IN));
    VONK_TRY(sql_expect(p, TOK_LPAREN));
    do
        VONK_TRY(parse_unpivot_row(p, several, width, &rows));
    while (sql_accept(p, TOK_COMMA));
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    VONK_TRY(sql_new_plan(p, VONK_PLAN_UNPIVOT, *plan, start, plan));
    (*plan)->column_names = (const char **)names.items;
    (*plan)->n_column_names = names.n;
    (*plan)->exprs = (vonk_expr **)rows.items;
    (*plan)->n_exprs = rows.n;
    (*plan)->set_all = include;
    sql_end_plan(p, *plan);
    return sql_parse_table_alias(p, plan);
}

vonk_status sql_parse_pivot(parser *p, vonk_plan **plan)
{
    int32_t start = sql_peek(p)->start;
    bool pivot = sql_is_word(p, KW_PIVOT);
    sql_next(p);
    return pivot ? parse_pivot(p, start, plan) : parse_unpivot(p, start, plan);
}
