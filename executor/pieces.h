/*
 * pieces.h - batches cut into messages of bounded size, for ROWS and BLOCK.
 */
#ifndef VONK_EXECUTOR_PIECES_H
#define VONK_EXECUTOR_PIECES_H

#include "base/arena.h"
#include "wire/batch.h"

/*
 * A message should not be longer: enough to be fast, small enough to hold a dozen that nobody takes
 * (docs/memory.md): 4 MiB, of a small memory 1/64 of it, at least 256 KiB. `budget` may be NULL.
 */
size_t vonk_piece_bytes(const vonk_budget *budget);

/*
 * Appends rows *row .. of `batch`, as many as fit into a message of out->budget but at least one,
 * as one encoded batch, and moves *row behind them.
 * Errors: VONK_INVALID: a single row is longer than a message can be; VONK_NO_MEMORY.
 */
vonk_status vonk_piece_add(vonk_buffer *out, const vonk_batch *batch, bool compress, uint32_t *row,
                           vonk_error *err) VONK_MUST_CHECK;

#endif
