/* time_after.h - deadlines for waits that end at a time. */
#ifndef VONK_BASE_TIME_AFTER_H
#define VONK_BASE_TIME_AFTER_H

#include <time.h>

/* `ms` milliseconds from now by `clock`: that of the condition variable it is for. */
static inline struct timespec vonk_time_after(clockid_t clock, int ms)
{
    struct timespec at = {0};
    (void)clock_gettime(clock, &at);
    at.tv_nsec += (long)(ms % 1000) * 1000000;
    at.tv_sec += ms / 1000 + at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    return at;
}

#endif
