/* time_math.h - arithmetic of dates that functions and operators share. */
#ifndef VONK_EXPR_TIME_MATH_H
#define VONK_EXPR_TIME_MATH_H

#include <stdint.h>

/* The same day `months` later, or the last of that month if it has no such day. */
int64_t vonk_add_months_to_days(int64_t days, int64_t months);

#endif
