/*
 * shared.h - things that the tasks of an executor build once and share: the hash tables of
 * broadcast joins.
 *
 * The first task that asks builds; the others wait for it. If the builder fails, the next one
 * tries itself. Thread-safe.
 */
#ifndef VONK_EXEC_SHARED_H
#define VONK_EXEC_SHARED_H

#include <stdbool.h>

#include "base/arena.h"

typedef struct vonk_shared vonk_shared;

typedef struct vonk_shared_maker {
    void *context;
    /* Makes the object, which is immutable from then on. */
    vonk_status (*make)(void *context, void **ret, vonk_error *err);
    void (*free)(void *object);
} vonk_shared_maker;

vonk_status vonk_shared_new(vonk_shared **ret, vonk_error *err) VONK_MUST_CHECK;
void vonk_shared_free(vonk_shared *shared);
/* The object `key` of `job`; it lives until vonk_shared_drop_job(). */
vonk_status vonk_shared_get(vonk_shared *shared, uint64_t job, uint64_t key,
                            const vonk_shared_maker *maker, void **ret,
                            vonk_error *err) VONK_MUST_CHECK;
/* Frees a job's objects; none of its tasks runs any more. */
void vonk_shared_drop_job(vonk_shared *shared, uint64_t job);

#endif
