/* fetch.c - a client for each executor that was ever fetched from. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "executor/blocks.h"
#include "rpc/client.h"
#include "wire/batch.h"
#include "wire/messages.h"

#define PIECE_MS 15000 /* for one piece; a peer that hangs is given up by the driver before */
#define TRIES    2     /* a lost connection is tried once more: fetching twice does no harm */

typedef struct peer {
    struct peer *next;
    vonk_rpc_client *rpc;
    char address[];
} peer;

struct vonk_block_client {
    vonk_secret secret;
    const vonk_worker *worker;
    atomic_bool aborted;
    pthread_mutex_t lock;
    peer *peers; /* guarded by lock; a peer stays until the end */
};

static vonk_status add_peer(vonk_block_client *c, const char *address, peer **ret, vonk_error *err)
{
    peer *p = calloc(1, sizeof *p + strlen(address) + 1);
    if (!p)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a peer");
    memcpy(p->address, address, strlen(address) + 1);
    vonk_status status = vonk_rpc_client_new(&c->secret, VONK_CHANNEL_BLOCKS, c->worker->executor,
                                             address, &p->rpc, err);
    if (status != VONK_OK) {
        free(p);
        return status;
    }
    p->next = c->peers;
    c->peers = p;
    *ret = p;
    return VONK_OK;
}

static vonk_status find_peer(vonk_block_client *c, const char *address, peer **ret, vonk_error *err)
{
    vonk_status status = VONK_OK;
    pthread_mutex_lock(&c->lock);
    peer *p = c->peers;
    while (p && strcmp(p->address, address))
        p = p->next;
    if (!p)
        status = add_peer(c, address, &p, err);
    pthread_mutex_unlock(&c->lock);
    if (status == VONK_OK)
        *ret = p;
    return status;
}

static vonk_status ask(vonk_block_client *c, vonk_rpc_client *rpc, const vonk_wire_fetch *fetch,
                       vonk_buffer *reply, vonk_error *err)
{
    vonk_buffer request = {0};
    vonk_wire_put_fetch(&request, fetch);
    vonk_status status = vonk_buffer_check(&request, err);
    for (int i = 0; i < TRIES && status == VONK_OK; i++) {
        reply->length = 0;
        status =
            vonk_rpc_call(rpc, (vonk_slice){request.data, request.length}, PIECE_MS, reply, err);
        if (status != VONK_IO || i + 1 == TRIES || atomic_load(&c->aborted))
            break;
        status = VONK_OK;
    }
    vonk_buffer_free(&request);
    return status;
}

/* Adds a piece's batches to the block, decoded in place. */
static vonk_status add_batches(vonk_block *block, vonk_slice batches, vonk_error *err)
{
    vonk_wire_reader in = vonk_wire_reader_of(batches, &block->arena, err);
    while (vonk_wire_left(&in)) {
        vonk_batch batch;
        VONK_TRY(vonk_wire_batch(&in, &batch));
        VONK_TRY(vonk_block_adopt(block, &batch, err));
    }
    return VONK_OK;
}

/* The message in a reply, or the failure. */
static vonk_status open_reply(vonk_slice reply, vonk_arena *arena, vonk_wire_blocks *ret,
                              vonk_error *err)
{
    vonk_error theirs;
    if (vonk_wire_kind_of(reply) != VONK_WIRE_FAILED)
        return vonk_wire_get_blocks(reply, arena, ret, err);
    VONK_TRY(vonk_wire_get_failed(reply, &theirs, err));
    if (err)
        *err = theirs;
    return theirs.status == VONK_OK ? VONK_CORRUPT : theirs.status;
}

/* Adds what came to the blocks. */
static vonk_status add_blocks(vonk_block_client *c, const vonk_wire_blocks *came,
                              const vonk_wire_fetch *fetch, vonk_block **blocks, vonk_error *err)
{
    if (!came->n_blocks || came->n_blocks > fetch->n_places)
        return vonk_fail(err, VONK_CORRUPT, "%u blocks for %u that were asked for", came->n_blocks,
                         fetch->n_places);
    for (uint32_t i = 0; i < came->n_blocks; i++) {
        if (came->blocks[i].length && !blocks[i])
            VONK_TRY(vonk_block_new(c->worker->budget, &blocks[i], err));
        if (blocks[i])
            VONK_TRY(add_batches(blocks[i], came->blocks[i], err));
    }
    if (!came->last && came->n_blocks == 1 && came->batch == fetch->batch &&
        came->row == fetch->row)
        return vonk_fail(err, VONK_CORRUPT, "a block that does not go on");
    return VONK_OK;
}

/* One question and its answer. `fetch` is moved to where the last block that came goes on. */
static vonk_status fetch_piece(vonk_block_client *c, vonk_rpc_client *rpc, vonk_wire_fetch *fetch,
                               vonk_block **blocks, vonk_wire_blocks *ret, vonk_error *err)
{
    VONK_CLEANUP(vonk_arena_free) vonk_arena arena = {.budget = c->worker->budget};
    vonk_buffer reply = {.budget = c->worker->budget, .beyond = true};
    vonk_status status = ask(c, rpc, fetch, &reply, err);
    if (status == VONK_OK)
        status = open_reply((vonk_slice){reply.data, reply.length}, &arena, ret, err);
    if (status == VONK_OK)
        status = add_blocks(c, ret, fetch, blocks, err);
    vonk_buffer_free(&reply);
    fetch->batch = ret->batch;
    fetch->row = ret->row;
    return status;
}

