/* window_plan.c - how the expressions of a window are done a batch at a time. */
#include <string.h>

#include "exec/window_stream.h"
#include "expr/eval.h"

#define MOST_NEAR (INT64_C(1) << 20) /* rows nearby: more are found by their numbers */

static bool is_far(int64_t by)
{
    return by > MOST_NEAR || by < -MOST_NEAR;
}

/* Rows are needed up to `by` after (negative: before) each. */
static void reach(vonk_window_stream *s, int64_t by)
{
    if (by > 0 && (uint64_t)by > s->after)
        s->after = (uint64_t)by;
    if (by < 0 && (uint64_t)-by > s->before)
        s->before = (uint64_t)-by;
}

static bool is_near(uint8_t bound)
{
    return bound == VONK_BOUND_CURRENT || vonk_bound_has_offset(bound);
}

/* A frame of so many rows around each. */
static vonk_status plan_near_frame(vonk_windower *w, vonk_window_stream *s, const vonk_expr *e,
                                   bool *ret, vonk_error *err)
{
    vonk_window_rows in = {.arena = &w->op.run->arena, .settings = &w->op.run->task->settings};
    int64_t by[2] = {0, 0};
    *ret = e->frame_unit == VONK_FRAME_ROWS && is_near(e->lower) && is_near(e->upper);
    for (int upper = 0; upper < 2 && *ret; upper++)
        VONK_TRY(vonk_window_row_offset(&in, e, upper, &by[upper], err));
    *ret = *ret && !is_far(by[0]) && !is_far(by[1]);
    for (int upper = 0; upper < 2 && *ret; upper++)
        reach(s, by[upper]);
    return VONK_OK;
}

static vonk_stream_values *add_values(vonk_window_stream *s, vonk_stream_group group,
                                      const vonk_expr *window)
{
    vonk_stream_values *v = &s->values[s->n_values++];
    v->group = group;
    v->window = window;
    v->call = window ? window->args[0] : NULL;
    v->fields[0] = (vonk_field){
        .name = "", .type = window ? v->call->type : VONK_TYPE(INT64), .nullable = true};
    v->fields[1] = (vonk_field){.name = "", .type = VONK_TYPE(INT64), .nullable = false};
    v->schema = (vonk_schema){.n_fields = 1, .fields = v->fields};
    return v;
}

/* An aggregate over a group of rows, or what its partition has up to its end. False: it is not. */
static bool plan_values(vonk_window_stream *s, const vonk_expr *e, vonk_stream_values **ret)
{
    bool rows = e->frame_unit == VONK_FRAME_ROWS, to_here = e->upper == VONK_BOUND_CURRENT;
    bool from_here = e->lower == VONK_BOUND_CURRENT && to_here && !rows;
    vonk_stream_group group = VONK_GROUP_PARTITION;
    if (to_here && rows)
        group = VONK_GROUP_ROW;
    else if (to_here && e->n_order)
        group = VONK_GROUP_PEERS;
    else if (!to_here && e->upper != VONK_BOUND_END)
        return false;
    if (e->lower != VONK_BOUND_START && !from_here)
        return false;
    *ret = add_values(s, group, e);
    (*ret)->goes_on = group != VONK_GROUP_PARTITION && !from_here;
    return true;
}

static void need_sizes(vonk_window_stream *s, vonk_stream_group group)
{
    if (!s->sizes[group])
        s->sizes[group] = add_values(s, group, NULL);
}

static vonk_status plan_framed(vonk_windower *w, vonk_window_stream *s, vonk_framed_way way,
                               vonk_stream_framed **ret, vonk_error *err)
{
    vonk_stream_framed *f = VONK_NEW(&w->op.run->arena, vonk_stream_framed, err);
    VONK_TRY_ALLOC(f);
    f->way = way;
    s->has_framed = true;
    need_sizes(s, VONK_GROUP_PEERS);
    need_sizes(s, VONK_GROUP_PARTITION);
    *ret = f;
    return VONK_OK;
}

static vonk_status plan_pick(vonk_windower *w, vonk_window_stream *s, const vonk_expr *e,
                             bool skips_nulls, int64_t distance, bool from_end,
                             vonk_stream_framed **ret, vonk_error *err)
{
    VONK_TRY(plan_framed(w, s, VONK_FRAMED_PICK, ret, err));
    vonk_stream_values *v = add_values(s, VONK_GROUP_ROW, e);
    v->candidates = true;
    v->skips_nulls = skips_nulls;
    v->fields[0].type = e->args[0]->args[0]->type;
    v->schema.n_fields = 2;
    (*ret)->values = v;
    (*ret)->distance = distance;
    (*ret)->from_end = from_end;
    return VONK_OK;
}

static vonk_status plan_offset(vonk_windower *w, vonk_window_stream *s, const vonk_expr *e,
                               bool lag, vonk_stream_column *column, vonk_error *err)
{
    vonk_window_rows in = {.arena = &w->op.run->arena, .settings = &w->op.run->task->settings};
    int64_t by = 0;
    VONK_TRY(vonk_window_distance(&in, e->args[0], lag, &by, err));
    column->near = !by || (!e->skips_nulls && !is_far(by));
    if (column->near) {
        reach(s, by);
        return VONK_OK;
    }
    return plan_pick(w, s, e, e->skips_nulls, by < 0 ? by : by - 1, by < 0, &column->framed, err);
}

