/*
 * window_measure.c - pass one over the rows of a large partition: the values of its groups.
 *
 * A group of rows is a group of the aggregate, and group 0 what came before the batch: its state
 * goes on with the first rows, or where they begin another group, is what those may take up.
 *
 *      marks      1 0 0 1 0 | 0 1 1         groups end where the next one begins
 *      group      1 1 1 2 2 | 0 1 2
 */
#include <string.h>

#include "exec/window_stream.h"
#include "expr/eval.h"
#include "kernel/kernel.h"

#define COMPACT_BYTES ((size_t)4 << 20)

static bool begins(const vonk_stream_values *v, uint8_t mark)
{
    return mark >= (uint8_t)v->group;
}

static vonk_status renew(vonk_windower *w, vonk_stream_values *v, vonk_error *err)
{
    v->states = vonk_run_arena(w->op.run);
    vonk_arena_reset(&v->states);
    return vonk_aggregate_new(&v->states, v->call, &w->op.run->task->settings, &v->state, err);
}

/* States leave behind what they had before: strings, say. Takes over what group 0 still needs. */
static vonk_status compact(vonk_windower *w, vonk_stream_values *v, vonk_error *err)
{
    vonk_type types[VONK_MAX_STATES];
    vonk_column states[VONK_MAX_STATES], kept[VONK_MAX_STATES];
    uint32_t n = 0;
    vonk_arena *arena = &w->stream->arena;
    if (v->states.total <= (v->compact_at ? v->compact_at : COMPACT_BYTES))
        return VONK_OK;
    VONK_TRY(vonk_aggregate_state_types(v->call, types, &n, err));
    VONK_TRY(vonk_aggregate_export(v->state, arena, 0, 1, states, err));
    for (uint32_t i = 0; i < n; i++)
        VONK_TRY(vonk_column_copy(arena, &states[i], &kept[i], err));
    vonk_arena_free(&v->states); /* to reset it would keep its size */
    VONK_TRY(renew(w, v, err));
    VONK_TRY(vonk_aggregate_merge(v->state, kept, 1, NULL, 1, err));
    v->compact_at = v->states.total * 2 > COMPACT_BYTES ? v->states.total * 2 : COMPACT_BYTES;
    return VONK_OK;
}

/* The aggregate's arguments, and bits of the rows that FILTER lets through (NULL: all). */
static vonk_status eval_args(vonk_windower *w, const vonk_expr *call, const vonk_batch *rows,
                             vonk_column **ret, uint64_t **ret_counts, vonk_error *err)
{
    vonk_arena *arena = &w->stream->arena;
    vonk_eval ctx = {.arena = arena, .settings = &w->op.run->task->settings};
    vonk_column *args = VONK_NEW_ARRAY(arena, vonk_column, (size_t)call->n_args + 1, err);
    VONK_TRY_ALLOC(args);
    for (uint32_t i = 0; i < call->n_args; i++)
        VONK_TRY(vonk_expr_eval(call->args[i], rows, &ctx, &args[i], err));
    *ret = args;
    *ret_counts = NULL;
    if (!call->filter)
        return VONK_OK;
    uint32_t n = 0, *sel = vonk_arena_alloc(arena, rows->n_rows * sizeof(*sel), err);
    VONK_TRY_ALLOC(sel);
    uint64_t *counts = vonk_arena_zalloc(arena, vonk_bitmap_words(rows->n_rows) * 8, err);
    VONK_TRY_ALLOC(counts);
    VONK_TRY(vonk_expr_select(call->filter, rows, &ctx, sel, &n, err));
    for (uint32_t i = 0; i < n; i++)
        vonk_bit_set(counts, sel[i], true);
    *ret_counts = counts;
    return VONK_OK;
}

static vonk_status append(vonk_stream_values *v, const vonk_column *values, vonk_error *err)
{
    vonk_column column = *values;
    vonk_batch batch = {.n_rows = values->length, .n_columns = 1, .columns = &column};
    return vonk_block_append(v->block, &batch, NULL, batch.n_rows, err);
}

/* The values of groups `from` .. `to` of the aggregate. */
static vonk_status put(vonk_windower *w, vonk_stream_values *v, uint32_t from, uint32_t to,
                       vonk_error *err)
{
    vonk_column values;
    if (from == to)
        return VONK_OK;
    VONK_TRY(vonk_aggregate_finish(v->state, &w->stream->arena, from, to - from, &values, err));
    return append(v, &values, err);
}

