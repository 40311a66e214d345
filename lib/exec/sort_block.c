/* sort_block.c - see sort_block.h. */
#include "exec/sort_block.h"

#include "kernel/kernel.h"
#include "kernel/value_sort.h"

/* The rows are their key and nothing else, and rows with equal keys are the same. */
static bool is_key_alone(const vonk_physical *node, const vonk_batch *rows)
{
    if (node->n_keys != 1 || rows->n_columns != 1)
        return false;
    const vonk_expr *key = node->keys[0]->args[0];
    return key->kind == VONK_EXPR_INPUT && vonk_can_sort_values(&rows->columns[0]);
}

vonk_status vonk_sort_block(vonk_operator *op, const vonk_block *block, const vonk_sort_by *by,
                            vonk_batch *ret, uint32_t **ret_order, vonk_error *err)
{
    const vonk_physical *node = op->node;
    const vonk_eval_settings *settings = &op->run->task->settings;
    vonk_arena_reset(&op->batch);
    VONK_TRY(vonk_block_concat(block, &node->output, &op->batch, ret, err));
    VONK_TRY(vonk_eval_check(settings, err));
    if (!by->rows && is_key_alone(node, ret)) {
        *ret_order = NULL;
        ret->columns[0].validity = NULL;
        return vonk_sort_values_until(&op->batch, &ret->columns[0], by->orders[0],
                                      op->run->cancelled, err);
    }
    uint32_t *order = vonk_arena_alloc(&op->batch, ret->n_rows * sizeof(*order), err);
    VONK_TRY_ALLOC(order);
    VONK_TRY(vonk_operator_eval(op, node->keys, node->n_keys, ret, by->keys, err));
    VONK_TRY(vonk_eval_check(settings, err));
    *ret_order = order;
    return vonk_sort_rows_until(&op->batch, by->keys, by->orders, node->n_keys, ret->n_rows, order,
                                op->run->cancelled, err);
}

vonk_status vonk_sorted_piece(vonk_arena *arena, const vonk_batch *all, const uint32_t *order,
                              uint32_t at, uint32_t n, vonk_batch *ret, vonk_error *err)
{
    ret->n_rows = n;
    ret->n_columns = all->n_columns;
    for (uint32_t c = 0; c < all->n_columns; c++) {
        const vonk_column *from = &all->columns[c];
        if (order)
            VONK_TRY(vonk_take(arena, from, order + at, n, false, &ret->columns[c], err));
        else
            VONK_TRY(vonk_column_slice(arena, from, at, n, &ret->columns[c], err));
    }
    return VONK_OK;
}
