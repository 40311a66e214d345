/* csv.h - the CSV format, with the options and results of Spark's. */
#ifndef VONK_FORMAT_CSV_CSV_H
#define VONK_FORMAT_CSV_CSV_H

#include "format/format.h"

extern const vonk_format vonk_csv_format;

/* The parts of the table, each in its own file. */
vonk_status vonk_csv_infer(const vonk_infer_request *request, vonk_arena *arena,
                           vonk_format_facts *ret, vonk_error *err);
vonk_status vonk_csv_create(const vonk_writer_request *request, vonk_writer **ret, vonk_error *err);
vonk_status vonk_csv_write(vonk_writer *writer, const vonk_batch *batch, vonk_error *err);
vonk_status vonk_csv_finish(vonk_writer *writer, uint64_t *ret_bytes, vonk_error *err);
void vonk_csv_abort(vonk_writer *writer);

#endif
