/*
 * hyperloglog.h - how many different values there were, from 2^bits small registers: HyperLogLog++.
 *
 * The first `bits` bits of a value's hash say which register it is for, the zeros that the others
 * begin with how rare it is; a register keeps the rarest, so that sketches of parts merge to that
 * of the whole by the greater register of both.
 *
 *     hash   0110 00001....     4 bits: register 6 becomes at least 5
 *
 * Source: Heule, Nunkesser, Hall, "HyperLogLog in Practice" (2013); where the paper leaves a
 * choice, Spark's HyperLogLogPlusPlusHelper, so that estimates are the same numbers.
 */
#ifndef VONK_EXPR_HYPERLOGLOG_H
#define VONK_EXPR_HYPERLOGLOG_H

#include <stdbool.h>
#include <stdint.h>

#define VONK_HLL_LEAST_BITS   4
#define VONK_HLL_MOST_BITS    26 /* 64 MiB of registers */
#define VONK_HLL_DEFAULT_BITS 9  /* a relative standard deviation of at most 5 % */

/* Bits for a relative standard deviation of at most `deviation`; 0 for one that makes no sense. */
int vonk_hll_bits(double deviation);

/* The register that `hash` is for. */
static inline uint32_t vonk_hll_index(uint64_t hash, int bits)
{
    return (uint32_t)(hash >> (64 - bits));
}

/* What that register becomes at least: 1 .. 65 - bits. */
static inline uint8_t vonk_hll_rank(uint64_t hash, int bits)
{
    uint64_t end = UINT64_C(1) << (bits - 1);
    return (uint8_t)(__builtin_clzll(hash << bits | end) + 1);
}

/* How many values, by 2^bits registers of a byte each. */
int64_t vonk_hll_estimate(const uint8_t *registers, int bits);
/* The same by the number of registers that are not zero: at most an eighth of them. */
int64_t vonk_hll_estimate_few(uint32_t n_set, int bits);

#endif
