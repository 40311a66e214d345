/*
 * plan_rollup.c - grouping sets over groups instead of rows:
 *
 *   final <- exchange <- merge <- EXPAND <- partial, by all columns that are groups of some set
 *
 * Rows are many and groups are few, so that far less is expanded than if the EXPAND came first.
 * What the first step gives are states of aggregates; the states of a set's groups are merged from
 * them.
 */
#include <string.h>

#include "physical/aggregate_steps.h"

/* Which column of the EXPAND a key is; -1: it is none. */
static int key_column(const vonk_plan *expand, const vonk_expr *key)
{
    vonk_binding out = {expand->n_output, expand->output};
    return key->kind == VONK_EXPR_COLUMN ? vonk_binding_find(&out, key->id) : -1;
}

static vonk_expr *expanded(const vonk_plan *expand, uint32_t row, int column)
{
    return expand->exprs[(size_t)row * expand->n_columns + (uint32_t)column];
}

bool can_plan_rollup(const vonk_plan *child, const grouping *g)
{
    if (child->kind != VONK_PLAN_EXPAND || g->distinct || !g->n_keys)
        return false;
    vonk_binding below = {child->children[0]->n_output, child->children[0]->output};
    bool any = false; /* without columns there is a group also where there are no rows */
    for (uint32_t k = 0; k < g->n_keys; k++) {
        int column = key_column(child, g->keys[k]);
        for (uint32_t row = 0; column >= 0 && row < child->n_rows; row++) {
            vonk_expr_kind kind = expanded(child, row, column)->kind;
            if (kind != VONK_EXPR_COLUMN && kind != VONK_EXPR_LITERAL)
                return false;
            any |= kind == VONK_EXPR_COLUMN;
        }
        if (column < 0)
            return false;
    }
    for (uint32_t c = 0; c < g->n_calls; c++) { /* sum(grouping(a)) is about the EXPAND's output */
        if (!vonk_binding_covers(&below, g->calls[c]))
            return false;
    }
    return any;
}

static bool has_key(const grouping *g, uint32_t id)
{
    for (uint32_t k = 0; k < g->n_keys; k++) {
        if (g->keys[k]->id == id)
            return true;
    }
    return false;
}

/* The keys of the first step: every column that the EXPAND puts into a key. */
static vonk_status base_keys(vonk_planner *p, const vonk_plan *expand, const grouping *g,
                             grouping *ret, vonk_error *err)
{
    grouping base = *g;
    base.n_keys = 0;
    base.keys = VONK_NEW_ARRAY(p->arena, vonk_expr *, (size_t)g->n_keys * expand->n_rows, err);
    VONK_TRY_ALLOC(base.keys);
    for (uint32_t k = 0; k < g->n_keys; k++) {
        for (uint32_t row = 0; row < expand->n_rows; row++) {
            vonk_expr *e = expanded(expand, row, key_column(expand, g->keys[k]));
            if (e->kind == VONK_EXPR_COLUMN && !has_key(&base, e->id))
                base.keys[base.n_keys++] = e;
        }
    }
    *ret = base;
    return VONK_OK;
}

static vonk_status base_states(vonk_planner *p, const grouping *base, vonk_binding *ret,
                               vonk_error *err)
{
    vonk_attribute *keys = VONK_NEW_ARRAY(p->arena, vonk_attribute, base->n_keys, err);
    VONK_TRY_ALLOC(keys);
    for (uint32_t k = 0; k < base->n_keys; k++) {
        const vonk_expr *e = base->keys[k];
        keys[k] = (vonk_attribute){
            .id = e->id, .name = e->column_name, .type = e->type, .nullable = e->nullable};
    }
    return aggregate_states(p, base, keys, ret, err);
}

/* The EXPAND over the first step's groups: the keys of each set, then the states as they are. */
static vonk_status expand_states(vonk_planner *p, const vonk_plan *expand, const grouping *g,
                                 uint32_t n_base_keys, const vonk_planned *in,
                                 const vonk_binding *out, vonk_planned *ret, vonk_error *err)
{
    vonk_planned planned = *in;
    planned.out = *out;
    planned.n_rows *= expand->n_rows;
    VONK_TRY(vonk_plan_op(p, VONK_OP_EXPAND, in->op, out, &planned.op, err));
    vonk_physical *op = planned.op;
    op->n_rows = expand->n_rows;
    op->n_columns = out->n;
    op->n_exprs = out->n * expand->n_rows;
    op->exprs = VONK_NEW_ARRAY(p->arena, vonk_expr *, op->n_exprs, err);
    VONK_TRY_ALLOC(op->exprs);
    vonk_expr **to = op->exprs;
    vonk_expr **states = NULL;
    VONK_TRY(aggregate_key_inputs(p, &in->out, in->out.n, &states, err));
    for (uint32_t row = 0; row < expand->n_rows; row++) {
        for (uint32_t k = 0; k < g->n_keys; k++) {
            vonk_expr *e = expanded(expand, row, key_column(expand, g->keys[k]));
            VONK_TRY(vonk_bind(p->arena, &in->out, e, to++, err));
        }
        for (uint32_t s = n_base_keys; s < in->out.n; s++)
            *to++ = states[s];
    }
    *ret = planned;
    return VONK_OK;
}

vonk_status plan_rollup(vonk_planner *p, const vonk_plan *expand, const grouping *g,
                        const vonk_planned *in, const vonk_binding *result, vonk_planned *ret,
                        vonk_error *err)
{
    grouping base, bound = *g;
    vonk_binding below, states;
    vonk_planned rows;
    vonk_expr **keys = NULL;
    VONK_TRY(base_keys(p, expand, g, &base, err));
    VONK_TRY(base_states(p, &base, &below, err));
    VONK_TRY(aggregate_states(p, g, result->attributes, &states, err));
    VONK_TRY(aggregate_step(p, in, &base, VONK_AGG_PARTIAL, &below, &rows, err));
    bound.calls = rows.op->exprs;
    VONK_TRY(expand_states(p, expand, g, base.n_keys, &rows, &states, &rows, err));
    if (!rows.single) {
        VONK_TRY(aggregate_step(p, &rows, &bound, VONK_AGG_MERGE, &states, &rows, err));
        VONK_TRY(aggregate_key_inputs(p, &states, g->n_keys, &keys, err));
        VONK_TRY(aggregate_exchange(p, &rows, keys, g->n_keys, &rows, err));
    }
    return aggregate_step(p, &rows, &bound, VONK_AGG_FINAL, result, ret, err);
}
