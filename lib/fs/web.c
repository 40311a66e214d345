/*
 * web.c - single files by http:// and https:// URL, read-only. In ranges where the server accepts
 * them, pinned by a strong ETag; else the whole file is fetched when it is opened.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/remote/plain.h"
#include "fs/remote/ranged.h"
#include "fs/store.h"

#define MAX_WHOLE     ((size_t)1 << 30) /* of a server that does not know ranges */
#define MAX_REDIRECTS 5

typedef struct web_file {
    vonk_fs_file head;
    vonk_arena arena;
    const char *path;     /* as the user wrote it */
    const char *url;      /* behind redirects */
    const char *if_match; /* a header line, or NULL */
    vonk_ranged *ranged;
} web_file;

static vonk_status refused(const char *path, int status, vonk_error *err)
{
    if (status == 404 || status == 410)
        return vonk_fail(err, VONK_NOT_FOUND, "cannot open %s: the server has no such file", path);
    if (status == 401 || status == 403)
        return vonk_fail(err, VONK_DENIED, "cannot open %s: the server denied access (%d)", path,
                         status);
    if (status == 412)
        return vonk_fail(err, VONK_IO, "%s was replaced while it was read", path);
    return vonk_fail(err, VONK_IO, "cannot open %s: the server answered %d", path, status);
}

/* --- ranges --- */

static vonk_remote_request *make_range(void *context, uint64_t offset, size_t length, char *to)
{
    const web_file *file = context;
    vonk_remote_plain *plain = malloc(sizeof(*plain));
    if (!plain)
        return NULL;
    vonk_remote_plain_init(plain, "GET", file->url);
    if (file->if_match)
        plain->headers[plain->n_headers++] = file->if_match;
    plain->remote.offset = offset;
    plain->remote.length = length;
    plain->remote.to = to;
    return &plain->remote;
}

static vonk_status wait_range(void *context, vonk_remote_request *request, vonk_error *err)
{
    const web_file *file = context;
    vonk_status status = vonk_remote_wait(request, err);
    if (status != VONK_OK)
        return vonk_error_prefix(err, status, "%s", file->path);
    return request->call.status == 206 ? VONK_OK : refused(file->path, request->call.status, err);
}

static void end_range(void *context, vonk_remote_request *request)
{
    (void)context;
    vonk_remote_end(request);
    free(request->target);
}

static const vonk_ranged_ops ranged_ops = {make_range, wait_range, end_range};

/* --- opening --- */

/* Where a redirect leads: absolute, or a path at the same server. */
static vonk_status follow(web_file *file, const char *location, vonk_error *err)
{
    vonk_slice origin = vonk_remote_origin(file->url);
    bool absolute = !strncasecmp(location, "http://", 7) || !strncasecmp(location, "https://", 8);
    bool downgrade = !strncasecmp(file->url, "https:", 6) && !strncasecmp(location, "http:", 5);
    if (downgrade || (!absolute && location[0] != '/'))
        return vonk_fail(err, VONK_UNSUPPORTED, "%s is redirected to %.200s: not followed",
                         file->path, location);
    file->url = absolute ? vonk_arena_strndup(&file->arena, location, strlen(location), err)
                         : vonk_arena_printf(&file->arena, err, "%.*s%s", (int)origin.length,
                                             origin.data, location);
    VONK_TRY_ALLOC(file->url);
    return VONK_OK;
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static vonk_status keep_etag(web_file *file, const char *etag, vonk_error *err)
{
    if (!etag || *etag != '"')
        return VONK_OK;
    file->if_match = vonk_arena_printf(&file->arena, err, "If-Match: %s", etag);
    VONK_TRY_ALLOC(file->if_match);
    return VONK_OK;
}

static vonk_status take_answer(web_file *file, vonk_io_call *call, vonk_error *err)
{
    uint64_t start = 0, size = call->answer.length;
    bool part = call->status == 206;
    if (part && !vonk_content_range(call->kept[VONK_IO_CONTENT_RANGE], &start, &size))
        return vonk_fail(err, VONK_CORRUPT, "%s: the server sent a range without saying which",
                         file->path);
    if (start || call->answer.length > size || (!part && call->answer.length >= MAX_WHOLE))
        return vonk_fail(err, VONK_UNSUPPORTED,
                         "%s: the server does not serve ranges, and the file is too long without",
                         file->path);
    VONK_TRY(keep_etag(file, part ? call->kept[VONK_IO_ETAG] : NULL, err));
    char *known = call->answer.data;
    size_t n_known = call->answer.length;
    call->answer = (vonk_buffer){0};
    file->head.size = size;
    return vonk_ranged_new(&ranged_ops, file, size, known, 0, n_known, &file->ranged, err);
}

static vonk_status open_url(web_file *file, vonk_error *err)
{
    for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
        vonk_remote_plain plain;
        vonk_remote_plain_init(&plain, "GET", file->url);
        plain.headers[plain.n_headers++] = "Range: bytes=0-262143";
        plain.remote.max_body = MAX_WHOLE;
        vonk_status status = vonk_remote_do(&plain.remote, err);
        vonk_io_call *call = &plain.remote.call;
        const char *location = call->kept[VONK_IO_LOCATION];
        bool again = status == VONK_OK && is_redirect(call->status) && location;
        if (status != VONK_OK)
            (void)vonk_error_prefix(err, status, "cannot open %s", file->path);
        else if (again)
            status = follow(file, location, err);
        else if (call->status == 200 || call->status == 206)
            status = take_answer(file, call, err);
        else if (call->status == 416) /* an empty file has no ranges */
            status = vonk_ranged_new(&ranged_ops, file, 0, NULL, 0, 0, &file->ranged, err);
        else
            status = refused(file->path, call->status, err);
        vonk_remote_end(&plain.remote);
        if (!again || status != VONK_OK)
            return status;
    }
    return vonk_fail(err, VONK_IO, "cannot open %s: redirected too often", file->path);
}

