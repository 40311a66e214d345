/*
 * bounds.h - what statistics say of a column's values in some rows, be they a row group or a page,
 * and which tests none of these passes.
 */
#ifndef VONK_FORMAT_PARQUET_BOUNDS_H
#define VONK_FORMAT_PARQUET_BOUNDS_H

#include "expr/eval.h"
#include "format/parquet/file.h"
#include "kernel/key_filter.h"

struct vonk_pq_scan_column;

typedef struct vonk_pq_bounds {
    vonk_type type;
    bool has_min, has_max;
    vonk_value min, max; /* strings are borrowed from the file */
    int64_t n_nulls;     /* -1 = unknown */
    int64_t n_rows;
} vonk_pq_bounds;

vonk_pq_bounds vonk_pq_bounds_of(const vonk_pq_file *file, const struct vonk_pq_scan_column *col,
                                 const vonk_pq_stats *stats, int64_t n_rows);

/* A call (of some arguments) whose arguments are a column and literals. */
bool vonk_pq_is_test(const vonk_expr *call, uint32_t *ret_column);

/* Some row may pass the test, which is one by vonk_pq_is_test(). */
bool vonk_pq_may_pass(const vonk_pq_bounds *bounds, const vonk_expr *test);

/* Some row's value may lie between the least and the greatest key. */
bool vonk_pq_may_have_key(const vonk_pq_bounds *bounds, const vonk_key_filter *keys);

#endif
