/*
 * kernel.h - vectorised operations on columns. Rows in, rows out; no state, no I/O, no locks.
 *
 * Operands of a call have the same length and may have any encoding (CONSTANT and FLAT are fast;
 * DICTIONARY is used where it helps and flattened elsewhere). Results are allocated from `arena`.
 * A null operand makes a null result (the SQL rule) unless said otherwise.
 */
#ifndef VONK_KERNEL_KERNEL_H
#define VONK_KERNEL_KERNEL_H

#include "column/column.h"

typedef enum vonk_compare_op {
    VONK_EQ,
    VONK_NE,
    VONK_LT,
    VONK_LE,
    VONK_GT,
    VONK_GE,
    VONK_EQ_NULL_SAFE, /* <=>: never null */
} vonk_compare_op;

/* *ret = a `op` b as VONK_BOOL. Same type on both sides. Doubles by Spark's order: NaN is greatest.
 */
vonk_status vonk_compare(vonk_arena *arena, vonk_compare_op op, const vonk_column *a,
                         const vonk_column *b, vonk_column *ret, vonk_error *err) VONK_MUST_CHECK;

typedef enum vonk_arith_op {
    VONK_ADD,
    VONK_SUB,
    VONK_MUL,
    VONK_DIV,  /* float, double, decimal */
    VONK_IDIV, /* div: bigint result of integral or decimal operands */
    VONK_MOD,
} vonk_arith_op;

/*
 * *ret = a `op` b of type `result`. Integral and floating operands have the result's type. Decimal
 * operands may differ in precision and scale; `result` is Spark's result type for the operation.
 * Overflow and division by zero: an error if `ansi`, else Spark's non-ANSI answer (wrap for
 * integers, null for decimals and divisions).
 * Errors: DIVIDE_BY_ZERO, ARITHMETIC_OVERFLOW, NUMERIC_VALUE_OUT_OF_RANGE.
 */
vonk_status vonk_arith(vonk_arena *arena, vonk_arith_op op, bool ansi, vonk_type result,
                       const vonk_column *a, const vonk_column *b, vonk_column *ret,
                       vonk_error *err) VONK_MUST_CHECK;

/* SQL's three-valued logic over VONK_BOOL. */
vonk_status vonk_and(vonk_arena *arena, const vonk_column *a, const vonk_column *b,
                     vonk_column *ret, vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_or(vonk_arena *arena, const vonk_column *a, const vonk_column *b, vonk_column *ret,
                    vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_not(vonk_arena *arena, const vonk_column *a, vonk_column *ret,
                     vonk_error *err) VONK_MUST_CHECK;
/* Never null. */
vonk_status vonk_is_null(vonk_arena *arena, const vonk_column *a, bool negate, vonk_column *ret,
                         vonk_error *err) VONK_MUST_CHECK;

/*
 * Writes the numbers of the rows where `predicate` (VONK_BOOL) is true to `sel`, ascending, and
 * returns how many. Null is not true. `sel` has room for predicate->length entries.
 */
uint32_t vonk_select_true(const vonk_column *predicate, uint32_t *sel);
/* The same from bare bits. */
uint32_t vonk_select_bits(const uint64_t *bits, uint32_t n_rows, uint32_t *sel);

/* A row number for vonk_take that means: a null row. */
#define VONK_NO_ROW UINT32_MAX

/*
 * *ret = rows sel[0..n) of `src`, in that order; a VONK_NO_ROW makes a null row when
 * `with_missing` (every sel[i] < src->length otherwise). Long strings stay borrowed. Keeps CONSTANT
 * and DICTIONARY where it can.
 */
vonk_status vonk_take(vonk_arena *arena, const vonk_column *src, const uint32_t *sel, uint32_t n,
                      bool with_missing, vonk_column *ret, vonk_error *err) VONK_MUST_CHECK;

/*
 * hash[i] = hash of row i of `col`, combined with the old hash[i] if `combine`. Equal values hash
 * equal (0.0 and -0.0, all NaNs, decimals of one type); null hashes to a fixed value.
 */
void vonk_hash(const vonk_column *col, bool combine, uint64_t *hash);

/* Order of two rows: negative, zero or positive; nulls are not looked at. Row-wise: for sorts. */
int vonk_compare_rows(const vonk_column *a, uint32_t row_a, const vonk_column *b, uint32_t row_b);
bool vonk_equal_rows(const vonk_column *a, uint32_t row_a, const vonk_column *b, uint32_t row_b);

#endif
