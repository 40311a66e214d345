/* fs.c - finds the store of a path and calls it. */
#include "fs/fs.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fs/store.h"
#include "fs/token.h"

static const vonk_fs_store *const stores[] = {&vonk_fs_local, &vonk_fs_s3, &vonk_fs_web};

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

static bool has_scheme(const vonk_fs_store *store, const char *path, size_t length)
{
    for (const char *const *scheme = store->schemes; *scheme; scheme++) {
        if (strlen(*scheme) == length && !strncasecmp(*scheme, path, length))
            return true;
    }
    return false;
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
        if (!has_scheme(stores[i], path, length))
            continue;
        if (stores[i]->remote) {
            *ret_path = path;
            *ret = stores[i];
            return VONK_OK;
        }
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

void vonk_fs_was_read(vonk_fs_file *file, uint64_t offset, uint64_t length)
{
    if (file->store->was_read)
        file->store->was_read(file, offset, length);
}

void vonk_fs_will_read(vonk_fs_file *file, const vonk_fs_range *ranges, uint32_t n)
{
    if (file->store->will_read)
        file->store->will_read(file, ranges, n);
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

/* The store for writing `path`. */
static vonk_status find_writable(const char *path, const vonk_fs_store **ret, const char **ret_path,
                                 vonk_error *err)
{
    VONK_TRY(vonk_fs_find_store(path, ret, ret_path, err));
    if (!(*ret)->create)
        return vonk_fail(err, VONK_UNSUPPORTED, "cannot write to %s: this store is read-only",
                         path);
    return VONK_OK;
}

vonk_status vonk_fs_create(const char *path, vonk_fs_sink **ret, vonk_error *err)
{
    const vonk_fs_store *store;
    VONK_TRY(find_writable(path, &store, &path, err));
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

vonk_status vonk_fs_stage(const char *path, const char *stage, vonk_fs_sink **ret, vonk_error *err)
{
    const vonk_fs_store *store;
    VONK_TRY(find_writable(path, &store, &path, err));
    return store->stage(path, stage, ret, err);
}

vonk_status vonk_fs_finish_staged(vonk_fs_sink *sink, char **ret_token, vonk_error *err)
{
    return sink->store->finish_staged(sink, ret_token, err);
}

/* The store that made a token, NULL if none did. */
static const vonk_fs_store *store_of_token(const char *token)
{
    vonk_arena arena = {0};
    const char *const *texts = NULL;
    const vonk_fs_store *store = NULL;
    uint32_t n = 0;
    if (vonk_token_get(token, VONK_FS_TOKEN_TEXTS, &arena, &texts, &n, NULL) == VONK_OK) {
        for (size_t i = 0; i < VONK_LENGTH(stores); i++) {
            if (stores[i]->commit && !strcmp(stores[i]->name, texts[0]))
                store = stores[i];
        }
    }
    vonk_arena_free(&arena);
    return store;
}

vonk_status vonk_fs_commit(const char *const *tokens, uint32_t n, vonk_error *err)
{
    for (uint32_t i = 0, end; i < n; i = end) {
        const vonk_fs_store *store = store_of_token(tokens[i]);
        if (!store)
            return vonk_fail(err, VONK_CORRUPT, "not the token of a written file: %.60s",
                             tokens[i]);
        for (end = i + 1; end < n && store_of_token(tokens[end]) == store;)
            end++;
        VONK_TRY(store->commit(tokens + i, end - i, err));
    }
    return VONK_OK;
}

void vonk_fs_discard(const char *const *tokens, uint32_t n)
{
    for (uint32_t i = 0, end; i < n; i = end) {
        const vonk_fs_store *store = store_of_token(tokens[i]);
        for (end = i + 1; end < n && store_of_token(tokens[end]) == store;)
            end++;
        if (store)
            store->discard(tokens + i, end - i);
    }
}

void vonk_fs_clean(const char *directory, const char *job)
{
    const vonk_fs_store *store;
    if (find_writable(directory, &store, &directory, NULL) == VONK_OK)
        store->clean(directory, job);
}

vonk_status vonk_fs_mkdirs(const char *path, vonk_error *err)
{
    const vonk_fs_store *store;
    VONK_TRY(find_writable(path, &store, &path, err));
    return store->mkdirs(path, err);
}

vonk_status vonk_fs_prepare(const char *path, vonk_error *err)
{
    const vonk_fs_store *store;
    VONK_TRY(find_writable(path, &store, &path, err));
    return store->remote ? VONK_OK : store->mkdirs(path, err);
}

vonk_status vonk_fs_rename(const char *from, const char *to, vonk_error *err)
{
    const vonk_fs_store *store, *store_to;
    VONK_TRY(find_writable(from, &store, &from, err));
    VONK_TRY(find_writable(to, &store_to, &to, err));
    if (store != store_to)
        return vonk_fail(err, VONK_UNSUPPORTED, "cannot move %s to other storage: %s", from, to);
    return store->rename(from, to, err);
}

vonk_status vonk_fs_remove(const char *path, vonk_error *err)
{
    const vonk_fs_store *store;
    VONK_TRY(find_writable(path, &store, &path, err));
    return store->remove(path, err);
}

vonk_status vonk_fs_clear(const char *path, vonk_error *err)
{
    const vonk_fs_store *store;
    VONK_TRY(find_writable(path, &store, &path, err));
    return store->clear(path, err);
}
