/* internal.h - what the client's parts share; private to kube. */
#ifndef VONK_KUBE_INTERNAL_H
#define VONK_KUBE_INTERNAL_H

#include "kube/client.h"
#include "net/http.h"
#include "net/retry.h"

int64_t vonk_kube_now_ms(void);

/* ---- auth.c: who we are ---- */

typedef struct vonk_kube_auth {
    vonk_kube_config config; /* points into the arena */
    vonk_arena arena;
    vonk_buffer header;  /* "Authorization: Bearer ..."; empty: certificates only */
    int64_t read_ms;     /* when the token was read; 0: never */
    int64_t expires_ms;  /* of an exec plugin's token; INT64_MAX: unknown */
    uint64_t files_hash; /* of the certificates' contents */
} vonk_kube_auth;

vonk_status vonk_kube_auth_new(vonk_kube_auth *auth, const vonk_kube_config *config,
                               vonk_error *err);
void vonk_kube_auth_free(vonk_kube_auth *auth);
/* Reads the token if it is a minute old, or now if `again`. */
vonk_status vonk_kube_auth_refresh(vonk_kube_auth *auth, bool again, vonk_error *err);
/* A connection pool with the certificates as they are now. */
vonk_status vonk_kube_auth_connect(vonk_kube_auth *auth, const char *user_agent, vonk_http **ret,
                                   vonk_error *err);
/* The certificates' files have other contents than those connected with. */
bool vonk_kube_auth_changed(const vonk_kube_auth *auth);

/* ---- reply.c ---- */

/* What an answer means; `object` (may be NULL) is its body. Fills all of ret. */
void vonk_kube_reply_of(const char *method, const char *path, const vonk_http_response *response,
                        const cJSON *object, vonk_kube_reply *ret);

/* ---- client.c ---- */

/* Something that wants to be called at a time: watches. */
typedef struct vonk_kube_timer {
    struct vonk_kube_timer *next;
    int64_t due_ms; /* INT64_MAX: not wanted */
    void *context;
    void (*fire)(void *context);
} vonk_kube_timer;

void vonk_kube_timer_add(vonk_kube *kube, vonk_kube_timer *timer);
void vonk_kube_timer_remove(vonk_kube *kube, vonk_kube_timer *timer);

/* A GET whose body comes in pieces and which is not retried; on_end is called once. */
typedef struct vonk_kube_stream vonk_kube_stream;
typedef struct vonk_kube_stream_request {
    const char *path;
    uint32_t idle_ms;
    void *context;
    bool (*on_data)(void *context, int status, vonk_slice bytes);
    void (*on_end)(void *context, const vonk_http_response *response);
} vonk_kube_stream_request;
vonk_status vonk_kube_stream_start(vonk_kube *kube, const vonk_kube_stream_request *request,
                                   vonk_kube_stream **ret, vonk_error *err);
/* Ends it without calling back. */
void vonk_kube_stream_stop(vonk_kube_stream *stream);
/* Reads the token anew, after a 401 of a stream. */
void vonk_kube_renew_token(vonk_kube *kube);
uint64_t *vonk_kube_dice(vonk_kube *kube);

/* ---- watch.c ---- */

struct vonk_kube_watch;
/* Takes bytes of a watch's stream. False: the stream is to end. */
bool vonk_kube_watch_take(struct vonk_kube_watch *watch, vonk_slice bytes);

#endif
