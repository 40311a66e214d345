/*
 * codec.h - the primitives of every message: a writer over vonk_buffer, a reader over a slice.
 *
 * Everything is little-endian and without padding. A text or a run of bytes is its length (u32) and
 * its bytes; a list is its count (u32) and its items. docs/protocol.md is the specification.
 *
 * The writer cannot fail but for memory (vonk_buffer_check). The reader's failure is sticky: after
 * the first wrong byte every getter returns zeros, so a decoder checks once, at the end of each
 * structure. Counts and lengths are compared with the bytes that are left before memory is taken.
 *
 * Memory: what a decoder makes lives in the reader's arena; vonk_wire_bytes() borrows from the
 * input. Not thread-safe; use one reader a thread.
 */
#ifndef VONK_WIRE_CODEC_H
#define VONK_WIRE_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"

/* Deepest nesting of an expression, a plan, a type; a reader allows their sum. */
#define VONK_WIRE_MAX_DEPTH 1000
/* The longest message; sockets refuse more (nng's default is no limit). */
#define VONK_WIRE_MAX_MESSAGE ((size_t)64 << 20)

/* ---- writing ---- */

void vonk_wire_put_u8(vonk_buffer *out, uint8_t value);
void vonk_wire_put_bool(vonk_buffer *out, bool value);
void vonk_wire_put_u16(vonk_buffer *out, uint16_t value);
void vonk_wire_put_u32(vonk_buffer *out, uint32_t value);
void vonk_wire_put_i32(vonk_buffer *out, int32_t value);
void vonk_wire_put_u64(vonk_buffer *out, uint64_t value);
void vonk_wire_put_i64(vonk_buffer *out, int64_t value);
void vonk_wire_put_f64(vonk_buffer *out, double value);
void vonk_wire_put_bytes(vonk_buffer *out, const void *data, size_t length);
/* A NUL-terminated text; NULL is written as its own value. */
void vonk_wire_put_text(vonk_buffer *out, const char *text);
void vonk_wire_put_error(vonk_buffer *out, const vonk_error *error);

/* ---- reading ---- */

typedef struct vonk_wire_reader {
    const char *data;
    size_t length, at;
    uint32_t depth;
    vonk_status status; /* VONK_OK until something is wrong */
    vonk_error *err;    /* set with the first failure; may be NULL */
    vonk_arena *arena;
} vonk_wire_reader;

vonk_wire_reader vonk_wire_reader_of(vonk_slice bytes, vonk_arena *arena, vonk_error *err);
size_t vonk_wire_left(const vonk_wire_reader *in);
/* Fails with VONK_CORRUPT and the place, unless the reader has failed before. */
vonk_status vonk_wire_fail(vonk_wire_reader *in, const char *fmt, ...) VONK_PRINTF(2, 3);
/* Records a failure of something called while reading (its err was in->err). Returns the status. */
vonk_status vonk_wire_status(vonk_wire_reader *in, vonk_status status);

uint8_t vonk_wire_u8(vonk_wire_reader *in);
bool vonk_wire_bool(vonk_wire_reader *in); /* anything but 0 and 1 is corrupt */
uint16_t vonk_wire_u16(vonk_wire_reader *in);
uint32_t vonk_wire_u32(vonk_wire_reader *in);
int32_t vonk_wire_i32(vonk_wire_reader *in);
uint64_t vonk_wire_u64(vonk_wire_reader *in);
int64_t vonk_wire_i64(vonk_wire_reader *in);
double vonk_wire_f64(vonk_wire_reader *in);
/* A u8 that must be below `n`; `what` names it in the error. */
uint8_t vonk_wire_enum(vonk_wire_reader *in, uint8_t n, const char *what);
/* `size` raw bytes, borrowed; NULL on failure. */
const char *vonk_wire_raw(vonk_wire_reader *in, size_t size);
/* A length and bytes, borrowed from the input. */
vonk_slice vonk_wire_bytes(vonk_wire_reader *in);
/* A copy in the arena, or NULL if NULL was written (or on failure). No NUL inside. */
const char *vonk_wire_text_or_null(vonk_wire_reader *in);
/* The same; NULL is corrupt. Returns "" on failure. */
const char *vonk_wire_text(vonk_wire_reader *in);
/* The count of a list whose items take at least `min_bytes` (> 0) each. */
uint32_t vonk_wire_count(vonk_wire_reader *in, size_t min_bytes, const char *what);
/* n * size zeroed bytes in the arena; NULL on failure (also when n is 0 and the reader failed). */
void *vonk_wire_array(vonk_wire_reader *in, size_t n, size_t size);
void vonk_wire_error(vonk_wire_reader *in, vonk_error *ret);

/* Nesting: enter fails when it is too deep. Every true enter needs a leave. */
bool vonk_wire_enter(vonk_wire_reader *in);
void vonk_wire_leave(vonk_wire_reader *in);

/* The status, and VONK_CORRUPT if bytes are left over. */
vonk_status vonk_wire_end(vonk_wire_reader *in) VONK_MUST_CHECK;

#endif
