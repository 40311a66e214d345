/* local.c - the store of this machine's files: POSIX calls and their errors. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "fs/store.h"
#include "fs/token.h"

#define SINK_BUFFER ((size_t)256 << 10)
#define AHEAD       ((uint64_t)128 << 10) /* what the kernel reads of one request at least */

typedef struct local_file {
    vonk_fs_file head;
    int fd;
    const char *map; /* NULL until asked for */
    char path[];
} local_file;

typedef struct local_sink {
    vonk_fs_sink head;
    int fd;
    size_t n_buffered;
    char *buffer;      /* SINK_BUFFER bytes */
    const char *final; /* behind `path`: a staged file's, else NULL */
    char path[];
} local_sink;

/* Fails with what errno says about doing `verb` with `path`. */
static vonk_status fail_errno(vonk_error *err, const char *verb, const char *path)
{
    int code = errno;
    char text[128];
    const char *reason = strerror_r(code, text, sizeof(text));
    if (code == ENOENT || code == ENOTDIR)
        return vonk_fail(err, VONK_NOT_FOUND, "cannot %s %s: no such file or directory", verb,
                         path);
    if (code == EEXIST)
        return vonk_fail(err, VONK_EXISTS, "cannot %s %s: it exists already", verb, path);
    if (code == ENOSPC || code == EDQUOT || code == EFBIG)
        return vonk_fail(err, VONK_IO, "no room on disk: cannot %s %s: %s", verb, path, reason);
    return vonk_fail(err, VONK_IO, "cannot %s %s: %s", verb, path, reason);
}

static vonk_status local_open(const char *path, vonk_fs_file **ret, vonk_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail_errno(err, "open", path);
    struct stat st;
    if (fstat(fd, &st) != 0 || S_ISDIR(st.st_mode)) {
        if (S_ISDIR(st.st_mode))
            errno = EISDIR;
        (void)fail_errno(err, "open", path);
        (void)close(fd);
        return VONK_IO;
    }
    size_t length = strlen(path) + 1;
    local_file *file = malloc(sizeof(*file) + length);
    if (!file) {
        (void)close(fd);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory opening %s", path);
    }
    *file = (local_file){.head = {&vonk_fs_local, (uint64_t)st.st_size}, .fd = fd};
    memcpy(file->path, path, length);
    *ret = &file->head;
    return VONK_OK;
}

