/* pattern.c - a pattern is a list of fields and literals, with marks where optional parts begin. */
#include "format/text/pattern.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "expr/calendar.h"

#define MAX_ITEMS 64

enum { LITERAL = 1, OPTIONAL_START = 2, OPTIONAL_END = 3 }; /* besides letters */

typedef struct item {
    char kind;        /* a letter, or one of the above */
    uint8_t count;    /* letters, or bytes of the literal */
    bool adjacent;    /* a number follows at once: takes exactly its width */
    const char *text; /* literal */
    uint32_t skip;    /* OPTIONAL_START: the item behind its end */
} item;

struct vonk_pattern {
    uint32_t n_items;
    item items[MAX_ITEMS];
};

static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
static const char *const weekdays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                       "Friday", "Saturday", "Sunday"};

/* ---- compiling ---- */

static vonk_status bad_pattern(vonk_error *err, const char *text, const char *why)
{
    return vonk_fail_sql(err, "INVALID_DATETIME_PATTERN", "datetime pattern '%s': %s", text, why);
}

static item *add(vonk_pattern *p, char kind, size_t count, const char *text)
{
    item *it = &p->items[p->n_items++];
    *it = (item){.kind = kind, .count = (uint8_t)count, .text = text};
    return it;
}

static bool is_number(const item *it)
{
    if (it->kind == 'M' || it->kind == 'L')
        return it->count <= 2;
    return it->kind > OPTIONAL_END && strchr("yudDHhKkmsS", it->kind) != NULL;
}

/* 'text' or ''; *at is at the quote and moves behind the closing one. */
static const char *compile_quoted(vonk_pattern *p, const char *at)
{
    if (at[1] == '\'') {
        add(p, LITERAL, 1, at);
        return at + 2;
    }
    const char *close = strchr(at + 1, '\'');
    if (!close || close - at > 255)
        return NULL;
    add(p, LITERAL, (size_t)(close - at - 1), at + 1);
    return close + 1;
}

/* Longest runs of letters that java.time takes. */
static bool count_is_right(char letter, size_t n)
{
    switch (letter) {
    case 'y':
    case 'u':
        return n <= 6;
    case 'M':
    case 'L':
    case 'E':
        return n <= 4;
    case 'S':
        return n <= 9;
    case 'D':
        return n <= 3;
    case 'a':
        return n == 1;
    case 'V':
        return n == 2;
    case 'X':
    case 'x':
    case 'Z':
        return n <= 5;
    case 'z':
        return n <= 4;
    default:
        return n <= 2;
    }
}

static vonk_status compile_part(vonk_pattern *p, const char *text, const char **at, vonk_error *err)
{
    const char *s = *at;
    size_t n = 1;
    if (*s == '\'') {
        s = compile_quoted(p, s);
        if (!s)
            return bad_pattern(err, text, "a quote is not closed");
        *at = s;
        return VONK_OK;
    }
    if (!isalpha((unsigned char)*s)) {
        if (strchr("#{}", *s))
            return bad_pattern(err, text, "#, { and } are reserved");
        char kind = *s == '[' ? OPTIONAL_START : *s == ']' ? OPTIONAL_END : LITERAL;
        add(p, kind, 1, s);
        *at = s + 1;
        return VONK_OK;
    }
    while (s[n] == s[0])
        n++;
    if (!strchr("yuMLdDEHhKkamsSXxZVz", *s) || !count_is_right(*s, n))
        return bad_pattern(err, text, "a field that is not supported");
    add(p, *s, n, s);
    *at = s + n;
    return VONK_OK;
}

static vonk_status match_brackets(vonk_pattern *p, const char *text, vonk_error *err)
{
    uint32_t open[MAX_ITEMS] = {0}, depth = 0;
    for (uint32_t i = 0; i < p->n_items; i++) {
        item *it = &p->items[i];
        it->adjacent = i + 1 < p->n_items && is_number(it) && is_number(it + 1);
        if (it->kind == OPTIONAL_START)
            open[depth++] = i;
        else if (it->kind == OPTIONAL_END && !depth)
            return bad_pattern(err, text, "']' without '['");
        else if (it->kind == OPTIONAL_END)
            p->items[open[--depth]].skip = i + 1;
    }
    while (depth) /* open to the end, as in java.time */
        p->items[open[--depth]].skip = p->n_items;
    return VONK_OK;
}

