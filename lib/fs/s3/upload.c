/*
 * upload.c - writing an object: parts of a multipart upload, some of them under way at once; the
 * writer waits when too many are. A small object that is not staged is one PUT.
 *
 *      write ─▶ part being filled ─full─▶ slots under way ─▶ ETags
 *
 * Memory: a part in each slot and the one being filled, and as much again while they are sent.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/s3/objects.h"
#include "fs/token.h"

#define MAX_SLOTS 64
#define MAX_PART  ((size_t)2 << 30)
#define GROW_AT   1000 /* parts, then the size doubles */
#define BIG_PART  ((size_t)64 << 20)

typedef struct slot {
    bool used;
    uint32_t index; /* of the part, from 0 */
    char number[16];
    vonk_buffer data;
    vonk_s3_call call;
} slot;

typedef struct s3_sink {
    vonk_fs_sink head;
    vonk_arena arena;
    vonk_s3_place place;
    const char *path, *upload; /* in the arena; upload: NULL until begun */
    bool staged;
    uint64_t size;
    vonk_buffer part; /* being filled */
    uint32_t n_parts;
    char **etags; /* n_parts; in the arena; NULL: under way */
    uint32_t max_parts;
    slot slots[MAX_SLOTS];
} s3_sink;

size_t vonk_s3_part_size(size_t first, uint32_t index)
{
    uint32_t doublings = index / GROW_AT;
    size_t size = first;
    while (doublings-- && size < MAX_PART)
        size *= 2;
    return size < MAX_PART ? size : MAX_PART;
}

static vonk_status begin_upload(s3_sink *s, vonk_error *err)
{
    vonk_s3_call call;
    if (s->upload)
        return VONK_OK;
    vonk_s3_call_init(&call, s->place.bucket, "POST", s->place.key);
    vonk_s3_call_param(&call, "uploads", "");
    vonk_status status = vonk_s3_do(&call, err);
    if (status == VONK_OK)
        status = vonk_s3_check(&call, "write", err);
    if (status == VONK_OK)
        status = vonk_s3_get_upload_id(vonk_s3_body(&call), &s->arena, &s->upload, err);
    vonk_s3_call_end(&call);
    return status;
}

/* Waits for the slot's part and keeps its ETag. */
static vonk_status finish_slot(s3_sink *s, slot *at, vonk_error *err)
{
    vonk_status status = vonk_s3_wait(&at->call, err);
    if (status == VONK_OK)
        status = vonk_s3_check(&at->call, "write", err);
    const char *etag = vonk_s3_header(&at->call, VONK_IO_ETAG);
    if (status == VONK_OK && (!etag || !*etag || strpbrk(etag, ",<>&")))
        status = vonk_fail(err, VONK_CORRUPT, "%s: the store gave a part no ETag", s->path);
    if (status == VONK_OK) {
        s->etags[at->index] = vonk_arena_strndup(&s->arena, etag, strlen(etag), err);
        status = s->etags[at->index] ? VONK_OK : VONK_NO_MEMORY;
    }
    vonk_s3_call_end(&at->call);
    at->used = false;
    return status;
}

/* A slot that is free, after waiting for the oldest part if need be. */
static vonk_status free_slot(s3_sink *s, slot **ret, vonk_error *err)
{
    uint32_t n = s->place.bucket->n_parts_at_once;
    if (s->part.length > BIG_PART)
        n = 1;
    slot *oldest = NULL, *free = NULL;
    uint32_t n_used = 0;
    for (uint32_t i = 0; i < MAX_SLOTS; i++) {
        slot *at = &s->slots[i];
        if (!at->used)
            free = free ? free : at;
        else if (!oldest || at->index < oldest->index)
            oldest = at;
        n_used += at->used;
    }
    if (oldest && (n_used >= n || !free)) {
        VONK_TRY(finish_slot(s, oldest, err));
        free = oldest;
    }
    *ret = free;
    return VONK_OK;
}

