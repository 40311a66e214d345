/* query.c - WITH, set operations, ORDER BY, LIMIT: everything around SELECT. */
#include "sql/parser.h"

vonk_status sql_new_plan(parser *p, vonk_plan_kind kind, vonk_plan *child, int32_t start,
                         vonk_plan **ret)
{
    vonk_plan *plan = vonk_plan_new(p->arena, kind, child != NULL, p->err);
    VONK_TRY_ALLOC(plan);
    if (child)
        plan->children[0] = child;
    plan->start = start;
    plan->end = sql_last_end(p);
    *ret = plan;
    return VONK_OK;
}

void sql_end_plan(parser *p, vonk_plan *plan)
{
    plan->end = sql_last_end(p);
}

/* The word `ahead` tokens on begins a query; what follows it must fit, for it may be a name. */
static bool query_word_at(const parser *p, uint32_t ahead)
{
    const vonk_token *token = sql_peek_at(p, ahead), *after = sql_peek_at(p, ahead + 1);
    bool name = after->kind == TOK_WORD || after->kind == TOK_QUOTED;
    if (token->kind != TOK_WORD)
        return false;
    switch ((vonk_keyword)token->keyword) {
    case KW_SELECT:
        return after->kind != TOK_COMMA && after->kind != TOK_RPAREN && after->kind != TOK_DOT &&
               after->kind != TOK_EQ;
    case KW_VALUES:
        return after->kind == TOK_LPAREN || after->kind == TOK_STRING || name ||
               vonk_token_is_number((vonk_token_kind)after->kind) || after->kind == TOK_MINUS;
    case KW_WITH:
    case KW_TABLE:
        return name;
    case KW_FROM:
        return name || after->kind == TOK_LPAREN;
    default:
        return false;
    }
}

/* What may stand behind a query in parentheses if it is part of a query. */
static bool continues_query(const vonk_token *token)
{
    if (token->kind != TOK_WORD)
        return token->kind == TOK_RPAREN || token->kind == TOK_END ||
               token->kind == TOK_SEMICOLON || token->kind == TOK_PIPE_OPERATOR;
    switch ((vonk_keyword)token->keyword) {
    case KW_UNION:
    case KW_INTERSECT:
    case KW_EXCEPT:
    case KW_MINUS:
    case KW_ORDER:
    case KW_SORT:
    case KW_CLUSTER:
    case KW_DISTRIBUTE:
    case KW_LIMIT:
    case KW_OFFSET:
        return true;
    default:
        return false;
    }
}

bool sql_at_query(const parser *p)
{
    const vonk_token *token = sql_peek(p);
    uint32_t parens = 0;
    while (token[parens].kind == TOK_LPAREN && parens <= MAX_NESTING)
        parens++;
    if (!query_word_at(p, parens))
        return false;
    /* each of these parentheses must hold a query alone: ((select 1) + 1) is an expression */
    uint32_t depth = parens, outermost = parens;
    for (token += parens; depth > 0; token++) {
        if (token->kind == TOK_END)
            return true; /* an error either way */
        if (token->kind == TOK_LPAREN)
            depth++;
        else if (token->kind == TOK_RPAREN)
            depth--;
        if (depth >= outermost)
            continue;
        outermost = depth;
        if (!continues_query(token + 1))
            return false;
    }
    return true;
}

vonk_status sql_parse_sort_item(parser *p, vonk_expr **ret)
{
    int32_t start = sql_peek(p)->start;
    vonk_expr *sort = vonk_expr_new(p->arena, VONK_EXPR_SORT, 1, p->err);
    VONK_TRY_ALLOC(sort);
    VONK_TRY(sql_parse_expr(p, &sort->args[0]));
    sort->descending = sql_accept_word(p, KW_DESC);
    if (!sort->descending)
        (void)sql_accept_word(p, KW_ASC);
    sort->nulls_first = !sort->descending;
    if (sql_is_word(p, KW_NULLS) &&
        (sql_is_word_at(p, 1, KW_FIRST) || sql_is_word_at(p, 1, KW_LAST))) {
        sql_next(p);
        sort->nulls_first = sql_next(p)->keyword == KW_FIRST;
        sort->nulls_given = true;
    }
    return sql_finish(p, sort, start, ret);
}

static vonk_status parse_order(parser *p, vonk_plan **plan)
{
    list items = {0};
    int32_t start = sql_next(p)->start;
    VONK_TRY(sql_expect_word(p, KW_BY));
    do {
        vonk_expr *item = NULL;
        VONK_TRY(sql_parse_sort_item(p, &item));
        VONK_TRY(sql_push(p, &items, item));
    } while (sql_accept(p, TOK_COMMA));
    VONK_TRY(sql_new_plan(p, VONK_PLAN_SORT, *plan, start, plan));
    (*plan)->exprs = (vonk_expr **)items.items;
    (*plan)->n_exprs = items.n;
    return VONK_OK;
}

