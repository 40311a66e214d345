/*
 * hybrid.h - Parquet's mix of runs and bit-packed groups: dictionary codes, levels, booleans.
 *
 *      varint h, even:  h/2 times one value (ceil(width/8) bytes)
 *               odd:    h/2 groups of 8 values, `width` bits each, low bit first
 *
 * A cursor borrows its bytes. Reads return false when the bytes end early or do not decode.
 */
#ifndef VONK_FORMAT_PARQUET_HYBRID_H
#define VONK_FORMAT_PARQUET_HYBRID_H

#include "base/bitmap.h"

typedef struct vonk_pq_hybrid {
    const uint8_t *at, *end; /* what follows the current run */
    const uint8_t *packed;   /* bits of the current run, NULL if it repeats `value` */
    uint64_t packed_at;      /* values of `packed` taken */
    uint64_t left;           /* values left in the current run */
    uint32_t value;
    uint32_t width; /* bits, 0..32 */
} vonk_pq_hybrid;

vonk_pq_hybrid vonk_pq_hybrid_open(const void *data, size_t length, uint32_t width);

/* The next `n` values. */
bool vonk_pq_hybrid_read(vonk_pq_hybrid *in, uint32_t *ret, uint32_t n);
bool vonk_pq_hybrid_skip(vonk_pq_hybrid *in, uint32_t n);
/* The next `n` values of width 1 as bits at..at+n of `bits`; adds the ones to *ret_set. */
bool vonk_pq_hybrid_bits(vonk_pq_hybrid *in, uint64_t *bits, uint32_t at, uint32_t n,
                         uint32_t *ret_set);
/* The first `n` values are all 1 and in one run: seen without reading. */
bool vonk_pq_hybrid_all_ones(vonk_pq_hybrid in, uint32_t n);

/*
 * n values of `width` bits (0..32), low bit first, beginning `start` values into `data`. All bytes
 * that the values touch are below `end`.
 */
void vonk_pq_unpack(const uint8_t *data, const uint8_t *end, uint64_t start, uint32_t width,
                    uint32_t *ret, uint32_t n);

/* Copies n bits from bit `from_at` of bytes `from` to bit `at` of `bits`; returns how many are 1.
 * Bits of `bits` after the last may be cleared up to the word's end. */
uint32_t vonk_pq_copy_bits(uint64_t *bits, uint32_t at, const uint8_t *from, uint64_t from_at,
                           const uint8_t *end, uint32_t n);
void vonk_pq_fill_bits(uint64_t *bits, uint32_t at, uint32_t n, bool on);

#endif
