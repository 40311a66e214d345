/* ahead.c - a thread that asks others for what will be wanted; own blocks the task takes itself. */
#include "exec/ahead.h"

#include <pthread.h>
#include <stdlib.h>

#define MOST_ASKED 1024u             /* blocks in one question */
#define MOST_HELD  ((size_t)4 << 20) /* bytes that came and wait; then no more is asked for */

/* A block of another executor. */
typedef struct remote {
    bool here; /* it came; the task may have taken it */
    vonk_block *block;
} remote;

/* What is asked for at once. */
typedef struct question {
    uint32_t n, which[MOST_ASKED]; /* of the wanted */
    vonk_block_place places[MOST_ASKED];
    vonk_block *blocks[MOST_ASKED];
    uint32_t n_came;
} question;

struct vonk_ahead {
    vonk_run *run;
    vonk_ahead_wanted wanted;
    uint32_t at; /* blocks that were taken */
    bool has_thread;
    question *question; /* of the thread */
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows, once there is a thread */
    pthread_cond_t changed;
    remote *remotes; /* of each that is wanted */
    size_t charged;  /* for them */
    size_t held;     /* bytes that came and wait */
    bool starving;   /* the task waits for one that is not here */
    bool stop;
    vonk_status status; /* not VONK_OK: the first that is not here is lost */
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

/* Block `at`, and what else is wanted from there. Only who asks changes remote.here. */
static void list_blocks(const vonk_ahead *a, uint32_t at, question *q)
{
    q->n = q->n_came = 0;
    for (uint32_t i = at; i < a->wanted.n && q->n < MOST_ASKED; i++) {
        if (a->remotes[i].here || location_of(a, i)->executor != location_of(a, at)->executor)
            continue;
        q->which[q->n] = i;
        q->places[q->n++] = a->wanted.places[i];
    }
}

static vonk_status ask(const vonk_ahead *a, uint32_t at, question *q, vonk_error *err)
{
    const vonk_fetcher *fetcher = &a->run->worker->fetcher;
    vonk_block_list list = {a->run->task->job, a->wanted.input->exchange_id, q->n, q->places};
    return fetcher->fetch(fetcher->context, &list, location_of(a, at), q->blocks, &q->n_came, err);
}

static size_t bytes_of(const vonk_block *block)
{
    return block ? block->n_bytes : 0;
}

/* Fetches block `at`, with others. */
static vonk_status fetch_some(vonk_ahead *a, uint32_t at)
{
    question *q = a->question;
    vonk_error err = {0};
    list_blocks(a, at, q);
    vonk_status status = ask(a, at, q, &err);
    pthread_mutex_lock(&a->lock);
    for (uint32_t i = 0; i < q->n_came && status == VONK_OK; i++) {
        a->remotes[q->which[i]] = (remote){true, q->blocks[i]};
        a->held += bytes_of(q->blocks[i]);
    }
    if (status != VONK_OK) {
        a->status = status;
        a->err = err;
    }
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->lock);
    return status;
}

/* Waits until more may be held; false: the task ends. */
static bool wait_for_room(vonk_ahead *a)
{
    pthread_mutex_lock(&a->lock);
    while (a->held > MOST_HELD && !a->starving && !a->stop)
        pthread_cond_wait(&a->changed, &a->lock);
    bool stop = a->stop;
    a->starving = false;
    pthread_mutex_unlock(&a->lock);
    return !stop;
}

static bool is_to_be_asked(const vonk_ahead *a, uint32_t i)
{
    return !a->remotes[i].here && is_remote(a->run, location_of(a, i));
}

static void *fetch_all(void *context)
{
    vonk_ahead *a = context;
    vonk_status status = VONK_OK;
    for (uint32_t at = 0; at < a->wanted.n && status == VONK_OK; at++) {
        if (!is_to_be_asked(a, at))
            continue;
        status = wait_for_room(a) ? fetch_some(a, at) : VONK_CANCELLED;
    }
    return NULL;
}

static uint32_t count_remotes(const vonk_ahead *a)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < a->wanted.n; i++)
        n += is_remote(a->run, location_of(a, i));
    return n;
}

vonk_status vonk_ahead_open(vonk_run *run, const vonk_ahead_wanted *wanted, vonk_ahead **ret,
                            vonk_error *err)
{
    vonk_budget *budget = run->worker->budget;
    size_t bytes = wanted->n * sizeof(remote);
    VONK_TRY(vonk_budget_take(budget, bytes, err));
    vonk_ahead *a = calloc(1, sizeof(*a));
    remote *remotes = a ? calloc(wanted->n ? wanted->n : 1, sizeof(*remotes)) : NULL;
    if (!remotes) {
        free(a);
        vonk_budget_give(budget, bytes);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for %u blocks", wanted->n);
    }
    a->run = run;
    a->wanted = *wanted;
    a->remotes = remotes;
    a->charged = bytes;
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->changed, NULL);
    a->question = count_remotes(a) > 1 ? malloc(sizeof(*a->question)) : NULL;
    a->has_thread = a->question && pthread_create(&a->thread, NULL, fetch_all, a) == 0;
    *ret = a;
    return VONK_OK;
}

/* Waits for block a->at to come. */
static vonk_status take(vonk_ahead *a, vonk_block **ret, vonk_error *err)
{
    remote *r = &a->remotes[a->at];
    pthread_mutex_lock(&a->lock);
    while (!r->here && a->status == VONK_OK) {
        a->starving = true;
        pthread_cond_broadcast(&a->changed);
        pthread_cond_wait(&a->changed, &a->lock);
    }
    bool was_full = a->held > MOST_HELD;
    vonk_status status = r->here ? VONK_OK : a->status;
    *ret = r->block;
    r->block = NULL;
    a->held -= bytes_of(*ret);
    if (err && status != VONK_OK)
        *err = a->err;
    if (was_full && a->held <= MOST_HELD)
        pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->lock);
    return status;
}

/* One that lies here, or without a thread. */
static vonk_status fetch_one(const vonk_ahead *a, vonk_block **ret, vonk_error *err)
{
    uint32_t n;
    const vonk_fetcher *fetcher = &a->run->worker->fetcher;
    vonk_block_list list = {a->run->task->job, a->wanted.input->exchange_id, 1,
                            &a->wanted.places[a->at]};
    return fetcher->fetch(fetcher->context, &list, location_of(a, a->at), ret, &n, err);
}

vonk_status vonk_ahead_next(vonk_ahead *a, vonk_block **ret, bool *ret_done, vonk_error *err)
{
    *ret = NULL;
    *ret_done = a->at == a->wanted.n;
    if (*ret_done)
        return VONK_OK;
    bool comes = a->has_thread && is_remote(a->run, location_of(a, a->at));
    vonk_status status = comes ? take(a, ret, err) : fetch_one(a, ret, err);
    uint32_t map = a->wanted.places[a->at++].map;
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
    for (uint32_t i = 0; i < a->wanted.n; i++)
        vonk_block_unref(a->remotes[i].block);
    free(a->remotes);
    vonk_budget_give(a->run->worker->budget, a->charged);
    free(a->question);
    pthread_cond_destroy(&a->changed);
    pthread_mutex_destroy(&a->lock);
    free(a);
}
