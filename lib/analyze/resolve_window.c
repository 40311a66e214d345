/*
 * resolve_window.c - f(...) OVER (...): types, frames, and Spark's rules about both; then the
 * WINDOW nodes that compute the window expressions of a select list.
 */
#include <stdio.h>
#include <string.h>

#include "analyze/resolver.h"
#include "expr/coerce.h"
#include "expr/eval.h"
#include "expr/window.h"

static bool is_window(const vonk_expr *e, void *context)
{
    if (e->kind == VONK_EXPR_WINDOW && context)
        *(const vonk_expr **)context = e;
    return e->kind == VONK_EXPR_WINDOW;
}

bool has_window(const vonk_expr *e)
{
    return vonk_expr_any(e, is_window, NULL);
}

const vonk_expr *find_window(const vonk_expr *e)
{
    const vonk_expr *window = NULL;
    vonk_expr_any(e, is_window, (void *)&window);
    return window;
}

vonk_status fail_window_operator(vonk_analyzer *a, const vonk_expr *e, vonk_error *err)
{
    const vonk_expr *window = e;
    vonk_expr_any(e, is_window, (void *)&window);
    const char *text = expr_text(a, window, err);
    VONK_TRY_ALLOC(text);
    return AT(window, vonk_fail_sql(err, "UNSUPPORTED_EXPR_FOR_OPERATOR",
                                    "A query operator contains one or more unsupported "
                                    "expressions.\nConsider to rewrite it to avoid window "
                                    "functions, aggregate functions, and generator functions in "
                                    "the WHERE clause.\nInvalid expressions: [\"%s\"]",
                                    text));
}

vonk_status fail_window_clause(const vonk_expr *e, const char *clause, vonk_error *err)
{
    const vonk_expr *window = e;
    vonk_expr_any(e, is_window, (void *)&window);
    return AT(window,
              vonk_fail_sql(err, "WINDOW_FUNCTION_NOT_ALLOWED_IN_CLAUSE",
                            "It is not allowed to use window functions inside %s clause.", clause));
}

vonk_status fail_without_over(vonk_analyzer *a, const vonk_expr *call, vonk_error *err)
{
    const char *text = expr_text(a, call, err);
    VONK_TRY_ALLOC(text);
    return AT(call, vonk_fail_sql(err, "WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE",
                                  "Window function \"%s\" requires an OVER clause.", text));
}

/* ---- texts of parts ---- */

/* "ROWS BETWEEN 1 PRECEDING AND CURRENT ROW" */
static const char *frame_text(vonk_analyzer *a, const vonk_expr *w, vonk_error *err)
{
    const char *text = expr_text(a, w, err), *last = NULL;
    const char *word = w->frame_unit == VONK_FRAME_ROWS ? "ROWS BETWEEN " : "RANGE BETWEEN ";
    for (const char *at = text; at && (at = strstr(at, word)); at++)
        last = at;
    if (!last)
        return text;
    return vonk_arena_strndup(a->arena, last, strlen(last) - 1, err);
}

/* "(ORDER BY a ASC NULLS FIRST ...)": what stands behind OVER */
static const char *spec_text(vonk_analyzer *a, const vonk_expr *w, vonk_error *err)
{
    const char *text = expr_text(a, w, err), *call = expr_text(a, w->args[0], err);
    if (!text || !call)
        return NULL;
    const char *over = strstr(text + strlen(call), " OVER ");
    return over ? over + strlen(" OVER ") : text;
}

static vonk_status mismatch(const vonk_expr *w, const char *condition, const char *text,
                            const char *why, vonk_error *err)
{
    char name[96];
    VONK_TRY_ALLOC(text);
    (void)snprintf(name, sizeof(name), "DATATYPE_MISMATCH.%s", condition);
    vonk_status status =
        vonk_fail_sql(err, name, "Cannot resolve \"%s\" due to data type mismatch: %s", text, why);
    return vonk_error_at(err, status, w->spec_start, w->spec_end);
}

