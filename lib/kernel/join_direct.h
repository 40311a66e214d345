/*
 * join_direct.h - the groups of integer keys that lie close together, in an array by key: no hash,
 * no comparison, half the cache misses. Private to lib/kernel.
 */
#ifndef VONK_KERNEL_JOIN_DIRECT_H
#define VONK_KERNEL_JOIN_DIRECT_H

#include "kernel/group_table.h"

typedef struct join_direct {
    int64_t least;
    uint64_t n;       /* keys least .. least + n */
    uint32_t *groups; /* n + 1, the last VONK_NO_GROUP; NULL: the keys are not of this kind */
} join_direct;

/* The groups of `table`, whose only key, of `type`, is never null. Takes at most 16 bytes a group.
 */
vonk_status join_direct_init(vonk_arena *arena, const vonk_group_table *table, vonk_type type,
                             join_direct *ret, vonk_error *err) VONK_MUST_CHECK;

/* groups[i] = the group of row i, of null rows any. `key` has the type that the groups have. */
void join_direct_find(const join_direct *direct, const vonk_column *key, uint32_t *groups);

#endif
