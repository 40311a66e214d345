/*
 * store.h - what a kind of storage (local files, S3, the web) gives to fs.c.
 *
 * Paths arrive as the store's own: local ones without "file:", those of others as they are. Every
 * file and sink begins with the head below, so that fs.c can find its store again.
 */
#ifndef VONK_FS_STORE_H
#define VONK_FS_STORE_H

#include "fs/fs.h"

typedef struct vonk_fs_store {
    const char *name;           /* begins its tokens */
    const char *const *schemes; /* lower case; ends with NULL */
    bool remote;                /* paths keep their scheme */
    vonk_status (*open)(const char *path, vonk_fs_file **ret, vonk_error *err);
    vonk_status (*read)(vonk_fs_file *file, uint64_t offset, size_t length, void *ret,
                        vonk_error *err);
    const char *(*map)(vonk_fs_file *file);                                 /* NULL = cannot */
    void (*was_read)(vonk_fs_file *file, uint64_t offset, uint64_t length); /* with `map` */
    void (*will_read)(vonk_fs_file *file, const vonk_fs_range *ranges, uint32_t n); /* NULL = no */
    void (*close)(vonk_fs_file *file);
    vonk_status (*stat)(const char *path, vonk_fs_entry *ret, vonk_arena *arena, vonk_error *err);
    /* Entries of a directory, in any order. */
    vonk_status (*list)(const char *path, vonk_arena *arena, vonk_fs_entry **ret, uint32_t *ret_n,
                        vonk_error *err);
    /*
     * All files below a directory, at any depth, without directories, in any order; NULL = `list`
     * is cheap enough.
     */
    vonk_status (*list_tree)(const char *path, vonk_arena *arena, vonk_fs_entry **ret,
                             uint32_t *ret_n, vonk_error *err);
    /* What follows is NULL in a store that is read-only. */
    vonk_status (*create)(const char *path, vonk_fs_sink **ret, vonk_error *err);
    vonk_status (*write)(vonk_fs_sink *sink, const void *data, size_t length, vonk_error *err);
    vonk_status (*finish)(vonk_fs_sink *sink, vonk_error *err);
    void (*abort)(vonk_fs_sink *sink);
    vonk_status (*stage)(const char *path, const char *stage, vonk_fs_sink **ret, vonk_error *err);
    vonk_status (*finish_staged)(vonk_fs_sink *sink, char **ret_token, vonk_error *err);
    vonk_status (*commit)(const char *const *tokens, uint32_t n, vonk_error *err);
    void (*discard)(const char *const *tokens, uint32_t n);
    void (*clean)(const char *directory, const char *job);
    vonk_status (*mkdirs)(const char *path, vonk_error *err);
    vonk_status (*rename)(const char *from, const char *to, vonk_error *err);
    vonk_status (*remove)(const char *path, vonk_error *err);
    vonk_status (*clear)(const char *path, vonk_error *err);
} vonk_fs_store;

struct vonk_fs_file {
    const vonk_fs_store *store;
    uint64_t size;
};

struct vonk_fs_sink {
    const vonk_fs_store *store;
};

/* Files of this machine. */
extern const vonk_fs_store vonk_fs_local;
/* Objects behind the S3 protocol: s3/. */
extern const vonk_fs_store vonk_fs_s3;
/* Single files by URL: web.c. */
extern const vonk_fs_store vonk_fs_web;

#define VONK_FS_STALE_S (24 * 3600) /* staged writes older than that belong to nobody */

/*
 * The store for `path`, and the path as the store wants it (points into `path`).
 * Errors: VONK_UNSUPPORTED for a scheme that no store has.
 */
vonk_status vonk_fs_find_store(const char *path, const vonk_fs_store **ret, const char **ret_path,
                               vonk_error *err) VONK_MUST_CHECK;

/* A list of entries that grows in an arena. */
typedef struct vonk_fs_entries {
    vonk_fs_entry *items;
    uint32_t n, capacity;
} vonk_fs_entries;

vonk_status vonk_fs_entries_add(vonk_arena *arena, vonk_fs_entries *list,
                                const vonk_fs_entry *entry, vonk_error *err) VONK_MUST_CHECK;

#endif
