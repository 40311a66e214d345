/* arena.c - blocks that grow with what there is, charged to a budget. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocator.h"
#include "base/process_end.h"

#define FIRST_BLOCK ((size_t)4 << 10)
#define MAX_BLOCK   ((size_t)1 << 20)
#define LARGE_BLOCK ((size_t)32 << 10)

struct vonk_arena_block {
    struct vonk_arena_block *next;
    size_t size; /* bytes of data */
    _Alignas(VONK_ALIGN) unsigned char data[];
};

#define HEADER sizeof(struct vonk_arena_block)

static void note_peak(vonk_budget *budget, size_t now)
{
    size_t peak = atomic_load_explicit(&budget->peak, memory_order_relaxed);
    while (now > peak && !atomic_compare_exchange_weak_explicit(
                             &budget->peak, &peak, now, memory_order_relaxed, memory_order_relaxed))
        continue;
}

vonk_status vonk_budget_refuse(const vonk_budget *budget, size_t size, vonk_error *err)
{
    size_t used = atomic_load_explicit(&budget->used, memory_order_relaxed);
    size_t got = used < budget->limit ? budget->limit - used : 0;
    (void)!vonk_fail_sql(err, "UNABLE_TO_ACQUIRE_MEMORY",
                         "Unable to acquire %zu bytes of memory, got %zu. %zu of %zu bytes are "
                         "held.",
                         size, got, used, budget->limit);
    if (err)
        err->status = VONK_NO_MEMORY; /* not the query's fault: it may be tried again */
    return VONK_NO_MEMORY;
}

vonk_status vonk_budget_take(vonk_budget *budget, size_t size, vonk_error *err)
{
    if (!budget)
        return VONK_OK;
    size_t now = atomic_fetch_add_explicit(&budget->used, size, memory_order_relaxed) + size;
    if (budget->limit && now > budget->limit) {
        atomic_fetch_sub_explicit(&budget->used, size, memory_order_relaxed);
        return vonk_budget_refuse(budget, size, err);
    }
    note_peak(budget, now);
    return VONK_OK;
}

void vonk_budget_charge(vonk_budget *budget, size_t size)
{
    if (budget)
        note_peak(budget,
                  atomic_fetch_add_explicit(&budget->used, size, memory_order_relaxed) + size);
}

void vonk_budget_give(vonk_budget *budget, size_t size)
{
    if (budget)
        atomic_fetch_sub_explicit(&budget->used, size, memory_order_relaxed);
}

static vonk_status add_block(vonk_arena *arena, size_t size, vonk_error *err)
{
    size_t bytes = (HEADER + size + VONK_ALIGN - 1) / VONK_ALIGN * VONK_ALIGN;
    if (VONK_UNLIKELY(arena->stops))
        VONK_TRY(vonk_arena_check(arena, err));
    if (arena->beyond)
        vonk_budget_charge(arena->budget, bytes);
    else
        VONK_TRY(vonk_budget_take(arena->budget, bytes, err));
    struct vonk_arena_block *block = aligned_alloc(VONK_ALIGN, bytes);
    if (!block) {
        vonk_budget_give(arena->budget, bytes);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory: %zu bytes wanted", bytes);
    }
    if (bytes >= LARGE_BLOCK)
        vonk_allocator_grew();
    block->next = arena->head;
    block->size = bytes - HEADER;
    arena->head = block;
    arena->used = 0;
    arena->total += bytes;
    return VONK_OK;
}

/* The size for a new block that must hold `size` bytes: a quarter of what there is, so that no more
 * than that is held for nothing. */
static size_t block_size(const vonk_arena *arena, size_t size)
{
    size_t wanted = arena->total / 4;
    wanted = wanted < FIRST_BLOCK ? FIRST_BLOCK : wanted > MAX_BLOCK ? MAX_BLOCK : wanted;
    wanted -= HEADER;
    return size > wanted ? size : wanted;
}

/* No sanitizer sees that bytes of a block used again are unset; wild values are seen. */
static void spoil(void *data, size_t size)
{
#ifdef VONK_SANITIZED
    memset(data, 0xbe, size);
#else
    (void)data, (void)size;
#endif
}

