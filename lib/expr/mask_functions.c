/* mask_functions.c - mask, luhn_check, quote. */
#include <string.h>
#include <utf8proc.h>

#include "expr/eval.h"
#include "expr/function_list.h"
#include "expr/row_text.h"
#include "expr/utf8.h"

static vonk_status check_mask_char(vonk_expr *call, uint32_t i, const vonk_eval_settings *settings,
                                   vonk_arena *arena, vonk_error *err)
{
    static const char *const names[] = {"input", "upperChar", "lowerChar", "digitChar",
                                        "otherChar"};
    vonk_value value;
    if (vonk_expr_constant(call->args[i], settings, arena, &value, NULL) != VONK_OK)
        return vonk_fail_not_constant(call, i, names[i], "\"STRING\"", err);
    if (value.is_null || call->args[i]->type.id != VONK_STRING ||
        vonk_utf8_length(value.string.data, value.string.length, settings->cancelled) == 1)
        return VONK_OK;
    const char *text = vonk_call_text(call, arena, err);
    VONK_TRY_ALLOC(text);
    return vonk_fail_sql(err, "DATATYPE_MISMATCH.INPUT_SIZE_NOT_ONE",
                         "Cannot resolve \"%s\" due to data type mismatch: Length of %s should be "
                         "1.",
                         text, names[i]);
}

/* mask(s [, upper [, lower [, digit [, other]]]]): what is left out is written into the call. */
vonk_status vonk_resolve_mask(vonk_expr *call, const vonk_eval_settings *settings,
                              vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                              vonk_error *err)
{
    static const char *const defaults[] = {"", "X", "x", "n"};
    VONK_TRY(vonk_check_n_args(call, 1, 5, err));
    vonk_expr **args = VONK_NEW_ARRAY(arena, vonk_expr *, 5, err);
    VONK_TRY_ALLOC(args);
    for (uint32_t i = 0; i < 5; i++) {
        if (i < call->n_args)
            args[i] = call->args[i];
        else if (i < 4)
            args[i] = vonk_expr_string(arena, vonk_slice_of(defaults[i]), err);
        else
            args[i] = vonk_expr_null(arena, VONK_TYPE(NULL), err);
        VONK_TRY_ALLOC(args[i]);
    }
    call->args = args;
    call->n_args = 5;
    for (uint32_t i = 0; i < 5; i++) {
        vonk_type t = call->args[i]->type;
        if (t.id != VONK_STRING && t.id != VONK_NULL)
            return vonk_fail_input_type(call, i, "\"STRING\"", err);
        if (i)
            VONK_TRY(check_mask_char(call, i, settings, arena, err));
        VONK_TRY(vonk_resolve_arg(call, i, VONK_TYPE(STRING), arena, err));
    }
    *ret_type = VONK_TYPE(STRING);
    *ret_nullable = true;
    return VONK_OK;
}

/* Which of mask's arguments stands for a code point. */
static uint32_t mask_for(utf8proc_int32_t c)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
        return 1;
    case UTF8PROC_CATEGORY_LL:
        return 2;
    case UTF8PROC_CATEGORY_ND:
        return 3;
    default:
        return 4;
    }
}

static vonk_status mask(vonk_row_call *r, vonk_error *err)
{
    (void)err;
    if (!vonk_column_is_valid(&r->args[0], r->row)) {
        r->is_null = true;
        return VONK_OK;
    }
    vonk_slice s = vonk_row_text(r, 0);
    for (size_t at = 0; at < s.length && !r->out->failed;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s.data + at,
                                              (utf8proc_ssize_t)(s.length - at), &c);
        size_t width = n > 0 ? (size_t)n : 1;
        uint32_t which = n > 0 ? mask_for(c) : 4;
        if (vonk_column_is_valid(&r->args[which], r->row)) {
            vonk_slice by = vonk_row_text(r, which);
            vonk_buffer_append(r->out, by.data, by.length);
        } else {
            vonk_buffer_append(r->out, s.data + at, width);
        }
        at += width;
    }
    return VONK_OK;
}

vonk_status vonk_eval_mask(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                           const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    return vonk_eval_text_rows(call, args, n_rows, ctx, mask, ret, err);
}

/* 'it\'s' */
static vonk_status quote(vonk_row_call *r, vonk_error *err)
{
    (void)err;
    vonk_slice s = vonk_row_text(r, 0);
    vonk_buffer_char(r->out, '\'');
    for (size_t i = 0; i < s.length && !r->out->failed; i++) {
        if (s.data[i] == '\'')
            vonk_buffer_char(r->out, '\\');
        vonk_buffer_char(r->out, s.data[i]);
    }
    vonk_buffer_char(r->out, '\'');
    return VONK_OK;
}

vonk_status vonk_eval_quote(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                            const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    return vonk_eval_text_rows(call, args, n_rows, ctx, quote, ret, err);
}

/* Digits whose check digit is right. Source: ISO/IEC 7812-1, annex B. */
static bool luhn(const vonk_eval *ctx, vonk_slice s)
{
    int64_t sum = 0;
    size_t steps = 0;
    for (size_t i = s.length; i-- > 0;) {
        if (s.data[i] < '0' || s.data[i] > '9' || vonk_eval_stops_at(ctx->settings, &steps))
            return false;
        int digit = s.data[i] - '0';
        if ((s.length - i) % 2 == 0)
            digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += digit;
    }
    return s.length && sum % 10 == 0;
}

vonk_status vonk_eval_luhn_check(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                 const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    (void)call;
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(BOOL), args, 1, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++)
        vonk_bit_set(out.values, i,
                     vonk_result_is_valid(&out, i) &&
                         luhn(ctx, vonk_string_slice(vonk_string_at(&args[0], i))));
    *ret = out;
    return VONK_OK;
}
