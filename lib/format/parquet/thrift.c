/* thrift.c - see thrift.h. Source: Apache Thrift, "Thrift Compact protocol encoding". */
#include "format/parquet/thrift.h"

#define MAX_DEPTH 16

vonk_thrift_in vonk_thrift_open(const void *data, size_t length)
{
    return (vonk_thrift_in){.at = data, .end = (const uint8_t *)data + length};
}

static uint64_t fail(vonk_thrift_in *in)
{
    in->failed = true;
    in->at = in->end;
    return 0;
}

static uint8_t read_byte(vonk_thrift_in *in)
{
    return in->at < in->end ? *in->at++ : (uint8_t)fail(in);
}

static uint64_t read_varint(vonk_thrift_in *in)
{
    uint64_t value = 0;
    for (uint32_t shift = 0; shift < 64; shift += 7) {
        if (in->at >= in->end)
            break;
        uint8_t byte = *in->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    return fail(in);
}

static int64_t read_zigzag(vonk_thrift_in *in)
{
    uint64_t value = read_varint(in);
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

bool vonk_thrift_field(vonk_thrift_in *in, int16_t *id, uint8_t *type)
{
    uint8_t head = read_byte(in);
    *type = head & 0x0f;
    if (in->failed || *type == 0)
        return false;
    if (*type > VONK_THRIFT_STRUCT) {
        fail(in);
        return false;
    }
    if (head >> 4)
        *id = (int16_t)(*id + (head >> 4));
    else
        *id = (int16_t)read_zigzag(in);
    return !in->failed;
}

int64_t vonk_thrift_int(vonk_thrift_in *in, uint8_t type)
{
    if (type == VONK_THRIFT_BYTE)
        return (int8_t)read_byte(in);
    if (type < VONK_THRIFT_I16 || type > VONK_THRIFT_I64)
        return (int64_t)fail(in);
    return read_zigzag(in);
}

int32_t vonk_thrift_i32(vonk_thrift_in *in, uint8_t type)
{
    int64_t value = vonk_thrift_int(in, type);
    if (value != (int32_t)value)
        fail(in);
    return (int32_t)value;
}

bool vonk_thrift_bool(vonk_thrift_in *in, uint8_t type)
{
    if (type != VONK_THRIFT_TRUE && type != VONK_THRIFT_FALSE)
        fail(in);
    return type == VONK_THRIFT_TRUE;
}

vonk_slice vonk_thrift_binary(vonk_thrift_in *in, uint8_t type)
{
    uint64_t length = type == VONK_THRIFT_BINARY ? read_varint(in) : fail(in);
    if (length > (uint64_t)(in->end - in->at))
        length = fail(in);
    vonk_slice slice = {(const char *)in->at, length};
    in->at += length;
    return slice;
}

uint32_t vonk_thrift_list(vonk_thrift_in *in, uint8_t type, uint8_t *ret)
{
    *ret = 0;
    if (type != VONK_THRIFT_LIST && type != VONK_THRIFT_SET)
        return (uint32_t)fail(in);
    uint8_t head = read_byte(in);
    uint64_t n = head >> 4;
    if (n == 15)
        n = read_varint(in);
    *ret = head & 0x0f;
    if (n > (uint64_t)(in->end - in->at) || n > UINT32_MAX)
        return (uint32_t)fail(in);
    return (uint32_t)n;
}

bool vonk_thrift_enter(vonk_thrift_in *in, uint8_t type)
{
    if (type != VONK_THRIFT_STRUCT || in->depth >= MAX_DEPTH)
        fail(in);
    in->depth++;
    return !in->failed;
}

void vonk_thrift_leave(vonk_thrift_in *in)
{
    in->depth--;
}

/* NOLINTNEXTLINE(misc-no-recursion): depth is bounded by vonk_thrift_enter */
static void skip_fields(vonk_thrift_in *in)
{
    int16_t id = 0;
    if (vonk_thrift_enter(in, VONK_THRIFT_STRUCT))
        for (uint8_t type; vonk_thrift_field(in, &id, &type);)
            vonk_thrift_skip(in, type);
    vonk_thrift_leave(in);
}

/* An element of a list or map, where a boolean takes a byte. */
/* NOLINTNEXTLINE(misc-no-recursion): depth is bounded by vonk_thrift_enter */
static void skip_element(vonk_thrift_in *in, uint8_t type)
{
    if (type == VONK_THRIFT_TRUE || type == VONK_THRIFT_FALSE)
        (void)read_byte(in);
    else
        vonk_thrift_skip(in, type);
}

/* NOLINTNEXTLINE(misc-no-recursion): depth is bounded by vonk_thrift_enter */
static void skip_elements(vonk_thrift_in *in, uint8_t type)
{
    uint8_t key = 0, element = 0;
    uint64_t n;
    if (++in->depth > MAX_DEPTH)
        fail(in);
    if (type == VONK_THRIFT_MAP) {
        n = read_varint(in);
        uint8_t types = n ? read_byte(in) : 0;
        key = types >> 4;
        element = types & 0x0f;
    } else {
        n = vonk_thrift_list(in, type, &element);
    }
    for (uint64_t i = 0; i < n && !in->failed; i++) {
        if (type == VONK_THRIFT_MAP)
            skip_element(in, key);
        skip_element(in, element);
    }
    in->depth--;
}

/* NOLINTNEXTLINE(misc-no-recursion): depth is bounded by vonk_thrift_enter */
void vonk_thrift_skip(vonk_thrift_in *in, uint8_t type)
{
    switch (type) {
    case VONK_THRIFT_TRUE:
    case VONK_THRIFT_FALSE:
        return;
    case VONK_THRIFT_BYTE:
        (void)read_byte(in);
        return;
    case VONK_THRIFT_I16:
    case VONK_THRIFT_I32:
    case VONK_THRIFT_I64:
        (void)read_varint(in);
        return;
    case VONK_THRIFT_DOUBLE:
        if (in->end - in->at < 8)
            fail(in);
        else
            in->at += 8;
        return;
    case VONK_THRIFT_BINARY:
        (void)vonk_thrift_binary(in, type);
        return;
    case VONK_THRIFT_LIST:
    case VONK_THRIFT_SET:
    case VONK_THRIFT_MAP:
        skip_elements(in, type);
        return;
    case VONK_THRIFT_STRUCT:
        skip_fields(in);
        return;
    default:
        fail(in);
    }
}

static void put_varint(vonk_buffer *buf, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        vonk_buffer_char(buf, (char)(value | 0x80));
    vonk_buffer_char(buf, (char)value);
}

static void put_zigzag(vonk_buffer *buf, int64_t value)
{
    put_varint(buf, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}

static void put_head(vonk_thrift_out *out, int16_t id, vonk_thrift_type type)
{
    int delta = id - out->last;
    if (delta > 0 && delta < 16) {
        vonk_buffer_char(out->buf, (char)(delta << 4 | (int)type));
    } else {
        vonk_buffer_char(out->buf, (char)type);
        put_zigzag(out->buf, id);
    }
    out->last = id;
}

void vonk_thrift_put_i32(vonk_thrift_out *out, int16_t id, int32_t value)
{
    put_head(out, id, VONK_THRIFT_I32);
    put_zigzag(out->buf, value);
}

void vonk_thrift_put_i64(vonk_thrift_out *out, int16_t id, int64_t value)
{
    put_head(out, id, VONK_THRIFT_I64);
    put_zigzag(out->buf, value);
}

void vonk_thrift_put_byte(vonk_thrift_out *out, int16_t id, int8_t value)
{
    put_head(out, id, VONK_THRIFT_BYTE);
    vonk_buffer_char(out->buf, (char)value);
}

void vonk_thrift_put_bool(vonk_thrift_out *out, int16_t id, bool value)
{
    put_head(out, id, value ? VONK_THRIFT_TRUE : VONK_THRIFT_FALSE);
}

void vonk_thrift_put_binary(vonk_thrift_out *out, int16_t id, const void *data, size_t length)
{
    put_head(out, id, VONK_THRIFT_BINARY);
    vonk_thrift_item_binary(out, data, length);
}

void vonk_thrift_put_list(vonk_thrift_out *out, int16_t id, vonk_thrift_type type, uint32_t n)
{
    put_head(out, id, VONK_THRIFT_LIST);
    vonk_buffer_char(out->buf, (char)((n < 15 ? n : 15) << 4 | type));
    if (n >= 15)
        put_varint(out->buf, n);
}

void vonk_thrift_item_i32(vonk_thrift_out *out, int32_t value)
{
    put_zigzag(out->buf, value);
}

void vonk_thrift_item_binary(vonk_thrift_out *out, const void *data, size_t length)
{
    put_varint(out->buf, length);
    vonk_buffer_append(out->buf, data, length);
}

int16_t vonk_thrift_put_struct(vonk_thrift_out *out, int16_t id)
{
    if (id)
        put_head(out, id, VONK_THRIFT_STRUCT);
    int16_t outer = out->last;
    out->last = 0;
    return outer;
}

void vonk_thrift_put_end(vonk_thrift_out *out, int16_t outer)
{
    vonk_buffer_char(out->buf, 0);
    out->last = outer;
}
