/* bounded.c - batches cut where their texts, or those that are made of them, are long. */
#include "exec/bounded.h"

#include "column/batch_bytes.h"

#define FIRST_ROWS 32u /* for an operator that makes texts: also of 100 KB they fit into little */
#define GROW       4u
#define NODE_BYTES 512u /* what a node of an expression takes, however few rows there are */

static bool expr_makes_texts(const vonk_expr *e)
{
    bool makes = e->kind == VONK_EXPR_CALL || e->kind == VONK_EXPR_CAST;
    if (makes && (e->type.id == VONK_STRING || e->type.id == VONK_BINARY))
        return true;
    for (uint32_t i = 0; i < e->n_args; i++) {
        if (expr_makes_texts(e->args[i]))
            return true;
    }
    return false;
}

static size_t count_nodes(const vonk_expr *e)
{
    size_t n = 1;
    for (uint32_t i = 0; i < e->n_args; i++)
        n += count_nodes(e->args[i]);
    return n;
}

void vonk_bound_texts(vonk_operator *op)
{
    const vonk_physical *node = op->node;
    size_t n = 0;
    for (uint32_t i = 0; node && i < node->n_exprs + node->n_keys; i++) {
        const vonk_expr *e = i < node->n_exprs ? node->exprs[i] : node->keys[i - node->n_exprs];
        op->makes_texts |= expr_makes_texts(e);
        n += count_nodes(e);
    }
    op->fixed_bytes = n * NODE_BYTES;
}

/* How many of the rows from `start` on the operator gets. */
static uint32_t rows_at_once(const vonk_operator *op, const vonk_batch *batch, uint32_t start)
{
    uint32_t n = batch->n_rows - start;
    if (op->ops->keeps)
        n = vonk_batch_rows_within(batch, start, vonk_batch_most_bytes(op->batch.budget));
    return op->makes_texts && op->most_rows < n ? op->most_rows : n;
}

/*
 * What `n` rows took of the batch arena, which held `before`, says how many may come at once. What
 * an expression takes for any number of rows does not count: fewer rows would not make it less.
 */
static void learn(vonk_operator *op, uint32_t n, size_t before)
{
    size_t now = op->batch.total, most = vonk_batch_most_bytes(op->batch.budget);
    size_t of_rows = now > op->fixed_bytes ? now - op->fixed_bytes : 0;
    if (now > before && of_rows > most) {
        size_t fit = n * most / of_rows;
        op->most_rows = fit ? (uint32_t)fit : 1;
    } else if (of_rows <= most / GROW && n >= op->most_rows && op->most_rows < VONK_BATCH_ROWS) {
        op->most_rows *= GROW;
    }
}

static vonk_status push_piece(vonk_operator *op, const vonk_batch *piece, vonk_error *err)
{
    size_t before = op->batch.total;
    VONK_TRY(op->ops->push(op, piece, err));
    if (op->makes_texts)
        learn(op, piece->n_rows, before);
    return VONK_OK;
}

vonk_status vonk_push_bounded(vonk_operator *op, const vonk_batch *batch, vonk_error *err)
{
    if (op->makes_texts && !op->most_rows)
        op->most_rows = FIRST_ROWS;
    if (op->makes_texts && op->most_rows < VONK_BATCH_ROWS)
        vonk_arena_free(&op->batch); /* to see what these rows take: they may be shorter */
    uint32_t n = rows_at_once(op, batch, 0);
    if (n == batch->n_rows)
        return push_piece(op, batch, err);
    VONK_CLEANUP(vonk_arena_free) vonk_arena arena = vonk_arena_beside(&op->batch);
    for (uint32_t at = 0; at < batch->n_rows && !op->done; at += n) {
        vonk_batch piece;
        vonk_arena_reset(&arena);
        n = rows_at_once(op, batch, at);
        VONK_TRY(vonk_eval_check(&op->run->task->settings, err));
        VONK_TRY(vonk_batch_slice(&arena, batch, at, n, &piece, err));
        VONK_TRY(push_piece(op, &piece, err));
    }
    return VONK_OK;
}
