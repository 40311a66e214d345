/*
 * sample.c - TABLESAMPLE (10 ROWS), (20 PERCENT), (BUCKET 1 OUT OF 4), with REPEATABLE (seed).
 *
 * Rows are a LIMIT; a share of them is a filter: rand(seed) < share, as Spark draws them.
 */
#include "sql/parser.h"

/* [-] a number as a DOUBLE literal, times `factor` */
static vonk_status parse_share(parser *p, vonk_expr **ret)
{
    bool negative = sql_accept(p, TOK_MINUS);
    int32_t start = sql_peek(p)->start;
    vonk_expr *e = NULL;
    VONK_TRY(sql_parse_value(p, &e));
    vonk_expr *sign = vonk_expr_int(p->arena, negative ? -1 : 1, p->err);
    vonk_expr *number = vonk_expr_cast(p->arena, e, VONK_TYPE(FLOAT64), false, p->err);
    return sql_finish(p, vonk_expr_call2(p->arena, "*", number, sign, p->err), start, ret);
}

/* BUCKET x OUT OF y: the share x / y */
static vonk_status parse_bucket(parser *p, vonk_expr **share)
{
    vonk_expr *x = NULL, *y = NULL;
    VONK_TRY(parse_share(p, &x));
    if (!sql_accept_text(p, "OUT") || !sql_accept_text(p, "OF"))
        return sql_syntax_error(p);
    VONK_TRY(parse_share(p, &y));
    if (sql_is_word(p, KW_ON))
        return sql_unsupported(p, sql_peek(p), "TABLESAMPLE (BUCKET x OUT OF y ON column)");
    *share = vonk_expr_call2(p->arena, "/", x, y, p->err);
    return *share ? VONK_OK : VONK_NO_MEMORY;
}

/* Behind '(': *rows, or *share of all rows. */
static vonk_status parse_method(parser *p, vonk_expr **rows, vonk_expr **share)
{
    if (sql_accept_text(p, "BUCKET"))
        return parse_bucket(p, share);
    uint32_t before = p->pos;
    VONK_TRY(parse_share(p, share));
    if (sql_accept_text(p, "PERCENT")) {
        vonk_expr *hundred = vonk_expr_int(p->arena, 100, p->err);
        *share = vonk_expr_call2(p->arena, "/", *share, hundred, p->err);
        return *share ? VONK_OK : VONK_NO_MEMORY;
    }
    p->pos = before;
    VONK_TRY(sql_parse_expr(p, rows));
    return sql_accept_text(p, "ROWS") ? VONK_OK
                                      : sql_unsupported(p, sql_peek(p), "TABLESAMPLE of bytes");
}

static vonk_status parse_seed(parser *p, vonk_expr **ret)
{
    list args = {0};
    vonk_expr *seed = NULL;
    if (sql_accept_text(p, "REPEATABLE")) {
        VONK_TRY(sql_expect(p, TOK_LPAREN));
        VONK_TRY(sql_parse_value(p, &seed));
        VONK_TRY(sql_push(p, &args, seed));
        VONK_TRY(sql_expect(p, TOK_RPAREN));
    }
    return sql_call_of(p, "rand", &args, sql_last_end(p), ret);
}

/* SELECT * FROM plan */
static vonk_status select_all(parser *p, int32_t start, vonk_plan **plan)
{
    list items = {0};
    vonk_expr *star = NULL;
    VONK_TRY(sql_finish(p, vonk_expr_new(p->arena, VONK_EXPR_STAR, 0, p->err), start, &star));
    VONK_TRY(sql_push(p, &items, star));
    VONK_TRY(sql_new_plan(p, VONK_PLAN_PROJECT, *plan, start, plan));
    (*plan)->exprs = (vonk_expr **)items.items;
    (*plan)->n_exprs = items.n;
    return VONK_OK;
}

vonk_status sql_parse_sample(parser *p, vonk_plan **plan)
{
    vonk_expr *rows = NULL, *share = NULL, *random = NULL;
    int32_t start = sql_next(p)->start;
    VONK_TRY(sql_expect(p, TOK_LPAREN));
    VONK_TRY(parse_method(p, &rows, &share));
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    VONK_TRY(parse_seed(p, &random));
    if (rows) {
        VONK_TRY(select_all(p, start, plan));
        VONK_TRY(sql_new_plan(p, VONK_PLAN_LIMIT, *plan, start, plan));
        (*plan)->limit_expr = rows;
        return VONK_OK;
    }
    vonk_expr *condition = vonk_expr_call2(p->arena, "<", random, share, p->err);
    VONK_TRY_ALLOC(condition);
    VONK_TRY(sql_new_plan(p, VONK_PLAN_FILTER, *plan, start, plan));
    (*plan)->condition = condition;
    return select_all(p, start, plan);
}
