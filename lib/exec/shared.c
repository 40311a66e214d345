/* shared.c - a list of objects, each made by whoever comes first. */
#include "exec/shared.h"

#include <pthread.h>
#include <stdlib.h>

typedef enum item_state { MAKING, READY, FAILED } item_state;

typedef struct item {
    struct item *next;
    uint64_t job, key;
    item_state state;
    void *object;
    void (*free)(void *object);
} item;

struct vonk_shared {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    item *items; /* guarded by lock */
};

vonk_status vonk_shared_new(vonk_shared **ret, vonk_error *err)
{
    vonk_shared *shared = calloc(1, sizeof(*shared));
    if (!shared)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    pthread_mutex_init(&shared->lock, NULL);
    pthread_cond_init(&shared->changed, NULL);
    *ret = shared;
    return VONK_OK;
}

static void drop(vonk_shared *shared, bool all, uint64_t job)
{
    pthread_mutex_lock(&shared->lock);
    for (item **at = &shared->items; *at;) {
        item *i = *at;
        if (!all && i->job != job) {
            at = &i->next;
            continue;
        }
        *at = i->next;
        if (i->state == READY)
            i->free(i->object);
        free(i);
    }
    pthread_mutex_unlock(&shared->lock);
}

void vonk_shared_drop_job(vonk_shared *shared, uint64_t job)
{
    drop(shared, false, job);
}

void vonk_shared_free(vonk_shared *shared)
{
    if (!shared)
        return;
    drop(shared, true, 0);
    pthread_cond_destroy(&shared->changed);
    pthread_mutex_destroy(&shared->lock);
    free(shared);
}

/* The item, waited for while another task makes it; in state MAKING: it is the caller's to make. */
static item *claim(vonk_shared *shared, uint64_t job, uint64_t key)
{
    for (;;) {
        item *i = shared->items;
        while (i && (i->job != job || i->key != key))
            i = i->next;
        if (!i) {
            i = calloc(1, sizeof(*i));
            if (!i)
                return NULL;
            *i = (item){.next = shared->items, .job = job, .key = key, .state = FAILED};
            shared->items = i;
        }
        if (i->state == FAILED)
            i->state = MAKING;
        else if (i->state == MAKING) {
            pthread_cond_wait(&shared->changed, &shared->lock);
            continue;
        }
        return i;
    }
}

vonk_status vonk_shared_get(vonk_shared *shared, uint64_t job, uint64_t key,
                            const vonk_shared_maker *maker, void **ret, vonk_error *err)
{
    pthread_mutex_lock(&shared->lock);
    item *i = claim(shared, job, key);
    bool make = i && i->state == MAKING;
    pthread_mutex_unlock(&shared->lock);
    if (!i)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    if (!make) {
        *ret = i->object;
        return VONK_OK;
    }
    void *object = NULL;
    vonk_status status = maker->make(maker->context, &object, err);
    pthread_mutex_lock(&shared->lock);
    i->object = object;
    i->free = maker->free;
    i->state = status == VONK_OK ? READY : FAILED;
    pthread_cond_broadcast(&shared->changed);
    pthread_mutex_unlock(&shared->lock);
    if (status == VONK_OK)
        *ret = object;
    return status;
}
