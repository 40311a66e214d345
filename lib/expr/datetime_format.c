#include "expr/datetime_format.h"

#include <stdio.h>
#include <string.h>

#include "expr/calendar.h"

static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
static const char *const weekdays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                       "Friday", "Saturday", "Sunday"};

/* One run of a letter, or literal text. */
typedef struct token {
    char letter; /* 0: text */
    int count;
    bool quoted;
    vonk_slice text;
} token;

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Takes the next token off the pattern; false at its end. '' is a quote. */
static bool next_token(vonk_slice *pattern, token *ret)
{
    if (!pattern->length)
        return false;
    const char *p = pattern->data, *end = p + pattern->length;
    token t = {.count = 1};
    if (is_letter(*p)) {
        t.letter = *p;
        while (p + t.count < end && p[t.count] == *p && t.count < 32)
            t.count++;
        p += t.count;
    } else if (*p == '\'') {
        const char *close = memchr(p + 1, '\'', (size_t)(end - p) - 1);
        const char *stop = close ? close : end;
        t.quoted = true;
        t.text = (vonk_slice){p + 1, (size_t)(stop - p) - 1};
        if (close && t.text.length == 0)
            t.text = VONK_SLICE("'");
        p = close ? close + 1 : end;
    } else {
        t.text = (vonk_slice){p++, 1};
    }
    pattern->length = (size_t)(end - p);
    pattern->data = p;
    *ret = t;
    return true;
}

/* Around a part that may be missing; not quoted. */
static bool is_bracket(const token *t, char bracket)
{
    return !t->letter && t->text.length == 1 && !t->quoted && t->text.data[0] == bracket;
}

/* How often a letter may stand; 0: not at all. */
static int most_of(char letter)
{
    switch (letter) {
    case 'y':
        return 6;
    case 'M':
    case 'L':
    case 'Q':
    case 'q':
    case 'E':
    case 'G':
    case 'z':
        return 4;
    case 'D':
        return 3;
    case 'S':
        return 9;
    case 'a':
    case 'F':
        return 1;
    case 'V':
        return 2;
    default:
        return strchr("dHhKkms", letter) ? 2 : 0;
    }
}

static vonk_status fail_unrecognised(vonk_slice pattern, vonk_error *err)
{
    return vonk_fail_sql(err, "INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_PATTERN_RECOGNITION",
                         "You may get a different result due to the upgrading to Spark >= 3.0: "
                         "Fail to recognize '%.*s' pattern in the DateTimeFormatter. 1) You can "
                         "set \"spark.sql.legacy.timeParserPolicy\" to \"LEGACY\" to restore the "
                         "behavior before Spark 3.0. 2) You can form a valid datetime pattern with "
                         "the guide from 'https://spark.apache.org/docs/latest/"
                         "sql-ref-datetime-pattern.html'.",
                         (int)(pattern.length < 100 ? pattern.length : 100), pattern.data);
}

/* Of a letter that no pattern may have, or too often. */
static vonk_status fail_letter(vonk_slice pattern, const token *t, vonk_error *err)
{
    int n = (int)(pattern.length < 100 ? pattern.length : 100);
    if (t->letter == 'Q' || t->letter == 'q')
        return vonk_fail_sql(err, "INVALID_DATETIME_PATTERN.LENGTH",
                             "Unrecognized datetime pattern: %.*s. Too many letters in datetime "
                             "pattern: %.*s. Please reduce pattern length.",
                             n, pattern.data, n, pattern.data);
    if (t->letter == 'e' || t->letter == 'c')
        return vonk_fail_sql(err, "INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_WEEK_BASED_PATTERN",
                             "You may get a different result due to the upgrading to Spark >= 3.0: "
                             "All week-based patterns are unsupported since Spark 3.0, detected "
                             "week-based character: %c. Please use the SQL function EXTRACT "
                             "instead.",
                             t->letter);
    if (most_of(t->letter) || strchr("YwWuZ", t->letter))
        return fail_unrecognised(pattern, err);
    return VONK_OK;
}

vonk_status vonk_datetime_pattern_check(vonk_slice pattern, bool to_read, vonk_error *err)
{
    vonk_slice rest = pattern;
    token t;
    while (next_token(&rest, &t)) {
        bool is_zone = t.letter == 'z' || (t.letter == 'V' && t.count == 2);
        bool other_way = t.letter == 'z' || t.letter == 'V' ? !is_zone || !to_read : false;
        if (!t.letter || (t.count <= most_of(t.letter) && !other_way))
            continue;
        if (!other_way)
            VONK_TRY(fail_letter(pattern, &t, err));
        return vonk_fail_sql(err, "INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER",
                             "Unrecognized datetime pattern: %.*s. Illegal pattern character found "
                             "in datetime pattern: %c. Please provide legal character.",
                             (int)(pattern.length < 100 ? pattern.length : 100), pattern.data,
                             t.letter);
    }
    return VONK_OK;
}

