/* window_framed.c - pass two of expressions whose frames are found row by row. */
#include "exec/window_stream.h"
#include "expr/eval.h"
#include "kernel/kernel.h"

/* The frames of a chunk, by numbers of rows. */
typedef struct frames {
    uint32_t n;
    uint64_t *first, *end;
} frames;

static vonk_status find_frames(vonk_windower *w, const vonk_stream_chunk *c, vonk_stream_framed *f,
                               const vonk_expr *e, frames *ret, vonk_error *err)
{
    size_t n = c->rows.rows.n_rows;
    ret->n = (uint32_t)n;
    ret->first = vonk_arena_alloc(&w->stream->arena, 2 * n * sizeof(*ret->first), err);
    VONK_TRY_ALLOC(ret->first);
    ret->end = ret->first + n;
    return vonk_stream_frames(w, c, f, e, ret->first, ret->end, err);
}

/* *ret = the value of a frame without rows. */
static vonk_status value_of_none(vonk_windower *w, const vonk_expr *call, vonk_column *ret,
                                 vonk_error *err)
{
    vonk_arena *arena = &w->stream->arena;
    vonk_aggregate *state = NULL;
    VONK_TRY(vonk_aggregate_new(arena, call, &w->op.run->task->settings, &state, err));
    return vonk_aggregate_finish(state, arena, 0, 1, ret, err);
}

/* The value that pass one has for the row at the end of the frame that is not its partition's. */
static vonk_status eval_end(vonk_windower *w, vonk_stream_framed *f, const vonk_stream_values *v,
                            const frames *of, vonk_column *ret, vonk_error *err)
{
    vonk_arena *arena = &w->stream->arena;
    bool none = false;
    uint32_t *sel = vonk_arena_alloc(arena, of->n * sizeof(*sel), err);
    VONK_TRY_ALLOC(sel);
    uint64_t *rows = vonk_arena_alloc(arena, of->n * sizeof(*rows), err);
    VONK_TRY_ALLOC(rows);
    for (uint32_t i = 0; i < of->n; i++) {
        bool is_empty = of->first[i] == of->end[i];
        none |= is_empty;
        rows[i] = is_empty ? VONK_NO_BLOCK_ROW : v->backwards ? of->first[i] : of->end[i] - 1;
    }
    vonk_batch values;
    vonk_column empty;
    VONK_TRY(vonk_block_gather_get(&f->gather, rows, of->n, sel, &values, err));
    if (none)
        VONK_TRY(value_of_none(w, v->call, &empty, err));
    return vonk_window_take_or(arena, &values.columns[0], none ? &empty : NULL, sel, of->n, ret,
                               err);
}

/* The frames' own rows, all those of a chunk. */
static vonk_status eval_rows(vonk_windower *w, const vonk_stream_chunk *c, vonk_stream_framed *f,
                             const vonk_expr *e, const frames *of, vonk_column *ret,
                             vonk_error *err)
{
    vonk_window_stream *s = w->stream;
    uint64_t from = of->first[0], to = of->end[of->n - 1];
    vonk_window_rows in = {.arena = &s->arena, .settings = &w->op.run->task->settings};
    uint32_t *all = vonk_arena_alloc(&s->arena, 3 * (size_t)of->n * sizeof(*all), err);
    VONK_TRY_ALLOC(all);
    uint32_t *first = all, *end = all + of->n, *partition = end + of->n;
    if (to - from > UINT32_MAX / 2)
        return vonk_fail(err, VONK_UNSUPPORTED, "a frame of more than 2^31 rows");
    for (uint32_t i = 0; i < of->n; i++) {
        first[i] = (uint32_t)(of->first[i] - from);
        end[i] = (uint32_t)(of->end[i] - from);
        partition[i] = c->rows.first[i];
    }
    s->span = to - from > s->span ? to - from : s->span;
    vonk_window_given given = {.n = of->n, .partition = partition, .first = first, .end = end};
    VONK_TRY(vonk_block_reader_get(&f->reader, from, to, &in.rows, err));
    return vonk_window_aggregate_given(&in, e, &given, ret, err);
}

vonk_status vonk_stream_framed_eval(vonk_windower *w, const vonk_stream_chunk *c,
                                    vonk_stream_framed *f, uint32_t i, vonk_column *ret,
                                    vonk_error *err)
{
    const vonk_expr *e = w->op.node->exprs[i];
    frames of;
    vonk_status status = find_frames(w, c, f, e, &of, err);
    const vonk_stream_values *v = f->values; /* without a block: of an error, see `spare` */
    if (status == VONK_OK && f->way == VONK_FRAMED_PICK)
        status = vonk_stream_pick(w, c, f, e, of.first, of.end, ret, err);
    else if (status == VONK_OK && f->way == VONK_FRAMED_END && v && v->block)
        status = eval_end(w, f, v, &of, ret, err);
    else if (status == VONK_OK)
        status = eval_rows(w, c, f, e, &of, ret, err);
    return status == VONK_USER ? vonk_error_at(err, status, e->start, e->end) : status;
}

void vonk_stream_framed_init(vonk_stream_framed *f, const vonk_windower *w,
                             const vonk_schema *schema)
{
    const vonk_stream_values *v = f->values;
    for (int upper = 0; upper < 2; upper++) {
        vonk_stream_bound *b = &f->bounds[upper];
        *b = (vonk_stream_bound){.arena = vonk_arena_beside(&w->rows->arena)};
        vonk_block_cursor_init(&b->rows, w->rows, false);
    }
    vonk_block_reader_init(&f->reader, w->rows, schema);
    f->n_counted = 0;
    if (!v || !v->block)
        return;
    vonk_block_gather_init(&f->gather, v->block, &v->schema, v->backwards);
    vonk_block_cursor_init(&f->counting, v->block, false);
}

void vonk_stream_framed_fini(vonk_stream_framed *f)
{
    for (int upper = 0; upper < 2; upper++) {
        vonk_block_cursor_fini(&f->bounds[upper].rows);
        vonk_arena_free(&f->bounds[upper].arena);
    }
    vonk_block_reader_fini(&f->reader);
    vonk_block_gather_fini(&f->gather);
    vonk_block_cursor_fini(&f->counting);
    f->reader = (vonk_block_reader){0};
    f->gather = (vonk_block_gather){0};
}
