/* ahead.c - a thread that puts one block at a time into a slot, of those that came together. */
#include "exec/ahead.h"

#include <pthread.h>
#include <stdlib.h>

#define MOST_ASKED 1024u /* blocks in one question */

/* A block that came before its turn. */
typedef struct waiting {
    bool here;
    vonk_block *block;
} waiting;

struct vonk_ahead {
    vonk_run *run;
    vonk_ahead_wanted wanted;
    uint32_t at;      /* blocks that were taken */
    waiting *waiting; /* of each that is wanted; whoever fetches uses them */
    bool has_thread;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    bool full, stop;
    vonk_block *block;
    vonk_status status;
    vonk_error err;
};

vonk_status vonk_ahead_of_maps(vonk_arena *arena, const vonk_input *input, uint32_t first,
                               uint32_t n, vonk_ahead_wanted *ret, vonk_error *err)
{
    uint32_t n_all;
    if (__builtin_mul_overflow(input->n_maps, n, &n_all))
        return vonk_fail(err, VONK_UNSUPPORTED, "an exchange of 2^32 blocks");
    vonk_block_place *places = VONK_NEW_ARRAY(arena, vonk_block_place, n_all, err);
    VONK_TRY_ALLOC(places);
    for (uint32_t i = 0; i < n_all; i++)
        places[i] = (vonk_block_place){i / n, first + i % n};
    *ret = (vonk_ahead_wanted){input, n_all, places};
    return VONK_OK;
}

static const vonk_location *location_of(const vonk_ahead *a, uint32_t i)
{
    return &a->wanted.input->locations[a->wanted.places[i].map];
}

static bool is_remote(const vonk_run *run, const vonk_location *location)
{
    return location->address[0] && location->executor != run->worker->executor;
}

/* What one question asks for. */
typedef struct asking {
    uint32_t n, which[MOST_ASKED]; /* of the wanted */
    vonk_block_place places[MOST_ASKED];
    vonk_block *blocks[MOST_ASKED];
} asking;

/* Block `at`, and if it lies elsewhere what else is wanted from there. */
static void list_blocks(const vonk_ahead *a, uint32_t at, asking *ask)
{
    const vonk_location *there = location_of(a, at);
    uint32_t most = is_remote(a->run, there) ? MOST_ASKED : 1;
    ask->n = 0;
    for (uint32_t i = at; i < a->wanted.n && ask->n < most; i++) {
        if (a->waiting[i].here || location_of(a, i)->executor != there->executor)
            continue;
        ask->which[ask->n] = i;
        ask->places[ask->n++] = a->wanted.places[i];
    }
}

/* Fetches block `at`, with others. */
static vonk_status ask_for(vonk_ahead *a, uint32_t at, vonk_error *err)
{
    const vonk_fetcher *fetcher = &a->run->worker->fetcher;
    asking *ask = malloc(sizeof(*ask));
    if (!ask)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    list_blocks(a, at, ask);
    uint32_t n = 0;
    vonk_block_list list = {a->run->task->job, a->wanted.input->exchange_id, ask->n, ask->places};
    ask->blocks[0] = NULL;
    vonk_status status =
        fetcher->fetch(fetcher->context, &list, location_of(a, at), ask->blocks, &n, err);
    for (uint32_t i = 0; i < n && status == VONK_OK; i++)
        a->waiting[ask->which[i]] = (waiting){true, ask->blocks[i]};
    free(ask);
    return status;
}

static vonk_status fetch(vonk_ahead *a, uint32_t at, vonk_block **ret, vonk_error *err)
{
    *ret = NULL;
    if (!a->waiting[at].here)
        VONK_TRY(ask_for(a, at, err));
    *ret = a->waiting[at].block;
    a->waiting[at].block = NULL;
    return VONK_OK;
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
    for (uint32_t at = 0; at < a->wanted.n && status == VONK_OK; at++) {
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

static bool any_is_remote(const vonk_ahead *a)
{
    bool remote = false;
    for (uint32_t i = 0; i < a->wanted.n && !remote; i++)
        remote = is_remote(a->run, location_of(a, i));
    return remote;
}

vonk_status vonk_ahead_open(vonk_run *run, const vonk_ahead_wanted *wanted, vonk_ahead **ret,
                            vonk_error *err)
{
    vonk_ahead *a = calloc(1, sizeof(*a));
    waiting *blocks = a ? calloc(wanted->n ? wanted->n : 1, sizeof(*blocks)) : NULL;
    if (!blocks) {
        free(a);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for %u blocks", wanted->n);
    }
    a->run = run;
    a->wanted = *wanted;
    a->waiting = blocks;
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->changed, NULL);
    a->has_thread =
        wanted->n > 1 && any_is_remote(a) && pthread_create(&a->thread, NULL, fetch_all, a) == 0;
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
    *ret_done = a->at == a->wanted.n;
    if (*ret_done)
        return VONK_OK;
    uint32_t map = a->wanted.places[a->at].map;
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
    for (uint32_t i = 0; i < a->wanted.n; i++)
        vonk_block_unref(a->waiting[i].block);
    free(a->waiting);
    pthread_cond_destroy(&a->changed);
    pthread_mutex_destroy(&a->lock);
    free(a);
}
