/*
 * thrift.h - Thrift's compact protocol, as far as Parquet needs it: structs, lists, integers,
 * bytes.
 *
 * Reading is safe on any bytes: lengths are checked against what is left, depth is bounded, and
 * after the first fault `failed` stays set and every read gives 0 or nothing, so that a decoder
 * checks once at the end. What is read is borrowed from the input.
 *
 *     int16_t id = 0;
 *     for (uint8_t type; vonk_thrift_field(in, &id, &type);)
 *         if (id == 1) x = vonk_thrift_int(in, type); else vonk_thrift_skip(in, type);
 */
#ifndef VONK_FORMAT_PARQUET_THRIFT_H
#define VONK_FORMAT_PARQUET_THRIFT_H

#include "base/buffer.h"

typedef enum vonk_thrift_type {
    VONK_THRIFT_TRUE = 1, /* also the type of booleans in lists */
    VONK_THRIFT_FALSE = 2,
    VONK_THRIFT_BYTE = 3,
    VONK_THRIFT_I16 = 4,
    VONK_THRIFT_I32 = 5,
    VONK_THRIFT_I64 = 6,
    VONK_THRIFT_DOUBLE = 7,
    VONK_THRIFT_BINARY = 8,
    VONK_THRIFT_LIST = 9,
    VONK_THRIFT_SET = 10,
    VONK_THRIFT_MAP = 11,
    VONK_THRIFT_STRUCT = 12,
} vonk_thrift_type;

typedef struct vonk_thrift_in {
    const uint8_t *at, *end;
    uint32_t depth; /* structs entered */
    bool failed;
} vonk_thrift_in;

vonk_thrift_in vonk_thrift_open(const void *data, size_t length);

/*
 * The next field of the struct being read: *id must be 0 before the first. False at the struct's
 * end. The field's value must then be read or skipped.
 */
bool vonk_thrift_field(vonk_thrift_in *in, int16_t *id, uint8_t *type);
int64_t vonk_thrift_int(vonk_thrift_in *in, uint8_t type);
int32_t vonk_thrift_i32(vonk_thrift_in *in, uint8_t type);
bool vonk_thrift_bool(vonk_thrift_in *in, uint8_t type);
vonk_slice vonk_thrift_binary(vonk_thrift_in *in, uint8_t type);
/* Elements of the list that begins here, never more than bytes are left; their type in *ret. */
uint32_t vonk_thrift_list(vonk_thrift_in *in, uint8_t type, uint8_t *ret);
void vonk_thrift_skip(vonk_thrift_in *in, uint8_t type);
/* To be called around the fields of a nested struct. False (and failed) if `type` is no struct. */
bool vonk_thrift_enter(vonk_thrift_in *in, uint8_t type);
void vonk_thrift_leave(vonk_thrift_in *in);

typedef struct vonk_thrift_out {
    vonk_buffer *buf;
    int16_t last; /* id of the field before, in the struct being written */
} vonk_thrift_out;

void vonk_thrift_put_i32(vonk_thrift_out *out, int16_t id, int32_t value);
void vonk_thrift_put_i64(vonk_thrift_out *out, int16_t id, int64_t value);
void vonk_thrift_put_byte(vonk_thrift_out *out, int16_t id, int8_t value);
void vonk_thrift_put_bool(vonk_thrift_out *out, int16_t id, bool value);
void vonk_thrift_put_binary(vonk_thrift_out *out, int16_t id, const void *data, size_t length);
/* A list's head; `n` elements follow, each by one of the _item functions or as a struct. */
void vonk_thrift_put_list(vonk_thrift_out *out, int16_t id, vonk_thrift_type type, uint32_t n);
void vonk_thrift_item_i32(vonk_thrift_out *out, int32_t value);
void vonk_thrift_item_binary(vonk_thrift_out *out, const void *data, size_t length);
/* Begins a struct (id 0: as an element or at the top); give the result to put_end. */
int16_t vonk_thrift_put_struct(vonk_thrift_out *out, int16_t id);
void vonk_thrift_put_end(vonk_thrift_out *out, int16_t outer);

#endif
