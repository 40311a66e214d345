/* footers.c - see footers.h. */
#include "format/parquet/footers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BYTES ((size_t)16 << 20)

typedef struct kept {
    struct kept *next;
    vonk_arena arena; /* of all that follows */
    const char *path;
    vonk_pq_file file; /* without its handles */
} kept;

struct vonk_footers {
    pthread_mutex_t lock;
    vonk_budget *budget;
    kept *files; /* guarded by lock, as is n_bytes */
    size_t n_bytes;
};

vonk_status vonk_footers_new(vonk_budget *budget, vonk_footers **ret, vonk_error *err)
{
    vonk_footers *footers = calloc(1, sizeof(*footers));
    if (!footers)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    footers->budget = budget;
    pthread_mutex_init(&footers->lock, NULL);
    *ret = footers;
    return VONK_OK;
}

static void free_kept(kept *k)
{
    vonk_arena_free(&k->arena);
    free(k);
}

void vonk_footers_free(vonk_footers *footers)
{
    if (!footers)
        return;
    for (kept *k = footers->files; k;) {
        kept *next = k->next;
        free_kept(k);
        k = next;
    }
    pthread_mutex_destroy(&footers->lock);
    free(footers);
}

/* What `from` says of itself. */
static void take(vonk_pq_file *file, const vonk_pq_file *from)
{
    vonk_pq_file taken = *from;
    taken.path = file->path;
    taken.fs = file->fs;
    taken.map = file->map;
    *file = taken;
}

bool vonk_pq_footers_find(vonk_footers *footers, vonk_pq_file *file)
{
    pthread_mutex_lock(&footers->lock);
    const kept *k = footers->files;
    while (k && (k->file.size != file->size || strcmp(k->path, file->path) != 0))
        k = k->next;
    if (k)
        take(file, &k->file);
    pthread_mutex_unlock(&footers->lock);
    return k != NULL;
}

static bool decode(kept *k, const vonk_pq_file *file)
{
    k->file = *file;
    k->file.map = NULL; /* names and statistics are to live in the arena */
    k->path = vonk_arena_strndup(&k->arena, file->path, strlen(file->path), NULL);
    return k->path && vonk_pq_file_footer(&k->file, &k->arena, NULL) == VONK_OK;
}

bool vonk_pq_footers_add(vonk_footers *footers, vonk_pq_file *file)
{
    kept *k = calloc(1, sizeof(*k));
    if (!k)
        return false;
    k->arena.budget = footers->budget;
    bool fits = decode(k, file);
    pthread_mutex_lock(&footers->lock);
    fits = fits && footers->n_bytes + k->arena.total <= MOST_BYTES;
    if (fits) {
        footers->n_bytes += k->arena.total;
        k->next = footers->files;
        footers->files = k;
        take(file, &k->file);
    }
    pthread_mutex_unlock(&footers->lock);
    if (!fits)
        free_kept(k);
    return fits;
}
