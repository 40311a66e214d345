/* optimize.c - which rules run, in which order and how often. */
#include "optimize/optimize.h"

#include <string.h>

#include "catalog/plan_copy.h"
#include "optimize/rule.h"
#include "optimize/statistics.h"

/* A batch of `again` rules runs until nothing changes, but at most so often. */
#define MAX_ROUNDS 50

typedef struct rule {
    const char *name;
    rule_fn *apply;
} rule;

static const rule subquery_rules[] = {
    {"fold_constants", fold_constants}, /* before: NOT (NOT ...) around subqueries */
    {"subquery_to_groups", subquery_to_groups},
    {"subquery_to_window", subquery_to_window},
    {"decorrelate", decorrelate},
    {"replace_operators", replace_operators},
    {"distinct_to_groups", distinct_to_groups},
    {"use_statistics", use_statistics},
};

static const rule main_rules[] = {
    {"fold_constants", fold_constants},       {"simplify_booleans", simplify_booleans},
    {"combine_filters", combine_filters},     {"push_down_filters", push_down_filters},
    {"outer_to_inner", outer_to_inner},       {"propagate_empty", propagate_empty},
    {"collapse_projects", collapse_projects}, {"push_down_limits", push_down_limits},
    {"remove_sorts", remove_sorts},           {"remove_noop_projects", remove_noop_projects},
};

static const rule join_rules[] = {
    {"push_down_semi_joins", push_down_semi_joins},
    {"derive_side_filters", derive_side_filters},
    {"infer_filters", infer_filters},
    {"push_down_filters", push_down_filters},
    {"reorder_joins", reorder_joins},
    {"join_to_semi", join_to_semi},
};

static const rule column_rules[] = {
    {"prune_columns", prune_columns},
    {"collapse_projects", collapse_projects},
    {"remove_noop_projects", remove_noop_projects},
};

/* Applies a rule; says how the plan changed if somebody wants to know. */
static vonk_status apply_rule(rewriting *r, const rule *which, vonk_plan **plan, vonk_error *err)
{
    const vonk_optimizer_log *log = r->optimizer->log;
    if (!log || !log->changed)
        return which->apply(r, plan, err);
    vonk_buffer before = {0}, after = {0};
    vonk_plan_suffix *suffix = which->apply == use_statistics ? vonk_statistics_print : NULL;
    vonk_plan_print_with(*plan, suffix, &before);
    vonk_status status = which->apply(r, plan, err);
    if (status == VONK_OK) {
        vonk_plan_print_with(*plan, suffix, &after);
        if (strcmp(vonk_buffer_str(&before), vonk_buffer_str(&after)) != 0)
            log->changed(log->context, which->name, vonk_buffer_str(&before),
                         vonk_buffer_str(&after));
    }
    vonk_buffer_free(&before);
    vonk_buffer_free(&after);
    return status;
}

static vonk_status run_once(rewriting *r, const rule *rules, uint32_t n, vonk_plan **plan,
                            vonk_error *err)
{
    for (uint32_t i = 0; i < n; i++) {
        if (!is_rule_excluded(r->optimizer->disabled_rules, rules[i].name))
            VONK_TRY(apply_rule(r, &rules[i], plan, err));
    }
    return VONK_OK;
}

static vonk_status run_again(rewriting *r, const rule *rules, uint32_t n, vonk_plan **plan,
                             vonk_error *err)
{
    for (uint32_t round = 0; round < MAX_ROUNDS; round++) {
        r->changed = false;
        VONK_TRY(run_once(r, rules, n, plan, err));
        if (!r->changed)
            break;
    }
    return refresh_output(r, *plan, err);
}

static vonk_status optimize_query(rewriting *r, vonk_plan **plan, vonk_error *err);

/* The plans of the subqueries that stay expressions. */
static vonk_status optimize_inside(vonk_expr *e, rewriting *r, vonk_error *err)
{
    if (e->kind == VONK_EXPR_SUBQUERY)
        VONK_TRY(optimize_query(r, &e->plan, err));
    if (e->kind == VONK_EXPR_CALL && e->filter)
        VONK_TRY(optimize_inside(e->filter, r, err));
    for (uint32_t i = 0; i < e->n_args; i++)
        VONK_TRY(optimize_inside(e->args[i], r, err));
    return VONK_OK;
}

static vonk_status optimize_slot(vonk_expr **slot, void *context, vonk_error *err)
{
    return optimize_inside(*slot, context, err);
}

static vonk_status optimize_subqueries(rewriting *r, vonk_plan *plan, vonk_error *err)
{
    VONK_TRY(vonk_plan_each_expr(plan, optimize_slot, r, err));
    for (uint32_t i = 0; i < plan->n_children; i++)
        VONK_TRY(optimize_subqueries(r, plan->children[i], err));
    return VONK_OK;
}

static vonk_status optimize_query(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    VONK_TRY(run_once(r, subquery_rules, VONK_LENGTH(subquery_rules), plan, err));
    VONK_TRY(run_again(r, main_rules, VONK_LENGTH(main_rules), plan, err));
    VONK_TRY(run_once(r, join_rules, VONK_LENGTH(join_rules), plan, err));
    VONK_TRY(run_again(r, main_rules, VONK_LENGTH(main_rules), plan, err));
    VONK_TRY(run_again(r, column_rules, VONK_LENGTH(column_rules), plan, err));
    return optimize_subqueries(r, *plan, err);
}

vonk_status vonk_optimize(const vonk_optimizer *optimizer, vonk_plan *plan, vonk_plan **ret,
                          vonk_error *err)
{
    rewriting r = {
        .optimizer = optimizer, .arena = optimizer->arena, .settings = optimizer->settings};
    vonk_plan *copy;
    VONK_TRY(vonk_plan_copy_nodes(optimizer->arena, plan, &copy, err));
    if (!vonk_plan_is_command(copy)) {
        VONK_TRY(optimize_query(&r, &copy, err));
        *ret = copy;
        return VONK_OK;
    }
    for (uint32_t i = 0; i < copy->n_children; i++) {
        vonk_plan *child;
        VONK_TRY(vonk_optimize(optimizer, copy->children[i], &child, err));
        copy->children[i] = child;
    }
    *ret = copy;
    return VONK_OK;
}
