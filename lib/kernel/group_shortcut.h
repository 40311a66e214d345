/*
 * group_shortcut.h - knowing the group of most rows without hashing them. Private to lib/kernel.
 *
 * Two ways, both exact. By codes: when keys are dictionary-coded with few entries, each combination
 * of codes is looked up once a batch. By bytes: when a row's keys fit into 8 bytes (short strings,
 * small numbers), a small cache from those bytes to the group is kept across batches. Either leaves
 * a list of rows to be looked up in the table.
 */
#ifndef VONK_KERNEL_GROUP_SHORTCUT_H
#define VONK_KERNEL_GROUP_SHORTCUT_H

#include "kernel/group_rows.h"

#define SHORTCUT_ROWS    2048 /* the most rows that by_bytes takes at a time */
#define SHORTCUT_CODES   2048 /* the most combinations of codes */
#define SHORTCUT_ENTRIES 1024 /* of the cache */

typedef struct group_shortcut {
    const group_layout *layout;
    uint32_t *rows;       /* rows to look up in the table ... */
    uint32_t *row_groups; /* ... and the place for their groups */
    uint32_t n_rows;
    uint64_t *packed; /* of the rows of a call; NULL: no use for such keys */
    uint64_t *cache_keys;
    uint32_t *cache_groups;      /* VONK_NO_GROUP: free */
    uint64_t signature;          /* how the cache's keys are packed: 4 bits a key, its bytes */
    uint64_t n_misses, n_looked; /* rows since the start: a cache that seldom hits is left alone */
} group_shortcut;

vonk_status group_shortcut_init(vonk_arena *arena, const group_layout *layout, group_shortcut *ret,
                                vonk_error *err) VONK_MUST_CHECK;

/*
 * True if the batch's keys are coded with few combinations. Then groups[i] is the combination of
 * row i, and `rows` lists one row a combination.
 */
bool group_shortcut_by_codes(group_shortcut *s, const vonk_column *keys, uint32_t n_rows,
                             uint32_t *groups);
/* From row_groups to every row's group. */
void group_shortcut_finish_codes(group_shortcut *s, uint32_t n_rows, uint32_t *groups);

/*
 * True if rows start .. start + n fit into 8 bytes each. Then groups[i] is set for the rows that
 * the cache knows, and `rows` lists the others.
 */
bool group_shortcut_by_bytes(group_shortcut *s, const vonk_column *keys, uint32_t start, uint32_t n,
                             uint32_t *groups);
void group_shortcut_finish_bytes(group_shortcut *s, uint32_t start, uint32_t *groups);

#endif
