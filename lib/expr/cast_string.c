/* cast_string.c - casts from and to string. */
#include <string.h>

#include "expr/cast_internal.h"
#include "expr/interval_text.h"
#include "expr/parse_value.h"
#include "expr/print_value.h"

/* Parses one row into out; the result says how that went. */
typedef vonk_parse_result parse_fn(const vonk_cast_job *job, const vonk_time_zone *zone,
                                   vonk_slice text, uint32_t row);

VONK_SPECIALISE vonk_parse_result parse_whole(const vonk_cast_job *job, vonk_slice text,
                                              int64_t least, int64_t *ret)
{
    int64_t value;
    vonk_parse_result result = vonk_parse_int64(text, job->mode == VONK_CAST_LEGACY, &value);
    if (result == VONK_PARSE_OK && (value < least || value > -(least + 1)))
        return VONK_PARSE_OVERFLOW;
    if (result == VONK_PARSE_OK)
        *ret = value;
    return result;
}

static vonk_parse_result parse_i8(const vonk_cast_job *job, const vonk_time_zone *zone,
                                  vonk_slice text, uint32_t row)
{
    (void)zone;
    int64_t value = 0;
    vonk_parse_result result = parse_whole(job, text, INT8_MIN, &value);
    ((int8_t *)job->out->values)[row] = (int8_t)value;
    return result;
}

static vonk_parse_result parse_i16(const vonk_cast_job *job, const vonk_time_zone *zone,
                                   vonk_slice text, uint32_t row)
{
    (void)zone;
    int64_t value = 0;
    vonk_parse_result result = parse_whole(job, text, INT16_MIN, &value);
    ((int16_t *)job->out->values)[row] = (int16_t)value;
    return result;
}

static vonk_parse_result parse_i32(const vonk_cast_job *job, const vonk_time_zone *zone,
                                   vonk_slice text, uint32_t row)
{
    (void)zone;
    int64_t value = 0;
    vonk_parse_result result = parse_whole(job, text, INT32_MIN, &value);
    ((int32_t *)job->out->values)[row] = (int32_t)value;
    return result;
}

static vonk_parse_result parse_i64(const vonk_cast_job *job, const vonk_time_zone *zone,
                                   vonk_slice text, uint32_t row)
{
    (void)zone;
    int64_t value = 0;
    vonk_parse_result result = parse_whole(job, text, INT64_MIN, &value);
    ((int64_t *)job->out->values)[row] = value;
    return result;
}

static vonk_parse_result parse_f32(const vonk_cast_job *job, const vonk_time_zone *zone,
                                   vonk_slice text, uint32_t row)
{
    (void)zone;
    return vonk_parse_float(text, (float *)job->out->values + row);
}

static vonk_parse_result parse_f64(const vonk_cast_job *job, const vonk_time_zone *zone,
                                   vonk_slice text, uint32_t row)
{
    (void)zone;
    return vonk_parse_double(text, (double *)job->out->values + row);
}

static vonk_parse_result parse_decimal(const vonk_cast_job *job, const vonk_time_zone *zone,
                                       vonk_slice text, uint32_t row)
{
    (void)zone;
    vonk_int128 value = 0;
    vonk_parse_result result = vonk_parse_decimal(text, job->to.precision, job->to.scale, &value);
    vonk_decimal_set(job->out, row, value);
    return result;
}

static vonk_parse_result parse_bool(const vonk_cast_job *job, const vonk_time_zone *zone,
                                    vonk_slice text, uint32_t row)
{
    (void)zone;
    bool value = false;
    vonk_parse_result result = vonk_parse_boolean(text, &value);
    vonk_bit_set(job->out->values, row, value);
    return result;
}

static vonk_parse_result parse_date(const vonk_cast_job *job, const vonk_time_zone *zone,
                                    vonk_slice text, uint32_t row)
{
    (void)zone;
    return vonk_parse_date(text, (int32_t *)job->out->values + row);
}

static vonk_parse_result parse_timestamp(const vonk_cast_job *job, const vonk_time_zone *zone,
                                         vonk_slice text, uint32_t row)
{
    return vonk_parse_timestamp(text, zone, (int64_t *)job->out->values + row);
}

static vonk_parse_result parse_timestamp_ntz(const vonk_cast_job *job, const vonk_time_zone *zone,
                                             vonk_slice text, uint32_t row)
{
    (void)zone;
    return vonk_parse_timestamp_ntz(text, true, (int64_t *)job->out->values + row);
}

static vonk_parse_result parse_interval(const vonk_cast_job *job, const vonk_time_zone *zone,
                                        vonk_slice text, uint32_t row)
{
    (void)zone;
    int64_t value = 0;
    vonk_parse_result result = vonk_parse_interval(text, job->to, &value);
    if (job->to.id == VONK_INTERVAL_YM)
        ((int32_t *)job->out->values)[row] = (int32_t)value;
    else
        ((int64_t *)job->out->values)[row] = value;
    return result;
}

