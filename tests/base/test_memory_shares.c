/* test_memory_shares.c - shares of an executor's memory. */
#include <criterion/criterion.h>
#include <stdint.h>

#include "base/memory.h"

enum { MIB = 1 << 20 };

Test(memory, is_shared_evenly_by_the_tasks_that_run)
{
    vonk_memory memory;
    vonk_memory_init(&memory, 160 * MIB);
    cr_assert_eq(memory.pool, 100 * MIB);
    vonk_memory_task_begins(&memory);
    cr_assert_eq(vonk_memory_share(&memory), 100 * MIB);
    vonk_memory_task_begins(&memory);
    cr_assert_eq(vonk_memory_share(&memory), 50 * MIB);
    vonk_memory_task_ends(&memory);
    cr_assert_eq(vonk_memory_share(&memory), 100 * MIB);
}

Test(memory, gives_waiting_blocks_half_of_the_pool)
{
    vonk_memory memory;
    vonk_memory_init(&memory, 160 * MIB);
    vonk_memory_task_begins(&memory);
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
    vonk_memory_task_begins(&memory);
    cr_assert_eq(vonk_memory_share(&memory), SIZE_MAX);
    cr_assert(vonk_memory_may_store(&memory, SIZE_MAX));
}

Test(memory, of_a_small_process_leaves_something)
{
    cr_assert_eq(vonk_memory_of_process((size_t)1024 * MIB), (size_t)896 * MIB);
    cr_assert_eq(vonk_memory_of_process((size_t)64 * MIB), (size_t)40 * MIB);
    cr_assert_eq(vonk_memory_of_process(0), (size_t)16 * MIB);
}
