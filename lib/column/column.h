/*
 * column.h - a column of a batch: a run of values of one type, and which of them are null.
 *
 * Layout follows Arrow (bit-packed booleans, validity bitmaps, 16-byte string views). A column
 * does not own its buffers; the arena they came from does.
 *
 *      FLAT         values[length]
 *      CONSTANT     values[1], validity bit 0: stand for every row
 *      DICTIONARY   values[n_dictionary] and codes[length]; row i is values[codes[i]]
 *
 * `validity` has a bit a ROW, also for DICTIONARY (a null row's code is a valid index: n_dictionary
 * is at least 1). A null row's value is unspecified but readable, a null string's view has length 0
 * or points to readable bytes. Buffers of values and bits are padded to 64 bytes, so that loops may
 * read whole words.
 */
#ifndef VONK_COLUMN_COLUMN_H
#define VONK_COLUMN_COLUMN_H

#include "base/bitmap.h"
#include "column/string_view.h"
#include "column/type.h"

typedef enum vonk_encoding { VONK_FLAT, VONK_CONSTANT, VONK_DICTIONARY } vonk_encoding;

typedef struct vonk_column {
    vonk_type type;
    vonk_encoding encoding;
    uint32_t length;              /* rows */
    uint32_t n_dictionary;        /* VONK_DICTIONARY: entries of `values` */
    void *values;                 /* NULL for VONK_NULL and nested types */
    uint64_t *validity;           /* bit i set = row i is not null; NULL = no nulls */
    const uint32_t *codes;        /* VONK_DICTIONARY */
    struct vonk_column *children; /* nested types: one a child of the type */
    const uint32_t *offsets;      /* VONK_ARRAY, VONK_MAP: length + 1 offsets into the children */
} vonk_column;

/* Rows of several columns of one length. The columns may be borrowed from elsewhere. */
typedef struct vonk_batch {
    uint32_t n_rows;
    uint32_t n_columns;
    vonk_column *columns;
} vonk_batch;

/* Rows of a batch unless VONK_DEBUG_BATCH_ROWS says otherwise. */
#define VONK_BATCH_ROWS 8192

/* Allocates a FLAT column of `length` unset rows without nulls from `arena`. */
vonk_status vonk_column_new(vonk_arena *arena, vonk_type type, uint32_t length, vonk_column *ret,
                            vonk_error *err) VONK_MUST_CHECK;

/* A CONSTANT column of nulls. */
vonk_status vonk_column_null(vonk_arena *arena, vonk_type type, uint32_t length, vonk_column *ret,
                             vonk_error *err) VONK_MUST_CHECK;

/* Gives `col` (FLAT, no bitmap yet) a bitmap with every row valid. */
vonk_status vonk_column_add_validity(vonk_arena *arena, vonk_column *col,
                                     vonk_error *err) VONK_MUST_CHECK;

/* *ret = `col` as FLAT (shares buffers if it is FLAT already). Strings' bytes are not copied. */
vonk_status vonk_column_flatten(vonk_arena *arena, const vonk_column *col, vonk_column *ret,
                                vonk_error *err) VONK_MUST_CHECK;

/* A deep copy into `arena`, the bytes of long strings included. Keeps the encoding. */
vonk_status vonk_column_copy(vonk_arena *arena, const vonk_column *col, vonk_column *ret,
                             vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_batch_copy(vonk_arena *arena, const vonk_batch *batch, vonk_batch *ret,
                            vonk_error *err) VONK_MUST_CHECK;

/* *ret = rows start .. start + length of `col`; shares buffers where alignment allows. */
vonk_status vonk_column_slice(vonk_arena *arena, const vonk_column *col, uint32_t start,
                              uint32_t length, vonk_column *ret, vonk_error *err) VONK_MUST_CHECK;

/* *ret = rows start .. start + length of `batch`; shares buffers where alignment allows. */
vonk_status vonk_batch_slice(vonk_arena *arena, const vonk_batch *batch, uint32_t start,
                             uint32_t length, vonk_batch *ret, vonk_error *err) VONK_MUST_CHECK;

/* The bytes that its rows take, strings included: for memory and metrics. */
size_t vonk_batch_bytes(const vonk_batch *batch);

/* Row is not null. */
static inline bool vonk_column_is_valid(const vonk_column *col, uint32_t row)
{
    if (col->type.id == VONK_NULL)
        return false;
    return !col->validity || vonk_bit_get(col->validity, col->encoding == VONK_CONSTANT ? 0 : row);
}

/* Index into `values` of a row's value. */
static inline uint32_t vonk_column_at(const vonk_column *col, uint32_t row)
{
    if (col->encoding == VONK_FLAT)
        return row;
    return col->encoding == VONK_CONSTANT ? 0 : col->codes[row];
}

/*
 * Sets *ret to the bits of the rows that are not null in both, NULL if there are no nulls. Works
 * over any encodings; a->length == b->length. May return an input's own bitmap.
 */
vonk_status vonk_validity_and(vonk_arena *arena, const vonk_column *a, const vonk_column *b,
                              uint64_t **ret, vonk_error *err) VONK_MUST_CHECK;
/* The bitmap of one column with a bit for each row, NULL if there are no nulls. */
vonk_status vonk_column_validity(vonk_arena *arena, const vonk_column *col, uint64_t **ret,
                                 vonk_error *err) VONK_MUST_CHECK;

#endif