vonk_status vonk_pattern_compile(const char *text, vonk_arena *arena, vonk_pattern **ret,
                                 vonk_error *err)
{
    vonk_pattern *p = VONK_NEW(arena, vonk_pattern, err);
    VONK_TRY_ALLOC(p);
    const char *copy = vonk_arena_strndup(arena, text, strlen(text), err);
    VONK_TRY_ALLOC(copy);
    while (*copy) {
        if (p->n_items == MAX_ITEMS)
            return bad_pattern(err, text, "it is too long");
        VONK_TRY(compile_part(p, text, &copy, err));
    }
    VONK_TRY(match_brackets(p, text, err));
    *ret = p;
    return VONK_OK;
}

/* ---- reading ---- */

typedef struct moment {
    int64_t year;
    int32_t month, day, day_of_year; /* 0: not given */
    int32_t hour, hour12, minute, second, nano;
    int32_t half_day; /* 0 AM, 1 PM, -1: not given */
    vonk_slice zone;  /* not empty if given */
} moment;

/* At least `least` and at most `most` digits; the number of digits, or 0. */
static unsigned read_digits(const char **at, const char *end, unsigned least, unsigned most,
                            int64_t *ret)
{
    const char *p = *at;
    int64_t value = 0;
    while (p < end && p - *at < (ptrdiff_t)most && isdigit((unsigned char)*p))
        value = value * 10 + (*p++ - '0');
    unsigned n = (unsigned)(p - *at);
    if (n < least)
        return 0;
    *at = p;
    *ret = value;
    return n;
}

static bool read_year(const item *it, const char **at, const char *end, moment *m)
{
    int64_t value;
    if (it->count == 2) {
        if (!read_digits(at, end, 2, 2, &value))
            return false;
        m->year = 2000 + value;
        return true;
    }
    bool sign = *at < end && (**at == '-' || **at == '+'), negative = sign && **at == '-';
    *at += sign;
    unsigned most = it->adjacent ? it->count : it->count >= 4 || it->count == 1 ? 10 : it->count;
    unsigned n = read_digits(at, end, it->count, most, &value);
    if (!n || (it->count == 4 && n > 4 && !sign && !it->adjacent))
        return false;
    m->year = negative ? -value : value;
    return true;
}

static bool read_name(const char *const *names, unsigned n_names, bool is_short, const char **at,
                      const char *end, int32_t *ret)
{
    for (unsigned i = 0; i < n_names; i++) {
        size_t length = is_short ? 3 : strlen(names[i]);
        if ((size_t)(end - *at) >= length && !strncasecmp(*at, names[i], length)) {
            *at += length;
            *ret = (int32_t)i + 1;
            return true;
        }
    }
    return false;
}

static bool read_fraction(const item *it, const char **at, const char *end, moment *m)
{
    int64_t value;
    /* Spark reads fractions of fewer digits too. */
    unsigned n = read_digits(at, end, it->adjacent ? it->count : 1, it->count, &value);
    if (!n)
        return false;
    for (; n < 9; n++)
        value *= 10;
    m->nano = (int32_t)value;
    return true;
}

/* Offsets "+01:00", "+0100", "+01", "Z"; names for V and z. */
static bool read_zone(const item *it, const char **at, const char *end, moment *m)
{
    const char *p = *at;
    if (it->kind == 'V' || it->kind == 'z') {
        while (p < end && (isalnum((unsigned char)*p) || strchr("/_+-:", *p)))
            p++;
    } else if (p < end && *p == 'Z' && it->kind != 'x' && it->kind != 'Z') {
        p++;
    } else if (p < end && (*p == '+' || *p == '-')) {
        bool colon = it->count == 3 || it->count == 5;
        unsigned n_parts = it->kind == 'Z' ? 2 : it->count == 1 ? 1 : it->count < 4 ? 2 : 3;
        p++;
        for (unsigned i = 0; i < n_parts; i++) {
            int64_t value;
            const char *before = p;
            if (i && colon && (p == end || *p++ != ':')) {
                p = before;
                break;
            }
            if (!read_digits(&p, end, 2, 2, &value)) {
                p = before;
                break;
            }
        }
    }
    m->zone = (vonk_slice){*at, (size_t)(p - *at)};
    *at = p;
    return m->zone.length > 1 || (m->zone.length == 1 && *m->zone.data == 'Z');
}

