/*
 * type.h - the types of Spark SQL, and schemas.
 *
 * A vonk_type is a small value, passed and compared by value; nested types point to their children,
 * which live in some arena (query or longer).
 */
#ifndef VONK_COLUMN_TYPE_H
#define VONK_COLUMN_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"

typedef __int128 vonk_int128;

/* In the order of Spark's numeric precedence, so that wider numbers compare greater. */
typedef enum vonk_type_id {
    VONK_NULL, /* void: the type of a bare NULL. Stored as nothing: values == NULL, all rows null */
    VONK_BOOL, /* bit-packed */
    VONK_INT8,
    VONK_INT16,
    VONK_INT32,
    VONK_INT64,
    VONK_DECIMAL, /* unscaled value: int64_t up to precision 18, vonk_int128 above */
    VONK_FLOAT32,
    VONK_FLOAT64,
    VONK_STRING,        /* vonk_string, UTF-8 */
    VONK_BINARY,        /* vonk_string, any bytes */
    VONK_DATE,          /* int32_t days since 1970-01-01 (proleptic Gregorian) */
    VONK_TIMESTAMP,     /* int64_t microseconds since the epoch, UTC; shown in the session's zone */
    VONK_TIMESTAMP_NTZ, /* int64_t microseconds of a local date and time */
    VONK_INTERVAL_YM,   /* int32_t months */
    VONK_INTERVAL_DT,   /* int64_t microseconds */
    VONK_ARRAY,
    VONK_MAP,
    VONK_STRUCT,
    VONK_N_TYPES,
} vonk_type_id;

typedef struct vonk_type {
    uint8_t id;                         /* vonk_type_id */
    uint8_t precision;                  /* VONK_DECIMAL: 1..38; intervals: 1 + first field, or 0 */
    uint8_t scale;                      /* VONK_DECIMAL: 0..precision; intervals: 1 + last field */
    const struct vonk_schema *children; /* nested types: element | key, value | fields; else NULL */
} vonk_type;

#define VONK_TYPE(name)           ((vonk_type){.id = VONK_##name})
#define VONK_TYPE_DECIMAL(p, s)   ((vonk_type){.id = VONK_DECIMAL, .precision = (p), .scale = (s)})
#define VONK_MAX_PRECISION        38
#define VONK_MAX_NARROW_PRECISION 18 /* the widest decimal kept in an int64_t */

/* How values of a type are stored; kernels that only move or compare values dispatch on this. */
typedef enum vonk_physical_type {
    VONK_PHYS_NONE, /* VONK_NULL, nested types */
    VONK_PHYS_BIT,
    VONK_PHYS_I8,
    VONK_PHYS_I16,
    VONK_PHYS_I32,
    VONK_PHYS_I64,
    VONK_PHYS_I128,
    VONK_PHYS_F32,
    VONK_PHYS_F64,
    VONK_PHYS_STRING,
    VONK_N_PHYS,
} vonk_physical_type;

typedef struct vonk_field {
    const char *name;
    vonk_type type;
    bool nullable;
} vonk_field;

typedef struct vonk_schema {
    uint32_t n_fields;
    vonk_field *fields;
} vonk_schema;

vonk_physical_type vonk_type_physical(vonk_type type);
/* Bytes of one stored value; 0 for VONK_NULL, VONK_BOOL (a bit) and nested types. */
size_t vonk_type_width(vonk_type type);
bool vonk_type_equal(vonk_type a, vonk_type b);
bool vonk_type_is_integral(vonk_type type); /* tinyint .. bigint */
bool vonk_type_is_numeric(vonk_type type);  /* integral, decimal, float, double */

/* Spark's catalog string: "int", "decimal(10,2)", "timestamp_ntz", "struct<a:int,b:array<string>>".
 */
void vonk_type_print(vonk_type type, vonk_buffer *out);
/* As Spark's messages quote it: "DECIMAL(10,2)" (upper case, without the quotes). */
void vonk_type_print_sql(vonk_type type, vonk_buffer *out);
/* Either, as a string in `arena` ("?" when out of memory). */
const char *vonk_type_text(vonk_arena *arena, vonk_type type);
/* The upper-case SQL text in a static thread-local buffer, for error messages only. */
const char *vonk_type_sql_name(vonk_type type);

/*
 * Parses one type, as in CAST and DDL: names in any case, decimal(p,s) with defaults (10,0),
 * array<..>, map<..,..>, struct<name: type, ...>, and synonyms (integer, long, short, byte, real,
 * numeric, dec, char(n), varchar(n)). Children come from `arena`.
 * Errors: VONK_USER, UNSUPPORTED_DATATYPE.
 */
vonk_status vonk_type_parse(vonk_slice text, vonk_arena *arena, vonk_type *ret,
                            vonk_error *err) VONK_MUST_CHECK;

/* Parses "a INT, b DECIMAL(10,2) NOT NULL, `c d` string" (also "a: int"). */
vonk_status vonk_schema_parse(vonk_slice text, vonk_arena *arena, vonk_schema *ret,
                              vonk_error *err) VONK_MUST_CHECK;

/* A deep copy into `arena`. */
vonk_status vonk_schema_copy(vonk_arena *arena, const vonk_schema *schema, vonk_schema *ret,
                             vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_type_copy(vonk_arena *arena, vonk_type type, vonk_type *ret,
                           vonk_error *err) VONK_MUST_CHECK;
/* "struct<a:int,b:string>" */
void vonk_schema_print(const vonk_schema *schema, vonk_buffer *out);
/* Index of the field called `name` (case-insensitive), or -1. */
int vonk_schema_find(const vonk_schema *schema, const char *name);

#endif
