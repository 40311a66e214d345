/* window_stream.c - which windows go batch by batch; marks; pass two, which hands on the rows. */
#include "exec/window_stream.h"

#include <string.h>

#include "column/batch_bytes.h"
#include "expr/eval.h"
#include "kernel/kernel.h"

#define ROW_BYTES 256u /* that a row of a chunk takes, besides its own: numbers, frames, states */

/* ---- marks ---- */

void vonk_stream_start(vonk_stream_place *place)
{
    memset(place->n_groups, 0, sizeof(place->n_groups));
    place->dense = 0;
}

static uint8_t mark_of(const vonk_windower *w, const vonk_column *last, uint32_t last_row,
                       uint32_t row)
{
    const vonk_physical *node = w->op.node;
    if (vonk_sort_compare(last, last_row, w->keys, row, w->orders, node->n_columns) != 0)
        return VONK_GROUP_PARTITION;
    return vonk_sort_compare(last, last_row, w->keys, row, w->orders, node->n_keys) != 0
               ? VONK_GROUP_PEERS
               : VONK_GROUP_ROW;
}

vonk_status vonk_stream_mark(vonk_windower *w, const vonk_batch *rows, vonk_error *err)
{
    vonk_window_stream *s = w->stream;
    vonk_stream_place *place = &s->place;
    const vonk_physical *node = w->op.node;
    vonk_eval ctx = {.arena = &s->mark_arena, .settings = &w->op.run->task->settings};
    vonk_arena_reset(&s->mark_arena);
    s->marks = vonk_arena_alloc(&s->mark_arena, rows->n_rows, err);
    VONK_TRY_ALLOC(s->marks);
    for (uint32_t k = 0; k < node->n_keys; k++)
        VONK_TRY(vonk_expr_eval(node->keys[k], rows, &ctx, &w->keys[k], err));
    s->marks[0] =
        place->n_groups[VONK_GROUP_ROW] ? mark_of(w, place->last_keys, 0, 0) : VONK_GROUP_PARTITION;
    for (uint32_t i = 1; i < rows->n_rows; i++)
        s->marks[i] = mark_of(w, w->keys, i - 1, i);
    vonk_arena_reset(&place->arena);
    for (uint32_t k = 0; k < node->n_keys; k++) {
        vonk_column one;
        VONK_TRY(vonk_column_slice(&s->mark_arena, &w->keys[k], rows->n_rows - 1, 1, &one, err));
        VONK_TRY(vonk_column_copy(&place->arena, &one, &place->last_keys[k], err));
    }
    return VONK_OK;
}

/* ---- pass two ---- */

typedef struct vonk_stream_chunk chunk;

/* Counts on by the marks of the chunk's rows. */
static void number_rows(vonk_window_stream *s, chunk *c)
{
    vonk_stream_place *place = &s->place;
    vonk_window_rows *in = &c->rows;
    c->at = place->n_groups[VONK_GROUP_ROW];
    in->at = (uint32_t)c->at;
    in->dense = place->dense;
    for (uint32_t i = 0; i < in->rows.n_rows; i++) {
        uint8_t mark = s->marks[i];
        uint64_t number = place->n_groups[VONK_GROUP_ROW]++;
        place->n_groups[VONK_GROUP_PEERS] += mark >= VONK_GROUP_PEERS;
        place->n_groups[VONK_GROUP_PARTITION] += mark == VONK_GROUP_PARTITION;
        if (mark >= VONK_GROUP_PEERS)
            place->peers = number;
        if (mark == VONK_GROUP_PARTITION)
            place->partition = number;
        place->dense = mark == VONK_GROUP_PARTITION ? 1 : place->dense + (mark >= VONK_GROUP_PEERS);
        in->first[i] = (uint32_t)place->partition;
        in->peer_first[i] = (uint32_t)place->peers;
        for (int g = 0; g < 3; g++) {
            if (i == 0)
                c->first[g] = place->n_groups[g] - 1;
            c->group_of[g][i] = (uint32_t)(place->n_groups[g] - 1 - c->first[g]);
        }
    }
}

/* *ret = for every row of the chunk the value of its group; until the next call for `v`. */
static vonk_status take_values(vonk_stream_values *v, const chunk *c, vonk_column *ret,
                               vonk_error *err)
{
    vonk_arena *arena = c->rows.arena;
    uint32_t n = c->rows.rows.n_rows;
    const uint32_t *group_of = c->group_of[v->group];
    uint64_t first = c->first[v->group];
    vonk_batch values;
    VONK_TRY(vonk_block_reader_get(&v->reader, first, first + group_of[n - 1] + 1, &values, err));
    return vonk_take(arena, &values.columns[0], group_of, n, false, ret, err);
}

