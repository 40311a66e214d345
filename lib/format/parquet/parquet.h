/*
 * parquet.h - Apache Parquet files: the format's table, see format/format.h.
 *
 * Reads all encodings and codecs of flat columns; a nested column is in the schema but cannot be
 * read yet (VONK_UNSUPPORTED). Filters are applied exactly: by statistics of row groups, by
 * dictionaries, then row by row before other columns are decoded.
 *
 * Options of a reader: mmap (true; false reads column chunks instead of mapping the file),
 * mergeSchema. Options of a writer: compression (none, snappy, gzip, lz4, lz4_raw, zstd, brotli),
 * parquet.block.size (bytes), parquet.page.size (bytes), parquet.enable.dictionary.
 */
#ifndef VONK_FORMAT_PARQUET_PARQUET_H
#define VONK_FORMAT_PARQUET_PARQUET_H

#include "format/format.h"

extern const vonk_format vonk_parquet_format;

/* The table's functions that live in files of their own. */
vonk_status vonk_parquet_infer(const vonk_infer_request *request, vonk_arena *arena,
                               vonk_format_facts *ret, vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_parquet_create(const vonk_writer_request *request, vonk_writer **ret,
                                vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_parquet_write(vonk_writer *writer, const vonk_batch *batch,
                               vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_parquet_finish(vonk_writer *writer, uint64_t *ret_bytes,
                                vonk_error *err) VONK_MUST_CHECK;
void vonk_parquet_abort(vonk_writer *writer);

#endif
