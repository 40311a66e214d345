/* codec.c - little-endian, length-checked, sticky. */
#include "wire/codec.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are copied as they lie");

#define NULL_TEXT UINT32_MAX
#define MAX_DEPTH (3 * VONK_WIRE_MAX_DEPTH) /* a type in an expression in a plan */

void vonk_wire_put_u8(vonk_buffer *out, uint8_t value)
{
    vonk_buffer_append(out, &value, sizeof value);
}

void vonk_wire_put_bool(vonk_buffer *out, bool value)
{
    vonk_wire_put_u8(out, value ? 1 : 0);
}

void vonk_wire_put_u16(vonk_buffer *out, uint16_t value)
{
    vonk_buffer_append(out, &value, sizeof value);
}

void vonk_wire_put_u32(vonk_buffer *out, uint32_t value)
{
    vonk_buffer_append(out, &value, sizeof value);
}

void vonk_wire_put_i32(vonk_buffer *out, int32_t value)
{
    vonk_buffer_append(out, &value, sizeof value);
}

void vonk_wire_put_u64(vonk_buffer *out, uint64_t value)
{
    vonk_buffer_append(out, &value, sizeof value);
}

void vonk_wire_put_i64(vonk_buffer *out, int64_t value)
{
    vonk_buffer_append(out, &value, sizeof value);
}

void vonk_wire_put_f64(vonk_buffer *out, double value)
{
    vonk_buffer_append(out, &value, sizeof value);
}

void vonk_wire_put_bytes(vonk_buffer *out, const void *data, size_t length)
{
    if (length >= NULL_TEXT) { /* no message is that long: the length limit refuses it */
        out->failed = true;
        return;
    }
    vonk_wire_put_u32(out, (uint32_t)length);
    vonk_buffer_append(out, data, length);
}

void vonk_wire_put_text(vonk_buffer *out, const char *text)
{
    if (text)
        vonk_wire_put_bytes(out, text, strlen(text));
    else
        vonk_wire_put_u32(out, NULL_TEXT);
}

void vonk_wire_put_error(vonk_buffer *out, const vonk_error *error)
{
    vonk_wire_put_u8(out, (uint8_t)error->status);
    vonk_wire_put_text(out, error->condition);
    vonk_wire_put_text(out, error->sqlstate);
    vonk_wire_put_i32(out, error->position);
    vonk_wire_put_i32(out, error->position_end);
    vonk_wire_put_text(out, error->message);
}

/* ---- reading ---- */

vonk_wire_reader vonk_wire_reader_of(vonk_slice bytes, vonk_arena *arena, vonk_error *err)
{
    return (vonk_wire_reader){
        .data = bytes.data, .length = bytes.length, .arena = arena, .err = err};
}

size_t vonk_wire_left(const vonk_wire_reader *in)
{
    return in->length - in->at;
}

vonk_status vonk_wire_fail(vonk_wire_reader *in, const char *fmt, ...)
{
    if (in->status != VONK_OK)
        return in->status;
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    in->status = vonk_fail(in->err, VONK_CORRUPT, "bad message at byte %zu of %zu: %s", in->at,
                           in->length, text);
    return in->status;
}

vonk_status vonk_wire_status(vonk_wire_reader *in, vonk_status status)
{
    if (in->status == VONK_OK)
        in->status = status;
    return in->status;
}

const char *vonk_wire_raw(vonk_wire_reader *in, size_t size)
{
    if (in->status != VONK_OK)
        return NULL;
    if (size > vonk_wire_left(in)) {
        vonk_wire_fail(in, "%zu bytes are missing", size - vonk_wire_left(in));
        return NULL;
    }
    const char *data = in->data ? in->data + in->at : "";
    in->at += size;
    return data;
}

static void get(vonk_wire_reader *in, void *to, size_t size)
{
    const char *from = vonk_wire_raw(in, size);
    if (from)
        memcpy(to, from, size);
}

uint8_t vonk_wire_u8(vonk_wire_reader *in)
{
    uint8_t value = 0;
    get(in, &value, sizeof value);
    return value;
}

bool vonk_wire_bool(vonk_wire_reader *in)
{
    return vonk_wire_enum(in, 2, "boolean") == 1;
}

uint16_t vonk_wire_u16(vonk_wire_reader *in)
{
    uint16_t value = 0;
    get(in, &value, sizeof value);
    return value;
}

