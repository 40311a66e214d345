#include "expr/time_zone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "expr/calendar.h"
#include "expr/zone_file.h"

#define MAX_OFFSET_S (18 * 3600)

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Two digits, or one if `one_is_enough`. */
static bool take_field(vonk_slice *s, bool one_is_enough, int32_t *ret)
{
    if (!s->length || !is_digit(s->data[0]))
        return false;
    size_t n = s->length > 1 && is_digit(s->data[1]) ? 2 : 1;
    if (n == 1 && !one_is_enough)
        return false;
    *ret = n == 2 ? (s->data[0] - '0') * 10 + (s->data[1] - '0') : s->data[0] - '0';
    s->data += n;
    s->length -= n;
    return true;
}

/* [+-]h, hh, hh:m, hh:mm, hhmm, hh:mm:ss */
static bool parse_offset(vonk_slice s, int32_t *ret)
{
    int32_t fields[3] = {0};
    if (!s.length || (s.data[0] != '+' && s.data[0] != '-'))
        return false;
    bool negative = s.data[0] == '-';
    s.data++;
    s.length--;
    if (!take_field(&s, true, &fields[0]))
        return false;
    for (int i = 1; i < 3 && s.length; i++) {
        bool colon = s.data[0] == ':';
        s.data += colon;
        s.length -= colon;
        if (!take_field(&s, colon, &fields[i]))
            return false;
    }
    int32_t offset = fields[0] * 3600 + fields[1] * 60 + fields[2];
    if (s.length || fields[1] > 59 || fields[2] > 59 || offset > MAX_OFFSET_S)
        return false;
    *ret = negative ? -offset : offset;
    return true;
}

/* Source: java.time.ZoneId.SHORT_IDS. */
static const struct {
    const char *from, *to;
} short_ids[] = {
    {"ACT", "Australia/Darwin"},
    {"AET", "Australia/Sydney"},
    {"AGT", "America/Argentina/Buenos_Aires"},
    {"ART", "Africa/Cairo"},
    {"AST", "America/Anchorage"},
    {"BET", "America/Sao_Paulo"},
    {"BST", "Asia/Dhaka"},
    {"CAT", "Africa/Harare"},
    {"CNT", "America/St_Johns"},
    {"CST", "America/Chicago"},
    {"CTT", "Asia/Shanghai"},
    {"EAT", "Africa/Addis_Ababa"},
    {"ECT", "Europe/Paris"},
    {"EST", "-05:00"},
    {"HST", "-10:00"},
    {"IET", "America/Indiana/Indianapolis"},
    {"IST", "Asia/Kolkata"},
    {"JST", "Asia/Tokyo"},
    {"MIT", "Pacific/Apia"},
    {"MST", "-07:00"},
    {"NET", "Asia/Yerevan"},
    {"NST", "Pacific/Auckland"},
    {"PLT", "Asia/Karachi"},
    {"PNT", "America/Phoenix"},
    {"PRT", "America/Puerto_Rico"},
    {"PST", "America/Los_Angeles"},
    {"SST", "Pacific/Guadalcanal"},
    {"VST", "Asia/Ho_Chi_Minh"},
};

static vonk_slice long_name(vonk_slice name)
{
    for (size_t i = 0; i < VONK_LENGTH(short_ids); i++)
        if (vonk_slice_equal(name, vonk_slice_of(short_ids[i].from)))
            return vonk_slice_of(short_ids[i].to);
    return name;
}

/* UTC, GMT, UT, Z, and these with an offset, and bare offsets. */
static bool parse_fixed(vonk_slice name, int32_t *ret)
{
    static const char *const prefixes[] = {"UTC", "GMT", "UT"};
    if (name.length == 1 && name.data[0] == 'Z') {
        *ret = 0;
        return true;
    }
    for (size_t i = 0; i < VONK_LENGTH(prefixes); i++) {
        size_t n = strlen(prefixes[i]);
        if (name.length < n || memcmp(name.data, prefixes[i], n) != 0)
            continue;
        if (name.length == n) {
            *ret = 0;
            return true;
        }
        return parse_offset((vonk_slice){name.data + n, name.length - n}, ret);
    }
    return parse_offset(name, ret);
}

