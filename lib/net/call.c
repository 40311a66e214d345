/* call.c - a request as curl wants it, its callbacks, and what its end means. */
#include "net/call.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_HEADERS      ((size_t)64 << 10)
#define DEFAULT_MAX_BODY ((size_t)64 << 20)
#define DEFAULT_IDLE_MS  60000u

/* ---- checking ---- */

static bool is_token(const char *text)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (const char *c = text; *c; c++) {
        bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');
        if (!letter && !(*c >= '0' && *c <= '9') && !strchr(others, *c))
            return false;
    }
    return *text != 0;
}

static bool is_clean(const char *text, char least)
{
    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c < (unsigned char)least || *c == 127)
            return false;
    }
    return true;
}

static vonk_status check_request(const vonk_http_request *request, vonk_error *err)
{
    const char *url = request->url;
    if (!request->method || !is_token(request->method))
        return vonk_fail(err, VONK_INVALID, "not an HTTP method: '%s'",
                         request->method ? request->method : "");
    if (!url || (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0) ||
        !is_clean(url, '!'))
        return vonk_fail(err, VONK_INVALID, "not an http:// or https:// URL");
    for (uint32_t i = 0; i < request->n_headers; i++) {
        if (!strchr(request->headers[i], ':') || !is_clean(request->headers[i], ' '))
            return vonk_fail(err, VONK_INVALID, "header %u is not 'Name: value'", i);
    }
    return VONK_OK;
}

/* ---- callbacks ---- */

static void saw_bytes(vonk_http_call *call)
{
    call->active_ms = vonk_http_now_ms();
}

/* Curl has a connection for the call and sends the request next. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the type is of curl */
static int take_connection(void *context, char *to, char *from, int to_port, int from_port)
{
    vonk_http_call *call = context;
    (void)to, (void)from, (void)to_port, (void)from_port;
    call->connected = true;
    saw_bytes(call);
    return CURL_PREREQFUNC_OK;
}

static size_t take_header(char *bytes, size_t size, size_t n, void *context)
{
    vonk_http_call *call = context;
    size_t length = size * n, end = length;
    saw_bytes(call);
    if (length > 5 && !strncmp(bytes, "HTTP/", 5)) { /* of another answer, after a 1xx */
        call->headers.length = 0;
        return length;
    }
    while (end && (bytes[end - 1] == '\n' || bytes[end - 1] == '\r'))
        end--;
    if (call->headers.length + end > MAX_HEADERS) {
        call->too_big = true;
        return 0;
    }
    if (end) {
        vonk_buffer_append(&call->headers, bytes, end);
        vonk_buffer_char(&call->headers, '\n');
    }
    return length;
}

static size_t take_body(char *bytes, size_t size, size_t n, void *context)
{
    vonk_http_call *call = context;
    size_t length = size * n;
    long status = 0;
    saw_bytes(call);
    if (call->cancelled)
        return 0;
    if (call->on_data) {
        curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
        if (call->on_data(call->context, (int)status, (vonk_slice){bytes, length}))
            return length;
        call->stopped = true;
        return 0;
    }
    if (call->body.length + length > call->max_body) {
        call->too_big = true;
        return 0;
    }
    vonk_buffer_append(&call->body, bytes, length);
    return length;
}

/* ---- making ---- */

static vonk_status add_header(vonk_http_call *call, const char *text, vonk_error *err)
{
    struct curl_slist *list = curl_slist_append(call->header_list, text);
    if (!list)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    call->header_list = list;
    return VONK_OK;
}

static bool has_header(const vonk_http_request *request, const char *name)
{
    size_t n = strlen(name);
    for (uint32_t i = 0; i < request->n_headers; i++) {
        if (!strncasecmp(request->headers[i], name, n) && request->headers[i][n] == ':')
            return true;
    }
    return false;
}

static vonk_status set_headers(vonk_http_call *call, const vonk_http_request *request,
                               vonk_error *err)
{
    for (uint32_t i = 0; i < request->n_headers; i++)
        VONK_TRY(add_header(call, request->headers[i], err));
    VONK_TRY(add_header(call, "Expect:", err)); /* curl's own would cost a round trip */
    if (!has_header(request, "Content-Type"))
        VONK_TRY(add_header(call, "Content-Type:", err));
    curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->header_list);
    return VONK_OK;
}

static void set_method(vonk_http_call *call, const char *method)
{
    CURL *easy = call->easy;
    bool sends = call->sent.length || !strcmp(method, "POST") || !strcmp(method, "PUT") ||
                 !strcmp(method, "PATCH");
    if (!strcmp(method, "HEAD")) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return;
    }
    if (sends) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->sent.length);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, vonk_buffer_str(&call->sent));
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method); /* copied by curl */
}

static void set_blob(CURL *easy, CURLoption option, const vonk_buffer *pem)
{
    struct curl_blob blob = {.data = pem->data, .len = pem->length, .flags = CURL_BLOB_NOCOPY};
    if (pem->length)
        curl_easy_setopt(easy, option, &blob);
}

static void set_text(CURL *easy, CURLoption option, const char *text)
{
    if (text)
        curl_easy_setopt(easy, option, text);
}

