/*
 * resolve.h - what `resolve` functions share: counting and coercing arguments, Spark's messages.
 *
 * A signature lists argument types and the result's, e.g. "s,i,i?:s". Letters:
 *   s string  y binary  i int  l bigint  d double  b boolean  D date  T timestamp
 *   n any number  x anything  c anything, all of these arguments in their common type
 * "?" after a letter: this one and those after it may be left out. "*" after the last: any number
 * of it, none included. The result is a letter, or 0: the first argument's type, or c.
 */
#ifndef VONK_EXPR_RESOLVE_H
#define VONK_EXPR_RESOLVE_H

#include "expr/coerce.h"
#include "expr/function.h"

/* Checks and coerces call->args by call's function's signature. */
vonk_status vonk_resolve_signature(vonk_expr *call, const vonk_eval_settings *settings,
                                   vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                   vonk_error *err) VONK_MUST_CHECK;

/* WRONG_NUM_ARGS unless least <= n_args <= most. */
vonk_status vonk_check_n_args(const vonk_expr *call, uint32_t least, uint32_t most,
                              vonk_error *err) VONK_MUST_CHECK;

/* args[i] as `type` if Spark casts it implicitly, else DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE. */
vonk_status vonk_resolve_arg(vonk_expr *call, uint32_t i, vonk_type type, vonk_arena *arena,
                             vonk_error *err) VONK_MUST_CHECK;
/* Numeric (a string becomes double), else the error. */
vonk_status vonk_resolve_numeric_arg(vonk_expr *call, uint32_t i, vonk_arena *arena,
                                     vonk_error *err) VONK_MUST_CHECK;

/* DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE; `required` as in messages: "NUMERIC" with quotes. */
vonk_status vonk_fail_input_type(const vonk_expr *call, uint32_t i, const char *required,
                                 vonk_error *err) VONK_MUST_CHECK;
/* DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE: "The RULE (current value = VALUESUFFIX)." */
vonk_status vonk_fail_out_of_range(const vonk_expr *call, const char *rule, int64_t value,
                                   const char *suffix, vonk_error *err) VONK_MUST_CHECK;
/* DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES, BINARY_OP_WRONG_TYPE, DATA_DIFF_TYPES. */
vonk_status vonk_fail_diff_types(const vonk_expr *call, vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_fail_op_type(const vonk_expr *call, const char *required, vonk_type actual,
                              vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_fail_data_types(const vonk_expr *call, vonk_error *err) VONK_MUST_CHECK;

/* DATATYPE_MISMATCH.NON_FOLDABLE_INPUT: args[i], called `name`, must be a constant. */
vonk_status vonk_fail_not_constant(const vonk_expr *call, uint32_t i, const char *name,
                                   const char *required, vonk_error *err) VONK_MUST_CHECK;

/* The call as messages show it; NULL with `err` set when out of memory. */
const char *vonk_call_text(const vonk_expr *call, vonk_arena *arena, vonk_error *err);

bool vonk_any_nullable(const vonk_expr *call);

#endif
