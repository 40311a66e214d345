/* footer.h - writes the footer of a Parquet file from its schema and row groups. */
#ifndef VONK_FORMAT_PARQUET_FOOTER_H
#define VONK_FORMAT_PARQUET_FOOTER_H

#include "format/parquet/write_column.h"

typedef struct vonk_pq_out_group {
    vonk_pq_out_chunk *chunks; /* one a column */
    int64_t n_rows, offset, compressed, uncompressed;
} vonk_pq_out_group;

/* Appends FileMetaData, its length and the closing magic number. */
void vonk_pq_footer_encode(const vonk_schema *schema, const vonk_pq_out_column *columns,
                           const vonk_pq_out_group *groups, uint32_t n_groups, vonk_buffer *out);

#endif
