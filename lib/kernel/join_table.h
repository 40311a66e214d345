/*
 * join_table.h - finds the build rows whose keys equal those of probe rows: hash joins.
 *
 *     new -> add (batches of build keys) ... -> finish -> probe, next, next ... (many threads)
 *
 * A group table numbers the distinct keys; for each of them the build rows lie side by side in the
 * order they were added:
 *
 *     starts: [0 | 2 | 3 | ...]        of group 0, 1, 2 ... (left out when all keys are distinct)
 *     rows:   [17, 40 | 3 | ...]       numbers of build rows
 *
 * A null key matches nothing, unless its key column is null-safe (<=>): then it matches null.
 * Integer keys that lie close together are looked up in an array instead (join_direct.h).
 * Memory comes from the arena given at the start. After finish the table is immutable and may be
 * shared by threads.
 */
#ifndef VONK_KERNEL_JOIN_TABLE_H
#define VONK_KERNEL_JOIN_TABLE_H

#include "kernel/group_table.h"

typedef struct vonk_join_table vonk_join_table;

/* `null_safe` has n_keys entries, or is NULL: none is. */
vonk_status vonk_join_table_new(vonk_arena *arena, const vonk_type *types, const bool *null_safe,
                                uint32_t n_keys, vonk_join_table **ret,
                                vonk_error *err) VONK_MUST_CHECK;

/*
 * Adds the build rows first_row .. first_row + n_rows, whose keys are `keys`. Each row number is
 * added once. Errors: VONK_NO_MEMORY, after which the table may only be dropped.
 */
vonk_status vonk_join_table_add(vonk_join_table *table, const vonk_column *keys, uint32_t n_rows,
                                uint32_t first_row, vonk_error *err) VONK_MUST_CHECK;

/* No more rows come. Before any probe. */
vonk_status vonk_join_table_finish(vonk_join_table *table, vonk_error *err) VONK_MUST_CHECK;

/* Build rows that can match (those with a null key cannot), and distinct keys among them. */
uint32_t vonk_join_table_rows(const vonk_join_table *table);
uint32_t vonk_join_table_distinct(const vonk_join_table *table);
size_t vonk_join_table_bytes(const vonk_join_table *table);

/* A probe batch on its way. */
typedef struct vonk_join_probe {
    const vonk_join_table *table;
    uint32_t n_rows;
    uint32_t *groups; /* n_rows: the key's number, VONK_NO_GROUP = the row matches nothing */
    uint32_t row;     /* where next goes on: this probe row, */
    uint32_t offset;  /* and this many of its matches are done */
} vonk_join_probe;

/*
 * Looks up the keys of a probe batch; ret->groups comes from `arena`. Semi and anti joins without
 * further conditions need no more than ret->groups.
 */
vonk_status vonk_join_table_probe(const vonk_join_table *table, vonk_arena *arena,
                                  const vonk_column *keys, uint32_t n_rows, vonk_join_probe *ret,
                                  vonk_error *err) VONK_MUST_CHECK;

/*
 * Writes up to max_pairs (>= 1) pairs of matching rows, ascending by probe row, and returns how
 * many. 0 means that the batch is done.
 */
uint32_t vonk_join_probe_next(vonk_join_probe *probe, uint32_t max_pairs, uint32_t *probe_rows,
                              uint32_t *build_rows);

#endif
