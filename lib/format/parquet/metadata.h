/*
 * metadata.h - what a Parquet file says of itself: the footer and the heads of pages.
 *
 * Everything decoded is plain data in the caller's arena; names and statistics are borrowed from
 * the footer's bytes. Numbers are as the file has them: users check them against the file.
 * Source: parquet-format, parquet.thrift.
 */
#ifndef VONK_FORMAT_PARQUET_METADATA_H
#define VONK_FORMAT_PARQUET_METADATA_H

#include "base/arena.h"
#include "base/buffer.h"

typedef enum vonk_pq_physical {
    VONK_PQ_BOOLEAN,
    VONK_PQ_INT32,
    VONK_PQ_INT64,
    VONK_PQ_INT96,
    VONK_PQ_FLOAT,
    VONK_PQ_DOUBLE,
    VONK_PQ_BYTE_ARRAY,
    VONK_PQ_FIXED, /* FIXED_LEN_BYTE_ARRAY */
    VONK_PQ_N_PHYSICAL,
    VONK_PQ_GROUP = 255, /* not a leaf */
} vonk_pq_physical;

typedef enum vonk_pq_encoding {
    VONK_PQ_PLAIN = 0,
    VONK_PQ_PLAIN_DICTIONARY = 2,
    VONK_PQ_RLE = 3,
    VONK_PQ_BIT_PACKED = 4,
    VONK_PQ_DELTA_BINARY_PACKED = 5,
    VONK_PQ_DELTA_LENGTH_BYTE_ARRAY = 6,
    VONK_PQ_DELTA_BYTE_ARRAY = 7,
    VONK_PQ_RLE_DICTIONARY = 8,
    VONK_PQ_BYTE_STREAM_SPLIT = 9,
} vonk_pq_encoding;

typedef enum vonk_pq_repetition {
    VONK_PQ_REQUIRED,
    VONK_PQ_OPTIONAL,
    VONK_PQ_REPEATED,
} vonk_pq_repetition;

/* Logical types; converted types of old files are brought to the same form. */
typedef enum vonk_pq_logical {
    VONK_PQ_L_NONE,
    VONK_PQ_L_STRING,
    VONK_PQ_L_MAP,
    VONK_PQ_L_LIST,
    VONK_PQ_L_ENUM,
    VONK_PQ_L_DECIMAL,
    VONK_PQ_L_DATE,
    VONK_PQ_L_TIME,
    VONK_PQ_L_TIMESTAMP,
    VONK_PQ_L_INTERVAL,
    VONK_PQ_L_INTEGER,
    VONK_PQ_L_UNKNOWN,
    VONK_PQ_L_JSON,
    VONK_PQ_L_BSON,
    VONK_PQ_L_UUID,
    VONK_PQ_L_FLOAT16,
    VONK_PQ_L_OTHER,
} vonk_pq_logical;

typedef enum vonk_pq_unit { VONK_PQ_MILLIS, VONK_PQ_MICROS, VONK_PQ_NANOS } vonk_pq_unit;

/* A node of the schema, in the file's depth-first order. */
typedef struct vonk_pq_element {
    vonk_slice name;
    uint8_t physical;   /* vonk_pq_physical */
    uint8_t repetition; /* vonk_pq_repetition */
    uint8_t logical;    /* vonk_pq_logical */
    uint8_t unit;       /* vonk_pq_unit of TIME and TIMESTAMP */
    uint8_t bits;       /* INTEGER */
    bool is_signed;     /* INTEGER */
    bool utc;           /* TIME, TIMESTAMP: isAdjustedToUTC */
    int32_t type_length;
    int32_t n_children;
    int32_t scale, precision;
} vonk_pq_element;

typedef struct vonk_pq_stats {
    vonk_slice min, max;
    bool has_min, has_max;
    bool deprecated;        /* min and max in an order that only holds for signed numbers */
    int64_t null_count;     /* -1 = not said */
    int64_t distinct_count; /* 0 = not said */
} vonk_pq_stats;

/* Where something lies in the file; length 0: it is not there. */
typedef struct vonk_pq_span {
    int64_t offset;
    int32_t length;
} vonk_pq_span;

typedef struct vonk_pq_column {
    uint8_t physical;
    int32_t codec;
    int64_t n_values;
    int64_t compressed, uncompressed; /* bytes, page heads included */
    int64_t data_offset;
    int64_t dictionary_offset; /* -1 = none */
    int64_t bloom_offset;      /* -1 = none; bloom.h */
    bool all_dictionary;       /* the file says that every data page is dictionary-encoded */
    bool elsewhere;            /* the chunk is in another file */
    vonk_pq_stats stats;
    vonk_pq_span offset_index, column_index; /* page_index.h */
} vonk_pq_column;

typedef struct vonk_pq_group {
    uint32_t n_columns;
    vonk_pq_column *columns;
    int64_t n_rows;
} vonk_pq_group;

/* The key of Spark's schema in a footer. */
#define VONK_PQ_SPARK_SCHEMA "org.apache.spark.sql.parquet.row.metadata"

typedef struct vonk_pq_metadata {
    int64_t n_rows;
    uint32_t n_elements;
    vonk_pq_element *elements;
    uint32_t n_groups;
    vonk_pq_group *groups;
    vonk_slice created_by;
    vonk_slice spark_schema; /* JSON; empty: none */
    bool has_orders;         /* column orders are given: min_value and max_value can be trusted */
} vonk_pq_metadata;

/* Decodes FileMetaData. Errors: VONK_CORRUPT, VONK_NO_MEMORY. */
vonk_status vonk_pq_metadata_decode(vonk_slice footer, vonk_arena *arena, vonk_pq_metadata *ret,
                                    vonk_error *err) VONK_MUST_CHECK;

typedef enum vonk_pq_page_type {
    VONK_PQ_DATA_PAGE,
    VONK_PQ_INDEX_PAGE,
    VONK_PQ_DICTIONARY_PAGE,
    VONK_PQ_DATA_PAGE_V2,
} vonk_pq_page_type;

typedef struct vonk_pq_page_head {
    int32_t type; /* vonk_pq_page_type */
    int32_t uncompressed, compressed;
    bool has_crc;
    uint32_t crc;
    int32_t n_values;
    int32_t encoding;
    int32_t level_encoding;         /* v1: of definition levels */
    int32_t n_nulls;                /* v2 */
    int32_t def_length, rep_length; /* v2: bytes of levels, never compressed */
    bool is_compressed;             /* v2 */
    size_t size;                    /* bytes of the head itself */
} vonk_pq_page_head;

/* Decodes the page head at `bytes`. Sizes are not negative. Errors: VONK_CORRUPT. */
vonk_status vonk_pq_page_head_decode(vonk_slice bytes, vonk_pq_page_head *ret,
                                     vonk_error *err) VONK_MUST_CHECK;
/* Appends a page head (without crc). */
void vonk_pq_page_head_encode(const vonk_pq_page_head *head, vonk_buffer *out);

/* "INT64 (TIMESTAMP(MICROS,true))" and so on, as Spark's messages have it. */
void vonk_pq_element_print(const vonk_pq_element *element, vonk_buffer *out);

#endif
