/* http.c - the client: calls on a curl multi handle, polled by its thread. */
#include "net/http.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "net/call.h"

int64_t vonk_http_now_ms(void)
{
    struct timespec ts = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- the client ---- */

static void start_curl(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static const char *copy_text(vonk_http *http, int which, const char *text, bool *failed)
{
    if (!text)
        return NULL;
    http->texts[which] = strdup(text);
    *failed |= !http->texts[which];
    return http->texts[which];
}

static void copy_pem(vonk_buffer *to, vonk_slice pem, bool *failed)
{
    vonk_buffer_append(to, pem.data, pem.length);
    *failed |= to->failed;
}

static bool copy_settings(vonk_http *http, const vonk_http_settings *from)
{
    bool failed = false;
    http->settings = *from;
    http->settings.user_agent = copy_text(http, 0, from->user_agent, &failed);
    http->settings.ca_file = copy_text(http, 1, from->ca_file, &failed);
    http->settings.cert_file = copy_text(http, 2, from->cert_file, &failed);
    http->settings.key_file = copy_text(http, 3, from->key_file, &failed);
    http->settings.unix_socket = copy_text(http, 4, from->unix_socket, &failed);
    copy_pem(&http->ca_pem, from->ca_pem, &failed);
    copy_pem(&http->cert_pem, from->cert_pem, &failed);
    copy_pem(&http->key_pem, from->key_pem, &failed);
    return !failed;
}

vonk_status vonk_http_new(const vonk_http_settings *settings, vonk_http **ret, vonk_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static const vonk_http_settings defaults;
    (void)pthread_once(&once, start_curl);
    settings = settings ? settings : &defaults;
    vonk_http *http = calloc(1, sizeof(*http));
    if (!http)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    http->multi = curl_multi_init();
    if (!http->multi || !copy_settings(http, settings)) {
        vonk_http_free(http);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    }
    long most = settings->max_connections ? (long)settings->max_connections : 16;
    curl_multi_setopt(http->multi, CURLMOPT_MAX_HOST_CONNECTIONS, most);
    *ret = http;
    return VONK_OK;
}

static void release(vonk_http *http, vonk_http_call *call)
{
    if (call->state == VONK_CALL_RUNNING)
        curl_multi_remove_handle(http->multi, call->easy);
    vonk_call_free(call);
}

void vonk_http_free(vonk_http *http)
{
    if (!http)
        return;
    for (vonk_http_call *call = http->calls, *next; call; call = next) {
        next = call->next;
        release(http, call);
    }
    if (http->multi)
        curl_multi_cleanup(http->multi);
    for (size_t i = 0; i < VONK_LENGTH(http->texts); i++)
        free(http->texts[i]);
    vonk_buffer_free(&http->ca_pem);
    vonk_buffer_free(&http->cert_pem);
    vonk_buffer_free(&http->key_pem);
    free(http);
}

/* ---- calls ---- */

vonk_status vonk_http_start(vonk_http *http, const vonk_http_request *request, vonk_http_call **ret,
                            vonk_error *err)
{
    vonk_http_call *call = NULL;
    VONK_TRY(vonk_call_new(http, request, &call, err));
    call->next = http->calls;
    http->calls = call;
    http->n_calls++;
    if (ret)
        *ret = call;
    return VONK_OK;
}

/* Curl must not be called from its own callbacks, so the next poll takes the call away. */
void vonk_http_cancel(vonk_http_call *call)
{
    if (!call || call->cancelled)
        return;
    call->cancelled = true;
    call->http->n_calls--;
}

uint32_t vonk_http_n_calls(const vonk_http *http)
{
    return http->n_calls;
}

/* Frees what is over and gives new calls to curl. */
static vonk_status tend_calls(vonk_http *http, vonk_error *err)
{
    for (vonk_http_call **at = &http->calls; *at;) {
        vonk_http_call *call = *at;
        if (call->cancelled) {
            *at = call->next;
            release(http, call);
            continue;
        }
        if (call->state == VONK_CALL_NEW) {
            if (curl_multi_add_handle(http->multi, call->easy) != CURLM_OK)
                return vonk_fail(err, VONK_NO_MEMORY, "%s: cannot be started", call->where);
            call->state = VONK_CALL_RUNNING;
        }
        at = &call->next;
    }
    return VONK_OK;
}

/* The call's last callback; the call is freed by the next look at the list. */
static void end_call(vonk_http *http, vonk_http_call *call, CURLcode result, bool idle)
{
    vonk_http_response response;
    vonk_call_judge(call, result, idle, &response);
    curl_multi_remove_handle(http->multi, call->easy);
    call->state = VONK_CALL_OVER;
    if (call->cancelled)
        return;
    vonk_http_cancel(call); /* no more callbacks after this one */
    if (call->on_done)
        call->on_done(call->context, &response);
}

static bool end_finished(vonk_http *http)
{
    CURLMsg *message;
    bool any = false;
    for (int left; (message = curl_multi_info_read(http->multi, &left));) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode result = message->data.result; /* gone once the handle is removed */
        char *call = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        end_call(http, (vonk_http_call *)(void *)call, result, false);
        any = true;
    }
    return any;
}

/* Bytes that went out count as activity, too. */
static int64_t idle_for(vonk_http_call *call, int64_t now)
{
    curl_off_t up = 0;
    curl_easy_getinfo(call->easy, CURLINFO_SIZE_UPLOAD_T, &up);
    if (up != call->n_sent) {
        call->n_sent = up;
        call->active_ms = now;
    }
    return now - call->active_ms;
}

/*
 * Ends silent calls. One that waits for a free connection is not silent, and connecting has a limit
 * of its own in curl. *ret_wait = milliseconds until the next one may be.
 */
static bool end_idle(vonk_http *http, int *ret_wait)
{
    int64_t now = vonk_http_now_ms(), least = INT32_MAX;
    bool any = false;
    for (vonk_http_call *call = http->calls; call; call = call->next) {
        if (call->state != VONK_CALL_RUNNING || call->cancelled || !call->connected)
            continue;
        int64_t left = (int64_t)call->idle_ms - idle_for(call, now);
        if (left <= 0) {
            end_call(http, call, CURLE_OPERATION_TIMEDOUT, true);
            any = true;
        } else if (left < least) {
            least = left;
        }
    }
    *ret_wait = (int)least;
    return any;
}

static vonk_status step(vonk_http *http, bool *ret_any, int *ret_wait, vonk_error *err)
{
    int running;
    VONK_TRY(tend_calls(http, err));
    CURLMcode code = curl_multi_perform(http->multi, &running);
    if (code != CURLM_OK)
        return vonk_fail(err, VONK_IO, "HTTP client: %s", curl_multi_strerror(code));
    *ret_any = end_finished(http);
    *ret_any |= end_idle(http, ret_wait);
    return tend_calls(http, err);
}

static vonk_status poll_once(vonk_http *http, int timeout_ms, vonk_error *err)
{
    bool any;
    int wait;
    VONK_TRY(step(http, &any, &wait, err));
    if (any)
        return VONK_OK;
    if (timeout_ms >= 0 && timeout_ms < wait)
        wait = timeout_ms;
    CURLMcode code = curl_multi_poll(http->multi, NULL, 0, wait, NULL);
    if (code != CURLM_OK)
        return vonk_fail(err, VONK_IO, "HTTP client: %s", curl_multi_strerror(code));
    return step(http, &any, &wait, err);
}

/* OpenSSL writes without MSG_NOSIGNAL: a peer that is gone must not end the process. */
vonk_status vonk_http_poll(vonk_http *http, int timeout_ms, vonk_error *err)
{
    static const struct timespec at_once;
    sigset_t pipe, before, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    bool was_pending = sigismember(&pending, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    vonk_status status = poll_once(http, timeout_ms, err);
    sigpending(&pending);
    if (!was_pending && sigismember(&pending, SIGPIPE))
        (void)sigtimedwait(&pipe, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

void vonk_http_wake(vonk_http *http)
{
    (void)curl_multi_wakeup(http->multi);
}

/* ---- headers ---- */

static vonk_slice find_header(const vonk_buffer *headers, const char *name)
{
    size_t n = strlen(name);
    const char *at = headers->data, *end = at ? at + headers->length : NULL;
    while (at && at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end; /* memory ran out before the line's end */
        if ((size_t)(stop - at) > n && !strncasecmp(at, name, n) && at[n] == ':') {
            at += n + 1;
            while (at < stop && (*at == ' ' || *at == '\t'))
                at++;
            return (vonk_slice){at, (size_t)(stop - at)};
        }
        at = stop + 1;
    }
    return (vonk_slice){"", 0};
}

const char *vonk_http_header(const vonk_http_call *call, const char *name)
{
    vonk_http_call *mine = (vonk_http_call *)(uintptr_t)call; /* its headers' line ends are ours */
    vonk_slice value = find_header(&mine->headers, name);
    if (!value.length)
        return NULL;
    free(mine->value);
    mine->value = strndup(value.data, value.length);
    return mine->value;
}

vonk_slice vonk_http_answer_header(const vonk_http_answer *answer, const char *name)
{
    return find_header(&answer->headers, name);
}

/* ---- one request, start to end ---- */

typedef struct doing {
    vonk_http_answer *answer;
    vonk_error error;
    bool done;
} doing;

static void keep_answer(void *context, const vonk_http_response *response)
{
    doing *d = context;
    d->done = true;
    d->error = response->error;
    d->answer->status = response->status;
    d->answer->refused = response->refused;
    vonk_buffer_append(&d->answer->body, response->body.data, response->body.length);
    vonk_buffer_append(&d->answer->headers, response->call->headers.data,
                       response->call->headers.length);
}

vonk_status vonk_http_do(vonk_http *http, const vonk_http_request *request, vonk_http_answer *ret,
                         vonk_error *err)
{
    doing d = {.answer = ret};
    vonk_http_request mine = *request;
    vonk_http_call *call = NULL;
    *ret = (vonk_http_answer){0};
    mine.context = &d;
    mine.on_data = NULL;
    mine.on_done = keep_answer;
    VONK_TRY(vonk_http_start(http, &mine, &call, err));
    vonk_status status = VONK_OK;
    while (!d.done && status == VONK_OK)
        status = vonk_http_poll(http, -1, err);
    if (status != VONK_OK) {
        if (!d.done)
            vonk_http_cancel(call);
        return status;
    }
    if (d.error.status == VONK_OK && (ret->body.failed || ret->headers.failed))
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    if (d.error.status != VONK_OK && err)
        *err = d.error;
    return d.error.status;
}

void vonk_http_answer_free(vonk_http_answer *answer)
{
    vonk_buffer_free(&answer->body);
    vonk_buffer_free(&answer->headers);
    *answer = (vonk_http_answer){0};
}
