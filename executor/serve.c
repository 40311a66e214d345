/* serve.c - answers FETCH from the store. */
#include <stdatomic.h>
#include <stdlib.h>

#include "executor/blocks.h"
#include "executor/pieces.h"
#include "wire/messages.h"

struct vonk_block_server {
    vonk_rpc_server *rpc;
    vonk_store *store;
    vonk_budget *budget;
    atomic_bool compress;
};

static vonk_status cut_piece(vonk_block_server *s, const vonk_block *block,
                             const vonk_wire_fetch *fetch, vonk_wire_block *ret,
                             vonk_buffer *batches, vonk_error *err)
{
    uint32_t batch = fetch->batch, row = fetch->row, n_batches = vonk_block_batches(block);
    VONK_CLEANUP(vonk_arena_free) vonk_arena arena = {.budget = s->budget};
    while (batch < n_batches && batches->length < VONK_PIECE_BYTES) {
        vonk_batch from;
        vonk_arena_reset(&arena);
        VONK_TRY(vonk_block_batch(block, batch, &arena, &from, err));
        if (row < from.n_rows)
            VONK_TRY(vonk_piece_add(batches, &from, atomic_load(&s->compress), &row, err));
        if (row >= from.n_rows) {
            batch++;
            row = 0;
        }
    }
    *ret = (vonk_wire_block){.last = batch >= n_batches,
                             .batch = batch,
                             .row = row,
                             .batches = {batches->data, batches->length}};
    return VONK_OK;
}

static vonk_status answer(vonk_block_server *s, vonk_slice request, vonk_buffer *reply,
                          vonk_error *err)
{
    vonk_wire_fetch fetch;
    vonk_block *block = NULL;
    vonk_buffer batches = {0};
    VONK_TRY(vonk_wire_get_fetch(request, &fetch, err));
    vonk_block_id id = {fetch.job, fetch.exchange, fetch.map, fetch.partition};
    VONK_TRY(vonk_store_get(s->store, id, &block, err));
    vonk_wire_block message = {.last = true};
    vonk_status status = block ? cut_piece(s, block, &fetch, &message, &batches, err) : VONK_OK;
    if (status == VONK_OK)
        vonk_wire_put_block(reply, &message);
    vonk_block_unref(block);
    vonk_buffer_free(&batches);
    return status;
}

static void handle(void *context, const vonk_session *session, vonk_slice request,
                   vonk_buffer *reply)
{
    vonk_error err;
    (void)session;
    if (answer(context, request, reply, &err) == VONK_OK)
        return;
    reply->length = 0;
    vonk_wire_put_failed(reply, &err);
}

vonk_status vonk_block_server_open(const vonk_secret *secret, const char *url, vonk_store *store,
                                   vonk_budget *budget, vonk_block_server **ret, vonk_error *err)
{
    vonk_block_server *s = calloc(1, sizeof *s);
    if (!s)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for the block server");
    s->store = store;
    s->budget = budget;
    vonk_rpc_server_settings settings = {.secret = *secret,
                                         .channel = VONK_CHANNEL_BLOCKS,
                                         .url = url,
                                         .context = s,
                                         .handle = handle};
    vonk_status status = vonk_rpc_server_open(&settings, &s->rpc, err);
    vonk_forget(&settings.secret, sizeof settings.secret);
    if (status != VONK_OK) {
        free(s);
        return status;
    }
    *ret = s;
    return VONK_OK;
}

const char *vonk_block_server_url(const vonk_block_server *server)
{
    return vonk_rpc_server_url(server->rpc);
}

void vonk_block_server_compress(vonk_block_server *server, bool compress)
{
    atomic_store(&server->compress, compress);
}

void vonk_block_server_close(vonk_block_server *server)
{
    if (!server)
        return;
    vonk_rpc_server_close(server->rpc);
    free(server);
}
