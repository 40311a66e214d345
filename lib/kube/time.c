/* time.c - RFC 3339. */
#include "kube/time.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

bool vonk_kube_time_parse(const char *text, int64_t *ret_seconds)
{
    struct tm tm = {0};
    int n = 0, hours = 0, minutes = 0;
    if (strlen(text) > 64 ||
        sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
               &tm.tm_min, &tm.tm_sec, &n) != 6 ||
        !n)
        return false;
    text += n;
    if (*text == '.')
        text += 1 + strspn(text + 1, "0123456789");
    if ((*text == '+' || *text == '-') && sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &n) == 2)
        minutes = (*text == '-' ? -1 : 1) * (hours * 60 + minutes);
    else if (strcmp(text, "Z") != 0)
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    *ret_seconds = (int64_t)timegm(&tm) - (int64_t)minutes * 60;
    return true;
}

static void break_down(int64_t seconds, struct tm *ret)
{
    time_t t = (time_t)seconds;
    memset(ret, 0, sizeof(*ret));
    (void)gmtime_r(&t, ret);
}

char *vonk_kube_time_print(int64_t seconds, char *ret)
{
    struct tm tm;
    break_down(seconds, &tm);
    if (!strftime(ret, VONK_KUBE_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm))
        *ret = 0;
    return ret;
}

char *vonk_kube_time_print_micro(int64_t microseconds, char *ret)
{
    struct tm tm;
    char base[VONK_KUBE_TIME_SIZE];
    break_down(microseconds / 1000000, &tm);
    if (!strftime(base, sizeof(base) - 9, "%Y-%m-%dT%H:%M:%S", &tm))
        *base = 0;
    (void)snprintf(ret, VONK_KUBE_TIME_SIZE, "%.20s.%06dZ", base, (int)(microseconds % 1000000));
    return ret;
}
