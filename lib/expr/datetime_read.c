/* datetime_read.c - reading local times by patterns, and what java.time says of texts that do not
 * fit. */
#include <stdio.h>
#include <string.h>

#include "expr/calendar.h"
#include "expr/datetime_format.h"
#include "expr/datetime_pattern.h"

/* Parts within parts, at most. */
#define MAX_DEPTH 16

/* What has been read so far. */
typedef struct reading {
    const char *p, *end;
    const char *field; /* where the one being read begins */
    int64_t year;
    int32_t month, day, day_of_year;
    bool has_month, has_day, has_day_of_year, has_fraction;
    int32_t hour, minute, second, microsecond;
    int32_t clock_hour; /* of h, K, k */
    char clock_letter;  /* which; 0: none */
    vonk_slice zone;    /* z, VV: as written; empty if none */
    int afternoon;      /* -1: not said */
    bool adjacent;      /* another number follows without anything between */
    int depth;          /* of brackets */
} reading;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool read_number(reading *r, int least, int most, int32_t *ret)
{
    int32_t value = 0;
    int n = 0;
    while (r->p < r->end && n < most && n < 9 && is_digit(*r->p)) {
        value = value * 10 + (*r->p++ - '0');
        n++;
    }
    *ret = value;
    return n >= least;
}

static bool read_name(reading *r, const char *const *names, int n_names, bool full, int32_t *ret)
{
    for (int i = 0; i < n_names; i++) {
        size_t n = full ? strlen(names[i]) : 3;
        vonk_slice here = {r->p, n};
        if ((size_t)(r->end - r->p) >= n &&
            vonk_slice_equal_nocase(here, (vonk_slice){names[i], n})) {
            r->p += n;
            *ret = i + 1;
            return true;
        }
    }
    return false;
}

static bool read_year(reading *r, int count)
{
    int32_t value;
    bool negative = r->p < r->end && *r->p == '-' && count != 2;
    if (r->p < r->end && (negative || (*r->p == '+' && count >= 4)))
        r->p++;
    if (count == 2) {
        if (!read_number(r, 2, 2, &value))
            return false;
        r->year = 2000 + value;
        return true;
    }
    if (!read_number(r, count, r->adjacent || count > 6 ? count : 6, &value))
        return false;
    r->year = negative ? -(int64_t)value : value;
    return true;
}

static bool read_fraction(reading *r, int count)
{
    int32_t scale = 100000, value = 0;
    int n = 0;
    for (; r->p < r->end && n < count && is_digit(*r->p); n++, r->p++) {
        value += (*r->p - '0') * scale;
        scale /= 10;
    }
    if (r->has_fraction && r->microsecond != value)
        return false;
    r->has_fraction = true;
    r->microsecond = value;
    return n > 0;
}

/* Two letters and more are exactly that many digits; one letter is one or two. */
static bool read_field(reading *r, const vonk_pattern_token *t, int32_t *ret)
{
    return read_number(r, t->count, t->count == 1 ? 2 : t->count, ret);
}

/* UTC, PST, Europe/Berlin, +01:00 */
static bool read_zone(reading *r)
{
    const char *start = r->p;
    while (r->p < r->end && (vonk_is_letter(*r->p) || is_digit(*r->p) || strchr("/_+-:", *r->p)))
        r->p++;
    r->zone = (vonk_slice){start, (size_t)(r->p - start)};
    return r->zone.length > 0;
}

static bool read_letter(reading *r, const vonk_pattern_token *t)
{
    int32_t ignored;
    switch (t->letter) {
    case 'y':
        return read_year(r, t->count);
    case 'M':
    case 'L':
        r->has_month = true;
        return t->count >= 3 ? read_name(r, vonk_month_names, 12, t->count > 3, &r->month)
                             : read_field(r, t, &r->month);
    case 'd':
        r->has_day = true;
        return read_field(r, t, &r->day);
    case 'D':
        r->has_day_of_year = true;
        return read_number(r, t->count, 3, &r->day_of_year);
    case 'E':
        return read_name(r, vonk_weekday_names, 7, t->count > 3, &ignored);
    case 'H':
        return read_field(r, t, &r->hour);
    case 'k':
    case 'h':
    case 'K':
        r->clock_letter = t->letter;
        return read_field(r, t, &r->clock_hour);
    case 'a': {
        static const char *const halves[] = {"AM ", "PM "};
        int32_t half = 0;
        vonk_slice here = {r->p, 2};
        for (int32_t i = 0; i < 2 && r->end - r->p >= 2; i++)
            if (vonk_slice_equal_nocase(here, (vonk_slice){halves[i], 2}))
                half = i + 1;
        r->p += half ? 2 : 0;
        r->afternoon = half - 1;
        return half > 0;
    }
    case 'm':
        return read_field(r, t, &r->minute);
    case 's':
        return read_field(r, t, &r->second);
    case 'S':
        return read_fraction(r, t->count);
    case 'z':
    case 'V':
        return read_zone(r);
    default:
        return false;
    }
}

/* An hour that h, K or k counts. */
typedef struct clock_field {
    char letter;
    int32_t least, most;
    const char *name;
} clock_field;

static const clock_field *find_clock(char letter)
{
    static const clock_field clocks[] = {{'h', 1, 12, "ClockHourOfAmPm"},
                                         {'K', 0, 11, "HourOfAmPm"},
                                         {'k', 1, 24, "ClockHourOfDay"}};
    for (size_t i = 0; i < VONK_LENGTH(clocks); i++) {
        if (clocks[i].letter == letter)
            return &clocks[i];
    }
    return NULL;
}

