/* server.c - N contexts, each a little machine: receive, answer, send, receive. */
#include "rpc/server.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/door.h"
#include "rpc/sessions.h"
#include "rpc/url.h"

#define N_CONTEXTS 8
#define LEAVE_MS   300  /* for peers to hang up before we do */
#define CLOSE_MS   2000 /* for nng to close; see rpc/door.h */

typedef struct context {
    vonk_rpc_server *server;
    nng_ctx ctx;
    nng_aio *aio;
    bool opened;
    bool sending; /* of the aio's two operations this one is under way */
} context;

struct vonk_rpc_server {
    vonk_rpc_server_settings settings;
    char url[VONK_URL_BYTES];
    nng_socket socket;
    bool opened;
    vonk_door door;
    vonk_sessions sessions;
    _Atomic uint32_t told; /* bit vonk_refusal: this reason was reported */
    context contexts[N_CONTEXTS];
};

static void tell_refused(vonk_rpc_server *s, unsigned reason, const vonk_error *why)
{
    uint32_t bit = UINT32_C(1) << reason % 32;
    if (!(atomic_fetch_or(&s->told, bit) & bit) && s->settings.refused)
        s->settings.refused(s->settings.context, why->message);
}

/* ---- answering ---- */

static nng_msg *message_of(const void *data, size_t length)
{
    nng_msg *msg;
    if (nng_msg_alloc(&msg, length))
        return NULL;
    memcpy(nng_msg_body(msg), data, length);
    return msg;
}

static nng_msg *refuse(vonk_refusal reason)
{
    uint8_t frame[VONK_REFUSED_BYTES];
    vonk_refused_make(reason, frame);
    return message_of(frame, sizeof frame);
}

static nng_msg *answer_hello(vonk_rpc_server *s, vonk_slice hello)
{
    uint8_t answer[VONK_WELCOME_BYTES];
    size_t length = 0;
    vonk_session session;
    vonk_error err;
    vonk_status status = vonk_hello_answer(&s->settings.secret, s->settings.channel, hello, answer,
                                           &length, &session, &err);
    if (status == VONK_OK)
        status = vonk_sessions_add(&s->sessions, &session, &err);
    else if (status == VONK_DENIED)
        tell_refused(s, answer[VONK_REFUSED_BYTES - 1], &err);
    vonk_forget(&session, sizeof session);
    return status == VONK_OK || status == VONK_DENIED ? message_of(answer, length) : NULL;
}

static nng_msg *seal_reply(const vonk_session *session, uint64_t counter, const vonk_buffer *reply)
{
    nng_msg *msg = NULL;
    vonk_slice plain = {reply->data, reply->length};
    if (reply->failed || plain.length > VONK_RPC_MAX_MESSAGE ||
        nng_msg_alloc(&msg, plain.length + VONK_SEALED_EXTRA))
        return NULL;
    if (vonk_seal(session, VONK_PATH_REPLY, counter, plain, nng_msg_body(msg), NULL) != VONK_OK) {
        nng_msg_free(msg);
        return NULL;
    }
    return msg;
}

/* The reply is sealed under the request's own counter, which is accepted only once. */
static nng_msg *answer_sealed(vonk_rpc_server *s, nng_msg *request)
{
    uint8_t *frame = nng_msg_body(request);
    size_t length = nng_msg_len(request);
    uint64_t id, counter;
    vonk_slice plain;
    vonk_error err;
    if (vonk_sealed_peek((vonk_slice){(char *)frame, length}, &id, &counter, &err) != VONK_OK) {
        vonk_refusal why = err.status == VONK_DENIED ? VONK_REFUSED_VERSION : VONK_REFUSED_FRAME;
        tell_refused(s, why, &err);
        return refuse(why);
    }
    vonk_known *known = vonk_sessions_find(&s->sessions, id);
    nng_msg *reply = NULL;
    if (!known ||
        vonk_unseal(&known->session, VONK_PATH_REQUEST, frame, length, &plain, &err) != VONK_OK ||
        !vonk_sessions_accept(&s->sessions, known, counter)) {
        reply = refuse(VONK_REFUSED_SESSION);
    } else {
        vonk_buffer out = {0};
        s->settings.handle(s->settings.context, &known->session, plain, &out);
        reply = seal_reply(&known->session, counter, &out);
        vonk_buffer_free(&out);
    }
    vonk_sessions_release(&s->sessions, known);
    return reply;
}

