/*
 * expr.h - bound expressions on the wire: LITERAL, INPUT, CALL, CAST, CASE, ALIAS, SORT.
 * Functions travel by name. Memory as in wire/codec.h.
 */
#ifndef VONK_WIRE_EXPR_H
#define VONK_WIRE_EXPR_H

#include "expr/expr.h"
#include "wire/codec.h"

/* Errors: VONK_INVALID for an expression that is not bound, or nested too deep. */
vonk_status vonk_wire_put_expr(vonk_buffer *out, const vonk_expr *e,
                               vonk_error *err) VONK_MUST_CHECK;

/* NULL on failure. A function that this program does not have is VONK_UNSUPPORTED. */
vonk_expr *vonk_wire_expr(vonk_wire_reader *in);

#endif
