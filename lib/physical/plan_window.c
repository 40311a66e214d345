/*
 * plan_window.c - windows: exchange by PARTITION BY, sort by it and ORDER BY, compute. Windows over
 * windows of the same partitions are exchanged once.
 */
#include <string.h>

#include "expr/window.h"
#include "physical/build.h"

static const vonk_expr *window_of(const vonk_plan *node)
{
    return node->exprs[0]->args[0];
}

/* The rows of each of the node's partitions come out of one task already. */
static bool is_partitioned(const vonk_plan *node, const vonk_planned *in)
{
    const vonk_plan *below = node->children[0];
    if (in->single)
        return true;
    if (below->kind == VONK_PLAN_PROJECT)
        below = below->children[0];
    const vonk_expr *w = window_of(node);
    if (below->kind != VONK_PLAN_WINDOW || window_of(below)->n_partition != w->n_partition ||
        !w->n_partition)
        return false;
    for (uint32_t i = 0; i < w->n_partition; i++) {
        if (!vonk_expr_equal(vonk_window_partition(w)[i],
                             vonk_window_partition(window_of(below))[i]))
            return false;
    }
    return true;
}

/* SORT nodes by PARTITION BY and ORDER BY, bound to the input. */
static vonk_status sort_keys(vonk_planner *p, const vonk_expr *w, const vonk_binding *in,
                             vonk_expr ***ret, vonk_error *err)
{
    uint32_t n = w->n_partition + w->n_order;
    vonk_expr **keys = VONK_NEW_ARRAY(p->arena, vonk_expr *, (size_t)n + 1, err);
    VONK_TRY_ALLOC(keys);
    for (uint32_t i = 0; i < n; i++) {
        keys[i] = w->args[1 + i];
        if (i >= w->n_partition)
            continue;
        keys[i] = vonk_expr_new(p->arena, VONK_EXPR_SORT, 1, err);
        VONK_TRY_ALLOC(keys[i]);
        keys[i]->args[0] = vonk_window_partition(w)[i];
        keys[i]->type = keys[i]->args[0]->type;
        keys[i]->nullable = keys[i]->args[0]->nullable;
        keys[i]->nulls_first = true;
    }
    return vonk_bind_all(p->arena, in, keys, n, ret, err);
}

static vonk_status exchange_partitions(vonk_planner *p, const vonk_plan *node, vonk_planned *in,
                                       vonk_error *err)
{
    const vonk_expr *w = window_of(node);
    vonk_expr **keys = NULL;
    if (is_partitioned(node, in))
        return VONK_OK;
    if (!w->n_partition)
        return vonk_plan_gather(p, in, in, err);
    VONK_TRY(
        vonk_bind_all(p->arena, &in->out, vonk_window_partition(w), w->n_partition, &keys, err));
    return vonk_plan_exchange(p, in, VONK_PART_HASH, keys, w->n_partition, in, err);
}

/* The input's columns, then the windows'. */
static vonk_status window_binding(vonk_planner *p, const vonk_plan *node, const vonk_binding *in,
                                  vonk_binding *ret, vonk_error *err)
{
    uint32_t n = in->n + node->n_exprs;
    vonk_attribute *attributes = VONK_NEW_ARRAY(p->arena, vonk_attribute, n, err);
    VONK_TRY_ALLOC(attributes);
    if (in->n)
        memcpy(attributes, in->attributes, in->n * sizeof(*attributes));
    memcpy(attributes + in->n, node->output + node->n_output - node->n_exprs,
           node->n_exprs * sizeof(*attributes));
    *ret = (vonk_binding){n, attributes};
    return VONK_OK;
}

static vonk_status sort_input(vonk_planner *p, vonk_expr **keys, uint32_t n_keys, vonk_planned *in,
                              vonk_error *err)
{
    VONK_TRY(vonk_plan_op(p, VONK_OP_SORT, in->op, &in->out, &in->op, err));
    in->op->keys = keys;
    in->op->n_keys = n_keys;
    return VONK_OK;
}

/* The rows that the windows are computed over: those of a partition in one task, sorted by `keys`.
 * All of many rows are sorted by ranges of the keys, which then come into one task in order. */
static vonk_status arrange_input(vonk_planner *p, const vonk_plan *node, vonk_expr **keys,
                                 vonk_planned *in, vonk_error *err)
{
    const vonk_expr *w = window_of(node);
    uint32_t n_keys = w->n_partition + w->n_order;
    if (n_keys && !w->n_partition && vonk_plan_sorts_ranges(p, in)) {
        VONK_TRY(vonk_plan_exchange(p, in, VONK_PART_RANGE, keys, n_keys, in, err));
        VONK_TRY(sort_input(p, keys, n_keys, in, err));
        return vonk_plan_gather(p, in, in, err);
    }
    VONK_TRY(exchange_partitions(p, node, in, err));
    return n_keys ? sort_input(p, keys, n_keys, in, err) : VONK_OK;
}

vonk_status vonk_plan_window(vonk_planner *p, const vonk_plan *node, vonk_planned *ret,
                             vonk_error *err)
{
    const vonk_expr *w = window_of(node);
    vonk_planned in, out;
    vonk_expr **keys = NULL;
    VONK_TRY(vonk_plan_node(p, node->children[0], &in, err));
    VONK_TRY(sort_keys(p, w, &in.out, &keys, err));
    VONK_TRY(arrange_input(p, node, keys, &in, err));
    out = in;
    VONK_TRY(window_binding(p, node, &in.out, &out.out, err));
    VONK_TRY(vonk_plan_op(p, VONK_OP_WINDOW, in.op, &out.out, &out.op, err));
    out.op->keys = keys;
    out.op->n_keys = w->n_partition + w->n_order;
    out.op->n_columns = w->n_partition;
    out.op->n_exprs = node->n_exprs;
    VONK_TRY(vonk_bind_all(p->arena, &in.out, node->exprs, node->n_exprs, &out.op->exprs, err));
    vonk_binding wanted = vonk_binding_of(node);
    return vonk_plan_reorder(p, &out, &wanted, ret, err);
}
