/* gather.c - rows by number. Moving values needs their width only, so there is a loop a width. */
#include "column/gather.h"

#define MISSING UINT32_MAX

void vonk_bits_gather(const uint64_t *src, const uint32_t *rows, uint32_t n, uint64_t *out)
{
    for (uint32_t start = 0; start < n; start += 64) {
        uint32_t end = n - start < 64 ? n - start : 64;
        uint64_t word = 0;
        for (uint32_t i = 0; i < end; i++)
            word |= (uint64_t)vonk_bit_get(src, rows[start + i]) << i;
        out[start / 64] = word;
    }
}

void vonk_bits_shift(const uint64_t *src, size_t start, size_t n, uint64_t *out)
{
    const uint64_t *from = src + start / 64;
    size_t words = vonk_bitmap_words(n), shift = start % 64;
    if (shift == 0) {
        if (words)
            memcpy(out, from, words * 8);
        return;
    }
    /* The last word may not need, and then must not read, the word after it. */
    size_t last = (shift + n + 63) / 64;
    for (size_t w = 0; w < words; w++)
        out[w] = from[w] >> shift | (w + 1 < last ? from[w + 1] << (64 - shift) : 0);
}

VONK_SPECIALISE void gather_loop(size_t width, bool with_missing, const char *restrict src,
                                 const uint32_t *restrict rows, size_t n, char *restrict out)
{
    for (size_t i = 0; i < n; i++) {
        size_t row = with_missing && rows[i] == MISSING ? 0 : rows[i];
        memcpy(out + i * width, src + row * width, width);
    }
}

static void gather_values(size_t width, bool with_missing, const void *src, const uint32_t *rows,
                          size_t n, void *out)
{
    switch (width * 2 + with_missing) {
    case 2:
        gather_loop(1, false, src, rows, n, out);
        break;
    case 3:
        gather_loop(1, true, src, rows, n, out);
        break;
    case 4:
        gather_loop(2, false, src, rows, n, out);
        break;
    case 5:
        gather_loop(2, true, src, rows, n, out);
        break;
    case 8:
        gather_loop(4, false, src, rows, n, out);
        break;
    case 9:
        gather_loop(4, true, src, rows, n, out);
        break;
    case 16:
        gather_loop(8, false, src, rows, n, out);
        break;
    case 17:
        gather_loop(8, true, src, rows, n, out);
        break;
    case 32:
        gather_loop(16, false, src, rows, n, out);
        break;
    case 33:
        gather_loop(16, true, src, rows, n, out);
        break;
    default:
        break;
    }
}

/* The bitmap of the picked rows; NULL if none of them can be null. */
static vonk_status gather_validity(vonk_arena *arena, const uint64_t *src, const uint32_t *rows,
                                   uint32_t n, bool with_missing, uint64_t **ret, vonk_error *err)
{
    if (!src && !with_missing) {
        *ret = NULL;
        return VONK_OK;
    }
    uint64_t *out = vonk_arena_alloc(arena, vonk_bitmap_words(n) * 8, err);
    VONK_TRY_ALLOC(out);
    if (!with_missing) {
        vonk_bits_gather(src, rows, n, out);
        *ret = out;
        return VONK_OK;
    }
    for (uint32_t start = 0; start < n; start += 64) {
        uint32_t end = n - start < 64 ? n - start : 64;
        uint64_t word = 0;
        for (uint32_t i = 0; i < end; i++) {
            uint32_t row = rows[start + i];
            bool valid = row != MISSING && (!src || vonk_bit_get(src, row));
            word |= (uint64_t)valid << i;
        }
        out[start / 64] = word;
    }
    *ret = out;
    return VONK_OK;
}

/* A missing row reads row 0's bit, whose value nobody looks at. */
static void gather_bits(const uint64_t *src, const uint32_t *rows, uint32_t n, bool with_missing,
                        uint64_t *out)
{
    if (!with_missing) {
        vonk_bits_gather(src, rows, n, out);
        return;
    }
    memset(out, 0, vonk_bitmap_words(n) * 8);
    for (uint32_t i = 0; i < n; i++)
        if (rows[i] != MISSING)
            out[i / 64] |= (uint64_t)vonk_bit_get(src, rows[i]) << (i % 64);
}

static vonk_status gather_struct(vonk_arena *arena, const vonk_column *src, const uint32_t *rows,
                                 uint32_t n, bool with_missing, vonk_column *out, vonk_error *err)
{
    uint32_t n_children = src->type.children ? src->type.children->n_fields : 0;
    out->children = VONK_NEW_ARRAY(arena, vonk_column, n_children, err);
    VONK_TRY_ALLOC(out->children);
    for (uint32_t i = 0; i < n_children; i++)
        VONK_TRY(vonk_column_gather(arena, &src->children[i], rows, n, with_missing,
                                    &out->children[i], err));
    return VONK_OK;
}

