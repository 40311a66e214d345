/*
 * window.c - window functions: rows come in sorted by partition and order; whole partitions are
 * collected until they fill a batch, then their window expressions are computed and appended.
 * Large ones, and those that do not fit, go by way of window_stream.h.
 */
#include <string.h>

#include "exec/window_stream.h"

/* Rows that are as well done a batch at a time as all at once, which takes twice the memory. */
#define MOST_AT_ONCE (UINT64_C(1) << 20)
#define WORK_BYTES   16u /* of a row and an expression, besides its value: kernel and frames */

typedef vonk_windower windower;

vonk_status vonk_window_emit(windower *w, const vonk_batch *all, vonk_error *err)
{
    vonk_operator *op = &w->op;
    uint32_t most = op->run->task->batch_rows;
    vonk_arena arena = vonk_run_arena(op->run);
    vonk_status status = VONK_OK;
    for (uint32_t at = 0; at < all->n_rows && status == VONK_OK && !op->done; at += most) {
        uint32_t n = all->n_rows - at < most ? all->n_rows - at : most;
        vonk_batch out = {.n_rows = n, .n_columns = all->n_columns, .columns = w->piece};
        vonk_arena_reset(&arena);
        for (uint32_t c = 0; c < all->n_columns && status == VONK_OK; c++)
            status = vonk_column_slice(&arena, &all->columns[c], at, n, &w->piece[c], err);
        if (status == VONK_OK)
            status = vonk_operator_emit(op, &out, err);
    }
    vonk_arena_free(&arena);
    return status;
}

/* Computes and hands on the partitions collected so far. */
static vonk_status flush_at_once(windower *w, vonk_error *err)
{
    vonk_operator *op = &w->op;
    const vonk_physical *node = op->node;
    vonk_window_rows in = {.arena = &op->batch,
                           .settings = &op->run->task->settings,
                           .n_partition = node->n_columns,
                           .n_keys = node->n_keys,
                           .keys = w->keys,
                           .orders = w->orders};
    vonk_schema schema = vonk_window_input(w);
    vonk_arena_reset(&op->batch);
    VONK_TRY(vonk_block_concat(w->rows, &schema, &op->batch, &in.rows, err));
    VONK_TRY(vonk_operator_eval(op, node->keys, node->n_keys, &in.rows, w->keys, err));
    VONK_TRY(vonk_window_divide(&in, err));
    if (schema.n_fields)
        memcpy(w->out, in.rows.columns, schema.n_fields * sizeof(*w->out));
    for (uint32_t i = 0; i < node->n_exprs; i++)
        VONK_TRY(vonk_window_eval(&in, node->exprs[i], &w->out[schema.n_fields + i], err));
    vonk_batch all = {
        .n_rows = in.rows.n_rows, .n_columns = node->output.n_fields, .columns = w->out};
    return vonk_window_emit(w, &all, err);
}

static vonk_status evict(windower *w, vonk_error *err)
{
    VONK_TRY(vonk_spill_start(&w->op, &w->spill, err));
    uint64_t before = vonk_spill_size(w->spill);
    VONK_TRY(vonk_block_evict(w->rows, w->spill, err));
    vonk_operator_spilled(&w->op, vonk_spill_size(w->spill) - before);
    return VONK_OK;
}

/* Both passes keep values and rows at hand: where there is little memory, that is for them. */
static vonk_status flush_streaming(windower *w, vonk_error *err)
{
    if (w->rows->n_batches && (w->spill || vonk_must_spill(&w->op, w->rows->arena.total)))
        VONK_TRY(evict(w, err));
    return vonk_window_stream_flush(w, err);
}

/* The same, and starts anew. */
static vonk_status flush(windower *w, vonk_error *err)
{
    vonk_block *next = NULL;
    if (!w->rows->n_rows || w->op.done)
        return VONK_OK;
    VONK_TRY(w->streams ? flush_streaming(w, err) : flush_at_once(w, err));
    VONK_TRY(vonk_run_block(w->op.run, &next, err));
    vonk_block_unref(w->rows);
    w->rows = next;
    w->streams = false;
    vonk_spill_unref(w->spill);
    w->spill = NULL;
    return VONK_OK;
}

/* Before `in` is kept, too: what does not fit streams, and goes to disk. */
static vonk_status make_room(windower *w, const vonk_batch *in, vonk_error *err)
{
    const vonk_block *rows = w->rows;
    size_t bytes = vonk_batch_bytes(in);
    size_t all = rows->arena.total + rows->n_rows * WORK_BYTES * (1 + w->op.node->n_exprs) + bytes;
    if (!rows->n_rows)
        return VONK_OK;
    if (!w->streams)
        w->streams = rows->n_rows > MOST_AT_ONCE || vonk_must_spill(&w->op, all);
    if (!w->streams || !rows->n_batches || !vonk_must_spill(&w->op, bytes))
        return VONK_OK;
    return evict(w, err);
}

/* The row of `in` at which its last partition begins; 0: it may have begun before. */
static uint32_t last_start(const windower *w, const vonk_batch *in)
{
    uint32_t n_keys = w->op.node->n_columns;
    for (uint32_t i = in->n_rows - 1; i > 0; i--) {
        if (vonk_sort_compare(w->keys, i - 1, w->keys, i, w->orders, n_keys) != 0)
            return i;
    }
    return 0;
}

