/*
 * request.h - a request that is tried again: what a try looks like and what its answer means is
 * the store's (ops), when to try again is here.
 *
 *      start ─▶ prepare ─▶ io ─▶ wait: judge ─▶ done
 *                 ▲                      │ 500, 503, cut, too slow: after a while
 *                 └──────────────────────┘ other region, new keys: at once
 *
 * A ranged read goes on where the last try broke off. One thread at a time; several requests of a
 * thread may be under way at once. Tries after the first happen within vonk_remote_wait.
 */
#ifndef VONK_FS_REMOTE_REQUEST_H
#define VONK_FS_REMOTE_REQUEST_H

#include "base/arena.h"
#include "fs/remote/io.h"

#define VONK_REMOTE_AGAIN_MAX 3 /* tries at once in a row */

typedef enum vonk_remote_verdict {
    VONK_REMOTE_DONE,  /* the answer is for the caller, good or bad */
    VONK_REMOTE_RETRY, /* it may be better in a while */
    VONK_REMOTE_AGAIN, /* something was learned: at once, not counted */
} vonk_remote_verdict;

typedef struct vonk_remote_request vonk_remote_request;

typedef struct vonk_remote_ops {
    /* Fills call.url, headers, body for the next try; texts from `scratch`. */
    vonk_status (*prepare)(vonk_remote_request *request, vonk_error *err);
    /* What the answer in `call` means; call.error.status is VONK_OK. */
    vonk_remote_verdict (*judge)(vonk_remote_request *request);
} vonk_remote_ops;

struct vonk_remote_request {
    const vonk_remote_ops *ops;
    void *target; /* the store's */
    const char *method;
    uint32_t max_attempts, interval_ms, idle_ms, connect_ms; /* 0: 5, 100, 60,000, 10,000 */
    size_t max_body;                                         /* 0: 16 MiB */
    /* A read of exactly `length` bytes from `offset` into `to` (length > 0). */
    uint64_t offset;
    size_t length, n_got; /* n_got: so far, prepare starts there */
    char *to;

    /* request.c's */
    uint32_t attempt, n_again;
    bool under_way;
    vonk_arena scratch; /* of a try */
    vonk_io_call call;  /* the last try's answer */
};

vonk_status vonk_remote_start(vonk_remote_request *request, vonk_error *err) VONK_MUST_CHECK;
/*
 * Until there is an answer that counts. VONK_OK: call.status is set (any status; a ranged read has
 * all of its bytes if it is 206). Errors: VONK_IO: no answer came, in max_attempts tries.
 */
vonk_status vonk_remote_wait(vonk_remote_request *request, vonk_error *err) VONK_MUST_CHECK;
static inline vonk_status vonk_remote_do(vonk_remote_request *request, vonk_error *err)
{
    VONK_TRY(vonk_remote_start(request, err));
    return vonk_remote_wait(request, err);
}
/* Until the try under way, if any, has ended somehow; no further one. */
void vonk_remote_settle(vonk_remote_request *request);
/* Cancels what is under way and frees the answer. */
void vonk_remote_end(vonk_remote_request *request);

/* Answers that say: later. */
bool vonk_remote_is_temporary(int status);

/*
 * How long to wait before the try after `attempt` (from 0): interval_ms doubled each time, at most
 * 20 s, of it a random share of 1/2 .. 1; at least retry_after_s, at most 30 s.
 */
uint32_t vonk_remote_delay_ms(uint32_t attempt, uint32_t interval_ms, uint32_t retry_after_s,
                              uint32_t random);

#endif
