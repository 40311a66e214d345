/* exchange.h - what hash and range exchanges share. */
#ifndef VONK_EXEC_EXCHANGE_H
#define VONK_EXEC_EXCHANGE_H

#include "exec/operator.h"
#include "shuffle/spill.h"

/*
 * Hands the task's `n` blocks (NULL: empty) to the store, those spilled (`spill` or NULL) as they
 * are. Rows and bytes of blocks from `first` on are counted.
 */
vonk_status vonk_exchange_commit(vonk_operator *op, vonk_block **blocks, uint32_t first, uint32_t n,
                                 vonk_spill *spill, vonk_error *err) VONK_MUST_CHECK;

#endif
