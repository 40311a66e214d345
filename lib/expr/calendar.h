/*
 * calendar.h - days since 1970-01-01 to year, month, day and back (proleptic Gregorian).
 *
 * Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (public domain).
 */
#ifndef VONK_EXPR_CALENDAR_H
#define VONK_EXPR_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#define VONK_US_PER_SECOND INT64_C(1000000)
#define VONK_US_PER_DAY    INT64_C(86400000000)

typedef struct vonk_civil {
    int32_t year;       /* 0 is 1 BC */
    int32_t month, day; /* 1..12, 1..31 */
} vonk_civil;

/* Hours, minutes, seconds and microseconds of a day. */
typedef struct vonk_clock {
    int32_t hour, minute, second, microsecond;
} vonk_clock;

static inline int64_t vonk_floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return q - (a % b != 0 && (a < 0) != (b < 0));
}

static inline int64_t vonk_floor_mod(int64_t a, int64_t b)
{
    return a - vonk_floor_div(a, b) * b;
}

static inline bool vonk_is_leap_year(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static inline int32_t vonk_days_in_month(int64_t year, int32_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && vonk_is_leap_year(year));
}

/* Any year whose day number fits int64_t; month 1..12; day may lie outside the month. */
static inline int64_t vonk_days_from_civil(int64_t year, int32_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = vonk_floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468 + day - 1;
}

static inline vonk_civil vonk_civil_from_days(int64_t days)
{
    days += 719468;
    int64_t era = vonk_floor_div(days, 146097);
    uint32_t day_of_era = (uint32_t)(days - era * 146097);
    uint32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t m = (5 * day_of_year + 2) / 153;
    vonk_civil c = {.month = (int32_t)(m < 10 ? m + 3 : m - 9),
                    .day = (int32_t)(day_of_year - (153 * m + 2) / 5 + 1)};
    c.year = (int32_t)((int64_t)year_of_era + era * 400 + (c.month <= 2));
    return c;
}

/* Monday 1 .. Sunday 7. */
static inline int32_t vonk_iso_weekday(int64_t days)
{
    return (int32_t)vonk_floor_mod(days + 3, 7) + 1;
}

static inline int32_t vonk_day_of_year(int64_t days)
{
    vonk_civil c = vonk_civil_from_days(days);
    return (int32_t)(days - vonk_days_from_civil(c.year, 1, 1)) + 1;
}

/* The clock of a local time in microseconds; `*ret_days` its date. */
static inline vonk_clock vonk_clock_from_us(int64_t us, int64_t *ret_days)
{
    int64_t days = vonk_floor_div(us, VONK_US_PER_DAY);
    int64_t rest = us - days * VONK_US_PER_DAY;
    int32_t seconds = (int32_t)(rest / VONK_US_PER_SECOND);
    *ret_days = days;
    return (vonk_clock){.hour = seconds / 3600,
                        .minute = seconds / 60 % 60,
                        .second = seconds % 60,
                        .microsecond = (int32_t)(rest % VONK_US_PER_SECOND)};
}

#endif
