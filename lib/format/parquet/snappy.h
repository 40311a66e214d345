/*
 * snappy.h - decompresses Snappy blocks; why this is not the library's: docs/adr/008. Source: the
 * library's format_description.txt.
 */
#ifndef VONK_FORMAT_PARQUET_SNAPPY_H
#define VONK_FORMAT_PARQUET_SNAPPY_H

#include "base/buffer.h"

/* A block that is decompressed as far as it is needed. Fields are snappy.c's. */
typedef struct vonk_unsnap {
    const uint8_t *at, *end;
    uint8_t *out, *out_start, *out_end;
} vonk_unsnap;

/* `from` is to become exactly `size` bytes at `ret`; false if it says that it has another size. */
bool vonk_unsnap_open(vonk_slice from, char *ret, size_t size, vonk_unsnap *state) VONK_MUST_CHECK;
/* Makes at least the first `n` of the bytes, all if there are fewer; false if `from` is no block,
 * as far as that shows. */
bool vonk_unsnap_until(vonk_unsnap *state, size_t n) VONK_MUST_CHECK;

/* Decompresses `from` to exactly `size` bytes at `ret`; false if `from` is not a block of `size`
 * bytes. */
bool vonk_unsnappy(vonk_slice from, char *ret, size_t size) VONK_MUST_CHECK;

#endif
