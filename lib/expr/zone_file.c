#include "expr/zone_file.h"

#include <string.h>

#include "expr/calendar.h"

#define HEADER_SIZE 44

/* Counts of one data block; `size` is the block's bytes without the header. */
typedef struct block {
    uint32_t n_isut, n_isstd, n_leap, n_times, n_types, n_chars;
    uint64_t size;
} block;

static uint64_t read_be(const char *p, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | (unsigned char)p[i];
    return value;
}

static bool read_header(const char *data, size_t size, int time_size, block *ret)
{
    if (size < HEADER_SIZE || memcmp(data, "TZif", 4) != 0)
        return false;
    block b = {.n_isut = (uint32_t)read_be(data + 20, 4),
               .n_isstd = (uint32_t)read_be(data + 24, 4),
               .n_leap = (uint32_t)read_be(data + 28, 4),
               .n_times = (uint32_t)read_be(data + 32, 4),
               .n_types = (uint32_t)read_be(data + 36, 4),
               .n_chars = (uint32_t)read_be(data + 40, 4)};
    b.size = (uint64_t)b.n_times * (uint64_t)(time_size + 1) + (uint64_t)b.n_types * 6 + b.n_chars +
             (uint64_t)b.n_leap * (uint64_t)(time_size + 4) + b.n_isstd + b.n_isut;
    *ret = b;
    return b.n_types > 0 && b.size <= size - HEADER_SIZE;
}

/* A cursor over the footer. */
typedef struct text {
    const char *p, *end;
} text;

static bool take_char(text *t, char c)
{
    if (t->p == t->end || *t->p != c)
        return false;
    t->p++;
    return true;
}

static bool take_number(text *t, int32_t max, int32_t *ret)
{
    const char *start = t->p;
    int32_t value = 0;
    while (t->p < t->end && *t->p >= '0' && *t->p <= '9' && value <= max)
        value = value * 10 + (*t->p++ - '0');
    *ret = value;
    return t->p > start && value <= max;
}

/* EST, or <+0330> */
static bool skip_name(text *t)
{
    const char *start = t->p;
    if (take_char(t, '<')) {
        while (t->p < t->end && *t->p != '>')
            t->p++;
        return take_char(t, '>');
    }
    while (t->p < t->end && ((*t->p | 32) >= 'a' && (*t->p | 32) <= 'z'))
        t->p++;
    return t->p > start;
}

/* [+-]h[h[h]][:mm[:ss]] */
static bool take_time(text *t, int32_t *ret)
{
    bool negative = take_char(t, '-');
    if (!negative)
        (void)take_char(t, '+');
    int32_t h, m = 0, s = 0;
    if (!take_number(t, 167, &h))
        return false;
    if (take_char(t, ':') && !take_number(t, 59, &m))
        return false;
    if (take_char(t, ':') && !take_number(t, 59, &s))
        return false;
    int32_t value = h * 3600 + m * 60 + s;
    *ret = negative ? -value : value;
    return true;
}

static bool take_change(text *t, vonk_zone_change *ret)
{
    vonk_zone_change c = {.time_s = 7200};
    if (!take_char(t, ','))
        return false;
    if (take_char(t, 'M')) {
        c.kind = VONK_CHANGE_WEEKDAY;
        if (!take_number(t, 12, &c.month) || !take_char(t, '.') || !take_number(t, 5, &c.week) ||
            !take_char(t, '.') || !take_number(t, 6, &c.day) || c.month < 1 || c.week < 1)
            return false;
    } else {
        c.kind = take_char(t, 'J') ? VONK_CHANGE_JULIAN : VONK_CHANGE_DAY;
        if (!take_number(t, 365, &c.day))
            return false;
    }
    if (take_char(t, '/') && !take_time(t, &c.time_s))
        return false;
    *ret = c;
    return true;
}

/* "\nCET-1CEST,M3.5.0,M10.5.0/3\n": offsets count west of UTC. */
static void read_footer(text t, vonk_zone_rules *rules)
{
    int32_t std, dst;
    if (!take_char(&t, '\n') || !skip_name(&t) || !take_time(&t, &std))
        return;
    rules->std_offset_s = -std;
    rules->has_footer = true;
    if (!skip_name(&t))
        return;
    dst = std - 3600;
    if (t.p < t.end && *t.p != ',' && !take_time(&t, &dst))
        return;
    rules->dst_offset_s = -dst;
    rules->has_dst = take_change(&t, &rules->dst_start) && take_change(&t, &rules->dst_end);
}

