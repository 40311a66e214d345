/*
 * script_server.h - an HTTP/1.1 server that does what a test tells it, on a loopback port, in a
 * thread of its own.
 *
 *     static const script_step steps[] = {
 *         {.expect = "GET /a", .reply = REPLY_JSON("200 OK", "{}")},
 *         {.expect = "GET /b", .reply = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", .cut =
 * true},
 *         {.expect = "POST /c", .silent = true},
 *     };
 *     script_server *s = script_start(steps, 3);    s->url is "http://127.0.0.1:PORT"
 *     ...
 *     script_stop(s);    checks that all steps were used; s->requests[i] had been as expected
 *
 * Each request takes the next step whose `expect` is a prefix of "METHOD PATH" and that is not used
 * yet (in order, but requests of different kinds may overtake one another). A request that no step
 * expects gets 599 and is noted in s->surprises. Connections are kept alive unless `cut`.
 */
#ifndef VONK_TESTS_SCRIPT_SERVER_H
#define VONK_TESTS_SCRIPT_SERVER_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define SCRIPT_MAX_CONNECTIONS 128
#define SCRIPT_MAX_REQUESTS    4096

#define REPLY_JSON(status, body)                                                                   \
    "HTTP/1.1 " status "\r\nContent-Type: application/json\r\nX-Script: end\r\n"                   \
    "Connection: keep-alive\r\n\x01\r\n" body

typedef struct script_step {
    const char *expect;    /* prefix of "METHOD PATH?QUERY" */
    const char *must_have; /* text that the request (headers or body) must have, or NULL */
    const char *reply; /* raw; a \x01 line becomes Content-Length of what follows the blank line */
    const char *then[4]; /* further pieces, each sent by itself a little later (for streams) */
    bool cut;            /* close after the reply */
    bool silent;         /* after the reply: say nothing more, keep the connection open */
    bool forever;        /* may be used any number of times, also none */
} script_step;

typedef struct script_connection {
    int fd;
    char *in;
    size_t length, capacity;
    bool mute;
} script_connection;

typedef struct script_server {
    char url[64];
    int port;
    int listener, wake[2];
    pthread_t thread;
    const script_step *steps;
    size_t n_steps;
    bool used[256];
    script_connection connections[SCRIPT_MAX_CONNECTIONS];
    size_t n_accepted; /* connections in all */
    pthread_mutex_t lock;
    size_t n_requests;                   /* guarded by lock, as the following */
    char *requests[SCRIPT_MAX_REQUESTS]; /* head and body */
    char surprises[512];
} script_server;

static inline void script_send(int fd, const char *bytes, size_t length)
{
    while (length) {
        ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        bytes += n;
        length -= (size_t)n;
    }
}

/* Sends a reply with its Content-Length filled in where \x01 stands. */
static inline void script_reply(int fd, const char *reply)
{
    const char *mark = strchr(reply, '\x01');
    if (!mark) {
        script_send(fd, reply, strlen(reply));
        return;
    }
    const char *body = mark + 3; /* after \x01 \r \n */
    char length[64];
    int n = snprintf(length, sizeof length, "Content-Length: %zu\r\n\r\n", strlen(body));
    char *whole = malloc(strlen(reply) + sizeof length);
    if (!whole)
        abort();
    size_t head = (size_t)(mark - reply);
    memcpy(whole, reply, head);
    memcpy(whole + head, length, (size_t)n);
    memcpy(whole + head + (size_t)n, body, strlen(body));
    script_send(fd, whole, head + (size_t)n + strlen(body));
    free(whole);
}

static inline void script_close(script_connection *c)
{
    close(c->fd);
    free(c->in);
    *c = (script_connection){.fd = -1};
}

static inline const script_step *script_find(script_server *s, const char *request, size_t line)
{
    for (size_t i = 0; i < s->n_steps; i++) {
        size_t n = strlen(s->steps[i].expect);
        if (s->used[i] || n > line || strncmp(request, s->steps[i].expect, n) != 0)
            continue;
        s->used[i] = !s->steps[i].forever;
        return &s->steps[i];
    }
    return NULL;
}

static inline void script_serve(script_server *s, script_connection *c, char *request)
{
    size_t line = strcspn(request, "\r");
    pthread_mutex_lock(&s->lock);
    const script_step *step = script_find(s, request, line);
    if (s->n_requests < SCRIPT_MAX_REQUESTS)
        s->requests[s->n_requests++] = request;
    bool wrong = !step || (step->must_have && !strstr(request, step->must_have));
    if (wrong && !s->surprises[0])
        snprintf(s->surprises, sizeof s->surprises, "%.*s%s%s", (int)(line < 300 ? line : 300),
                 request, step ? " without " : "", step ? step->must_have : "");
    pthread_mutex_unlock(&s->lock);
    if (!step) {
        script_reply(c->fd, REPLY_JSON("599 Unexpected", "{}"));
        return;
    }
    if (step->reply)
        script_reply(c->fd, step->reply);
    for (size_t i = 0; i < 4 && step->then[i]; i++) {
        poll(NULL, 0, 20); /* so that the pieces arrive apart */
        script_send(c->fd, step->then[i], strlen(step->then[i]));
    }
    c->mute = step->silent;
    if (step->cut)
        script_close(c);
}

