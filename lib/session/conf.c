/* conf.c - known keys with their kind and default, and a list of what was set. */
#include "session/conf.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "expr/time_zone.h"
#include "session/redaction.h"

typedef enum value_kind { TEXT, BOOL, INT, BYTES, MILLIS, ZONE, REGEX, LEVEL } value_kind;

/* Source of the defaults: Spark 4 configuration reference, unless the comment says otherwise. */
static const struct known {
    const char *key;
    value_kind kind;
    const char *otherwise;
} known_keys[] = {
    {"parquet.filter.bloom.enabled", BOOL, "true"}, /* parquet-mr's, as the next */
    {"parquet.filter.columnindex.enabled", BOOL, "true"},
    {"spark.app.name", TEXT, "vonk"},
    {"spark.driver.maxResultSize", BYTES, "0"}, /* Spark: 1g, as it collects results */
    {"spark.driver.memory", BYTES, "1g"},
    {"spark.executor.heartbeatInterval", MILLIS, "1s"}, /* Spark: 10s; ours is the truth */
    {"spark.executor.memory", BYTES, "1g"},
    {"spark.local.dir", TEXT, NULL},          /* Spark: /tmp; ours: TMPDIR, or /tmp */
    {"spark.network.timeout", MILLIS, "10s"}, /* Spark: 120s */
    {"spark.redaction.regex", REGEX, "(?i)secret|password|token|access[.]?key"},
    {"spark.sql.adaptive.enabled", BOOL, "true"},
    {"spark.sql.ansi.enabled", BOOL, "true"},
    {"spark.sql.autoBroadcastJoinThreshold", BYTES, "10MB"},
    {"spark.sql.caseSensitive", BOOL, "false"},
    {"spark.sql.cbo.enabled", BOOL, "true"},
    {"spark.sql.exchange.reuse", BOOL, "true"},
    {"spark.sql.files.maxPartitionBytes", BYTES, "128MB"},
    {"spark.sql.optimizer.excludedRules", TEXT, ""},
    {"spark.sql.optimizer.runtime.bloomFilter.enabled", BOOL, "true"},
    {"spark.sql.parquet.compression.codec", TEXT, "snappy"},
    {"spark.sql.planChangeLog.level", LEVEL, "trace"}, /* warn and error are shown */
    {"spark.sql.planChangeLog.rules", TEXT, ""},
    {"spark.sql.session.timeZone", ZONE, NULL},  /* the machine's */
    {"spark.sql.shuffle.partitions", INT, NULL}, /* Spark: 200; ours: physical/ */
    {"spark.sql.sources.default", TEXT, "parquet"},
    {"spark.sql.warehouse.dir", TEXT, "spark-warehouse"},
    {"spark.stage.maxConsecutiveAttempts", INT, "4"},
    {"spark.task.maxFailures", INT, "4"},
    {"vonk.query.log", TEXT, ""}, /* Vonk's own; so is the next */
    {"vonk.sort.rangeRows", INT, "1000000"},
};

typedef struct setting {
    struct setting *next;
    char *key, *value;
} setting;

struct vonk_conf {
    setting *settings;
};

static const struct known *find_known(const char *key)
{
    for (size_t i = 0; i < VONK_LENGTH(known_keys); i++) {
        if (!strcmp(known_keys[i].key, key))
            return &known_keys[i];
    }
    return NULL;
}

static setting **find(const vonk_conf *conf, const char *key)
{
    setting **at = (setting **)(uintptr_t)&conf->settings;
    while (*at && strcmp((*at)->key, key))
        at = &(*at)->next;
    return at;
}

bool vonk_conf_is_set(const vonk_conf *conf, const char *key)
{
    return *find(conf, key) != NULL;
}

bool vonk_parse_bytes(const char *text, int64_t *ret)
{
    static const struct {
        const char *unit;
        int shift;
    } units[] = {{"", 0},    {"b", 0},  {"k", 10},  {"kb", 10}, {"ki", 10}, {"m", 20},  {"mb", 20},
                 {"mi", 20}, {"g", 30}, {"gb", 30}, {"gi", 30}, {"t", 40},  {"tb", 40}, {"ti", 40}};
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (end == text || errno)
        return false;
    while (isspace((unsigned char)*end))
        end++;
    for (size_t i = 0; i < VONK_LENGTH(units); i++) {
        if (!strcasecmp(end, units[i].unit))
            return !__builtin_mul_overflow(number, (int64_t)1 << units[i].shift, ret);
    }
    return false;
}

bool vonk_parse_millis(const char *text, int64_t *ret)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1},      {"", 1000},     {"s", 1000},    {"m", 60000},
                 {"min", 60000}, {"h", 3600000}, {"d", 86400000}};
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (end == text || errno || number < 0)
        return false;
    for (size_t i = 0; i < VONK_LENGTH(units); i++) {
        if (!strcasecmp(end, units[i].unit))
            return !__builtin_mul_overflow(number, units[i].ms, ret);
    }
    return false;
}

static bool parse_int(const char *text, int64_t *ret)
{
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    *ret = number;
    return end != text && !*end && !errno;
}

const char *vonk_conf_redact(const vonk_conf *conf, const char *key, const char *value)
{
    const char *text = vonk_conf_get(conf, "spark.redaction.regex");
    if (!value || !text || !*text || !strcmp(key, "spark.redaction.regex"))
        return value;
    return vonk_redaction_finds(text, key, value) ? VONK_REDACTED : value;
}

