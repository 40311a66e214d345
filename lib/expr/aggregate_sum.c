/*
 * aggregate_sum.c - sum and avg.
 *
 * Sums are kept as int64_t (integers, intervals), double, or 128 bits (decimals). Narrow values
 * are first added up in int64_t over a run of rows that cannot overflow, with four lanes if there
 * are few groups; the run's sums are then added to the states with a check.
 */
#include <string.h>

#include "expr/aggregate_internal.h"
#include "expr/time_math.h"
#include "kernel/decimal.h"

#define VONK_FEW_GROUPS 32
/* Rows whose sum cannot overflow int64_t if each has at most 15 digits. */
#define RUN_ROWS       8192
#define MAX_RUN_DIGITS 15

#define T              int8_t
#define ACC            int64_t
#define SUFFIX         i8
#include "expr/aggregate_sum.inc.h"
#undef T
#undef SUFFIX
#define T      int16_t
#define SUFFIX i16
#include "expr/aggregate_sum.inc.h"
#undef T
#undef SUFFIX
#define T      int32_t
#define SUFFIX i32
#include "expr/aggregate_sum.inc.h"
#undef T
#undef SUFFIX
#define T      int64_t
#define SUFFIX i64
#include "expr/aggregate_sum.inc.h"
#undef T
#undef SUFFIX
#undef ACC
#define T      int64_t
#define ACC    vonk_int128
#define SUFFIX i64_wide
#include "expr/aggregate_sum.inc.h"
#undef T
#undef SUFFIX
#define T      vonk_int128
#define SUFFIX i128
#include "expr/aggregate_sum.inc.h"
#undef T
#undef SUFFIX
#undef ACC
#define T      float
#define ACC    double
#define SUFFIX f32
#include "expr/aggregate_sum.inc.h"
#undef T
#undef SUFFIX
#define T      double
#define SUFFIX f64
#include "expr/aggregate_sum.inc.h"
#undef T
#undef SUFFIX
#undef ACC

vonk_sum_kind vonk_sum_kind_of(vonk_type type)
{
    if (type.id == VONK_FLOAT32 || type.id == VONK_FLOAT64)
        return VONK_SUM_FLOAT64;
    return type.id == VONK_DECIMAL ? VONK_SUM_DECIMAL : VONK_SUM_INT64;
}

size_t vonk_sum_width(vonk_sum_kind kind)
{
    return kind == VONK_SUM_DECIMAL ? sizeof(vonk_int128) : 8;
}

/* One run of rows: the arguments of the functions below. */
typedef struct run {
    const void *values;
    uint32_t n;
    const uint32_t *groups;
    const uint64_t *valid; /* starts at the run's first row */
    uint32_t n_groups;
} run;

static bool add_i64(int64_t *sum, int64_t value)
{
    return __builtin_add_overflow(*sum, value, sum);
}

static bool add_i128(vonk_int128 *sum, vonk_int128 value)
{
    return __builtin_add_overflow(*sum, value, sum);
}

/* Runs that fit int64_t, by physical type. */
static int64_t narrow_total(vonk_physical_type kind, const run *r)
{
    switch (kind) {
    case VONK_PHYS_I8:
        return r->valid ? sum_valid_i8(r->values, r->n, r->valid) : sum_run_i8(r->values, r->n);
    case VONK_PHYS_I16:
        return r->valid ? sum_valid_i16(r->values, r->n, r->valid) : sum_run_i16(r->values, r->n);
    case VONK_PHYS_I32:
        return r->valid ? sum_valid_i32(r->values, r->n, r->valid) : sum_run_i32(r->values, r->n);
    default:
        return r->valid ? sum_valid_i64(r->values, r->n, r->valid) : sum_run_i64(r->values, r->n);
    }
}

static void narrow_few(vonk_physical_type kind, const run *r, int64_t acc[4][VONK_FEW_GROUPS])
{
    switch (kind) {
    case VONK_PHYS_I8:
        sum_few_i8(r->values, r->n, r->groups, r->valid, acc);
        break;
    case VONK_PHYS_I16:
        sum_few_i16(r->values, r->n, r->groups, r->valid, acc);
        break;
    case VONK_PHYS_I32:
        sum_few_i32(r->values, r->n, r->groups, r->valid, acc);
        break;
    default:
        sum_few_i64(r->values, r->n, r->groups, r->valid, acc);
        break;
    }
}

static int64_t narrow_at(vonk_physical_type kind, const run *r, uint32_t i)
{
    switch (kind) {
    case VONK_PHYS_I8:
        return ((const int8_t *)r->values)[i];
    case VONK_PHYS_I16:
        return ((const int16_t *)r->values)[i];
    case VONK_PHYS_I32:
        return ((const int32_t *)r->values)[i];
    default:
        return ((const int64_t *)r->values)[i];
    }
}

