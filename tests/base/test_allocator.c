/* test_allocator.c - huge pages for a large heap, and none for a small or limited one. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/allocator.h"
#include "base/arena.h"

#define MIB ((size_t)1 << 20)

/* Bytes of the process's memory that huge pages were asked for. */
static size_t bytes_advised(void)
{
    char line[512];
    unsigned long long kib = 0, sum = 0;
    FILE *f = fopen("/proc/self/smaps", "r");
    while (f && fgets(line, sizeof(line), f)) {
        (void)sscanf(line, "Size: %llu kB", &kib);
        if (!strncmp(line, "VmFlags:", 8) && strstr(line, " hg"))
            sum += kib << 10;
    }
    if (f)
        (void)fclose(f);
    return sum;
}

/* What a process with an arena of so many MiB says, in MiB. */
static int advised_with(size_t mib, size_t limit)
{
    int status = 0;
    pid_t child = fork();
    if (!child) {
        vonk_arena arena = {0};
        vonk_allocator_tune();
        if (limit)
            vonk_allocator_limit(limit);
        for (size_t i = 0; i < mib; i++)
            memset(vonk_arena_alloc(&arena, MIB, NULL), 1, MIB);
        int advised = (int)(bytes_advised() / MIB);
        vonk_arena_free(&arena);
        vonk_allocator_trim();
        _exit(advised > 255 ? 255 : advised);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

#ifndef VONK_SANITIZED
static bool kernel_has_huge_pages(void)
{
    unsigned long long size = 0;
    FILE *f = fopen("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "r");
    bool read = f && fscanf(f, "%llu", &size) == 1;
    if (f)
        (void)fclose(f);
    return read && size == 2 * MIB;
}

Test(allocator, asks_for_huge_pages_once_the_heap_is_large)
{
    if (!kernel_has_huge_pages())
        cr_skip_test("the kernel has none");
    cr_assert_eq(advised_with(8, 0), 0);
    cr_assert_geq(advised_with(160, 0), 120);
}
#endif

Test(allocator, asks_for_none_under_a_limit)
{
    cr_assert_eq(advised_with(160, 256 * MIB), 0);
}
