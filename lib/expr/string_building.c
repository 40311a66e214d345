/* string_building.c - functions that make new text: each row is built in a buffer, then kept. */
#include <string.h>
#include <utf8proc.h>

#include "expr/cast.h"
#include "expr/find.h"
#include "expr/function_list.h"
#include "expr/operand.h"
#include "expr/utf8.h"

/* What a builder sees of its call. */
typedef struct builder {
    const vonk_expr *call;
    const vonk_column *args;
    const vonk_eval *ctx;
    uint32_t row;
    vonk_buffer *out;
    size_t *too_long; /* bytes of a text that is over VONK_MAX_TEXT */
} builder;

/* Appends row b->row's text. Returns false for a null. */
typedef bool build_fn(const builder *b);

static vonk_slice text_arg(const builder *b, uint32_t i)
{
    return vonk_string_slice(vonk_string_at(&b->args[i], b->row));
}

/* Longer results are refused, before memory is taken. */
static bool fits(const builder *b, size_t more)
{
    if (more <= VONK_MAX_TEXT && b->out->length + more <= VONK_MAX_TEXT)
        return true;
    *b->too_long = b->out->length + more;
    return false;
}

/* What building row `i` came to. */
static vonk_status keep_row(const builder *b, bool valid, uint32_t i, const vonk_eval *ctx,
                            vonk_column *out, vonk_error *err)
{
    if (*b->too_long)
        return vonk_string_too_long(*b->too_long, err);
    VONK_TRY(vonk_buffer_check(b->out, err));
    if (!valid)
        return vonk_result_null(ctx, out, i, err);
    return vonk_result_string(ctx, out, i, (vonk_slice){b->out->data, b->out->length}, err);
}

static vonk_status build_rows(const builder *proto, build_fn *build, bool strict, uint32_t n_rows,
                              const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    vonk_buffer text = {.budget = ctx->arena->budget, .stop = ctx->settings->cancelled};
    size_t too_long = 0;
    vonk_status status = vonk_result_new(ctx, proto->call->type, proto->args,
                                         strict ? proto->call->n_args : 0, n_rows, &out, err);
    for (uint32_t i = 0; i < n_rows && status == VONK_OK; i++) {
        builder b = *proto;
        b.ctx = ctx;
        b.row = i;
        b.out = &text;
        b.too_long = &too_long;
        text.length = 0;
        bool valid = vonk_result_is_valid(&out, i) && build(&b);
        status = keep_row(&b, valid, i, ctx, &out, err);
    }
    vonk_buffer_free(&text);
    if (status == VONK_OK)
        *ret = out;
    return status;
}

/* Where a piece of `s` ends that is short enough not to look at Ctrl-C in it. */
static size_t piece_end(vonk_slice s, size_t from)
{
    return s.length - from < VONK_EVAL_PIECE ? s.length : from + VONK_EVAL_PIECE;
}

static void append_code_point(vonk_buffer *out, utf8proc_int32_t c)
{
    utf8proc_uint8_t bytes[4];
    utf8proc_ssize_t n = utf8proc_encode_char(c, bytes);
    vonk_buffer_append(out, bytes, (size_t)n);
}

typedef enum letter_case { UPPER, LOWER, TITLE } letter_case;

/* German sharp s is the one everyday letter whose upper case is two letters. */
static void append_in_case(vonk_buffer *out, utf8proc_int32_t c, letter_case to)
{
    if (c == 0xdf && to != LOWER)
        vonk_buffer_text(out, to == UPPER ? "SS" : "Ss");
    else if (c == 0x130 && to == LOWER) /* dotted capital I */
        vonk_buffer_text(out, "i\xcc\x87");
    else if (to == LOWER)
        append_code_point(out, utf8proc_tolower(c));
    else
        append_code_point(out, to == UPPER ? utf8proc_toupper(c) : utf8proc_totitle(c));
}

/* Appends `s` with each letter in the case that `pick` gives for its place. */
static void append_cased(vonk_buffer *out, vonk_slice s, letter_case to)
{
    const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)s.data;
    bool word_start = true;
    for (size_t i = 0; i < s.length && !out->failed;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n = utf8proc_iterate(p + i, (utf8proc_ssize_t)(s.length - i), &c);
        if (n <= 0) { /* not UTF-8: as it is */
            vonk_buffer_char(out, s.data[i++]);
            word_start = false;
            continue;
        }
        append_in_case(out, c, to != TITLE ? to : word_start ? TITLE : LOWER);
        word_start = c == ' ';
        i += (size_t)n;
    }
}