/* ---- the frame ---- */

static bool same_frame(const vonk_expr *w, vonk_frame_unit unit, vonk_frame_bound lower,
                       vonk_frame_bound upper)
{
    return w->frame_unit == unit && w->lower == lower && w->upper == upper;
}

static const char *plan_frame_text(vonk_analyzer *a, const vonk_expr *w, vonk_error *err)
{
    vonk_buffer text = {0};
    vonk_expr_print_plan(w, &text);
    const char *from = strstr(vonk_buffer_str(&text), "specifiedwindowframe(");
    const char *copy =
        from ? vonk_arena_strndup(a->arena, from, strlen(from) - 1, err) : "unspecifiedframe$()";
    vonk_buffer_free(&text);
    return copy;
}

static vonk_status require_frame(vonk_analyzer *a, vonk_expr *w, vonk_frame_unit unit,
                                 vonk_error *err)
{
    if (w->frame_unit != VONK_FRAME_DEFAULT &&
        !same_frame(w, unit, VONK_BOUND_START, VONK_BOUND_CURRENT)) {
        const char *text = plan_frame_text(a, w, err);
        VONK_TRY_ALLOC(text);
        return AT(w, vonk_fail_sql(err, "_LEGACY_ERROR_TEMP_1036",
                                   "Window Frame %s must match the required frame "
                                   "specifiedwindowframe(%s, unboundedpreceding$(), "
                                   "currentrow$()).",
                                   text, unit == VONK_FRAME_ROWS ? "RowFrame" : "RangeFrame"));
    }
    w->frame_unit = (uint8_t)unit;
    w->lower = VONK_BOUND_START;
    w->upper = VONK_BOUND_CURRENT;
    return VONK_OK;
}

/* The frame of lag and lead, which is only shown: the row they look at, as a literal. */
static vonk_status set_offset_frame(vonk_analyzer *a, vonk_expr *w, bool lag, vonk_error *err)
{
    if (w->frame_unit != VONK_FRAME_DEFAULT)
        return AT(w,
                  vonk_fail_sql(err, "_LEGACY_ERROR_TEMP_1035",
                                "Cannot specify window frame for %s function.", w->args[0]->name));
    vonk_value value;
    VONK_TRY(vonk_expr_constant(w->args[0]->args[1], a->settings, a->arena, &value, err));
    value.i64 = lag && !value.is_null ? -value.i64 : value.i64;
    vonk_expr *offset = vonk_expr_literal(a->arena, VONK_TYPE(INT32), value, err);
    vonk_expr **args = VONK_NEW_ARRAY(a->arena, vonk_expr *, w->n_args + 2, err);
    if (!offset || !args)
        return VONK_NO_MEMORY;
    memcpy(args, w->args, w->n_args * sizeof(*args));
    args[w->n_args] = args[w->n_args + 1] = offset;
    w->args = args;
    w->n_args += 2;
    w->frame_unit = VONK_FRAME_ROWS;
    w->lower = w->upper = VONK_BOUND_FOLLOWING;
    return VONK_OK;
}

static vonk_status set_frame(vonk_analyzer *a, vonk_expr *w, vonk_error *err)
{
    vonk_window_kind kind = vonk_window_kind_of(w->args[0]->name);
    switch (kind) {
    case VONK_WINDOW_NONE:
    case VONK_WINDOW_NTH_VALUE:
        break;
    case VONK_WINDOW_LAG:
    case VONK_WINDOW_LEAD:
        return set_offset_frame(a, w, kind == VONK_WINDOW_LAG, err);
    default:
        return require_frame(
            a, w, kind == VONK_WINDOW_CUME_DIST ? VONK_FRAME_RANGE : VONK_FRAME_ROWS, err);
    }
    if (w->frame_unit != VONK_FRAME_DEFAULT)
        return VONK_OK;
    w->frame_unit = w->n_order ? VONK_FRAME_RANGE : VONK_FRAME_ROWS;
    w->lower = VONK_BOUND_START;
    w->upper = w->n_order ? VONK_BOUND_CURRENT : VONK_BOUND_END;
    return VONK_OK;
}

