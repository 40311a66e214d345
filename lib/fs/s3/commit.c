/*
 * commit.c - uploads completed, given up and cleaned away.
 *
 * CompleteMultipartUpload is the one moment at which an object appears, whole. It may answer 200
 * with an error inside; and an answer may be lost, so that the next try finds no upload any more:
 * then the object itself says whether it is there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fs/s3/objects.h"
#include "fs/token.h"

#define AT_ONCE   16
#define MAX_PAGES 100 /* of uploads: cleaning must end */

/* A token taken apart, and its completion. */
typedef struct commit {
    bool used;
    vonk_arena arena;
    vonk_s3_place place;
    const char *path, *upload;
    uint64_t size;
    vonk_buffer body;
    vonk_s3_call call;
} commit;

static vonk_status read_token(const char *token, vonk_arena *arena, const char *const **ret,
                              vonk_error *err)
{
    uint32_t n = 0;
    VONK_TRY(vonk_token_get(token, VONK_FS_TOKEN_TEXTS, arena, ret, &n, err));
    if (n != 5)
        return vonk_fail(err, VONK_CORRUPT, "not the token of an object: %.60s", token);
    return VONK_OK;
}

static void put_xml(vonk_buffer *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        switch (text[i]) {
        case '<':
            vonk_buffer_text(out, "&lt;");
            break;
        case '>':
            vonk_buffer_text(out, "&gt;");
            break;
        case '&':
            vonk_buffer_text(out, "&amp;");
            break;
        case '"':
            vonk_buffer_text(out, "&quot;");
            break;
        default:
            vonk_buffer_char(out, text[i]);
        }
    }
}

void vonk_s3_complete_body(const char *etags, vonk_buffer *out)
{
    uint32_t number = 1;
    vonk_buffer_text(out, "<CompleteMultipartUpload>");
    for (const char *p = etags; *p; number++) {
        size_t n = strcspn(p, ",");
        vonk_buffer_printf(out, "<Part><PartNumber>%u</PartNumber><ETag>", number);
        put_xml(out, p, n);
        vonk_buffer_text(out, "</ETag></Part>");
        p += n + (p[n] == ',');
    }
    vonk_buffer_text(out, "</CompleteMultipartUpload>");
}

static void end_commit(commit *c)
{
    if (!c->used)
        return;
    vonk_s3_call_end(&c->call);
    vonk_buffer_free(&c->body);
    vonk_s3_bucket_unref(c->place.bucket);
    vonk_arena_free(&c->arena);
    c->used = false;
}

static vonk_status start_commit(commit *c, const char *token, vonk_error *err)
{
    const char *const *texts = NULL;
    *c = (commit){.used = true};
    VONK_TRY(read_token(token, &c->arena, &texts, err));
    c->path = texts[1];
    c->upload = texts[2];
    errno = 0;
    c->size = strtoull(texts[3], NULL, 10);
    VONK_TRY(vonk_s3_place_of(c->path, &c->arena, &c->place, err));
    vonk_s3_complete_body(texts[4], &c->body);
    VONK_TRY(vonk_buffer_check(&c->body, err));
    vonk_s3_call_init(&c->call, c->place.bucket, "POST", c->place.key);
    vonk_s3_call_param(&c->call, "uploadId", c->upload);
    c->call.error_in_200 = true;
    c->call.body = (vonk_slice){c->body.data, c->body.length};
    return vonk_s3_start(&c->call, err);
}

/* No upload of that name: an earlier try has completed it, or somebody gave it up. */
static vonk_status check_object(commit *c, vonk_error *err)
{
    vonk_s3_head head = {0};
    VONK_TRY(vonk_s3_head_key(c->place.bucket, c->place.key, &c->arena, &head, err));
    if (head.found && head.size == c->size)
        return VONK_OK;
    return vonk_fail(err, VONK_IO, "cannot commit %s: its upload is gone; somebody has aborted it",
                     c->path);
}

static vonk_status finish_commit(commit *c, vonk_error *err)
{
    VONK_TRY(vonk_s3_wait(&c->call, err));
    if (!strcmp(c->call.error.code, "NoSuchUpload") || vonk_s3_status(&c->call) == 404)
        return check_object(c, err);
    return vonk_s3_check(&c->call, "commit", err);
}

vonk_status vonk_s3_commit(const char *const *tokens, uint32_t n, vonk_error *err)
{
    commit *window = calloc(AT_ONCE, sizeof(*window));
    if (!window)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory committing files");
    vonk_status status = VONK_OK;
    uint32_t started = 0, ended = 0;
    while (status == VONK_OK && ended < n) {
        if (started < n && started - ended < AT_ONCE) {
            commit *c = &window[started % AT_ONCE];
            end_commit(c);
            status = start_commit(c, tokens[started++], err);
        } else {
            status = finish_commit(&window[ended++ % AT_ONCE], err);
        }
    }
    for (uint32_t i = 0; i < AT_ONCE; i++)
        end_commit(&window[i]);
    free(window);
    return status;
}

