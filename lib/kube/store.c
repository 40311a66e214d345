/* store.c - a chained hash table that doubles. */
#include "kube/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t hash_two(const char *a, const char *b)
{
    uint32_t hash = 2166136261u; /* FNV-1a of "A/B" */
    for (; *a; a++)
        hash = (hash ^ (unsigned char)*a) * 16777619u;
    hash = (hash ^ '/') * 16777619u;
    for (; *b; b++)
        hash = (hash ^ (unsigned char)*b) * 16777619u;
    return hash;
}

static uint32_t hash_key(const char *key)
{
    uint32_t hash = 2166136261u;
    for (; *key; key++)
        hash = (hash ^ (unsigned char)*key) * 16777619u;
    return hash;
}

void vonk_kube_entry_free(vonk_kube_entry *entry)
{
    cJSON_Delete(entry->object);
    free(entry);
}

void vonk_kube_store_free(vonk_kube_store *store)
{
    for (uint32_t b = 0; b < store->n_buckets; b++) {
        while (store->buckets[b]) {
            vonk_kube_entry *entry = store->buckets[b];
            store->buckets[b] = entry->next;
            vonk_kube_entry_free(entry);
        }
    }
    free(store->buckets);
    *store = (vonk_kube_store){0};
}

static bool is_key(const char *key, const char *namespace_name, const char *name)
{
    size_t n = strlen(namespace_name);
    return !strncmp(key, namespace_name, n) && key[n] == '/' && !strcmp(key + n + 1, name);
}

vonk_kube_entry *vonk_kube_store_find(const vonk_kube_store *store, const char *namespace_name,
                                      const char *name)
{
    if (!store->n_buckets)
        return NULL;
    uint32_t b = hash_two(namespace_name, name) & (store->n_buckets - 1);
    for (vonk_kube_entry *entry = store->buckets[b]; entry; entry = entry->next) {
        if (is_key(entry->key, namespace_name, name))
            return entry;
    }
    return NULL;
}

static vonk_status grow(vonk_kube_store *store, vonk_error *err)
{
    uint32_t n = store->n_buckets ? store->n_buckets * 2 : 16;
    vonk_kube_entry **buckets = calloc(n, sizeof(*buckets));
    if (!buckets)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    for (uint32_t b = 0; b < store->n_buckets; b++) {
        for (vonk_kube_entry *entry = store->buckets[b], *next; entry; entry = next) {
            uint32_t to = hash_key(entry->key) & (n - 1);
            next = entry->next;
            entry->next = buckets[to];
            buckets[to] = entry;
        }
    }
    free(store->buckets);
    store->buckets = buckets;
    store->n_buckets = n;
    return VONK_OK;
}

vonk_status vonk_kube_store_get(vonk_kube_store *store, const char *namespace_name,
                                const char *name, vonk_kube_entry **ret, vonk_error *err)
{
    vonk_kube_entry *entry = vonk_kube_store_find(store, namespace_name, name);
    if (entry) {
        *ret = entry;
        return VONK_OK;
    }
    if (store->n >= store->n_buckets)
        VONK_TRY(grow(store, err));
    size_t size = strlen(namespace_name) + strlen(name) + 2;
    entry = calloc(1, sizeof(*entry) + size);
    if (!entry)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    (void)snprintf(entry->key, size, "%s/%s", namespace_name, name);
    uint32_t b = hash_key(entry->key) & (store->n_buckets - 1);
    entry->next = store->buckets[b];
    store->buckets[b] = entry;
    store->n++;
    *ret = entry;
    return VONK_OK;
}

void vonk_kube_store_remove(vonk_kube_store *store, vonk_kube_entry *entry)
{
    vonk_kube_entry **at = &store->buckets[hash_key(entry->key) & (store->n_buckets - 1)];
    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    store->n--;
}

vonk_kube_entry *vonk_kube_store_stale(const vonk_kube_store *store, uint64_t round)
{
    for (uint32_t b = 0; b < store->n_buckets; b++) {
        for (vonk_kube_entry *entry = store->buckets[b]; entry; entry = entry->next) {
            if (entry->round != round)
                return entry;
        }
    }
    return NULL;
}

bool vonk_kube_revision_before(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    if (!n || !m || strspn(a, "0123456789") != n || strspn(b, "0123456789") != m)
        return false;
    return n != m ? n < m : strcmp(a, b) < 0;
}
