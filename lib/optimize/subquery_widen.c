/* subquery_widen.c - a subquery's plan for all rows of a domain: node by node. */
#include <string.h>

#include "catalog/plan_copy.h"
#include "optimize/subquery_domain.h"

static bool uses_outer(const domain *d, const vonk_id_set *used)
{
    for (uint32_t i = 0; i < d->n; i++) {
        if (vonk_id_set_has(used, d->outer[i].id))
            return true;
    }
    return false;
}

static vonk_status plan_uses_outer(const domain *d, const vonk_plan *plan, bool *ret,
                                   vonk_error *err)
{
    vonk_id_set used = {.arena = d->r->arena};
    VONK_TRY(vonk_plan_outer_columns(plan, &used, err));
    *ret = uses_outer(d, &used);
    return VONK_OK;
}

vonk_status over_keys(domain *d, const vonk_attribute *keys, vonk_expr **e, vonk_error *err)
{
    return *e ? rename_columns(d->r, d->outer, keys, d->n, *e, e, err) : VONK_OK;
}

vonk_status match_keys(domain *d, const vonk_attribute *a, const vonk_attribute *b, expr_list *list,
                       vonk_error *err)
{
    for (uint32_t i = 0; i < d->n; i++) {
        vonk_expr *left = vonk_attribute_column(d->r->arena, &a[i], err), *equal;
        vonk_expr *right = vonk_attribute_column(d->r->arena, &b[i], err);
        if (!left || !right)
            return VONK_NO_MEMORY;
        VONK_TRY(make_call2(d->r, "<=>", left, right, &equal, err));
        VONK_TRY(list_add(d->r, list, equal, err));
    }
    return VONK_OK;
}

vonk_status add_keys(domain *d, const vonk_attribute *keys, expr_list *list, vonk_error *err)
{
    for (uint32_t i = 0; i < d->n; i++)
        VONK_TRY(list_add(d->r, list, vonk_attribute_column(d->r->arena, &keys[i], err), err));
    return VONK_OK;
}

vonk_status new_keys(domain *d, vonk_plan **ret, vonk_error *err)
{
    return vonk_plan_instantiate(d->r->arena, d->plan, 0, d->r->optimizer->next_id, ret, err);
}

static vonk_status widen_leaf(domain *d, vonk_plan **plan, vonk_attribute **ret_keys,
                              vonk_error *err)
{
    vonk_plan *keys;
    if (!d->n)
        return VONK_OK;
    VONK_TRY(new_keys(d, &keys, err));
    *ret_keys = keys->output;
    return make_join(d->r, VONK_JOIN_CROSS, keys, *plan, NULL, plan, err);
}

static vonk_status widen_project(domain *d, vonk_plan *node, vonk_attribute **ret_keys,
                                 vonk_error *err)
{
    expr_list exprs = {0};
    VONK_TRY(widen(d, &node->children[0], ret_keys, err));
    for (uint32_t i = 0; i < node->n_exprs && !d->failed; i++) {
        VONK_TRY(over_keys(d, *ret_keys, &node->exprs[i], err));
        VONK_TRY(list_add(d->r, &exprs, node->exprs[i], err));
    }
    if (d->failed)
        return VONK_OK;
    VONK_TRY(add_keys(d, *ret_keys, &exprs, err));
    node->exprs = exprs.items;
    node->n_exprs = exprs.n;
    return vonk_plan_set_output(d->r->arena, node, err);
}

/*
 * What an aggregate of no rows gives: domain LEFT JOIN aggregate, then
 * CASE WHEN matched IS NULL THEN 0 ELSE count END under the id that the count had.
 */
static vonk_status fill_domain(domain *d, vonk_plan *agg, vonk_expr *const *aliases,
                               const uint32_t *ids, vonk_plan **ret, vonk_attribute **ret_keys,
                               vonk_error *err)
{
    rewriting *r = d->r;
    uint32_t n = agg->n_exprs - d->n;
    vonk_attribute *keys = *ret_keys;
    vonk_plan *marked = agg, *all, *joined;
    vonk_expr *mark, *condition;
    expr_list matches = {0}, exprs = {0};
    VONK_TRY(add_mark(r, &marked, &mark, err));
    VONK_TRY(new_keys(d, &all, err));
    VONK_TRY(match_keys(d, all->output, keys, &matches, err));
    VONK_TRY(join_and(r, &matches, &condition, err));
    VONK_TRY(make_join(r, VONK_JOIN_LEFT, all, marked, condition, &joined, err));
    VONK_TRY(add_keys(d, all->output, &exprs, err));
    for (uint32_t i = 0; aliases && i < n; i++) {
        vonk_expr *call = aliases[i]->args[0], *nothing, *alias;
        vonk_expr *value = vonk_expr_column(r->arena, aliases[i]->alias_id, aliases[i]->name,
                                            call->type, true, err);
        VONK_TRY_ALLOC(value);
        nothing = over_no_rows(call, NULL, r->arena, err);
        VONK_TRY_ALLOC(nothing);
        if (!call->nullable)
            VONK_TRY(value_or(r, mark, nothing, value, &value, err));
        VONK_TRY(make_alias(r, value, aliases[i]->name, &alias, err));
        alias->alias_id = ids[i];
        VONK_TRY(list_add(r, &exprs, alias, err));
    }
    *ret_keys = all->output;
    return make_project(r, joined, &exprs, ret, err);
}

