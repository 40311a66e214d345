/*
 * client.c - requests wait for their time (rate limit, back-off), run, and are answered or tried
 * again. Everything happens inside vonk_kube_poll.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kube/internal.h"
#include "kube/json.h"

#define DEFAULT_RATE       200
#define DEFAULT_TIMEOUT_MS 30000
#define FILES_CHECK_MS     60000

typedef struct call {
    struct call *next;
    vonk_kube *kube;
    char *method, *path, *content_type, *body;
    vonk_kube_lane lane;
    void *context;
    vonk_kube_done on_done;
    vonk_http_call *http; /* while it runs */
    int64_t at_ms;        /* not before */
    int64_t deadline_ms;
    vonk_backoff backoff;
    bool renewed; /* tried with a new token already */
    bool over;
} call;

/* A token bucket: `level` requests may go now. */
typedef struct bucket {
    double level;
    int64_t filled_ms;
} bucket;

struct vonk_kube_stream {
    vonk_kube_stream *next;
    vonk_kube *kube;
    vonk_http_call *http; /* NULL: over, to be freed */
    void *context;
    bool (*on_data)(void *context, int status, vonk_slice bytes);
    void (*on_end)(void *context, const vonk_http_response *response);
};

struct vonk_kube {
    vonk_kube_auth auth;
    char *user_agent;
    vonk_kube_settings settings;
    vonk_http *http;
    int64_t files_ms; /* when the certificates' files were looked at */
    bucket buckets[VONK_KUBE_N_LANES];
    call *calls, **calls_end;
    uint32_t n_pending, n_running;
    vonk_kube_stream *streams;
    vonk_kube_timer *timers;
    uint64_t dice;
};

/* ---- the client ---- */

vonk_status vonk_kube_new(const vonk_kube_config *config, const vonk_kube_settings *settings,
                          vonk_kube **ret, vonk_error *err)
{
    static const vonk_kube_settings defaults;
    vonk_kube *kube = calloc(1, sizeof(*kube));
    if (!kube)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    kube->settings = settings ? *settings : defaults;
    if (!kube->settings.requests_per_second)
        kube->settings.requests_per_second = DEFAULT_RATE;
    if (!kube->settings.timeout_ms)
        kube->settings.timeout_ms = DEFAULT_TIMEOUT_MS;
    const char *agent = kube->settings.user_agent;
    kube->user_agent = strdup(agent ? agent : "vonk/" VONK_VERSION " (linux)");
    kube->settings.user_agent = NULL;
    kube->calls_end = &kube->calls;
    kube->files_ms = vonk_kube_now_ms();
    kube->dice = (uint64_t)kube->files_ms * 31 + (uint64_t)time(NULL);
    vonk_status status = kube->user_agent ? vonk_kube_auth_new(&kube->auth, config, err)
                                          : vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    if (status == VONK_OK)
        status = vonk_kube_auth_connect(&kube->auth, kube->user_agent, &kube->http, err);
    if (status != VONK_OK)
        vonk_kube_free(kube);
    else
        *ret = kube;
    return status;
}

static void free_call(call *c)
{
    free(c->method);
    free(c->path);
    free(c->content_type);
    free(c->body);
    free(c);
}

void vonk_kube_free(vonk_kube *kube)
{
    if (!kube)
        return;
    vonk_http_free(kube->http);
    while (kube->calls) {
        call *c = kube->calls;
        kube->calls = c->next;
        free_call(c);
    }
    while (kube->streams) {
        vonk_kube_stream *s = kube->streams;
        kube->streams = s->next;
        free(s);
    }
    vonk_kube_auth_free(&kube->auth);
    free(kube->user_agent);
    free(kube);
}

const char *vonk_kube_namespace(const vonk_kube *kube)
{
    return kube->auth.config.namespace_name;
}

const char *vonk_kube_server(const vonk_kube *kube)
{
    return kube->auth.config.server;
}

uint32_t vonk_kube_n_pending(const vonk_kube *kube)
{
    return kube->n_pending;
}

uint64_t *vonk_kube_dice(vonk_kube *kube)
{
    return &kube->dice;
}

void vonk_kube_wake(vonk_kube *kube)
{
    vonk_http_wake(kube->http);
}

