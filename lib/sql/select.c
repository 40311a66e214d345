/*
 * select.c - SELECT list FROM WHERE GROUP BY HAVING.
 *
 * Shape: [DISTINCT] <- [FILTER: HAVING] <- PROJECT | AGGREGATE <- [FILTER: WHERE] <- relations.
 * Without GROUP BY and HAVING it is a PROJECT, also if aggregates stand in the list: the analyzer
 * knows which functions are. A FILTER directly over an AGGREGATE is its HAVING.
 */
#include "sql/parser.h"

bool sql_at_clause(const parser *p)
{
    const vonk_token *after = sql_peek_at(p, 1);
    if (!sql_is_kind(p, TOK_WORD))
        return false;
    switch ((vonk_keyword)sql_peek(p)->keyword) {
    case KW_FROM:
    case KW_WHERE:
    case KW_GROUP:
    case KW_HAVING:
    case KW_ORDER:
    case KW_SORT:
    case KW_CLUSTER:
    case KW_DISTRIBUTE:
    case KW_LIMIT:
    case KW_OFFSET:
    case KW_WINDOW:
    case KW_QUALIFY:
    case KW_UNION:
    case KW_EXCEPT:
    case KW_INTERSECT:
    case KW_MINUS:
    case KW_SELECT:
    case KW_LATERAL:
    case KW_PIVOT:
    case KW_UNPIVOT:
    case KW_TABLESAMPLE:
    case KW_IGNORE:
    case KW_RESPECT:
        break;
    default:
        return false;
    }
    /* nothing that a clause could begin with: a name after all */
    return after->kind != TOK_END && after->kind != TOK_RPAREN && after->kind != TOK_COMMA &&
           after->kind != TOK_SEMICOLON;
}

/* A word that goes on with the expression, so that it is no alias of what came before it. */
static bool continues_expr(const parser *p)
{
    if (!sql_is_kind(p, TOK_WORD))
        return false;
    switch ((vonk_keyword)sql_peek(p)->keyword) {
    case KW_WHEN:
    case KW_THEN:
    case KW_ELSE:
    case KW_AND:
    case KW_OR:
    case KW_FOR:
    case KW_ESCAPE:
        return true;
    case KW_END:
        return sql_peek_at(p, 1)->kind == TOK_WORD;
    default:
        return false;
    }
}

vonk_status sql_parse_named_expr(parser *p, vonk_expr **ret)
{
    int32_t start = sql_peek(p)->start;
    vonk_expr *e = NULL;
    const char *name = NULL;
    VONK_TRY(sql_parse_expr(p, &e));
    *ret = e;
    bool as = sql_is_word(p, KW_AS) && sql_peek_at(p, 1)->kind != TOK_END;
    if (as && sql_next(p) && sql_is_kind(p, TOK_LPAREN))
        return sql_unsupported(p, sql_peek(p), "several names for one expression");
    if (!as && (!sql_at_identifier(p) || sql_at_clause(p) || continues_expr(p)))
        return VONK_OK;
    VONK_TRY(sql_parse_identifier(p, &name));
    return sql_finish(p, vonk_expr_alias(p->arena, e, name, p->err), start, ret);
}

/* `select a, from t`: the comma is too much, unless FROM is a column. */
static vonk_status check_trailing_comma(parser *p)
{
    const vonk_token *after = sql_peek_at(p, 1);
    bool name = after->kind == TOK_WORD || after->kind == TOK_QUOTED || after->kind == TOK_LPAREN;
    if (!sql_is_word(p, KW_FROM) || !name || after->keyword == KW_FROM || after->keyword == KW_AS)
        return VONK_OK;
    vonk_status status = vonk_fail_sql(p->err, "TRAILING_COMMA_IN_SELECT",
                                       "Trailing comma detected in SELECT clause. Remove the "
                                       "trailing comma before the FROM clause.");
    return vonk_error_at(p->err, status, p->tokens[p->pos - 1].start, sql_last_end(p));
}

