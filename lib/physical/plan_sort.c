/* plan_sort.c - ORDER BY and LIMIT. */
#include "physical/build.h"

static vonk_status sort_over(vonk_planner *p, const vonk_plan *node, const vonk_planned *in,
                             int64_t limit, vonk_planned *ret, vonk_error *err)
{
    vonk_planned out = *in;
    VONK_TRY(vonk_plan_op(p, VONK_OP_SORT, in->op, &in->out, &out.op, err));
    out.op->limit = limit;
    out.op->n_keys = node->n_exprs;
    VONK_TRY(vonk_bind_all(p->arena, &in->out, node->exprs, node->n_exprs, &out.op->keys, err));
    if (limit >= 0 && out.n_rows > (double)limit)
        out.n_rows = (double)limit;
    *ret = out;
    return VONK_OK;
}

bool vonk_plan_sorts_ranges(const vonk_planner *p, const vonk_planned *in)
{
    return !in->single && p->n_partitions > 1 && in->n_rows >= (double)p->range_rows;
}

/* Each task gets a range of the keys and sorts it: the rows are in order from task to task. */
static vonk_status exchange_ranges(vonk_planner *p, const vonk_plan *node, const vonk_planned *in,
                                   vonk_planned *ret, vonk_error *err)
{
    vonk_expr **keys = NULL;
    VONK_TRY(vonk_bind_all(p->arena, &in->out, node->exprs, node->n_exprs, &keys, err));
    return vonk_plan_exchange(p, in, VONK_PART_RANGE, keys, node->n_exprs, ret, err);
}

/* Sorts; with a limit each task keeps its first rows only, then one task does. */
static vonk_status plan_sort(vonk_planner *p, const vonk_plan *node, int64_t limit,
                             vonk_planned *ret, vonk_error *err)
{
    vonk_planned in, exchanged;
    VONK_TRY(vonk_plan_node(p, node->children[0], &in, err));
    if (!in.single && limit >= 0)
        VONK_TRY(sort_over(p, node, &in, limit, &in, err));
    if (limit < 0 && vonk_plan_sorts_ranges(p, &in))
        VONK_TRY(exchange_ranges(p, node, &in, &exchanged, err));
    else
        VONK_TRY(vonk_plan_gather(p, &in, &exchanged, err));
    return sort_over(p, node, &exchanged, limit, ret, err);
}

static vonk_status limit_over(vonk_planner *p, const vonk_planned *in, int64_t limit,
                              int64_t offset, vonk_planned *ret, vonk_error *err)
{
    vonk_planned out = *in;
    VONK_TRY(vonk_plan_op(p, VONK_OP_LIMIT, in->op, &in->out, &out.op, err));
    out.op->limit = limit;
    out.op->offset = offset;
    if (limit >= 0 && out.n_rows > (double)limit)
        out.n_rows = (double)limit;
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_plan_limit(vonk_planner *p, const vonk_plan *node, vonk_planned *ret,
                            vonk_error *err)
{
    const vonk_plan *child = node->children[0];
    int64_t most = -1; /* rows needed below */
    if (node->limit >= 0 && __builtin_add_overflow(node->limit, node->offset, &most))
        most = -1;
    vonk_planned in;
    if (most >= 0 && child->kind == VONK_PLAN_SORT) {
        VONK_TRY(plan_sort(p, child, most, &in, err));
    } else if (most >= 0 && child->kind == VONK_PLAN_PROJECT &&
               child->children[0]->kind == VONK_PLAN_SORT) {
        VONK_TRY(plan_sort(p, child->children[0], most, &in, err));
        VONK_TRY(vonk_plan_project_over(p, child, &in, &in, err));
    } else {
        VONK_TRY(vonk_plan_node(p, child, &in, err));
        if (!in.single && most >= 0)
            VONK_TRY(limit_over(p, &in, most, 0, &in, err));
        VONK_TRY(vonk_plan_gather(p, &in, &in, err));
    }
    return limit_over(p, &in, node->limit, node->offset, ret, err);
}

vonk_status vonk_plan_sort(vonk_planner *p, const vonk_plan *node, vonk_planned *ret,
                           vonk_error *err)
{
    return plan_sort(p, node, -1, ret, err);
}
