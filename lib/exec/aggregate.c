/*
 * aggregate.c - GROUP BY by hashing, and aggregates without groups.
 *
 * The mode says what comes in and goes out (plan/physical.h). DISTINCT aggregates run in COMPLETE
 * mode only: each has a table of (group, arguments) that tells the first row of each value.
 */
#include "exec/aggregate.h"

#include <string.h>

/* Its input is states of groups. */
static bool takes_states(const vonk_physical *node)
{
    return node->mode == VONK_AGG_FINAL || node->mode == VONK_AGG_MERGE;
}

static bool gives_states(const vonk_physical *node)
{
    return node->mode == VONK_AGG_PARTIAL || node->mode == VONK_AGG_MERGE;
}

static vonk_status distinct_table(vonk_agg *a, vonk_agg_call *c, vonk_error *err)
{
    uint32_t n = c->expr->n_args + 1;
    vonk_type *types = VONK_NEW_ARRAY(&a->memory, vonk_type, n, err);
    VONK_TRY_ALLOC(types);
    c->distinct_keys = VONK_NEW_ARRAY(&a->memory, vonk_column, n, err);
    VONK_TRY_ALLOC(c->distinct_keys);
    types[0] = VONK_TYPE(INT32);
    for (uint32_t i = 1; i < n; i++)
        types[i] = c->expr->args[i - 1]->type;
    return vonk_group_table_new(&a->memory, types, n, &c->distinct, err);
}

static vonk_status new_call(vonk_agg *a, vonk_agg_call *c, uint32_t *input, vonk_error *err)
{
    const vonk_physical *node = a->op.node;
    vonk_type types[VONK_MAX_STATES];
    uint32_t n_states = 0;
    VONK_TRY(vonk_aggregate_new(&a->memory, c->expr, &a->op.run->task->settings, &c->state, err));
    VONK_TRY(vonk_aggregate_state_types(c->expr, types, &n_states, err));
    c->first_input = *input;
    *input += n_states;
    c->n_states = n_states;
    c->n_columns = gives_states(node) ? n_states : 1;
    c->args = VONK_NEW_ARRAY(&a->memory, vonk_column, c->expr->n_args, err);
    VONK_TRY_ALLOC(c->args);
    return c->expr->distinct ? distinct_table(a, c, err) : VONK_OK;
}

vonk_status vonk_agg_first_seen(vonk_agg *a, vonk_agg_call *c, uint32_t n_rows,
                                const uint32_t *groups, uint64_t **ret, vonk_error *err)
{
    size_t words = vonk_bitmap_words(n_rows);
    uint64_t *bits = vonk_arena_alloc(&a->op.batch, words * 8, err);
    VONK_TRY_ALLOC(bits);
    memset(bits, 0xff, words * 8);
    uint32_t *zeros = NULL, *numbers = NULL;
    if (!groups) {
        zeros = vonk_arena_zalloc(&a->op.batch, n_rows * sizeof(*zeros), err);
        VONK_TRY_ALLOC(zeros);
    }
    numbers = vonk_arena_alloc(&a->op.batch, n_rows * sizeof(*numbers), err);
    VONK_TRY_ALLOC(numbers);
    c->distinct_keys[0] =
        (vonk_column){.type = VONK_TYPE(INT32),
                      .length = n_rows,
                      .values = groups ? (void *)(uintptr_t)groups : (void *)zeros};
    memcpy(c->distinct_keys + 1, c->args, c->expr->n_args * sizeof(*c->args));
    uint32_t known = vonk_group_table_count(c->distinct);
    VONK_TRY(vonk_group_table_find_or_add(c->distinct, c->distinct_keys, n_rows, numbers, err));
    for (uint32_t i = 0; i < n_rows; i++) { /* new numbers appear in ascending order */
        if (numbers[i] == known)
            known++;
        else
            vonk_bit_set(bits, i, false);
    }
    *ret = bits;
    return VONK_OK;
}

