/* credentials.c - the chain of places, one function each, and keys that are kept. */
#include "fs/s3/credentials.h"

#include <cjson/cJSON.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "fs/fs.h"
#include "fs/remote/plain.h"
#include "fs/s3/replies.h"
#include "net/http.h"

#define MAX_FILE ((uint64_t)1 << 20)

struct vonk_s3_credentials {
    char *bucket, *access_key, *secret_key, *session_token, *region;
    vonk_s3_provider providers[VONK_S3_N_PROVIDERS];
    uint32_t n_providers;
    pthread_mutex_t lock;
    pthread_cond_t loaded;
    bool loading; /* all below: guarded by lock */
    vonk_s3_keys *keys;
};

/* --- keys --- */

void vonk_s3_keys_unref(vonk_s3_keys *keys)
{
    if (!keys || atomic_fetch_sub(&keys->refs, 1) != 1)
        return;
    if (keys->secret_key)
        explicit_bzero(keys->secret_key, strlen(keys->secret_key));
    free(keys->access_key);
    free(keys->secret_key);
    free(keys->session_token);
    free(keys);
}

static vonk_status make_keys(const char *access, const char *secret, const char *token,
                             const char *origin, vonk_s3_keys **ret, vonk_error *err)
{
    vonk_s3_keys *keys = calloc(1, sizeof(*keys));
    if (!keys)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    atomic_init(&keys->refs, 1);
    keys->origin = origin;
    keys->anonymous = !access;
    keys->access_key = access ? strdup(access) : NULL;
    keys->secret_key = secret ? strdup(secret) : NULL;
    keys->session_token = token && *token ? strdup(token) : NULL;
    if ((access && !keys->access_key) || (secret && !keys->secret_key) ||
        (token && *token && !keys->session_token)) {
        vonk_s3_keys_unref(keys);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    }
    *ret = keys;
    return VONK_OK;
}

static bool is_set(const char *text)
{
    return text && *text;
}

/* --- files --- */

/* A small file's text; *ret.data is NULL if it is not there. */
static vonk_status read_small(const char *path, vonk_arena *arena, vonk_slice *ret, vonk_error *err)
{
    vonk_fs_file *file = NULL;
    *ret = (vonk_slice){0};
    vonk_status status = vonk_fs_open(path, &file, err);
    if (status == VONK_NOT_FOUND)
        return VONK_OK;
    VONK_TRY(status);
    uint64_t size = vonk_fs_size(file);
    char *text = size <= MAX_FILE ? vonk_arena_small(arena, (size_t)size + 1, err) : NULL;
    if (size > MAX_FILE)
        status = vonk_fail(err, VONK_INVALID, "%s is too long", path);
    else if (!text)
        status = VONK_NO_MEMORY;
    else
        status = vonk_fs_read(file, 0, (size_t)size, text, err);
    vonk_fs_close(file);
    if (status == VONK_OK) {
        text[size] = '\0';
        *ret = (vonk_slice){text, (size_t)size};
    }
    return status;
}

/* A file with a token: its text without white space around. */
static vonk_status read_token_file(const char *path, vonk_arena *arena, const char **ret,
                                   vonk_error *err)
{
    vonk_slice text;
    VONK_TRY(read_small(path, arena, &text, err));
    if (!text.data)
        return vonk_fail(err, VONK_DENIED, "the token file %s is not there", path);
    size_t start = strspn(text.data, " \t\r\n"), end = strlen(text.data);
    while (end > start && strchr(" \t\r\n", text.data[end - 1]))
        end--;
    *ret = vonk_arena_strndup(arena, text.data + start, end - start, err);
    VONK_TRY_ALLOC(*ret);
    return VONK_OK;
}

static vonk_status profile_file(const char *variable, const char *name, vonk_arena *arena,
                                vonk_slice *ret, vonk_error *err)
{
    const char *path = getenv(variable), *home = getenv("HOME");
    *ret = (vonk_slice){0};
    if (!is_set(path) && !is_set(home))
        return VONK_OK;
    if (!is_set(path)) {
        path = vonk_arena_printf(arena, err, "%s/.aws/%s", home, name);
        VONK_TRY_ALLOC(path);
    }
    return read_small(path, arena, ret, err);
}

