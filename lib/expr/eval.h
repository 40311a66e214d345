/*
 * eval.h - evaluates bound expressions (INPUT, no COLUMN or NAME) over batches.
 *
 * CASE, coalesce, AND and OR evaluate a branch only for the rows that reach it wherever that branch
 * could fail, so that `CASE WHEN b <> 0 THEN a / b END` does not divide by zero.
 */
#ifndef VONK_EXPR_EVAL_H
#define VONK_EXPR_EVAL_H

#include "expr/function.h"

/*
 * *ret = `e` for every row of `in`, of e->type and in->n_rows rows, in any encoding. Buffers come
 * from ctx->arena or are borrowed from `in`.
 * Errors: VONK_USER with Spark's condition (DIVIDE_BY_ZERO, ARITHMETIC_OVERFLOW,
 * CAST_INVALID_INPUT,
 * ...) and the position of the expression; VONK_NO_MEMORY.
 */
vonk_status vonk_expr_eval(const vonk_expr *e, const vonk_batch *in, const vonk_eval *ctx,
                           vonk_column *ret, vonk_error *err) VONK_MUST_CHECK;

/*
 * Evaluates a predicate (boolean) and writes the numbers of the rows where it is true to `sel`,
 * ascending; null is not true. `sel` has room for in->n_rows. Conjuncts are evaluated one after the
 * other on the rows that are left.
 */
vonk_status vonk_expr_select(const vonk_expr *predicate, const vonk_batch *in, const vonk_eval *ctx,
                             uint32_t *sel, uint32_t *ret_n, vonk_error *err) VONK_MUST_CHECK;

/* The value of an expression without columns, for constant folding. Strings live in `arena`. */
vonk_status vonk_expr_constant(const vonk_expr *e, const vonk_eval_settings *settings,
                               vonk_arena *arena, vonk_value *ret, vonk_error *err) VONK_MUST_CHECK;

/* One row of a column as a value; a string is borrowed from the column. */
vonk_value vonk_column_value(const vonk_column *col, uint32_t row);
/* A CONSTANT column of `length` rows; a string's bytes are borrowed from the value. */
vonk_status vonk_column_from_value(vonk_arena *arena, vonk_type type, const vonk_value *value,
                                   uint32_t length, vonk_column *ret,
                                   vonk_error *err) VONK_MUST_CHECK;

/*
 * Text of a value as Spark shows it in SQL output (Hive style): 1.0E10, 2013-01-01, 2013-01-01
 * 00:00:00, true, decimals with their scale. NULL is written by the caller.
 */
vonk_status vonk_value_print(vonk_type type, const vonk_value *value,
                             const vonk_eval_settings *settings, vonk_buffer *out,
                             vonk_error *err) VONK_MUST_CHECK;

#endif
