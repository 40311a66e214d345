/* block_reader.c - rows near each other, kept in a block of their own. */
#include "shuffle/block_reader.h"

void vonk_block_reader_init(vonk_block_reader *reader, const vonk_block *block,
                            const vonk_schema *schema)
{
    *reader = (vonk_block_reader){.block = block,
                                  .schema = schema,
                                  .arena = vonk_arena_beside(&block->arena),
                                  .loaded = vonk_arena_beside(&block->arena)};
}

void vonk_block_reader_fini(vonk_block_reader *reader)
{
    vonk_block_unref(reader->near);
    vonk_arena_free(&reader->arena);
    vonk_arena_free(&reader->loaded);
}

/* Appends rows `from` .. of `batch`, whose first one is row `start` of the block. */
static vonk_status append_from(vonk_block_reader *r, vonk_block *to, const vonk_batch *batch,
                               uint64_t start, uint64_t from, vonk_error *err)
{
    uint32_t skip = from <= start                  ? 0
                    : from - start < batch->n_rows ? (uint32_t)(from - start)
                                                   : batch->n_rows;
    vonk_batch rest;
    if (skip == batch->n_rows)
        return VONK_OK;
    VONK_TRY(vonk_batch_slice(&r->arena, batch, skip, batch->n_rows - skip, &rest, err));
    return vonk_block_append(to, &rest, NULL, rest.n_rows, err);
}

/* Appends rows from .. to, and those that come with them. */
static vonk_status collect(vonk_block_reader *r, uint64_t from, uint64_t to, vonk_block *near,
                           vonk_error *err)
{
    uint64_t at = r->start; /* the row after those that were looked at */
    for (uint32_t b = 0; r->near && b < r->near->n_batches; b++) {
        const vonk_batch *batch = &r->near->batches[b];
        VONK_TRY(append_from(r, near, batch, at, from, err));
        at += batch->n_rows;
    }
    for (; at < to && r->next < vonk_block_batches(r->block); r->next++) {
        vonk_batch batch;
        vonk_arena_reset(&r->loaded);
        VONK_TRY(vonk_block_batch(r->block, r->next, &r->loaded, &batch, err));
        VONK_TRY(append_from(r, near, &batch, at, from, err));
        at += batch.n_rows;
    }
    return at < to ? vonk_fail(err, VONK_INVALID, "a block without row %llu",
                               (unsigned long long)(to - 1))
                   : VONK_OK;
}

vonk_status vonk_block_reader_get(vonk_block_reader *reader, uint64_t from, uint64_t to,
                                  vonk_batch *ret, vonk_error *err)
{
    vonk_batch all;
    vonk_block *near = NULL;
    vonk_arena_reset(&reader->arena);
    VONK_TRY(vonk_block_beside(&reader->arena, &near, err));
    vonk_status status = collect(reader, from, to, near, err);
    if (status != VONK_OK) {
        vonk_block_unref(near);
        return status;
    }
    vonk_block_unref(reader->near);
    reader->near = near;
    reader->start = from;
    VONK_TRY(vonk_block_concat(near, reader->schema, &reader->arena, &all, err));
    return vonk_batch_slice(&reader->arena, &all, 0, (uint32_t)(to - from), ret, err);
}
