/* request.c - tries of a request, one after the other. */
#include "fs/remote/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define ATTEMPTS    5
#define INTERVAL_MS 100
#define MAX_BODY    ((size_t)16 << 20)
#define PARTIAL     206 /* the only status of an answer to a ranged read that has its bytes */

bool vonk_remote_is_temporary(int status)
{
    return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
           status == 504;
}

uint32_t vonk_remote_delay_ms(uint32_t attempt, uint32_t interval_ms, uint32_t retry_after_s,
                              uint32_t random)
{
    uint64_t ms = (uint64_t)interval_ms << (attempt < 16 ? attempt : 16);
    if (ms > 20000)
        ms = 20000;
    ms = ms / 2 + (ms / 2) * (random % 1024) / 1023;
    if (retry_after_s > 30)
        retry_after_s = 30;
    if (ms < (uint64_t)retry_after_s * 1000)
        ms = (uint64_t)retry_after_s * 1000;
    return (uint32_t)ms;
}

static void sleep_ms(uint32_t ms)
{
    struct timespec left = {ms / 1000, (long)(ms % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

static vonk_status start_try(vonk_remote_request *r, vonk_error *err)
{
    vonk_io_clear(&r->call);
    vonk_arena_reset(&r->scratch);
    r->call = (vonk_io_call){
        .method = r->method,
        .idle_ms = r->idle_ms,
        .connect_ms = r->connect_ms,
        .max_body = r->max_body ? r->max_body : MAX_BODY,
        .to_status = PARTIAL,
        .to = r->to ? r->to + r->n_got : NULL,
        .to_size = r->length - r->n_got,
    };
    VONK_TRY(r->ops->prepare(r, err));
    VONK_TRY(vonk_io_start(&r->call, err));
    r->under_way = true;
    return VONK_OK;
}

vonk_status vonk_remote_start(vonk_remote_request *r, vonk_error *err)
{
    r->attempt = r->n_again = 0;
    r->n_got = 0;
    return start_try(r, err);
}

/* What became of the last try. */
static vonk_remote_verdict judge(vonk_remote_request *r)
{
    vonk_io_call *call = &r->call;
    r->n_got += call->n_to;
    if (call->error.status == VONK_IO)
        return VONK_REMOTE_RETRY;
    if (call->error.status != VONK_OK)
        return VONK_REMOTE_DONE;
    vonk_remote_verdict verdict = r->ops->judge(r);
    if (verdict == VONK_REMOTE_DONE && r->to && call->status == PARTIAL && r->n_got < r->length) {
        (void)vonk_fail(&call->error, VONK_IO, "the answer has only %zu of %zu bytes", r->n_got,
                        r->length);
        return VONK_REMOTE_RETRY;
    }
    return verdict;
}

static uint32_t retry_after(const vonk_io_call *call)
{
    const char *text = call->kept[VONK_IO_RETRY_AFTER];
    unsigned long seconds = text ? strtoul(text, NULL, 10) : 0;
    return seconds < 1000 ? (uint32_t)seconds : 1000;
}

vonk_status vonk_remote_wait(vonk_remote_request *r, vonk_error *err)
{
    uint32_t attempts = r->max_attempts ? r->max_attempts : ATTEMPTS;
    for (;;) {
        vonk_io_wait(&r->call);
        r->under_way = false;
        vonk_remote_verdict verdict = judge(r);
        if (verdict == VONK_REMOTE_AGAIN && r->n_again++ < VONK_REMOTE_AGAIN_MAX) {
            VONK_TRY(start_try(r, err));
            continue;
        }
        if (verdict != VONK_REMOTE_RETRY || r->attempt + 1 >= attempts)
            break;
        uint32_t random = 0;
        (void)!getrandom(&random, sizeof(random), GRND_NONBLOCK);
        sleep_ms(vonk_remote_delay_ms(r->attempt, r->interval_ms ? r->interval_ms : INTERVAL_MS,
                                      retry_after(&r->call), random));
        r->attempt++;
        VONK_TRY(start_try(r, err));
    }
    if (r->call.error.status == VONK_OK)
        return VONK_OK;
    return vonk_fail(err, r->call.error.status, "%s%s", r->call.error.message,
                     r->attempt ? " (tried again and again)" : "");
}

void vonk_remote_settle(vonk_remote_request *r)
{
    if (r->under_way)
        vonk_io_wait(&r->call);
    r->under_way = false;
}

void vonk_remote_end(vonk_remote_request *r)
{
    if (r->under_way)
        vonk_io_cancel(&r->call);
    r->under_way = false;
    vonk_io_clear(&r->call);
    vonk_arena_free(&r->scratch);
}
