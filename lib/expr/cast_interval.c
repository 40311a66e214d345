/*
 * cast_interval.c - CAST between intervals and numbers, what it says of text that is no interval,
 * and of whole numbers to binary.
 *
 * A number counts the last field of the interval: CAST(90 AS INTERVAL MINUTE) is an hour and a
 * half. Source: Spark's IntervalUtils.
 */
#include <string.h>

#include "expr/calendar.h"
#include "expr/cast_internal.h"
#include "expr/decimal_math.h"
#include "expr/interval_text.h"
#include "expr/print_value.h"
#include "kernel/decimal.h"

/* Months or microseconds of the last field. */
static int64_t unit_of(vonk_type interval)
{
    static const int64_t units[] = {VONK_US_PER_DAY, INT64_C(3600000000), INT64_C(60000000),
                                    VONK_US_PER_SECOND};
    if (interval.id == VONK_INTERVAL_YM)
        return interval.scale == 1 ? 12 : 1;
    return units[interval.scale >= 1 && interval.scale <= 4 ? interval.scale - 1 : 3];
}

static bool fits_interval(vonk_type type, vonk_int128 value)
{
    return type.id == VONK_INTERVAL_YM ? value == (int32_t)value : value == (int64_t)value;
}

/* Of a decimal: rounded to months or microseconds; what is below the last field is dropped. */
static bool from_decimal(vonk_int128 value, unsigned scale, vonk_type to, vonk_int128 *ret)
{
    int64_t unit = unit_of(to);
    if (__builtin_mul_overflow(value, (vonk_int128)unit, &value))
        return false;
    value = vonk_decimal_div_half_up(value, vonk_power_of_ten((int)scale));
    if (unit != VONK_US_PER_SECOND)
        value -= value % unit;
    *ret = value;
    return true;
}

static vonk_status number_to_interval(const vonk_cast_job *job, vonk_error *err)
{
    vonk_type from = job->in->type;
    for (uint32_t i = 0; i < job->n; i++) {
        vonk_int128 value = 0;
        bool fits = true;
        if (from.id == VONK_DECIMAL)
            fits = from_decimal(vonk_decimal_at(job->in, i), from.scale, job->to, &value);
        else
            value = (vonk_int128)vonk_whole_at(job->in, i) * unit_of(job->to);
        fits = fits && fits_interval(job->to, value);
        if (job->to.id == VONK_INTERVAL_YM)
            ((int32_t *)job->out->values)[i] = (int32_t)(fits ? value : 0);
        else
            ((int64_t *)job->out->values)[i] = (int64_t)(fits ? value : 0);
        if (!fits && vonk_result_is_valid(job->out, i))
            VONK_TRY(vonk_cast_reject(job, i, VONK_CAST_TOO_BIG, err));
    }
    return VONK_OK;
}

static bool put_whole(vonk_column *out, uint32_t row, int64_t value)
{
    switch (out->type.id) {
    case VONK_INT8:
        ((int8_t *)out->values)[row] = (int8_t)value;
        return value == (int8_t)value;
    case VONK_INT16:
        ((int16_t *)out->values)[row] = (int16_t)value;
        return value == (int16_t)value;
    case VONK_INT32:
        ((int32_t *)out->values)[row] = (int32_t)value;
        return value == (int32_t)value;
    default:
        ((int64_t *)out->values)[row] = value;
        return true;
    }
}

static vonk_status interval_to_number(const vonk_cast_job *job, vonk_error *err)
{
    int64_t unit = unit_of(job->in->type);
    for (uint32_t i = 0; i < job->n; i++) {
        int64_t value = vonk_whole_at(job->in, i);
        bool valid = vonk_result_is_valid(job->out, i);
        if (job->to.id != VONK_DECIMAL) {
            if (!put_whole(job->out, i, value / unit) && valid)
                VONK_TRY(vonk_cast_reject(job, i, VONK_CAST_TOO_BIG, err));
            continue;
        }
        vonk_int128 result = 0;
        bool ok = vonk_decimal_div(value, 0, unit, 0, job->to, &result) == VONK_DECIMAL_OK;
        vonk_decimal_set(job->out, i, ok ? result : 0);
        if (!ok && valid)
            VONK_TRY(vonk_cast_reject(job, i, VONK_CAST_RANGE, err));
    }
    return VONK_OK;
}

void vonk_print_interval_number(vonk_type type, int64_t value, vonk_buffer *out)
{
    int64_t unit = unit_of(type);
    char text[VONK_VALUE_TEXT];
    bool seconds = unit == VONK_US_PER_SECOND;
    int64_t shown = seconds ? value : value / unit;
    vonk_buffer_append(out, text, vonk_print_decimal(shown, seconds ? 6 : 0, text));
}

vonk_status vonk_cast_interval(const vonk_cast_job *job, vonk_error *err)
{
    bool to_interval = job->to.id == VONK_INTERVAL_YM || job->to.id == VONK_INTERVAL_DT;
    vonk_cast_job strict = *job; /* these fail without ANSI mode too */
    if (strict.mode == VONK_CAST_LEGACY)
        strict.mode = VONK_CAST_ANSI;
    return to_interval ? number_to_interval(&strict, err) : interval_to_number(&strict, err);
}

vonk_status vonk_cast_fail_interval(const vonk_cast_job *job, uint32_t row,
                                    vonk_cast_failure failure, vonk_error *err)
{
    return vonk_fail_interval_text(vonk_string_slice(vonk_string_at(job->in, row)), job->to,
                                   failure == VONK_CAST_INTERVAL_RANGE, err);
}

/* The bytes of a whole number, the highest first. */
vonk_status vonk_cast_whole_to_binary(const vonk_cast_job *job, vonk_error *err)
{
    uint32_t width = (uint32_t)vonk_type_width(job->in->type);
    for (uint32_t i = 0; i < job->n; i++) {
        uint64_t value = (uint64_t)vonk_whole_at(job->in, i);
        char bytes[8];
        for (uint32_t k = 0; k < width; k++)
            bytes[k] = (char)(value >> (8 * (width - 1 - k)) & 0xff);
        VONK_TRY(vonk_result_string(job->ctx, job->out, i, (vonk_slice){bytes, width}, err));
    }
    return VONK_OK;
}
