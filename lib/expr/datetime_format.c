/* datetime_format.c - printing local times by patterns. */
#include "expr/datetime_format.h"

#include <stdio.h>
#include <string.h>

#include "expr/calendar.h"
#include "expr/datetime_pattern.h"

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
    vonk_pattern_token t;
    f.clock = vonk_clock_from_us(local_us, &f.days);
    f.date = vonk_civil_from_days(f.days);
    while (!out->failed && vonk_pattern_next(&pattern, &t)) {
        if (vonk_pattern_is_bracket(&t, '[') || vonk_pattern_is_bracket(&t, ']'))
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
            print_name(vonk_weekday_names[vonk_iso_weekday(f.days) - 1], t.count > 3, out);
        else if ((t.letter == 'M' || t.letter == 'L') && t.count >= 3)
            print_name(vonk_month_names[f.date.month - 1], t.count > 3, out);
        else
            vonk_buffer_printf(out, "%0*d", t.count, number_of(t.letter, &f));
    }
}
