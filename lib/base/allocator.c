/* allocator.c - settings of glibc's malloc; other C libraries are left as they are. */
#include "base/allocator.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_PAGE ((uintptr_t)2 << 20)

static uintptr_t heap_start;
static _Atomic uintptr_t huge_until; /* from there on the heap has small pages; 0: it shall have */

static uintptr_t first_huge(void)
{
    return (heap_start + VONK_SMALL_HEAP) / HUGE_PAGE * HUGE_PAGE;
}

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
    atomic_store(&huge_until, first_huge());
#endif
}

/* Whether the kernel has them, in the size that we want. */
static bool has_huge_pages(void)
{
    char text[32] = "";
    int fd = open("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    return n > 0 && strtoull(text, NULL, 10) == HUGE_PAGE;
}

/* Steps are larger than usual, since each begins with a small page or two. */
static void use_huge_pages(uintptr_t from, uintptr_t end)
{
    static _Atomic int has; /* 0: not asked yet */
    if (!has)
        has = has_huge_pages() ? 1 : -1;
    if (has < 0) {
        atomic_store(&huge_until, 0);
        return;
    }
#ifdef __GLIBC__
    (void)mallopt(M_TOP_PAD, 64 << 20);
#endif
    (void)madvise((void *)from, end - from, MADV_HUGEPAGE); /* NOLINT(performance-no-int-to-ptr) */
}

void vonk_allocator_grew(void)
{
    uintptr_t from = atomic_load_explicit(&huge_until, memory_order_relaxed), first = first_huge();
    uintptr_t end = from ? (uintptr_t)sbrk(0) / HUGE_PAGE * HUGE_PAGE : 0;
    end = end < first ? first : end; /* it may have been trimmed */
    if (!from || end == from)
        return;
    atomic_store_explicit(&huge_until, end, memory_order_relaxed);
    if (end > from)
        use_huge_pages(from, end);
}

void vonk_allocator_heap(uintptr_t *ret_start, uintptr_t *ret_end)
{
    *ret_start = heap_start;
    *ret_end = heap_start ? (uintptr_t)sbrk(0) : 0;
}

#define SMALL_LIMIT ((size_t)128 << 20)

/* `part` of a limit, as mallopt() takes it. */
static int part_of(size_t limit, size_t part, int least, int most)
{
    size_t bytes = limit / part;
    return bytes < (size_t)least ? least : bytes > (size_t)most ? most : (int)bytes;
}

void vonk_allocator_limit(size_t limit)
{
    atomic_store(&huge_until, 0);
#ifdef __GLIBC__
    (void)mallopt(M_MMAP_MAX, 65536);
    /* Batches of long texts are less than a MiB then (column/batch_bytes.h): among the small blocks
     * of the heap they leave holes that nothing fits into, half as much again as they take. */
    int large = limit < SMALL_LIMIT ? 256 << 10 : part_of(limit, 64, 1 << 20, 32 << 20);
    (void)mallopt(M_MMAP_THRESHOLD, large);
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
