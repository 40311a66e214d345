/*
 * resolve_aggregate.c - takes select lists with aggregates apart: what is computed in groups goes
 * into an AGGREGATE node, what is on top of it stays an expression over that node's output.
 */
#include <string.h>

#include "analyze/resolve_grouping.h"

static bool is_aggregate_call(const vonk_expr *e, void *context)
{
    (void)context;
    return e->kind == VONK_EXPR_CALL && e->function && e->function->aggregate;
}

/* The function of a window is none, but those in its arguments are. */
bool has_aggregate(const vonk_expr *e)
{
    if (is_aggregate_call(e, NULL))
        return true;
    bool found = e->kind == VONK_EXPR_CALL && e->filter && has_aggregate(e->filter);
    for (uint32_t i = 0; i < e->n_args && !found; i++) {
        const vonk_expr *arg = e->args[i];
        if (e->kind != VONK_EXPR_WINDOW || i > 0) {
            found = has_aggregate(arg);
            continue;
        }
        found = arg->filter && has_aggregate(arg->filter);
        for (uint32_t k = 0; k < arg->n_args && !found; k++)
            found = has_aggregate(arg->args[k]);
    }
    return found;
}

static vonk_expr *column_of(aggregation *agg, const vonk_expr *out, const vonk_expr *e,
                            vonk_error *err)
{
    vonk_expr *column = item_column(agg->analyzer, out, err);
    if (!column)
        return NULL;
    if (e->kind == VONK_EXPR_COLUMN)
        column->column_name = e->column_name;
    column->start = e->start;
    column->end = e->end;
    return column;
}

/* Aggregates and groups of a subquery may not be about columns of the query around it. */
static vonk_status check_outer_columns(aggregation *agg, const vonk_expr *call, vonk_error *err)
{
    vonk_id_set used = {.arena = agg->analyzer->arena};
    bool local = false, outer = false;
    VONK_TRY(vonk_expr_columns(call, &used, err));
    for (uint32_t id = 0; id < used.n_words * 64; id++) {
        bool own = vonk_plan_find_output(agg->input->plan, id) != NULL;
        local |= own && vonk_id_set_has(&used, id);
        outer |= !own && vonk_id_set_has(&used, id);
    }
    const char *text = outer ? expr_text(agg->analyzer, call, err) : "";
    VONK_TRY_ALLOC(text);
    if (outer && local && is_aggregate_call(call, NULL))
        return AT(call, vonk_fail_sql(err,
                                      "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY."
                                      "AGGREGATE_FUNCTION_MIXED_OUTER_LOCAL_REFERENCES",
                                      "Unsupported subquery expression: Found an aggregate "
                                      "function in a correlated predicate that has both outer and "
                                      "local references: %s.",
                                      text));
    if (outer)
        return AT(call, vonk_fail_sql(err,
                                      "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY."
                                      "CORRELATED_REFERENCE",
                                      "Unsupported subquery expression: Expressions referencing "
                                      "the outer query are not supported outside of WHERE/HAVING "
                                      "clauses: \"%s\".",
                                      text));
    return VONK_OK;
}

vonk_status add_group(aggregation *agg, vonk_expr *e, vonk_error *err)
{
    for (uint32_t i = 0; i < agg->n_groups; i++) {
        if (vonk_expr_equal(agg->groups[i], e))
            return VONK_OK;
    }
    item_list groups = {agg->n_groups, agg->groups}, outs = {agg->n_groups, agg->group_outs};
    vonk_expr *out = e;
    VONK_TRY(check_outer_columns(agg, e, err));
    if (e->kind != VONK_EXPR_COLUMN) {
        const char *name = expr_text(agg->analyzer, e, err);
        VONK_TRY_ALLOC(name);
        VONK_TRY(new_alias(agg->analyzer, e, name, &out, err));
    }
    VONK_TRY(add_item(agg->analyzer, &groups, e, err));
    VONK_TRY(add_item(agg->analyzer, &outs, out, err));
    agg->n_groups = groups.n;
    agg->groups = groups.items;
    agg->group_outs = outs.items;
    return VONK_OK;
}

