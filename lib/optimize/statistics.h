/* statistics.h - what the optimizer takes a plan's size for, as EXPLAIN COST shows it. */
#ifndef VONK_OPTIMIZE_STATISTICS_H
#define VONK_OPTIMIZE_STATISTICS_H

#include "plan/plan.h"

/* Bytes of a column's value, about. */
double vonk_type_bytes(vonk_type type);

/* ", Statistics(sizeInBytes=1200.0 B, rowCount=1.00E+3)": a vonk_plan_suffix. */
void vonk_statistics_print(const vonk_plan *plan, vonk_buffer *out);

#endif
