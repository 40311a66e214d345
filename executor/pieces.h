/*
 * pieces.h - batches cut into messages of bounded size, for ROWS and BLOCK.
 */
#ifndef VONK_EXECUTOR_PIECES_H
#define VONK_EXECUTOR_PIECES_H

#include "column/batch_bytes.h"
#include "wire/batch.h"

/*
 * Appends rows *row .. of `batch`, as many as fit into some vonk_batch_most_bytes(out->budget) but
 * at least one, as one encoded batch, and moves *row behind them: enough to be fast, small enough
 * to hold a dozen messages that nobody takes (docs/memory.md). Errors: VONK_INVALID: a single row
 * is longer than a message can be; VONK_NO_MEMORY.
 */
vonk_status vonk_piece_add(vonk_buffer *out, const vonk_batch *batch, bool compress, uint32_t *row,
                           vonk_error *err) VONK_MUST_CHECK;

#endif