/* Adds a run of values that cannot overflow int64_t; true if a state did. */
static bool add_narrow(vonk_physical_type kind, const run *r, bool to_i128, void *sums)
{
    bool bad = false;
    if (!r->groups) {
        int64_t total = narrow_total(kind, r);
        return to_i128 ? add_i128(sums, total) : add_i64(sums, total);
    }
    if (r->n_groups <= VONK_FEW_GROUPS) {
        int64_t acc[4][VONK_FEW_GROUPS] = {0};
        narrow_few(kind, r, acc);
        for (uint32_t g = 0; g < r->n_groups; g++) {
            int64_t total = acc[0][g] + acc[1][g] + acc[2][g] + acc[3][g];
            bad |= to_i128 ? add_i128((vonk_int128 *)sums + g, total)
                           : add_i64((int64_t *)sums + g, total);
        }
        return bad;
    }
    for (uint32_t i = 0; i < r->n; i++) {
        if (r->valid && !vonk_bit_get(r->valid, i))
            continue;
        int64_t value = narrow_at(kind, r, i);
        bad |= to_i128 ? add_i128((vonk_int128 *)sums + r->groups[i], value)
                       : add_i64((int64_t *)sums + r->groups[i], value);
    }
    return bad;
}

/* Adds a run of any decimals to 128-bit sums; true on overflow. */
static bool add_wide(bool is_i128, const run *r, vonk_int128 *sums)
{
    bool bad = false;
    for (uint32_t i = 0; i < r->n; i++) {
        if (r->valid && !vonk_bit_get(r->valid, i))
            continue;
        vonk_int128 value =
            is_i128 ? ((const vonk_int128 *)r->values)[i] : ((const int64_t *)r->values)[i];
        bad |= add_i128(&sums[r->groups ? r->groups[i] : 0], value);
    }
    return bad;
}

/* Decimals of 16 to 34 digits: 8,192 of them cannot overflow 128 bits. */
static bool add_wide_run(bool is_i128, const run *r, vonk_int128 *sums)
{
    bool bad = false;
    if (!r->groups) {
        vonk_int128 total;
        if (is_i128)
            total = r->valid ? sum_valid_i128(r->values, r->n, r->valid)
                             : sum_run_i128(r->values, r->n);
        else
            total = r->valid ? sum_valid_i64_wide(r->values, r->n, r->valid)
                             : sum_run_i64_wide(r->values, r->n);
        return add_i128(sums, total);
    }
    if (r->n_groups > VONK_FEW_GROUPS)
        return add_wide(is_i128, r, sums);
    vonk_int128 acc[4][VONK_FEW_GROUPS] = {0};
    if (is_i128)
        sum_few_i128(r->values, r->n, r->groups, r->valid, acc);
    else
        sum_few_i64_wide(r->values, r->n, r->groups, r->valid, acc);
    for (uint32_t g = 0; g < r->n_groups; g++)
        bad |= add_i128(&sums[g], acc[0][g] + acc[1][g] + acc[2][g] + acc[3][g]);
    return bad;
}

/* bigint and intervals: any one addition may overflow. */
static bool add_i64_checked(const run *r, int64_t *sums)
{
    const int64_t *values = r->values;
    bool bad = false;
    if (!r->groups) {
        vonk_int128 total =
            r->valid ? sum_valid_i64_wide(values, r->n, r->valid) : sum_run_i64_wide(values, r->n);
        total += *sums;
        *sums = (int64_t)total;
        return total != *sums;
    }
    for (uint32_t i = 0; i < r->n; i++)
        if (!r->valid || vonk_bit_get(r->valid, i))
            bad |= add_i64(&sums[r->groups[i]], values[i]);
    return bad;
}

static void add_float(bool is_f32, const run *r, double *sums)
{
    if (!r->groups) {
        if (is_f32)
            *sums +=
                r->valid ? sum_valid_f32(r->values, r->n, r->valid) : sum_run_f32(r->values, r->n);
        else
            *sums +=
                r->valid ? sum_valid_f64(r->values, r->n, r->valid) : sum_run_f64(r->values, r->n);
    } else if (r->n_groups <= VONK_FEW_GROUPS) {
        double acc[4][VONK_FEW_GROUPS] = {0};
        if (is_f32)
            sum_few_f32(r->values, r->n, r->groups, r->valid, acc);
        else
            sum_few_f64(r->values, r->n, r->groups, r->valid, acc);
        for (uint32_t g = 0; g < r->n_groups; g++)
            sums[g] += acc[0][g] + acc[1][g] + acc[2][g] + acc[3][g];
    } else {
        for (uint32_t i = 0; i < r->n; i++)
            if (!r->valid || vonk_bit_get(r->valid, i))
                sums[r->groups[i]] +=
                    is_f32 ? (double)((const float *)r->values)[i] : ((const double *)r->values)[i];
    }
}

