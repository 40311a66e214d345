/* client.c - URL, headers and signature of a try; what its answer means. */
#include "fs/s3/client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fs/remote/plain.h"
#include "net/http.h"

#define SMALL_BODY ((size_t)64 << 10) /* hashed also where TLS protects it */
#define HOST_TEXT  640

static void host_of(const vonk_s3_bucket *b, const char *region, char ret[HOST_TEXT])
{
    char host[320];
    bool china = !strncmp(region, "cn-", 3);
    if (b->by_region)
        (void)snprintf(host, sizeof(host), "s3.%s.amazonaws.com%s", region, china ? ".cn" : "");
    else
        (void)snprintf(host, sizeof(host), "%s", b->host);
    if (b->path_style)
        (void)snprintf(ret, HOST_TEXT, "%s", host);
    else
        (void)snprintf(ret, HOST_TEXT, "%s.%s", b->name, host);
}

static int64_t now_s(const vonk_s3_bucket *b)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec + b->clock_offset_s;
}

/* A header line of this try. */
static vonk_status add_header(vonk_s3_call *c, const char *name, const char *value, vonk_error *err)
{
    vonk_io_call *call = &c->remote.call;
    if (call->n_headers == VONK_IO_HEADERS)
        return vonk_fail(err, VONK_INVALID, "too many headers");
    char *line = vonk_arena_printf(&c->remote.scratch, err, "%s: %s", name, value);
    VONK_TRY_ALLOC(line);
    call->headers[call->n_headers++] = line;
    return VONK_OK;
}

/* Path and query as they are signed and sent. */
static vonk_status make_target(vonk_s3_call *c, const char **ret_path, const char **ret_query,
                               vonk_error *err)
{
    vonk_buffer text = {0};
    vonk_buffer_text(&text, c->bucket->base);
    if (c->bucket->path_style) {
        vonk_buffer_char(&text, '/');
        vonk_url_escape(&text, vonk_slice_of(c->bucket->name), false);
    }
    if (c->key || !c->bucket->path_style)
        vonk_buffer_char(&text, '/');
    if (c->key)
        vonk_url_escape(&text, vonk_slice_of(c->key), true);
    size_t n_path = text.length;
    vonk_s3_query(&text, c->params, c->n_params);
    vonk_status status = vonk_buffer_check(&text, err);
    if (status == VONK_OK) {
        const char *path = vonk_arena_strndup(&c->remote.scratch, text.data, n_path, err);
        const char *query =
            vonk_arena_strndup(&c->remote.scratch, text.data + n_path, text.length - n_path, err);
        status = path && query ? VONK_OK : VONK_NO_MEMORY;
        *ret_path = path;
        *ret_query = query;
    }
    vonk_buffer_free(&text);
    return status;
}

static vonk_status sign(vonk_s3_call *c, const char *host, const char *path, const char *query,
                        const char *region, int64_t now, vonk_error *err)
{
    char payload[VONK_S3_HASH_TEXT], time_text[17];
    bool hash = !c->bucket->tls || c->body.length <= SMALL_BODY;
    if (hash)
        VONK_TRY(vonk_s3_hash(c->body.data ? c->body.data : "", c->body.length, payload, err));
    else
        (void)snprintf(payload, sizeof(payload), "%s", VONK_S3_UNSIGNED);
    vonk_s3_timestamp(now, time_text);
    vonk_s3_param headers[VONK_S3_HEADERS] = {{"host", host}, {"x-amz-content-sha256", payload}};
    uint32_t n = 2;
    if (c->copy_source)
        headers[n++] = (vonk_s3_param){"x-amz-copy-source", c->copy_source};
    headers[n++] = (vonk_s3_param){"x-amz-date", time_text};
    if (c->keys->session_token)
        headers[n++] = (vonk_s3_param){"x-amz-security-token", c->keys->session_token};
    for (uint32_t i = 1; i < n; i++)
        VONK_TRY(add_header(c, headers[i].name, headers[i].value, err));
    vonk_buffer text = {0};
    vonk_status status = vonk_s3_sign(&(vonk_s3_to_sign){.method = c->remote.method,
                                                         .path = path,
                                                         .query = query,
                                                         .n_headers = n,
                                                         .headers = headers,
                                                         .payload = payload,
                                                         .access_key = c->keys->access_key,
                                                         .secret_key = c->keys->secret_key,
                                                         .region = region,
                                                         .service = "s3",
                                                         .now_s = now},
                                      &text, err);
    if (status == VONK_OK)
        status = add_header(c, "Authorization", vonk_buffer_str(&text), err);
    vonk_buffer_free(&text);
    return status;
}

