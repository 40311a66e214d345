/* allocator.c - settings of glibc's malloc; other C libraries are left as they are. */
#include "base/allocator.h"

#include <malloc.h>

void vonk_allocator_tune(void)
{
#ifdef __GLIBC__
    /* One heap for all threads, of which large blocks are parts too: others are unmapped when free
     */
    (void)mallopt(M_ARENA_MAX, 1);
    (void)mallopt(M_MMAP_MAX, 0);
    (void)mallopt(M_TRIM_THRESHOLD, 512 << 20);
    (void)mallopt(M_TOP_PAD, 4 << 20);
#endif
}

void vonk_allocator_limit(void)
{
#ifdef __GLIBC__
    (void)mallopt(M_MMAP_MAX, 65536);
    (void)mallopt(M_MMAP_THRESHOLD, 32 << 20); /* the most that glibc takes */
#endif
}

void vonk_allocator_trim(void)
{
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}
