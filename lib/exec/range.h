/* range.h - exchanges by ranges of keys: exchange_range.c writes what read_range.c reads. */
#ifndef VONK_EXEC_RANGE_H
#define VONK_EXEC_RANGE_H

#include "exec/operator.h"
#include "kernel/row_sort.h"

vonk_status vonk_range_exchange_new(vonk_run *run, const vonk_physical *node, vonk_operator **ret,
                                    vonk_error *err);

/* Pushes the rows of the task's range. They are in no order: a sort follows. */
vonk_status vonk_range_read(const vonk_source *source, const vonk_input *input, vonk_operator *into,
                            vonk_error *err);

/* The orders of the node's keys, which are SORTs. NULL: out of memory. */
vonk_sort_order *vonk_range_orders(const vonk_physical *node, vonk_arena *arena, vonk_error *err);

#endif
