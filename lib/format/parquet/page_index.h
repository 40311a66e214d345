/*
 * page_index.h - what a file says of the data pages of a column chunk, apart from them: where their
 * rows begin (the offset index) and what values they have (the column index).
 *
 * Not every file has them. Source: parquet-format, PageIndex.md.
 */
#ifndef VONK_FORMAT_PARQUET_PAGE_INDEX_H
#define VONK_FORMAT_PARQUET_PAGE_INDEX_H

#include "format/parquet/metadata.h"

typedef struct vonk_pq_page_index {
    uint32_t n;         /* pages */
    int64_t *first_row; /* n + 1: ascending from 0, the last is n_rows */
    vonk_pq_stats *stats;
} vonk_pq_page_index;

/*
 * Decodes both indexes of a chunk of `n_rows` rows into `arena`; values are borrowed from
 * `columns`. Errors: VONK_CORRUPT (also where they do not fit each other), VONK_NO_MEMORY.
 */
vonk_status vonk_pq_page_index_decode(vonk_slice columns, vonk_slice offsets, int64_t n_rows,
                                      vonk_arena *arena, vonk_pq_page_index *ret,
                                      vonk_error *err) VONK_MUST_CHECK;

#endif
