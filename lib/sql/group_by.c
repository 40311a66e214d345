/*
 * group_by.c - GROUP BY with ROLLUP, CUBE and GROUPING SETS.
 *
 * What stands for several sets of groups is a CALL among the groups, with a name that no function
 * has: "$rollup", "$cube" and "$grouping_sets" of sets; a set is "$set" of its expressions, or a
 * lone expression. Where the groups stand in front of the sets (`a, b GROUPING SETS ((a), b)`) they
 * are a "$set" that is the first argument of "$given", and "$grouping_sets" is the second.
 */
#include "sql/parser.h"

static vonk_status parse_analytics(parser *p, vonk_expr **ret);

static bool at_sets(const parser *p)
{
    return sql_is_word(p, KW_GROUPING) && sql_is_word_at(p, 1, KW_SETS) &&
           sql_peek_at(p, 2)->kind == TOK_LPAREN;
}

static bool at_analytics(const parser *p)
{
    bool word = sql_is_word(p, KW_ROLLUP) || sql_is_word(p, KW_CUBE);
    return (word && sql_peek_at(p, 1)->kind == TOK_LPAREN) || at_sets(p);
}

/* () or (a, b) or a */
static vonk_status parse_set(parser *p, vonk_expr **ret)
{
    list none = {0};
    int32_t start = sql_peek(p)->start;
    bool paren = sql_is_kind(p, TOK_LPAREN);
    if (paren && sql_peek_at(p, 1)->kind == TOK_RPAREN) {
        p->pos += 2;
        return sql_call_of(p, "$set", &none, start, ret);
    }
    VONK_TRY(sql_parse_expr(p, ret));
    if (paren && vonk_expr_is_call(*ret, "struct") && (*ret)->start == start)
        (*ret)->name = "$set"; /* (a, b) is a row elsewhere */
    return VONK_OK;
}

/* (set, set, ...): with `nested`, sets may be ROLLUPs and the like. */
static vonk_status parse_sets(parser *p, const char *name, bool nested, int32_t start,
                              vonk_expr **ret)
{
    list sets = {0};
    VONK_TRY(sql_expect(p, TOK_LPAREN));
    do {
        vonk_expr *set = NULL;
        if (nested && at_analytics(p))
            VONK_TRY(parse_analytics(p, &set));
        else
            VONK_TRY(parse_set(p, &set));
        VONK_TRY(sql_push(p, &sets, set));
    } while (sql_accept(p, TOK_COMMA));
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    return sql_call_of(p, name, &sets, start, ret);
}

static vonk_status parse_analytics(parser *p, vonk_expr **ret)
{
    int32_t start = sql_peek(p)->start;
    VONK_TRY(sql_enter(p));
    vonk_keyword keyword = sql_next(p)->keyword;
    if (keyword == KW_GROUPING) {
        (void)sql_next(p);
        VONK_TRY(parse_sets(p, "$grouping_sets", true, start, ret));
    } else {
        VONK_TRY(parse_sets(p, keyword == KW_CUBE ? "$cube" : "$rollup", false, start, ret));
    }
    sql_leave(p);
    return VONK_OK;
}

/* a, b WITH ROLLUP: each group is a set of its own. */
static vonk_status with_analytics(parser *p, int32_t start, list *groups)
{
    vonk_expr *call = NULL;
    (void)sql_next(p);
    const char *name = sql_next(p)->keyword == KW_CUBE ? "$cube" : "$rollup";
    VONK_TRY(sql_call_of(p, name, groups, start, &call));
    *groups = (list){0};
    return sql_push(p, groups, call);
}

/* a, b GROUPING SETS ((a), (b)) */
static vonk_status sets_of_given(parser *p, int32_t start, list *groups)
{
    vonk_expr *given = NULL, *sets = NULL, *call = NULL;
    list args = {0};
    VONK_TRY(sql_call_of(p, "$set", groups, start, &given));
    VONK_TRY(parse_analytics(p, &sets));
    VONK_TRY(sql_push(p, &args, given));
    VONK_TRY(sql_push(p, &args, sets));
    VONK_TRY(sql_call_of(p, "$given", &args, start, &call));
    *groups = (list){0};
    return sql_push(p, groups, call);
}

/* ROLLUP and CUBE of an empty set mean nothing. */
static vonk_status check_empty_sets(parser *p, const list *groups, int32_t start)
{
    for (uint32_t i = 0; i < groups->n; i++) {
        const vonk_expr *e = groups->items[i];
        bool cube = vonk_expr_is_call(e, "$cube");
        for (uint32_t k = 0; (cube || vonk_expr_is_call(e, "$rollup")) && k < e->n_args; k++) {
            if (!vonk_expr_is_call(e->args[k], "$set") || e->args[k]->n_args)
                continue;
            vonk_status status = vonk_fail_sql(p->err, "_LEGACY_ERROR_TEMP_0051",
                                               "Empty set in %s grouping sets is not supported.",
                                               cube ? "CUBE" : "ROLLUP");
            return vonk_error_at(p->err, status, start, sql_last_end(p));
        }
    }
    return VONK_OK;
}

vonk_status sql_parse_group_by(parser *p, list *groups)
{
    int32_t start = p->tokens[p->pos - 1].start, first = sql_peek_at(p, 1)->start;
    VONK_TRY(sql_expect_word(p, KW_BY));
    bool plain = true;
    do {
        vonk_expr *e = NULL;
        bool analytics = at_analytics(p);
        plain &= !analytics;
        if (analytics)
            VONK_TRY(parse_analytics(p, &e));
        else
            VONK_TRY(sql_parse_expr(p, &e));
        VONK_TRY(sql_push(p, groups, e));
    } while (sql_accept(p, TOK_COMMA));
    bool with = sql_is_word(p, KW_WITH) &&
                (sql_is_word_at(p, 1, KW_ROLLUP) || sql_is_word_at(p, 1, KW_CUBE));
    if (plain && with)
        VONK_TRY(with_analytics(p, first, groups));
    else if (plain && at_sets(p))
        VONK_TRY(sets_of_given(p, first, groups));
    return check_empty_sets(p, groups, start);
}