void vonk_kube_renew_token(vonk_kube *kube)
{
    vonk_error ignored; /* the next request will say it */
    if (vonk_kube_auth_refresh(&kube->auth, true, &ignored) != VONK_OK)
        kube->auth.read_ms = 0;
}

/* ---- requests ---- */

static char *copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

vonk_status vonk_kube_send(vonk_kube *kube, const vonk_kube_request *request, vonk_error *err)
{
    call *c = calloc(1, sizeof(*c));
    if (!c)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    int64_t now = vonk_kube_now_ms();
    *c = (call){.kube = kube,
                .method = copy(request->method),
                .path = copy(request->path),
                .content_type =
                    copy(request->content_type ? request->content_type : "application/json"),
                .body = request->body ? cJSON_PrintUnformatted(request->body) : NULL,
                .lane = request->lane,
                .context = request->context,
                .on_done = request->on_done,
                .at_ms = now,
                .deadline_ms =
                    now + (request->timeout_ms ? request->timeout_ms : kube->settings.timeout_ms),
                .backoff = {.base_ms = 200, .max_ms = 5000, .dice = vonk_dice(&kube->dice)}};
    if (!c->method || !c->path || !c->content_type || (request->body && !c->body)) {
        free_call(c);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    }
    *kube->calls_end = c;
    kube->calls_end = &c->next;
    kube->n_pending++;
    return VONK_OK;
}

static void answer(call *c, const vonk_http_response *response)
{
    vonk_kube_reply reply;
    cJSON *object = NULL;
    if (response->error.status == VONK_OK && response->body.length)
        object = cJSON_ParseWithLength(response->body.data, response->body.length);
    vonk_kube_reply_of(c->method, c->path, response, object, &reply);
    c->over = true;
    c->kube->n_pending--;
    if (c->on_done)
        c->on_done(c->context, &reply);
    cJSON_Delete(object);
}

/* Milliseconds after which another try is sensible and safe; -1: it is not. */
static int64_t retry_wait(call *c, const vonk_http_response *response)
{
    bool repeatable = !strcmp(c->method, "GET");
    if (response->error.status != VONK_OK)
        return repeatable || response->refused ? (int64_t)vonk_backoff_next(&c->backoff) : -1;
    if (response->status == 401 && !c->renewed) {
        c->renewed = true;
        vonk_kube_renew_token(c->kube);
        return 0;
    }
    if (response->status != 429 && !(repeatable && vonk_http_is_transient(response->status)))
        return -1;
    const char *after = vonk_http_header(response->call, "Retry-After");
    int64_t wait = after ? vonk_retry_after_ms(vonk_slice_of(after), (int64_t)time(NULL)) : -1;
    uint32_t backoff = vonk_backoff_next(&c->backoff);
    return wait >= 0 ? wait + backoff / 4 : backoff;
}

static void finished(void *context, const vonk_http_response *response)
{
    call *c = context;
    int64_t now = vonk_kube_now_ms(), wait = retry_wait(c, response);
    c->http = NULL;
    c->kube->n_running--;
    if (wait >= 0 && now + wait < c->deadline_ms) {
        c->at_ms = now + wait;
        return;
    }
    answer(c, response);
}

static void fail_call(call *c, const vonk_error *error)
{
    vonk_http_response response = {.error = *error};
    answer(c, &response);
}

static void start_call(vonk_kube *kube, call *c, int64_t now)
{
    vonk_error err;
    vonk_buffer url = {0}, type = {0};
    const char *headers[3] = {"Accept: application/json"};
    vonk_http_request request = {.method = c->method, .n_headers = 1, .headers = headers};
    vonk_status status = vonk_kube_auth_refresh(&kube->auth, false, &err);
    vonk_buffer_printf(&url, "%s%s", kube->auth.config.server, c->path);
    if (kube->auth.header.length)
        headers[request.n_headers++] = vonk_buffer_str(&kube->auth.header);
    if (c->body) {
        vonk_buffer_printf(&type, "Content-Type: %s", c->content_type);
        headers[request.n_headers++] = vonk_buffer_str(&type);
        request.body = vonk_slice_of(c->body);
    }
    request.url = vonk_buffer_str(&url);
    request.timeout_ms = (uint32_t)(c->deadline_ms > now ? c->deadline_ms - now : 1);
    request.context = c;
    request.on_done = finished;
    if (status == VONK_OK)
        status = vonk_http_start(kube->http, &request, &c->http, &err);
    kube->n_running += status == VONK_OK;
    vonk_buffer_free(&url);
    vonk_buffer_free(&type);
    if (status != VONK_OK)
        fail_call(c, &err);
}

