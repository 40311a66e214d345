/*
 * pattern.h - date and time patterns as in Spark ("yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]"): reading and
 * writing. Compiled once, shareable between threads.
 *
 * Letters: y u (year) M L (month, MMM Jan, MMMM January) d (day) D (day of year) E (weekday, only
 * writing) H k K h (hours) a (AM/PM) m s S (fraction) X x Z O V z (zone); 'text', '' and
 * [optional]. As java.time reads them: numbers of exactly n digits for n letters >= 2, of any for
 * one. Source: Spark 4 documentation, "Datetime Patterns for Formatting and Parsing".
 */
#ifndef VONK_FORMAT_TEXT_PATTERN_H
#define VONK_FORMAT_TEXT_PATTERN_H

#include "base/buffer.h"
#include "expr/time_zone.h"

typedef struct vonk_pattern vonk_pattern;

/* Errors: VONK_USER, INVALID_DATETIME_PATTERN. */
vonk_status vonk_pattern_compile(const char *text, vonk_arena *arena, vonk_pattern **ret,
                                 vonk_error *err) VONK_MUST_CHECK;

/*
 * Reads the whole of `text`: a local date and time in microseconds. Fields that the pattern lacks
 * are the first of their kind (1970, January, the 1st, midnight); a zone in the text is read and
 * ignored. False if it does not match or names a day or time that does not exist.
 */
bool vonk_pattern_parse_local(const vonk_pattern *pattern, vonk_slice text, int64_t *ret_local_us);

/* The instant that a text means: in its own zone, or as a local time of `zone`. */
bool vonk_pattern_parse_instant(const vonk_pattern *pattern, vonk_slice text,
                                const vonk_time_zone *zone, int64_t *ret_us);

/* Writes a local time whose zone is `offset_s` seconds east of UTC (called `zone_name`). */
void vonk_pattern_print(const vonk_pattern *pattern, int64_t local_us, int32_t offset_s,
                        const char *zone_name, vonk_buffer *out);

#endif
