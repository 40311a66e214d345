/* allocator.c - settings of glibc's malloc; other C libraries are left as they are. */
#include "base/allocator.h"

#include <malloc.h>
#include <unistd.h>

static uintptr_t heap_start;

void vonk_allocator_tune(void)
{
#ifdef __GLIBC__
    /* One heap for all threads, of which large blocks are parts too: others are unmapped when free
     */
    (void)mallopt(M_ARENA_MAX, 1);
    (void)mallopt(M_MMAP_MAX, 0);
    (void)mallopt(M_TRIM_THRESHOLD, 512 << 20);
    (void)mallopt(M_TOP_PAD, 4 << 20);
    heap_start = (uintptr_t)sbrk(0);
#endif
}

void vonk_allocator_heap(uintptr_t *ret_start, uintptr_t *ret_end)
{
    *ret_start = heap_start;
    *ret_end = heap_start ? (uintptr_t)sbrk(0) : 0;
}

/* `part` of a limit, as mallopt() takes it. */
static int part_of(size_t limit, size_t part, int least, int most)
{
    size_t bytes = limit / part;
    return bytes < (size_t)least ? least : bytes > (size_t)most ? most : (int)bytes;
}

void vonk_allocator_limit(size_t limit)
{
#ifdef __GLIBC__
    (void)mallopt(M_MMAP_MAX, 65536);
    (void)mallopt(M_MMAP_THRESHOLD, part_of(limit, 64, 1 << 20, 32 << 20));
    (void)mallopt(M_TRIM_THRESHOLD, part_of(limit, 32, 2 << 20, 512 << 20));
    (void)mallopt(M_TOP_PAD, part_of(limit, 128, 256 << 10, 4 << 20));
#else
    (void)limit;
#endif
}

void vonk_allocator_trim(void)
{
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}
