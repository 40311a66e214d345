/* remove.c - keys removed in batches, moved by copy; directories are only a way of speaking. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "fs/s3/objects.h"
#include "net/http.h"

#define BATCH 1000 /* keys of a DeleteObjects request */

static void put_xml_key(vonk_buffer *out, const char *key)
{
    vonk_buffer_text(out, "<Object><Key>");
    for (const char *p = key; *p; p++) {
        if (strchr("<>&\"'", *p) || (unsigned char)*p < 0x20)
            vonk_buffer_printf(out, "&#%u;", (unsigned char)*p);
        else
            vonk_buffer_char(out, *p);
    }
    vonk_buffer_text(out, "</Key></Object>");
}

static vonk_status md5_text(const vonk_buffer *body, char ret[32], vonk_error *err)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (EVP_Digest(body->data, body->length, digest, &n, EVP_md5(), NULL) != 1 || n != 16)
        return vonk_fail(err, VONK_UNSUPPORTED, "MD5 is not available");
    (void)EVP_EncodeBlock((unsigned char *)ret, digest, (int)n);
    return VONK_OK;
}

static vonk_status delete_batch(vonk_s3_bucket *bucket, const vonk_s3_object *objects, uint32_t n,
                                vonk_error *err)
{
    vonk_s3_call call;
    vonk_buffer body = {0};
    char md5[32], failed[1100];
    vonk_s3_error error = {0};
    vonk_buffer_text(&body, "<Delete><Quiet>true</Quiet>");
    for (uint32_t i = 0; i < n; i++)
        put_xml_key(&body, objects[i].key);
    vonk_buffer_text(&body, "</Delete>");
    vonk_s3_call_init(&call, bucket, "POST", NULL);
    vonk_s3_call_param(&call, "delete", "");
    vonk_status status = vonk_buffer_check(&body, err);
    if (status == VONK_OK)
        status = md5_text(&body, md5, err);
    if (status == VONK_OK) {
        call.md5 = md5;
        call.body = (vonk_slice){body.data, body.length};
        status = vonk_s3_do(&call, err);
    }
    if (status == VONK_OK)
        status = vonk_s3_check(&call, "remove files of", err);
    if (status == VONK_OK)
        status = vonk_s3_get_deleted(vonk_s3_body(&call), failed, &error, err);
    if (status == VONK_OK && error.code[0])
        status = vonk_fail(err, VONK_DENIED, "cannot remove s3://%s/%.500s: %s %.200s",
                           bucket->name, failed, error.code, error.message);
    vonk_s3_call_end(&call);
    vonk_buffer_free(&body);
    return status;
}

static vonk_status delete_key(vonk_s3_bucket *bucket, const char *key, vonk_error *err)
{
    vonk_s3_call call;
    vonk_s3_call_init(&call, bucket, "DELETE", key);
    vonk_status status = vonk_s3_do(&call, err);
    if (status == VONK_OK && vonk_s3_status(&call) != 404)
        status = vonk_s3_check(&call, "remove", err);
    vonk_s3_call_end(&call);
    return status;
}

/* All keys below the place, its marker included. */
static vonk_status clear_place(const vonk_s3_place *place, vonk_arena *arena, vonk_error *err)
{
    const char *prefix = NULL;
    vonk_s3_object *objects = NULL;
    uint32_t n = 0;
    VONK_TRY(vonk_s3_prefix(place, arena, &prefix, err));
    if (!*prefix)
        return vonk_fail(err, VONK_INVALID, "will not remove all of s3://%s", place->bucket->name);
    VONK_TRY(vonk_s3_list_keys(place->bucket, prefix, false, 0, arena, &objects, &n, err));
    for (uint32_t i = 0; i < n; i += BATCH)
        VONK_TRY(delete_batch(place->bucket, objects + i, n - i < BATCH ? n - i : BATCH, err));
    return VONK_OK;
}

