/*
 * allocations.c - see allocations.h. The linker puts the functions below in the place of malloc()
 * and its like (cmake/tests.cmake); those that libraries call are not touched.
 */
#include "allocations.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"

static atomic_bool is_on;
static _Atomic long left; /* allocations until the first that fails; below 0: behind it */
static long n_in_row;

void fail_allocations(long n, long in_row)
{
    n_in_row = in_row;
    atomic_store(&left, n);
    atomic_store(&is_on, true);
}

bool allocation_has_failed(void)
{
    atomic_store(&is_on, false);
    return atomic_load(&left) < 0;
}

static bool fails(void)
{
    if (!atomic_load_explicit(&is_on, memory_order_acquire))
        return false;
    long before = atomic_fetch_sub_explicit(&left, 1, memory_order_relaxed);
    if (before > 0 || before <= -n_in_row)
        return false;
    errno = ENOMEM;
    return true;
}

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): names of the linker's
 * --wrap */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

void *__wrap_aligned_alloc(size_t align, size_t size)
{
    return fails() ? NULL : __real_aligned_alloc(align, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size)
{
    return fails() ? NULL : __real_strndup(text, size);
}

/* Arenas ask malloc() for blocks, which rarely fails; here each piece of a block may. */
void *__real_vonk_arena_alloc(vonk_arena *arena, size_t size, vonk_error *err);
void *__real_vonk_arena_small(vonk_arena *arena, size_t size, vonk_error *err);
void *__real_vonk_arena_array(vonk_arena *arena, size_t n, size_t size, vonk_error *err);
void *__wrap_vonk_arena_alloc(vonk_arena *arena, size_t size, vonk_error *err);
void *__wrap_vonk_arena_small(vonk_arena *arena, size_t size, vonk_error *err);
void *__wrap_vonk_arena_array(vonk_arena *arena, size_t n, size_t size, vonk_error *err);

static bool piece_fails(vonk_error *err)
{
    if (!fails())
        return false;
    (void)vonk_fail(err, VONK_NO_MEMORY, "out of memory, says the test");
    return true;
}

void *__wrap_vonk_arena_alloc(vonk_arena *arena, size_t size, vonk_error *err)
{
    return piece_fails(err) ? NULL : __real_vonk_arena_alloc(arena, size, err);
}

void *__wrap_vonk_arena_small(vonk_arena *arena, size_t size, vonk_error *err)
{
    return piece_fails(err) ? NULL : __real_vonk_arena_small(arena, size, err);
}

void *__wrap_vonk_arena_array(vonk_arena *arena, size_t n, size_t size, vonk_error *err)
{
    return piece_fails(err) ? NULL : __real_vonk_arena_array(arena, n, size, err);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
