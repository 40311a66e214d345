/* column.c - making, flattening, copying and slicing columns. */
#include "column/column.h"

#include "column/gather.h"

static uint32_t n_children(vonk_type type)
{
    return type.children ? type.children->n_fields : 0;
}

/* Bytes of `rows` stored values, padded so that whole words and vectors may be read and written. */
static size_t values_size(vonk_type type, uint32_t rows)
{
    size_t size = type.id == VONK_BOOL ? vonk_bitmap_words(rows) * 8 : rows * vonk_type_width(type);
    return (size + VONK_ALIGN - 1) / VONK_ALIGN * VONK_ALIGN;
}

static uint64_t *new_bits(vonk_arena *arena, uint32_t rows, int fill, vonk_error *err)
{
    size_t size = (vonk_bitmap_words(rows) * 8 + VONK_ALIGN - 1) / VONK_ALIGN * VONK_ALIGN;
    uint64_t *bits = vonk_arena_alloc(arena, size, err);
    return bits ? memset(bits, fill, size) : NULL;
}

static vonk_status new_nested(vonk_arena *arena, vonk_type type, uint32_t length, vonk_column *out,
                              vonk_error *err)
{
    bool list = type.id != VONK_STRUCT;
    out->children = VONK_NEW_ARRAY(arena, vonk_column, n_children(type), err);
    VONK_TRY_ALLOC(out->children);
    for (uint32_t i = 0; i < n_children(type); i++)
        VONK_TRY(vonk_column_new(arena, type.children->fields[i].type, list ? 0 : length,
                                 &out->children[i], err));
    if (list) {
        out->offsets = vonk_arena_zalloc(arena, ((size_t)length + 1) * 4, err);
        VONK_TRY_ALLOC(out->offsets);
    }
    return VONK_OK;
}

