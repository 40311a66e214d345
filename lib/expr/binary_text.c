/* binary_text.c - texts as bytes and back: to_binary, encode, decode, validity of UTF-8. */
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>
#include <utf8proc.h>

#include "expr/eval.h"
#include "expr/function_list.h"
#include "expr/row_text.h"

/* --- to_binary --- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool from_hex(vonk_slice s, vonk_buffer *out)
{
    int high = s.length % 2 ? 0 : -1; /* an odd digit stands alone */
    for (size_t i = 0; i < s.length && !out->failed; i++) {
        int digit = hex_digit(s.data[i]);
        if (digit < 0)
            return false;
        if (high >= 0)
            vonk_buffer_char(out, (char)(high * 16 + digit));
        high = high >= 0 ? -1 : digit;
    }
    return true;
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Strictly, but for white space. Source: Spark's UnBase64.isValidBase64. */
static bool from_base64(vonk_slice s, vonk_buffer *out)
{
    size_t n_digits = 0, n_pads = 0;
    uint32_t bits = 0;
    int n_bits = 0;
    for (size_t i = 0; i < s.length && !out->failed; i++) {
        char c = s.data[i];
        int digit = base64_digit(c);
        if (i % VONK_EVAL_PIECE == VONK_EVAL_PIECE - 1 && vonk_buffer_stops(out))
            break; /* so many that nothing was put */
        if (c == ' ' || (c >= '\t' && c <= '\r'))
            continue;
        if (c == '=') { /* the second stands right behind the first */
            if (++n_pads > 2 || (n_pads == 2 && s.data[i - 1] != '='))
                return false;
            continue;
        }
        if (digit < 0 || n_pads)
            return false;
        n_digits++;
        bits = (bits << 6 | (uint32_t)digit) & 0xffffff;
        n_bits += 6;
        if (n_bits >= 8)
            vonk_buffer_char(out, (char)(bits >> (n_bits -= 8) & 0xff));
    }
    return n_pads ? (n_digits + n_pads) % 4 == 0 : n_digits % 4 != 1;
}

static vonk_status to_binary(vonk_row_call *r, vonk_error *err)
{
    vonk_slice s = vonk_row_text(r, 0), format = vonk_slice_of("hex");
    bool is_try = r->call->name[0] == 't' && r->call->name[1] == 'r';
    if (r->call->n_args == 2)
        format = vonk_row_text(r, 1);
    bool hex = format.length == 3 && !strncasecmp(format.data, "hex", 3);
    bool base64 = format.length == 6 && !strncasecmp(format.data, "base64", 6);
    if (!hex && !base64) {
        vonk_buffer_append(r->out, s.data, s.length);
        return VONK_OK;
    }
    if (hex ? from_hex(s, r->out) : from_base64(s, r->out))
        return VONK_OK;
    if (is_try) {
        r->is_null = true;
        return VONK_OK;
    }
    return vonk_fail_sql(err, "CONVERSION_INVALID_INPUT",
                         "The value '%.*s' (%s) cannot be converted to \"BINARY\" because it is "
                         "malformed. Correct the value as per the syntax, or change its format. "
                         "Use `try_to_binary` to tolerate malformed input and return NULL instead.",
                         (int)(s.length < 200 ? s.length : 200), s.data ? s.data : "",
                         hex ? "'HEX'" : "'BASE64'");
}

/* To Spark try_to_binary is to_binary inside. */
static vonk_status fail_format_not_constant(vonk_expr *call, vonk_error *err)
{
    const char *name = call->name;
    call->name = "to_binary";
    vonk_status status = vonk_fail_not_constant(call, 1, "fmt", "\"STRING\"", err);
    call->name = name;
    return status;
}

