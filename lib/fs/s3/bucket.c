/* bucket.c - settings and environment to a bucket; the list of those in use. */
#include "fs/s3/bucket.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fs/settings.h"
#include "fs/store.h"

/* Buckets in use: keys and what was learned are kept between files. */
static struct {
    pthread_mutex_t lock;
    vonk_s3_bucket *list; /* guarded by lock; each holds one reference */
} known = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* --- paths and endpoints --- */

vonk_status vonk_s3_split_path(const char *path, vonk_arena *arena, const char **ret_bucket,
                               const char **ret_key, vonk_error *err)
{
    const char *host = strchr(path, ':');
    if (!host || strncmp(host, "://", 3) != 0)
        return vonk_fail(err, VONK_INVALID, "%s: s3://BUCKET/KEY is wanted", path);
    host += 3;
    size_t length = strcspn(host, "/");
    bool good = length > 0 && length < 256;
    for (size_t i = 0; good && i < length; i++)
        good = isalnum((unsigned char)host[i]) || strchr("-._", host[i]);
    if (!good || host[0] == '.')
        return vonk_fail(err, VONK_INVALID, "%s: '%.*s' is no name of a bucket", path, (int)length,
                         host);
    *ret_bucket = vonk_arena_strndup(arena, host, length, err);
    VONK_TRY_ALLOC(*ret_bucket);
    *ret_key = host + length + (host[length] == '/');
    return VONK_OK;
}

static bool is_host(const char *host)
{
    for (const char *p = host; *p; p++) {
        if (!isalnum((unsigned char)*p) && !strchr("-._:[]", *p))
            return false;
    }
    return *host != '\0';
}

