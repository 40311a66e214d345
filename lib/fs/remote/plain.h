/*
 * plain.h - a request without a signature: a URL, fixed headers, a body. For files on the web and
 * for services that hand out credentials.
 */
#ifndef VONK_FS_REMOTE_PLAIN_H
#define VONK_FS_REMOTE_PLAIN_H

#include "fs/remote/request.h"

typedef struct vonk_remote_plain {
    vonk_remote_request remote;
    const char *url; /* borrowed, as all below */
    uint32_t n_headers;
    const char *headers[4];
    vonk_slice body;
} vonk_remote_plain;

/* Sets `remote` up for `method` on `url`; the caller may then change limits and fields. */
void vonk_remote_plain_init(vonk_remote_plain *plain, const char *method, const char *url);

/* "scheme://host:port" of a URL, for messages: its path and query may hold secrets. */
vonk_slice vonk_remote_origin(const char *url);

/*
 * Content-Range: "bytes 0-99/1234" -> 0 and 1234. False: it is something else, or `text` is NULL.
 */
bool vonk_content_range(const char *text, uint64_t *ret_start, uint64_t *ret_size);

#endif
