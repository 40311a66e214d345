/*
 * group_rows.h - key columns as rows of one fixed size. Private to the hash tables of lib/kernel.
 *
 *      | strings, 16 bytes each | decimals | 8 bytes | 4 | 2 | 1 | null bits | zero padding |
 *
 * Rows are whole 64-bit words; a null's value is zero. Two rows are equal when all words are,
 * except that long strings (more than VONK_STRING_INLINE bytes) compare what they point to.
 */
#ifndef VONK_KERNEL_GROUP_ROWS_H
#define VONK_KERNEL_GROUP_ROWS_H

#include "kernel/hash.h"
#include "kernel/kernel.h"

typedef struct group_key {
    vonk_type type;
    vonk_physical_type physical;
    uint32_t offset; /* bytes into the row */
} group_key;

typedef struct group_layout {
    uint32_t n_keys;
    group_key *keys;
    uint32_t n_words;     /* of a row */
    uint32_t n_strings;   /* at the start of the row, two words each */
    uint32_t null_offset; /* byte of the null bits; unused if nulls_apart */
    bool nulls_apart;     /* one key of 8 bytes: the row has no room for its null */
} group_layout;

vonk_status group_layout_init(vonk_arena *arena, const vonk_type *types, uint32_t n_keys,
                              group_layout *ret, vonk_error *err) VONK_MUST_CHECK;

/*
 * Writes rows sel[0..n) of `keys` (start .. start + n if sel is NULL) to `out`. A null of a layout
 * with nulls_apart becomes zero: the caller looks at it.
 */
void group_encode(const group_layout *layout, const vonk_column *keys, const uint32_t *sel,
                  uint32_t start, uint32_t n, uint64_t *out);

/* *ret = key k of the `n` rows at `rows`. */
vonk_status group_decode(const group_layout *layout, uint32_t k, const uint64_t *rows, uint32_t n,
                         vonk_arena *arena, vonk_column *ret, vonk_error *err) VONK_MUST_CHECK;

/* n_words and n_strings are literals where speed matters. */
VONK_SPECIALISE uint32_t group_hash_row(const uint64_t *row, uint32_t n_words, uint32_t n_strings)
{
    uint64_t hash = UINT64_C(0x60be8b5ac5f3a1d7);
    uint32_t w = 0;
    if (n_strings == 0 && n_words == 1)
        return (uint32_t)(vonk_hash_u64(row[0] ^ hash) >> 32);
    for (; w < n_strings * 2; w += 2) {
        if (VONK_UNLIKELY((uint32_t)row[w] > VONK_STRING_INLINE)) {
            vonk_string s;
            memcpy(&s, row + w, sizeof(s));
            hash = vonk_hash_combine(hash, vonk_hash_string(&s));
        } else {
            hash = vonk_hash_combine(hash, row[w] ^ (row[w + 1] * UINT64_C(0xff51afd7ed558ccd)));
        }
    }
    for (; w < n_words; w++)
        hash = vonk_hash_combine(hash, row[w]);
    return (uint32_t)(vonk_hash_u64(hash) >> 32);
}

VONK_SPECIALISE bool group_equal_rows(const uint64_t *a, const uint64_t *b, uint32_t n_words,
                                      uint32_t n_strings)
{
    uint64_t differ = 0;
    for (uint32_t w = n_strings * 2; w < n_words; w++)
        differ |= a[w] ^ b[w];
    if (differ)
        return false;
    for (uint32_t w = 0; w < n_strings * 2; w += 2) {
        if (a[w] != b[w])
            return false;
        if (a[w + 1] == b[w + 1])
            continue;
        uint32_t length = (uint32_t)a[w];
        if (length <= VONK_STRING_INLINE)
            return false;
        vonk_string x, y;
        memcpy(&x, a + w, sizeof(x));
        memcpy(&y, b + w, sizeof(y));
        if (memcmp(x.data, y.data, length) != 0)
            return false;
    }
    return true;
}

#endif
