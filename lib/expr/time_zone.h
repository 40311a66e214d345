/*
 * time_zone.h - offsets of local time from UTC: fixed, or by the rules of /usr/share/zoneinfo.
 *
 * A zone is a small value whose table lives inside it; it may be copied and shared between threads.
 */
#ifndef VONK_EXPR_TIME_ZONE_H
#define VONK_EXPR_TIME_ZONE_H

#include "base/arena.h"
#include "base/buffer.h"

typedef struct vonk_zone_rules vonk_zone_rules;

typedef struct vonk_time_zone {
    int32_t offset_s;             /* seconds east of UTC, if rules == NULL */
    const vonk_zone_rules *rules; /* in the arena it was found with, or NULL: fixed */
} vonk_time_zone;

#define VONK_UTC ((vonk_time_zone){0})

/*
 * Finds "UTC", "Z", "+02:00", "-8", "GMT+1", "UTC-08:30" or a region such as "Europe/Amsterdam";
 * rules live in `arena`. Errors: VONK_USER, INVALID_TIMEZONE; VONK_NO_MEMORY.
 */
vonk_status vonk_time_zone_find(vonk_slice name, vonk_arena *arena, vonk_time_zone *ret,
                                vonk_error *err) VONK_MUST_CHECK;

/* Seconds east of UTC at an instant (microseconds since the epoch). */
int32_t vonk_time_zone_offset_at(const vonk_time_zone *zone, int64_t utc_us);

/* Local time (microseconds) of an instant and back. A local time that a clock change skips moves
 * forward by the gap; one that happens twice is the earlier. Saturate at the ends of int64_t. */
int64_t vonk_utc_to_local(const vonk_time_zone *zone, int64_t utc_us);
int64_t vonk_local_to_utc(const vonk_time_zone *zone, int64_t local_us);

#endif
