/*
 * window_aggregate.c - aggregate functions over frames.
 *
 * Rows next to each other often have the same frame (peers, whole partitions): each frame is
 * computed once. Frames that begin with their partition grow: one state takes up the rows that
 * each adds. Others are computed anew, many at a time, a group of the aggregate a frame.
 */
#include <string.h>

#include "exec/window_framing.h"
#include "expr/eval.h"
#include "kernel/kernel.h"

#define LONG_FRAME 64u /* rows of a frame, on average */

/* Sets the frames, and which one each row has; their values will come after n_written others. */
static vonk_status find_frames(vonk_framing *f, uint32_t n_written, vonk_error *err)
{
    const vonk_window_given *g = f->given;
    f->n_frames = 0;
    f->frames = VONK_NEW_ARRAY(f->in->arena, vonk_frame, (size_t)g->n + 1, err);
    VONK_TRY_ALLOC(f->frames);
    for (uint32_t i = 0; i < g->n; i++) {
        const vonk_frame *last = f->n_frames ? &f->frames[f->n_frames - 1] : NULL;
        if (!last || last->partition != g->partition[i] || last->first != g->first[i] ||
            last->end != g->end[i])
            f->frames[f->n_frames++] = (vonk_frame){g->partition[i], g->first[i], g->end[i]};
        f->value_of[i] = n_written + f->n_frames - 1;
    }
    return VONK_OK;
}

static vonk_status eval_args(vonk_framing *f, vonk_error *err)
{
    const vonk_window_rows *in = f->in;
    const vonk_expr *call = f->call;
    vonk_eval ctx = {.arena = in->arena, .settings = in->settings};
    f->args = VONK_NEW_ARRAY(in->arena, vonk_column, 2 * (size_t)call->n_args + 1, err);
    VONK_TRY_ALLOC(f->args);
    f->piece = f->args + call->n_args;
    for (uint32_t i = 0; i < call->n_args; i++)
        VONK_TRY(vonk_expr_eval(call->args[i], &in->rows, &ctx, &f->args[i], err));
    if (!call->filter)
        return VONK_OK;
    uint32_t n = 0, *sel = vonk_arena_alloc(in->arena, in->rows.n_rows * sizeof(*sel), err);
    f->counts = VONK_NEW_ARRAY(in->arena, uint64_t, vonk_bitmap_words(in->rows.n_rows) + 1, err);
    if (!sel || !f->counts)
        return VONK_NO_MEMORY;
    VONK_TRY(vonk_expr_select(call->filter, &in->rows, &ctx, sel, &n, err));
    for (uint32_t i = 0; i < n; i++)
        vonk_bit_set(f->counts, sel[i], true);
    return VONK_OK;
}

static bool row_counts(const vonk_framing *f, uint32_t row)
{
    return !f->counts || vonk_bit_get(f->counts, row);
}

vonk_status vonk_framing_update(vonk_framing *f, const uint32_t *sel, uint32_t n,
                                const uint32_t *groups, uint32_t n_groups, vonk_error *err)
{
    VONK_TRY(vonk_eval_check(f->in->settings, err));
    vonk_arena_reset(&f->scratch);
    for (uint32_t i = 0; i < f->call->n_args; i++)
        VONK_TRY(vonk_take(&f->scratch, &f->args[i], sel, n, false, &f->piece[i], err));
    return vonk_aggregate_update(f->state, f->piece, n, groups, n_groups, NULL, err);
}

/* ---- frames that grow ---- */

/*
 * Group `group` takes up rows from .. to, in pieces; also of none, so that the group is there.
 * `sel` has room for two pieces.
 */
static vonk_status add_rows(vonk_framing *f, uint32_t from, uint32_t to, uint32_t group,
                            uint32_t *sel, vonk_error *err)
{
    uint32_t *groups = sel + VONK_FRAMING_ROWS;
    do {
        uint32_t n = 0;
        for (; from < to && n < VONK_FRAMING_ROWS; from++) {
            sel[n] = from;
            groups[n] = group;
            n += row_counts(f, from);
        }
        VONK_TRY(vonk_framing_update(f, sel, n, groups, group + 1, err));
    } while (from < to);
    return VONK_OK;
}

