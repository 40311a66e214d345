/*
 * aggregate_average.c - try_avg, and avg of intervals.
 *
 * Slot 0: sums (128 bits), slot 1: counts, slot 2: has the sum overflowed? State: the sum, the
 * count, and that. A null sum beside a count is one that overflowed.
 */
#include <string.h>

#include "expr/aggregate_internal.h"
#include "expr/time_math.h"
#include "kernel/decimal.h"

enum { AVG, TRY_AVG }; /* agg->kind */

static bool is_interval(vonk_type t)
{
    return t.id == VONK_INTERVAL_DT || t.id == VONK_INTERVAL_YM;
}

static vonk_type sum_type(vonk_type t)
{
    if (is_interval(t))
        return t;
    if (t.id != VONK_DECIMAL)
        return VONK_TYPE(FLOAT64);
    int precision = t.precision + 10;
    return VONK_TYPE_DECIMAL(
        (uint8_t)(precision < VONK_MAX_PRECISION ? precision : VONK_MAX_PRECISION), t.scale);
}

static void average_widths(const vonk_aggregate *agg, size_t ret[VONK_MAX_SLOTS])
{
    (void)agg;
    ret[0] = sizeof(vonk_int128);
    ret[1] = sizeof(int64_t);
    ret[2] = 1;
}

static void average_state_types(const vonk_expr *call, vonk_type ret[VONK_MAX_STATES],
                                uint32_t *ret_n)
{
    ret[0] = sum_type(call->args[0]->type);
    ret[1] = VONK_TYPE(INT64);
    ret[2] = VONK_TYPE(BOOL);
    *ret_n = 3;
}

/* Adds row `row` to a sum of `type`; true if it overflows. */
static bool add_row(vonk_type type, const vonk_column *col, uint32_t row, vonk_int128 *sum)
{
    if (type.id == VONK_FLOAT64) {
        double x;
        memcpy(&x, sum, sizeof x);
        x += vonk_number_at(col, row);
        memcpy(sum, &x, sizeof x);
        return false;
    }
    if (type.id == VONK_DECIMAL)
        return __builtin_add_overflow(*sum, vonk_decimal_at(col, row), sum) ||
               !vonk_decimal_fits(*sum, type.precision);
    *sum += vonk_whole_at(col, row);
    return *sum != (type.id == VONK_INTERVAL_YM ? (int32_t)*sum : (int64_t)*sum);
}

static void add_rows(vonk_aggregate *agg, const vonk_aggregate_rows *in, const int64_t *counts)
{
    vonk_type type = sum_type(agg->arg_type);
    uint8_t *bad = agg->slots[2];
    for (uint32_t i = 0; i < in->n; i++) {
        uint32_t g = vonk_group_of(in, i);
        if (!vonk_row_counts(in, i))
            continue;
        ((int64_t *)agg->slots[1])[g] += counts ? counts[i] : 1;
        bad[g] |= add_row(type, &in->args[0], i, (vonk_int128 *)agg->slots[0] + g);
    }
}

static vonk_status average_update(vonk_aggregate *agg, const vonk_aggregate_rows *in,
                                  vonk_error *err)
{
    (void)err;
    add_rows(agg, in, NULL);
    return VONK_OK;
}

static vonk_status average_merge(vonk_aggregate *agg, const vonk_aggregate_rows *in,
                                 vonk_error *err)
{
    (void)err;
    vonk_aggregate_rows rows = *in;
    rows.valid = in->args[0].validity;
    for (uint32_t i = 0; i < in->n; i++)
        ((uint8_t *)agg->slots[2])[vonk_group_of(in, i)] |= vonk_bit_get(in->args[2].values, i);
    add_rows(agg, &rows, in->args[1].values);
    return VONK_OK;
}

static void put_whole(vonk_column *out, uint32_t row, int64_t value)
{
    if (out->type.id == VONK_INTERVAL_YM)
        ((int32_t *)out->values)[row] = (int32_t)value;
    else
        ((int64_t *)out->values)[row] = value;
}

static vonk_status average_export(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                                  vonk_column *out, vonk_error *err)
{
    for (uint32_t i = 0; i < out->length; i++) {
        uint32_t g = start + i;
        bool bad = ((uint8_t *)agg->slots[2])[g];
        const vonk_int128 *sum = (vonk_int128 *)agg->slots[0] + g;
        ((int64_t *)out[1].values)[i] = ((int64_t *)agg->slots[1])[g];
        vonk_bit_set(out[2].values, i, bad);
        if (bad)
            VONK_TRY(vonk_result_null(ctx, out, i, err));
        else if (out->type.id == VONK_FLOAT64)
            memcpy((double *)out->values + i, sum, sizeof(double));
        else if (out->type.id == VONK_DECIMAL)
            vonk_decimal_set(out, i, *sum);
        else
            put_whole(out, i, (int64_t)*sum);
    }
    return VONK_OK;
}

/* sum / n, rounded half up; false if it does not fit. */
static bool put_average(const vonk_aggregate *agg, const vonk_int128 *sum, int64_t n,
                        vonk_column *out, uint32_t row)
{
    if (out->type.id == VONK_FLOAT64) {
        double x;
        memcpy(&x, sum, sizeof x);
        ((double *)out->values)[row] = x / (double)n;
        return true;
    }
    vonk_int128 value;
    if (out->type.id != VONK_DECIMAL) {
        put_whole(out, row, (int64_t)vonk_decimal_div_half_up(*sum, n));
        return true;
    }
    if (vonk_decimal_div(*sum, agg->arg_type.scale, n, 0, out->type, &value) != VONK_DECIMAL_OK)
        return false;
    vonk_decimal_set(out, row, value);
    return true;
}

static vonk_status average_finish(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                                  vonk_column *out, vonk_error *err)
{
    for (uint32_t i = 0; i < out->length; i++) {
        uint32_t g = start + i;
        int64_t n = ((int64_t *)agg->slots[1])[g];
        bool bad = ((uint8_t *)agg->slots[2])[g];
        if (bad && agg->kind == AVG)
            return vonk_fail_interval_overflow("try_add", err);
        if (bad || !n || !put_average(agg, (vonk_int128 *)agg->slots[0] + g, n, out, i))
            VONK_TRY(vonk_result_null(ctx, out, i, err));
    }
    return VONK_OK;
}

const vonk_aggregate_family vonk_family_average = {.widths = average_widths,
                                                   .state_types = average_state_types,
                                                   .update = average_update,
                                                   .merge = average_merge,
                                                   .export = average_export,
                                                   .finish = average_finish};
