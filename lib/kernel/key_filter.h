/*
 * key_filter.h - which values a set of join keys has: asked of the other side's rows before they
 * are read, so that rows without a partner never are.
 *
 * Keys are the stored integers of 4 or 8 bytes (int, bigint, date, timestamps, narrow decimals).
 * Dense keys get a bitmap of their range and an exact answer (up to 64 bits a key, up to 256 in 8
 * MiB, any in 1 MiB); others a blocked Bloom filter (4 bits of one word, 16 bits a key: about 1 %
 * of wrong yeses). There are no wrong noes. Immutable once made, so shared by threads.
 *
 * Without bits and words it is a range: all values of min .. max. Whoever owns it may narrow it
 * between calls, on the thread that asks.
 */
#ifndef VONK_KERNEL_KEY_FILTER_H
#define VONK_KERNEL_KEY_FILTER_H

#include "column/column.h"

typedef struct vonk_key_filter {
    vonk_type type;
    uint64_t n_keys;  /* rows that were not null; 0: nothing matches */
    int64_t min, max; /* of them */
    uint64_t *bits;   /* exact: bit v - min; NULL: Bloom */
    uint64_t *coarse; /* beside `bits`: bit (v - min) >> shift, so small that it stays in L1; NULL:
                         would say yes too often */
    uint32_t shift;
    uint64_t *words; /* Bloom: 1 << log2_words words */
    uint32_t log2_words;
    bool takes_nulls; /* a range's */
} vonk_key_filter;

/* A range of all values, nulls too. */
vonk_key_filter vonk_key_filter_range(vonk_type type, bool takes_nulls);
/* A range that leaves out nothing yet. */
static inline bool vonk_key_filter_is_open(const vonk_key_filter *filter)
{
    return filter->min == INT64_MIN && filter->max == INT64_MAX && !filter->bits && !filter->words;
}

bool vonk_key_filter_takes(vonk_type type);
/* The set of `keys`' values, nulls left out; the type must be taken. Lives in `arena`. */
vonk_status vonk_key_filter_new(vonk_arena *arena, const vonk_column *keys, vonk_key_filter **ret,
                                vonk_error *err) VONK_MUST_CHECK;
/*
 * ret[] = those of rows sel[0..n) (NULL: 0..n) of `col` whose value may be in the set, in order;
 * nulls are not, unless a range takes them. Returns how many. `ret` may be `sel`; `col` is of the
 * filter's type.
 */
uint32_t vonk_key_filter_select(const vonk_key_filter *filter, const vonk_column *col,
                                const uint32_t *sel, uint32_t n, uint32_t *ret);

#endif
