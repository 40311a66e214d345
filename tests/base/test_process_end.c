/* test_process_end.c - a process that ends with all it holds. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/allocator.h"
#include "base/arena.h"
#include "base/process_end.h"

#define MIB ((size_t)1 << 20)

/* Holds so many MiB, half of them given back, and ends; exit status 1 if anything is wrong. */
static void end_holding(size_t mib)
{
    vonk_budget budget = {.limit = 0};
    vonk_arena kept = {.budget = &budget}, left = {.budget = &budget};
    vonk_allocator_tune();
    for (size_t i = 0; i < mib / 2; i++) {
        char *a = vonk_arena_alloc(&kept, MIB, NULL), *b = vonk_arena_alloc(&left, MIB, NULL);
        if (!a || !b)
            _exit(1);
        memset(a, 1, MIB);
        memset(b, 1, MIB);
    }
    size_t held = kept.total;
    vonk_process_ends();
    vonk_arena_free(&left);
    if (left.head || budget.used != held)
        _exit(1);
    vonk_process_exit(42);
}

Test(process_end, has_its_status_whatever_it_holds)
{
    static const size_t sizes[] = {2, 400};
    for (size_t i = 0; i < 2; i++) {
        int status = 0;
        pid_t child = fork();
        if (!child)
            end_holding(sizes[i]);
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_assert(WIFEXITED(status));
        cr_assert_eq(WEXITSTATUS(status), 42);
    }
}

/* Reads and writes the heap until the process ends. */
static void *use_heap(void *data)
{
    for (char *bytes = data;;)
        memset(bytes, bytes[0] + 1, 64 * MIB);
    return NULL;
}

static void end_beside_a_thread(void)
{
    pthread_t thread;
    vonk_allocator_tune();
    char *data = calloc(256, MIB);
    if (!data || pthread_create(&thread, NULL, use_heap, data) != 0)
        _exit(1);
    vonk_process_ends();
    vonk_process_leaves_threads();
    if (!vonk_process_has_left_threads())
        _exit(1);
    vonk_process_exit(42);
}

Test(process_end, has_its_status_whatever_threads_it_leaves)
{
    int status = 0;
    pid_t child = fork();
    if (!child)
        end_beside_a_thread();
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status));
    cr_assert_eq(WEXITSTATUS(status), 42);
}
