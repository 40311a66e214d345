/* expand.c - each input row once a row of expressions: for ROLLUP and the like. */
#include "exec/operator.h"

typedef struct expand {
    vonk_operator op;
    vonk_column *columns;
} expand;

static vonk_status push(vonk_operator *op, const vonk_batch *in, vonk_error *err)
{
    expand *e = (expand *)op;
    const vonk_physical *node = op->node;
    for (uint32_t row = 0; row < node->n_rows && !op->done; row++) {
        vonk_expr *const *exprs = node->exprs + (size_t)row * node->n_columns;
        vonk_arena_reset(&op->batch);
        VONK_TRY(vonk_operator_eval(op, exprs, node->n_columns, in, e->columns, err));
        vonk_batch out = {
            .n_rows = in->n_rows, .n_columns = node->n_columns, .columns = e->columns};
        VONK_TRY(vonk_operator_emit(op, &out, err));
    }
    return VONK_OK;
}

static const vonk_operator_ops ops = {.name = "expand", .push = push};

vonk_status vonk_expand_new(vonk_run *run, const vonk_physical *node, vonk_operator **ret,
                            vonk_error *err)
{
    VONK_TRY(vonk_operator_new(run, &ops, node, sizeof(expand), ret, err));
    expand *e = (expand *)*ret;
    e->columns = VONK_NEW_ARRAY(&run->arena, vonk_column, node->n_columns, err);
    VONK_TRY_ALLOC(e->columns);
    return VONK_OK;
}
