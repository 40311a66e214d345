/*
 * window_pick.c - first, last, nth_value, lag and lead over frames of any length. Candidates are
 * the rows that may be picked, those that are not null or all, in the order of the rows.
 */
#include "exec/window_stream.h"
#include "expr/eval.h"
#include "kernel/kernel.h"

vonk_status vonk_stream_candidates(vonk_windower *w, vonk_stream_values *v, const vonk_batch *rows,
                                   vonk_error *err)
{
    vonk_arena *arena = &w->stream->arena;
    const vonk_expr *e = v->window;
    vonk_eval ctx = {.arena = arena, .settings = &w->op.run->task->settings};
    vonk_column columns[2];
    vonk_batch all = {.n_rows = rows->n_rows, .n_columns = 2, .columns = columns};
    uint32_t n = 0, *sel = vonk_arena_alloc(arena, rows->n_rows * sizeof(*sel), err);
    VONK_TRY_ALLOC(sel);
    VONK_TRY(vonk_expr_eval(e->args[0]->args[0], rows, &ctx, &columns[0], err));
    VONK_TRY(vonk_column_new(arena, VONK_TYPE(INT64), rows->n_rows, &columns[1], err));
    int64_t *numbers = columns[1].values, at = (int64_t)w->stream->place.n_groups[VONK_GROUP_ROW];
    for (uint32_t i = 0; i < rows->n_rows; i++) {
        numbers[i] = at + i;
        sel[n] = i;
        n += !v->skips_nulls || vonk_column_is_valid(&columns[0], i);
    }
    return n ? vonk_block_append(v->block, &all, sel, n, err) : VONK_OK;
}

static uint64_t row_of(const vonk_batch *candidates, uint32_t place)
{
    const vonk_column *numbers = &candidates->columns[1];
    return (uint64_t)((const int64_t *)numbers->values)[vonk_column_at(numbers, place)];
}

/* *ret = how many candidates are before row `row`, not less than in the call before. */
static vonk_status count_before(vonk_stream_framed *f, uint64_t row, uint64_t *ret, vonk_error *err)
{
    for (; f->n_counted < f->values->block->n_rows; f->n_counted++) {
        uint32_t place;
        VONK_TRY(vonk_block_cursor_seek(&f->counting, f->n_counted, &place, err));
        if (row_of(&f->counting.rows, place) >= row)
            break;
    }
    *ret = f->n_counted;
    return VONK_OK;
}

/* The candidate that each row wants, whether or not it is within its frame. */
static vonk_status want(vonk_stream_framed *f, const uint64_t *edges, uint32_t n, uint64_t *ret,
                        vonk_error *err)
{
    int64_t all = (int64_t)f->values->block->n_rows;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t before;
        VONK_TRY(count_before(f, edges[i], &before, err));
        int64_t wanted = (int64_t)before + f->distance;
        ret[i] = wanted < 0 || wanted >= all ? VONK_NO_BLOCK_ROW : (uint64_t)wanted;
    }
    return VONK_OK;
}

/* *ret = what lag and lead have where there is no row; false: null. */
static vonk_status eval_other(const vonk_stream_chunk *c, const vonk_expr *window, bool *ret_is,
                              vonk_column *ret, vonk_error *err)
{
    vonk_window_kind kind = vonk_window_kind_of(window->args[0]->name);
    vonk_eval ctx = {.arena = c->rows.arena, .settings = c->rows.settings};
    *ret_is = false;
    if (kind != VONK_WINDOW_LAG && kind != VONK_WINDOW_LEAD)
        return VONK_OK;
    const vonk_expr *other = window->args[0]->args[2];
    *ret_is = other->kind != VONK_EXPR_LITERAL || !other->value.is_null;
    return *ret_is ? vonk_expr_eval(other, &c->rows.rows, &ctx, ret, err) : VONK_OK;
}

vonk_status vonk_stream_pick(vonk_windower *w, const vonk_stream_chunk *c, vonk_stream_framed *f,
                             const vonk_expr *window, const uint64_t *first, const uint64_t *end,
                             vonk_column *ret, vonk_error *err)
{
    vonk_arena *arena = &w->stream->arena;
    uint32_t n = c->rows.rows.n_rows;
    vonk_batch candidates;
    vonk_column other;
    bool is_other;
    uint32_t *sel = vonk_arena_alloc(arena, n * sizeof(*sel), err);
    VONK_TRY_ALLOC(sel);
    uint64_t *wanted = vonk_arena_alloc(arena, n * sizeof(*wanted), err);
    VONK_TRY_ALLOC(wanted);
    VONK_TRY(want(f, f->from_end ? end : first, n, wanted, err));
    VONK_TRY(vonk_block_gather_get(&f->gather, wanted, n, sel, &candidates, err));
    for (uint32_t i = 0; i < n; i++) {
        uint64_t row = sel[i] == VONK_NO_ROW ? 0 : row_of(&candidates, sel[i]);
        if (row < first[i] || row >= end[i])
            sel[i] = VONK_NO_ROW;
    }
    VONK_TRY(eval_other(c, window, &is_other, &other, err));
    return vonk_window_take_or(arena, &candidates.columns[0], is_other ? &other : NULL, sel, n, ret,
                               err);
}
