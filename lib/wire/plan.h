/* plan.h - physical plans (one stage's tree) and splits on the wire. Memory as in wire/codec.h. */
#ifndef VONK_WIRE_PLAN_H
#define VONK_WIRE_PLAN_H

#include "plan/physical.h"
#include "wire/codec.h"

/*
 * A stage's tree. Of a relation the format, name, options and schema travel; its files do not:
 * splits name what a task reads. Errors: VONK_INVALID for expressions that are not bound.
 */
vonk_status vonk_wire_put_physical(vonk_buffer *out, const vonk_physical *plan,
                                   vonk_error *err) VONK_MUST_CHECK;

/* NULL on failure. Children, expressions and column numbers are checked to fit their node. */
vonk_physical *vonk_wire_physical(vonk_wire_reader *in);

void vonk_wire_put_splits(vonk_buffer *out, uint32_t n, const vonk_split *splits);
const vonk_split *vonk_wire_splits(vonk_wire_reader *in, uint32_t *ret_n);

#endif
