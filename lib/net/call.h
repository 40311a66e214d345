/* call.h - one request under way; private to net. */
#ifndef VONK_NET_CALL_H
#define VONK_NET_CALL_H

#include <curl/curl.h>

#include "net/http.h"

struct vonk_http {
    CURLM *multi;
    char *texts[5]; /* user_agent, ca_file, cert_file, key_file, unix_socket: copies or NULL */
    vonk_buffer ca_pem, cert_pem, key_pem;
    vonk_http_settings settings; /* points to the copies */
    vonk_http_call *calls;       /* all, newest first */
    uint32_t n_calls;            /* not cancelled */
};

typedef enum vonk_call_state {
    VONK_CALL_NEW,     /* not given to curl yet */
    VONK_CALL_RUNNING, /* curl has it */
    VONK_CALL_OVER,    /* to be freed */
} vonk_call_state;

struct vonk_http_call {
    vonk_http *http;
    vonk_http_call *next;
    vonk_call_state state;
    bool cancelled; /* no callbacks any more */
    CURL *easy;
    struct curl_slist *header_list;
    char *where; /* "GET https://host/path", for messages */
    char *value; /* that vonk_http_header gave last */
    char reason[CURL_ERROR_SIZE];
    vonk_buffer sent, headers, body;
    size_t max_body;
    bool too_big, stopped; /* why we ended it ourselves */
    bool connected;        /* it had a connection once: the server may have seen it */
    uint32_t idle_ms;
    int64_t active_ms; /* when bytes last came or went, since `connected` */
    curl_off_t n_sent; /* bytes of the body, by then */
    void *context;
    bool (*on_data)(void *context, int status, vonk_slice bytes);
    void (*on_done)(void *context, const vonk_http_response *response);
};

/* Checks the request and makes a call of it, with everything but its place in the client. */
vonk_status vonk_call_new(vonk_http *http, const vonk_http_request *request, vonk_http_call **ret,
                          vonk_error *err);
void vonk_call_free(vonk_http_call *call);
/* What curl's result, or `idle`, means. */
void vonk_call_judge(vonk_http_call *call, CURLcode result, bool idle, vonk_http_response *ret);
int64_t vonk_http_now_ms(void);

#endif
