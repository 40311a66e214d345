/* client.c - a connection is made when needed, shared by calls, and thrown away when it breaks. */
#include "rpc/client.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/door.h"
#include "rpc/url.h"

#define HELLO_MS     5000    /* for the answer to a hello */
#define RECONNECT_MS 3600000 /* nng's own attempts: as good as never */

typedef struct call {
    struct call *next;
    nng_aio *aio;
} call;

typedef struct connection {
    nng_socket socket;
    vonk_session session;
    _Atomic uint64_t counter;
    pthread_mutex_t lock;
    uint32_t refs;   /* guarded by the client's lock */
    bool broken;     /* guarded by lock, as all below */
    call *under_way; /* aborted when the connection breaks */
} connection;

struct vonk_rpc_client {
    vonk_secret secret;
    vonk_channel channel;
    uint32_t sender;
    char *url;
    atomic_bool aborted;
    pthread_mutex_t connecting; /* held while one thread connects: the others wait for it */
    pthread_mutex_t lock;
    connection *current; /* guarded by lock */
};

/* ---- connections ---- */

static void free_connection(void *arg)
{
    connection *c = arg;
    pthread_mutex_destroy(&c->lock);
    vonk_forget(&c->session, sizeof c->session);
    free(c);
}

/* Nobody waits for it: a connection that broke may take its time. */
static void close_connection(connection *c)
{
    vonk_socket_close(c->socket, 0, free_connection, c);
}

static void release(vonk_rpc_client *client, connection *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&client->lock);
    bool last = --c->refs == 0;
    pthread_mutex_unlock(&client->lock);
    if (last)
        close_connection(c);
}

static void break_connection(connection *c, int why)
{
    pthread_mutex_lock(&c->lock);
    c->broken = true;
    for (call *each = c->under_way; each; each = each->next)
        nng_aio_abort(each->aio, why);
    pthread_mutex_unlock(&c->lock);
}

static void on_pipe_gone(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
    (void)pipe;
    (void)event;
    break_connection(arg, NNG_ECONNRESET);
}

static bool is_broken(connection *c)
{
    pthread_mutex_lock(&c->lock);
    bool broken = c->broken;
    pthread_mutex_unlock(&c->lock);
    return broken;
}

static connection *current(vonk_rpc_client *client)
{
    pthread_mutex_lock(&client->lock);
    connection *c = client->current;
    if (c)
        c->refs++;
    pthread_mutex_unlock(&client->lock);
    return c;
}

/* Makes `c` (may be NULL) the current connection instead of `old`. */
static void replace(vonk_rpc_client *client, connection *old, connection *c)
{
    pthread_mutex_lock(&client->lock);
    bool is_current = client->current == old;
    if (is_current) {
        client->current = c;
        if (c)
            c->refs++;
    }
    pthread_mutex_unlock(&client->lock);
    if (is_current)
        release(client, old);
}

/* ---- one exchange of messages ---- */

static bool enlist(connection *c, call *each)
{
    pthread_mutex_lock(&c->lock);
    bool good = !c->broken;
    if (good) {
        each->next = c->under_way;
        c->under_way = each;
    }
    pthread_mutex_unlock(&c->lock);
    return good;
}

static void delist(connection *c, call *each)
{
    pthread_mutex_lock(&c->lock);
    call **at = &c->under_way;
    while (*at && *at != each)
        at = &(*at)->next;
    if (*at)
        *at = each->next;
    pthread_mutex_unlock(&c->lock);
}

/* Runs the two halves on `ctx`; takes `request`, also on failure. */
static int send_and_receive(connection *c, nng_ctx ctx, nng_aio *aio, nng_msg *request,
                            nng_msg **ret)
{
    call each = {.aio = aio};
    if (!enlist(c, &each)) {
        nng_msg_free(request);
        return NNG_ECONNRESET;
    }
    nng_aio_set_msg(aio, request);
    nng_ctx_send(ctx, aio);
    nng_aio_wait(aio);
    int rv = nng_aio_result(aio);
    if (rv) {
        nng_msg_free(request);
    } else if (is_broken(c)) {
        rv = NNG_ECONNRESET;
    } else {
        nng_ctx_recv(ctx, aio);
        nng_aio_wait(aio);
        rv = nng_aio_result(aio);
        if (!rv)
            *ret = nng_aio_get_msg(aio);
    }
    delist(c, &each);
    return rv;
}

