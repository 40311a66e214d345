/* pipe.c - `query |> WHERE ... |> SELECT ...`: operators one after the other, each over a query. */
#include "sql/parser.h"

/* What the next operator takes: a relation; a query gets Spark's name for it. */
static vonk_status as_relation(parser *p, vonk_plan **plan)
{
    vonk_plan_kind kind = (*plan)->kind;
    if (kind == VONK_PLAN_ALIAS || kind == VONK_PLAN_NAMED || kind == VONK_PLAN_JOIN ||
        kind == VONK_PLAN_PIVOT || kind == VONK_PLAN_UNPIVOT)
        return VONK_OK;
    VONK_TRY(sql_new_plan(p, VONK_PLAN_ALIAS, *plan, (*plan)->start, plan));
    (*plan)->alias = "__auto_generated_subquery_name";
    return VONK_OK;
}

static vonk_status new_star(parser *p, int32_t start, vonk_expr **ret)
{
    return sql_finish(p, vonk_expr_new(p->arena, VONK_EXPR_STAR, 0, p->err), start, ret);
}

static vonk_status project(parser *p, int32_t start, const list *items, vonk_plan **plan)
{
    VONK_TRY(sql_new_plan(p, VONK_PLAN_PROJECT, *plan, start, plan));
    (*plan)->exprs = (vonk_expr **)items->items;
    (*plan)->n_exprs = items->n;
    return VONK_OK;
}

static vonk_status parse_items(parser *p, list *items)
{
    do {
        vonk_expr *e = NULL;
        VONK_TRY(sql_parse_named_expr(p, &e));
        VONK_TRY(sql_push(p, items, e));
    } while (sql_accept(p, TOK_COMMA));
    return VONK_OK;
}

static vonk_status parse_where(parser *p, int32_t start, vonk_plan **plan)
{
    list all = {0};
    vonk_expr *condition = NULL, *star = NULL;
    VONK_TRY(sql_parse_expr(p, &condition));
    VONK_TRY(sql_new_plan(p, VONK_PLAN_FILTER, *plan, start, plan));
    (*plan)->condition = condition;
    VONK_TRY(new_star(p, start, &star));
    VONK_TRY(sql_push(p, &all, star));
    return project(p, start, &all, plan);
}

/* EXTEND a + 1 AS b, ...: all columns, and these. */
static vonk_status parse_extend(parser *p, int32_t start, vonk_plan **plan)
{
    list items = {0};
    vonk_expr *star = NULL;
    VONK_TRY(new_star(p, start, &star));
    VONK_TRY(sql_push(p, &items, star));
    VONK_TRY(parse_items(p, &items));
    return project(p, start, &items, plan);
}

/* DROP a, b: SELECT * EXCEPT (a, b) */
static vonk_status parse_drop(parser *p, int32_t start, vonk_plan **plan)
{
    list names = {0}, items = {0};
    vonk_expr *star = NULL;
    do {
        int32_t at = sql_peek(p)->start;
        vonk_expr *name = vonk_expr_new(p->arena, VONK_EXPR_NAME, 0, p->err);
        VONK_TRY_ALLOC(name);
        VONK_TRY(sql_parse_parts(p, &name->name_parts, &name->n_name_parts));
        VONK_TRY(sql_finish(p, name, at, &name));
        VONK_TRY(sql_push(p, &names, name));
    } while (sql_accept(p, TOK_COMMA));
    VONK_TRY(new_star(p, start, &star));
    star->args = (vonk_expr **)names.items;
    star->n_args = names.n;
    VONK_TRY(sql_push(p, &items, star));
    return project(p, start, &items, plan);
}

/* SET a = 1, b = a + 1: one projection after the other; a STAR with an ALIAS replaces that column.
 */
