/*
 * columns_known.c - what is known of a plan's columns: the statistics of the tables that they come
 * from unchanged.
 */
#include "optimize/rule.h"

bool has_statistics(const vonk_plan *plan)
{
    if (plan->kind == VONK_PLAN_SCAN && plan->stats)
        return true;
    for (uint32_t i = 0; i < plan->n_children; i++)
        if (has_statistics(plan->children[i]))
            return true;
    return false;
}

/* The child's column that output `id` of a node is; itself if it goes through. */
static uint32_t id_below(const vonk_plan *plan, uint32_t id)
{
    if (plan->kind != VONK_PLAN_PROJECT && plan->kind != VONK_PLAN_AGGREGATE)
        return id;
    for (uint32_t i = 0; i < plan->n_exprs; i++) {
        const vonk_expr *e = plan->exprs[i];
        if (e->kind == VONK_EXPR_ALIAS && e->alias_id == id)
            return e->args[0]->kind == VONK_EXPR_COLUMN ? e->args[0]->id : id;
    }
    return id;
}

const vonk_column_stats *column_stats(const vonk_plan *plan, uint32_t id)
{
    if (plan->kind == VONK_PLAN_SCAN) {
        for (uint32_t i = 0; plan->stats && i < plan->n_output; i++)
            if (plan->output[i].id == id)
                return &plan->stats[plan->scan_columns[i]];
        return NULL;
    }
    if (plan->kind == VONK_PLAN_SET_OP || plan->kind == VONK_PLAN_EXPAND)
        return NULL;
    uint32_t below = id_below(plan, id);
    for (uint32_t i = 0; i < plan->n_children; i++) {
        const vonk_column_stats *stats = column_stats(plan->children[i], below);
        if (stats)
            return stats;
    }
    return NULL;
}

static const vonk_column_stats *find(const void *context, const vonk_expr *column)
{
    return column->kind == VONK_EXPR_COLUMN ? column_stats(context, column->id) : NULL;
}

vonk_stats_source stats_of_plan(const vonk_plan *plan)
{
    return (vonk_stats_source){find, plan};
}

/* Different values of an expression over `plan`; 0: unknown. */
static double distinct_of(const vonk_plan *plan, const vonk_expr *e)
{
    vonk_stats_source source = stats_of_plan(plan);
    const vonk_column_stats *stats = vonk_stats_of(e, &source);
    return stats ? stats->distinct : 0;
}

double group_rows(const vonk_plan *aggregate, double rows)
{
    double groups = 1;
    for (uint32_t i = 0; i < aggregate->n_group_exprs; i++) {
        const vonk_expr *group = aggregate->group_exprs[i];
        double values = distinct_of(aggregate->children[0], group);
        if (values <= 0)
            return rows * 0.2;
        groups *= vonk_distinct_in(values, rows);
    }
    return vonk_distinct_in(groups, rows);
}

vonk_status use_statistics(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *node = *plan;
    if (!r->optimizer->statistics)
        return VONK_OK;
    if (node->kind == VONK_PLAN_SCAN)
        node->stats = node->relation->stats;
    for (uint32_t i = 0; i < node->n_children; i++)
        VONK_TRY(use_statistics(r, &node->children[i], err));
    return VONK_OK;
}
