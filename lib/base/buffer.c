/* buffer.c - growing by doubling. */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/allocator.h"
#include "base/arena.h"

#define PIECE ((size_t)1 << 20) /* bytes between two looks at `stop` */

vonk_slice vonk_slice_of(const char *text)
{
    return (vonk_slice){text, strlen(text)};
}

bool vonk_slice_equal(vonk_slice a, vonk_slice b)
{
    return a.length == b.length && (!a.length || !memcmp(a.data, b.data, a.length));
}

bool vonk_slice_equal_nocase(vonk_slice a, vonk_slice b)
{
    return a.length == b.length && (!a.length || !strncasecmp(a.data, b.data, a.length));
}

void vonk_buffer_free(vonk_buffer *buf)
{
    free(buf->data);
    vonk_budget_give(buf->budget, buf->capacity);
    *buf = (vonk_buffer){.budget = buf->budget, .beyond = buf->beyond, .stop = buf->stop};
}

static bool charge(vonk_buffer *buf, size_t size)
{
    if (!buf->beyond)
        return vonk_budget_take(buf->budget, size, NULL) == VONK_OK;
    vonk_budget_charge(buf->budget, size);
    return true;
}

bool vonk_buffer_stops(vonk_buffer *buf)
{
    buf->looked_at = buf->length;
    if (buf->stop && atomic_load_explicit(buf->stop, memory_order_relaxed))
        buf->failed = true;
    return buf->failed;
}

/* memcpy() to the end, where there is room, a piece at a time. */
static void append_pieces(vonk_buffer *buf, const char *data, size_t size)
{
    for (size_t n; size && !vonk_buffer_stops(buf); size -= n, data += n) {
        n = size < PIECE ? size : PIECE;
        memcpy(buf->data + buf->length, data, n);
        buf->length += n;
    }
}

/* realloc() that looks at `stop`: a gigabyte of fresh memory takes the kernel a second. */
static char *move(const vonk_buffer *buf, size_t capacity)
{
    vonk_buffer to = {.data = malloc(capacity), .stop = buf->stop};
    if (to.data)
        append_pieces(&to, buf->data, buf->length);
    if (!to.failed) {
        free(to.data ? buf->data : NULL);
        return to.data;
    }
    free(to.data);
    return NULL;
}

static bool grow(vonk_buffer *buf, size_t capacity)
{
    size_t more = capacity - buf->capacity;
    bool may = charge(buf, more), moves = buf->stop && buf->length >= PIECE;
    buf->refused = may ? 0 : more;
    char *data = !may ? NULL : moves ? move(buf, capacity) : realloc(buf->data, capacity);
    if (may && !data)
        vonk_budget_give(buf->budget, more);
    if (!data)
        return false;
    buf->data = data;
    buf->capacity = capacity;
    vonk_allocator_grew();
    return true;
}

char *vonk_buffer_reserve(vonk_buffer *buf, size_t size)
{
    bool looks = buf->stop && buf->length - buf->looked_at >= PIECE; /* or it began anew */
    if (buf->failed || (looks && vonk_buffer_stops(buf)))
        return NULL;
    if (size > buf->capacity - buf->length) {
        size_t capacity = buf->capacity ? buf->capacity : 128;
        while (capacity - buf->length < size && capacity <= SIZE_MAX / 2)
            capacity *= 2;
        if (capacity - buf->length < size || size > SIZE_MAX - buf->length ||
            (!grow(buf, capacity) && !grow(buf, buf->length + size))) {
            buf->failed = true;
            return NULL;
        }
    }
    return buf->data + buf->length;
}

void vonk_buffer_append(vonk_buffer *buf, const void *data, size_t size)
{
    char *to = size ? vonk_buffer_reserve(buf, size) : NULL;
    if (!to)
        return;
    if (buf->stop && size > PIECE) {
        append_pieces(buf, data, size);
    } else {
        memcpy(to, data, size);
        buf->length += size;
    }
}

void vonk_buffer_text(vonk_buffer *buf, const char *text)
{
    vonk_buffer_append(buf, text, strlen(text));
}

void vonk_buffer_char(vonk_buffer *buf, char c)
{
    vonk_buffer_append(buf, &c, 1);
}

void vonk_buffer_printf(vonk_buffer *buf, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *to = n < 0 ? NULL : vonk_buffer_reserve(buf, (size_t)n + 1);
    if (to) {
        (void)vsnprintf(to, (size_t)n + 1, fmt, again);
        buf->length += (size_t)n;
    }
    va_end(again);
}

void vonk_buffer_json(vonk_buffer *buf, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            vonk_buffer_char(buf, '\\');
        if (c >= 0x20)
            vonk_buffer_char(buf, (char)c);
        else if (c == '\n')
            vonk_buffer_text(buf, "\\n");
        else if (c == '\t')
            vonk_buffer_text(buf, "\\t");
        else if (c == '\r')
            vonk_buffer_text(buf, "\\r");
        else
            vonk_buffer_printf(buf, "\\u%04x", c);
    }
}

void vonk_buffer_size(vonk_buffer *buf, double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t u = 0;
    for (; bytes >= 2048 && u + 1 < VONK_LENGTH(units); u++)
        bytes /= 1024;
    vonk_buffer_printf(buf, "%.1f %s", bytes, units[u]);
}

const char *vonk_buffer_str(vonk_buffer *buf)
{
    char *end = vonk_buffer_reserve(buf, 1);
    if (!end)
        return "";
    *end = '\0';
    return buf->data;
}

vonk_status vonk_buffer_check(const vonk_buffer *buf, vonk_error *err)
{
    if (buf->failed && buf->stop && atomic_load_explicit(buf->stop, memory_order_relaxed))
        return vonk_fail(err, VONK_CANCELLED, "the task was cancelled");
    if (buf->refused)
        return vonk_budget_refuse(buf->budget, buf->refused, err);
    if (buf->failed)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory after %zu bytes of text", buf->length);
    return VONK_OK;
}
