/*
 * subquery_scalar.c - scalar subqueries: a correlated one is a LEFT join with the aggregate by its
 * keys. An uncorrelated one stays an expression, evaluated before the query, unless the query would
 * compute the same groups once more: as a join it reads what they read (physical/reuse.c).
 *
 *     WITH c AS (... GROUP BY ...) SELECT ... FROM c WHERE x = (SELECT max(x) FROM c)
 */
#include <string.h>

#include "catalog/plan_copy.h"
#include "expr/eval.h"
#include "optimize/subquery.h"

/* The aggregate without GROUP BY that makes a subquery give one row, or NULL. */
static const vonk_plan *one_row_aggregate(const vonk_plan *plan, bool *ret_filtered)
{
    *ret_filtered = false;
    for (;;) {
        switch (plan->kind) {
        case VONK_PLAN_FILTER:
            *ret_filtered = true;
            plan = plan->children[0];
            break;
        case VONK_PLAN_PROJECT:
        case VONK_PLAN_SORT:
            plan = plan->children[0];
            break;
        case VONK_PLAN_AGGREGATE:
            return plan->n_group_exprs ? NULL : plan;
        default:
            return NULL;
        }
    }
}

vonk_expr *over_no_rows(vonk_expr *e, void *context, vonk_arena *arena, vonk_error *err)
{
    (void)context;
    if (!is_aggregate_call(e))
        return e;
    if (e->nullable)
        return vonk_expr_null(arena, e->type, err);
    return vonk_expr_literal(arena, e->type, (vonk_value){.i64 = 0}, err); /* count */
}

/* What the subquery's column is when no row matches: *ret is an expression of constants. */
static vonk_status value_of_nothing(rewriting *r, const vonk_plan *plan, vonk_expr **ret,
                                    vonk_error *err)
{
    vonk_expr *e = vonk_attribute_column(r->arena, &plan->output[0], err);
    VONK_TRY_ALLOC(e);
    for (; plan->n_children; plan = plan->children[0]) {
        if (plan->kind == VONK_PLAN_PROJECT || plan->kind == VONK_PLAN_AGGREGATE) {
            alias_map aliases;
            VONK_TRY(alias_map_make(r, plan->exprs, plan->n_exprs, &aliases, err));
            VONK_TRY(inline_aliases(r, aliases, e, &e, err));
        }
        if (plan->kind == VONK_PLAN_AGGREGATE)
            break;
    }
    *ret = vonk_expr_rewrite(e, over_no_rows, NULL, r->arena, err);
    return *ret ? VONK_OK : VONK_NO_MEMORY;
}

/* CASE WHEN matched IS NULL THEN nothing ELSE value END */
vonk_status value_or(rewriting *r, vonk_expr *mark, vonk_expr *nothing, vonk_expr *value,
                     vonk_expr **ret, vonk_error *err)
{
    vonk_expr *e = vonk_expr_new(r->arena, VONK_EXPR_CASE, 3, err);
    VONK_TRY_ALLOC(e);
    VONK_TRY(make_call(r, "isnull", 1, &mark, &e->args[0], err));
    e->args[1] = nothing;
    e->args[2] = value;
    e->has_else = true;
    e->type = value->type;
    e->nullable = true;
    *ret = e;
    return VONK_OK;
}

/* An aggregate by equalities: a LEFT join with the aggregate of each key. *ret_done or nothing. */
static vonk_status scalar_by_keys(replacer *w, vonk_expr *e, vonk_expr **ret, bool *ret_done,
                                  vonk_error *err)
{
    rewriting *r = w->r;
    bool filtered;
    vonk_plan *plan;
    *ret_done = false;
    const vonk_plan *agg = one_row_aggregate(e->plan, &filtered);
    if (!agg)
        return VONK_OK;
    VONK_TRY(vonk_plan_copy_nodes(r->arena, e->plan, &plan, err)); /* pulling up may spoil it */
    vonk_expr *nothing, *mark = NULL;
    VONK_TRY(value_of_nothing(r, plan, &nothing, err));
    vonk_attribute value = plan->output[0];
    value.nullable = true;
    pulled p = {0};
    VONK_TRY(pull_up(r, &plan, &p, err));
    if (p.failed || !p.global)
        return VONK_OK;
    vonk_value constant = {.is_null = true};
    vonk_error ignored = {0};
    bool known = vonk_expr_constant(nothing, r->settings, r->arena, &constant, &ignored) == VONK_OK;
    bool matters = !known || !constant.is_null;
    if (matters && filtered)
        return VONK_OK;
    if (matters)
        VONK_TRY(add_mark(r, &plan, &mark, err));
    VONK_TRY(left_join(w, plan, &p.predicates, err));
    vonk_expr *column = vonk_attribute_column(r->arena, &value, err);
    VONK_TRY_ALLOC(column);
    *ret = column;
    *ret_done = true;
    return matters ? value_or(r, mark, nothing, column, ret, err) : VONK_OK;
}

static bool same_files(const vonk_relation *a, const vonk_relation *b)
{
    if (a == b || !a || !b)
        return a == b;
    return a->n_files == b->n_files && (!a->n_files || !strcmp(a->files[0].path, b->files[0].path));
}

/* Trees of the same nodes over the same files: two uses of a view, not any two equal plans. */
static bool same_shape(const vonk_plan *a, const vonk_plan *b)
{
    if (a->kind != b->kind || a->n_children != b->n_children || a->n_exprs != b->n_exprs ||
        a->n_group_exprs != b->n_group_exprs || !same_files(a->relation, b->relation))
        return false;
    for (uint32_t i = 0; i < a->n_children; i++) {
        if (!same_shape(a->children[i], b->children[i]))
            return false;
    }
    return true;
}

static bool has_groups_like(const vonk_plan *plan, const vonk_plan *groups)
{
    bool found = same_shape(plan, groups);
    for (uint32_t i = 0; !found && i < plan->n_children; i++)
        found = has_groups_like(plan->children[i], groups);
    return found;
}

/* Groups of `plan` that `other` has, too. */
static bool shares_groups(const vonk_plan *plan, const vonk_plan *other)
{
    bool groups = plan->kind == VONK_PLAN_AGGREGATE && plan->n_group_exprs > 0;
    bool found = groups && has_groups_like(other, plan);
    for (uint32_t i = 0; !found && i < plan->n_children; i++)
        found = shares_groups(plan->children[i], other);
    return found;
}

/* One row, which is joined to all. *ret stays `e` if that is not worth it. */
static vonk_status scalar_shared(replacer *w, vonk_expr *e, vonk_expr **ret, vonk_error *err)
{
    bool filtered;
    const vonk_plan *agg = one_row_aggregate(e->plan, &filtered);
    if (!agg || filtered || !shares_groups(e->plan, *w->child))
        return VONK_OK;
    VONK_TRY(make_join(w->r, VONK_JOIN_CROSS, *w->child, e->plan, NULL, w->child, err));
    *ret = vonk_attribute_column(w->r->arena, &e->plan->output[0], err);
    return *ret ? VONK_OK : VONK_NO_MEMORY;
}

vonk_status replace_scalar(replacer *w, vonk_expr *e, vonk_expr **ret, vonk_error *err)
{
    bool correlated, done;
    VONK_TRY(is_correlated(w->r, e->plan, &correlated, err));
    if (!correlated)
        return scalar_shared(w, e, ret, err);
    VONK_TRY(scalar_by_keys(w, e, ret, &done, err));
    return done ? VONK_OK : scalar_by_domain(w, e, e->plan, ret, err);
}