/* The hour that h, K or k said; false, and why, if there is no such hour. */
static bool take_clock_hour(reading *r, char why[VONK_BAD_TIME_TEXT])
{
    const clock_field *f = find_clock(r->clock_letter);
    if (!f)
        return true;
    if (r->clock_hour < f->least || r->clock_hour > f->most) {
        (void)snprintf(why, VONK_BAD_TIME_TEXT, "Invalid value for %s (valid values %d - %d): %d",
                       f->name, f->least, f->most, r->clock_hour);
        return false;
    }
    r->hour =
        f->letter == 'k' ? r->clock_hour % 24 : r->clock_hour % 12 + (r->afternoon == 1 ? 12 : 0);
    return true;
}

/* The year has the day that D said; else why not. */
static bool check_day_of_year(const reading *r, char why[VONK_BAD_TIME_TEXT])
{
    if (r->day_of_year > 366 || r->day_of_year < 1) {
        (void)snprintf(why, VONK_BAD_TIME_TEXT,
                       "Invalid value for DayOfYear (valid values 1 - 365/366): %d",
                       r->day_of_year);
        return false;
    }
    if (r->day_of_year == 366 && !vonk_is_leap_year(r->year)) {
        (void)snprintf(why, VONK_BAD_TIME_TEXT,
                       "Invalid date 'DayOfYear 366' as '%lld' is not a leap year",
                       (long long)r->year);
        return false;
    }
    return true;
}

static bool take_date(const reading *r, int64_t *ret_days, char why[VONK_BAD_TIME_TEXT])
{
    bool month = r->month >= 1 && r->month <= 12;
    if (!month || r->day < 1 || r->day > vonk_days_in_month(r->year, r->month)) {
        vonk_describe_bad_date((int32_t)r->year, r->month, r->day, why);
        return false;
    }
    *ret_days = vonk_days_from_civil(r->year, r->month, r->day);
    if (!r->has_day_of_year)
        return true;
    if (!check_day_of_year(r, why))
        return false;
    *ret_days = vonk_days_from_civil(r->year, 1, 1) + r->day_of_year - 1;
    vonk_civil date = vonk_civil_from_days(*ret_days);
    return (!r->has_month || date.month == r->month) && (!r->has_day || date.day == r->day);
}

/* False if there is no such time: why, if it is not left empty. */
static bool to_local_us(reading *r, int64_t *ret, char why[VONK_BAD_TIME_TEXT])
{
    int64_t days, us;
    if (!take_clock_hour(r, why))
        return false;
    if (r->hour > 23 || r->minute > 59 || r->second > 59) {
        vonk_describe_bad_clock(r->hour, r->minute, r->second, why);
        return false;
    }
    if (!take_date(r, &days, why))
        return false;
    int64_t seconds = (int64_t)r->hour * 3600 + r->minute * 60 + r->second;
    return !__builtin_mul_overflow(days, VONK_US_PER_DAY, &us) &&
           !__builtin_add_overflow(us, seconds * VONK_US_PER_SECOND + r->microsecond, ret);
}

/* Behind the bracket that closes the part `pattern` is in; *closed = there is one. */
static vonk_slice skip_part(vonk_slice pattern, bool *closed)
{
    vonk_pattern_token t;
    int depth = 1;
    while (depth && vonk_pattern_next(&pattern, &t))
        depth += vonk_pattern_is_bracket(&t, '[') - vonk_pattern_is_bracket(&t, ']');
    *closed = !depth;
    return pattern;
}

/* Reads up to the end of the pattern or, in a part in brackets, up to its end. */
static bool read_part(reading *r, vonk_slice *pattern)
{
    vonk_pattern_token t;
    while (vonk_pattern_next(pattern, &t)) {
        r->field = r->p;
        r->adjacent = pattern->length && vonk_is_letter(pattern->data[0]);
        if (vonk_pattern_is_bracket(&t, ']'))
            return true;
        if (vonk_pattern_is_bracket(&t, '[')) {
            bool closed;
            vonk_slice inside = *pattern;
            reading before = *r;
            *pattern = skip_part(*pattern, &closed);
            if (r->depth < MAX_DEPTH) {
                r->depth++;
                if (!read_part(r, &inside)) /* it may be missing */
                    *r = before;
                r->depth = before.depth;
            }
            continue;
        }
        if (t.letter) {
            if (!read_letter(r, &t))
                return false;
            continue;
        }
        if ((size_t)(r->end - r->p) < t.text.length ||
            memcmp(r->p, t.text.data, t.text.length) != 0)
            return false;
        r->p += t.text.length;
    }
    return true;
}

/* How many characters stand before `p`. */
static size_t index_of(vonk_slice text, const char *p)
{
    size_t n = 0;
    for (const char *c = text.data; c < p; c++)
        n += ((unsigned char)*c & 0xC0) != 0x80;
    return n;
}

bool vonk_datetime_read(vonk_slice pattern, vonk_slice text, int64_t *ret_local_us,
                        vonk_slice *ret_zone, char ret_why[VONK_BAD_TIME_TEXT + 2])
{
    reading r = {.p = text.data,
                 .field = text.data,
                 .end = text.data + text.length,
                 .year = 1970,
                 .month = 1,
                 .day = 1,
                 .afternoon = -1};
    bool ok = read_part(&r, &pattern);
    *ret_zone = r.zone;
    if (!ok || r.p != r.end) {
        (void)snprintf(ret_why, VONK_BAD_TIME_TEXT, "%s at index %zu",
                       ok ? ", unparsed text found" : "", index_of(text, ok ? r.p : r.field));
        return false;
    }
    memcpy(ret_why, ": ", 3);
    if (to_local_us(&r, ret_local_us, ret_why + 2))
        return true;
    if (!ret_why[2])
        ret_why[0] = '\0';
    return false;
}
