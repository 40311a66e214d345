/* batch.c - columns as they lie in memory, strings as lengths and bytes. */
#include "wire/batch.h"

#include <lz4.h>
#include <stdlib.h>

#include "wire/schema.h"

#define MAGIC          0x31424b56u /* "VKB1" */
#define MIN_COMPRESSED 512         /* smaller bodies are not worth a try */
#define MIN_COLUMN     7           /* bytes: type, encoding, validity, length */

/* Rows of `values` that are stored for the column's encoding. */
static uint32_t stored_rows(const vonk_column *col)
{
    if (col->encoding == VONK_FLAT)
        return col->length;
    return col->encoding == VONK_CONSTANT ? 1 : col->n_dictionary;
}

static uint32_t n_bits(const vonk_column *col)
{
    return col->encoding == VONK_CONSTANT ? 1 : col->length;
}

static uint32_t n_children(vonk_type type)
{
    return type.children ? type.children->n_fields : 0;
}

static uint8_t code_width(uint32_t n_dictionary)
{
    return n_dictionary <= UINT8_MAX + 1u ? 1 : n_dictionary <= UINT16_MAX + 1u ? 2 : 4;
}

/* ---- writing ---- */

static void put_bits(vonk_buffer *out, const uint64_t *bits, uint32_t n)
{
    size_t words = vonk_bitmap_words(n);
    if (!words)
        return;
    vonk_buffer_append(out, bits, (words - 1) * 8);
    vonk_wire_put_u64(out, bits[words - 1] & vonk_bitmap_mask(words - 1, n));
}

/* Whether stored entry i is worth its bytes: a null row's string need not travel. */
static bool entry_counts(const vonk_column *col, uint32_t i)
{
    return col->encoding == VONK_DICTIONARY || !col->validity || vonk_bit_get(col->validity, i);
}

static char *put_text(char *to, const vonk_string *string)
{
    if (string->length > VONK_STRING_INLINE)
        memcpy(to, string->data, string->length);
    else /* all of them: what is written too much is written over */
        memcpy(to, vonk_string_data(string), VONK_STRING_INLINE);
    return to + string->length;
}

static void put_strings(vonk_buffer *out, const vonk_column *col)
{
    const vonk_string *strings = col->values;
    uint32_t n = stored_rows(col);
    size_t total = 0;
    char *lengths = vonk_buffer_reserve(out, (size_t)n * 4);
    for (uint32_t i = 0; lengths && i < n; i++) {
        uint32_t length = entry_counts(col, i) ? strings[i].length : 0;
        memcpy(lengths + (size_t)i * 4, &length, 4);
        total += length;
    }
    out->length += lengths ? (size_t)n * 4 : 0;
    char *to = vonk_buffer_reserve(out, total + VONK_STRING_INLINE);
    for (uint32_t i = 0; to && i < n; i++) {
        if (entry_counts(col, i))
            to = put_text(to, &strings[i]);
    }
    out->length += to ? total : 0;
}

static void put_codes(vonk_buffer *out, const vonk_column *col)
{
    uint8_t width = code_width(col->n_dictionary);
    char *to = vonk_buffer_reserve(out, (size_t)col->length * width);
    if (!to)
        return;
    for (uint32_t i = 0; i < col->length; i++)
        memcpy(to + (size_t)i * width, &col->codes[i], width);
    out->length += (size_t)col->length * width;
}

static vonk_status put_column(vonk_buffer *out, const vonk_column *column, vonk_error *err);

static vonk_status put_nested(vonk_buffer *out, const vonk_column *col, vonk_error *err)
{
    if (col->type.id != VONK_STRUCT)
        vonk_buffer_append(out, col->offsets, ((size_t)stored_rows(col) + 1) * 4);
    for (uint32_t i = 0; i < n_children(col->type); i++)
        VONK_TRY(put_column(out, &col->children[i], err));
    return VONK_OK;
}

static vonk_status put_values(vonk_buffer *out, const vonk_column *col, vonk_error *err)
{
    switch (vonk_type_physical(col->type)) {
    case VONK_PHYS_NONE:
        return col->type.id == VONK_NULL ? VONK_OK : put_nested(out, col, err);
    case VONK_PHYS_BIT:
        put_bits(out, col->values, stored_rows(col));
        return VONK_OK;
    case VONK_PHYS_STRING:
        put_strings(out, col);
        return VONK_OK;
    default:
        vonk_buffer_append(out, col->values, stored_rows(col) * vonk_type_width(col->type));
        return VONK_OK;
    }
}

