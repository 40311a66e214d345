/*
 * sign.h - AWS Signature Version 4: the Authorization header of one request. A pure function.
 *
 * Source: "AWS Signature Version 4 for API requests" (IAM User Guide) and "Authenticating Requests
 * (AWS Signature Version 4)" (Amazon S3 API Reference). What is signed is exactly what is sent: the
 * query is sorted and escaped here, and the URL is made of the same text. Of headers, host and
 * x-amz-* are signed, nothing else: a client or proxy may change others.
 */
#ifndef VONK_FS_S3_SIGN_H
#define VONK_FS_S3_SIGN_H

#include "base/buffer.h"

#define VONK_S3_HASH_TEXT 65 /* 64 hex digits and a NUL */
#define VONK_S3_UNSIGNED  "UNSIGNED-PAYLOAD"
#define VONK_S3_PARAMS    8 /* most query parameters of a request */
#define VONK_S3_HEADERS   8 /* most headers that are signed */

/* Raw (not escaped) name and value; {"uploads", ""} is sent as "uploads=". */
typedef struct vonk_s3_param {
    const char *name, *value;
} vonk_s3_param;

typedef struct vonk_s3_to_sign {
    const char *method;
    const char *path;  /* escaped, begins with '/' */
    const char *query; /* of vonk_s3_query, "" if none */
    uint32_t n_headers;
    const vonk_s3_param *headers; /* lower-case names, sorted; all are signed */
    const char *payload;          /* hex SHA-256 of the body, or VONK_S3_UNSIGNED */
    const char *access_key, *secret_key;
    const char *region, *service; /* "us-east-1", "s3" */
    int64_t now_s;                /* seconds since 1970 */
} vonk_s3_to_sign;

/* "20130524T000000Z", NUL-terminated. */
void vonk_s3_timestamp(int64_t now_s, char ret[17]);

/* Hex SHA-256. Errors: VONK_NO_MEMORY. */
vonk_status vonk_s3_hash(const void *data, size_t length, char ret[VONK_S3_HASH_TEXT],
                         vonk_error *err) VONK_MUST_CHECK;

/* Appends the escaped query, sorted, without '?'. */
void vonk_s3_query(vonk_buffer *out, const vonk_s3_param *params, uint32_t n);

/* Appends the value of the Authorization header. Errors: VONK_NO_MEMORY. */
vonk_status vonk_s3_sign(const vonk_s3_to_sign *request, vonk_buffer *out,
                         vonk_error *err) VONK_MUST_CHECK;

/* Appends the canonical request, for tests and for finding out why a server disagrees. */
void vonk_s3_canonical(const vonk_s3_to_sign *request, vonk_buffer *out);

#endif