vonk_status vonk_s3_endpoint_parse(const char *text, bool tls, vonk_arena *arena,
                                   vonk_s3_endpoint *ret, vonk_error *err)
{
    const char *host = text;
    if (!strncasecmp(text, "http://", 7)) {
        tls = false;
        host = text + 7;
    } else if (!strncasecmp(text, "https://", 8)) {
        tls = true;
        host = text + 8;
    }
    size_t n = strcspn(host, "/"), n_base = strlen(host + n);
    char *name = vonk_arena_strndup(arena, host, n, err);
    VONK_TRY_ALLOC(name);
    while (n_base && host[n + n_base - 1] == '/')
        n_base--;
    char *base = vonk_arena_strndup(arena, host + n, n_base, err);
    VONK_TRY_ALLOC(base);
    if (!is_host(name) || strpbrk(base, "?# %"))
        return vonk_fail(err, VONK_INVALID, "the S3 endpoint '%s' is no URL", text);
    char *colon = strrchr(name, ':');
    if (colon && !strcmp(colon, tls ? ":443" : ":80"))
        *colon = '\0';
    for (char *p = name; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    *ret = (vonk_s3_endpoint){tls, name, base};
    return VONK_OK;
}

/* --- reading the settings --- */

typedef struct reader {
    const char *bucket;
    vonk_arena arena;
    vonk_s3_profile profile;
} reader;

/* fs.s3a.bucket.NAME.KEY, else fs.s3a.KEY, else `otherwise`. */
static vonk_status get(reader *r, const char *key, const char *otherwise, const char **ret,
                       vonk_error *err)
{
    const char *own = vonk_arena_printf(&r->arena, err, "fs.s3a.bucket.%s.%s", r->bucket, key);
    VONK_TRY_ALLOC(own);
    VONK_TRY(vonk_fs_settings_get(own, NULL, &r->arena, ret, err));
    if (*ret)
        return VONK_OK;
    const char *shared = vonk_arena_printf(&r->arena, err, "fs.s3a.%s", key);
    VONK_TRY_ALLOC(shared);
    return vonk_fs_settings_get(shared, otherwise, &r->arena, ret, err);
}

static vonk_status get_bool(reader *r, const char *key, bool otherwise, bool *ret, vonk_error *err)
{
    const char *text = NULL;
    VONK_TRY(get(r, key, NULL, &text, err));
    *ret = text ? !strcasecmp(text, "true") : otherwise;
    if (text && strcasecmp(text, "true") != 0 && strcasecmp(text, "false") != 0)
        return vonk_fail(err, VONK_INVALID, "fs.s3a.%s: %s is neither true nor false", key, text);
    return VONK_OK;
}

/* "8M", "500ms", "3": a number between `least` and `most`; letters are units. */
static vonk_status get_number(reader *r, const char *key, uint64_t otherwise, uint64_t least,
                              uint64_t most, uint64_t *ret, vonk_error *err)
{
    static const struct {
        const char *unit;
        uint64_t factor;
    } units[] = {{"", 1},          {"ms", 1},      {"s", 1000},     {"K", 1 << 10},
                 {"KB", 1 << 10},  {"M", 1 << 20}, {"MB", 1 << 20}, {"G", 1u << 30},
                 {"GB", 1u << 30}, {"m", 60000}};
    const char *text = NULL;
    VONK_TRY(get(r, key, NULL, &text, err));
    *ret = otherwise;
    if (!text)
        return VONK_OK;
    char *end = NULL;
    errno = 0;
    uint64_t number = strtoull(text, &end, 10), value = 0;
    bool good = !errno && end != text && isdigit((unsigned char)*text), found = false;
    for (size_t i = 0; good && !found && i < VONK_LENGTH(units); i++) {
        if (!strcmp(end, units[i].unit))
            found = !__builtin_mul_overflow(number, units[i].factor, &value);
    }
    if (!found || value < least || value > most)
        return vonk_fail(err, VONK_INVALID, "fs.s3a.%s: %s is not between %llu and %llu", key, text,
                         (unsigned long long)least, (unsigned long long)most);
    *ret = value;
    return VONK_OK;
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* "s3.eu-west-1.amazonaws.com" -> "eu-west-1"; NULL: it does not say. */
static vonk_status region_of_host(const char *host, vonk_arena *arena, const char **ret,
                                  vonk_error *err)
{
    const char *end = strstr(host, ".amazonaws.com");
    *ret = NULL;
    if (!end || strncmp(host, "s3", 2) != 0 || (host[2] != '.' && host[2] != '-') ||
        host + 3 >= end || memchr(host + 3, '.', (size_t)(end - host - 3)))
        return VONK_OK;
    *ret = vonk_arena_strndup(arena, host + 3, (size_t)(end - host - 3), err);
    VONK_TRY_ALLOC(*ret);
    return VONK_OK;
}

static vonk_status copy_text(const char *text, char **ret, vonk_error *err)
{
    *ret = strdup(text);
    return *ret ? VONK_OK : vonk_fail(err, VONK_NO_MEMORY, "out of memory");
}

static vonk_status read_endpoint(reader *r, vonk_s3_bucket *b, vonk_error *err)
{
    const char *text = NULL, *region = NULL, *of_host = NULL;
    vonk_s3_endpoint endpoint = {true, "", ""};
    bool tls = true;
    VONK_TRY(get_bool(r, "connection.ssl.enabled", true, &tls, err));
    VONK_TRY(get(r, "endpoint", NULL, &text, err));
    if (!text)
        text = environment("AWS_ENDPOINT_URL_S3");
    if (!text)
        text = environment("AWS_ENDPOINT_URL");
    if (!text)
        text = r->profile.endpoint_url;
    if (text)
        VONK_TRY(vonk_s3_endpoint_parse(text, tls, &r->arena, &endpoint, err));
    else
        endpoint.tls = tls;
    b->by_region = !text || !strcmp(endpoint.host, "s3.amazonaws.com");
    b->tls = endpoint.tls;
    VONK_TRY(copy_text(b->by_region ? "" : endpoint.host, &b->host, err));
    VONK_TRY(copy_text(endpoint.base, &b->base, err));
    VONK_TRY(get(r, "endpoint.region", NULL, &region, err));
    VONK_TRY(region_of_host(endpoint.host, &r->arena, &of_host, err));
    const char *regions[] = {region,
                             of_host,
                             environment("AWS_REGION"),
                             environment("AWS_DEFAULT_REGION"),
                             r->profile.region,
                             "us-east-1"};
    size_t at = 0;
    while (!regions[at])
        at++;
    if (strlen(regions[at]) >= sizeof(b->region) || !is_host(regions[at]))
        return vonk_fail(err, VONK_INVALID, "the S3 region '%s' is no name of one", regions[at]);
    (void)snprintf(b->region, sizeof(b->region), "%s", regions[at]);
    bool aws = b->by_region || strstr(endpoint.host, ".amazonaws.com") != NULL;
    VONK_TRY(get_bool(r, "path.style.access", !aws, &b->path_style, err));
    /* Such names do not fit into a host, or not into its certificate. */
    for (const char *p = b->name; *p; p++)
        b->path_style =
            b->path_style || isupper((unsigned char)*p) || *p == '_' || (*p == '.' && b->tls);
    return VONK_OK;
}

static vonk_status read_limits(reader *r, vonk_s3_bucket *b, vonk_error *err)
{
    uint64_t n = 0;
    VONK_TRY(get_number(r, "attempts.maximum", 7, 1, 100, &n, err));
    b->attempts = (uint32_t)n;
    VONK_TRY(get_number(r, "retry.interval", 100, 1, 60000, &n, err));
    b->interval_ms = (uint32_t)n;
    VONK_TRY(get_number(r, "connection.timeout", 30000, 100, 3600000, &n, err));
    b->idle_ms = (uint32_t)n;
    VONK_TRY(get_number(r, "connection.establish.timeout", 5000, 100, 3600000, &n, err));
    b->connect_ms = (uint32_t)n;
    VONK_TRY(get_number(r, "multipart.size", (uint64_t)8 << 20, VONK_S3_MIN_PART,
                        (uint64_t)512 << 20, &n, err));
    b->part_size = (size_t)n;
    VONK_TRY(get_number(r, "fast.upload.active.blocks", 4, 1, 64, &n, err));
    b->n_parts_at_once = (uint32_t)n;
    VONK_TRY(get_number(r, "multipart.purge.age", VONK_FS_STALE_S, 60, INT32_MAX, &n, err));
    b->stale_s = (int64_t)n;
    return VONK_OK;
}

static vonk_status read_keys(reader *r, vonk_s3_bucket *b, vonk_error *err)
{
    vonk_s3_credentials_from from = {.bucket = b->name, .region = b->region};
    VONK_TRY(get(r, "aws.credentials.provider", NULL, &from.providers, err));
    VONK_TRY(get(r, "access.key", NULL, &from.access_key, err));
    VONK_TRY(get(r, "secret.key", NULL, &from.secret_key, err));
    VONK_TRY(get(r, "session.token", NULL, &from.session_token, err));
    return vonk_s3_credentials_new(&from, &b->credentials, err);
}

static void free_bucket(vonk_s3_bucket *b)
{
    vonk_s3_credentials_free(b->credentials);
    free(b->name);
    free(b->host);
    free(b->base);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

static vonk_status make_bucket(const char *name, uint64_t generation, vonk_s3_bucket **ret,
                               vonk_error *err)
{
    vonk_s3_bucket *b = calloc(1, sizeof(*b));
    if (!b)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    atomic_init(&b->refs, 1);
    b->generation = generation;
    pthread_mutex_init(&b->lock, NULL);
    reader r = {.bucket = name};
    vonk_status status = copy_text(name, &b->name, err);
    if (status == VONK_OK)
        status = vonk_s3_profile_load(&r.arena, &r.profile, err);
    if (status == VONK_OK)
        status = read_endpoint(&r, b, err);
    if (status == VONK_OK)
        status = read_limits(&r, b, err);
    if (status == VONK_OK)
        status = read_keys(&r, b, err);
    vonk_arena_free(&r.arena);
    if (status == VONK_OK)
        *ret = b;
    else
        free_bucket(b);
    return status;
}

/* --- the list --- */

void vonk_s3_bucket_unref(vonk_s3_bucket *b)
{
    if (b && atomic_fetch_sub(&b->refs, 1) == 1)
        free_bucket(b);
}

/* The bucket with a new reference, NULL if it is not there; drops what older settings made. */
static vonk_s3_bucket *find(const char *name, uint64_t generation)
{
    vonk_s3_bucket *found = NULL, *old = NULL;
    pthread_mutex_lock(&known.lock);
    for (vonk_s3_bucket **at = &known.list; *at;) {
        vonk_s3_bucket *b = *at;
        if (b->generation != generation) {
            *at = b->next;
            b->next = old;
            old = b;
            continue;
        }
        if (!strcmp(b->name, name))
            found = b;
        at = &b->next;
    }
    if (found)
        atomic_fetch_add(&found->refs, 1);
    pthread_mutex_unlock(&known.lock);
    while (old) {
        vonk_s3_bucket *b = old;
        old = b->next;
        vonk_s3_bucket_unref(b);
    }
    return found;
}

vonk_status vonk_s3_bucket_get(const char *name, vonk_s3_bucket **ret, vonk_error *err)
{
    uint64_t generation = vonk_fs_settings_generation();
    vonk_s3_bucket *b = find(name, generation);
    if (!b) {
        VONK_TRY(make_bucket(name, generation, &b, err));
        pthread_mutex_lock(&known.lock);
        atomic_fetch_add(&b->refs, 1);
        b->next = known.list;
        known.list = b;
        pthread_mutex_unlock(&known.lock);
    }
    *ret = b;
    return VONK_OK;
}