/* What came so far of a long block goes to disk, once it is more than a small part of the pool. */
static vonk_status bound(const vonk_block_client *c, vonk_block *block, vonk_error *err)
{
    if (!block || !c->worker->memory->pool || block->arena.total <= c->worker->memory->pool / 16)
        return VONK_OK;
    vonk_spill *spill = block->spill ? vonk_spill_ref(block->spill) : NULL;
    if (!spill)
        VONK_TRY(vonk_spill_open(c->worker->spill_dir, c->worker->budget, &spill, err));
    vonk_status status = vonk_block_evict(block, spill, err);
    if (status == VONK_OK)
        status = vonk_spill_flush(spill, err); /* another thread may read it */
    vonk_spill_unref(spill);
    return status;
}

/* Gets some blocks of the list, the last of them to its end. *ret_disk: it is our disk that failed.
 */
static vonk_status fetch_pieces(vonk_block_client *c, vonk_rpc_client *rpc, vonk_wire_fetch *fetch,
                                vonk_block **blocks, uint32_t *ret_n, bool *ret_disk,
                                vonk_error *err)
{
    vonk_wire_blocks came = {0};
    VONK_TRY(fetch_piece(c, rpc, fetch, blocks, &came, err));
    *ret_n = came.n_blocks;
    fetch->places += came.n_blocks - 1;
    fetch->n_places = 1;
    while (!came.last) {
        *ret_disk = true;
        VONK_TRY(bound(c, blocks[*ret_n - 1], err));
        *ret_disk = false;
        VONK_TRY(fetch_piece(c, rpc, fetch, blocks + *ret_n - 1, &came, err));
    }
    return VONK_OK;
}

static vonk_status fetch_remote(vonk_block_client *c, const vonk_block_list *list,
                                const vonk_location *location, vonk_block **ret, uint32_t *ret_n,
                                vonk_error *err)
{
    peer *p;
    VONK_CLEANUP(vonk_arena_free) vonk_arena arena = {.budget = c->worker->budget};
    vonk_wire_place *places = VONK_NEW_ARRAY(&arena, vonk_wire_place, list->n, err);
    VONK_TRY_ALLOC(places);
    for (uint32_t i = 0; i < list->n; i++) {
        places[i] = (vonk_wire_place){list->places[i].map, list->places[i].partition};
        ret[i] = NULL;
    }
    VONK_TRY(find_peer(c, location->address, &p, err));
    vonk_wire_fetch fetch = {
        .job = list->job, .exchange = list->exchange, .n_places = list->n, .places = places};
    bool disk = false;
    vonk_status status = fetch_pieces(c, p->rpc, &fetch, ret, ret_n, &disk, err);
    if (status == VONK_OK)
        return VONK_OK;
    for (uint32_t i = 0; i < list->n; i++) {
        vonk_block_unref(ret[i]);
        ret[i] = NULL;
    }
    if (disk || (status != VONK_IO && status != VONK_DENIED && status != VONK_CORRUPT &&
                 status != VONK_NOT_FOUND))
        return status;
    if (err)
        err->status = VONK_FETCH; /* whatever it was, that executor does not give the block */
    return VONK_FETCH;
}

static vonk_status fetch(void *context, const vonk_block_list *list, const vonk_location *location,
                         vonk_block **ret, uint32_t *ret_n, vonk_error *err)
{
    vonk_block_client *c = context;
    uint32_t map = list->places[0].map;
    if (atomic_load(&c->aborted))
        return vonk_fail(err, VONK_CANCELLED, "the executor ends");
    *ret_n = 1;
    if (location->executor == c->worker->executor)
        return vonk_store_get(c->worker->store, vonk_block_id_of(list, 0), ret, err);
    if (!location->address[0])
        return vonk_fail(err, VONK_FETCH, "nobody knows where map %u of exchange %u lies", map,
                         list->exchange);
    vonk_status status = fetch_remote(c, list, location, ret, ret_n, err);
    if (status != VONK_OK)
        return vonk_error_prefix(err, status, "fetching map %u of exchange %u from executor %u",
                                 map, list->exchange, location->executor);
    return VONK_OK;
}

vonk_status vonk_block_client_new(const vonk_secret *secret, const vonk_worker *worker,
                                  vonk_block_client **ret, vonk_error *err)
{
    vonk_block_client *c = calloc(1, sizeof *c);
    if (!c)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for the block client");
    c->secret = *secret;
    c->worker = worker;
    pthread_mutex_init(&c->lock, NULL);
    *ret = c;
    return VONK_OK;
}

vonk_fetcher vonk_block_client_fetcher(vonk_block_client *client)
{
    return (vonk_fetcher){client, fetch};
}

void vonk_block_client_abort(vonk_block_client *c)
{
    atomic_store(&c->aborted, true);
    pthread_mutex_lock(&c->lock);
    for (peer *p = c->peers; p; p = p->next)
        vonk_rpc_client_abort(p->rpc);
    pthread_mutex_unlock(&c->lock);
}

void vonk_block_client_free(vonk_block_client *c)
{
    if (!c)
        return;
    while (c->peers) {
        peer *p = c->peers;
        c->peers = p->next;
        vonk_rpc_client_free(p->rpc);
        free(p);
    }
    pthread_mutex_destroy(&c->lock);
    vonk_forget(&c->secret, sizeof c->secret);
    free(c);
}
