/* aggregate_count.c - count and avg: slot 0 of count, slot 1 of avg, are counts. */
#include "expr/aggregate_internal.h"
#include "kernel/decimal.h"

#define FEW_GROUPS 64

static uint64_t count_bits(const uint64_t *bits, uint32_t n)
{
    uint64_t count = 0;
    for (size_t w = 0; w < vonk_bitmap_words(n); w++)
        count += (uint64_t)__builtin_popcountll(bits[w] & vonk_bitmap_mask(w, n));
    return count;
}

/* Four lanes, so that a row does not wait for the one before it. */
static void count_few(const vonk_aggregate_rows *in, uint32_t n_groups, int64_t *counts)
{
    int64_t acc[4][FEW_GROUPS] = {0};
    uint32_t i = 0;
    for (; i + 4 <= in->n && !in->valid; i += 4) {
        acc[0][in->groups[i]]++;
        acc[1][in->groups[i + 1]]++;
        acc[2][in->groups[i + 2]]++;
        acc[3][in->groups[i + 3]]++;
    }
    for (; i < in->n; i++)
        acc[i & 3][in->groups[i]] += vonk_row_counts(in, i);
    for (uint32_t g = 0; g < n_groups; g++)
        counts[g] += acc[0][g] + acc[1][g] + acc[2][g] + acc[3][g];
}

void vonk_count_rows(const vonk_aggregate_rows *in, uint32_t n_groups, int64_t *counts)
{
    if (!in->groups)
        counts[0] += in->valid ? (int64_t)count_bits(in->valid, in->n) : in->n;
    else if (n_groups <= FEW_GROUPS)
        count_few(in, n_groups, counts);
    else
        for (uint32_t i = 0; i < in->n; i++)
            counts[in->groups[i]] += vonk_row_counts(in, i);
}

static void count_widths(const vonk_aggregate *agg, size_t ret[VONK_MAX_SLOTS])
{
    (void)agg;
    ret[0] = 8;
}

static void count_state_types(const vonk_expr *call, vonk_type ret[VONK_MAX_STATES],
                              uint32_t *ret_n)
{
    (void)call;
    ret[0] = VONK_TYPE(INT64);
    *ret_n = 1;
}

static vonk_status count_update(vonk_aggregate *agg, const vonk_aggregate_rows *in, vonk_error *err)
{
    (void)err;
    int64_t *counts = agg->slots[0];
    if (agg->kind == 0) {
        vonk_count_rows(in, agg->n_groups, counts);
        return VONK_OK;
    }
    for (uint32_t i = 0; i < in->n; i++) /* count_if */
        counts[vonk_group_of(in, i)] +=
            vonk_row_counts(in, i) && vonk_bit_get(in->args[0].values, i);
    return VONK_OK;
}

static vonk_status count_merge(vonk_aggregate *agg, const vonk_aggregate_rows *in, vonk_error *err)
{
    (void)err;
    const int64_t *from = in->args[0].values;
    int64_t *counts = agg->slots[0];
    for (uint32_t i = 0; i < in->n; i++)
        counts[vonk_group_of(in, i)] += from[i];
    return VONK_OK;
}

static vonk_status count_finish(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                                vonk_column *out, vonk_error *err)
{
    (void)ctx;
    (void)err;
    const int64_t *counts = agg->slots[0];
    for (uint32_t i = 0; i < out->length; i++)
        ((int64_t *)out->values)[i] = counts[start + i];
    return VONK_OK;
}

static vonk_status count_run(vonk_aggregate *agg, const bool *begins, uint32_t n, vonk_error *err)
{
    (void)err;
    vonk_run_counts(agg->slots[0], begins, n);
    return VONK_OK;
}

const vonk_aggregate_family vonk_family_count = {.widths = count_widths,
                                                 .state_types = count_state_types,
                                                 .update = count_update,
                                                 .merge = count_merge,
                                                 .export = count_finish,
                                                 .finish = count_finish,
                                                 .run = count_run};

/* avg: slot 0 sums (double, or 128 bits of a decimal), slot 1 counts. State: both. */

static vonk_type avg_sum_type(const vonk_expr *call)
{
    vonk_type t = call->args[vonk_operand_of(call)]->type;
    if (t.id != VONK_DECIMAL)
        return VONK_TYPE(FLOAT64);
    int precision = t.precision + 10;
    return VONK_TYPE_DECIMAL(
        (uint8_t)(precision < VONK_MAX_PRECISION ? precision : VONK_MAX_PRECISION), t.scale);
}

static void avg_widths(const vonk_aggregate *agg, size_t ret[VONK_MAX_SLOTS])
{
    ret[0] = vonk_sum_width(vonk_sum_kind_of(avg_sum_type(agg->call)));
    ret[1] = 8;
}

