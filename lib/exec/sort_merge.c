/*
 * sort_merge.c - the merge: each step takes the least row of all runs.
 *
 * Rows are taken by (run, row) until a batch of them is known or the batch of a run comes to its
 * end; then they are copied, run by run, and put in their order.
 */
#include "exec/sort_merge.h"

#include <string.h>

#include "kernel/kernel.h"

/* A run on its way. */
typedef struct cursor {
    const vonk_spill_run *run;
    uint32_t piece; /* the next one */
    uint32_t row;
    vonk_arena arena; /* of batch and keys */
    vonk_batch batch;
    vonk_column *keys;
    bool ended;
    uint32_t *picked, n_picked; /* rows of the batch that come next */
} cursor;

typedef struct merger {
    const vonk_merge *merge;
    uint32_t n, most;
    cursor *cursors;
    uint32_t *losers; /* n: of each inner node; [0]: the winner of all */
    uint32_t *from;   /* most: whose row comes next */
    uint32_t n_from;
    vonk_arena out;
} merger;

static vonk_status next_batch(merger *m, cursor *c, vonk_error *err)
{
    const vonk_physical *node = m->merge->op->node;
    c->row = 0;
    c->ended = c->piece == c->run->n_pieces;
    vonk_arena_reset(&c->arena);
    if (c->ended)
        return VONK_OK;
    VONK_TRY(
        vonk_spill_get(m->merge->spill, &c->run->pieces[c->piece++], &c->arena, &c->batch, err));
    vonk_eval ctx = {.arena = &c->arena, .settings = &m->merge->op->run->task->settings};
    for (uint32_t k = 0; k < node->n_keys; k++)
        VONK_TRY(vonk_expr_eval(node->keys[k], &c->batch, &ctx, &c->keys[k], err));
    return VONK_OK;
}

/* Whether cursor a comes before cursor b. */
static bool before(const merger *m, uint32_t a, uint32_t b)
{
    const cursor *x = &m->cursors[a], *y = &m->cursors[b];
    if (x->ended || y->ended)
        return !x->ended || (y->ended && a < b);
    int order = vonk_sort_compare(x->keys, x->row, y->keys, y->row, m->merge->orders,
                                  m->merge->op->node->n_keys);
    return order < 0 || (order == 0 && a < b);
}

/* The winner of the subtree of `node`; leaves are n .. 2n - 1. */
static uint32_t play(merger *m, uint32_t node)
{
    if (node >= m->n)
        return node - m->n;
    uint32_t a = play(m, node * 2), b = play(m, node * 2 + 1);
    bool first = before(m, a, b);
    m->losers[node] = first ? b : a;
    return first ? a : b;
}

/* The winner has a new row: plays its way up again. */
static void replay(merger *m)
{
    uint32_t winner = m->losers[0];
    for (uint32_t node = (winner + m->n) / 2; node > 0; node /= 2) {
        uint32_t loser = m->losers[node];
        if (before(m, loser, winner)) {
            m->losers[node] = winner;
            winner = loser;
        }
    }
    m->losers[0] = winner;
}

/* The picked rows as one batch: by cursor in `block`, then in the order in which they came. */
static vonk_status order_rows(merger *m, vonk_block *block, vonk_batch *ret, vonk_error *err)
{
    uint32_t at = 0;
    uint32_t *starts = vonk_arena_alloc(&m->out, m->n * sizeof(*starts), err);
    uint32_t *order = starts ? vonk_arena_alloc(&m->out, m->most * sizeof(*order), err) : NULL;
    VONK_TRY_ALLOC(order);
    for (uint32_t c = 0; c < m->n; c++) {
        cursor *from = &m->cursors[c];
        starts[c] = at;
        at += from->n_picked;
        if (from->n_picked)
            VONK_TRY(vonk_block_append(block, &from->batch, from->picked, from->n_picked, err));
        from->n_picked = 0;
    }
    for (uint32_t i = 0; i < m->n_from; i++)
        order[i] = starts[m->from[i]]++;
    vonk_batch all;
    VONK_TRY(vonk_block_concat(block, &m->merge->op->node->output, &m->out, &all, err));
    *ret = (vonk_batch){.n_rows = m->n_from, .n_columns = all.n_columns};
    ret->columns = VONK_NEW_ARRAY(&m->out, vonk_column, all.n_columns, err);
    VONK_TRY_ALLOC(ret->columns);
    for (uint32_t c = 0; c < all.n_columns; c++)
        VONK_TRY(
            vonk_take(&m->out, &all.columns[c], order, m->n_from, false, &ret->columns[c], err));
    return VONK_OK;
}

