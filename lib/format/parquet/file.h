/*
 * file.h - an open Parquet file: its bytes, its footer, its top-level columns.
 */
#ifndef VONK_FORMAT_PARQUET_FILE_H
#define VONK_FORMAT_PARQUET_FILE_H

#include "column/type.h"
#include "format/parquet/metadata.h"
#include "fs/fs.h"

/* A top-level column. */
typedef struct vonk_pq_field {
    const char *name;
    uint32_t element; /* index of its node in the schema */
    uint32_t leaf;    /* index of its first leaf in a row group's columns */
    bool flat;        /* one leaf, not repeated */
    bool has_given;   /* Spark says of it that it is of type `given` */
    vonk_type given;
} vonk_pq_field;

typedef struct vonk_pq_file {
    const char *path; /* the caller's */
    vonk_fs_file *fs;
    uint64_t size;
    const char *map; /* the whole file, or NULL */
    vonk_pq_metadata meta;
    uint32_t n_fields;
    vonk_pq_field *fields;
    uint32_t n_leaves;
} vonk_pq_file;

struct vonk_footers;

/*
 * Opens and checks a file, mapped into memory if `map` and the store can. What it says of itself
 * lives in `arena`, or in `footers` if that is not NULL and has it or can keep it.
 * Errors: those of fs; VONK_CORRUPT with FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER;
 * VONK_UNSUPPORTED (encrypted).
 */
vonk_status vonk_pq_file_open(const char *path, bool map, struct vonk_footers *footers,
                              vonk_arena *arena, vonk_pq_file *ret,
                              vonk_error *err) VONK_MUST_CHECK;
/* Reads, decodes and checks the footer of a file that is open. */
vonk_status vonk_pq_file_footer(vonk_pq_file *file, vonk_arena *arena,
                                vonk_error *err) VONK_MUST_CHECK;
void vonk_pq_file_close(vonk_pq_file *file);

/* Index of the field called `name` (exact case first, then any), or -1. `near`: where it may well
 * be. */
int vonk_pq_file_find(const vonk_pq_file *file, const char *name, uint32_t near);

/* The Spark type of a field, nested ones too. Errors: VONK_USER, VONK_CORRUPT. */
vonk_status vonk_pq_field_type(const vonk_pq_file *file, const vonk_pq_field *field,
                               vonk_arena *arena, vonk_type *ret, vonk_error *err) VONK_MUST_CHECK;

/* Reads what Spark wrote of the columns' types into file->fields. Errors: VONK_NO_MEMORY. */
vonk_status vonk_pq_spark_schema(vonk_pq_file *file, vonk_arena *arena,
                                 vonk_error *err) VONK_MUST_CHECK;

/* Where a column chunk's bytes are; checked to lie in the file. */
vonk_status vonk_pq_file_range(const vonk_pq_file *file, const vonk_pq_column *column,
                               uint64_t *ret_start, uint64_t *ret_length,
                               vonk_error *err) VONK_MUST_CHECK;

/* It is there, and lies in the file. */
bool vonk_pq_file_has(const vonk_pq_file *file, const vonk_pq_span *span);
/* Its bytes, of the map or read into `arena`; the file must have it. */
vonk_status vonk_pq_file_span(vonk_pq_file *file, const vonk_pq_span *span, vonk_arena *arena,
                              vonk_slice *ret, vonk_error *err) VONK_MUST_CHECK;

/* Makes a VONK_CORRUPT error the file's: path in front, Spark's condition. Returns `status`. */
vonk_status vonk_pq_file_error(const char *path, const char *condition, vonk_status status,
                               vonk_error *err);

#endif
