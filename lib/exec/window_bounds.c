/* window_bounds.c - where the frames of rows begin and end, in a partition that is not at hand. */
#include "exec/window_stream.h"
#include "expr/eval.h"

/* The partition of row `i` of a chunk. */
static uint64_t first_of(const vonk_stream_chunk *c, uint32_t i)
{
    const vonk_window_rows *in = &c->rows;
    return c->at + i - (uint32_t)(in->at + i - in->first[i]);
}

static uint64_t end_of(const vonk_stream_chunk *c, uint32_t i)
{
    const vonk_window_rows *in = &c->rows;
    return first_of(c, i) + (uint32_t)(in->end[i] - in->first[i]);
}

static uint64_t peers_of(const vonk_stream_chunk *c, uint32_t i, bool upper)
{
    const vonk_window_rows *in = &c->rows;
    return first_of(c, i) + (upper ? in->peer_end[i] : in->peer_first[i]) - in->first[i];
}

/* b->key = the ORDER BY column of the batch in which row b->at is; *ret = its place there. */
static vonk_status seek(vonk_windower *w, vonk_stream_bound *b, const vonk_expr *limit,
                        uint32_t *ret, vonk_error *err)
{
    const vonk_physical *node = w->op.node;
    vonk_eval ctx = {.arena = &b->arena, .settings = &w->op.run->task->settings};
    vonk_column key;
    VONK_TRY(vonk_block_cursor_seek(&b->rows, b->at, ret, err));
    if (b->has_key && b->key_start == b->rows.start)
        return VONK_OK;
    vonk_arena_reset(&b->arena);
    VONK_TRY(vonk_eval_check(ctx.settings, err));
    VONK_TRY(vonk_expr_eval(node->keys[node->n_columns], &b->rows.rows, &ctx, &key, err));
    VONK_TRY(vonk_window_key_as(&ctx, limit, &key, &b->key, err));
    b->has_key = true;
    b->key_start = b->rows.start;
    return VONK_OK;
}

/* The first row at (upper: beyond) the limit of each row; limits rise as the rows do. */
static vonk_status bound_by_limit(vonk_windower *w, const vonk_stream_chunk *c,
                                  vonk_stream_bound *b, const vonk_expr *e, bool upper,
                                  uint64_t *ret, vonk_error *err)
{
    const vonk_window_rows *in = &c->rows;
    const vonk_expr *limit = vonk_window_limit(e, upper);
    const vonk_sort_order *order = &in->orders[in->n_partition];
    vonk_eval ctx = {.arena = in->arena, .settings = in->settings};
    vonk_column limits;
    if (!limit || in->n_keys != in->n_partition + 1 ||
        limit->type.id != w->op.node->keys[in->n_partition]->type.id)
        return vonk_fail(err, VONK_INVALID, "a frame of values without a limit for its key");
    VONK_TRY(vonk_expr_eval(limit, &in->rows, &ctx, &limits, err));
    for (uint32_t i = 0; i < in->rows.n_rows; i++) {
        uint64_t first = first_of(c, i), end = end_of(c, i);
        b->at = b->at < first ? first : b->at;
        for (; b->at < end; b->at++) {
            uint32_t place;
            VONK_TRY(seek(w, b, limit, &place, err));
            if (vonk_sort_compare(&b->key, place, &limits, i, order, 1) >= upper)
                break;
        }
        ret[i] = b->at;
    }
    return VONK_OK;
}

static vonk_status bound_by_rows(const vonk_stream_chunk *c, const vonk_expr *e, bool upper,
                                 uint64_t *ret, vonk_error *err)
{
    int64_t by;
    VONK_TRY(vonk_window_row_offset(&c->rows, e, upper, &by, err));
    for (uint32_t i = 0; i < c->rows.rows.n_rows; i++) {
        uint64_t first = first_of(c, i), end = end_of(c, i);
        int64_t at = (int64_t)(c->at + i) + by + upper;
        ret[i] = at < (int64_t)first ? first : at > (int64_t)end ? end : (uint64_t)at;
    }
    return VONK_OK;
}

static vonk_status find_bound(vonk_windower *w, const vonk_stream_chunk *c, vonk_stream_bound *b,
                              const vonk_expr *e, bool upper, uint64_t *ret, vonk_error *err)
{
    uint8_t bound = upper ? e->upper : e->lower;
    bool range = e->frame_unit == VONK_FRAME_RANGE;
    if (range && vonk_bound_has_offset(bound))
        return bound_by_limit(w, c, b, e, upper, ret, err);
    if (!range && bound != VONK_BOUND_START && bound != VONK_BOUND_END)
        return bound_by_rows(c, e, upper, ret, err);
    for (uint32_t i = 0; i < c->rows.rows.n_rows; i++)
        ret[i] = bound == VONK_BOUND_CURRENT ? peers_of(c, i, upper)
                 : bound == VONK_BOUND_START ? first_of(c, i)
                                             : end_of(c, i);
    return VONK_OK;
}

/* lag sees the rows before each, lead those behind it. */
static void find_sides(const vonk_stream_chunk *c, bool before, uint64_t *ret_first,
                       uint64_t *ret_end)
{
    for (uint32_t i = 0; i < c->rows.rows.n_rows; i++) {
        ret_first[i] = before ? first_of(c, i) : c->at + i + 1;
        ret_end[i] = before ? c->at + i : end_of(c, i);
    }
}

vonk_status vonk_stream_frames(vonk_windower *w, const vonk_stream_chunk *c, vonk_stream_framed *f,
                               const vonk_expr *window, uint64_t *ret_first, uint64_t *ret_end,
                               vonk_error *err)
{
    vonk_window_kind kind = vonk_window_kind_of(window->args[0]->name);
    if (kind == VONK_WINDOW_LAG || kind == VONK_WINDOW_LEAD) {
        find_sides(c, f->from_end, ret_first, ret_end);
        return VONK_OK;
    }
    VONK_TRY(find_bound(w, c, &f->bounds[0], window, false, ret_first, err));
    VONK_TRY(find_bound(w, c, &f->bounds[1], window, true, ret_end, err));
    for (uint32_t i = 0; i < c->rows.rows.n_rows; i++)
        ret_end[i] = ret_end[i] < ret_first[i] ? ret_first[i] : ret_end[i];
    return VONK_OK;
}
