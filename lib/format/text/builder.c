/* builder.c - columns from rows. */
#include "format/text/builder.h"

#include "column/batch_bytes.h"

#define LEAST_ROWS   64u
#define COLUMN_BYTES 16u /* of a row, about: its value and whether it is null */

static uint32_t padded(uint32_t n)
{
    return (n + 63) / 64 * 64;
}

uint32_t vonk_builder_rows(uint32_t asked, uint32_t n_columns, const vonk_budget *budget)
{
    size_t rows = asked ? asked : VONK_BATCH_ROWS;
    size_t fit = vonk_batch_most_bytes(budget) / COLUMN_BYTES / ((size_t)n_columns + 1);
    fit = fit < LEAST_ROWS ? LEAST_ROWS : fit;
    return (uint32_t)(rows < fit ? rows : fit);
}

vonk_status vonk_builder_new(vonk_arena *arena, vonk_type type, uint32_t n_rows, vonk_builder *ret,
                             vonk_error *err)
{
    vonk_builder b = {.type = type, .n_rows = n_rows};
    size_t n = padded(n_rows) + 64;
    size_t bytes = type.id == VONK_BOOL ? n / 8 : n * vonk_type_width(type);
    b.valid = vonk_arena_zalloc(arena, n, err);
    VONK_TRY_ALLOC(b.valid);
    if (type.id != VONK_NULL) {
        b.values = vonk_arena_zalloc(arena, bytes, err);
        VONK_TRY_ALLOC(b.values);
    }
    *ret = b;
    return VONK_OK;
}

vonk_status vonk_builder_finish(vonk_arena *arena, const vonk_builder *b, uint32_t n,
                                vonk_column *ret, vonk_error *err)
{
    vonk_column col = {.type = b->type, .encoding = VONK_FLAT, .length = n, .values = b->values};
    size_t words = vonk_bitmap_words(n);
    bool has_null = memchr(b->valid, 0, n) != NULL;
    if (has_null && b->type.id != VONK_NULL) {
        col.validity = vonk_arena_zalloc(arena, (words + 1) * sizeof(uint64_t), err);
        VONK_TRY_ALLOC(col.validity);
        for (size_t w = 0; w < words; w++)
            col.validity[w] = vonk_bitmap_pack(b->valid + w * 64) & vonk_bitmap_mask(w, n);
    }
    *ret = col;
    return VONK_OK;
}