/* Where groups end. */
static vonk_status find_ends(vonk_window_stream *s, chunk *c, vonk_error *err)
{
    vonk_window_rows *in = &c->rows;
    for (int g = VONK_GROUP_PEERS; g <= VONK_GROUP_PARTITION; g++) {
        vonk_column sizes;
        const uint32_t *first = g == VONK_GROUP_PEERS ? in->peer_first : in->first;
        uint32_t *end = g == VONK_GROUP_PEERS ? in->peer_end : in->end;
        if (!s->sizes[g])
            continue;
        VONK_TRY(take_values(s->sizes[g], c, &sizes, err));
        for (uint32_t i = 0; i < in->rows.n_rows; i++)
            end[i] =
                first[i] + (uint32_t)((const int64_t *)sizes.values)[vonk_column_at(&sizes, i)];
    }
    return VONK_OK;
}

static vonk_status new_chunk(vonk_windower *w, chunk *c, vonk_error *err)
{
    vonk_window_stream *s = w->stream;
    vonk_window_rows *in = &c->rows;
    size_t n = in->rows.n_rows;
    uint32_t *all = vonk_arena_alloc(&s->arena, 7 * n * sizeof(*all), err);
    VONK_TRY_ALLOC(all);
    in->first = all;
    in->end = all + n;
    in->peer_first = all + 2 * n;
    in->peer_end = all + 3 * n;
    for (int g = 0; g < 3; g++)
        c->group_of[g] = all + (4 + (size_t)g) * n;
    VONK_TRY(vonk_stream_mark(w, &in->rows, err));
    number_rows(s, c);
    VONK_TRY(find_ends(s, c, err));
    if (!s->has_near)
        return VONK_OK;
    c->near.keys = w->keys;
    VONK_TRY(vonk_operator_eval(&w->op, w->op.node->keys, w->op.node->n_keys, &c->near.rows,
                                w->keys, err));
    return vonk_window_divide(&c->near, err);
}

/* Of the rows nearby only the chunk's have their whole frames. */
static vonk_status eval_near(const chunk *c, const vonk_expr *window, vonk_column *ret,
                             vonk_error *err)
{
    const vonk_window_rows *near = &c->near;
    uint32_t n = near->rows.n_rows;
    vonk_column all;
    int64_t nth;
    if (vonk_window_kind_of(window->args[0]->name) != VONK_WINDOW_NONE ||
        vonk_window_is_end(window->args[0], &nth)) {
        VONK_TRY(vonk_window_eval(near, window, &all, err));
        return vonk_column_slice(near->arena, &all, c->skip, c->rows.rows.n_rows, ret, err);
    }
    uint32_t *first = vonk_arena_alloc(near->arena, (2 * (size_t)n + 1) * sizeof(*first), err);
    VONK_TRY_ALLOC(first);
    VONK_TRY(vonk_window_frames(near, window, first, first + n, err));
    vonk_window_given given = {.n = c->rows.rows.n_rows,
                               .partition = near->first + c->skip,
                               .first = first + c->skip,
                               .end = first + n + c->skip};
    vonk_status status = vonk_window_aggregate_given(near, window, &given, ret, err);
    return status == VONK_USER ? vonk_error_at(err, status, window->start, window->end) : status;
}

static vonk_status eval_column(vonk_windower *w, const chunk *c, uint32_t i, vonk_column *ret,
                               vonk_error *err)
{
    const vonk_stream_column *column = &w->stream->columns[i];
    const vonk_expr *window = w->op.node->exprs[i];
    if (column->framed)
        return vonk_stream_framed_eval(w, c, column->framed, i, ret, err);
    if (column->values)
        return take_values(column->values, c, ret, err);
    return column->near ? eval_near(c, window, ret, err)
                        : vonk_window_eval(&c->rows, window, ret, err);
}

/* Hands on rows skip .. skip + n of `near`. Resets op->batch and s->arena. */
static vonk_status emit_chunk(vonk_windower *w, const vonk_batch *near, uint32_t skip, uint32_t n,
                              vonk_error *err)
{
    vonk_window_stream *s = w->stream;
    const vonk_physical *node = w->op.node;
    uint32_t n_in = node->output.n_fields - node->n_exprs;
    chunk c = {.rows = {.arena = &s->arena,
                        .settings = &w->op.run->task->settings,
                        .n_partition = node->n_columns,
                        .n_keys = node->n_keys,
                        .keys = w->keys,
                        .orders = w->orders},
               .skip = skip};
    vonk_arena_reset(&s->arena);
    vonk_arena_reset(&w->op.batch);
    c.near = c.rows;
    c.near.rows = *near;
    VONK_TRY(vonk_batch_slice(&s->arena, near, skip, n, &c.rows.rows, err));
    VONK_TRY(new_chunk(w, &c, err));
    if (n_in)
        memcpy(w->out, c.rows.rows.columns, n_in * sizeof(*w->out));
    for (uint32_t i = 0; i < node->n_exprs; i++)
        VONK_TRY(eval_column(w, &c, i, &w->out[n_in + i], err));
    vonk_batch out = {.n_rows = n, .n_columns = node->output.n_fields, .columns = w->out};
    return vonk_window_emit(w, &out, err);
}

vonk_status vonk_window_stream_push(vonk_windower *w, const vonk_batch *in, vonk_error *err)
{
    return emit_chunk(w, in, 0, in->n_rows, err);
}

