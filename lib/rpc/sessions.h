/*
 * sessions.h - the sessions that a server knows, by id; private to this folder. Thread-safe.
 *
 * A session is counted: the table holds one reference, each handler another. When the table is
 * full, the session that was not used for the longest time goes.
 */
#ifndef VONK_RPC_SESSIONS_H
#define VONK_RPC_SESSIONS_H

#include <pthread.h>

#include "rpc/seal.h"

#define VONK_MAX_SESSIONS 4096

typedef struct vonk_known {
    vonk_session session; /* immutable */
    struct vonk_known *next;
    uint32_t refs;      /* guarded by the table's lock, as all below */
    uint64_t last_used; /* tick */
    vonk_replay replay;
} vonk_known;

typedef struct vonk_sessions {
    pthread_mutex_t lock;
    uint32_t n;
    uint64_t tick;
    vonk_known *buckets[1024];
} vonk_sessions;

void vonk_sessions_init(vonk_sessions *table);
void vonk_sessions_fini(vonk_sessions *table); /* no handler runs any more */
vonk_status vonk_sessions_add(vonk_sessions *table, const vonk_session *session,
                              vonk_error *err) VONK_MUST_CHECK;
/* The session `id`, referenced, or NULL. */
vonk_known *vonk_sessions_find(vonk_sessions *table, uint64_t id);
/* Whether a counter, of a frame that is authentic, comes for the first time. */
bool vonk_sessions_accept(vonk_sessions *table, vonk_known *known, uint64_t counter);
void vonk_sessions_release(vonk_sessions *table, vonk_known *known);

#endif
