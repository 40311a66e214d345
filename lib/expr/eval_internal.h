/* eval_internal.h - what the files of evaluation share. */
#ifndef VONK_EXPR_EVAL_INTERNAL_H
#define VONK_EXPR_EVAL_INTERNAL_H

#include "expr/eval.h"

/* No row can make `e` fail, so it may be evaluated for rows that do not need it. */
bool vonk_expr_never_fails(const vonk_expr *e);

/* Only comparisons and logic over columns and literals of fixed width: cheaper than a vonk_take. */
bool vonk_expr_is_cheap(const vonk_expr *e);

/* *ret = rows sel[0..n) of the columns that `e` uses; the other columns are empty. */
vonk_status vonk_batch_take_used(const vonk_expr *e, const vonk_batch *in, const vonk_eval *ctx,
                                 const uint32_t *sel, uint32_t n, vonk_batch *ret,
                                 vonk_error *err) VONK_MUST_CHECK;

/* Functions that evaluate their own arguments; see vonk_function.eval_lazy. */
vonk_status vonk_eval_case(const vonk_expr *e, const vonk_batch *in, const vonk_eval *ctx,
                           vonk_column *ret, vonk_error *err) VONK_MUST_CHECK;

#endif
