/*
 * print_value.h - text of single values into the caller's array, as Spark's casts to string write
 * it. Each returns the number of bytes (no NUL), and may write over all of VONK_VALUE_TEXT. Never
 * fails.
 */
#ifndef VONK_EXPR_PRINT_VALUE_H
#define VONK_EXPR_PRINT_VALUE_H

#include "column/type.h"

/* Room for any of them: a sign, 39 digits, a point; or a timestamp of the year -290308. */
#define VONK_VALUE_TEXT 48

size_t vonk_print_int64(int64_t value, char *out);
/* As Java's Double.toString (JDK 19+): the shortest text that reads back; 1.0E10, -0.0, NaN. */
size_t vonk_print_double(double value, char *out);
size_t vonk_print_float(float value, char *out);
/* Plain notation with `scale` digits behind the point. */
size_t vonk_print_decimal(vonk_int128 unscaled, int scale, char *out);
/* yyyy-MM-dd */
size_t vonk_print_date(int64_t days, char *out);
/* yyyy-MM-dd HH:mm:ss[.ffffff] without trailing zeros, of a local time in microseconds. */
size_t vonk_print_timestamp(int64_t local_us, char *out);

#endif
