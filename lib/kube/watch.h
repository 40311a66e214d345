/*
 * watch.h - a reflector: all objects of a kind, kept as the API server has them.
 *
 *     LIST (limit=500, pages) ─▶ WATCH (bookmarks) ─▶ ADDED MODIFIED DELETED ... ─▶ store,
 * on_change ▲                            │ └── 410 in either shape ─────┘     back-off with jitter;
 * idle timer; rewatch every 5-10 min
 *
 * Sources: Kubernetes API concepts, "Efficient detection of changes"; client-go's reflector.
 */
#ifndef VONK_KUBE_WATCH_H
#define VONK_KUBE_WATCH_H

#include "kube/client.h"

typedef struct vonk_kube_watch vonk_kube_watch;

typedef enum vonk_kube_change {
    VONK_KUBE_ADDED,
    VONK_KUBE_MODIFIED,
    VONK_KUBE_DELETED, /* `object` is its last known state; also for what a relist did not find */
    VONK_KUBE_SYNCED,  /* the first list is in the store, or a relist; no object */
    VONK_KUBE_TROUBLE, /* list or watch failed and is tried again; `error`; no object */
} vonk_kube_change;

typedef struct vonk_kube_watch_request {
    const char *path; /* of the collection, without query; copied as all texts */
    const char *label_selector, *field_selector; /* NULL: all */
    void *context;
    /* The object is the store's: valid until it changes again. `error` is NULL but for TROUBLE. */
    void (*on_change)(void *context, vonk_kube_change change, const cJSON *object,
                      const vonk_error *error);
    uint32_t idle_ms;    /* a watch silent for so long is begun anew; 0: 150,000 */
    uint32_t backoff_ms; /* after a first failure; doubled up to 30 s; 0: 800 */
} vonk_kube_watch_request;

vonk_status vonk_kube_watch_start(vonk_kube *kube, const vonk_kube_watch_request *request,
                                  vonk_kube_watch **ret, vonk_error *err) VONK_MUST_CHECK;
void vonk_kube_watch_stop(vonk_kube_watch *watch);

bool vonk_kube_watch_synced(const vonk_kube_watch *watch);
/* The object, or NULL; namespace "" for cluster-scoped ones. */
const cJSON *vonk_kube_watch_find(const vonk_kube_watch *watch, const char *namespace_name,
                                  const char *name);
uint32_t vonk_kube_watch_count(const vonk_kube_watch *watch);
/* Calls for each object, in no order; the store must not change meanwhile. */
void vonk_kube_watch_each(const vonk_kube_watch *watch, void *context,
                          void (*each)(void *context, const cJSON *object));
/*
 * Puts an object that a write of ours returned into the store, unless the store has a newer one:
 * so that a decision after a write sees it. Calls nobody back.
 */
vonk_status vonk_kube_watch_expect(vonk_kube_watch *watch, const cJSON *object,
                                   vonk_error *err) VONK_MUST_CHECK;

#endif
