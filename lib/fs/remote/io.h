/*
 * io.h - HTTP requests from any thread: a few threads of their own carry them, over connections
 * that all stores of the process share.
 *
 *      start ──▶ queue ──▶ thread with a vonk_http ──▶ done ──▶ wait
 *
 * The threads begin with the first request and end with the process. One attempt per call: what is
 * tried again is request.h's business.
 */
#ifndef VONK_FS_REMOTE_IO_H
#define VONK_FS_REMOTE_IO_H

#include "base/buffer.h"

#define VONK_IO_HEADERS 10 /* most headers of a request */

/* Headers of answers that are kept. */
typedef enum vonk_io_header {
    VONK_IO_ETAG,
    VONK_IO_CONTENT_RANGE,
    VONK_IO_CONTENT_LENGTH,
    VONK_IO_CONTENT_TYPE,
    VONK_IO_LAST_MODIFIED,
    VONK_IO_RETRY_AFTER,
    VONK_IO_DATE,
    VONK_IO_BUCKET_REGION,
    VONK_IO_LOCATION,
    VONK_IO_N_HEADERS,
} vonk_io_header;

/* One request and its answer. The caller's memory, untouched by the caller while under way. */
typedef struct vonk_io_call {
    /* asked */
    const char *method, *url;
    uint32_t n_headers;
    const char *headers[VONK_IO_HEADERS];
    vonk_slice body;
    uint32_t idle_ms, connect_ms; /* 0: the client's default; connect_ms: of the first call only */
    size_t max_body;              /* of an answer that goes into `answer`; longer is cut off */
    /* Bytes of an answer with the status `to_status` go here; more than to_size are an error. */
    int to_status;
    char *to;
    size_t to_size;

    /* answered */
    int status;       /* 0: no answer */
    vonk_error error; /* status VONK_OK: the answer came whole */
    bool refused;     /* no connection: the server did not see it */
    size_t n_to;
    vonk_buffer answer;
    char *kept[VONK_IO_N_HEADERS]; /* NULL: it had none; malloc'ed */

    /* io.c's: guarded by its lock */
    struct vonk_io_call *next;
    struct io_thread *thread;
    struct vonk_http_call *http;
    bool done, cancelled;
} vonk_io_call;

/* Begins the request. Errors: VONK_NO_MEMORY; then there is nothing to wait for. */
vonk_status vonk_io_start(vonk_io_call *call, vonk_error *err) VONK_MUST_CHECK;
/* Until it is answered, failed or cancelled: call->error says which. */
void vonk_io_wait(vonk_io_call *call);
/* Whether vonk_io_wait would return at once. */
bool vonk_io_is_done(vonk_io_call *call);
/* Ends it; when this returns, nothing touches the call any more. */
void vonk_io_cancel(vonk_io_call *call);
/* Frees the answer (not the call): it may be started again. */
void vonk_io_clear(vonk_io_call *call);

#endif
