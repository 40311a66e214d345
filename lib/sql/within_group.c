/*
 * within_group.c - f(a) WITHIN GROUP (ORDER BY k DESC): each key is two arguments, the key and its
 * flags: 1 descending, 2 nulls first.
 *
 *   percentile_cont(p)  -> percentile_cont(p, k, flags)
 *   mode()              -> mode(k, flags)
 *   listagg(x [, d])    -> listagg(x, d, k1, flags1, k2, flags2 ...), d NULL where there is none
 */
#include "sql/parser.h"

#include <string.h>

static vonk_status push_key(parser *p, const vonk_expr *sort, list *args)
{
    bool first = sort->nulls_given ? sort->nulls_first : !sort->descending;
    vonk_expr *flags = vonk_expr_int(p->arena, sort->descending + 2 * first, p->err);
    VONK_TRY_ALLOC(flags);
    VONK_TRY(sql_push(p, args, sort->args[0]));
    return sql_push(p, args, flags);
}

static bool is_listagg(const vonk_expr *call)
{
    return !strcmp(call->name, "listagg") || !strcmp(call->name, "string_agg");
}

/* What must come of `n` keys. */
static vonk_status check_keys(parser *p, const vonk_expr *call, uint32_t n, int32_t start)
{
    bool one = !strcmp(call->name, "percentile_cont") || !strcmp(call->name, "percentile_disc") ||
               !strcmp(call->name, "mode");
    if (is_listagg(call) || (one && n == 1))
        return VONK_OK;
    vonk_status status =
        one ? vonk_fail_sql(p->err, "INVALID_WITHIN_GROUP_EXPRESSION.WRONG_NUM_ORDERINGS",
                            "Invalid function `%s` with WITHIN GROUP. The function requires 1 "
                            "orderings in WITHIN GROUP but got %u.",
                            call->name, n)
            : vonk_fail_sql(p->err, "UNSUPPORTED_FEATURE",
                            "The feature is not supported: %s with "
                            "WITHIN GROUP.",
                            call->name);
    return vonk_error_at(p->err, status, start, sql_last_end(p));
}

vonk_status sql_parse_within_group(parser *p, vonk_expr **call)
{
    list args = {0}, keys = {0};
    vonk_expr *old = *call;
    sql_next(p);
    sql_next(p);
    VONK_TRY(sql_expect(p, TOK_LPAREN));
    VONK_TRY(sql_expect_word(p, KW_ORDER));
    VONK_TRY(sql_expect_word(p, KW_BY));
    do {
        vonk_expr *item = NULL;
        VONK_TRY(sql_parse_sort_item(p, &item));
        VONK_TRY(sql_push(p, &keys, item));
    } while (sql_accept(p, TOK_COMMA));
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    VONK_TRY(check_keys(p, old, keys.n, old->start));
    for (uint32_t i = 0; i < old->n_args; i++)
        VONK_TRY(sql_push(p, &args, old->args[i]));
    if (is_listagg(old) && old->n_args == 1) {
        vonk_expr *none = vonk_expr_null(p->arena, VONK_TYPE(NULL), p->err);
        VONK_TRY_ALLOC(none);
        VONK_TRY(sql_push(p, &args, none));
    }
    for (uint32_t i = 0; i < keys.n; i++)
        VONK_TRY(push_key(p, keys.items[i], &args));
    vonk_expr *e = vonk_expr_call(p->arena, old->name, args.n, (vonk_expr **)args.items, p->err);
    VONK_TRY_ALLOC(e);
    e->distinct = old->distinct;
    return sql_finish(p, e, old->start, call);
}
