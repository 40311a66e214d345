/* block.c - rows copied into flat batches that grow from small to VONK_BATCH_ROWS. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "shuffle/shuffle.h"

#define FIRST_CHUNK 64u
#define CONCAT_ROWS 65536u

/* Charges what the block takes itself: there may be millions of small ones. */
static void charge(vonk_block *block)
{
    size_t now = sizeof(*block) + block->capacity * sizeof(*block->batches) +
                 block->spilled.capacity * sizeof(*block->spilled.pieces);
    if (now > block->charged)
        vonk_budget_charge(block->arena.budget, now - block->charged);
    block->charged = now;
}

vonk_status vonk_block_new(vonk_budget *budget, vonk_block **ret, vonk_error *err)
{
    vonk_block *block = calloc(1, sizeof(*block));
    if (!block)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a block");
    atomic_init(&block->refs, 1);
    block->arena.budget = budget;
    charge(block);
    *ret = block;
    return VONK_OK;
}

vonk_status vonk_block_beside(const vonk_arena *arena, vonk_block **ret, vonk_error *err)
{
    VONK_TRY(vonk_block_new(arena->budget, ret, err));
    (*ret)->arena.stop = arena->stop;
    return VONK_OK;
}

vonk_block *vonk_block_ref(vonk_block *block)
{
    atomic_fetch_add_explicit(&block->refs, 1, memory_order_relaxed);
    return block;
}

void vonk_block_unref(vonk_block *block)
{
    if (!block || atomic_fetch_sub_explicit(&block->refs, 1, memory_order_acq_rel) != 1)
        return;
    vonk_arena_free(&block->arena);
    vonk_budget_give(block->arena.budget, block->charged);
    free(block->batches);
    vonk_spill_run_free(&block->spilled);
    vonk_spill_unref(block->spill);
    free(block);
}

vonk_status vonk_block_evict(vonk_block *block, vonk_spill *spill, vonk_error *err)
{
    if (!block->spill)
        block->spill = vonk_spill_ref(spill);
    for (uint32_t b = 0; b < block->n_batches; b++)
        VONK_TRY(vonk_spill_put(block->spill, &block->spilled, &block->batches[b], err));
    block->n_batches = block->room = 0;
    vonk_arena_free(&block->arena);
    charge(block);
    return VONK_OK;
}

vonk_status vonk_block_spill(vonk_block *block, vonk_spill *spill, const vonk_batch *batch,
                             vonk_error *err)
{
    if (!block->spill)
        block->spill = vonk_spill_ref(spill);
    VONK_TRY(vonk_spill_put(block->spill, &block->spilled, batch, err));
    charge(block);
    block->n_rows += batch->n_rows;
    block->n_bytes += vonk_batch_bytes(batch);
    return VONK_OK;
}

uint32_t vonk_block_batches(const vonk_block *block)
{
    return block->spilled.n_pieces + block->n_batches;
}

vonk_status vonk_block_batch(const vonk_block *block, uint32_t i, vonk_arena *arena,
                             vonk_batch *ret, vonk_error *err)
{
    uint32_t n = block->spilled.n_pieces;
    if (i < n)
        return vonk_spill_get(block->spill, &block->spilled.pieces[i], arena, ret, err);
    *ret = block->batches[i - n];
    return VONK_OK;
}

static vonk_status add_batch(vonk_block *block, const vonk_batch *batch, vonk_error *err)
{
    if (block->n_batches == block->capacity) {
        uint32_t capacity = block->capacity ? block->capacity * 2 : 4;
        vonk_batch *batches = realloc(block->batches, capacity * sizeof(*batches));
        if (!batches)
            return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a block of %u batches",
                             capacity);
        block->batches = batches;
        block->capacity = capacity;
        charge(block);
    }
    block->batches[block->n_batches++] = *batch;
    return VONK_OK;
}

/* A new last batch with room for some of `wanted` rows. */
static vonk_status add_chunk(vonk_block *block, const vonk_batch *like, uint32_t wanted,
                             vonk_error *err)
{
    uint32_t last = block->n_batches ? block->batches[block->n_batches - 1].n_rows : 0;
    uint32_t room = last + last / 2; /* half of what there is, as each was so */
    if (room < FIRST_CHUNK)
        room = FIRST_CHUNK;
    if (room < wanted)
        room = wanted;
    if (room > VONK_BATCH_ROWS)
        room = VONK_BATCH_ROWS;
    vonk_batch batch = {.n_columns = like->n_columns};
    batch.columns = VONK_NEW_ARRAY(&block->arena, vonk_column, like->n_columns, err);
    VONK_TRY_ALLOC(batch.columns);
    for (uint32_t c = 0; c < like->n_columns; c++) {
        VONK_TRY(
            vonk_column_new(&block->arena, like->columns[c].type, room, &batch.columns[c], err));
        batch.columns[c].length = 0;
    }
    VONK_TRY(add_batch(block, &batch, err));
    block->room = room;
    return VONK_OK;
}

