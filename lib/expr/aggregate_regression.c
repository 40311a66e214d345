/*
 * aggregate_regression.c - corr, regr_slope and the like: of pairs (y, x) where neither is null.
 *
 * Slots and states, all doubles: count, means of x and y, and the sums of the products of their
 * distances: x by y, x by x, y by y.
 * Source: Spark's PearsonCorrelation and linearRegression.scala (Welford; Chan et al. to merge).
 */
#include <math.h>

#include "expr/aggregate_internal.h"

enum { COUNT, MEAN_X, MEAN_Y, XY, XX, YY, N_SUMS };

static void regression_widths(const vonk_aggregate *agg, size_t ret[VONK_MAX_SLOTS])
{
    (void)agg;
    for (int i = 0; i < N_SUMS; i++)
        ret[i] = sizeof(double);
}

static void regression_state_types(const vonk_expr *call, vonk_type ret[VONK_MAX_STATES],
                                   uint32_t *ret_n)
{
    (void)call;
    for (int i = 0; i < N_SUMS; i++)
        ret[i] = VONK_TYPE(FLOAT64);
    *ret_n = N_SUMS;
}

/* Spark's order of operations, so that the last digits are its own: these add y to x, ... */
static bool is_of_x(int kind)
{
    return kind == VONK_REGR_SLOPE || kind == VONK_REGR_INTERCEPT;
}

/* ... and these are variances; the others are covariances. */
static bool is_of_squares(int kind)
{
    return is_of_x(kind) || kind == VONK_REGR_SXX || kind == VONK_REGR_SYY;
}

typedef struct sums {
    double *by[N_SUMS];
} sums;

static sums sums_of(const vonk_aggregate *agg)
{
    sums s;
    for (int k = 0; k < N_SUMS; k++)
        s.by[k] = agg->slots[k];
    return s;
}

static vonk_status regression_update(vonk_aggregate *agg, const vonk_aggregate_rows *in,
                                     vonk_error *err)
{
    (void)err;
    bool squares = is_of_squares(agg->kind), of_x = is_of_x(agg->kind);
    sums s = sums_of(agg);
    const double *y = in->args[0].values, *x = in->args[1].values;
    for (uint32_t i = 0; i < in->n; i++) {
        if (!vonk_row_counts(in, i))
            continue;
        uint32_t g = vonk_group_of(in, i);
        double *mean_x = s.by[MEAN_X] + g, *mean_y = s.by[MEAN_Y] + g;
        double n = ++s.by[COUNT][g], dx = x[i] - *mean_x, dy = y[i] - *mean_y;
        *mean_x += dx / n;
        *mean_y += dy / n;
        double rest_x = x[i] - *mean_x, rest_y = y[i] - *mean_y;
        s.by[XY][g] += of_x ? dx * rest_y : dy * rest_x;
        s.by[XX][g] += dx * (squares ? dx - dx / n : rest_x);
        s.by[YY][g] += dy * (squares ? dy - dy / n : rest_y);
    }
    return VONK_OK;
}

static vonk_status regression_merge(vonk_aggregate *agg, const vonk_aggregate_rows *in,
                                    vonk_error *err)
{
    (void)err;
    bool of_x = is_of_x(agg->kind);
    sums s = sums_of(agg);
    const double *from[N_SUMS];
    for (int k = 0; k < N_SUMS; k++)
        from[k] = in->args[k].values;
    for (uint32_t i = 0; i < in->n; i++) {
        uint32_t g = vonk_group_of(in, i);
        double n1 = s.by[COUNT][g], n2 = from[COUNT][i], n = n1 + n2;
        if (n == 0)
            continue;
        double dx = from[MEAN_X][i] - s.by[MEAN_X][g], dy = from[MEAN_Y][i] - s.by[MEAN_Y][g];
        double product = of_x ? dx * (dy / n) : dy * (dx / n);
        s.by[XY][g] = s.by[XY][g] + from[XY][i] + product * n1 * n2;
        s.by[XX][g] = s.by[XX][g] + from[XX][i] + dx * (dx / n) * n1 * n2;
        s.by[YY][g] = s.by[YY][g] + from[YY][i] + dy * (dy / n) * n1 * n2;
        s.by[MEAN_X][g] += dx / n * n2;
        s.by[MEAN_Y][g] += dy / n * n2;
        s.by[COUNT][g] = n;
    }
    return VONK_OK;
}

static vonk_status regression_export(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                                     vonk_column *out, vonk_error *err)
{
    (void)ctx;
    (void)err;
    for (int k = 0; k < N_SUMS; k++)
        memcpy(out[k].values, (double *)agg->slots[k] + start, out->length * sizeof(double));
    return VONK_OK;
}

static bool r_squared(const double s[N_SUMS], double *ret)
{
    double r = s[XY] / sqrt(s[YY] * s[XX]);
    *ret = s[YY] == 0 ? 1 : r * r;
    return s[XX] != 0;
}

/* False: null. */
static bool value_of(int kind, const double s[N_SUMS], double *ret)
{
    switch (kind) {
    case VONK_CORR:
        *ret = s[XY] / sqrt(s[YY] * s[XX]);
        return s[COUNT] > 1;
    case VONK_REGR_R2:
        return r_squared(s, ret);
    case VONK_REGR_SLOPE:
        *ret = s[XY] / s[XX];
        return s[XX] != 0;
    case VONK_REGR_INTERCEPT:
        *ret = s[MEAN_Y] - s[XY] / s[XX] * s[MEAN_X];
        return s[XX] != 0;
    default:
        *ret = s[kind == VONK_REGR_SXX ? XX : kind == VONK_REGR_SXY ? XY : YY];
        return s[COUNT] > 0;
    }
}

/* All values of an argument are the same. */
static vonk_status fail_corr(vonk_error *err)
{
    return vonk_fail_sql(err, "DIVIDE_BY_ZERO",
                         "Division by zero. Use `try_divide` to tolerate divisor being 0 and "
                         "return NULL instead. If necessary set \"spark.sql.ansi.enabled\" to "
                         "\"false\" to bypass this error.");
}

static vonk_status regression_finish(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                                     vonk_column *out, vonk_error *err)
{
    for (uint32_t i = 0; i < out->length; i++) {
        double own[N_SUMS], *value = (double *)out->values + i;
        for (int k = 0; k < N_SUMS; k++)
            own[k] = ((double *)agg->slots[k])[start + i];
        bool divides = agg->kind != VONK_CORR || own[COUNT] <= 1 || own[XX] * own[YY] != 0;
        if (!divides && agg->settings->ansi)
            return fail_corr(err);
        if (!divides || !value_of(agg->kind, own, value))
            VONK_TRY(vonk_result_null(ctx, out, i, err));
    }
    return VONK_OK;
}

const vonk_aggregate_family vonk_family_regression = {.widths = regression_widths,
                                                      .state_types = regression_state_types,
                                                      .update = regression_update,
                                                      .merge = regression_merge,
                                                      .export = regression_export,
                                                      .finish = regression_finish};
