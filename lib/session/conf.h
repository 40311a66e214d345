/*
 * conf.h - the session's settings: spark.* keys with Spark's meaning and defaults.
 *
 * Any key may be set; those that Vonk reads are listed in conf.c with their default and are
 * checked when they are set. Not thread-safe: the session's thread owns it.
 */
#ifndef VONK_SESSION_CONF_H
#define VONK_SESSION_CONF_H

#include <stdbool.h>

#include "base/arena.h"

typedef struct vonk_conf vonk_conf;

typedef struct vonk_conf_item {
    const char *key, *value;
} vonk_conf_item;

vonk_status vonk_conf_new(vonk_conf **ret, vonk_error *err) VONK_MUST_CHECK;
void vonk_conf_free(vonk_conf *conf);
/* Errors: INVALID_CONF_VALUE.TYPE_MISMATCH: a value that the key cannot have. */
vonk_status vonk_conf_set(vonk_conf *conf, const char *key, const char *value,
                          vonk_error *err) VONK_MUST_CHECK;
/* Back to the default. */
void vonk_conf_reset(vonk_conf *conf, const char *key);
void vonk_conf_reset_all(vonk_conf *conf);

bool vonk_conf_is_set(const vonk_conf *conf, const char *key);
/* The value or the default; NULL if there is neither. Valid until the key is set again. */
const char *vonk_conf_get(const vonk_conf *conf, const char *key);
/* For keys in the list only: their values were checked. */
bool vonk_conf_bool(const vonk_conf *conf, const char *key);
int64_t vonk_conf_int(const vonk_conf *conf, const char *key);
/* "10MB", "1g", "512" as bytes. */
int64_t vonk_conf_bytes(const vonk_conf *conf, const char *key);

/* "10s", "500ms" as milliseconds. */
int64_t vonk_conf_millis(const vonk_conf *conf, const char *key);

/* Keys that were set, sorted; the array lives in `arena`, texts until they are set again. */
vonk_status vonk_conf_list(const vonk_conf *conf, vonk_arena *arena, vonk_conf_item **ret,
                           uint32_t *ret_n, vonk_error *err) VONK_MUST_CHECK;

#define VONK_REDACTED "*********(redacted)"
/*
 * The value as it may be shown: VONK_REDACTED if spark.redaction.regex is found in key or value, as
 * Spark does. For every listing of settings.
 */
const char *vonk_conf_redact(const vonk_conf *conf, const char *key, const char *value);

/* "10MB" -> bytes; false if it is no size. Units b k kb m mb g gb t tb, also ki mi gi ti. */
bool vonk_parse_bytes(const char *text, int64_t *ret);
/* "2min" -> milliseconds; false if it is no time. Units ms s m min h d; none: seconds, as Spark. */
bool vonk_parse_millis(const char *text, int64_t *ret);

#endif
