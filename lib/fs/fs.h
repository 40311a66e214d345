/*
 * fs.h - files and directories behind one interface: open, read at, list, write, atomic commit.
 *
 * Paths are plain ("/data/x") or "file:" URLs, "s3://bucket/key" (s3a: is the same), or "http://"
 * and "https://" URLs of single files, which can only be read. settings.h holds what the stores
 * need to know. All functions are thread-safe on different objects; vonk_fs_read is so on one.
 * Errors: VONK_NOT_FOUND, VONK_EXISTS, VONK_DENIED, VONK_UNSUPPORTED (what a store cannot do),
 * VONK_IO (also no room, or no answer), each with the path in the message.
 */
#ifndef VONK_FS_FS_H
#define VONK_FS_FS_H

#include "base/arena.h"
#include "base/buffer.h"

typedef struct vonk_fs_file vonk_fs_file;
typedef struct vonk_fs_sink vonk_fs_sink;

/* Bytes of a file. */
typedef struct vonk_fs_range {
    uint64_t start, length;
} vonk_fs_range;

typedef struct vonk_fs_entry {
    const char *path; /* full */
    uint64_t size;
    int64_t mtime_ns;
    bool is_directory;
} vonk_fs_entry;

vonk_status vonk_fs_open(const char *path, vonk_fs_file **ret, vonk_error *err) VONK_MUST_CHECK;
uint64_t vonk_fs_size(const vonk_fs_file *file);
/* Reads exactly `length` bytes at `offset`; VONK_CORRUPT if the file ends before. */
vonk_status vonk_fs_read(vonk_fs_file *file, uint64_t offset, size_t length, void *ret,
                         vonk_error *err) VONK_MUST_CHECK;
/*
 * A hint that these ranges will be read soon: a remote store fetches small ones now, neighbours as
 * one; a disk reads what is not in the page cache. Reading without it is right, too: sequential
 * readers are guessed at, until the first hint (n may be 0) says that the reader tells by itself.
 */
void vonk_fs_will_read(vonk_fs_file *file, const vonk_fs_range *ranges, uint32_t n);
/*
 * The whole file as memory if the store can map it (local files), else NULL. Valid until close; a
 * file that somebody truncates meanwhile is a fault, so use vonk_fs_read where that matters.
 */
const char *vonk_fs_map(vonk_fs_file *file);
/*
 * These bytes of the map were read and will hardly be again: they no longer count as this process's
 * memory. They stay readable.
 */
void vonk_fs_was_read(vonk_fs_file *file, uint64_t offset, uint64_t length);
void vonk_fs_close(vonk_fs_file *file);

/* Entries of a directory sorted by path, or the file itself. */
vonk_status vonk_fs_stat(const char *path, vonk_fs_entry *ret, vonk_arena *arena,
                         vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_fs_list(const char *path, vonk_arena *arena, vonk_fs_entry **ret, uint32_t *ret_n,
                         vonk_error *err) VONK_MUST_CHECK;
/*
 * The data files that a user means by `path`: the file itself; of a directory all files below it,
 * without names that begin with '_' or '.'; or what a glob (* ? [..] {a,b}) matches. Sorted.
 * Errors: PATH_NOT_FOUND if nothing is there.
 */
vonk_status vonk_fs_data_files(const char *path, vonk_arena *arena, vonk_fs_entry **ret,
                               uint32_t *ret_n, vonk_error *err) VONK_MUST_CHECK;

/* Creates the file (and its directories); it must not exist. */
vonk_status vonk_fs_create(const char *path, vonk_fs_sink **ret, vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_fs_write(vonk_fs_sink *sink, const void *data, size_t length,
                          vonk_error *err) VONK_MUST_CHECK;
/* Completes and closes; the sink is gone also on failure. */
vonk_status vonk_fs_finish(vonk_fs_sink *sink, vonk_error *err) VONK_MUST_CHECK;
void vonk_fs_abort(vonk_fs_sink *sink); /* removes what was written */

/*
 * A staged write is seen by nobody until it is committed, by any process, with the token that
 * finishing gave. `stage` names the writer ("JOB/TASK-ATTEMPT"), so that two attempts at one path
 * do not meet.
 *
 *      local   DIR/_temporary/STAGE/NAME, renamed by commit
 *      S3      a multipart upload to the key itself, completed by commit
 */
vonk_status vonk_fs_stage(const char *path, const char *stage, vonk_fs_sink **ret,
                          vonk_error *err) VONK_MUST_CHECK;
/* The sink is gone also on failure. *ret_token: malloc'ed; no secret. */
vonk_status vonk_fs_finish_staged(vonk_fs_sink *sink, char **ret_token,
                                  vonk_error *err) VONK_MUST_CHECK;
/*
 * Makes finished files visible, many at once; each appears whole. Stops at the first failure: what
 * was committed before stays. A file that this token has made visible already is fine.
 */
vonk_status vonk_fs_commit(const char *const *tokens, uint32_t n, vonk_error *err) VONK_MUST_CHECK;
/* Forgets finished files; as far as it can be done. */
void vonk_fs_discard(const char *const *tokens, uint32_t n);
/*
 * Removes what staged writes below `directory` left: those of `job` (the first part of their
 * stage) and ones older than a day. As far as it can be done: others may not be seen.
 */
void vonk_fs_clean(const char *directory, const char *job);

/* Makes a directory that is there although it is empty; S3: its marker, a key that ends in '/'. */
vonk_status vonk_fs_mkdirs(const char *path, vonk_error *err) VONK_MUST_CHECK;
/* Makes sure that staged writes below `path` find a place: local directories; S3 needs nothing. */
vonk_status vonk_fs_prepare(const char *path, vonk_error *err) VONK_MUST_CHECK;
/* Moves a file; replaces nothing (VONK_EXISTS). */
vonk_status vonk_fs_rename(const char *from, const char *to, vonk_error *err) VONK_MUST_CHECK;
/* Removes a file or a tree; a path that is not there is fine. */
vonk_status vonk_fs_remove(const char *path, vonk_error *err) VONK_MUST_CHECK;

/* Removes everything below a directory but what is staged there. */
vonk_status vonk_fs_clear(const char *path, vonk_error *err) VONK_MUST_CHECK;

#endif
