/* log.c - a container's log, line by line. */
#include <stdlib.h>
#include <string.h>

#include "kube/internal.h"

#define MAX_LINE   ((size_t)1 << 20)
#define MAX_ANSWER ((size_t)64 << 10) /* of an error */
#define QUIET_MS   ((uint32_t)24 * 3600 * 1000)

struct vonk_kube_log {
    vonk_kube_log_request request; /* texts are not kept */
    vonk_kube_stream *stream;
    char *path;
    vonk_buffer line;
    bool failed; /* the bytes are an error's */
};

static void free_log(vonk_kube_log *log)
{
    vonk_buffer_free(&log->line);
    free(log->path);
    free(log);
}

static bool take(void *context, int status, vonk_slice bytes)
{
    vonk_kube_log *log = context;
    log->failed = status != 200;
    if (log->failed) {
        if (log->line.length + bytes.length < MAX_ANSWER)
            vonk_buffer_append(&log->line, bytes.data, bytes.length);
        return true;
    }
    while (bytes.length) {
        const char *end = memchr(bytes.data, '\n', bytes.length);
        size_t n = end ? (size_t)(end - bytes.data) : bytes.length;
        vonk_buffer_append(&log->line, bytes.data, n);
        if (end || log->line.length >= MAX_LINE) {
            log->request.on_line(log->request.context,
                                 (vonk_slice){vonk_buffer_str(&log->line), log->line.length});
            log->line.length = 0;
        }
        n += end != NULL;
        bytes = (vonk_slice){bytes.data + n, bytes.length - n};
    }
    return true;
}

static void ended(void *context, const vonk_http_response *response)
{
    vonk_kube_log *log = context;
    vonk_kube_reply reply;
    vonk_http_response whole = *response;
    cJSON *object = NULL;
    if (log->failed) {
        whole.body = (vonk_slice){vonk_buffer_str(&log->line), log->line.length};
        object = cJSON_ParseWithLength(whole.body.data, whole.body.length);
    } else if (log->line.length) {
        log->request.on_line(log->request.context,
                             (vonk_slice){vonk_buffer_str(&log->line), log->line.length});
    }
    vonk_kube_reply_of("GET", log->path, &whole, object, &reply);
    log->stream = NULL;
    log->request.on_end(log->request.context, &reply.error);
    cJSON_Delete(object);
    free_log(log);
}

vonk_status vonk_kube_log_start(vonk_kube *kube, const vonk_kube_log_request *request,
                                vonk_kube_log **ret, vonk_error *err)
{
    vonk_arena arena = {0};
    vonk_buffer query = {0};
    vonk_kube_log *log = calloc(1, sizeof(*log));
    if (!log)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    log->request = *request;
    vonk_buffer_text(&query, request->follow ? "follow=true" : "follow=false");
    if (request->container) {
        vonk_buffer_text(&query, "&container=");
        vonk_url_escape(&query, vonk_slice_of(request->container), false);
    }
    vonk_kube_path path = {.version = "v1",
                           .namespace_name = request->namespace_name,
                           .plural = "pods",
                           .name = request->pod,
                           .subresource = "log"};
    char *text = vonk_kube_path_print(&arena, &path, vonk_buffer_str(&query), err);
    log->path = text ? strdup(text) : NULL;
    vonk_status status = log->path ? VONK_OK : vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    vonk_kube_stream_request stream = {
        .path = log->path, .idle_ms = QUIET_MS, .context = log, .on_data = take, .on_end = ended};
    if (status == VONK_OK)
        status = vonk_kube_stream_start(kube, &stream, &log->stream, err);
    vonk_buffer_free(&query);
    vonk_arena_free(&arena);
    if (status != VONK_OK)
        free_log(log);
    else
        *ret = log;
    return status;
}

void vonk_kube_log_stop(vonk_kube_log *log)
{
    if (!log)
        return;
    if (log->stream)
        vonk_kube_stream_stop(log->stream);
    free_log(log);
}
