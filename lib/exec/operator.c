/* operator.c - how batches and ends travel along a chain of operators. */
#include "exec/operator.h"

#include "exec/bounded.h"

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
    op->batch.stop = run->cancelled;
    vonk_bound_texts(op);
    VONK_TRY(vonk_record_new(run, node, ops->builds, &op->record, err));
    *ret = op;
    return VONK_OK;
}

static void note_memory(const vonk_operator *op)
{
    size_t held = op->ops->held ? op->ops->held(op) : 0;
    vonk_record_memory(op->record, op->batch.total + held);
}

/* From whoever is at work to `op`: counted for both. */
static vonk_status hand_over(vonk_operator *op, const vonk_batch *batch, vonk_error *err)
{
    VONK_TRY(vonk_eval_check(&op->run->task->settings, err));
    vonk_record *from = vonk_record_switch(op->run, op->record);
    vonk_record_add(from, VONK_METRIC_ROWS_OUT, batch->n_rows);
    vonk_record_add(from, VONK_METRIC_BATCHES_OUT, 1);
    vonk_record_add(op->record, VONK_METRIC_ROWS_IN, batch->n_rows);
    vonk_record_add(op->record, VONK_METRIC_BATCHES_IN, 1);
    vonk_status status = vonk_push_bounded(op, batch, err);
    note_memory(op);
    (void)vonk_record_switch(op->run, from);
    return status;
}

vonk_status vonk_operator_emit(vonk_operator *op, const vonk_batch *out, vonk_error *err)
{
    if (!out->n_rows)
        return VONK_OK;
    VONK_TRY(hand_over(op->next, out, err));
    op->done |= op->next->done;
    return VONK_OK;
}

vonk_status vonk_operator_push(vonk_operator *op, const vonk_batch *in, vonk_error *err)
{
    VONK_TRY(vonk_eval_check(&op->run->task->settings, err));
    if (!in->n_rows || op->done)
        return VONK_OK;
    return hand_over(op, in, err);
}

static vonk_status finish(vonk_operator *op, vonk_error *err)
{
    note_memory(op);
    vonk_record *from = vonk_record_switch(op->run, op->record);
    vonk_status status = op->ops->finish ? op->ops->finish(op, err) : VONK_OK;
    note_memory(op);
    (void)vonk_record_switch(op->run, from);
    return status;
}

vonk_status vonk_operator_end(vonk_operator *op, vonk_error *err)
{
    for (; op && --op->n_feeding == 0; op = op->next)
        VONK_TRY(finish(op, err));
    return VONK_OK;
}

vonk_status vonk_source_run(const vonk_source *source, vonk_error *err)
{
    vonk_record *from = vonk_record_switch(source->task_run, source->record);
    vonk_status status = source->run(source, source->into, err);
    (void)vonk_record_switch(source->task_run, from);
    return status;
}

vonk_status vonk_operator_eval(vonk_operator *op, vonk_expr *const *exprs, uint32_t n,
                               const vonk_batch *in, vonk_column *columns, vonk_error *err)
{
    vonk_eval ctx = vonk_operator_ctx(op);
    for (uint32_t i = 0; i < n; i++)
        VONK_TRY(vonk_expr_eval(exprs[i], in, &ctx, &columns[i], err));
    return VONK_OK;
}