static vonk_expr *find_aggregate(const aggregation *agg, const vonk_expr *call, uint64_t hash)
{
    for (uint32_t i = 0; i < agg->n_aggregates; i++) {
        if (agg->hashes[i] == hash && vonk_expr_equal(agg->aggregates[i]->args[0], call))
            return agg->aggregates[i];
    }
    return NULL;
}

/* The hash of the aggregate that comes next. */
static vonk_status add_hash(aggregation *agg, uint64_t hash, vonk_error *err)
{
    if (agg->n_aggregates == agg->n_hashes) {
        uint32_t n = agg->n_hashes ? 2 * agg->n_hashes : 8;
        uint64_t *grown = VONK_NEW_ARRAY(agg->analyzer->arena, uint64_t, n, err);
        VONK_TRY_ALLOC(grown);
        if (agg->n_hashes)
            memcpy(grown, agg->hashes, agg->n_hashes * sizeof *grown);
        agg->hashes = grown;
        agg->n_hashes = n;
    }
    agg->hashes[agg->n_aggregates] = hash;
    return VONK_OK;
}

static vonk_status aggregate_column(aggregation *agg, vonk_expr *call, vonk_expr **ret,
                                    vonk_error *err)
{
    VONK_TRY(check_outer_columns(agg, call, err));
    VONK_TRY(replace_grouping_calls(agg, call, &call, err));
    uint64_t hash = vonk_expr_hash(call);
    vonk_expr *out = find_aggregate(agg, call, hash);
    if (!out) {
        VONK_TRY(add_hash(agg, hash, err));
        const char *name = expr_text(agg->analyzer, call, err);
        VONK_TRY_ALLOC(name);
        VONK_TRY(new_alias(agg->analyzer, call, name, &out, err));
        item_list list = {agg->n_aggregates, agg->aggregates};
        VONK_TRY(add_item(agg->analyzer, &list, out, err));
        agg->n_aggregates = list.n;
        agg->aggregates = list.items;
    }
    *ret = column_of(agg, out, call, err);
    return *ret ? VONK_OK : VONK_NO_MEMORY;
}

static vonk_status fail_not_grouped(aggregation *agg, const vonk_expr *e, const char *name,
                                    vonk_error *err)
{
    vonk_expr unknown = {.kind = VONK_EXPR_NAME, .start = e->start, .end = e->end};
    unknown.name_parts = &name;
    unknown.n_name_parts = 1;
    if (agg->output) /* Spark does not see the input's columns from there */
        return fail_unresolved(agg->analyzer, agg->output, &unknown, err);
    if (!agg->has_group_by)
        return AT(e, vonk_fail_sql(err, "MISSING_GROUP_BY",
                                   "The query does not include a GROUP BY clause. Add GROUP BY or "
                                   "turn it into the window functions using OVER clauses."));
    return AT(e,
              vonk_fail_sql(err, "MISSING_AGGREGATION",
                            "The non-aggregating expression \"%s\" is based on columns which are "
                            "not participating in the GROUP BY clause.\nAdd the columns or the "
                            "expression to the GROUP BY, aggregate the expression, or use "
                            "\"any_value(%s)\" if you do not care which of the values within a "
                            "group is returned.",
                            name, name));
}

bool is_grouped(const aggregation *agg, uint32_t id)
{
    for (uint32_t i = 0; i < agg->n_groups; i++) {
        if (agg->groups[i]->kind == VONK_EXPR_COLUMN && agg->groups[i]->id == id)
            return true;
    }
    return false;
}

/* A subquery's plan may only use the input's columns that are groups. */
static vonk_status check_subquery(aggregation *agg, const vonk_expr *e, vonk_error *err)
{
    vonk_id_set used = {.arena = agg->analyzer->arena};
    VONK_TRY(vonk_plan_outer_columns(e->plan, &used, err));
    for (uint32_t i = 0; i < agg->input->n_attributes; i++) {
        const vonk_attribute *attribute = &agg->input->attributes[i];
        if (vonk_id_set_has(&used, attribute->id) && !is_grouped(agg, attribute->id))
            return fail_not_grouped(agg, e, attribute->name, err);
        if (vonk_id_set_has(&used, attribute->id) && agg->sets.n)
            return AT(e, vonk_fail_sql(err, "UNSUPPORTED_FEATURE",
                                       "subqueries with columns of grouping sets"));
    }
    return VONK_OK;
}

