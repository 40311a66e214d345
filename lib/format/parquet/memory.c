/* memory.c - see memory.h. */
#include "format/parquet/memory.h"

#include <stdlib.h>

static void block_free(vonk_pq_memory *memory, vonk_pq_block *block)
{
    vonk_budget_give(memory->budget, block->capacity);
    free(block->data);
    free(block);
}

/* Takes the smallest idle block of at least `size` bytes from its list. */
static vonk_pq_block *find_idle(vonk_pq_memory *memory, size_t size)
{
    vonk_pq_block **best = NULL;
    for (vonk_pq_block **at = &memory->idle; *at; at = &(*at)->next)
        if ((*at)->capacity >= size && (!best || (*at)->capacity < (*best)->capacity))
            best = at;
    if (!best)
        return NULL;
    vonk_pq_block *block = *best;
    *best = block->next;
    return block;
}

vonk_status vonk_pq_memory_take(vonk_pq_memory *memory, size_t size, vonk_pq_block **ret,
                                vonk_error *err)
{
    vonk_pq_block *block = find_idle(memory, size);
    if (block) {
        *ret = block;
        return VONK_OK;
    }
    if (memory->idle) { /* too small for what comes now: let it go */
        block = memory->idle;
        memory->idle = block->next;
        block_free(memory, block);
    }
    if (size > SIZE_MAX / 4)
        return vonk_fail(err, VONK_NO_MEMORY, "allocation too large: %zu bytes", size);
    size_t capacity = (size + size / 8 + VONK_ALIGN) / VONK_ALIGN * VONK_ALIGN;
    VONK_TRY(vonk_budget_take(memory->budget, capacity, err));
    block = calloc(1, sizeof(*block));
    char *data = aligned_alloc(VONK_ALIGN, capacity + VONK_PQ_SLACK);
    if (!block || !data) {
        free(block);
        free(data);
        vonk_budget_give(memory->budget, capacity);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory: %zu bytes wanted", capacity);
    }
    *block = (vonk_pq_block){.capacity = capacity, .data = data};
    *ret = block;
    return VONK_OK;
}

void vonk_pq_memory_retire(vonk_pq_memory *memory, vonk_pq_block **block)
{
    if (!*block)
        return;
    (*block)->next = memory->retired;
    memory->retired = *block;
    *block = NULL;
}

void vonk_pq_memory_recycle(vonk_pq_memory *memory)
{
    while (memory->retired) {
        vonk_pq_block *block = memory->retired;
        memory->retired = block->next;
        block->next = memory->idle;
        memory->idle = block;
    }
}

void vonk_pq_memory_fini(vonk_pq_memory *memory)
{
    vonk_pq_memory_recycle(memory);
    while (memory->idle) {
        vonk_pq_block *block = memory->idle;
        memory->idle = block->next;
        block_free(memory, block);
    }
}