static vonk_status with_place(const char *path, bool and_key, vonk_error *err)
{
    vonk_arena arena = {0};
    vonk_s3_place place = {0};
    vonk_status status = vonk_s3_place_of(path, &arena, &place, err);
    if (status == VONK_OK)
        status = clear_place(&place, &arena, err);
    size_t n = status == VONK_OK ? strlen(place.key) : 0;
    if (status == VONK_OK && and_key && n && place.key[n - 1] != '/')
        status = delete_key(place.bucket, place.key, err);
    vonk_s3_bucket_unref(place.bucket);
    vonk_arena_free(&arena);
    return status;
}

vonk_status vonk_s3_clear(const char *path, vonk_error *err)
{
    return with_place(path, false, err);
}

vonk_status vonk_s3_remove(const char *path, vonk_error *err)
{
    return with_place(path, true, err);
}

static vonk_status put_marker(vonk_s3_bucket *bucket, const char *key, vonk_error *err)
{
    vonk_s3_call call;
    vonk_s3_call_init(&call, bucket, "PUT", key);
    vonk_status status = vonk_s3_do(&call, err);
    if (status == VONK_OK)
        status = vonk_s3_check(&call, "write", err);
    vonk_s3_call_end(&call);
    return status;
}

vonk_status vonk_s3_mkdirs(const char *path, vonk_error *err)
{
    vonk_arena arena = {0};
    vonk_s3_place place = {0};
    const char *prefix = NULL;
    vonk_s3_object *objects = NULL;
    uint32_t n = 0;
    vonk_status status = vonk_s3_place_of(path, &arena, &place, err);
    if (status == VONK_OK)
        status = vonk_s3_prefix(&place, &arena, &prefix, err);
    if (status == VONK_OK)
        status = vonk_s3_list_keys(place.bucket, prefix, false, 1, &arena, &objects, &n, err);
    if (status == VONK_OK && !n && *prefix)
        status = put_marker(place.bucket, prefix, err);
    vonk_s3_bucket_unref(place.bucket);
    vonk_arena_free(&arena);
    return status;
}

static vonk_status copy_key(const vonk_s3_place *from, const vonk_s3_place *to, vonk_error *err)
{
    vonk_s3_call call;
    vonk_buffer source = {0};
    vonk_buffer_char(&source, '/');
    vonk_url_escape(&source, vonk_slice_of(from->bucket->name), false);
    vonk_buffer_char(&source, '/');
    vonk_url_escape(&source, vonk_slice_of(from->key), true);
    vonk_s3_call_init(&call, to->bucket, "PUT", to->key);
    call.copy_source = vonk_buffer_str(&source);
    call.error_in_200 = true;
    vonk_status status = vonk_buffer_check(&source, err);
    if (status == VONK_OK)
        status = vonk_s3_do(&call, err);
    if (status == VONK_OK)
        status = vonk_s3_check(&call, "copy to", err);
    vonk_s3_call_end(&call);
    vonk_buffer_free(&source);
    return status;
}

vonk_status vonk_s3_rename(const char *from, const char *to, vonk_error *err)
{
    vonk_arena arena = {0};
    vonk_s3_place a = {0}, b = {0};
    vonk_s3_head head = {0};
    vonk_status status = vonk_s3_place_of(from, &arena, &a, err);
    if (status == VONK_OK)
        status = vonk_s3_place_of(to, &arena, &b, err);
    if (status == VONK_OK)
        status = vonk_s3_head_key(b.bucket, b.key, &arena, &head, err);
    if (status == VONK_OK && head.found)
        status = vonk_fail(err, VONK_EXISTS, "cannot move %s: it exists already", to);
    if (status == VONK_OK)
        status = copy_key(&a, &b, err);
    if (status == VONK_OK)
        status = delete_key(a.bucket, a.key, err);
    vonk_s3_bucket_unref(a.bucket);
    vonk_s3_bucket_unref(b.bucket);
    vonk_arena_free(&arena);
    return status;
}
