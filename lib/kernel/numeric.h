/*
 * numeric.h - what "equal" and "less" mean for one value of each fixed-width type.
 *
 * The template headers call these by name (FN(eq), FN(lt)). A type that wants other rules changes
 * them here and nowhere else. All are free of branches, so that loops over them vectorise.
 *
 * Floats and doubles follow Spark's total order, not IEEE: NaN = NaN, NaN is above every other
 * value, -0.0 = 0.0. Source: Spark SQL reference, "NaN Semantics" (sql-ref-nan-semantics).
 */
#ifndef VONK_KERNEL_NUMERIC_H
#define VONK_KERNEL_NUMERIC_H

#include "column/column.h"

/* clang-format off */
static inline bool eq_i8(int8_t a, int8_t b)             { return a == b; }
static inline bool lt_i8(int8_t a, int8_t b)             { return a < b; }
static inline bool eq_i16(int16_t a, int16_t b)          { return a == b; }
static inline bool lt_i16(int16_t a, int16_t b)          { return a < b; }
static inline bool eq_i32(int32_t a, int32_t b)          { return a == b; }
static inline bool lt_i32(int32_t a, int32_t b)          { return a < b; }
static inline bool eq_i64(int64_t a, int64_t b)          { return a == b; }
static inline bool lt_i64(int64_t a, int64_t b)          { return a < b; }
static inline bool eq_i128(vonk_int128 a, vonk_int128 b) { return a == b; }
static inline bool lt_i128(vonk_int128 a, vonk_int128 b) { return a < b; }
static inline bool eq_f32(float a, float b)              { return (a == b) | ((a != a) & (b != b)); }
static inline bool lt_f32(float a, float b)              { return (a == a) & !(a >= b); }
static inline bool eq_f64(double a, double b)            { return (a == b) | ((a != a) & (b != b)); }
static inline bool lt_f64(double a, double b)            { return (a == a) & !(a >= b); }
/* clang-format on */

#endif