vonk_status vonk_column_new(vonk_arena *arena, vonk_type type, uint32_t length, vonk_column *ret,
                            vonk_error *err)
{
    vonk_column out = {.type = type, .length = length};
    if (type.id >= VONK_ARRAY) {
        VONK_TRY(new_nested(arena, type, length, &out, err));
    } else if (type.id != VONK_NULL) {
        out.values = vonk_arena_alloc(arena, values_size(type, length), err);
        VONK_TRY_ALLOC(out.values);
    }
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_column_null(vonk_arena *arena, vonk_type type, uint32_t length, vonk_column *ret,
                             vonk_error *err)
{
    vonk_column out;
    VONK_TRY(vonk_column_new(arena, type, 1, &out, err));
    if (out.values)
        memset(out.values, 0, values_size(type, 1));
    for (uint32_t i = 0; type.id == VONK_STRUCT && i < n_children(type); i++)
        VONK_TRY(vonk_column_null(arena, type.children->fields[i].type, 1, &out.children[i], err));
    if (type.id != VONK_NULL) {
        out.validity = new_bits(arena, 1, 0, err);
        VONK_TRY_ALLOC(out.validity);
    }
    out.encoding = VONK_CONSTANT;
    out.length = length;
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_column_add_validity(vonk_arena *arena, vonk_column *col, vonk_error *err)
{
    uint64_t *bits = new_bits(arena, col->length, 0xff, err);
    VONK_TRY_ALLOC(bits);
    col->validity = bits;
    return VONK_OK;
}

VONK_SPECIALISE void fill_loop(size_t width, const char *restrict value, size_t n,
                               char *restrict out)
{
    for (size_t i = 0; i < n; i++)
        memcpy(out + i * width, value, width);
}

static void fill_values(vonk_type type, const void *value, uint32_t n, void *out)
{
    switch (vonk_type_width(type)) {
    case 0:
        memset(out, vonk_bit_get(value, 0) ? 0xff : 0, vonk_bitmap_words(n) * 8);
        break;
    case 1:
        memset(out, *(const uint8_t *)value, n);
        break;
    case 2:
        fill_loop(2, value, n, out);
        break;
    case 4:
        fill_loop(4, value, n, out);
        break;
    case 8:
        fill_loop(8, value, n, out);
        break;
    default:
        fill_loop(16, value, n, out);
        break;
    }
}

static vonk_status flatten_constant(vonk_arena *arena, const vonk_column *col, vonk_column *ret,
                                    vonk_error *err)
{
    vonk_column out;
    VONK_TRY(vonk_column_new(arena, col->type, col->length, &out, err));
    if (col->type.id != VONK_NULL) {
        if (!vonk_column_is_valid(col, 0)) {
            out.validity = new_bits(arena, col->length, 0, err);
            VONK_TRY_ALLOC(out.validity);
        }
        fill_values(col->type, col->values, col->length, out.values);
    }
    *ret = out;
    return VONK_OK;
}

/* Row i is entry codes[i] (entry 0 for a constant) of what is stored; nulls stay as they are. */
static vonk_status flatten_by_codes(vonk_arena *arena, const vonk_column *col, vonk_column *ret,
                                    vonk_error *err)
{
    vonk_column stored = *col, out;
    const uint32_t *codes = col->codes;
    stored.encoding = VONK_FLAT;
    stored.validity = NULL;
    stored.length = col->n_dictionary;
    if (col->encoding == VONK_CONSTANT) {
        stored.length = 1;
        codes = vonk_arena_zalloc(arena, (size_t)col->length * 4, err);
        VONK_TRY_ALLOC(codes);
    }
    VONK_TRY(vonk_column_gather(arena, &stored, codes, col->length, false, &out, err));
    VONK_TRY(vonk_column_validity(arena, col, &out.validity, err));
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_column_flatten(vonk_arena *arena, const vonk_column *col, vonk_column *ret,
                                vonk_error *err)
{
    if (col->encoding == VONK_FLAT) {
        *ret = *col;
        return VONK_OK;
    }
    if (col->encoding == VONK_CONSTANT && col->type.id < VONK_ARRAY)
        return flatten_constant(arena, col, ret, err);
    return flatten_by_codes(arena, col, ret, err);
}

/* Rows of `values`, `validity` or `offsets` that are stored for the column's encoding. */
static uint32_t stored_rows(const vonk_column *col)
{
    if (col->encoding == VONK_FLAT)
        return col->length;
    return col->encoding == VONK_CONSTANT ? 1 : col->n_dictionary;
}

/* Copies `size` bytes into `arena`, padded. */
static void *copy_bytes(vonk_arena *arena, const void *data, size_t size, vonk_error *err)
{
    size_t padded = (size + VONK_ALIGN - 1) / VONK_ALIGN * VONK_ALIGN;
    char *copy = vonk_arena_alloc(arena, padded, err);
    return copy && vonk_arena_copy(arena, copy, data, size, err) == VONK_OK ? copy : NULL;
}

/* Whether stored entry i belongs to a row that is not null (dictionary entries always count). */
static bool entry_counts(const vonk_column *col, uint32_t i)
{
    return col->encoding == VONK_DICTIONARY || !col->validity || vonk_bit_get(col->validity, i);
}

static vonk_status copy_strings(vonk_arena *arena, const vonk_column *col, vonk_string *out,
                                vonk_error *err)
{
    const vonk_string *in = col->values;
    uint32_t n = stored_rows(col);
    size_t bytes = 0;
    for (uint32_t i = 0; i < n; i++)
        if (in[i].length > VONK_STRING_INLINE && entry_counts(col, i))
            bytes += in[i].length;
    char *heap = vonk_arena_small(arena, bytes, err);
    VONK_TRY_ALLOC(heap);
    for (uint32_t i = 0; i < n; i++) {
        out[i] = entry_counts(col, i) ? in[i] : (vonk_string){0};
        if (out[i].length <= VONK_STRING_INLINE)
            continue;
        VONK_TRY(vonk_arena_copy(arena, heap, in[i].data, in[i].length, err));
        out[i].data = heap;
        heap += in[i].length;
    }
    return VONK_OK;
}

static vonk_status copy_nested(vonk_arena *arena, const vonk_column *col, vonk_column *out,
                               vonk_error *err)
{
    uint32_t n = n_children(col->type), rows = stored_rows(col);
    out->children = VONK_NEW_ARRAY(arena, vonk_column, n, err);
    VONK_TRY_ALLOC(out->children);
    for (uint32_t i = 0; i < n; i++)
        VONK_TRY(vonk_column_copy(arena, &col->children[i], &out->children[i], err));
    if (col->type.id != VONK_STRUCT) {
        out->offsets = copy_bytes(arena, col->offsets, ((size_t)rows + 1) * 4, err);
        VONK_TRY_ALLOC(out->offsets);
    }
    return VONK_OK;
}

static vonk_status copy_values(vonk_arena *arena, const vonk_column *col, vonk_column *out,
                               vonk_error *err)
{
    uint32_t n = stored_rows(col);
    size_t size = col->type.id == VONK_BOOL ? vonk_bitmap_words(n) * 8
                                            : (size_t)n * vonk_type_width(col->type);
    if (vonk_type_physical(col->type) != VONK_PHYS_STRING) {
        out->values = copy_bytes(arena, col->values, size, err);
        VONK_TRY_ALLOC(out->values);
        return VONK_OK;
    }
    out->values = vonk_arena_alloc(arena, values_size(col->type, n), err);
    VONK_TRY_ALLOC(out->values);
    return copy_strings(arena, col, out->values, err);
}

vonk_status vonk_column_copy(vonk_arena *arena, const vonk_column *col, vonk_column *ret,
                             vonk_error *err)
{
    vonk_column out = *col;
    size_t bits = col->encoding == VONK_CONSTANT ? 1 : col->length;
    if (col->type.id >= VONK_ARRAY)
        VONK_TRY(copy_nested(arena, col, &out, err));
    else if (col->type.id != VONK_NULL)
        VONK_TRY(copy_values(arena, col, &out, err));
    if (col->validity) {
        out.validity = copy_bytes(arena, col->validity, vonk_bitmap_words(bits) * 8, err);
        VONK_TRY_ALLOC(out.validity);
    }
    if (col->encoding == VONK_DICTIONARY) {
        out.codes = copy_bytes(arena, col->codes, (size_t)col->length * 4, err);
        VONK_TRY_ALLOC(out.codes);
    }
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_batch_copy(vonk_arena *arena, const vonk_batch *batch, vonk_batch *ret,
                            vonk_error *err)
{
    vonk_batch out = {.n_rows = batch->n_rows, .n_columns = batch->n_columns};
    out.columns = VONK_NEW_ARRAY(arena, vonk_column, batch->n_columns, err);
    VONK_TRY_ALLOC(out.columns);
    for (uint32_t i = 0; i < batch->n_columns; i++)
        VONK_TRY(vonk_column_copy(arena, &batch->columns[i], &out.columns[i], err));
    *ret = out;
    return VONK_OK;
}

/* Bits start .. start + length: shared if they begin a word, else moved into new words. */
static vonk_status slice_bits(vonk_arena *arena, uint64_t *bits, uint32_t start, uint32_t length,
                              uint64_t **ret, vonk_error *err)
{
    if (start % 64 == 0) {
        *ret = bits + start / 64;
        return VONK_OK;
    }
    uint64_t *out = new_bits(arena, length, 0, err);
    VONK_TRY_ALLOC(out);
    vonk_bits_shift(bits, start, length, out);
    *ret = out;
    return VONK_OK;
}

static vonk_status slice_flat(vonk_arena *arena, const vonk_column *col, uint32_t start,
                              uint32_t length, vonk_column *out, vonk_error *err)
{
    if (col->type.id == VONK_BOOL) {
        uint64_t *bits;
        VONK_TRY(slice_bits(arena, col->values, start, length, &bits, err));
        out->values = bits;
    } else if (col->type.id < VONK_ARRAY && col->values) {
        out->values = (char *)col->values + start * vonk_type_width(col->type);
    } else if (col->offsets) {
        out->offsets = col->offsets + start;
    } else if (col->type.id == VONK_STRUCT) {
        out->children = VONK_NEW_ARRAY(arena, vonk_column, n_children(col->type), err);
        VONK_TRY_ALLOC(out->children);
        for (uint32_t i = 0; i < n_children(col->type); i++)
            VONK_TRY(
                vonk_column_slice(arena, &col->children[i], start, length, &out->children[i], err));
    }
    return VONK_OK;
}

vonk_status vonk_column_slice(vonk_arena *arena, const vonk_column *col, uint32_t start,
                              uint32_t length, vonk_column *ret, vonk_error *err)
{
    if (start > col->length || length > col->length - start)
        return vonk_fail(err, VONK_INVALID, "rows %u + %u of a column of %u", start, length,
                         col->length);
    vonk_column out = *col;
    out.length = length;
    if (col->encoding == VONK_DICTIONARY)
        out.codes = col->codes + start;
    if (col->encoding == VONK_FLAT)
        VONK_TRY(slice_flat(arena, col, start, length, &out, err));
    if (col->validity && col->encoding != VONK_CONSTANT)
        VONK_TRY(slice_bits(arena, col->validity, start, length, &out.validity, err));
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_batch_slice(vonk_arena *arena, const vonk_batch *batch, uint32_t start,
                             uint32_t length, vonk_batch *ret, vonk_error *err)
{
    vonk_batch part = {.n_rows = length, .n_columns = batch->n_columns};
    part.columns = VONK_NEW_ARRAY(arena, vonk_column, batch->n_columns, err);
    VONK_TRY_ALLOC(part.columns);
    for (uint32_t c = 0; c < batch->n_columns; c++)
        VONK_TRY(
            vonk_column_slice(arena, &batch->columns[c], start, length, &part.columns[c], err));
    *ret = part;
    return VONK_OK;
}

static size_t column_bytes(const vonk_column *col)
{
    uint32_t n = stored_rows(col);
    size_t bytes = col->type.id == VONK_BOOL ? vonk_bitmap_words(n) * 8
                                             : (size_t)n * vonk_type_width(col->type);
    if (col->validity)
        bytes += vonk_bitmap_words(col->encoding == VONK_CONSTANT ? 1 : col->length) * 8;
    if (col->encoding == VONK_DICTIONARY)
        bytes += (size_t)col->length * 4;
    if (vonk_type_physical(col->type) == VONK_PHYS_STRING) {
        const vonk_string *strings = col->values;
        for (uint32_t i = 0; i < n; i++)
            if (strings[i].length > VONK_STRING_INLINE && entry_counts(col, i))
                bytes += strings[i].length;
    }
    if (col->offsets)
        bytes += ((size_t)n + 1) * 4;
    for (uint32_t i = 0; col->children && i < n_children(col->type); i++)
        bytes += column_bytes(&col->children[i]);
    return bytes;
}

size_t vonk_batch_bytes(const vonk_batch *batch)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < batch->n_columns; i++)
        bytes += column_bytes(&batch->columns[i]);
    return bytes;
}

vonk_status vonk_column_validity(vonk_arena *arena, const vonk_column *col, uint64_t **ret,
                                 vonk_error *err)
{
    bool constant = col->encoding == VONK_CONSTANT;
    if (col->type.id == VONK_NULL || (constant && !vonk_column_is_valid(col, 0))) {
        uint64_t *bits = new_bits(arena, col->length, 0, err);
        VONK_TRY_ALLOC(bits);
        *ret = bits;
        return VONK_OK;
    }
    *ret = constant ? NULL : col->validity;
    return VONK_OK;
}

vonk_status vonk_validity_and(vonk_arena *arena, const vonk_column *a, const vonk_column *b,
                              uint64_t **ret, vonk_error *err)
{
    uint64_t *va, *vb;
    VONK_TRY(vonk_column_validity(arena, a, &va, err));
    VONK_TRY(vonk_column_validity(arena, b, &vb, err));
    if (!va || !vb || va == vb) {
        *ret = va ? va : vb;
        return VONK_OK;
    }
    size_t words = vonk_bitmap_words(a->length);
    uint64_t *both = new_bits(arena, a->length, 0, err);
    VONK_TRY_ALLOC(both);
    for (size_t w = 0; w < words; w++)
        both[w] = va[w] & vb[w];
    *ret = both;
    return VONK_OK;
}
