/* pipeline.c - PUSH dials, PULL listens. */
#include "rpc/pipeline.h"

#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "rpc/door.h"
#include "rpc/url.h"

#define RECONNECT_MIN_MS 20
#define RECONNECT_MAX_MS 1000
#define LEAVE_MS         300  /* for pushers to hang up before we do */
#define CLOSE_MS         2000 /* for nng to close; see rpc/door.h */

struct vonk_rpc_push {
    nng_socket socket;
    vonk_session session;
    vonk_path path;
    pthread_mutex_t lock; /* a counter's frame goes out before the next counter's */
    uint64_t counter;     /* guarded by lock */
};

struct vonk_rpc_pull {
    vonk_rpc_pull_settings settings;
    char url[VONK_URL_BYTES];
    nng_socket socket;
    nng_aio *aio; /* of the receive under way; stopping it ends `next`, now and later */
    vonk_door door;
    nng_msg *message;     /* what the last `next` returned points into it */
    atomic_bool stopping; /* vonk_rpc_pull_stop() was called */
};

/* ---- push ---- */

static vonk_status dial(nng_socket socket, const char *url, int room, vonk_error *err)
{
    nng_dialer dialer;
    VONK_TRY(vonk_rpc_prepare(socket, err));
    int rv = nng_socket_set_int(socket, NNG_OPT_SENDBUF, room);
    if (!rv)
        rv = nng_dialer_create(&dialer, socket, url);
    if (!rv)
        rv = nng_dialer_set_ms(dialer, NNG_OPT_RECONNMINT, RECONNECT_MIN_MS);
    if (!rv)
        rv = nng_dialer_set_ms(dialer, NNG_OPT_RECONNMAXT, RECONNECT_MAX_MS);
    if (!rv)
        rv = nng_dialer_start(dialer, NNG_FLAG_NONBLOCK);
    return rv ? vonk_fail(err, VONK_IO, "cannot push to %s: %s", url, nng_strerror(rv)) : VONK_OK;
}

vonk_status vonk_rpc_push_open(const vonk_session *session, vonk_path path, const char *url,
                               int room, vonk_rpc_push **ret, vonk_error *err)
{
    vonk_rpc_push *push = calloc(1, sizeof *push);
    if (!push)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a pipeline");
    int rv = nng_push0_open(&push->socket);
    if (rv) {
        free(push);
        return vonk_fail(err, VONK_IO, "cannot open a socket: %s", nng_strerror(rv));
    }
    push->session = *session;
    push->path = path;
    pthread_mutex_init(&push->lock, NULL);
    vonk_status status = dial(push->socket, url, room, err);
    if (status != VONK_OK) {
        vonk_rpc_push_close(push);
        return status;
    }
    *ret = push;
    return VONK_OK;
}

/*
 * The lock is held while the message waits for room, which is what keeps the order; those who wait
 * for it wait for the same room. A counter of a message that found none is simply not used.
 */
static vonk_status send_locked(vonk_rpc_push *push, nng_msg *msg, vonk_slice plain, int timeout_ms,
                               vonk_error *err)
{
    VONK_TRY(vonk_seal(&push->session, push->path, push->counter++, plain, nng_msg_body(msg), err));
    int rv = nng_socket_set_ms(push->socket, NNG_OPT_SENDTIMEO, timeout_ms);
    if (!rv)
        rv = nng_sendmsg(push->socket, msg, timeout_ms ? 0 : NNG_FLAG_NONBLOCK);
    if (rv == NNG_ETIMEDOUT || rv == NNG_EAGAIN)
        return vonk_fail(err, VONK_CANCELLED, "the peer does not take messages");
    return rv ? vonk_fail(err, VONK_IO, "cannot send: %s", nng_strerror(rv)) : VONK_OK;
}

vonk_status vonk_rpc_push_send(vonk_rpc_push *push, vonk_slice plain, int timeout_ms,
                               vonk_error *err)
{
    nng_msg *msg;
    if (plain.length > VONK_RPC_MAX_MESSAGE)
        return vonk_fail(err, VONK_INVALID, "a message of %zu bytes is too long (limit %zu)",
                         plain.length, VONK_RPC_MAX_MESSAGE);
    if (nng_msg_alloc(&msg, plain.length + VONK_SEALED_EXTRA))
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a message");
    pthread_mutex_lock(&push->lock);
    vonk_status status = send_locked(push, msg, plain, timeout_ms, err);
    pthread_mutex_unlock(&push->lock);
    if (status != VONK_OK)
        nng_msg_free(msg);
    return status;
}

