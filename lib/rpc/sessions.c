/* sessions.c - a chained hash table; ids are random already. */
#include "rpc/sessions.h"

#include <stdlib.h>

void vonk_sessions_init(vonk_sessions *table)
{
    *table = (vonk_sessions){0};
    pthread_mutex_init(&table->lock, NULL);
}

static vonk_known **bucket_of(vonk_sessions *table, uint64_t id)
{
    return &table->buckets[id % VONK_LENGTH(table->buckets)];
}

static void drop(vonk_known *known)
{
    if (--known->refs)
        return;
    vonk_forget(known, sizeof *known);
    free(known);
}

void vonk_sessions_fini(vonk_sessions *table)
{
    for (size_t b = 0; b < VONK_LENGTH(table->buckets); b++) {
        while (table->buckets[b]) {
            vonk_known *known = table->buckets[b];
            table->buckets[b] = known->next;
            drop(known);
        }
    }
    pthread_mutex_destroy(&table->lock);
}

static void drop_oldest(vonk_sessions *table)
{
    vonk_known **oldest = NULL;
    for (size_t b = 0; b < VONK_LENGTH(table->buckets); b++) {
        for (vonk_known **at = &table->buckets[b]; *at; at = &(*at)->next) {
            if (!oldest || (*at)->last_used < (*oldest)->last_used)
                oldest = at;
        }
    }
    if (!oldest)
        return;
    vonk_known *known = *oldest;
    *oldest = known->next;
    table->n--;
    drop(known);
}

vonk_status vonk_sessions_add(vonk_sessions *table, const vonk_session *session, vonk_error *err)
{
    vonk_known *known = calloc(1, sizeof *known);
    if (!known)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a session");
    known->session = *session;
    known->refs = 1;
    pthread_mutex_lock(&table->lock);
    if (table->n == VONK_MAX_SESSIONS)
        drop_oldest(table);
    vonk_known **bucket = bucket_of(table, session->id);
    known->next = *bucket;
    known->last_used = ++table->tick;
    *bucket = known;
    table->n++;
    pthread_mutex_unlock(&table->lock);
    return VONK_OK;
}

vonk_known *vonk_sessions_find(vonk_sessions *table, uint64_t id)
{
    pthread_mutex_lock(&table->lock);
    vonk_known *known = *bucket_of(table, id);
    while (known && known->session.id != id)
        known = known->next;
    if (known)
        known->refs++;
    pthread_mutex_unlock(&table->lock);
    return known;
}

bool vonk_sessions_accept(vonk_sessions *table, vonk_known *known, uint64_t counter)
{
    pthread_mutex_lock(&table->lock);
    bool first = vonk_replay_accept(&known->replay, counter);
    if (first)
        known->last_used = ++table->tick;
    pthread_mutex_unlock(&table->lock);
    return first;
}

void vonk_sessions_release(vonk_sessions *table, vonk_known *known)
{
    if (!known)
        return;
    pthread_mutex_lock(&table->lock);
    drop(known);
    pthread_mutex_unlock(&table->lock);
}
