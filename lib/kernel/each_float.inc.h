/* each_float.inc.h - includes TEMPLATE once per floating type: T, SUFFIX. See each_fixed.inc.h. */
#ifndef TEMPLATE
#error "define TEMPLATE: the header to include once per type"
#endif

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