/* [LIMIT n | LIMIT ALL] [OFFSET m]: one node */
static vonk_status parse_limit(parser *p, vonk_plan **plan)
{
    int32_t start = sql_peek(p)->start;
    vonk_expr *limit = NULL, *offset = NULL;
    if (sql_accept_word(p, KW_LIMIT) && !sql_accept_word(p, KW_ALL))
        VONK_TRY(sql_parse_expr(p, &limit));
    if (sql_accept_word(p, KW_OFFSET))
        VONK_TRY(sql_parse_expr(p, &offset));
    if (!limit && !offset)
        return VONK_OK;
    VONK_TRY(sql_new_plan(p, VONK_PLAN_LIMIT, *plan, start, plan));
    (*plan)->limit_expr = limit;
    (*plan)->offset_expr = offset;
    return VONK_OK;
}

/* ORDER BY and SORT BY (which need not sort across partitions, but may), LIMIT, OFFSET */
vonk_status sql_parse_organization(parser *p, vonk_plan **plan)
{
    if (sql_is_word(p, KW_DISTRIBUTE) || sql_is_word(p, KW_CLUSTER))
        return sql_unsupported(p, sql_peek(p), "DISTRIBUTE BY and CLUSTER BY");
    if (sql_is_word(p, KW_ORDER) || sql_is_word(p, KW_SORT))
        VONK_TRY(parse_order(p, plan));
    if (sql_is_word(p, KW_WINDOW))
        VONK_TRY(sql_parse_window_clause(p, *plan, NULL));
    return parse_limit(p, plan);
}

/* Behind FROM: a relation and one SELECT over it, or alone. */
static vonk_status parse_from_first(parser *p, vonk_plan **ret)
{
    vonk_plan *from = NULL;
    VONK_TRY(sql_parse_from(p, &from));
    if (sql_is_word(p, KW_WHERE))
        return sql_syntax_error(p);
    if (!sql_is_word(p, KW_SELECT)) {
        *ret = from;
        return VONK_OK;
    }
    VONK_TRY(sql_parse_select(p, from, ret));
    if (sql_is_word(p, KW_SELECT))
        return sql_unsupported(p, sql_peek(p), "several SELECTs over one FROM");
    return VONK_OK;
}

static vonk_status parse_query_primary(parser *p, vonk_plan **ret)
{
    if (sql_is_word(p, KW_SELECT))
        return sql_parse_select(p, NULL, ret);
    if (sql_accept_word(p, KW_VALUES)) {
        VONK_TRY(sql_parse_values(p, ret));
        return sql_parse_table_alias(p, ret);
    }
    if (sql_accept_word(p, KW_TABLE))
        return sql_parse_named(p, ret);
    if (sql_accept_word(p, KW_FROM))
        return parse_from_first(p, ret);
    if (!sql_accept(p, TOK_LPAREN))
        return sql_syntax_error(p);
    VONK_TRY(sql_parse_query(p, ret));
    return sql_expect(p, TOK_RPAREN);
}

static bool accept_set_op(parser *p, bool intersect, vonk_set_op *ret)
{
    const vonk_token *token = sql_peek(p);
    vonk_keyword keyword = token->kind == TOK_WORD ? token->keyword : KW_NONE;
    bool found = intersect ? keyword == KW_INTERSECT
                           : keyword == KW_UNION || keyword == KW_EXCEPT || keyword == KW_MINUS;
    if (!found)
        return false;
    sql_next(p);
    *ret = keyword == KW_INTERSECT ? VONK_INTERSECT
           : keyword == KW_UNION   ? VONK_UNION
                                   : VONK_EXCEPT;
    return true;
}

static vonk_status parse_set_op(parser *p, bool intersect, vonk_plan **ret);

/* [UNION ...]: the operations behind *ret. A run of UNION ALL is one node, so that a thousand of
 * them are no deep tree. */
