/*
 * client.h - one signed request to a bucket, tried again as need be, and what a refusal means.
 *
 *     vonk_s3_call call;
 *     vonk_s3_call_init(&call, bucket, "GET", "key");
 *     VONK_TRY: vonk_s3_do(&call, err), vonk_s3_check(&call, "open", err)
 *     vonk_s3_call_end(&call);
 */
#ifndef VONK_FS_S3_CLIENT_H
#define VONK_FS_S3_CLIENT_H

#include "fs/remote/request.h"
#include "fs/s3/bucket.h"
#include "fs/s3/replies.h"
#include "fs/s3/sign.h"

typedef struct vonk_s3_call {
    vonk_remote_request remote; /* remote.target is the call */
    vonk_s3_bucket *bucket;     /* borrowed */
    const char *key;            /* raw; NULL: the bucket itself. Borrowed, as all texts here */
    uint32_t n_params;
    vonk_s3_param params[VONK_S3_PARAMS];
    const char *copy_source; /* x-amz-copy-source, escaped */
    const char *if_match;    /* ETag */
    const char *md5;         /* Content-MD5 */
    const char *range;       /* "bytes=-65536": of a read whose length is not known */
    vonk_slice body;
    bool error_in_200; /* the answer may be 200 with an error inside: read it before believing */

    vonk_s3_keys *keys;  /* of the last try */
    bool renewed;        /* fresh keys were asked for once */
    vonk_s3_error error; /* of the last answer; code "" if it was good */
} vonk_s3_call;

void vonk_s3_call_init(vonk_s3_call *call, vonk_s3_bucket *bucket, const char *method,
                       const char *key);
void vonk_s3_call_param(vonk_s3_call *call, const char *name, const char *value);
vonk_status vonk_s3_start(vonk_s3_call *call, vonk_error *err) VONK_MUST_CHECK;
/* Errors: no answer came, in all tries; the message names the endpoint. */
vonk_status vonk_s3_wait(vonk_s3_call *call, vonk_error *err) VONK_MUST_CHECK;
static inline vonk_status vonk_s3_do(vonk_s3_call *call, vonk_error *err)
{
    VONK_TRY(vonk_s3_start(call, err));
    return vonk_s3_wait(call, err);
}
void vonk_s3_call_end(vonk_s3_call *call);

static inline int vonk_s3_status(const vonk_s3_call *call)
{
    return call->remote.call.status;
}
static inline vonk_slice vonk_s3_body(const vonk_s3_call *call)
{
    const vonk_buffer *b = &call->remote.call.answer;
    return (vonk_slice){b->data ? b->data : "", b->length};
}
static inline const char *vonk_s3_header(const vonk_s3_call *call, vonk_io_header header)
{
    return call->remote.call.kept[header];
}

/*
 * VONK_OK if the answer was 2xx. Else an error that says what a user can do: VONK_NOT_FOUND,
 * VONK_DENIED, VONK_IO, VONK_USER with PATH_NOT_FOUND (no such bucket). `verb`: "open".
 */
vonk_status vonk_s3_check(const vonk_s3_call *call, const char *verb,
                          vonk_error *err) VONK_MUST_CHECK;

#endif
