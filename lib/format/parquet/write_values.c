/*
 * write_values.c - values into the page that is being filled: numbers thousands at a time, the
 * rest one by one.
 */
#include <string.h>

#include "format/parquet/write_column.h"

void vonk_pq_out_column_leave_dictionary(vonk_pq_out_column *col)
{
    const uint32_t *codes = (const uint32_t *)(const void *)col->codes.data;
    for (size_t i = 0; i < col->codes.length / 4; i++) {
        vonk_slice plain = vonk_pq_dictionary_plain(&col->dictionary, codes[i]);
        vonk_buffer_append(&col->plain, plain.data, plain.length);
    }
    col->codes.length = 0;
    col->use_dictionary = false;
    if (col->n_dictionary_pages == 0)
        vonk_pq_dictionary_clear(&col->dictionary);
}

static bool page_is_full(const vonk_pq_out_column *col)
{
    return col->n_rows >= col->options->page_rows || col->plain.length >= col->options->page_size;
}

/* ---- one by one ---- */

static void add_value(vonk_pq_out_column *col, const void *data, uint32_t length)
{
    if (col->use_dictionary && length > col->options->dictionary_size)
        vonk_pq_out_column_leave_dictionary(col);
    if (col->use_dictionary) {
        bool is_new;
        uint32_t code = vonk_pq_dictionary_add(&col->dictionary, data, length, &is_new);
        if (code != VONK_PQ_NO_CODE) {
            if (is_new)
                vonk_pq_range_add(&col->range, col->physical, data, length);
            vonk_buffer_append(&col->codes, &code, 4);
            if (col->dictionary.values.length > col->options->dictionary_size)
                vonk_pq_out_column_leave_dictionary(col);
            return;
        }
        vonk_pq_out_column_leave_dictionary(col);
    }
    vonk_pq_range_add(&col->range, col->physical, data, length);
    if (!col->width)
        vonk_buffer_append(&col->plain, &length, 4);
    vonk_buffer_append(&col->plain, data, length);
}

/* Value `at` of a FLAT column as Parquet stores it: in `store` (16 bytes) or borrowed. */
static vonk_slice stored(const vonk_pq_out_column *col, vonk_physical_type type, const void *values,
                         uint32_t at, char *store)
{
    int32_t i32 = 0;
    vonk_int128 wide;
    switch (type) {
    case VONK_PHYS_BIT:
        store[0] = (char)vonk_bit_get(values, at);
        return (vonk_slice){store, 1};
    case VONK_PHYS_I8:
        i32 = (int32_t)((const int8_t *)values)[at]; /* keeps its sign */
        break;
    case VONK_PHYS_I16:
        i32 = ((const int16_t *)values)[at];
        break;
    case VONK_PHYS_I64:
        i32 = (int32_t)((const int64_t *)values)[at]; /* a decimal of up to 9 digits */
        break;
    case VONK_PHYS_I128:
        wide = ((const vonk_int128 *)values)[at];
        for (uint32_t i = 0; i < col->width; i++)
            store[i] = (char)(wide >> ((col->width - 1 - i) * 8));
        return (vonk_slice){store, col->width};
    default:
        return vonk_string_slice((const vonk_string *)values + at);
    }
    memcpy(store, &i32, 4);
    return (vonk_slice){store, 4};
}

/* The bit of the row that comes next in the page. */
static void add_level(vonk_pq_out_column *col, bool valid)
{
    if (col->n_rows % 64 == 0) {
        uint64_t none = 0;
        vonk_buffer_append(&col->levels, &none, 8);
    }
    if (!col->levels.failed && valid)
        ((uint64_t *)(void *)col->levels.data)[col->n_rows / 64] |= UINT64_C(1)
                                                                    << (col->n_rows % 64);
    col->n_rows++;
    col->n_valid += valid;
}

static vonk_status null_refused(vonk_error *err)
{
    return vonk_fail(err, VONK_INVALID, "a null in a column that is declared not null");
}

static vonk_status add_one_by_one(vonk_pq_out_column *col, const vonk_column *flat, vonk_error *err)
{
    vonk_physical_type type = vonk_type_physical(flat->type);
    char store[16];
    for (uint32_t row = 0; row < flat->length; row++) {
        bool valid = vonk_column_is_valid(flat, row);
        if (!valid && !col->optional)
            return null_refused(err);
        if (col->optional)
            add_level(col, valid);
        else
            col->n_valid = ++col->n_rows;
        if (valid) {
            vonk_slice value = stored(col, type, flat->values, row, store);
            add_value(col, value.data, (uint32_t)value.length);
        }
        if (page_is_full(col))
            VONK_TRY(vonk_pq_out_column_end_page(col, err));
    }
    return VONK_OK;
}

/* ---- numbers that are stored as they are ---- */

static bool is_stored_as_is(const vonk_pq_out_column *col, vonk_type type)
{
    switch (vonk_type_physical(type)) {
    case VONK_PHYS_I32:
    case VONK_PHYS_F32:
        return col->width == 4;
    case VONK_PHYS_I64:
    case VONK_PHYS_F64:
        return col->width == 8;
    default:
        return false;
    }
}

