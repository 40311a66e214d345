/*
 * batch_bytes.h - how many rows are taken at once where texts are long.
 *
 * A batch has up to VONK_BATCH_ROWS rows: with texts of 10 KB that would be 80 MB. So who makes
 * rows, copies them or writes them to disk takes as many at once as have vonk_batch_most_bytes() of
 * text; a single longer row goes alone.
 */
#ifndef VONK_COLUMN_BATCH_BYTES_H
#define VONK_COLUMN_BATCH_BYTES_H

#include "column/column.h"

/*
 * 4 MiB; of a small memory 1/64, at least 256 KiB: a dozen batches that are under way leave most of
 * it to what is kept. `budget` may be NULL.
 */
size_t vonk_batch_most_bytes(const vonk_budget *budget);

/* How many of the rows from `start` on have at most `bytes` of text; one, if that has more. */
uint32_t vonk_batch_rows_within(const vonk_batch *batch, uint32_t start, size_t bytes);

#endif
