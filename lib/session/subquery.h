/* subquery.h - uncorrelated scalar subqueries: run first, then they are literals. */
#ifndef VONK_SESSION_SUBQUERY_H
#define VONK_SESSION_SUBQUERY_H

#include "session/state.h"

/*
 * Runs the plan of every SUBQUERY expression in `plan` (which is optimized, and changed in place)
 * and puts the value in its place. Errors: SCALAR_SUBQUERY_TOO_MANY_ROWS; those of the subquery.
 */
vonk_status vonk_replace_subqueries(vonk_query *q, vonk_plan *plan, vonk_error *err);

#endif
