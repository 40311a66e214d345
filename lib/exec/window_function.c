/* window_function.c - ranks, and functions that pick a row of the partition or of the frame. */
#include <string.h>

#include "exec/window.h"
#include "expr/eval.h"
#include "kernel/kernel.h"
#include "shuffle/shuffle.h"

/* ---- ranks ---- */

/* Row `i` of `n` rows in `buckets` buckets, the first ones larger by one: its bucket from 1. */
static int32_t bucket_of(uint32_t i, uint32_t n, uint32_t buckets)
{
    uint32_t size = n / buckets, larger = n % buckets;
    uint64_t in_larger = (uint64_t)larger * (size + 1);
    if (i < in_larger)
        return (int32_t)(i / (size + 1) + 1);
    return (int32_t)(larger + (i - in_larger) / size + 1);
}

static void fill_dense_rank(const vonk_window_rows *in, int32_t *out)
{
    int32_t last = (int32_t)in->dense;
    for (uint32_t i = 0; i < in->rows.n_rows; i++) {
        uint32_t row = in->at + i;
        last = row == in->first[i] ? 1 : last + (in->peer_first[i] == row);
        out[i] = last;
    }
}

static void fill_rank(const vonk_window_rows *in, vonk_window_kind kind, uint32_t buckets,
                      int32_t *out)
{
    for (uint32_t i = 0; i < in->rows.n_rows; i++) {
        uint32_t first = in->first[i], row = in->at + i;
        if (kind == VONK_WINDOW_ROW_NUMBER)
            out[i] = (int32_t)(row - first + 1);
        else if (kind == VONK_WINDOW_RANK)
            out[i] = (int32_t)(in->peer_first[i] - first + 1);
        else
            out[i] = bucket_of(row - first, in->end[i] - first, buckets);
    }
}

static void fill_part(const vonk_window_rows *in, vonk_window_kind kind, double *out)
{
    for (uint32_t i = 0; i < in->rows.n_rows; i++) {
        uint32_t first = in->first[i], n = in->end[i] - first;
        if (kind == VONK_WINDOW_CUME_DIST)
            out[i] = (double)(in->peer_end[i] - first) / n;
        else
            out[i] = n > 1 ? (double)(in->peer_first[i] - first) / (n - 1) : 0;
    }
}

/* call->args[i], a constant. */
static vonk_status constant(const vonk_window_rows *in, const vonk_expr *call, uint32_t i,
                            vonk_value *ret, vonk_error *err)
{
    if (i >= call->n_args)
        return vonk_fail(err, VONK_INVALID, "%s has %u arguments", call->name, call->n_args);
    return vonk_expr_constant(call->args[i], in->settings, in->arena, ret, err);
}

static vonk_status eval_rank(const vonk_window_rows *in, const vonk_expr *call,
                             vonk_window_kind kind, vonk_column *ret, vonk_error *err)
{
    bool part = kind == VONK_WINDOW_PERCENT_RANK || kind == VONK_WINDOW_CUME_DIST;
    vonk_value buckets = {.i64 = 1};
    vonk_type type = part ? VONK_TYPE(FLOAT64) : VONK_TYPE(INT32);
    VONK_TRY(vonk_column_new(in->arena, type, in->rows.n_rows, ret, err));
    if (kind == VONK_WINDOW_NTILE)
        VONK_TRY(constant(in, call, 0, &buckets, err));
    if (buckets.is_null || buckets.i64 < 1 || buckets.i64 > INT32_MAX)
        return vonk_fail(err, VONK_INVALID, "ntile of %lld buckets", (long long)buckets.i64);
    if (part)
        fill_part(in, kind, ret->values);
    else if (kind == VONK_WINDOW_DENSE_RANK)
        fill_dense_rank(in, ret->values);
    else
        fill_rank(in, kind, (uint32_t)buckets.i64, ret->values);
    return VONK_OK;
}

/* ---- picking rows ---- */