/* The batch without the rows that a FILTER clause leaves out, and their groups. */
static vonk_status filtered(vonk_agg *a, const vonk_agg_call *c, const vonk_batch *in,
                            const uint32_t *groups, vonk_batch *ret, const uint32_t **ret_groups,
                            vonk_error *err)
{
    vonk_eval ctx = vonk_operator_ctx(&a->op);
    uint32_t n = 0, *kept = NULL;
    uint32_t *sel = vonk_arena_alloc(&a->op.batch, in->n_rows * sizeof(*sel), err);
    VONK_TRY_ALLOC(sel);
    VONK_TRY(vonk_expr_select(c->expr->filter, in, &ctx, sel, &n, err));
    vonk_batch out = {.n_rows = n, .n_columns = in->n_columns};
    out.columns = VONK_NEW_ARRAY(&a->op.batch, vonk_column, in->n_columns, err);
    VONK_TRY_ALLOC(out.columns);
    for (uint32_t i = 0; i < in->n_columns; i++)
        VONK_TRY(vonk_take(&a->op.batch, &in->columns[i], sel, n, false, &out.columns[i], err));
    if (groups) {
        kept = vonk_arena_alloc(&a->op.batch, n * sizeof(*kept), err);
        VONK_TRY_ALLOC(kept);
        for (uint32_t i = 0; i < n; i++)
            kept[i] = groups[sel[i]];
    }
    *ret = out;
    *ret_groups = kept;
    return VONK_OK;
}

vonk_status vonk_agg_update_call(vonk_agg *a, vonk_agg_call *c, const vonk_batch *in,
                                 const uint32_t *groups, uint32_t n_groups, vonk_error *err)
{
    if (takes_states(a->op.node))
        return vonk_aggregate_merge(c->state, &in->columns[c->first_input], in->n_rows, groups,
                                    n_groups, err);
    vonk_batch rows = *in;
    uint64_t *bits = NULL;
    if (c->expr->filter)
        VONK_TRY(filtered(a, c, in, groups, &rows, &groups, err));
    VONK_TRY(vonk_operator_eval(&a->op, c->expr->args, c->expr->n_args, &rows, c->args, err));
    if (c->distinct)
        VONK_TRY(vonk_agg_first_seen(a, c, rows.n_rows, groups, &bits, err));
    return vonk_aggregate_update(c->state, c->args, rows.n_rows, groups, n_groups, bits, err);
}

static vonk_status push(vonk_operator *op, const vonk_batch *in, vonk_error *err)
{
    vonk_agg *a = (vonk_agg *)op;
    uint32_t *groups = NULL, n_groups = 1;
    if (a->passes)
        return vonk_agg_pass(a, in, err);
    VONK_TRY(vonk_agg_make_room(a, err));
    vonk_arena_reset(&op->batch);
    if (a->table) {
        VONK_TRY(vonk_operator_eval(op, op->node->keys, op->node->n_keys, in, a->keys, err));
        groups = vonk_arena_alloc(&op->batch, in->n_rows * sizeof(*groups), err);
        VONK_TRY_ALLOC(groups);
        VONK_TRY(vonk_group_table_find_or_add(a->table, a->keys, in->n_rows, groups, err));
        n_groups = vonk_group_table_count(a->table);
    }
    for (uint32_t c = 0; c < a->n_calls; c++)
        VONK_TRY(vonk_agg_update_call(a, &a->calls[c], in, groups, n_groups, err));
    return vonk_agg_look(a, in->n_rows, err);
}

static vonk_status emit_groups(vonk_agg *a, uint32_t start, uint32_t n, vonk_error *err)
{
    vonk_operator *op = &a->op;
    bool partial = gives_states(op->node);
    vonk_arena_reset(&op->batch);
    if (a->table)
        VONK_TRY(vonk_group_table_keys(a->table, &op->batch, start, n, a->out, err));
    vonk_column *out = a->out + op->node->n_keys;
    for (uint32_t c = 0; c < a->n_calls; c++) {
        vonk_agg_call *f = &a->calls[c];
        VONK_TRY(partial ? vonk_aggregate_export(f->state, &op->batch, start, n, out, err)
                         : vonk_aggregate_finish(f->state, &op->batch, start, n, out, err));
        out += f->n_columns;
    }
    vonk_batch batch = {.n_rows = n, .n_columns = a->n_columns, .columns = a->out};
    return vonk_operator_emit(op, &batch, err);
}

