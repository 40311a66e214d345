/* subquery_mark.c - EXISTS and IN inside expressions: does a joined row match? */
#include "catalog/plan_copy.h"
#include "optimize/subquery.h"

/* EXISTS without outer columns: isnotnull((SELECT 1 FROM q LIMIT 1)) */
vonk_status replace_plain_exists(replacer *w, vonk_expr *e, vonk_expr **ret, vonk_error *err)
{
    rewriting *r = w->r;
    vonk_plan *plan = bare_rows(e->plan);
    expr_list one = {0};
    vonk_expr *alias;
    VONK_TRY(make_node(r, VONK_PLAN_LIMIT, plan, &plan, err));
    plan->limit = 1;
    VONK_TRY(make_alias(r, vonk_expr_int(r->arena, 1, err), "one", &alias, err));
    VONK_TRY(list_add(r, &one, alias, err));
    VONK_TRY(make_project(r, plan, &one, &plan, err));
    vonk_expr *scalar = vonk_expr_new(r->arena, VONK_EXPR_SUBQUERY, 0, err);
    VONK_TRY_ALLOC(scalar);
    scalar->plan = plan;
    scalar->type = VONK_TYPE(INT32);
    scalar->start = e->start;
    scalar->end = e->end;
    return make_call(r, e->negated ? "isnull" : "isnotnull", 1, &scalar, ret, err);
}

/* Which side of an equality is over `plan`, while the other has none of its columns. */
static vonk_status inner_side(rewriting *r, const vonk_expr *e, const vonk_plan *plan,
                              uint32_t *ret, bool *ret_ok, vonk_error *err)
{
    bool within[2] = {false, false}, touched[2] = {false, false};
    for (uint32_t k = 0; is_equality(e) && k < 2; k++) {
        VONK_TRY(is_within(r, e->args[k], plan, &within[k], err));
        VONK_TRY(touches(r, e->args[k], plan, &touched[k], err));
    }
    *ret = touched[0] ? 0 : 1;
    *ret_ok = touched[0] != touched[1] && within[*ret];
    return VONK_OK;
}

/* The inner sides of the predicates, which must be equalities, over `plan`: once each. */
static vonk_status distinct_keys(rewriting *r, vonk_plan **plan, expr_list *predicates,
                                 bool *ret_ok, vonk_error *err)
{
    expr_list exprs = {0};
    *ret_ok = true;
    for (uint32_t i = 0; i < predicates->n; i++) {
        vonk_expr *e = predicates->items[i], *key, *column;
        uint32_t at;
        VONK_TRY(inner_side(r, e, *plan, &at, ret_ok, err));
        if (!*ret_ok)
            return VONK_OK;
        VONK_TRY(make_alias(r, e->args[at], "key", &key, err));
        VONK_TRY(list_add(r, &exprs, key, err));
        column = vonk_expr_column(r->arena, key->alias_id, "key", key->type, key->nullable, err);
        VONK_TRY(make_call2(r, "=", e->args[1 - at], column, &predicates->items[i], err));
    }
    VONK_TRY(make_project(r, *plan, &exprs, plan, err));
    return make_node(r, VONK_PLAN_DISTINCT, *plan, plan, err);
}

/* count(*) and, for IN, count(column) of the plan's first column: *ret two ALIASes. */
static vonk_status count_aliases(rewriting *r, const vonk_plan *plan, vonk_expr *ret[2],
                                 vonk_error *err)
{
    vonk_expr *one = vonk_expr_int(r->arena, 1, err), *call;
    vonk_expr *column = vonk_attribute_column(r->arena, &plan->output[0], err);
    if (!one || !column)
        return VONK_NO_MEMORY;
    VONK_TRY(make_call(r, "count", 1, &one, &call, err));
    VONK_TRY(make_alias(r, call, "n_all", &ret[0], err));
    VONK_TRY(make_call(r, "count", 1, &column, &call, err));
    return make_alias(r, call, "n_values", &ret[1], err);
}

