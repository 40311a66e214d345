/*
 * buffer.h - a slice (borrowed bytes) and a growing byte buffer (owned bytes).
 *
 * A buffer that failed to grow remembers it (`failed`) and ignores what comes after, so that a
 * writer checks once at the end with vonk_buffer_check().
 */
#ifndef VONK_BASE_BUFFER_H
#define VONK_BASE_BUFFER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct vonk_slice {
    const char *data; /* not NUL-terminated */
    size_t length;
} vonk_slice;

#define VONK_SLICE(literal) ((vonk_slice){(literal), sizeof(literal) - 1})

vonk_slice vonk_slice_of(const char *text);
bool vonk_slice_equal(vonk_slice a, vonk_slice b);
/* ASCII letters compare without case. */
bool vonk_slice_equal_nocase(vonk_slice a, vonk_slice b);

typedef struct vonk_buffer {
    char *data; /* malloc'ed, NULL while empty */
    size_t length;
    size_t capacity;
    bool failed;                /* an append did not fit into memory */
    bool beyond;                /* charged even beyond the budget's limit, as in an arena */
    struct vonk_budget *budget; /* charged for `capacity`; NULL = none. Outlives the buffer */
    size_t refused;             /* bytes that it did not have when the buffer failed */
    const atomic_bool *stop;    /* appends fail once it is true (VONK_CANCELLED); NULL = none */
    size_t looked_at;           /* the length when `stop` was last looked at: at every MiB */
} vonk_buffer;

void vonk_buffer_free(vonk_buffer *buf); /* empty afterwards, with the same budget and stop */
/* Room for `size` more bytes; returns where they go, or NULL. Does not change the length. */
char *vonk_buffer_reserve(vonk_buffer *buf, size_t size);
void vonk_buffer_append(vonk_buffer *buf, const void *data, size_t size);
/* Whether *stop is true: the buffer has failed then. For loops over much that is reserved. */
bool vonk_buffer_stops(vonk_buffer *buf);
void vonk_buffer_text(vonk_buffer *buf, const char *text);
void vonk_buffer_char(vonk_buffer *buf, char c);
void vonk_buffer_printf(vonk_buffer *buf, const char *fmt, ...) VONK_PRINTF(2, 3);
/* Appends `text` as the inside of a JSON string: quotes, backslashes, control characters escaped.
 */
void vonk_buffer_json(vonk_buffer *buf, const char *text, size_t length);
/* "1536.0 B", "3.0 KiB", "2.5 GiB": as Spark writes sizes, in a unit of which there are two. */
void vonk_buffer_size(vonk_buffer *buf, double bytes);
/* The bytes so far with a NUL after them ("" if empty). Valid until the next append. */
const char *vonk_buffer_str(vonk_buffer *buf);
/* VONK_NO_MEMORY or VONK_CANCELLED if an append failed. */
vonk_status vonk_buffer_check(const vonk_buffer *buf, vonk_error *err) VONK_MUST_CHECK;

#endif