static int exchange(connection *c, nng_msg *request, int timeout_ms, nng_msg **ret)
{
    nng_ctx ctx;
    nng_aio *aio = NULL;
    int rv = nng_ctx_open(&ctx, c->socket);
    if (rv) {
        nng_msg_free(request);
        return rv;
    }
    rv = nng_aio_alloc(&aio, NULL, NULL);
    if (rv) {
        nng_msg_free(request);
    } else {
        nng_aio_set_timeout(aio, timeout_ms);
        rv = send_and_receive(c, ctx, aio, request, ret);
        nng_aio_free(aio);
    }
    nng_ctx_close(ctx);
    return rv;
}

/* ---- connecting ---- */

static vonk_status say_hello(vonk_rpc_client *client, connection *c, vonk_error *err)
{
    uint8_t hello[VONK_HELLO_BYTES];
    nng_msg *request, *answer = NULL;
    VONK_TRY(vonk_hello_make(&client->secret, client->channel, client->sender, hello, err));
    if (nng_msg_alloc(&request, sizeof hello))
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a message");
    memcpy(nng_msg_body(request), hello, sizeof hello);
    int rv = exchange(c, request, HELLO_MS, &answer);
    if (rv)
        return vonk_fail(err, VONK_IO, "%s does not answer: %s", client->url, nng_strerror(rv));
    vonk_slice bytes = {nng_msg_body(answer), nng_msg_len(answer)};
    vonk_status status = vonk_hello_finish(&client->secret, hello, bytes, &c->session, err);
    nng_msg_free(answer);
    if (status != VONK_OK)
        return vonk_error_prefix(err, status, "%s", client->url);
    return VONK_OK;
}

static vonk_status set_up(vonk_rpc_client *client, connection *c, vonk_error *err)
{
    VONK_TRY(vonk_rpc_prepare(c->socket, err));
    int rv = nng_socket_set_ms(c->socket, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE);
    if (!rv) /* a broken connection is thrown away, not mended */
        rv = nng_socket_set_ms(c->socket, NNG_OPT_RECONNMINT, RECONNECT_MS);
    if (!rv)
        rv = nng_pipe_notify(c->socket, NNG_PIPE_EV_REM_POST, on_pipe_gone, c);
    if (!rv)
        rv = nng_dial(c->socket, client->url, NULL, 0);
    if (rv)
        return vonk_fail(err, VONK_IO, "cannot connect to %s: %s", client->url, nng_strerror(rv));
    return say_hello(client, c, err);
}

static vonk_status connect_new(vonk_rpc_client *client, connection **ret, vonk_error *err)
{
    connection *c = calloc(1, sizeof *c);
    if (!c)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a connection");
    int rv = nng_req0_open(&c->socket);
    if (rv) {
        free(c);
        return vonk_fail(err, VONK_IO, "cannot open a socket: %s", nng_strerror(rv));
    }
    c->refs = 1;
    pthread_mutex_init(&c->lock, NULL);
    vonk_status status = set_up(client, c, err);
    if (status != VONK_OK) {
        close_connection(c);
        return status;
    }
    *ret = c;
    return VONK_OK;
}

/* The current connection, referenced; a new one if there is none or it is broken. */
static vonk_status connect_if_needed(vonk_rpc_client *client, connection **ret, vonk_error *err)
{
    vonk_status status = VONK_OK;
    pthread_mutex_lock(&client->connecting);
    connection *c = current(client);
    if (c && is_broken(c)) {
        replace(client, c, NULL);
        release(client, c);
        c = NULL;
    }
    if (!c) {
        status = connect_new(client, &c, err);
        if (status == VONK_OK)
            replace(client, NULL, c);
    }
    pthread_mutex_unlock(&client->connecting);
    if (status == VONK_OK)
        *ret = c;
    return status;
}

/* ---- calls ---- */

static vonk_status seal_request(connection *c, uint64_t counter, vonk_slice request, nng_msg **ret,
                                vonk_error *err)
{
    nng_msg *msg;
    if (request.length > VONK_RPC_MAX_MESSAGE)
        return vonk_fail(err, VONK_INVALID, "a request of %zu bytes is too long", request.length);
    if (nng_msg_alloc(&msg, request.length + VONK_SEALED_EXTRA))
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a message");
    vonk_status status =
        vonk_seal(&c->session, VONK_PATH_REQUEST, counter, request, nng_msg_body(msg), err);
    if (status == VONK_OK)
        *ret = msg;
    else
        nng_msg_free(msg);
    return status;
}