/* The batch at once: a state for each group, that become running ones. */
static vonk_status measure_groups(vonk_windower *w, vonk_stream_values *v, const vonk_batch *rows,
                                  const vonk_column *args, const uint64_t *counts, vonk_error *err)
{
    vonk_window_stream *s = w->stream;
    uint32_t n = rows->n_rows, group = 0;
    uint32_t *groups = vonk_arena_alloc(&s->arena, n * sizeof(*groups), err);
    VONK_TRY_ALLOC(groups);
    bool *anew = vonk_arena_zalloc(&s->arena, (size_t)n + 1, err);
    VONK_TRY_ALLOC(anew);
    for (uint32_t i = 0; i < n; i++) {
        group += begins(v, s->marks[i]);
        groups[i] = group;
        anew[group] |= s->marks[i] == VONK_GROUP_PARTITION;
    }
    VONK_TRY(vonk_aggregate_update(v->state, args, n, groups, group + 1, counts, err));
    if (v->goes_on && group)
        VONK_TRY(vonk_aggregate_run(v->state, anew, group + 1, err));
    if (group)
        VONK_TRY(put(w, v, s->place.n_groups[VONK_GROUP_ROW] ? 0 : 1, group, err));
    if (group)
        vonk_aggregate_carry(v->state, group);
    return VONK_OK;
}

/* Row `start` begins a group: what ended before it has its value. */
static vonk_status turn(vonk_windower *w, vonk_stream_values *v, uint32_t start, vonk_error *err)
{
    vonk_window_stream *s = w->stream;
    if (start || s->place.n_groups[VONK_GROUP_ROW])
        VONK_TRY(put(w, v, 0, 1, err));
    return v->goes_on && s->marks[start] != VONK_GROUP_PARTITION ? VONK_OK : renew(w, v, err);
}

/* Group by group, for aggregates whose states cannot run: each takes up its rows in state 0. */
static vonk_status measure_slowly(vonk_windower *w, vonk_stream_values *v, const vonk_batch *rows,
                                  const vonk_column *args, const uint64_t *counts, vonk_error *err)
{
    vonk_window_stream *s = w->stream;
    uint32_t n = rows->n_rows;
    uint32_t *sel = vonk_arena_alloc(&s->arena, n * sizeof(*sel), err);
    VONK_TRY_ALLOC(sel);
    vonk_column *some = VONK_NEW_ARRAY(&s->arena, vonk_column, (size_t)v->call->n_args + 1, err);
    VONK_TRY_ALLOC(some);
    for (uint32_t start = 0, end; start < n; start = end) {
        uint32_t k = 0;
        if (begins(v, s->marks[start]))
            VONK_TRY(turn(w, v, start, err));
        for (end = start; end < n && (end == start || !begins(v, s->marks[end])); end++) {
            if (!counts || vonk_bit_get(counts, end))
                sel[k++] = end;
        }
        VONK_TRY(vonk_eval_check(&w->op.run->task->settings, err));
        for (uint32_t a = 0; a < v->call->n_args; a++)
            VONK_TRY(vonk_take(&s->arena, &args[a], sel, k, false, &some[a], err));
        VONK_TRY(vonk_aggregate_update(v->state, some, k, NULL, 1, NULL, err));
    }
    return VONK_OK;
}

/* How many rows each group has. */
static vonk_status count_rows(vonk_windower *w, vonk_stream_values *v, const vonk_batch *rows,
                              vonk_error *err)
{
    const vonk_window_stream *s = w->stream;
    vonk_column sizes;
    VONK_TRY(vonk_column_new(&w->stream->arena, VONK_TYPE(INT64), rows->n_rows, &sizes, err));
    sizes.length = 0;
    for (uint32_t i = 0; i < rows->n_rows; i++) {
        if (begins(v, s->marks[i]) && v->n_rows) {
            ((int64_t *)sizes.values)[sizes.length++] = (int64_t)v->n_rows;
            v->n_rows = 0;
        }
        v->n_rows++;
    }
    return sizes.length ? append(v, &sizes, err) : VONK_OK;
}

static vonk_status measure_call(vonk_windower *w, vonk_stream_values *v, const vonk_batch *rows,
                                vonk_error *err)
{
    vonk_column *args = NULL;
    uint64_t *counts = NULL;
    if (!w->stream->place.n_groups[VONK_GROUP_ROW])
        VONK_TRY(renew(w, v, err));
    VONK_TRY(eval_args(w, v->call, rows, &args, &counts, err));
    if (v->goes_on && !vonk_aggregate_can_run(v->state))
        VONK_TRY(measure_slowly(w, v, rows, args, counts, err));
    else
        VONK_TRY(measure_groups(w, v, rows, args, counts, err));
    return compact(w, v, err);
}

/* Of what failed there need not be a frame: those that there are will be done row by row. */
static vonk_status give_up(vonk_stream_values *v)
{
    vonk_block_unref(v->block);
    v->block = NULL;
    return VONK_OK;
}

