/*
 * interval_text.h - intervals from and to text, as Spark's casts have them. A type's `precision` is
 * 1 + its first field (of YEAR MONTH, or of DAY HOUR MINUTE SECOND), `scale` 1 + its last; 0: all
 * fields.
 */
#ifndef VONK_EXPR_INTERVAL_TEXT_H
#define VONK_EXPR_INTERVAL_TEXT_H

#include "expr/parse_value.h"

/* The first and the last field, from 0. */
typedef struct vonk_interval_fields {
    int first, last;
} vonk_interval_fields;

vonk_interval_fields vonk_interval_fields_of(vonk_type type);
/* "YEAR" .. "SECOND" */
const char *vonk_interval_field_name(vonk_type type, int field);

/*
 * "1 02:03:04.5", "-1-2", or a literal: "INTERVAL -'1-2' YEAR TO MONTH", of just the type's fields.
 * *ret is in months or microseconds. OVERFLOW: of the form, but a field or the whole is too large.
 */
vonk_parse_result vonk_parse_interval(vonk_slice text, vonk_type type, int64_t *ret);

/* A field of a text, from 0, and the most that it may be. */
typedef struct vonk_interval_excess {
    int field;
    int64_t value, most;
} vonk_interval_excess;

/* Days .. seconds: the first field of `text` that is too large in itself; false: there is none. */
bool vonk_interval_field_excess(vonk_slice text, vonk_type type, vonk_interval_excess *ret);

/* INVALID_INTERVAL_FORMAT.*: `text` is no interval of `type`, or one that is too large. */
vonk_status vonk_fail_interval_text(vonk_slice text, vonk_type type, bool too_large,
                                    vonk_error *err) VONK_MUST_CHECK;

#define VONK_INTERVAL_TEXT_SIZE 128

/* INTERVAL '1 02:03' DAY TO MINUTE; returns its length, below VONK_INTERVAL_TEXT_SIZE. */
size_t vonk_print_interval(vonk_type type, int64_t value, char *out);

#endif