/* As codes, until the dictionary is too large. Returns how many of the n values that were. */
static uint32_t add_codes(vonk_pq_out_column *col, const char *values, uint32_t n)
{
    vonk_pq_dictionary *dict = &col->dictionary;
    uint32_t before = dict->n, done = 0;
    char *codes = NULL;
    if (col->width <= col->options->dictionary_size)
        codes = vonk_buffer_reserve(&col->codes, (size_t)n * 4);
    if (codes)
        done = vonk_pq_dictionary_add_numbers(dict, values, n, col->options->dictionary_size,
                                              (uint32_t *)(void *)codes);
    col->codes.length += (size_t)done * 4;
    if (dict->n > before)
        vonk_pq_range_add_numbers(&col->range, col->physical,
                                  dict->values.data + (size_t)before * col->width,
                                  dict->n - before);
    if (done < n || dict->values.length > col->options->dictionary_size)
        vonk_pq_out_column_leave_dictionary(col);
    return done;
}

static void add_numbers(vonk_pq_out_column *col, const char *values, uint32_t n)
{
    uint32_t done = col->use_dictionary ? add_codes(col, values, n) : 0;
    if (done == n)
        return;
    values += (size_t)done * col->width;
    vonk_buffer_append(&col->plain, values, (size_t)(n - done) * col->width);
    vonk_pq_range_add_numbers(&col->range, col->physical, values, n - done);
}

/* The next n values without the nulls among them, in `ret`. Returns how many these are. */
static uint32_t pick_valid(const vonk_pq_out_column *col, const vonk_column *flat, uint32_t start,
                           uint32_t n, char *ret)
{
    size_t width = col->width, m = 0;
    const char *from = (const char *)flat->values + start * width;
    for (uint32_t i = 0; i < n; i++) {
        memcpy(ret + m * width, from + i * width, width);
        m += vonk_bit_get(flat->validity, start + i);
    }
    return (uint32_t)m;
}

/* How many rows the page takes at least, without a look in between. */
static uint32_t room_of_page(const vonk_pq_out_column *col)
{
    size_t room = (col->options->page_size - col->plain.length) / col->width;
    uint32_t rows = col->options->page_rows - col->n_rows;
    return room < 1 ? 1 : room < rows ? (uint32_t)room : rows;
}

/* The levels of n rows that are all there. */
static void add_full_levels(vonk_pq_out_column *col, uint32_t n)
{
    size_t end = vonk_bitmap_words(col->n_rows + n) * 8, more = end - col->levels.length;
    char *to = vonk_buffer_reserve(&col->levels, more);
    if (to) {
        memset(to, 0, more);
        col->levels.length = end;
    }
    uint64_t *bits = (uint64_t *)(void *)col->levels.data;
    for (uint32_t row = col->n_rows; to && row < col->n_rows + n;) {
        uint32_t bit = row % 64, left = col->n_rows + n - row,
                 k = left < 64 - bit ? left : 64 - bit;
        bits[row / 64] |= (k == 64 ? UINT64_MAX : (UINT64_C(1) << k) - 1) << bit;
        row += k;
    }
    col->n_rows += n;
    col->n_valid += n;
}

/* Rows start .. start + n of a column; `picked` has room for their values if some are null. */
static void add_piece(vonk_pq_out_column *col, const vonk_column *flat, uint32_t start, uint32_t n,
                      char *picked)
{
    const char *values = (const char *)flat->values + (size_t)start * col->width;
    if (picked) {
        for (uint32_t i = 0; i < n; i++)
            add_level(col, vonk_bit_get(flat->validity, start + i));
        add_numbers(col, picked, pick_valid(col, flat, start, n, picked));
        return;
    }
    if (col->optional)
        add_full_levels(col, n);
    else
        col->n_valid = col->n_rows += n;
    add_numbers(col, values, n);
}

static bool has_null(const vonk_column *flat)
{
    for (size_t w = 0; flat->validity && w < vonk_bitmap_words(flat->length); w++)
        if (~flat->validity[w] & vonk_bitmap_mask(w, flat->length))
            return true;
    return false;
}

static vonk_status add_as_is(vonk_pq_out_column *col, const vonk_column *flat, vonk_arena *arena,
                             vonk_error *err)
{
    char *picked = NULL;
    if (has_null(flat)) {
        if (!col->optional)
            return null_refused(err);
        picked = vonk_arena_alloc(arena, (size_t)flat->length * col->width, err);
        VONK_TRY_ALLOC(picked);
    }
    for (uint32_t start = 0, n; start < flat->length; start += n) {
        uint32_t left = flat->length - start, room = room_of_page(col);
        n = left < room ? left : room;
        add_piece(col, flat, start, n, picked);
        if (page_is_full(col))
            VONK_TRY(vonk_pq_out_column_end_page(col, err));
    }
    return VONK_OK;
}

vonk_status vonk_pq_out_column_add(vonk_pq_out_column *col, const vonk_column *from,
                                   vonk_arena *arena, vonk_error *err)
{
    vonk_column flat;
    VONK_TRY(vonk_column_flatten(arena, from, &flat, err));
    return is_stored_as_is(col, flat.type) ? add_as_is(col, &flat, arena, err)
                                           : add_one_by_one(col, &flat, err);
}
