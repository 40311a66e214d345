/*
 * aggregate_percentile.c - percentile, median, percentile_cont, percentile_disc, percentile_approx
 * (exact here), and mode.
 *
 * percentile_cont(p) WITHIN GROUP (ORDER BY x DESC) is percentile_cont(p, x, flags) here, mode()
 * WITHIN GROUP (ORDER BY x) is mode(x, flags). Source: Spark's PercentileBase, Mode.
 */
#include <math.h>
#include <string.h>

#include "expr/aggregate_values.h"
#include "expr/eval.h"
#include "expr/function_list.h"

static bool is_interval(vonk_type t)
{
    return t.id == VONK_INTERVAL_DT || t.id == VONK_INTERVAL_YM;
}

static bool is_within_group(const vonk_expr *call)
{
    return !strcmp(call->name, "percentile_cont") || !strcmp(call->name, "percentile_disc");
}

static bool is_approximate(const vonk_expr *call)
{
    return !strcmp(call->name, "percentile_approx") || !strcmp(call->name, "approx_percentile");
}

static uint32_t value_arg(const vonk_expr *call)
{
    return is_within_group(call) ? 1 : 0;
}

/* Rows in order, and how often each counts. */
typedef struct sorted {
    const vonk_column *values;
    const vonk_column *weights; /* NULL: once each */
    const uint32_t *rows;
    uint32_t n;
} sorted;

static int64_t weight_at(const sorted *s, uint32_t i)
{
    return s->weights ? vonk_i64_at(s->weights, s->rows[i]) : 1;
}

/* The row that is number `rank`, from 1, where each counts as often as it says. */
static uint32_t row_of_rank(const sorted *s, int64_t rank)
{
    int64_t before = 0;
    if (!s->weights)
        return s->rows[rank < 1 ? 0 : rank > s->n ? s->n - 1 : rank - 1];
    for (uint32_t i = 0; i < s->n; i++) {
        before += weight_at(s, i);
        if (before >= rank && weight_at(s, i) > 0)
            return s->rows[i];
    }
    return s->rows[s->n - 1];
}

static double value_of(const sorted *s, uint32_t row)
{
    if (is_interval(s->values->type))
        return (double)vonk_whole_at(s->values, row);
    return vonk_f64_at(s->values, row);
}

/* Between the two values next to the place, if it is no whole number. */
static double interpolate(const sorted *s, int64_t total, double p)
{
    double place = (double)(total - 1) * p, low = floor(place), high = ceil(place);
    double a = value_of(s, row_of_rank(s, (int64_t)low + 1));
    double b = value_of(s, row_of_rank(s, (int64_t)high + 1));
    if (low == high || a == b)
        return a;
    return (high - place) * a + (place - low) * b;
}

static void put_number(vonk_column *out, uint32_t row, double x)
{
    if (out->type.id == VONK_INTERVAL_YM)
        ((int32_t *)out->values)[row] = (int32_t)x;
    else if (out->type.id == VONK_INTERVAL_DT)
        ((int64_t *)out->values)[row] = (int64_t)x;
    else
        ((double *)out->values)[row] = x;
}

static vonk_status one_percentile(const vonk_aggregate *agg, const vonk_eval *ctx, uint32_t group,
                                  vonk_column *out, uint32_t row, vonk_error *err)
{
    const vonk_expr *call = agg->call;
    bool within = is_within_group(call), has_weights = !within && !is_approximate(call);
    vonk_value_rows rows;
    uint32_t *order;
    VONK_TRY(vonk_values_rows(agg, ctx, group, &rows, err));
    vonk_value_key key = {.column = &rows.args[value_arg(call)],
                          .flags = within ? (int)vonk_values_arg(agg, &rows, 2).i64 : 0};
    VONK_TRY(vonk_values_order(ctx, rows.n, &key, 1, &order, err));
    sorted s = {.values = key.column, .rows = order, .n = rows.n};
    int64_t total = rows.n;
    if (has_weights && call->n_args == 3 && call->args[2]->kind != VONK_EXPR_LITERAL) {
        s.weights = &rows.args[2];
        total = 0;
        for (uint32_t i = 0; i < s.n; i++)
            total += weight_at(&s, i);
    }
    if (total <= 0)
        return vonk_result_null(ctx, out, row, err);
    double p = call->n_args == 1 ? 0.5 : vonk_values_arg(agg, &rows, within ? 0 : 1).f64;
    uint32_t at = row_of_rank(&s, (int64_t)ceil((double)total * p));
    if (is_approximate(call))
        return vonk_values_put(ctx, s.values, at, out, row, err);
    bool discrete = !strcmp(call->name, "percentile_disc");
    put_number(out, row, discrete ? value_of(&s, at) : interpolate(&s, total, p));
    return VONK_OK;
}