/* to_binary(s [, format]): the format is a constant. */
vonk_status vonk_resolve_to_binary(vonk_expr *call, const vonk_eval_settings *settings,
                                   vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                   vonk_error *err)
{
    static const char *const formats[] = {"hex", "base64", "utf-8", "utf8"};
    vonk_value format = {.is_null = true};
    bool tries = call->name[0] == 't' && call->name[1] == 'r';
    VONK_TRY(vonk_check_n_args(call, 1, 2, err));
    VONK_TRY(vonk_resolve_arg(call, 0, VONK_TYPE(STRING), arena, err));
    *ret_type = VONK_TYPE(BINARY);
    *ret_nullable = true;
    if (call->n_args == 1)
        return VONK_OK;
    if (!tries && call->args[1]->type.id != VONK_STRING && call->args[1]->type.id != VONK_NULL)
        return vonk_fail_input_type(call, 1, "\"STRING\"", err);
    VONK_TRY(vonk_resolve_arg(call, 1, VONK_TYPE(STRING), arena, err));
    if (vonk_expr_constant(call->args[1], settings, arena, &format, NULL) != VONK_OK)
        return fail_format_not_constant(call, err);
    for (size_t i = 0; !format.is_null && i < VONK_LENGTH(formats); i++) {
        if (strlen(formats[i]) == format.string.length &&
            !strncasecmp(formats[i], format.string.data, format.string.length))
            format.is_null = true;
    }
    if (format.is_null)
        return VONK_OK;
    if (tries) { /* null for every row */
        call->args[1] = vonk_expr_null(arena, VONK_TYPE(STRING), err);
        return call->args[1] ? VONK_OK : VONK_NO_MEMORY;
    }
    const char *text = vonk_call_text(call, arena, err);
    VONK_TRY_ALLOC(text);
    return vonk_fail_sql(
        err, "DATATYPE_MISMATCH.INVALID_ARG_VALUE",
        "Cannot resolve \"%s\" due to data type mismatch: The fmt value must to be a "
        "case-insensitive \"STRING\" literal of 'hex', 'utf-8', 'utf8', or 'base64', but got "
        "'%.*s'.",
        text, (int)format.string.length, format.string.data);
}

vonk_status vonk_eval_to_binary(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    return vonk_eval_text_rows(call, args, n_rows, ctx, to_binary, ret, err);
}

/* --- character sets --- */

typedef enum charset { ASCII, LATIN1, UTF8, UTF16, UTF16BE, UTF16LE, UTF32, NO_CHARSET } charset;

static charset find_charset(vonk_slice name)
{
    static const char *const names[] = {"us-ascii", "iso-8859-1", "utf-8", "utf-16",
                                        "utf-16be", "utf-16le",   "utf-32"};
    for (size_t i = 0; i < VONK_LENGTH(names); i++) {
        if (strlen(names[i]) == name.length && !strncasecmp(names[i], name.data, name.length))
            return (charset)i;
    }
    return NO_CHARSET;
}

static vonk_status get_charset(const vonk_row_call *r, charset *ret, vonk_error *err)
{
    vonk_slice name = vonk_row_text(r, 1);
    *ret = find_charset(name);
    if (*ret != NO_CHARSET)
        return VONK_OK;
    return vonk_fail_sql(err, "INVALID_PARAMETER_VALUE.CHARSET",
                         "The value of parameter(s) `charset` in `%s` is invalid: expects one of "
                         "the iso-8859-1, us-ascii, utf-16, utf-16be, utf-16le, utf-32, utf-8, "
                         "but got %.*s.",
                         r->call->name, (int)(name.length < 100 ? name.length : 100),
                         name.data ? name.data : "");
}

static vonk_status malformed(const vonk_row_call *r, vonk_error *err)
{
    vonk_slice name = vonk_row_text(r, 1);
    return vonk_fail_sql(err, "MALFORMED_CHARACTER_CODING",
                         "Invalid value found when performing `%s` with %.*s", r->call->name,
                         (int)name.length, name.data ? name.data : "");
}

static void put_unit(vonk_buffer *out, uint32_t unit, bool little)
{
    vonk_buffer_char(out, (char)(little ? unit & 0xff : unit >> 8 & 0xff));
    vonk_buffer_char(out, (char)(little ? unit >> 8 & 0xff : unit & 0xff));
}

/* False if the character set has no such code point. */
static bool put_code_point(vonk_buffer *out, charset set, uint32_t c)
{
    bool little = set == UTF16LE;
    if (set == ASCII || set == LATIN1) {
        if (c > (set == ASCII ? 0x7f : 0xff))
            return false;
        vonk_buffer_char(out, (char)c);
    } else if (set == UTF32) {
        put_unit(out, c >> 16, false);
        put_unit(out, c & 0xffff, false);
    } else if (c > 0xffff) {
        put_unit(out, 0xd800 + ((c - 0x10000) >> 10), little);
        put_unit(out, 0xdc00 + ((c - 0x10000) & 0x3ff), little);
    } else {
        put_unit(out, c, little);
    }
    return true;
}

static vonk_status encode(vonk_row_call *r, vonk_error *err)
{
    charset set;
    vonk_slice s = vonk_row_text(r, 0);
    VONK_TRY(get_charset(r, &set, err));
    if (set == UTF16 && s.length)
        put_unit(r->out, 0xfeff, false);
    if (set == UTF8) {
        vonk_buffer_append(r->out, s.data, s.length);
        return VONK_OK;
    }
    for (size_t at = 0; at < s.length && !r->out->failed;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s.data + at,
                                              (utf8proc_ssize_t)(s.length - at), &c);
        if (n <= 0 || !put_code_point(r->out, set, (uint32_t)c))
            return malformed(r, err);
        at += (size_t)n;
    }
    return VONK_OK;
}