static vonk_status put_column(vonk_buffer *out, const vonk_column *column, vonk_error *err)
{
    vonk_arena scratch = {.budget = out->budget, .beyond = true};
    vonk_column flat;
    const vonk_column *col = column;
    if (col->encoding == VONK_DICTIONARY && col->n_dictionary > col->length) {
        vonk_status status = vonk_column_flatten(&scratch, column, &flat, err);
        if (status != VONK_OK) {
            vonk_arena_free(&scratch);
            return status;
        }
        col = &flat;
    }
    vonk_wire_put_type(out, col->type);
    vonk_wire_put_u8(out, (uint8_t)col->encoding);
    vonk_wire_put_bool(out, col->validity != NULL);
    vonk_wire_put_u32(out, col->length);
    if (col->encoding == VONK_DICTIONARY)
        vonk_wire_put_u32(out, col->n_dictionary);
    if (col->validity)
        put_bits(out, col->validity, n_bits(col));
    if (col->encoding == VONK_DICTIONARY)
        put_codes(out, col);
    vonk_status status = put_values(out, col, err);
    vonk_arena_free(&scratch);
    return status;
}

static vonk_status put_body(vonk_buffer *out, const vonk_batch *batch, vonk_error *err)
{
    vonk_wire_put_u32(out, batch->n_rows);
    vonk_wire_put_u32(out, batch->n_columns);
    for (uint32_t c = 0; c < batch->n_columns; c++)
        VONK_TRY(put_column(out, &batch->columns[c], err));
    return vonk_buffer_check(out, err);
}

static void put_header(char *to, vonk_wire_compression compression, size_t raw, size_t stored)
{
    uint32_t magic = MAGIC, raw32 = (uint32_t)raw, stored32 = (uint32_t)stored;
    memcpy(to, &magic, 4);
    to[4] = (char)compression;
    memcpy(to + 5, &raw32, 4);
    memcpy(to + 9, &stored32, 4);
}

#define HEADER 13

/* Replaces the body at `start` by a compressed one if that pays. Returns its new size, or 0. */
static size_t compress(vonk_buffer *out, size_t start)
{
    size_t raw = out->length - start;
    int bound = LZ4_compressBound((int)raw);
    vonk_buffer room = {.budget = out->budget, .beyond = true};
    char *packed = vonk_buffer_reserve(&room, (size_t)bound);
    if (!packed)
        return 0; /* it goes plain */
    int size = LZ4_compress_default(out->data + start, packed, (int)raw, bound);
    bool pays = size > 0 && (size_t)size <= raw - raw / 8;
    if (pays) {
        memcpy(out->data + start, packed, (size_t)size);
        out->length = start + (size_t)size;
    }
    vonk_buffer_free(&room);
    return pays ? (size_t)size : 0;
}

vonk_status vonk_wire_put_batch(vonk_buffer *out, const vonk_batch *batch,
                                vonk_wire_compression compression, vonk_error *err)
{
    size_t before = out->length;
    char header[HEADER] = {0};
    if (batch->n_rows > VONK_WIRE_MAX_ROWS)
        return vonk_fail(err, VONK_INVALID, "a batch of %u rows cannot be sent (limit %u)",
                         batch->n_rows, VONK_WIRE_MAX_ROWS);
    vonk_buffer_append(out, header, HEADER);
    VONK_TRY(put_body(out, batch, err));
    size_t raw = out->length - before - HEADER, stored = raw;
    if (raw > VONK_WIRE_MAX_BATCH) {
        out->length = before;
        return vonk_fail(err, VONK_INVALID, "a batch of %zu bytes cannot be sent (limit %zu)", raw,
                         VONK_WIRE_MAX_BATCH);
    }
    size_t packed =
        compression == VONK_WIRE_LZ4 && raw >= MIN_COMPRESSED ? compress(out, before + HEADER) : 0;
    if (packed)
        stored = packed;
    put_header(out->data + before, packed ? VONK_WIRE_LZ4 : VONK_WIRE_PLAIN, raw, stored);
    return VONK_OK;
}

/* ---- reading ---- */

