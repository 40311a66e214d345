/*
 * delta.h - Parquet's delta encodings, decoded a page at a time.
 *
 * `in` is advanced past what was read. False when the bytes do not decode to `n` values.
 */
#ifndef VONK_FORMAT_PARQUET_DELTA_H
#define VONK_FORMAT_PARQUET_DELTA_H

#include "base/buffer.h"
#include "column/string_view.h"

/* DELTA_BINARY_PACKED: the number of values that the head at `in` claims, -1 if it is broken. */
int64_t vonk_pq_delta_count(vonk_slice in);
/* n values into int64_t or int32_t; n must be at most the count. */
bool vonk_pq_delta_i64(vonk_slice *in, uint32_t n, int64_t *ret);
bool vonk_pq_delta_i32(vonk_slice *in, uint32_t n, int32_t *ret);

/* DELTA_LENGTH_BYTE_ARRAY: views into `in`. `scratch` holds n numbers. */
bool vonk_pq_delta_lengths(vonk_slice in, uint32_t n, int32_t *scratch, vonk_string *ret);

/*
 * DELTA_BYTE_ARRAY in two steps: first the lengths (scratch: 2 * n numbers), which say how many
 * bytes the strings have together; then the strings, written to `bytes` and seen through `ret`.
 */
bool vonk_pq_delta_strings_size(vonk_slice *in, uint32_t n, int32_t *scratch, size_t *ret_size);
bool vonk_pq_delta_strings(vonk_slice in, uint32_t n, const int32_t *scratch, char *bytes,
                           vonk_string *ret);

#endif