static vonk_status local_read(vonk_fs_file *head, uint64_t offset, size_t length, void *ret,
                              vonk_error *err)
{
    local_file *file = (local_file *)head;
    char *to = ret;
    if (offset > INT64_MAX || length > INT64_MAX - offset)
        return vonk_fail(err, VONK_INVALID, "cannot read %s: offset %llu is too large", file->path,
                         (unsigned long long)offset);
    while (length) {
        ssize_t n = pread(file->fd, to, length, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_errno(err, "read", file->path);
        if (n == 0)
            return vonk_fail(err, VONK_CORRUPT, "%s ends at byte %llu, %zu more wanted", file->path,
                             (unsigned long long)offset, length);
        to += n;
        offset += (uint64_t)n;
        length -= (size_t)n;
    }
    return VONK_OK;
}

static const char *local_map(vonk_fs_file *head)
{
    local_file *file = (local_file *)head;
    if (!head->size)
        return "";
    if (!file->map && head->size <= SIZE_MAX) {
        void *map = mmap(NULL, (size_t)head->size, PROT_READ, MAP_PRIVATE, file->fd, 0);
        if (map != MAP_FAILED)
            file->map = map;
    }
    return file->map;
}

/* Pages that lie wholly in the range; those of its ends may be in use. */
static void local_was_read(vonk_fs_file *head, uint64_t offset, uint64_t length)
{
    local_file *file = (local_file *)head;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t start = (offset + page - 1) / page * page, end = (offset + length) / page * page;
    if (file->map && start < end && end <= head->size)
        (void)madvise((void *)(uintptr_t)(file->map + start), end - start, MADV_DONTNEED);
}

/* Is the byte in the page cache? Also true where nobody can say. */
static bool is_cached(const local_file *file, uint64_t offset)
{
    char byte;
    struct iovec to = {&byte, 1};
    return preadv2(file->fd, &to, 1, (off_t)offset, RWF_NOWAIT) >= 0 || errno != EAGAIN;
}

static void read_ahead(const local_file *file, vonk_fs_range range)
{
    for (uint64_t at = 0; at < range.length; at += AHEAD) {
        uint64_t n = range.length - at < AHEAD ? range.length - at : AHEAD;
        (void)posix_fadvise(file->fd, (off_t)(range.start + at), (off_t)n, POSIX_FADV_WILLNEED);
    }
}

/*
 * From a disk all ranges come at once then; page by page, as the map is touched, each would be
 * waited for. What lies in the page cache costs a call a range.
 */
static void local_will_read(vonk_fs_file *head, const vonk_fs_range *ranges, uint32_t n)
{
    const local_file *file = (const local_file *)head;
    for (uint32_t i = 0; i < n; i++) {
        vonk_fs_range r = ranges[i];
        if (r.length && r.start < head->size && r.length <= head->size - r.start &&
            !is_cached(file, r.start))
            read_ahead(file, r);
    }
}

static void local_close(vonk_fs_file *head)
{
    local_file *file = (local_file *)head;
    if (file->map)
        (void)munmap((void *)(uintptr_t)file->map, (size_t)head->size);
    (void)close(file->fd);
    free(file);
}

static vonk_fs_entry entry_of(const char *path, const struct stat *st)
{
    return (vonk_fs_entry){
        .path = path,
        .size = S_ISDIR(st->st_mode) ? 0 : (uint64_t)st->st_size,
        .mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
        .is_directory = S_ISDIR(st->st_mode),
    };
}

static vonk_status local_stat(const char *path, vonk_fs_entry *ret, vonk_arena *arena,
                              vonk_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return fail_errno(err, "access", path);
    char *copy = vonk_arena_strndup(arena, path, strlen(path), err);
    VONK_TRY_ALLOC(copy);
    *ret = entry_of(copy, &st);
    return VONK_OK;
}

static bool is_dots(const char *name)
{
    return !strcmp(name, ".") || !strcmp(name, "..");
}

/* Adds the entry called `name`; one that is gone meanwhile (or a dangling link) is left out. */
static vonk_status add_entry(DIR *dir, const char *path, const char *name, vonk_arena *arena,
                             vonk_fs_entries *list, vonk_error *err)
{
    struct stat st;
    if (fstatat(dirfd(dir), name, &st, 0) != 0)
        return errno == ENOENT ? VONK_OK : fail_errno(err, "access", path);
    size_t length = strlen(path);
    const char *slash = length && path[length - 1] == '/' ? "" : "/";
    char *full = vonk_arena_printf(arena, err, "%s%s%s", path, slash, name);
    VONK_TRY_ALLOC(full);
    vonk_fs_entry entry = entry_of(full, &st);
    return vonk_fs_entries_add(arena, list, &entry, err);
}

static vonk_status local_list(const char *path, vonk_arena *arena, vonk_fs_entry **ret,
                              uint32_t *ret_n, vonk_error *err)
{
    DIR *dir = opendir(path);
    if (!dir)
        return fail_errno(err, "list", path);
    vonk_fs_entries list = {0};
    vonk_status status = VONK_OK;
    while (status == VONK_OK) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry) {
            if (errno)
                status = fail_errno(err, "list", path);
            break;
        }
        if (!is_dots(entry->d_name))
            status = add_entry(dir, path, entry->d_name, arena, &list, err);
    }
    (void)closedir(dir);
    if (status == VONK_OK) {
        *ret = list.items;
        *ret_n = list.n;
    }
    return status;
}

/* Makes the directories of `path` up to `length` bytes of it. */
static vonk_status make_dirs(const char *path, size_t length, vonk_error *err)
{
    char *copy = strndup(path, length);
    if (!copy)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory making %s", path);
    vonk_status status = VONK_OK;
    for (size_t i = 1; i <= length && status == VONK_OK; i++) {
        if (i < length && copy[i] != '/')
            continue;
        char kept = copy[i];
        copy[i] = '\0';
        if (mkdir(copy, 0777) != 0) {
            struct stat st;
            int code = errno;
            bool there = code == EEXIST && stat(copy, &st) == 0 && S_ISDIR(st.st_mode);
            errno = code;
            if (!there)
                status = fail_errno(err, "make directory", copy);
        }
        copy[i] = kept;
    }
    free(copy);
    return status;
}

static vonk_status local_mkdirs(const char *path, vonk_error *err)
{
    return make_dirs(path, strlen(path), err);
}

