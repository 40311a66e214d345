/* trace.h - where a column of a physical plan comes from. */
#ifndef VONK_PLAN_TRACE_H
#define VONK_PLAN_TRACE_H

#include "plan/physical.h"

/* The INPUT that `e` is, also under an ALIAS; NULL if it is anything else. */
const vonk_expr *vonk_expr_bare_input(const vonk_expr *e);

/*
 * The child that output column *column of `node` comes from unchanged, with *column set to its
 * column there; NULL: from none. Each row of the node with some value in that column needs a row
 * of the child with that value, so that rows of the child may be left out by it: through filters,
 * projections, groups' keys, exchanges, the probe side of joins and both sides of inner ones.
 */
const vonk_physical *vonk_physical_trace(const vonk_physical *node, uint32_t *column);

#endif