/* An aggregate over frames of any length that are not near. */
static vonk_status plan_frames(vonk_windower *w, vonk_window_stream *s, const vonk_expr *e,
                               vonk_stream_framed **ret, vonk_error *err)
{
    vonk_aggregate *state = NULL;
    const vonk_run *run = w->op.run;
    VONK_TRY(vonk_aggregate_new(&w->op.run->arena, e->args[0], &run->task->settings, &state, err));
    bool backwards = e->upper == VONK_BOUND_END && vonk_aggregate_is_unordered(state) &&
                     vonk_aggregate_can_run(state);
    bool ends = e->lower == VONK_BOUND_START || backwards;
    VONK_TRY(plan_framed(w, s, ends ? VONK_FRAMED_END : VONK_FRAMED_ROWS, ret, err));
    if (!ends)
        return VONK_OK;
    vonk_stream_values *v = add_values(s, VONK_GROUP_ROW, e);
    v->goes_on = v->spare = true;
    v->backwards = backwards;
    (*ret)->values = v;
    return VONK_OK;
}

/* first, last, nth_value and aggregates. */
static vonk_status plan_call(vonk_windower *w, vonk_window_stream *s, const vonk_expr *e,
                             vonk_stream_column *column, vonk_error *err)
{
    const vonk_expr *call = e->args[0];
    bool is_nth = vonk_window_kind_of(call->name) == VONK_WINDOW_NTH_VALUE;
    vonk_value value = {.is_null = true};
    int64_t nth = 0;
    VONK_TRY(plan_near_frame(w, s, e, &column->near, err));
    if (column->near || (!is_nth && plan_values(s, e, &column->values)))
        return VONK_OK;
    if (!is_nth && !vonk_window_is_end(call, &nth))
        return plan_frames(w, s, e, &column->framed, err);
    if (call->n_args > 1)
        VONK_TRY(vonk_expr_constant(call->args[1], &w->op.run->task->settings, &w->op.run->arena,
                                    &value, err));
    bool skips_nulls = is_nth ? e->skips_nulls : !value.is_null && value.boolean;
    nth = is_nth ? value.i64 - 1 : nth;
    return plan_pick(w, s, e, skips_nulls, nth, nth < 0, &column->framed, err);
}

static vonk_status plan_column(vonk_windower *w, vonk_window_stream *s, const vonk_expr *e,
                               vonk_stream_column *column, vonk_error *err)
{
    vonk_window_kind kind = vonk_window_kind_of(e->args[0]->name);
    switch (kind) {
    case VONK_WINDOW_ROW_NUMBER:
    case VONK_WINDOW_RANK:
    case VONK_WINDOW_DENSE_RANK:
        return VONK_OK;
    case VONK_WINDOW_CUME_DIST:
        need_sizes(s, VONK_GROUP_PEERS);
        need_sizes(s, VONK_GROUP_PARTITION);
        return VONK_OK;
    case VONK_WINDOW_PERCENT_RANK:
    case VONK_WINDOW_NTILE:
        need_sizes(s, VONK_GROUP_PARTITION);
        return VONK_OK;
    case VONK_WINDOW_LAG:
    case VONK_WINDOW_LEAD:
        return plan_offset(w, s, e, kind == VONK_WINDOW_LAG, column, err);
    case VONK_WINDOW_NTH_VALUE:
    case VONK_WINDOW_NONE:
        break;
    }
    return plan_call(w, s, e, column, err);
}

vonk_status vonk_window_stream_new(vonk_windower *w, vonk_window_stream **ret, vonk_error *err)
{
    vonk_run *run = w->op.run;
    const vonk_physical *node = w->op.node;
    vonk_window_stream *s = VONK_NEW(&run->arena, vonk_window_stream, err);
    VONK_TRY_ALLOC(s);
    s->columns = VONK_NEW_ARRAY(&run->arena, vonk_stream_column, (size_t)node->n_exprs + 1, err);
    VONK_TRY_ALLOC(s->columns);
    s->values = VONK_NEW_ARRAY(&run->arena, vonk_stream_values, (size_t)node->n_exprs + 2, err);
    VONK_TRY_ALLOC(s->values);
    s->place.last_keys = VONK_NEW_ARRAY(&run->arena, vonk_column, (size_t)node->n_keys + 1, err);
    VONK_TRY_ALLOC(s->place.last_keys);
    s->place.arena = s->mark_arena = s->arena = vonk_run_arena(run);
    for (uint32_t i = 0; i < node->n_exprs; i++) {
        VONK_TRY(plan_column(w, s, node->exprs[i], &s->columns[i], err));
        s->n_columns = i + 1;
        s->has_near |= s->columns[i].near;
    }
    *ret = s;
    return VONK_OK;
}
