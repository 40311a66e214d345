/* store.h - the objects of a watch by namespace and name. Not thread-safe. */
#ifndef VONK_KUBE_STORE_H
#define VONK_KUBE_STORE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

typedef struct vonk_kube_entry {
    struct vonk_kube_entry *next; /* in its bucket */
    cJSON *object;
    uint64_t round; /* of listing, in which it was last seen */
    bool own;       /* from a write of ours that no list or event has shown yet */
    char key[];     /* "NAMESPACE/NAME" */
} vonk_kube_entry;

typedef struct vonk_kube_store {
    vonk_kube_entry **buckets;
    uint32_t n_buckets, n;
} vonk_kube_store;

void vonk_kube_store_free(vonk_kube_store *store);
vonk_kube_entry *vonk_kube_store_find(const vonk_kube_store *store, const char *namespace_name,
                                      const char *name);
/* The entry, made with a NULL object if it is not there. Errors: VONK_NO_MEMORY. */
vonk_status vonk_kube_store_get(vonk_kube_store *store, const char *namespace_name,
                                const char *name, vonk_kube_entry **ret,
                                vonk_error *err) VONK_MUST_CHECK;
/* Takes the entry out; the caller frees it with vonk_kube_entry_free. */
void vonk_kube_store_remove(vonk_kube_store *store, vonk_kube_entry *entry);
void vonk_kube_entry_free(vonk_kube_entry *entry);
/* Some entry whose round is not `round`, or NULL. */
vonk_kube_entry *vonk_kube_store_stale(const vonk_kube_store *store, uint64_t round);

/* Is revision `a` before `b`? Only of numbers; anything else is not. */
bool vonk_kube_revision_before(const char *a, const char *b);

#endif
