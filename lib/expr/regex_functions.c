/*
 * regex_functions.c - rlike, regexp_replace, regexp_extract and others, through PCRE2.
 *
 * Spark's patterns are Java's; what everyday ones use means the same in PCRE2. A pattern is
 * compiled when it differs from the row's before.
 */
#include <string.h>

#include "expr/eval.h"
#include "expr/function_list.h"
#include "expr/operand.h"
#include "expr/regex.h"
#include "expr/utf8.h"

/* What the functions below share: each row's text and pattern. */
typedef struct row_job {
    const vonk_expr *call;
    const vonk_column *args;
    const vonk_eval *ctx;
    vonk_column *out;
    vonk_regex re;
    vonk_buffer text;
} row_job;

static int find_from(row_job *job, vonk_slice s, size_t from, vonk_error *err)
{
    return vonk_regex_find(&job->re, s, from, job->ctx->settings->cancelled, err);
}

typedef vonk_status row_fn(row_job *job, vonk_slice s, uint32_t row, vonk_error *err);

static vonk_status each_row(row_job *job, row_fn *fn, vonk_type type, uint32_t n_rows,
                            vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    VONK_TRY(vonk_result_new(job->ctx, type, job->args, job->call->n_args, n_rows, &out, err));
    job->out = &out;
    job->text.budget = job->ctx->arena->budget;
    job->text.stop = job->ctx->settings->cancelled;
    vonk_status status = VONK_OK;
    for (uint32_t i = 0; i < n_rows && status == VONK_OK; i++) {
        if (!vonk_result_is_valid(&out, i)) {
            status = vonk_result_null(job->ctx, &out, i, err);
            continue;
        }
        status = vonk_eval_check(job->ctx->settings, err);
        if (status == VONK_OK)
            status = vonk_regex_compile(&job->re, job->call->name,
                                        vonk_string_slice(vonk_string_at(&job->args[1], i)), err);
        if (status == VONK_OK)
            status = fn(job, vonk_string_slice(vonk_string_at(&job->args[0], i)), i, err);
    }
    vonk_regex_free(&job->re);
    vonk_buffer_free(&job->text);
    if (status == VONK_OK)
        *ret = out;
    return status;
}

static vonk_status rlike_row(row_job *job, vonk_slice s, uint32_t row, vonk_error *err)
{
    int found = find_from(job, s, 0, err);
    if (found < 0)
        return VONK_INVALID;
    vonk_bit_set(job->out->values, row, found);
    return VONK_OK;
}

/* rlike, regexp, regexp_like. */
vonk_status vonk_eval_rlike(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                            const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    row_job job = {.call = call, .args = args, .ctx = ctx};
    return each_row(&job, rlike_row, VONK_TYPE(BOOL), n_rows, ret, err);
}

static vonk_status extract_row(row_job *job, vonk_slice s, uint32_t row, vonk_error *err)
{
    int32_t group = job->call->n_args == 3 ? vonk_i32_at(&job->args[2], row) : 1;
    if (!strcmp(job->call->name, "regexp_substr"))
        group = 0;
    if (group < 0 || (uint32_t)group > job->re.n_groups)
        return vonk_fail_sql(err, "INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX",
                             "The value of parameter(s) `idx` in `%s` is invalid: Expects group "
                             "index between 0 and %u, but got %d.",
                             job->call->name, job->re.n_groups, group);
    int found = find_from(job, s, 0, err);
    if (found < 0)
        return VONK_INVALID;
    vonk_slice piece = {"", 0};
    if (found)
        piece = vonk_regex_group(&job->re, s, (uint32_t)group);
    if (!piece.data)
        piece = (vonk_slice){"", 0};
    if (!piece.length && !strcmp(job->call->name, "regexp_substr"))
        return vonk_result_null(job->ctx, job->out, row, err);
    ((vonk_string *)job->out->values)[row] = vonk_string_of(piece.data, (uint32_t)piece.length);
    return VONK_OK;
}

/* regexp_extract(s, pattern [, group]) and regexp_substr(s, pattern). */
vonk_status vonk_eval_regexp_extract(const vonk_expr *call, const vonk_column *args,
                                     uint32_t n_rows, const vonk_eval *ctx, vonk_column *ret,
                                     vonk_error *err)
{
    row_job job = {.call = call, .args = args, .ctx = ctx};
    return each_row(&job, extract_row, VONK_TYPE(STRING), n_rows, ret, err);
}

/* Bytes to go on from after an empty match at `at`. */
static size_t step_over(vonk_slice s, size_t at)
{
    size_t n = 1;
    while (at + n < s.length && ((unsigned char)s.data[at + n] & 0xc0) == 0x80)
        n++;
    return n;
}

static vonk_status fail_replace(const row_job *job, vonk_slice s, vonk_slice by, vonk_error *err)
{
    int length = s.length < 200 ? (int)s.length : 200, n = by.length < 200 ? (int)by.length : 200;
    return vonk_fail_sql(
        err, "INVALID_REGEXP_REPLACE",
        "Could not perform regexp_replace for source = \"%.*s\", pattern = "
        "\"%.*s\", replacement = \"%.*s\" and position = %d.",
        length, s.data, (int)(job->re.text.length < 200 ? job->re.text.length : 200),
        job->re.text.data, n, by.data, job->call->n_args == 4 ? vonk_i32_at(&job->args[3], 0) : 1);
}