/* The rows that may be picked: all, or those that are not null. */
typedef struct candidates {
    uint32_t *before; /* n + 1: how many candidates stand before each row */
    uint32_t *rows;   /* of each candidate */
} candidates;

static vonk_status find_candidates(const vonk_window_rows *in, const vonk_column *value,
                                   bool skips_nulls, candidates *ret, vonk_error *err)
{
    uint32_t n = in->rows.n_rows, found = 0;
    uint32_t *all = vonk_arena_alloc(in->arena, (2 * (size_t)n + 1) * sizeof(*all), err);
    VONK_TRY_ALLOC(all);
    candidates c = {.before = all, .rows = all + n + 1};
    for (uint32_t i = 0; i < n; i++) {
        c.before[i] = found;
        if (!skips_nulls || vonk_column_is_valid(value, i))
            c.rows[found++] = i;
    }
    c.before[n] = found;
    *ret = c;
    return VONK_OK;
}

/* The candidate that is `n`th (from 0; negative: from the end) of rows first .. end. */
static uint32_t pick(const candidates *c, uint32_t first, uint32_t end, int64_t n)
{
    int64_t low = c->before[first], high = c->before[end];
    if (n >= high - low || n < low - high)
        return VONK_NO_ROW;
    return c->rows[n >= 0 ? low + n : high + n];
}

/* nth_value, first, last: the nth row of each frame. */
static vonk_status eval_nth(const vonk_window_rows *in, const vonk_expr *w, int64_t nth,
                            bool skips_nulls, vonk_column *ret, vonk_error *err)
{
    uint32_t n = in->rows.n_rows;
    vonk_eval ctx = {.arena = in->arena, .settings = in->settings};
    vonk_column value;
    candidates c = {0};
    uint32_t *first = vonk_arena_alloc(in->arena, (2 * (size_t)n + 1) * sizeof(*first), err);
    VONK_TRY_ALLOC(first);
    uint32_t *end = first + n;
    VONK_TRY(vonk_expr_eval(w->args[0]->args[0], &in->rows, &ctx, &value, err));
    VONK_TRY(find_candidates(in, &value, skips_nulls, &c, err));
    VONK_TRY(vonk_window_frames(in, w, first, end, err));
    for (uint32_t i = 0; i < n; i++)
        first[i] = pick(&c, first[i], end[i], nth);
    return vonk_take(in->arena, &value, first, n, true, ret, err);
}

/* The row that is `offset` candidates behind (negative: before) row i. */
static uint32_t pick_near(const vonk_window_rows *in, const candidates *c, uint32_t i,
                          int64_t offset)
{
    if (!offset)
        return i;
    if (offset > 0)
        return pick(c, i + 1, in->end[i], offset - 1);
    return pick(c, in->first[i], i, offset);
}

vonk_status vonk_window_take_or(vonk_arena *arena, const vonk_column *value,
                                const vonk_column *other, uint32_t *picked, uint32_t n,
                                vonk_column *ret, vonk_error *err)
{
    if (!other)
        return vonk_take(arena, value, picked, n, true, ret, err);
    vonk_column columns[2] = {*value, *other};
    vonk_field field = {.name = "", .type = value->type, .nullable = true};
    vonk_schema schema = {.n_fields = 1, .fields = &field};
    vonk_block *both = NULL;
    vonk_batch all;
    VONK_TRY(vonk_block_beside(arena, &both, err));
    vonk_status status = VONK_OK;
    for (int i = 0; i < 2 && status == VONK_OK; i++) {
        uint32_t length = columns[i].length;
        vonk_batch one = {.n_rows = length, .n_columns = 1, .columns = &columns[i]};
        status = vonk_block_append(both, &one, NULL, length, err);
    }
    if (status == VONK_OK)
        status = vonk_block_concat(both, &schema, arena, &all, err);
    for (uint32_t i = 0; i < n; i++)
        if (picked[i] == VONK_NO_ROW)
            picked[i] = value->length + (other->length == 1 ? 0 : i);
    vonk_column taken;
    if (status == VONK_OK)
        status = vonk_take(arena, &all.columns[0], picked, n, false, &taken, err);
    if (status == VONK_OK)
        status = vonk_column_copy(arena, &taken, ret, err); /* long strings are the block's */
    vonk_block_unref(both);
    return status;
}

