/* store.c - blocks by (job, exchange, map, partition). */
#include <pthread.h>
#include <stdlib.h>

#include "shuffle/shuffle.h"

/* What one map task wrote. */
typedef struct output {
    struct output *next; /* in its bucket */
    uint64_t job;
    uint32_t exchange, map, n_partitions;
    size_t memory;
    vonk_block **blocks;
} output;

#define N_BUCKETS 1024u

struct vonk_store {
    vonk_memory *memory; /* told what blocks hold; NULL: nobody asks */
    pthread_mutex_t lock;
    output *buckets[N_BUCKETS]; /* guarded by lock */
};

static uint32_t bucket_of(uint64_t job, uint32_t exchange, uint32_t map)
{
    uint64_t h = (job * 31 + exchange) * UINT64_C(0x9e3779b97f4a7c15) + map * 2654435761u;
    return (uint32_t)(h >> 20) % N_BUCKETS;
}

vonk_status vonk_store_new(vonk_memory *memory, vonk_store **ret, vonk_error *err)
{
    vonk_store *store = calloc(1, sizeof(*store));
    if (!store)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for the block store");
    store->memory = memory;
    pthread_mutex_init(&store->lock, NULL);
    *ret = store;
    return VONK_OK;
}

static void free_output(vonk_store *store, output *o)
{
    if (store->memory)
        vonk_memory_unstore(store->memory, o->memory);
    for (uint32_t p = 0; p < o->n_partitions; p++)
        vonk_block_unref(o->blocks[p]);
    free(o->blocks);
    free(o);
}

void vonk_store_free(vonk_store *store)
{
    if (!store)
        return;
    for (uint32_t b = 0; b < N_BUCKETS; b++) {
        while (store->buckets[b]) {
            output *o = store->buckets[b];
            store->buckets[b] = o->next;
            free_output(store, o);
        }
    }
    pthread_mutex_destroy(&store->lock);
    free(store);
}

static output **find(vonk_store *store, uint64_t job, uint32_t exchange, uint32_t map)
{
    output **at = &store->buckets[bucket_of(job, exchange, map)];
    while (*at && ((*at)->job != job || (*at)->exchange != exchange || (*at)->map != map))
        at = &(*at)->next;
    return at;
}

vonk_status vonk_store_commit(vonk_store *store, uint64_t job, uint32_t exchange, uint32_t map,
                              vonk_block **blocks, uint32_t n_partitions, vonk_error *err)
{
    output *o = malloc(sizeof(*o));
    vonk_block **own = o ? calloc(n_partitions ? n_partitions : 1, sizeof(*own)) : NULL;
    if (!own) {
        free(o);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for %u blocks", n_partitions);
    }
    *o = (output){
        .job = job, .exchange = exchange, .map = map, .n_partitions = n_partitions, .blocks = own};
    for (uint32_t p = 0; p < n_partitions; p++) {
        own[p] = blocks[p];
        blocks[p] = NULL;
        if (own[p])
            own[p]->arena.stop = NULL; /* the block outlives the task */
        o->memory += own[p] ? own[p]->arena.total : 0;
    }
    if (store->memory)
        vonk_memory_store(store->memory, o->memory);
    pthread_mutex_lock(&store->lock);
    output **at = find(store, job, exchange, map);
    output *old = *at;
    if (old)
        o->next = old->next;
    *at = o;
    pthread_mutex_unlock(&store->lock);
    if (old)
        free_output(store, old);
    return VONK_OK;
}

vonk_status vonk_store_get(vonk_store *store, vonk_block_id id, vonk_block **ret, vonk_error *err)
{
    vonk_block *block = NULL;
    pthread_mutex_lock(&store->lock);
    output *o = *find(store, id.job, id.exchange, id.map);
    bool known = o && id.partition < o->n_partitions;
    if (known && o->blocks[id.partition])
        block = vonk_block_ref(o->blocks[id.partition]);
    pthread_mutex_unlock(&store->lock);
    if (!known)
        return vonk_fail(err, VONK_FETCH, "no block of exchange %u, map %u, partition %u",
                         id.exchange, id.map, id.partition);
    *ret = block;
    return VONK_OK;
}

void vonk_store_drop_job(vonk_store *store, uint64_t job)
{
    output *dropped = NULL;
    pthread_mutex_lock(&store->lock);
    for (uint32_t b = 0; b < N_BUCKETS; b++) {
        for (output **at = &store->buckets[b]; *at;) {
            output *o = *at;
            if (o->job != job) {
                at = &o->next;
                continue;
            }
            *at = o->next;
            o->next = dropped;
            dropped = o;
        }
    }
    pthread_mutex_unlock(&store->lock);
    while (dropped) {
        output *next = dropped->next;
        free_output(store, dropped);
        dropped = next;
    }
}