/* `size` bytes in the arena, padded so that loops may read whole words; the padding is zero. */
static void *padded(vonk_wire_reader *in, size_t size)
{
    if (in->status != VONK_OK)
        return NULL;
    size_t room = (size + VONK_ALIGN) / VONK_ALIGN * VONK_ALIGN;
    char *data = vonk_arena_alloc(in->arena, room, in->err);
    if (!data) {
        vonk_wire_status(in, VONK_NO_MEMORY);
        return NULL;
    }
    memset(data + room - VONK_ALIGN, 0, VONK_ALIGN);
    return data;
}

/* A padded copy of the next n * width bytes. */
static void *get_values(vonk_wire_reader *in, size_t n, size_t width)
{
    const char *from = vonk_wire_raw(in, n * width);
    char *to = from ? padded(in, n * width) : NULL;
    if (to && n)
        memcpy(to, from, n * width);
    return to;
}

static void *get_strings(vonk_wire_reader *in, uint32_t n)
{
    const char *lengths = vonk_wire_raw(in, (size_t)n * 4);
    uint64_t total = 0;
    for (uint32_t i = 0; lengths && i < n; i++) {
        uint32_t length;
        memcpy(&length, lengths + (size_t)i * 4, 4);
        total += length;
    }
    const char *from = lengths ? vonk_wire_raw(in, total) : NULL;
    char *bytes = from ? padded(in, total) : NULL;
    vonk_string *views = bytes ? padded(in, (size_t)n * sizeof *views) : NULL;
    if (!views)
        return NULL;
    if (vonk_arena_copy(in->arena, bytes, from, total, in->err) != VONK_OK)
        return NULL;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t length;
        memcpy(&length, lengths + (size_t)i * 4, 4);
        views[i] = vonk_string_of(bytes, length);
        bytes += length;
    }
    return views;
}

static uint32_t *get_codes(vonk_wire_reader *in, uint32_t n, uint32_t n_dictionary)
{
    uint8_t width = code_width(n_dictionary);
    const char *from = vonk_wire_raw(in, (size_t)n * width);
    uint32_t *codes = from ? padded(in, (size_t)n * 4) : NULL;
    uint32_t largest = 0;
    for (uint32_t i = 0; codes && i < n; i++) {
        uint32_t code = 0;
        memcpy(&code, from + (size_t)i * width, width);
        codes[i] = code;
        largest = code > largest ? code : largest;
    }
    if (codes && largest >= n_dictionary)
        vonk_wire_fail(in, "dictionary code %u of %u", largest, n_dictionary);
    return codes;
}

static void get_column(vonk_wire_reader *in, vonk_column *col);

static void check_offsets(vonk_wire_reader *in, const vonk_column *col, uint32_t rows)
{
    for (uint32_t i = 0; i < rows; i++) {
        if (col->offsets[i] > col->offsets[i + 1]) {
            vonk_wire_fail(in, "offsets run backwards");
            return;
        }
    }
    for (uint32_t i = 0; i < n_children(col->type); i++) {
        if (col->offsets[rows] > col->children[i].length) {
            vonk_wire_fail(in, "offset %u of %u values", col->offsets[rows],
                           col->children[i].length);
            return;
        }
    }
}

static void get_nested(vonk_wire_reader *in, vonk_column *col, uint32_t rows)
{
    uint32_t n = n_children(col->type);
    if (!vonk_wire_enter(in))
        return;
    bool list = col->type.id != VONK_STRUCT;
    if (list)
        col->offsets = get_values(in, (size_t)rows + 1, 4);
    col->children = vonk_wire_array(in, n, sizeof *col->children);
    for (uint32_t i = 0; i < n && in->status == VONK_OK; i++) {
        get_column(in, &col->children[i]);
        if (in->status != VONK_OK)
            break;
        if (!vonk_type_equal(col->children[i].type, col->type.children->fields[i].type))
            vonk_wire_fail(in, "a child is of another type than its column says");
        else if (!list && col->children[i].length != rows)
            vonk_wire_fail(in, "a field has %u rows of %u", col->children[i].length, rows);
    }
    if (list && in->status == VONK_OK)
        check_offsets(in, col, rows);
    vonk_wire_leave(in);
}

static void get_column_values(vonk_wire_reader *in, vonk_column *col)
{
    uint32_t rows = stored_rows(col);
    switch (vonk_type_physical(col->type)) {
    case VONK_PHYS_NONE:
        if (col->type.id != VONK_NULL)
            get_nested(in, col, rows);
        break;
    case VONK_PHYS_BIT:
        col->values = get_values(in, vonk_bitmap_words(rows), 8);
        break;
    case VONK_PHYS_STRING:
        col->values = get_strings(in, rows);
        break;
    default:
        col->values = get_values(in, rows, vonk_type_width(col->type));
        break;
    }
}

