/* subquery_domain.c - what becomes of a subquery whose plan was widened: a join, a column, a mark.
 */
#include "optimize/subquery_domain.h"
#include "catalog/plan_copy.h"

/* Of `plan` around a subquery with the outer columns `used`. */
static vonk_status make_domain(rewriting *r, vonk_plan *around, const vonk_id_set *used,
                               domain *ret, vonk_error *err)
{
    domain d = {.r = r, .outer = VONK_NEW_ARRAY(r->arena, vonk_attribute, around->n_output, err)};
    VONK_TRY_ALLOC(d.outer);
    vonk_id_set seen = {.arena = r->arena};
    for (uint32_t i = 0; i < around->n_output; i++) {
        const vonk_attribute *attribute = &around->output[i];
        if (!vonk_id_set_has(used, attribute->id) || vonk_id_set_has(&seen, attribute->id))
            continue;
        VONK_TRY(vonk_id_set_add(&seen, attribute->id, err));
        d.outer[d.n++] = *attribute;
    }
    *ret = d;
    if (!d.n)
        return VONK_OK;
    vonk_plan *plan; /* only ever instantiated: `around` stays where it is */
    VONK_TRY(make_projection(r, around, d.outer, d.n, &plan, err));
    return make_node(r, VONK_PLAN_DISTINCT, plan, &ret->plan, err);
}

/* The copy of a subquery's plan for the rows of `around`; d->failed if that cannot be. */
static vonk_status widen_copy(rewriting *r, vonk_plan *around, const vonk_expr *e,
                              const vonk_plan *plan, domain *d, vonk_plan **ret,
                              vonk_attribute **ret_keys, vonk_error *err)
{
    vonk_id_set used = {.arena = r->arena};
    VONK_TRY(vonk_plan_outer_columns(plan, &used, err));
    for (uint32_t i = 0; i < e->n_args; i++)
        VONK_TRY(vonk_expr_columns(e->args[i], &used, err));
    VONK_TRY(make_domain(r, around, &used, d, err));
    VONK_TRY(vonk_plan_copy_nodes(r->arena, plan, ret, err));
    VONK_TRY(widen(d, ret, ret_keys, err));
    return VONK_OK;
}

/* One row a key: its first value, and how many there were (*ret_count). */
static vonk_status group_by_keys(domain *d, vonk_plan **plan, vonk_attribute *keys,
                                 vonk_attribute *value, vonk_expr **ret_count, vonk_error *err)
{
    rewriting *r = d->r;
    expr_list groups = {0}, exprs = {0};
    vonk_expr *column = vonk_attribute_column(r->arena, value, err), *call, *alias;
    vonk_expr *one = vonk_expr_int(r->arena, 1, err);
    if (!column || !one)
        return VONK_NO_MEMORY;
    VONK_TRY(add_keys(d, keys, &groups, err));
    VONK_TRY(add_keys(d, keys, &exprs, err));
    VONK_TRY(make_call(r, "first", 1, &column, &call, err));
    VONK_TRY(make_alias(r, call, "value", &alias, err));
    VONK_TRY(list_add(r, &exprs, alias, err));
    value->id = alias->alias_id;
    VONK_TRY(make_call(r, "count", 1, &one, &call, err));
    VONK_TRY(make_alias(r, call, "n_rows", &alias, err));
    VONK_TRY(list_add(r, &exprs, alias, err));
    *ret_count = vonk_expr_column(r->arena, alias->alias_id, "n_rows", call->type, true, err);
    VONK_TRY_ALLOC(*ret_count);
    return make_aggregate(r, *plan, &groups, &exprs, plan, err);
}

/* Is there an ORDER BY that says which row is the first? */
static bool is_ordered(const vonk_plan *plan)
{
    while (plan->kind == VONK_PLAN_PROJECT || plan->kind == VONK_PLAN_FILTER ||
           plan->kind == VONK_PLAN_DISTINCT)
        plan = plan->children[0];
    return plan->kind == VONK_PLAN_SORT;
}

vonk_status scalar_by_domain(replacer *w, const vonk_expr *e, const vonk_plan *plan,
                             vonk_expr **ret, vonk_error *err)
{
    rewriting *r = w->r;
    domain d;
    vonk_plan *wide;
    vonk_attribute *keys = NULL, value;
    vonk_expr *count = NULL;
    bool first = plan->kind == VONK_PLAN_LIMIT && plan->limit == 1 && !plan->offset &&
                 !is_ordered(plan->children[0]);
    if (first)
        plan = plan->children[0];
    bool one = gives_one_row(plan);
    VONK_TRY(widen_copy(r, *w->child, e, plan, &d, &wide, &keys, err));
    if (d.failed)
        return fail_subquery(e, d.failed, err);
    value = plan->output[0];
    if (!one)
        VONK_TRY(group_by_keys(&d, &wide, keys, &value, &count, err));
    expr_list matches = {0};
    VONK_TRY(match_keys(&d, d.outer, keys, &matches, err));
    VONK_TRY(left_join(w, wide, &matches, err));
    value.nullable = true;
    vonk_expr *column = vonk_attribute_column(r->arena, &value, err);
    VONK_TRY_ALLOC(column);
    *ret = column;
    return one || first ? VONK_OK : make_call2(r, "$one_row", column, count, ret, err);
}