static vonk_status percentile_finish(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                                     vonk_column *out, vonk_error *err)
{
    for (uint32_t i = 0; i < out->length; i++)
        VONK_TRY(one_percentile(agg, ctx, start + i, out, i, err));
    return VONK_OK;
}

/* The value that most rows have; of several the first in the order. */
static vonk_status one_mode(const vonk_aggregate *agg, const vonk_eval *ctx, uint32_t group,
                            vonk_column *out, uint32_t row, vonk_error *err)
{
    vonk_value_rows rows;
    uint32_t *order, best = 0, most = 0, run = 0;
    VONK_TRY(vonk_values_rows(agg, ctx, group, &rows, err));
    bool flagged = agg->call->n_args == 2 && agg->call->args[1]->type.id == VONK_INT32;
    vonk_value_key key = {.column = &rows.args[0],
                          .flags = flagged ? (int)vonk_values_arg(agg, &rows, 1).i64 : 0};
    VONK_TRY(vonk_values_order(ctx, rows.n, &key, 1, &order, err));
    for (uint32_t i = 0; i < rows.n; i++) {
        bool same = i && !vonk_compare_rows(key.column, order[i - 1], key.column, order[i]);
        run = same ? run + 1 : 1;
        if (run > most) {
            most = run;
            best = order[i];
        }
    }
    if (!most)
        return vonk_result_null(ctx, out, row, err);
    return vonk_values_put(ctx, key.column, best, out, row, err);
}

static vonk_status mode_finish(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                               vonk_column *out, vonk_error *err)
{
    for (uint32_t i = 0; i < out->length; i++)
        VONK_TRY(one_mode(agg, ctx, start + i, out, i, err));
    return VONK_OK;
}

const vonk_aggregate_family vonk_family_percentile = VONK_VALUES_FAMILY(percentile_finish, false);
const vonk_aggregate_family vonk_family_mode = VONK_VALUES_FAMILY(mode_finish, false);

static vonk_status fail_percentage(const vonk_expr *call, double p, vonk_arena *arena,
                                   vonk_error *err)
{
    const char *text = vonk_call_text(call, arena, err);
    VONK_TRY_ALLOC(text);
    vonk_expr shown = {.kind = VONK_EXPR_LITERAL, .type = VONK_TYPE(FLOAT64), .value.f64 = p};
    vonk_buffer value = {0};
    vonk_expr_print(&shown, true, &value);
    vonk_status status = vonk_fail_sql(err, "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
                                       "Cannot resolve \"%s\" due to data type mismatch: The "
                                       "percentage must be between [0.0, 1.0] (current value = "
                                       "%sD).",
                                       text, vonk_buffer_str(&value));
    vonk_buffer_free(&value);
    return vonk_error_at(err, status, call->start, call->end);
}

static vonk_status fail_null(const vonk_expr *call, vonk_arena *arena, vonk_error *err)
{
    const char *text = vonk_call_text(call, arena, err);
    VONK_TRY_ALLOC(text);
    vonk_status status = vonk_fail_sql(err, "DATATYPE_MISMATCH.UNEXPECTED_NULL",
                                       "Cannot resolve \"%s\" due to data type mismatch: The "
                                       "percentage must not be null.",
                                       text);
    return vonk_error_at(err, status, call->start, call->end);
}

