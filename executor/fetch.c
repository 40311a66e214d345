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
    uint32_t own;
    vonk_store *store;
    vonk_budget *budget;
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
    vonk_status status =
        vonk_rpc_client_new(&c->secret, VONK_CHANNEL_BLOCKS, c->own, address, &p->rpc, err);
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

static vonk_status read_piece(vonk_block_client *c, vonk_slice reply, vonk_wire_fetch *fetch,
                              bool *ret_last, vonk_block **block, vonk_error *err)
{
    vonk_wire_block piece;
    vonk_error theirs;
    if (vonk_wire_kind_of(reply) == VONK_WIRE_FAILED) {
        VONK_TRY(vonk_wire_get_failed(reply, &theirs, err));
        if (err)
            *err = theirs;
        return theirs.status == VONK_OK ? VONK_CORRUPT : theirs.status;
    }
    VONK_TRY(vonk_wire_get_block(reply, &piece, err));
    if (piece.batches.length && !*block)
        VONK_TRY(vonk_block_new(c->budget, block, err));
    if (*block)
        VONK_TRY(add_batches(*block, piece.batches, err));
    if (!piece.last && piece.batch == fetch->batch && piece.row == fetch->row)
        return vonk_fail(err, VONK_CORRUPT, "a block that does not go on");
    fetch->batch = piece.batch;
    fetch->row = piece.row;
    *ret_last = piece.last;
    return VONK_OK;
}

static vonk_status fetch_pieces(vonk_block_client *c, vonk_rpc_client *rpc, vonk_block_id id,
                                vonk_block **block, vonk_error *err)
{
    vonk_wire_fetch fetch = {
        .job = id.job, .exchange = id.exchange, .map = id.map, .partition = id.partition};
    vonk_buffer reply = {0};
    vonk_status status = VONK_OK;
    for (bool last = false; !last && status == VONK_OK;) {
        status = ask(c, rpc, &fetch, &reply, err);
        if (status == VONK_OK)
            status =
                read_piece(c, (vonk_slice){reply.data, reply.length}, &fetch, &last, block, err);
    }
    vonk_buffer_free(&reply);
    return status;
}

static vonk_status fetch_remote(vonk_block_client *c, vonk_block_id id,
                                const vonk_location *location, vonk_block **ret, vonk_error *err)
{
    peer *p;
    vonk_block *block = NULL;
    VONK_TRY(find_peer(c, location->address, &p, err));
    vonk_status status = fetch_pieces(c, p->rpc, id, &block, err);
    if (status == VONK_OK) {
        *ret = block;
        return VONK_OK;
    }
    vonk_block_unref(block);
    if (status != VONK_IO && status != VONK_DENIED && status != VONK_CORRUPT &&
        status != VONK_NOT_FOUND)
        return status;
    if (err)
        err->status = VONK_FETCH; /* whatever it was, that executor does not give the block */
    return VONK_FETCH;
}

static vonk_status fetch(void *context, vonk_block_id id, const vonk_location *location,
                         vonk_block **ret, vonk_error *err)
{
    vonk_block_client *c = context;
    if (atomic_load(&c->aborted))
        return vonk_fail(err, VONK_CANCELLED, "the executor ends");
    if (location->executor == c->own)
        return vonk_store_get(c->store, id, ret, err);
    if (!location->address[0])
        return vonk_fail(err, VONK_FETCH, "nobody knows where map %u of exchange %u lies", id.map,
                         id.exchange);
    vonk_status status = fetch_remote(c, id, location, ret, err);
    if (status != VONK_OK)
        return vonk_error_prefix(err, status, "fetching map %u of exchange %u from executor %u",
                                 id.map, id.exchange, location->executor);
    return VONK_OK;
}

vonk_status vonk_block_client_new(const vonk_secret *secret, uint32_t own, vonk_store *store,
                                  vonk_budget *budget, vonk_block_client **ret, vonk_error *err)
{
    vonk_block_client *c = calloc(1, sizeof *c);
    if (!c)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for the block client");
    c->secret = *secret;
    c->own = own;
    c->store = store;
    c->budget = budget;
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
