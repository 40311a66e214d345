/* io.c - threads that carry calls, each with a client of its own. */
#include "fs/remote/io.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "net/http.h"

#define N_THREADS 2
#define POLL_MS   1000
#define SLEEP_MS  60000 /* with nothing to do; vonk_http_wake ends it */

typedef struct io_thread {
    pthread_t id;
    vonk_http *http;
    vonk_io_call *queue, **queue_end; /* guarded by lock */
    vonk_io_call *active;             /* guarded by lock */
    bool cancels;                     /* some active call is to be cancelled; guarded by lock */
} io_thread;

/* Connections are the process's, as sockets are: every store and thread shares them. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool stopping; /* all below: guarded by lock */
    uint32_t n_threads, next;
    io_thread threads[N_THREADS];
} io = {.lock = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};

static const char *const kept_names[VONK_IO_N_HEADERS] = {
    [VONK_IO_ETAG] = "ETag",
    [VONK_IO_CONTENT_RANGE] = "Content-Range",
    [VONK_IO_CONTENT_LENGTH] = "Content-Length",
    [VONK_IO_CONTENT_TYPE] = "Content-Type",
    [VONK_IO_LAST_MODIFIED] = "Last-Modified",
    [VONK_IO_RETRY_AFTER] = "Retry-After",
    [VONK_IO_DATE] = "Date",
    [VONK_IO_BUCKET_REGION] = "x-amz-bucket-region",
    [VONK_IO_LOCATION] = "Location",
};

static void remove_active(vonk_io_call *call)
{
    vonk_io_call **at = &call->thread->active;
    while (*at && *at != call)
        at = &(*at)->next;
    if (*at)
        *at = call->next;
    call->next = NULL;
}

static void end_call(vonk_io_call *call)
{
    pthread_mutex_lock(&io.lock);
    remove_active(call);
    call->http = NULL;
    call->done = true;
    pthread_cond_broadcast(&io.done);
    pthread_mutex_unlock(&io.lock);
}

static bool on_data(void *context, int status, vonk_slice bytes)
{
    vonk_io_call *call = context;
    if (call->to && status == call->to_status) {
        if (bytes.length > call->to_size - call->n_to)
            return false; /* more than was asked for: n_to tells */
        memcpy(call->to + call->n_to, bytes.data, bytes.length);
        call->n_to += bytes.length;
        return true;
    }
    size_t room = call->max_body > call->answer.length ? call->max_body - call->answer.length : 0;
    vonk_buffer_append(&call->answer, bytes.data, bytes.length < room ? bytes.length : room);
    return true;
}

static void on_done(void *context, const vonk_http_response *response)
{
    vonk_io_call *call = context;
    call->status = response->status;
    call->error = response->error;
    call->refused = response->refused;
    if (call->error.status == VONK_CANCELLED)
        (void)vonk_fail(&call->error, VONK_CORRUPT, "the server sent more than was asked for");
    for (int h = 0; h < VONK_IO_N_HEADERS && response->status; h++) {
        const char *value = vonk_http_header(response->call, kept_names[h]);
        call->kept[h] = value ? strdup(value) : NULL;
    }
    if (call->error.status == VONK_OK && call->answer.failed)
        (void)vonk_fail(&call->error, VONK_NO_MEMORY, "out of memory for an answer");
    end_call(call);
}

static void start_one(io_thread *t, vonk_io_call *call)
{
    vonk_http_request request = {
        .method = call->method,
        .url = call->url,
        .n_headers = call->n_headers,
        .headers = call->headers,
        .body = call->body,
        .idle_ms = call->idle_ms,
        .context = call,
        .on_data = on_data,
        .on_done = on_done,
    };
    vonk_http_call *http = NULL;
    vonk_status status = vonk_http_start(t->http, &request, &http, &call->error);
    pthread_mutex_lock(&io.lock);
    if (status == VONK_OK) {
        if (!call->done)
            call->http = http;
        pthread_mutex_unlock(&io.lock);
        return;
    }
    pthread_mutex_unlock(&io.lock);
    end_call(call);
}

/* Ends the calls that nobody waits for any more. */
static void cancel_calls(io_thread *t)
{
    for (;;) {
        pthread_mutex_lock(&io.lock);
        vonk_io_call *call = t->cancels ? t->active : NULL;
        while (call && !(call->cancelled && call->http))
            call = call->next;
        vonk_http_call *http = call ? call->http : NULL;
        if (!call)
            t->cancels = false;
        pthread_mutex_unlock(&io.lock);
        if (!http)
            return;
        vonk_http_cancel(http);
        (void)vonk_fail(&call->error, VONK_CANCELLED, "cancelled");
        end_call(call);
    }
}

