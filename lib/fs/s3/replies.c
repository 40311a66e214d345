/* replies.c - paths of XML elements to fields. */
#include "fs/s3/replies.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fs/s3/xml.h"

#define MAX_ITEMS   100000              /* in an answer; servers send 1,000 */
#define MAX_SECONDS INT64_C(9000000000) /* the year 2255: nanoseconds fit into 64 bits */

int64_t vonk_s3_time(const char *text)
{
    struct tm tm = {0};
    if (!strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) && !strptime(text, "%a, %d %b %Y %H:%M:%S", &tm))
        return 0;
    time_t t = timegm(&tm);
    return t > 0 && t < MAX_SECONDS ? (int64_t)t : 0;
}

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static vonk_status copy(vonk_arena *arena, vonk_slice text, const char **ret, vonk_error *err)
{
    char *copied = vonk_arena_strndup(arena, text.data, text.length, err);
    VONK_TRY_ALLOC(copied);
    *ret = copied;
    return VONK_OK;
}

static void fill(char *to, size_t size, vonk_slice text)
{
    size_t n = text.length < size - 1 ? text.length : size - 1;
    memcpy(to, text.data, n);
    to[n] = '\0';
}

/* --- errors --- */

static vonk_status error_end(void *context, const char *path, vonk_slice text, vonk_error *err)
{
    (void)err;
    vonk_s3_error *e = context;
    if (strncmp(path, "Error/", 6) != 0 && strncmp(path, "ErrorResponse/Error/", 20) != 0)
        return VONK_OK;
    const char *name = last_name(path);
    if (!strcmp(name, "Code"))
        fill(e->code, sizeof(e->code), text);
    else if (!strcmp(name, "Message"))
        fill(e->message, sizeof(e->message), text);
    else if (!strcmp(name, "Region"))
        fill(e->region, sizeof(e->region), text);
    return VONK_OK;
}

void vonk_s3_get_error(vonk_slice body, vonk_s3_error *ret)
{
    *ret = (vonk_s3_error){0};
    if (body.length && vonk_s3_xml_walk(body, &(vonk_s3_xml_visitor){ret, error_end}, NULL))
        return; /* what was read before it broke off is as good as it gets */
}

/* --- lists --- */

/* Room for one more item of `size` bytes; NULL if there is none. */
static void *grow(vonk_arena *arena, void *items, uint32_t n, uint32_t *capacity, size_t size,
                  vonk_error *err)
{
    if (n < *capacity)
        return items;
    if (n >= MAX_ITEMS) {
        (void)vonk_fail(err, VONK_NO_MEMORY, "the store's list is too long");
        return NULL;
    }
    uint32_t bigger = *capacity ? *capacity * 2 : 64;
    char *more = vonk_arena_array(arena, bigger, size, err);
    if (more && n)
        memcpy(more, items, n * size);
    if (more)
        *capacity = bigger;
    return more;
}

/* %XX and '+' decoded in place. */
static void url_decode(char *text)
{
    char *to = text;
    for (const char *p = text; *p; p++) {
        unsigned value = 0;
        if (*p == '%' && p[1] && p[2] && sscanf(p + 1, "%2x", &value) == 1 && value) {
            *to++ = (char)value;
            p += 2;
        } else {
            *to++ = *p == '+' ? ' ' : *p;
        }
    }
    *to = '\0';
}

typedef struct page_reader {
    vonk_arena *arena;
    vonk_s3_page page;
    uint32_t capacity;
    vonk_s3_object object;
    bool truncated, encoded;
} page_reader;

static vonk_status add_object(page_reader *r, vonk_error *err)
{
    if (!r->object.key)
        return vonk_fail(err, VONK_CORRUPT, "the store's list has an entry without a key");
    vonk_s3_object *objects =
        grow(r->arena, r->page.objects, r->page.n, &r->capacity, sizeof(*objects), err);
    VONK_TRY_ALLOC(objects);
    r->page.objects = objects;
    objects[r->page.n++] = r->object;
    r->object = (vonk_s3_object){0};
    return VONK_OK;
}

static vonk_status object_field(page_reader *r, const char *name, vonk_slice text, vonk_error *err)
{
    char number[64];
    fill(number, sizeof(number), text);
    if (!strcmp(name, "Key"))
        return copy(r->arena, text, &r->object.key, err);
    if (!strcmp(name, "LastModified"))
        r->object.mtime_ns = vonk_s3_time(number) * 1000000000;
    if (strcmp(name, "Size") != 0)
        return VONK_OK;
    char *end = NULL;
    errno = 0;
    r->object.size = strtoull(number, &end, 10);
    if (errno || *end || end == number || number[0] == '-' || r->object.size > INT64_MAX)
        return vonk_fail(err, VONK_CORRUPT, "the store's list has a size that is none: %s", number);
    return VONK_OK;
}

