/*
 * fuzz_page.c - any bytes as a page of a Parquet column, of each type, encoding and codec: what a
 * whole file keeps from a fuzzer behind heads, sizes and checksums. What is read in pieces, with
 * rows skipped and picked, must be what is read at once.
 *
 *     type | encoding | flags | codec | rows:2 | type length | dictionary length:2 | dictionary,
 * page
 */
#include <stdlib.h>
#include <string.h>

#include "expr/eval.h"
#include "format/parquet/chunk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADER = 9, MOST_ROWS = 512, RAW = 1, V2 = 2, OPTIONAL = 4, CODES = 8, PACKED_LEVELS = 16 };

typedef struct input {
    vonk_pq_cast cast;
    uint8_t encoding, flags, codec;
    uint32_t n, n_dictionary;
    vonk_slice dictionary, page;
} input;

static bool parse(const uint8_t *data, size_t size, input *ret)
{
    static const uint8_t logical[] = {VONK_PQ_L_NONE, VONK_PQ_L_STRING, VONK_PQ_L_DECIMAL,
                                      VONK_PQ_L_TIMESTAMP};
    if (size < HEADER)
        return false;
    vonk_pq_element leaf = {.physical = data[0] % 8,
                            .logical = logical[data[0] / 8 % 4],
                            .unit = data[0] / 32 % 3,
                            .type_length = data[6] % 40,
                            .precision = 1 + data[6] % 38};
    *ret = (input){.encoding = data[1] % 10,
                   .flags = data[2],
                   .codec = data[3] % 8,
                   .n = (data[4] | (uint32_t)data[5] << 8) % (MOST_ROWS + 1)};
    vonk_type type;
    if (vonk_pq_leaf_type(&leaf, &type, NULL) != VONK_OK ||
        !vonk_pq_cast_find(&leaf, type, &ret->cast))
        return false;
    size_t dictionary = data[7] | (size_t)data[8] << 8, left = size - HEADER;
    if (dictionary > left)
        dictionary = left;
    ret->dictionary = (vonk_slice){(const char *)data + HEADER, dictionary};
    ret->page = (vonk_slice){ret->dictionary.data + dictionary, left - dictionary};
    uint32_t width = ret->cast.from_width ? ret->cast.from_width : 5;
    ret->n_dictionary = (uint32_t)(dictionary / width);
    return true;
}

/* The body as it is stored: compressed here unless RAW. */
static vonk_slice store(const input *in, vonk_slice body, vonk_pq_codec *codec, vonk_buffer *out)
{
    bool whole = in->flags & RAW || in->codec == VONK_PQ_UNCOMPRESSED || !body.length;
    if (whole || vonk_pq_compress(codec, (vonk_pq_compression)in->codec, body, out, NULL)) {
        vonk_buffer_append(out, body.data, body.length);
        out->data = realloc(out->data, out->length ? out->length : 1); /* its end is its end */
    }
    return (vonk_slice){out->data, out->length};
}

static vonk_pq_page_head head_of(const input *in, int32_t type, vonk_slice plain, vonk_slice stored)
{
    int32_t levels = in->flags & OPTIONAL ? (int32_t)(plain.length / 3) : 0;
    vonk_pq_page_head head = {.type = type,
                              .uncompressed = (int32_t)plain.length,
                              .compressed = (int32_t)stored.length,
                              .n_values = (int32_t)in->n,
                              .encoding = in->encoding,
                              .level_encoding = VONK_PQ_RLE};
    if (in->flags & PACKED_LEVELS)
        head.level_encoding = VONK_PQ_BIT_PACKED;
    if (type == VONK_PQ_DATA_PAGE_V2) { /* levels are never compressed */
        head.def_length = levels;
        head.n_nulls = levels ? (int32_t)in->n / 2 : 0;
        head.is_compressed = in->flags & RAW && in->codec;
        head.uncompressed += head.is_compressed ? (int32_t)stored.length * 3 : 0;
    } else if (in->flags & RAW && in->codec) {
        head.uncompressed = (int32_t)stored.length * 3;
    }
    return head;
}

typedef struct reading {
    vonk_pq_codec codec;
    vonk_pq_memory memory;
    vonk_pq_scratch scratch;
    vonk_buffer page, dictionary;
    vonk_arena arena;
    vonk_pq_chunk chunk;
} reading;