/* Takes a token of the lane; else *ret_wait = milliseconds until there is one. */
static bool take_token(vonk_kube *kube, vonk_kube_lane lane, int64_t now, int64_t *ret_wait)
{
    bucket *b = &kube->buckets[lane];
    double rate = kube->settings.requests_per_second;
    double level = b->filled_ms ? b->level + (double)(now - b->filled_ms) * rate / 1000 : 2 * rate;
    b->filled_ms = now;
    b->level = level < 2 * rate ? level : 2 * rate;
    if (b->level < 1) {
        *ret_wait = (int64_t)((1 - b->level) * 1000 / rate) + 1;
        return false;
    }
    b->level -= 1;
    return true;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Starts what is due; returns the milliseconds until the next one is. */
static int64_t start_due(vonk_kube *kube)
{
    int64_t now = vonk_kube_now_ms(), wait = INT32_MAX;
    for (call *c = kube->calls; c; c = c->next) {
        int64_t token = 0;
        if (c->over || c->http)
            continue;
        if (c->at_ms > now)
            wait = least(wait, c->at_ms - now);
        else if (!take_token(kube, c->lane, now, &token))
            wait = least(wait, token);
        else
            start_call(kube, c, now);
        if (c->over)
            wait = 0; /* it failed at once, and its owner may wait for just that */
    }
    return wait;
}

static void free_over(vonk_kube *kube)
{
    for (call **at = &kube->calls; *at;) {
        call *c = *at;
        if (!c->over) {
            at = &c->next;
            continue;
        }
        *at = c->next;
        free_call(c);
    }
    kube->calls_end = &kube->calls;
    while (*kube->calls_end)
        kube->calls_end = &(*kube->calls_end)->next;
    for (vonk_kube_stream **at = &kube->streams; *at;) {
        vonk_kube_stream *s = *at;
        if (s->http) {
            at = &s->next;
            continue;
        }
        *at = s->next;
        free(s);
    }
}

/* ---- streams ---- */

static bool stream_data(void *context, int status, vonk_slice bytes)
{
    vonk_kube_stream *s = context;
    return s->on_data(s->context, status, bytes);
}

static void stream_end(void *context, const vonk_http_response *response)
{
    vonk_kube_stream *s = context;
    s->http = NULL;
    s->on_end(s->context, response);
}

vonk_status vonk_kube_stream_start(vonk_kube *kube, const vonk_kube_stream_request *from,
                                   vonk_kube_stream **ret, vonk_error *err)
{
    VONK_TRY(vonk_kube_auth_refresh(&kube->auth, false, err));
    vonk_kube_stream *s = calloc(1, sizeof(*s));
    if (!s)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    *s = (vonk_kube_stream){
        .kube = kube, .context = from->context, .on_data = from->on_data, .on_end = from->on_end};
    const char *headers[2] = {"Accept: application/json, */*"};
    vonk_buffer url = {0};
    vonk_buffer_printf(&url, "%s%s", kube->auth.config.server, from->path);
    vonk_http_request request = {.method = "GET",
                                 .url = vonk_buffer_str(&url),
                                 .n_headers = 1,
                                 .headers = headers,
                                 .idle_ms = from->idle_ms,
                                 .context = s,
                                 .on_data = stream_data,
                                 .on_done = stream_end};
    if (kube->auth.header.length)
        headers[request.n_headers++] = vonk_buffer_str(&kube->auth.header);
    vonk_status status = vonk_http_start(kube->http, &request, &s->http, err);
    vonk_buffer_free(&url);
    if (status != VONK_OK) {
        free(s);
        return status;
    }
    s->next = kube->streams;
    kube->streams = s;
    *ret = s;
    return VONK_OK;
}

void vonk_kube_stream_stop(vonk_kube_stream *stream)
{
    if (stream->http)
        vonk_http_cancel(stream->http);
    stream->http = NULL; /* freed by the next poll */
}

/* ---- timers ---- */

void vonk_kube_timer_add(vonk_kube *kube, vonk_kube_timer *timer)
{
    timer->next = kube->timers;
    kube->timers = timer;
}

void vonk_kube_timer_remove(vonk_kube *kube, vonk_kube_timer *timer)
{
    for (vonk_kube_timer **at = &kube->timers; *at; at = &(*at)->next) {
        if (*at == timer) {
            *at = timer->next;
            return;
        }
    }
}

/* Fires one timer that is due, if there is one: firing may change the list. */
static bool fire_one(vonk_kube *kube, int64_t now)
{
    for (vonk_kube_timer *t = kube->timers; t; t = t->next) {
        if (t->due_ms > now)
            continue;
        t->due_ms = INT64_MAX;
        t->fire(t->context);
        return true;
    }
    return false;
}

static int64_t timers_wait(const vonk_kube *kube, int64_t now)
{
    int64_t wait = INT32_MAX;
    for (const vonk_kube_timer *t = kube->timers; t; t = t->next)
        wait = least(wait, t->due_ms > now ? t->due_ms - now : 0);
    return wait;
}

/* ---- polling ---- */

/* New certificates mean new connections, once no request is under way on the old ones. */
static vonk_status follow_files(vonk_kube *kube, vonk_error *err)
{
    int64_t now = vonk_kube_now_ms();
    if (now - kube->files_ms < FILES_CHECK_MS || kube->n_running)
        return VONK_OK;
    kube->files_ms = now;
    if (!vonk_kube_auth_changed(&kube->auth))
        return VONK_OK;
    vonk_http *old = kube->http;
    VONK_TRY(vonk_kube_auth_connect(&kube->auth, kube->user_agent, &kube->http, err));
    vonk_http_free(old);
    vonk_http_response cut = {0};
    vonk_fail(&cut.error, VONK_IO, "the certificates have changed");
    for (vonk_kube_stream *s = kube->streams, *next; s; s = next) {
        next = s->next;
        bool was = s->http != NULL;
        s->http = NULL;
        if (was)
            s->on_end(s->context, &cut);
    }
    return VONK_OK;
}

vonk_status vonk_kube_poll(vonk_kube *kube, int timeout_ms, vonk_error *err)
{
    VONK_TRY(follow_files(kube, err));
    int64_t now = vonk_kube_now_ms();
    bool fired = false;
    while (fire_one(kube, now))
        fired = true;
    int64_t wait = start_due(kube);
    wait = least(wait, timers_wait(kube, vonk_kube_now_ms()));
    if (timeout_ms >= 0)
        wait = least(wait, timeout_ms);
    vonk_status status = vonk_http_poll(kube->http, fired ? 0 : (int)wait, err);
    (void)start_due(kube); /* what the callbacks have sent */
    free_over(kube);
    return status;
}

/* ---- one request, start to end ---- */

typedef struct doing {
    cJSON *object;
    int status;
    vonk_error error;
    bool done;
} doing;

static void keep(void *context, const vonk_kube_reply *reply)
{
    doing *d = context;
    d->done = true;
    d->status = reply->status;
    d->error = reply->error;
    if (reply->error.status == VONK_OK && reply->object)
        d->object = cJSON_Duplicate(reply->object, true);
}

vonk_status vonk_kube_do(vonk_kube *kube, const vonk_kube_request *request, cJSON **ret,
                         int *ret_status, vonk_error *err)
{
    doing d = {0};
    vonk_kube_request mine = *request;
    mine.context = &d;
    mine.on_done = keep;
    VONK_TRY(vonk_kube_send(kube, &mine, err));
    while (!d.done) {
        vonk_status status = vonk_kube_poll(kube, -1, err);
        if (status == VONK_OK)
            continue;
        for (call *c = kube->calls; c; c = c->next)
            c->on_done = c->context == &d ? NULL : c->on_done;
        return status;
    }
    if (ret_status)
        *ret_status = d.status;
    if (d.error.status != VONK_OK) {
        cJSON_Delete(d.object);
        if (err)
            *err = d.error;
        return d.error.status;
    }
    if (ret)
        *ret = d.object;
    else
        cJSON_Delete(d.object);
    return VONK_OK;
}
