/*
 * aggregate_internal.h - what the files of aggregates share.
 *
 * A state is some arrays by group (slots), all zero for a new group. Each family of
 * aggregates is a vonk_aggregate_family: how wide its slots are and what it does with them.
 */
#ifndef VONK_EXPR_AGGREGATE_INTERNAL_H
#define VONK_EXPR_AGGREGATE_INTERNAL_H

#include <string.h>

#include "expr/aggregate.h"
#include "expr/operand.h"

#define VONK_MAX_SLOTS 6

/* The rows of one call to update or merge. */
typedef struct vonk_aggregate_rows {
    const vonk_column *args; /* FLAT */
    uint32_t n;
    const uint32_t *groups; /* NULL: all belong to group 0 */
    const uint64_t *valid;  /* rows that count: FILTER and not null (of args[0]); NULL: all */
} vonk_aggregate_rows;

typedef struct vonk_aggregate_family {
    /* Bytes of each slot for `agg`; 0 ends. */
    void (*widths)(const vonk_aggregate *agg, size_t ret[VONK_MAX_SLOTS]);
    void (*state_types)(const vonk_expr *call, vonk_type ret[VONK_MAX_STATES], uint32_t *ret_n);
    vonk_status (*update)(vonk_aggregate *agg, const vonk_aggregate_rows *in, vonk_error *err);
    vonk_status (*merge)(vonk_aggregate *agg, const vonk_aggregate_rows *in, vonk_error *err);
    /* `out` are FLAT columns of the state types (or the result's) for groups start .. start + n. */
    vonk_status (*export)(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                          vonk_column *out, vonk_error *err);
    vonk_status (*finish)(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                          vonk_column *out, vonk_error *err);
    /* For vonk_aggregate_run(); NULL: it cannot. */
    vonk_status (*run)(vonk_aggregate *agg, const bool *begins, uint32_t n, vonk_error *err);
    bool is_ordered;   /* the order of a group's rows matters */
    bool counts_nulls; /* null rows of args[0] are given to update as well */
} vonk_aggregate_family;

struct vonk_aggregate {
    const vonk_aggregate_family *family;
    const vonk_expr *call;
    const vonk_eval_settings *settings;
    vonk_arena *arena;
    vonk_type arg_type; /* of the operand; VONK_NULL without arguments */
    vonk_type type;     /* of the result */
    int kind;           /* the family's own */
    uint32_t n_groups, capacity;
    size_t widths[VONK_MAX_SLOTS];
    void *slots[VONK_MAX_SLOTS];
    uint64_t *scratch; /* a bitmap */
    uint32_t scratch_rows;
};

extern const vonk_aggregate_family vonk_family_count, vonk_family_sum, vonk_family_avg,
    vonk_family_min_max, vonk_family_first, vonk_family_moments, vonk_family_covar,
    vonk_family_bits, vonk_family_max_by, vonk_family_try_sum, vonk_family_average,
    vonk_family_percentile, vonk_family_mode, vonk_family_listagg, vonk_family_regression,
    vonk_family_approx_distinct;

/* The argument that an aggregate is of: the second one of regr_avgx(y, x). */
static inline uint32_t vonk_operand_of(const vonk_expr *call)
{
    return !strcmp(call->name, "regr_avgx") ? 1 : 0;
}

static inline uint32_t vonk_group_of(const vonk_aggregate_rows *in, uint32_t row)
{
    return in->groups ? in->groups[row] : 0;
}

/* vonk_family_regression: what is made of the moments. */
enum {
    VONK_CORR,
    VONK_REGR_INTERCEPT,
    VONK_REGR_R2,
    VONK_REGR_SLOPE,
    VONK_REGR_SXX,
    VONK_REGR_SXY,
    VONK_REGR_SYY
};

static inline bool vonk_row_counts(const vonk_aggregate_rows *in, uint32_t row)
{
    return !in->valid || vonk_bit_get(in->valid, row);
}

/* Numbers added up by group: what sum and avg share (aggregate_sum.c). */
typedef enum vonk_sum_kind { VONK_SUM_INT64, VONK_SUM_FLOAT64, VONK_SUM_DECIMAL } vonk_sum_kind;
vonk_sum_kind vonk_sum_kind_of(vonk_type type);
size_t vonk_sum_width(vonk_sum_kind kind);
/* Adds args[0] of `in`, of `type`, to sums (of `kind`) by group. Errors: ARITHMETIC_OVERFLOW. */
vonk_status vonk_sum_rows(vonk_aggregate *agg, vonk_type type, const vonk_aggregate_rows *in,
                          void *sums, vonk_error *err) VONK_MUST_CHECK;
/* A sum of `agg` does not fit its type. */
vonk_status vonk_sum_fail_overflow(const vonk_aggregate *agg, vonk_error *err);
/* Makes `n` sums of `kind`, and counts, running ones (aggregate_run.c). */
vonk_status vonk_run_sums(const vonk_aggregate *agg, vonk_sum_kind kind, void *sums,
                          const bool *begins, uint32_t n, vonk_error *err) VONK_MUST_CHECK;
void vonk_run_counts(int64_t *counts, const bool *begins, uint32_t n);
/* Adds args[0], tinyint .. bigint, to doubles by group. */
void vonk_sum_whole_rows(const vonk_aggregate *agg, const vonk_aggregate_rows *in, double *sums);
/* Adds the rows that count to counts by group. */
void vonk_count_rows(const vonk_aggregate_rows *in, uint32_t n_groups, int64_t *counts);
/* Fails because the average of `n` values, of which the sum is given, does not fit its type. */
vonk_status vonk_fail_average(const vonk_aggregate *agg, bool negative, unsigned __int128 sum,
                              int64_t n, vonk_error *err) VONK_MUST_CHECK;
/* Sets seen[group] for the rows that count. */
void vonk_mark_groups(const vonk_aggregate_rows *in, uint8_t *seen);

#endif
