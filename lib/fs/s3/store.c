/* store.c - the table of the S3 store. */
#include "fs/s3/objects.h"

static const char *const schemes[] = {"s3", "s3a", NULL};

const vonk_fs_store vonk_fs_s3 = {
    .name = "s3",
    .schemes = schemes,
    .remote = true,
    .open = vonk_s3_open,
    .read = vonk_s3_read,
    .will_read = vonk_s3_will_read,
    .close = vonk_s3_close,
    .stat = vonk_s3_stat,
    .list = vonk_s3_list,
    .list_tree = vonk_s3_list_tree,
    .create = vonk_s3_create,
    .write = vonk_s3_write,
    .finish = vonk_s3_finish,
    .abort = vonk_s3_abort,
    .stage = vonk_s3_stage,
    .finish_staged = vonk_s3_finish_staged,
    .commit = vonk_s3_commit,
    .discard = vonk_s3_discard,
    .clean = vonk_s3_clean,
    .mkdirs = vonk_s3_mkdirs,
    .rename = vonk_s3_rename,
    .remove = vonk_s3_remove,
    .clear = vonk_s3_clear,
};
