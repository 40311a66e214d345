/*
 * each_fixed.inc.h - includes TEMPLATE once per fixed-width physical type. The one list of these.
 *
 *     #define TEMPLATE "kernel/compare.inc.h"
 *     #include "kernel/each_fixed.inc.h"
 *
 * TEMPLATE sees: T, the element type; SUFFIX, what FN() appends to names.
 */
#ifndef TEMPLATE
#error "define TEMPLATE: the header to include once per type"
#endif

#define T      int8_t
#define SUFFIX i8
#include TEMPLATE
#undef T
#undef SUFFIX

#define T      int16_t
#define SUFFIX i16
#include TEMPLATE
#undef T
#undef SUFFIX

#define T      int32_t
#define SUFFIX i32
#include TEMPLATE
#undef T
#undef SUFFIX

#define T      int64_t
#define SUFFIX i64
#include TEMPLATE
#undef T
#undef SUFFIX

#define T      vonk_int128
#define SUFFIX i128
#include TEMPLATE
#undef T
#undef SUFFIX

#define T      float
#define SUFFIX f32
#include TEMPLATE
#undef T
#undef SUFFIX

#define T      double
#define SUFFIX f64
#include TEMPLATE
#undef T
#undef SUFFIX

#undef TEMPLATE
