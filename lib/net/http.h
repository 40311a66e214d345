/*
 * http.h - an HTTP client: many requests at once on one thread, over kept-alive connections
 * (HTTP/2 where the server has it), by libcurl's multi interface.
 *
 *     vonk_http_start ─▶ [calls under way] ─ vonk_http_poll ─▶ on_data ..., on_done
 *
 * A client and its calls belong to one thread, but for vonk_http_wake. Callbacks run inside
 * vonk_http_poll and may start and cancel calls, but not poll. It retries nothing (but what curl
 * does: a kept connection that the server closed without a byte) and follows no redirect: what an
 * answer means is for the caller. Never prints; a URL's query is in no error
 * message. Proxies are those of the environment (https_proxy, no_proxy), as curl has it.
 */
#ifndef VONK_NET_HTTP_H
#define VONK_NET_HTTP_H

#include "base/buffer.h"

typedef struct vonk_http vonk_http;
typedef struct vonk_http_call vonk_http_call;

/* All texts are copied; NULL and 0 mean the default. */
typedef struct vonk_http_settings {
    const char *user_agent;
    const char *ca_file;              /* PEM; default: the system's certificates */
    vonk_slice ca_pem;                /* the same as bytes; wins over ca_file */
    const char *cert_file, *key_file; /* a client certificate, PEM */
    vonk_slice cert_pem, key_pem;     /* the same as bytes */
    bool insecure;                    /* any server certificate will do */
    bool multiplex;                   /* HTTP/2 over https, many calls on one connection */
    const char *unix_socket;          /* talk to this socket, whatever the URL's host */
    uint32_t connect_ms;              /* name, connection and TLS; 10,000 */
    uint32_t max_connections;         /* to a host; 16 */
} vonk_http_settings;

typedef struct vonk_http_response {
    int status;       /* 0: no answer came; `error` says why */
    vonk_slice body;  /* empty if there was an on_data */
    vonk_error error; /* status VONK_OK: the answer came whole, whatever its status */
    bool refused;     /* no connection was made: the server did not see the request */
    const struct vonk_http_call *call; /* for vonk_http_header */
} vonk_http_response;

typedef struct vonk_http_request {
    const char *method; /* "GET" */
    const char *url;    /* as it goes on the wire: escaped by the caller */
    uint32_t n_headers;
    const char *const *headers; /* "Name: value"; "Name:" leaves a default header of curl's out */
    vonk_slice body;            /* copied; goes with Content-Length */
    uint32_t timeout_ms;        /* for all of it, waiting for a connection included; 0: none */
    uint32_t idle_ms; /* once connected, no byte either way for so long is VONK_IO; 0: 60,000 */
    size_t max_body;  /* a longer one is VONK_CORRUPT; 0: 64 MiB; not with on_data */
    void *context;
    /* Takes bytes of the body as they come. False ends the call with VONK_CANCELLED. May be NULL.
     */
    bool (*on_data)(void *context, int status, vonk_slice bytes);
    /* Called once, unless the call is cancelled; the response is valid during the call. */
    void (*on_done)(void *context, const vonk_http_response *response);
} vonk_http_request;

vonk_status vonk_http_new(const vonk_http_settings *settings, vonk_http **ret,
                          vonk_error *err) VONK_MUST_CHECK;
/* Cancels all calls. */
void vonk_http_free(vonk_http *http);

/* `ret` may be NULL. Errors: VONK_INVALID: no such method or URL; VONK_NO_MEMORY. */
vonk_status vonk_http_start(vonk_http *http, const vonk_http_request *request, vonk_http_call **ret,
                            vonk_error *err) VONK_MUST_CHECK;
/* Ends the call; its callbacks are not called any more. */
void vonk_http_cancel(vonk_http_call *call);
/* Carries calls on and runs callbacks; returns after timeout_ms, or sooner if something happened.
 */
vonk_status vonk_http_poll(vonk_http *http, int timeout_ms, vonk_error *err) VONK_MUST_CHECK;
/* Ends a poll of another thread early. Thread-safe. */
void vonk_http_wake(vonk_http *http);
uint32_t vonk_http_n_calls(const vonk_http *http); /* under way */

/* The value of a header of the last answer, or NULL; valid during on_done (and on_data). */
const char *vonk_http_header(const vonk_http_call *call, const char *name);

/* An answer that outlives its call. */
typedef struct vonk_http_answer {
    int status;
    vonk_buffer body;
    vonk_buffer headers; /* "Name: value\n"... */
    bool refused;
} vonk_http_answer;

/*
 * One request, start to end, on a client with no other calls under way; callbacks of `request` are
 * not used. Fails only where no whole answer came. Free the answer in every case.
 */
vonk_status vonk_http_do(vonk_http *http, const vonk_http_request *request, vonk_http_answer *ret,
                         vonk_error *err) VONK_MUST_CHECK;
void vonk_http_answer_free(vonk_http_answer *answer);
/* A header's value as a slice; length 0 if there is none. */
vonk_slice vonk_http_answer_header(const vonk_http_answer *answer, const char *name);

/* Appends `text` with everything but A-Z a-z 0-9 - _ . ~ (and '/' if keep_slash) as %XX. */
void vonk_url_escape(vonk_buffer *out, vonk_slice text, bool keep_slash);

#endif