static vonk_status measure(vonk_windower *w, vonk_stream_values *v, const vonk_batch *rows,
                           vonk_error *err)
{
    if (!v->block)
        return VONK_OK;
    vonk_arena_reset(&w->stream->arena);
    VONK_TRY(vonk_eval_check(&w->op.run->task->settings, err));
    vonk_status status = v->candidates ? vonk_stream_candidates(w, v, rows, err)
                         : v->call     ? measure_call(w, v, rows, err)
                                       : count_rows(w, v, rows, err);
    if (status == VONK_USER && v->spare)
        return give_up(v);
    if (status == VONK_USER)
        return vonk_error_at(err, status, v->window->start, v->window->end);
    VONK_TRY(status);
    if (v->block->n_batches && vonk_must_spill(&w->op, 0)) {
        VONK_TRY(vonk_spill_start(&w->op, &w->spill, err));
        uint64_t before = vonk_spill_size(w->spill);
        VONK_TRY(vonk_block_evict(v->block, w->spill, err));
        vonk_operator_spilled(&w->op, vonk_spill_size(w->spill) - before);
    }
    return VONK_OK;
}

/* The last group has ended. */
static vonk_status end(vonk_windower *w, vonk_stream_values *v, vonk_error *err)
{
    vonk_column size;
    if (!v->block || v->candidates)
        return VONK_OK;
    vonk_arena_reset(&w->stream->arena);
    if (v->call) {
        vonk_status status = put(w, v, 0, 1, err);
        vonk_arena_free(&v->states);
        return status == VONK_USER && v->spare ? give_up(v) : status;
    }
    VONK_TRY(vonk_column_new(&w->stream->arena, VONK_TYPE(INT64), 1, &size, err));
    ((int64_t *)size.values)[0] = (int64_t)v->n_rows;
    v->n_rows = 0;
    return append(v, &size, err);
}

static vonk_status each_values(vonk_windower *w, bool backwards, const vonk_batch *rows,
                               vonk_error *err)
{
    vonk_window_stream *s = w->stream;
    for (uint32_t i = 0; i < s->n_values; i++) {
        vonk_stream_values *v = &s->values[i];
        if (v->backwards == backwards)
            VONK_TRY(rows ? measure(w, v, rows, err) : end(w, v, err));
    }
    return VONK_OK;
}

static vonk_status turn_around(vonk_arena *arena, vonk_batch *rows, vonk_error *err)
{
    uint32_t n = rows->n_rows, *sel = vonk_arena_alloc(arena, n * sizeof(*sel), err);
    VONK_TRY_ALLOC(sel);
    vonk_column *columns = VONK_NEW_ARRAY(arena, vonk_column, rows->n_columns, err);
    VONK_TRY_ALLOC(columns);
    for (uint32_t i = 0; i < n; i++)
        sel[i] = n - 1 - i;
    for (uint32_t c = 0; c < rows->n_columns; c++)
        VONK_TRY(vonk_take(arena, &rows->columns[c], sel, n, false, &columns[c], err));
    rows->columns = columns;
    return VONK_OK;
}

static vonk_status go_through(vonk_windower *w, bool backwards, vonk_error *err)
{
    vonk_window_stream *s = w->stream;
    VONK_CLEANUP(vonk_arena_free) vonk_arena arena = vonk_run_arena(w->op.run);
    uint32_t n = vonk_block_batches(w->rows);
    vonk_stream_start(&s->place);
    for (uint32_t b = 0; b < n; b++) {
        vonk_batch rows;
        vonk_arena_reset(&arena);
        VONK_TRY(vonk_block_batch(w->rows, backwards ? n - 1 - b : b, &arena, &rows, err));
        if (backwards)
            VONK_TRY(turn_around(&arena, &rows, err));
        VONK_TRY(vonk_stream_mark(w, &rows, err));
        VONK_TRY(each_values(w, backwards, &rows, err));
        s->place.n_groups[VONK_GROUP_ROW] += rows.n_rows;
    }
    return each_values(w, backwards, NULL, err);
}

vonk_status vonk_stream_measure(vonk_windower *w, vonk_error *err)
{
    vonk_window_stream *s = w->stream;
    bool ways[2] = {false, false};
    for (uint32_t i = 0; i < s->n_values; i++) {
        VONK_TRY(vonk_run_block(w->op.run, &s->values[i].block, err));
        ways[s->values[i].backwards] = true;
    }
    for (int backwards = 0; backwards < 2; backwards++)
        if (ways[backwards])
            VONK_TRY(go_through(w, backwards, err));
    return VONK_OK;
}