static vonk_status page_end(void *context, const char *path, vonk_slice text, vonk_error *err)
{
    page_reader *r = context;
    static const char root[] = "ListBucketResult/";
    if (strncmp(path, root, sizeof(root) - 1) != 0)
        return VONK_OK;
    const char *rest = path + sizeof(root) - 1;
    if (!strncmp(rest, "Contents/", 9))
        return object_field(r, rest + 9, text, err);
    if (!strcmp(rest, "Contents"))
        return add_object(r, err);
    if (!strcmp(rest, "CommonPrefixes/Prefix")) {
        r->object = (vonk_s3_object){.is_prefix = true};
        VONK_TRY(copy(r->arena, text, &r->object.key, err));
        return add_object(r, err);
    }
    if (!strcmp(rest, "IsTruncated"))
        r->truncated = vonk_slice_equal(text, VONK_SLICE("true"));
    else if (!strcmp(rest, "EncodingType"))
        r->encoded = vonk_slice_equal(text, VONK_SLICE("url"));
    else if (!strcmp(rest, "NextContinuationToken"))
        return copy(r->arena, text, &r->page.next, err);
    return VONK_OK;
}

/* The root element seen: answers of something else than a store of this kind are no empty lists. */
typedef struct root_check {
    const char *wanted;
    bool seen;
    void *context;
    vonk_status (*end)(void *context, const char *path, vonk_slice text, vonk_error *err);
} root_check;

static vonk_status check_end(void *context, const char *path, vonk_slice text, vonk_error *err)
{
    root_check *c = context;
    c->seen = c->seen || !strcmp(path, c->wanted);
    return c->end(c->context, path, text, err);
}

static vonk_status walk_root(vonk_slice body, const char *root, void *context,
                             vonk_status (*end)(void *, const char *, vonk_slice, vonk_error *),
                             vonk_error *err)
{
    root_check c = {root, false, context, end};
    VONK_TRY(vonk_s3_xml_walk(body, &(vonk_s3_xml_visitor){&c, check_end}, err));
    if (!c.seen)
        return vonk_fail(err, VONK_CORRUPT, "the store's answer is not a %s", root);
    return VONK_OK;
}

vonk_status vonk_s3_get_page(vonk_slice body, vonk_arena *arena, vonk_s3_page *ret, vonk_error *err)
{
    page_reader r = {.arena = arena};
    VONK_TRY(walk_root(body, "ListBucketResult", &r, page_end, err));
    for (uint32_t i = 0; r.encoded && i < r.page.n; i++)
        url_decode((char *)(uintptr_t)r.page.objects[i].key);
    /* AWS's tokens are no URLs and have no '%'; s3proxy escapes its own as it does keys. */
    if (r.encoded && r.page.next && strchr(r.page.next, '%'))
        url_decode((char *)(uintptr_t)r.page.next);
    if (!r.truncated)
        r.page.next = NULL;
    else if (!r.page.next || !*r.page.next)
        return vonk_fail(err, VONK_CORRUPT, "the store's list goes on but does not say where");
    *ret = r.page;
    return VONK_OK;
}

typedef struct uploads_reader {
    vonk_arena *arena;
    vonk_s3_uploads list;
    uint32_t capacity;
    vonk_s3_upload upload;
    bool truncated, encoded;
} uploads_reader;

static vonk_status upload_field(uploads_reader *r, const char *name, vonk_slice text,
                                vonk_error *err)
{
    char time_text[64];
    if (!strcmp(name, "Key"))
        return copy(r->arena, text, &r->upload.key, err);
    if (!strcmp(name, "UploadId"))
        return copy(r->arena, text, &r->upload.id, err);
    if (!strcmp(name, "Initiated")) {
        fill(time_text, sizeof(time_text), text);
        r->upload.initiated_s = vonk_s3_time(time_text);
    }
    return VONK_OK;
}

static vonk_status uploads_end(void *context, const char *path, vonk_slice text, vonk_error *err)
{
    uploads_reader *r = context;
    static const char root[] = "ListMultipartUploadsResult/";
    if (strncmp(path, root, sizeof(root) - 1) != 0)
        return VONK_OK;
    const char *rest = path + sizeof(root) - 1;
    if (!strncmp(rest, "Upload/", 7))
        return upload_field(r, rest + 7, text, err);
    if (!strcmp(rest, "Upload")) {
        if (!r->upload.key || !r->upload.id)
            return vonk_fail(err, VONK_CORRUPT, "the store's list has an upload without a key");
        vonk_s3_upload *uploads =
            grow(r->arena, r->list.uploads, r->list.n, &r->capacity, sizeof(*uploads), err);
        VONK_TRY_ALLOC(uploads);
        r->list.uploads = uploads;
        uploads[r->list.n++] = r->upload;
        r->upload = (vonk_s3_upload){0};
    } else if (!strcmp(rest, "IsTruncated")) {
        r->truncated = vonk_slice_equal(text, VONK_SLICE("true"));
    } else if (!strcmp(rest, "EncodingType")) {
        r->encoded = vonk_slice_equal(text, VONK_SLICE("url"));
    } else if (!strcmp(rest, "NextKeyMarker")) {
        return copy(r->arena, text, &r->list.next_key, err);
    } else if (!strcmp(rest, "NextUploadIdMarker")) {
        return copy(r->arena, text, &r->list.next_id, err);
    }
    return VONK_OK;
}