static vonk_status parse_select_list(parser *p, list *items)
{
    do {
        vonk_expr *e = NULL;
        if (items->n)
            VONK_TRY(check_trailing_comma(p));
        VONK_TRY(sql_parse_named_expr(p, &e));
        VONK_TRY(sql_push(p, items, e));
    } while (sql_accept(p, TOK_COMMA));
    return VONK_OK;
}

static vonk_status add_filter(parser *p, vonk_expr *condition, vonk_plan **plan)
{
    VONK_TRY(sql_new_plan(p, VONK_PLAN_FILTER, *plan, condition->start, plan));
    (*plan)->condition = condition;
    (*plan)->end = condition->end;
    return VONK_OK;
}

/* FROM and WHERE (*ret_where, or NULL), or one row without columns. */
static vonk_status parse_source(parser *p, vonk_plan *from, vonk_plan **ret, vonk_plan **ret_where)
{
    *ret_where = NULL;
    if (!from && sql_accept_word(p, KW_FROM))
        VONK_TRY(sql_parse_from(p, &from));
    if (!from)
        VONK_TRY(sql_new_plan(p, VONK_PLAN_ONE_ROW, NULL, -1, &from));
    if (sql_accept_word(p, KW_WHERE)) {
        vonk_expr *condition = NULL;
        VONK_TRY(sql_parse_expr(p, &condition));
        VONK_TRY(add_filter(p, condition, &from));
        *ret_where = from;
    }
    *ret = from;
    return VONK_OK;
}

/* DISTINCT or ALL begins the list unless it is a column: `select distinct, a` */
static bool accept_quantifier(parser *p, vonk_keyword keyword)
{
    vonk_token_kind after = sql_peek_at(p, 1)->kind;
    if (after == TOK_COMMA || after == TOK_DOT || after == TOK_END || after == TOK_RPAREN)
        return false;
    return sql_accept_word(p, keyword);
}

vonk_status sql_parse_select(parser *p, vonk_plan *from, vonk_plan **ret)
{
    int32_t start = sql_next(p)->start;
    list items = {0}, groups = {0};
    vonk_expr *having = NULL, *qualify = NULL;
    vonk_plan *plan = NULL, *core, *where;
    while (sql_accept(p, TOK_HINT))
        continue;
    bool distinct = accept_quantifier(p, KW_DISTINCT);
    if (!distinct)
        (void)accept_quantifier(p, KW_ALL);
    VONK_TRY(parse_select_list(p, &items));
    VONK_TRY(parse_source(p, from, &plan, &where));
    bool grouped = sql_accept_word(p, KW_GROUP);
    if (grouped)
        VONK_TRY(sql_parse_group_by(p, &groups));
    if (sql_accept_word(p, KW_HAVING))
        VONK_TRY(sql_parse_expr(p, &having));
    if (sql_accept_word(p, KW_QUALIFY))
        VONK_TRY(sql_parse_expr(p, &qualify));
    VONK_TRY(sql_new_plan(p, grouped || having ? VONK_PLAN_AGGREGATE : VONK_PLAN_PROJECT, plan,
                          start, &plan));
    plan->exprs = (vonk_expr **)items.items;
    plan->n_exprs = items.n;
    plan->group_exprs = (vonk_expr **)groups.items;
    plan->n_group_exprs = groups.n;
    core = plan;
    core->condition = qualify;
    if (where) { /* what is wrong with WHERE as a whole has the place of the SELECT */
        where->start = start;
        where->end = sql_last_end(p);
    }
    if (having)
        VONK_TRY(add_filter(p, having, &plan));
    if (sql_is_word(p, KW_WINDOW))
        VONK_TRY(sql_parse_window_clause(p, plan, core));
    if (distinct)
        VONK_TRY(sql_new_plan(p, VONK_PLAN_DISTINCT, plan, start, &plan));
    *ret = plan;
    return VONK_OK;
}
