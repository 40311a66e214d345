/*
 * pack.h - the writing side of hybrid.h: levels and dictionary codes as runs and bit-packed groups.
 */
#ifndef VONK_FORMAT_PARQUET_PACK_H
#define VONK_FORMAT_PARQUET_PACK_H

#include "base/bitmap.h"
#include "base/buffer.h"

/* Bits that a number below `n` needs, at least 1. */
uint32_t vonk_pq_bits_for(uint32_t n);

/* Appends n codes of `width` bits: runs of eight and more equal ones as such, the rest packed. */
void vonk_pq_pack(const uint32_t *codes, uint32_t n, uint32_t width, vonk_buffer *out);

/* Appends n definition levels of 0 and 1 with their length before them, n_ones of them 1. */
void vonk_pq_pack_levels(const uint64_t *bits, uint32_t n, uint32_t n_ones, vonk_buffer *out);

#endif