/* to[i] = value of row i of the selection, by width. */
VONK_SPECIALISE void copy_loop(size_t width, const vonk_column *from, const uint32_t *sel,
                               uint32_t n, char *to)
{
    const char *values = from->values;
    if (from->encoding == VONK_FLAT && !sel) {
        memcpy(to, values, n * width);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = vonk_column_at(from, sel ? sel[i] : i);
        memcpy(to + i * width, values + at * width, width);
    }
}

static void copy_bits(const vonk_column *from, const uint32_t *sel, uint32_t n, uint64_t *to,
                      uint32_t start)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = vonk_column_at(from, sel ? sel[i] : i);
        vonk_bit_set(to, start + i, vonk_bit_get(from->values, at));
    }
}

/* Copies the bytes of the long strings among to[0..n) into the block; returns their sum. */
static vonk_status own_strings(vonk_block *block, const vonk_column *col, vonk_string *to,
                               uint32_t start, uint32_t n, vonk_error *err)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (to[i].length > VONK_STRING_INLINE && vonk_column_is_valid(col, start + i))
            bytes += to[i].length;
    }
    char *data = bytes ? vonk_arena_small(&block->arena, bytes, err) : NULL;
    if (bytes && !data)
        return VONK_NO_MEMORY;
    for (uint32_t i = 0; i < n; i++) {
        if (!vonk_column_is_valid(col, start + i))
            to[i] = (vonk_string){0};
        if (to[i].length <= VONK_STRING_INLINE)
            continue;
        assert(data);
        VONK_TRY(vonk_arena_copy(&block->arena, data, to[i].data, to[i].length, err));
        to[i].data = data;
        data += to[i].length;
    }
    block->n_bytes += bytes;
    return VONK_OK;
}

static vonk_status copy_validity(vonk_block *block, const vonk_column *from, const uint32_t *sel,
                                 uint32_t n, vonk_column *to, vonk_error *err)
{
    uint32_t start = to->length, room = start + block->room;
    if (!from->validity && !to->validity)
        return VONK_OK;
    if (!to->validity) {
        to->validity = vonk_arena_alloc(&block->arena, vonk_bitmap_words(room) * 8, err);
        VONK_TRY_ALLOC(to->validity);
        memset(to->validity, 0xff, vonk_bitmap_words(room) * 8);
    }
    for (uint32_t i = 0; i < n; i++)
        vonk_bit_set(to->validity, start + i, vonk_column_is_valid(from, sel ? sel[i] : i));
    return VONK_OK;
}

static vonk_status copy_column(vonk_block *block, const vonk_column *from, const uint32_t *sel,
                               uint32_t n, vonk_column *to, vonk_error *err)
{
    uint32_t start = to->length;
    size_t width = vonk_type_width(from->type);
    if (from->type.id == VONK_NULL) {
        to->length += n;
        return VONK_OK;
    }
    VONK_TRY(copy_validity(block, from, sel, n, to, err));
    char *values = (char *)to->values + start * width;
    switch (vonk_type_physical(from->type)) {
    case VONK_PHYS_BIT:
        copy_bits(from, sel, n, to->values, start);
        break;
    case VONK_PHYS_I8:
        copy_loop(1, from, sel, n, values);
        break;
    case VONK_PHYS_I16:
        copy_loop(2, from, sel, n, values);
        break;
    case VONK_PHYS_I32:
    case VONK_PHYS_F32:
        copy_loop(4, from, sel, n, values);
        break;
    case VONK_PHYS_I64:
    case VONK_PHYS_F64:
        copy_loop(8, from, sel, n, values);
        break;
    case VONK_PHYS_I128:
        copy_loop(16, from, sel, n, values);
        break;
    case VONK_PHYS_STRING:
        copy_loop(16, from, sel, n, values);
        VONK_TRY(own_strings(block, to, (vonk_string *)(void *)values, start, n, err));
        break;
    default:
        return vonk_fail(err, VONK_UNSUPPORTED, "cannot keep rows with a column of type %s",
                         vonk_type_sql_name(from->type));
    }
    to->length += n;
    block->n_bytes += n * (width ? width : 1);
    return VONK_OK;
}

