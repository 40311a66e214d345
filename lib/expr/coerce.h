/*
 * coerce.h - Spark's type rules: which type two types meet in, and what decimal arithmetic gives.
 *
 * Pure functions of types. Source: Spark SQL reference, "ANSI Compliance" (least common type), and
 * Spark's DecimalPrecision (spark.sql.decimalOperations.allowPrecisionLoss=true).
 */
#ifndef VONK_EXPR_COERCE_H
#define VONK_EXPR_COERCE_H

#include "expr/expr.h"
#include "kernel/kernel.h"

/*
 * The type that values of both types are cast to in CASE, coalesce, IN, UNION, VALUES and
 * comparisons: int and bigint meet in bigint, int and float in double, string and int in bigint,
 * string and date in date, date and timestamp in timestamp, NULL and anything in the other type.
 * Errors: VONK_INVALID if there is none (no message: the caller knows the place).
 */
vonk_status vonk_common_type(vonk_type a, vonk_type b, vonk_type *ret) VONK_MUST_CHECK;

/*
 * `e`, or an implicit cast around it if it is not of `type`; a bare NULL becomes a NULL of `type`.
 * Returns NULL with `err` set when out of memory. Does not check that the cast is allowed.
 */
vonk_expr *vonk_expr_coerce(vonk_arena *arena, vonk_expr *e, vonk_type type, vonk_error *err);

/*
 * Coerces all of args[0..n) to their common type and sets *ret to it (VONK_NULL if all are NULL).
 * Errors: VONK_INVALID if there is none (no message); VONK_NO_MEMORY.
 */
vonk_status vonk_expr_coerce_all(vonk_arena *arena, vonk_expr **args, uint32_t n, vonk_type *ret,
                                 vonk_error *err) VONK_MUST_CHECK;

/* May a value of type `from` be cast to `to` at all (ANSI rules, or the old ones)? */
bool vonk_can_cast(vonk_type from, vonk_type to, bool ansi);

/* The narrowest decimal that holds every value of an integral type; double's is (30,15). */
vonk_type vonk_decimal_for(vonk_type numeric);
/* decimal(precision, scale) cut down to 38 digits, giving up fraction digits down to 6. */
vonk_type vonk_decimal_adjust(int precision, int scale);
/* Spark's result type of decimal arithmetic. IDIV: the type before the cast to bigint. */
vonk_type vonk_decimal_arith_type(vonk_arith_op op, vonk_type a, vonk_type b);
/* Is the result type of `op` wide enough that it never overflows? */
bool vonk_decimal_arith_is_exact(vonk_arith_op op, vonk_type a, vonk_type b);

#endif
