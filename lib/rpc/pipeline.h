/*
 * pipeline.h - one-way messages under the keys of a session that was agreed on the control path.
 *
 *     push ──nng PUSH──▶ PULL ──▶ pull        sealed, counted; order of one pusher is kept
 *
 * A pipeline loses what it held when its peer dies, without a word: what matters is repeated in
 * heartbeats. A pull socket is open to anyone; frames that are not authentic are dropped.
 */
#ifndef VONK_RPC_PIPELINE_H
#define VONK_RPC_PIPELINE_H

#include "rpc/seal.h"

typedef struct vonk_rpc_push vonk_rpc_push;

/*
 * Begins to connect to `url` in the background and goes on for as long as the push lives. It holds
 * up to `room` messages that the connection has not taken yet.
 */
vonk_status vonk_rpc_push_open(const vonk_session *session, vonk_path path, const char *url,
                               int room, vonk_rpc_push **ret, vonk_error *err) VONK_MUST_CHECK;
/*
 * Sends; waits up to timeout_ms (0: not at all) for room. Thread-safe: messages go out whole, in
 * the order of the calls of one thread. VONK_CANCELLED: no room in that time, nothing was sent.
 */
vonk_status vonk_rpc_push_send(vonk_rpc_push *push, vonk_slice plain, int timeout_ms,
                               vonk_error *err) VONK_MUST_CHECK;
void vonk_rpc_push_close(vonk_rpc_push *push); /* NULL is fine */

typedef struct vonk_rpc_pull vonk_rpc_pull;

/* One sender's end: his keys and what he has sent so far. Used by the receiving thread alone. */
typedef struct vonk_rpc_sender {
    vonk_session session;
    vonk_replay replay;
} vonk_rpc_sender;

typedef struct vonk_rpc_pull_settings {
    const char *url;
    vonk_path path;
    void *context;
    /* The sender whose session is `id`, or NULL. He stays until the next call of `find`. */
    vonk_rpc_sender *(*find)(void *context, uint64_t id);
} vonk_rpc_pull_settings;

vonk_status vonk_rpc_pull_open(const vonk_rpc_pull_settings *settings, vonk_rpc_pull **ret,
                               vonk_error *err) VONK_MUST_CHECK;
const char *vonk_rpc_pull_url(const vonk_rpc_pull *pull);
/*
 * Waits for the next authentic message; *ret lives until the next call. One thread.
 * Errors: VONK_CANCELLED: nothing came in timeout_ms (-1: for ever); VONK_IO: closed.
 */
vonk_status vonk_rpc_pull_next(vonk_rpc_pull *pull, int timeout_ms, vonk_slice *ret,
                               const vonk_rpc_sender **ret_sender, vonk_error *err) VONK_MUST_CHECK;
/* Ends `next` with VONK_IO, now and later. */
void vonk_rpc_pull_stop(vonk_rpc_pull *pull);
void vonk_rpc_pull_close(vonk_rpc_pull *pull); /* NULL is fine; nobody is in `next` */

#endif
