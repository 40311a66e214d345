#include "expr/cast.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "expr/cast_internal.h"
#include "expr/coerce.h"
#include "expr/eval.h"
#include "expr/interval_text.h"
#include "expr/parse_value.h"
#include "expr/print_value.h"
#include "kernel/decimal.h"

vonk_status vonk_session_zone(const vonk_eval *ctx, vonk_time_zone *ret, vonk_error *err)
{
    const char *name = ctx->settings->time_zone;
    return vonk_time_zone_find(vonk_slice_of(name ? name : "UTC"), ctx->arena, ret, err);
}

static bool is_interval(vonk_type t)
{
    return t.id == VONK_INTERVAL_YM || t.id == VONK_INTERVAL_DT;
}

#define SHOWN 300 /* bytes of a value in a message */

/* The value of a row, for a message. */
static vonk_value shown_value(const vonk_cast_job *job, uint32_t row)
{
    vonk_value value = vonk_column_value(job->in, row);
    if (!value.is_null && vonk_type_physical(job->in->type) == VONK_PHYS_STRING &&
        value.string.length > SHOWN)
        value.string.length = SHOWN;
    return value;
}

/* The value as a literal of SQL: 'a', 1L, 1.5D, 1.5BD, DATE '2013-01-01'. */
static void print_literal(const vonk_cast_job *job, uint32_t row, vonk_buffer *out)
{
    static const char *const suffixes[VONK_N_TYPES] = {
        [VONK_INT8] = "Y",     [VONK_INT16] = "S",     [VONK_INT64] = "L",
        [VONK_DECIMAL] = "BD", [VONK_FLOAT64] = "D",   [VONK_STRING] = "'",
        [VONK_DATE] = "'",     [VONK_TIMESTAMP] = "'", [VONK_TIMESTAMP_NTZ] = "'",
    };
    vonk_type type = job->in->type;
    vonk_value value = shown_value(job, row);
    if (type.id == VONK_DATE || type.id == VONK_TIMESTAMP || type.id == VONK_TIMESTAMP_NTZ)
        vonk_buffer_printf(out, "%s '", vonk_type_sql_name(type));
    else if (type.id == VONK_STRING)
        vonk_buffer_char(out, '\'');
    if (is_interval(type)) {
        char text[VONK_INTERVAL_TEXT_SIZE];
        vonk_buffer_append(out, text, vonk_print_interval(type, value.i64, text));
    } else if (vonk_value_print(type, &value, job->ctx->settings, out, NULL) != VONK_OK) {
        vonk_buffer_char(out, '?');
    }
    bool special = type.id == VONK_FLOAT64 && !isfinite(value.f64);
    if (suffixes[type.id] && !special)
        vonk_buffer_text(out, suffixes[type.id]);
}

/* The shortest digits that read as `x`, which is whole and large, and zeros. */
static void print_whole(double x, vonk_buffer *out)
{
    char text[VONK_VALUE_TEXT];
    size_t n = vonk_print_double(x, text), at = 0;
    text[n] = '\0';
    const char *e = strchr(text, 'E');
    long zeros = e ? strtol(e + 1, NULL, 10) : 0;
    for (; at < n && text[at] != '.'; at++)
        vonk_buffer_char(out, text[at]);
    for (at++; at < n && text + at != e && zeros > 0; at++, zeros--)
        vonk_buffer_char(out, text[at]);
    for (; zeros > 0; zeros--)
        vonk_buffer_char(out, '0');
}

static vonk_status fail_range(const vonk_cast_job *job, uint32_t row, vonk_error *err)
{
    vonk_buffer text = {0};
    vonk_value value = vonk_column_value(job->in, row);
    vonk_type type = job->in->type;
    bool is_float = type.id == VONK_FLOAT32 || type.id == VONK_FLOAT64;
    char digits[VONK_VALUE_TEXT];
    if (type.id == VONK_TIMESTAMP)
        vonk_buffer_append(&text, digits, vonk_print_decimal(value.i64, 6, digits));
    else if (is_interval(type))
        vonk_print_interval_number(type, value.i64, &text);
    else if (is_float && fabs(value.f64) >= 1e7 && value.f64 == trunc(value.f64))
        print_whole(value.f64, &text);
    else if (type.id == VONK_STRING)
        vonk_buffer_append(&text, value.string.data, shown_value(job, row).string.length);
    else if (vonk_value_print(type, &value, job->ctx->settings, &text, NULL) != VONK_OK)
        vonk_buffer_char(&text, '?');
    vonk_int128 whole;
    vonk_status status;
    if (type.id == VONK_STRING &&
        vonk_parse_decimal(value.string, VONK_MAX_PRECISION, 0, &whole) == VONK_PARSE_OVERFLOW)
        status = vonk_fail_sql(err, "NUMERIC_OUT_OF_SUPPORTED_RANGE",
                               "The value %.300s cannot be interpreted as a numeric since it has "
                               "more than 38 digits.",
                               vonk_buffer_str(&text));
    else
        status = vonk_decimal_fail(vonk_buffer_str(&text), job->to, err);
    vonk_buffer_free(&text);
    return status;
}

