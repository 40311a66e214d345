/*
 * aggregate_spill.c - groups that do not fit into memory.
 *
 *     groups ──▶ 16 parts on disk ──▶ each part: groups again ──▶ out
 *                                        └─ still too many ──▶ 16 parts of the next level
 *
 * A group may be in a part several times, with the state of the rows of each time.
 */
#include "exec/aggregate.h"

#include <string.h>

#include "kernel/kernel.h"

vonk_status vonk_agg_open_level(vonk_agg *a, vonk_error *err)
{
    vonk_arena *arena = &a->op.run->arena;
    if (a->levels[a->level])
        return VONK_OK;
    vonk_agg_level *level = VONK_NEW(arena, vonk_agg_level, err);
    VONK_TRY_ALLOC(level);
    level->distinct = VONK_NEW_ARRAY(arena, vonk_spill_parts, a->n_calls, err);
    VONK_TRY_ALLOC(level->distinct);
    level->groups.level = a->level;
    for (uint32_t c = 0; c < a->n_calls; c++)
        level->distinct[c].level = a->level;
    a->levels[a->level] = level;
    return VONK_OK;
}

static void close_level(vonk_agg *a, vonk_agg_level *level)
{
    vonk_spill_parts_free(&level->groups);
    for (uint32_t c = 0; c < a->n_calls; c++)
        vonk_spill_parts_free(&level->distinct[c]);
}

void vonk_agg_free_levels(vonk_agg *a)
{
    for (uint32_t l = 0; l < VONK_SPILL_LEVELS; l++) {
        if (a->levels[l])
            close_level(a, a->levels[l]);
    }
}

bool vonk_agg_has_spilled(const vonk_agg *a)
{
    return a->levels[0] && a->levels[0]->groups.file;
}

/* --- out --- */

/* Keys and states of groups start .. start + n. */
static vonk_status put_groups(vonk_agg *a, uint32_t start, uint32_t n, vonk_error *err)
{
    vonk_operator *op = &a->op;
    uint32_t n_keys = op->node->n_keys, n_columns = n_keys;
    for (uint32_t c = 0; c < a->n_calls; c++)
        n_columns += a->calls[c].distinct ? 0 : a->calls[c].n_states;
    vonk_arena_reset(&op->batch);
    vonk_batch rows = {.n_rows = n, .n_columns = n_columns};
    rows.columns = VONK_NEW_ARRAY(&op->batch, vonk_column, n_columns, err);
    VONK_TRY_ALLOC(rows.columns);
    VONK_TRY(vonk_group_table_keys(a->table, &op->batch, start, n, rows.columns, err));
    vonk_column *out = rows.columns + n_keys;
    for (uint32_t c = 0; c < a->n_calls; c++) {
        vonk_agg_call *f = &a->calls[c];
        if (f->distinct)
            continue;
        VONK_TRY(vonk_aggregate_export(f->state, &op->batch, start, n, out, err));
        out += f->n_states;
    }
    return vonk_spill_divide(op, &a->levels[a->level]->groups, rows.columns, n_keys, &rows, err);
}

/* Keys and arguments of rows start .. start + n of what a DISTINCT call has seen. */
static vonk_status put_seen(vonk_agg *a, uint32_t call, const vonk_column *keys, uint32_t start,
                            uint32_t n, vonk_error *err)
{
    vonk_operator *op = &a->op;
    vonk_agg_call *c = &a->calls[call];
    uint32_t n_keys = op->node->n_keys;
    vonk_arena_reset(&op->batch);
    vonk_batch rows = {.n_rows = n, .n_columns = n_keys + c->expr->n_args};
    rows.columns = VONK_NEW_ARRAY(&op->batch, vonk_column, rows.n_columns, err);
    vonk_column *seen = VONK_NEW_ARRAY(&op->batch, vonk_column, c->expr->n_args + 1, err);
    if (!rows.columns || !seen)
        return VONK_NO_MEMORY;
    VONK_TRY(vonk_group_table_keys(c->distinct, &op->batch, start, n, seen, err));
    for (uint32_t k = 0; k < n_keys; k++)
        VONK_TRY(vonk_take(&op->batch, &keys[k], seen[0].values, n, false, &rows.columns[k], err));
    memcpy(rows.columns + n_keys, seen + 1, c->expr->n_args * sizeof(*seen));
    return vonk_spill_divide(op, &a->levels[a->level]->distinct[call], rows.columns, n_keys, &rows,
                             err);
}

static vonk_status put_distinct(vonk_agg *a, uint32_t call, vonk_error *err)
{
    uint32_t most = a->op.run->task->batch_rows;
    uint32_t n = vonk_group_table_count(a->calls[call].distinct);
    VONK_CLEANUP(vonk_arena_free) vonk_arena arena = vonk_run_arena(a->op.run);
    vonk_column *keys = VONK_NEW_ARRAY(&arena, vonk_column, a->op.node->n_keys, err);
    VONK_TRY_ALLOC(keys);
    VONK_TRY(
        vonk_group_table_keys(a->table, &arena, 0, vonk_group_table_count(a->table), keys, err));
    for (uint32_t at = 0; at < n; at += most)
        VONK_TRY(put_seen(a, call, keys, at, n - at < most ? n - at : most, err));
    return VONK_OK;
}

