/*
 * replies.h - what S3 and STS answer, decoded. Texts live in the arena given.
 *
 * Errors of all: VONK_CORRUPT: not such an answer; VONK_NO_MEMORY.
 * Source: Amazon S3 API Reference, AWS STS API Reference.
 */
#ifndef VONK_FS_S3_REPLIES_H
#define VONK_FS_S3_REPLIES_H

#include "base/arena.h"
#include "base/buffer.h"

typedef struct vonk_s3_error {
    char code[64]; /* "NoSuchKey"; "" if the answer has none */
    char message[400];
    char region[64]; /* where the bucket is, if it says so */
} vonk_s3_error;

/* Never fails: an answer that is no error has no code. */
void vonk_s3_get_error(vonk_slice body, vonk_s3_error *ret);

typedef struct vonk_s3_object {
    const char *key; /* or a common prefix */
    uint64_t size;
    int64_t mtime_ns;
    bool is_prefix;
} vonk_s3_object;

typedef struct vonk_s3_page {
    uint32_t n;
    vonk_s3_object *objects;
    const char *next; /* continuation token; NULL: the last page */
} vonk_s3_page;

/* A page of ListObjectsV2, keys decoded if it says encoding-type url. */
vonk_status vonk_s3_get_page(vonk_slice body, vonk_arena *arena, vonk_s3_page *ret,
                             vonk_error *err) VONK_MUST_CHECK;

typedef struct vonk_s3_upload {
    const char *key, *id;
    int64_t initiated_s; /* since 1970; 0 if not known */
} vonk_s3_upload;

typedef struct vonk_s3_uploads {
    uint32_t n;
    vonk_s3_upload *uploads;
    const char *next_key, *next_id; /* NULL: the last page */
} vonk_s3_uploads;

vonk_status vonk_s3_get_uploads(vonk_slice body, vonk_arena *arena, vonk_s3_uploads *ret,
                                vonk_error *err) VONK_MUST_CHECK;

/* Of InitiateMultipartUploadResult. */
vonk_status vonk_s3_get_upload_id(vonk_slice body, vonk_arena *arena, const char **ret,
                                  vonk_error *err) VONK_MUST_CHECK;

/* The first failure in a DeleteResult; code "" if there is none. */
vonk_status vonk_s3_get_deleted(vonk_slice body, char ret_key[1100], vonk_s3_error *ret,
                                vonk_error *err) VONK_MUST_CHECK;

typedef struct vonk_s3_role {
    const char *access_key, *secret_key, *session_token;
    int64_t expires_s; /* since 1970 */
} vonk_s3_role;

/* Of AssumeRoleWithWebIdentityResponse. */
vonk_status vonk_s3_get_role(vonk_slice body, vonk_arena *arena, vonk_s3_role *ret,
                             vonk_error *err) VONK_MUST_CHECK;

/* "2015-08-30T12:36:00.000Z" or "Sun, 06 Nov 1994 08:49:37 GMT" as seconds since 1970; 0: neither.
 */
int64_t vonk_s3_time(const char *text);

#endif