/* AGGREGATE of `counts` by the inner sides of the equalities `p`, which come to be over it. */
static vonk_status count_by_keys(rewriting *r, vonk_plan **plan, vonk_expr *const counts[2],
                                 pulled *p, bool *ret_ok, vonk_error *err)
{
    expr_list groups = {0}, exprs = {0};
    *ret_ok = true;
    for (uint32_t i = 0; i < p->predicates.n; i++) {
        vonk_expr *e = p->predicates.items[i], *key, *column;
        uint32_t at;
        VONK_TRY(inner_side(r, e, *plan, &at, ret_ok, err));
        if (!*ret_ok)
            return VONK_OK;
        VONK_TRY(make_alias(r, e->args[at], "key", &key, err));
        VONK_TRY(list_add(r, &groups, e->args[at], err));
        VONK_TRY(list_add(r, &exprs, key, err));
        column = vonk_expr_column(r->arena, key->alias_id, "key", key->type, key->nullable, err);
        VONK_TRY(make_call2(r, "=", e->args[1 - at], column, &p->predicates.items[i], err));
    }
    for (uint32_t i = 0; i < 2; i++)
        VONK_TRY(list_add(r, &exprs, counts[i], err));
    return make_aggregate(r, *plan, &groups, &exprs, plan, err);
}

/* One of the counts as a scalar subquery over a plan of its own. */
static vonk_status count_subquery(rewriting *r, vonk_plan *plan, vonk_expr *count, vonk_expr **ret,
                                  vonk_error *err)
{
    expr_list none = {0}, exprs = {0};
    vonk_expr *e = vonk_expr_new(r->arena, VONK_EXPR_SUBQUERY, 0, err);
    VONK_TRY_ALLOC(e);
    VONK_TRY(list_add(r, &exprs, count, err));
    VONK_TRY(make_aggregate(r, plan, &none, &exprs, &plan, err));
    VONK_TRY(vonk_plan_instantiate(r->arena, plan, 0, r->optimizer->next_id, &e->plan, err));
    e->type = count->type;
    *ret = e;
    return VONK_OK;
}

/*
 * How many rows and values the plan of x IN (q) has for this row, as expressions: *ret. What has
 * no rows counts as null where keys are joined.
 */
static vonk_status count_matches(replacer *w, const vonk_expr *e, vonk_expr *ret[2], bool *ret_ok,
                                 vonk_error *err)
{
    rewriting *r = w->r;
    vonk_plan *plan;
    vonk_expr *counts[2];
    pulled p = {0};
    VONK_TRY(vonk_plan_instantiate(r->arena, e->plan, 0, r->optimizer->next_id, &plan, err));
    VONK_TRY(count_aliases(r, plan, counts, err));
    VONK_TRY(pull_up(r, &plan, &p, err));
    *ret_ok = !p.failed && !p.global;
    if (!*ret_ok)
        return VONK_OK;
    if (!p.predicates.n) {
        for (uint32_t i = 0; i < 2; i++)
            VONK_TRY(count_subquery(r, plan, counts[i], &ret[i], err));
        return VONK_OK;
    }
    VONK_TRY(count_by_keys(r, &plan, counts, &p, ret_ok, err));
    if (!*ret_ok)
        return VONK_OK;
    VONK_TRY(left_join(w, plan, &p.predicates, err));
    for (uint32_t i = 0; i < 2; i++) {
        ret[i] = vonk_expr_column(r->arena, counts[i]->alias_id, counts[i]->name, counts[i]->type,
                                  true, err);
        VONK_TRY_ALLOC(ret[i]);
    }
    return VONK_OK;
}

/*
 * x NOT IN (q), given whether a row matched. Where it would be null, Spark has false:
 *   NOT CASE WHEN matched THEN true WHEN coalesce(n_all, 0) = 0 THEN false
 *            ELSE x IS NULL OR n_values < n_all END
 */