static void avg_state_types(const vonk_expr *call, vonk_type ret[VONK_MAX_STATES], uint32_t *ret_n)
{
    ret[0] = avg_sum_type(call);
    ret[1] = VONK_TYPE(INT64);
    *ret_n = 2;
}

static vonk_status avg_update(vonk_aggregate *agg, const vonk_aggregate_rows *in, vonk_error *err)
{
    vonk_count_rows(in, agg->n_groups, agg->slots[1]);
    vonk_aggregate_rows rows = *in;
    rows.args += vonk_operand_of(agg->call);
    if (vonk_type_is_integral(agg->arg_type)) { /* averaged as doubles */
        vonk_sum_whole_rows(agg, &rows, agg->slots[0]);
        return VONK_OK;
    }
    return vonk_sum_rows(agg, agg->arg_type, &rows, agg->slots[0], err);
}

static vonk_status avg_merge(vonk_aggregate *agg, const vonk_aggregate_rows *in, vonk_error *err)
{
    const int64_t *from = in->args[1].values;
    int64_t *counts = agg->slots[1];
    for (uint32_t i = 0; i < in->n; i++)
        counts[vonk_group_of(in, i)] += from[i];
    vonk_aggregate_rows rows = *in;
    rows.valid = in->args[0].validity;
    return vonk_sum_rows(agg, in->args[0].type, &rows, agg->slots[0], err);
}

static vonk_status avg_export(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                              vonk_column *out, vonk_error *err)
{
    const int64_t *counts = agg->slots[1];
    for (uint32_t i = 0; i < out->length; i++) {
        ((int64_t *)out[1].values)[i] = counts[start + i];
        if (out->type.id != VONK_DECIMAL) {
            ((double *)out->values)[i] = ((double *)agg->slots[0])[start + i];
            continue;
        }
        vonk_int128 sum = ((vonk_int128 *)agg->slots[0])[start + i];
        if (vonk_decimal_fits(sum, out->type.precision))
            vonk_decimal_set(out, i, sum);
        else if (agg->settings->ansi)
            return vonk_fail_sql(err, "ARITHMETIC_OVERFLOW",
                                 "decimal overflow. Use 'try_avg' to tolerate overflow and return "
                                 "NULL instead. If necessary set \"spark.sql.ansi.enabled\" to "
                                 "\"false\" to bypass this error.");
        else
            VONK_TRY(vonk_result_null(ctx, out, i, err));
    }
    return VONK_OK;
}

vonk_status vonk_fail_average(const vonk_aggregate *agg, bool negative, vonk_uint128 sum, int64_t n,
                              vonk_error *err)
{
    char text[200];
    vonk_decimal_average_text(negative, sum, agg->arg_type.scale, n, text);
    return vonk_decimal_fail(text, agg->type, err);
}

static vonk_status avg_finish(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                              vonk_column *out, vonk_error *err)
{
    const int64_t *counts = agg->slots[1];
    for (uint32_t i = 0; i < out->length; i++) {
        int64_t n = counts[start + i];
        vonk_int128 value;
        if (n == 0) {
            VONK_TRY(vonk_result_null(ctx, out, i, err));
        } else if (out->type.id != VONK_DECIMAL) {
            ((double *)out->values)[i] = ((double *)agg->slots[0])[start + i] / (double)n;
        } else if (vonk_decimal_div(((vonk_int128 *)agg->slots[0])[start + i], agg->arg_type.scale,
                                    n, 0, out->type, &value) == VONK_DECIMAL_OK) {
            vonk_decimal_set(out, i, value);
        } else if (agg->settings->ansi) {
            vonk_int128 sum = ((vonk_int128 *)agg->slots[0])[start + i];
            return vonk_fail_average(agg, sum < 0, vonk_int128_abs(sum), n, err);
        } else {
            VONK_TRY(vonk_result_null(ctx, out, i, err));
        }
    }
    return VONK_OK;
}

static vonk_status avg_run(vonk_aggregate *agg, const bool *begins, uint32_t n, vonk_error *err)
{
    vonk_run_counts(agg->slots[1], begins, n);
    vonk_sum_kind kind = vonk_sum_kind_of(avg_sum_type(agg->call));
    return vonk_run_sums(agg, kind, agg->slots[0], begins, n, err);
}

const vonk_aggregate_family vonk_family_avg = {.widths = avg_widths,
                                               .state_types = avg_state_types,
                                               .update = avg_update,
                                               .merge = avg_merge,
                                               .export = avg_export,
                                               .finish = avg_finish,
                                               .run = avg_run};
