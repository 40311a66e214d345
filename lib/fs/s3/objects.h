/* objects.h - the parts of the S3 store: reading, listing, writing, committing. store.c joins them.
 */
#ifndef VONK_FS_S3_OBJECTS_H
#define VONK_FS_S3_OBJECTS_H

#include "fs/s3/client.h"
#include "fs/store.h"

/* A path taken apart, with its bucket. */
typedef struct vonk_s3_place {
    vonk_s3_bucket *bucket; /* holds a reference */
    const char *key;        /* in the arena; "" is the bucket itself; may end in '/' */
} vonk_s3_place;

vonk_status vonk_s3_place_of(const char *path, vonk_arena *arena, vonk_s3_place *ret,
                             vonk_error *err) VONK_MUST_CHECK;
/* The prefix of what lies below the key: "" or the key with one '/' at its end. */
vonk_status vonk_s3_prefix(const vonk_s3_place *place, vonk_arena *arena, const char **ret,
                           vonk_error *err) VONK_MUST_CHECK;

/* Size and ETag of a key. *ret_found: false if there is none (404). */
typedef struct vonk_s3_head {
    bool found;
    bool is_marker; /* an empty key that says of itself that it is a directory */
    uint64_t size;
    int64_t mtime_ns;
    const char *etag; /* in the arena; NULL: none given */
} vonk_s3_head;
vonk_status vonk_s3_head_key(vonk_s3_bucket *bucket, const char *key, vonk_arena *arena,
                             vonk_s3_head *ret, vonk_error *err) VONK_MUST_CHECK;

/* read.c */
vonk_status vonk_s3_open(const char *path, vonk_fs_file **ret, vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_s3_read(vonk_fs_file *file, uint64_t offset, size_t length, void *ret,
                         vonk_error *err) VONK_MUST_CHECK;
void vonk_s3_will_read(vonk_fs_file *file, const vonk_fs_range *ranges, uint32_t n);
void vonk_s3_close(vonk_fs_file *file);

/* list.c */
/*
 * Objects that begin with `prefix`, and with `by_level` the common prefixes up to the next '/'
 * instead of what lies below them. At most `most` (0: all).
 */
vonk_status vonk_s3_list_keys(vonk_s3_bucket *bucket, const char *prefix, bool by_level,
                              uint32_t most, vonk_arena *arena, vonk_s3_object **ret,
                              uint32_t *ret_n, vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_s3_stat(const char *path, vonk_fs_entry *ret, vonk_arena *arena,
                         vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_s3_list(const char *path, vonk_arena *arena, vonk_fs_entry **ret, uint32_t *ret_n,
                         vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_s3_list_tree(const char *path, vonk_arena *arena, vonk_fs_entry **ret,
                              uint32_t *ret_n, vonk_error *err) VONK_MUST_CHECK;

/* upload.c */
vonk_status vonk_s3_create(const char *path, vonk_fs_sink **ret, vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_s3_stage(const char *path, const char *stage, vonk_fs_sink **ret,
                          vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_s3_write(vonk_fs_sink *sink, const void *data, size_t length,
                          vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_s3_finish(vonk_fs_sink *sink, vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_s3_finish_staged(vonk_fs_sink *sink, char **ret_token,
                                  vonk_error *err) VONK_MUST_CHECK;
void vonk_s3_abort(vonk_fs_sink *sink);
/* Size of the part number `index` (from 0): `first`, doubled every 1,000 parts up to 512 MiB. */
size_t vonk_s3_part_size(size_t first, uint32_t index);

/* commit.c */
vonk_status vonk_s3_commit(const char *const *tokens, uint32_t n, vonk_error *err) VONK_MUST_CHECK;
void vonk_s3_discard(const char *const *tokens, uint32_t n);
void vonk_s3_clean(const char *directory, const char *job);
/* The body of CompleteMultipartUpload for "etag,etag,...". */
void vonk_s3_complete_body(const char *etags, vonk_buffer *out);
/* Whether Vonk's tasks give files such names; `job` (may be NULL): those of that job. */
bool vonk_s3_is_of_job(const char *key, const char *job);
void vonk_s3_abort_upload(vonk_s3_bucket *bucket, const char *key, const char *id);

/* remove.c */
vonk_status vonk_s3_mkdirs(const char *path, vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_s3_rename(const char *from, const char *to, vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_s3_remove(const char *path, vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_s3_clear(const char *path, vonk_error *err) VONK_MUST_CHECK;

#endif