/* Moves all groups to the current level. */
static vonk_status spill(vonk_agg *a, vonk_error *err)
{
    uint32_t most = a->op.run->task->batch_rows, n = vonk_group_table_count(a->table);
    VONK_TRY(vonk_agg_open_level(a, err));
    for (uint32_t at = 0; at < n; at += most)
        VONK_TRY(put_groups(a, at, n - at < most ? n - at : most, err));
    for (uint32_t c = 0; c < a->n_calls; c++) {
        if (a->calls[c].distinct)
            VONK_TRY(put_distinct(a, c, err));
    }
    return vonk_agg_renew(a, err);
}

vonk_status vonk_agg_make_room(vonk_agg *a, vonk_error *err)
{
    vonk_aggregate_mode mode = a->op.node->mode;
    if (!a->table)
        return vonk_agg_spill_seen(a, err);
    if (!vonk_group_table_count(a->table) || a->level == vonk_spill_levels(&a->op) ||
        !vonk_must_spill(&a->op, a->memory.total)) /* it may double */
        return VONK_OK;
    if (mode != VONK_AGG_PARTIAL && mode != VONK_AGG_MERGE)
        return spill(a, err);
    VONK_TRY(vonk_agg_emit(a, err)); /* whoever merges the states meets a group again */
    return vonk_agg_renew(a, err);
}

/* --- and back --- */

static vonk_status find_groups(vonk_agg *a, const vonk_batch *rows, uint32_t **ret, vonk_error *err)
{
    vonk_arena_reset(&a->op.batch);
    *ret = vonk_arena_alloc(&a->op.batch, rows->n_rows * sizeof(**ret), err);
    VONK_TRY_ALLOC(*ret);
    return vonk_group_table_find_or_add(a->table, rows->columns, rows->n_rows, *ret, err);
}

static vonk_status merge_groups(vonk_agg *a, uint32_t call, const vonk_batch *rows, vonk_error *err)
{
    (void)call;
    uint32_t *groups = NULL;
    VONK_TRY(find_groups(a, rows, &groups, err));
    const vonk_column *states = rows->columns + a->op.node->n_keys;
    for (uint32_t c = 0; c < a->n_calls; c++) {
        vonk_agg_call *f = &a->calls[c];
        if (f->distinct)
            continue;
        VONK_TRY(vonk_aggregate_merge(f->state, states, rows->n_rows, groups,
                                      vonk_group_table_count(a->table), err));
        states += f->n_states;
    }
    return VONK_OK;
}

static vonk_status merge_seen(vonk_agg *a, uint32_t call, const vonk_batch *rows, vonk_error *err)
{
    uint32_t *groups = NULL;
    uint64_t *bits = NULL;
    vonk_agg_call *c = &a->calls[call];
    VONK_TRY(find_groups(a, rows, &groups, err));
    memcpy(c->args, rows->columns + a->op.node->n_keys, c->expr->n_args * sizeof(*c->args));
    VONK_TRY(vonk_agg_first_seen(a, c, rows->n_rows, groups, &bits, err));
    return vonk_aggregate_update(c->state, c->args, rows->n_rows, groups,
                                 vonk_group_table_count(a->table), bits, err);
}

typedef vonk_status merge_fn(vonk_agg *a, uint32_t call, const vonk_batch *rows, vonk_error *err);

static vonk_status merge_run(vonk_agg *a, vonk_spill_parts *parts, uint32_t part, uint32_t call,
                             merge_fn *merge, vonk_error *err)
{
    const vonk_spill_run *run = &parts->runs[part];
    VONK_CLEANUP(vonk_arena_free) vonk_arena arena = vonk_run_arena(a->op.run);
    for (uint32_t i = 0; i < run->n_pieces; i++) {
        vonk_batch rows;
        vonk_arena_reset(&arena);
        VONK_TRY(vonk_eval_check(&a->op.run->task->settings, err));
        VONK_TRY(vonk_spill_get(parts->file, &run->pieces[i], &arena, &rows, err));
        if (a->level < vonk_spill_levels(&a->op) && vonk_group_table_count(a->table) &&
            vonk_must_spill(&a->op, a->memory.total))
            VONK_TRY(spill(a, err));
        VONK_TRY(merge(a, call, &rows, err));
    }
    return VONK_OK;
}

/* All groups of level `at`, which is closed then. Recurses once a level. */
static vonk_status emit_level(vonk_agg *a, uint32_t at, vonk_error *err)
{
    vonk_agg_level *from = a->levels[at];
    a->level = at + 1;
    for (uint32_t p = 0; p < VONK_SPILL_PARTS && !a->op.done; p++) {
        VONK_TRY(merge_run(a, &from->groups, p, 0, merge_groups, err));
        for (uint32_t c = 0; c < a->n_calls; c++)
            VONK_TRY(merge_run(a, &from->distinct[c], p, c, merge_seen, err));
        vonk_agg_level *next = at + 1 < VONK_SPILL_LEVELS ? a->levels[at + 1] : NULL;
        if (next && next->groups.file) {
            VONK_TRY(spill(a, err));
            VONK_TRY(emit_level(a, at + 1, err));
            a->level = at + 1;
        } else {
            VONK_TRY(vonk_agg_emit(a, err));
            VONK_TRY(vonk_agg_renew(a, err));
        }
    }
    close_level(a, from);
    return VONK_OK;
}

vonk_status vonk_agg_emit_spilled(vonk_agg *a, vonk_error *err)
{
    VONK_TRY(spill(a, err));
    return emit_level(a, 0, err);
}
