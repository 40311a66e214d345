/*
 * read.c - objects opened and read. Opening is one request that brings the size, the ETag and the
 * first bytes (of a Parquet file: the last ones, where its footer is). Every later request says
 * If-Match with that ETag: a key that was replaced meanwhile is an error, never a mix.
 */
#include <stdlib.h>
#include <string.h>

#include "fs/remote/plain.h"
#include "fs/remote/ranged.h"
#include "fs/s3/objects.h"

#define OPEN_BYTES  262144
#define TEXT_OF(n)  TEXT_OF_(n)
#define TEXT_OF_(n) #n

typedef struct s3_file {
    vonk_fs_file head;
    vonk_arena arena;
    vonk_s3_place place;
    const char *path, *etag; /* in the arena */
    vonk_ranged *ranged;
} s3_file;

/* --- ranges --- */

static vonk_remote_request *make_range(void *context, uint64_t offset, size_t length, char *to)
{
    const s3_file *file = context;
    vonk_s3_call *call = malloc(sizeof(*call));
    if (!call)
        return NULL;
    vonk_s3_call_init(call, file->place.bucket, "GET", file->place.key);
    call->if_match = file->etag;
    call->remote.offset = offset;
    call->remote.length = length;
    call->remote.to = to;
    return &call->remote;
}

static vonk_status wait_range(void *context, vonk_remote_request *request, vonk_error *err)
{
    (void)context;
    vonk_s3_call *call = request->target;
    VONK_TRY(vonk_s3_wait(call, err));
    VONK_TRY(vonk_s3_check(call, "read", err));
    if (vonk_s3_status(call) != 206)
        return vonk_fail(err, VONK_UNSUPPORTED, "s3://%s/%s: the store does not serve ranges",
                         call->bucket->name, call->key);
    return VONK_OK;
}

static void end_range(void *context, vonk_remote_request *request)
{
    (void)context;
    vonk_s3_call *call = request->target;
    vonk_s3_call_end(call);
    free(call);
}

static const vonk_ranged_ops ranged_ops = {make_range, wait_range, end_range};

/* --- opening --- */

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && !strcmp(text + n - m, end);
}

static vonk_status keep_etag(s3_file *file, const char *etag, vonk_error *err)
{
    if (!etag || !*etag || !strncmp(etag, "W/", 2))
        return VONK_OK; /* a weak one cannot pin */
    file->etag = vonk_arena_strndup(&file->arena, etag, strlen(etag), err);
    VONK_TRY_ALLOC(file->etag);
    return VONK_OK;
}

/* The answer to the first request: 206, or 200 with all of it. */
static vonk_status take_first(s3_file *file, vonk_s3_call *call, vonk_error *err)
{
    uint64_t start = 0, size = vonk_s3_body(call).length;
    vonk_buffer *answer = &call->remote.call.answer;
    if (vonk_s3_status(call) == 206)
        (void)vonk_content_range(vonk_s3_header(call, VONK_IO_CONTENT_RANGE), &start, &size);
    if (answer->length > size - start)
        return vonk_fail(err, VONK_CORRUPT, "%s: the store sent more than there is", file->path);
    VONK_TRY(keep_etag(file, vonk_s3_header(call, VONK_IO_ETAG), err));
    file->head.size = size;
    char *known = answer->data;
    size_t n_known = answer->length;
    *answer = (vonk_buffer){0};
    return vonk_ranged_new(&ranged_ops, file, size, known, start, n_known, &file->ranged, err);
}

/* Sized by HEAD: an empty object has no ranges, and some stores know no suffix ranges. */
static vonk_status open_by_head(s3_file *file, vonk_error *err)
{
    vonk_s3_head head;
    VONK_TRY(vonk_s3_head_key(file->place.bucket, file->place.key, &file->arena, &head, err));
    if (!head.found)
        return vonk_fail(err, VONK_NOT_FOUND, "cannot open %s: there is no such key", file->path);
    VONK_TRY(keep_etag(file, head.etag, err));
    file->head.size = head.size;
    return vonk_ranged_new(&ranged_ops, file, head.size, NULL, 0, 0, &file->ranged, err);
}

static vonk_status open_object(s3_file *file, vonk_error *err)
{
    vonk_s3_call call;
    vonk_s3_call_init(&call, file->place.bucket, "GET", file->place.key);
    /* Any store would send the whole of a large object if it did not know ranges: cut it off. */
    call.remote.max_body = OPEN_BYTES;
    call.range =
        ends_with(file->path, ".parquet") ? "bytes=-" TEXT_OF(OPEN_BYTES) : "bytes=0-262143";
    vonk_status status = vonk_s3_do(&call, err);
    uint64_t start, size;
    int answered = status == VONK_OK ? vonk_s3_status(&call) : 0;
    bool part = answered == 206 &&
                vonk_content_range(vonk_s3_header(&call, VONK_IO_CONTENT_RANGE), &start, &size);
    bool whole = answered == 200 && vonk_s3_body(&call).length < call.remote.max_body;
    if (answered == 416 || answered == 206 || answered == 200)
        status = part || whole ? take_first(file, &call, err) : open_by_head(file, err);
    else if (status == VONK_OK)
        status = vonk_s3_check(&call, "open", err);
    vonk_s3_call_end(&call);
    return status;
}

vonk_status vonk_s3_open(const char *path, vonk_fs_file **ret, vonk_error *err)
{
    s3_file *file = calloc(1, sizeof(*file));
    if (!file)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory opening %s", path);
    file->head.store = &vonk_fs_s3;
    file->path = vonk_arena_strndup(&file->arena, path, strlen(path), err);
    vonk_status status = file->path ? VONK_OK : VONK_NO_MEMORY;
    if (status == VONK_OK)
        status = vonk_s3_place_of(file->path, &file->arena, &file->place, err);
    if (status == VONK_OK && !*file->place.key)
        status = vonk_fail(err, VONK_IO, "cannot open %s: it is a bucket, not an object", path);
    if (status == VONK_OK)
        status = open_object(file, err);
    if (status == VONK_OK)
        *ret = &file->head;
    else
        vonk_s3_close(&file->head);
    return status;
}

vonk_status vonk_s3_read(vonk_fs_file *head, uint64_t offset, size_t length, void *ret,
                         vonk_error *err)
{
    s3_file *file = (s3_file *)head;
    vonk_status status = vonk_ranged_read(file->ranged, offset, length, ret, err);
    return status == VONK_CORRUPT ? vonk_error_prefix(err, status, "%s", file->path) : status;
}

void vonk_s3_will_read(vonk_fs_file *head, const vonk_fs_range *ranges, uint32_t n)
{
    vonk_ranged_will_read(((s3_file *)head)->ranged, ranges, n);
}

void vonk_s3_close(vonk_fs_file *head)
{
    s3_file *file = (s3_file *)head;
    vonk_ranged_free(file->ranged);
    vonk_s3_bucket_unref(file->place.bucket);
    vonk_arena_free(&file->arena);
    free(file);
}