static vonk_status make_parent(const char *path, vonk_error *err)
{
    const char *slash = strrchr(path, '/');
    return slash && slash != path ? make_dirs(path, (size_t)(slash - path), err) : VONK_OK;
}

/* Creates `path`; `final` (may be NULL) is kept with it. */
static vonk_status create(const char *path, const char *final, vonk_fs_sink **ret, vonk_error *err)
{
    VONK_TRY(make_parent(path, err));
    size_t length = strlen(path) + 1, n_final = final ? strlen(final) + 1 : 0;
    local_sink *sink = malloc(sizeof(*sink) + length + n_final);
    char *buffer = malloc(SINK_BUFFER);
    int fd = sink && buffer ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666) : -1;
    if (fd < 0) {
        vonk_status status =
            sink && buffer ? fail_errno(err, "create", path)
                           : vonk_fail(err, VONK_NO_MEMORY, "out of memory creating %s", path);
        free(buffer);
        free(sink);
        return status;
    }
    *sink = (local_sink){.head = {&vonk_fs_local}, .fd = fd, .buffer = buffer};
    memcpy(sink->path, path, length);
    if (final) {
        memcpy(sink->path + length, final, n_final);
        sink->final = sink->path + length;
    }
    *ret = &sink->head;
    return VONK_OK;
}

static vonk_status local_create(const char *path, vonk_fs_sink **ret, vonk_error *err)
{
    return create(path, NULL, ret, err);
}

static vonk_status local_stage(const char *path, const char *stage, vonk_fs_sink **ret,
                               vonk_error *err)
{
    const char *slash = strrchr(path, '/');
    int n = slash ? (int)(slash - path) : 1;
    vonk_buffer temporary = {0};
    vonk_buffer_printf(&temporary, "%.*s/_temporary/%s/%s", n, slash ? path : ".", stage,
                       slash ? slash + 1 : path);
    vonk_status status = vonk_buffer_check(&temporary, err);
    if (status == VONK_OK)
        status = create(vonk_buffer_str(&temporary), path, ret, err);
    vonk_buffer_free(&temporary);
    return status;
}

