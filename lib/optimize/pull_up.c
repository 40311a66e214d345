/*
 * pull_up.c - takes the predicates that refer to outer columns out of a subquery's plan, so that
 * they can become a join's condition. The plan then gives the columns that they need.
 */
#include "optimize/rule.h"

vonk_status is_correlated(rewriting *r, const vonk_plan *plan, bool *ret, vonk_error *err)
{
    vonk_id_set outer = {.arena = r->arena};
    VONK_TRY(vonk_plan_outer_columns(plan, &outer, err));
    *ret = false;
    for (uint32_t i = 0; i < outer.n_words; i++)
        *ret |= outer.bits[i] != 0;
    return VONK_OK;
}

/* Parts of `condition` over `child` alone stay; the others are pulled. */
static vonk_status divide(rewriting *r, vonk_expr *condition, const vonk_plan *child,
                          expr_list *stay, pulled *p, vonk_error *err)
{
    expr_list parts = {0};
    VONK_TRY(split_and(r, condition, &parts, err));
    for (uint32_t i = 0; i < parts.n; i++) {
        bool local;
        VONK_TRY(is_within(r, parts.items[i], child, &local, err));
        if (!local && (has_subquery(parts.items[i]) || !is_deterministic(parts.items[i])))
            p->failed = true;
        VONK_TRY(list_add(r, local ? stay : &p->predicates, parts.items[i], err));
    }
    return VONK_OK;
}

static vonk_status pull_filter(rewriting *r, vonk_plan **plan, pulled *p, vonk_error *err)
{
    expr_list stay = {0};
    vonk_plan *filter = *plan;
    VONK_TRY(pull_up(r, &filter->children[0], p, err));
    VONK_TRY(divide(r, filter->condition, filter->children[0], &stay, p, err));
    return make_filter(r, filter->children[0], &stay, plan, err);
}

/* Adds the columns of `child` that the predicates need to the project's list. */
static vonk_status pass_columns(rewriting *r, vonk_plan *project, const pulled *p, vonk_error *err)
{
    const vonk_plan *child = project->children[0];
    vonk_id_set used = {.arena = r->arena};
    expr_list exprs = {0};
    for (uint32_t i = 0; i < p->predicates.n; i++)
        VONK_TRY(vonk_expr_columns(p->predicates.items[i], &used, err));
    for (uint32_t i = 0; i < project->n_exprs; i++)
        VONK_TRY(list_add(r, &exprs, project->exprs[i], err));
    for (uint32_t i = 0; i < child->n_output; i++) {
        const vonk_attribute *attribute = &child->output[i];
        if (!vonk_id_set_has(&used, attribute->id) || vonk_plan_find_output(project, attribute->id))
            continue;
        VONK_TRY(list_add(r, &exprs, vonk_attribute_column(r->arena, attribute, err), err));
    }
    project->exprs = exprs.items;
    project->n_exprs = exprs.n;
    return vonk_plan_set_output(r->arena, project, err);
}

/* A column as it is: null if the aggregate of no rows is. */
static bool is_null_of_null(const vonk_expr *e)
{
    while (e->kind == VONK_EXPR_ALIAS || e->kind == VONK_EXPR_CAST)
        e = e->args[0];
    return e->kind == VONK_EXPR_COLUMN;
}

static vonk_status pull_project(rewriting *r, vonk_plan *project, pulled *p, vonk_error *err)
{
    VONK_TRY(pull_up(r, &project->children[0], p, err));
    for (uint32_t i = 0; i < project->n_exprs; i++) {
        bool local;
        VONK_TRY(is_within(r, project->exprs[i], project->children[0], &local, err));
        p->failed |= !local;
        p->is_count |= p->global && !is_null_of_null(project->exprs[i]);
    }
    return pass_columns(r, project, p, err);
}

static bool is_count(const vonk_plan *agg)
{
    for (uint32_t i = agg->n_group_exprs; i < agg->n_exprs; i++) {
        if (!agg->exprs[i]->args[0]->nullable) /* not null over no rows */
            return true;
    }
    return false;
}

/* inner = outer: *inner is the side over `child`. */
static vonk_status split_equality(rewriting *r, vonk_expr *e, const vonk_plan *child,
                                  uint32_t *ret_inner, bool *ret_ok, vonk_error *err)
{
    *ret_ok = false;
    for (uint32_t i = 0; is_equality(e) && i < 2; i++) {
        bool inner, outer_free;
        VONK_TRY(is_within(r, e->args[i], child, &inner, err));
        VONK_TRY(touches(r, e->args[1 - i], child, &outer_free, err));
        if (!inner || outer_free)
            continue;
        *ret_inner = i;
        *ret_ok = true;
        return VONK_OK;
    }
    return VONK_OK;
}

