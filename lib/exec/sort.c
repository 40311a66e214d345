/*
 * sort.c - ORDER BY within a task: collects all rows, sorts, hands them on. What does not fit goes
 * to disk as sorted runs.
 *
 *     rows ──▶ [run 0] [run 1] ... ──▶ some at a time into one ──▶ the last ones into the output
 *
 * With a limit (top-N) it keeps no more than some multiple of that many: when they are sorted and
 * cut, the N-th is the bar that later rows must pass, which few do.
 */
#include <stdlib.h>
#include <string.h>

#include "exec/runtime_filter.h"
#include "exec/sort_block.h"
#include "exec/sort_merge.h"

#define RUN_ROWS    2048u /* of a batch on disk: small ones, since a merge holds one of each run */
#define ORDER_BYTES 52u   /* kernel/row_sort.h: scratch and order of a row */
/* A top-N sorts away what it cannot need when it holds so many more: few, once most rows fail. */
#define TRIM_FIRST 16384u
#define TRIM_NEXT  1024u

typedef struct sorter {
    vonk_operator op;
    vonk_block *rows;
    vonk_column *keys, *out;
    vonk_sort_order *orders;
    vonk_spill *spill;
    vonk_spill_run *runs; /* malloc'ed */
    uint32_t n_runs, capacity;
    int64_t n_out;  /* handed on */
    vonk_arena bar; /* of a top-N: the keys of the worst row that is kept so far */
    vonk_column *bar_keys;
    bool has_bar;
    vonk_top_range *range; /* of the first key, for the scan; NULL: none asks */
} sorter;

/*
 * The rows so far as one batch in op->batch, and the order of the first *ret_n of them; NULL: as
 * they lie. A top-N asks for the order, since it keeps a row as its bar.
 */
static vonk_status sort_rows(sorter *s, vonk_batch *ret, uint32_t **ret_order, uint32_t *ret_n,
                             vonk_error *err)
{
    int64_t limit = s->op.node->limit;
    vonk_sort_by by = {.keys = s->keys, .orders = s->orders, .rows = limit >= 0};
    VONK_TRY(vonk_sort_block(&s->op, s->rows, &by, ret, ret_order, err));
    *ret_n = limit >= 0 && limit < ret->n_rows ? (uint32_t)limit : ret->n_rows;
    return VONK_OK;
}

/* Tells the scan what the bar leaves of the first key. A null as the bar leaves all. */
static void narrow_range(const sorter *s)
{
    const vonk_column *key = s->bar_keys;
    if (!s->range || !vonk_column_is_valid(key, 0))
        return;
    uint32_t at = vonk_column_at(key, 0);
    bool wide = vonk_type_physical(key->type) == VONK_PHYS_I64;
    int64_t v = wide ? ((const int64_t *)key->values)[at] : ((const int32_t *)key->values)[at];
    vonk_top_range_narrow(s->range, v);
}

/* The keys of row `row` of the sorted rows become the bar. */
static vonk_status set_bar(sorter *s, uint32_t row, vonk_error *err)
{
    vonk_arena_reset(&s->bar);
    for (uint32_t k = 0; k < s->op.node->n_keys; k++) {
        vonk_column one;
        VONK_TRY(vonk_column_slice(&s->op.batch, &s->keys[k], row, 1, &one, err));
        VONK_TRY(vonk_column_copy(&s->bar, &one, &s->bar_keys[k], err));
    }
    s->has_bar = true;
    narrow_range(s);
    return VONK_OK;
}

/* Appends the rows that come before the bar: of equal ones, those that are here already stay. */
static vonk_status append_better(sorter *s, const vonk_batch *in, vonk_error *err)
{
    vonk_operator *op = &s->op;
    uint32_t n = 0, n_keys = op->node->n_keys;
    vonk_arena_reset(&op->batch);
    VONK_TRY(vonk_operator_eval(op, op->node->keys, n_keys, in, s->keys, err));
    uint32_t *sel = vonk_arena_alloc(&op->batch, in->n_rows * sizeof(*sel), err);
    VONK_TRY_ALLOC(sel);
    for (uint32_t i = 0; i < in->n_rows; i++) {
        sel[n] = i;
        n += vonk_sort_compare(s->keys, i, s->bar_keys, 0, s->orders, n_keys) < 0;
    }
    return n ? vonk_block_append(s->rows, in, sel, n, err) : VONK_OK;
}

/* Replaces the rows of a top-N by its best ones. */
static vonk_status trim(sorter *s, vonk_error *err)
{
    vonk_batch all;
    uint32_t *order = NULL, n = 0;
    vonk_block *best = NULL;
    VONK_TRY(sort_rows(s, &all, &order, &n, err));
    if (n)
        VONK_TRY(set_bar(s, order[n - 1], err));
    VONK_TRY(vonk_run_block(s->op.run, &best, err));
    vonk_status status = vonk_block_append(best, &all, order, n, err);
    if (status != VONK_OK) {
        vonk_block_unref(best);
        return status;
    }
    vonk_block_unref(s->rows);
    s->rows = best;
    return VONK_OK;
}