/* Headers that are not signed. */
static vonk_status add_plain_headers(vonk_s3_call *c, vonk_error *err)
{
    vonk_remote_request *r = &c->remote;
    char range[64];
    if (r->to)
        (void)snprintf(range, sizeof(range), "bytes=%" PRIu64 "-%" PRIu64, r->offset + r->n_got,
                       r->offset + r->length - 1);
    if (r->to || c->range)
        VONK_TRY(add_header(c, "Range", r->to ? range : c->range, err));
    if (c->if_match)
        VONK_TRY(add_header(c, "If-Match", c->if_match, err));
    if (c->md5)
        VONK_TRY(add_header(c, "Content-MD5", c->md5, err));
    if (!strcmp(r->method, "PUT") || !strcmp(r->method, "POST"))
        VONK_TRY(add_header(c, "Content-Type", "application/octet-stream", err));
    return VONK_OK;
}

static vonk_status prepare(vonk_remote_request *r, vonk_error *err)
{
    vonk_s3_call *c = r->target;
    char region[sizeof(c->bucket->region)], host[HOST_TEXT];
    const char *path = NULL, *query = NULL;
    pthread_mutex_lock(&c->bucket->lock);
    memcpy(region, c->bucket->region, sizeof(region));
    int64_t now = now_s(c->bucket);
    pthread_mutex_unlock(&c->bucket->lock);
    host_of(c->bucket, region, host);
    if (!c->keys)
        VONK_TRY(vonk_s3_credentials_get(c->bucket->credentials, NULL, &c->keys, err));
    VONK_TRY(make_target(c, &path, &query, err));
    const char *url =
        vonk_arena_printf(&r->scratch, err, "%s://%s%s%s%s", c->bucket->tls ? "https" : "http",
                          host, path, *query ? "?" : "", query);
    VONK_TRY_ALLOC(url);
    r->call.url = url;
    r->call.body = c->body;
    if (!c->keys->anonymous)
        VONK_TRY(sign(c, host, path, query, region, now, err));
    return add_plain_headers(c, err);
}

/* --- answers --- */

