/*
 * profile.h - one section of AWS's shared files, "credentials" and "config". Pure functions.
 *
 * Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
 */
#ifndef VONK_FS_S3_PROFILE_H
#define VONK_FS_S3_PROFILE_H

#include "base/arena.h"
#include "base/buffer.h"

/* Fields are NULL if the file does not have them. */
typedef struct vonk_s3_profile {
    bool found; /* there is such a section */
    const char *access_key, *secret_key, *session_token;
    const char *region, *endpoint_url;
    const char *role_arn, *web_identity_token_file, *role_session_name;
    const char *unsupported; /* a key that would give credentials in a way that Vonk has not */
} vonk_s3_profile;

/*
 * Adds what the section of `name` says to `profile`; fields that are set stay. `is_config`:
 * sections are called "profile NAME", but for "default". Lines that are none are skipped.
 */
vonk_status vonk_s3_profile_read(vonk_slice text, const char *name, bool is_config,
                                 vonk_arena *arena, vonk_s3_profile *profile,
                                 vonk_error *err) VONK_MUST_CHECK;

#endif
