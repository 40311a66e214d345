/*
 * selectivity.h - the share of rows that conditions keep: from what is known of their columns, with
 * values spread evenly, and else from their form alone.
 */
#ifndef VONK_PLAN_SELECTIVITY_H
#define VONK_PLAN_SELECTIVITY_H

#include "expr/column_stats.h"

/* Who knows the columns: `find` says what is known of a COLUMN or INPUT, or NULL. */
typedef struct vonk_stats_source {
    const vonk_column_stats *(*find)(const void *context, const vonk_expr *column);
    const void *context;
} vonk_stats_source;

/* 0..1. Without statistics (`source` NULL) an equality keeps a twentieth, a comparison a third. */
double vonk_selectivity(const vonk_expr *condition, const vonk_stats_source *source);
/* Of `rows` rows, those that all conditions keep: limits on one column make a range. */
double vonk_rows_kept(double rows, vonk_expr *const *conditions, uint32_t n,
                      const vonk_stats_source *source);

/* What is known of a column, also in a cast that keeps numbers; NULL: nothing. */
const vonk_column_stats *vonk_stats_of(const vonk_expr *e, const vonk_stats_source *source);

/* So many different values have `rows` rows whose values are drawn from `distinct`. */
double vonk_distinct_in(double distinct, double rows);

#endif