static void *alloc_aligned(vonk_arena *arena, size_t size, size_t align, vonk_error *err)
{
    if (VONK_UNLIKELY(size > SIZE_MAX / 2)) {
        vonk_fail(err, VONK_NO_MEMORY, "allocation too large: %zu bytes", size);
        return NULL;
    }
    size_t start = (arena->used + align - 1) & ~(align - 1);
    if (!arena->head || start > arena->head->size || size > arena->head->size - start) {
        if (add_block(arena, block_size(arena, size), err) != VONK_OK)
            return NULL;
        start = 0;
    }
    arena->used = start + size;
    spoil(arena->head->data + start, size);
    return arena->head->data + start;
}

void *vonk_arena_alloc(vonk_arena *arena, size_t size, vonk_error *err)
{
    return alloc_aligned(arena, size, VONK_ALIGN, err);
}

void *vonk_arena_small(vonk_arena *arena, size_t size, vonk_error *err)
{
    return alloc_aligned(arena, size, 8, err);
}

static void *zeroed(const vonk_arena *arena, void *data, size_t size, vonk_error *err)
{
    if (data && size < VONK_ARENA_PIECE)
        return memset(data, 0, size);
    return data && vonk_arena_fill(arena, data, 0, size, err) == VONK_OK ? data : NULL;
}

void *vonk_arena_zalloc(vonk_arena *arena, size_t size, vonk_error *err)
{
    return zeroed(arena, vonk_arena_alloc(arena, size, err), size, err);
}

void *vonk_arena_array(vonk_arena *arena, size_t n, size_t size, vonk_error *err)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes))
        bytes = SIZE_MAX;
    void *data = alloc_aligned(arena, bytes, 16, err);
    return zeroed(arena, data, bytes, err);
}

vonk_status vonk_arena_fill(const vonk_arena *arena, void *data, int byte, size_t size,
                            vonk_error *err)
{
    for (size_t at = 0; at < size; at += VONK_ARENA_PIECE) {
        VONK_TRY(vonk_arena_check(arena, err));
        memset((char *)data + at, byte,
               size - at < VONK_ARENA_PIECE ? size - at : VONK_ARENA_PIECE);
    }
    return VONK_OK;
}

vonk_status vonk_arena_copy_long(const vonk_arena *arena, void *to, const void *from, size_t size,
                                 vonk_error *err)
{
    for (size_t at = 0; at < size; at += VONK_ARENA_PIECE) {
        VONK_TRY(vonk_arena_check(arena, err));
        memcpy((char *)to + at, (const char *)from + at,
               size - at < VONK_ARENA_PIECE ? size - at : VONK_ARENA_PIECE);
    }
    return VONK_OK;
}

vonk_status vonk_arena_extend(vonk_arena *arena, const void *old, size_t used, size_t size,
                              void **ret, vonk_error *err)
{
    void *data = vonk_arena_alloc(arena, size, err);
    VONK_TRY_ALLOC(data);
    VONK_TRY(vonk_arena_copy(arena, data, old, used, err));
    *ret = data;
    return VONK_OK;
}

char *vonk_arena_strndup(vonk_arena *arena, const char *text, size_t length, vonk_error *err)
{
    char *copy = vonk_arena_small(arena, length + 1, err);
    if (!copy)
        return NULL;
    if (vonk_arena_copy(arena, copy, text, length, err) != VONK_OK)
        return NULL;
    copy[length] = '\0';
    return copy;
}

char *vonk_arena_printf(vonk_arena *arena, vonk_error *err, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *text = n < 0 ? NULL : vonk_arena_small(arena, (size_t)n + 1, err);
    if (text)
        (void)vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    return text;
}

static void free_blocks(vonk_arena *arena)
{
    struct vonk_arena_block *block = arena->head;
    while (block) {
        struct vonk_arena_block *next = block->next;
        free(block);
        block = next;
    }
}

static void make_empty(vonk_arena *arena)
{
    vonk_budget_give(arena->budget, arena->total);
    arena->head = NULL;
    arena->used = 0;
    arena->total = 0;
}

void vonk_arena_reset(vonk_arena *arena)
{
    if (!arena->head)
        return;
    arena->used = 0;
    if (!arena->head->next)
        return;
    size_t total = arena->total;
    free_blocks(arena);
    make_empty(arena);
    /* One block for the whole of it. If that fails, the next allocation says so. */
    (void)!add_block(arena, total - HEADER, NULL);
}

void vonk_arena_free(vonk_arena *arena)
{
    if (!vonk_process_is_ending())
        free_blocks(arena);
    make_empty(arena);
}
