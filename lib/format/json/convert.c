/* convert.c - tokens to values by type, as Spark's JacksonParser makes converters. */
#include "format/json/convert.h"

#include "expr/calendar.h"
#include "format/text/convert.h"

/* What a row's conversion needs. */
typedef struct row_context {
    const vonk_json_options *options;
    vonk_arena *arena;
    vonk_builder *builder;
    uint32_t row;
    vonk_error *err;
} row_context;

/* Converters say whether the token is a value of the type; `text` is its text, unescaped. */

static bool is_text(const vonk_json_token *t)
{
    return t->kind == VONK_JSON_STRING || t->kind == VONK_JSON_ESCAPED;
}

static bool set_bool(const row_context *c, const vonk_json_token *t)
{
    if (t->kind != VONK_JSON_TRUE && t->kind != VONK_JSON_FALSE)
        return false;
    vonk_bit_set(c->builder->values, c->row, t->kind == VONK_JSON_TRUE);
    return true;
}

static bool set_integer(const row_context *c, const vonk_json_token *t)
{
    int64_t value;
    void *values = c->builder->values;
    if (t->kind != VONK_JSON_INTEGER || !vonk_text_to_int64(t->data, t->length, &value))
        return false;
    switch (c->builder->type.id) {
    case VONK_INT8:
        ((int8_t *)values)[c->row] = (int8_t)value;
        return value == (int8_t)value;
    case VONK_INT16:
        ((int16_t *)values)[c->row] = (int16_t)value;
        return value == (int16_t)value;
    case VONK_INT32:
        ((int32_t *)values)[c->row] = (int32_t)value;
        return value == (int32_t)value;
    default:
        ((int64_t *)values)[c->row] = value;
        return true;
    }
}

static bool set_floating(const row_context *c, const vonk_json_token *t, vonk_slice text)
{
    double value;
    bool number = t->kind == VONK_JSON_INTEGER || t->kind == VONK_JSON_FRACTION;
    bool is_float = c->builder->type.id == VONK_FLOAT32;
    float *f32 = (float *)c->builder->values + c->row;
    if (number && is_float)
        return vonk_text_to_float(t->data, t->length, f32);
    if (number ? !vonk_text_to_double(t->data, t->length, &value)
               : !vonk_json_special(text, &value))
        return false;
    if (is_float)
        *f32 = (float)value;
    else
        ((double *)c->builder->values)[c->row] = value;
    return true;
}

static bool set_decimal(const row_context *c, const vonk_json_token *t, vonk_slice text)
{
    vonk_int128 value;
    vonk_type type = c->builder->type;
    bool number = t->kind == VONK_JSON_INTEGER || t->kind == VONK_JSON_FRACTION;
    if ((!number && !is_text(t)) || !vonk_text_to_decimal(text.data, text.length, type, &value))
        return false;
    if (type.precision <= VONK_MAX_NARROW_PRECISION)
        ((int64_t *)c->builder->values)[c->row] = (int64_t)value;
    else
        ((vonk_int128 *)c->builder->values)[c->row] = value;
    return true;
}

static bool set_date(const row_context *c, const vonk_json_token *t, vonk_slice text)
{
    return is_text(t) && vonk_text_to_date(text.data, text.length, c->options->date_format,
                                           (int32_t *)c->builder->values + c->row);
}

static bool set_timestamp(const row_context *c, const vonk_json_token *t, vonk_slice text)
{
    int64_t *to = (int64_t *)c->builder->values + c->row;
    bool ntz = c->builder->type.id == VONK_TIMESTAMP_NTZ;
    if (is_text(t) && ntz)
        return vonk_text_to_timestamp_ntz(text.data, text.length, c->options->timestamp_ntz_format,
                                          to);
    if (is_text(t))
        return vonk_text_to_timestamp(text.data, text.length, c->options->timestamp_format,
                                      &c->options->zone, to);
    int64_t seconds;
    return t->kind == VONK_JSON_INTEGER && !ntz &&
           vonk_text_to_int64(t->data, t->length, &seconds) &&
           !__builtin_mul_overflow(seconds, VONK_US_PER_SECOND, to);
}

static int base64_digit(char c)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

static vonk_status set_binary(const row_context *c, vonk_slice text, bool *ret_ok)
{
    char *bytes = vonk_arena_small(c->arena, text.length / 4 * 3 + 16, c->err);
    VONK_TRY_ALLOC(bytes);
    while (text.length && text.data[text.length - 1] == '=')
        text.length--;
    uint32_t bits = 0, n_bits = 0, n = 0;
    *ret_ok = text.length % 4 != 1;
    for (size_t i = 0; i < text.length && *ret_ok; i++) {
        int digit = base64_digit(text.data[i]);
        *ret_ok = digit >= 0;
        bits = (bits << 6 | (uint32_t)digit) & 0xffff;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            bytes[n++] = (char)(bits >> n_bits);
        }
    }
    ((vonk_string *)c->builder->values)[c->row] = vonk_string_of(bytes, *ret_ok ? n : 0);
    return VONK_OK;
}

static bool set_string(const row_context *c, vonk_slice text)
{
    ((vonk_string *)c->builder->values)[c->row] = vonk_text_view(text.data, (uint32_t)text.length);
    return true;
}

static vonk_status convert_one(const row_context *c, const vonk_json_token *t, bool *ret_ok)
{
    vonk_slice text;
    VONK_TRY(vonk_json_token_text(t, c->arena, &text, c->err));
    switch (c->builder->type.id) {
    case VONK_BOOL:
        *ret_ok = set_bool(c, t);
        break;
    case VONK_INT8:
    case VONK_INT16:
    case VONK_INT32:
    case VONK_INT64:
        *ret_ok = set_integer(c, t);
        break;
    case VONK_FLOAT32:
    case VONK_FLOAT64:
        *ret_ok = set_floating(c, t, text);
        break;
    case VONK_DECIMAL:
        *ret_ok = set_decimal(c, t, text);
        break;
    case VONK_DATE:
        *ret_ok = set_date(c, t, text);
        break;
    case VONK_TIMESTAMP:
    case VONK_TIMESTAMP_NTZ:
        *ret_ok = set_timestamp(c, t, text);
        break;
    case VONK_BINARY:
        *ret_ok = false;
        return is_text(t) ? set_binary(c, text, ret_ok) : VONK_OK;
    case VONK_STRING:
        *ret_ok = set_string(c, text);
        break;
    default:
        *ret_ok = false;
        break;
    }
    return VONK_OK;
}

vonk_status vonk_json_convert(const vonk_json_options *options, const vonk_json_token *tokens,
                              uint32_t n, vonk_arena *arena, vonk_builder *b, uint8_t *bad,
                              vonk_error *err)
{
    row_context c = {.options = options, .arena = arena, .builder = b, .err = err};
    if (b->type.id == VONK_NULL)
        return VONK_OK;
    for (c.row = 0; c.row < n; c.row++) {
        bool ok;
        if (tokens[c.row].kind <= VONK_JSON_NULL)
            continue;
        VONK_TRY(convert_one(&c, &tokens[c.row], &ok));
        b->valid[c.row] = ok;
        bad[c.row] |= !ok;
    }
    return VONK_OK;
}
