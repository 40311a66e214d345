/* stages.c - a list: an executor holds a handful of stages at a time. */
#include "executor/stages.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "fs/settings.h"

typedef struct entry {
    struct entry *next;
    uint64_t job;
    uint32_t number;
    vonk_slice bytes; /* in the arena, as all else */
    vonk_wire_stage stage;
    vonk_arena arena;
} entry;

struct vonk_stages {
    vonk_budget *budget;
    pthread_mutex_t lock;
    entry *entries; /* guarded by lock; an entry is immutable */
};

vonk_status vonk_stages_new(vonk_budget *budget, vonk_stages **ret, vonk_error *err)
{
    vonk_stages *stages = calloc(1, sizeof *stages);
    if (!stages)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for stages");
    stages->budget = budget;
    pthread_mutex_init(&stages->lock, NULL);
    *ret = stages;
    return VONK_OK;
}

static void free_entry(entry *e)
{
    vonk_arena_free(&e->arena);
    free(e);
}

static vonk_status decode(vonk_budget *budget, vonk_slice bytes, entry **ret, vonk_error *err)
{
    entry *e = calloc(1, sizeof *e);
    if (!e)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a stage");
    e->arena.budget = budget;
    char *copy = vonk_arena_strndup(&e->arena, bytes.data, bytes.length, err);
    vonk_status status = copy ? VONK_OK : VONK_NO_MEMORY;
    if (status == VONK_OK) {
        e->bytes = (vonk_slice){copy, bytes.length};
        status = vonk_wire_get_stage(e->bytes, &e->arena, &e->stage, err);
        if (status == VONK_OK)
            status = vonk_fs_settings_set(&e->stage.stores, err);
    }
    if (status == VONK_OK)
        *ret = e;
    else
        free_entry(e);
    return status;
}

vonk_status vonk_stages_get(vonk_stages *stages, uint64_t job, uint32_t number, vonk_slice bytes,
                            const vonk_wire_stage **ret, vonk_error *err)
{
    vonk_status status = VONK_OK;
    pthread_mutex_lock(&stages->lock);
    entry *e = stages->entries;
    while (e && (e->job != job || e->number != number || !vonk_slice_equal(e->bytes, bytes)))
        e = e->next;
    if (!e) {
        status = decode(stages->budget, bytes, &e, err);
        if (status == VONK_OK) {
            e->job = job;
            e->number = number;
            e->next = stages->entries;
            stages->entries = e;
        }
    }
    pthread_mutex_unlock(&stages->lock);
    if (status == VONK_OK)
        *ret = &e->stage;
    return status;
}

void vonk_stages_drop_job(vonk_stages *stages, uint64_t job)
{
    pthread_mutex_lock(&stages->lock);
    for (entry **at = &stages->entries; *at;) {
        entry *e = *at;
        if (e->job != job) {
            at = &e->next;
            continue;
        }
        *at = e->next;
        free_entry(e);
    }
    pthread_mutex_unlock(&stages->lock);
}

void vonk_stages_free(vonk_stages *stages)
{
    if (!stages)
        return;
    while (stages->entries) {
        entry *e = stages->entries;
        stages->entries = e->next;
        free_entry(e);
    }
    pthread_mutex_destroy(&stages->lock);
    free(stages);
}