vonk_status vonk_eval_encode(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                             const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    return vonk_eval_text_rows(call, args, n_rows, ctx, encode, ret, err);
}

static void put_utf8(vonk_buffer *out, uint32_t c)
{
    utf8proc_uint8_t bytes[4];
    utf8proc_ssize_t n = utf8proc_encode_char((utf8proc_int32_t)c, bytes);
    vonk_buffer_append(out, (const char *)bytes, (size_t)n);
}

static uint32_t unit_at(vonk_slice s, size_t at, bool little)
{
    uint32_t a = (unsigned char)s.data[at], b = (unsigned char)s.data[at + 1];
    return little ? b << 8 | a : a << 8 | b;
}

static bool decode_utf16(vonk_slice s, bool little, vonk_buffer *out)
{
    for (size_t at = 0; at < s.length && !out->failed; at += 2) {
        if (at + 2 > s.length)
            return false;
        uint32_t c = unit_at(s, at, little);
        if (c >= 0xd800 && c < 0xdc00 && at + 4 <= s.length) {
            uint32_t low = unit_at(s, at += 2, little);
            if (low < 0xdc00 || low > 0xdfff)
                return false;
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        } else if (c >= 0xd800 && c < 0xe000) {
            return false;
        }
        put_utf8(out, c);
    }
    return true;
}

static bool decode_utf32(vonk_slice s, vonk_buffer *out)
{
    for (size_t at = 0; at < s.length && !out->failed; at += 4) {
        if (at + 4 > s.length)
            return false;
        uint32_t c = unit_at(s, at, false) << 16 | unit_at(s, at + 2, false);
        if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
            return false;
        put_utf8(out, c);
    }
    return true;
}

static bool is_utf8(const vonk_eval_settings *settings, vonk_slice s)
{
    utf8proc_int32_t c;
    size_t steps = 0;
    for (size_t at = 0; at < s.length && !vonk_eval_stops_at(settings, &steps);) {
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s.data + at,
                                              (utf8proc_ssize_t)(s.length - at), &c);
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return true;
}

static bool decode_bytes(const vonk_eval_settings *settings, vonk_slice s, charset set,
                         vonk_buffer *out)
{
    bool little = set == UTF16LE;
    if (set == UTF16 && s.length >= 2) {
        uint32_t mark = unit_at(s, 0, false);
        little = mark == 0xfffe;
        if (little || mark == 0xfeff)
            s = (vonk_slice){s.data + 2, s.length - 2};
    }
    switch (set) {
    case UTF8:
        vonk_buffer_append(out, s.data, s.length);
        return is_utf8(settings, s);
    case UTF32:
        return decode_utf32(s, out);
    case UTF16:
    case UTF16BE:
    case UTF16LE:
        return decode_utf16(s, little, out);
    default:
        for (size_t i = 0; i < s.length && !out->failed; i++) {
            unsigned char c = (unsigned char)s.data[i];
            if (set == ASCII && c > 0x7f)
                return false;
            put_utf8(out, c);
        }
        return true;
    }
}

static vonk_status decode(vonk_row_call *r, vonk_error *err)
{
    charset set;
    VONK_TRY(get_charset(r, &set, err));
    bool ok = decode_bytes(r->ctx->settings, vonk_row_text(r, 0), set, r->out);
    return ok ? VONK_OK : malformed(r, err);
}

/* --- decode(value, search, result, ..., [default]) --- */

/* *ret = CASE WHEN value <=> search THEN result ... [ELSE default] END */
static vonk_status make_case(const vonk_expr *call, const vonk_eval_settings *settings,
                             vonk_arena *arena, vonk_expr **ret, vonk_error *err)
{
    uint32_t n = call->n_args - 1;
    vonk_expr *e = vonk_expr_new(arena, VONK_EXPR_CASE, n, err);
    VONK_TRY_ALLOC(e);
    for (uint32_t i = 0; i < n; i++) {
        e->args[i] = call->args[i + 1];
        if (i % 2 || i + 1 == n)
            continue;
        vonk_expr *equal = vonk_expr_call2(arena, "<=>", call->args[0], call->args[i + 1], err);
        VONK_TRY_ALLOC(equal);
        equal->function = vonk_function_find("<=>");
        equal->start = call->start;
        equal->end = call->end;
        VONK_TRY(
            equal->function->resolve(equal, settings, arena, &equal->type, &equal->nullable, err));
        e->args[i] = equal;
    }
    e->has_else = n % 2;
    e->type = call->type;
    e->nullable = true;
    *ret = e;
    return VONK_OK;
}

