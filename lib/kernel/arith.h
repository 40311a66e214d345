/* arith.h - what the parts of vonk_arith share. Private to lib/kernel. */
#ifndef VONK_KERNEL_ARITH_H
#define VONK_KERNEL_ARITH_H

#include "kernel/kernel.h"

typedef enum arith_fault { ARITH_FINE = 0, ARITH_OVERFLOW, ARITH_BY_ZERO } arith_fault;

/*
 * One call of vonk_arith. Operands are FLAT, or one is CONSTANT; `out` is FLAT with its validity
 * set, its values are to be written.
 */
typedef struct arith_call {
    vonk_arena *arena;
    vonk_arith_op op;
    bool ansi;
    vonk_column a, b, out;
} arith_call;

/* What is wrong with row `row`, looked at by itself. */
typedef arith_fault arith_row_fn(const arith_call *call, uint32_t row);

/*
 * Some row may be at fault. Those that are null do not count; others are an error if call->ansi,
 * else they become null.
 */
vonk_status arith_settle(arith_call *call, arith_row_fn *fault_of, vonk_error *err) VONK_MUST_CHECK;

/* The error of a row at fault. */
vonk_status arith_fail(const arith_call *call, arith_fault fault, uint32_t row, vonk_error *err);

/* Makes row `row` of the result null. */
vonk_status arith_set_null(arith_call *call, uint32_t row, vonk_error *err) VONK_MUST_CHECK;

/* The parts: they write call->out.values. */
vonk_status arith_decimal(arith_call *call, vonk_error *err) VONK_MUST_CHECK;
/* Text of the exact result of a row that overflows, for the message. */
void arith_decimal_text(const arith_call *call, uint32_t row, char text[200]);

/* The decimal type whose digits a result must not exceed: the result's, or of a quotient for div.
 */
vonk_type arith_decimal_result(const arith_call *call);

/* An unscaled value of a decimal column, of either width. */
static inline vonk_int128 arith_decimal_at(const vonk_column *col, uint32_t row)
{
    uint32_t i = vonk_column_at(col, row);
    if (col->type.precision <= VONK_MAX_NARROW_PRECISION)
        return ((const int64_t *)col->values)[i];
    return ((const vonk_int128 *)col->values)[i];
}

#endif