static vonk_status check_zone(const struct known *k, const char *value, vonk_error *err)
{
    vonk_arena arena = {0};
    vonk_time_zone zone;
    vonk_status status = vonk_time_zone_find(vonk_slice_of(value), &arena, &zone, NULL);
    vonk_arena_free(&arena);
    if (status == VONK_OK)
        return VONK_OK;
    return vonk_fail_sql(err, "INVALID_CONF_VALUE.TIME_ZONE",
                         "The value '%s' in the config \"%s\" is invalid. Cannot resolve the given "
                         "timezone.",
                         value, k->key);
}

static bool is_level(const char *text)
{
    static const char *const levels[] = {"trace", "debug", "info", "warn", "error"};
    for (size_t i = 0; i < VONK_LENGTH(levels); i++) {
        if (!strcasecmp(levels[i], text))
            return true;
    }
    return false;
}

static vonk_status check(const struct known *k, const char *value, vonk_error *err)
{
    static const char *const wanted[] = {"text",
                                         "boolean",
                                         "integer",
                                         "size in bytes",
                                         "time",
                                         "zone",
                                         "regular expression",
                                         "level: trace, debug, info, warn or error"};
    if (k->kind == ZONE)
        return check_zone(k, value, err);
    int64_t ignored;
    bool good = true;
    if (k->kind == REGEX)
        good = vonk_redaction_is_regex(value);
    else if (k->kind == BOOL)
        good = !strcasecmp(value, "true") || !strcasecmp(value, "false");
    else if (k->kind == INT)
        good = parse_int(value, &ignored) && ignored > 0;
    else if (k->kind == BYTES)
        good = vonk_parse_bytes(value, &ignored);
    else if (k->kind == MILLIS)
        good = vonk_parse_millis(value, &ignored);
    else if (k->kind == LEVEL)
        good = is_level(value);
    if (good)
        return VONK_OK;
    return vonk_fail_sql(err, "INVALID_CONF_VALUE.TYPE_MISMATCH",
                         "The value '%s' in the config \"%s\" is invalid. It should be a %s.",
                         value, k->key, wanted[k->kind]);
}

vonk_status vonk_conf_new(vonk_conf **ret, vonk_error *err)
{
    *ret = calloc(1, sizeof(**ret));
    return *ret ? VONK_OK : vonk_fail(err, VONK_NO_MEMORY, "out of memory");
}

void vonk_conf_reset_all(vonk_conf *conf)
{
    while (conf->settings) {
        setting *s = conf->settings;
        conf->settings = s->next;
        free(s->key);
        free(s->value);
        free(s);
    }
}

void vonk_conf_free(vonk_conf *conf)
{
    if (!conf)
        return;
    vonk_conf_reset_all(conf);
    free(conf);
}

vonk_status vonk_conf_set(vonk_conf *conf, const char *key, const char *value, vonk_error *err)
{
    const struct known *k = find_known(key);
    if (k)
        VONK_TRY(check(k, value, err));
    setting **at = find(conf, key);
    char *copy = strdup(value);
    if (copy && !*at) {
        *at = calloc(1, sizeof(**at));
        if (*at && !((*at)->key = strdup(key))) {
            free(*at);
            *at = NULL;
        }
    }
    if (!copy || !*at) {
        free(copy);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    }
    free((*at)->value);
    (*at)->value = copy;
    return VONK_OK;
}

void vonk_conf_reset(vonk_conf *conf, const char *key)
{
    setting **at = find(conf, key), *s = *at;
    if (!s)
        return;
    *at = s->next;
    free(s->key);
    free(s->value);
    free(s);
}

const char *vonk_conf_get(const vonk_conf *conf, const char *key)
{
    const setting *s = *find(conf, key);
    if (s)
        return s->value;
    const struct known *k = find_known(key);
    return k ? k->otherwise : NULL;
}

bool vonk_conf_bool(const vonk_conf *conf, const char *key)
{
    const char *value = vonk_conf_get(conf, key);
    return value && !strcasecmp(value, "true");
}

int64_t vonk_conf_int(const vonk_conf *conf, const char *key)
{
    int64_t number = 0;
    const char *value = vonk_conf_get(conf, key);
    return value && parse_int(value, &number) ? number : 0;
}

int64_t vonk_conf_bytes(const vonk_conf *conf, const char *key)
{
    int64_t bytes = 0;
    const char *value = vonk_conf_get(conf, key);
    return value && vonk_parse_bytes(value, &bytes) ? bytes : 0;
}

int64_t vonk_conf_millis(const vonk_conf *conf, const char *key)
{
    int64_t ms = 0;
    const char *value = vonk_conf_get(conf, key);
    return value && vonk_parse_millis(value, &ms) ? ms : 0;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const vonk_conf_item *)a)->key, ((const vonk_conf_item *)b)->key);
}

vonk_status vonk_conf_list(const vonk_conf *conf, vonk_arena *arena, vonk_conf_item **ret,
                           uint32_t *ret_n, vonk_error *err)
{
    uint32_t n = 0;
    for (const setting *s = conf->settings; s; s = s->next)
        n++;
    vonk_conf_item *items = VONK_NEW_ARRAY(arena, vonk_conf_item, n, err);
    VONK_TRY_ALLOC(items);
    n = 0;
    for (const setting *s = conf->settings; s; s = s->next)
        items[n++] = (vonk_conf_item){s->key, s->value};
    qsort(items, n, sizeof(*items), by_key);
    *ret = items;
    *ret_n = n;
    return VONK_OK;
}
