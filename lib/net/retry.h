/*
 * retry.h - when to try a request again. Pure: the time and the dice are arguments.
 */
#ifndef VONK_NET_RETRY_H
#define VONK_NET_RETRY_H

#include "base/buffer.h"

/* Exponential back-off with full jitter: after failure n, 0 .. min(max, base * 2^n). */
typedef struct vonk_backoff {
    uint32_t base_ms, max_ms;
    uint32_t n_failures;
    uint64_t dice; /* state of the generator; any seed */
} vonk_backoff;

/* Milliseconds to wait after one more failure. */
uint32_t vonk_backoff_next(vonk_backoff *backoff);
void vonk_backoff_reset(vonk_backoff *backoff);
/* The next number of a generator for jitter. Source: splitmix64. */
uint64_t vonk_dice(uint64_t *state);

/* 408, 429, 500, 502, 503, 504: another try may do better. */
bool vonk_http_is_transient(int status);
/*
 * A Retry-After header ("7", or a date) as milliseconds from now, at most an hour; -1 if it is
 * neither. `now_s`: seconds since 1970, for dates.
 */
int64_t vonk_retry_after_ms(vonk_slice value, int64_t now_s);

#endif
