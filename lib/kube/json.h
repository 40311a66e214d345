/* json.h - reading and making cJSON trees without a check at every step. */
#ifndef VONK_KUBE_JSON_H
#define VONK_KUBE_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/* The item at a path of keys "metadata.labels" (no key with a dot), or NULL. */
const cJSON *vonk_json_at(const cJSON *object, const char *path);
/* Its text; "" if it is no string. */
const char *vonk_json_text(const cJSON *object, const char *path);
/* Its number, or `otherwise`. */
int64_t vonk_json_int(const cJSON *object, const char *path, int64_t otherwise);
bool vonk_json_bool(const cJSON *object, const char *path, bool otherwise);
/* The value of a key that may have dots (labels, annotations) below `path`; "" if none. */
const char *vonk_json_entry(const cJSON *object, const char *path, const char *key);

/*
 * Making: each puts `item` into `object`, which owns it then, and returns it. Without memory for
 * these few bytes the process ends (abort), so that a tree is built without a check at each step.
 */
cJSON *vonk_json_put(cJSON *object, const char *key, cJSON *item);
cJSON *vonk_json_put_text(cJSON *object, const char *key, const char *text);
cJSON *vonk_json_put_int(cJSON *object, const char *key, int64_t number);
cJSON *vonk_json_put_bool(cJSON *object, const char *key, bool value);
cJSON *vonk_json_put_object(cJSON *object, const char *key);
cJSON *vonk_json_put_array(cJSON *object, const char *key);
cJSON *vonk_json_push(cJSON *array, cJSON *item);

#endif