vonk_status vonk_s3_get_uploads(vonk_slice body, vonk_arena *arena, vonk_s3_uploads *ret,
                                vonk_error *err)
{
    uploads_reader r = {.arena = arena};
    VONK_TRY(walk_root(body, "ListMultipartUploadsResult", &r, uploads_end, err));
    for (uint32_t i = 0; r.encoded && i < r.list.n; i++)
        url_decode((char *)(uintptr_t)r.list.uploads[i].key);
    if (r.encoded && r.list.next_key)
        url_decode((char *)(uintptr_t)r.list.next_key);
    if (!r.truncated || !r.list.next_key || !*r.list.next_key)
        r.list.next_key = r.list.next_id = NULL;
    *ret = r.list;
    return VONK_OK;
}

/* --- single fields --- */

typedef struct text_reader {
    vonk_arena *arena;
    const char *path, *text;
} text_reader;

static vonk_status text_end(void *context, const char *path, vonk_slice text, vonk_error *err)
{
    text_reader *r = context;
    return strcmp(path, r->path) != 0 ? VONK_OK : copy(r->arena, text, &r->text, err);
}

vonk_status vonk_s3_get_upload_id(vonk_slice body, vonk_arena *arena, const char **ret,
                                  vonk_error *err)
{
    text_reader r = {.arena = arena, .path = "InitiateMultipartUploadResult/UploadId"};
    VONK_TRY(vonk_s3_xml_walk(body, &(vonk_s3_xml_visitor){&r, text_end}, err));
    if (!r.text || !*r.text)
        return vonk_fail(err, VONK_CORRUPT, "the store began an upload but does not name it");
    *ret = r.text;
    return VONK_OK;
}

typedef struct deleted_reader {
    char *key;
    vonk_s3_error *error;
    bool full; /* the first failure is complete */
} deleted_reader;

static vonk_status deleted_end(void *context, const char *path, vonk_slice text, vonk_error *err)
{
    (void)err;
    deleted_reader *r = context;
    if (r->full || strncmp(path, "DeleteResult/Error", 18) != 0)
        return VONK_OK;
    const char *name = last_name(path);
    if (!strcmp(name, "Key"))
        fill(r->key, 1100, text);
    else if (!strcmp(name, "Code"))
        fill(r->error->code, sizeof(r->error->code), text);
    else if (!strcmp(name, "Message"))
        fill(r->error->message, sizeof(r->error->message), text);
    r->full = !strcmp(name, "Error");
    return VONK_OK;
}

vonk_status vonk_s3_get_deleted(vonk_slice body, char ret_key[1100], vonk_s3_error *ret,
                                vonk_error *err)
{
    *ret = (vonk_s3_error){0};
    ret_key[0] = '\0';
    deleted_reader r = {ret_key, ret, false};
    return walk_root(body, "DeleteResult", &r, deleted_end, err);
}

typedef struct role_reader {
    vonk_arena *arena;
    vonk_s3_role role;
} role_reader;

static vonk_status role_end(void *context, const char *path, vonk_slice text, vonk_error *err)
{
    role_reader *r = context;
    static const char root[] =
        "AssumeRoleWithWebIdentityResponse/AssumeRoleWithWebIdentityResult/Credentials/";
    char time_text[64];
    if (strncmp(path, root, sizeof(root) - 1) != 0)
        return VONK_OK;
    const char *name = path + sizeof(root) - 1;
    if (!strcmp(name, "AccessKeyId"))
        return copy(r->arena, text, &r->role.access_key, err);
    if (!strcmp(name, "SecretAccessKey"))
        return copy(r->arena, text, &r->role.secret_key, err);
    if (!strcmp(name, "SessionToken"))
        return copy(r->arena, text, &r->role.session_token, err);
    if (!strcmp(name, "Expiration")) {
        fill(time_text, sizeof(time_text), text);
        r->role.expires_s = vonk_s3_time(time_text);
    }
    return VONK_OK;
}

vonk_status vonk_s3_get_role(vonk_slice body, vonk_arena *arena, vonk_s3_role *ret, vonk_error *err)
{
    role_reader r = {.arena = arena};
    VONK_TRY(vonk_s3_xml_walk(body, &(vonk_s3_xml_visitor){&r, role_end}, err));
    if (!r.role.access_key || !r.role.secret_key || !r.role.session_token)
        return vonk_fail(err, VONK_CORRUPT, "STS gave a role without keys");
    *ret = r.role;
    return VONK_OK;
}
