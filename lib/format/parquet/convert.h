/*
 * convert.h - from what a Parquet column stores to what a Vonk column holds.
 *
 * A vonk_pq_cast says how a leaf of a file becomes a column of a wanted type; it is worked out once
 * a file and column. Values come as "plain" bytes: fixed-width ones back to back, byte arrays as
 * views. Booleans are a byte each on this side.
 */
#ifndef VONK_FORMAT_PARQUET_CONVERT_H
#define VONK_FORMAT_PARQUET_CONVERT_H

#include "column/column.h"
#include "format/parquet/metadata.h"

typedef enum vonk_pq_cast_op {
    VONK_PQ_COPY, /* same bytes */
    VONK_PQ_I32_I8,
    VONK_PQ_I32_I16,
    VONK_PQ_I32_I64,
    VONK_PQ_U32_I64,
    VONK_PQ_I32_F64,
    VONK_PQ_F32_F64,
    VONK_PQ_TO_MICROS,    /* int64 milliseconds */
    VONK_PQ_NANOS_MICROS, /* int64 nanoseconds, rounded down */
    VONK_PQ_DAYS_MICROS,  /* int32 days */
    VONK_PQ_INT96_MICROS, /* nanoseconds of a day, Julian day */
    VONK_PQ_FIXED_STRING, /* views of type_length bytes */
    VONK_PQ_DECIMAL_I32,  /* the four below: scaled by `factor` to an unscaled decimal */
    VONK_PQ_DECIMAL_I64,
    VONK_PQ_DECIMAL_U64,
    VONK_PQ_DECIMAL_FIXED,
    VONK_PQ_DECIMAL_STRING, /* from views */
} vonk_pq_cast_op;

typedef struct vonk_pq_cast {
    uint8_t op;          /* vonk_pq_cast_op */
    uint8_t physical;    /* vonk_pq_physical of the file */
    uint32_t from_width; /* bytes of a stored value; 0 = byte array; booleans 1 */
    uint32_t to_width;   /* bytes of a column's value; booleans 1 */
    vonk_int128 factor;  /* decimals: power of ten */
    vonk_type type;
} vonk_pq_cast;

/*
 * The Spark type of a leaf.
 * Errors: VONK_USER with PARQUET_TYPE_ILLEGAL, PARQUET_TYPE_NOT_SUPPORTED, UNSUPPORTED_TIME_TYPE.
 */
vonk_status vonk_pq_leaf_type(const vonk_pq_element *leaf, vonk_type *ret,
                              vonk_error *err) VONK_MUST_CHECK;

/* How `leaf` is read as `type`; false if that would not be safe. */
bool vonk_pq_cast_find(const vonk_pq_element *leaf, vonk_type type, vonk_pq_cast *ret);

/*
 * n values from `from` (from_width each, any alignment; vonk_string if from_width is 0) to `ret`.
 * Errors: VONK_CORRUPT, a value that does not fit its type.
 */
vonk_status vonk_pq_convert(const vonk_pq_cast *cast, const void *from, uint32_t n, void *ret,
                            vonk_error *err) VONK_MUST_CHECK;

/* ret[i] = from[index[i] - base], values of `width` bytes (any). */
void vonk_pq_gather(uint32_t width, const void *from, const uint32_t *index, uint32_t base,
                    uint32_t n, void *ret);
/* Row i gets the next value of `from` where bit i of `valid` is set, any value elsewhere. `from`
 * must have one readable value more than bits are set. */
void vonk_pq_expand(uint32_t width, const void *from, const uint64_t *valid, uint32_t n, void *ret);

#endif