/* One run of `type` into sums of `kind`; true on overflow. */
static bool add_run(vonk_type type, vonk_sum_kind kind, const run *r, void *sums)
{
    vonk_physical_type stored = vonk_type_physical(type);
    if (kind == VONK_SUM_FLOAT64) {
        add_float(stored == VONK_PHYS_F32, r, sums);
        return false;
    }
    bool is_decimal = type.id == VONK_DECIMAL;
    if (is_decimal ? type.precision <= MAX_RUN_DIGITS : stored != VONK_PHYS_I64)
        return add_narrow(stored, r, kind == VONK_SUM_DECIMAL, sums);
    if (!is_decimal)
        return add_i64_checked(r, sums);
    if (type.precision <= 34)
        return add_wide_run(stored == VONK_PHYS_I128, r, sums);
    return add_wide(true, r, sums);
}

vonk_status vonk_sum_fail_overflow(const vonk_aggregate *agg, vonk_error *err)
{
    bool is_decimal = agg->type.id == VONK_DECIMAL;
    if (agg->type.id == VONK_INTERVAL_YM || agg->type.id == VONK_INTERVAL_DT)
        return vonk_fail_interval_overflow("try_add", err);
    return vonk_fail_sql(err, "ARITHMETIC_OVERFLOW",
                         "%s. Use '%s' to tolerate overflow and return NULL instead. If necessary "
                         "set \"spark.sql.ansi.enabled\" to \"false\" to bypass this error.",
                         is_decimal ? "Overflow in sum of decimals" : "overflow",
                         !is_decimal               ? "try_add"
                         : *agg->call->name == 's' ? "try_sum"
                                                   : "try_avg");
}

/* The sum, of `digits` and a sign, does not fit its type. */
static vonk_status fail_decimal(bool is_negative, vonk_uint128 digits, vonk_type type,
                                vonk_error *err)
{
    char text[48], *at = text + sizeof text - 1;
    uint32_t n = 0;
    *at = '\0';
    for (; digits || n <= type.scale; digits /= 10, n++) {
        if (n && n == type.scale)
            *--at = '.';
        *--at = (char)('0' + (int)(digits % 10));
    }
    if (is_negative)
        *--at = '-';
    return vonk_decimal_fail(at, type, err);
}

static run run_at(const vonk_aggregate *agg, const vonk_aggregate_rows *in, size_t width,
                  uint32_t start)
{
    return (run){.values = (const char *)in->args[0].values + start * width,
                 .n = in->n - start < RUN_ROWS ? in->n - start : RUN_ROWS,
                 .groups = in->groups ? in->groups + start : NULL,
                 .valid = in->valid ? in->valid + start / 64 : NULL,
                 .n_groups = agg->n_groups};
}

vonk_status vonk_sum_rows(vonk_aggregate *agg, vonk_type type, const vonk_aggregate_rows *in,
                          void *sums, vonk_error *err)
{
    vonk_sum_kind kind = vonk_sum_kind_of(type);
    size_t width = vonk_type_width(type);
    bool bad = false;
    for (uint32_t start = 0; start < in->n; start += RUN_ROWS) {
        run r = run_at(agg, in, width, start);
        bad |= add_run(type, kind, &r, sums);
    }
    if (bad && kind == VONK_SUM_DECIMAL && agg->type.id == VONK_DECIMAL && !in->groups) {
        vonk_int128 wrapped = *(vonk_int128 *)sums; /* once around: the sign is the wrong one */
        vonk_uint128 bits = (vonk_uint128)wrapped, sum = wrapped < 0 ? bits : -bits;
        if (*agg->call->name != 's')
            return vonk_fail_average(agg, wrapped >= 0, sum, *(const int64_t *)agg->slots[1], err);
        return fail_decimal(wrapped >= 0, sum, agg->type, err);
    }
    if (bad && (agg->settings->ansi || kind == VONK_SUM_DECIMAL))
        return vonk_sum_fail_overflow(agg, err);
    return VONK_OK;
}

/* A run of whole numbers, added up exactly and then as doubles. */
static void add_whole(vonk_physical_type stored, const run *r, double *sums)
{
    if (stored == VONK_PHYS_I64 || (r->groups && r->n_groups > VONK_FEW_GROUPS)) {
        for (uint32_t i = 0; i < r->n; i++)
            if (!r->valid || vonk_bit_get(r->valid, i))
                sums[r->groups ? r->groups[i] : 0] += (double)narrow_at(stored, r, i);
        return;
    }
    if (!r->groups) {
        *sums += (double)narrow_total(stored, r);
        return;
    }
    int64_t acc[4][VONK_FEW_GROUPS] = {0};
    narrow_few(stored, r, acc);
    for (uint32_t g = 0; g < r->n_groups; g++)
        sums[g] += (double)(acc[0][g] + acc[1][g] + acc[2][g] + acc[3][g]);
}

