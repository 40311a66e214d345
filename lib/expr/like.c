/*
 * like.c - LIKE and ILIKE. A constant pattern is compiled once per batch: into one of four plain
 * comparisons, into pieces between % that are searched one after the other, or it is matched
 * character by character.
 */
#include <string.h>
#include <utf8proc.h>

#include "expr/find.h"
#include "expr/function_list.h"
#include "expr/operand.h"
#include "expr/utf8.h"

#define MAX_PIECES 16

/* A pattern: literal pieces with % between them. */
typedef struct pattern {
    vonk_slice text;           /* as given */
    char escape;               /* 0: none */
    bool by_pieces;            /* no _, and at most MAX_PIECES pieces */
    bool open_start, open_end; /* begins, ends with % */
    uint32_t n_pieces;
    vonk_slice pieces[MAX_PIECES];
} pattern;

/* `next` is the character after the escape, NULL at the pattern's end. */
static vonk_status fail_pattern(vonk_slice text, const char *next, vonk_error *err)
{
    vonk_buffer shown = {0};
    vonk_status status;
    for (size_t i = 0; i < text.length && i < 200; i++) {
        if (text.data[i] == '\\')
            vonk_buffer_char(&shown, '\\');
        vonk_buffer_char(&shown, text.data[i]);
    }
    if (!next)
        status = vonk_fail_sql(err, "INVALID_FORMAT.ESC_AT_THE_END",
                               "The format is invalid: '%s'. The escape character is not allowed "
                               "to end with.",
                               vonk_buffer_str(&shown));
    else
        status = vonk_fail_sql(err, "INVALID_FORMAT.ESC_IN_THE_MIDDLE",
                               "The format is invalid: '%s'. The escape character is not allowed "
                               "to precede '%.*s'.",
                               vonk_buffer_str(&shown), (int)vonk_utf8_width(*next), next);
    vonk_buffer_free(&shown);
    return status;
}

/* An escape may stand only before %, _ or itself. */
static vonk_status check_escapes(const vonk_eval *ctx, const pattern *p, vonk_error *err)
{
    size_t steps = 0;
    for (size_t i = 0; i < p->text.length && !vonk_eval_stops_at(ctx->settings, &steps); i++) {
        if (!p->escape || p->text.data[i] != p->escape)
            continue;
        if (++i == p->text.length)
            return fail_pattern(p->text, NULL, err);
        char next = p->text.data[i];
        if (next != '%' && next != '_' && next != p->escape)
            return fail_pattern(p->text, &p->text.data[i], err);
    }
    return VONK_OK;
}

/* Cuts the pattern at each %; pieces without escapes stay where they are. */
static vonk_status split_pieces(const vonk_eval *ctx, pattern *p, vonk_error *err)
{
    char *copy = vonk_arena_small(ctx->arena, p->text.length + 1, err);
    VONK_TRY_ALLOC(copy);
    char *piece = copy, *o = copy;
    size_t steps = 0;
    p->by_pieces = true;
    p->open_start = p->text.length && p->text.data[0] == '%';
    for (size_t i = 0; i < p->text.length && p->by_pieces; i++) {
        char c = p->text.data[i];
        if (vonk_eval_stops_at(ctx->settings, &steps))
            return vonk_eval_check(ctx->settings, err);
        p->open_end = false;
        if (p->escape && c == p->escape) {
            *o++ = p->text.data[++i];
        } else if (c == '_') {
            p->by_pieces = false;
        } else if (c == '%') {
            p->open_end = true;
            if (o > piece && p->n_pieces == MAX_PIECES - 1)
                p->by_pieces = false;
            else if (o > piece)
                p->pieces[p->n_pieces++] = (vonk_slice){piece, (size_t)(o - piece)};
            piece = o;
        } else {
            *o++ = c;
        }
    }
    if (o > piece)
        p->pieces[p->n_pieces++] = (vonk_slice){piece, (size_t)(o - piece)};
    return VONK_OK;
}

static vonk_status compile(const vonk_eval *ctx, vonk_slice text, char escape, pattern *ret,
                           vonk_error *err)
{
    pattern p = {.text = text, .escape = escape};
    VONK_TRY(check_escapes(ctx, &p, err));
    VONK_TRY(split_pieces(ctx, &p, err));
    *ret = p;
    return VONK_OK;
}

