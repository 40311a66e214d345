/*
 * row_prefix.h - binary prefixes of rows that order as their keys do.
 *
 * Each key is looked at first: what all its values share costs nothing, so numbers are stored as
 * their distance from the least one, in as many bytes as the greatest needs, and strings without
 * the bytes that all begin with.
 *
 *      g: 0 .. 99    r: 1,000,000 .. 1,900,000    name: "Customer#000000001" ...
 *      [ g ][   r - 1000000   ][ 000001 ]          at most 16 bytes
 *        1          3               6
 */
#ifndef VONK_KERNEL_ROW_PREFIX_H
#define VONK_KERNEL_ROW_PREFIX_H

#include "kernel/row_sort.h"

/* Keys without codes: FLAT or CONSTANT. */
typedef struct vonk_sort_keys {
    const vonk_column *columns;
    const vonk_sort_order *orders;
    uint32_t n, n_rows;
    const atomic_bool *stop; /* NULL: never */
} vonk_sort_keys;

/* Nobody waits for the order any more: all loops end as they are. */
static inline bool vonk_sort_is_stopped(const vonk_sort_keys *keys)
{
    return keys->stop && atomic_load_explicit(keys->stop, memory_order_relaxed);
}

/* Loops over all rows go in pieces, between which they may be stopped. */
#define VONK_SORT_PIECE 65536u

static inline uint32_t vonk_sort_piece_end(uint32_t start, uint32_t n)
{
    return n - start < VONK_SORT_PIECE ? n : start + VONK_SORT_PIECE;
}

/* One key's place in the prefix. */
typedef struct vonk_prefix_part {
    uint32_t key, shift;    /* bits from the top of the prefix */
    uint32_t bytes;         /* in the prefix, without the null byte */
    uint32_t value_bytes;   /* of the values' distance; more than `bytes`: cut off */
    bool null_byte;         /* one more byte in front says whether it is null */
    unsigned __int128 base; /* numbers: the least normal value */
    uint32_t skip;          /* strings: bytes that all share */
    bool length_byte;       /* strings: one more byte behind, the length, tells zeroes from none */
} vonk_prefix_part;

typedef struct vonk_prefix_plan {
    vonk_prefix_part parts[16];
    uint32_t n_parts, n_words; /* of 64 bits: 1 or 2 */
    uint32_t lead;             /* so many bits at the top are the same for all rows */
    bool exact;                /* equal prefixes mean equal keys */
    bool strings;              /* some part is one: prefixes take time */
} vonk_prefix_plan;

/* As many keys as fit into 16 bytes. */
vonk_prefix_plan vonk_prefix_plan_of(const vonk_sort_keys *keys);
/*
 * The prefixes of rows start .. end. words: that of row `start`; each next one is `step` words
 * further. All zero before.
 */
void vonk_prefix_fill(const vonk_sort_keys *keys, const vonk_prefix_plan *plan, uint32_t start,
                      uint32_t end, uint64_t *words, size_t step);

#endif