/* The group of `agg` that is `e`, added if it is not there: *ret is its column. */
static vonk_status group_column(rewriting *r, expr_list *groups, expr_list *outs, vonk_expr *e,
                                vonk_expr **ret, vonk_error *err)
{
    vonk_expr *out = NULL;
    for (uint32_t i = 0; i < groups->n && !out; i++) {
        if (vonk_expr_equal(groups->items[i], e))
            out = outs->items[i];
    }
    if (!out) {
        out = e;
        if (e->kind != VONK_EXPR_COLUMN)
            VONK_TRY(make_alias(r, e, "key", &out, err));
        VONK_TRY(list_add(r, groups, e, err));
        VONK_TRY(list_add(r, outs, out, err));
    }
    *ret = out->kind == VONK_EXPR_COLUMN
               ? out
               : vonk_expr_column(r->arena, out->alias_id, out->name, out->type, e->nullable, err);
    return *ret ? VONK_OK : VONK_NO_MEMORY;
}

/* Aggregates for one outer row become aggregates by the inner sides of the equalities. */
static vonk_status pull_aggregate(rewriting *r, vonk_plan *agg, pulled *p, vonk_error *err)
{
    VONK_TRY(pull_up(r, &agg->children[0], p, err));
    vonk_id_set below = {.arena = r->arena};
    VONK_TRY(vonk_plan_node_columns(agg, &below, err));
    for (uint32_t id = 0; id < below.n_words * 64; id++)
        p->failed |= vonk_id_set_has(&below, id) && !vonk_plan_find_output(agg->children[0], id);
    if (!p->predicates.n)
        return VONK_OK;
    if (!agg->n_group_exprs) {
        p->failed |= p->global;
        p->global = true;
        p->is_count = is_count(agg);
    }
    expr_list groups = {0}, outs = {0};
    uint32_t n_groups = agg->n_group_exprs;
    for (uint32_t i = 0; i < n_groups; i++) {
        VONK_TRY(list_add(r, &groups, agg->group_exprs[i], err));
        VONK_TRY(list_add(r, &outs, agg->exprs[i], err));
    }
    for (uint32_t i = 0; i < p->predicates.n; i++) {
        uint32_t inner = 0;
        bool ok;
        vonk_expr *e = p->predicates.items[i], *key;
        VONK_TRY(split_equality(r, e, agg->children[0], &inner, &ok, err));
        if (!ok) {
            p->failed = true;
            return VONK_OK;
        }
        VONK_TRY(group_column(r, &groups, &outs, e->args[inner], &key, err));
        VONK_TRY(make_call2(r, "=", key, e->args[1 - inner], &p->predicates.items[i], err));
    }
    for (uint32_t i = n_groups; i < agg->n_exprs; i++)
        VONK_TRY(list_add(r, &outs, agg->exprs[i], err));
    agg->group_exprs = groups.items;
    agg->n_group_exprs = groups.n;
    agg->exprs = outs.items;
    agg->n_exprs = outs.n;
    return vonk_plan_set_output(r->arena, agg, err);
}

static vonk_status pull_join(rewriting *r, vonk_plan *join, pulled *p, vonk_error *err)
{
    vonk_join_type type = join->join_type;
    bool inner = type == VONK_JOIN_INNER || type == VONK_JOIN_CROSS;
    bool side_ok[2] = {type != VONK_JOIN_RIGHT && type != VONK_JOIN_FULL,
                       inner || type == VONK_JOIN_RIGHT};
    for (uint32_t i = 0; i < 2; i++) {
        bool correlated;
        VONK_TRY(is_correlated(r, join->children[i], &correlated, err));
        p->failed |= correlated && !side_ok[i];
        if (correlated)
            VONK_TRY(pull_up(r, &join->children[i], p, err));
    }
    if (!join->condition)
        return vonk_plan_set_output(r->arena, join, err);
    expr_list stay = {0};
    vonk_plan both = *join; /* what the condition sees */
    both.join_type = VONK_JOIN_INNER;
    VONK_TRY(vonk_plan_set_output(r->arena, &both, err));
    uint32_t before = p->predicates.n;
    VONK_TRY(divide(r, join->condition, &both, &stay, p, err));
    p->failed |= !inner && p->predicates.n != before;
    VONK_TRY(join_and(r, &stay, &join->condition, err));
    if (inner)
        join->join_type = join->condition ? VONK_JOIN_INNER : VONK_JOIN_CROSS;
    return vonk_plan_set_output(r->arena, join, err);
}

vonk_status pull_up(rewriting *r, vonk_plan **plan, pulled *p, vonk_error *err)
{
    vonk_plan *node = *plan;
    bool correlated;
    VONK_TRY(is_correlated(r, node, &correlated, err));
    if (!correlated || p->failed)
        return VONK_OK;
    switch (node->kind) {
    case VONK_PLAN_FILTER:
        return pull_filter(r, plan, p, err);
    case VONK_PLAN_PROJECT:
        return pull_project(r, node, p, err);
    case VONK_PLAN_AGGREGATE:
        return pull_aggregate(r, node, p, err);
    case VONK_PLAN_JOIN:
        return pull_join(r, node, p, err);
    case VONK_PLAN_SORT:
    case VONK_PLAN_DISTINCT:
        VONK_TRY(pull_up(r, &node->children[0], p, err));
        return vonk_plan_set_output(r->arena, node, err);
    default:
        p->failed = true;
        return VONK_OK;
    }
}