static vonk_status widen_aggregate(domain *d, vonk_plan **plan, vonk_attribute **ret_keys,
                                   vonk_error *err)
{
    rewriting *r = d->r;
    vonk_plan *node = *plan;
    uint32_t n_groups = node->n_group_exprs, n_calls = node->n_exprs - n_groups;
    VONK_TRY(widen(d, &node->children[0], ret_keys, err));
    if (d->failed)
        return VONK_OK;
    expr_list groups = {0}, exprs = {0};
    uint32_t *ids = VONK_NEW_ARRAY(r->arena, uint32_t, n_calls, err);
    VONK_TRY_ALLOC(ids);
    for (uint32_t i = 0; i < n_groups; i++) {
        VONK_TRY(over_keys(d, *ret_keys, &node->group_exprs[i], err));
        VONK_TRY(over_keys(d, *ret_keys, &node->exprs[i], err));
        VONK_TRY(list_add(r, &groups, node->group_exprs[i], err));
        VONK_TRY(list_add(r, &exprs, node->exprs[i], err));
    }
    VONK_TRY(add_keys(d, *ret_keys, &groups, err));
    VONK_TRY(add_keys(d, *ret_keys, &exprs, err));
    for (uint32_t i = 0; i < n_calls; i++) {
        vonk_expr *e = node->exprs[n_groups + i];
        VONK_TRY(over_keys(d, *ret_keys, &e, err));
        if (e->kind != VONK_EXPR_ALIAS) {
            d->failed = CORRELATED_PREDICATE;
            return VONK_OK;
        }
        ids[i] = e->alias_id;
        VONK_TRY_ALLOC(e = vonk_expr_clone(r->arena, e, err));
        if (!n_groups)
            e->alias_id = (*r->optimizer->next_id)++;
        VONK_TRY(list_add(r, &exprs, e, err));
    }
    VONK_TRY(make_aggregate(r, node->children[0], &groups, &exprs, plan, err));
    if (n_groups)
        return VONK_OK;
    return fill_domain(d, *plan, exprs.items ? exprs.items + d->n : NULL, ids, plan, ret_keys, err);
}

/*
 * Which sides are widened: [0] left, [1] right. Returns what forbids it, or NULL. Spark refuses
 * outer columns in the side of an outer join that need not be kept, so for what was written that is
 * an error; joins that came of other subqueries have no place in the text.
 */
static const char *choose_sides(const vonk_plan *join, bool uses[2])
{
    bool keeps_left = join->join_type == VONK_JOIN_LEFT || join->join_type == VONK_JOIN_FULL;
    bool keeps_right = join->join_type == VONK_JOIN_RIGHT || join->join_type == VONK_JOIN_FULL;
    bool inner = join->join_type == VONK_JOIN_INNER || join->join_type == VONK_JOIN_CROSS;
    bool written = join->start >= 0;
    if (written && ((keeps_left && uses[1]) || (keeps_right && uses[0])))
        return "ACCESSING_OUTER_QUERY_COLUMN_IS_NOT_ALLOWED";
    if (join->join_type == VONK_JOIN_FULL || (join->null_aware && uses[1]))
        return CORRELATED_PREDICATE;
    if (join->join_type == VONK_JOIN_RIGHT)
        uses[1] = true;
    else if (!inner || !uses[1])
        uses[0] = true;
    return NULL;
}

static vonk_status widen_join(domain *d, vonk_plan *node, vonk_attribute **ret_keys,
                              vonk_error *err)
{
    bool uses[2];
    vonk_attribute *keys[2] = {NULL, NULL};
    for (uint32_t i = 0; i < 2; i++)
        VONK_TRY(plan_uses_outer(d, node->children[i], &uses[i], err));
    d->failed = choose_sides(node, uses);
    for (uint32_t i = 0; i < 2 && !d->failed; i++) {
        if (uses[i])
            VONK_TRY(widen(d, &node->children[i], &keys[i], err));
    }
    if (d->failed)
        return VONK_OK;
    *ret_keys = node->join_type == VONK_JOIN_RIGHT || !uses[0] ? keys[1] : keys[0];
    expr_list conditions = {0};
    VONK_TRY(over_keys(d, *ret_keys, &node->condition, err));
    if (node->condition)
        VONK_TRY(list_add(d->r, &conditions, node->condition, err));
    if (uses[0] && uses[1])
        VONK_TRY(match_keys(d, keys[0], keys[1], &conditions, err));
    VONK_TRY(join_and(d->r, &conditions, &node->condition, err));
    if (node->condition && node->join_type == VONK_JOIN_CROSS)
        node->join_type = VONK_JOIN_INNER;
    return vonk_plan_set_output(d->r->arena, node, err);
}

