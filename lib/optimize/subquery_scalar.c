/* subquery_scalar.c - correlated scalar subqueries: LEFT join with the aggregate by its keys. */
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
    if (e->kind != VONK_EXPR_CALL || !e->function || !e->function->aggregate)
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
        if (plan->kind == VONK_PLAN_PROJECT || plan->kind == VONK_PLAN_AGGREGATE)
            VONK_TRY(inline_aliases(r, plan->exprs, plan->n_exprs, e, &e, err));
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

vonk_status replace_scalar(replacer *w, vonk_expr *e, vonk_expr **ret, vonk_error *err)
{
    bool correlated, done;
    VONK_TRY(is_correlated(w->r, e->plan, &correlated, err));
    if (!correlated)
        return VONK_OK;
    VONK_TRY(scalar_by_keys(w, e, ret, &done, err));
    return done ? VONK_OK : scalar_by_domain(w, e, e->plan, ret, err);
}