/* A number of one letter: as many digits as there are; of more: exactly that many. */
static bool read_plain(const item *it, const char **at, const char *end, moment *m)
{
    int64_t value;
    unsigned most = it->count == 1 && !it->adjacent ? 19 : it->count;
    if (!read_digits(at, end, it->count, most > 9 ? 9 : most, &value))
        return false;
    int32_t n = (int32_t)value;
    switch (it->kind) {
    case 'M':
    case 'L':
        m->month = n;
        return n >= 1 && n <= 12;
    case 'd':
        m->day = n;
        return n >= 1 && n <= 31;
    case 'D':
        m->day_of_year = n;
        return n >= 1 && n <= 366;
    case 'H':
        m->hour = n;
        return n < 24;
    case 'k':
        m->hour = n % 24;
        return n >= 1 && n <= 24;
    case 'h':
        m->hour12 = n % 12;
        return n >= 1 && n <= 12;
    case 'K':
        m->hour12 = n;
        return n < 12;
    case 'm':
        m->minute = n;
        return n < 60;
    default:
        m->second = n;
        return n < 60;
    }
}

static bool read_item(const item *it, const char **at, const char *end, moment *m)
{
    int32_t name;
    switch (it->kind) {
    case LITERAL:
        if ((size_t)(end - *at) < it->count || memcmp(*at, it->text, it->count) != 0)
            return false;
        *at += it->count;
        return true;
    case 'y':
    case 'u':
        return read_year(it, at, end, m);
    case 'M':
    case 'L':
        return it->count > 2 ? read_name(months, 12, it->count == 3, at, end, &m->month)
                             : read_plain(it, at, end, m);
    case 'E': /* said by the date already */
        return read_name(weekdays, 7, it->count < 4, at, end, &name);
    case 'a': {
        static const char *const halves[] = {"AM", "PM"};
        if (!read_name(halves, 2, false, at, end, &name))
            return false;
        m->half_day = name - 1;
        return true;
    }
    case 'S':
        return read_fraction(it, at, end, m);
    case 'X':
    case 'x':
    case 'Z':
    case 'V':
    case 'z':
        return read_zone(it, at, end, m);
    default:
        return read_plain(it, at, end, m);
    }
}

static bool read_items(const vonk_pattern *p, uint32_t i, uint32_t n, const char **at,
                       const char *end, moment *m)
{
    while (i < n) {
        const item *it = &p->items[i];
        if (it->kind == OPTIONAL_START) {
            const char *before = *at;
            moment saved = *m;
            if (!read_items(p, i + 1, it->skip, at, end, m)) {
                *at = before;
                *m = saved;
            }
            i = it->skip;
            continue;
        }
        if (it->kind != OPTIONAL_END && !read_item(it, at, end, m))
            return false;
        i++;
    }
    return true;
}

static bool resolve(moment *m, int64_t *ret_us)
{
    if (m->hour12 >= 0 && m->half_day >= 0)
        m->hour = m->hour12 + 12 * m->half_day;
    else if (m->hour12 >= 0)
        return false; /* of which half of the day? */
    int64_t days;
    if (m->year < -290000 || m->year > 290000)
        return false;
    if (m->day_of_year) {
        if (m->day_of_year == 366 && !vonk_is_leap_year(m->year))
            return false;
        days = vonk_days_from_civil(m->year, 1, m->day_of_year);
    } else {
        if (m->day > vonk_days_in_month(m->year, m->month))
            return false;
        days = vonk_days_from_civil(m->year, m->month, m->day);
    }
    int64_t seconds = m->hour * 3600 + m->minute * 60 + m->second;
    *ret_us = days * VONK_US_PER_DAY + seconds * VONK_US_PER_SECOND + m->nano / 1000;
    return true;
}

static bool read_moment(const vonk_pattern *p, vonk_slice text, moment *m, int64_t *ret_us)
{
    const char *at = text.data, *end = text.data + text.length;
    *m = (moment){.year = 1970, .month = 1, .day = 1, .hour12 = -1, .half_day = -1};
    return read_items(p, 0, p->n_items, &at, end, m) && at == end && resolve(m, ret_us);
}

bool vonk_pattern_parse_local(const vonk_pattern *p, vonk_slice text, int64_t *ret)
{
    moment m;
    return read_moment(p, text, &m, ret);
}

bool vonk_pattern_parse_instant(const vonk_pattern *p, vonk_slice text, const vonk_time_zone *zone,
                                int64_t *ret)
{
    moment m;
    int64_t local;
    if (!read_moment(p, text, &m, &local))
        return false;
    if (!m.zone.length) {
        *ret = vonk_local_to_utc(zone, local);
        return true;
    }
    vonk_arena arena = {0};
    vonk_time_zone own;
    char compact[8];
    vonk_slice name = m.zone;
    if (name.length == 5 && (name.data[0] == '+' || name.data[0] == '-')) {
        (void)snprintf(compact, sizeof(compact), "%.3s:%.2s", name.data, name.data + 3);
        name = vonk_slice_of(compact);
    }
    bool found = vonk_time_zone_find(name, &arena, &own, NULL) == VONK_OK;
    if (found)
        *ret = vonk_local_to_utc(&own, local);
    vonk_arena_free(&arena);
    return found;
}

