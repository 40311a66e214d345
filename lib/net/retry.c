/* retry.c - back-off and Retry-After. */
#include "net/retry.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#define MAX_RETRY_AFTER_MS INT64_C(3600000)

uint64_t vonk_dice(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

uint32_t vonk_backoff_next(vonk_backoff *b)
{
    uint32_t doublings = b->n_failures < 31 ? b->n_failures : 31;
    uint64_t most = (uint64_t)b->base_ms << doublings;
    if (most > b->max_ms)
        most = b->max_ms;
    b->n_failures += b->n_failures < UINT32_MAX;
    return (uint32_t)(vonk_dice(&b->dice) % (most + 1));
}

void vonk_backoff_reset(vonk_backoff *b)
{
    b->n_failures = 0;
}

bool vonk_http_is_transient(int status)
{
    return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
           status == 504;
}

int64_t vonk_retry_after_ms(vonk_slice value, int64_t now_s)
{
    int64_t seconds = 0;
    size_t i = 0;
    char text[64];
    for (; i < value.length && i < 9 && value.data[i] >= '0' && value.data[i] <= '9'; i++)
        seconds = seconds * 10 + (value.data[i] - '0');
    if (!value.length || i < value.length) {
        if (!value.length || value.length >= sizeof(text))
            return -1;
        (void)snprintf(text, sizeof(text), "%.*s", (int)value.length, value.data);
        time_t date = curl_getdate(text, NULL);
        if (date < 0)
            return -1;
        seconds = date > now_s ? date - now_s : 0;
    }
    return seconds > MAX_RETRY_AFTER_MS / 1000 ? MAX_RETRY_AFTER_MS : seconds * 1000;
}
