/*
 * operand.h - how the code in this folder reads argument columns and makes result columns.
 *
 * An operand is a FLAT or CONSTANT column seen as values and a step: row i is values[i * step].
 */
#ifndef VONK_EXPR_OPERAND_H
#define VONK_EXPR_OPERAND_H

#include "expr/function.h"
#include "kernel/kernel.h"

/* 0 for a constant, so that row * step stays on its one value. */
static inline uint32_t vonk_step(const vonk_column *col)
{
    return col->encoding != VONK_CONSTANT;
}

static inline const vonk_string *vonk_string_at(const vonk_column *col, uint32_t row)
{
    return (const vonk_string *)col->values + row * vonk_step(col);
}

static inline int32_t vonk_i32_at(const vonk_column *col, uint32_t row)
{
    return ((const int32_t *)col->values)[row * vonk_step(col)];
}

static inline int64_t vonk_i64_at(const vonk_column *col, uint32_t row)
{
    return ((const int64_t *)col->values)[row * vonk_step(col)];
}

static inline double vonk_f64_at(const vonk_column *col, uint32_t row)
{
    return ((const double *)col->values)[row * vonk_step(col)];
}

static inline bool vonk_bool_at(const vonk_column *col, uint32_t row)
{
    return vonk_bit_get(col->values, row * vonk_step(col));
}

/* A decimal's unscaled value, whatever its width. */
static inline vonk_int128 vonk_decimal_at(const vonk_column *col, uint32_t row)
{
    row *= vonk_step(col);
    if (col->type.precision <= VONK_MAX_NARROW_PRECISION)
        return ((const int64_t *)col->values)[row];
    return ((const vonk_int128 *)col->values)[row];
}

static inline void vonk_decimal_set(vonk_column *col, uint32_t row, vonk_int128 value)
{
    if (col->type.precision <= VONK_MAX_NARROW_PRECISION)
        ((int64_t *)col->values)[row] = (int64_t)value;
    else
        ((vonk_int128 *)col->values)[row] = value;
}

/* A whole number of any integral type, date, timestamp or interval. */
int64_t vonk_whole_at(const vonk_column *col, uint32_t row);
/* Any number as a double. */
double vonk_number_at(const vonk_column *col, uint32_t row);

/*
 * Makes *ret a FLAT column of `n_rows` rows, null where any of the arguments is. The bitmap is its
 * own, so that the function may clear more bits.
 */
vonk_status vonk_result_new(const vonk_eval *ctx, vonk_type type, const vonk_column *args,
                            uint32_t n_args, uint32_t n_rows, vonk_column *ret,
                            vonk_error *err) VONK_MUST_CHECK;

/* Makes row `row` of a result null. */
vonk_status vonk_result_null(const vonk_eval *ctx, vonk_column *ret, uint32_t row,
                             vonk_error *err) VONK_MUST_CHECK;

static inline bool vonk_result_is_valid(const vonk_column *ret, uint32_t row)
{
    return !ret->validity || vonk_bit_get(ret->validity, row);
}

/* Sets row `row` of a string result to a copy of `text` in the batch's arena. */
vonk_status vonk_result_string(const vonk_eval *ctx, vonk_column *ret, uint32_t row,
                               vonk_slice text, vonk_error *err) VONK_MUST_CHECK;

/* Copies the values of `src` (any encoding, `n` rows) to rows rows[i] of `dst` (FLAT, with bitmap).
 */
void vonk_scatter(const vonk_column *src, const uint32_t *rows, uint32_t n, vonk_column *dst);
/* The same for every row of src that is row i of dst: rows sel[i] of src go to rows sel[i] of dst.
 */
void vonk_scatter_same(const vonk_column *src, const uint32_t *rows, uint32_t n, vonk_column *dst);

#endif
