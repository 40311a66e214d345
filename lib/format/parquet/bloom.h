/*
 * bloom.h - Bloom filters of column chunks: does it have a value at all? Source: parquet-format,
 * BloomFilter.md (split blocks of 32 bytes, XXH64 of the plain encoding).
 */
#ifndef VONK_FORMAT_PARQUET_BLOOM_H
#define VONK_FORMAT_PARQUET_BLOOM_H

#include "format/parquet/scan.h"

/*
 * *ret = a conjunct of the request asks for equality with values none of which a column of the row
 * group has. Filters that do not decode say nothing. Errors: those of reading the file.
 */
vonk_status vonk_pq_bloom_prunes(const vonk_pq_scan *scan, const vonk_pq_group *group, bool *ret,
                                 vonk_error *err) VONK_MUST_CHECK;

#endif
