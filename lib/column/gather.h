/*
 * gather.h - picking rows of a column by number: what flattening and taking are made of.
 */
#ifndef VONK_COLUMN_GATHER_H
#define VONK_COLUMN_GATHER_H

#include "column/column.h"

/*
 * *ret = rows `rows`[0..n) of `src` (any encoding, nested types too), in that order. With
 * `with_missing`, UINT32_MAX makes a null row; else every rows[i] < src->length. CONSTANT stays
 * CONSTANT and DICTIONARY keeps its dictionary where no row is missing or its bitmap can say so.
 * Long strings stay borrowed.
 */
vonk_status vonk_column_gather(vonk_arena *arena, const vonk_column *src, const uint32_t *rows,
                               uint32_t n, bool with_missing, vonk_column *ret,
                               vonk_error *err) VONK_MUST_CHECK;

/* Bit i of `out` = bit rows[i] of `src`, whole words written. No missing rows. */
void vonk_bits_gather(const uint64_t *src, const uint32_t *rows, uint32_t n, uint64_t *out);

/* Copies `n` bits from bit `start` of `src` to the start of `out`, whole words written. */
void vonk_bits_shift(const uint64_t *src, size_t start, size_t n, uint64_t *out);

#endif
