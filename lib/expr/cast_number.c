/*
 * cast_number.c - casts between numbers and booleans: widen to int64_t or double, then store.
 */
#include <math.h>
#include <string.h>

#include "expr/cast_internal.h"
#include "expr/decimal_math.h"
#include "expr/parse_value.h"
#include "expr/print_value.h"

#define LOAD(FROM, TO)                                                                             \
    for (uint32_t i = 0; i < col->length; i++)                                                     \
    buf[i] = (TO)((const FROM *)col->values)[i]

/* The values as int64_t: the column's own, or widened into the arena. NULL with `err` set. */
static const int64_t *load_whole(const vonk_eval *ctx, const vonk_column *col, vonk_error *err)
{
    vonk_physical_type kind = vonk_type_physical(col->type);
    if (kind == VONK_PHYS_I64)
        return col->values;
    int64_t *buf = vonk_arena_alloc(ctx->arena, sizeof *buf * col->length, err);
    if (!buf)
        return NULL;
    if (kind == VONK_PHYS_I8)
        LOAD(int8_t, int64_t);
    else if (kind == VONK_PHYS_I16)
        LOAD(int16_t, int64_t);
    else if (kind == VONK_PHYS_I32)
        LOAD(int32_t, int64_t);
    else
        for (uint32_t i = 0; i < col->length; i++)
            buf[i] = vonk_bit_get(col->values, i);
    return buf;
}

static const double *load_float(const vonk_eval *ctx, const vonk_column *col, vonk_error *err)
{
    if (col->type.id == VONK_FLOAT64)
        return col->values;
    double *buf = vonk_arena_alloc(ctx->arena, sizeof *buf * col->length, err);
    if (buf)
        LOAD(float, double);
    return buf;
}

static int64_t least_of(vonk_type t)
{
    static const int64_t least[] = {
        [VONK_INT8] = INT8_MIN, [VONK_INT16] = INT16_MIN, [VONK_INT32] = INT32_MIN};
    return t.id == VONK_INT64 ? INT64_MIN : least[t.id];
}

static void put_whole(vonk_column *out, uint32_t row, int64_t value)
{
    switch (out->type.id) {
    case VONK_INT8:
        ((int8_t *)out->values)[row] = (int8_t)value;
        break;
    case VONK_INT16:
        ((int16_t *)out->values)[row] = (int16_t)value;
        break;
    case VONK_INT32:
        ((int32_t *)out->values)[row] = (int32_t)value;
        break;
    default:
        ((int64_t *)out->values)[row] = value;
        break;
    }
}

#define STORE(TO)                                                                                  \
    for (uint32_t i = 0; i < job->n; i++)                                                          \
    ((TO *)job->out->values)[i] = (TO)values[i]

/* Narrows with the low bits kept; then, unless LEGACY, looks for rows that did not fit. */
static vonk_status whole_to_whole(const vonk_cast_job *job, const int64_t *values, vonk_error *err)
{
    if (job->to.id == VONK_INT64)
        STORE(int64_t);
    else if (job->to.id == VONK_INT32)
        STORE(int32_t);
    else if (job->to.id == VONK_INT16)
        STORE(int16_t);
    else
        STORE(int8_t);
    if (job->mode == VONK_CAST_LEGACY || vonk_cast_never_fails(job->in->type, job->to))
        return VONK_OK;
    int64_t least = least_of(job->to), most = -(least + 1);
    for (uint32_t i = 0; i < job->n; i++)
        if (VONK_UNLIKELY(values[i] < least || values[i] > most) &&
            vonk_result_is_valid(job->out, i))
            VONK_TRY(vonk_cast_reject(job, i, VONK_CAST_TOO_BIG, err));
    return VONK_OK;
}

static vonk_status whole_to_decimal(const vonk_cast_job *job, const int64_t *values,
                                    vonk_error *err)
{
    vonk_int128 factor = vonk_power_of_ten(job->to.scale);
    int digits = job->to.precision - job->to.scale;
    vonk_int128 limit = vonk_power_of_ten(digits);
    bool narrow = job->to.precision <= VONK_MAX_NARROW_PRECISION;
    for (uint32_t i = 0; i < job->n; i++) {
        bool fits = values[i] < limit && values[i] > -limit;
        if (VONK_LIKELY(fits)) {
            if (narrow)
                ((int64_t *)job->out->values)[i] = values[i] * (int64_t)factor;
            else
                ((vonk_int128 *)job->out->values)[i] = values[i] * factor;
        } else if (vonk_result_is_valid(job->out, i)) {
            VONK_TRY(vonk_cast_reject(job, i, VONK_CAST_RANGE, err));
        } else {
            vonk_decimal_set(job->out, i, 0);
        }
    }
    return VONK_OK;
}

static vonk_status cast_whole(const vonk_cast_job *job, const int64_t *values, vonk_error *err)
{
    switch (job->to.id) {
    case VONK_BOOL:
        for (uint32_t i = 0; i < job->n; i++)
            vonk_bit_set(job->out->values, i, values[i] != 0);
        return VONK_OK;
    case VONK_FLOAT32:
        STORE(float);
        return VONK_OK;
    case VONK_FLOAT64:
        STORE(double);
        return VONK_OK;
    case VONK_DECIMAL:
        return whole_to_decimal(job, values, err);
    default:
        return whole_to_whole(job, values, err);
    }
}

/* Java's (long) of a double: towards zero, saturating, NaN is 0. */
static int64_t saturate(double x, int64_t least)
{
    if (isnan(x))
        return 0;
    if (x <= (double)least)
        return least;
    return x >= -(double)least ? -(least + 1) : (int64_t)x;
}

