/*
 * shuffle.h - blocks of batches between stages: written by map tasks, read by the next stage.
 *
 * A block is what map task `map` of exchange `exchange` wrote for reader `partition`. Blocks live
 * in the store of the executor that made them, as batches: a reader in the same process gets them
 * by pointer, another executor gets them encoded (wire/batch.h).
 *
 *     map task ──put──▶ store ──get──▶ reader in this process
 *                         └──encode──▶ rpc ──▶ reader elsewhere
 *
 * A map task's blocks appear all at once, at commit; a second attempt replaces the first.
 */
#ifndef VONK_SHUFFLE_SHUFFLE_H
#define VONK_SHUFFLE_SHUFFLE_H

#include "column/column.h"

/* Batches that somebody holds on to; immutable, counted, thread-safe. */
typedef struct vonk_block {
    _Atomic uint32_t refs;
    vonk_arena arena; /* owns the batches */
    uint32_t n_batches, capacity;
    vonk_batch *batches;
    uint64_t n_rows, n_bytes;
} vonk_block;

vonk_status vonk_block_new(vonk_budget *budget, vonk_block **ret, vonk_error *err) VONK_MUST_CHECK;
/* Adds a deep copy of `batch`. Only before the block is shared. */
vonk_status vonk_block_add(vonk_block *block, const vonk_batch *batch,
                           vonk_error *err) VONK_MUST_CHECK;
vonk_block *vonk_block_ref(vonk_block *block);
void vonk_block_unref(vonk_block *block); /* NULL is fine */

typedef struct vonk_block_id {
    uint64_t job;
    uint32_t exchange, map, partition;
} vonk_block_id;

typedef struct vonk_store vonk_store;

vonk_status vonk_store_new(vonk_budget *budget, vonk_store **ret, vonk_error *err) VONK_MUST_CHECK;
void vonk_store_free(vonk_store *store);
/*
 * Publishes the blocks of one map task (NULL entries: empty), taking their references. A reader
 * sees all of them or none.
 */
vonk_status vonk_store_commit(vonk_store *store, uint64_t job, uint32_t exchange, uint32_t map,
                              vonk_block **blocks, uint32_t n_partitions,
                              vonk_error *err) VONK_MUST_CHECK;
/* A reference to a block; *ret = NULL if it is there and empty. VONK_FETCH if it is not there. */
vonk_status vonk_store_get(vonk_store *store, vonk_block_id id, vonk_block **ret,
                           vonk_error *err) VONK_MUST_CHECK;
/* Drops all blocks of a job. */
void vonk_store_drop_job(vonk_store *store, uint64_t job);

/*
 * How a task gets its input blocks, wherever they are. `location` is opaque to the reader: the
 * executor's number and address as the driver gave them.
 */
typedef struct vonk_location {
    uint32_t executor;
    const char *address; /* "" in one process */
} vonk_location;

typedef struct vonk_fetcher {
    void *context;
    /* Errors: VONK_FETCH: the block is lost, its map task must run again. */
    vonk_status (*fetch)(void *context, vonk_block_id id, const vonk_location *location,
                         vonk_block **ret, vonk_error *err);
} vonk_fetcher;

#endif