static void web_close(vonk_fs_file *head)
{
    web_file *file = (web_file *)head;
    vonk_ranged_free(file->ranged);
    vonk_arena_free(&file->arena);
    free(file);
}

static vonk_status web_open(const char *path, vonk_fs_file **ret, vonk_error *err)
{
    web_file *file = calloc(1, sizeof(*file));
    if (!file)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory opening %s", path);
    file->head.store = &vonk_fs_web;
    file->path = file->url = vonk_arena_strndup(&file->arena, path, strlen(path), err);
    vonk_status status = file->path ? open_url(file, err) : VONK_NO_MEMORY;
    if (status == VONK_OK)
        *ret = &file->head;
    else
        web_close(&file->head);
    return status;
}

static vonk_status web_read(vonk_fs_file *head, uint64_t offset, size_t length, void *ret,
                            vonk_error *err)
{
    web_file *file = (web_file *)head;
    vonk_status status = vonk_ranged_read(file->ranged, offset, length, ret, err);
    return status == VONK_CORRUPT ? vonk_error_prefix(err, status, "%s", file->path) : status;
}

static void web_will_read(vonk_fs_file *head, const vonk_fs_range *ranges, uint32_t n)
{
    vonk_ranged_will_read(((web_file *)head)->ranged, ranges, n);
}

/* By opening it: not every server answers HEAD. */
static vonk_status web_stat(const char *path, vonk_fs_entry *ret, vonk_arena *arena,
                            vonk_error *err)
{
    vonk_fs_file *file = NULL;
    size_t n = strlen(path);
    if (n && path[n - 1] == '/')
        return vonk_fail(err, VONK_UNSUPPORTED,
                         "%s: directories on the web cannot be listed; name a file", path);
    VONK_TRY(web_open(path, &file, err));
    uint64_t size = file->size;
    web_close(file);
    char *copy = vonk_arena_strndup(arena, path, n, err);
    VONK_TRY_ALLOC(copy);
    *ret = (vonk_fs_entry){.path = copy, .size = size};
    return VONK_OK;
}

static vonk_status web_list(const char *path, vonk_arena *arena, vonk_fs_entry **ret,
                            uint32_t *ret_n, /* NOLINT(readability-non-const-parameter) */
                            vonk_error *err)
{
    (void)arena;
    (void)ret;
    (void)ret_n;
    return vonk_fail(err, VONK_UNSUPPORTED,
                     "%s: directories and patterns on the web cannot be listed; name a file", path);
}

static const char *const schemes[] = {"http", "https", NULL};

const vonk_fs_store vonk_fs_web = {
    .name = "web",
    .schemes = schemes,
    .remote = true,
    .open = web_open,
    .read = web_read,
    .will_read = web_will_read,
    .close = web_close,
    .stat = web_stat,
    .list = web_list,
    .list_tree = web_list,
};
