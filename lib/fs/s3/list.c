/* list.c - keys as files and directories: what HEAD and ListObjectsV2 say. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/s3/objects.h"

vonk_status vonk_s3_place_of(const char *path, vonk_arena *arena, vonk_s3_place *ret,
                             vonk_error *err)
{
    const char *bucket = NULL, *key = NULL;
    VONK_TRY(vonk_s3_split_path(path, arena, &bucket, &key, err));
    if (strlen(key) > 1024)
        return vonk_fail(err, VONK_INVALID, "%.200s...: a key has at most 1,024 bytes", path);
    key = vonk_arena_strndup(arena, key, strlen(key), err);
    VONK_TRY_ALLOC(key);
    VONK_TRY(vonk_s3_bucket_get(bucket, &ret->bucket, err));
    ret->key = key;
    return VONK_OK;
}

vonk_status vonk_s3_prefix(const vonk_s3_place *place, vonk_arena *arena, const char **ret,
                           vonk_error *err)
{
    size_t n = strlen(place->key);
    while (n && place->key[n - 1] == '/')
        n--;
    *ret = n ? vonk_arena_printf(arena, err, "%.*s/", (int)n, place->key) : "";
    VONK_TRY_ALLOC(*ret);
    return VONK_OK;
}

/* --- HEAD --- */

static vonk_status read_head(vonk_s3_call *call, vonk_arena *arena, vonk_s3_head *ret,
                             vonk_error *err)
{
    const char *length = vonk_s3_header(call, VONK_IO_CONTENT_LENGTH);
    const char *etag = vonk_s3_header(call, VONK_IO_ETAG);
    const char *modified = vonk_s3_header(call, VONK_IO_LAST_MODIFIED);
    char *end = NULL;
    errno = 0;
    uint64_t size = length && *length >= '0' && *length <= '9' ? strtoull(length, &end, 10) : 0;
    if (!end || *end || errno || size > INT64_MAX)
        return vonk_fail(err, VONK_CORRUPT, "s3://%s/%s: the store does not say how long it is",
                         call->bucket->name, call->key);
    if (etag) {
        etag = vonk_arena_strndup(arena, etag, strlen(etag), err);
        VONK_TRY_ALLOC(etag);
    }
    const char *type = vonk_s3_header(call, VONK_IO_CONTENT_TYPE);
    bool marker = !size && type && !strncmp(type, "application/x-directory", 23);
    *ret = (vonk_s3_head){true, marker, size, modified ? vonk_s3_time(modified) * 1000000000 : 0,
                          etag};
    return VONK_OK;
}

vonk_status vonk_s3_head_key(vonk_s3_bucket *bucket, const char *key, vonk_arena *arena,
                             vonk_s3_head *ret, vonk_error *err)
{
    vonk_s3_call call;
    vonk_s3_call_init(&call, bucket, "HEAD", key);
    vonk_status status = vonk_s3_do(&call, err);
    *ret = (vonk_s3_head){0};
    if (status == VONK_OK && vonk_s3_status(&call) != 404) {
        status = vonk_s3_check(&call, "access", err);
        if (status == VONK_OK)
            status = read_head(&call, arena, ret, err);
    }
    vonk_s3_call_end(&call);
    return status;
}

/* --- listing --- */

