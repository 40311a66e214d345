/*
 * string_functions.c - functions whose result is a piece of their argument, or a number: nothing is
 * copied. Positions and lengths count code points.
 */
#include <string.h>

#include "expr/find.h"
#include "expr/function_list.h"
#include "expr/operand.h"
#include "expr/utf8.h"

static void set_view(vonk_column *out, uint32_t row, const char *data, size_t length)
{
    ((vonk_string *)out->values)[row] = vonk_string_of(data, (uint32_t)length);
}

vonk_status vonk_eval_length(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                             const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(INT32), args, 1, n_rows, &out, err));
    bool in_bytes = args[0].type.id == VONK_BINARY || call->name[0] == 'o' || call->name[0] == 'b';
    int32_t factor = call->name[0] == 'b' ? 8 : 1; /* bit_length */
    for (uint32_t i = 0; i < n_rows; i++) {
        const vonk_string *s = vonk_string_at(&args[0], i);
        size_t n = in_bytes
                       ? s->length
                       : vonk_utf8_length(vonk_string_data(s), s->length, ctx->settings->cancelled);
        ((int32_t *)out.values)[i] = (int32_t)n * factor;
    }
    *ret = out;
    return VONK_OK;
}

/* length and its kin take strings and binary as they are. */
vonk_status vonk_resolve_length(vonk_expr *call, const vonk_eval_settings *settings,
                                vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 1, 1, err));
    if (call->args[0]->type.id != VONK_BINARY)
        VONK_TRY(vonk_resolve_arg(call, 0, VONK_TYPE(STRING), arena, err));
    *ret_type = VONK_TYPE(INT32);
    *ret_nullable = call->args[0]->nullable;
    return VONK_OK;
}

/* Code points start .. end of `s`, from 0; clipped to what is there. */
static vonk_slice code_points(const vonk_eval *ctx, vonk_slice s, int64_t start, int64_t end)
{
    if (end <= start || end <= 0)
        return (vonk_slice){s.data, 0};
    size_t first = start > 0 ? (size_t)start : 0;
    size_t from = vonk_utf8_offset(s.data, s.length, first, ctx->settings->cancelled);
    size_t size = vonk_utf8_offset(s.data + from, s.length - from, (size_t)end - first,
                                   ctx->settings->cancelled);
    return (vonk_slice){s.data + from, size};
}

/* Spark's substringSQL: positions from 1, negative ones from the end, 0 as 1. */
static vonk_slice substring(const vonk_eval *ctx, vonk_slice s, int32_t position, int32_t length)
{
    int64_t start = 0, n;
    if (position > 0)
        start = position - 1;
    else if (position < 0)
        start = position + (int64_t)vonk_utf8_length(s.data, s.length, ctx->settings->cancelled);
    n = start + length;
    if (n > INT32_MAX)
        n = INT32_MAX;
    return code_points(ctx, s, start, n);
}

vonk_status vonk_eval_substring(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(STRING), args, call->n_args, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        int32_t length = call->n_args == 3 ? vonk_i32_at(&args[2], i) : INT32_MAX;
        vonk_slice piece = substring(ctx, vonk_string_slice(vonk_string_at(&args[0], i)),
                                     vonk_i32_at(&args[1], i), length);
        set_view(&out, i, piece.data, piece.length);
    }
    *ret = out;
    return VONK_OK;
}

/* left(s, n) and right(s, n). */
vonk_status vonk_eval_left(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                           const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    bool left = call->name[0] == 'l';
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(STRING), args, 2, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        vonk_slice s = vonk_string_slice(vonk_string_at(&args[0], i));
        int64_t n = vonk_i32_at(&args[1], i), start = 0;
        if (!left && n > 0) {
            start = (int64_t)vonk_utf8_length(s.data, s.length, ctx->settings->cancelled) - n;
            start = start > 0 ? start : 0;
        }
        vonk_slice piece =
            n <= 0 ? (vonk_slice){s.data, 0} : code_points(ctx, s, start, left ? n : INT32_MAX);
        set_view(&out, i, piece.data, piece.length);
    }
    *ret = out;
    return VONK_OK;
}

/* The code point of `width` bytes at `p` is one of `set`. */
static bool is_one_of(const vonk_eval *ctx, vonk_slice set, const char *p, size_t width,
                      size_t *steps)
{
    for (size_t i = 0; i + width <= set.length;) {
        if (!memcmp(set.data + i, p, width))
            return true;
        i += vonk_utf8_width(set.data[i]);
        if (i < set.length && vonk_eval_stops_at(ctx->settings, steps))
            break;
    }
    return false;
}

static vonk_slice trim_left(const vonk_eval *ctx, vonk_slice s, vonk_slice set)
{
    size_t steps = 0;
    while (s.length) {
        size_t width = vonk_utf8_width(s.data[0]);
        if (width > s.length || !is_one_of(ctx, set, s.data, width, &steps))
            break;
        s.data += width;
        s.length -= width;
        if (vonk_eval_stops_at(ctx->settings, &steps))
            break;
    }
    return s;
}

static vonk_slice trim_right(const vonk_eval *ctx, vonk_slice s, vonk_slice set)
{
    size_t steps = 0;
    while (s.length) {
        size_t start = s.length - 1;
        while (start > 0 && ((unsigned char)s.data[start] & 0xc0) == 0x80)
            start--;
        if (!is_one_of(ctx, set, s.data + start, s.length - start, &steps))
            break;
        s.length = start;
        if (vonk_eval_stops_at(ctx->settings, &steps))
            break;
    }
    return s;
}

