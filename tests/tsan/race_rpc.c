/*
 * race_rpc.c - servers, clients and pipelines under ThreadSanitizer: threads that share
 * connections, which break and are made again, aborts in mid-call, pushers against a stopping
 * puller.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/client.h"
#include "rpc/pipeline.h"
#include "rpc/server.h"

#define N_THREADS 4
#define N_CALLS   100
#define N_PUSHES  500

static const vonk_secret secret = {{7}};

static void check(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "failed: %s\n", what);
    exit(1);
}

static void echo(void *context, const vonk_session *session, vonk_slice request, vonk_buffer *reply)
{
    (void)context;
    (void)session;
    vonk_buffer_append(reply, request.data, request.length);
}

static vonk_rpc_server *serve(const char *url)
{
    vonk_rpc_server *server = NULL;
    vonk_rpc_server_settings settings = {
        .secret = secret, .channel = VONK_CHANNEL_CONTROL, .url = url, .handle = echo};
    check(vonk_rpc_server_open(&settings, &server, NULL) == VONK_OK, "serve");
    return server;
}

typedef struct caller {
    pthread_t thread;
    vonk_rpc_client *client;
    int n_right, n_lost;
} caller;

static void *call_often(void *context)
{
    caller *c = context;
    for (int i = 0; i < N_CALLS; i++) {
        vonk_buffer reply = {0};
        char text[32];
        (void)snprintf(text, sizeof text, "%p %d", context, i);
        vonk_status status = vonk_rpc_call(c->client, vonk_slice_of(text), 2000, &reply, NULL);
        if (status == VONK_OK)
            c->n_right += !strcmp(vonk_buffer_str(&reply), text);
        else
            c->n_lost++;
        vonk_buffer_free(&reply);
    }
    return NULL;
}

/* The connection of many callers breaks between their calls, several times. */
static void calls_and_restarts(void)
{
    vonk_rpc_server *server = serve("tcp://127.0.0.1:0");
    char *url = strdup(vonk_rpc_server_url(server));
    vonk_rpc_client *client = NULL;
    check(vonk_rpc_client_new(&secret, VONK_CHANNEL_CONTROL, 1, url, &client, NULL) == VONK_OK,
          "client");
    for (int round = 0; round < 4; round++) {
        caller callers[N_THREADS] = {0};
        int n = 0;
        for (int i = 0; i < N_THREADS; i++) {
            callers[i].client = client;
            check(!pthread_create(&callers[i].thread, NULL, call_often, &callers[i]), "thread");
        }
        for (int i = 0; i < N_THREADS; i++) {
            (void)pthread_join(callers[i].thread, NULL);
            n += callers[i].n_right + callers[i].n_lost;
        }
        check(n == N_THREADS * N_CALLS, "each call is answered rightly or fails");
        vonk_rpc_server_close(server);
        server = serve(url);
    }
    vonk_rpc_client_free(client);
    vonk_rpc_server_close(server);
    free(url);
}

static void calls_and_abort(void)
{
    vonk_rpc_server *server = serve("tcp://127.0.0.1:0");
    for (int round = 0; round < 10; round++) {
        vonk_rpc_client *client = NULL;
        caller callers[N_THREADS] = {0};
        check(vonk_rpc_client_new(&secret, VONK_CHANNEL_CONTROL, 1, vonk_rpc_server_url(server),
                                  &client, NULL) == VONK_OK,
              "client");
        for (int i = 0; i < N_THREADS; i++) {
            callers[i].client = client;
            check(!pthread_create(&callers[i].thread, NULL, call_often, &callers[i]), "thread");
        }
        vonk_rpc_client_abort(client);
        for (int i = 0; i < N_THREADS; i++)
            (void)pthread_join(callers[i].thread, NULL);
        vonk_rpc_client_free(client);
    }
    vonk_rpc_server_close(server);
}

/* ---- pipelines ---- */

static vonk_rpc_sender sender = {.session = {.id = 77, .keys = {{1}, {2}, {3}, {4}}}};

static vonk_rpc_sender *find(void *context, uint64_t id)
{
    (void)context;
    return id == sender.session.id ? &sender : NULL;
}

static void *push_often(void *context)
{
    for (int i = 0; i < N_PUSHES; i++) {
        vonk_status status = vonk_rpc_push_send(context, VONK_SLICE("message"), 10000, NULL);
        check(status == VONK_OK, "push");
    }
    return NULL;
}

static void *pull_all(void *context)
{
    vonk_slice message;
    const vonk_rpc_sender *from;
    uintptr_t n = 0;
    while (vonk_rpc_pull_next(context, -1, &message, &from, NULL) == VONK_OK) {
        check(vonk_slice_equal(message, VONK_SLICE("message")), "message");
        if (++n == N_THREADS * N_PUSHES)
            break;
    }
    return (void *)n;
}

static void pipelines(void)
{
    vonk_rpc_pull *pull = NULL;
    vonk_rpc_push *push = NULL;
    pthread_t puller, pushers[N_THREADS];
    void *n;
    vonk_rpc_pull_settings settings = {
        .url = "tcp://127.0.0.1:0", .path = VONK_PATH_RESULTS, .find = find};
    check(vonk_rpc_pull_open(&settings, &pull, NULL) == VONK_OK, "pull");
    check(vonk_rpc_push_open(&sender.session, VONK_PATH_RESULTS, vonk_rpc_pull_url(pull), 4, &push,
                             NULL) == VONK_OK,
          "push");
    check(!pthread_create(&puller, NULL, pull_all, pull), "thread");
    for (int i = 0; i < N_THREADS; i++)
        check(!pthread_create(&pushers[i], NULL, push_often, push), "thread");
    for (int i = 0; i < N_THREADS; i++)
        (void)pthread_join(pushers[i], NULL);
    (void)pthread_join(puller, &n);
    check((uintptr_t)n == N_THREADS * N_PUSHES, "all messages came");
    check(!pthread_create(&puller, NULL, pull_all, pull), "thread");
    vonk_rpc_pull_stop(pull);
    (void)pthread_join(puller, &n);
    vonk_rpc_push_close(push);
    vonk_rpc_pull_close(pull);
}

int main(void)
{
    calls_and_restarts();
    calls_and_abort();
    pipelines();
    puts("ok");
    return 0;
}
