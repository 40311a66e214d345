/*
 * plan_aggregate.c - GROUP BY in two steps: partial in each task, exchange by the keys, final.
 *
 * With a DISTINCT aggregate the rows themselves are exchanged and one step does it all: tasks that
 * own a group see all its rows, so that they can tell the distinct ones. plan_rollup.c has the
 * steps of grouping sets.
 */
#include <string.h>

#include "expr/aggregate.h"
#include "expr/function.h"
#include "physical/aggregate_steps.h"

static vonk_expr *bare(vonk_expr *e)
{
    return e->kind == VONK_EXPR_ALIAS ? e->args[0] : e;
}

/* The key that output column `i` is. Keys may have become equal: each is a column of its own. */
static int find_key(const vonk_plan *node, uint32_t i)
{
    const vonk_expr *e = bare(node->exprs[i]);
    if (i < node->n_group_exprs && vonk_expr_equal(bare(node->group_exprs[i]), e))
        return (int)i;
    for (uint32_t k = 0; k < node->n_group_exprs; k++) {
        if (vonk_expr_equal(bare(node->group_exprs[k]), e))
            return (int)k;
    }
    return -1;
}

/* Sorts the output list into keys and calls. */
static vonk_status split_output(vonk_planner *p, const vonk_plan *node, grouping *ret,
                                vonk_error *err)
{
    grouping g = {.n_keys = node->n_group_exprs};
    g.keys = VONK_NEW_ARRAY(p->arena, vonk_expr *, g.n_keys, err);
    VONK_TRY_ALLOC(g.keys);
    g.calls = VONK_NEW_ARRAY(p->arena, vonk_expr *, node->n_exprs, err);
    VONK_TRY_ALLOC(g.calls);
    g.place = VONK_NEW_ARRAY(p->arena, int, node->n_exprs, err);
    VONK_TRY_ALLOC(g.place);
    for (uint32_t k = 0; k < g.n_keys; k++)
        g.keys[k] = bare(node->group_exprs[k]);
    for (uint32_t i = 0; i < node->n_exprs; i++) {
        vonk_expr *e = bare(node->exprs[i]);
        bool call = e->kind == VONK_EXPR_CALL && e->function && e->function->aggregate;
        int key = call ? -1 : find_key(node, i);
        if (!call && key < 0)
            return vonk_fail(err, VONK_INVALID,
                             "output %u of an aggregate is neither a group nor "
                             "an aggregate",
                             i);
        g.place[i] = call ? (int)(g.n_keys + g.n_calls) : key;
        if (call) {
            g.distinct |= e->distinct;
            g.calls[g.n_calls++] = e;
        }
    }
    *ret = g;
    return VONK_OK;
}

/* keys and calls as attributes; calls after keys. Ids matter only to plan_reorder's caller. */
static vonk_status result_binding(vonk_planner *p, const vonk_plan *node, const grouping *g,
                                  vonk_binding *ret, vonk_error *err)
{
    uint32_t n = g->n_keys + g->n_calls;
    vonk_attribute *attributes = VONK_NEW_ARRAY(p->arena, vonk_attribute, n, err);
    VONK_TRY_ALLOC(attributes);
    for (uint32_t k = 0; k < g->n_keys; k++)
        attributes[k] = (vonk_attribute){
            .id = UINT32_MAX - k,
            .name = g->keys[k]->kind == VONK_EXPR_COLUMN ? g->keys[k]->column_name : "key",
            .type = g->keys[k]->type,
            .nullable = g->keys[k]->nullable};
    for (uint32_t i = 0; i < node->n_exprs; i++)
        attributes[g->place[i]] = node->output[i];
    *ret = (vonk_binding){n, attributes};
    return VONK_OK;
}

/* keys, then the columns of each call's state. */
vonk_status aggregate_states(vonk_planner *p, const grouping *g, const vonk_attribute *keys,
                             vonk_binding *ret, vonk_error *err)
{
    vonk_attribute *attributes =
        VONK_NEW_ARRAY(p->arena, vonk_attribute, g->n_keys + VONK_MAX_STATES * g->n_calls, err);
    VONK_TRY_ALLOC(attributes);
    uint32_t n = g->n_keys;
    if (n)
        memcpy(attributes, keys, n * sizeof(*attributes));
    for (uint32_t c = 0; c < g->n_calls; c++) {
        vonk_type types[VONK_MAX_STATES];
        uint32_t n_types = 0;
        VONK_TRY(vonk_aggregate_state_types(g->calls[c], types, &n_types, err));
        for (uint32_t t = 0; t < n_types; t++, n++)
            attributes[n] = (vonk_attribute){.id = UINT32_MAX - 1000000 - n,
                                             .name = "state",
                                             .type = types[t],
                                             .nullable = true};
    }
    *ret = (vonk_binding){n, attributes};
    return VONK_OK;
}

