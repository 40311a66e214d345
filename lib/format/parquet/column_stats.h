/*
 * column_stats.h - what the footers of files say of their columns' values, summed up over row
 * groups. Nothing but footers is read.
 */
#ifndef VONK_FORMAT_PARQUET_COLUMN_STATS_H
#define VONK_FORMAT_PARQUET_COLUMN_STATS_H

#include "expr/column_stats.h"
#include "format/parquet/file.h"

/* What is summed up of a column. */
typedef struct vonk_pq_column_sum {
    double rows, nulls;
    double min, max; /* of what orders values, texts too: their first bytes as a number */
    double spans;    /* of the row groups' max - min */
    double distinct; /* of the row groups' */
    double most_distinct, values_of_most; /* of the row group that has most values */
    bool no_range, no_nulls, no_distinct; /* of some row group, these are not known */
} vonk_pq_column_sum;

/* Adds the row groups of `file`; sums[i] is of schema->fields[i]. */
void vonk_pq_column_sums_add(vonk_pq_column_sum *sums, const vonk_schema *schema,
                             const vonk_pq_file *file);
vonk_column_stats vonk_pq_column_stats(const vonk_pq_column_sum *sum, vonk_type type);

#endif
