/*
 * status.h - how every fallible function reports failure.
 *
 * A function that can fail returns a vonk_status and takes a vonk_error as its last parameter. On
 * failure it fills the error (if one was given) and leaves its ret_* parameters untouched.
 *
 * Errors that a user of SQL can meet also carry Spark's error condition (`DIVIDE_BY_ZERO`) and its
 * SQLSTATE; base/condition.h has the table.
 */
#ifndef VONK_BASE_STATUS_H
#define VONK_BASE_STATUS_H

#include <stdint.h>

#include "base/attr.h"

typedef enum vonk_status {
    VONK_OK = 0,
    VONK_NO_MEMORY,   /* a budget or the machine has no more: spill or fail */
    VONK_INVALID,     /* the caller broke the contract, or the input is wrong */
    VONK_USER,        /* the query or its data is wrong: condition and sqlstate are set */
    VONK_UNSUPPORTED, /* right, but not built */
    VONK_IO,          /* a file or socket failed */
    VONK_NOT_FOUND,   /* no such file, table, key */
    VONK_EXISTS,      /* it is there already */
    VONK_CORRUPT,     /* bytes that do not decode */
    VONK_CANCELLED,   /* somebody asked us to stop */
    VONK_DENIED,      /* wrong key, wrong version, no permission */
    VONK_FETCH,       /* a shuffle block could not be fetched: its map task must run again */
} vonk_status;

typedef struct vonk_error {
    vonk_status status;
    char condition[128];  /* Spark's error condition, "" if none */
    char sqlstate[8];     /* five characters, "" if none */
    int32_t position;     /* byte offset into the SQL text, -1 if unknown */
    int32_t position_end; /* one past the last byte meant, -1 if unknown */
    char message[1024];   /* NUL-terminated; "" if no error */
} vonk_error;

/* Fills `err` (may be NULL) and returns `status`, so that a failure is one statement. */
vonk_status vonk_fail(vonk_error *err, vonk_status status, const char *fmt, ...) VONK_PRINTF(3, 4);

/*
 * Fails with VONK_USER and one of Spark's error conditions; the SQLSTATE comes from
 * base/condition.h ("XX000" if the condition is not listed there).
 */
vonk_status vonk_fail_sql(vonk_error *err, const char *condition, const char *fmt, ...)
    VONK_PRINTF(3, 4);

/* Gives `err` (may be NULL) the position start..end unless it has one. Returns err's status. */
vonk_status vonk_error_at(vonk_error *err, vonk_status status, int32_t start, int32_t end);

/* Puts "PREFIX: " in front of the message: a path, a task. Returns `status`. */
vonk_status vonk_error_prefix(vonk_error *err, vonk_status status, const char *fmt, ...)
    VONK_PRINTF(3, 4);

#ifdef __clang_analyzer__
/* The analyzer sees one file at a time: tell it that these return the status they are given. */
#define vonk_fail(err, status, ...)     ((void)vonk_fail(err, status, __VA_ARGS__), (status))
#define vonk_fail_sql(err, ...)         ((void)vonk_fail_sql(err, __VA_ARGS__), VONK_USER)
#define vonk_error_at(err, status, ...) ((void)vonk_error_at(err, status, __VA_ARGS__), (status))
#define vonk_error_prefix(err, status, ...)                                                        \
    ((void)vonk_error_prefix(err, status, __VA_ARGS__), (status))
#endif

/* "VONK_IO" and so on, for logs. */
const char *vonk_status_name(vonk_status status);

/* Leaves the calling function with the status of `expr` unless it is VONK_OK. */
#define VONK_TRY(expr)                                                                             \
    do {                                                                                           \
        vonk_status try_status_ = (expr);                                                          \
        if (VONK_UNLIKELY(try_status_ != VONK_OK))                                                 \
            return try_status_;                                                                    \
    } while (0)

/* Leaves the calling function with VONK_NO_MEMORY if `pointer` is NULL (the callee set err). */
#define VONK_TRY_ALLOC(pointer)                                                                    \
    do {                                                                                           \
        if (VONK_UNLIKELY(!(pointer)))                                                             \
            return VONK_NO_MEMORY;                                                                 \
    } while (0)

#endif
