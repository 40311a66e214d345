/* write_column.c - see write_column.h. */
#include "format/parquet/write_column.h"

#include <libdeflate.h>
#include <string.h>

#include "format/parquet/pack.h"

/* Bytes of two's complement that hold a precision: 1..38. */
static uint32_t decimal_width(uint32_t precision)
{
    static const uint8_t bytes[] = {0,  1,  1,  2,  2,  3,  3,  4,  4,  4,  5,  5,  6,
                                    6,  6,  7,  7,  8,  8,  9,  9,  9,  10, 10, 11, 11,
                                    11, 12, 12, 13, 13, 13, 14, 14, 15, 15, 16, 16, 16};
    return bytes[precision];
}

static void choose_physical(vonk_type type, uint8_t *physical, uint32_t *width)
{
    static const struct {
        uint8_t physical, width;
    } table[VONK_N_TYPES] = {
        [VONK_BOOL] = {VONK_PQ_BOOLEAN, 1},      [VONK_INT8] = {VONK_PQ_INT32, 4},
        [VONK_INT16] = {VONK_PQ_INT32, 4},       [VONK_INT32] = {VONK_PQ_INT32, 4},
        [VONK_INT64] = {VONK_PQ_INT64, 8},       [VONK_FLOAT32] = {VONK_PQ_FLOAT, 4},
        [VONK_FLOAT64] = {VONK_PQ_DOUBLE, 8},    [VONK_STRING] = {VONK_PQ_BYTE_ARRAY, 0},
        [VONK_BINARY] = {VONK_PQ_BYTE_ARRAY, 0}, [VONK_DATE] = {VONK_PQ_INT32, 4},
        [VONK_TIMESTAMP] = {VONK_PQ_INT64, 8},   [VONK_TIMESTAMP_NTZ] = {VONK_PQ_INT64, 8},
        [VONK_INTERVAL_YM] = {VONK_PQ_INT32, 4}, [VONK_INTERVAL_DT] = {VONK_PQ_INT64, 8},
    };
    *physical = table[type.id].physical;
    *width = table[type.id].width;
    if (type.id == VONK_DECIMAL) {
        *physical = type.precision <= 9    ? VONK_PQ_INT32
                    : type.precision <= 18 ? VONK_PQ_INT64
                                           : VONK_PQ_FIXED;
        *width = type.precision <= 9 ? 4 : type.precision <= 18 ? 8 : decimal_width(type.precision);
    }
}

vonk_status vonk_pq_out_column_init(vonk_type type, bool optional,
                                    const vonk_pq_write_options *options, vonk_pq_codec *codec,
                                    vonk_pq_out_column *ret, vonk_error *err)
{
    if (type.id == VONK_NULL)
        return vonk_fail_sql(err, "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE",
                             "The Parquet datasource doesn't support the column of the type "
                             "\"VOID\".");
    if (type.children)
        return vonk_fail(err, VONK_UNSUPPORTED,
                         "writing nested columns to Parquet is not supported yet");
    *ret = (vonk_pq_out_column){
        .options = options, .codec = codec, .type = type, .optional = optional};
    choose_physical(type, &ret->physical, &ret->width);
    ret->use_dictionary = options->dictionary && type.id != VONK_BOOL;
    ret->dictionary.width = ret->width;
    return VONK_OK;
}

void vonk_pq_out_column_fini(vonk_pq_out_column *col)
{
    vonk_buffer_free(&col->levels);
    vonk_buffer_free(&col->codes);
    vonk_buffer_free(&col->plain);
    vonk_buffer_free(&col->pages);
    vonk_buffer_free(&col->scratch);
    vonk_buffer_free(&col->range.text[0]);
    vonk_buffer_free(&col->range.text[1]);
    vonk_pq_dictionary_fini(&col->dictionary);
}

size_t vonk_pq_out_column_bytes(const vonk_pq_out_column *col)
{
    return col->levels.capacity + col->codes.capacity + col->plain.capacity + col->pages.capacity +
           col->scratch.capacity + col->dictionary.values.capacity +
           col->dictionary.starts.capacity + col->dictionary.hashes.capacity +
           (size_t)col->dictionary.n_slots * 4;
}

size_t vonk_pq_out_column_size(const vonk_pq_out_column *col)
{
    return col->pages.length + col->codes.length + col->plain.length +
           col->dictionary.values.length;
}

/* ---- pages ---- */

/* A page's sizes are of 32 bits. Source: parquet.thrift, PageHeader. */
static vonk_status page_too_large(size_t size, vonk_error *err)
{
    return vonk_fail(err, VONK_INVALID, "a Parquet page of %zu bytes is too large", size);
}

/* Compresses `body` and appends it as a page to `out`. */
static vonk_status put_page(vonk_pq_out_column *col, vonk_pq_page_head *head, vonk_slice body,
                            vonk_buffer *out, vonk_error *err)
{
    vonk_buffer compressed VONK_CLEANUP(vonk_buffer_free) = {0};
    if (body.length > INT32_MAX)
        return page_too_large(body.length, err);
    if (col->options->compression != VONK_PQ_UNCOMPRESSED) {
        VONK_TRY(vonk_pq_compress(col->codec, col->options->compression, body, &compressed, err));
        body = (vonk_slice){compressed.data, compressed.length};
        if (body.length > INT32_MAX)
            return page_too_large(body.length, err);
    }
    head->compressed = (int32_t)body.length;
    head->has_crc = true;
    head->crc = libdeflate_crc32(0, body.data, body.length);
    size_t start = out->length;
    vonk_pq_page_head_encode(head, out);
    col->uncompressed += (int64_t)(out->length - start) + head->uncompressed;
    vonk_buffer_append(out, body.data, body.length);
    return vonk_buffer_check(out, err);
}