static nng_msg *answer(vonk_rpc_server *s, nng_msg *request)
{
    uint16_t version;
    vonk_slice frame = {nng_msg_body(request), nng_msg_len(request)};
    switch (vonk_frame_kind_of(frame, &version)) {
    case VONK_FRAME_HELLO:
        return answer_hello(s, frame);
    case VONK_FRAME_SEALED:
        return answer_sealed(s, request);
    default:
        return refuse(VONK_REFUSED_FRAME);
    }
}

/* ---- the machine ---- */

static void receive(context *c)
{
    c->sending = false;
    nng_ctx_recv(c->ctx, c->aio);
}

static void step(void *arg)
{
    context *c = arg;
    int rv = nng_aio_result(c->aio);
    if (rv == NNG_ECLOSED || rv == NNG_ECANCELED)
        return;
    if (c->sending || rv) {
        if (rv && c->sending)
            nng_msg_free(nng_aio_get_msg(c->aio));
        receive(c);
        return;
    }
    nng_msg *request = nng_aio_get_msg(c->aio);
    nng_msg *reply = answer(c->server, request);
    nng_msg_free(request);
    if (!reply) { /* no memory: the peer will ask again */
        receive(c);
        return;
    }
    c->sending = true;
    nng_aio_set_msg(c->aio, reply);
    nng_ctx_send(c->ctx, c->aio);
}

static vonk_status open_contexts(vonk_rpc_server *s, vonk_error *err)
{
    for (size_t i = 0; i < N_CONTEXTS; i++) {
        context *c = &s->contexts[i];
        c->server = s;
        int rv = nng_aio_alloc(&c->aio, step, c);
        if (!rv) {
            rv = nng_ctx_open(&c->ctx, s->socket);
            c->opened = !rv;
        }
        if (rv)
            return vonk_fail(err, VONK_NO_MEMORY, "cannot serve: %s", nng_strerror(rv));
    }
    for (size_t i = 0; i < N_CONTEXTS; i++)
        receive(&s->contexts[i]);
    return VONK_OK;
}

static vonk_status open_server(vonk_rpc_server *s, vonk_error *err)
{
    int rv = nng_rep0_open(&s->socket);
    if (rv)
        return vonk_fail(err, VONK_IO, "cannot open a socket: %s", nng_strerror(rv));
    s->opened = true;
    VONK_TRY(vonk_rpc_prepare(s->socket, err));
    VONK_TRY(vonk_door_init(&s->door, s->socket, err));
    VONK_TRY(open_contexts(s, err));
    return vonk_rpc_listen(s->socket, s->settings.url, s->url, err);
}

vonk_status vonk_rpc_server_open(const vonk_rpc_server_settings *settings, vonk_rpc_server **ret,
                                 vonk_error *err)
{
    vonk_rpc_server *s = calloc(1, sizeof *s);
    if (!s)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a server");
    s->settings = *settings;
    vonk_sessions_init(&s->sessions);
    vonk_status status = open_server(s, err);
    if (status != VONK_OK) {
        vonk_rpc_server_close(s);
        return status;
    }
    *ret = s;
    return VONK_OK;
}

const char *vonk_rpc_server_url(const vonk_rpc_server *server)
{
    return server->url;
}

static void free_server(void *arg)
{
    vonk_rpc_server *s = arg;
    for (size_t i = 0; i < N_CONTEXTS; i++)
        nng_aio_free(s->contexts[i].aio);
    vonk_sessions_fini(&s->sessions);
    vonk_forget(&s->settings.secret, sizeof s->settings.secret);
    free(s);
}

void vonk_rpc_server_close(vonk_rpc_server *server)
{
    if (!server)
        return;
    if (!server->opened) {
        free_server(server);
        return;
    }
    vonk_door_wait(&server->door, LEAVE_MS);
    for (size_t i = 0; i < N_CONTEXTS; i++) {
        if (server->contexts[i].aio)
            nng_aio_stop(server->contexts[i].aio);
    }
    vonk_socket_close(server->socket, CLOSE_MS, free_server, server);
}