vonk_status vonk_window_distance(const vonk_window_rows *in, const vonk_expr *call, bool lag,
                                 int64_t *ret, vonk_error *err)
{
    vonk_value offset;
    if (call->n_args != 3 || !vonk_type_equal(call->args[0]->type, call->args[2]->type))
        return vonk_fail(err, VONK_INVALID, "%s with the wrong arguments", call->name);
    VONK_TRY(constant(in, call, 1, &offset, err));
    *ret = offset.is_null ? 0 : lag ? -offset.i64 : offset.i64;
    return VONK_OK;
}

static vonk_status eval_offset(const vonk_window_rows *in, const vonk_expr *w, bool lag,
                               vonk_column *ret, vonk_error *err)
{
    const vonk_expr *call = w->args[0];
    uint32_t n = in->rows.n_rows;
    vonk_eval ctx = {.arena = in->arena, .settings = in->settings};
    vonk_column value, other;
    candidates c = {0};
    int64_t by;
    VONK_TRY(vonk_window_distance(in, call, lag, &by, err));
    uint32_t *picked = vonk_arena_alloc(in->arena, ((size_t)n + 1) * sizeof(*picked), err);
    VONK_TRY_ALLOC(picked);
    VONK_TRY(vonk_expr_eval(call->args[0], &in->rows, &ctx, &value, err));
    VONK_TRY(find_candidates(in, &value, w->skips_nulls, &c, err));
    for (uint32_t i = 0; i < n; i++)
        picked[i] = pick_near(in, &c, i, by);
    const vonk_expr *none = call->args[2];
    bool is_null = none->kind == VONK_EXPR_LITERAL && none->value.is_null;
    if (!is_null)
        VONK_TRY(vonk_expr_eval(none, &in->rows, &ctx, &other, err));
    return vonk_window_take_or(in->arena, &value, is_null ? NULL : &other, picked, n, ret, err);
}

bool vonk_window_is_end(const vonk_expr *call, int64_t *ret_nth)
{
    bool last = !strcmp(call->name, "last") || !strcmp(call->name, "last_value");
    *ret_nth = last ? -1 : 0;
    return !call->filter && call->n_args &&
           (last || !strcmp(call->name, "first") || !strcmp(call->name, "first_value") ||
            !strcmp(call->name, "any_value"));
}

static vonk_status eval_call(const vonk_window_rows *in, const vonk_expr *w, vonk_column *ret,
                             vonk_error *err)
{
    const vonk_expr *call = w->args[0];
    vonk_window_kind kind = vonk_window_kind_of(call->name);
    vonk_value value = {.boolean = false};
    int64_t nth;
    switch (kind) {
    case VONK_WINDOW_NONE:
        if (!vonk_window_is_end(call, &nth))
            return vonk_window_aggregate(in, w, ret, err);
        if (call->n_args > 1)
            VONK_TRY(constant(in, call, 1, &value, err));
        return eval_nth(in, w, nth, !value.is_null && value.boolean, ret, err);
    case VONK_WINDOW_NTH_VALUE:
        VONK_TRY(constant(in, call, 1, &value, err));
        return eval_nth(in, w, value.i64 - 1, w->skips_nulls, ret, err);
    case VONK_WINDOW_LAG:
    case VONK_WINDOW_LEAD:
        return eval_offset(in, w, kind == VONK_WINDOW_LAG, ret, err);
    default:
        return eval_rank(in, call, kind, ret, err);
    }
}

vonk_status vonk_window_eval(const vonk_window_rows *in, const vonk_expr *window, vonk_column *ret,
                             vonk_error *err)
{
    vonk_status status = eval_call(in, window, ret, err);
    if (status == VONK_USER)
        return vonk_error_at(err, status, window->start, window->end);
    return status;
}
