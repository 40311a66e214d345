/* template.c - strategic merge of the few types that a pod is made of. */
#include "kube/template.h"

#include <stdbool.h>
#include <string.h>

#define MAX_DEPTH 64

/* The key by which the items of a list are known; NULL: the list is replaced as a whole. */
static const char *merge_key(const char *list)
{
    static const struct {
        const char *list, *key;
    } keys[] = {
        {"containers", "name"},
        {"initContainers", "name"},
        {"ephemeralContainers", "name"},
        {"volumes", "name"},
        {"env", "name"},
        {"imagePullSecrets", "name"},
        {"resourceClaims", "name"},
        {"volumeMounts", "mountPath"},
        {"volumeDevices", "devicePath"},
        {"ports", "containerPort"},
        {"topologySpreadConstraints", "topologyKey"},
        {"hostAliases", "ip"},
    };
    for (size_t i = 0; i < VONK_LENGTH(keys); i++) {
        if (list && !strcmp(keys[i].list, list))
            return keys[i].key;
    }
    return NULL;
}

static const char *directive(const cJSON *object)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "$patch"));
    return text ? text : "";
}

static vonk_status merge_map(cJSON *base, const cJSON *over, uint32_t depth, vonk_error *err);

static vonk_status out_of_memory(vonk_error *err)
{
    return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
}

static cJSON *find_item(cJSON *list, const char *key, const cJSON *value)
{
    cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_Compare(cJSON_GetObjectItemCaseSensitive(item, key), value, true))
            return item;
    }
    return NULL;
}

/* A copy without directives and nulls. */
static vonk_status plain_copy(const cJSON *from, uint32_t depth, cJSON **ret, vonk_error *err)
{
    if (!cJSON_IsObject(from)) {
        *ret = cJSON_Duplicate(from, true);
        return *ret ? VONK_OK : out_of_memory(err);
    }
    cJSON *copy = cJSON_CreateObject();
    if (!copy)
        return out_of_memory(err);
    vonk_status status = merge_map(copy, from, depth, err);
    if (status != VONK_OK)
        cJSON_Delete(copy);
    else
        *ret = copy;
    return status;
}

static vonk_status merge_item(cJSON *base, const cJSON *item, const char *key, uint32_t depth,
                              vonk_error *err)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(item, key);
    if (!value)
        return vonk_fail(err, VONK_INVALID, "the pod template's %s has an item without %s",
                         base->string ? base->string : "list", key);
    cJSON *old = find_item(base, key, value);
    if (!strcmp(directive(item), "delete")) {
        if (old)
            cJSON_Delete(cJSON_DetachItemViaPointer(base, old));
        return VONK_OK;
    }
    if (old)
        return merge_map(old, item, depth, err);
    cJSON *copy;
    VONK_TRY(plain_copy(item, depth, &copy, err));
    if (!cJSON_AddItemToArray(base, copy)) {
        cJSON_Delete(copy);
        return out_of_memory(err);
    }
    return VONK_OK;
}

static vonk_status merge_list(cJSON *base, const cJSON *over, const char *key, uint32_t depth,
                              vonk_error *err)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, over)
    { /* a directive of its own: the list is replaced */
        if (strcmp(directive(item), "replace") != 0 || cJSON_GetArraySize(item) != 1)
            continue;
        while (base->child)
            cJSON_Delete(cJSON_DetachItemViaPointer(base, base->child));
    }
    cJSON_ArrayForEach(item, over)
    {
        bool lone = cJSON_GetArraySize(item) == 1 && !strcmp(directive(item), "replace");
        if (!lone)
            VONK_TRY(merge_item(base, item, key, depth, err));
    }
    return VONK_OK;
}

static vonk_status replace(cJSON *base, const cJSON *with, uint32_t depth, vonk_error *err)
{
    cJSON *copy;
    VONK_TRY(plain_copy(with, depth, &copy, err));
    cJSON_DeleteItemFromObjectCaseSensitive(base, with->string);
    if (!cJSON_AddItemToObject(base, with->string, copy)) {
        cJSON_Delete(copy);
        return out_of_memory(err);
    }
    return VONK_OK;
}

static vonk_status merge_entry(cJSON *base, const cJSON *entry, uint32_t depth, vonk_error *err)
{
    cJSON *old = cJSON_GetObjectItemCaseSensitive(base, entry->string);
    const char *key = cJSON_IsArray(entry) ? merge_key(entry->string) : NULL;
    if (cJSON_IsNull(entry)) {
        cJSON_DeleteItemFromObjectCaseSensitive(base, entry->string);
        return VONK_OK;
    }
    if (cJSON_IsObject(old) && cJSON_IsObject(entry) && strcmp(directive(entry), "replace") != 0)
        return merge_map(old, entry, depth, err);
    if (cJSON_IsArray(old) && key)
        return merge_list(old, entry, key, depth, err);
    if (old && (cJSON_IsObject(old) != cJSON_IsObject(entry) ||
                cJSON_IsArray(old) != cJSON_IsArray(entry)))
        return vonk_fail(err, VONK_INVALID, "the pod template's %s is of another kind than a pod's",
                         entry->string);
    return replace(base, entry, depth, err);
}

static vonk_status merge_map(cJSON *base, const cJSON *over, uint32_t depth, vonk_error *err)
{
    const cJSON *entry;
    if (depth > MAX_DEPTH)
        return vonk_fail(err, VONK_INVALID, "the pod template is nested too deep");
    cJSON_ArrayForEach(entry, over)
    {
        if (strcmp(entry->string, "$patch") != 0)
            VONK_TRY(merge_entry(base, entry, depth + 1, err));
    }
    return VONK_OK;
}

vonk_status vonk_kube_template_merge(const cJSON *base, const cJSON *over, cJSON **ret,
                                     vonk_error *err)
{
    cJSON *merged = cJSON_Duplicate(base, true);
    if (!merged)
        return out_of_memory(err);
    vonk_status status = VONK_OK;
    if (over && !cJSON_IsNull(over))
        status = cJSON_IsObject(over)
                     ? merge_map(merged, over, 0, err)
                     : vonk_fail(err, VONK_INVALID, "the pod template is no object");
    if (status != VONK_OK)
        cJSON_Delete(merged);
    else
        *ret = merged;
    return status;
}