/* Only what region names are made of, so that no other file can be reached. */
static bool is_region_name(vonk_slice name)
{
    if (!name.length || name.length > 64)
        return false;
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && (i == 0 || (!is_digit(c) && !memchr("/_+-", c, 4))))
            return false;
    }
    return true;
}

static bool read_file(const char *path, char *buf, size_t size, size_t *ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size_t used = 0;
    ssize_t n;
    while (used < size &&
           ((n = read(fd, buf + used, size - used)) > 0 || (n < 0 && errno == EINTR)))
        used += n > 0 ? (size_t)n : 0;
    close(fd);
    *ret = used;
    return used > 0 && used < size;
}

static vonk_status unknown_zone(vonk_slice name, vonk_error *err)
{
    return vonk_fail_sql(err, "INVALID_TIMEZONE",
                         "The timezone: %.*s is invalid. The timezone must be either a "
                         "region-based zone ID or a zone offset. Region IDs must have the form "
                         "'area/city', such as 'America/Los_Angeles'. Zone offsets must be in the "
                         "format '(+|-)HH', '(+|-)HH:mm’ or '(+|-)HH:mm:ss', e.g '-08' , '+01:00' "
                         "or '-13:33:33', and must be in the range from -18:00 to +18:00. 'Z' and "
                         "'UTC' are accepted as synonyms for '+00:00'.",
                         (int)(name.length < 100 ? name.length : 100), name.data);
}

vonk_status vonk_time_zone_find(vonk_slice name, vonk_arena *arena, vonk_time_zone *ret,
                                vonk_error *err)
{
    enum { MAX_FILE = 64 * 1024 };
    vonk_time_zone zone = {0};
    vonk_slice full = long_name(name);
    if (!parse_fixed(full, &zone.offset_s) && !vonk_slice_equal(full, VONK_SLICE("Etc/UTC"))) {
        char path[128];
        if (!is_region_name(full))
            return unknown_zone(name, err);
        (void)snprintf(path, sizeof path, "/usr/share/zoneinfo/%.*s", (int)full.length, full.data);
        char *buf = vonk_arena_small(arena, MAX_FILE, err);
        VONK_TRY_ALLOC(buf);
        vonk_zone_rules *rules = VONK_NEW(arena, vonk_zone_rules, err);
        VONK_TRY_ALLOC(rules);
        size_t size;
        if (!read_file(path, buf, MAX_FILE, &size))
            return unknown_zone(name, err);
        if (vonk_zone_file_decode(buf, size, arena, rules, err) != VONK_OK)
            return unknown_zone(name, err);
        zone.rules = rules;
    }
    *ret = zone;
    return VONK_OK;
}

int32_t vonk_time_zone_offset_at(const vonk_time_zone *zone, int64_t utc_us)
{
    if (!zone->rules)
        return zone->offset_s;
    return vonk_zone_rules_offset(zone->rules, vonk_floor_div(utc_us, VONK_US_PER_SECOND));
}

static int64_t add_seconds(int64_t us, int64_t seconds)
{
    int64_t sum;
    if (__builtin_add_overflow(us, seconds * VONK_US_PER_SECOND, &sum))
        return seconds < 0 ? INT64_MIN : INT64_MAX;
    return sum;
}

int64_t vonk_utc_to_local(const vonk_time_zone *zone, int64_t utc_us)
{
    return add_seconds(utc_us, vonk_time_zone_offset_at(zone, utc_us));
}

int64_t vonk_local_to_utc(const vonk_time_zone *zone, int64_t local_us)
{
    if (!zone->rules)
        return add_seconds(local_us, -zone->offset_s);
    int32_t before = vonk_time_zone_offset_at(zone, add_seconds(local_us, -86400));
    int32_t after = vonk_time_zone_offset_at(zone, add_seconds(local_us, 86400));
    int64_t early = add_seconds(local_us, -before), late = add_seconds(local_us, -after);
    if (before == after || vonk_time_zone_offset_at(zone, early) == before)
        return early;
    return vonk_time_zone_offset_at(zone, late) == after ? late : early;
}