static vonk_status resolve_choice(vonk_expr *call, const vonk_eval_settings *settings,
                                  vonk_arena *arena, vonk_type *ret_type, vonk_error *err)
{
    vonk_expr *ignored;
    uint32_t n = 0, count = (call->n_args - 1) / 2 + (call->n_args % 2 == 0);
    vonk_expr **results = VONK_NEW_ARRAY(arena, vonk_expr *, count, err);
    VONK_TRY_ALLOC(results);
    for (uint32_t i = 2; i < call->n_args; i += 2)
        results[n++] = call->args[i];
    if (call->n_args % 2 == 0)
        results[n++] = call->args[call->n_args - 1];
    vonk_status status = vonk_expr_coerce_all(arena, results, n, ret_type, err);
    if (status == VONK_INVALID)
        return vonk_fail_data_types(call, err);
    VONK_TRY(status);
    n = 0;
    for (uint32_t i = 2; i < call->n_args; i += 2)
        call->args[i] = results[n++];
    if (call->n_args % 2 == 0)
        call->args[call->n_args - 1] = results[n];
    return make_case(call, settings, arena, &ignored, err);
}

vonk_status vonk_resolve_decode(vonk_expr *call, const vonk_eval_settings *settings,
                                vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                vonk_error *err)
{
    VONK_TRY(vonk_check_n_args(call, 2, UINT32_MAX, err));
    *ret_nullable = true;
    if (call->n_args > 2)
        return resolve_choice(call, settings, arena, ret_type, err);
    VONK_TRY(vonk_resolve_arg(call, 0, VONK_TYPE(BINARY), arena, err));
    VONK_TRY(vonk_resolve_arg(call, 1, VONK_TYPE(STRING), arena, err));
    *ret_type = VONK_TYPE(STRING);
    return VONK_OK;
}

vonk_status vonk_eval_decode(const vonk_expr *call, const vonk_batch *in, const vonk_eval *ctx,
                             vonk_column *ret, vonk_error *err)
{
    if (call->n_args > 2) {
        vonk_expr *choice;
        VONK_TRY(make_case(call, ctx->settings, ctx->arena, &choice, err));
        return vonk_expr_eval(choice, in, ctx, ret, err);
    }
    vonk_column args[2];
    for (uint32_t i = 0; i < 2; i++) {
        VONK_TRY(vonk_expr_eval(call->args[i], in, ctx, &args[i], err));
        if (args[i].encoding == VONK_DICTIONARY)
            VONK_TRY(vonk_column_flatten(ctx->arena, &args[i], &args[i], err));
    }
    return vonk_eval_text_rows(call, args, in->n_rows, ctx, decode, ret, err);
}

/* --- validity --- */

vonk_status vonk_eval_is_valid_utf8(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                    const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)call;
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(BOOL), args, 1, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++)
        vonk_bit_set(out.values, i,
                     vonk_result_is_valid(&out, i) &&
                         is_utf8(ctx->settings, vonk_string_slice(vonk_string_at(&args[0], i))));
    *ret = out;
    return VONK_OK;
}

/* make_valid_utf8: each maximal part of a code point that ends too soon becomes U+FFFD. */
static void replace_invalid(vonk_slice s, vonk_buffer *out)
{
    utf8proc_int32_t c;
    for (size_t at = 0; at < s.length && !out->failed;) {
        size_t left = s.length - at;
        utf8proc_ssize_t n =
            utf8proc_iterate((const utf8proc_uint8_t *)s.data + at, (utf8proc_ssize_t)left, &c);
        if (n > 0) {
            vonk_buffer_append(out, s.data + at, (size_t)n);
            at += (size_t)n;
            continue;
        }
        vonk_buffer_text(out, "\xef\xbf\xbd");
        at++;
    }
}

static vonk_status valid_utf8(vonk_row_call *r, vonk_error *err)
{
    vonk_slice s = vonk_row_text(r, 0);
    const char *name = r->call->name;
    if (is_utf8(r->ctx->settings, s)) {
        vonk_buffer_append(r->out, s.data, s.length);
        return VONK_OK;
    }
    if (!strcmp(name, "make_valid_utf8")) {
        replace_invalid(s, r->out);
        return VONK_OK;
    }
    if (!strcmp(name, "try_validate_utf8")) {
        r->is_null = true;
        return VONK_OK;
    }
    for (size_t i = 0; i < s.length && i < 100; i++)
        vonk_buffer_printf(r->out, "\\x%02X", (unsigned char)s.data[i]);
    return vonk_fail_sql(err, "INVALID_UTF8_STRING",
                         "Invalid UTF8 byte sequence found in string: %s.",
                         vonk_buffer_str(r->out));
}

vonk_status vonk_eval_valid_utf8(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                 const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    return vonk_eval_text_rows(call, args, n_rows, ctx, valid_utf8, ret, err);
}
