/*
 * aggregate_distinct.c - DISTINCT aggregates without GROUP BY whose values do not fit into memory.
 *
 *     values seen ──▶ 16 parts on disk ──▶ each part: its distinct values ──▶ the one state
 *                                            └─ still too many ──▶ 16 parts of the next level
 *
 * A value is in one part, so what a part adds to the state no other part does. Calls that are not
 * DISTINCT keep their state in memory all along.
 */
#include "exec/aggregate.h"

#include <string.h>

static bool any_seen(const vonk_agg *a)
{
    bool seen = false;
    for (uint32_t c = 0; c < a->n_calls; c++)
        seen |= a->calls[c].distinct && vonk_group_table_count(a->calls[c].distinct);
    return seen;
}

/* Columns of the state of each call that is kept, in `arena`. */
static vonk_status save_states(vonk_agg *a, bool all, vonk_arena *arena, vonk_column **ret,
                               vonk_error *err)
{
    for (uint32_t c = 0; c < a->n_calls; c++) {
        const vonk_agg_call *f = &a->calls[c];
        if (f->distinct && !all)
            continue;
        vonk_column *states = VONK_NEW_ARRAY(arena, vonk_column, 2 * (size_t)f->n_states, err);
        VONK_TRY_ALLOC(states);
        VONK_TRY(vonk_aggregate_export(f->state, arena, 0, 1, states + f->n_states, err));
        for (uint32_t i = 0; i < f->n_states; i++) /* out of what renewing frees */
            VONK_TRY(vonk_column_copy(arena, &states[f->n_states + i], &states[i], err));
        ret[c] = states;
    }
    return VONK_OK;
}

/* Forgets all values seen, and the states of DISTINCT calls unless `all` are kept. */
static vonk_status forget_seen(vonk_agg *a, bool all, vonk_error *err)
{
    static const uint32_t group = 0;
    VONK_CLEANUP(vonk_arena_free) vonk_arena arena = vonk_run_arena(a->op.run);
    vonk_column **states = VONK_NEW_ARRAY(&arena, vonk_column *, a->n_calls, err);
    VONK_TRY_ALLOC(states);
    VONK_TRY(vonk_agg_touch(a, err));
    VONK_TRY(save_states(a, all, &arena, states, err));
    VONK_TRY(vonk_agg_renew(a, err));
    VONK_TRY(vonk_agg_touch(a, err));
    for (uint32_t c = 0; c < a->n_calls; c++) {
        if (states[c])
            VONK_TRY(vonk_aggregate_merge(a->calls[c].state, states[c], 1, &group, 1, err));
    }
    return VONK_OK;
}

/* Values start .. start + n that a call has seen, in op->batch: n_args columns. */
static vonk_status seen_values(vonk_agg *a, const vonk_agg_call *c, uint32_t start, uint32_t n,
                               vonk_batch *ret, vonk_error *err)
{
    vonk_operator *op = &a->op;
    vonk_arena_reset(&op->batch);
    vonk_column *seen = VONK_NEW_ARRAY(&op->batch, vonk_column, c->expr->n_args + 1, err);
    VONK_TRY_ALLOC(seen);
    VONK_TRY(vonk_group_table_keys(c->distinct, &op->batch, start, n, seen, err));
    *ret = (vonk_batch){.n_rows = n, .n_columns = c->expr->n_args, .columns = seen + 1};
    return VONK_OK;
}

/* Does `take` with all values that a call has seen. */
static vonk_status each_seen(vonk_agg *a, vonk_agg_call *c, vonk_spill_parts *parts,
                             vonk_status (*take)(vonk_agg *a, vonk_agg_call *c,
                                                 vonk_spill_parts *parts, const vonk_batch *values,
                                                 vonk_error *err),
                             vonk_error *err)
{
    uint32_t most = a->op.run->task->batch_rows, n = vonk_group_table_count(c->distinct);
    for (uint32_t at = 0; at < n; at += most) {
        vonk_batch values;
        VONK_TRY(vonk_eval_check(&a->op.run->task->settings, err));
        VONK_TRY(seen_values(a, c, at, n - at < most ? n - at : most, &values, err));
        VONK_TRY(take(a, c, parts, &values, err));
    }
    return VONK_OK;
}

static vonk_status put(vonk_agg *a, vonk_agg_call *c, vonk_spill_parts *parts,
                       const vonk_batch *values, vonk_error *err)
{
    (void)c;
    return vonk_spill_divide(&a->op, parts, values->columns, values->n_columns, values, err);
}

