/*
 * write_column.h - one column of a row group being written: values become pages, compressed pages
 * wait in memory until the row group ends.
 *
 *      add -> dictionary codes or plain values -> page -> `pages` -> file (dictionary page first)
 */
#ifndef VONK_FORMAT_PARQUET_WRITE_COLUMN_H
#define VONK_FORMAT_PARQUET_WRITE_COLUMN_H

#include "column/column.h"
#include "format/parquet/codec.h"
#include "format/parquet/dictionary.h"
#include "format/parquet/metadata.h"

/* Least and greatest value so far; strings are copies. */
typedef struct vonk_pq_range {
    bool known;
    union {
        int64_t i64[2];
        double f64[2];
        vonk_int128 i128[2];
    };
    vonk_buffer text[2];
} vonk_pq_range;

typedef struct vonk_pq_write_options {
    vonk_pq_compression compression;
    bool dictionary;
    size_t page_size, dictionary_size; /* bytes */
    uint32_t page_rows;
} vonk_pq_write_options;

typedef struct vonk_pq_out_column {
    const vonk_pq_write_options *options;
    vonk_pq_codec *codec;
    vonk_type type;
    uint8_t physical; /* vonk_pq_physical */
    uint32_t width;   /* bytes of a stored value; 0 = byte array; booleans 1 */
    bool optional;

    /* the page being filled */
    uint32_t n_rows, n_valid;
    vonk_buffer levels; /* a bit a row, in words */
    vonk_buffer codes;  /* uint32_t a value, while `use_dictionary` */
    vonk_buffer plain;  /* else; booleans a byte each */

    /* the chunk */
    bool use_dictionary; /* for the page being filled */
    vonk_pq_dictionary dictionary;
    vonk_buffer pages;
    uint32_t n_dictionary_pages, n_plain_pages; /* data pages by encoding */
    int64_t chunk_rows, chunk_nulls, uncompressed;
    vonk_pq_range range;
    vonk_buffer scratch;
} vonk_pq_out_column;

/* What a chunk became in the file. */
typedef struct vonk_pq_out_chunk {
    int64_t dictionary_offset; /* -1 = none */
    int64_t data_offset, compressed, uncompressed, n_values, n_nulls;
    uint32_t n_dictionary_pages, n_plain_pages;
    bool has_range, min_exact, max_exact, has_max;
    vonk_slice min, max; /* as statistics have them */
} vonk_pq_out_chunk;

/* Sets up `ret` for values of `type`. Errors: VONK_USER (void), VONK_UNSUPPORTED (nested). */
vonk_status vonk_pq_out_column_init(vonk_type type, bool optional,
                                    const vonk_pq_write_options *options, vonk_pq_codec *codec,
                                    vonk_pq_out_column *ret, vonk_error *err) VONK_MUST_CHECK;
void vonk_pq_out_column_fini(vonk_pq_out_column *col);

/* Adds the rows of `from` (any encoding). `arena` is for a moment. */
vonk_status vonk_pq_out_column_add(vonk_pq_out_column *col, const vonk_column *from,
                                   vonk_arena *arena, vonk_error *err) VONK_MUST_CHECK;

/*
 * Ends the chunk: appends its pages to `out`, whose first byte is at `offset` in the file, and
 * empties the column. Slices in *ret live in `arena`.
 */
vonk_status vonk_pq_out_column_flush(vonk_pq_out_column *col, int64_t offset, vonk_buffer *out,
                                     vonk_arena *arena, vonk_pq_out_chunk *ret,
                                     vonk_error *err) VONK_MUST_CHECK;

/* Bytes of memory held. */
size_t vonk_pq_out_column_bytes(const vonk_pq_out_column *col);
/* Bytes that the chunk has so far. */
size_t vonk_pq_out_column_size(const vonk_pq_out_column *col);

/* Between write_values.c, which fills a page, and write_column.c, which ends it. */
vonk_status vonk_pq_out_column_end_page(vonk_pq_out_column *col, vonk_error *err) VONK_MUST_CHECK;
/* Moves the values that are codes so far to `plain`; later ones go there by themselves. */
void vonk_pq_out_column_leave_dictionary(vonk_pq_out_column *col);

/* range.c: statistics. A value is as in a plain page, without its length. */
void vonk_pq_range_add(vonk_pq_range *range, uint8_t physical, const void *value, uint32_t length);
/* The same of n numbers of 4 or 8 bytes, one after the other. */
void vonk_pq_range_add_numbers(vonk_pq_range *range, uint8_t physical, const char *values,
                               uint32_t n);
vonk_status vonk_pq_range_encode(const vonk_pq_range *range, uint8_t physical, uint32_t width,
                                 vonk_arena *arena, vonk_pq_out_chunk *ret,
                                 vonk_error *err) VONK_MUST_CHECK;
void vonk_pq_range_clear(vonk_pq_range *range);

#endif