void vonk_rpc_push_close(vonk_rpc_push *push)
{
    if (!push)
        return;
    vonk_socket_close(push->socket, 0, NULL, NULL);
    pthread_mutex_destroy(&push->lock);
    vonk_forget(&push->session, sizeof push->session);
    free(push);
}

/* ---- pull ---- */

vonk_status vonk_rpc_pull_open(const vonk_rpc_pull_settings *settings, vonk_rpc_pull **ret,
                               vonk_error *err)
{
    vonk_rpc_pull *pull = calloc(1, sizeof *pull);
    if (!pull)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a pipeline");
    pull->settings = *settings;
    int rv = nng_pull0_open(&pull->socket);
    if (!rv && (rv = nng_aio_alloc(&pull->aio, NULL, NULL)) != 0)
        nng_close(pull->socket);
    if (rv) {
        free(pull);
        return vonk_fail(err, VONK_IO, "cannot open a socket: %s", nng_strerror(rv));
    }
    vonk_status status = vonk_door_init(&pull->door, pull->socket, err);
    if (status == VONK_OK)
        status = vonk_rpc_listen(pull->socket, settings->url, pull->url, err);
    if (status != VONK_OK) {
        vonk_rpc_pull_close(pull);
        return status;
    }
    *ret = pull;
    return VONK_OK;
}

const char *vonk_rpc_pull_url(const vonk_rpc_pull *pull)
{
    return pull->url;
}

/* Opens the message in place. False if it is not authentic or was there before. */
static bool accept_frame(vonk_rpc_pull *pull, vonk_slice *ret, const vonk_rpc_sender **ret_sender)
{
    uint8_t *frame = nng_msg_body(pull->message);
    size_t length = nng_msg_len(pull->message);
    uint64_t id, counter;
    if (vonk_sealed_peek((vonk_slice){(char *)frame, length}, &id, &counter, NULL) != VONK_OK)
        return false;
    vonk_rpc_sender *sender = pull->settings.find(pull->settings.context, id);
    if (!sender ||
        vonk_unseal(&sender->session, pull->settings.path, frame, length, ret, NULL) != VONK_OK)
        return false;
    *ret_sender = sender;
    return vonk_replay_accept(&sender->replay, counter);
}

vonk_status vonk_rpc_pull_next(vonk_rpc_pull *pull, int timeout_ms, vonk_slice *ret,
                               const vonk_rpc_sender **ret_sender, vonk_error *err)
{
    for (;;) {
        if (pull->message)
            nng_msg_free(pull->message);
        pull->message = NULL;
        nng_aio_set_timeout(pull->aio, timeout_ms < 0 ? NNG_DURATION_INFINITE : timeout_ms);
        nng_recv_aio(pull->socket, pull->aio);
        nng_aio_wait(pull->aio);
        int rv = nng_aio_result(pull->aio);
        if (rv == NNG_ETIMEDOUT)
            return vonk_fail(err, VONK_CANCELLED, "nothing came");
        if (rv)
            return vonk_fail(err, VONK_IO, "the pipeline is closed");
        pull->message = nng_aio_get_msg(pull->aio);
        if (accept_frame(pull, ret, ret_sender))
            return VONK_OK;
    }
}

void vonk_rpc_pull_stop(vonk_rpc_pull *pull)
{
    if (atomic_exchange(&pull->stopping, true))
        return;
    vonk_door_wait(&pull->door, LEAVE_MS); /* the receiver goes on meanwhile */
    nng_aio_stop(pull->aio);
}

static void free_pull(void *arg)
{
    vonk_rpc_pull *pull = arg;
    nng_aio_free(pull->aio);
    if (pull->message)
        nng_msg_free(pull->message);
    free(pull);
}

void vonk_rpc_pull_close(vonk_rpc_pull *pull)
{
    if (!pull)
        return;
    vonk_rpc_pull_stop(pull);
    vonk_socket_close(pull->socket, CLOSE_MS, free_pull, pull);
}