static parse_fn *const parsers[VONK_N_TYPES] = {
    [VONK_BOOL] = parse_bool,
    [VONK_INT8] = parse_i8,
    [VONK_INT16] = parse_i16,
    [VONK_INT32] = parse_i32,
    [VONK_INT64] = parse_i64,
    [VONK_FLOAT32] = parse_f32,
    [VONK_FLOAT64] = parse_f64,
    [VONK_DECIMAL] = parse_decimal,
    [VONK_DATE] = parse_date,
    [VONK_TIMESTAMP] = parse_timestamp,
    [VONK_TIMESTAMP_NTZ] = parse_timestamp_ntz,
    [VONK_INTERVAL_YM] = parse_interval,
    [VONK_INTERVAL_DT] = parse_interval,
};

static vonk_cast_failure failure_of(vonk_type to, vonk_parse_result result)
{
    if (to.id == VONK_INTERVAL_YM || to.id == VONK_INTERVAL_DT)
        return result == VONK_PARSE_OVERFLOW ? VONK_CAST_INTERVAL_RANGE : VONK_CAST_INTERVAL_FORM;
    bool range = result == VONK_PARSE_OVERFLOW && to.id == VONK_DECIMAL;
    return range ? VONK_CAST_RANGE : VONK_CAST_BAD_INPUT;
}

vonk_status vonk_cast_from_string(const vonk_cast_job *job, vonk_error *err)
{
    parse_fn *parse = parsers[job->to.id];
    if (!parse)
        return vonk_fail(err, VONK_UNSUPPORTED, "no cast from string to %s",
                         vonk_type_sql_name(job->to));
    vonk_time_zone zone = VONK_UTC;
    if (job->to.id == VONK_TIMESTAMP)
        VONK_TRY(vonk_session_zone(job->ctx, &zone, err));
    const vonk_string *texts = job->in->values;
    for (uint32_t i = 0; i < job->n; i++) {
        if (!vonk_result_is_valid(job->out, i)) {
            size_t width = vonk_type_width(job->to);
            if (width)
                memset((char *)job->out->values + i * width, 0, width);
            continue;
        }
        vonk_parse_result result = parse(job, &zone, vonk_string_slice(&texts[i]), i);
        if (VONK_LIKELY(result == VONK_PARSE_OK))
            continue;
        VONK_TRY(vonk_cast_reject(job, i, failure_of(job->to, result), err));
    }
    return VONK_OK;
}

static size_t print_row(const vonk_column *in, uint32_t row, const vonk_time_zone *zone, char *out)
{
    switch (in->type.id) {
    case VONK_BOOL: {
        bool value = vonk_bool_at(in, row);
        memcpy(out, value ? "true" : "false", 5);
        return value ? 4 : 5;
    }
    case VONK_DECIMAL:
        return vonk_print_decimal(vonk_decimal_at(in, row), in->type.scale, out);
    case VONK_FLOAT32:
        return vonk_print_float(((const float *)in->values)[row], out);
    case VONK_FLOAT64:
        return vonk_print_double(((const double *)in->values)[row], out);
    case VONK_DATE:
        return vonk_print_date(((const int32_t *)in->values)[row], out);
    case VONK_TIMESTAMP:
        return vonk_print_timestamp(vonk_utc_to_local(zone, vonk_i64_at(in, row)), out);
    case VONK_TIMESTAMP_NTZ:
        return vonk_print_timestamp(vonk_i64_at(in, row), out);
    case VONK_INTERVAL_YM:
    case VONK_INTERVAL_DT:
        return vonk_print_interval(in->type, vonk_whole_at(in, row), out);
    default:
        return vonk_print_int64(vonk_whole_at(in, row), out);
    }
}

vonk_status vonk_cast_to_string(const vonk_cast_job *job, vonk_error *err)
{
    vonk_time_zone zone = VONK_UTC;
    if (job->in->type.id >= VONK_ARRAY)
        return vonk_fail(err, VONK_UNSUPPORTED, "no cast from %s to string",
                         vonk_type_sql_name(job->in->type));
    if (job->in->type.id == VONK_TIMESTAMP)
        VONK_TRY(vonk_session_zone(job->ctx, &zone, err));
    for (uint32_t i = 0; i < job->n; i++) {
        char text[VONK_INTERVAL_TEXT_SIZE];
        if (!vonk_result_is_valid(job->out, i)) {
            ((vonk_string *)job->out->values)[i] = (vonk_string){0};
            continue;
        }
        size_t n = print_row(job->in, i, &zone, text);
        VONK_TRY(vonk_result_string(job->ctx, job->out, i, (vonk_slice){text, n}, err));
    }
    return VONK_OK;
}
