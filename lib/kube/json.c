/* json.c - paths into cJSON trees; making them. */
#include "kube/json.h"

#include <stdlib.h>
#include <string.h>

const cJSON *vonk_json_at(const cJSON *object, const char *path)
{
    char key[256];
    while (object && *path) {
        size_t n = strcspn(path, ".");
        if (n >= sizeof(key))
            return NULL;
        memcpy(key, path, n);
        key[n] = 0;
        object = cJSON_GetObjectItemCaseSensitive(object, key);
        path += n + (path[n] == '.');
    }
    return object;
}

const char *vonk_json_text(const cJSON *object, const char *path)
{
    const char *text = cJSON_GetStringValue(vonk_json_at(object, path));
    return text ? text : "";
}

int64_t vonk_json_int(const cJSON *object, const char *path, int64_t otherwise)
{
    const cJSON *item = vonk_json_at(object, path);
    if (!cJSON_IsNumber(item) || !(item->valuedouble > -9e18 && item->valuedouble < 9e18))
        return otherwise;
    return (int64_t)item->valuedouble;
}

bool vonk_json_bool(const cJSON *object, const char *path, bool otherwise)
{
    const cJSON *item = vonk_json_at(object, path);
    return cJSON_IsBool(item) ? cJSON_IsTrue(item) : otherwise;
}

const char *vonk_json_entry(const cJSON *object, const char *path, const char *key)
{
    const cJSON *map = vonk_json_at(object, path);
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(map, key));
    return text ? text : "";
}

/* Running out of memory over some bytes of JSON leaves nothing sensible to do. */
static cJSON *needed(cJSON *item)
{
    if (!item)
        abort();
    return item;
}

cJSON *vonk_json_put(cJSON *object, const char *key, cJSON *item)
{
    if (!cJSON_AddItemToObject(object, key, needed(item)))
        abort();
    return item;
}

cJSON *vonk_json_put_text(cJSON *object, const char *key, const char *text)
{
    return vonk_json_put(object, key, cJSON_CreateString(text));
}

cJSON *vonk_json_put_int(cJSON *object, const char *key, int64_t number)
{
    return vonk_json_put(object, key, cJSON_CreateNumber((double)number));
}

cJSON *vonk_json_put_bool(cJSON *object, const char *key, bool value)
{
    return vonk_json_put(object, key, cJSON_CreateBool(value));
}

cJSON *vonk_json_put_object(cJSON *object, const char *key)
{
    return vonk_json_put(object, key, cJSON_CreateObject());
}

cJSON *vonk_json_put_array(cJSON *object, const char *key)
{
    return vonk_json_put(object, key, cJSON_CreateArray());
}

cJSON *vonk_json_push(cJSON *array, cJSON *item)
{
    if (!cJSON_AddItemToArray(array, needed(item)))
        abort();
    return item;
}