static bool match_pieces(const vonk_eval *ctx, const pattern *p, vonk_slice s)
{
    uint32_t first = 0, last = p->n_pieces;
    if (!p->open_start && last > 0) {
        vonk_slice head = p->pieces[first++];
        if (s.length < head.length || memcmp(s.data, head.data, head.length) != 0)
            return false;
        s.data += head.length;
        s.length -= head.length;
        if (first == last)
            return p->open_end || s.length == 0;
    }
    if (!p->open_end && last > first) {
        vonk_slice tail = p->pieces[--last];
        if (s.length < tail.length ||
            memcmp(s.data + s.length - tail.length, tail.data, tail.length) != 0)
            return false;
        s.length -= tail.length;
    }
    for (; first < last; first++) {
        const char *at = vonk_find(ctx, s, p->pieces[first]);
        if (!at)
            return false;
        size_t skip = (size_t)(at - s.data) + p->pieces[first].length;
        s.data += skip;
        s.length -= skip;
    }
    return p->n_pieces > 0 || p->open_end || s.length == 0;
}

/* Goes back to the last % when it gets stuck. */
static bool match_characters(const vonk_eval *ctx, const pattern *p, vonk_slice s)
{
    const char *t = p->text.data, *t_end = t + p->text.length;
    const char *c = s.data, *c_end = c + s.length;
    const char *star = NULL, *retry = NULL;
    for (size_t steps = 0; c < c_end;) {
        if (vonk_eval_stops_at(ctx->settings, &steps))
            return false;
        bool escaped = t < t_end && p->escape && *t == p->escape;
        if (t < t_end && !escaped && *t == '%') {
            star = ++t;
            retry = c;
        } else if (t < t_end && !escaped && *t == '_') {
            size_t width = vonk_utf8_width(*c);
            c += width < (size_t)(c_end - c) ? width : (size_t)(c_end - c);
            t++;
        } else if (t + escaped < t_end && t[escaped] == *c) {
            t += 1 + escaped;
            c++;
        } else if (star) {
            size_t width = vonk_utf8_width(*retry);
            retry += width < (size_t)(c_end - retry) ? width : (size_t)(c_end - retry);
            t = star;
            c = retry;
        } else {
            return false;
        }
    }
    while (t < t_end && *t == '%' && *t != p->escape)
        t++;
    return t == t_end;
}

static bool match(const vonk_eval *ctx, const pattern *p, vonk_slice s)
{
    return p->by_pieces ? match_pieces(ctx, p, s) : match_characters(ctx, p, s);
}

/* A lower-case copy, for ILIKE. */
static vonk_status lower(const vonk_eval *ctx, vonk_slice s, vonk_slice *ret, vonk_error *err)
{
    char *copy = vonk_arena_small(ctx->arena, s.length * 2 + 1, err); /* U+023A grows */
    VONK_TRY_ALLOC(copy);
    size_t o = 0, steps = 0;
    for (size_t i = 0; i < s.length && !vonk_eval_stops_at(ctx->settings, &steps);) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s.data + i,
                                              (utf8proc_ssize_t)(s.length - i), &c);
        if (n <= 0) {
            copy[o++] = s.data[i++];
            continue;
        }
        o += (size_t)utf8proc_encode_char(utf8proc_tolower(c), (utf8proc_uint8_t *)copy + o);
        i += (size_t)n;
    }
    *ret = (vonk_slice){copy, o};
    return VONK_OK;
}

/* like(s, pattern [, escape]), ilike. */
vonk_status vonk_eval_like(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                           const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    pattern p = {0};
    bool ignore_case = call->name[0] == 'i', compiled = false;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(BOOL), args, call->n_args, n_rows, &out, err));
    bool is_constant = args[1].encoding == VONK_CONSTANT &&
                       (call->n_args == 2 || args[2].encoding == VONK_CONSTANT);
    for (uint32_t i = 0; i < n_rows; i++) {
        if (!vonk_result_is_valid(&out, i)) {
            vonk_bit_set(out.values, i, false);
            continue;
        }
        vonk_slice s = vonk_string_slice(vonk_string_at(&args[0], i));
        if (!compiled) {
            vonk_slice text = vonk_string_slice(vonk_string_at(&args[1], i));
            vonk_slice escape = VONK_SLICE("\\");
            if (call->n_args == 3)
                escape = vonk_string_slice(vonk_string_at(&args[2], i));
            if (ignore_case)
                VONK_TRY(lower(ctx, text, &text, err));
            VONK_TRY(compile(ctx, text, escape.length ? escape.data[0] : '\0', &p, err));
            compiled = is_constant;
        }
        if (ignore_case)
            VONK_TRY(lower(ctx, s, &s, err));
        vonk_bit_set(out.values, i, match(ctx, &p, s));
    }
    *ret = out;
    return VONK_OK;
}
