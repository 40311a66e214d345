/* work.c - see work.h. */
#include <stdlib.h>
#include <string.h>

#include "operator/work.h"

static uint32_t hash_of(const char *key)
{
    uint32_t hash = 2166136261u;
    for (; *key; key++)
        hash = (hash ^ (unsigned char)*key) * 16777619u;
    return hash;
}

vonk_op_work *vonk_op_works_find(const vonk_op_works *works, const char *key)
{
    if (!works->n_buckets)
        return NULL;
    vonk_op_work *work = works->buckets[hash_of(key) % works->n_buckets];
    while (work && strcmp(work->key, key) != 0)
        work = work->next;
    return work;
}

static bool grow(vonk_op_works *works)
{
    uint32_t n = works->n_buckets ? works->n_buckets * 2 : 64;
    vonk_op_work **buckets = calloc(n, sizeof(vonk_op_work *));
    if (!buckets)
        return works->n_buckets > 0;
    for (uint32_t i = 0; i < works->n_buckets; i++)
        for (vonk_op_work *work = works->buckets[i], *next; work; work = next) {
            vonk_op_work **to = &buckets[hash_of(work->key) % n];
            next = work->next;
            work->next = *to;
            *to = work;
        }
    free(works->buckets);
    works->buckets = buckets;
    works->n_buckets = n;
    return true;
}

vonk_op_work *vonk_op_works_get(vonk_op_works *works, const char *namespace_name, const char *name)
{
    size_t space = strlen(namespace_name), length = space + strlen(name) + 2;
    char *key = malloc(length);
    if (!key)
        return NULL;
    memcpy(key, namespace_name, space);
    key[space] = '/';
    memcpy(key + space + 1, name, length - space - 1);
    vonk_op_work *work = vonk_op_works_find(works, key);
    if (work || (works->n >= works->n_buckets && !grow(works)) ||
        !(work = calloc(1, sizeof *work))) {
        free(key);
        return work;
    }
    work->key = key;
    work->name = key + space + 1;
    work->state = -1;
    vonk_op_work **to = &works->buckets[hash_of(key) % works->n_buckets];
    work->next = *to;
    *to = work;
    works->n++;
    return work;
}

static void free_work(vonk_op_work *work)
{
    for (uint32_t i = 0; i < work->n_pods; i++)
        free(work->pods[i]);
    free(work->pods);
    free(work->refusal_text);
    free(work->key);
    free(work);
}

void vonk_op_works_remove(vonk_op_works *works, vonk_op_work *work)
{
    vonk_op_work **at = &works->buckets[hash_of(work->key) % works->n_buckets];
    while (*at != work)
        at = &(*at)->next;
    *at = work->next;
    works->n--;
    free_work(work);
}

void vonk_op_works_free(vonk_op_works *works)
{
    for (uint32_t i = 0; i < works->n_buckets; i++)
        for (vonk_op_work *work = works->buckets[i], *next; work; work = next) {
            next = work->next;
            free_work(work);
        }
    free(works->buckets);
    *works = (vonk_op_works){0};
}

void vonk_op_work_add_pod(vonk_op_work *work, const char *name)
{
    for (uint32_t i = 0; i < work->n_pods; i++)
        if (strcmp(work->pods[i], name) == 0)
            return;
    if (work->n_pods == work->pods_capacity) {
        uint32_t capacity = work->pods_capacity ? work->pods_capacity * 2 : 4;
        char **pods = realloc(work->pods, capacity * sizeof(char *));
        if (!pods)
            return;
        work->pods = pods;
        work->pods_capacity = capacity;
    }
    char *copy = strdup(name);
    if (copy)
        work->pods[work->n_pods++] = copy;
}

void vonk_op_work_remove_pod(vonk_op_work *work, const char *name)
{
    for (uint32_t i = 0; i < work->n_pods; i++)
        if (strcmp(work->pods[i], name) == 0) {
            free(work->pods[i]);
            work->pods[i] = work->pods[--work->n_pods];
            return;
        }
}

void vonk_op_work_refuse(vonk_op_work *work, const vonk_op_refusal *refusal)
{
    char *text = refusal->attempt ? strdup(refusal->message) : NULL;
    free(work->refusal_text);
    work->refusal_text = text;
    work->refusal = *refusal;
    work->refusal.message = text ? text : "";
}