/* Hands the sorted rows to `take` in batches of at most `most`. */
static vonk_status each_piece(sorter *s, uint32_t most,
                              vonk_status (*take)(void *context, const vonk_batch *rows, bool *done,
                                                  vonk_error *err),
                              void *context, vonk_error *err)
{
    vonk_batch all;
    uint32_t *order = NULL, n = 0;
    bool done = false;
    VONK_TRY(sort_rows(s, &all, &order, &n, err));
    VONK_CLEANUP(vonk_arena_free) vonk_arena piece = vonk_run_arena(s->op.run);
    for (uint32_t at = 0; at < n && !done; at += most) {
        vonk_batch out = {.columns = s->out};
        vonk_arena_reset(&piece);
        VONK_TRY(
            vonk_sorted_piece(&piece, &all, order, at, n - at < most ? n - at : most, &out, err));
        VONK_TRY(take(context, &out, &done, err));
    }
    return VONK_OK;
}

static vonk_status emit(void *context, const vonk_batch *rows, bool *done, vonk_error *err)
{
    sorter *s = context;
    int64_t limit = s->op.node->limit;
    vonk_batch out = *rows;
    if (limit >= 0 && out.n_rows > limit - s->n_out)
        out.n_rows = (uint32_t)(limit - s->n_out);
    for (uint32_t c = 0; c < out.n_columns; c++)
        out.columns[c].length = out.n_rows;
    s->n_out += out.n_rows;
    VONK_TRY(vonk_operator_emit(&s->op, &out, err));
    *done = s->op.done || s->n_out == limit;
    return VONK_OK;
}

/* --- runs on disk --- */

static vonk_status put(void *context, const vonk_batch *rows, bool *done, vonk_error *err)
{
    sorter *s = context;
    *done = false;
    VONK_TRY(vonk_eval_check(&s->op.run->task->settings, err));
    return vonk_spill_put(s->spill, &s->runs[s->n_runs - 1], rows, err);
}

static vonk_status new_run(sorter *s, vonk_error *err)
{
    if (s->n_runs == s->capacity) {
        uint32_t capacity = s->capacity ? s->capacity * 2 : 8;
        vonk_spill_run *runs = realloc(s->runs, capacity * sizeof(*runs));
        if (!runs)
            return vonk_fail(err, VONK_NO_MEMORY, "out of memory for %u sorted runs", capacity);
        s->runs = runs;
        s->capacity = capacity;
    }
    s->runs[s->n_runs++] = (vonk_spill_run){0};
    return VONK_OK;
}

/* All rows in memory become a run. */
static vonk_status spill(sorter *s, vonk_error *err)
{
    vonk_operator *op = &s->op;
    uint32_t most = op->run->task->batch_rows;
    if (!s->rows->n_rows)
        return VONK_OK;
    VONK_TRY(vonk_spill_start(op, &s->spill, err));
    VONK_TRY(new_run(s, err));
    uint64_t before = vonk_spill_size(s->spill);
    VONK_TRY(each_piece(s, most < RUN_ROWS ? most : RUN_ROWS, put, s, err));
    vonk_operator_spilled(op, vonk_spill_size(s->spill) - before);
    vonk_arena_free(&op->batch);
    vonk_block *empty = NULL;
    VONK_TRY(vonk_run_block(op->run, &empty, err));
    vonk_block_unref(s->rows);
    s->rows = empty;
    return VONK_OK;
}

/* How many runs may be open at a time. */
static uint32_t fan_in(const sorter *s)
{
    size_t largest = 1, room = vonk_spill_room(&s->op);
    for (uint32_t r = 0; r < s->n_runs; r++) {
        const vonk_spill_run *run = &s->runs[r];
        size_t bytes = run->n_pieces ? run->n_bytes / run->n_pieces : 0;
        if (bytes > largest)
            largest = bytes;
    }
    size_t n = room / (largest * 3); /* a batch, its keys, and its part of the output */
    return n < 4 ? 4 : n > 64 ? 64 : (uint32_t)n;
}

/* `n` runs from `at` become one, in their place: equal rows keep their order. */
static vonk_status merge_some(sorter *s, uint32_t at, uint32_t n, vonk_error *err)
{
    VONK_TRY(new_run(s, err));
    vonk_merge merge = {.op = &s->op,
                        .orders = s->orders,
                        .spill = s->spill,
                        .runs = s->runs + at,
                        .n_runs = n,
                        .take = put,
                        .context = s};
    uint64_t before = vonk_spill_size(s->spill);
    VONK_TRY(vonk_merge_runs(&merge, err));
    vonk_operator_spilled(&s->op, vonk_spill_size(s->spill) - before);
    vonk_spill_run merged = s->runs[--s->n_runs];
    for (uint32_t r = at; r < at + n; r++)
        vonk_spill_run_free(&s->runs[r]);
    s->runs[at] = merged;
    memmove(s->runs + at + 1, s->runs + at + n, (s->n_runs - at - n) * sizeof(*s->runs));
    s->n_runs -= n - 1;
    return VONK_OK;
}

