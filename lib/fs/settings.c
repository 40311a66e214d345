/* settings.c - a list behind a lock. */
#include "fs/settings.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TEXT ((size_t)64 << 10)

/* The process's settings: stores are reached by path alone, so there is nowhere else to put them.
 */
static struct {
    pthread_mutex_t lock;
    uint32_t n; /* all below: guarded by lock */
    vonk_option *items;
    uint64_t generation;
} all = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void free_items(vonk_option *items, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        free((void *)(uintptr_t)items[i].key);
        free((void *)(uintptr_t)items[i].value);
    }
    free(items);
}

static bool same(const vonk_options *settings)
{
    if (settings->n != all.n)
        return false;
    for (uint32_t i = 0; i < all.n; i++) {
        if (strcmp(all.items[i].key, settings->items[i].key) != 0 ||
            strcmp(all.items[i].value, settings->items[i].value) != 0)
            return false;
    }
    return true;
}

vonk_status vonk_fs_settings_set(const vonk_options *settings, vonk_error *err)
{
    if (settings->n > VONK_FS_SETTINGS_MAX)
        return vonk_fail(err, VONK_INVALID, "%u settings of stores, at most %d", settings->n,
                         VONK_FS_SETTINGS_MAX);
    for (uint32_t i = 0; i < settings->n; i++) {
        if (strlen(settings->items[i].key) > MAX_TEXT ||
            strlen(settings->items[i].value) > MAX_TEXT)
            return vonk_fail(err, VONK_INVALID, "the setting %.100s is too long",
                             settings->items[i].key);
    }
    vonk_option *items = calloc((size_t)settings->n + 1, sizeof(*items));
    bool good = items != NULL;
    for (uint32_t i = 0; good && i < settings->n; i++) {
        items[i].key = strdup(settings->items[i].key);
        items[i].value = strdup(settings->items[i].value);
        good = items[i].key && items[i].value;
    }
    if (!good) {
        free_items(items, items ? settings->n : 0);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    }
    pthread_mutex_lock(&all.lock);
    vonk_option *old = items;
    uint32_t n_old = settings->n;
    if (!same(settings)) {
        old = all.items;
        n_old = all.n;
        all.items = items;
        all.n = settings->n;
        all.generation++;
    }
    pthread_mutex_unlock(&all.lock);
    free_items(old, n_old);
    return VONK_OK;
}

uint64_t vonk_fs_settings_generation(void)
{
    pthread_mutex_lock(&all.lock);
    uint64_t generation = all.generation;
    pthread_mutex_unlock(&all.lock);
    return generation;
}

static vonk_status copy_all(vonk_arena *arena, vonk_options *ret, vonk_error *err)
{
    vonk_option *items = VONK_NEW_ARRAY(arena, vonk_option, (size_t)all.n + 1, err);
    VONK_TRY_ALLOC(items);
    for (uint32_t i = 0; i < all.n; i++) {
        items[i].key = vonk_arena_strndup(arena, all.items[i].key, strlen(all.items[i].key), err);
        VONK_TRY_ALLOC(items[i].key);
        items[i].value =
            vonk_arena_strndup(arena, all.items[i].value, strlen(all.items[i].value), err);
        VONK_TRY_ALLOC(items[i].value);
    }
    *ret = (vonk_options){all.n, items};
    return VONK_OK;
}

vonk_status vonk_fs_settings_list(vonk_arena *arena, vonk_options *ret, vonk_error *err)
{
    pthread_mutex_lock(&all.lock);
    vonk_status status = copy_all(arena, ret, err);
    pthread_mutex_unlock(&all.lock);
    return status;
}

vonk_status vonk_fs_settings_get(const char *key, const char *otherwise, vonk_arena *arena,
                                 const char **ret, vonk_error *err)
{
    const char *found = NULL, *copy = NULL;
    pthread_mutex_lock(&all.lock);
    for (uint32_t i = 0; i < all.n; i++) {
        if (!strcmp(all.items[i].key, key) && *all.items[i].value)
            found = all.items[i].value;
    }
    if (found)
        copy = vonk_arena_strndup(arena, found, strlen(found), err);
    pthread_mutex_unlock(&all.lock);
    if (found)
        VONK_TRY_ALLOC(copy);
    *ret = found ? copy : otherwise;
    return VONK_OK;
}