vonk_status join_by_domain(rewriting *r, const vonk_expr *e, bool negated, vonk_plan **child,
                           vonk_error *err)
{
    bool is_in = e->kind == VONK_EXPR_IN_QUERY;
    domain d;
    vonk_plan *wide;
    vonk_attribute *keys = NULL;
    vonk_expr *condition;
    expr_list conditions = {0};
    vonk_expr query = *e; /* the values stay outside: their columns need no key */
    query.n_args = 0;
    VONK_TRY(
        widen_copy(r, *child, &query, is_in ? e->plan : bare_rows(e->plan), &d, &wide, &keys, err));
    if (d.failed)
        return fail_subquery(e, d.failed, err);
    if (is_in)
        VONK_TRY(in_predicates(r, e, negated, &conditions, err));
    VONK_TRY(match_keys(&d, d.outer, keys, &conditions, err));
    VONK_TRY(join_and(r, &conditions, &condition, err));
    return make_join(r, negated ? VONK_JOIN_ANTI : VONK_JOIN_SEMI, *child, wide, condition, child,
                     err);
}

vonk_status mark_by_domain(replacer *w, const vonk_expr *e, vonk_expr **ret, vonk_error *err)
{
    rewriting *r = w->r;
    bool is_in = e->kind == VONK_EXPR_IN_QUERY;
    domain d;
    vonk_plan *wide;
    vonk_attribute *keys = NULL;
    vonk_expr *mark;
    expr_list conditions = {0}, exprs = {0}, matches = {0};
    VONK_TRY(
        widen_copy(r, *w->child, e, is_in ? e->plan : bare_rows(e->plan), &d, &wide, &keys, err));
    if (d.failed || !d.n)
        return fail_subquery(e, d.failed ? d.failed : IN_EXPRESSION, err);
    if (is_in)
        VONK_TRY(in_predicates(r, e, e->negated, &conditions, err));
    for (uint32_t i = 0; i < conditions.n; i++)
        VONK_TRY(over_keys(&d, keys, &conditions.items[i], err));
    if (!vonk_plan_find_output(wide, keys[0].id)) { /* the plan itself is not correlated */
        return fail_subquery(e, IN_EXPRESSION, err);
    }
    VONK_TRY(make_filter(r, wide, &conditions, &wide, err));
    VONK_TRY(add_keys(&d, keys, &exprs, err));
    VONK_TRY(make_project(r, wide, &exprs, &wide, err));
    VONK_TRY(make_node(r, VONK_PLAN_DISTINCT, wide, &wide, err));
    VONK_TRY(add_mark(r, &wide, &mark, err));
    VONK_TRY(match_keys(&d, d.outer, keys, &matches, err));
    VONK_TRY(left_join(w, wide, &matches, err));
    return make_call(r, e->negated ? "isnull" : "isnotnull", 1, &mark, ret, err);
}

/* The plan is outer columns' only in filters and lists of columns: their parts may go into ON. */
static vonk_status only_filters(rewriting *r, const vonk_plan *plan, bool *ret, vonk_error *err)
{
    bool correlated = true;
    for (;;) {
        VONK_TRY(is_correlated(r, plan, &correlated, err));
        *ret = !correlated;
        if (!correlated || (plan->kind != VONK_PLAN_FILTER && plan->kind != VONK_PLAN_PROJECT))
            return VONK_OK;
        plan = plan->children[0];
    }
}

/* *right without predicates over outer columns, which go to `conditions`; or *ret_done is false. */
static vonk_status pull_lateral(rewriting *r, vonk_plan **right, expr_list *conditions,
                                bool *ret_done, vonk_error *err)
{
    pulled p = {0};
    vonk_plan *copy;
    VONK_TRY(only_filters(r, *right, ret_done, err));
    if (!*ret_done)
        return VONK_OK;
    VONK_TRY(vonk_plan_copy_nodes(r->arena, *right, &copy, err));
    VONK_TRY(pull_up(r, &copy, &p, err));
    *ret_done = !p.failed && !p.global;
    for (uint32_t i = 0; *ret_done && i < p.predicates.n; i++)
        VONK_TRY(list_add(r, conditions, p.predicates.items[i], err));
    if (*ret_done)
        *right = copy;
    return VONK_OK;
}

vonk_status join_lateral(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *join = *plan, *left = join->children[0], *right = join->children[1];
    const vonk_attribute *output = join->output;
    uint32_t n_output = join->n_output;
    vonk_expr query = {.start = join->start, .end = join->end};
    vonk_attribute *keys = NULL;
    expr_list conditions = {0};
    domain d = {0};
    bool done;
    VONK_TRY(pull_lateral(r, &right, &conditions, &done, err));
    if (!done) {
        VONK_TRY(widen_copy(r, left, &query, join->children[1], &d, &right, &keys, err));
        if (d.failed)
            return fail_subquery(&query, d.failed, err);
        VONK_TRY(match_keys(&d, d.outer, keys, &conditions, err));
    }
    if (join->condition)
        VONK_TRY(list_add(r, &conditions, join->condition, err));
    VONK_TRY(join_and(r, &conditions, &join->condition, err));
    join->lateral = false;
    join->children[1] = right;
    if (join->condition && join->join_type == VONK_JOIN_CROSS)
        join->join_type = VONK_JOIN_INNER;
    r->changed = true;
    VONK_TRY(vonk_plan_set_output(r->arena, join, err));
    return join->n_output != n_output ? make_projection(r, join, output, n_output, plan, err)
                                      : VONK_OK;
}
