/*
 * convert.h - texts to typed columns, as Spark's text sources read them (which is stricter than its
 * casts: no blanks around integers, only true and false).
 */
#ifndef VONK_FORMAT_TEXT_CONVERT_H
#define VONK_FORMAT_TEXT_CONVERT_H

#include "column/column.h"
#include "format/text/pattern.h"

/* Each reads the whole of a text and returns false, with *ret untouched, if it is not one. */
bool vonk_text_to_int64(const char *p, size_t n, int64_t *ret);
bool vonk_text_to_double(const char *p, size_t n, double *ret);
bool vonk_text_to_float(const char *p, size_t n, float *ret);
bool vonk_text_to_decimal(const char *p, size_t n, vonk_type type, vonk_int128 *ret);
bool vonk_text_to_bool(const char *p, size_t n, bool *ret);
/* With a NULL pattern: every form that a cast knows. */
bool vonk_text_to_date(const char *p, size_t n, const vonk_pattern *pattern, int32_t *ret);
bool vonk_text_to_timestamp(const char *p, size_t n, const vonk_pattern *pattern,
                            const vonk_time_zone *zone, int64_t *ret);
bool vonk_text_to_timestamp_ntz(const char *p, size_t n, const vonk_pattern *pattern, int64_t *ret);

/* A column of `type` can be read from text. */
bool vonk_text_has_type(vonk_type type);

/* A view of `n` bytes with 16 readable bytes at `p`, like vonk_string_of() but with one branch. */
static inline vonk_string vonk_text_view(const char *p, uint32_t n)
{
    static const char ones[2 * VONK_STRING_INLINE + 4] = {-1, -1, -1, -1, -1, -1,
                                                          -1, -1, -1, -1, -1, -1};
    if (n > VONK_STRING_INLINE)
        return vonk_string_of(p, n);
    uint32_t first, keep_first;
    uint64_t rest, keep_rest, words[2];
    const char *keep = ones + VONK_STRING_INLINE - n;
    memcpy(&first, p, 4);
    memcpy(&rest, p + 4, 8);
    memcpy(&keep_first, keep, 4);
    memcpy(&keep_rest, keep + 4, 8);
    words[0] = n | (uint64_t)(first & keep_first) << 32;
    words[1] = rest & keep_rest;
    vonk_string s;
    memcpy(&s, words, sizeof(s));
    return s;
}

#endif