static bool read_table(const char *data, const block *b, int time_size, vonk_zone_rules *r)
{
    const char *kinds = data + (size_t)b->n_times * (size_t)time_size;
    const char *types = kinds + b->n_times;
    r->first_offset_s = (int32_t)read_be(types, 4);
    for (uint32_t i = 0; i < b->n_times; i++) {
        uint8_t kind = (uint8_t)kinds[i];
        if (kind >= b->n_types)
            return false;
        uint64_t at = read_be(data + (size_t)i * (size_t)time_size, time_size);
        r->at[i] = time_size == 8 ? (int64_t)at : (int32_t)at;
        r->offset_s[i] = (int32_t)read_be(types + (size_t)kind * 6, 4);
        if ((i && r->at[i] <= r->at[i - 1]) || r->offset_s[i] < -86400 || r->offset_s[i] > 86400)
            return false;
    }
    return r->first_offset_s >= -86400 && r->first_offset_s <= 86400;
}

vonk_status vonk_zone_file_decode(const char *data, size_t size, vonk_arena *arena,
                                  vonk_zone_rules *ret, vonk_error *err)
{
    block b;
    int time_size = 4;
    if (!read_header(data, size, 4, &b))
        return vonk_fail(err, VONK_CORRUPT, "not a TZif file");
    if (data[4] >= '2') { /* the second block has 64-bit times */
        time_size = 8;
        data += HEADER_SIZE + b.size;
        size -= HEADER_SIZE + (size_t)b.size;
        if (!read_header(data, size, 8, &b))
            return vonk_fail(err, VONK_CORRUPT, "truncated TZif file");
    }
    vonk_zone_rules r = {.n = b.n_times};
    r.at = VONK_NEW_ARRAY(arena, int64_t, (size_t)b.n_times + 1, err);
    VONK_TRY_ALLOC(r.at);
    r.offset_s = VONK_NEW_ARRAY(arena, int32_t, (size_t)b.n_times + 1, err);
    VONK_TRY_ALLOC(r.offset_s);
    if (!read_table(data + HEADER_SIZE, &b, time_size, &r))
        return vonk_fail(err, VONK_CORRUPT, "bad change in TZif file");
    if (time_size == 8)
        read_footer((text){data + HEADER_SIZE + b.size, data + size}, &r);
    *ret = r;
    return VONK_OK;
}

/* Local seconds since the epoch (by the clock before the change) at which a change of `year` is. */
static int64_t change_time(const vonk_zone_change *c, int32_t year)
{
    int64_t day;
    if (c->kind == VONK_CHANGE_WEEKDAY) {
        int64_t first = vonk_days_from_civil(year, c->month, 1);
        int32_t weekday = vonk_iso_weekday(first) % 7; /* Sunday 0 */
        int32_t in_month = (c->day - weekday + 7) % 7 + (c->week - 1) * 7;
        if (in_month >= vonk_days_in_month(year, c->month))
            in_month -= 7;
        day = first + in_month;
    } else {
        int32_t n = c->day;
        if (c->kind == VONK_CHANGE_JULIAN) /* counts from 1 and never counts February 29 */
            n += (vonk_is_leap_year(year) && n >= 60) - 1;
        day = vonk_days_from_civil(year, 1, 1) + n;
    }
    return day * 86400 + c->time_s;
}

static int32_t footer_offset(const vonk_zone_rules *r, int64_t utc_s)
{
    if (!r->has_dst)
        return r->std_offset_s;
    int32_t year = vonk_civil_from_days(vonk_floor_div(utc_s + r->std_offset_s, 86400)).year;
    int64_t start = change_time(&r->dst_start, year) - r->std_offset_s;
    int64_t end = change_time(&r->dst_end, year) - r->dst_offset_s;
    bool dst = start < end ? utc_s >= start && utc_s < end : utc_s >= start || utc_s < end;
    return dst ? r->dst_offset_s : r->std_offset_s;
}

int32_t vonk_zone_rules_offset(const vonk_zone_rules *r, int64_t utc_s)
{
    if (r->n == 0 && !r->has_footer)
        return r->first_offset_s;
    if (r->has_footer && (r->n == 0 || utc_s >= r->at[r->n - 1]))
        return footer_offset(r, utc_s);
    if (utc_s < r->at[0])
        return r->first_offset_s;
    uint32_t low = 0, high = r->n; /* at[low] <= utc_s < at[high] */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (r->at[middle] <= utc_s)
            low = middle;
        else
            high = middle;
    }
    return r->offset_s[low];
}