/* ---- writing ---- */

typedef struct printed {
    vonk_civil date;
    vonk_clock clock;
    int64_t days;
    int32_t offset_s;
    const char *zone_name;
} printed;

static void print_offset(const item *it, int32_t offset_s, vonk_buffer *out)
{
    if (it->kind == 'X' && !offset_s) {
        vonk_buffer_char(out, 'Z');
        return;
    }
    int32_t seconds = offset_s < 0 ? -offset_s : offset_s, minutes = seconds / 60;
    bool colon = it->kind == 'Z' ? it->count == 5 : it->count == 3 || it->count == 5;
    const char *between = colon ? ":" : "";
    vonk_buffer_printf(out, "%c%02d", offset_s < 0 ? '-' : '+', minutes / 60);
    if (it->count > 1 || it->kind == 'Z' || minutes % 60)
        vonk_buffer_printf(out, "%s%02d", between, minutes % 60);
    if (seconds % 60)
        vonk_buffer_printf(out, "%s%02d", between, seconds % 60);
}

static void print_year(const item *it, int32_t year, vonk_buffer *out)
{
    if (it->count == 2)
        vonk_buffer_printf(out, "%02d", (int)vonk_floor_mod(year, 100));
    else if (year > 9999 && it->count >= 4)
        vonk_buffer_printf(out, "+%d", year);
    else
        vonk_buffer_printf(out, "%0*d", it->count + (year < 0), year);
}

static void print_number(const item *it, const printed *t, vonk_buffer *out)
{
    int32_t value = 0;
    switch (it->kind) {
    case 'M':
    case 'L':
        value = t->date.month;
        break;
    case 'd':
        value = t->date.day;
        break;
    case 'D':
        value = vonk_day_of_year(t->days);
        break;
    case 'H':
        value = t->clock.hour;
        break;
    case 'k':
        value = t->clock.hour ? t->clock.hour : 24;
        break;
    case 'K':
        value = t->clock.hour % 12;
        break;
    case 'h':
        value = (t->clock.hour + 11) % 12 + 1;
        break;
    case 'm':
        value = t->clock.minute;
        break;
    default:
        value = t->clock.second;
        break;
    }
    vonk_buffer_printf(out, "%0*d", it->count, value);
}

static void print_item(const item *it, const printed *t, vonk_buffer *out)
{
    const char *name;
    char digits[16];
    switch (it->kind) {
    case LITERAL:
        vonk_buffer_append(out, it->text, it->count);
        break;
    case 'y':
    case 'u':
        print_year(it, t->date.year, out);
        break;
    case 'E':
        name = weekdays[vonk_iso_weekday(t->days) - 1];
        vonk_buffer_append(out, name, it->count < 4 ? 3 : strlen(name));
        break;
    case 'a':
        vonk_buffer_text(out, t->clock.hour < 12 ? "AM" : "PM");
        break;
    case 'S':
        (void)snprintf(digits, sizeof(digits), "%06d000", t->clock.microsecond);
        vonk_buffer_append(out, digits, it->count);
        break;
    case 'X':
    case 'x':
    case 'Z':
        print_offset(it, t->offset_s, out);
        break;
    case 'V':
    case 'z':
        vonk_buffer_text(out, t->zone_name);
        break;
    default:
        name = it->kind == 'M' || it->kind == 'L' ? months[t->date.month - 1] : "";
        if (it->count > 2 && *name)
            vonk_buffer_append(out, name, it->count == 3 ? 3 : strlen(name));
        else
            print_number(it, t, out);
        break;
    }
}

void vonk_pattern_print(const vonk_pattern *p, int64_t local_us, int32_t offset_s,
                        const char *zone_name, vonk_buffer *out)
{
    printed t = {.offset_s = offset_s, .zone_name = zone_name};
    t.clock = vonk_clock_from_us(local_us, &t.days);
    t.date = vonk_civil_from_days(t.days);
    for (uint32_t i = 0; i < p->n_items; i++) {
        if (p->items[i].kind > OPTIONAL_END || p->items[i].kind == LITERAL)
            print_item(&p->items[i], &t, out);
    }
}