static bool is_interval(vonk_type t)
{
    return t.id == VONK_INTERVAL_YM || t.id == VONK_INTERVAL_DT;
}

static vonk_status check_bound(vonk_analyzer *a, const vonk_expr *w, bool upper, vonk_error *err)
{
    const vonk_expr *offset = vonk_window_offset(w, upper);
    if (!offset)
        return VONK_OK;
    bool rows = w->frame_unit == VONK_FRAME_ROWS;
    bool fits = rows ? offset->type.id == VONK_INT32
                     : vonk_type_is_numeric(offset->type) || is_interval(offset->type);
    if (fits)
        return VONK_OK;
    char why[300];
    (void)snprintf(why, sizeof(why),
                   "The data type of the %s bound \"%s\" does not match the expected data type %s.",
                   upper ? "upper" : "lower", vonk_type_sql_name(offset->type),
                   rows ? "\"INT\""
                        : "(\"NUMERIC\" or \"INTERVAL DAY TO SECOND\" or \"INTERVAL YEAR TO "
                          "MONTH\" or \"INTERVAL\")");
    return mismatch(w, "SPECIFIED_WINDOW_FRAME_UNACCEPTED_TYPE", frame_text(a, w, err), why, err);
}

/* "CURRENT ROW", or an offset as it is added */
static const char *bound_text(vonk_analyzer *a, const vonk_expr *w, bool upper, vonk_error *err)
{
    static const char *const words[] = {"UNBOUNDED PRECEDING", "", "CURRENT ROW", "",
                                        "UNBOUNDED FOLLOWING"};
    uint8_t bound = upper ? w->upper : w->lower;
    const vonk_expr *offset = vonk_window_offset(w, upper);
    if (!offset)
        return words[bound];
    const char *text = expr_text(a, offset, err);
    if (!text || bound == VONK_BOUND_FOLLOWING)
        return text;
    return vonk_arena_printf(a->arena, err, "(- %s)", text);
}

/* *ret: the lower offset is greater than the upper one. */
static vonk_status is_reversed(vonk_analyzer *a, const vonk_expr *w, bool *ret, vonk_error *err)
{
    vonk_value values[2];
    double f[2];
    vonk_int128 n[2];
    vonk_type type = vonk_window_offset(w, false)->type;
    *ret = false;
    for (int i = 0; i < 2; i++) {
        bool minus = (i ? w->upper : w->lower) == VONK_BOUND_PRECEDING;
        VONK_TRY(
            vonk_expr_constant(vonk_window_offset(w, i), a->settings, a->arena, &values[i], err));
        if (values[i].is_null)
            return VONK_OK;
        bool real = type.id == VONK_FLOAT32 || type.id == VONK_FLOAT64;
        f[i] = real ? (minus ? -values[i].f64 : values[i].f64) : 0;
        n[i] = real ? 0 : type.id == VONK_DECIMAL ? values[i].i128 : values[i].i64;
        n[i] = minus ? -n[i] : n[i];
    }
    *ret = f[0] > f[1] || n[0] > n[1];
    return VONK_OK;
}

