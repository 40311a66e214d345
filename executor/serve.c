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

/* What goes into one BLOCKS. */
typedef struct answering {
    vonk_block_server *server;
    const vonk_wire_fetch *fetch;
    vonk_arena arena;
    vonk_buffer batches; /* of all blocks, one after the other */
    size_t *ends;        /* of each block in there */
    vonk_wire_blocks message;
} answering;

/* Adds the rows of a block from message.batch, message.row on, as many as fit. */
static vonk_status add_rows(answering *a, const vonk_block *block, vonk_arena *scratch,
                            vonk_error *err)
{
    vonk_wire_blocks *m = &a->message;
    uint32_t n_batches = vonk_block_batches(block);
    bool compress = atomic_load(&a->server->compress);
    while (m->batch < n_batches && a->batches.length < vonk_batch_most_bytes(a->server->budget)) {
        vonk_batch from;
        vonk_arena_reset(scratch);
        VONK_TRY(vonk_block_batch(block, m->batch, scratch, &from, err));
        vonk_status status = VONK_OK;
        if (m->row < from.n_rows)
            status = vonk_piece_add(&a->batches, &from, compress, &m->row, err);
        if (status == VONK_INVALID && a->batches.length)
            break; /* a long row: it goes alone */
        VONK_TRY(status);
        if (m->row >= from.n_rows) {
            m->batch++;
            m->row = 0;
        }
    }
    m->last = m->batch >= n_batches;
    return VONK_OK;
}

static vonk_status add_block(answering *a, const vonk_block *block, vonk_error *err)
{
    VONK_CLEANUP(vonk_arena_free) vonk_arena scratch = {.budget = a->server->budget};
    a->message.last = true;
    if (block)
        VONK_TRY(add_rows(a, block, &scratch, err));
    a->ends[a->message.n_blocks++] = a->batches.length;
    return VONK_OK;
}

/* Adds blocks until the message is full, or one is not there: if that is the first, it fails. */
static vonk_status add_blocks(answering *a, vonk_error *err)
{
    const vonk_wire_fetch *f = a->fetch;
    vonk_wire_blocks *m = &a->message;
    *m = (vonk_wire_blocks){.last = true, .batch = f->batch, .row = f->row};
    while (m->last && m->n_blocks < f->n_places &&
           a->batches.length < vonk_batch_most_bytes(a->server->budget)) {
        vonk_block *block = NULL;
        const vonk_wire_place *place = &f->places[m->n_blocks];
        vonk_block_id id = {f->job, f->exchange, place->map, place->partition};
        vonk_status status = vonk_store_get(a->server->store, id, &block, err);
        if (status != VONK_OK)
            return m->n_blocks ? VONK_OK : status;
        if (m->n_blocks)
            m->batch = m->row = 0;
        status = add_block(a, block, err);
        vonk_block_unref(block);
        VONK_TRY(status);
    }
    return VONK_OK;
}

static vonk_status put_blocks(answering *a, vonk_buffer *reply, vonk_error *err)
{
    vonk_slice *blocks = VONK_NEW_ARRAY(&a->arena, vonk_slice, a->message.n_blocks, err);
    VONK_TRY_ALLOC(blocks);
    VONK_TRY(vonk_buffer_check(&a->batches, err));
    for (uint32_t i = 0; i < a->message.n_blocks; i++) {
        size_t start = i ? a->ends[i - 1] : 0;
        if (a->ends[i] > start)
            blocks[i] = (vonk_slice){a->batches.data + start, a->ends[i] - start};
    }
    a->message.blocks = blocks;
    vonk_wire_put_blocks(reply, &a->message);
    return VONK_OK;
}

static vonk_status answer(vonk_block_server *s, vonk_slice request, vonk_buffer *reply,
                          vonk_error *err)
{
    vonk_wire_fetch fetch;
    answering a = {.server = s,
                   .fetch = &fetch,
                   .arena.budget = s->budget,
                   .batches = {.budget = s->budget, .beyond = true}};
    reply->budget = s->budget;
    reply->beyond = true;
    vonk_status status = vonk_wire_get_fetch(request, &a.arena, &fetch, err);
    if (status == VONK_OK) {
        a.ends = VONK_NEW_ARRAY(&a.arena, size_t, fetch.n_places, err);
        status = a.ends ? add_blocks(&a, err) : VONK_NO_MEMORY;
    }
    if (status == VONK_OK)
        status = put_blocks(&a, reply, err);
    vonk_buffer_free(&a.batches);
    vonk_arena_free(&a.arena);
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
