/* project.c - evaluates one expression for each output column. */
#include "exec/operator.h"

typedef struct project {
    vonk_operator op;
    vonk_column *columns;
} project;

static vonk_status push(vonk_operator *op, const vonk_batch *in, vonk_error *err)
{
    project *p = (project *)op;
    vonk_arena_reset(&op->batch);
    VONK_TRY(vonk_operator_eval(op, op->node->exprs, op->node->n_exprs, in, p->columns, err));
    vonk_batch out = {.n_rows = in->n_rows, .n_columns = op->node->n_exprs, .columns = p->columns};
    return vonk_operator_emit(op, &out, err);
}

static const vonk_operator_ops ops = {.name = "project", .push = push};

vonk_status vonk_project_new(vonk_run *run, const vonk_physical *node, vonk_operator **ret,
                             vonk_error *err)
{
    VONK_TRY(vonk_operator_new(run, &ops, node, sizeof(project), ret, err));
    project *p = (project *)*ret;
    p->columns = VONK_NEW_ARRAY(&run->arena, vonk_column, node->n_exprs, err);
    VONK_TRY_ALLOC(p->columns);
    return VONK_OK;
}
