/*
 * each_integer.inc.h - includes TEMPLATE once per machine integer.
 *
 *     #define TEMPLATE "kernel/arith_integer.inc.h"
 *     #include "kernel/each_integer.inc.h"
 *
 * TEMPLATE sees: T, the element type; SUFFIX, what FN() appends to names; UNSIGNED, the type to
 * wrap in; WIDE, a type that holds any product.
 */
#ifndef TEMPLATE
#error "define TEMPLATE: the header to include once per type"
#endif

#define T        int8_t
#define UNSIGNED uint32_t
#define WIDE     int32_t
#define SUFFIX   i8
#include TEMPLATE
#undef T
#undef UNSIGNED
#undef WIDE
#undef SUFFIX

#define T        int16_t
#define UNSIGNED uint32_t
#define WIDE     int32_t
#define SUFFIX   i16
#include TEMPLATE
#undef T
#undef UNSIGNED
#undef WIDE
#undef SUFFIX

#define T        int32_t
#define UNSIGNED uint32_t
#define WIDE     int64_t
#define SUFFIX   i32
#include TEMPLATE
#undef T
#undef UNSIGNED
#undef WIDE
#undef SUFFIX

#define T        int64_t
#define UNSIGNED uint64_t
#define WIDE     vonk_int128
#define SUFFIX   i64
#include TEMPLATE
#undef T
#undef UNSIGNED
#undef WIDE
#undef SUFFIX

#undef TEMPLATE