static vonk_status get_page(vonk_s3_bucket *bucket, const char *prefix, bool by_level,
                            const char *most, const char *token, vonk_arena *arena,
                            vonk_s3_page *ret, vonk_error *err)
{
    vonk_s3_call call;
    vonk_s3_call_init(&call, bucket, "GET", NULL);
    vonk_s3_call_param(&call, "list-type", "2");
    vonk_s3_call_param(&call, "encoding-type", "url");
    vonk_s3_call_param(&call, "prefix", prefix);
    if (by_level)
        vonk_s3_call_param(&call, "delimiter", "/");
    if (most)
        vonk_s3_call_param(&call, "max-keys", most);
    if (token)
        vonk_s3_call_param(&call, "continuation-token", token);
    vonk_status status = vonk_s3_do(&call, err);
    if (status == VONK_OK) {
        status = vonk_s3_check(&call, "list", err);
        if (status == VONK_NOT_FOUND) /* a bucket is listed: there is no key that could lack */
            status = vonk_fail_sql(err, "PATH_NOT_FOUND",
                                   "path does not exist: s3://%s: there is no bucket %s",
                                   bucket->name, bucket->name);
    }
    if (status == VONK_OK)
        status = vonk_s3_get_page(vonk_s3_body(&call), arena, ret, err);
    if (status == VONK_CORRUPT)
        (void)vonk_error_prefix(err, status, "s3://%s", bucket->name);
    vonk_s3_call_end(&call);
    return status;
}

static vonk_status append(vonk_arena *arena, const vonk_s3_page *page, vonk_s3_object **list,
                          uint32_t *n, uint32_t *capacity, vonk_error *err)
{
    if (page->n > UINT32_MAX / 2 - *n)
        return vonk_fail(err, VONK_NO_MEMORY, "too many keys: %u", *n);
    if (*n + page->n > *capacity) {
        *capacity = (*n + page->n) * 2;
        vonk_s3_object *more = VONK_NEW_ARRAY(arena, vonk_s3_object, *capacity, err);
        VONK_TRY_ALLOC(more);
        if (*n)
            memcpy(more, *list, *n * sizeof(*more));
        *list = more;
    }
    if (page->n)
        memcpy(*list + *n, page->objects, page->n * sizeof(**list));
    *n += page->n;
    return VONK_OK;
}

vonk_status vonk_s3_list_keys(vonk_s3_bucket *bucket, const char *prefix, bool by_level,
                              uint32_t most, vonk_arena *arena, vonk_s3_object **ret,
                              uint32_t *ret_n, vonk_error *err)
{
    vonk_s3_object *list = NULL;
    uint32_t n = 0, capacity = 0;
    char number[16];
    (void)snprintf(number, sizeof(number), "%u", most);
    vonk_s3_page page = {0};
    do {
        const char *token = page.next;
        page = (vonk_s3_page){0};
        VONK_TRY(get_page(bucket, prefix, by_level, most && most < 1000 ? number : NULL, token,
                          arena, &page, err));
        if (page.next && token && !strcmp(page.next, token))
            return vonk_fail(err, VONK_CORRUPT, "s3://%s: the store's list does not go on",
                             bucket->name);
        VONK_TRY(append(arena, &page, &list, &n, &capacity, err));
    } while (page.next && (!most || n < most));
    *ret = list;
    *ret_n = n;
    return VONK_OK;
}

/* --- the store's calls --- */

/*
 * A key is a file; what has keys below is a directory, also if an empty key of its name is there
 * (some stores and tools make one). HEAD answers without a body, so a refusal is explained by the
 * listing that follows.
 */
static vonk_status stat_place(const vonk_s3_place *place, vonk_fs_entry *ret, vonk_arena *arena,
                              vonk_error *err)
{
    size_t n = strlen(place->key);
    vonk_s3_head head = {0};
    vonk_status status = VONK_OK;
    if (n && place->key[n - 1] != '/')
        status = vonk_s3_head_key(place->bucket, place->key, arena, &head, err);
    ret->size = head.size;
    ret->mtime_ns = head.mtime_ns;
    if (status == VONK_OK && head.found && head.size)
        return VONK_OK;
    if (status != VONK_OK && status != VONK_DENIED)
        return status;
    const char *prefix = NULL;
    vonk_s3_object *objects = NULL;
    uint32_t n_objects = 0;
    VONK_TRY(vonk_s3_prefix(place, arena, &prefix, err));
    vonk_status listed =
        vonk_s3_list_keys(place->bucket, prefix, false, 1, arena, &objects, &n_objects, err);
    if (listed == VONK_DENIED)
        (void)vonk_error_prefix(err, listed, "s3://%s/%s", place->bucket->name, place->key);
    VONK_TRY(listed);
    if (n_objects || !*prefix || head.is_marker) {
        ret->is_directory = true;
        return VONK_OK;
    }
    if (status == VONK_OK && head.found)
        return VONK_OK;
    if (status == VONK_DENIED) /* it may be listed, but the key itself is not for us */
        return vonk_fail(err, VONK_DENIED, "cannot access s3://%s/%s: the store denied access",
                         place->bucket->name, place->key);
    return vonk_fail(err, VONK_NOT_FOUND, "cannot access s3://%s/%s: there is no such key",
                     place->bucket->name, place->key);
}

