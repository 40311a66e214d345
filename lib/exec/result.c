/* result.c - the sink of the last stage: hands batches to whoever asked for the rows. */
#include "exec/operator.h"

static vonk_status push(vonk_operator *op, const vonk_batch *in, vonk_error *err)
{
    op->run->result->metrics.rows_out += in->n_rows;
    return op->run->emit->emit(op->run->emit->context, op->run->task, in, err);
}

static const vonk_operator_ops ops = {.name = "result", .push = push, .keeps = true};

vonk_status vonk_result_sink_new(vonk_run *run, vonk_operator **ret, vonk_error *err)
{
    return vonk_operator_new(run, &ops, NULL, sizeof(vonk_operator), ret, err);
}