static vonk_status write_all(local_sink *sink, const char *data, size_t length, vonk_error *err)
{
    while (length) {
        ssize_t n = write(sink->fd, data, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_errno(err, "write", sink->path);
        data += n;
        length -= (size_t)n;
    }
    return VONK_OK;
}

static vonk_status flush(local_sink *sink, vonk_error *err)
{
    size_t n = sink->n_buffered;
    sink->n_buffered = 0;
    return write_all(sink, sink->buffer, n, err);
}

static vonk_status local_write(vonk_fs_sink *head, const void *data, size_t length, vonk_error *err)
{
    local_sink *sink = (local_sink *)head;
    if (length > SINK_BUFFER - sink->n_buffered)
        VONK_TRY(flush(sink, err));
    if (length >= SINK_BUFFER)
        return write_all(sink, data, length, err);
    if (length)
        memcpy(sink->buffer + sink->n_buffered, data, length);
    sink->n_buffered += length;
    return VONK_OK;
}

static void free_sink(local_sink *sink)
{
    free(sink->buffer);
    free(sink);
}

static vonk_status local_finish(vonk_fs_sink *head, vonk_error *err)
{
    local_sink *sink = (local_sink *)head;
    vonk_status status = flush(sink, err);
    if (close(sink->fd) != 0 && status == VONK_OK)
        status = fail_errno(err, "write", sink->path);
    if (status != VONK_OK)
        (void)unlink(sink->path);
    free_sink(sink);
    return status;
}

static vonk_status local_finish_staged(vonk_fs_sink *head, char **ret_token, vonk_error *err)
{
    local_sink *sink = (local_sink *)head;
    vonk_buffer token = {0};
    vonk_token_put(&token, "local", 5);
    vonk_token_put(&token, sink->path, strlen(sink->path));
    vonk_token_put(&token, sink->final, strlen(sink->final));
    (void)vonk_buffer_str(&token);
    if (token.failed) {
        vonk_buffer_free(&token);
        head->store->abort(head);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    }
    vonk_status status = local_finish(head, err);
    if (status == VONK_OK)
        *ret_token = token.data;
    else
        vonk_buffer_free(&token);
    return status;
}

static void local_abort(vonk_fs_sink *head)
{
    local_sink *sink = (local_sink *)head;
    (void)close(sink->fd);
    (void)unlink(sink->path);
    free_sink(sink);
}

static vonk_status local_rename(const char *from, const char *to, vonk_error *err)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return VONK_OK;
    if (errno == EINVAL || errno == ENOSYS) {
        /* A file system without that flag: a link replaces nothing either. */
        if (link(from, to) == 0)
            return unlink(from) == 0 ? VONK_OK : fail_errno(err, "move", from);
    }
    return fail_errno(err, "move", errno == EEXIST || errno == ENOTDIR ? to : from);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

static vonk_status local_remove(const char *path, vonk_error *err)
{
    if (nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
        return fail_errno(err, "remove", path);
    return VONK_OK;
}

/* {"local", temporary, final} */
static vonk_status read_token(const char *token, vonk_arena *arena, const char *const **ret,
                              vonk_error *err)
{
    uint32_t n = 0;
    VONK_TRY(vonk_token_get(token, VONK_FS_TOKEN_TEXTS, arena, ret, &n, err));
    if (n != 3)
        return vonk_fail(err, VONK_CORRUPT, "not the token of a local file: %.60s", token);
    return VONK_OK;
}

static vonk_status local_commit(const char *const *tokens, uint32_t n, vonk_error *err)
{
    vonk_status status = VONK_OK;
    for (uint32_t i = 0; i < n && status == VONK_OK; i++) {
        vonk_arena arena = {0};
        const char *const *texts = NULL;
        struct stat st;
        status = read_token(tokens[i], &arena, &texts, err);
        if (status == VONK_OK)
            status = local_rename(texts[1], texts[2], err);
        if (status == VONK_NOT_FOUND && stat(texts[2], &st) == 0)
            status = VONK_OK; /* an earlier try has moved it */
        vonk_arena_free(&arena);
    }
    return status;
}

static void local_discard(const char *const *tokens, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        vonk_arena arena = {0};
        const char *const *texts = NULL;
        if (read_token(tokens[i], &arena, &texts, NULL) == VONK_OK)
            (void)unlink(texts[1]);
        vonk_arena_free(&arena);
    }
}

/* Removes the job's folder below _temporary and those that nobody has touched for long. */
static void local_clean(const char *directory, const char *job)
{
    vonk_arena arena = {0};
    vonk_fs_entry *entries = NULL;
    uint32_t n = 0;
    char *path = vonk_arena_printf(&arena, NULL, "%s/_temporary", directory);
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (path && local_list(path, &arena, &entries, &n, NULL) != VONK_OK)
        n = 0;
    for (uint32_t i = 0; i < n; i++) {
        const char *name = strrchr(entries[i].path, '/') + 1;
        bool stale = entries[i].mtime_ns / 1000000000 < now.tv_sec - VONK_FS_STALE_S;
        if ((stale || !strcmp(name, job)) && local_remove(entries[i].path, NULL) != VONK_OK)
            continue;
    }
    if (path)
        (void)rmdir(path); /* others may still write there */
    vonk_arena_free(&arena);
}

static vonk_status local_clear(const char *path, vonk_error *err)
{
    vonk_arena arena = {0};
    vonk_fs_entry *entries = NULL;
    uint32_t n = 0;
    vonk_status status = local_list(path, &arena, &entries, &n, err);
    if (status == VONK_NOT_FOUND) /* or it is a file */
        status = local_remove(path, err);
    for (uint32_t i = 0; i < n && status == VONK_OK; i++) {
        if (strcmp(strrchr(entries[i].path, '/') + 1, "_temporary") != 0)
            status = local_remove(entries[i].path, err);
    }
    vonk_arena_free(&arena);
    return status;
}

static const char *const local_schemes[] = {"file", NULL};

const vonk_fs_store vonk_fs_local = {
    .name = "local",
    .schemes = local_schemes,
    .open = local_open,
    .read = local_read,
    .map = local_map,
    .was_read = local_was_read,
    .will_read = local_will_read,
    .close = local_close,
    .stat = local_stat,
    .list = local_list,
    .create = local_create,
    .write = local_write,
    .finish = local_finish,
    .abort = local_abort,
    .stage = local_stage,
    .finish_staged = local_finish_staged,
    .commit = local_commit,
    .discard = local_discard,
    .clean = local_clean,
    .mkdirs = local_mkdirs,
    .rename = local_rename,
    .remove = local_remove,
    .clear = local_clear,
};
