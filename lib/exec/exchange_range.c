/*
 * exchange_range.c - the sink of a map task whose readers each want a range of the keys.
 *
 * Nobody knows the ranges before all rows are there. So a map task sorts its rows, some at a time,
 * and cuts them into pieces: a block each. Block 0 has the first and the last row of every piece,
 * of which readers choose the ranges, and see which pieces they need (read_range.c).
 *
 *     rows ──▶ sorted run ──▶ [piece][piece][piece]     blocks 1, 2, 3
 *              sorted run ──▶ [piece][piece]            blocks 4, 5
 *                              ^    ^ fences: block 0
 */
#include <stdlib.h>
#include <string.h>

#include "exec/exchange.h"
#include "exec/range.h"
#include "exec/sort_block.h"
#include "exec/spilling.h"

#define RUN_BATCHES   128u /* full batches that are sorted at a time: their scratch is reused */
#define PIECE_BATCHES 4u
#define SCRATCH_BYTES 52u /* a row: kernel/row_sort.h, and its number */

typedef struct ranges {
    vonk_operator op;
    vonk_block *rows;    /* not sorted yet */
    vonk_block **blocks; /* fences, then pieces; malloc'ed */
    uint32_t n_blocks, capacity;
    vonk_column *keys, *out;
    vonk_sort_order *orders;
    vonk_spill *spill;
    size_t cut_bytes; /* what blocks hold in memory */
} ranges;

vonk_sort_order *vonk_range_orders(const vonk_physical *node, vonk_arena *arena, vonk_error *err)
{
    vonk_sort_order *orders = VONK_NEW_ARRAY(arena, vonk_sort_order, node->n_keys, err);
    for (uint32_t k = 0; orders && k < node->n_keys; k++)
        orders[k] = (vonk_sort_order){node->keys[k]->descending, node->keys[k]->nulls_first};
    return orders;
}

/* A new last block. */
static vonk_status add_block(ranges *r, vonk_block **ret, vonk_error *err)
{
    if (r->n_blocks == r->capacity) {
        uint32_t capacity = r->capacity ? r->capacity * 2 : 32;
        vonk_block **blocks = realloc(r->blocks, capacity * sizeof(vonk_block *));
        if (!blocks)
            return vonk_fail(err, VONK_NO_MEMORY, "out of memory for %u blocks", capacity);
        r->blocks = blocks;
        r->capacity = capacity;
    }
    VONK_TRY(vonk_run_block(r->op.run, ret, err));
    r->blocks[r->n_blocks++] = *ret;
    return VONK_OK;
}

/* Rows at .. at + n of the sorted ones become a piece. */
static vonk_status cut_piece(ranges *r, const vonk_batch *all, const uint32_t *order, uint32_t at,
                             uint32_t n, vonk_error *err)
{
    vonk_block *piece = NULL;
    uint32_t last = at + n - 1, fences[2] = {order ? order[at] : at, order ? order[last] : last};
    VONK_TRY(add_block(r, &piece, err));
    if (order) {
        VONK_TRY(vonk_block_append(piece, all, order + at, n, err));
    } else {
        vonk_batch rows = {.columns = r->out};
        VONK_TRY(vonk_sorted_piece(&r->op.batch, all, NULL, at, n, &rows, err));
        VONK_TRY(vonk_block_append(piece, &rows, NULL, n, err));
    }
    r->cut_bytes += piece->arena.total;
    return vonk_block_append(r->blocks[0], all, fences, 2, err);
}

/* Sorts the rows and cuts them into pieces. */
static vonk_status cut_rows(ranges *r, vonk_error *err)
{
    vonk_operator *op = &r->op;
    uint32_t most = op->run->task->batch_rows * PIECE_BATCHES, *order = NULL;
    vonk_sort_by by = {.keys = r->keys, .orders = r->orders};
    vonk_batch all;
    vonk_block *empty = NULL;
    if (!r->rows->n_rows)
        return VONK_OK;
    VONK_TRY(vonk_sort_block(op, r->rows, &by, &all, &order, err));
    for (uint32_t at = 0; at < all.n_rows; at += most) {
        VONK_TRY(vonk_eval_check(&op->run->task->settings, err));
        uint32_t n = all.n_rows - at < most ? all.n_rows - at : most;
        VONK_TRY(cut_piece(r, &all, order, at, n, err));
    }
    VONK_TRY(vonk_run_block(op->run, &empty, err));
    vonk_block_unref(r->rows);
    r->rows = empty;
    return VONK_OK;
}

