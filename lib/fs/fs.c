/* fs.c - finds the store of a path and calls it. */
#include "fs/fs.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fs/store.h"

static const vonk_fs_store *const stores[] = {&vonk_fs_local};

/* Length of "scheme" in "scheme:...", 0 if there is none. */
static size_t scheme_length(const char *path)
{
    size_t n = 0;
    if (!isalpha((unsigned char)path[0]))
        return 0;
    while (isalnum((unsigned char)path[n]) || path[n] == '+' || path[n] == '-' || path[n] == '.')
        n++;
    return path[n] == ':' ? n : 0;
}

/* "file:///x", "file://localhost/x", "file:/x" and "file:x": what comes after scheme and host. */
static const char *after_host(const char *path)
{
    if (strncmp(path, "//", 2) != 0)
        return path;
    const char *slash = strchr(path + 2, '/');
    return slash ? slash : "/";
}

vonk_status vonk_fs_find_store(const char *path, const vonk_fs_store **ret, const char **ret_path,
                               vonk_error *err)
{
    size_t length = scheme_length(path);
    /* A name with a colon ("12:30.csv", "a:b") is a file unless "//" or "/" follows the colon. */
    if (!length || (path[length + 1] != '/' && strncasecmp(path, "file", length) != 0)) {
        if (!*path)
            return vonk_fail(err, VONK_INVALID, "empty path");
        *ret = &vonk_fs_local;
        *ret_path = path;
        return VONK_OK;
    }
    for (size_t i = 0; i < VONK_LENGTH(stores); i++) {
        if (strlen(stores[i]->scheme) != length || strncasecmp(stores[i]->scheme, path, length))
            continue;
        const char *host = path + length + 1;
        if (!strncmp(host, "//", 2) && host[2] != '/' && strncmp(host, "//localhost/", 12) != 0)
            return vonk_fail(err, VONK_UNSUPPORTED, "%s: a file: URL names no other host", path);
        *ret_path = after_host(host);
        *ret = stores[i];
        return **ret_path ? VONK_OK : vonk_fail(err, VONK_INVALID, "empty path in %s", path);
    }
    return vonk_fail(err, VONK_UNSUPPORTED, "cannot access %s: storage '%.*s' is not supported",
                     path, (int)length, path);
}

vonk_status vonk_fs_open(const char *path, vonk_fs_file **ret, vonk_error *err)
{
    const vonk_fs_store *store;
    VONK_TRY(vonk_fs_find_store(path, &store, &path, err));
    return store->open(path, ret, err);
}

uint64_t vonk_fs_size(const vonk_fs_file *file)
{
    return file->size;
}

vonk_status vonk_fs_read(vonk_fs_file *file, uint64_t offset, size_t length, void *ret,
                         vonk_error *err)
{
    return file->store->read(file, offset, length, ret, err);
}

const char *vonk_fs_map(vonk_fs_file *file)
{
    return file->store->map ? file->store->map(file) : NULL;
}

void vonk_fs_close(vonk_fs_file *file)
{
    if (file)
        file->store->close(file);
}

vonk_status vonk_fs_stat(const char *path, vonk_fs_entry *ret, vonk_arena *arena, vonk_error *err)
{
    const vonk_fs_store *store;
    VONK_TRY(vonk_fs_find_store(path, &store, &path, err));
    return store->stat(path, ret, arena, err);
}

vonk_status vonk_fs_entries_add(vonk_arena *arena, vonk_fs_entries *list,
                                const vonk_fs_entry *entry, vonk_error *err)
{
    if (list->n == list->capacity) {
        if (list->capacity > UINT32_MAX / 2)
            return vonk_fail(err, VONK_NO_MEMORY, "too many files: %u", list->n);
        uint32_t capacity = list->capacity ? list->capacity * 2 : 16;
        vonk_fs_entry *items = VONK_NEW_ARRAY(arena, vonk_fs_entry, capacity, err);
        VONK_TRY_ALLOC(items);
        if (list->n)
            memcpy(items, list->items, list->n * sizeof(*items));
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->n++] = *entry;
    return VONK_OK;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const vonk_fs_entry *)a)->path, ((const vonk_fs_entry *)b)->path);
}

vonk_status vonk_fs_list(const char *path, vonk_arena *arena, vonk_fs_entry **ret, uint32_t *ret_n,
                         vonk_error *err)
{
    const vonk_fs_store *store;
    vonk_fs_entry entry, *items = NULL;
    uint32_t n = 0;
    VONK_TRY(vonk_fs_find_store(path, &store, &path, err));
    VONK_TRY(store->stat(path, &entry, arena, err));
    if (entry.is_directory) {
        VONK_TRY(store->list(path, arena, &items, &n, err));
    } else {
        vonk_fs_entries one = {0};
        VONK_TRY(vonk_fs_entries_add(arena, &one, &entry, err));
        items = one.items;
        n = 1;
    }
    if (n)
        qsort(items, n, sizeof(*items), by_path);
    *ret = items;
    *ret_n = n;
    return VONK_OK;
}

vonk_status vonk_fs_create(const char *path, vonk_fs_sink **ret, vonk_error *err)
{
    const vonk_fs_store *store;
    VONK_TRY(vonk_fs_find_store(path, &store, &path, err));
    return store->create(path, ret, err);
}

vonk_status vonk_fs_write(vonk_fs_sink *sink, const void *data, size_t length, vonk_error *err)
{
    return sink->store->write(sink, data, length, err);
}

vonk_status vonk_fs_finish(vonk_fs_sink *sink, vonk_error *err)
{
    return sink->store->finish(sink, err);
}

void vonk_fs_abort(vonk_fs_sink *sink)
{
    if (sink)
        sink->store->abort(sink);
}

vonk_status vonk_fs_mkdirs(const char *path, vonk_error *err)
{
    const vonk_fs_store *store;
    VONK_TRY(vonk_fs_find_store(path, &store, &path, err));
    return store->mkdirs(path, err);
}

vonk_status vonk_fs_rename(const char *from, const char *to, vonk_error *err)
{
    const vonk_fs_store *store, *store_to;
    VONK_TRY(vonk_fs_find_store(from, &store, &from, err));
    VONK_TRY(vonk_fs_find_store(to, &store_to, &to, err));
    if (store != store_to)
        return vonk_fail(err, VONK_UNSUPPORTED, "cannot move %s to other storage: %s", from, to);
    return store->rename(from, to, err);
}

vonk_status vonk_fs_remove(const char *path, vonk_error *err)
{
    const vonk_fs_store *store;
    VONK_TRY(vonk_fs_find_store(path, &store, &path, err));
    return store->remove(path, err);
}
