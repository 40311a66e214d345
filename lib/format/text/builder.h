/*
 * builder.h - a FLAT column that is filled row by row: values, and which are null.
 */
#ifndef VONK_FORMAT_TEXT_BUILDER_H
#define VONK_FORMAT_TEXT_BUILDER_H

#include "column/column.h"

typedef struct vonk_builder {
    vonk_type type;
    void *values;    /* as in a column; bits for booleans */
    uint8_t *valid;  /* a byte a row: 1 = not null */
    uint32_t n_rows; /* room */
} vonk_builder;

/*
 * The rows of a batch of `n_columns` columns: `asked` (0: VONK_BATCH_ROWS), or as many as take
 * about vonk_batch_most_bytes(), at least 64.
 */
uint32_t vonk_builder_rows(uint32_t asked, uint32_t n_columns, const vonk_budget *budget);

/* Room for `n_rows` rows, all null. */
vonk_status vonk_builder_new(vonk_arena *arena, vonk_type type, uint32_t n_rows, vonk_builder *ret,
                             vonk_error *err) VONK_MUST_CHECK;

/* The first `n` rows as a column. */
vonk_status vonk_builder_finish(vonk_arena *arena, const vonk_builder *builder, uint32_t n,
                                vonk_column *ret, vonk_error *err) VONK_MUST_CHECK;

#endif
