/*
 * row_sort.h - the order of rows by several key columns.
 *
 * Keys are normalised into binary prefixes of 8 or 16 bytes that compare as unsigned numbers
 * (descending ones inverted, nulls first or last), which go into buckets by their highest bits, and
 * again within each; rows whose prefixes are equal are put in order by comparing their keys.
 */
#ifndef VONK_KERNEL_ROW_SORT_H
#define VONK_KERNEL_ROW_SORT_H

#include <stdatomic.h>

#include "kernel/kernel.h"

typedef struct vonk_sort_order {
    bool descending;
    bool nulls_first;
} vonk_sort_order;

/*
 * Writes the numbers of rows 0 .. n_rows to ret_rows (room for n_rows) in the order of `keys`, the
 * first key first; rows with equal keys keep their order. Keys of any encoding and comparable type
 * (nested ones too), each of n_rows rows. Scratch memory comes from `arena`: up to 48 bytes a row.
 * Errors: VONK_NO_MEMORY; VONK_INVALID if a key's length is not n_rows.
 */
vonk_status vonk_sort_rows(vonk_arena *arena, const vonk_column *keys,
                           const vonk_sort_order *orders, uint32_t n_keys, uint32_t n_rows,
                           uint32_t *ret_rows, vonk_error *err) VONK_MUST_CHECK;

/*
 * The same; once *stop is true it ends soon with VONK_CANCELLED, and what it wrote is no order.
 * NULL: it goes on to the end.
 */
vonk_status vonk_sort_rows_until(vonk_arena *arena, const vonk_column *keys,
                                 const vonk_sort_order *orders, uint32_t n_keys, uint32_t n_rows,
                                 uint32_t *ret_rows, const atomic_bool *stop,
                                 vonk_error *err) VONK_MUST_CHECK;

/* Order of two rows by all keys, nulls included: negative, zero or positive. For merges, top-N. */
int vonk_sort_compare(const vonk_column *keys_a, uint32_t row_a, const vonk_column *keys_b,
                      uint32_t row_b, const vonk_sort_order *orders, uint32_t n_keys);

#endif