/* Writes the value of each frame to `out`. A group of the aggregate is a partition. */
static vonk_status eval_growing(vonk_framing *f, vonk_block *out, vonk_error *err)
{
    uint32_t *sel = vonk_arena_alloc(f->in->arena, 2 * VONK_FRAMING_ROWS * sizeof(*sel), err);
    VONK_TRY_ALLOC(sel);
    uint32_t at = 0, group = 0;
    vonk_arena_reset(&f->states);
    VONK_TRY(vonk_aggregate_new(&f->states, f->call, f->in->settings, &f->state, err));
    for (uint32_t k = 0; k < f->n_frames; k++) {
        const vonk_frame *fr = &f->frames[k];
        if (!k || fr->partition != fr[-1].partition) {
            group += k > 0;
            at = fr->first;
        }
        VONK_TRY(vonk_eval_check(f->in->settings, err));
        VONK_TRY(add_rows(f, at, fr->end, group, sel, err));
        at = fr->end > at ? fr->end : at;
        vonk_column value;
        vonk_batch one = {.n_rows = 1, .n_columns = 1, .columns = &value};
        vonk_arena_reset(&f->scratch);
        VONK_TRY(vonk_aggregate_finish(f->state, &f->scratch, group, 1, &value, err));
        VONK_TRY(vonk_block_append(out, &one, NULL, 1, err));
    }
    return VONK_OK;
}

/* ---- any others ---- */

static vonk_status flush(vonk_framing *f, const uint32_t *sel, uint32_t *n, uint32_t n_groups,
                         vonk_error *err)
{
    if (*n)
        VONK_TRY(vonk_framing_update(f, sel, *n, sel + VONK_FRAMING_ROWS, n_groups, err));
    *n = 0;
    return VONK_OK;
}

/* The values of frames start .. start + n_frames; a group each. */
static vonk_status eval_some(vonk_framing *f, uint32_t start, uint32_t n_frames, uint32_t *sel,
                             vonk_block *out, vonk_error *err)
{
    uint32_t n = 0;
    vonk_arena_reset(&f->states);
    VONK_TRY(vonk_aggregate_new(&f->states, f->call, f->in->settings, &f->state, err));
    for (uint32_t k = 0; k < n_frames; k++) {
        const vonk_frame *fr = &f->frames[start + k];
        VONK_TRY(vonk_eval_check(f->in->settings, err)); /* FILTER may let no row through */
        for (uint32_t row = fr->first; row < fr->end; row++) {
            if (!row_counts(f, row))
                continue;
            sel[n] = row;
            sel[VONK_FRAMING_ROWS + n++] = k;
            if (n == VONK_FRAMING_ROWS)
                VONK_TRY(flush(f, sel, &n, n_frames, err));
        }
    }
    VONK_TRY(flush(f, sel, &n, n_frames, err));
    vonk_column values;
    vonk_batch batch = {.n_rows = n_frames, .n_columns = 1, .columns = &values};
    vonk_arena_reset(&f->scratch);
    VONK_TRY(vonk_aggregate_finish(f->state, &f->scratch, 0, n_frames, &values, err));
    return vonk_block_append(out, &batch, NULL, n_frames, err);
}

static vonk_status eval_sliding(vonk_framing *f, vonk_block *out, vonk_error *err)
{
    uint32_t *sel = vonk_arena_alloc(f->in->arena, 2 * VONK_FRAMING_ROWS * sizeof(*sel), err);
    VONK_TRY_ALLOC(sel);
    for (uint32_t at = 0; at < f->n_frames; at += VONK_BATCH_ROWS) {
        uint32_t n = f->n_frames - at < VONK_BATCH_ROWS ? f->n_frames - at : VONK_BATCH_ROWS;
        VONK_TRY(eval_some(f, at, n, sel, out, err));
    }
    return VONK_OK;
}