/* Takes the queue; false: it is time to end. */
static bool take_queue(io_thread *t, vonk_io_call **ret)
{
    pthread_mutex_lock(&io.lock);
    bool go_on = !io.stopping;
    vonk_io_call *calls = t->queue;
    t->queue = NULL;
    t->queue_end = &t->queue;
    *ret = calls;
    for (vonk_io_call *c = calls, *next; c; c = next) {
        next = c->next;
        c->next = t->active;
        t->active = c;
    }
    pthread_mutex_unlock(&io.lock);
    return go_on;
}

static vonk_io_call *next_new(io_thread *t)
{
    pthread_mutex_lock(&io.lock);
    vonk_io_call *call = t->active;
    while (call && call->http)
        call = call->next;
    pthread_mutex_unlock(&io.lock);
    return call;
}

static void *thread_main(void *context)
{
    io_thread *t = context;
    vonk_io_call *calls;
    while (take_queue(t, &calls)) {
        for (vonk_io_call *call = calls ? next_new(t) : NULL; call; call = next_new(t))
            start_one(t, call);
        cancel_calls(t);
        vonk_error ignored;
        int timeout = vonk_http_n_calls(t->http) ? POLL_MS : SLEEP_MS;
        if (vonk_http_poll(t->http, timeout, &ignored) != VONK_OK)
            continue;
    }
    return NULL;
}

/* At the end of the process, so that no thread uses libraries that are being taken down. */
static void stop_threads(void)
{
    pthread_mutex_lock(&io.lock);
    io.stopping = true;
    uint32_t n = io.n_threads;
    pthread_mutex_unlock(&io.lock);
    for (uint32_t i = 0; i < n; i++) {
        vonk_http_wake(io.threads[i].http);
        pthread_join(io.threads[i].id, NULL);
        vonk_http_free(io.threads[i].http);
    }
}

/* With the lock held. */
static vonk_status start_threads(uint32_t connect_ms, vonk_error *err)
{
    vonk_http_settings settings = {
        .user_agent = "vonk/" VONK_VERSION,
        .ca_file = getenv("AWS_CA_BUNDLE"),
        .connect_ms = connect_ms,
    };
    while (io.n_threads < N_THREADS && !io.stopping) {
        io_thread *t = &io.threads[io.n_threads];
        t->queue_end = &t->queue;
        VONK_TRY(vonk_http_new(&settings, &t->http, err));
        int failed = pthread_create(&t->id, NULL, thread_main, t);
        if (failed || (io.n_threads == 0 && atexit(stop_threads) != 0)) {
            if (failed)
                vonk_http_free(t->http);
            return vonk_fail(err, VONK_NO_MEMORY, "cannot start a thread for requests");
        }
        io.n_threads++;
    }
    return io.stopping ? vonk_fail(err, VONK_CANCELLED, "the process is ending") : VONK_OK;
}

vonk_status vonk_io_start(vonk_io_call *call, vonk_error *err)
{
    call->done = call->cancelled = call->refused = false;
    call->status = 0;
    call->n_to = 0;
    call->next = NULL;
    call->http = NULL;
    call->error = (vonk_error){.position = -1, .position_end = -1};
    pthread_mutex_lock(&io.lock);
    vonk_status status = start_threads(call->connect_ms, err);
    if (status == VONK_OK) {
        io_thread *t = &io.threads[io.next++ % io.n_threads];
        call->thread = t;
        *t->queue_end = call;
        t->queue_end = &call->next;
        vonk_http_wake(t->http);
    }
    pthread_mutex_unlock(&io.lock);
    return status;
}

void vonk_io_wait(vonk_io_call *call)
{
    pthread_mutex_lock(&io.lock);
    while (!call->done)
        pthread_cond_wait(&io.done, &io.lock);
    pthread_mutex_unlock(&io.lock);
}

bool vonk_io_is_done(vonk_io_call *call)
{
    pthread_mutex_lock(&io.lock);
    bool done = call->done;
    pthread_mutex_unlock(&io.lock);
    return done;
}

void vonk_io_cancel(vonk_io_call *call)
{
    pthread_mutex_lock(&io.lock);
    if (!call->done) {
        call->cancelled = true;
        call->thread->cancels = true;
        vonk_http_wake(call->thread->http);
    }
    pthread_mutex_unlock(&io.lock);
    vonk_io_wait(call);
}

void vonk_io_clear(vonk_io_call *call)
{
    vonk_buffer_free(&call->answer);
    for (int h = 0; h < VONK_IO_N_HEADERS; h++) {
        free(call->kept[h]);
        call->kept[h] = NULL;
    }
}
