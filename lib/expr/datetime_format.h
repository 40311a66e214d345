/*
 * datetime_format.h - patterns such as "yyyy-MM-dd HH:mm:ss": printing and reading local times.
 *
 * Letters: G y M d D Q E F a H h K k m s S z V, quoted text, and [parts] that may be missing. z and
 * V are read, not printed. Source: Spark SQL reference, "Datetime Patterns for Formatting and
 * Parsing".
 */
#ifndef VONK_EXPR_DATETIME_FORMAT_H
#define VONK_EXPR_DATETIME_FORMAT_H

#include "base/buffer.h"
#include "expr/time_math.h"

/* VONK_USER (INVALID_DATETIME_PATTERN) unless every letter of the pattern is known. */
vonk_status vonk_datetime_pattern_check(vonk_slice pattern, bool to_read,
                                        vonk_error *err) VONK_MUST_CHECK;

/* Appends the text of a local time in microseconds. */
void vonk_datetime_print(vonk_slice pattern, int64_t local_us, vonk_buffer *out);

/*
 * Reads all of `text` by the pattern; *ret_zone = the time zone as it stands in the text, empty if
 * the pattern has none. False if it is not of that form or no such time exists: ret_why is then
 * what stands behind "could not be parsed", perhaps nothing.
 */
bool vonk_datetime_read(vonk_slice pattern, vonk_slice text, int64_t *ret_local_us,
                        vonk_slice *ret_zone, char ret_why[VONK_BAD_TIME_TEXT + 2]);

#endif
