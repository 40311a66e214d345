/* cast_internal.h - what the files of CAST share. `in` is FLAT with `n` rows here. */
#ifndef VONK_EXPR_CAST_INTERNAL_H
#define VONK_EXPR_CAST_INTERNAL_H

#include "expr/cast.h"
#include "expr/operand.h"
#include "expr/time_zone.h"

typedef struct vonk_cast_job {
    const vonk_eval *ctx;
    vonk_cast_mode mode;
    vonk_type to;
    const vonk_column *in;
    uint32_t n;
    vonk_column *out; /* FLAT, nulls of `in` already there */
} vonk_cast_job;

typedef enum vonk_cast_failure {
    VONK_CAST_BAD_INPUT,     /* CAST_INVALID_INPUT */
    VONK_CAST_TOO_BIG,       /* CAST_OVERFLOW */
    VONK_CAST_RANGE,         /* NUMERIC_VALUE_OUT_OF_RANGE */
    VONK_CAST_INTERVAL_FORM, /* INVALID_INTERVAL_FORMAT.* */
    VONK_CAST_INTERVAL_RANGE,
} vonk_cast_failure;

/* Row `row` cannot be cast: an error in ANSI mode, else null. */
vonk_status vonk_cast_reject(const vonk_cast_job *job, uint32_t row, vonk_cast_failure failure,
                             vonk_error *err) VONK_MUST_CHECK;

vonk_status vonk_cast_number(const vonk_cast_job *job, vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_cast_decimal(const vonk_cast_job *job, vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_cast_from_string(const vonk_cast_job *job, vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_cast_to_string(const vonk_cast_job *job, vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_cast_datetime(const vonk_cast_job *job, vonk_error *err) VONK_MUST_CHECK;

/* `failure` is one of VONK_CAST_INTERVAL_*. */
vonk_status vonk_cast_fail_interval(const vonk_cast_job *job, uint32_t row,
                                    vonk_cast_failure failure, vonk_error *err) VONK_MUST_CHECK;
/* Appends how many of its last field an interval is, as a cast to a decimal counts them. */
void vonk_print_interval_number(vonk_type type, int64_t value, vonk_buffer *out);
vonk_status vonk_cast_interval(const vonk_cast_job *job, vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_cast_whole_to_binary(const vonk_cast_job *job, vonk_error *err) VONK_MUST_CHECK;

/* The session's time zone. */
vonk_status vonk_session_zone(const vonk_eval *ctx, vonk_time_zone *ret,
                              vonk_error *err) VONK_MUST_CHECK;

#endif