/* Serves the whole requests that have come. */
static inline void script_take(script_server *s, script_connection *c)
{
    while (c->fd >= 0 && !c->mute && c->length) {
        c->in[c->length] = 0;
        char *end = strstr(c->in, "\r\n\r\n");
        if (!end)
            return;
        size_t head = (size_t)(end - c->in) + 4, body = 0;
        for (char *at = c->in; at && at < end; at = strstr(at, "\r\n")) {
            at += at == c->in ? 0 : 2;
            if (!strncasecmp(at, "content-length:", 15))
                body = strtoul(at + 15, NULL, 10);
        }
        if (c->length < head + body)
            return;
        char *request = strndup(c->in, head + body);
        memmove(c->in, c->in + head + body, c->length - head - body);
        c->length -= head + body;
        script_serve(s, c, request);
    }
}

static inline void script_read(script_server *s, script_connection *c)
{
    if (c->capacity - c->length < 65537) {
        c->capacity = c->capacity * 2 + 131072;
        c->in = realloc(c->in, c->capacity);
        if (!c->in)
            abort();
    }
    ssize_t n = recv(c->fd, c->in + c->length, 65536, 0);
    if (n <= 0) {
        script_close(c);
        return;
    }
    c->length += (size_t)n;
    script_take(s, c);
}

static inline void *script_main(void *context)
{
    script_server *s = context;
    for (;;) {
        struct pollfd fds[SCRIPT_MAX_CONNECTIONS + 2];
        fds[0] = (struct pollfd){s->wake[0], POLLIN, 0};
        fds[1] = (struct pollfd){s->listener, POLLIN, 0};
        for (size_t i = 0; i < SCRIPT_MAX_CONNECTIONS; i++)
            fds[i + 2] = (struct pollfd){s->connections[i].fd, POLLIN, 0};
        if (poll(fds, SCRIPT_MAX_CONNECTIONS + 2, -1) < 0)
            continue;
        if (fds[0].revents)
            return NULL;
        for (size_t i = 0; i < SCRIPT_MAX_CONNECTIONS; i++) {
            if (s->connections[i].fd >= 0 && fds[i + 2].revents)
                script_read(s, &s->connections[i]);
        }
        if (fds[1].revents) {
            int fd = accept(s->listener, NULL, NULL);
            size_t at = 0;
            while (at < SCRIPT_MAX_CONNECTIONS && s->connections[at].fd >= 0)
                at++;
            if (fd >= 0 && at < SCRIPT_MAX_CONNECTIONS) {
                s->connections[at] = (script_connection){.fd = fd};
                s->n_accepted++;
            } else if (fd >= 0) {
                close(fd);
            }
        }
    }
}

static inline script_server *script_start(const script_step *steps, size_t n_steps)
{
    script_server *s = calloc(1, sizeof(*s));
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    if (!s || n_steps > sizeof s->used || pipe(s->wake))
        abort();
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->steps = steps;
    s->n_steps = n_steps;
    for (size_t i = 0; i < SCRIPT_MAX_CONNECTIONS; i++)
        s->connections[i].fd = -1;
    pthread_mutex_init(&s->lock, NULL);
    s->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (s->listener < 0 || bind(s->listener, (struct sockaddr *)&address, size) ||
        listen(s->listener, 64) || getsockname(s->listener, (struct sockaddr *)&address, &size))
        abort();
    s->port = ntohs(address.sin_port);
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d", s->port);
    if (pthread_create(&s->thread, NULL, script_main, s))
        abort();
    return s;
}

/* Ends the server; the text (static, "" if all is well) says what did not happen as scripted. */
static inline const char *script_stop(script_server *s)
{
    static char said[600];
    (void)!write(s->wake[1], "x", 1);
    pthread_join(s->thread, NULL);
    snprintf(said, sizeof said, "%s%s", s->surprises[0] ? "unexpected: " : "", s->surprises);
    for (size_t i = 0; i < s->n_steps && !said[0]; i++) {
        if (!s->used[i] && !s->steps[i].forever)
            snprintf(said, sizeof said, "never came: %s (step %zu)", s->steps[i].expect, i);
    }
    for (size_t i = 0; i < SCRIPT_MAX_CONNECTIONS; i++) {
        if (s->connections[i].fd >= 0)
            script_close(&s->connections[i]);
    }
    for (size_t i = 0; i < s->n_requests; i++)
        free(s->requests[i]);
    close(s->listener);
    close(s->wake[0]);
    close(s->wake[1]);
    pthread_mutex_destroy(&s->lock);
    free(s);
    return said;
}

#endif