/* Until at most `most` are left: in rounds, so that a row is merged once in each. */
static vonk_status merge_rounds(sorter *s, uint32_t most, vonk_error *err)
{
    for (uint32_t at = 0; s->n_runs > most; at++) {
        uint32_t over = s->n_runs - most + 1, n = over < most ? over : most;
        if (at + n > s->n_runs)
            at = 0;
        VONK_TRY(merge_some(s, at, n, err));
    }
    return VONK_OK;
}

static vonk_status merge_all(sorter *s, vonk_error *err)
{
    VONK_TRY(spill(s, err));
    VONK_TRY(merge_rounds(s, fan_in(s), err));
    vonk_merge merge = {.op = &s->op,
                        .orders = s->orders,
                        .spill = s->spill,
                        .runs = s->runs,
                        .n_runs = s->n_runs,
                        .take = emit,
                        .context = s};
    return vonk_merge_runs(&merge, err);
}

/* Sorting takes a copy of the rows, and their order. */
static size_t needs(const sorter *s, const vonk_batch *in)
{
    return s->rows->arena.total + (s->rows->n_rows + in->n_rows) * ORDER_BYTES +
           vonk_batch_bytes(in);
}

static vonk_status push(vonk_operator *op, const vonk_batch *in, vonk_error *err)
{
    sorter *s = (sorter *)op;
    if (s->rows->n_rows && vonk_must_spill(op, needs(s, in)))
        VONK_TRY(spill(s, err));
    if (s->has_bar)
        VONK_TRY(append_better(s, in, err));
    else
        VONK_TRY(vonk_block_append(s->rows, in, NULL, in->n_rows, err));
    if (s->range)
        vonk_top_range_add(s->range, in);
    int64_t limit = op->node->limit;
    if (limit >= 0 && s->rows->n_rows > (uint64_t)limit * 4 + (s->has_bar ? TRIM_NEXT : TRIM_FIRST))
        return trim(s, err);
    return VONK_OK;
}

static vonk_status finish(vonk_operator *op, vonk_error *err)
{
    sorter *s = (sorter *)op;
    if (s->n_runs)
        return merge_all(s, err);
    if (!s->rows->n_rows)
        return VONK_OK;
    return each_piece(s, op->run->task->batch_rows, emit, s, err);
}

static void close_sorter(vonk_operator *op)
{
    sorter *s = (sorter *)op;
    vonk_block_unref(s->rows);
    for (uint32_t r = 0; r < s->n_runs; r++)
        vonk_spill_run_free(&s->runs[r]);
    free(s->runs);
    vonk_spill_unref(s->spill);
    vonk_arena_free(&s->bar);
}

static size_t held(const vonk_operator *op)
{
    return ((const sorter *)op)->rows->arena.total;
}

static const vonk_operator_ops ops = {.name = "sort",
                                      .push = push,
                                      .finish = finish,
                                      .close = close_sorter,
                                      .held = held,
                                      .keeps = true};

vonk_status vonk_sort_new(vonk_run *run, const vonk_physical *node, vonk_operator **ret,
                          vonk_error *err)
{
    vonk_operator *op = NULL;
    VONK_TRY(vonk_operator_new(run, &ops, node, sizeof(sorter), &op, err));
    sorter *s = (sorter *)op;
    s->keys = VONK_NEW_ARRAY(&run->arena, vonk_column, node->n_keys, err);
    VONK_TRY_ALLOC(s->keys);
    s->bar = vonk_run_arena(run);
    s->bar_keys = VONK_NEW_ARRAY(&run->arena, vonk_column, node->n_keys, err);
    VONK_TRY_ALLOC(s->bar_keys);
    s->out = VONK_NEW_ARRAY(&run->arena, vonk_column, node->output.n_fields, err);
    VONK_TRY_ALLOC(s->out);
    s->orders = VONK_NEW_ARRAY(&run->arena, vonk_sort_order, node->n_keys, err);
    VONK_TRY_ALLOC(s->orders);
    for (uint32_t k = 0; k < node->n_keys; k++)
        s->orders[k] = (vonk_sort_order){node->keys[k]->descending, node->keys[k]->nulls_first};
    if (node->n_keys)
        VONK_TRY(vonk_runtime_range_add(run, node, &s->range, err));
    VONK_TRY(vonk_run_block(run, &s->rows, err));
    *ret = op;
    return VONK_OK;
}