/* --- giving up --- */

void vonk_s3_abort_upload(vonk_s3_bucket *bucket, const char *key, const char *id)
{
    vonk_s3_call call;
    vonk_s3_call_init(&call, bucket, "DELETE", key);
    vonk_s3_call_param(&call, "uploadId", id);
    /* As far as it can be done: a store that is away has its own rules for what is left. */
    call.remote.max_attempts = call.remote.max_attempts < 3 ? call.remote.max_attempts : 3;
    if (vonk_s3_do(&call, NULL) == VONK_OK)
        call.renewed = true;
    vonk_s3_call_end(&call);
}

void vonk_s3_discard(const char *const *tokens, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        vonk_arena arena = {0};
        vonk_s3_place place = {0};
        const char *const *texts = NULL;
        if (read_token(tokens[i], &arena, &texts, NULL) == VONK_OK &&
            vonk_s3_place_of(texts[1], &arena, &place, NULL) == VONK_OK)
            vonk_s3_abort_upload(place.bucket, place.key, texts[2]);
        vonk_s3_bucket_unref(place.bucket);
        vonk_arena_free(&arena);
    }
}

/* --- cleaning --- */

static vonk_status list_uploads(vonk_s3_bucket *bucket, const char *prefix, const char *key_marker,
                                const char *id_marker, vonk_arena *arena, vonk_s3_uploads *ret)
{
    vonk_s3_call call;
    vonk_s3_call_init(&call, bucket, "GET", NULL);
    vonk_s3_call_param(&call, "uploads", "");
    vonk_s3_call_param(&call, "encoding-type", "url");
    vonk_s3_call_param(&call, "prefix", prefix);
    if (key_marker)
        vonk_s3_call_param(&call, "key-marker", key_marker);
    if (key_marker && id_marker)
        vonk_s3_call_param(&call, "upload-id-marker", id_marker);
    vonk_status status = vonk_s3_do(&call, NULL);
    if (status == VONK_OK)
        status = vonk_s3_check(&call, "list", NULL);
    if (status == VONK_OK)
        status = vonk_s3_get_uploads(vonk_s3_body(&call), arena, ret, NULL);
    vonk_s3_call_end(&call);
    return status;
}

/* "part-00000-JOB-c000.snappy.parquet": a file that Vonk's tasks write, and of that job. */
bool vonk_s3_is_of_job(const char *key, const char *job)
{
    const char *slash = strrchr(key, '/'), *name = slash ? slash + 1 : key;
    size_t n = strspn(name + (strncmp(name, "part-", 5) ? 0 : 5), "0123456789");
    const char *id = name + 5 + n;
    return !strncmp(name, "part-", 5) && n && *id == '-' &&
           (!job || (!strncmp(id + 1, job, strlen(job)) && id[1 + strlen(job)] == '-'));
}

typedef struct cleaning {
    vonk_s3_bucket *bucket;
    const char *below; /* keys that begin with it */
    const char *job;
    int64_t now_s;
    uint32_t n_seen;
} cleaning;

static void clean_upload(cleaning *c, const vonk_s3_upload *u)
{
    if (strncmp(u->key, c->below, strlen(c->below)) != 0)
        return;
    bool stale = u->initiated_s && u->initiated_s < c->now_s - c->bucket->stale_s &&
                 vonk_s3_is_of_job(u->key, NULL);
    c->n_seen++;
    if (stale || vonk_s3_is_of_job(u->key, c->job))
        vonk_s3_abort_upload(c->bucket, u->key, u->id);
}

static void clean_pages(cleaning *c, const char *prefix, vonk_arena *arena)
{
    vonk_s3_uploads page = {0};
    for (uint32_t n = 0; !n || (page.next_key && n < MAX_PAGES); n++) {
        const char *key = page.next_key, *id = page.next_id;
        page = (vonk_s3_uploads){0};
        if (list_uploads(c->bucket, prefix, key, id, arena, &page) != VONK_OK)
            return;
        for (uint32_t i = 0; i < page.n; i++)
            clean_upload(c, &page.uploads[i]);
    }
}

void vonk_s3_clean(const char *directory, const char *job)
{
    vonk_arena arena = {0};
    vonk_s3_place place = {0};
    const char *prefix = NULL;
    if (vonk_s3_place_of(directory, &arena, &place, NULL) == VONK_OK &&
        vonk_s3_prefix(&place, &arena, &prefix, NULL) == VONK_OK) {
        struct timespec now = {0};
        (void)clock_gettime(CLOCK_REALTIME, &now);
        cleaning c = {place.bucket, prefix, job, now.tv_sec, 0};
        clean_pages(&c, prefix, &arena);
        /* MinIO takes the prefix for a whole key: ask for all. AWS's buckets may have too many. */
        if (!c.n_seen && !place.bucket->by_region)
            clean_pages(&c, "", &arena);
    }
    vonk_s3_bucket_unref(place.bucket);
    vonk_arena_free(&arena);
}