/* What a pattern's letters stand for. */
typedef struct fields {
    int64_t days;
    vonk_civil date;
    vonk_clock clock;
} fields;

static int32_t number_of(char letter, const fields *f)
{
    switch (letter) {
    case 'M':
    case 'L':
        return f->date.month;
    case 'd':
        return f->date.day;
    case 'D':
        return vonk_day_of_year(f->days);
    case 'F': /* of the month's weeks that begin with its first day */
        return (f->date.day - 1) % 7 + 1;
    case 'Q':
    case 'q':
        return (f->date.month + 2) / 3;
    case 'H':
        return f->clock.hour;
    case 'k':
        return f->clock.hour ? f->clock.hour : 24;
    case 'h':
        return (f->clock.hour + 11) % 12 + 1;
    case 'K':
        return f->clock.hour % 12;
    case 'm':
        return f->clock.minute;
    default:
        return f->clock.second;
    }
}

static void print_fraction(int count, int32_t microsecond, vonk_buffer *out)
{
    char digits[16];
    (void)snprintf(digits, sizeof digits, "%06d000", microsecond);
    vonk_buffer_append(out, digits, (size_t)(count < 9 ? count : 9));
}

static void print_year(int count, int32_t year, vonk_buffer *out)
{
    if (count == 2)
        vonk_buffer_printf(out, "%02d", (int)vonk_floor_mod(year, 100));
    else if (year > 9999 && count >= 4)
        vonk_buffer_printf(out, "+%d", year);
    else
        vonk_buffer_printf(out, "%s%0*d", year < 0 ? "-" : "", count, year < 0 ? -year : year);
}

static void print_name(const char *name, bool full, vonk_buffer *out)
{
    vonk_buffer_append(out, name, full ? strlen(name) : 3);
}

static void print_quarter(int count, int32_t quarter, vonk_buffer *out)
{
    static const char *const names[] = {"1st", "2nd", "3rd", "4th"};
    if (count == 4)
        vonk_buffer_printf(out, "%s quarter", names[quarter - 1]);
    else if (count == 3)
        vonk_buffer_printf(out, "Q%d", quarter);
    else
        vonk_buffer_printf(out, "%0*d", count, quarter);
}

static void print_era(int count, int32_t year, vonk_buffer *out)
{
    if (count == 4)
        vonk_buffer_text(out, year > 0 ? "Anno Domini" : "Before Christ");
    else
        vonk_buffer_text(out, year > 0 ? "AD" : "BC");
}

void vonk_datetime_print(vonk_slice pattern, int64_t local_us, vonk_buffer *out)
{
    fields f;
    token t;
    f.clock = vonk_clock_from_us(local_us, &f.days);
    f.date = vonk_civil_from_days(f.days);
    while (next_token(&pattern, &t)) {
        if (is_bracket(&t, '[') || is_bracket(&t, ']'))
            continue;
        if (!t.letter)
            vonk_buffer_append(out, t.text.data, t.text.length);
        else if (t.letter == 'G')
            print_era(t.count, f.date.year, out);
        else if (t.letter == 'Q' || t.letter == 'q')
            print_quarter(t.count, (f.date.month + 2) / 3, out);
        else if (t.letter == 'y')
            print_year(t.count, f.date.year, out);
        else if (t.letter == 'S')
            print_fraction(t.count, f.clock.microsecond, out);
        else if (t.letter == 'a')
            vonk_buffer_text(out, f.clock.hour < 12 ? "AM" : "PM");
        else if (t.letter == 'E')
            print_name(weekdays[vonk_iso_weekday(f.days) - 1], t.count > 3, out);
        else if ((t.letter == 'M' || t.letter == 'L') && t.count >= 3)
            print_name(months[f.date.month - 1], t.count > 3, out);
        else
            vonk_buffer_printf(out, "%0*d", t.count, number_of(t.letter, &f));
    }
}

/* Parts within parts, at most. */
#define MAX_DEPTH 16

