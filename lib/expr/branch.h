/* branch.h - the functions that evaluate their own arguments (vonk_function.eval_lazy). */
#ifndef VONK_EXPR_BRANCH_H
#define VONK_EXPR_BRANCH_H

#include "expr/function.h"

typedef vonk_status vonk_lazy_fn(const vonk_expr *call, const vonk_batch *in, const vonk_eval *ctx,
                                 vonk_column *ret, vonk_error *err);

vonk_lazy_fn vonk_eval_and, vonk_eval_or, vonk_eval_if, vonk_eval_coalesce, vonk_eval_nvl2,
    vonk_eval_nanvl, vonk_eval_in;

#endif