static vonk_status check_bounds(vonk_analyzer *a, const vonk_expr *w, vonk_error *err)
{
    char why[600];
    VONK_TRY(check_bound(a, w, false, err));
    VONK_TRY(check_bound(a, w, true, err));
    const char *lower = bound_text(a, w, false, err), *upper = bound_text(a, w, true, err);
    if (!lower || !upper)
        return VONK_NO_MEMORY;
    if (w->lower == VONK_BOUND_END || w->upper == VONK_BOUND_START) {
        (void)snprintf(why, sizeof(why),
                       "Window frame upper bound \"%s\" does not follow the lower bound \"%s\".",
                       upper, lower);
        return mismatch(w, "SPECIFIED_WINDOW_FRAME_INVALID_BOUND", frame_text(a, w, err), why, err);
    }
    const vonk_expr *from = vonk_window_offset(w, false), *to = vonk_window_offset(w, true);
    if (!from || !to)
        return VONK_OK;
    const char *types[2] = {vonk_arena_printf(a->arena, err, "%s", vonk_type_sql_name(from->type)),
                            vonk_arena_printf(a->arena, err, "%s", vonk_type_sql_name(to->type))};
    if (!types[0] || !types[1])
        return VONK_NO_MEMORY;
    if (strcmp(types[0], types[1]) != 0) { /* of intervals with their fields */
        (void)snprintf(why, sizeof(why),
                       "Window frame bounds \"%s\" and \"%s\" do not have the same type: \"%s\" <> "
                       "\"%s\".",
                       lower, upper, types[0], types[1]);
        return mismatch(w, "SPECIFIED_WINDOW_FRAME_DIFF_TYPES", frame_text(a, w, err), why, err);
    }
    bool reversed;
    VONK_TRY(is_reversed(a, w, &reversed, err));
    if (reversed)
        return mismatch(w, "SPECIFIED_WINDOW_FRAME_WRONG_COMPARISON", frame_text(a, w, err),
                        "The lower bound of a window frame must be less than or equal to the upper "
                        "bound.",
                        err);
    return VONK_OK;
}

/* Can `offset` be added to ORDER BY values of this type? Source: isValidFrameType. */
static bool is_range_type(vonk_type order, vonk_type offset)
{
    bool days = offset.id == VONK_INTERVAL_DT && offset.precision == offset.scale &&
                (offset.precision == 1 || !offset.precision);
    switch (order.id) {
    case VONK_DATE:
        return offset.id == VONK_INT32 || offset.id == VONK_INTERVAL_YM || days;
    case VONK_TIMESTAMP:
    case VONK_TIMESTAMP_NTZ:
        return is_interval(offset);
    default:
        return offset.id == order.id;
    }
}

static vonk_status check_range(vonk_analyzer *a, const vonk_expr *w, vonk_error *err)
{
    uint32_t n_offsets = vonk_window_n_offsets(w);
    bool whole = w->lower == VONK_BOUND_START && w->upper == VONK_BOUND_END;
    char why[600];
    if (!w->n_order && !whole)
        return mismatch(w, "RANGE_FRAME_WITHOUT_ORDER", spec_text(a, w, err),
                        "A range window frame cannot be used in an unordered window specification.",
                        err);
    if (!n_offsets)
        return VONK_OK;
    if (w->n_order > 1)
        return mismatch(w, "RANGE_FRAME_MULTI_ORDER", spec_text(a, w, err),
                        "A range window frame with value boundaries cannot be used in a window "
                        "specification with multiple order by expressions.",
                        err);
    vonk_type order = vonk_window_order(w)[0]->type;
    const vonk_expr *offset = vonk_window_offset(w, !vonk_window_offset(w, false));
    if (is_range_type(order, offset->type))
        return VONK_OK;
    const char *types[2] = {
        vonk_arena_printf(a->arena, err, "%s", vonk_type_sql_name(order)),
        vonk_arena_printf(a->arena, err, "%s", vonk_type_sql_name(offset->type))};
    if (!types[0] || !types[1])
        return VONK_NO_MEMORY;
    (void)snprintf(why, sizeof(why),
                   "The data type \"%s\" used in the order specification does not support the data "
                   "type \"%s\" which is used in the range frame.",
                   types[0], types[1]);
    return mismatch(w, "RANGE_FRAME_INVALID_TYPE", spec_text(a, w, err), why, err);
}

/* -offset, with its place */
static vonk_status new_minus(vonk_analyzer *a, vonk_expr *offset, vonk_expr **ret, vonk_error *err)
{
    vonk_expr *minus = vonk_expr_call1(a->arena, "-", offset, err);
    VONK_TRY_ALLOC(minus);
    minus->start = offset->start;
    minus->end = offset->end;
    VONK_TRY(type_call(a, minus, err));
    *ret = minus;
    return VONK_OK;
}