/* What has been read so far. */
typedef struct reading {
    const char *p, *end;
    const char *field; /* where the one being read begins */
    int64_t year;
    int32_t month, day, day_of_year;
    bool has_month, has_day, has_fraction;
    int32_t hour, hour12, minute, second, microsecond;
    vonk_slice zone; /* z, VV: as written; empty if none */
    int afternoon;   /* -1: not said */
    bool adjacent;   /* another number follows without anything between */
    int depth;       /* of brackets */
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
static bool read_field(reading *r, const token *t, int32_t *ret)
{
    return read_number(r, t->count, t->count == 1 ? 2 : t->count, ret);
}

/* UTC, PST, Europe/Berlin, +01:00 */
static bool read_zone(reading *r)
{
    const char *start = r->p;
    while (r->p < r->end && (is_letter(*r->p) || is_digit(*r->p) || strchr("/_+-:", *r->p)))
        r->p++;
    r->zone = (vonk_slice){start, (size_t)(r->p - start)};
    return r->zone.length > 0;
}

static bool read_letter(reading *r, const token *t)
{
    int32_t ignored;
    switch (t->letter) {
    case 'y':
        return read_year(r, t->count);
    case 'M':
    case 'L':
        r->has_month = true;
        return t->count >= 3 ? read_name(r, months, 12, t->count > 3, &r->month)
                             : read_field(r, t, &r->month);
    case 'd':
        r->has_day = true;
        return read_field(r, t, &r->day);
    case 'D':
        return read_number(r, t->count, 3, &r->day_of_year);
    case 'E':
        return read_name(r, weekdays, 7, t->count > 3, &ignored);
    case 'H':
        return read_field(r, t, &r->hour);
    case 'k':
        if (!read_field(r, t, &r->hour))
            return false;
        r->hour = r->hour == 24 ? 0 : r->hour;
        return true;
    case 'h':
    case 'K':
        return read_field(r, t, &r->hour12);
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

/* Why to_local_us would refuse; empty: for another reason. */
static void describe(const reading *r, char what[VONK_BAD_TIME_TEXT])
{
    bool month = r->month >= 1 && r->month <= 12;
    what[0] = '\0';
    if (!month || r->day < 1 || r->day > vonk_days_in_month(r->year, r->month))
        vonk_describe_bad_date((int32_t)r->year, r->month, r->day, what);
    else if (r->hour12 < 0 && (r->hour > 23 || r->minute > 59 || r->second > 59))
        vonk_describe_bad_clock(r->hour, r->minute, r->second, what);
}

static bool to_local_us(reading *r, int64_t *ret)
{
    if (r->hour12 >= 0)
        r->hour = r->hour12 % 12 + (r->afternoon == 1 ? 12 : 0);
    if (r->month < 1 || r->month > 12 || r->day < 1 ||
        r->day > vonk_days_in_month(r->year, r->month) || r->hour > 23 || r->minute > 59 ||
        r->second > 59 || r->hour12 > 12)
        return false;
    int64_t days = vonk_days_from_civil(r->year, r->month, r->day), us;
    if (r->day_of_year) {
        if (r->day_of_year > 365 + vonk_is_leap_year(r->year))
            return false;
        days = vonk_days_from_civil(r->year, 1, 1) + r->day_of_year - 1;
        vonk_civil date = vonk_civil_from_days(days);
        if ((r->has_month && date.month != r->month) || (r->has_day && date.day != r->day))
            return false;
    }
    int64_t seconds = (int64_t)r->hour * 3600 + r->minute * 60 + r->second;
    return !__builtin_mul_overflow(days, VONK_US_PER_DAY, &us) &&
           !__builtin_add_overflow(us, seconds * VONK_US_PER_SECOND + r->microsecond, ret);
}

/* Behind the bracket that closes the part `pattern` is in; *closed = there is one. */
static vonk_slice skip_part(vonk_slice pattern, bool *closed)
{
    token t;
    int depth = 1;
    while (depth && next_token(&pattern, &t))
        depth += is_bracket(&t, '[') - is_bracket(&t, ']');
    *closed = !depth;
    return pattern;
}

/* Reads up to the end of the pattern or, in a part in brackets, up to its end. */
static bool read_part(reading *r, vonk_slice *pattern)
{
    token t;
    while (next_token(pattern, &t)) {
        r->field = r->p;
        r->adjacent = pattern->length && is_letter(pattern->data[0]);
        if (is_bracket(&t, ']'))
            return true;
        if (is_bracket(&t, '[')) {
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

bool vonk_datetime_read(vonk_slice pattern, vonk_slice text, int64_t *ret_local_us,
                        vonk_slice *ret_zone, size_t *ret_index, char ret_why[VONK_BAD_TIME_TEXT])
{
    reading r = {.p = text.data,
                 .field = text.data,
                 .end = text.data + text.length,
                 .year = 1970,
                 .month = 1,
                 .day = 1,
                 .hour12 = -1,
                 .afternoon = -1};
    bool ok = read_part(&r, &pattern);
    *ret_index = (size_t)((ok ? r.p : r.field) - text.data);
    *ret_zone = r.zone;
    ret_why[0] = '\0';
    if (!ok || r.p != r.end)
        return false;
    if (to_local_us(&r, ret_local_us))
        return true;
    describe(&r, ret_why);
    return false;
}
