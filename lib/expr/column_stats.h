/*
 * column_stats.h - what is known of a column's values without reading them: from the metadata of
 * files to the planner's guesses. All zero: nothing is known.
 */
#ifndef VONK_EXPR_COLUMN_STATS_H
#define VONK_EXPR_COLUMN_STATS_H

#include "expr/expr.h"

typedef struct vonk_column_stats {
    bool has_range;    /* min and max are known */
    bool has_nulls;    /* null_share is known */
    double min, max;   /* as of vonk_value_number() */
    double step;       /* values lie so far apart at least; 0: as near as they like */
    double null_share; /* of the rows, 0..1 */
    double distinct;   /* values that are not null, about; 0: unknown */
} vonk_column_stats;

/* A number that orders values of the type as the type does; false: null, or there is none. */
bool vonk_value_number(vonk_type type, const vonk_value *value, double *ret);
/* How far apart values of a type lie at least, as numbers; 0: as near as they like. */
double vonk_type_step(vonk_type type);

#endif