static vonk_status not_in(replacer *w, const vonk_expr *e, vonk_expr *matched,
                          vonk_expr *const n[2], vonk_expr **ret, vonk_error *err)
{
    rewriting *r = w->r;
    vonk_expr *some, *x_null, *fewer, *result;
    vonk_expr *zero = vonk_expr_literal(r->arena, VONK_TYPE(INT64), (vonk_value){.i64 = 0}, err);
    VONK_TRY_ALLOC(zero);
    VONK_TRY(make_call2(r, "coalesce", n[0], zero, &some, err));
    VONK_TRY(make_call2(r, "=", some, zero, &some, err));
    VONK_TRY(make_call(r, "isnull", 1, &e->args[0], &x_null, err));
    VONK_TRY(make_call2(r, "<", n[1], n[0], &fewer, err));
    VONK_TRY(make_call2(r, "or", x_null, fewer, &x_null, err));
    result = vonk_expr_new(r->arena, VONK_EXPR_CASE, 5, err);
    VONK_TRY_ALLOC(result);
    vonk_expr *args[5] = {matched, vonk_expr_bool(r->arena, true, err), some,
                          vonk_expr_bool(r->arena, false, err), x_null};
    for (uint32_t i = 0; i < 5; i++) {
        VONK_TRY_ALLOC(args[i]);
        result->args[i] = args[i];
    }
    result->has_else = true;
    result->type = VONK_TYPE(BOOL);
    result->nullable = true;
    return make_call(r, "not", 1, &result, ret, err);
}

/* By equalities alone: the distinct keys, with a mark, LEFT joined. *ret_done or nothing. */
static vonk_status mark_by_keys(replacer *w, const vonk_expr *e, vonk_expr **ret, bool *ret_done,
                                vonk_error *err)
{
    rewriting *r = w->r;
    bool is_in = e->kind == VONK_EXPR_IN_QUERY, ok = true;
    bool nulls_matter = is_in && e->negated && !nothing_is_null(e);
    vonk_plan *plan, *child = *w->child;
    vonk_expr *mark, *n[2];
    pulled p = {0};
    expr_list conditions = {0};
    *ret_done = false;
    if (nulls_matter && e->n_args != 1)
        return VONK_OK;
    if (is_in)
        VONK_TRY(in_predicates(r, e, false, &conditions, err));
    VONK_TRY(vonk_plan_copy_nodes(r->arena, is_in ? e->plan : bare_rows(e->plan), &plan, err));
    loosen(plan);
    VONK_TRY(refresh_output(r, plan, err));
    VONK_TRY(pull_up(r, &plan, &p, err));
    if (p.failed || (p.global && (!is_in || p.is_count)))
        return VONK_OK;
    for (uint32_t i = 0; i < p.predicates.n; i++)
        VONK_TRY(list_add(r, &conditions, p.predicates.items[i], err));
    VONK_TRY(distinct_keys(r, &plan, &conditions, &ok, err));
    if (!ok)
        return VONK_OK;
    VONK_TRY(add_mark(r, &plan, &mark, err));
    VONK_TRY(left_join(w, plan, &conditions, err));
    if (nulls_matter)
        VONK_TRY(count_matches(w, e, n, &ok, err));
    *ret_done = ok;
    if (!ok) { /* as it was */
        *w->child = child;
        return VONK_OK;
    }
    bool negated = e->negated && !nulls_matter;
    VONK_TRY(make_call(r, negated ? "isnull" : "isnotnull", 1, &mark, ret, err));
    return nulls_matter ? not_in(w, e, *ret, n, ret, err) : VONK_OK;
}

/* EXISTS or IN inside an expression: is there a match? Never null, as Spark's existence joins. */
vonk_status replace_by_mark(replacer *w, vonk_expr *e, vonk_expr **ret, vonk_error *err)
{
    bool done;
    VONK_TRY(mark_by_keys(w, e, ret, &done, err));
    return done ? VONK_OK : mark_by_domain(w, e, ret, err);
}
