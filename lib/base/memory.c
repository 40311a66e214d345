/* memory.c - shares of an executor's memory. */
#include "base/memory.h"

#include <stdint.h>

#define MIB ((size_t)1 << 20)

/* Shares of the whole, in sixteenths. */
enum { POOL = 10, STORED = 5, TIGHT = 1 };

void vonk_memory_init(vonk_memory *memory, size_t limit)
{
    *memory = (vonk_memory){.budget = {.limit = limit},
                            .pool = limit / 16 * POOL,
                            .lock = PTHREAD_MUTEX_INITIALIZER,
                            .ended = PTHREAD_COND_INITIALIZER};
}

size_t vonk_memory_of_process(size_t size)
{
    size_t reserve = size / 8 > 24 * MIB ? size / 8 : 24 * MIB;
    return size > reserve + 16 * MIB ? size - reserve : 16 * MIB;
}

void vonk_memory_task_begins(vonk_memory *memory, bool again)
{
    pthread_mutex_lock(&memory->lock);
    bool alone = again && memory->ran_out && memory->pool;
    memory->n_waiting += alone;
    while (alone ? memory->n_tasks > 0 : memory->alone || memory->n_waiting)
        pthread_cond_wait(&memory->ended, &memory->lock);
    memory->n_waiting -= alone;
    memory->alone = alone;
    atomic_fetch_add_explicit(&memory->n_tasks, 1, memory_order_relaxed);
    pthread_mutex_unlock(&memory->lock);
}

void vonk_memory_task_ends(vonk_memory *memory, bool ran_out)
{
    pthread_mutex_lock(&memory->lock);
    atomic_fetch_sub_explicit(&memory->n_tasks, 1, memory_order_relaxed);
    memory->alone = false;
    memory->ran_out |= ran_out;
    pthread_cond_broadcast(&memory->ended);
    pthread_mutex_unlock(&memory->lock);
}

size_t vonk_memory_share(const vonk_memory *memory)
{
    if (!memory->pool)
        return SIZE_MAX;
    size_t stored = atomic_load_explicit(&memory->stored, memory_order_relaxed);
    size_t n = atomic_load_explicit(&memory->n_tasks, memory_order_relaxed);
    size_t left = stored < memory->pool ? memory->pool - stored : 0;
    return left / (n ? n : 1);
}

bool vonk_memory_is_tight(const vonk_memory *memory, size_t more)
{
    size_t limit = memory->budget.limit, slack = limit / 16 * TIGHT;
    size_t used = atomic_load_explicit(&memory->budget.used, memory_order_relaxed);
    return limit && (more > limit - slack || used > limit - slack - more);
}

bool vonk_memory_may_share(const vonk_memory *memory, size_t size)
{
    return !memory->pool || (size <= memory->pool / 2 && !vonk_memory_is_tight(memory, size));
}

bool vonk_memory_has_room(const vonk_memory *memory)
{
    size_t used = atomic_load_explicit(&memory->budget.used, memory_order_relaxed);
    return !memory->budget.limit || used < memory->budget.limit / 2;
}

bool vonk_memory_may_store(const vonk_memory *memory, size_t size)
{
    size_t now = atomic_load_explicit(&memory->stored, memory_order_relaxed);
    size_t most = memory->pool / POOL * STORED;
    return !memory->pool || (size <= most && now <= most - size);
}

void vonk_memory_store(vonk_memory *memory, size_t size)
{
    atomic_fetch_add_explicit(&memory->stored, size, memory_order_relaxed);
}

void vonk_memory_unstore(vonk_memory *memory, size_t size)
{
    atomic_fetch_sub_explicit(&memory->stored, size, memory_order_relaxed);
}
