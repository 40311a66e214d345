/*
 * zone_file.h - decodes TZif files (RFC 8536) and their footer, a POSIX TZ rule for the years after
 * the table. Input is hostile: every count is checked against the bytes that are there.
 */
#ifndef VONK_EXPR_ZONE_FILE_H
#define VONK_EXPR_ZONE_FILE_H

#include <stdbool.h>

#include "base/arena.h"
#include "expr/time_zone.h"

/* A yearly change: Mm.w.d, Jn or n, at `time_s` after local midnight. */
typedef struct vonk_zone_change {
    enum { VONK_CHANGE_WEEKDAY, VONK_CHANGE_JULIAN, VONK_CHANGE_DAY } kind;
    int32_t month, week, day;
    int32_t time_s;
} vonk_zone_change;

struct vonk_zone_rules {
    uint32_t n;               /* changes in the table */
    int64_t *at;              /* seconds since the epoch, ascending */
    int32_t *offset_s;        /* from at[i] on */
    int32_t first_offset_s;   /* before at[0] */
    bool has_footer, has_dst; /* what holds after the table */
    int32_t std_offset_s, dst_offset_s;
    vonk_zone_change dst_start, dst_end;
};

/* Errors: VONK_CORRUPT; VONK_NO_MEMORY. */
vonk_status vonk_zone_file_decode(const char *data, size_t size, vonk_arena *arena,
                                  vonk_zone_rules *ret, vonk_error *err) VONK_MUST_CHECK;

int32_t vonk_zone_rules_offset(const vonk_zone_rules *rules, int64_t utc_s);

#endif
