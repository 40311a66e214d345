/* window_plan.c - whether and how the expressions of a window can be done a batch at a time. */
#include <string.h>

#include "exec/window_stream.h"
#include "expr/eval.h"

#define MOST_NEAR (INT64_C(1) << 20) /* rows nearby: with more, they may as well be all */

static vonk_status constant(const vonk_windower *w, const vonk_expr *e, int64_t *ret,
                            vonk_error *err)
{
    vonk_value value;
    const vonk_run *run = w->op.run;
    VONK_TRY(vonk_expr_constant(e, &run->task->settings, &w->op.run->arena, &value, err));
    *ret = value.is_null ? 0 : value.i64;
    return VONK_OK;
}

/* Rows are needed up to `by` after (negative: before) each. False: they are too many. */
static bool reach(vonk_window_stream *s, int64_t by)
{
    if (by > MOST_NEAR || by < -MOST_NEAR)
        return false;
    if (by > 0 && (uint64_t)by > s->after)
        s->after = (uint64_t)by;
    if (by < 0 && (uint64_t)-by > s->before)
        s->before = (uint64_t)-by;
    return true;
}

static bool is_near(uint8_t bound)
{
    return bound == VONK_BOUND_CURRENT || vonk_bound_has_offset(bound);
}

/* A frame of so many rows around each. */
static vonk_status plan_near_frame(vonk_windower *w, vonk_window_stream *s, const vonk_expr *e,
                                   bool *ret, vonk_error *err)
{
    *ret = e->frame_unit == VONK_FRAME_ROWS && is_near(e->lower) && is_near(e->upper);
    for (int upper = 0; upper < 2 && *ret; upper++) {
        const vonk_expr *offset = vonk_window_offset(e, upper);
        int64_t by = 0;
        if (offset && offset->type.id == VONK_INT32)
            VONK_TRY(constant(w, offset, &by, err));
        bool minus = (upper ? e->upper : e->lower) == VONK_BOUND_PRECEDING;
        *ret = reach(s, minus ? -by : by);
    }
    return VONK_OK;
}

static vonk_status plan_offset(vonk_windower *w, vonk_window_stream *s, const vonk_expr *e,
                               bool lag, bool *ret, vonk_error *err)
{
    int64_t by = 0;
    *ret = false;
    if (e->skips_nulls || e->args[0]->n_args < 2)
        return VONK_OK;
    VONK_TRY(constant(w, e->args[0]->args[1], &by, err));
    *ret = reach(s, lag ? -by : by);
    return VONK_OK;
}

static vonk_stream_values *add_values(vonk_window_stream *s, vonk_stream_group group,
                                      const vonk_expr *window)
{
    vonk_stream_values *v = &s->values[s->n_values++];
    v->group = group;
    v->window = window;
    v->call = window ? window->args[0] : NULL;
    v->field = (vonk_field){
        .name = "", .type = window ? v->call->type : VONK_TYPE(INT64), .nullable = true};
    v->schema = (vonk_schema){.n_fields = 1, .fields = &v->field};
    return v;
}

/* An aggregate whose frame ends with a group that the row is in; false: it does not. */
static bool plan_values(vonk_window_stream *s, const vonk_expr *e, vonk_stream_values **ret)
{
    vonk_stream_group group = VONK_GROUP_PARTITION;
    if (e->upper == VONK_BOUND_CURRENT && e->frame_unit == VONK_FRAME_ROWS)
        group = VONK_GROUP_ROW;
    else if (e->upper == VONK_BOUND_CURRENT && e->n_order)
        group = VONK_GROUP_PEERS;
    else if (e->upper != VONK_BOUND_CURRENT && e->upper != VONK_BOUND_END)
        return false;
    if (e->lower != VONK_BOUND_START)
        return false;
    *ret = add_values(s, group, e);
    (*ret)->goes_on = group != VONK_GROUP_PARTITION;
    return true;
}

static void need_sizes(vonk_window_stream *s, vonk_stream_group group)
{
    if (!s->sizes[group])
        s->sizes[group] = add_values(s, group, NULL);
}

static vonk_status plan_column(vonk_windower *w, vonk_window_stream *s, const vonk_expr *e,
                               vonk_stream_column *column, bool *ret, vonk_error *err)
{
    vonk_window_kind kind = vonk_window_kind_of(e->args[0]->name);
    *ret = true;
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
        column->near = true;
        return plan_offset(w, s, e, kind == VONK_WINDOW_LAG, ret, err);
    case VONK_WINDOW_NTH_VALUE:
    case VONK_WINDOW_NONE:
        break;
    }
    VONK_TRY(plan_near_frame(w, s, e, &column->near, err));
    if (!column->near)
        *ret = kind == VONK_WINDOW_NONE && plan_values(s, e, &column->values);
    return VONK_OK;
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
    s->place.arena.budget = s->mark_arena.budget = s->arena.budget = run->worker->budget;
    *ret = NULL;
    for (uint32_t i = 0; i < node->n_exprs; i++) {
        bool can = false;
        VONK_TRY(plan_column(w, s, node->exprs[i], &s->columns[i], &can, err));
        if (!can)
            return VONK_OK;
        s->has_near |= s->columns[i].near;
    }
    *ret = s;
    return VONK_OK;
}
