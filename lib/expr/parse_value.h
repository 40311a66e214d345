/*
 * parse_value.h - one SQL value from its text, exactly as Spark's casts read it. For casts, typed
 * literals, and the CSV and JSON readers. Text is any bytes; nothing is allocated.
 *
 * White space and control characters around the value are skipped. `ret` is untouched unless
 * VONK_PARSE_OK.
 */
#ifndef VONK_EXPR_PARSE_VALUE_H
#define VONK_EXPR_PARSE_VALUE_H

#include "column/type.h"
#include "expr/time_zone.h"

typedef enum vonk_parse_result {
    VONK_PARSE_OK,
    VONK_PARSE_MALFORMED, /* not of the form, or a day or time that does not exist */
    VONK_PARSE_OVERFLOW,  /* of the form, but does not fit */
} vonk_parse_result;

/* `text` without the white space and control characters around it. */
vonk_slice vonk_slice_trim(vonk_slice text);

/* Sign and digits. With `allow_fraction` (the cast without ANSI) "1.9" is 1. */
vonk_parse_result vonk_parse_int64(vonk_slice text, bool allow_fraction, int64_t *ret);

/* As Java's Double.parseDouble, and inf, infinity, nan in any case with a sign. Never OVERFLOW. */
vonk_parse_result vonk_parse_double(vonk_slice text, double *ret);
/* Rounded once, to float. */
vonk_parse_result vonk_parse_float(vonk_slice text, float *ret);

/* "-12.34", "1e3"; rounds half up to `scale`; *ret is the unscaled value. */
vonk_parse_result vonk_parse_decimal(vonk_slice text, int precision, int scale, vonk_int128 *ret);

/* t, true, y, yes, 1 and f, false, n, no, 0 in any case. */
vonk_parse_result vonk_parse_boolean(vonk_slice text, bool *ret);

/* yyyy, yyyy-[m]m, yyyy-[m]m-[d]d, and that followed by ' ' or 'T' and anything. */
vonk_parse_result vonk_parse_date(vonk_slice text, int32_t *ret_days);

/*
 * A date as above, or one followed by ' ' or 'T' and [h]h:[m]m[:[s]s[.fraction]][zone]; *ret_us is
 * microseconds since the epoch. A text without a zone is a local time of `zone`.
 */
vonk_parse_result vonk_parse_timestamp(vonk_slice text, const vonk_time_zone *zone,
                                       int64_t *ret_us);
/* The same as a local date and time; a zone in the text is read and ignored if `allow_zone`. */
vonk_parse_result vonk_parse_timestamp_ntz(vonk_slice text, bool allow_zone, int64_t *ret_us);

#endif
