/*
 * snappy.h - decompresses Snappy blocks; why this is not the library's: docs/adr/008. Source: the
 * library's format_description.txt.
 */
#ifndef VONK_FORMAT_PARQUET_SNAPPY_H
#define VONK_FORMAT_PARQUET_SNAPPY_H

#include "base/buffer.h"

/* Decompresses `from` to exactly `size` bytes at `ret`; false if `from` is not a block of `size`
 * bytes. */
bool vonk_unsnappy(vonk_slice from, char *ret, size_t size) VONK_MUST_CHECK;

#endif