vonk_status vonk_s3_profile_load(vonk_arena *arena, vonk_s3_profile *ret, vonk_error *err)
{
    const char *name = getenv("AWS_PROFILE");
    vonk_slice credentials, config;
    vonk_s3_profile profile = {0};
    name = is_set(name) ? name : "default";
    VONK_TRY(profile_file("AWS_SHARED_CREDENTIALS_FILE", "credentials", arena, &credentials, err));
    VONK_TRY(profile_file("AWS_CONFIG_FILE", "config", arena, &config, err));
    VONK_TRY(vonk_s3_profile_read(credentials, name, false, arena, &profile, err));
    VONK_TRY(vonk_s3_profile_read(config, name, true, arena, &profile, err));
    *ret = profile;
    return VONK_OK;
}

/* --- services that give keys --- */

/* Sends `plain` and gives its body; `what` names the service. */
static vonk_status ask(vonk_remote_plain *plain, const char *what, vonk_arena *arena,
                       vonk_slice *ret, vonk_error *err)
{
    vonk_slice origin = vonk_remote_origin(plain->url);
    plain->remote.max_body = (size_t)1 << 20;
    plain->remote.idle_ms = 10000;
    vonk_status status = vonk_remote_do(&plain->remote, err);
    const vonk_io_call *call = &plain->remote.call;
    vonk_slice body = {call->answer.data, call->answer.length};
    if (status != VONK_OK)
        (void)vonk_error_prefix(err, status, "no keys from %s at %.*s", what, (int)origin.length,
                                origin.data);
    if (status == VONK_OK && call->status != 200) {
        vonk_s3_error error;
        vonk_s3_get_error(body, &error);
        status =
            vonk_fail(err, call->status < 500 ? VONK_DENIED : VONK_IO,
                      "no keys from %s at %.*s: it answered %d %s %s", what, (int)origin.length,
                      origin.data, call->status, error.code, error.message);
    }
    if (status == VONK_OK) {
        char *copy = vonk_arena_strndup(arena, body.data ? body.data : "", body.length, err);
        status = copy ? VONK_OK : VONK_NO_MEMORY;
        *ret = (vonk_slice){copy, body.length};
    }
    vonk_remote_end(&plain->remote);
    return status;
}

