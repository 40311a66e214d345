/* url_functions.c - url_encode, url_decode, try_url_decode: as HTML forms are sent. */
#include <ctype.h>
#include <string.h>

#include "expr/function_list.h"
#include "expr/operand.h"

static void encode(vonk_slice text, vonk_buffer *out)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        bool plain = c < 128 && (isalnum(c) || (c && strchr("-_.*", c)));
        if (plain)
            vonk_buffer_char(out, (char)c);
        else if (c == ' ')
            vonk_buffer_char(out, '+');
        else
            vonk_buffer_printf(out, "%%%02X", c);
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False if a '%' has no two hexadecimal digits behind it. */
static bool decode(vonk_slice text, vonk_buffer *out)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] != '%') {
            vonk_buffer_char(out, text.data[i] == '+' ? ' ' : text.data[i]);
            continue;
        }
        int high = i + 2 < text.length ? hex_digit(text.data[i + 1]) : -1;
        int low = i + 2 < text.length ? hex_digit(text.data[i + 2]) : -1;
        if (high < 0 || low < 0)
            return false;
        vonk_buffer_char(out, (char)(high * 16 + low));
        i += 2;
    }
    return true;
}

static vonk_status fail_decode(vonk_slice text, vonk_error *err)
{
    return vonk_fail_sql(err, "CANNOT_DECODE_URL",
                         "The provided URL cannot be decoded: %.*s. Please ensure that the URL is "
                         "properly formatted and try again.",
                         text.length < 300 ? (int)text.length : 300, text.data);
}

vonk_status vonk_eval_url_code(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                               const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    vonk_buffer made = {0};
    bool encodes = !strcmp(call->name, "url_encode"), tries = call->name[0] == 't';
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(STRING), args, 1, n_rows, &out, err));
    vonk_status status = VONK_OK;
    for (uint32_t i = 0; i < n_rows && status == VONK_OK; i++) {
        vonk_slice text = vonk_string_slice(vonk_string_at(&args[0], i));
        bool good = true;
        if (!vonk_result_is_valid(&out, i))
            continue;
        made.length = 0;
        if (encodes)
            encode(text, &made);
        else
            good = decode(text, &made);
        status = vonk_buffer_check(&made, err);
        if (status == VONK_OK && good)
            status = vonk_result_string(ctx, &out, i, (vonk_slice){made.data, made.length}, err);
        else if (status == VONK_OK)
            status = tries ? vonk_result_null(ctx, &out, i, err) : fail_decode(text, err);
    }
    vonk_buffer_free(&made);
    if (status == VONK_OK)
        *ret = out;
    return status;
}
