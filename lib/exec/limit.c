/* limit.c - rows offset .. offset + limit of what comes. */
#include "exec/operator.h"

typedef struct limiter {
    vonk_operator op;
    int64_t seen; /* rows so far */
    vonk_column *columns;
} limiter;

static vonk_status push(vonk_operator *op, const vonk_batch *in, vonk_error *err)
{
    limiter *l = (limiter *)op;
    int64_t from = op->node->offset - l->seen;
    int64_t to = in->n_rows;
    if (op->node->limit >= 0 && op->node->offset + op->node->limit - l->seen < to)
        to = op->node->offset + op->node->limit - l->seen;
    from = from < 0 ? 0 : from;
    l->seen += in->n_rows;
    vonk_status status = VONK_OK;
    if (from == 0 && to == in->n_rows) {
        status = vonk_operator_emit(op, in, err);
    } else if (from < to) {
        vonk_arena_reset(&op->batch);
        vonk_batch out = {
            .n_rows = (uint32_t)(to - from), .n_columns = in->n_columns, .columns = l->columns};
        for (uint32_t c = 0; c < in->n_columns; c++)
            VONK_TRY(vonk_column_slice(&op->batch, &in->columns[c], (uint32_t)from, out.n_rows,
                                       &l->columns[c], err));
        status = vonk_operator_emit(op, &out, err);
    }
    if (op->node->limit >= 0 && l->seen >= op->node->offset + op->node->limit)
        op->done = true;
    return status;
}

static const vonk_operator_ops ops = {.name = "limit", .push = push};

vonk_status vonk_limit_new(vonk_run *run, const vonk_physical *node, vonk_operator **ret,
                           vonk_error *err)
{
    VONK_TRY(vonk_operator_new(run, &ops, node, sizeof(limiter), ret, err));
    limiter *l = (limiter *)*ret;
    l->columns = VONK_NEW_ARRAY(&run->arena, vonk_column, node->output.n_fields, err);
    VONK_TRY_ALLOC(l->columns);
    (*ret)->done = node->limit == 0;
    return VONK_OK;
}
