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

#include "base/memory.h"
#include "shuffle/spill.h"

/*
 * Rows that somebody holds on to, as FLAT batches with copies of all they need: what an exchange
 * writes, a join builds on, a sort collects. Filled by one thread, immutable once shared; the
 * count of references is thread-safe.
 */
typedef struct vonk_block {
    _Atomic uint32_t refs;
    vonk_arena arena; /* owns the batches */
    uint32_t n_batches, capacity;
    uint32_t room; /* rows that the last batch can still take */
    vonk_batch *batches;
    uint64_t n_rows, n_bytes; /* bytes: of rows, not of memory */
    vonk_spill *spill;        /* where the first rows went; NULL: all are in memory */
    vonk_spill_run spilled;
    size_t charged; /* to the arena's budget, for the block itself and its lists */
} vonk_block;

vonk_status vonk_block_new(vonk_budget *budget, vonk_block **ret, vonk_error *err) VONK_MUST_CHECK;
/* A block as vonk_arena_beside(): who keeps it beyond the flag's life sets block->arena.stop =
 * NULL.
 */
vonk_status vonk_block_beside(const vonk_arena *arena, vonk_block **ret,
                              vonk_error *err) VONK_MUST_CHECK;
/*
 * Appends copies of rows sel[0..n) of `batch` (rows 0..n if sel is NULL). All batches appended to a
 * block have the same columns. On failure the block is good for freeing only.
 */
vonk_status vonk_block_append(vonk_block *block, const vonk_batch *batch, const uint32_t *sel,
                              uint32_t n, vonk_error *err) VONK_MUST_CHECK;
/* Takes over a batch as it is, whose buffers must live in block->arena. */
vonk_status vonk_block_adopt(vonk_block *block, const vonk_batch *batch,
                             vonk_error *err) VONK_MUST_CHECK;
/*
 * All rows as one batch of FLAT columns, in `arena` (or the block's own if it has one batch only).
 * `types` serve an empty block. Errors: VONK_UNSUPPORTED above 2^32 - 2 rows, VONK_CANCELLED soon
 * after arena->stop.
 */
vonk_status vonk_block_concat(const vonk_block *block, const vonk_schema *schema, vonk_arena *arena,
                              vonk_batch *ret, vonk_error *err) VONK_MUST_CHECK;
/*
 * Moves all rows to the end of a file, of which the block holds a reference. More may be appended.
 * Whoever meets such blocks reads them by vonk_block_batch(); to concatenate them is a mistake.
 */
vonk_status vonk_block_evict(vonk_block *block, vonk_spill *spill, vonk_error *err) VONK_MUST_CHECK;
/* Appends a batch on disk, to a block that has no rows in memory. */
vonk_status vonk_block_spill(vonk_block *block, vonk_spill *spill, const vonk_batch *batch,
                             vonk_error *err) VONK_MUST_CHECK;
uint32_t vonk_block_batches(const vonk_block *block);
/* *ret = batch `i`: in `arena` if it has to be read. */
vonk_status vonk_block_batch(const vonk_block *block, uint32_t i, vonk_arena *arena,
                             vonk_batch *ret, vonk_error *err) VONK_MUST_CHECK;
vonk_block *vonk_block_ref(vonk_block *block);
void vonk_block_unref(vonk_block *block); /* NULL is fine */

typedef struct vonk_block_id {
    uint64_t job;
    uint32_t exchange, map, partition;
} vonk_block_id;

typedef struct vonk_store vonk_store;

vonk_status vonk_store_new(vonk_memory *memory, vonk_store **ret, vonk_error *err) VONK_MUST_CHECK;
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

/* Blocks of one exchange, in the order in which they are wanted. */
typedef struct vonk_block_place {
    uint32_t map, partition;
} vonk_block_place;

typedef struct vonk_block_list {
    uint64_t job;
    uint32_t exchange, n;
    const vonk_block_place *places;
} vonk_block_list;

static inline vonk_block_id vonk_block_id_of(const vonk_block_list *list, uint32_t i)
{
    return (vonk_block_id){list->job, list->exchange, list->places[i].map,
                           list->places[i].partition};
}

typedef struct vonk_fetcher {
    void *context;
    /*
     * The first *ret_n blocks of the list, one at least, all of which lie in one place (NULL: an
     * empty one; the caller unrefs them). `ret` has room for all.
     * Errors: VONK_FETCH: the first block is lost, its map task must run again.
     */
    vonk_status (*fetch)(void *context, const vonk_block_list *list, const vonk_location *location,
                         vonk_block **ret, uint32_t *ret_n, vonk_error *err);
} vonk_fetcher;

#endif
