/* test_memory_shares.c - shares of an executor's memory. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/memory.h"

enum { MIB = 1 << 20 };

Test(memory, is_shared_evenly_by_the_tasks_that_run)
{
    vonk_memory memory;
    vonk_memory_init(&memory, 160 * MIB);
    cr_assert_eq(memory.pool, 100 * MIB);
    vonk_memory_task_begins(&memory, false);
    cr_assert_eq(vonk_memory_share(&memory), 100 * MIB);
    vonk_memory_task_begins(&memory, false);
    cr_assert_eq(vonk_memory_share(&memory), 50 * MIB);
    vonk_memory_task_ends(&memory, false);
    cr_assert_eq(vonk_memory_share(&memory), 100 * MIB);
}

Test(memory, gives_waiting_blocks_half_of_the_pool)
{
    vonk_memory memory;
    vonk_memory_init(&memory, 160 * MIB);
    vonk_memory_task_begins(&memory, false);
    cr_assert(vonk_memory_may_store(&memory, 50 * MIB));
    vonk_memory_store(&memory, 40 * MIB);
    cr_assert_eq(vonk_memory_share(&memory), 60 * MIB);
    cr_assert(vonk_memory_may_store(&memory, 10 * MIB));
    cr_assert_not(vonk_memory_may_store(&memory, 10 * MIB + 1));
    vonk_memory_unstore(&memory, 40 * MIB);
    cr_assert_eq(vonk_memory_share(&memory), 100 * MIB);
}

Test(memory, without_a_limit_has_no_end)
{
    vonk_memory memory;
    vonk_memory_init(&memory, 0);
    vonk_memory_task_begins(&memory, false);
    cr_assert_eq(vonk_memory_share(&memory), SIZE_MAX);
    cr_assert(vonk_memory_may_store(&memory, SIZE_MAX));
}

Test(memory, of_a_small_process_leaves_something)
{
    cr_assert_eq(vonk_memory_of_process((size_t)1024 * MIB), (size_t)896 * MIB);
    cr_assert_eq(vonk_memory_of_process((size_t)64 * MIB), (size_t)40 * MIB);
    cr_assert_eq(vonk_memory_of_process(0), (size_t)16 * MIB);
}

typedef struct later {
    vonk_memory *memory;
    bool again;
    atomic_int *turn;
    int when;
} later;

static void *begin_later(void *context)
{
    later *l = context;
    vonk_memory_task_begins(l->memory, l->again);
    l->when = atomic_fetch_add(l->turn, 1);
    vonk_memory_task_ends(l->memory, false);
    return NULL;
}

static void wait_for(pthread_t thread)
{
    cr_assert_eq(pthread_join(thread, NULL), 0);
}

Test(memory, gives_a_task_that_is_tried_again_all_of_it)
{
    vonk_memory memory;
    atomic_int turn = 0;
    pthread_t thread;
    later again = {&memory, true, &turn, -1};
    vonk_memory_init(&memory, 160 * MIB);
    vonk_memory_task_begins(&memory, false);
    vonk_memory_task_begins(&memory, false);
    cr_assert_eq(pthread_create(&thread, NULL, begin_later, &again), 0);
    wait_for(thread); /* nothing ran out: a task may be tried again for other reasons */
    vonk_memory_task_ends(&memory, true);
    cr_assert_eq(pthread_create(&thread, NULL, begin_later, &again), 0);
    atomic_store(&turn, 7); /* it has to wait for this one */
    vonk_memory_task_ends(&memory, false);
    wait_for(thread);
    cr_assert_eq(again.when, 7);
    vonk_memory_task_begins(&memory, true);
    cr_assert_eq(vonk_memory_share(&memory), 100 * MIB);
    later other = {&memory, false, &turn, -1};
    cr_assert_eq(pthread_create(&thread, NULL, begin_later, &other), 0);
    atomic_store(&turn, 11);
    vonk_memory_task_ends(&memory, false);
    wait_for(thread);
    cr_assert_eq(other.when, 11);
}

Test(memory, is_tight_when_the_budget_is_nearly_full)
{
    vonk_memory memory;
    vonk_memory_init(&memory, 160 * MIB);
    cr_assert_eq(vonk_budget_take(&memory.budget, 100 * MIB, NULL), VONK_OK);
    cr_assert_not(vonk_memory_is_tight(&memory, 50 * MIB));
    cr_assert(vonk_memory_is_tight(&memory, 50 * MIB + 1));
    cr_assert(vonk_memory_is_tight(&memory, SIZE_MAX));
    vonk_memory_init(&memory, 0);
    cr_assert_not(vonk_memory_is_tight(&memory, SIZE_MAX));
}
