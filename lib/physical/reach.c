/* reach.c - rows of bits, from the leaves up. */
#include "physical/reach.h"

#include <string.h>

#include "base/bitmap.h"

vonk_status vonk_reach_new(vonk_arena *arena, uint32_t n_ids, vonk_reach *ret, vonk_error *err)
{
    *ret = (vonk_reach){.n = n_ids, .words = (uint32_t)vonk_bitmap_words(n_ids)};
    ret->bits = vonk_arena_zalloc(arena, (size_t)n_ids * ret->words * 8, err);
    VONK_TRY_ALLOC(ret->bits);
    ret->done = vonk_arena_zalloc(arena, n_ids * sizeof(*ret->done), err);
    VONK_TRY_ALLOC(ret->done);
    return VONK_OK;
}

static uint64_t *row_of(const vonk_reach *reach, const vonk_physical *op)
{
    return reach->bits + (size_t)op->id * reach->words;
}

static void visit(vonk_reach *reach, const vonk_physical *op)
{
    uint64_t *row = row_of(reach, op);
    if (reach->done[op->id])
        return;
    reach->done[op->id] = true;
    vonk_bit_set(row, op->id, true);
    for (uint32_t i = 0; i < op->n_children; i++) {
        visit(reach, op->children[i]);
        const uint64_t *below = row_of(reach, op->children[i]);
        for (uint32_t w = 0; w < reach->words; w++)
            row[w] |= below[w];
    }
}

void vonk_reach_update(vonk_reach *reach, const vonk_physical *plan)
{
    memset(reach->bits, 0, (size_t)reach->n * reach->words * 8);
    memset(reach->done, 0, reach->n * sizeof(*reach->done));
    visit(reach, plan);
}

bool vonk_reach_has(const vonk_reach *reach, const vonk_physical *op, const vonk_physical *wanted)
{
    return vonk_bit_get(row_of(reach, op), wanted->id);
}