/* STS: AssumeRoleWithWebIdentity, which needs no signature. The token travels in the body. */
static vonk_status assume_role(const vonk_s3_credentials *c, const char *role, const char *file,
                               const char *session, vonk_arena *arena, vonk_s3_keys **ret,
                               vonk_error *err)
{
    const char *endpoint = getenv("AWS_ENDPOINT_URL_STS"), *token = NULL;
    const char *region = c->region ? c->region : "us-east-1";
    VONK_TRY(read_token_file(file, arena, &token, err));
    size_t length = endpoint ? strlen(endpoint) : 0;
    const char *url = length ? vonk_arena_printf(arena, err, "%s%s", endpoint,
                                                 endpoint[length - 1] == '/' ? "" : "/")
                             : vonk_arena_printf(arena, err, "https://sts.%s.amazonaws.com%s/",
                                                 region, !strncmp(region, "cn-", 3) ? ".cn" : "");
    VONK_TRY_ALLOC(url);
    vonk_buffer body = {0};
    vonk_buffer_text(&body, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=");
    vonk_url_escape(&body, vonk_slice_of(role), false);
    vonk_buffer_text(&body, "&RoleSessionName=");
    vonk_url_escape(&body, vonk_slice_of(is_set(session) ? session : "vonk"), false);
    vonk_buffer_text(&body, "&WebIdentityToken=");
    vonk_url_escape(&body, vonk_slice_of(token), false);
    vonk_remote_plain plain;
    vonk_remote_plain_init(&plain, "POST", url);
    plain.headers[plain.n_headers++] = "Content-Type: application/x-www-form-urlencoded";
    plain.body = (vonk_slice){body.data, body.length};
    vonk_slice answer = {0};
    vonk_s3_role given;
    vonk_status status = vonk_buffer_check(&body, err);
    if (status == VONK_OK)
        status = ask(&plain, "STS", arena, &answer, err);
    if (status == VONK_OK)
        status = vonk_s3_get_role(answer, arena, &given, err);
    if (status == VONK_OK)
        status = make_keys(given.access_key, given.secret_key, given.session_token,
                           "the web identity", ret, err);
    if (status == VONK_OK)
        (*ret)->expires_s = given.expires_s;
    vonk_buffer_free(&body);
    return status;
}

static const char *json_text(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

/* Source: AWS SDKs and Tools Reference Guide, "Container credential provider". */
static vonk_status from_container(vonk_arena *arena, vonk_s3_keys **ret, vonk_error *err)
{
    const char *full = getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    const char *relative = getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *token = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    const char *file = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    if (!is_set(full) && !is_set(relative))
        return VONK_OK;
    const char *url =
        is_set(relative) ? vonk_arena_printf(arena, err, "http://169.254.170.2%s", relative) : full;
    VONK_TRY_ALLOC(url);
    if (is_set(file))
        VONK_TRY(read_token_file(file, arena, &token, err));
    vonk_remote_plain plain;
    vonk_remote_plain_init(&plain, "GET", url);
    if (is_set(token)) {
        const char *header = vonk_arena_printf(arena, err, "Authorization: %s", token);
        VONK_TRY_ALLOC(header);
        plain.headers[plain.n_headers++] = header;
    }
    vonk_slice answer;
    VONK_TRY(ask(&plain, "the container's service", arena, &answer, err));
    cJSON *json = cJSON_ParseWithLength(answer.data, answer.length);
    const char *access = json_text(json, "AccessKeyId"),
               *secret = json_text(json, "SecretAccessKey");
    const char *expires = json_text(json, "Expiration");
    vonk_status status = access && secret
                             ? make_keys(access, secret, json_text(json, "Token"),
                                         "the container's service", ret, err)
                             : vonk_fail(err, VONK_CORRUPT, "the container's service gave no keys");
    if (status == VONK_OK && expires)
        (*ret)->expires_s = vonk_s3_time(expires);
    cJSON_Delete(json);
    return status;
}

/* --- the chain --- */

static vonk_status from_files(const vonk_s3_credentials *c, vonk_arena *arena, vonk_s3_keys **ret,
                              vonk_error *err)
{
    vonk_s3_profile p;
    VONK_TRY(vonk_s3_profile_load(arena, &p, err));
    if (is_set(p.access_key) && is_set(p.secret_key))
        return make_keys(p.access_key, p.secret_key, p.session_token, "AWS's files", ret, err);
    if (is_set(p.role_arn) && is_set(p.web_identity_token_file))
        return assume_role(c, p.role_arn, p.web_identity_token_file, p.role_session_name, arena,
                           ret, err);
    if (p.unsupported)
        return vonk_fail(err, VONK_UNSUPPORTED,
                         "AWS's files: %s is not supported; use keys or a web identity",
                         p.unsupported);
    const char *name = getenv("AWS_PROFILE");
    if (is_set(name) && !p.found)
        return vonk_fail(err, VONK_DENIED, "AWS's files have no profile %s (AWS_PROFILE)", name);
    return VONK_OK;
}

/* *ret stays NULL if this place has no keys. */
static vonk_status from_provider(const vonk_s3_credentials *c, vonk_s3_provider provider,
                                 vonk_arena *arena, vonk_s3_keys **ret, vonk_error *err)
{
    const char *access = getenv("AWS_ACCESS_KEY_ID"), *secret = getenv("AWS_SECRET_ACCESS_KEY");
    const char *role = getenv("AWS_ROLE_ARN"), *file = getenv("AWS_WEB_IDENTITY_TOKEN_FILE");
    switch (provider) {
    case VONK_S3_SETTINGS:
        if (is_set(c->access_key) && is_set(c->secret_key))
            return make_keys(c->access_key, c->secret_key, c->session_token, "the settings", ret,
                             err);
        if (is_set(c->access_key) || is_set(c->secret_key))
            return vonk_fail(err, VONK_DENIED, "fs.s3a.%s is set but fs.s3a.%s is not",
                             is_set(c->access_key) ? "access.key" : "secret.key",
                             is_set(c->access_key) ? "secret.key" : "access.key");
        return VONK_OK;
    case VONK_S3_ENVIRONMENT:
        if (is_set(access) && is_set(secret))
            return make_keys(access, secret, getenv("AWS_SESSION_TOKEN"), "the environment", ret,
                             err);
        return VONK_OK;
    case VONK_S3_WEB_IDENTITY:
        if (is_set(role) && is_set(file))
            return assume_role(c, role, file, getenv("AWS_ROLE_SESSION_NAME"), arena, ret, err);
        return VONK_OK;
    case VONK_S3_FILES:
        return from_files(c, arena, ret, err);
    case VONK_S3_CONTAINER:
        return from_container(arena, ret, err);
    case VONK_S3_ANONYMOUS:
    case VONK_S3_N_PROVIDERS:
        break;
    }
    return make_keys(NULL, NULL, NULL, "nobody (anonymous)", ret, err);
}

static vonk_status find_keys(const vonk_s3_credentials *c, vonk_s3_keys **ret, vonk_error *err)
{
    static const char *const places[VONK_S3_N_PROVIDERS] = {
        [VONK_S3_SETTINGS] = "settings (spark.hadoop.fs.s3a.access.key, .secret.key)",
        [VONK_S3_ENVIRONMENT] = "environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)",
        [VONK_S3_WEB_IDENTITY] = "web identity (AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE)",
        [VONK_S3_FILES] = "files (~/.aws/credentials, ~/.aws/config)",
        [VONK_S3_CONTAINER] = "container (AWS_CONTAINER_CREDENTIALS_FULL_URI)",
    };
    vonk_arena arena = {0};
    vonk_s3_keys *keys = NULL;
    vonk_status status = VONK_OK;
    for (uint32_t i = 0; status == VONK_OK && !keys && i < c->n_providers; i++)
        status = from_provider(c, c->providers[i], &arena, &keys, err);
    vonk_arena_free(&arena);
    if (status != VONK_OK)
        return vonk_error_prefix(err, status, "credentials for s3://%s", c->bucket);
    if (keys) {
        *ret = keys;
        return VONK_OK;
    }
    vonk_buffer text = {0};
    for (uint32_t i = 0; i < c->n_providers; i++)
        vonk_buffer_printf(&text, "%s%s", i ? ", " : "", places[c->providers[i]]);
    status = vonk_fail(err, VONK_DENIED,
                       "no credentials for s3://%s: looked at %s; for a public bucket set "
                       "spark.hadoop.fs.s3a.aws.credentials.provider to "
                       "AnonymousAWSCredentialsProvider",
                       c->bucket, vonk_buffer_str(&text));
    vonk_buffer_free(&text);
    return status;
}

vonk_status vonk_s3_providers(const char *names, vonk_s3_provider ret[VONK_S3_N_PROVIDERS],
                              uint32_t *ret_n, vonk_error *err)
{
    static const struct {
        const char *class;
        vonk_s3_provider provider;
    } classes[] = {
        {"SimpleAWSCredentialsProvider", VONK_S3_SETTINGS},
        {"TemporaryAWSCredentialsProvider", VONK_S3_SETTINGS},
        {"EnvironmentVariableCredentialsProvider", VONK_S3_ENVIRONMENT},
        {"WebIdentityTokenCredentialsProvider", VONK_S3_WEB_IDENTITY},
        {"WebIdentityTokenFileCredentialsProvider", VONK_S3_WEB_IDENTITY},
        {"ProfileCredentialsProvider", VONK_S3_FILES},
        {"ProfileAWSCredentialsProvider", VONK_S3_FILES},
        {"ContainerCredentialsProvider", VONK_S3_CONTAINER},
        {"EC2ContainerCredentialsProviderWrapper", VONK_S3_CONTAINER},
        {"IAMInstanceCredentialsProvider", VONK_S3_CONTAINER},
        {"AnonymousAWSCredentialsProvider", VONK_S3_ANONYMOUS},
        {"AnonymousCredentialsProvider", VONK_S3_ANONYMOUS},
    };
    uint32_t n = 0;
    bool all = !is_set(names);
    for (const char *p = all ? "" : names; *p;) {
        p += strspn(p, ", \t\r\n");
        size_t length = strcspn(p, ", \t\r\n");
        const char *dot = memrchr(p, '.', length), *name = dot ? dot + 1 : p;
        size_t n_name = length - (size_t)(name - p), i = 0;
        p += length;
        bool chain = n_name >= 7 && (!strncmp(name, "Default", 7));
        all = all || chain;
        while (i < VONK_LENGTH(classes) &&
               (strlen(classes[i].class) != n_name || strncmp(classes[i].class, name, n_name) != 0))
            i++;
        if (n_name && !chain && i == VONK_LENGTH(classes))
            return vonk_fail(err, VONK_INVALID,
                             "fs.s3a.aws.credentials.provider: %.*s is not known", (int)n_name,
                             name);
        if (n_name && !chain && n < VONK_S3_N_PROVIDERS)
            ret[n++] = classes[i].provider;
    }
    if (all || !n) {
        for (n = 0; n <= VONK_S3_CONTAINER; n++)
            ret[n] = (vonk_s3_provider)n;
    }
    *ret_n = n;
    return VONK_OK;
}

/* --- keeping and renewing --- */

static bool is_good(const vonk_s3_keys *keys, const vonk_s3_keys *refused, int64_t margin)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return keys && keys != refused && (!keys->expires_s || now.tv_sec + margin < keys->expires_s);
}

vonk_status vonk_s3_credentials_get(vonk_s3_credentials *c, const vonk_s3_keys *refused,
                                    vonk_s3_keys **ret, vonk_error *err)
{
    vonk_status status = VONK_OK;
    vonk_error ignored;
    pthread_mutex_lock(&c->lock);
    while (c->loading)
        pthread_cond_wait(&c->loaded, &c->lock);
    if (!is_good(c->keys, refused, VONK_S3_RENEW_S)) {
        c->loading = true;
        pthread_mutex_unlock(&c->lock);
        vonk_s3_keys *fresh = NULL;
        status = find_keys(c, &fresh, err ? err : &ignored);
        pthread_mutex_lock(&c->lock);
        if (status == VONK_OK) {
            vonk_s3_keys_unref(c->keys);
            c->keys = fresh;
        } else if (is_good(c->keys, refused, 0)) {
            status = VONK_OK; /* the old ones are good for some minutes yet */
        }
        c->loading = false;
        pthread_cond_broadcast(&c->loaded);
    }
    if (status == VONK_OK) {
        atomic_fetch_add(&c->keys->refs, 1);
        *ret = c->keys;
    }
    pthread_mutex_unlock(&c->lock);
    return status;
}

static char *copy_or_null(const char *text, bool *good)
{
    char *copied = text ? strdup(text) : NULL;
    *good = *good && (copied || !text);
    return copied;
}

vonk_status vonk_s3_credentials_new(const vonk_s3_credentials_from *from, vonk_s3_credentials **ret,
                                    vonk_error *err)
{
    bool good = true;
    vonk_s3_credentials *c = calloc(1, sizeof(*c));
    if (!c)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->loaded, NULL);
    c->bucket = copy_or_null(from->bucket, &good);
    c->access_key = copy_or_null(from->access_key, &good);
    c->secret_key = copy_or_null(from->secret_key, &good);
    c->session_token = copy_or_null(from->session_token, &good);
    c->region = copy_or_null(from->region, &good);
    vonk_status status = good ? VONK_OK : vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    if (status == VONK_OK)
        status = vonk_s3_providers(from->providers, c->providers, &c->n_providers, err);
    if (status == VONK_OK)
        *ret = c;
    else
        vonk_s3_credentials_free(c);
    return status;
}

void vonk_s3_credentials_free(vonk_s3_credentials *c)
{
    if (!c)
        return;
    vonk_s3_keys_unref(c->keys);
    if (c->secret_key)
        explicit_bzero(c->secret_key, strlen(c->secret_key));
    free(c->bucket);
    free(c->access_key);
    free(c->secret_key);
    free(c->session_token);
    free(c->region);
    pthread_cond_destroy(&c->loaded);
    pthread_mutex_destroy(&c->lock);
    free(c);
}
