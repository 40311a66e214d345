/*
 * read_range.c - a task's range of an exchange by ranges (exchange_range.c).
 *
 * Every task looks at the fences of all pieces, in the same order, and so comes to the same ranges:
 * task i of n has the rows from fence i/n up to fence (i + 1)/n, of all fences in order. Rows with
 * equal keys are never apart.
 */
#include "exec/ahead.h"
#include "exec/range.h"
#include "kernel/kernel.h"

typedef struct reading {
    const vonk_source *source;
    const vonk_input *input;
    vonk_operator *into;
    vonk_arena arena;   /* of fences */
    vonk_arena scratch; /* of a batch */
    vonk_block *fences; /* two rows a piece, map after map */
    uint32_t *n_fences; /* of each map */
    vonk_column *fence_keys, *keys;
    vonk_sort_order *orders;
    uint32_t n_keys;
    uint32_t lower, upper; /* fences: rows not below, and below; VONK_NO_ROW: no bound */
} reading;

static vonk_status eval_keys(const reading *r, const vonk_batch *in, vonk_arena *arena,
                             vonk_column *ret, vonk_error *err)
{
    vonk_eval ctx = {.arena = arena, .settings = &r->source->task_run->task->settings};
    for (uint32_t k = 0; k < r->n_keys; k++)
        VONK_TRY(vonk_expr_eval(r->source->node->keys[k], in, &ctx, &ret[k], err));
    return VONK_OK;
}

static vonk_status append_block(reading *r, const vonk_block *block, vonk_error *err)
{
    for (uint32_t b = 0, n = vonk_block_batches(block); b < n; b++) {
        vonk_batch batch;
        vonk_arena_reset(&r->scratch);
        VONK_TRY(vonk_block_batch(block, b, &r->scratch, &batch, err));
        VONK_TRY(vonk_block_append(r->fences, &batch, NULL, batch.n_rows, err));
    }
    return VONK_OK;
}

static vonk_status append_fences(reading *r, vonk_ahead *ahead, vonk_error *err)
{
    for (uint32_t m = 0; m < r->input->n_maps; m++) {
        bool done;
        vonk_block *block = NULL;
        VONK_TRY(vonk_ahead_next(ahead, &block, &done, err));
        r->n_fences[m] = block ? (uint32_t)block->n_rows : 0;
        vonk_status status = block ? append_block(r, block, err) : VONK_OK;
        vonk_block_unref(block);
        VONK_TRY(status);
    }
    return VONK_OK;
}

static vonk_status fetch_fences(reading *r, vonk_error *err)
{
    vonk_run *run = r->source->task_run;
    r->n_fences = VONK_NEW_ARRAY(&r->arena, uint32_t, r->input->n_maps, err);
    VONK_TRY_ALLOC(r->n_fences);
    vonk_ahead *ahead = NULL;
    vonk_ahead_wanted wanted;
    VONK_TRY(vonk_ahead_of_maps(&r->arena, r->input, 0, 1, &wanted, err));
    VONK_TRY(vonk_ahead_open(run, &wanted, &ahead, err));
    vonk_status status = append_fences(r, ahead, err);
    vonk_ahead_close(ahead);
    return status;
}

/* Sets r->fence_keys and the bounds of the task's range. */
static vonk_status find_range(reading *r, vonk_error *err)
{
    const vonk_physical *node = r->source->node;
    uint64_t index = r->source->task_run->task->index, parts = node->n_partitions;
    vonk_batch all;
    VONK_TRY(vonk_block_concat(r->fences, &node->output, &r->arena, &all, err));
    VONK_TRY(eval_keys(r, &all, &r->arena, r->fence_keys, err));
    uint32_t *order = vonk_arena_alloc(&r->arena, all.n_rows * sizeof(*order), err);
    VONK_TRY_ALLOC(order);
    VONK_TRY(
        vonk_sort_rows(&r->arena, r->fence_keys, r->orders, r->n_keys, all.n_rows, order, err));
    r->lower = index ? order[all.n_rows * index / parts] : VONK_NO_ROW;
    r->upper = index + 1 < parts ? order[all.n_rows * (index + 1) / parts] : VONK_NO_ROW;
    return VONK_OK;
}

/* Whether row `row` of `keys` comes before fence `bound`. */
static bool is_below(const reading *r, const vonk_column *keys, uint32_t row, uint32_t bound)
{
    return vonk_sort_compare(keys, row, r->fence_keys, bound, r->orders, r->n_keys) < 0;
}

