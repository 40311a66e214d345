/* url_functions.c - url_encode, url_decode, try_url_decode: as HTML forms are sent; parse_url. */
#include <ctype.h>
#include <string.h>

#include "expr/function_list.h"
#include "expr/operand.h"
#include "expr/regex.h"
#include "expr/url_split.h"

static void encode(vonk_slice text, vonk_buffer *out)
{
    for (size_t i = 0; i < text.length && !out->failed; i++) {
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
    for (size_t i = 0; i < text.length && !out->failed; i++) {
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
    vonk_buffer made = {.budget = ctx->arena->budget, .stop = ctx->settings->cancelled};
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

/* --- parse_url --- */

vonk_status vonk_resolve_parse_url(vonk_expr *call, const vonk_eval_settings *settings,
                                   vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                   vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 2, 3, err));
    for (uint32_t i = 0; i < call->n_args; i++) {
        uint8_t id = call->args[i]->type.id;
        if (id != VONK_STRING && id != VONK_NULL)
            return vonk_fail_input_type(call, i, "\"STRING\"", err);
        VONK_TRY(vonk_resolve_arg(call, i, VONK_TYPE(STRING), arena, err));
    }
    *ret_type = VONK_TYPE(STRING);
    *ret_nullable = true;
    return VONK_OK;
}

/* `data` is NULL: there is no such part. */
static vonk_slice part_of(const vonk_url *url, vonk_slice name)
{
    const struct {
        const char *name;
        vonk_slice part;
    } parts[] = {
        {"HOST", url->host},     {"PATH", url->path},           {"QUERY", url->query},
        {"REF", url->fragment},  {"PROTOCOL", url->scheme},     {"FILE", url->path},
        {"USERINFO", url->user}, {"AUTHORITY", url->authority},
    };
    for (size_t i = 0; i < VONK_LENGTH(parts); i++) {
        if (!vonk_slice_equal(name, vonk_slice_of(parts[i].name)))
            continue;
        vonk_slice part = parts[i].part;
        if (!strcmp(parts[i].name, "FILE") && part.data && url->query.data)
            part.length = (size_t)(url->query.data + url->query.length - part.data);
        return part;
    }
    return (vonk_slice){0};
}

typedef struct url_job {
    const vonk_expr *call;
    const vonk_eval_settings *settings;
    vonk_regex re;
    vonk_slice key; /* that `re` looks for */
    vonk_buffer pattern;
} url_job;

/* The value of `key`, which is a pattern, in a=1&b=2. */
static vonk_status find_key(url_job *job, vonk_slice query, vonk_slice key, vonk_slice *ret,
                            vonk_error *err)
{
    if (!job->re.code || !vonk_slice_equal(key, job->key)) {
        vonk_regex_free(&job->re);
        job->pattern.length = 0;
        vonk_buffer_text(&job->pattern, "(&|^)");
        vonk_buffer_append(&job->pattern, key.data, key.length);
        vonk_buffer_text(&job->pattern, "=([^&]*)");
        VONK_TRY(vonk_buffer_check(&job->pattern, err));
        vonk_slice text = {job->pattern.data, job->pattern.length};
        VONK_TRY(vonk_regex_compile(&job->re, job->call->name, text, err));
        job->key = key;
    }
    int found = vonk_regex_find(&job->re, query, 0, job->settings->cancelled, err);
    if (found < 0)
        return VONK_INVALID;
    *ret = found ? vonk_regex_group(&job->re, query, 2) : (vonk_slice){0};
    return VONK_OK;
}

static vonk_status parse_url(url_job *job, const vonk_column *args, uint32_t row, vonk_slice *ret,
                             vonk_error *err)
{
    vonk_slice text = vonk_string_slice(vonk_string_at(&args[0], row));
    vonk_slice name = vonk_string_slice(vonk_string_at(&args[1], row));
    bool by_key = job->call->n_args == 3;
    vonk_url url;
    *ret = (vonk_slice){0};
    if (by_key && !vonk_slice_equal(name, VONK_SLICE("QUERY")))
        return VONK_OK;
    if (vonk_url_split(text, job->settings, &url)) {
        *ret = part_of(&url, name);
        if (!by_key || !ret->data)
            return VONK_OK;
        return find_key(job, *ret, vonk_string_slice(vonk_string_at(&args[2], row)), ret, err);
    }
    VONK_TRY(vonk_eval_check(job->settings, err));
    if (job->call->name[0] == 't')
        return VONK_OK;
    return vonk_fail_sql(
        err, "INVALID_URL",
        "The url is invalid: %.*s. Use `try_parse_url` to tolerate invalid URL and "
        "return NULL instead.",
        text.length < 300 ? (int)text.length : 300, text.data ? text.data : "");
}

/* parse_url(url, part [, key of a query]) */
vonk_status vonk_eval_parse_url(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    url_job job = {
        .call = call, .settings = ctx->settings, .pattern.stop = ctx->settings->cancelled};
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(STRING), args, call->n_args, n_rows, &out, err));
    vonk_status status = VONK_OK;
    for (uint32_t i = 0; i < n_rows && status == VONK_OK; i++) {
        vonk_slice part = {0};
        if (vonk_result_is_valid(&out, i))
            status = parse_url(&job, args, i, &part, err);
        if (status == VONK_OK)
            status = part.data ? vonk_result_string(ctx, &out, i, part, err)
                               : vonk_result_null(ctx, &out, i, err);
    }
    vonk_regex_free(&job.re);
    vonk_buffer_free(&job.pattern);
    if (status == VONK_OK)
        *ret = out;
    return status;
}