vonk_status vonk_s3_stat(const char *path, vonk_fs_entry *ret, vonk_arena *arena, vonk_error *err)
{
    vonk_s3_place place = {0};
    vonk_fs_entry entry = {0};
    VONK_TRY(vonk_s3_place_of(path, arena, &place, err));
    entry.path = vonk_arena_strndup(arena, path, strlen(path), err);
    vonk_status status = entry.path ? stat_place(&place, &entry, arena, err) : VONK_NO_MEMORY;
    vonk_s3_bucket_unref(place.bucket);
    if (status == VONK_OK)
        *ret = entry;
    return status;
}

/* "s3://bucket/" as the path was written ("s3a:"), for the paths of its entries. */
static vonk_status root_of(const char *path, vonk_arena *arena, const char **ret, vonk_error *err)
{
    const char *host = strstr(path, "://") + 3;
    *ret = vonk_arena_printf(arena, err, "%.*s/", (int)(host - path + strcspn(host, "/")), path);
    VONK_TRY_ALLOC(*ret);
    return VONK_OK;
}

static vonk_status list_path(const char *path, bool by_level, vonk_arena *arena,
                             vonk_fs_entry **ret, uint32_t *ret_n, vonk_error *err)
{
    vonk_s3_place place = {0};
    const char *prefix = NULL, *root = NULL;
    vonk_s3_object *objects = NULL;
    uint32_t n_objects = 0;
    vonk_fs_entries list = {0};
    VONK_TRY(vonk_s3_place_of(path, arena, &place, err));
    vonk_status status = vonk_s3_prefix(&place, arena, &prefix, err);
    if (status == VONK_OK)
        status = root_of(path, arena, &root, err);
    if (status == VONK_OK)
        status =
            vonk_s3_list_keys(place.bucket, prefix, by_level, 0, arena, &objects, &n_objects, err);
    for (uint32_t i = 0; i < n_objects && status == VONK_OK; i++) {
        const vonk_s3_object *o = &objects[i];
        size_t length = strlen(o->key);
        bool slash = length && o->key[length - 1] == '/';
        if (slash && !o->is_prefix)
            continue; /* the marker of a directory */
        char *full = vonk_arena_printf(arena, err, "%s%.*s", root, (int)(length - slash), o->key);
        vonk_fs_entry entry = {full, o->size, o->mtime_ns, o->is_prefix};
        status = full ? vonk_fs_entries_add(arena, &list, &entry, err) : VONK_NO_MEMORY;
    }
    vonk_s3_bucket_unref(place.bucket);
    if (status == VONK_OK) {
        *ret = list.items;
        *ret_n = list.n;
    }
    return status;
}

vonk_status vonk_s3_list(const char *path, vonk_arena *arena, vonk_fs_entry **ret, uint32_t *ret_n,
                         vonk_error *err)
{
    return list_path(path, true, arena, ret, ret_n, err);
}

vonk_status vonk_s3_list_tree(const char *path, vonk_arena *arena, vonk_fs_entry **ret,
                              uint32_t *ret_n, vonk_error *err)
{
    return list_path(path, false, arena, ret, ret_n, err);
}