static bool goes_on(const windower *w)
{
    return !w->has_last ||
           !vonk_sort_compare(w->last_keys, 0, w->keys, 0, w->orders, w->op.node->n_columns);
}

static vonk_status keep_last(windower *w, const vonk_batch *in, vonk_error *err)
{
    vonk_arena_reset(&w->last);
    for (uint32_t k = 0; k < w->op.node->n_columns; k++) {
        vonk_column one;
        VONK_TRY(vonk_column_slice(&w->op.batch, &w->keys[k], in->n_rows - 1, 1, &one, err));
        VONK_TRY(vonk_column_copy(&w->last, &one, &w->last_keys[k], err));
    }
    w->has_last = true;
    return VONK_OK;
}

/* Appends rows start .. end. */
static vonk_status append(windower *w, const vonk_batch *in, uint32_t start, uint32_t end,
                          const uint32_t *numbers, vonk_error *err)
{
    return start < end ? vonk_block_append(w->rows, in, numbers + start, end - start, err)
                       : VONK_OK;
}

static vonk_status push(vonk_operator *op, const vonk_batch *in, vonk_error *err)
{
    windower *w = (windower *)op;
    uint32_t n_keys = op->node->n_columns, most = op->run->task->batch_rows;
    if (vonk_window_stream_at_once(w->stream))
        return vonk_window_stream_push(w, in, err);
    VONK_TRY(make_room(w, in, err));
    if (!n_keys)
        return vonk_block_append(w->rows, in, NULL, in->n_rows, err);
    vonk_arena_reset(&op->batch);
    VONK_TRY(vonk_operator_eval(op, op->node->keys, n_keys, in, w->keys, err));
    uint32_t *numbers = vonk_arena_alloc(&op->batch, in->n_rows * sizeof(*numbers), err);
    VONK_TRY_ALLOC(numbers);
    for (uint32_t i = 0; i < in->n_rows; i++)
        numbers[i] = i;
    uint32_t start = last_start(w, in);
    bool ends = start > 0 || !goes_on(w); /* a partition is complete before row `start` */
    VONK_TRY(keep_last(w, in, err));
    VONK_TRY(append(w, in, 0, start, numbers, err));
    if (ends && w->rows->n_rows >= most) {
        vonk_block *whole = w->rows, *rest = NULL;
        VONK_TRY(vonk_run_block(op->run, &rest, err));
        w->rows = rest; /* before flush() takes the batch's arena back */
        vonk_status status = append(w, in, start, in->n_rows, numbers, err);
        rest = w->rows;
        w->rows = whole;
        if (status == VONK_OK)
            status = flush(w, err);
        vonk_block_unref(w->rows);
        w->rows = rest;
        return status;
    }
    return append(w, in, start, in->n_rows, numbers, err);
}

static vonk_status finish(vonk_operator *op, vonk_error *err)
{
    return flush((windower *)op, err);
}

static void close_windower(vonk_operator *op)
{
    windower *w = (windower *)op;
    vonk_window_stream_free(w);
    vonk_block_unref(w->rows);
    vonk_spill_unref(w->spill);
    vonk_arena_free(&w->last);
}

static size_t held(const vonk_operator *op)
{
    const windower *w = (const windower *)op;
    return w->rows->arena.total + vonk_window_stream_held(w->stream);
}

static const vonk_operator_ops ops = {.name = "window",
                                      .push = push,
                                      .finish = finish,
                                      .close = close_windower,
                                      .held = held,
                                      .keeps = true};

vonk_status vonk_window_new(vonk_run *run, const vonk_physical *node, vonk_operator **ret,
                            vonk_error *err)
{
    vonk_operator *op = NULL;
    VONK_TRY(vonk_operator_new(run, &ops, node, sizeof(windower), &op, err));
    windower *w = (windower *)op;
    w->last = vonk_run_arena(run);
    w->keys = VONK_NEW_ARRAY(&run->arena, vonk_column, (size_t)node->n_keys + 1, err);
    w->last_keys = VONK_NEW_ARRAY(&run->arena, vonk_column, (size_t)node->n_keys + 1, err);
    w->orders = VONK_NEW_ARRAY(&run->arena, vonk_sort_order, (size_t)node->n_keys + 1, err);
    w->out = VONK_NEW_ARRAY(&run->arena, vonk_column, node->output.n_fields, err);
    w->piece = VONK_NEW_ARRAY(&run->arena, vonk_column, node->output.n_fields, err);
    if (!w->keys || !w->last_keys || !w->orders || !w->out || !w->piece)
        return VONK_NO_MEMORY;
    for (uint32_t k = 0; k < node->n_keys; k++)
        w->orders[k] = (vonk_sort_order){node->keys[k]->descending, node->keys[k]->nulls_first};
    VONK_TRY(vonk_window_stream_new(w, &w->stream, err));
    VONK_TRY(vonk_run_block(run, &w->rows, err));
    *ret = op;
    return VONK_OK;
}