static vonk_status add_part(s3_sink *s, vonk_error *err)
{
    if (s->n_parts == VONK_S3_MAX_PARTS)
        return vonk_fail(err, VONK_UNSUPPORTED, "%s: an object of more than 5 TB", s->path);
    if (s->n_parts == s->max_parts) {
        uint32_t most = s->max_parts ? s->max_parts * 2 : 16;
        char **etags = VONK_NEW_ARRAY(&s->arena, char *, most, err);
        VONK_TRY_ALLOC(etags);
        if (s->n_parts)
            memcpy(etags, s->etags, s->n_parts * sizeof(*etags));
        s->etags = etags;
        s->max_parts = most;
    }
    s->etags[s->n_parts++] = NULL;
    return VONK_OK;
}

/* Sends the part that was filled. */
static vonk_status send_part(s3_sink *s, vonk_error *err)
{
    slot *at = NULL;
    VONK_TRY(begin_upload(s, err));
    VONK_TRY(free_slot(s, &at, err));
    VONK_TRY(add_part(s, err));
    vonk_buffer spare = at->data;
    at->data = s->part;
    s->part = spare;
    s->part.length = 0;
    at->index = s->n_parts - 1;
    (void)snprintf(at->number, sizeof(at->number), "%u", s->n_parts);
    vonk_s3_call_init(&at->call, s->place.bucket, "PUT", s->place.key);
    vonk_s3_call_param(&at->call, "partNumber", at->number);
    vonk_s3_call_param(&at->call, "uploadId", s->upload);
    at->call.body = (vonk_slice){at->data.data, at->data.length};
    at->used = true;
    return vonk_s3_start(&at->call, err);
}

static vonk_status new_sink(const char *path, bool staged, vonk_fs_sink **ret, vonk_error *err)
{
    s3_sink *s = calloc(1, sizeof(*s));
    if (!s)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory creating %s", path);
    s->head.store = &vonk_fs_s3;
    s->staged = staged;
    s->path = vonk_arena_strndup(&s->arena, path, strlen(path), err);
    vonk_status status = s->path ? VONK_OK : VONK_NO_MEMORY;
    if (status == VONK_OK)
        status = vonk_s3_place_of(path, &s->arena, &s->place, err);
    size_t n = status == VONK_OK ? strlen(s->place.key) : 0;
    if (status == VONK_OK && (!n || s->place.key[n - 1] == '/'))
        status = vonk_fail(err, VONK_INVALID, "cannot create %s: it names no object", path);
    if (status == VONK_OK)
        *ret = &s->head;
    else
        vonk_s3_abort(&s->head);
    return status;
}

vonk_status vonk_s3_create(const char *path, vonk_fs_sink **ret, vonk_error *err)
{
    vonk_fs_sink *sink = NULL;
    vonk_s3_head head = {0};
    VONK_TRY(new_sink(path, false, &sink, err));
    s3_sink *s = (s3_sink *)sink;
    vonk_status status = vonk_s3_head_key(s->place.bucket, s->place.key, &s->arena, &head, err);
    if (status == VONK_OK && head.found)
        status = vonk_fail(err, VONK_EXISTS, "cannot create %s: it exists already", path);
    if (status == VONK_OK)
        *ret = sink;
    else
        vonk_s3_abort(sink);
    return status;
}

vonk_status vonk_s3_stage(const char *path, const char *stage, vonk_fs_sink **ret, vonk_error *err)
{
    (void)stage; /* two uploads to one key do not meet */
    return new_sink(path, true, ret, err);
}

vonk_status vonk_s3_write(vonk_fs_sink *head, const void *data, size_t length, vonk_error *err)
{
    s3_sink *s = (s3_sink *)head;
    const char *from = data;
    while (length) {
        size_t size = vonk_s3_part_size(s->place.bucket->part_size, s->n_parts);
        size_t room = size - s->part.length, n = length < room ? length : room;
        vonk_buffer_append(&s->part, from, n);
        if (s->part.failed)
            return vonk_fail(err, VONK_NO_MEMORY, "out of memory writing %s", s->path);
        from += n;
        length -= n;
        s->size += n;
        if (s->part.length == size)
            VONK_TRY(send_part(s, err));
    }
    return VONK_OK;
}

