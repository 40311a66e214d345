/*
 * value_sort.h - the values of one column in order, where equal ones cannot be told apart: faster
 * than the order of rows (row_sort.h), since no row needs a number.
 */
#ifndef VONK_KERNEL_VALUE_SORT_H
#define VONK_KERNEL_VALUE_SORT_H

#include "kernel/row_sort.h"

/* Whole numbers of up to 8 bytes (dates and decimals as well), FLAT, no nulls. */
bool vonk_can_sort_values(const vonk_column *col);

/*
 * Puts the values of `col` in order where they lie: they must be the caller's own. Scratch memory
 * comes from `arena`: up to 16 bytes a row. Once *stop is true (NULL: never) it ends soon with
 * VONK_CANCELLED, and the values are no longer those that they were.
 */
vonk_status vonk_sort_values_until(vonk_arena *arena, vonk_column *col, vonk_sort_order order,
                                   const atomic_bool *stop, vonk_error *err) VONK_MUST_CHECK;

#endif
