/* combine_filters.c - filters over filters become one; those that decide nothing go. */
#include "optimize/rule.h"

/* A scan's own filters: those that are true go, one that is not makes it empty. */
static vonk_status combine_scan(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *scan = *plan;
    uint32_t n = 0;
    for (uint32_t i = 0; i < scan->n_scan_filters; i++) {
        if (is_false_or_null(scan->scan_filters[i])) {
            r->changed = true;
            return make_empty(r, scan, plan, err);
        }
        if (!is_true(scan->scan_filters[i]))
            scan->scan_filters[n++] = scan->scan_filters[i];
    }
    scan->n_scan_filters = n;
    return VONK_OK;
}

static vonk_status combine_node(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *filter = *plan;
    if (filter->kind == VONK_PLAN_SCAN)
        return combine_scan(r, plan, err);
    if (filter->kind != VONK_PLAN_FILTER)
        return VONK_OK;
    vonk_plan *child = filter->children[0];
    if (is_true(filter->condition)) {
        r->changed = true;
        *plan = child;
        return VONK_OK;
    }
    if (is_false_or_null(filter->condition)) {
        r->changed = true;
        return make_empty(r, filter, plan, err);
    }
    if (child->kind != VONK_PLAN_FILTER || !is_deterministic(filter->condition))
        return VONK_OK;
    VONK_TRY(make_call2(r, "and", child->condition, filter->condition, &filter->condition, err));
    filter->children[0] = child->children[0];
    r->changed = true;
    return VONK_OK;
}

vonk_status combine_filters(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    return each_node(r, plan, combine_node, err);
}
