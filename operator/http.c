/* http.c - see http.h. */
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "operator/http.h"

#define STUCK_MS    30000 /* a loop that has not come round in so long is stuck */
#define STACK_BYTES ((size_t)128 << 10)
#define POOL_BYTES  ((size_t)8 << 10)

struct vonk_op_http {
    struct MHD_Daemon *daemon;
    vonk_op_stats *stats;
};

static enum MHD_Result reply(struct MHD_Connection *connection, unsigned status, vonk_buffer *text)
{
    size_t length = text->length;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        length, (void *)vonk_buffer_str(text), MHD_RESPMEM_MUST_COPY);
    vonk_buffer_free(text);
    if (!response)
        return MHD_NO;
    (void)MHD_add_response_header(response, "Content-Type", "text/plain; version=0.0.4");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static unsigned healthy(const vonk_op_stats *stats, vonk_buffer *out)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t late_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 - stats->loop_ms;
    if (late_ms <= STUCK_MS) {
        vonk_buffer_text(out, "ok\n");
        return MHD_HTTP_OK;
    }
    vonk_buffer_printf(out, "the loop has not come round for %lld ms\n", (long long)late_ms);
    return MHD_HTTP_SERVICE_UNAVAILABLE;
}

static unsigned ready(vonk_op_stats *stats, vonk_buffer *out)
{
    (void)pthread_mutex_lock(&stats->lock);
    bool missing = stats->missing[0];
    vonk_buffer_text(out, missing ? stats->missing : "ok\n");
    (void)pthread_mutex_unlock(&stats->lock);
    return missing ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK;
}

static enum MHD_Result serve(void *context, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, const char *data,
                             size_t *data_size, /* NOLINT(readability-non-const-parameter) */
                             void **state)
{
    vonk_op_http *http = context;
    vonk_buffer text = {0};
    unsigned status = MHD_HTTP_OK;
    (void)version, (void)data, (void)data_size, (void)state;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        status = MHD_HTTP_METHOD_NOT_ALLOWED;
        vonk_buffer_text(&text, "only GET\n");
    } else if (strcmp(url, "/metrics") == 0) {
        vonk_op_stats_print(http->stats, &text);
    } else if (strcmp(url, "/healthz") == 0) {
        status = healthy(http->stats, &text);
    } else if (strcmp(url, "/readyz") == 0) {
        status = ready(http->stats, &text);
    } else {
        status = MHD_HTTP_NOT_FOUND;
        vonk_buffer_text(&text, "there are /metrics, /healthz and /readyz\n");
    }
    return reply(connection, status, &text);
}

vonk_status vonk_op_http_start(uint16_t port, vonk_op_stats *stats, vonk_op_http **ret,
                               uint16_t *ret_port, vonk_error *err)
{
    vonk_op_http *http = calloc(1, sizeof *http);
    if (!http)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    http->stats = stats;
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_THREAD_STACK_SIZE, (intptr_t)STACK_BYTES, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)POOL_BYTES, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, 64, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, 10, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    http->daemon = MHD_start_daemon(flags | MHD_USE_DUAL_STACK, port, NULL, NULL, serve, http,
                                    MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    if (!http->daemon) /* no IPv6 here */
        http->daemon = MHD_start_daemon(flags, port, NULL, NULL, serve, http, MHD_OPTION_ARRAY,
                                        options, MHD_OPTION_END);
    if (!http->daemon) {
        free(http);
        return vonk_fail(err, VONK_IO, "cannot listen on port %u: is it taken?", port);
    }
    if (ret_port)
        *ret_port = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    *ret = http;
    return VONK_OK;
}

void vonk_op_http_stop(vonk_op_http *http)
{
    if (!http)
        return;
    MHD_stop_daemon(http->daemon);
    free(http);
}