/* The first row of the sorted batch that does not come before the bound. */
static uint32_t first_from(const reading *r, uint32_t n_rows, uint32_t bound)
{
    uint32_t low = 0, high = n_rows;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (is_below(r, r->keys, middle, bound))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Hands on the rows of a sorted batch that lie in the range. */
static vonk_status push_batch(reading *r, const vonk_batch *batch, vonk_error *err)
{
    VONK_TRY(eval_keys(r, batch, &r->scratch, r->keys, err));
    uint32_t start = r->lower == VONK_NO_ROW ? 0 : first_from(r, batch->n_rows, r->lower);
    uint32_t end = r->upper == VONK_NO_ROW ? batch->n_rows : first_from(r, batch->n_rows, r->upper);
    if (start >= end)
        return VONK_OK;
    vonk_batch part = {.n_rows = end - start, .n_columns = batch->n_columns};
    part.columns = VONK_NEW_ARRAY(&r->scratch, vonk_column, batch->n_columns, err);
    VONK_TRY_ALLOC(part.columns);
    for (uint32_t c = 0; c < batch->n_columns; c++)
        VONK_TRY(vonk_column_slice(&r->scratch, &batch->columns[c], start, part.n_rows,
                                   &part.columns[c], err));
    return vonk_read_batch(r->source, &part, r->into, err);
}

static vonk_status push_piece(reading *r, const vonk_block *piece, vonk_error *err)
{
    for (uint32_t b = 0, n = vonk_block_batches(piece); b < n && !r->into->done; b++) {
        vonk_batch batch;
        vonk_arena_reset(&r->scratch);
        VONK_TRY(vonk_block_batch(piece, b, &r->scratch, &batch, err));
        VONK_TRY(push_batch(r, &batch, err));
    }
    return VONK_OK;
}

/* Whether some row between fence `first` and the next one may lie in the range. */
static bool is_wanted(const reading *r, uint32_t first)
{
    if (r->upper != VONK_NO_ROW && !is_below(r, r->fence_keys, first, r->upper))
        return false;
    return r->lower == VONK_NO_ROW || !is_below(r, r->fence_keys, first + 1, r->lower);
}

/* The pieces that may have rows of the range, map after map. */
static vonk_status list_pieces(reading *r, vonk_ahead_wanted *ret, vonk_error *err)
{
    uint32_t n = 0, at = 0;
    vonk_block_place *places =
        VONK_NEW_ARRAY(&r->arena, vonk_block_place, r->fences->n_rows / 2, err);
    VONK_TRY_ALLOC(places);
    for (uint32_t m = 0; m < r->input->n_maps; at += r->n_fences[m++]) {
        for (uint32_t i = 0; i < r->n_fences[m] / 2; i++) {
            if (is_wanted(r, at + 2 * i))
                places[n++] = (vonk_block_place){m, i + 1};
        }
    }
    *ret = (vonk_ahead_wanted){r->input, n, places};
    return VONK_OK;
}

static vonk_status push_pieces(reading *r, vonk_ahead *ahead, vonk_error *err)
{
    while (!r->into->done) {
        bool done;
        vonk_block *piece = NULL;
        VONK_TRY(vonk_ahead_next(ahead, &piece, &done, err));
        vonk_status status = piece ? push_piece(r, piece, err) : VONK_OK;
        vonk_block_unref(piece);
        VONK_TRY(status);
        if (done)
            break;
    }
    return VONK_OK;
}

static vonk_status read_all(reading *r, vonk_error *err)
{
    VONK_TRY(fetch_fences(r, err));
    if (!r->fences->n_rows)
        return VONK_OK;
    VONK_TRY(find_range(r, err));
    vonk_ahead *ahead = NULL;
    vonk_ahead_wanted wanted;
    VONK_TRY(list_pieces(r, &wanted, err));
    VONK_TRY(vonk_ahead_open(r->source->task_run, &wanted, &ahead, err));
    vonk_status status = push_pieces(r, ahead, err);
    vonk_ahead_close(ahead);
    return status;
}

vonk_status vonk_range_read(const vonk_source *source, const vonk_input *input, vonk_operator *into,
                            vonk_error *err)
{
    const vonk_physical *node = source->node;
    vonk_budget *budget = source->task_run->worker->budget;
    reading r = {.source = source, .input = input, .into = into, .n_keys = node->n_keys};
    r.arena.budget = r.scratch.budget = budget;
    if (source->task_run->task->index >= node->n_partitions)
        return VONK_OK;
    r.orders = vonk_range_orders(node, &source->task_run->arena, err);
    r.keys = VONK_NEW_ARRAY(&source->task_run->arena, vonk_column, 2 * (size_t)node->n_keys, err);
    if (!r.orders || !r.keys)
        return VONK_NO_MEMORY;
    r.fence_keys = r.keys + node->n_keys;
    VONK_TRY(vonk_block_new(budget, &r.fences, err));
    vonk_status status = read_all(&r, err);
    vonk_block_unref(r.fences);
    vonk_arena_free(&r.arena);
    vonk_arena_free(&r.scratch);
    return status;
}
