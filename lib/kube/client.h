/*
 * client.h - requests to the Kubernetes API server: JSON in, JSON out, many at once on one thread.
 *
 * Takes care of: tokens (read again every minute and, once, after a 401), client-side rate limits
 * in lanes, Retry-After of 429 and 503, and retries with back-off of what is safe to repeat: GETs
 * whatever went wrong, everything else only if the server did not see it (or said 429).
 * A client belongs to one thread, but for vonk_kube_wake. Callbacks run inside vonk_kube_poll.
 */
#ifndef VONK_KUBE_CLIENT_H
#define VONK_KUBE_CLIENT_H

#include <cjson/cJSON.h>

#include "kube/config.h"

typedef struct vonk_kube vonk_kube;

typedef struct vonk_kube_settings {
    const char *user_agent; /* "vonk-operator/0.1.0 (linux/amd64)"; NULL: "vonk/VERSION ..." */
    uint32_t requests_per_second; /* 0: 200; burst: twice as many; watches do not count */
    uint32_t timeout_ms;          /* of a request, all its tries; 0: 30,000 */
} vonk_kube_settings;

/* A Status of the API server, or what kept us from one. */
typedef struct vonk_kube_reply {
    int status;          /* HTTP; 0: no answer came */
    const cJSON *object; /* the body, NULL if none or no JSON; borrowed for the callback */
    const char *reason;  /* "AlreadyExists", "NotFound", "Conflict", ...; "" */
    /*
     * VONK_OK for 2xx. Else VONK_NOT_FOUND (404), VONK_EXISTS (409 AlreadyExists), VONK_INVALID
     * (400, 415, 422), VONK_DENIED (401, 403), VONK_IO (the rest, and no answer). The message is
     * the server's own, after "GET PATH: ".
     */
    vonk_error error;
} vonk_kube_reply;

typedef void (*vonk_kube_done)(void *context, const vonk_kube_reply *reply);

typedef enum vonk_kube_lane { /* separate rate limits, so that one cannot starve the other */
                              VONK_KUBE_LANE_NORMAL,
                              VONK_KUBE_LANE_URGENT, /* leases */
                              VONK_KUBE_N_LANES,
} vonk_kube_lane;

typedef struct vonk_kube_request {
    const char *method;       /* "GET" */
    const char *path;         /* "/api/v1/namespaces/x/pods", escaped; with the query */
    const char *content_type; /* NULL: application/json */
    const cJSON *body;        /* printed at once, not kept; NULL: none */
    vonk_kube_lane lane;
    void *context;
    vonk_kube_done on_done; /* called once */
    uint32_t timeout_ms;    /* of this one, all its tries; 0: the client's */
} vonk_kube_request;

/* `config` is copied. Errors: VONK_INVALID: certificates or tokens that cannot be read. */
vonk_status vonk_kube_new(const vonk_kube_config *config, const vonk_kube_settings *settings,
                          vonk_kube **ret, vonk_error *err) VONK_MUST_CHECK;
void vonk_kube_free(vonk_kube *kube); /* without calling back; end its watches and logs first */
const char *vonk_kube_namespace(const vonk_kube *kube);
const char *vonk_kube_server(const vonk_kube *kube);

vonk_status vonk_kube_send(vonk_kube *kube, const vonk_kube_request *request,
                           vonk_error *err) VONK_MUST_CHECK;
/* Runs callbacks, timers and watches; returns after timeout_ms or sooner. */
vonk_status vonk_kube_poll(vonk_kube *kube, int timeout_ms, vonk_error *err) VONK_MUST_CHECK;
void vonk_kube_wake(vonk_kube *kube);                /* thread-safe */
uint32_t vonk_kube_n_pending(const vonk_kube *kube); /* requests without a reply */

/*
 * One request, start to end; other calls' callbacks may run meanwhile. `ret` (may be NULL) is the
 * body, to be freed by cJSON_Delete; unset on failure. `ret_status` (may be NULL): HTTP status.
 */
vonk_status vonk_kube_do(vonk_kube *kube, const vonk_kube_request *request, cJSON **ret,
                         int *ret_status, vonk_error *err) VONK_MUST_CHECK;

/* ---- paths ---- */

/* "/api/v1/namespaces/NS/pods/NAME", "/apis/GROUP/VERSION/namespaces/NS/PLURAL/NAME/SUB"; parts
 * that are NULL are left out, each is escaped. group "" is the core group. In the arena. */
typedef struct vonk_kube_path {
    const char *group, *version, *namespace_name, *plural, *name, *subresource;
} vonk_kube_path;
char *vonk_kube_path_print(vonk_arena *arena, const vonk_kube_path *path, const char *query,
                           vonk_error *err) VONK_MUST_CHECK;

/* ---- following a pod's log ---- */

typedef struct vonk_kube_log vonk_kube_log;
/*
 * Follows the log of a container. on_line: a whole line without its end (long ones in pieces of
 * 1 MiB). on_end: the log is over or cannot be read (any more); the log is gone then.
 */
typedef struct vonk_kube_log_request {
    const char *namespace_name, *pod, *container;
    bool follow;
    void *context;
    void (*on_line)(void *context, vonk_slice line);
    void (*on_end)(void *context, const vonk_error *error);
} vonk_kube_log_request;
vonk_status vonk_kube_log_start(vonk_kube *kube, const vonk_kube_log_request *request,
                                vonk_kube_log **ret, vonk_error *err) VONK_MUST_CHECK;
void vonk_kube_log_stop(vonk_kube_log *log);

#endif