/* The columns of each side in their order, then the keys. */
static vonk_status widen_set_op(domain *d, vonk_plan *node, vonk_attribute **ret_keys,
                                vonk_error *err)
{
    rewriting *r = d->r;
    uint32_t n = node->n_output;
    vonk_attribute *output = VONK_NEW_ARRAY(r->arena, vonk_attribute, n + d->n, err);
    VONK_TRY_ALLOC(output);
    memcpy(output, node->output, n * sizeof(*output));
    for (uint32_t k = 0; k < node->n_children; k++) {
        vonk_attribute *keys = NULL;
        const vonk_attribute *columns = node->children[k]->output;
        expr_list exprs = {0};
        VONK_TRY(widen(d, &node->children[k], &keys, err));
        if (d->failed)
            return VONK_OK;
        for (uint32_t i = 0; i < n; i++)
            VONK_TRY(list_add(r, &exprs, vonk_attribute_column(r->arena, &columns[i], err), err));
        VONK_TRY(add_keys(d, keys, &exprs, err));
        VONK_TRY(make_project(r, node->children[k], &exprs, &node->children[k], err));
    }
    for (uint32_t i = 0; i < d->n; i++) {
        output[n + i] = d->outer[i];
        output[n + i].id = (*r->optimizer->next_id)++;
    }
    node->output = output;
    node->n_output = n + d->n;
    *ret_keys = output + n;
    return vonk_plan_set_output(r->arena, node, err);
}

bool gives_one_row(const vonk_plan *plan)
{
    switch (plan->kind) {
    case VONK_PLAN_PROJECT:
    case VONK_PLAN_FILTER:
    case VONK_PLAN_SORT:
    case VONK_PLAN_DISTINCT:
        return gives_one_row(plan->children[0]);
    case VONK_PLAN_AGGREGATE:
        return !plan->n_group_exprs || gives_one_row(plan->children[0]);
    case VONK_PLAN_ONE_ROW:
    case VONK_PLAN_EMPTY:
        return true;
    case VONK_PLAN_VALUES:
        return plan->n_rows <= 1;
    case VONK_PLAN_JOIN:
        return gives_one_row(plan->children[0]) && gives_one_row(plan->children[1]);
    default:
        return false;
    }
}

vonk_status widen(domain *d, vonk_plan **plan, vonk_attribute **ret_keys, vonk_error *err)
{
    vonk_plan *node = *plan;
    bool used;
    VONK_TRY(plan_uses_outer(d, node, &used, err));
    if (!used)
        return widen_leaf(d, plan, ret_keys, err);
    switch (node->kind) {
    case VONK_PLAN_FILTER:
        VONK_TRY(widen(d, &node->children[0], ret_keys, err));
        VONK_TRY(over_keys(d, *ret_keys, &node->condition, err));
        return vonk_plan_set_output(d->r->arena, node, err);
    case VONK_PLAN_PROJECT:
        return widen_project(d, node, ret_keys, err);
    case VONK_PLAN_AGGREGATE:
        return widen_aggregate(d, plan, ret_keys, err);
    case VONK_PLAN_JOIN:
        return widen_join(d, node, ret_keys, err);
    case VONK_PLAN_SET_OP:
        return widen_set_op(d, node, ret_keys, err);
    case VONK_PLAN_SORT: /* an order of rows that are joined means nothing */
        *plan = node->children[0];
        return widen(d, plan, ret_keys, err);
    case VONK_PLAN_DISTINCT:
        VONK_TRY(widen(d, &node->children[0], ret_keys, err));
        return vonk_plan_set_output(d->r->arena, node, err);
    case VONK_PLAN_LIMIT:
        if (!node->limit) {
            VONK_TRY(make_empty(d->r, node, plan, err));
            return widen_leaf(d, plan, ret_keys, err);
        }
        if (!node->offset && gives_one_row(node->children[0])) {
            *plan = node->children[0];
            return widen(d, plan, ret_keys, err);
        }
        return widen_limit(d, plan, ret_keys, err);
    case VONK_PLAN_WINDOW:
        return widen_window(d, node, ret_keys, err);
    case VONK_PLAN_EXPAND:
        return widen_expand(d, node, ret_keys, err);
    default:
        break;
    }
    d->failed = CORRELATED_PREDICATE;
    return VONK_OK;
}
