/*
 * messages.c - see messages.h. What goes to an executor and comes back is decoded and encoded
 * again: with each allocation failed in turn there must be the same bytes, or an error that says
 * something.
 */
#include "messages.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "allocations.h"
#include "wire/rewrite.inc.h"

static vonk_status rewrite_batch(vonk_slice bytes, vonk_arena *arena, vonk_buffer *out,
                                 vonk_error *err)
{
    vonk_batch batch;
    vonk_wire_reader in = vonk_wire_reader_of(bytes, arena, err);
    VONK_TRY(vonk_wire_batch(&in, &batch));
    return vonk_wire_put_batch(out, &batch, VONK_WIRE_LZ4, err);
}

static vonk_status rewrite(vonk_slice bytes, vonk_buffer *out, vonk_error *err)
{
    vonk_arena arena = {0};
    bool batch = bytes.length > 3 && !memcmp(bytes.data, "VKB", 3);
    vonk_status status =
        batch ? rewrite_batch(bytes, &arena, out, err) : rewrite_message(bytes, &arena, out, err);
    vonk_arena_free(&arena);
    return status == VONK_OK ? vonk_buffer_check(out, err) : status;
}

static bool is_bad(vonk_status due_status, const vonk_buffer *due, vonk_status status,
                   const vonk_buffer *out, const vonk_error *err)
{
    if (status != VONK_OK)
        return !err->message[0];
    return due_status != VONK_OK || out->length != due->length ||
           (out->length && memcmp(out->data, due->data, out->length) != 0);
}

static int try_message(const char *name, vonk_slice bytes, long *n_tried)
{
    vonk_buffer due = {0};
    int n_bad = 0;
    bool failed = true;
    vonk_status due_status = rewrite(bytes, &due, NULL);
    for (long n = 0; failed; n++) {
        vonk_buffer out = {0};
        vonk_error err = {0};
        fail_allocations(n, 1);
        vonk_status status = rewrite(bytes, &out, &err);
        failed = allocation_has_failed();
        *n_tried += failed;
        if (is_bad(due_status, &due, status, &out, &err)) {
            n_bad++;
            (void)fprintf(stderr, "%s\n  allocation %ld: %s '%s', %zu bytes\n", name, n,
                          vonk_status_name(status), err.message, out.length);
        }
        vonk_buffer_free(&out);
    }
    vonk_buffer_free(&due);
    return n_bad;
}

int try_messages(long *n_tried)
{
    static char bytes[1 << 16];
    char folder[512], path[1024];
    const char *here = __FILE__, *end = strstr(here, "tests/alloc/");
    int n_bad = 0, n_files = 0;
    (void)snprintf(folder, sizeof(folder), "%.*sfuzz/corpus/wire", (int)(end - here), here);
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "rb");
        if (!file)
            continue;
        size_t size = fread(bytes, 1, sizeof(bytes), file);
        (void)fclose(file);
        n_bad += try_message(entry->d_name, (vonk_slice){bytes, size}, n_tried);
        n_files++;
    }
    if (dir)
        (void)closedir(dir);
    printf("%d messages and batches\n", n_files);
    return n_files ? n_bad : 1;
}
