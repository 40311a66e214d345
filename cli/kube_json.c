/* kube_json.c - a manifest as the JSON that the API server gets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/kube_job.h"
#include "job/tree.h"
#include "kube/json.h"

/* ---- YAML to JSON ---- */

static cJSON *scalar(const vonk_yaml_node *node)
{
    char *end = NULL;
    switch (node->type) {
    case VONK_YAML_NULL:
        return cJSON_CreateNull();
    case VONK_YAML_BOOL:
        return cJSON_CreateBool(node->text[0] == 't' || node->text[0] == 'T' ||
                                node->text[0] == 'y' || node->text[0] == 'Y' ||
                                !strcasecmp(node->text, "on"));
    case VONK_YAML_INT:
        if (strspn(node->text, "-0123456789") == strlen(node->text) && node->text[0] != '0')
            return cJSON_CreateRaw(node->text); /* also those that a double cannot hold */
        return cJSON_CreateNumber((double)strtoll(node->text, &end, 0));
    case VONK_YAML_FLOAT:
        return cJSON_CreateNumber(strtod(node->text, &end));
    case VONK_YAML_TEXT:
        break;
    }
    return cJSON_CreateString(node->text);
}

/* A tree's depth is bounded by its parser. */
static cJSON *json_of(const vonk_yaml_node *node)
{
    if (node->kind == VONK_YAML_SCALAR)
        return scalar(node);
    cJSON *to = node->kind == VONK_YAML_LIST ? cJSON_CreateArray() : cJSON_CreateObject();
    for (const vonk_yaml_node *child = node->first; child && to; child = child->next) {
        cJSON *item = json_of(child);
        bool added =
            item && (node->kind == VONK_YAML_LIST ? cJSON_AddItemToArray(to, item)
                                                  : cJSON_AddItemToObject(to, child->key, item));
        if (!added) {
            cJSON_Delete(item);
            cJSON_Delete(to);
            to = NULL;
        }
    }
    return to;
}

/* ---- paths ---- */

static bool is_remote(const char *path)
{
    const char *colon = strstr(path, "://");
    return colon && strncmp(path, "file://", 7) != 0;
}

/* `is_mounted`: the pods' templates mount something, where an absolute path may lie. */
static vonk_status check_path(const char *what, const char *path, bool is_mounted, vonk_error *err)
{
    if (!path || is_remote(path))
        return VONK_OK;
    if (is_mounted && (path[0] == '/' || !strncmp(path, "file:/", 6)))
        return VONK_OK;
    return vonk_fail(err, VONK_INVALID,
                     "%s: '%s' is on this machine, where no pod of the cluster sees it: put it in "
                     "a store (s3://...) or on a web server, or mount a volume by the templates of "
                     "driver and executors and give the absolute path",
                     what, path);
}

static bool mounts(const cJSON *json, const char *template)
{
    return cJSON_GetArraySize(vonk_json_at(vonk_json_at(json, template), "spec.volumes")) > 0;
}

static vonk_status check_paths(const cJSON *json, const vonk_job *job, vonk_error *err)
{
    bool driver = mounts(json, "spec.driver.template");
    bool both = driver && mounts(json, "spec.executors.template");
    char what[160];
    VONK_TRY(check_path("spec.sql.from", job->sql.from, driver, err));
    VONK_TRY(check_path("spec.sql.output", job->sql.output, both, err));
    for (uint32_t i = 0; i < job->sql.n_tables; i++) {
        (void)snprintf(what, sizeof what, "spec.sql.tables.%.120s", job->sql.tables[i].name);
        VONK_TRY(check_path(what, job->sql.tables[i].path, both, err));
    }
    return VONK_OK;
}

/* ---- conf ---- */

static cJSON *object_in(cJSON *parent, const char *key)
{
    cJSON *there = cJSON_GetObjectItemCaseSensitive(parent, key);
    if (there && !cJSON_IsNull(there))
        return there;
    cJSON_DeleteItemFromObjectCaseSensitive(parent, key);
    return cJSON_AddObjectToObject(parent, key);
}

static vonk_status set_text(cJSON *object, const char *key, const char *value, vonk_error *err)
{
    cJSON_DeleteItemFromObjectCaseSensitive(object, key);
    if (!cJSON_AddStringToObject(object, key, value))
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    return VONK_OK;
}

static vonk_status set_conf(const vonk_kube_job_options *o, cJSON *json, vonk_error *err)
{
    cJSON *spec = cJSON_GetObjectItemCaseSensitive(json, "spec");
    cJSON *conf = o->n_confs || o->format ? object_in(spec, "conf") : NULL;
    for (uint32_t i = 0; i < o->n_confs; i++) {
        const char *equals = strchr(o->confs[i], '=');
        char *key = equals ? strndup(o->confs[i], (size_t)(equals - o->confs[i])) : NULL;
        if (!key)
            return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
        vonk_status status = set_text(conf, key, equals + 1, err);
        free(key);
        VONK_TRY(status);
    }
    return o->format ? set_text(conf, "spark.vonk.result.format", o->format, err) : VONK_OK;
}

/* ---- the whole ---- */

static vonk_status make(const vonk_kube_job_options *o, const vonk_job *job, cJSON *json,
                        const char *namespace_name, vonk_error *err)
{
    VONK_TRY(check_paths(json, job, err));
    VONK_TRY(set_conf(o, json, err));
    cJSON *metadata = cJSON_GetObjectItemCaseSensitive(json, "metadata");
    VONK_TRY(set_text(metadata, "namespace", namespace_name, err));
    /* what a `kubectl get -o yaml` has and an apply must not */
    cJSON_DeleteItemFromObjectCaseSensitive(json, "status");
    cJSON_DeleteItemFromObjectCaseSensitive(metadata, "managedFields");
    cJSON_DeleteItemFromObjectCaseSensitive(metadata, "resourceVersion");
    cJSON_DeleteItemFromObjectCaseSensitive(metadata, "uid");
    return VONK_OK;
}

vonk_status vonk_kube_job_json(const vonk_kube_job_options *o, vonk_slice text, const vonk_job *job,
                               const char *namespace_name, cJSON **ret, vonk_error *err)
{
    vonk_arena arena = {0};
    vonk_yaml_node *root = NULL;
    vonk_status status = vonk_yaml_parse(text, o->path, &arena, &root, err);
    cJSON *json = status == VONK_OK ? json_of(root) : NULL;
    vonk_arena_free(&arena);
    VONK_TRY(status);
    if (!json)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for the job");
    status = make(o, job, json, namespace_name, err);
    if (status != VONK_OK) {
        cJSON_Delete(json);
        return status;
    }
    *ret = json;
    return VONK_OK;
}