static vonk_status open_answer(connection *c, uint64_t counter, nng_msg *answer, vonk_buffer *reply,
                               bool *ret_again, vonk_error *err)
{
    uint16_t version;
    uint64_t id, answered;
    vonk_refusal reason;
    vonk_slice plain, frame = {nng_msg_body(answer), nng_msg_len(answer)};
    if (vonk_frame_kind_of(frame, &version) == VONK_FRAME_REFUSED) {
        vonk_status status = vonk_refused_read(frame, &reason, err);
        *ret_again = status == VONK_DENIED && reason == VONK_REFUSED_SESSION;
        return status;
    }
    VONK_TRY(vonk_sealed_peek(frame, &id, &answered, err));
    if (answered != counter)
        return vonk_fail(err, VONK_DENIED, "an answer to another request");
    VONK_TRY(vonk_unseal(&c->session, VONK_PATH_REPLY, nng_msg_body(answer), nng_msg_len(answer),
                         &plain, err));
    vonk_buffer_append(reply, plain.data, plain.length);
    return vonk_buffer_check(reply, err);
}

/* One try. *ret_again: the server does not know the session; a new hello may help. */
static vonk_status try_call(vonk_rpc_client *client, vonk_slice request, int timeout_ms,
                            vonk_buffer *reply, bool *ret_again, vonk_error *err)
{
    connection *c = NULL;
    nng_msg *msg = NULL, *answer = NULL;
    VONK_TRY(connect_if_needed(client, &c, err));
    uint64_t counter = atomic_fetch_add(&c->counter, 1);
    vonk_status status = seal_request(c, counter, request, &msg, err);
    if (status == VONK_OK) {
        int rv = exchange(c, msg, timeout_ms, &answer);
        if (rv) {
            status = vonk_fail(err, VONK_IO, "%s: %s", client->url, nng_strerror(rv));
        } else {
            status = open_answer(c, counter, answer, reply, ret_again, err);
            nng_msg_free(answer);
        }
    }
    if (*ret_again)
        break_connection(c, NNG_ECONNRESET);
    release(client, c);
    return status;
}

vonk_status vonk_rpc_call(vonk_rpc_client *client, vonk_slice request, int timeout_ms,
                          vonk_buffer *reply, vonk_error *err)
{
    bool again = false;
    vonk_status status = VONK_CANCELLED;
    for (int tries = 0; tries < 2 && !atomic_load(&client->aborted); tries++) {
        again = false;
        status = try_call(client, request, timeout_ms, reply, &again, err);
        if (!again)
            break;
    }
    if (atomic_load(&client->aborted))
        return vonk_fail(err, VONK_CANCELLED, "the call was given up");
    return status;
}

vonk_status vonk_rpc_client_session(vonk_rpc_client *client, vonk_session *ret, vonk_error *err)
{
    connection *c = current(client);
    if (!c)
        return vonk_fail(err, VONK_IO, "not connected to %s", client->url);
    *ret = c->session;
    release(client, c);
    return VONK_OK;
}

vonk_status vonk_rpc_client_new(const vonk_secret *secret, vonk_channel channel, uint32_t sender,
                                const char *url, vonk_rpc_client **ret, vonk_error *err)
{
    vonk_rpc_client *client = calloc(1, sizeof *client);
    char *copy = strdup(url);
    if (!client || !copy) {
        free(client);
        free(copy);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a client");
    }
    client->secret = *secret;
    client->channel = channel;
    client->sender = sender;
    client->url = copy;
    pthread_mutex_init(&client->connecting, NULL);
    pthread_mutex_init(&client->lock, NULL);
    *ret = client;
    return VONK_OK;
}

void vonk_rpc_client_abort(vonk_rpc_client *client)
{
    atomic_store(&client->aborted, true);
    connection *c = current(client);
    if (c)
        break_connection(c, NNG_ECANCELED);
    release(client, c);
}

void vonk_rpc_client_free(vonk_rpc_client *client)
{
    if (!client)
        return;
    release(client, client->current);
    pthread_mutex_destroy(&client->connecting);
    pthread_mutex_destroy(&client->lock);
    vonk_forget(&client->secret, sizeof client->secret);
    free(client->url);
    free(client);
}