void vonk_sum_whole_rows(const vonk_aggregate *agg, const vonk_aggregate_rows *in, double *sums)
{
    vonk_type type = in->args[0].type;
    for (uint32_t start = 0; start < in->n; start += RUN_ROWS) {
        run r = run_at(agg, in, vonk_type_width(type), start);
        add_whole(vonk_type_physical(type), &r, sums);
    }
}

void vonk_mark_groups(const vonk_aggregate_rows *in, uint8_t *seen)
{
    if (!in->groups) {
        for (uint32_t i = 0; i < in->n && !seen[0]; i++)
            seen[0] = vonk_row_counts(in, i);
    } else if (!in->valid) {
        for (uint32_t i = 0; i < in->n; i++)
            seen[in->groups[i]] = 1;
    } else {
        for (uint32_t i = 0; i < in->n; i++)
            seen[in->groups[i]] |= vonk_bit_get(in->valid, i);
    }
}

/* sum: slot 0 the sums, slot 1 a byte: has a value. State: the sum, null if it has none. */

static vonk_type sum_state_type(const vonk_expr *call)
{
    return call->type;
}

static void sum_widths(const vonk_aggregate *agg, size_t ret[VONK_MAX_SLOTS])
{
    ret[0] = vonk_sum_width(vonk_sum_kind_of(agg->type));
    ret[1] = 1;
}

static void sum_state_types(const vonk_expr *call, vonk_type ret[VONK_MAX_STATES], uint32_t *ret_n)
{
    ret[0] = sum_state_type(call);
    *ret_n = 1;
}

static vonk_status sum_update(vonk_aggregate *agg, const vonk_aggregate_rows *in, vonk_error *err)
{
    vonk_mark_groups(in, agg->slots[1]);
    return vonk_sum_rows(agg, agg->arg_type, in, agg->slots[0], err);
}

static vonk_status sum_merge(vonk_aggregate *agg, const vonk_aggregate_rows *in, vonk_error *err)
{
    vonk_aggregate_rows rows = *in;
    rows.valid = in->args[0].validity;
    vonk_mark_groups(&rows, agg->slots[1]);
    return vonk_sum_rows(agg, agg->type, &rows, agg->slots[0], err);
}

static vonk_status sum_run(vonk_aggregate *agg, const bool *begins, uint32_t n, vonk_error *err)
{
    uint8_t *seen = agg->slots[1];
    for (uint32_t g = 1; g < n; g++)
        seen[g] |= begins[g] ? 0 : seen[g - 1];
    return vonk_run_sums(agg, vonk_sum_kind_of(agg->type), agg->slots[0], begins, n, err);
}

static vonk_status put_sum(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t group, uint32_t row,
                           vonk_column *out, vonk_error *err)
{
    switch (vonk_sum_kind_of(out->type)) {
    case VONK_SUM_INT64:
        if (out->type.id == VONK_INTERVAL_YM) {
            int64_t months = ((int64_t *)agg->slots[0])[group];
            if (months != (int32_t)months)
                return vonk_sum_fail_overflow(agg, err);
            ((int32_t *)out->values)[row] = (int32_t)months;
        } else {
            ((int64_t *)out->values)[row] = ((int64_t *)agg->slots[0])[group];
        }
        return VONK_OK;
    case VONK_SUM_FLOAT64:
        ((double *)out->values)[row] = ((double *)agg->slots[0])[group];
        return VONK_OK;
    case VONK_SUM_DECIMAL:
        break;
    }
    vonk_int128 sum = ((vonk_int128 *)agg->slots[0])[group];
    if (vonk_decimal_fits(sum, out->type.precision)) {
        vonk_decimal_set(out, row, sum);
        return VONK_OK;
    }
    if (!agg->settings->ansi)
        return vonk_result_null(ctx, out, row, err);
    return fail_decimal(sum < 0, vonk_int128_abs(sum), out->type, err);
}

static vonk_status sum_finish(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                              vonk_column *out, vonk_error *err)
{
    const uint8_t *seen = agg->slots[1];
    for (uint32_t i = 0; i < out->length; i++) {
        if (seen[start + i])
            VONK_TRY(put_sum(agg, ctx, start + i, i, out, err));
        else
            VONK_TRY(vonk_result_null(ctx, out, i, err));
    }
    return VONK_OK;
}

const vonk_aggregate_family vonk_family_sum = {.widths = sum_widths,
                                               .state_types = sum_state_types,
                                               .update = sum_update,
                                               .merge = sum_merge,
                                               .export = sum_finish,
                                               .finish = sum_finish,
                                               .run = sum_run};
