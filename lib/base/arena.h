/*
 * arena.h - memory that is freed all at once.
 *
 * One arena per lifetime (query, stage, task, batch). What is allocated from it is never freed
 * singly; vonk_arena_free() gives everything back. An arena belongs to one thread at a time.
 * `(vonk_arena){0}` is an empty arena without a budget.
 *
 *     head -> [block | used....|free..] -> [block | used.......] -> NULL
 *
 * A block is a quarter of what the arena holds, at least 4 KiB and at most 1 MiB: small arenas are
 * cheap, and little is held for nothing.
 */
#ifndef VONK_BASE_ARENA_H
#define VONK_BASE_ARENA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/status.h"

#define VONK_ARENA_PIECE ((size_t)1 << 20) /* bytes between two looks at `stop` */
#define VONK_ALIGN       64 /* bytes; one cache line, and wide enough for any vector register */

/* Memory that many arenas share, e.g. an executor's. Thread-safe. */
typedef struct vonk_budget {
    _Atomic size_t used;
    _Atomic size_t peak;
    size_t limit; /* bytes; 0 = no limit */
} vonk_budget;

typedef struct vonk_arena {
    struct vonk_arena_block *head; /* newest block */
    size_t used;                   /* bytes used of the newest block */
    size_t total;                  /* bytes held now, block headers included */
    vonk_budget *budget;           /* charged for `total`; NULL = none. Outlives the arena */
    const atomic_bool *stop;       /* once true nobody waits for what is made here; NULL: never */
    bool stops;                    /* once *stop is true, a new block is refused, too */
    bool beyond; /* charged even beyond the budget's limit: what is on its way out must not fail */
} vonk_arena;

/* An empty arena for what is needed only for a moment beside `arena`: of the same budget, and
 * stopped by the same flag. */
static inline vonk_arena vonk_arena_beside(const vonk_arena *arena)
{
    return (vonk_arena){.budget = arena->budget, .stop = arena->stop};
}

/* Charges `size` bytes to `budget` (may be NULL), or fails with VONK_NO_MEMORY. */
vonk_status vonk_budget_take(vonk_budget *budget, size_t size, vonk_error *err) VONK_MUST_CHECK;
/* Fails as if `size` bytes were not to be had. */
vonk_status vonk_budget_refuse(const vonk_budget *budget, size_t size, vonk_error *err);
/* Charges them even beyond the limit: what is taken in order to give more back. */
void vonk_budget_charge(vonk_budget *budget, size_t size);
void vonk_budget_give(vonk_budget *budget, size_t size);

/* Returns `size` unset bytes aligned to VONK_ALIGN, or NULL with `err` set to VONK_NO_MEMORY. */
void *vonk_arena_alloc(vonk_arena *arena, size_t size, vonk_error *err) VONK_MUST_CHECK;

/* The same, zeroed. */
void *vonk_arena_zalloc(vonk_arena *arena, size_t size, vonk_error *err) VONK_MUST_CHECK;

/* The same for small things (nodes, strings): aligned to 8 bytes only. */
void *vonk_arena_small(vonk_arena *arena, size_t size, vonk_error *err) VONK_MUST_CHECK;

/* n * size zeroed bytes aligned to 16, overflow checked. */
void *vonk_arena_array(vonk_arena *arena, size_t n, size_t size, vonk_error *err) VONK_MUST_CHECK;

/* VONK_CANCELLED once *stop is true: for loops over large things that are made in the arena. */
static inline VONK_MUST_CHECK vonk_status vonk_arena_check(const vonk_arena *arena, vonk_error *err)
{
    if (arena->stop && atomic_load_explicit(arena->stop, memory_order_relaxed))
        return vonk_fail(err, VONK_CANCELLED, "the task was cancelled");
    return VONK_OK;
}

/*
 * memset(data, byte, size) for what may be large: a gigabyte of fresh memory takes a second, so
 * this looks at *stop at every MiB. Errors: VONK_CANCELLED.
 */
vonk_status vonk_arena_fill(const vonk_arena *arena, void *data, int byte, size_t size,
                            vonk_error *err) VONK_MUST_CHECK;
/* memcpy(to, from, size) likewise; what is a piece at most is copied at once. */
vonk_status vonk_arena_copy_long(const vonk_arena *arena, void *to, const void *from, size_t size,
                                 vonk_error *err) VONK_MUST_CHECK;
static inline VONK_MUST_CHECK vonk_status vonk_arena_copy(const vonk_arena *arena, void *to,
                                                          const void *from, size_t size,
                                                          vonk_error *err)
{
    if (size > VONK_ARENA_PIECE)
        return vonk_arena_copy_long(arena, to, from, size, err);
    if (size)
        memcpy(to, from, size);
    return VONK_OK;
}

/*
 * *ret = `size` bytes, the first `used` of them copies of those at `old`, the others unset. Looks
 * at *stop likewise. Errors: VONK_CANCELLED, VONK_NO_MEMORY; `old` stays as it was.
 */
vonk_status vonk_arena_extend(vonk_arena *arena, const void *old, size_t used, size_t size,
                              void **ret, vonk_error *err) VONK_MUST_CHECK;

/* A zeroed T. */
#define VONK_NEW(arena, T, err)          ((T *)vonk_arena_array((arena), 1, sizeof(T), (err)))
#define VONK_NEW_ARRAY(arena, T, n, err) ((T *)vonk_arena_array((arena), (n), sizeof(T), (err)))

/* A NUL-terminated copy of `length` bytes; of a MiB or more it looks at *stop, too. */
char *vonk_arena_strndup(vonk_arena *arena, const char *text, size_t length,
                         vonk_error *err) VONK_MUST_CHECK;
char *vonk_arena_printf(vonk_arena *arena, vonk_error *err, const char *fmt, ...) VONK_MUST_CHECK
    VONK_PRINTF(3, 4);

/*
 * Makes the arena empty but keeps memory for the next round (for batch arenas): what was allocated
 * is gone. After the first few rounds the arena is one block and reset costs nothing.
 */
void vonk_arena_reset(vonk_arena *arena);

/* Frees everything (base/process_end.h: or leaves that to the end of the process); the arena is
 * empty afterwards and may be used again. */
void vonk_arena_free(vonk_arena *arena);

#endif