/* To Spark `a PRECEDING` is -a, of the types that a minus takes. */
static vonk_status coerce_preceding(vonk_analyzer *a, vonk_expr **offset, vonk_error *err)
{
    vonk_expr *minus;
    VONK_TRY(new_minus(a, *offset, &minus, err));
    *offset = minus->args[0];
    return VONK_OK;
}

/* A cast that cannot be made of -a is said of -a. */
static vonk_status check_preceding(vonk_analyzer *a, vonk_expr *offset, vonk_type order,
                                   vonk_error *err)
{
    vonk_expr *minus;
    vonk_value ignored;
    VONK_TRY(new_minus(a, offset, &minus, err));
    minus = vonk_expr_coerce(a->arena, minus, order, err);
    VONK_TRY_ALLOC(minus);
    return vonk_expr_constant(minus, a->settings, a->arena, &ignored, err);
}

/* An offset of a RANGE frame in the type of the ORDER BY expression, where it can be cast. */
static vonk_status coerce_range_offset(vonk_analyzer *a, const vonk_expr *w, bool upper,
                                       vonk_expr **offset, vonk_error *err)
{
    vonk_type order = vonk_window_order(w)[0]->type, type = (*offset)->type;
    bool preceding = (upper ? w->upper : w->lower) == VONK_BOUND_PRECEDING;
    bool number = vonk_type_is_numeric(order);
    bool casts = vonk_type_is_numeric(type) ? number || order.id == VONK_STRING
                                            : number && type.id == VONK_STRING;
    if (!casts || vonk_type_equal(type, order))
        return VONK_OK;
    if (preceding)
        VONK_TRY(check_preceding(a, *offset, order, err));
    *offset = vonk_expr_coerce(a->arena, *offset, order, err);
    VONK_TRY_ALLOC(*offset);
    (*offset)->start = w->spec_start;
    (*offset)->end = w->spec_end;
    return VONK_OK;
}

static vonk_status coerce_offsets(vonk_analyzer *a, vonk_expr *w, vonk_error *err)
{
    uint32_t at = 1 + w->n_partition + w->n_order;
    for (int upper = 0; upper < 2; upper++) {
        if (!vonk_window_offset(w, upper))
            continue;
        if ((upper ? w->upper : w->lower) == VONK_BOUND_PRECEDING)
            VONK_TRY(coerce_preceding(a, &w->args[at], err));
        if (w->frame_unit == VONK_FRAME_RANGE && w->n_order == 1)
            VONK_TRY(coerce_range_offset(a, w, upper, &w->args[at], err));
        at++;
    }
    return VONK_OK;
}

/* order + offset, or order - offset: where the frame of a row ends. */
static vonk_status new_limit(vonk_analyzer *a, const vonk_expr *w, bool upper, vonk_expr **ret,
                             vonk_error *err)
{
    const vonk_expr *order = vonk_window_order(w)[0];
    bool minus = (upper ? w->upper : w->lower) == VONK_BOUND_PRECEDING;
    vonk_expr *offset = vonk_window_offset(w, upper);
    if (minus != order->descending)
        VONK_TRY(new_minus(a, offset, &offset, err));
    vonk_expr *limit = vonk_expr_call2(a->arena, "+", order->args[0], offset, err);
    VONK_TRY_ALLOC(limit);
    limit->start = w->start;
    limit->end = w->end;
    VONK_TRY(type_call(a, limit, err));
    /* of decimals there may be more digits: who compares looks at that */
    bool wider = order->type.id == VONK_DECIMAL && limit->type.id == VONK_DECIMAL;
    *ret = wider ? limit : vonk_expr_coerce(a->arena, limit, order->type, err);
    return *ret ? VONK_OK : VONK_NO_MEMORY;
}