/* Bytes from .. to of `s` in the case of their place. */
static void put_ascii_cased(char *p, vonk_slice s, size_t from, size_t to, letter_case wanted)
{
    bool upper = wanted != LOWER;
    for (size_t i = from; i < to; i++) {
        char c = s.data[i];
        if (wanted == TITLE)
            upper = i == 0 || s.data[i - 1] == ' ';
        if (upper)
            p[i] = (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
        else
            p[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
}

static void append_ascii_cased(vonk_buffer *out, vonk_slice s, letter_case wanted)
{
    char *p = vonk_buffer_reserve(out, s.length);
    if (!p)
        return;
    for (size_t from = 0, to; from < s.length && !vonk_buffer_stops(out); from = to) {
        to = piece_end(s, from);
        put_ascii_cased(p, s, from, to, wanted);
    }
    out->length += s.length;
}

static bool build_case(const builder *b)
{
    vonk_slice s = text_arg(b, 0);
    char first = b->call->name[0];
    letter_case to = first == 'u' ? UPPER : first == 'l' ? LOWER : TITLE;
    if (s.length && vonk_is_ascii(s.data, s.length))
        append_ascii_cased(b->out, s, to);
    else
        append_cased(b->out, s, to);
    return true;
}

/* upper, ucase, lower, lcase, initcap. */
vonk_status vonk_eval_case_of(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                              const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    builder b = {.call = call, .args = args};
    return build_rows(&b, build_case, true, n_rows, ctx, ret, err);
}

static bool build_concat(const builder *b)
{
    for (uint32_t i = 0; i < b->call->n_args; i++) {
        vonk_slice s = text_arg(b, i);
        if (!fits(b, s.length))
            return true;
        vonk_buffer_append(b->out, s.data, s.length);
    }
    return true;
}

vonk_status vonk_eval_concat(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                             const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    builder b = {.call = call, .args = args};
    return build_rows(&b, build_concat, true, n_rows, ctx, ret, err);
}

/* concat_ws(separator, ...): nulls are left out. */
static bool build_concat_ws(const builder *b)
{
    if (!vonk_column_is_valid(&b->args[0], b->row))
        return false;
    bool first = true;
    for (uint32_t i = 1; i < b->call->n_args; i++) {
        if (!vonk_column_is_valid(&b->args[i], b->row))
            continue;
        vonk_slice by = text_arg(b, 0), s = text_arg(b, i);
        if (!fits(b, s.length + by.length))
            return true;
        if (!first)
            vonk_buffer_append(b->out, by.data, by.length);
        vonk_buffer_append(b->out, s.data, s.length);
        first = false;
    }
    return true;
}

vonk_status vonk_eval_concat_ws(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    builder b = {.call = call, .args = args};
    return build_rows(&b, build_concat_ws, false, n_rows, ctx, ret, err);
}

static bool build_replace(const builder *b)
{
    vonk_slice s = text_arg(b, 0), find = text_arg(b, 1), by = {"", 0};
    if (b->call->n_args == 3)
        by = text_arg(b, 2);
    while (find.length && s.length && !b->out->failed) {
        const char *at = vonk_find(b->ctx, s, find);
        if (!at)
            break;
        size_t before = (size_t)(at - s.data);
        if (!fits(b, before + by.length))
            return true;
        vonk_buffer_append(b->out, s.data, before);
        vonk_buffer_append(b->out, by.data, by.length);
        s.data = at + find.length;
        s.length -= before + find.length;
    }
    vonk_buffer_append(b->out, s.data, s.length);
    return true;
}

vonk_status vonk_eval_replace(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                              const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    builder b = {.call = call, .args = args};
    return build_rows(&b, build_replace, true, n_rows, ctx, ret, err);
}

static bool build_reverse(const builder *b)
{
    vonk_slice s = text_arg(b, 0);
    char *p = vonk_buffer_reserve(b->out, s.length);
    if (!p)
        return true;
    for (size_t i = 0, end = s.length; i < s.length && !vonk_buffer_stops(b->out);) {
        for (size_t to = piece_end(s, i); i < to;) {
            size_t width = vonk_utf8_width(s.data[i]);
            if (width > s.length - i)
                width = s.length - i;
            end -= width;
            memcpy(p + end, s.data + i, width);
            i += width;
        }
    }
    b->out->length += s.length;
    return true;
}

vonk_status vonk_eval_reverse(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                              const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    builder b = {.call = call, .args = args};
    return build_rows(&b, build_reverse, true, n_rows, ctx, ret, err);
}

static void append_times(const builder *b, vonk_slice s, int64_t times)
{
    if (times <= 0 || !s.length || !fits(b, s.length * (size_t)times))
        return;
    size_t size = s.length * (size_t)times;
    char *to = vonk_buffer_reserve(b->out, size);
    if (!to)
        return;
    memcpy(to, s.data, s.length);
    for (size_t done = s.length; done < size && !vonk_buffer_stops(b->out);) {
        size_t more = done < size - done ? done : size - done; /* what is there, again */
        if (more > VONK_EVAL_PIECE && more > s.length)
            more = VONK_EVAL_PIECE > s.length ? VONK_EVAL_PIECE / s.length * s.length : s.length;
        memcpy(to + done, to, more);
        done += more;
    }
    b->out->length += size;
}

static bool build_repeat(const builder *b)
{
    if (b->call->n_args == 1) /* space(n) */
        append_times(b, VONK_SLICE(" "), vonk_i32_at(&b->args[0], b->row));
    else
        append_times(b, text_arg(b, 0), vonk_i32_at(&b->args[1], b->row));
    return true;
}

/* repeat(s, n) and space(n). */
vonk_status vonk_eval_repeat(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                             const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    builder b = {.call = call, .args = args};
    return build_rows(&b, build_repeat, true, n_rows, ctx, ret, err);
}

/* Code points of `pad`, over and over, `n` of them. */
static void append_pad(const builder *b, vonk_slice pad, int64_t n)
{
    int64_t each = (int64_t)vonk_utf8_length(pad.data, pad.length, b->out->stop);
    if (each == 0)
        return;
    append_times(b, pad, n / each);
    vonk_buffer_append(b->out, pad.data,
                       vonk_utf8_offset(pad.data, pad.length, (size_t)(n % each), b->out->stop));
}

/* lpad(s, n [, pad]), rpad: padded or cut to n code points. */
static bool build_pad(const builder *b)
{
    vonk_slice s = text_arg(b, 0), pad = VONK_SLICE(" ");
    int64_t want = vonk_i32_at(&b->args[1], b->row);
    if (b->call->n_args == 3)
        pad = text_arg(b, 2);
    int64_t have = (int64_t)vonk_utf8_length(s.data, s.length, b->out->stop);
    if (want <= have) {
        size_t n = want > 0 ? vonk_utf8_offset(s.data, s.length, (size_t)want, b->out->stop) : 0;
        vonk_buffer_append(b->out, s.data, n);
        return true;
    }
    if (b->call->name[0] == 'l')
        append_pad(b, pad, want - have);
    vonk_buffer_append(b->out, s.data, s.length);
    if (b->call->name[0] == 'r')
        append_pad(b, pad, want - have);
    return true;
}

vonk_status vonk_eval_pad(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                          const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    builder b = {.call = call, .args = args};
    return build_rows(&b, build_pad, true, n_rows, ctx, ret, err);
}

/* translate(s, from, to): code points of `from` become those of `to`, or vanish. */
static bool build_translate(const builder *b)
{
    vonk_slice s = text_arg(b, 0), from = text_arg(b, 1), to = text_arg(b, 2);
    for (size_t i = 0, width; i < s.length && !b->out->failed; i += width) {
        width = vonk_utf8_width(s.data[i]);
        width = width > s.length - i ? s.length - i : width;
        size_t index = 0, at = 0;
        while (at < from.length &&
               !(index % VONK_EVAL_PIECE == VONK_EVAL_PIECE - 1 && vonk_buffer_stops(b->out)) &&
               (from.length - at < width || memcmp(from.data + at, s.data + i, width))) {
            at += vonk_utf8_width(from.data[at]);
            index++;
        }
        if (at >= from.length) {
            vonk_buffer_append(b->out, s.data + i, width);
            continue;
        }
        size_t start = vonk_utf8_offset(to.data, to.length, index, b->out->stop);
        vonk_buffer_append(b->out, to.data + start,
                           vonk_utf8_offset(to.data + start, to.length - start, 1, b->out->stop));
    }
    return true;
}

vonk_status vonk_eval_translate(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    builder b = {.call = call, .args = args};
    return build_rows(&b, build_translate, true, n_rows, ctx, ret, err);
}

/* chr(n): code point n % 256; "" below 0. */
static bool build_chr(const builder *b)
{
    int64_t code = vonk_i64_at(&b->args[0], b->row);
    if (code >= 0)
        append_code_point(b->out, (utf8proc_int32_t)(code & 0xff));
    return true;
}

vonk_status vonk_eval_chr(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                          const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    builder b = {.call = call, .args = args};
    return build_rows(&b, build_chr, true, n_rows, ctx, ret, err);
}

static bool build_hex(const builder *b)
{
    if (b->args[0].type.id == VONK_INT64) {
        vonk_buffer_printf(b->out, "%llX", (unsigned long long)vonk_i64_at(&b->args[0], b->row));
        return true;
    }
    static const char digits[] = "0123456789ABCDEF";
    vonk_slice s = text_arg(b, 0);
    char *to = fits(b, s.length * 2) ? vonk_buffer_reserve(b->out, s.length * 2) : NULL;
    for (size_t i = 0; to && i < s.length && !vonk_buffer_stops(b->out);) {
        for (size_t end = piece_end(s, i); i < end; i++) {
            to[2 * i] = digits[(unsigned char)s.data[i] >> 4];
            to[2 * i + 1] = digits[s.data[i] & 15];
        }
    }
    b->out->length += to ? s.length * 2 : 0;
    return true;
}

vonk_status vonk_eval_hex(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                          const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    builder b = {.call = call, .args = args};
    return build_rows(&b, build_hex, true, n_rows, ctx, ret, err);
}

vonk_status vonk_resolve_hex(vonk_expr *call, const vonk_eval_settings *settings, vonk_arena *arena,
                             vonk_type *ret_type, bool *ret_nullable, vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 1, 1, err));
    vonk_type t = call->args[0]->type;
    if (t.id != VONK_STRING && t.id != VONK_BINARY)
        VONK_TRY(vonk_resolve_arg(call, 0, VONK_TYPE(INT64), arena, err));
    *ret_type = VONK_TYPE(STRING);
    *ret_nullable = call->args[0]->nullable;
    return VONK_OK;
}
