/*
 * bucket.h - what is known of a bucket: where it is, how it is spoken to, with which keys.
 *
 * Made of the settings, the environment and AWS's files when the bucket is met first, and again
 * when the settings have changed. Ref-counted; immutable but for what servers teach (region,
 * clock).
 */
#ifndef VONK_FS_S3_BUCKET_H
#define VONK_FS_S3_BUCKET_H

#include <pthread.h>

#include "fs/s3/credentials.h"

/* Sizes of uploads. */
#define VONK_S3_MIN_PART  ((size_t)5 << 20) /* of the protocol, but for the last part */
#define VONK_S3_MAX_PARTS 10000

typedef struct vonk_s3_bucket {
    struct vonk_s3_bucket *next; /* bucket.c's */
    atomic_uint refs;
    uint64_t generation; /* of the settings */
    char *name;
    char *host; /* "s3.eu-west-1.amazonaws.com", "127.0.0.1:9000"; without the bucket */
    char *base; /* path of the endpoint: "" or "/prefix" */
    bool tls;
    bool by_region; /* the host is AWS's and follows the region: `host` is "" */
    bool path_style;
    uint32_t attempts, interval_ms, idle_ms, connect_ms;
    size_t part_size;
    uint32_t n_parts_at_once;
    int64_t stale_s; /* uploads older than that belong to nobody */
    vonk_s3_credentials *credentials;
    pthread_mutex_t lock;
    char region[64];        /* guarded by lock */
    int64_t clock_offset_s; /* the server's clock minus ours; guarded by lock */
} vonk_s3_bucket;

/* The bucket of that name. Errors: VONK_INVALID: a setting or the name is wrong. */
vonk_status vonk_s3_bucket_get(const char *name, vonk_s3_bucket **ret,
                               vonk_error *err) VONK_MUST_CHECK;
void vonk_s3_bucket_unref(vonk_s3_bucket *bucket);

/* "s3://bucket/key" taken apart; `key` points into `path` and may be "". */
vonk_status vonk_s3_split_path(const char *path, vonk_arena *arena, const char **ret_bucket,
                               const char **ret_key, vonk_error *err) VONK_MUST_CHECK;

typedef struct vonk_s3_endpoint {
    bool tls;
    const char *host, *base;
} vonk_s3_endpoint;

/*
 * "http://host:9000/base/", "host" (then `tls` counts). A port that is the scheme's own is left
 * out, as it is in the Host header. Errors: VONK_INVALID.
 */
vonk_status vonk_s3_endpoint_parse(const char *text, bool tls, vonk_arena *arena,
                                   vonk_s3_endpoint *ret, vonk_error *err) VONK_MUST_CHECK;

#endif