static vonk_status put_whole(s3_sink *s, vonk_error *err)
{
    vonk_s3_call call;
    vonk_s3_call_init(&call, s->place.bucket, "PUT", s->place.key);
    call.body = (vonk_slice){s->part.data, s->part.length};
    vonk_status status = vonk_s3_do(&call, err);
    if (status == VONK_OK)
        status = vonk_s3_check(&call, "write", err);
    vonk_s3_call_end(&call);
    return status;
}

/* All parts are there: what it takes to complete the upload. */
static vonk_status finish_parts(s3_sink *s, char **ret_token, vonk_error *err)
{
    if (s->part.length || !s->n_parts)
        VONK_TRY(send_part(s, err));
    for (uint32_t i = 0; i < MAX_SLOTS; i++) {
        if (s->slots[i].used)
            VONK_TRY(finish_slot(s, &s->slots[i], err));
    }
    vonk_buffer token = {0}, etags = {0};
    char size[32];
    (void)snprintf(size, sizeof(size), "%" PRIu64, s->size);
    for (uint32_t i = 0; i < s->n_parts; i++)
        vonk_buffer_printf(&etags, "%s%s", i ? "," : "", s->etags[i]);
    vonk_token_put(&token, "s3", 2);
    vonk_token_put(&token, s->path, strlen(s->path));
    vonk_token_put(&token, s->upload, strlen(s->upload));
    vonk_token_put(&token, size, strlen(size));
    vonk_token_put(&token, vonk_buffer_str(&etags), etags.length);
    (void)vonk_buffer_str(&token);
    bool failed = token.failed || etags.failed;
    vonk_buffer_free(&etags);
    if (failed) {
        vonk_buffer_free(&token);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory writing %s", s->path);
    }
    *ret_token = token.data;
    return VONK_OK;
}

static void free_sink(s3_sink *s)
{
    for (uint32_t i = 0; i < MAX_SLOTS; i++) {
        if (s->slots[i].used)
            vonk_s3_call_end(&s->slots[i].call);
        vonk_buffer_free(&s->slots[i].data);
    }
    vonk_buffer_free(&s->part);
    vonk_s3_bucket_unref(s->place.bucket);
    vonk_arena_free(&s->arena);
    free(s);
}

void vonk_s3_abort(vonk_fs_sink *head)
{
    s3_sink *s = (s3_sink *)head;
    /*
     * A part that the store is still taking may outlive the abort, also if we hang up on it (S3
     * API, AbortMultipartUpload): let what is under way end by itself, without further tries.
     */
    for (uint32_t i = 0; i < MAX_SLOTS; i++) {
        slot *at = &s->slots[i];
        if (!at->used)
            continue;
        vonk_remote_settle(&at->call.remote);
        vonk_s3_call_end(&at->call);
        at->used = false;
    }
    if (s->upload)
        vonk_s3_abort_upload(s->place.bucket, s->place.key, s->upload);
    free_sink(s);
}

vonk_status vonk_s3_finish_staged(vonk_fs_sink *head, char **ret_token, vonk_error *err)
{
    s3_sink *s = (s3_sink *)head;
    vonk_status status = finish_parts(s, ret_token, err);
    if (status == VONK_OK)
        free_sink(s);
    else
        vonk_s3_abort(head);
    return status;
}

vonk_status vonk_s3_finish(vonk_fs_sink *head, vonk_error *err)
{
    s3_sink *s = (s3_sink *)head;
    char *token = NULL;
    bool whole = !s->upload;
    vonk_status status = whole ? put_whole(s, err) : finish_parts(s, &token, err);
    if (status == VONK_OK && !whole)
        status = vonk_s3_commit((const char *const *)&token, 1, err);
    free(token);
    if (status == VONK_OK)
        free_sink(s);
    else
        vonk_s3_abort(head);
    return status;
}