static vonk_status add_limits(vonk_analyzer *a, vonk_expr *w, vonk_error *err)
{
    uint32_t n = vonk_window_n_offsets(w), at = w->n_args;
    if (w->frame_unit != VONK_FRAME_RANGE || !n)
        return VONK_OK;
    vonk_expr **args = VONK_NEW_ARRAY(a->arena, vonk_expr *, w->n_args + n, err);
    VONK_TRY_ALLOC(args);
    memcpy(args, w->args, w->n_args * sizeof(*args));
    for (int upper = 0; upper < 2; upper++) {
        if (vonk_window_offset(w, upper))
            VONK_TRY(new_limit(a, w, upper, &args[at++], err));
    }
    w->args = args;
    w->n_args = at;
    return VONK_OK;
}

static vonk_status resolve_frame(vonk_analyzer *a, vonk_expr *w, vonk_error *err)
{
    VONK_TRY(coerce_offsets(a, w, err));
    VONK_TRY(set_frame(a, w, err));
    if (vonk_window_kind_of(w->args[0]->name) == VONK_WINDOW_LAG ||
        vonk_window_kind_of(w->args[0]->name) == VONK_WINDOW_LEAD)
        return VONK_OK;
    VONK_TRY(check_bounds(a, w, err));
    if (w->frame_unit == VONK_FRAME_RANGE)
        VONK_TRY(check_range(a, w, err));
    return add_limits(a, w, err);
}

/* ---- the function ---- */

static vonk_status check_ordered(vonk_analyzer *a, const vonk_expr *w, vonk_error *err)
{
    const vonk_expr *call = w->args[0];
    if (w->n_order || !call->function->window)
        return VONK_OK;
    const char *text = expr_text(a, call, err);
    VONK_TRY_ALLOC(text);
    return AT(w, vonk_fail_sql(err, "WINDOW_FUNCTION_FRAME_NOT_ORDERED",
                               "Window function %s requires the window to be ordered. You need to "
                               "add an ORDER BY clause. For example: SELECT %s OVER (PARTITION BY "
                               "window_partition ORDER BY window_ordering) FROM table.",
                               call->name, text));
}

static vonk_status check_function(vonk_analyzer *a, const vonk_expr *w, vonk_error *err)
{
    const vonk_expr *call = w->args[0];
    const char *text = expr_text(a, call, err);
    VONK_TRY_ALLOC(text);
    if (!call->function->aggregate && !call->function->window)
        return AT(w,
                  vonk_fail_sql(err, "UNSUPPORTED_EXPR_FOR_WINDOW",
                                "Expression \"%s\" not supported within a window function.", text));
    return check_ordered(a, w, err);
}

static vonk_status check_distinct(vonk_analyzer *a, const vonk_expr *w, vonk_error *err)
{
    if (!w->args[0]->distinct)
        return VONK_OK;
    const char *text = expr_text(a, w, err);
    VONK_TRY_ALLOC(text);
    return AT(w, vonk_fail_sql(err, "DISTINCT_WINDOW_FUNCTION_UNSUPPORTED",
                               "Distinct window functions are not supported: \"%s\".", text));
}

static bool is_not_constant(const vonk_expr *e, void *context)
{
    (void)context;
    return e->kind == VONK_EXPR_COLUMN || e->kind == VONK_EXPR_SUBQUERY ||
           e->kind == VONK_EXPR_WINDOW ||
           (e->kind == VONK_EXPR_CALL && e->function &&
            (e->function->aggregate || !e->function->deterministic));
}

