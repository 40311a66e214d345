/* attr.h - the compiler attributes this code base allows itself. */
#ifndef VONK_BASE_ATTR_H
#define VONK_BASE_ATTR_H

/* A function that exists to be specialised: callers pass constants, which fold into its body. */
#define VONK_SPECIALISE      static inline __attribute__((always_inline))
#define VONK_MUST_CHECK      __attribute__((warn_unused_result))
#define VONK_PRINTF(fmt, va) __attribute__((format(printf, fmt, va)))
#define VONK_CLEANUP(fn)     __attribute__((cleanup(fn)))
#define VONK_LIKELY(x)       __builtin_expect(!!(x), 1)
#define VONK_UNLIKELY(x)     __builtin_expect(!!(x), 0)

/* FN(add) is add_i32 where SUFFIX is i32. For template headers (*.inc.h) only. */
#define VONK_PASTE_(a, b)  a##_##b
#define VONK_PASTE(a, b)   VONK_PASTE_(a, b)
#define FN(name)           VONK_PASTE(name, SUFFIX)

#define VONK_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#endif