vonk_status vonk_block_append(vonk_block *block, const vonk_batch *batch, const uint32_t *sel,
                              uint32_t n, vonk_error *err)
{
    vonk_batch rest = *batch;
    vonk_column *sliced = NULL;
    for (uint32_t done = 0; done < n;) {
        if (!block->room)
            VONK_TRY(add_chunk(block, batch, n - done, err));
        vonk_batch *to = &block->batches[block->n_batches - 1];
        uint32_t k = n - done < block->room ? n - done : block->room;
        if (!sel && done) { /* the rows after the first `done` */
            if (!sliced)
                sliced = VONK_NEW_ARRAY(&block->arena, vonk_column, batch->n_columns, err);
            VONK_TRY_ALLOC(sliced);
            for (uint32_t c = 0; c < batch->n_columns; c++)
                VONK_TRY(
                    vonk_column_slice(&block->arena, &batch->columns[c], done, k, &sliced[c], err));
            rest.columns = sliced;
        }
        for (uint32_t c = 0; c < batch->n_columns; c++)
            VONK_TRY(copy_column(block, &rest.columns[c], sel ? sel + done : NULL, k,
                                 &to->columns[c], err));
        to->n_rows += k;
        block->room -= k;
        block->n_rows += k;
        done += k;
    }
    return VONK_OK;
}

vonk_status vonk_block_adopt(vonk_block *block, const vonk_batch *batch, vonk_error *err)
{
    VONK_TRY(add_batch(block, batch, err));
    block->room = 0;
    block->n_rows += batch->n_rows;
    block->n_bytes += vonk_batch_bytes(batch);
    return VONK_OK;
}

/* Appends rows at .. at + n of `from` to `to`, whose buffers have room for all. */
static void concat_column(const vonk_column *from, uint32_t at, uint32_t n, vonk_column *to)
{
    size_t width = vonk_type_width(from->type);
    uint32_t start = to->length;
    bool bits = from->type.id != VONK_NULL && vonk_type_physical(from->type) == VONK_PHYS_BIT;
    char *into = width ? (char *)to->values + start * width : NULL;
    const char *values = from->values;
    if (width && !bits && from->encoding == VONK_FLAT)
        memcpy(into, values + at * width, n * width);
    for (uint32_t i = 0; bits && i < n; i++)
        vonk_bit_set(to->values, start + i,
                     vonk_bit_get(from->values, vonk_column_at(from, at + i)));
    for (uint32_t i = 0; width && !bits && from->encoding != VONK_FLAT && i < n; i++)
        memcpy(into + i * width, values + vonk_column_at(from, at + i) * width, width);
    for (uint32_t i = 0; to->validity && i < n; i++)
        vonk_bit_set(to->validity, start + i, vonk_column_is_valid(from, at + i));
    to->length += n;
}

/* Looks at whether anybody still waits once a piece: memory is fresh, so this takes its time. */
static vonk_status concat_batches(const vonk_block *block, uint32_t column, const vonk_arena *arena,
                                  vonk_column *to, vonk_error *err)
{
    for (uint32_t b = 0; b < block->n_batches; b++) {
        const vonk_column *from = &block->batches[b].columns[column];
        for (uint32_t at = 0, n; at < from->length; at += n) {
            n = from->length - at < CONCAT_ROWS ? from->length - at : CONCAT_ROWS;
            VONK_TRY(vonk_arena_check(arena, err));
            concat_column(from, at, n, to);
        }
    }
    return VONK_OK;
}

vonk_status vonk_block_concat(const vonk_block *block, const vonk_schema *schema, vonk_arena *arena,
                              vonk_batch *ret, vonk_error *err)
{
    if (block->n_batches == 1) {
        *ret = block->batches[0];
        return VONK_OK;
    }
    if (block->n_rows >= UINT32_MAX - 1)
        return vonk_fail(err, VONK_UNSUPPORTED, "more than 2^32 - 2 rows in one task");
    vonk_batch out = {.n_rows = (uint32_t)block->n_rows, .n_columns = schema->n_fields};
    out.columns = VONK_NEW_ARRAY(arena, vonk_column, out.n_columns, err);
    VONK_TRY_ALLOC(out.columns);
    for (uint32_t c = 0; c < out.n_columns; c++) {
        vonk_column *to = &out.columns[c];
        bool nulls = false;
        for (uint32_t b = 0; b < block->n_batches; b++)
            nulls |= block->batches[b].columns[c].validity != NULL;
        VONK_TRY(vonk_column_new(arena, schema->fields[c].type, out.n_rows, to, err));
        if (nulls)
            VONK_TRY(vonk_column_add_validity(arena, to, err));
        to->length = 0;
        VONK_TRY(concat_batches(block, c, arena, to, err));
    }
    *ret = out;
    return VONK_OK;
}
