/*
 * hash.h - the hashes of single values that vonk_hash is made of. Not stable across versions: never
 * write them to disk or the wire.
 */
#ifndef VONK_KERNEL_HASH_H
#define VONK_KERNEL_HASH_H

#include <math.h>

#include "column/column.h"

/* Two rounds of multiply, fold high bits into low ones (after wyhash's mix; public domain). */
static inline uint64_t vonk_hash_u64(uint64_t x)
{
    x ^= UINT64_C(0x8bb84b93962eacc9);
    unsigned __int128 m = (unsigned __int128)x * UINT64_C(0x9e3779b97f4a7c15);
    x = (uint64_t)m ^ (uint64_t)(m >> 64);
    x *= UINT64_C(0xff51afd7ed558ccd);
    return x ^ x >> 32;
}

/* Order matters: combine(a, b) differs from combine(b, a). */
static inline uint64_t vonk_hash_combine(uint64_t seed, uint64_t x)
{
    unsigned __int128 m = (unsigned __int128)(seed ^ UINT64_C(0x2d358dccaa6c78a5)) *
                          (x ^ UINT64_C(0x9e3779b97f4a7c15));
    return (uint64_t)m ^ (uint64_t)(m >> 64) ^ seed;
}

static inline uint64_t vonk_hash_i128(vonk_int128 v)
{
    return vonk_hash_u64((uint64_t)v + vonk_hash_u64((uint64_t)(v >> 64)));
}

/* Values that compare equal hash equal: -0.0 like 0.0, and all NaNs alike. */
static inline uint64_t vonk_hash_f64(double v)
{
    double canonical = v != v ? (double)NAN : v + 0.0;
    uint64_t bits;
    memcpy(&bits, &canonical, sizeof(bits));
    return vonk_hash_u64(bits);
}

uint64_t vonk_hash_string(const vonk_string *s);

#endif
