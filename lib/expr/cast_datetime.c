/* cast_datetime.c - casts between dates, timestamps, intervals and numbers. */
#include <math.h>

#include "expr/calendar.h"
#include "expr/cast_internal.h"
#include "expr/decimal_math.h"
#include "expr/parse_value.h"
#include "expr/print_value.h"

static int64_t days_to_us(int64_t days)
{
    int64_t us;
    if (__builtin_mul_overflow(days, VONK_US_PER_DAY, &us))
        return days < 0 ? INT64_MIN : INT64_MAX;
    return us;
}

/* Date, timestamp or timestamp_ntz to another of them. */
static vonk_status between_datetimes(const vonk_cast_job *job, vonk_error *err)
{
    vonk_time_zone zone;
    VONK_TRY(vonk_session_zone(job->ctx, &zone, err));
    vonk_type from = job->in->type, to = job->to;
    for (uint32_t i = 0; i < job->n; i++) {
        int64_t local_us;
        if (from.id == VONK_DATE)
            local_us = days_to_us(vonk_i32_at(job->in, i));
        else if (from.id == VONK_TIMESTAMP)
            local_us = vonk_utc_to_local(&zone, vonk_i64_at(job->in, i));
        else
            local_us = vonk_i64_at(job->in, i);
        if (to.id == VONK_DATE)
            ((int32_t *)job->out->values)[i] = (int32_t)vonk_floor_div(local_us, VONK_US_PER_DAY);
        else
            ((int64_t *)job->out->values)[i] =
                to.id == VONK_TIMESTAMP ? vonk_local_to_utc(&zone, local_us) : local_us;
    }
    return VONK_OK;
}

static bool store_whole(const vonk_cast_job *job, uint32_t row, int64_t value)
{
    vonk_column *out = job->out;
    switch (job->to.id) {
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

/* Seconds since the epoch. */
static vonk_status timestamp_to_number(const vonk_cast_job *job, vonk_error *err)
{
    for (uint32_t i = 0; i < job->n; i++) {
        int64_t us = vonk_i64_at(job->in, i);
        bool fits = true;
        if (job->to.id == VONK_FLOAT64) {
            ((double *)job->out->values)[i] = (double)us / 1e6;
        } else if (job->to.id == VONK_FLOAT32) {
            ((float *)job->out->values)[i] = (float)((double)us / 1e6);
        } else if (job->to.id == VONK_BOOL) {
            vonk_bit_set(job->out->values, i, us != 0);
        } else if (job->to.id == VONK_DECIMAL) {
            vonk_int128 value = 0, limit = vonk_power_of_ten(job->to.precision);
            fits = vonk_decimal_shift(us, job->to.scale - 6, &value) && value < limit &&
                   value > -limit;
            vonk_decimal_set(job->out, i, fits ? value : 0);
        } else {
            fits = store_whole(job, i, vonk_floor_div(us, VONK_US_PER_SECOND)) ||
                   job->mode == VONK_CAST_LEGACY;
        }
        if (!fits && vonk_result_is_valid(job->out, i))
            VONK_TRY(vonk_cast_reject(
                job, i, job->to.id == VONK_DECIMAL ? VONK_CAST_RANGE : VONK_CAST_TOO_BIG, err));
    }
    return VONK_OK;
}

/* Spark casts the microseconds of a floating-point number to bigint, and says so. */
static vonk_status reject_seconds(const vonk_cast_job *job, uint32_t row, vonk_error *err)
{
    vonk_type from = job->in->type;
    if (from.id != VONK_FLOAT32 && from.id != VONK_FLOAT64)
        return vonk_cast_reject(job, row, VONK_CAST_TOO_BIG, err);
    double us = vonk_number_at(job->in, row) * 1e6;
    if (!isfinite(us))
        return vonk_cast_reject(job, row, VONK_CAST_BAD_INPUT, err);
    vonk_column in = {
        .type = VONK_TYPE(FLOAT64), .encoding = VONK_CONSTANT, .length = job->n, .values = &us};
    vonk_cast_job shown = *job;
    shown.in = &in;
    shown.to = VONK_TYPE(INT64);
    return vonk_cast_reject(&shown, row, VONK_CAST_TOO_BIG, err);
}

static vonk_status number_to_timestamp(const vonk_cast_job *job, vonk_error *err)
{
    int64_t *out = job->out->values;
    vonk_type from = job->in->type;
    for (uint32_t i = 0; i < job->n; i++) {
        bool fits = true;
        out[i] = 0;
        if (from.id == VONK_FLOAT32 || from.id == VONK_FLOAT64) {
            double us = vonk_number_at(job->in, i) * 1e6;
            fits = isfinite(us) && us < 0x1p63 && us >= -0x1p63;
            out[i] = fits ? (int64_t)us : 0;
        } else if (from.id == VONK_DECIMAL) {
            vonk_int128 us = vonk_decimal_at(job->in, i);
            int shift = 6 - from.scale;
            fits = shift < 0 || vonk_decimal_shift(us, shift, &us);
            if (shift < 0)
                us /= vonk_power_of_ten(-shift);
            fits = fits && us <= INT64_MAX && us >= INT64_MIN;
            out[i] = fits ? (int64_t)us : 0;
        } else if (from.id == VONK_BOOL) {
            out[i] = vonk_bool_at(job->in, i);
        } else if (__builtin_mul_overflow(vonk_whole_at(job->in, i), VONK_US_PER_SECOND, &out[i])) {
            out[i] = vonk_whole_at(job->in, i) < 0 ? INT64_MIN : INT64_MAX;
        }
        if (!fits && vonk_result_is_valid(job->out, i))
            VONK_TRY(reject_seconds(job, i, err));
    }
    return VONK_OK;
}

static bool is_datetime(vonk_type t)
{
    return t.id == VONK_DATE || t.id == VONK_TIMESTAMP || t.id == VONK_TIMESTAMP_NTZ;
}

vonk_status vonk_cast_datetime(const vonk_cast_job *job, vonk_error *err)
{
    vonk_type from = job->in->type, to = job->to;
    if (is_datetime(from) && is_datetime(to))
        return between_datetimes(job, err);
    bool from_number = vonk_type_is_numeric(from) || from.id == VONK_BOOL;
    bool to_number = vonk_type_is_numeric(to) || to.id == VONK_BOOL;
    if (from.id == VONK_TIMESTAMP && to_number)
        return timestamp_to_number(job, err);
    if (from_number && to.id == VONK_TIMESTAMP)
        return number_to_timestamp(job, err);
    return vonk_fail(err, VONK_UNSUPPORTED, "no cast from %s to %s", vonk_type_sql_name(from),
                     vonk_type_sql_name(to));
}