/* Moves all rows to disk. */
static vonk_status spill(ranges *r, vonk_error *err)
{
    VONK_TRY(cut_rows(r, err));
    VONK_TRY(vonk_spill_start(&r->op, &r->spill, err));
    uint64_t before = vonk_spill_size(r->spill);
    for (uint32_t b = 0; b < r->n_blocks; b++) {
        if (r->blocks[b]->n_batches)
            VONK_TRY(vonk_block_evict(r->blocks[b], r->spill, err));
    }
    r->cut_bytes = 0;
    vonk_operator_spilled(&r->op, vonk_spill_size(r->spill) - before);
    return VONK_OK;
}

static size_t held(const vonk_operator *op)
{
    const ranges *r = (const ranges *)op;
    const vonk_block *fences = r->blocks[0]; /* NULL: all is published */
    return fences ? r->rows->arena.total + fences->arena.total + r->cut_bytes : 0;
}

/* Cutting takes two copies of the rows, and their order. */
static size_t needs(const ranges *r, const vonk_batch *in)
{
    return 2 * r->rows->arena.total + (r->rows->n_rows + in->n_rows) * SCRATCH_BYTES +
           vonk_batch_bytes(in);
}

static vonk_status push(vonk_operator *op, const vonk_batch *in, vonk_error *err)
{
    ranges *r = (ranges *)op;
    if (vonk_must_spill(op, needs(r, in)))
        VONK_TRY(spill(r, err));
    VONK_TRY(vonk_block_append(r->rows, in, NULL, in->n_rows, err));
    if (r->rows->n_rows >= (uint64_t)op->run->task->batch_rows * RUN_BATCHES)
        return cut_rows(r, err);
    return VONK_OK;
}

static vonk_status finish(vonk_operator *op, vonk_error *err)
{
    ranges *r = (ranges *)op;
    VONK_TRY(cut_rows(r, err));
    if (!vonk_memory_may_store(op->run->worker->memory, held(op)))
        VONK_TRY(spill(r, err));
    return vonk_exchange_commit(op, r->blocks, 1, r->n_blocks, r->spill, err); /* 0: fences */
}

static void close_ranges(vonk_operator *op)
{
    ranges *r = (ranges *)op;
    vonk_block_unref(r->rows);
    for (uint32_t b = 0; b < r->n_blocks; b++)
        vonk_block_unref(r->blocks[b]);
    free(r->blocks);
    vonk_spill_unref(r->spill);
}

static const vonk_operator_ops ops = {.name = "range exchange",
                                      .push = push,
                                      .finish = finish,
                                      .close = close_ranges,
                                      .held = held,
                                      .keeps = true};

vonk_status vonk_range_exchange_new(vonk_run *run, const vonk_physical *node, vonk_operator **ret,
                                    vonk_error *err)
{
    vonk_operator *op = NULL;
    vonk_block *fences = NULL;
    VONK_TRY(vonk_operator_new(run, &ops, node, sizeof(ranges), &op, err));
    ranges *r = (ranges *)op;
    r->keys = VONK_NEW_ARRAY(&run->arena, vonk_column, node->n_keys, err);
    VONK_TRY_ALLOC(r->keys);
    r->out = VONK_NEW_ARRAY(&run->arena, vonk_column, node->output.n_fields, err);
    VONK_TRY_ALLOC(r->out);
    r->orders = vonk_range_orders(node, &run->arena, err);
    VONK_TRY_ALLOC(r->orders);
    vonk_status status = vonk_run_block(run, &r->rows, err);
    if (status == VONK_OK)
        status = add_block(r, &fences, err);
    if (status != VONK_OK)
        close_ranges(op);
    else
        *ret = op;
    return status;
}
