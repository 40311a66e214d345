/* queue.c - a list of keys; as many as there are jobs under work, so that walking it is cheap. */
#include "kube/queue.h"

#include <stdlib.h>
#include <string.h>

#include "net/retry.h"

#define BASE_MS 100u
#define MAX_MS  30000u
#define ENOUGH  1024u /* keys with a back-off but no wish: the oldest are forgotten above this */

typedef struct entry {
    struct entry *next;
    bool wanted;
    int64_t at_ms, wished_ms; /* due; when it was first wished for, to be fair */
    uint32_t n_failures;
    char key[];
} entry;

struct vonk_kube_queue {
    vonk_kube_queue_settings settings;
    uint64_t dice, n_wishes;
    entry *entries;
    uint32_t n_wanted, n_entries;
    char *taken; /* what next() returned */
};

vonk_status vonk_kube_queue_new(const vonk_kube_queue_settings *settings, vonk_kube_queue **ret,
                                vonk_error *err)
{
    vonk_kube_queue *q = calloc(1, sizeof(*q));
    if (!q)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    q->settings = settings ? *settings : (vonk_kube_queue_settings){0};
    q->settings.base_ms = q->settings.base_ms ? q->settings.base_ms : BASE_MS;
    q->settings.max_ms = q->settings.max_ms ? q->settings.max_ms : MAX_MS;
    q->dice = q->settings.seed;
    *ret = q;
    return VONK_OK;
}

void vonk_kube_queue_free(vonk_kube_queue *q)
{
    if (!q)
        return;
    while (q->entries) {
        entry *e = q->entries;
        q->entries = e->next;
        free(e);
    }
    free(q->taken);
    free(q);
}

static entry *find(const vonk_kube_queue *q, const char *key)
{
    entry *e = q->entries;
    while (e && strcmp(e->key, key) != 0)
        e = e->next;
    return e;
}

/* Forgets entries that nothing is known of, and old back-offs when there are too many. */
static void sweep(vonk_kube_queue *q)
{
    for (entry **at = &q->entries; *at;) {
        entry *e = *at;
        if (e->wanted || (e->n_failures && q->n_entries <= ENOUGH)) {
            at = &e->next;
            continue;
        }
        *at = e->next;
        q->n_entries--;
        free(e);
    }
}

static vonk_status wish(vonk_kube_queue *q, const char *key, int64_t at_ms, entry **ret,
                        vonk_error *err)
{
    entry *e = find(q, key);
    if (!e) {
        size_t size = strlen(key) + 1;
        e = calloc(1, sizeof(*e) + size);
        if (!e)
            return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
        memcpy(e->key, key, size);
        e->next = q->entries;
        q->entries = e;
        q->n_entries++;
    }
    if (!e->wanted) {
        e->wished_ms = (int64_t)q->n_wishes++;
        e->at_ms = at_ms;
        q->n_wanted++;
    }
    e->at_ms = at_ms < e->at_ms ? at_ms : e->at_ms;
    e->wanted = true;
    *ret = e;
    return VONK_OK;
}

vonk_status vonk_kube_queue_add(vonk_kube_queue *q, const char *key, int64_t at_ms, vonk_error *err)
{
    entry *e;
    return wish(q, key, at_ms, &e, err);
}

vonk_status vonk_kube_queue_failed(vonk_kube_queue *q, const char *key, int64_t now_ms,
                                   vonk_error *err)
{
    entry *e = find(q, key);
    vonk_backoff backoff = {.base_ms = q->settings.base_ms,
                            .max_ms = q->settings.max_ms,
                            .n_failures = e ? e->n_failures : 0,
                            .dice = vonk_dice(&q->dice)};
    uint32_t wait = vonk_backoff_next(&backoff);
    VONK_TRY(wish(q, key, now_ms + wait, &e, err));
    e->n_failures = backoff.n_failures;
    return VONK_OK;
}

void vonk_kube_queue_succeeded(vonk_kube_queue *q, const char *key)
{
    entry *e = find(q, key);
    if (e)
        e->n_failures = 0;
    sweep(q);
}

const char *vonk_kube_queue_next(vonk_kube_queue *q, int64_t now_ms)
{
    entry *best = NULL;
    for (entry *e = q->entries; e; e = e->next) {
        if (e->wanted && e->at_ms <= now_ms && (!best || e->wished_ms < best->wished_ms))
            best = e;
    }
    if (!best)
        return NULL;
    char *taken = strdup(best->key);
    if (!taken)
        return NULL; /* later, perhaps */
    best->wanted = false;
    q->n_wanted--;
    free(q->taken);
    q->taken = taken;
    return q->taken;
}

int64_t vonk_kube_queue_wait_ms(const vonk_kube_queue *q, int64_t now_ms)
{
    int64_t wait = -1;
    for (const entry *e = q->entries; e; e = e->next) {
        int64_t left = e->at_ms > now_ms ? e->at_ms - now_ms : 0;
        if (e->wanted && (wait < 0 || left < wait))
            wait = left;
    }
    return wait;
}

uint32_t vonk_kube_queue_depth(const vonk_kube_queue *q)
{
    return q->n_wanted;
}