/* A window stays; what it is computed from comes out of the aggregation. */
static vonk_status window_over_aggregation(aggregation *agg, const vonk_expr *e, vonk_expr **ret,
                                           vonk_error *err)
{
    vonk_expr *copy = vonk_expr_clone(agg->analyzer->arena, e, err);
    vonk_expr *call = vonk_expr_clone(agg->analyzer->arena, e->args[0], err);
    if (!copy || !call)
        return VONK_NO_MEMORY;
    copy->args[0] = call;
    for (uint32_t i = 0; i < call->n_args; i++)
        VONK_TRY(over_aggregation(agg, call->args[i], &call->args[i], err));
    if (call->filter)
        VONK_TRY(over_aggregation(agg, call->filter, &call->filter, err));
    for (uint32_t i = 1; i < copy->n_args; i++)
        VONK_TRY(over_aggregation(agg, copy->args[i], &copy->args[i], err));
    *ret = copy;
    return VONK_OK;
}

vonk_status over_aggregation(aggregation *agg, vonk_expr *e, vonk_expr **ret, vonk_error *err)
{
    for (uint32_t i = 0; i < agg->n_groups; i++) {
        if (vonk_expr_equal(agg->groups[i], e)) {
            *ret = column_of(agg, agg->group_outs[i], e, err);
            return *ret ? VONK_OK : VONK_NO_MEMORY;
        }
    }
    if (is_aggregate_call(e, NULL))
        return aggregate_column(agg, e, ret, err);
    if (is_grouping_call(e, NULL))
        return replace_grouping_calls(agg, e, ret, err);
    if (e->kind == VONK_EXPR_WINDOW)
        return window_over_aggregation(agg, e, ret, err);
    if (e->kind == VONK_EXPR_COLUMN && vonk_plan_find_output(agg->input->plan, e->id))
        return fail_not_grouped(agg, e, e->column_name, err);
    if (e->kind == VONK_EXPR_COLUMN && !agg->output)
        VONK_TRY(check_outer_columns(agg, e, err));
    bool is_subquery = e->kind == VONK_EXPR_SUBQUERY || e->kind == VONK_EXPR_EXISTS ||
                       e->kind == VONK_EXPR_IN_QUERY;
    if (is_subquery)
        VONK_TRY(check_subquery(agg, e, err));
    vonk_expr *copy = vonk_expr_clone(agg->analyzer->arena, e, err);
    VONK_TRY_ALLOC(copy);
    for (uint32_t i = 0; i < copy->n_args; i++)
        VONK_TRY(over_aggregation(agg, copy->args[i], &copy->args[i], err));
    *ret = copy;
    return VONK_OK;
}

vonk_status new_aggregate(aggregation *agg, vonk_plan *child, const vonk_plan *at, vonk_plan **ret,
                          vonk_error *err)
{
    vonk_analyzer *a = agg->analyzer;
    if (agg->sets.n && !agg->grand_total)
        VONK_TRY(expand_groups(agg, &child, at, err));
    vonk_plan *plan = new_node(a, VONK_PLAN_AGGREGATE, child, at, err);
    VONK_TRY_ALLOC(plan);
    uint32_t n = agg->n_groups + agg->n_aggregates;
    plan->exprs = VONK_NEW_ARRAY(a->arena, vonk_expr *, n, err);
    VONK_TRY_ALLOC(plan->exprs);
    if (agg->n_groups)
        memcpy(plan->exprs, agg->group_outs, agg->n_groups * sizeof(vonk_expr *));
    if (agg->n_aggregates)
        memcpy(plan->exprs + agg->n_groups, agg->aggregates,
               agg->n_aggregates * sizeof(vonk_expr *));
    plan->n_exprs = n;
    plan->group_exprs = agg->groups;
    plan->n_group_exprs = agg->n_groups;
    VONK_TRY(vonk_plan_set_output(a->arena, plan, err));
    *ret = plan;
    return VONK_OK;
}
