/*
 * aggregate_pass.c - partial aggregation that gives up: where most rows are groups of their own,
 * a table of them costs more than it saves whoever merges the states. Then each row becomes the
 * state of a group, unseen by any table.
 */
#include "exec/aggregate.h"

#include <string.h>

#define WINDOW_BATCHES 8u /* full batches between looks */

/* Hands on what it has and passes rows on from now. */
static vonk_status give_up(vonk_agg *a, vonk_error *err)
{
    VONK_TRY(vonk_agg_emit(a, err));
    a->passes = true;
    return vonk_agg_renew(a, err);
}

/*
 * The first window says little: also of keys that come often most are new then. In a later one
 * those that are new were not among many rows before.
 */
vonk_status vonk_agg_look(vonk_agg *a, uint32_t n_rows, vonk_error *err)
{
    vonk_aggregate_mode mode = a->op.node->mode;
    uint32_t window = a->op.run->task->batch_rows * WINDOW_BATCHES;
    if (!a->table || (mode != VONK_AGG_PARTIAL && mode != VONK_AGG_MERGE))
        return VONK_OK;
    a->window_rows += n_rows;
    if (a->window_rows < window)
        return VONK_OK;
    uint32_t n = vonk_group_table_count(a->table), before = a->window_groups;
    bool mostly_new = n > before && n - before > a->window_rows / 10 * 6;
    a->window_rows = 0;
    a->window_groups = n;
    return before && mostly_new ? give_up(a, err) : VONK_OK;
}

/* The states of the call for groups of one row each. */
static vonk_status states_of_rows(vonk_agg *a, vonk_agg_call *c, const vonk_batch *in,
                                  const uint32_t *groups, vonk_column *ret, vonk_error *err)
{
    vonk_arena *arena = &a->op.batch;
    VONK_TRY(vonk_aggregate_new(arena, c->expr, &a->op.run->task->settings, &c->state, err));
    VONK_TRY(vonk_agg_update_call(a, c, in, groups, in->n_rows, err));
    return vonk_aggregate_export(c->state, arena, 0, in->n_rows, ret, err);
}

vonk_status vonk_agg_pass(vonk_agg *a, const vonk_batch *in, vonk_error *err)
{
    vonk_operator *op = &a->op;
    uint32_t n_keys = op->node->n_keys;
    if (op->node->mode == VONK_AGG_MERGE)
        return vonk_operator_emit(op, in, err);
    vonk_arena_reset(&op->batch);
    VONK_TRY(vonk_operator_eval(op, op->node->keys, n_keys, in, a->out, err));
    uint32_t *groups = vonk_arena_alloc(&op->batch, in->n_rows * sizeof(*groups), err);
    VONK_TRY_ALLOC(groups);
    for (uint32_t i = 0; i < in->n_rows; i++)
        groups[i] = i;
    vonk_column *out = a->out + n_keys;
    for (uint32_t c = 0; c < a->n_calls; c++) {
        VONK_TRY(states_of_rows(a, &a->calls[c], in, groups, out, err));
        out += a->calls[c].n_columns;
    }
    vonk_batch batch = {.n_rows = in->n_rows, .n_columns = a->n_columns, .columns = a->out};
    return vonk_operator_emit(op, &batch, err);
}
