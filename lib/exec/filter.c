/* filter.c - keeps the rows for which the condition is true, and of their columns those wanted. */
#include "exec/operator.h"
#include "kernel/kernel.h"

typedef struct filter {
    vonk_operator op;
    vonk_column *columns;
} filter;

static vonk_status push(vonk_operator *op, const vonk_batch *in, vonk_error *err)
{
    filter *f = (filter *)op;
    vonk_arena_reset(&op->batch);
    vonk_eval ctx = vonk_operator_ctx(op);
    uint32_t n = 0, n_columns = op->node->output.n_fields;
    uint32_t *sel = vonk_arena_alloc(&op->batch, in->n_rows * sizeof(*sel), err);
    VONK_TRY_ALLOC(sel);
    VONK_TRY(vonk_expr_select(op->node->exprs[0], in, &ctx, sel, &n, err));
    if (!n)
        return VONK_OK;
    for (uint32_t i = 0; i < n_columns; i++) {
        const vonk_column *from = &in->columns[op->node->columns ? op->node->columns[i] : i];
        if (n == in->n_rows)
            f->columns[i] = *from;
        else
            VONK_TRY(vonk_take(&op->batch, from, sel, n, false, &f->columns[i], err));
    }
    vonk_batch out = {.n_rows = n, .n_columns = n_columns, .columns = f->columns};
    return vonk_operator_emit(op, &out, err);
}

static const vonk_operator_ops ops = {.name = "filter", .push = push};

vonk_status vonk_filter_new(vonk_run *run, const vonk_physical *node, vonk_operator **ret,
                            vonk_error *err)
{
    VONK_TRY(vonk_operator_new(run, &ops, node, sizeof(filter), ret, err));
    filter *f = (filter *)*ret;
    f->columns = VONK_NEW_ARRAY(&run->arena, vonk_column, node->output.n_fields, err);
    VONK_TRY_ALLOC(f->columns);
    return VONK_OK;
}
