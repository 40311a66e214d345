/*
 * settings.h - settings of the stores, "fs.s3a.endpoint" and the like: one list for the process.
 *
 * The session sets it at the start of each statement (from spark.hadoop.fs.* and fs.*), an executor
 * from the stage that it got. Thread-safe. Values may be secrets: they go into no message and no
 * log. docs/stores.md lists the keys.
 */
#ifndef VONK_FS_SETTINGS_H
#define VONK_FS_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/options.h"

#define VONK_FS_SETTINGS_MAX 1024 /* keys; and 64 KiB a text */

/* Makes these (copied) the settings. If nothing changes, the generation stays as it is. */
vonk_status vonk_fs_settings_set(const vonk_options *settings, vonk_error *err) VONK_MUST_CHECK;

/* Counts the changes. */
uint64_t vonk_fs_settings_generation(void);

/* A copy of all of them. */
vonk_status vonk_fs_settings_list(vonk_arena *arena, vonk_options *ret,
                                  vonk_error *err) VONK_MUST_CHECK;

/* A copy of the value, or of `otherwise` (may be NULL) if the key is not set or empty. */
vonk_status vonk_fs_settings_get(const char *key, const char *otherwise, vonk_arena *arena,
                                 const char **ret, vonk_error *err) VONK_MUST_CHECK;

#endif
