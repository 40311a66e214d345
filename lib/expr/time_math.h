/* time_math.h - arithmetic of dates that functions and operators share. */
#ifndef VONK_EXPR_TIME_MATH_H
#define VONK_EXPR_TIME_MATH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/* The same day `months` later, or the last of that month if it has no such day. */
int64_t vonk_add_months_to_days(int64_t days, int64_t months);

/* The same of a local time in microseconds, clock kept. False if it does not fit. */
bool vonk_add_months_to_local(int64_t local_us, int64_t months, int64_t *ret);

/* An interval does not fit its type; try_name: what tolerates it, or NULL. */
vonk_status vonk_fail_interval_overflow(const char *try_name, vonk_error *err) VONK_MUST_CHECK;

#define VONK_BAD_TIME_TEXT 120

/* Why there is no such date, or clock, in the words of java.time. */
void vonk_describe_bad_date(int32_t y, int32_t m, int32_t d, char what[VONK_BAD_TIME_TEXT]);
void vonk_describe_bad_clock(int32_t hour, int32_t minute, int64_t second,
                             char what[VONK_BAD_TIME_TEXT]);

#endif
