/* json.h - JSON: an object a line, or (multiLine) a file of one object or an array of them. */
#ifndef VONK_FORMAT_JSON_JSON_H
#define VONK_FORMAT_JSON_JSON_H

#include "format/format.h"

extern const vonk_format vonk_json_format;

/* The parts of the table, each in its own file. */
vonk_status vonk_json_infer(const vonk_infer_request *request, vonk_arena *arena,
                            vonk_format_facts *ret, vonk_error *err);
vonk_status vonk_json_create(const vonk_writer_request *request, vonk_writer **ret,
                             vonk_error *err);
vonk_status vonk_json_write(vonk_writer *writer, const vonk_batch *batch, vonk_error *err);
vonk_status vonk_json_finish(vonk_writer *writer, uint64_t *ret_bytes, vonk_error *err);
void vonk_json_abort(vonk_writer *writer);

#endif
