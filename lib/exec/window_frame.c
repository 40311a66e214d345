/* window_frame.c - partitions, peers, and which rows each row's frame has. */
#include "exec/window.h"
#include "expr/cast.h"
#include "expr/eval.h"

#define CHECK_ROWS 65536u /* between looks at whether the task is cancelled */

static bool same_keys(const vonk_window_rows *in, uint32_t n_keys, uint32_t a, uint32_t b)
{
    return !vonk_sort_compare(in->keys, a, in->keys, b, in->orders, n_keys);
}

/* Writes for rows start .. end that they are one run. */
static void mark_run(uint32_t *first, uint32_t *last, uint32_t start, uint32_t end)
{
    for (uint32_t i = start; i < end; i++) {
        first[i] = start;
        last[i] = end;
    }
}

vonk_status vonk_window_divide(vonk_window_rows *in, vonk_error *err)
{
    uint32_t n = in->rows.n_rows, start = 0, peers = 0;
    uint32_t *all = vonk_arena_alloc(in->arena, (4 * (size_t)n + 1) * sizeof(*all), err);
    VONK_TRY_ALLOC(all);
    in->first = all;
    in->end = all + n;
    in->peer_first = all + 2 * (size_t)n;
    in->peer_end = all + 3 * (size_t)n;
    for (uint32_t i = 1; i <= n; i++) {
        if (i % CHECK_ROWS == 0)
            VONK_TRY(vonk_eval_check(in->settings, err));
        bool parts = i == n || !same_keys(in, in->n_partition, i - 1, i);
        if (parts || !same_keys(in, in->n_keys, i - 1, i)) {
            mark_run(in->peer_first, in->peer_end, peers, i);
            peers = i;
        }
        if (parts) {
            mark_run(in->first, in->end, start, i);
            start = i;
        }
    }
    return VONK_OK;
}

vonk_status vonk_window_row_offset(const vonk_window_rows *in, const vonk_expr *w, bool upper,
                                   int64_t *ret, vonk_error *err)
{
    const vonk_expr *offset = vonk_window_offset(w, upper);
    vonk_value value;
    *ret = 0;
    if (!offset)
        return VONK_OK;
    if (offset->type.id != VONK_INT32)
        return vonk_fail(err, VONK_INVALID, "a frame of rows with an offset of type %s",
                         vonk_type_sql_name(offset->type));
    VONK_TRY(vonk_expr_constant(offset, in->settings, in->arena, &value, err));
    bool minus = (upper ? w->upper : w->lower) == VONK_BOUND_PRECEDING;
    if (!value.is_null)
        *ret = minus ? -value.i64 : value.i64;
    return VONK_OK;
}

static uint32_t clamp(int64_t row, uint32_t first, uint32_t end)
{
    return row < (int64_t)first ? first : row > (int64_t)end ? end : (uint32_t)row;
}

static vonk_status bound_by_rows(const vonk_window_rows *in, const vonk_expr *w, bool upper,
                                 uint32_t *ret, vonk_error *err)
{
    int64_t offset;
    VONK_TRY(vonk_window_row_offset(in, w, upper, &offset, err));
    for (uint32_t i = 0; i < in->rows.n_rows; i++)
        ret[i] = clamp((int64_t)i + offset + upper, in->first[i], in->end[i]);
    return VONK_OK;
}

vonk_status vonk_window_key_as(const vonk_eval *ctx, const vonk_expr *limit, const vonk_column *key,
                               vonk_column *ret, vonk_error *err)
{
    if (key->type.id == VONK_DECIMAL && !vonk_type_equal(limit->type, key->type))
        return vonk_cast(ctx, VONK_CAST_ANSI, limit->type, key, ret, err);
    *ret = *key;
    return VONK_OK;
}

/* The first row at (upper: beyond) the limit of each row; limits rise as the rows do. */
static vonk_status bound_by_limit(const vonk_window_rows *in, const vonk_expr *w, bool upper,
                                  uint32_t *ret, vonk_error *err)
{
    const vonk_expr *limit = vonk_window_limit(w, upper);
    const vonk_column *keys = &in->keys[in->n_partition];
    const vonk_sort_order *order = &in->orders[in->n_partition];
    vonk_eval ctx = {.arena = in->arena, .settings = in->settings};
    vonk_column limits, key;
    if (!limit || in->n_keys != in->n_partition + 1 || limit->type.id != keys->type.id)
        return vonk_fail(err, VONK_INVALID, "a frame of values without a limit for its key");
    VONK_TRY(vonk_expr_eval(limit, &in->rows, &ctx, &limits, err));
    VONK_TRY(vonk_window_key_as(&ctx, limit, keys, &key, err));
    uint32_t at = 0;
    for (uint32_t i = 0; i < in->rows.n_rows; i++) {
        if (at < in->first[i])
            at = in->first[i];
        while (at < in->end[i] && vonk_sort_compare(&key, at, &limits, i, order, 1) < upper)
            at++;
        ret[i] = at;
    }
    return VONK_OK;
}

static vonk_status find_bound(const vonk_window_rows *in, const vonk_expr *w, bool upper,
                              uint32_t *ret, vonk_error *err)
{
    uint8_t bound = upper ? w->upper : w->lower;
    bool range = w->frame_unit == VONK_FRAME_RANGE;
    const uint32_t *peers = upper ? in->peer_end : in->peer_first;
    if (range && vonk_bound_has_offset(bound))
        return bound_by_limit(in, w, upper, ret, err);
    if (!range && bound != VONK_BOUND_START && bound != VONK_BOUND_END)
        return bound_by_rows(in, w, upper, ret, err);
    for (uint32_t i = 0; i < in->rows.n_rows; i++)
        ret[i] = bound == VONK_BOUND_CURRENT ? peers[i]
                 : bound == VONK_BOUND_START ? in->first[i]
                                             : in->end[i];
    return VONK_OK;
}

vonk_status vonk_window_frames(const vonk_window_rows *in, const vonk_expr *window,
                               uint32_t *ret_first, uint32_t *ret_end, vonk_error *err)
{
    VONK_TRY(find_bound(in, window, false, ret_first, err));
    VONK_TRY(find_bound(in, window, true, ret_end, err));
    for (uint32_t i = 0; i < in->rows.n_rows; i++) {
        if (ret_end[i] < ret_first[i])
            ret_end[i] = ret_first[i];
    }
    return VONK_OK;
}