static vonk_status resolve_spec(vonk_analyzer *a, scope *s, vonk_expr *w, vonk_error *err)
{
    uint32_t first_order = 1 + w->n_partition, end_order = first_order + w->n_order;
    for (uint32_t i = 1; i < w->n_args; i++) {
        vonk_expr *typed;
        const vonk_expr *arg = w->args[i];
        bool sort = i >= first_order && i < end_order;
        VONK_TRY(resolve_expr(a, s, sort ? arg->args[0] : arg, &typed, err));
        w->args[i] = sort ? new_sort_key(a, arg, typed, err) : typed;
        VONK_TRY_ALLOC(w->args[i]);
        if (i >= end_order && vonk_expr_any(typed, is_not_constant, NULL))
            return AT(arg, vonk_fail_sql(err, "_LEGACY_ERROR_TEMP_0064",
                                         "Frame bound value must be a literal.."));
    }
    return VONK_OK;
}

vonk_status resolve_window(vonk_analyzer *a, scope *s, vonk_expr *w, vonk_error *err)
{
    if (w->window_name)
        return AT(w, vonk_fail_sql(err, "MISSING_WINDOW_SPECIFICATION",
                                   "Window specification is not defined in the WINDOW clause for "
                                   "%s. For more information about WINDOW clauses, please refer to "
                                   "'https://spark.apache.org/docs/latest/"
                                   "sql-ref-syntax-qry-select-window.html'.",
                                   w->window_name));
    if (s->in_aggregate && !s->in_filter)
        return AT(w, vonk_fail_sql(err, "_LEGACY_ERROR_TEMP_1031",
                                   "It is not allowed to use a window function inside an aggregate "
                                   "function. Please use the inner window function in a "
                                   "sub-query."));
    VONK_TRY(resolve_window_call(a, s, w->args[0], &w->args[0], err));
    w->skips_nulls = w->args[0]->ignores_nulls;
    VONK_TRY(check_function(a, w, err));
    VONK_TRY(resolve_spec(a, s, w, err));
    VONK_TRY(resolve_frame(a, w, err));
    w->type = w->args[0]->type;
    w->nullable = w->args[0]->nullable;
    return check_distinct(a, w, err);
}

/* ---- WINDOW nodes ---- */

/* The windows of a select list, in the order of their nodes from below. */
typedef struct windows {
    vonk_analyzer *analyzer;
    item_list *nodes; /* ALIASes of WINDOWs that share partition and order */
    uint32_t n, capacity;
    vonk_status status;
} windows;

static bool same_spec(const vonk_expr *a, const vonk_expr *b)
{
    if (a->n_partition != b->n_partition || a->n_order != b->n_order)
        return false;
    for (uint32_t i = 1; i < 1 + a->n_partition + a->n_order; i++) {
        if (!vonk_expr_equal(a->args[i], b->args[i]))
            return false;
    }
    return true;
}

/* The lowest node that may compute `e`: above those whose columns it uses. */
static uint32_t lowest_node(const windows *ws, const vonk_expr *e)
{
    uint32_t lowest = 0;
    if (e->kind == VONK_EXPR_COLUMN) {
        for (uint32_t k = 0; k < ws->n; k++)
            for (uint32_t i = 0; i < ws->nodes[k].n; i++)
                if (ws->nodes[k].items[i]->alias_id == e->id)
                    lowest = k + 1;
    }
    for (uint32_t i = 0; i < e->n_args; i++) {
        uint32_t below = lowest_node(ws, e->args[i]);
        lowest = below > lowest ? below : lowest;
    }
    if (e->kind == VONK_EXPR_CALL && e->filter) {
        uint32_t below = lowest_node(ws, e->filter);
        lowest = below > lowest ? below : lowest;
    }
    return lowest;
}

static vonk_status find_node(windows *ws, const vonk_expr *w, uint32_t *ret, vonk_error *err)
{
    for (uint32_t k = lowest_node(ws, w); k < ws->n; k++) {
        if (same_spec(ws->nodes[k].items[0]->args[0], w)) {
            *ret = k;
            return VONK_OK;
        }
    }
    if (ws->n == ws->capacity) {
        uint32_t capacity = ws->capacity ? ws->capacity * 2 : 4;
        item_list *nodes = VONK_NEW_ARRAY(ws->analyzer->arena, item_list, capacity, err);
        VONK_TRY_ALLOC(nodes);
        if (ws->n)
            memcpy(nodes, ws->nodes, ws->n * sizeof(*nodes));
        ws->nodes = nodes;
        ws->capacity = capacity;
    }
    *ret = ws->n++;
    return VONK_OK;
}