vonk_status vonk_agg_touch(vonk_agg *a, vonk_error *err)
{
    const vonk_physical *node = a->op.node;
    vonk_arena_reset(&a->op.batch);
    for (uint32_t c = 0; c < a->n_calls; c++) {
        vonk_agg_call *f = &a->calls[c];
        vonk_column none[VONK_MAX_STATES] = {0};
        vonk_type types[VONK_MAX_STATES];
        uint32_t n = 0;
        if (!takes_states(node)) {
            for (uint32_t i = 0; i < f->expr->n_args; i++)
                VONK_TRY(
                    vonk_column_new(&a->op.batch, f->expr->args[i]->type, 0, &f->args[i], err));
            VONK_TRY(vonk_aggregate_update(f->state, f->args, 0, NULL, 1, NULL, err));
            continue;
        }
        VONK_TRY(vonk_aggregate_state_types(f->expr, types, &n, err));
        for (uint32_t i = 0; i < n; i++)
            VONK_TRY(vonk_column_new(&a->op.batch, types[i], 0, &none[i], err));
        VONK_TRY(vonk_aggregate_merge(f->state, none, 0, NULL, 1, err));
    }
    return VONK_OK;
}

vonk_status vonk_agg_emit(vonk_agg *a, vonk_error *err)
{
    uint32_t most = a->op.run->task->batch_rows;
    uint32_t n_groups = a->table ? vonk_group_table_count(a->table) : 1;
    for (uint32_t at = 0; at < n_groups && !a->op.done; at += most)
        VONK_TRY(emit_groups(a, at, n_groups - at < most ? n_groups - at : most, err));
    return VONK_OK;
}

static vonk_status finish(vonk_operator *op, vonk_error *err)
{
    vonk_agg *a = (vonk_agg *)op;
    if (vonk_agg_has_spilled(a))
        return vonk_agg_emit_spilled(a, err);
    if (!a->table && vonk_agg_seen_has_spilled(a))
        VONK_TRY(vonk_agg_count_seen(a, err));
    if (!a->table)
        VONK_TRY(vonk_agg_touch(a, err));
    return vonk_agg_emit(a, err);
}

static void close_aggregate(vonk_operator *op)
{
    vonk_agg *a = (vonk_agg *)op;
    vonk_arena_free(&a->memory);
    vonk_agg_free_levels(a);
}

static size_t held(const vonk_operator *op)
{
    return ((const vonk_agg *)op)->memory.total;
}

static const vonk_operator_ops ops = {.name = "aggregate",
                                      .push = push,
                                      .finish = finish,
                                      .close = close_aggregate,
                                      .held = held,
                                      .keeps = true};

static vonk_status new_table(vonk_agg *a, vonk_error *err)
{
    const vonk_physical *node = a->op.node;
    vonk_type *types = VONK_NEW_ARRAY(&a->memory, vonk_type, node->n_keys, err);
    VONK_TRY_ALLOC(types);
    a->keys = VONK_NEW_ARRAY(&a->memory, vonk_column, node->n_keys, err);
    VONK_TRY_ALLOC(a->keys);
    for (uint32_t k = 0; k < node->n_keys; k++)
        types[k] = node->keys[k]->type;
    return vonk_group_table_new(&a->memory, types, node->n_keys, &a->table, err);
}

vonk_status vonk_agg_renew(vonk_agg *a, vonk_error *err)
{
    vonk_arena_free(&a->memory);
    const vonk_physical *node = a->op.node;
    a->n_calls = node->n_exprs;
    a->n_columns = node->output.n_fields;
    a->calls = VONK_NEW_ARRAY(&a->memory, vonk_agg_call, node->n_exprs, err);
    VONK_TRY_ALLOC(a->calls);
    a->out = VONK_NEW_ARRAY(&a->memory, vonk_column, node->output.n_fields, err);
    VONK_TRY_ALLOC(a->out);
    if (node->n_keys)
        VONK_TRY(new_table(a, err));
    uint32_t input = node->n_keys;
    for (uint32_t c = 0; c < a->n_calls; c++) {
        a->calls[c].expr = node->exprs[c];
        VONK_TRY(new_call(a, &a->calls[c], &input, err));
    }
    return VONK_OK;
}

vonk_status vonk_hash_aggregate_new(vonk_run *run, const vonk_physical *node, vonk_operator **ret,
                                    vonk_error *err)
{
    vonk_operator *op = NULL;
    VONK_TRY(vonk_operator_new(run, &ops, node, sizeof(vonk_agg), &op, err));
    vonk_agg *a = (vonk_agg *)op;
    a->memory.budget = run->worker->budget;
    a->memory.stop = run->cancelled;
    vonk_status status = vonk_agg_renew(a, err);
    if (status != VONK_OK)
        vonk_arena_free(&a->memory);
    else
        *ret = op;
    return status;
}
