/*
 * race_http.c - the HTTP client under ThreadSanitizer: clients that begin at the same moment in
 * several threads, and a poll that other threads wake.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/http.h"
#include "support/script_server.h"

#define N_THREADS 4
#define N_CALLS   50
#define N_WAKES   200

static void check(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "failed: %s\n", what);
    exit(1);
}

static void *ask_often(void *context)
{
    const char *url = context;
    vonk_http *http = NULL;
    check(vonk_http_new(NULL, &http, NULL) == VONK_OK, "new");
    for (int i = 0; i < N_CALLS; i++) {
        vonk_http_answer answer;
        vonk_http_request request = {.method = "GET", .url = url};
        check(vonk_http_do(http, &request, &answer, NULL) == VONK_OK, "do");
        check(answer.status == 200, "status");
        vonk_http_answer_free(&answer);
    }
    vonk_http_free(http);
    return NULL;
}

static void *wake_often(void *context)
{
    for (int i = 0; i < N_WAKES; i++)
        vonk_http_wake(context);
    return NULL;
}

int main(void)
{
    static const script_step steps[] = {
        {.expect = "GET /", .reply = REPLY_JSON("200 OK", "x"), .forever = true}};
    script_server *server = script_start(steps, 1);
    pthread_t askers[N_THREADS], wakers[N_THREADS];
    vonk_http *http = NULL;
    for (int i = 0; i < N_THREADS; i++)
        check(!pthread_create(&askers[i], NULL, ask_often, server->url), "thread");
    check(vonk_http_new(NULL, &http, NULL) == VONK_OK, "new");
    for (int i = 0; i < N_THREADS; i++)
        check(!pthread_create(&wakers[i], NULL, wake_often, http), "thread");
    check(vonk_http_poll(http, -1, NULL) == VONK_OK, "poll"); /* ends by a wake only */
    for (int i = 0; i < N_THREADS; i++) {
        (void)pthread_join(askers[i], NULL);
        (void)pthread_join(wakers[i], NULL);
    }
    vonk_http_free(http);
    const char *wrong = script_stop(server);
    check(!*wrong, wrong);
    return 0;
}
