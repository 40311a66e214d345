/*
 * sort_block.h - the rows that an operator holds, in the order of its node's keys.
 */
#ifndef VONK_EXEC_SORT_BLOCK_H
#define VONK_EXEC_SORT_BLOCK_H

#include "exec/operator.h"
#include "kernel/row_sort.h"

/* What an operator sorts by. */
typedef struct vonk_sort_by {
    vonk_column *keys; /* node->n_keys: set to those of the rows, if these have an order */
    const vonk_sort_order *orders;
    bool rows; /* the caller wants their order and keys in any case */
} vonk_sort_by;

/*
 * The rows of `block` as one batch in op->batch, which is emptied before, and *ret_order: their
 * order. NULL: they lie in order, moved where they lie, perhaps in the block itself, which must not
 * be asked again. That is so where a row is nothing but its key, a number.
 */
vonk_status vonk_sort_block(vonk_operator *op, const vonk_block *block, const vonk_sort_by *by,
                            vonk_batch *ret, uint32_t **ret_order, vonk_error *err) VONK_MUST_CHECK;

/* Rows at .. at + n of such a batch, in order. ret->columns: room for as many as `all` has. */
vonk_status vonk_sorted_piece(vonk_arena *arena, const vonk_batch *all, const uint32_t *order,
                              uint32_t at, uint32_t n, vonk_batch *ret,
                              vonk_error *err) VONK_MUST_CHECK;

#endif
