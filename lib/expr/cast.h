/*
 * cast.h - CAST over columns, in Spark's three manners. Source: Spark SQL reference, "Cast".
 */
#ifndef VONK_EXPR_CAST_H
#define VONK_EXPR_CAST_H

#include "expr/function.h"

typedef enum vonk_cast_mode {
    VONK_CAST_ANSI,   /* a value that does not fit is an error */
    VONK_CAST_LEGACY, /* spark.sql.ansi.enabled=false: null, or the low bits of an integer */
    VONK_CAST_TRY,    /* try_cast: null */
} vonk_cast_mode;

/*
 * *ret = `in` as `to`; the encoding is kept where that is right. vonk_can_cast(in->type, to) holds.
 * Errors: CAST_INVALID_INPUT, CAST_OVERFLOW, NUMERIC_VALUE_OUT_OF_RANGE; VONK_UNSUPPORTED.
 */
vonk_status vonk_cast(const vonk_eval *ctx, vonk_cast_mode mode, vonk_type to,
                      const vonk_column *in, vonk_column *ret, vonk_error *err) VONK_MUST_CHECK;

/* No value of `from` can fail (or be made null) when cast to `to`. */
bool vonk_cast_never_fails(vonk_type from, vonk_type to);

#endif