/* Frames have so many rows that there is a shorter way than giving them all to the aggregate. */
static bool are_long(const vonk_framing *f)
{
    uint64_t rows = 0;
    for (uint32_t k = 0; k < f->n_frames; k++)
        rows += f->frames[k].end - f->frames[k].first;
    return rows / LONG_FRAME > f->n_frames;
}

/* The values of all frames, and which one each row has. */
static vonk_status eval_frames(vonk_framing *f, const vonk_expr *w, vonk_block *out,
                               vonk_error *err)
{
    bool grows = w->lower == VONK_BOUND_START && w->upper != VONK_BOUND_END;
    VONK_TRY(vonk_aggregate_new(&f->states, f->call, f->in->settings, &f->state, err));
    vonk_status status = VONK_USER;
    if (grows && f->given_all && vonk_aggregate_can_run(f->state))
        status = vonk_framing_run(f, out, err);
    if (status != VONK_USER) /* that may be of a frame which no row has: ending among peers */
        return status;
    VONK_TRY(find_frames(f, (uint32_t)out->n_rows, err));
    if (!grows && vonk_aggregate_is_unordered(f->state) && are_long(f)) {
        status = vonk_framing_climb(f, out, err);
        if (status != VONK_USER)
            return status;
        VONK_TRY(find_frames(f, (uint32_t)out->n_rows, err));
    }
    return grows ? eval_growing(f, out, err) : eval_sliding(f, out, err);
}

/* *ret = the value of each row. */
static vonk_status eval_rows(vonk_framing *f, const vonk_expr *w, vonk_block *out, vonk_column *ret,
                             vonk_error *err)
{
    const vonk_window_rows *in = f->in;
    uint32_t n = f->given->n;
    vonk_field field = {.name = "", .type = f->call->type, .nullable = true};
    vonk_schema schema = {.n_fields = 1, .fields = &field};
    vonk_batch all;
    vonk_column values;
    f->value_of = vonk_arena_alloc(in->arena, ((size_t)n + 1) * sizeof(*f->value_of), err);
    VONK_TRY_ALLOC(f->value_of);
    VONK_TRY(eval_args(f, err));
    VONK_TRY(eval_frames(f, w, out, err));
    VONK_TRY(vonk_block_concat(out, &schema, in->arena, &all, err));
    VONK_TRY(vonk_take(in->arena, &all.columns[0], f->value_of, n, false, &values, err));
    return vonk_column_copy(in->arena, &values, ret, err); /* long strings are the block's */
}

static vonk_status eval(vonk_framing *f, const vonk_expr *w, vonk_column *ret, vonk_error *err)
{
    vonk_block *out = NULL;
    VONK_TRY(vonk_block_beside(f->in->arena, &out, err));
    f->states = f->scratch = vonk_arena_beside(f->in->arena);
    vonk_status status = eval_rows(f, w, out, ret, err);
    vonk_arena_free(&f->states);
    vonk_arena_free(&f->scratch);
    vonk_block_unref(out);
    return status;
}

vonk_status vonk_window_aggregate_given(const vonk_window_rows *in, const vonk_expr *window,
                                        const vonk_window_given *given, vonk_column *ret,
                                        vonk_error *err)
{
    vonk_framing f = {.in = in, .call = window->args[0], .given = given};
    return eval(&f, window, ret, err);
}

vonk_status vonk_window_aggregate(const vonk_window_rows *in, const vonk_expr *window,
                                  vonk_column *ret, vonk_error *err)
{
    uint32_t n = in->rows.n_rows;
    uint32_t *first = vonk_arena_alloc(in->arena, (2 * (size_t)n + 1) * sizeof(*first), err);
    VONK_TRY_ALLOC(first);
    vonk_window_given given = {.n = n, .partition = in->first, .first = first, .end = first + n};
    vonk_framing f = {.in = in, .call = window->args[0], .given = &given, .given_all = true};
    VONK_TRY(vonk_window_frames(in, window, first, first + n, err));
    return eval(&f, window, ret, err);
}
