/* status.c - filling a vonk_error. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/condition.h"

static void reset(vonk_error *err, vonk_status status)
{
    err->status = status;
    err->condition[0] = '\0';
    err->sqlstate[0] = '\0';
    err->position = -1;
    err->position_end = -1;
}

vonk_status(vonk_fail)(vonk_error *err, vonk_status status, const char *fmt, ...)
{
    if (!err)
        return status;
    reset(err, status);
    if (status == VONK_UNSUPPORTED) { /* a user may well ask for it: no internal error */
        (void)snprintf(err->condition, sizeof(err->condition), "UNSUPPORTED_FEATURE");
        (void)snprintf(err->sqlstate, sizeof(err->sqlstate), "0A000");
    }
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(err->message, sizeof(err->message), fmt, ap);
    va_end(ap);
    return status;
}

vonk_status(vonk_fail_sql)(vonk_error *err, const char *condition, const char *fmt, ...)
{
    if (!err)
        return VONK_USER;
    reset(err, VONK_USER);
    (void)snprintf(err->condition, sizeof(err->condition), "%s", condition);
    (void)snprintf(err->sqlstate, sizeof(err->sqlstate), "%s", vonk_condition_sqlstate(condition));
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(err->message, sizeof(err->message), fmt, ap);
    va_end(ap);
    return VONK_USER;
}

vonk_status(vonk_error_at)(vonk_error *err, vonk_status status, int32_t start, int32_t end)
{
    if (err && err->position < 0) {
        err->position = start;
        err->position_end = end;
    }
    return status;
}

vonk_status(vonk_error_prefix)(vonk_error *err, vonk_status status, const char *fmt, ...)
{
    if (!err)
        return status;
    char prefix[512];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(prefix, sizeof(prefix) - 2, fmt, ap);
    va_end(ap);
    if (n < 0)
        return status;
    size_t length = strlen(prefix), room = sizeof(err->message) - 1 - length - 2;
    size_t old_length = strnlen(err->message, room);
    memmove(err->message + length + 2, err->message, old_length);
    memcpy(err->message, prefix, length);
    memcpy(err->message + length, ": ", 2);
    err->message[length + 2 + old_length] = '\0';
    return status;
}

const char *vonk_status_name(vonk_status status)
{
    static const char *const names[] = {
        [VONK_OK] = "ok",
        [VONK_NO_MEMORY] = "no_memory",
        [VONK_INVALID] = "invalid",
        [VONK_USER] = "user",
        [VONK_UNSUPPORTED] = "unsupported",
        [VONK_IO] = "io",
        [VONK_NOT_FOUND] = "not_found",
        [VONK_EXISTS] = "exists",
        [VONK_CORRUPT] = "corrupt",
        [VONK_CANCELLED] = "cancelled",
        [VONK_DENIED] = "denied",
        [VONK_FETCH] = "fetch",
    };
    return (size_t)status < VONK_LENGTH(names) ? names[status] : "unknown";
}
