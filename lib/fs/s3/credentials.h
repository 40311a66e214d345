/*
 * credentials.h - where keys come from, and their renewal.
 *
 *      settings ─▶ environment ─▶ web identity (STS) ─▶ AWS's files ─▶ container (ECS, EKS pods)
 *
 * The first place that has keys counts, or those that fs.s3a.aws.credentials.provider names.
 * Thread-safe. Keys appear in no message: `origin` says where they came from.
 */
#ifndef VONK_FS_S3_CREDENTIALS_H
#define VONK_FS_S3_CREDENTIALS_H

#include <stdatomic.h>

#include "fs/s3/profile.h"

#define VONK_S3_RENEW_S 300 /* before they expire */

/* Immutable; ref-counted. */
typedef struct vonk_s3_keys {
    atomic_uint refs;
    bool anonymous;
    char *access_key, *secret_key;
    char *session_token; /* NULL: none */
    int64_t expires_s;   /* since 1970; 0: never */
    const char *origin;  /* "the settings": static */
} vonk_s3_keys;

void vonk_s3_keys_unref(vonk_s3_keys *keys);

typedef enum vonk_s3_provider {
    VONK_S3_SETTINGS,
    VONK_S3_ENVIRONMENT,
    VONK_S3_WEB_IDENTITY,
    VONK_S3_FILES,
    VONK_S3_CONTAINER,
    VONK_S3_ANONYMOUS,
    VONK_S3_N_PROVIDERS,
} vonk_s3_provider;

/*
 * The providers that Hadoop's class names mean, in their order; without names the first five.
 * Errors: VONK_INVALID: a class that is not known.
 */
vonk_status vonk_s3_providers(const char *names, vonk_s3_provider ret[VONK_S3_N_PROVIDERS],
                              uint32_t *ret_n, vonk_error *err) VONK_MUST_CHECK;

typedef struct vonk_s3_credentials vonk_s3_credentials;

/* What the settings say; copied. */
typedef struct vonk_s3_credentials_from {
    const char *bucket;    /* for messages */
    const char *providers; /* class names, may be NULL */
    const char *access_key, *secret_key, *session_token;
    const char *region; /* of STS */
} vonk_s3_credentials_from;

vonk_status vonk_s3_credentials_new(const vonk_s3_credentials_from *from, vonk_s3_credentials **ret,
                                    vonk_error *err) VONK_MUST_CHECK;
void vonk_s3_credentials_free(vonk_s3_credentials *credentials);

/*
 * Keys that are good now, to be unref'ed. `refused` (may be NULL): keys that a server called
 * expired; they are not given again if there are others. Errors: VONK_DENIED: there are none, and
 * where they were looked for; VONK_IO: a service that gives them did not.
 */
vonk_status vonk_s3_credentials_get(vonk_s3_credentials *credentials, const vonk_s3_keys *refused,
                                    vonk_s3_keys **ret, vonk_error *err) VONK_MUST_CHECK;

/*
 * The profile that AWS_PROFILE (or "default") means, from AWS_SHARED_CREDENTIALS_FILE and
 * AWS_CONFIG_FILE, or ~/.aws. Files that are not there are empty.
 */
vonk_status vonk_s3_profile_load(vonk_arena *arena, vonk_s3_profile *ret,
                                 vonk_error *err) VONK_MUST_CHECK;

#endif
