/*
 * sort.c - ORDER BY within a task: collects all rows, sorts, hands them on; with a limit it keeps
 * no more than some multiple of that many.
 */
#include "exec/operator.h"
#include "kernel/row_sort.h"

#define TRIM_ROWS 65536u /* a top-N sorts away what it cannot need when it holds this many more */

typedef struct sorter {
    vonk_operator op;
    vonk_block *rows;
    vonk_column *keys, *out;
    vonk_sort_order *orders;
} sorter;

/* The rows so far as one batch in op->batch, and the order of the first *ret_n of them. */
static vonk_status sort_rows(sorter *s, vonk_batch *ret, uint32_t **ret_order, uint32_t *ret_n,
                             vonk_error *err)
{
    vonk_operator *op = &s->op;
    const vonk_physical *node = op->node;
    vonk_arena_reset(&op->batch);
    VONK_TRY(vonk_block_concat(s->rows, &node->output, &op->batch, ret, err));
    uint32_t *order = vonk_arena_alloc(&op->batch, ret->n_rows * sizeof(*order), err);
    VONK_TRY_ALLOC(order);
    VONK_TRY(vonk_eval_check(&op->run->task->settings, err));
    VONK_TRY(vonk_operator_eval(op, node->keys, node->n_keys, ret, s->keys, err));
    VONK_TRY(vonk_eval_check(&op->run->task->settings, err));
    VONK_TRY(vonk_sort_rows_until(&op->batch, s->keys, s->orders, node->n_keys, ret->n_rows, order,
                                  op->run->cancelled, err));
    *ret_order = order;
    *ret_n = node->limit >= 0 && node->limit < ret->n_rows ? (uint32_t)node->limit : ret->n_rows;
    return VONK_OK;
}

/* Replaces the rows of a top-N by its best ones. */
static vonk_status trim(sorter *s, vonk_error *err)
{
    vonk_batch all;
    uint32_t *order = NULL, n = 0;
    vonk_block *best = NULL;
    VONK_TRY(sort_rows(s, &all, &order, &n, err));
    VONK_TRY(vonk_block_new(s->op.run->worker->budget, &best, err));
    vonk_status status = vonk_block_append(best, &all, order, n, err);
    if (status != VONK_OK) {
        vonk_block_unref(best);
        return status;
    }
    vonk_block_unref(s->rows);
    s->rows = best;
    return VONK_OK;
}

static vonk_status push(vonk_operator *op, const vonk_batch *in, vonk_error *err)
{
    sorter *s = (sorter *)op;
    VONK_TRY(vonk_block_append(s->rows, in, NULL, in->n_rows, err));
    int64_t limit = op->node->limit;
    if (limit >= 0 && s->rows->n_rows > (uint64_t)limit * 4 + TRIM_ROWS)
        return trim(s, err);
    return VONK_OK;
}

static vonk_status finish(vonk_operator *op, vonk_error *err)
{
    sorter *s = (sorter *)op;
    vonk_batch all;
    uint32_t *order = NULL, n = 0, most = op->run->task->batch_rows;
    if (!s->rows->n_rows)
        return VONK_OK;
    VONK_TRY(sort_rows(s, &all, &order, &n, err));
    vonk_arena piece = {.budget = op->run->worker->budget};
    vonk_status status = VONK_OK;
    for (uint32_t at = 0; at < n && status == VONK_OK && !op->done; at += most) {
        vonk_batch out = {
            .n_rows = n - at < most ? n - at : most, .n_columns = all.n_columns, .columns = s->out};
        vonk_arena_reset(&piece);
        for (uint32_t c = 0; c < all.n_columns && status == VONK_OK; c++)
            status =
                vonk_take(&piece, &all.columns[c], order + at, out.n_rows, false, &s->out[c], err);
        if (status == VONK_OK)
            status = vonk_operator_emit(op, &out, err);
    }
    vonk_arena_free(&piece);
    return status;
}

static void close_sorter(vonk_operator *op)
{
    vonk_block_unref(((sorter *)op)->rows);
}

static size_t held(const vonk_operator *op)
{
    return ((const sorter *)op)->rows->arena.total;
}

static const vonk_operator_ops ops = {
    .name = "sort", .push = push, .finish = finish, .close = close_sorter, .held = held};

vonk_status vonk_sort_new(vonk_run *run, const vonk_physical *node, vonk_operator **ret,
                          vonk_error *err)
{
    vonk_operator *op = NULL;
    VONK_TRY(vonk_operator_new(run, &ops, node, sizeof(sorter), &op, err));
    sorter *s = (sorter *)op;
    s->keys = VONK_NEW_ARRAY(&run->arena, vonk_column, node->n_keys, err);
    VONK_TRY_ALLOC(s->keys);
    s->out = VONK_NEW_ARRAY(&run->arena, vonk_column, node->output.n_fields, err);
    VONK_TRY_ALLOC(s->out);
    s->orders = VONK_NEW_ARRAY(&run->arena, vonk_sort_order, node->n_keys, err);
    VONK_TRY_ALLOC(s->orders);
    for (uint32_t k = 0; k < node->n_keys; k++)
        s->orders[k] = (vonk_sort_order){node->keys[k]->descending, node->keys[k]->nulls_first};
    VONK_TRY(vonk_block_new(run->worker->budget, &s->rows, err));
    *ret = op;
    return VONK_OK;
}