static void get_column(vonk_wire_reader *in, vonk_column *col)
{
    col->type = vonk_wire_type(in);
    col->encoding = vonk_wire_enum(in, VONK_DICTIONARY + 1, "encoding");
    bool has_validity = vonk_wire_bool(in);
    col->length = vonk_wire_u32(in);
    if (col->encoding == VONK_DICTIONARY) {
        col->n_dictionary = vonk_wire_u32(in);
        if (in->status == VONK_OK && !col->n_dictionary)
            vonk_wire_fail(in, "an empty dictionary");
    }
    if (has_validity)
        col->validity = get_values(in, vonk_bitmap_words(n_bits(col)), 8);
    if (col->encoding == VONK_DICTIONARY)
        col->codes = get_codes(in, col->length, col->n_dictionary);
    if (in->status == VONK_OK)
        get_column_values(in, col);
}

static vonk_status get_body(vonk_wire_reader *in, vonk_batch *ret)
{
    vonk_batch batch = {.n_rows = vonk_wire_u32(in)};
    if (in->status == VONK_OK && batch.n_rows > VONK_WIRE_MAX_ROWS)
        vonk_wire_fail(in, "a batch of %u rows (limit %u)", batch.n_rows, VONK_WIRE_MAX_ROWS);
    batch.n_columns = vonk_wire_count(in, MIN_COLUMN, "columns");
    batch.columns = vonk_wire_array(in, batch.n_columns, sizeof *batch.columns);
    for (uint32_t c = 0; c < batch.n_columns && in->status == VONK_OK; c++) {
        get_column(in, &batch.columns[c]);
        if (in->status == VONK_OK && batch.columns[c].length != batch.n_rows)
            vonk_wire_fail(in, "a column of %u rows in a batch of %u", batch.columns[c].length,
                           batch.n_rows);
    }
    VONK_TRY(vonk_wire_end(in));
    *ret = batch;
    return VONK_OK;
}

static vonk_status get_packed(vonk_wire_reader *in, const char *body, size_t stored, size_t raw,
                              vonk_batch *ret)
{
    if (raw / 255 > stored) /* lz4 cannot do better */
        return vonk_wire_fail(in, "%zu bytes cannot become %zu", stored, raw);
    VONK_CLEANUP(vonk_arena_free)
    vonk_arena scratch = {.budget = in->arena->budget, .beyond = in->arena->beyond};
    char *plain = vonk_arena_small(&scratch, raw + 1, in->err);
    if (!plain)
        return vonk_wire_status(in, VONK_NO_MEMORY);
    int size = LZ4_decompress_safe(body, plain, (int)stored, (int)raw);
    vonk_wire_reader inner = vonk_wire_reader_of((vonk_slice){plain, raw}, in->arena, in->err);
    if (size != (int)raw)
        vonk_wire_fail(in, "a body does not decompress");
    else
        vonk_wire_status(in, get_body(&inner, ret));
    return in->status;
}

vonk_status vonk_wire_batch(vonk_wire_reader *in, vonk_batch *ret)
{
    uint32_t magic = vonk_wire_u32(in);
    if (in->status == VONK_OK && magic != MAGIC)
        vonk_wire_fail(in, "a batch begins with VKB1, not with 0x%08x", magic);
    uint8_t compression = vonk_wire_enum(in, VONK_WIRE_LZ4 + 1, "compression");
    size_t raw = vonk_wire_u32(in), stored = vonk_wire_u32(in);
    if (in->status == VONK_OK && raw > VONK_WIRE_MAX_BATCH)
        vonk_wire_fail(in, "a batch of %zu bytes (limit %zu)", raw, VONK_WIRE_MAX_BATCH);
    if (in->status == VONK_OK && compression == VONK_WIRE_PLAIN && raw != stored)
        vonk_wire_fail(in, "a plain body of %zu bytes takes %zu", raw, stored);
    const char *body = vonk_wire_raw(in, stored);
    if (!body)
        return in->status;
    if (compression == VONK_WIRE_LZ4)
        return get_packed(in, body, stored, raw, ret);
    vonk_wire_reader inner = vonk_wire_reader_of((vonk_slice){body, stored}, in->arena, in->err);
    return vonk_wire_status(in, get_body(&inner, ret));
}
