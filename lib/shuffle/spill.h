/*
 * spill.h - rows that do not fit into memory, in a file of the executor's local directory.
 *
 *     file:  [batch of run 2][batch of run 0][batch of run 2] ...      encoded as in wire/batch.h
 *     run:   (place, length, rows) of each of its batches, in memory
 *
 * The file has no name: it is unlinked as soon as it is open, so that the kernel takes it back
 * when the last holder lets go of it, or the process is killed. One thread writes; what was
 * flushed, many may read.
 */
#ifndef VONK_SHUFFLE_SPILL_H
#define VONK_SHUFFLE_SPILL_H

#include "column/column.h"

typedef struct vonk_spill vonk_spill;

typedef struct vonk_spill_piece {
    uint64_t at;
    uint32_t length, n_rows;
} vonk_spill_piece;

/* Some of a file's batches, in the order they were put. {0} is an empty one. */
typedef struct vonk_spill_run {
    uint32_t n_pieces, capacity;
    vonk_spill_piece *pieces; /* malloc'ed */
    uint64_t n_rows, n_bytes; /* bytes: of the rows in memory */
} vonk_spill_run;

/* `dir`, or where temporary files go if that is NULL: TMPDIR or /tmp. Borrowed. */
const char *vonk_spill_dir(const char *dir);
/*
 * A new file in `dir`, whose buffer (WRITE_BYTES and a batch) is charged to `budget`, also beyond
 * its limit: who spills has no memory left. Errors: VONK_IO, with the directory.
 */
vonk_status vonk_spill_open(const char *dir, vonk_budget *budget, vonk_spill **ret,
                            vonk_error *err) VONK_MUST_CHECK;
vonk_spill *vonk_spill_ref(vonk_spill *spill);
void vonk_spill_unref(vonk_spill *spill); /* NULL is fine */

/* Appends a batch to the file and to the run, a large one in several pieces. Errors: VONK_IO (the
 * disk is full), VONK_NO_MEMORY.
 */
vonk_status vonk_spill_put(vonk_spill *spill, vonk_spill_run *run, const vonk_batch *batch,
                           vonk_error *err) VONK_MUST_CHECK;
/* What was put is in the file, and its buffer is free: before other threads read. */
vonk_status vonk_spill_flush(vonk_spill *spill, vonk_error *err) VONK_MUST_CHECK;
/* *ret = a piece's rows, in `arena`. */
vonk_status vonk_spill_get(vonk_spill *spill, const vonk_spill_piece *piece, vonk_arena *arena,
                           vonk_batch *ret, vonk_error *err) VONK_MUST_CHECK;
/* Bytes put so far, as they are in the file. */
uint64_t vonk_spill_size(const vonk_spill *spill);

void vonk_spill_run_free(vonk_spill_run *run);

#endif
