/*
 * aggregate_moments.c - variance, standard deviation, covariance; bit_and, bit_or, bit_xor.
 *
 * Slots and states of moments: count, mean and the sum of squared distances from it, all doubles;
 * of covariance: count, both means, and the sum of products of distances.
 * Source: Spark's CentralMomentAgg and Covariance (Welford; Chan et al. to merge).
 */
#include <math.h>

#include "expr/aggregate_internal.h"

/* agg->kind */
enum { STDDEV_SAMP, STDDEV_POP, VAR_SAMP, VAR_POP, COVAR_SAMP, COVAR_POP };

static void moments_widths(const vonk_aggregate *agg, size_t ret[VONK_MAX_SLOTS])
{
    ret[0] = ret[1] = ret[2] = sizeof(double);
    if (agg->kind >= COVAR_SAMP)
        ret[3] = sizeof(double);
}

static void moments_state_types(const vonk_expr *call, vonk_type ret[VONK_MAX_STATES],
                                uint32_t *ret_n)
{
    for (int i = 0; i < 4; i++)
        ret[i] = VONK_TYPE(FLOAT64);
    *ret_n = call->n_args == 2 ? 4 : 3;
}

/* Moments by group. */
typedef struct moments {
    double *count, *mean, *m2;
} moments;

static void add_rows(const vonk_aggregate_rows *in, uint32_t start, uint32_t end, const moments *to)
{
    const double *x = in->args[0].values;
    for (uint32_t i = start; i < end; i++) {
        if (!vonk_row_counts(in, i))
            continue;
        uint32_t g = vonk_group_of(in, i);
        to->count[g]++;
        double delta = x[i] - to->mean[g], step = delta / to->count[g];
        to->mean[g] += step;
        to->m2[g] += delta * (delta - step);
    }
}

static void merge_group(const moments *to, uint32_t g, double from_n, double from_mean,
                        double from_m2)
{
    double n = to->count[g] + from_n;
    double delta = from_mean - to->mean[g], step = n == 0 ? 0 : delta / n;
    to->m2[g] += from_m2 + delta * step * to->count[g] * from_n;
    to->mean[g] += step * from_n;
    to->count[g] = n;
}

/*
 * The halves of a batch apart, then merged, as two partitions would: less is lost when the values
 * are large beside their distances. One after the other if groups are too many to merge.
 */
static vonk_status moments_update(vonk_aggregate *agg, const vonk_aggregate_rows *in,
                                  vonk_error *err)
{
    moments to = {agg->slots[0], agg->slots[1], agg->slots[2]};
    uint32_t n = agg->n_groups;
    if (n > in->n) {
        add_rows(in, 0, in->n, &to);
        return VONK_OK;
    }
    vonk_arena scratch = vonk_arena_beside(agg->arena);
    double *sums = vonk_arena_zalloc(&scratch, sizeof(double) * 3 * n, err);
    if (sums) {
        moments second = {sums, sums + n, sums + 2 * (size_t)n};
        add_rows(in, 0, in->n / 2, &to);
        add_rows(in, in->n / 2, in->n, &second);
        for (uint32_t g = 0; g < n; g++)
            merge_group(&to, g, second.count[g], second.mean[g], second.m2[g]);
    }
    vonk_arena_free(&scratch);
    return sums ? VONK_OK : VONK_NO_MEMORY;
}

static vonk_status moments_merge(vonk_aggregate *agg, const vonk_aggregate_rows *in,
                                 vonk_error *err)
{
    (void)err;
    moments to = {agg->slots[0], agg->slots[1], agg->slots[2]};
    const double *n = in->args[0].values, *mean = in->args[1].values, *m2 = in->args[2].values;
    for (uint32_t i = 0; i < in->n; i++)
        merge_group(&to, vonk_group_of(in, i), n[i], mean[i], m2[i]);
    return VONK_OK;
}

static vonk_status covar_update(vonk_aggregate *agg, const vonk_aggregate_rows *in, vonk_error *err)
{
    (void)err;
    double *count = agg->slots[0], *mean_x = agg->slots[1], *mean_y = agg->slots[2];
    double *product = agg->slots[3];
    const double *x = in->args[0].values, *y = in->args[1].values;
    for (uint32_t i = 0; i < in->n; i++) {
        if (!vonk_row_counts(in, i))
            continue;
        uint32_t g = vonk_group_of(in, i);
        count[g]++;
        double dx = x[i] - mean_x[g], dy = y[i] - mean_y[g];
        mean_x[g] += dx / count[g];
        mean_y[g] += dy / count[g];
        product[g] += dx * (y[i] - mean_y[g]);
    }
    return VONK_OK;
}