static vonk_status count(vonk_agg *a, vonk_agg_call *c, vonk_spill_parts *parts,
                         const vonk_batch *values, vonk_error *err)
{
    (void)a;
    (void)parts;
    return vonk_aggregate_update(c->state, values->columns, values->n_rows, NULL, 1, NULL, err);
}

vonk_status vonk_agg_spill_seen(vonk_agg *a, vonk_error *err)
{
    if (!any_seen(a) || !vonk_must_spill(&a->op, a->memory.total)) /* it may double */
        return VONK_OK;
    VONK_TRY(vonk_agg_open_level(a, err));
    for (uint32_t c = 0; c < a->n_calls; c++) {
        if (a->calls[c].distinct)
            VONK_TRY(each_seen(a, &a->calls[c], &a->levels[0]->distinct[c], put, err));
    }
    return forget_seen(a, false, err); /* the states follow from what is on disk */
}

bool vonk_agg_seen_has_spilled(const vonk_agg *a)
{
    for (uint32_t c = 0; c < a->n_calls && a->levels[0]; c++) {
        if (a->levels[0]->distinct[c].file)
            return true;
    }
    return false;
}

/* --- and back --- */

static vonk_status add_values(vonk_agg *a, vonk_agg_call *c, const vonk_batch *values,
                              vonk_error *err)
{
    uint64_t *bits = NULL;
    vonk_arena_reset(&a->op.batch);
    memcpy(c->args, values->columns, values->n_columns * sizeof(*c->args));
    return vonk_agg_first_seen(a, c, values->n_rows, NULL, &bits, err);
}

/* The values of one part of call `at` into its table; what does not fit, and then all, to `next`.
 */
static vonk_status load_part(vonk_agg *a, uint32_t at, const vonk_spill_parts *from, uint32_t part,
                             vonk_spill_parts *next, vonk_error *err)
{
    const vonk_spill_run *run = &from->runs[part];
    VONK_CLEANUP(vonk_arena_free) vonk_arena arena = vonk_run_arena(a->op.run);
    for (uint32_t i = 0; i < run->n_pieces; i++) {
        vonk_batch values;
        vonk_arena_reset(&arena);
        VONK_TRY(vonk_eval_check(&a->op.run->task->settings, err));
        VONK_TRY(vonk_spill_get(from->file, &run->pieces[i], &arena, &values, err));
        if (next->level < vonk_spill_levels(&a->op) && any_seen(a) &&
            vonk_must_spill(&a->op, a->memory.total)) {
            VONK_TRY(each_seen(a, &a->calls[at], next, put, err));
            VONK_TRY(forget_seen(a, true, err));
        }
        VONK_TRY(add_values(a, &a->calls[at], &values, err));
    }
    if (!next->file)
        return VONK_OK;
    VONK_TRY(each_seen(a, &a->calls[at], next, put, err));
    return forget_seen(a, true, err);
}

/* NOLINTNEXTLINE(misc-no-recursion): once a level */
static vonk_status count_parts(vonk_agg *a, uint32_t at, vonk_spill_parts *from, vonk_error *err)
{
    for (uint32_t p = 0; p < VONK_SPILL_PARTS; p++) {
        vonk_spill_parts next = {.level = from->level + 1};
        vonk_status status = load_part(a, at, from, p, &next, err);
        if (status == VONK_OK && next.file)
            status = count_parts(a, at, &next, err);
        vonk_spill_parts_free(&next);
        VONK_TRY(status);
        VONK_TRY(each_seen(a, &a->calls[at], NULL, count, err));
        VONK_TRY(forget_seen(a, true, err));
    }
    return VONK_OK;
}

vonk_status vonk_agg_count_seen(vonk_agg *a, vonk_error *err)
{
    for (uint32_t c = 0; c < a->n_calls; c++) {
        if (a->calls[c].distinct)
            VONK_TRY(each_seen(a, &a->calls[c], &a->levels[0]->distinct[c], put, err));
    }
    VONK_TRY(forget_seen(a, false, err));
    for (uint32_t c = 0; c < a->n_calls; c++) {
        if (a->calls[c].distinct)
            VONK_TRY(count_parts(a, c, &a->levels[0]->distinct[c], err));
    }
    return VONK_OK;
}