/* Appends a replacement: $1 is a group, a backslash takes the next as it is. */
static vonk_status append_replacement(row_job *job, vonk_slice s, vonk_slice by, vonk_error *err)
{
    for (size_t i = 0; i < by.length && !job->text.failed; i++) {
        char c = by.data[i];
        bool digit = i + 1 < by.length && by.data[i + 1] >= '0' && by.data[i + 1] <= '9';
        if ((c == '\\' && i + 1 == by.length) || (c == '$' && !digit))
            return fail_replace(job, s, by, err);
        if (c == '\\') {
            vonk_buffer_char(&job->text, by.data[++i]);
        } else if (c == '$') {
            uint32_t group = (uint32_t)(by.data[++i] - '0');
            while (i + 1 < by.length && by.data[i + 1] >= '0' && by.data[i + 1] <= '9' &&
                   group * 10 + (uint32_t)(by.data[i + 1] - '0') <= job->re.n_groups)
                group = group * 10 + (uint32_t)(by.data[++i] - '0');
            if (group > job->re.n_groups)
                return fail_replace(job, s, by, err);
            vonk_slice piece = vonk_regex_group(&job->re, s, group);
            vonk_buffer_append(&job->text, piece.data, piece.length);
        } else {
            vonk_buffer_char(&job->text, c);
        }
    }
    return VONK_OK;
}

static vonk_status replace_row(row_job *job, vonk_slice s, uint32_t row, vonk_error *err)
{
    vonk_slice by = vonk_string_slice(vonk_string_at(&job->args[2], row));
    size_t done = 0, from = 0;
    int found = 0;
    job->text.length = 0;
    if (job->call->n_args == 4) {
        int32_t position = vonk_i32_at(&job->args[3], row);
        from =
            vonk_utf8_offset(s.data, s.length, (size_t)position - 1, job->ctx->settings->cancelled);
        if (from >= s.length && position > 1)
            return vonk_result_string(job->ctx, job->out, row, s, err);
    }
    while (from <= s.length && (found = find_from(job, s, from, err)) > 0) {
        const PCRE2_SIZE *spans = pcre2_get_ovector_pointer(job->re.match);
        size_t start = spans[0], end = spans[1];
        VONK_TRY(vonk_eval_check(job->ctx->settings, err));
        if (start < done || end < start) /* \K in a lookahead */
            break;
        vonk_buffer_append(&job->text, s.data + done, start - done);
        VONK_TRY(append_replacement(job, s, by, err));
        if (job->text.length > VONK_MAX_TEXT)
            return vonk_string_too_long(job->text.length, err);
        done = end;
        from = end > start ? end : end + step_over(s, end);
    }
    if (found < 0)
        return VONK_INVALID;
    vonk_buffer_append(&job->text, s.data + done, s.length - done);
    VONK_TRY(vonk_buffer_check(&job->text, err));
    return vonk_result_string(job->ctx, job->out, row,
                              (vonk_slice){job->text.data, job->text.length}, err);
}

/* regexp_replace(s, pattern, replacement [, position]). */
vonk_status vonk_eval_regexp_replace(const vonk_expr *call, const vonk_column *args,
                                     uint32_t n_rows, const vonk_eval *ctx, vonk_column *ret,
                                     vonk_error *err)
{
    row_job job = {.call = call, .args = args, .ctx = ctx};
    return each_row(&job, replace_row, VONK_TYPE(STRING), n_rows, ret, err);
}

/* regexp_replace(s, pattern, replacement [, position]): the position is a constant from 1 on. */
vonk_status vonk_resolve_regexp_replace(vonk_expr *call, const vonk_eval_settings *settings,
                                        vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                        vonk_error *err)
{
    vonk_value position;
    VONK_TRY(vonk_resolve_signature(call, settings, arena, ret_type, ret_nullable, err));
    if (call->n_args < 4)
        return VONK_OK;
    vonk_status status = vonk_expr_constant(call->args[3], settings, arena, &position, err);
    if (status == VONK_USER || status == VONK_NO_MEMORY)
        return status;
    if (status != VONK_OK)
        return vonk_fail_not_constant(call, 3, "position", "\"INT\"", err);
    if (position.is_null || position.i64 > 0)
        return VONK_OK;
    return vonk_fail_out_of_range(call, "position must be between (0, 2147483647]", position.i64,
                                  "", err);
}

static vonk_status instr_row(row_job *job, vonk_slice s, uint32_t row, vonk_error *err)
{
    int found = find_from(job, s, 0, err);
    if (found < 0)
        return VONK_INVALID;
    size_t before = found ? pcre2_get_ovector_pointer(job->re.match)[0] : 0;
    ((int32_t *)job->out->values)[row] =
        found ? (int32_t)vonk_utf8_length(s.data, before, job->ctx->settings->cancelled) + 1 : 0;
    return VONK_OK;
}

/* regexp_instr(s, pattern [, group]): where the first match begins, from 1; the group says nothing.
 */
vonk_status vonk_eval_regexp_instr(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                   const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    row_job job = {.call = call, .args = args, .ctx = ctx};
    return each_row(&job, instr_row, VONK_TYPE(INT32), n_rows, ret, err);
}

static vonk_status count_row(row_job *job, vonk_slice s, uint32_t row, vonk_error *err)
{
    int32_t count = 0;
    int found = 0;
    size_t from = 0;
    while (from <= s.length && (found = find_from(job, s, from, err)) > 0) {
        const PCRE2_SIZE *spans = pcre2_get_ovector_pointer(job->re.match);
        VONK_TRY(vonk_eval_check(job->ctx->settings, err));
        count++;
        if (spans[1] < from)
            break;
        from = spans[1] > spans[0] ? spans[1] : spans[1] + step_over(s, spans[1]);
    }
    if (found < 0)
        return VONK_INVALID;
    ((int32_t *)job->out->values)[row] = count;
    return VONK_OK;
}

vonk_status vonk_eval_regexp_count(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                   const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    row_job job = {.call = call, .args = args, .ctx = ctx};
    return each_row(&job, count_row, VONK_TYPE(INT32), n_rows, ret, err);
}
