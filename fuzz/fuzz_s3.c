/* fuzz_s3.c - any bytes as each answer of an S3 store, as AWS's files and as tokens. */
#include <stdlib.h>
#include <string.h>

#include "fs/remote/plain.h"
#include "fs/s3/bucket.h"
#include "fs/s3/replies.h"
#include "fs/token.h"

#define MAX_INPUT ((size_t)1 << 20)

static void try_replies(vonk_slice bytes, vonk_arena *arena)
{
    vonk_error err;
    vonk_s3_error error;
    vonk_s3_page page;
    vonk_s3_uploads uploads;
    vonk_s3_role role;
    const char *id;
    char key[1100];
    vonk_s3_get_error(bytes, &error);
    if (vonk_s3_get_page(bytes, arena, &page, &err) == VONK_OK && page.n && !page.objects[0].key)
        abort();
    if (vonk_s3_get_uploads(bytes, arena, &uploads, &err) == VONK_OK && uploads.n &&
        (!uploads.uploads[0].key || !uploads.uploads[0].id))
        abort();
    if (vonk_s3_get_role(bytes, arena, &role, &err) == VONK_OK && !role.secret_key)
        abort();
    (void)!vonk_s3_get_upload_id(bytes, arena, &id, &err);
    (void)!vonk_s3_get_deleted(bytes, key, &error, &err);
}

static void try_texts(vonk_slice bytes, vonk_arena *arena)
{
    vonk_error err;
    vonk_s3_profile profile = {0};
    (void)!vonk_s3_profile_read(bytes, "default", true, arena, &profile, &err);
    (void)!vonk_s3_profile_read(bytes, "x", false, arena, &profile, &err);
    char *text = vonk_arena_strndup(arena, bytes.data, bytes.length, &err);
    const char *const *texts;
    const char *bucket, *key;
    uint32_t n;
    uint64_t start, size;
    vonk_s3_endpoint endpoint;
    if (!text)
        return;
    (void)!vonk_token_get(text, VONK_FS_TOKEN_TEXTS, arena, &texts, &n, &err);
    (void)!vonk_s3_split_path(text, arena, &bucket, &key, &err);
    (void)!vonk_s3_endpoint_parse(text, true, arena, &endpoint, &err);
    if (vonk_content_range(text, &start, &size) && start > size)
        abort();
    (void)!vonk_s3_time(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vonk_arena arena = {0};
    vonk_slice bytes = {(const char *)data, size};
    if (size > MAX_INPUT)
        return 0;
    try_replies(bytes, &arena);
    try_texts(bytes, &arena);
    vonk_arena_free(&arena);
    return 0;
}
