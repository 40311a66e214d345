/* schema.h - types, schemas and options on the wire. Memory as in wire/codec.h. */
#ifndef VONK_WIRE_SCHEMA_H
#define VONK_WIRE_SCHEMA_H

#include "base/options.h"
#include "column/type.h"
#include "wire/codec.h"

void vonk_wire_put_type(vonk_buffer *out, vonk_type type);
void vonk_wire_put_schema(vonk_buffer *out, const vonk_schema *schema);
void vonk_wire_put_options(vonk_buffer *out, const vonk_options *options);

vonk_type vonk_wire_type(vonk_wire_reader *in);
vonk_schema vonk_wire_schema(vonk_wire_reader *in);
vonk_options vonk_wire_options(vonk_wire_reader *in);

#endif