vonk_status vonk_cast_reject(const vonk_cast_job *job, uint32_t row, vonk_cast_failure failure,
                             vonk_error *err)
{
    bool is_interval = failure >= VONK_CAST_INTERVAL_FORM;
    if (is_interval ? job->mode == VONK_CAST_TRY : job->mode != VONK_CAST_ANSI)
        return vonk_result_null(job->ctx, job->out, row, err);
    if (is_interval)
        return vonk_cast_fail_interval(job, row, failure, err);
    if (failure == VONK_CAST_RANGE)
        return fail_range(job, row, err);
    vonk_buffer value = {0}, to = {0}, from = {0};
    print_literal(job, row, &value);
    vonk_type_print_sql(job->in->type, &from);
    vonk_type_print_sql(job->to, &to);
    vonk_status status;
    if (failure == VONK_CAST_BAD_INPUT)
        status = vonk_fail_sql(
            err, "CAST_INVALID_INPUT",
            "The value %.300s of the type \"%s\" cannot be cast to \"%s\" because it is malformed. "
            "Correct the value as per the syntax, or change its target type. Use `try_cast` to "
            "tolerate malformed input and return NULL instead.",
            vonk_buffer_str(&value), vonk_buffer_str(&from), vonk_buffer_str(&to));
    else
        status = vonk_fail_sql(
            err, "CAST_OVERFLOW",
            "The value %.300s of the type \"%s\" cannot be cast to \"%s\" due to an overflow. Use "
            "`try_cast` to tolerate overflow and return NULL instead.",
            vonk_buffer_str(&value), vonk_buffer_str(&from), vonk_buffer_str(&to));
    vonk_buffer_free(&value);
    vonk_buffer_free(&from);
    vonk_buffer_free(&to);
    return status;
}

static bool is_number(vonk_type t)
{
    return vonk_type_is_numeric(t) || t.id == VONK_BOOL;
}

/* Decimals of one scale and width differ only in name. */
static bool is_wider_decimal(vonk_type from, vonk_type to)
{
    return from.id == VONK_DECIMAL && to.id == VONK_DECIMAL && from.scale == to.scale &&
           to.precision >= from.precision && vonk_type_physical(from) == vonk_type_physical(to);
}

/* The values are stored the same way: only the type changes. */
static bool is_renaming(vonk_type from, vonk_type to)
{
    return vonk_type_equal(from, to) || is_wider_decimal(from, to) ||
           (from.id == VONK_STRING && to.id == VONK_BINARY) ||
           (from.id == VONK_BINARY && to.id == VONK_STRING);
}

bool vonk_cast_never_fails(vonk_type from, vonk_type to)
{
    if (is_renaming(from, to) || from.id == VONK_NULL || to.id == VONK_STRING)
        return true;
    if (from.id == VONK_DECIMAL && to.id == VONK_DECIMAL)
        return to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale;
    if (vonk_type_is_integral(from) && to.id == VONK_DECIMAL)
        return to.precision - to.scale >= vonk_decimal_for(from).precision;
    if (is_number(from) && (to.id == VONK_BOOL || to.id >= VONK_FLOAT32) && is_number(to))
        return true;
    if (from.id == VONK_BOOL || vonk_type_is_integral(from))
        return vonk_type_is_integral(to) && to.id >= from.id;
    return from.id == VONK_TIMESTAMP && to.id == VONK_DATE;
}

static vonk_status cast_flat(const vonk_eval *ctx, vonk_cast_mode mode, vonk_type to,
                             const vonk_column *in, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, to, in, 1, in->length, &out, err));
    vonk_cast_job job = {
        .ctx = ctx, .mode = mode, .to = to, .in = in, .n = in->length, .out = &out};
    vonk_type from = in->type;
    if (from.id == VONK_STRING)
        VONK_TRY(vonk_cast_from_string(&job, err));
    else if (to.id == VONK_STRING)
        VONK_TRY(vonk_cast_to_string(&job, err));
    else if (is_number(from) && is_number(to))
        VONK_TRY(from.id == VONK_DECIMAL ? vonk_cast_decimal(&job, err)
                                         : vonk_cast_number(&job, err));
    else if (is_interval(from) || is_interval(to))
        VONK_TRY(vonk_cast_interval(&job, err));
    else if (to.id == VONK_BINARY && vonk_type_is_integral(from))
        VONK_TRY(vonk_cast_whole_to_binary(&job, err));
    else
        VONK_TRY(vonk_cast_datetime(&job, err));
    *ret = out;
    return VONK_OK;
}

static vonk_status cast_dictionary(const vonk_eval *ctx, vonk_cast_mode mode, vonk_type to,
                                   const vonk_column *in, vonk_column *ret, vonk_error *err)
{
    vonk_column entries = {
        .type = in->type, .encoding = VONK_FLAT, .length = in->n_dictionary, .values = in->values};
    vonk_column made;
    VONK_TRY(cast_flat(ctx, mode, to, &entries, &made, err));
    *ret = *in;
    ret->type = to;
    ret->values = made.values;
    return VONK_OK;
}

vonk_status vonk_cast(const vonk_eval *ctx, vonk_cast_mode mode, vonk_type to,
                      const vonk_column *in, vonk_column *ret, vonk_error *err)
{
    if (is_renaming(in->type, to)) {
        *ret = *in;
        ret->type = to;
        return VONK_OK;
    }
    if (in->type.id == VONK_NULL)
        return vonk_column_null(ctx->arena, to, in->length, ret, err);
    if (in->encoding == VONK_DICTIONARY && in->n_dictionary < in->length &&
        vonk_cast_never_fails(in->type, to) && to.id != VONK_BOOL)
        return cast_dictionary(ctx, mode, to, in, ret, err);
    vonk_column flat = *in;
    if (in->encoding == VONK_CONSTANT) {
        flat.encoding = VONK_FLAT;
        flat.length = 1;
    } else {
        VONK_TRY(vonk_column_flatten(ctx->arena, in, &flat, err));
    }
    vonk_column out;
    VONK_TRY(cast_flat(ctx, mode, to, &flat, &out, err));
    out.encoding = in->encoding == VONK_CONSTANT ? VONK_CONSTANT : VONK_FLAT;
    out.length = in->length;
    *ret = out;
    return VONK_OK;
}
