/* operator.c - how batches and ends travel along a chain of operators. */
#include "exec/operator.h"

vonk_status vonk_operator_new(vonk_run *run, const vonk_operator_ops *ops,
                              const vonk_physical *node, size_t size, vonk_operator **ret,
                              vonk_error *err)
{
    vonk_operator *op = vonk_arena_array(&run->arena, 1, size, err);
    VONK_TRY_ALLOC(op);
    op->ops = ops;
    op->run = run;
    op->node = node;
    op->batch.budget = run->worker->budget;
    *ret = op;
    return VONK_OK;
}

vonk_status vonk_operator_emit(vonk_operator *op, const vonk_batch *out, vonk_error *err)
{
    op->rows_out += out->n_rows;
    if (!out->n_rows)
        return VONK_OK;
    VONK_TRY(op->next->ops->push(op->next, out, err));
    op->done |= op->next->done;
    return VONK_OK;
}

vonk_status vonk_operator_push(vonk_operator *op, const vonk_batch *in, vonk_error *err)
{
    if (atomic_load_explicit(op->run->cancelled, memory_order_relaxed))
        return vonk_fail(err, VONK_CANCELLED, "the task was cancelled");
    if (!in->n_rows || op->done)
        return VONK_OK;
    return op->ops->push(op, in, err);
}

vonk_status vonk_operator_end(vonk_operator *op, vonk_error *err)
{
    for (; op && --op->n_feeding == 0; op = op->next) {
        if (op->ops->finish)
            VONK_TRY(op->ops->finish(op, err));
    }
    return VONK_OK;
}

vonk_status vonk_operator_eval(vonk_operator *op, vonk_expr *const *exprs, uint32_t n,
                               const vonk_batch *in, vonk_column *columns, vonk_error *err)
{
    vonk_eval ctx = vonk_operator_ctx(op);
    for (uint32_t i = 0; i < n; i++)
        VONK_TRY(vonk_expr_eval(exprs[i], in, &ctx, &columns[i], err));
    return VONK_OK;
}