static void put_booleans(const vonk_buffer *flags, vonk_buffer *out)
{
    for (size_t start = 0; start < flags->length; start += 8) {
        uint32_t byte = 0;
        for (size_t i = start; i < start + 8 && i < flags->length; i++)
            byte |= (uint32_t)(flags->data[i] & 1) << (i - start);
        vonk_buffer_char(out, (char)byte);
    }
}

/* The first page shows whether codes and dictionary take less than the values themselves. */
static bool dictionary_pays(const vonk_pq_out_column *col)
{
    const uint32_t *codes = (const uint32_t *)(const void *)col->codes.data;
    size_t n = col->codes.length / 4, plain = n * col->width;
    for (size_t i = 0; !col->width && i < n; i++)
        plain += vonk_pq_dictionary_plain(&col->dictionary, codes[i]).length;
    size_t packed = n * vonk_pq_bits_for(col->dictionary.n) / 8;
    return packed + col->dictionary.values.length < plain;
}

/* Levels go before the plain values, where these are: they may be gigabytes. */
static vonk_buffer *put_before_plain(vonk_pq_out_column *col, const vonk_buffer *levels)
{
    vonk_buffer *plain = &col->plain;
    if (levels->length && vonk_buffer_reserve(plain, levels->length)) {
        memmove(plain->data + levels->length, plain->data, plain->length);
        memcpy(plain->data, levels->data, levels->length);
        plain->length += levels->length;
    }
    return plain;
}

vonk_status vonk_pq_out_column_end_page(vonk_pq_out_column *col, vonk_error *err)
{
    if (col->n_rows == 0)
        return VONK_OK;
    if (col->use_dictionary && col->n_dictionary_pages == 0 && !dictionary_pays(col))
        vonk_pq_out_column_leave_dictionary(col);
    vonk_buffer *body = &col->scratch;
    body->length = 0;
    if (col->optional)
        vonk_pq_pack_levels((const uint64_t *)(const void *)col->levels.data, col->n_rows,
                            col->n_valid, body);
    if (col->use_dictionary) {
        uint32_t width = vonk_pq_bits_for(col->dictionary.n);
        vonk_buffer_char(body, (char)width);
        vonk_pq_pack((const uint32_t *)(const void *)col->codes.data,
                     (uint32_t)(col->codes.length / 4), width, body);
        col->n_dictionary_pages++;
    } else {
        if (col->type.id == VONK_BOOL)
            put_booleans(&col->plain, body);
        else if (!body->failed)
            body = put_before_plain(col, body);
        col->n_plain_pages++;
    }
    if (col->plain.failed || col->codes.failed || col->levels.failed)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a Parquet page");
    VONK_TRY(vonk_buffer_check(body, err));
    vonk_pq_page_head head = {
        .type = VONK_PQ_DATA_PAGE,
        .n_values = (int32_t)col->n_rows,
        .uncompressed = (int32_t)body->length,
        .encoding = col->use_dictionary ? VONK_PQ_RLE_DICTIONARY : VONK_PQ_PLAIN,
    };
    VONK_TRY(put_page(col, &head, (vonk_slice){body->data, body->length}, &col->pages, err));
    col->chunk_rows += col->n_rows;
    col->chunk_nulls += col->n_rows - col->n_valid;
    col->n_rows = col->n_valid = 0;
    col->levels.length = col->codes.length = col->plain.length = 0;
    return VONK_OK;
}

/* ---- the chunk ---- */

static vonk_status put_dictionary(vonk_pq_out_column *col, vonk_buffer *out, vonk_error *err)
{
    const vonk_pq_dictionary *dict = &col->dictionary;
    vonk_pq_page_head head = {
        .type = VONK_PQ_DICTIONARY_PAGE,
        .n_values = (int32_t)dict->n,
        .uncompressed = (int32_t)dict->values.length,
        .encoding = VONK_PQ_PLAIN,
    };
    return put_page(col, &head, (vonk_slice){dict->values.data, dict->values.length}, out, err);
}

vonk_status vonk_pq_out_column_flush(vonk_pq_out_column *col, int64_t offset, vonk_buffer *out,
                                     vonk_arena *arena, vonk_pq_out_chunk *ret, vonk_error *err)
{
    size_t start = out->length;
    VONK_TRY(vonk_pq_out_column_end_page(col, err));
    *ret = (vonk_pq_out_chunk){.dictionary_offset = -1,
                               .n_values = col->chunk_rows,
                               .n_nulls = col->chunk_nulls,
                               .n_dictionary_pages = col->n_dictionary_pages,
                               .n_plain_pages = col->n_plain_pages};
    if (col->n_dictionary_pages > 0) {
        ret->dictionary_offset = offset;
        VONK_TRY(put_dictionary(col, out, err));
    }
    ret->data_offset = offset + (int64_t)(out->length - start);
    vonk_buffer_append(out, col->pages.data, col->pages.length);
    VONK_TRY(vonk_buffer_check(out, err));
    ret->compressed = (int64_t)(out->length - start);
    ret->uncompressed = col->uncompressed;
    VONK_TRY(vonk_pq_range_encode(&col->range, col->physical, col->width, arena, ret, err));
    vonk_pq_dictionary_clear(&col->dictionary);
    vonk_pq_range_clear(&col->range);
    col->pages.length = 0;
    col->chunk_rows = col->chunk_nulls = col->uncompressed = 0;
    col->n_dictionary_pages = col->n_plain_pages = 0;
    col->use_dictionary = col->options->dictionary && col->type.id != VONK_BOOL;
    return VONK_OK;
}
