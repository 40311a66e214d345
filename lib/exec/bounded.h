/*
 * bounded.h - batches as operators can take them in: bounded by bytes as well as by rows.
 *
 * Texts come into a task in two ways. They are copied: an operator that keeps rows (ops->keeps)
 * gets no more of them at once than vonk_batch_most_bytes(). Or they are made: an operator whose
 * expressions make texts gets few rows first, then as many as its batch arena shows to fit.
 */
#ifndef VONK_EXEC_BOUNDED_H
#define VONK_EXEC_BOUNDED_H

#include "exec/operator.h"

/* Sets op->makes_texts and what belongs to it, by the expressions of op->node (NULL: none). */
void vonk_bound_texts(vonk_operator *op);

/* op->ops->push(op, batch), in one piece or in several. */
vonk_status vonk_push_bounded(vonk_operator *op, const vonk_batch *batch, vonk_error *err);

#endif