static vonk_status emit_batches(vonk_windower *w, vonk_error *err)
{
    VONK_CLEANUP(vonk_arena_free) vonk_arena arena = vonk_run_arena(w->op.run);
    for (uint32_t b = 0; b < vonk_block_batches(w->rows) && !w->op.done; b++) {
        vonk_batch rows;
        vonk_arena_reset(&arena);
        VONK_TRY(vonk_block_batch(w->rows, b, &arena, &rows, err));
        VONK_TRY(emit_chunk(w, &rows, 0, rows.n_rows, err));
    }
    return VONK_OK;
}

/* Rows of the next chunk: not much less than come with them, so that it pays, if there is room. */
static uint64_t chunk_rows(vonk_windower *w)
{
    const vonk_window_stream *s = w->stream;
    const vonk_block *rows = w->rows;
    uint64_t bytes = rows->n_bytes / rows->n_rows + 1, least = w->op.run->task->batch_rows;
    uint64_t most = vonk_batch_most_bytes(w->op.batch.budget) / bytes;
    uint64_t n = s->span / 2, room = vonk_spill_room(&w->op) / (ROW_BYTES + bytes);
    least = least < most ? least : most ? most : 1;
    n = n < room ? n : room;
    n = n < s->before + s->after ? s->before + s->after : n;
    return n < least ? least : n;
}

/* Some rows at a time, with those before and after them. */
static vonk_status emit_with_near(vonk_windower *w, vonk_error *err)
{
    vonk_window_stream *s = w->stream;
    vonk_schema schema = vonk_window_input(w);
    uint64_t all = w->rows->n_rows;
    vonk_block_reader reader;
    vonk_block_reader_init(&reader, w->rows, &schema);
    vonk_status status = VONK_OK;
    for (uint64_t at = 0, n; at < all && !w->op.done && status == VONK_OK; at += n) {
        vonk_batch near;
        n = chunk_rows(w);
        n = all - at < n ? all - at : n;
        uint64_t from = at < s->before ? 0 : at - s->before;
        uint64_t to = all - at - n < s->after ? all : at + n + s->after;
        s->span = 0;
        status = vonk_block_reader_get(&reader, from, to, &near, err);
        if (status == VONK_OK)
            status = emit_chunk(w, &near, (uint32_t)(at - from), (uint32_t)n, err);
    }
    vonk_block_reader_fini(&reader);
    return status;
}

static void end_passes(vonk_windower *w)
{
    for (uint32_t i = 0; i < w->stream->n_values; i++) {
        vonk_stream_values *v = &w->stream->values[i];
        if (v->reader.block)
            vonk_block_reader_fini(&v->reader);
        v->reader = (vonk_block_reader){0};
        vonk_block_unref(v->block);
        v->block = NULL;
        vonk_arena_free(&v->states);
    }
    for (uint32_t i = 0; i < w->stream->n_columns; i++)
        if (w->stream->columns[i].framed)
            vonk_stream_framed_fini(w->stream->columns[i].framed);
}

static vonk_status both_passes(vonk_windower *w, vonk_error *err)
{
    vonk_window_stream *s = w->stream;
    vonk_schema schema = vonk_window_input(w);
    VONK_TRY(vonk_stream_measure(w, err));
    for (uint32_t i = 0; i < s->n_values; i++) {
        vonk_stream_values *v = &s->values[i];
        if (v->block)
            vonk_block_reader_init(&v->reader, v->block, &v->schema);
    }
    for (uint32_t i = 0; i < s->n_columns; i++)
        if (s->columns[i].framed)
            vonk_stream_framed_init(s->columns[i].framed, w, &schema);
    vonk_stream_start(&s->place);
    s->span = 0;
    return s->has_near || s->has_framed ? emit_with_near(w, err) : emit_batches(w, err);
}

vonk_status vonk_window_stream_flush(vonk_windower *w, vonk_error *err)
{
    if (!w->rows->n_rows || w->op.done)
        return VONK_OK;
    vonk_status status = both_passes(w, err);
    end_passes(w);
    return status;
}

/* ---- life ---- */

size_t vonk_window_stream_held(const vonk_window_stream *s)
{
    size_t bytes = s ? s->arena.total : 0;
    for (uint32_t i = 0; s && i < s->n_values; i++) {
        const vonk_stream_values *v = &s->values[i];
        bytes += v->states.total + (v->block ? v->block->arena.total : 0);
    }
    for (uint32_t i = 0; s && i < s->n_columns; i++) {
        const vonk_stream_framed *f = s->columns[i].framed;
        bytes += f ? f->reader.arena.total + (f->reader.near ? f->reader.near->arena.total : 0) : 0;
    }
    return bytes;
}

void vonk_window_stream_free(vonk_windower *w)
{
    vonk_window_stream *s = w->stream;
    if (!s)
        return;
    end_passes(w);
    vonk_arena_free(&s->place.arena);
    vonk_arena_free(&s->mark_arena);
    vonk_arena_free(&s->arena);
}
