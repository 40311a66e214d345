/*
 * pieces.h - batches cut into messages of bounded size, for ROWS and BLOCK.
 */
#ifndef VONK_EXECUTOR_PIECES_H
#define VONK_EXECUTOR_PIECES_H

#include "wire/batch.h"

/* A message should not be longer: enough to be fast, small enough to hold many in memory. */
#define VONK_PIECE_BYTES ((size_t)4 << 20)

/*
 * Appends rows *row .. of `batch`, as many as fit into some VONK_PIECE_BYTES but at least one, as
 * one encoded batch, and moves *row behind them.
 * Errors: VONK_INVALID: a single row is longer than a message can be; VONK_NO_MEMORY.
 */
vonk_status vonk_piece_add(vonk_buffer *out, const vonk_batch *batch, bool compress, uint32_t *row,
                           vonk_error *err) VONK_MUST_CHECK;

#endif
