/* ahead.c - a thread that puts one block at a time into a slot. */
#include "exec/ahead.h"

#include <pthread.h>
#include <stdlib.h>

struct vonk_ahead {
    vonk_run *run;
    vonk_ahead_wanted wanted;
    uint64_t n, at; /* blocks, and how many were taken */
    bool has_thread;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    bool full, stop;
    vonk_block *block;
    vonk_status status;
    vonk_error err;
};

static vonk_status fetch(const vonk_ahead *a, uint64_t at, vonk_block **ret, vonk_error *err)
{
    const vonk_fetcher *fetcher = &a->run->worker->fetcher;
    const vonk_input *input = a->wanted.input;
    uint32_t map = (uint32_t)(at / a->wanted.n);
    vonk_block_id id = {a->run->task->job, input->exchange_id, map,
                        a->wanted.first + (uint32_t)(at % a->wanted.n)};
    *ret = NULL;
    return fetcher->fetch(fetcher->context, id, &input->locations[map], ret, err);
}

/* Puts what was fetched into the slot once that is free; false: nobody wants it. */
static bool put(vonk_ahead *a, vonk_block *block, vonk_status status, const vonk_error *err)
{
    pthread_mutex_lock(&a->lock);
    while (a->full && !a->stop)
        pthread_cond_wait(&a->changed, &a->lock);
    bool taken = !a->stop;
    if (taken) {
        a->full = true;
        a->block = block;
        a->status = status;
        a->err = *err;
        pthread_cond_broadcast(&a->changed);
    }
    pthread_mutex_unlock(&a->lock);
    return taken;
}

static void *fetch_all(void *context)
{
    vonk_ahead *a = context;
    vonk_status status = VONK_OK;
    for (uint64_t at = 0; at < a->n && status == VONK_OK; at++) {
        vonk_error err = {0};
        vonk_block *block = NULL;
        status = fetch(a, at, &block, &err);
        if (!put(a, block, status, &err)) {
            vonk_block_unref(block);
            break;
        }
    }
    return NULL;
}

static bool is_remote(const vonk_run *run, const vonk_input *input)
{
    for (uint32_t m = 0; m < input->n_maps; m++) {
        const vonk_location *location = &input->locations[m];
        if (location->address[0] && location->executor != run->worker->executor)
            return true;
    }
    return false;
}

vonk_status vonk_ahead_open(vonk_run *run, const vonk_ahead_wanted *wanted, vonk_ahead **ret,
                            vonk_error *err)
{
    vonk_ahead *a = calloc(1, sizeof(*a));
    if (!a)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    a->run = run;
    a->wanted = *wanted;
    a->n = (uint64_t)wanted->input->n_maps * wanted->n;
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->changed, NULL);
    a->has_thread = a->n > 1 && is_remote(run, wanted->input) &&
                    pthread_create(&a->thread, NULL, fetch_all, a) == 0;
    *ret = a;
    return VONK_OK;
}

/* Waits for the slot to be filled and empties it. */
static vonk_status take(vonk_ahead *a, vonk_block **ret, vonk_error *err)
{
    pthread_mutex_lock(&a->lock);
    while (!a->full)
        pthread_cond_wait(&a->changed, &a->lock);
    vonk_status status = a->status;
    *ret = a->block;
    a->block = NULL;
    a->full = false;
    if (err && status != VONK_OK)
        *err = a->err;
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->lock);
    return status;
}

vonk_status vonk_ahead_next(vonk_ahead *a, vonk_block **ret, bool *ret_done, vonk_error *err)
{
    *ret = NULL;
    *ret_done = a->at == a->n;
    if (*ret_done)
        return VONK_OK;
    uint32_t map = (uint32_t)(a->at / a->wanted.n);
    vonk_status status = a->has_thread ? take(a, ret, err) : fetch(a, a->at, ret, err);
    a->at++;
    return vonk_read_fetched(a->run, a->wanted.input, map, status);
}

void vonk_ahead_close(vonk_ahead *a)
{
    if (!a)
        return;
    if (a->has_thread) {
        pthread_mutex_lock(&a->lock);
        a->stop = true;
        pthread_cond_broadcast(&a->changed);
        pthread_mutex_unlock(&a->lock);
        pthread_join(a->thread, NULL);
    }
    vonk_block_unref(a->block);
    pthread_cond_destroy(&a->changed);
    pthread_mutex_destroy(&a->lock);
    free(a);
}
