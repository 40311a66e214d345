/* test_process_end.c - a process that ends with all it holds. */
#include <criterion/criterion.h>
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