uint32_t vonk_wire_u32(vonk_wire_reader *in)
{
    uint32_t value = 0;
    get(in, &value, sizeof value);
    return value;
}

int32_t vonk_wire_i32(vonk_wire_reader *in)
{
    return (int32_t)vonk_wire_u32(in);
}

uint64_t vonk_wire_u64(vonk_wire_reader *in)
{
    uint64_t value = 0;
    get(in, &value, sizeof value);
    return value;
}

int64_t vonk_wire_i64(vonk_wire_reader *in)
{
    return (int64_t)vonk_wire_u64(in);
}

double vonk_wire_f64(vonk_wire_reader *in)
{
    double value = 0;
    get(in, &value, sizeof value);
    return value;
}

uint8_t vonk_wire_enum(vonk_wire_reader *in, uint8_t n, const char *what)
{
    uint8_t value = vonk_wire_u8(in);
    if (value < n)
        return value;
    vonk_wire_fail(in, "%s %u is not known", what, value);
    return 0;
}

vonk_slice vonk_wire_bytes(vonk_wire_reader *in)
{
    uint32_t length = vonk_wire_u32(in);
    const char *data = vonk_wire_raw(in, length);
    return data ? (vonk_slice){data, length} : (vonk_slice){"", 0};
}

const char *vonk_wire_text_or_null(vonk_wire_reader *in)
{
    uint32_t length = vonk_wire_u32(in);
    if (length == NULL_TEXT)
        return NULL;
    const char *data = vonk_wire_raw(in, length);
    if (!data)
        return NULL;
    if (memchr(data, '\0', length)) {
        vonk_wire_fail(in, "a text has a NUL inside");
        return NULL;
    }
    char *copy = vonk_arena_strndup(in->arena, data, length, in->err);
    if (!copy)
        vonk_wire_status(in, VONK_NO_MEMORY);
    return copy;
}

const char *vonk_wire_text(vonk_wire_reader *in)
{
    const char *text = vonk_wire_text_or_null(in);
    if (text)
        return text;
    vonk_wire_fail(in, "a text is missing");
    return "";
}

uint32_t vonk_wire_count(vonk_wire_reader *in, size_t min_bytes, const char *what)
{
    uint32_t n = vonk_wire_u32(in);
    if (n <= vonk_wire_left(in) / min_bytes)
        return n;
    vonk_wire_fail(in, "%u %s cannot be in %zu bytes", n, what, vonk_wire_left(in));
    return 0;
}

void *vonk_wire_array(vonk_wire_reader *in, size_t n, size_t size)
{
    if (in->status != VONK_OK)
        return NULL;
    void *data = vonk_arena_array(in->arena, n, size, in->err);
    if (!data)
        vonk_wire_status(in, VONK_NO_MEMORY);
    return data;
}

/* Copies a text into a field of fixed size; a longer one is cut. */
static void get_field(vonk_wire_reader *in, char *to, size_t size)
{
    vonk_slice text = vonk_wire_bytes(in);
    size_t length = strnlen(text.data, text.length);
    if (length >= size)
        length = size - 1;
    memcpy(to, text.data, length);
    to[length] = '\0';
}

void vonk_wire_error(vonk_wire_reader *in, vonk_error *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->status = vonk_wire_enum(in, VONK_FETCH + 1, "status");
    get_field(in, ret->condition, sizeof ret->condition);
    get_field(in, ret->sqlstate, sizeof ret->sqlstate);
    ret->position = vonk_wire_i32(in);
    ret->position_end = vonk_wire_i32(in);
    get_field(in, ret->message, sizeof ret->message);
}

bool vonk_wire_enter(vonk_wire_reader *in)
{
    if (in->status != VONK_OK)
        return false;
    if (in->depth >= MAX_DEPTH) {
        vonk_wire_fail(in, "nested deeper than %d", MAX_DEPTH);
        return false;
    }
    in->depth++;
    return true;
}

void vonk_wire_leave(vonk_wire_reader *in)
{
    in->depth--;
}

vonk_status vonk_wire_end(vonk_wire_reader *in)
{
    if (in->status == VONK_OK && vonk_wire_left(in))
        return vonk_wire_fail(in, "%zu bytes too many", vonk_wire_left(in));
    return in->status;
}
