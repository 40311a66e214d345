/*
 * group_table.h - numbers the distinct rows of several key columns 0, 1, 2 ... in the order of
 * their first appearance: GROUP BY, DISTINCT, the build side of joins.
 *
 * Keys are kept as rows of one fixed size (strings as views), so that comparing a row touches one
 * place whatever the number of keys:
 *
 *      slots: [hash:32 | group:32] ...      open addressing, at most half full
 *      rows:  [key 0 | key 1 | ... | null bits] of group 0, of group 1, ...
 *
 * Null equals null; floats by Spark's rule (NaN = NaN, -0.0 = 0.0). All memory comes from the
 * arena given at the start and ends with it; growing leaves the old halves behind in the arena, so
 * that a table takes at most about twice vonk_group_table_bytes(). Not thread-safe, but any number
 * of threads may call vonk_group_table_find() and _keys() on a table that nobody adds to.
 */
#ifndef VONK_KERNEL_GROUP_TABLE_H
#define VONK_KERNEL_GROUP_TABLE_H

#include "kernel/kernel.h"

typedef struct vonk_group_table vonk_group_table;

#define VONK_NO_GROUP UINT32_MAX

/*
 * A table for keys of `types` (n_keys >= 1, none nested). `arena` outlives it.
 * Errors: VONK_UNSUPPORTED for nested types.
 */
vonk_status vonk_group_table_new(vonk_arena *arena, const vonk_type *types, uint32_t n_keys,
                                 vonk_group_table **ret, vonk_error *err) VONK_MUST_CHECK;

/*
 * groups[i] = the group of row i of `keys`, which is added if it is new; the bytes of its long
 * strings are copied. Keys may have any encoding. If it fails with VONK_NO_MEMORY the table is as
 * good as before, with some of the rows added: groups below vonk_group_table_count() are whole.
 */
vonk_status vonk_group_table_find_or_add(vonk_group_table *table, const vonk_column *keys,
                                         uint32_t n_rows, uint32_t *groups,
                                         vonk_error *err) VONK_MUST_CHECK;

/* groups[i] = the group of row i, or VONK_NO_GROUP. Scratch memory comes from `scratch`. */
vonk_status vonk_group_table_find(const vonk_group_table *table, vonk_arena *scratch,
                                  const vonk_column *keys, uint32_t n_rows, uint32_t *groups,
                                  vonk_error *err) VONK_MUST_CHECK;

uint32_t vonk_group_table_count(const vonk_group_table *table);
/* Bytes that the table holds now, long strings included. */
size_t vonk_group_table_bytes(const vonk_group_table *table);

/*
 * ret_columns[k] = key k of groups start .. start + n, FLAT, from `arena`. Long strings stay
 * borrowed from the table's arena.
 */
vonk_status vonk_group_table_keys(const vonk_group_table *table, vonk_arena *arena, uint32_t start,
                                  uint32_t n, vonk_column *ret_columns,
                                  vonk_error *err) VONK_MUST_CHECK;

#endif