/* The ALIAS that computes `w`, or NULL. */
static vonk_expr *find_alias(const windows *ws, const vonk_expr *w)
{
    for (uint32_t k = 0; k < ws->n; k++)
        for (uint32_t i = 0; i < ws->nodes[k].n; i++)
            if (vonk_expr_equal(ws->nodes[k].items[i]->args[0], w))
                return ws->nodes[k].items[i];
    return NULL;
}

static vonk_status add_window(windows *ws, vonk_expr *alias, vonk_error *err)
{
    uint32_t k;
    VONK_TRY(find_node(ws, alias->args[0], &k, err));
    return add_item(ws->analyzer, &ws->nodes[k], alias, err);
}

static vonk_expr *extract_one(vonk_expr *e, void *context, vonk_arena *arena, vonk_error *err)
{
    windows *ws = context;
    (void)arena;
    if (e->kind != VONK_EXPR_WINDOW)
        return e;
    vonk_expr *alias = find_alias(ws, e);
    if (!alias) {
        vonk_status status = new_alias(ws->analyzer, e, "_we", &alias, err);
        if (status == VONK_OK)
            status = add_window(ws, alias, err);
        if (status != VONK_OK) {
            ws->status = status;
            return NULL;
        }
    }
    return item_column(ws->analyzer, alias, err);
}

/* *item without its windows, which are noted. */
static vonk_status extract(windows *ws, vonk_expr **item, vonk_error *err)
{
    vonk_arena *arena = ws->analyzer->arena;
    vonk_expr *e = *item;
    bool bare = e->kind == VONK_EXPR_ALIAS && e->args[0]->kind == VONK_EXPR_WINDOW;
    vonk_expr *value = bare ? vonk_expr_clone(arena, e->args[0], err) : e;
    VONK_TRY_ALLOC(value);
    if (!bare) {
        value = vonk_expr_rewrite(value, extract_one, ws, arena, err);
        if (!value)
            return ws->status != VONK_OK ? ws->status : VONK_NO_MEMORY;
        *item = value;
        return VONK_OK;
    }
    for (uint32_t i = 0; i < value->n_args; i++) {
        value->args[i] = vonk_expr_rewrite(value->args[i], extract_one, ws, arena, err);
        if (!value->args[i])
            return ws->status != VONK_OK ? ws->status : VONK_NO_MEMORY;
    }
    vonk_expr *alias = vonk_expr_clone(arena, e, err), *known = find_alias(ws, value);
    VONK_TRY_ALLOC(alias);
    alias->args[0] = known ? item_column(ws->analyzer, known, err) : value;
    VONK_TRY_ALLOC(alias->args[0]);
    *item = alias;
    if (known)
        return VONK_OK;
    VONK_TRY(add_window(ws, alias, err));
    *item = item_column(ws->analyzer, alias, err);
    return *item ? VONK_OK : VONK_NO_MEMORY;
}

vonk_status add_windows(vonk_analyzer *a, vonk_expr **items, uint32_t n, const vonk_plan *at,
                        vonk_plan **plan, vonk_error *err)
{
    windows ws = {.analyzer = a, .status = VONK_OK};
    for (uint32_t i = 0; i < n; i++) {
        if (has_window(items[i]))
            VONK_TRY(extract(&ws, &items[i], err));
    }
    for (uint32_t k = 0; k < ws.n; k++) {
        vonk_plan *node = new_node(a, VONK_PLAN_WINDOW, *plan, at, err);
        VONK_TRY_ALLOC(node);
        node->exprs = ws.nodes[k].items;
        node->n_exprs = ws.nodes[k].n;
        VONK_TRY(vonk_plan_set_output(a->arena, node, err));
        *plan = node;
    }
    return VONK_OK;
}