static vonk_status parse_set(parser *p, int32_t start, vonk_plan **plan)
{
    do {
        list args = {0}, items = {0};
        const char *name = NULL;
        vonk_expr *value = NULL, *star = NULL;
        int32_t at = sql_peek(p)->start;
        VONK_TRY(sql_parse_identifier(p, &name));
        VONK_TRY(sql_expect(p, TOK_EQ));
        VONK_TRY(sql_parse_expr(p, &value));
        VONK_TRY(sql_finish(p, vonk_expr_alias(p->arena, value, name, p->err), at, &value));
        VONK_TRY(sql_push(p, &args, value));
        VONK_TRY(new_star(p, at, &star));
        star->args = (vonk_expr **)args.items;
        star->n_args = args.n;
        VONK_TRY(sql_push(p, &items, star));
        VONK_TRY(project(p, start, &items, plan));
    } while (sql_accept(p, TOK_COMMA));
    return VONK_OK;
}

/* AGGREGATE sum(a) AS s, ... GROUP BY b AS c, ...: the groups come first. */
static vonk_status parse_aggregate(parser *p, int32_t start, vonk_plan **plan)
{
    list aggregates = {0}, items = {0}, groups = {0};
    if (!sql_is_word(p, KW_GROUP))
        VONK_TRY(parse_items(p, &aggregates));
    if (sql_accept_word(p, KW_GROUP)) {
        VONK_TRY(sql_expect_word(p, KW_BY));
        VONK_TRY(parse_items(p, &items));
    }
    for (uint32_t i = 0; i < items.n; i++) {
        vonk_expr *item = items.items[i];
        VONK_TRY(sql_push(p, &groups, item->kind == VONK_EXPR_ALIAS ? item->args[0] : item));
    }
    for (uint32_t i = 0; i < aggregates.n; i++)
        VONK_TRY(sql_push(p, &items, aggregates.items[i]));
    VONK_TRY(sql_new_plan(p, VONK_PLAN_AGGREGATE, *plan, start, plan));
    (*plan)->exprs = (vonk_expr **)items.items;
    (*plan)->n_exprs = items.n;
    (*plan)->group_exprs = (vonk_expr **)groups.items;
    (*plan)->n_group_exprs = groups.n;
    return VONK_OK;
}

static vonk_status parse_as(parser *p, vonk_plan **plan)
{
    VONK_TRY(sql_new_plan(p, VONK_PLAN_ALIAS, *plan, (*plan)->start, plan));
    VONK_TRY(sql_parse_identifier(p, &(*plan)->alias));
    sql_end_plan(p, *plan);
    return VONK_OK;
}

/* JOIN, PIVOT, set operations, ORDER BY and LIMIT are those of queries. */
static vonk_status parse_other(parser *p, vonk_plan **plan)
{
    uint32_t before = p->pos;
    VONK_TRY(sql_parse_extensions(p, plan));
    if (p->pos == before)
        VONK_TRY(sql_parse_set_ops(p, plan));
    if (p->pos == before)
        VONK_TRY(sql_parse_organization(p, plan));
    return p->pos == before ? sql_syntax_error(p) : VONK_OK;
}

vonk_status sql_parse_pipes(parser *p, vonk_plan **plan)
{
    while (sql_accept(p, TOK_PIPE_OPERATOR)) {
        int32_t start = sql_peek(p)->start;
        VONK_TRY(as_relation(p, plan));
        if (sql_is_word(p, KW_SELECT))
            VONK_TRY(sql_parse_select(p, *plan, plan));
        else if (sql_accept_word(p, KW_WHERE))
            VONK_TRY(parse_where(p, start, plan));
        else if (sql_accept_text(p, "EXTEND"))
            VONK_TRY(parse_extend(p, start, plan));
        else if (sql_accept_text(p, "DROP"))
            VONK_TRY(parse_drop(p, start, plan));
        else if (sql_accept_text(p, "AGGREGATE"))
            VONK_TRY(parse_aggregate(p, start, plan));
        else if (sql_accept_word(p, KW_AS))
            VONK_TRY(parse_as(p, plan));
        else if (sql_accept_text(p, "SET"))
            VONK_TRY(parse_set(p, start, plan));
        else if (sql_is_word(p, KW_TABLESAMPLE))
            VONK_TRY(sql_parse_sample(p, plan));
        else
            VONK_TRY(parse_other(p, plan));
    }
    return VONK_OK;
}