/* args[i], of percentile_approx: a constant from 1 on. */
static vonk_status resolve_accuracy(vonk_expr *call, uint32_t i, const vonk_eval_settings *settings,
                                    vonk_arena *arena, vonk_error *err)
{
    vonk_value value;
    VONK_TRY(vonk_resolve_arg(call, i, VONK_TYPE(INT64), arena, err));
    if (!is_approximate(call))
        return VONK_OK;
    vonk_status status = vonk_expr_constant(call->args[i], settings, arena, &value, err);
    if (status == VONK_USER || status == VONK_NO_MEMORY)
        return status;
    if (status != VONK_OK)
        return vonk_fail_not_constant(call, i, "accuracy", "\"INTEGRAL\"", err);
    if (value.is_null || (value.i64 > 0 && value.i64 <= INT32_MAX))
        return VONK_OK;
    return vonk_fail_out_of_range(call, "accuracy must be between (0, 2147483647]", value.i64, "L",
                                  err);
}

/* args[i]: a constant from 0 to 1. */
static vonk_status resolve_percentage(vonk_expr *call, uint32_t i,
                                      const vonk_eval_settings *settings, vonk_arena *arena,
                                      vonk_error *err)
{
    vonk_value p;
    VONK_TRY(vonk_resolve_arg(call, i, VONK_TYPE(FLOAT64), arena, err));
    vonk_status status = vonk_expr_constant(call->args[i], settings, arena, &p, err);
    if (status == VONK_USER || status == VONK_NO_MEMORY)
        return status;
    if (status != VONK_OK)
        return vonk_fail_not_constant(call, i, "percentage", "\"DOUBLE\"", err);
    if (p.is_null)
        return fail_null(call, arena, err);
    if (!(p.f64 >= 0 && p.f64 <= 1))
        return fail_percentage(call, p.f64, arena, err);
    return VONK_OK;
}

static vonk_status fail_no_order(const vonk_expr *call, vonk_error *err)
{
    vonk_status status =
        vonk_fail_sql(err, "INVALID_WITHIN_GROUP_EXPRESSION.WITHIN_GROUP_MISSING",
                      "Invalid function `%s` with WITHIN GROUP. WITHIN GROUP is required for the "
                      "function.",
                      call->name);
    return vonk_error_at(err, status, call->start, call->end);
}

vonk_status vonk_resolve_percentile(vonk_expr *call, const vonk_eval_settings *settings,
                                    vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                    vonk_error *err)
{
    bool median = !strcmp(call->name, "median"), approximate = is_approximate(call);
    if (is_within_group(call) && call->n_args < 3)
        return fail_no_order(call, err);
    VONK_TRY(vonk_check_n_args(call, median ? 1 : 2, median ? 1 : 3, err));
    uint32_t at = value_arg(call);
    vonk_type t = call->args[at]->type;
    bool is_time = t.id == VONK_DATE || t.id == VONK_TIMESTAMP || t.id == VONK_TIMESTAMP_NTZ;
    if (!is_interval(t) && !(approximate && is_time)) {
        VONK_TRY(vonk_resolve_numeric_arg(call, at, arena, err));
        if (!approximate)
            VONK_TRY(vonk_resolve_arg(call, at, VONK_TYPE(FLOAT64), arena, err));
    }
    if (call->n_args > 1)
        VONK_TRY(resolve_percentage(call, at ? 0 : 1, settings, arena, err));
    if (!at && call->n_args == 3)
        VONK_TRY(resolve_accuracy(call, 2, settings, arena, err));
    t = call->args[at]->type;
    *ret_type = is_interval(t) && !approximate ? (vonk_type){.id = t.id} : t;
    *ret_nullable = true;
    return VONK_OK;
}

vonk_status vonk_resolve_mode(vonk_expr *call, const vonk_eval_settings *settings,
                              vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                              vonk_error *err)
{
    (void)settings;
    (void)arena;
    VONK_TRY(vonk_check_n_args(call, 1, 2, err));
    *ret_type = call->args[0]->type;
    *ret_nullable = true;
    return VONK_OK;
}