vonk_status aggregate_key_inputs(vonk_planner *p, const vonk_binding *in, uint32_t n,
                                 vonk_expr ***ret, vonk_error *err)
{
    vonk_expr **keys = VONK_NEW_ARRAY(p->arena, vonk_expr *, n, err);
    VONK_TRY_ALLOC(keys);
    for (uint32_t k = 0; k < n; k++) {
        const vonk_attribute *a = &in->attributes[k];
        keys[k] = vonk_expr_input(p->arena, k, a->name, a->type, a->nullable, err);
        VONK_TRY_ALLOC(keys[k]);
    }
    *ret = keys;
    return VONK_OK;
}

vonk_status aggregate_step(vonk_planner *p, const vonk_planned *in, const grouping *g,
                           vonk_aggregate_mode mode, const vonk_binding *out, vonk_planned *ret,
                           vonk_error *err)
{
    vonk_planned planned = *in;
    planned.out = *out;
    VONK_TRY(vonk_plan_op(p, VONK_OP_AGGREGATE, in->op, out, &planned.op, err));
    vonk_physical *op = planned.op;
    op->mode = mode;
    op->n_keys = g->n_keys;
    op->n_exprs = g->n_calls;
    if (mode == VONK_AGG_FINAL || mode == VONK_AGG_MERGE) {
        op->exprs = g->calls; /* set below by the partial step: bound, never evaluated here */
        VONK_TRY(aggregate_key_inputs(p, &in->out, g->n_keys, &op->keys, err));
    } else {
        VONK_TRY(vonk_bind_all(p->arena, &in->out, g->calls, g->n_calls, &op->exprs, err));
        VONK_TRY(vonk_bind_all(p->arena, &in->out, g->keys, g->n_keys, &op->keys, err));
    }
    *ret = planned;
    return VONK_OK;
}

/* Rows to the tasks that own their group. */
vonk_status aggregate_exchange(vonk_planner *p, const vonk_planned *in, vonk_expr **keys,
                               uint32_t n_keys, vonk_planned *ret, vonk_error *err)
{
    if (in->single) {
        *ret = *in;
        return VONK_OK;
    }
    if (!n_keys)
        return vonk_plan_gather(p, in, ret, err);
    return vonk_plan_exchange(p, in, VONK_PART_HASH, keys, n_keys, ret, err);
}

static vonk_status two_steps(vonk_planner *p, const grouping *g, const vonk_planned *in,
                             const vonk_binding *result, vonk_planned *ret, vonk_error *err)
{
    vonk_planned partial;
    vonk_binding states;
    VONK_TRY(aggregate_states(p, g, result->attributes, &states, err));
    VONK_TRY(aggregate_step(p, in, g, VONK_AGG_PARTIAL, &states, &partial, err));
    grouping bound = *g;
    bound.calls = partial.op->exprs;
    vonk_expr **keys = NULL;
    VONK_TRY(aggregate_key_inputs(p, &states, g->n_keys, &keys, err));
    VONK_TRY(aggregate_exchange(p, &partial, keys, g->n_keys, &partial, err));
    return aggregate_step(p, &partial, &bound, VONK_AGG_FINAL, result, ret, err);
}

static vonk_status one_step(vonk_planner *p, const grouping *g, const vonk_planned *in,
                            const vonk_binding *result, vonk_planned *ret, vonk_error *err)
{
    vonk_expr **keys = NULL;
    vonk_planned rows;
    VONK_TRY(vonk_bind_all(p->arena, &in->out, g->keys, g->n_keys, &keys, err));
    VONK_TRY(aggregate_exchange(p, in, keys, g->n_keys, &rows, err));
    return aggregate_step(p, &rows, g, VONK_AGG_COMPLETE, result, ret, err);
}

vonk_status vonk_plan_aggregate(vonk_planner *p, const vonk_plan *node, vonk_planned *ret,
                                vonk_error *err)
{
    const vonk_plan *child = node->children[0];
    vonk_planned in, out;
    grouping g = {0};
    vonk_binding result;
    VONK_TRY(split_output(p, node, &g, err));
    VONK_TRY(result_binding(p, node, &g, &result, err));
    bool sets = can_plan_rollup(child, &g);
    VONK_TRY(vonk_plan_node(p, sets ? child->children[0] : child, &in, err));
    if (sets)
        VONK_TRY(plan_rollup(p, child, &g, &in, &result, &out, err));
    else if (g.distinct || in.single)
        VONK_TRY(one_step(p, &g, &in, &result, &out, err));
    else
        VONK_TRY(two_steps(p, &g, &in, &result, &out, err));
    out.n_rows = g.n_keys ? in.n_rows * 0.1 + 1 : 1;
    vonk_binding wanted = vonk_binding_of(node);
    return vonk_plan_reorder(p, &out, &wanted, ret, err);
}