static vonk_status float_to_whole(const vonk_cast_job *job, const double *values, vonk_error *err)
{
    int64_t least = least_of(job->to);
    /* Without ANSI, byte and short are the low bits of the int. */
    int64_t clamp = job->to.id < VONK_INT32 ? INT32_MIN : least;
    for (uint32_t i = 0; i < job->n; i++) {
        double x = values[i];
        bool fits = least == INT64_MIN ? floor(x) <= 0x1p63 && ceil(x) >= -0x1p63
                                       : floor(x) <= -(double)least - 1 && ceil(x) >= (double)least;
        put_whole(job->out, i, saturate(x, clamp));
        if (VONK_UNLIKELY(!fits) && job->mode != VONK_CAST_LEGACY &&
            vonk_result_is_valid(job->out, i))
            VONK_TRY(vonk_cast_reject(job, i, VONK_CAST_TOO_BIG, err));
    }
    return VONK_OK;
}

/* By way of the double's shortest text, as Spark's Decimal(double) does; NaN is null everywhere. */
static vonk_status float_to_decimal(const vonk_cast_job *job, const double *values, vonk_error *err)
{
    for (uint32_t i = 0; i < job->n; i++) {
        vonk_int128 value = 0;
        if (!vonk_result_is_valid(job->out, i)) {
            vonk_decimal_set(job->out, i, 0);
        } else if (!isfinite(values[i])) {
            VONK_TRY(vonk_result_null(job->ctx, job->out, i, err));
        } else {
            char text[VONK_VALUE_TEXT];
            size_t n = vonk_print_double(values[i], text);
            vonk_parse_result result =
                vonk_parse_decimal((vonk_slice){text, n}, job->to.precision, job->to.scale, &value);
            vonk_decimal_set(job->out, i, value);
            if (result != VONK_PARSE_OK)
                VONK_TRY(vonk_cast_reject(job, i, VONK_CAST_RANGE, err));
        }
    }
    return VONK_OK;
}

static vonk_status cast_float(const vonk_cast_job *job, const double *values, vonk_error *err)
{
    switch (job->to.id) {
    case VONK_BOOL:
        for (uint32_t i = 0; i < job->n; i++)
            vonk_bit_set(job->out->values, i, values[i] != 0);
        return VONK_OK;
    case VONK_FLOAT32:
        STORE(float);
        return VONK_OK;
    case VONK_FLOAT64:
        STORE(double);
        return VONK_OK;
    case VONK_DECIMAL:
        return float_to_decimal(job, values, err);
    default:
        return float_to_whole(job, values, err);
    }
}

vonk_status vonk_cast_number(const vonk_cast_job *job, vonk_error *err)
{
    if (job->in->type.id == VONK_FLOAT32 || job->in->type.id == VONK_FLOAT64) {
        const double *values = load_float(job->ctx, job->in, err);
        VONK_TRY_ALLOC(values);
        return cast_float(job, values, err);
    }
    const int64_t *values = load_whole(job->ctx, job->in, err);
    VONK_TRY_ALLOC(values);
    return cast_whole(job, values, err);
}

static vonk_status decimal_to_decimal(const vonk_cast_job *job, vonk_error *err)
{
    int shift = job->to.scale - job->in->type.scale;
    vonk_int128 limit = vonk_power_of_ten(job->to.precision), value;
    for (uint32_t i = 0; i < job->n; i++) {
        bool fits = vonk_decimal_shift(vonk_decimal_at(job->in, i), shift, &value) &&
                    value < limit && value > -limit;
        if (VONK_LIKELY(fits))
            vonk_decimal_set(job->out, i, value);
        else if (vonk_result_is_valid(job->out, i))
            VONK_TRY(vonk_cast_reject(job, i, VONK_CAST_RANGE, err));
        else
            vonk_decimal_set(job->out, i, 0);
    }
    return VONK_OK;
}

static vonk_status decimal_to_whole(const vonk_cast_job *job, vonk_error *err)
{
    vonk_int128 unit = vonk_power_of_ten(job->in->type.scale);
    int64_t least = least_of(job->to), most = -(least + 1);
    for (uint32_t i = 0; i < job->n; i++) {
        vonk_int128 value = vonk_decimal_at(job->in, i) / unit;
        put_whole(job->out, i, (int64_t)value);
        if (VONK_UNLIKELY(value < least || value > most) && job->mode != VONK_CAST_LEGACY &&
            vonk_result_is_valid(job->out, i))
            VONK_TRY(vonk_cast_reject(job, i, VONK_CAST_TOO_BIG, err));
    }
    return VONK_OK;
}

vonk_status vonk_cast_decimal(const vonk_cast_job *job, vonk_error *err)
{
    int scale = job->in->type.scale;
    switch (job->to.id) {
    case VONK_DECIMAL:
        return decimal_to_decimal(job, err);
    case VONK_BOOL:
        for (uint32_t i = 0; i < job->n; i++)
            vonk_bit_set(job->out->values, i, vonk_decimal_at(job->in, i) != 0);
        return VONK_OK;
    case VONK_FLOAT32:
        for (uint32_t i = 0; i < job->n; i++)
            ((float *)job->out->values)[i] =
                vonk_decimal_to_float(vonk_decimal_at(job->in, i), scale);
        return VONK_OK;
    case VONK_FLOAT64:
        for (uint32_t i = 0; i < job->n; i++)
            ((double *)job->out->values)[i] =
                vonk_decimal_to_double(vonk_decimal_at(job->in, i), scale);
        return VONK_OK;
    default:
        return decimal_to_whole(job, err);
    }
}
