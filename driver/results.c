/* results.c - the receiver: ROWS and TASK_ENDED of all executors, through one socket. */
#include <string.h>

#include "driver/state.h"
#include "wire/batch.h"

vonk_rpc_sender *vonk_results_find(void *context, uint64_t session)
{
    vonk_nng_cluster *c = context;
    vonk_rpc_sender *found = NULL;
    pthread_mutex_lock(&c->lock);
    for (uint32_t i = 0; i < c->n_members && !found; i++) {
        if (c->members[i]->state == VONK_MEMBER_ALIVE && c->members[i]->session == session)
            found = &c->members[i]->results;
    }
    pthread_mutex_unlock(&c->lock);
    return found;
}

static vonk_status decode(vonk_nng_cluster *c, vonk_slice batches, vonk_block **ret,
                          vonk_error *err)
{
    vonk_block *block = NULL;
    vonk_status status = vonk_block_new(&c->memory, &block, err);
    if (status != VONK_OK)
        return status;
    vonk_wire_reader in = vonk_wire_reader_of(batches, &block->arena, err);
    while (status == VONK_OK && vonk_wire_left(&in)) {
        vonk_batch batch;
        status = vonk_wire_batch(&in, &batch);
        if (status == VONK_OK)
            status = vonk_block_adopt(block, &batch, err);
    }
    if (status == VONK_OK)
        *ret = block;
    else
        vonk_block_unref(block);
    return status;
}

/* The task whose next rows these are, or NULL. With the lock held. */
static vonk_assigned *expected(const vonk_nng_cluster *c, uint32_t executor,
                               const vonk_wire_rows *rows)
{
    vonk_assigned *t = vonk_assigned_find(c, &rows->id);
    return t && t->executor == executor && t->n_rows == rows->number ? t : NULL;
}

static bool is_wanted(vonk_nng_cluster *c, uint32_t executor, const vonk_wire_rows *rows)
{
    pthread_mutex_lock(&c->lock);
    /* Back-pressure: while we wait the socket fills, then the executors' tasks wait. */
    while (c->row_bytes >= c->settings.result_bytes && c->in_job && !c->closing)
        pthread_cond_wait(&c->taken, &c->lock);
    bool wanted = !c->closing && expected(c, executor, rows);
    pthread_mutex_unlock(&c->lock);
    return wanted;
}

static void take_rows(vonk_nng_cluster *c, uint32_t executor, vonk_slice message)
{
    vonk_wire_rows rows;
    vonk_error err;
    vonk_block *block = NULL;
    if (vonk_wire_get_rows(message, &rows, &err) != VONK_OK || !is_wanted(c, executor, &rows))
        return;
    vonk_status status = decode(c, rows.batches, &block, &err);
    pthread_mutex_lock(&c->lock);
    vonk_assigned *t = expected(c, executor, &rows);
    if (t && status == VONK_OK) {
        t->n_rows++;
        vonk_cluster_event event = {.kind = VONK_CLUSTER_ROWS,
                                    .executor = executor,
                                    .job = rows.id.job,
                                    .stage = rows.id.stage,
                                    .index = rows.id.index,
                                    .attempt = rows.id.attempt,
                                    .rows = block};
        vonk_post(c, &event);
        block = NULL;
    } else if (t && status == VONK_NO_MEMORY) {
        vonk_task_does_not_fit(c, t, &err);
    } else if (t) {
        vonk_task_gave_up(c, t, err.message);
    }
    pthread_mutex_unlock(&c->lock);
    vonk_block_unref(block);
}

static void take_end(vonk_nng_cluster *c, uint32_t executor, vonk_slice message)
{
    vonk_wire_ended ended;
    vonk_arena arena = {0};
    if (vonk_wire_get_ended(message, &arena, &ended, NULL) == VONK_OK) {
        pthread_mutex_lock(&c->lock);
        (void)vonk_task_ended(c, executor, &ended, true);
        pthread_mutex_unlock(&c->lock);
    }
    vonk_arena_free(&arena);
}

void *vonk_receiver_main(void *context)
{
    vonk_nng_cluster *c = context;
    vonk_slice message;
    const vonk_rpc_sender *from;
    while (vonk_rpc_pull_next(c->results, -1, &message, &from, NULL) == VONK_OK) {
        switch (vonk_wire_kind_of(message)) {
        case VONK_WIRE_ROWS:
            take_rows(c, from->session.sender, message);
            break;
        case VONK_WIRE_TASK_ENDED:
            take_end(c, from->session.sender, message);
            break;
        default: /* of a friend, but nothing that we know: versions agree, so it is a bug */
            break;
        }
    }
    return NULL;
}
