/* bucket_sort.h - what the two kinds of sorts by buckets (bucket_sort.inc.h) have in common. */
#ifndef VONK_KERNEL_BUCKET_SORT_H
#define VONK_KERNEL_BUCKET_SORT_H

#include "kernel/row_prefix.h"

/* Rows that are sorted by insertion. */
#define VONK_SORT_FEW_ROWS 16u
/* Bits of a digit at most, where the buckets of all lie in the cache; of more rows they do not. */
#define VONK_SORT_MOST_BITS  12u
#define VONK_SORT_CACHE_ROWS 65536u
/* From so many rows on, they go into buckets as they are read, so many at a time. */
#define VONK_SORT_LARGE     32768u
#define VONK_SORT_FILL_ROWS 2048u

/*
 * Passes write all over the memory. Where it is fresh, a few thousand rows would wait for the
 * kernel to clear most of it: so it is touched in order first, with a look at the flag at every
 * MiB.
 */
static inline void vonk_sort_touch(const vonk_sort_keys *keys, void *memory, size_t size)
{
    volatile char *at = memory;
    for (size_t i = 0; i < size; i += 4096) {
        if (i % ((size_t)1 << 20) == 0 && vonk_sort_is_stopped(keys))
            return;
        at[i] = 0;
    }
}

/* Bits that make buckets of a few rows. */
static inline uint32_t vonk_sort_bits(uint32_t n)
{
    uint32_t bits = 29 - (uint32_t)__builtin_clz(n);
    return n > VONK_SORT_CACHE_ROWS ? 8 : bits < VONK_SORT_MOST_BITS ? bits : VONK_SORT_MOST_BITS;
}

/* Of how many there are in each bucket: where it begins. */
static inline void vonk_sort_sum_up(uint32_t *counts, uint32_t n)
{
    for (uint32_t b = 0, at = 0; b < n; b++) {
        uint32_t count = counts[b];
        counts[b] = at;
        at += count;
    }
}

#endif