/* trim([set,] s), ltrim, rtrim, and btrim(s [, set]). */
vonk_status vonk_eval_trim(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                           const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    uint32_t text = call->n_args == 2 && call->name[0] != 'b' ? 1 : 0;
    bool left = call->name[0] != 'r', right = call->name[0] != 'l';
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(STRING), args, call->n_args, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        vonk_slice set = VONK_SLICE(" "), s = vonk_string_slice(vonk_string_at(&args[text], i));
        if (call->n_args == 2)
            set = vonk_string_slice(vonk_string_at(&args[1 - text], i));
        if (left)
            s = trim_left(ctx, s, set);
        if (right)
            s = trim_right(ctx, s, set);
        set_view(&out, i, s.data, s.length);
    }
    *ret = out;
    return VONK_OK;
}

/* Position (code points from 1) of `find` in `s` from code point `from` (1 is the first) on. */
static int32_t find_position(const vonk_eval *ctx, vonk_slice s, vonk_slice find, int32_t from)
{
    if (from < 1)
        return 0;
    size_t start = vonk_utf8_offset(s.data, s.length, (size_t)from - 1, ctx->settings->cancelled);
    if (find.length == 0)
        return from <= (int64_t)vonk_utf8_length(s.data, s.length, ctx->settings->cancelled) + 1
                   ? from
                   : 0;
    const char *at = vonk_find(ctx, (vonk_slice){s.data + start, s.length - start}, find);
    return at ? (int32_t)vonk_utf8_length(s.data, (size_t)(at - s.data), ctx->settings->cancelled) +
                    1
              : 0;
}

/* instr(s, find), locate(find, s [, from]), position(find, s [, from]). */
vonk_status vonk_eval_instr(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                            const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    uint32_t text = !strcmp(call->name, "instr") ? 0 : 1;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(INT32), args, 2, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        bool has_from = call->n_args == 3 && vonk_column_is_valid(&args[2], i);
        int32_t from = has_from ? vonk_i32_at(&args[2], i) : call->n_args == 3 ? 0 : 1;
        ((int32_t *)out.values)[i] =
            find_position(ctx, vonk_string_slice(vonk_string_at(&args[text], i)),
                          vonk_string_slice(vonk_string_at(&args[1 - text], i)), from);
    }
    *ret = out;
    return VONK_OK;
}

/* startswith, endswith, contains. */
vonk_status vonk_eval_contains(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                               const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    char kind = call->name[0];
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(BOOL), args, 2, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        vonk_slice s = vonk_string_slice(vonk_string_at(&args[0], i));
        vonk_slice find = vonk_string_slice(vonk_string_at(&args[1], i));
        bool found = find.length == 0;
        if (!found && s.length >= find.length) {
            if (kind == 'c')
                found = vonk_find(ctx, s, find) != NULL;
            else
                found = !memcmp(kind == 's' ? s.data : s.data + s.length - find.length, find.data,
                                find.length);
        }
        vonk_bit_set(out.values, i, found);
    }
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_eval_ascii(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                            const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)call;
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(INT32), args, 1, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        vonk_slice s = vonk_string_slice(vonk_string_at(&args[0], i));
        int32_t code = s.length ? (unsigned char)s.data[0] : 0;
        size_t width = s.length ? vonk_utf8_width(s.data[0]) : 1;
        if (width > 1 && width <= s.length) {
            code &= width == 2 ? 0x1f : width == 3 ? 0x0f : 0x07;
            for (size_t k = 1; k < width; k++)
                code = code << 6 | (s.data[k] & 0x3f);
        }
        ((int32_t *)out.values)[i] = code;
    }
    *ret = out;
    return VONK_OK;
}

/* split_part(s, delimiter, n): part n from 1, or from the end if n < 0; "" if there is none. */
static vonk_slice split_part(const vonk_eval *ctx, vonk_slice s, vonk_slice by, int64_t n)
{
    vonk_slice none = {s.data, 0};
    if (by.length == 0)
        return n == 1 || n == -1 ? s : none;
    if (n < 0) {
        int64_t parts = 1;
        const char *p = s.data, *end = s.data + s.length;
        while ((p = vonk_find(ctx, (vonk_slice){p, (size_t)(end - p)}, by))) {
            parts++;
            p += by.length;
        }
        n += parts + 1;
        if (n < 1)
            return none;
    }
    for (;; n--) {
        const char *at = vonk_find(ctx, s, by);
        if (n == 1)
            return (vonk_slice){s.data, at ? (size_t)(at - s.data) : s.length};
        if (!at)
            return none;
        s.length -= (size_t)(at - s.data) + by.length;
        s.data = at + by.length;
    }
}

vonk_status vonk_eval_split_part(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                 const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)call;
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(STRING), args, 3, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        if (!vonk_result_is_valid(&out, i)) {
            set_view(&out, i, "", 0);
            continue;
        }
        int32_t n = vonk_i32_at(&args[2], i);
        if (n == 0)
            return vonk_fail_sql(err, "INVALID_INDEX_OF_ZERO",
                                 "The index 0 is invalid. An index shall be either < 0 or > 0 (the "
                                 "first element has index 1).");
        vonk_slice part = split_part(ctx, vonk_string_slice(vonk_string_at(&args[0], i)),
                                     vonk_string_slice(vonk_string_at(&args[1], i)), n);
        set_view(&out, i, part.data, part.length);
    }
    *ret = out;
    return VONK_OK;
}
