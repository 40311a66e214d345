/*
 * aggregate_try_sum.c - try_sum: null for a group whose sum overflows.
 *
 * Slot 0: sums; slot 1: flags. State: the sum, null without one, and whether it overflowed.
 */
#include "expr/aggregate_internal.h"
#include "kernel/decimal.h"

enum { SEEN = 1, OVERFLOWED = 2 };

static void try_sum_widths(const vonk_aggregate *agg, size_t ret[VONK_MAX_SLOTS])
{
    ret[0] = vonk_sum_width(vonk_sum_kind_of(agg->type));
    ret[1] = 1;
}

static void try_sum_state_types(const vonk_expr *call, vonk_type ret[VONK_MAX_STATES],
                                uint32_t *ret_n)
{
    ret[0] = call->type;
    ret[1] = VONK_TYPE(BOOL);
    *ret_n = 2;
}

/* Adds row `row` to the group's sum; true if it overflows. */
static bool add_row(const vonk_aggregate *agg, const vonk_column *col, uint32_t row, uint32_t group)
{
    int64_t *sum;
    vonk_int128 *wide;
    switch (vonk_sum_kind_of(agg->type)) {
    case VONK_SUM_FLOAT64:
        ((double *)agg->slots[0])[group] += vonk_number_at(col, row);
        return false;
    case VONK_SUM_DECIMAL:
        wide = (vonk_int128 *)agg->slots[0] + group;
        return __builtin_add_overflow(*wide, vonk_decimal_at(col, row), wide) ||
               !vonk_decimal_fits(*wide, agg->type.precision);
    default:
        sum = (int64_t *)agg->slots[0] + group;
        if (__builtin_add_overflow(*sum, vonk_whole_at(col, row), sum))
            return true;
        return agg->type.id == VONK_INTERVAL_YM && *sum != (int32_t)*sum;
    }
}

static vonk_status try_sum_update(vonk_aggregate *agg, const vonk_aggregate_rows *in,
                                  vonk_error *err)
{
    (void)err;
    uint8_t *flags = agg->slots[1];
    for (uint32_t i = 0; i < in->n; i++) {
        uint32_t g = vonk_group_of(in, i);
        if (!vonk_row_counts(in, i) || flags[g] & OVERFLOWED)
            continue;
        flags[g] = add_row(agg, &in->args[0], i, g) ? OVERFLOWED : SEEN;
    }
    return VONK_OK;
}

static vonk_status try_sum_merge(vonk_aggregate *agg, const vonk_aggregate_rows *in,
                                 vonk_error *err)
{
    uint8_t *flags = agg->slots[1];
    vonk_aggregate_rows rows = *in;
    rows.valid = in->args[0].validity;
    for (uint32_t i = 0; i < in->n; i++)
        if (vonk_bit_get(in->args[1].values, i))
            flags[vonk_group_of(in, i)] = OVERFLOWED;
    return try_sum_update(agg, &rows, err);
}

static vonk_status try_sum_finish(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                                  vonk_column *out, vonk_error *err)
{
    const uint8_t *flags = agg->slots[1];
    for (uint32_t i = 0; i < out->length; i++) {
        uint32_t g = start + i;
        if (flags[g] != SEEN)
            VONK_TRY(vonk_result_null(ctx, out, i, err));
        else if (out->type.id == VONK_DECIMAL)
            vonk_decimal_set(out, i, ((vonk_int128 *)agg->slots[0])[g]);
        else if (out->type.id == VONK_FLOAT64)
            ((double *)out->values)[i] = ((double *)agg->slots[0])[g];
        else if (out->type.id == VONK_INTERVAL_YM)
            ((int32_t *)out->values)[i] = (int32_t)((int64_t *)agg->slots[0])[g];
        else
            ((int64_t *)out->values)[i] = ((int64_t *)agg->slots[0])[g];
    }
    return VONK_OK;
}

static vonk_status try_sum_export(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                                  vonk_column *out, vonk_error *err)
{
    const uint8_t *flags = agg->slots[1];
    for (uint32_t i = 0; i < out->length; i++)
        vonk_bit_set(out[1].values, i, flags[start + i] == OVERFLOWED);
    return try_sum_finish(agg, ctx, start, out, err);
}

const vonk_aggregate_family vonk_family_try_sum = {.widths = try_sum_widths,
                                                   .state_types = try_sum_state_types,
                                                   .update = try_sum_update,
                                                   .merge = try_sum_merge,
                                                   .export = try_sum_export,
                                                   .finish = try_sum_finish};
