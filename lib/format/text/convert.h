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

/* A view of `n` bytes with 16 readable bytes at `p`, like vonk_string_of() but without branches. */
static inline vonk_string vonk_text_view(const char *p, uint32_t n)
{
    if (n > VONK_STRING_INLINE)
        return vonk_string_of(p, n);
    uint32_t first;
    uint64_t rest, words[2];
    memcpy(&first, p, 4);
    memcpy(&rest, p + 4, 8);
    first = n >= 4 ? first : n ? first & (UINT32_MAX >> (32 - 8 * n)) : 0;
    rest = n >= 12 ? rest : n > 4 ? rest & (UINT64_MAX >> (64 - 8 * (n - 4))) : 0;
    words[0] = n | (uint64_t)first << 32;
    words[1] = rest;
    vonk_string s;
    memcpy(&s, words, sizeof(s));
    return s;
}

#endif