/* Arrays and maps: a row is a run of children, so the children's row numbers are listed. */
static vonk_status gather_list(vonk_arena *arena, const vonk_column *src, const uint32_t *rows,
                               uint32_t n, vonk_column *out, vonk_error *err)
{
    uint32_t *offsets = vonk_arena_alloc(arena, ((size_t)n + 1) * 4, err);
    VONK_TRY_ALLOC(offsets);
    uint64_t total = 0;
    for (uint32_t i = 0; i < n; i++) {
        offsets[i] = (uint32_t)total;
        if (vonk_column_is_valid(out, i))
            total += src->offsets[rows[i] + 1] - src->offsets[rows[i]];
        if (total > UINT32_MAX)
            return vonk_fail(err, VONK_UNSUPPORTED, "more than 2^32 - 1 elements in a batch");
    }
    offsets[n] = (uint32_t)total;
    uint32_t *picked = vonk_arena_alloc(arena, total * 4, err);
    VONK_TRY_ALLOC(picked);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = offsets[i]; k < offsets[i + 1]; k++)
            picked[k] = src->offsets[rows[i]] + (k - offsets[i]);
    uint32_t n_children = src->type.id == VONK_MAP ? 2 : 1;
    out->offsets = offsets;
    out->children = VONK_NEW_ARRAY(arena, vonk_column, n_children, err);
    VONK_TRY_ALLOC(out->children);
    for (uint32_t i = 0; i < n_children; i++)
        VONK_TRY(vonk_column_gather(arena, &src->children[i], picked, (uint32_t)total, false,
                                    &out->children[i], err));
    return VONK_OK;
}

static vonk_status gather_flat(vonk_arena *arena, const vonk_column *src, const uint32_t *rows,
                               uint32_t n, bool with_missing, vonk_column *ret, vonk_error *err)
{
    vonk_column out = {.type = src->type, .length = n};
    size_t width = vonk_type_width(src->type);
    VONK_TRY(gather_validity(arena, src->validity, rows, n, with_missing, &out.validity, err));
    if (src->type.id == VONK_STRUCT) {
        VONK_TRY(gather_struct(arena, src, rows, n, with_missing, &out, err));
    } else if (src->type.id == VONK_ARRAY || src->type.id == VONK_MAP) {
        VONK_TRY(gather_list(arena, src, rows, n, &out, err));
    } else {
        uint64_t *validity = out.validity;
        VONK_TRY(vonk_column_new(arena, src->type, n, &out, err));
        out.validity = validity;
        if (width)
            gather_values(width, with_missing, src->values, rows, n, out.values);
        else if (src->type.id == VONK_BOOL)
            gather_bits(src->values, rows, n, with_missing, out.values);
    }
    *ret = out;
    return VONK_OK;
}

static vonk_status gather_codes(vonk_arena *arena, const vonk_column *src, const uint32_t *rows,
                                uint32_t n, bool with_missing, vonk_column *ret, vonk_error *err)
{
    vonk_column out = *src;
    uint32_t *codes = vonk_arena_alloc(arena, (size_t)n * 4, err);
    VONK_TRY_ALLOC(codes);
    gather_values(4, with_missing, src->codes, rows, n, codes);
    VONK_TRY(gather_validity(arena, src->validity, rows, n, with_missing, &out.validity, err));
    out.codes = codes;
    out.length = n;
    *ret = out;
    return VONK_OK;
}

/* A constant stays one unless some rows are missing; a null one is null everywhere anyway. */
static vonk_status gather_constant(vonk_arena *arena, const vonk_column *src, const uint32_t *rows,
                                   uint32_t n, bool with_missing, vonk_column *ret, vonk_error *err)
{
    bool missing = false;
    for (uint32_t i = 0; with_missing && i < n; i++)
        missing |= rows[i] == MISSING;
    if (!missing || !vonk_column_is_valid(src, 0)) {
        *ret = *src;
        ret->length = n;
        return VONK_OK;
    }
    /* One entry, which every row has: the bitmap says which rows are missing. */
    uint32_t *codes = vonk_arena_zalloc(arena, (size_t)n * 4, err);
    VONK_TRY_ALLOC(codes);
    vonk_column out = *src;
    VONK_TRY(gather_validity(arena, NULL, rows, n, true, &out.validity, err));
    out.encoding = VONK_DICTIONARY;
    out.n_dictionary = 1;
    out.codes = codes;
    out.length = n;
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_column_gather(vonk_arena *arena, const vonk_column *src, const uint32_t *rows,
                               uint32_t n, bool with_missing, vonk_column *ret, vonk_error *err)
{
    if (src->type.id == VONK_NULL) {
        *ret = (vonk_column){.type = src->type, .length = n};
        return VONK_OK;
    }
    if (with_missing && src->length == 0) /* there is no row to read instead */
        return vonk_column_null(arena, src->type, n, ret, err);
    if (src->encoding == VONK_CONSTANT)
        return gather_constant(arena, src, rows, n, with_missing, ret, err);
    if (src->encoding == VONK_DICTIONARY)
        return gather_codes(arena, src, rows, n, with_missing, ret, err);
    return gather_flat(arena, src, rows, n, with_missing, ret, err);
}
