/*
 * chunk.h - reads one column of one row group forward: pages, levels, values, dictionary.
 *
 *      open -> [dictionary] -> (read | skip)* -> close
 *
 * Rows that are skipped cost nothing but the heads of the pages that they lie in: a page is only
 * decompressed when a row of it is read, and of plain numbers only up to that row. Columns that
 * `read` gives borrow from the arena, the pages (until vonk_pq_memory_recycle) and the dictionary
 * (until close).
 */
#ifndef VONK_FORMAT_PARQUET_CHUNK_H
#define VONK_FORMAT_PARQUET_CHUNK_H

#include "format/parquet/codec.h"
#include "format/parquet/convert.h"
#include "format/parquet/hybrid.h"
#include "format/parquet/memory.h"
#include "format/parquet/snappy.h"

/* Room for one read at a time, shared by the chunks of a reader. */
typedef struct vonk_pq_scratch {
    uint32_t rows;    /* the most rows of a read */
    uint64_t *levels; /* a bit a row */
    uint32_t *codes, *row_codes;
    char *values, *rows_values; /* 16 bytes a row */
    vonk_string *views;
} vonk_pq_scratch;

vonk_status vonk_pq_scratch_new(vonk_arena *arena, uint32_t rows, vonk_pq_scratch *ret,
                                vonk_error *err) VONK_MUST_CHECK;

/* How the values of the current page are stored, after decompression. */
typedef enum vonk_pq_form {
    VONK_PQ_FORM_FIXED, /* values back to back */
    VONK_PQ_FORM_BYTES, /* each with its length before it */
    VONK_PQ_FORM_VIEWS, /* decoded to views */
    VONK_PQ_FORM_CODES, /* into the dictionary */
    VONK_PQ_FORM_BITS,  /* booleans, a bit each */
    VONK_PQ_FORM_RUNS,  /* booleans as a hybrid */
} vonk_pq_form;

typedef struct vonk_pq_page {
    uint32_t n;      /* rows */
    uint32_t at;     /* rows read or skipped */
    uint32_t cursor; /* rows that the fields below have passed */
    bool opened;
    vonk_pq_page_head head;
    vonk_slice body; /* as stored */
    /* valid once opened */
    bool has_levels;
    uint8_t form; /* vonk_pq_form */
    vonk_pq_hybrid levels;
    vonk_pq_hybrid codes;
    const char *values, *end; /* what is left of FIXED, BYTES; BITS: all */
    const char *readable;     /* end of what may be loaded */
    uint64_t bit;             /* BITS: bits passed */
    const vonk_string *views, *views_end;
    vonk_pq_block *block; /* decompressed bytes, may be NULL */
    bool is_partial;      /* `block` is decompressed as far as `rest` has come */
    vonk_unsnap rest;
    vonk_pq_block *decoded; /* decoded values, may be NULL */
} vonk_pq_page;

typedef struct vonk_pq_chunk {
    vonk_pq_cast cast;
    bool optional;
    int32_t compression;
    bool keep_codes;  /* dictionary-encoded values come as DICTIONARY columns, not only strings */
    vonk_slice bytes; /* the chunk's, what is left after the current page */
    const char *readable; /* end of the memory that `bytes` lies in */
    int64_t rows_left;    /* after the current page */
    vonk_pq_memory *memory;
    vonk_pq_codec *codec;
    vonk_pq_scratch *scratch;
    vonk_arena *arena; /* lives as long as the chunk */

    bool has_dictionary, dictionary_loaded;
    vonk_pq_page_head dictionary_head;
    vonk_slice dictionary_body;
    vonk_pq_block *dictionary_block;
    void *dictionary; /* n_dictionary values of cast.to_width, at least one readable */
    uint32_t n_dictionary;
    uint64_t bytes_read;   /* of pages opened, as stored */
    uint64_t bytes_pruned; /* of pages that were passed without */
    vonk_pq_page page;
} vonk_pq_chunk;

/* Fields up to `arena` are set by the caller. Reads the first page's head. */
vonk_status vonk_pq_chunk_open(vonk_pq_chunk *chunk, vonk_error *err) VONK_MUST_CHECK;
void vonk_pq_chunk_close(vonk_pq_chunk *chunk);

/* Loads the dictionary, if there is one: see has_dictionary. */
vonk_status vonk_pq_chunk_dictionary(vonk_pq_chunk *chunk, vonk_error *err) VONK_MUST_CHECK;

vonk_status vonk_pq_chunk_skip(vonk_pq_chunk *chunk, uint64_t n, vonk_error *err) VONK_MUST_CHECK;

/*
 * The rows sel[0..n_sel) (ascending) of the next `n` rows, all of them if sel is NULL. FLAT, or
 * DICTIONARY if all pages touched have codes and the column holds strings or keep_codes is set.
 */
vonk_status vonk_pq_chunk_read(vonk_pq_chunk *chunk, vonk_arena *arena, uint32_t n,
                               const uint32_t *sel, uint32_t n_sel, vonk_column *ret,
                               vonk_error *err) VONK_MUST_CHECK;

/* For page.c: makes the current page's values readable. */
vonk_status vonk_pq_page_open(vonk_pq_chunk *chunk, vonk_error *err) VONK_MUST_CHECK;
/* For page.c, in page_body.c: sets page->block and *ret to the bytes of the current page's values,
 * and opens the levels before them. */
vonk_status vonk_pq_page_body(vonk_pq_chunk *chunk, vonk_slice *ret,
                              vonk_error *err) VONK_MUST_CHECK;
/* Checks and decompresses all of a `body`; *ret is the bytes, in *ret_block if they had to be made.
 */
vonk_status vonk_pq_page_inflate(vonk_pq_chunk *chunk, const vonk_pq_page_head *head,
                                 vonk_slice body, vonk_slice *ret, vonk_pq_block **ret_block,
                                 vonk_error *err) VONK_MUST_CHECK;
/* The bytes of the open page's block are there up to `end`. */
vonk_status vonk_pq_page_make(vonk_pq_page *page, const char *end, vonk_error *err) VONK_MUST_CHECK;
/* Drops the current page and reads the head of the next. */
vonk_status vonk_pq_page_next(vonk_pq_chunk *chunk, vonk_error *err) VONK_MUST_CHECK;
void vonk_pq_page_drop(vonk_pq_chunk *chunk);

#endif