/* Hands on what was picked. */
static vonk_status hand_on(merger *m, bool *done, vonk_error *err)
{
    vonk_block *block = NULL;
    vonk_batch rows;
    if (!m->n_from)
        return VONK_OK;
    vonk_arena_reset(&m->out);
    VONK_TRY(vonk_block_beside(&m->out, &block, err));
    vonk_status status = order_rows(m, block, &rows, err);
    if (status == VONK_OK)
        status = m->merge->take(m->merge->context, &rows, done, err);
    vonk_block_unref(block);
    m->n_from = 0;
    return status;
}

static vonk_status merge_all(merger *m, vonk_error *err)
{
    bool done = false;
    for (uint32_t c = 0; c < m->n; c++)
        VONK_TRY(next_batch(m, &m->cursors[c], err));
    m->losers[0] = play(m, 1);
    while (!done && !m->cursors[m->losers[0]].ended) {
        uint32_t winner = m->losers[0];
        cursor *c = &m->cursors[winner];
        m->from[m->n_from++] = winner;
        c->picked[c->n_picked++] = c->row++;
        bool over = c->row == c->batch.n_rows;
        if (over || m->n_from == m->most)
            VONK_TRY(hand_on(m, &done, err));
        if (over)
            VONK_TRY(next_batch(m, c, err));
        replay(m);
    }
    return done ? VONK_OK : hand_on(m, &done, err);
}

static vonk_status init(merger *m, vonk_arena *arena, vonk_error *err)
{
    const vonk_merge *merge = m->merge;
    m->cursors = VONK_NEW_ARRAY(arena, cursor, m->n, err);
    VONK_TRY_ALLOC(m->cursors);
    m->losers = VONK_NEW_ARRAY(arena, uint32_t, m->n, err);
    VONK_TRY_ALLOC(m->losers);
    m->from = VONK_NEW_ARRAY(arena, uint32_t, m->most, err);
    VONK_TRY_ALLOC(m->from);
    for (uint32_t c = 0; c < m->n; c++) {
        cursor *to = &m->cursors[c];
        *to = (cursor){.run = &merge->runs[c], .arena = vonk_arena_beside(&m->out)};
        to->keys = VONK_NEW_ARRAY(arena, vonk_column, merge->op->node->n_keys, err);
        VONK_TRY_ALLOC(to->keys);
        to->picked = VONK_NEW_ARRAY(arena, uint32_t, m->most, err);
        VONK_TRY_ALLOC(to->picked);
    }
    return VONK_OK;
}

vonk_status vonk_merge_runs(const vonk_merge *merge, vonk_error *err)
{
    VONK_CLEANUP(vonk_arena_free) vonk_arena arena = vonk_run_arena(merge->op->run);
    merger m = {.merge = merge,
                .n = merge->n_runs,
                .most = merge->op->run->task->batch_rows,
                .out = vonk_run_arena(merge->op->run)};
    vonk_status status = init(&m, &arena, err);
    if (status == VONK_OK)
        status = merge_all(&m, err);
    for (uint32_t c = 0; m.cursors && c < m.n; c++)
        vonk_arena_free(&m.cursors[c].arena);
    vonk_arena_free(&m.out);
    return status;
}