/* The bucket is elsewhere: whether that was news. */
static bool learn_region(vonk_s3_call *c, const char *region)
{
    vonk_s3_bucket *b = c->bucket;
    size_t length = region ? strlen(region) : 0;
    if (!length || length >= sizeof(b->region) ||
        strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") != length)
        return false;
    pthread_mutex_lock(&b->lock);
    bool news = strcmp(b->region, region) != 0;
    if (news)
        memcpy(b->region, region, length + 1);
    pthread_mutex_unlock(&b->lock);
    return news;
}

static bool learn_clock(vonk_s3_call *c)
{
    const char *date = vonk_s3_header(c, VONK_IO_DATE);
    int64_t theirs = date ? vonk_s3_time(date) : 0;
    if (!theirs)
        return false;
    pthread_mutex_lock(&c->bucket->lock);
    int64_t off = theirs - now_s(c->bucket);
    bool news = off > 60 || off < -60;
    if (news)
        c->bucket->clock_offset_s += off;
    pthread_mutex_unlock(&c->bucket->lock);
    return news;
}

static bool has_code(const vonk_s3_call *c, const char *code)
{
    return !strcmp(c->error.code, code);
}

static bool renew_keys(vonk_s3_call *c)
{
    vonk_s3_keys *keys = NULL;
    if (c->renewed || !c->keys || c->keys->anonymous)
        return false;
    c->renewed = true;
    if (vonk_s3_credentials_get(c->bucket->credentials, c->keys, &keys, NULL) != VONK_OK)
        return false;
    vonk_s3_keys_unref(c->keys);
    c->keys = keys;
    return true;
}

static vonk_remote_verdict judge(vonk_remote_request *r)
{
    vonk_s3_call *c = r->target;
    int status = r->call.status;
    c->error = (vonk_s3_error){0};
    if (status >= 300 || c->error_in_200)
        vonk_s3_get_error(vonk_s3_body(c), &c->error);
    if (status < 300 && c->error.code[0])
        return has_code(c, "InternalError") || has_code(c, "SlowDown") ||
                       has_code(c, "ServiceUnavailable")
                   ? VONK_REMOTE_RETRY
                   : VONK_REMOTE_DONE;
    if (status < 300)
        return VONK_REMOTE_DONE;
    const char *region = vonk_s3_header(c, VONK_IO_BUCKET_REGION);
    if (status == 301 || status == 307 || status == 400 || status == 403) {
        bool elsewhere =
            (c->bucket->by_region || !region ? learn_region(c, c->error.region) : false) ||
            learn_region(c, region);
        if (elsewhere)
            return VONK_REMOTE_AGAIN;
    }
    if ((has_code(c, "ExpiredToken") || has_code(c, "TokenRefreshRequired")) && renew_keys(c))
        return VONK_REMOTE_AGAIN;
    if (has_code(c, "RequestTimeTooSkewed") && learn_clock(c))
        return VONK_REMOTE_AGAIN;
    if (has_code(c, "RequestTimeout") || has_code(c, "OperationAborted"))
        return VONK_REMOTE_RETRY;
    return vonk_remote_is_temporary(status) ? VONK_REMOTE_RETRY : VONK_REMOTE_DONE;
}

static const vonk_remote_ops ops = {prepare, judge};

void vonk_s3_call_init(vonk_s3_call *call, vonk_s3_bucket *bucket, const char *method,
                       const char *key)
{
    *call = (vonk_s3_call){.bucket = bucket, .key = key};
    call->remote.ops = &ops;
    call->remote.target = call;
    call->remote.method = method;
    call->remote.max_attempts = bucket->attempts;
    call->remote.interval_ms = bucket->interval_ms;
    call->remote.idle_ms = bucket->idle_ms;
    call->remote.connect_ms = bucket->connect_ms;
}

void vonk_s3_call_param(vonk_s3_call *call, const char *name, const char *value)
{
    if (call->n_params < VONK_S3_PARAMS)
        call->params[call->n_params++] = (vonk_s3_param){name, value};
}

/* "s3://bucket/key" of a call, for messages. */
#define WHERE(c) (c)->bucket->name, (c)->key ? "/" : "", (c)->key ? (c)->key : ""

vonk_status vonk_s3_start(vonk_s3_call *call, vonk_error *err)
{
    return vonk_remote_start(&call->remote, err);
}

vonk_status vonk_s3_wait(vonk_s3_call *c, vonk_error *err)
{
    vonk_status status = vonk_remote_wait(&c->remote, err);
    if (status != VONK_OK && err && status == VONK_IO) {
        vonk_slice origin = vonk_remote_origin(c->remote.call.url);
        return vonk_error_prefix(err, status, "s3://%s%s%s at %.*s", WHERE(c), (int)origin.length,
                                 origin.data);
    }
    return status;
}

void vonk_s3_call_end(vonk_s3_call *call)
{
    vonk_remote_end(&call->remote);
    vonk_s3_keys_unref(call->keys);
    call->keys = NULL;
}

static vonk_status denied(const vonk_s3_call *c, const char *verb, vonk_error *err)
{
    const char *origin = c->keys ? c->keys->origin : "nowhere";
    const char *why = "the store denied access; these keys may not do this";
    if (has_code(c, "InvalidAccessKeyId"))
        why = "the store does not know the access key";
    else if (has_code(c, "SignatureDoesNotMatch"))
        why = "the secret key does not fit the access key";
    else if (has_code(c, "ExpiredToken") || has_code(c, "InvalidToken"))
        why = "the session token is not valid (any more)";
    else if (has_code(c, "RequestTimeTooSkewed"))
        why = "the clocks of this machine and of the store differ too much";
    else if (c->keys && c->keys->anonymous)
        why = "the store wants keys";
    return vonk_fail(err, VONK_DENIED, "cannot %s s3://%s%s%s: %s (%s; keys from %s)", verb,
                     WHERE(c), why, c->error.code[0] ? c->error.code : "403", origin);
}

vonk_status vonk_s3_check(const vonk_s3_call *c, const char *verb, vonk_error *err)
{
    int status = vonk_s3_status(c);
    if (status >= 200 && status < 300 && !c->error.code[0])
        return VONK_OK;
    if (has_code(c, "NoSuchBucket"))
        return vonk_fail_sql(err, "PATH_NOT_FOUND",
                             "path does not exist: s3://%s%s%s: there is no bucket %s", WHERE(c),
                             c->bucket->name);
    if (status == 404)
        return vonk_fail(err, VONK_NOT_FOUND, "cannot %s s3://%s%s%s: there is no such %s", verb,
                         WHERE(c), has_code(c, "NoSuchUpload") ? "upload" : "key");
    if (status == 401 || status == 403)
        return denied(c, verb, err);
    if (status == 412)
        return vonk_fail(err, VONK_IO, "s3://%s%s%s was replaced while it was read", WHERE(c));
    if (status == 301 || status == 307)
        return vonk_fail(err, VONK_INVALID,
                         "cannot %s s3://%s%s%s: the bucket is in another region or at another "
                         "endpoint%s%s; set spark.hadoop.fs.s3a.endpoint.region",
                         verb, WHERE(c), c->error.region[0] ? ": " : "", c->error.region);
    return vonk_fail(err, VONK_IO, "cannot %s s3://%s%s%s: the store answered %d %s%s%s%s", verb,
                     WHERE(c), status, c->error.code, c->error.message[0] ? ": " : "",
                     c->error.message, c->remote.attempt ? " (tried again and again)" : "");
}