static void set_client(vonk_http_call *call)
{
    const vonk_http *http = call->http;
    const vonk_http_settings *s = &http->settings;
    CURL *easy = call->easy;
    set_text(easy, CURLOPT_USERAGENT, s->user_agent);
    set_text(easy, CURLOPT_CAINFO, http->ca_pem.length ? NULL : s->ca_file);
    set_text(easy, CURLOPT_SSLCERT, http->cert_pem.length ? NULL : s->cert_file);
    set_text(easy, CURLOPT_SSLKEY, http->key_pem.length ? NULL : s->key_file);
    set_text(easy, CURLOPT_UNIX_SOCKET_PATH, s->unix_socket);
    set_text(easy, CURLOPT_PROXY, s->unix_socket ? "" : NULL); /* not that of the environment */
    set_blob(easy, CURLOPT_CAINFO_BLOB, &http->ca_pem);
    set_blob(easy, CURLOPT_SSLCERT_BLOB, &http->cert_pem);
    set_blob(easy, CURLOPT_SSLKEY_BLOB, &http->key_pem);
    if (s->insecure) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(s->connect_ms ? s->connect_ms : 10000));
    long version = s->multiplex ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1;
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, version);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, s->multiplex ? 1L : 0L);
}

static vonk_status set_request(vonk_http_call *call, const vonk_http_request *request,
                               vonk_error *err)
{
    CURL *easy = call->easy;
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->reason);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, take_connection);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, call);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L << 10);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L); /* names of objects may have "/../" */
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    if (curl_easy_setopt(easy, CURLOPT_URL, request->url) != CURLE_OK)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    set_client(call);
    set_method(call, request->method);
    return set_headers(call, request, err);
}

/* "GET https://host/path" without the query and the user, which may hold secrets. */
static char *where_of(const vonk_http_request *request)
{
    vonk_buffer text = {0};
    const char *host = strstr(request->url, "://") + 3; /* as checked */
    size_t scheme = (size_t)(host - request->url);
    const char *at = memrchr(host, '@', strcspn(host, "/?#"));
    host = at ? at + 1 : host;
    vonk_buffer_printf(&text, "%s %.*s", request->method, (int)scheme, request->url);
    vonk_buffer_append(&text, host, strcspn(host, "?#"));
    (void)vonk_buffer_str(&text);
    if (!text.failed)
        return text.data;
    vonk_buffer_free(&text);
    return NULL;
}

vonk_status vonk_call_new(vonk_http *http, const vonk_http_request *request, vonk_http_call **ret,
                          vonk_error *err)
{
    VONK_TRY(check_request(request, err));
    vonk_http_call *call = calloc(1, sizeof(*call));
    if (!call)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    call->http = http;
    call->max_body = request->max_body ? request->max_body : DEFAULT_MAX_BODY;
    call->idle_ms = request->idle_ms ? request->idle_ms : DEFAULT_IDLE_MS;
    call->context = request->context;
    call->on_data = request->on_data;
    call->on_done = request->on_done;
    vonk_buffer_append(&call->sent, request->body.data, request->body.length);
    (void)vonk_buffer_str(&call->sent); /* its memory, too, is there or `failed` */
    call->where = where_of(request);
    call->easy = curl_easy_init();
    vonk_status status = VONK_OK;
    if (!call->easy || !call->where || call->sent.failed)
        status = vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    if (status == VONK_OK)
        status = set_request(call, request, err);
    if (status != VONK_OK)
        vonk_call_free(call);
    else
        *ret = call;
    return status;
}

void vonk_call_free(vonk_http_call *call)
{
    if (call->easy)
        curl_easy_cleanup(call->easy);
    curl_slist_free_all(call->header_list);
    vonk_buffer_free(&call->sent);
    vonk_buffer_free(&call->headers);
    vonk_buffer_free(&call->body);
    free(call->value);
    free(call->where);
    free(call);
}

/* ---- judging ---- */

/*
 * Nothing of the request can have been acted upon. The result alone does not say so: curl sends a
 * request again, on a new connection, if a kept one turns out to be closed.
 */
static bool was_refused(const vonk_http_call *call, CURLcode result)
{
    if (call->connected)
        return false;
    switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
        return true;
    default:
        return false;
    }
}

void vonk_call_judge(vonk_http_call *call, CURLcode result, bool idle, vonk_http_response *ret)
{
    long status = 0;
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    *ret = (vonk_http_response){.status = (int)status, .call = call};
    ret->body = (vonk_slice){vonk_buffer_str(&call->body), call->body.length};
    const char *why = call->reason[0] ? call->reason : curl_easy_strerror(result);
    if (call->stopped)
        vonk_fail(&ret->error, VONK_CANCELLED, "%s: stopped", call->where);
    else if (call->too_big)
        vonk_fail(&ret->error, VONK_CORRUPT, "%s: the answer is too long", call->where);
    else if (call->body.failed || call->headers.failed || result == CURLE_OUT_OF_MEMORY)
        vonk_fail(&ret->error, VONK_NO_MEMORY, "%s: out of memory", call->where);
    else if (idle)
        vonk_fail(&ret->error, VONK_IO, "%s: silent for %u ms", call->where, call->idle_ms);
    else if (result != CURLE_OK)
        vonk_fail(&ret->error, VONK_IO, "%s: %s", call->where, why);
    ret->refused = was_refused(call, result);
}