static vonk_status covar_merge(vonk_aggregate *agg, const vonk_aggregate_rows *in, vonk_error *err)
{
    (void)err;
    double *count = agg->slots[0], *mean_x = agg->slots[1], *mean_y = agg->slots[2];
    double *product = agg->slots[3];
    const double *n2 = in->args[0].values, *x2 = in->args[1].values, *y2 = in->args[2].values;
    const double *product2 = in->args[3].values;
    for (uint32_t i = 0; i < in->n; i++) {
        uint32_t g = vonk_group_of(in, i);
        double n = count[g] + n2[i], dx = x2[i] - mean_x[g], dy = y2[i] - mean_y[g];
        double step = n == 0 ? 0 : dx / n;
        product[g] += product2[i] + step * dy * count[g] * n2[i];
        mean_x[g] += step * n2[i];
        mean_y[g] += n == 0 ? 0 : dy / n * n2[i];
        count[g] = n;
    }
    return VONK_OK;
}

static vonk_status moments_export(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                                  vonk_column *out, vonk_error *err)
{
    (void)ctx;
    (void)err;
    for (int s = 0; s < VONK_MAX_SLOTS && agg->widths[s]; s++)
        for (uint32_t i = 0; i < out->length; i++)
            ((double *)out[s].values)[i] = ((double *)agg->slots[s])[start + i];
    return VONK_OK;
}

static vonk_status moments_finish(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                                  vonk_column *out, vonk_error *err)
{
    bool sample = agg->kind == STDDEV_SAMP || agg->kind == VAR_SAMP || agg->kind == COVAR_SAMP;
    const double *sums = agg->slots[agg->kind >= COVAR_SAMP ? 3 : 2];
    for (uint32_t i = 0; i < out->length; i++) {
        double n = ((double *)agg->slots[0])[start + i] - (sample ? 1 : 0);
        if (n <= 0) {
            VONK_TRY(vonk_result_null(ctx, out, i, err));
            continue;
        }
        double value = sums[start + i] / n;
        ((double *)out->values)[i] = agg->kind <= STDDEV_POP ? sqrt(value) : value;
    }
    return VONK_OK;
}

const vonk_aggregate_family vonk_family_moments = {.widths = moments_widths,
                                                   .state_types = moments_state_types,
                                                   .update = moments_update,
                                                   .merge = moments_merge,
                                                   .export = moments_export,
                                                   .finish = moments_finish};

const vonk_aggregate_family vonk_family_covar = {.widths = moments_widths,
                                                 .state_types = moments_state_types,
                                                 .update = covar_update,
                                                 .merge = covar_merge,
                                                 .export = moments_export,
                                                 .finish = moments_finish};

/* bit_and, bit_or, bit_xor: slot 0 the bits as int64_t, slot 1 a byte: has a value. */

static void bits_widths(const vonk_aggregate *agg, size_t ret[VONK_MAX_SLOTS])
{
    (void)agg;
    ret[0] = 8;
    ret[1] = 1;
}

static void bits_state_types(const vonk_expr *call, vonk_type ret[VONK_MAX_STATES], uint32_t *ret_n)
{
    ret[0] = call->type;
    *ret_n = 1;
}

static vonk_status bits_update(vonk_aggregate *agg, const vonk_aggregate_rows *in, vonk_error *err)
{
    (void)err;
    int64_t *bits = agg->slots[0];
    uint8_t *seen = agg->slots[1];
    for (uint32_t i = 0; i < in->n; i++) {
        if (!vonk_row_counts(in, i))
            continue;
        uint32_t g = vonk_group_of(in, i);
        int64_t value = vonk_whole_at(&in->args[0], i);
        if (!seen[g])
            bits[g] = value;
        else
            bits[g] = agg->kind == 0   ? bits[g] & value
                      : agg->kind == 1 ? bits[g] | value
                                       : bits[g] ^ value;
        seen[g] = 1;
    }
    return VONK_OK;
}

static vonk_status bits_merge(vonk_aggregate *agg, const vonk_aggregate_rows *in, vonk_error *err)
{
    vonk_aggregate_rows rows = *in;
    rows.valid = in->args[0].validity;
    return bits_update(agg, &rows, err);
}

static vonk_status bits_finish(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                               vonk_column *out, vonk_error *err)
{
    const uint8_t *seen = agg->slots[1];
    for (uint32_t i = 0; i < out->length; i++) {
        int64_t value = ((int64_t *)agg->slots[0])[start + i];
        if (!seen[start + i])
            VONK_TRY(vonk_result_null(ctx, out, i, err));
        else /* little-endian: the low bytes are the value */
            __builtin_memcpy((char *)out->values + i * vonk_type_width(out->type), &value,
                             vonk_type_width(out->type));
    }
    return VONK_OK;
}

const vonk_aggregate_family vonk_family_bits = {.widths = bits_widths,
                                                .state_types = bits_state_types,
                                                .update = bits_update,
                                                .merge = bits_merge,
                                                .export = bits_finish,
                                                .finish = bits_finish};