static void begin(const input *in, reading *r)
{
    bool v2 = in->flags & V2;
    vonk_slice page = v2 ? in->page : store(in, in->page, &r->codec, &r->page);
    if (v2) {
        vonk_buffer_append(&r->page, page.data, page.length);
        page = (vonk_slice){r->page.data, r->page.length};
    }
    static const char nothing[1];
    if (!page.data) /* a file has an address, even of no bytes */
        page.data = nothing;
    vonk_slice dictionary = store(in, in->dictionary, &r->codec, &r->dictionary);
    if (vonk_pq_scratch_new(&r->arena, 128, &r->scratch, NULL) != VONK_OK)
        abort();
    r->chunk = (vonk_pq_chunk){.cast = in->cast,
                               .optional = in->flags & OPTIONAL,
                               .compression = in->codec,
                               .keep_codes = in->flags & CODES,
                               .readable = page.data + page.length,
                               .memory = &r->memory,
                               .codec = &r->codec,
                               .scratch = &r->scratch,
                               .arena = &r->arena,
                               .has_dictionary = in->dictionary.length > 0};
    r->chunk.page.head = head_of(in, v2 ? VONK_PQ_DATA_PAGE_V2 : VONK_PQ_DATA_PAGE, in->page, page);
    r->chunk.page.n = in->n;
    r->chunk.page.body = page;
    r->chunk.dictionary_head = head_of(in, VONK_PQ_DICTIONARY_PAGE, in->dictionary, dictionary);
    r->chunk.dictionary_head.n_values = (int32_t)in->n_dictionary;
    r->chunk.dictionary_head.encoding = VONK_PQ_PLAIN;
    r->chunk.dictionary_body = dictionary.data ? dictionary : (vonk_slice){nothing, 0};
}

static void end(reading *r)
{
    vonk_pq_chunk_close(&r->chunk);
    vonk_pq_memory_fini(&r->memory);
    vonk_pq_codec_fini(&r->codec);
    vonk_buffer_free(&r->page);
    vonk_buffer_free(&r->dictionary);
    vonk_arena_free(&r->arena);
}

/* A number of what the row holds; every byte of a text is looked at. */
static uint64_t sum_of(const vonk_column *col, uint32_t row)
{
    uint64_t sum = 1;
    if (!vonk_column_is_valid(col, row))
        return 0;
    vonk_value value = vonk_column_value(col, row);
    vonk_physical_type physical = vonk_type_physical(col->type);
    if (physical == VONK_PHYS_STRING)
        for (size_t i = 0; i < value.string.length; i++)
            sum = sum * 31 + (unsigned char)value.string.data[i];
    else
        sum += physical == VONK_PHYS_BIT ? (uint64_t)value.boolean : 0;
    return sum;
}

/* Reads all rows, `step` at a time, of them every `nth`. False: the page does not decode. */
static bool read_rows(const input *in, uint32_t step, uint32_t nth, uint64_t *ret_sums)
{
    static reading none;
    reading r = none;
    bool fine = true;
    begin(in, &r);
    for (uint32_t row = 0; row < in->n && fine; row += step) {
        uint32_t n = in->n - row < step ? in->n - row : step, n_sel = 0, sel[MOST_ROWS];
        for (uint32_t i = 0; i < n; i++)
            if ((row + i) % nth == 0)
                sel[n_sel++] = i;
        vonk_column col;
        bool picked = nth > 1;
        if (picked && !n_sel) {
            fine = vonk_pq_chunk_skip(&r.chunk, n, NULL) == VONK_OK;
            continue;
        }
        fine = vonk_pq_chunk_read(&r.chunk, &r.arena, n, picked ? sel : NULL, n_sel, &col, NULL) ==
               VONK_OK;
        for (uint32_t i = 0; fine && i < n_sel; i++)
            ret_sums[row + sel[i]] = sum_of(&col, i);
    }
    end(&r);
    return fine;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in;
    uint64_t whole[MOST_ROWS] = {0}, pieces[MOST_ROWS] = {0}, some[MOST_ROWS] = {0};
    if (!parse(data, size, &in) || !in.n)
        return 0;
    bool fine = in.n <= 128 ? read_rows(&in, in.n, 1, whole) : read_rows(&in, 128, 1, whole);
    if (fine && (!read_rows(&in, 7, 1, pieces) || memcmp(whole, pieces, sizeof whole) != 0))
        abort();
    if (fine && !read_rows(&in, 50, 9, some))
        abort();
    for (uint32_t i = 0; fine && i < in.n; i += 9)
        if (some[i] != whole[i])
            abort();
    return 0;
}