static vonk_status parse_set_ops(parser *p, bool intersect, vonk_plan **ret)
{
    vonk_plan *left = *ret, *right = NULL, *plan = NULL;
    list items = {0};
    vonk_set_op op;
    while (accept_set_op(p, intersect, &op)) {
        bool all = sql_accept_word(p, KW_ALL);
        if (!all)
            (void)sql_accept_word(p, KW_DISTINCT);
        if (intersect)
            VONK_TRY(parse_query_primary(p, &right));
        else
            VONK_TRY(parse_set_op(p, true, &right));
        bool goes_on = plan && op == VONK_UNION && all && plan->set_op == op && plan->set_all;
        if (!goes_on) {
            items = (list){0};
            VONK_TRY(sql_push(p, &items, left));
            plan = vonk_plan_new(p->arena, VONK_PLAN_SET_OP, 0, p->err);
            VONK_TRY_ALLOC(plan);
            plan->set_op = op;
            plan->set_all = all;
            plan->start = left->start;
        }
        VONK_TRY(sql_push(p, &items, right));
        plan->children = (vonk_plan **)(void *)items.items;
        plan->n_children = items.n;
        sql_end_plan(p, plan);
        left = plan;
    }
    *ret = left;
    return VONK_OK;
}

/* INTERSECT binds tighter than UNION and EXCEPT, which go from left to right. */
static vonk_status parse_set_op(parser *p, bool intersect, vonk_plan **ret)
{
    if (intersect)
        VONK_TRY(parse_query_primary(p, ret));
    else
        VONK_TRY(parse_set_op(p, true, ret));
    return parse_set_ops(p, intersect, ret);
}

vonk_status sql_parse_set_ops(parser *p, vonk_plan **plan)
{
    VONK_TRY(parse_set_ops(p, true, plan));
    return parse_set_ops(p, false, plan);
}

/* At '(': a query stands in it. */
static bool holds_query(parser *p)
{
    p->pos++;
    bool query = sql_at_query(p);
    p->pos--;
    return query;
}

static vonk_status parse_cte(parser *p, vonk_cte *cte)
{
    VONK_TRY(sql_parse_identifier(p, &cte->name));
    if (sql_is_kind(p, TOK_LPAREN) && !holds_query(p))
        VONK_TRY(sql_parse_identifiers(p, &cte->column_names, &cte->n_column_names));
    (void)sql_accept_word(p, KW_AS);
    VONK_TRY(sql_expect(p, TOK_LPAREN));
    VONK_TRY(sql_parse_query(p, &cte->plan));
    return sql_expect(p, TOK_RPAREN);
}

/* Behind WITH: a [(columns)] [AS] (query), ... */
static vonk_status parse_ctes(parser *p, vonk_plan *with)
{
    list ctes = {0};
    if (sql_is_word(p, KW_RECURSIVE) && sql_peek_at(p, 1)->kind == TOK_WORD &&
        !sql_is_word_at(p, 1, KW_AS))
        return sql_unsupported(p, sql_peek(p), "WITH RECURSIVE");
    do {
        const vonk_token *name = sql_peek(p);
        vonk_cte *cte = VONK_NEW(p->arena, vonk_cte, p->err);
        VONK_TRY_ALLOC(cte);
        VONK_TRY(parse_cte(p, cte));
        for (uint32_t i = 0; i < ctes.n; i++) {
            const vonk_cte *other = ctes.items[i];
            if (!vonk_slice_equal_nocase(vonk_slice_of(cte->name), vonk_slice_of(other->name)))
                continue;
            vonk_status status =
                vonk_fail_sql(p->err, "DUPLICATED_CTE_NAMES",
                              "CTE definition can't have duplicate names: `%s`.", cte->name);
            return vonk_error_at(p->err, status, name->start, name->end);
        }
        VONK_TRY(sql_push(p, &ctes, cte));
    } while (sql_accept(p, TOK_COMMA));
    with->ctes = VONK_NEW_ARRAY(p->arena, vonk_cte, ctes.n, p->err);
    VONK_TRY_ALLOC(with->ctes);
    with->n_ctes = ctes.n;
    for (uint32_t i = 0; i < ctes.n; i++)
        with->ctes[i] = *(vonk_cte *)ctes.items[i];
    return VONK_OK;
}

vonk_status sql_parse_query(parser *p, vonk_plan **ret)
{
    int32_t start = sql_peek(p)->start;
    vonk_plan *with = NULL, *plan = NULL;
    VONK_TRY(sql_enter(p));
    if (sql_accept_word(p, KW_WITH)) {
        with = vonk_plan_new(p->arena, VONK_PLAN_WITH, 1, p->err);
        VONK_TRY_ALLOC(with);
        VONK_TRY(parse_ctes(p, with));
    }
    VONK_TRY(parse_set_op(p, false, &plan));
    VONK_TRY(sql_parse_pipes(p, &plan));
    VONK_TRY(sql_parse_organization(p, &plan));
    sql_leave(p);
    if (with) {
        with->children[0] = plan;
        with->start = start;
        sql_end_plan(p, with);
        plan = with;
    }
    *ret = plan;
    return VONK_OK;
}
