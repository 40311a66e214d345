/*
 * estimate.c - how many rows a plan gives, roughly. Row counts of tables are known from their
 * files' metadata; the rest is guessed (plan/selectivity.h).
 */
#include <math.h>

#include "optimize/rule.h"

#define UNKNOWN_ROWS 1e6

static double scan_rows(const vonk_plan *scan)
{
    double rows = scan->relation->n_rows >= 0 ? (double)scan->relation->n_rows : UNKNOWN_ROWS;
    if (scan->relation->n_rows < 0 && scan->relation->n_files) {
        uint64_t bytes = 0; /* text: some hundred bytes a row */
        for (uint32_t i = 0; i < scan->relation->n_files; i++)
            bytes += scan->relation->files[i].size;
        rows = (double)bytes / 100;
    }
    vonk_stats_source source = stats_of_plan(scan);
    return vonk_rows_kept(rows, scan->scan_filters, scan->n_scan_filters, &source);
}

static double join_rows(const vonk_plan *join)
{
    double left = estimate_rows(join->children[0]), right = estimate_rows(join->children[1]);
    switch (join->join_type) {
    case VONK_JOIN_SEMI:
        return left * 0.5;
    case VONK_JOIN_ANTI:
        return left * 0.5;
    case VONK_JOIN_CROSS:
        return left * right;
    default:
        return join->condition ? fmax(left, right) : left * right;
    }
}

static double filter_rows(const vonk_plan *filter)
{
    vonk_stats_source source = stats_of_plan(filter->children[0]);
    return estimate_rows(filter->children[0]) * vonk_selectivity(filter->condition, &source);
}

double estimate_rows(const vonk_plan *plan)
{
    double rows = 1;
    switch (plan->kind) {
    case VONK_PLAN_SCAN:
        return fmax(1, scan_rows(plan));
    case VONK_PLAN_RANGE:
        rows = ((double)plan->range_end - (double)plan->range_start) / (double)plan->range_step;
        return fmax(0, rows);
    case VONK_PLAN_VALUES:
        return plan->n_rows;
    case VONK_PLAN_EMPTY:
        return 0;
    case VONK_PLAN_EXPAND:
        return estimate_rows(plan->children[0]) * plan->n_rows;
    case VONK_PLAN_FILTER:
        return fmax(1, filter_rows(plan));
    case VONK_PLAN_AGGREGATE:
        return plan->n_group_exprs ? fmax(1, group_rows(plan, estimate_rows(plan->children[0])))
                                   : 1;
    case VONK_PLAN_LIMIT:
        rows = estimate_rows(plan->children[0]);
        return plan->limit >= 0 ? fmin(rows, (double)plan->limit) : rows;
    case VONK_PLAN_JOIN:
        return fmax(1, join_rows(plan));
    case VONK_PLAN_SET_OP:
        rows = 0;
        for (uint32_t i = 0; i < plan->n_children; i++)
            rows += estimate_rows(plan->children[i]);
        return rows;
    default:
        return plan->n_children ? estimate_rows(plan->children[0]) : 1;
    }
}

double base_rows(const vonk_plan *plan, uint32_t id)
{
    if (!vonk_plan_find_output(plan, id))
        return 0;
    if (plan->kind == VONK_PLAN_SCAN) {
        int64_t rows = plan->relation->n_rows;
        return rows >= 0 ? fmax(1, (double)rows) : scan_rows(plan);
    }
    if (plan->kind == VONK_PLAN_AGGREGATE)
        return estimate_rows(plan);
    for (uint32_t i = 0; i < plan->n_children; i++) {
        double rows = base_rows(plan->children[i], id);
        if (rows > 0)
            return rows;
    }
    return estimate_rows(plan);
}
