/* operands.h - what every two-operand kernel starts with. */
#ifndef VONK_KERNEL_OPERANDS_H
#define VONK_KERNEL_OPERANDS_H

#include "column/column.h"

/* Fails unless a and b agree in length. `verb`: "compare", ... */
static inline vonk_status vonk_check_lengths(const char *verb, const vonk_column *a,
                                             const vonk_column *b, vonk_error *err)
{
    if (a->length == b->length)
        return VONK_OK;
    return vonk_fail(err, VONK_INVALID, "cannot %s %s[%u] and %s[%u]", verb,
                     vonk_type_sql_name(a->type), a->length, vonk_type_sql_name(b->type),
                     b->length);
}

static inline bool vonk_is_constant(const vonk_column *col)
{
    return col->encoding == VONK_CONSTANT;
}

/* A constant whose one value is null. */
static inline bool vonk_is_null_constant(const vonk_column *col)
{
    return col->type.id == VONK_NULL || (vonk_is_constant(col) && !vonk_column_is_valid(col, 0));
}

/* *ret = `col` without codes: FLAT or CONSTANT. */
static inline vonk_status vonk_decode(vonk_arena *arena, const vonk_column *col, vonk_column *ret,
                                      vonk_error *err)
{
    if (col->encoding == VONK_DICTIONARY)
        return vonk_column_flatten(arena, col, ret, err);
    *ret = *col;
    return VONK_OK;
}

#endif
