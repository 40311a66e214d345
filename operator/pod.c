/* pod.c - see pod.h. */
#include <stdio.h>
#include <string.h>

#include "kube/json.h"
#include "kube/template.h"
#include "operator/pod.h"

#define USER      65532 /* "nonroot" */
#define NAME_SIZE 128

/* ---- specs ---- */

static void lay_under(cJSON *item, const cJSON *defaults)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, defaults)
    {
        cJSON *has = cJSON_GetObjectItemCaseSensitive(item, one->string);
        if (!has)
            vonk_json_put(item, one->string, cJSON_Duplicate(one, true));
        else if (cJSON_IsObject(has) && cJSON_IsObject(one))
            lay_under(has, one);
    }
}

cJSON *vonk_op_spec_with_defaults(const cJSON *spec, const cJSON *defaults)
{
    cJSON *all = spec ? cJSON_Duplicate(spec, true) : cJSON_CreateObject();
    lay_under(all, defaults);
    return all;
}

/* A quantity may be a number in YAML. */
static const char *quantity(const cJSON *spec, const char *path, const char *otherwise,
                            char number[32])
{
    const cJSON *item = vonk_json_at(spec, path);
    if (cJSON_IsString(item) && item->valuestring[0])
        return item->valuestring;
    if (!cJSON_IsNumber(item))
        return otherwise;
    (void)snprintf(number, 32, "%.15g", item->valuedouble);
    return number;
}

/* ---- metadata ---- */

static void put_labels(cJSON *metadata, const vonk_op_attempt *attempt, bool is_pod)
{
    static const char role[] = "driver";
    const char *job = vonk_json_text(attempt->job, "metadata.name");
    char number[24];
    cJSON *labels = cJSON_GetObjectItemCaseSensitive(metadata, "labels");
    if (!labels)
        labels = vonk_json_put_object(metadata, "labels");
    (void)snprintf(number, sizeof number, "%lld", (long long)attempt->number);
    const char *const pairs[][2] = {
        {"app.kubernetes.io/name", "vonk"},
        {"app.kubernetes.io/instance", job},
        {"app.kubernetes.io/component", role},
        {"app.kubernetes.io/managed-by", "vonk-operator"},
        {"vonk.dev/job", job},
        {"vonk.dev/attempt", number},
        {"vonk.dev/role", role}, /* of pods only */
    };
    size_t n = VONK_LENGTH(pairs) - !is_pod;
    for (size_t i = 0; i < n; i++) {
        cJSON_DeleteItemFromObjectCaseSensitive(labels, pairs[i][0]);
        vonk_json_put_text(labels, pairs[i][0], pairs[i][1]);
    }
}

static void put_owner(cJSON *metadata, const cJSON *job)
{
    cJSON_DeleteItemFromObjectCaseSensitive(metadata, "ownerReferences");
    cJSON *owner =
        vonk_json_push(vonk_json_put_array(metadata, "ownerReferences"), cJSON_CreateObject());
    vonk_json_put_text(owner, "apiVersion", "vonk.dev/v1alpha1");
    vonk_json_put_text(owner, "kind", "VonkJob");
    vonk_json_put_text(owner, "name", vonk_json_text(job, "metadata.name"));
    vonk_json_put_text(owner, "uid", vonk_json_text(job, "metadata.uid"));
    vonk_json_put_bool(owner, "controller", true);
    vonk_json_put_bool(owner, "blockOwnerDeletion", true);
}

/* What makes the object the attempt's; a template cannot change it. */
static void put_identity(cJSON *metadata, const vonk_op_attempt *attempt, bool is_pod)
{
    char name[NAME_SIZE];
    const char *job = vonk_json_text(attempt->job, "metadata.name");
    if (is_pod)
        (void)snprintf(name, sizeof name, "%s-%lld-driver", job, (long long)attempt->number);
    else
        (void)snprintf(name, sizeof name, "vonkjob-%s-%lld", job, (long long)attempt->number);
    static const char *const own[] = {"name", "namespace", "generateName"};
    for (size_t i = 0; i < VONK_LENGTH(own); i++)
        cJSON_DeleteItemFromObjectCaseSensitive(metadata, own[i]);
    vonk_json_put_text(metadata, "name", name);
    vonk_json_put_text(metadata, "namespace", vonk_json_text(attempt->job, "metadata.namespace"));
    put_labels(metadata, attempt, is_pod);
    put_owner(metadata, attempt->job);
}

static cJSON *new_object(const char *kind, const vonk_op_attempt *attempt)
{
    cJSON *object = cJSON_CreateObject();
    vonk_json_put_text(object, "apiVersion", "v1");
    vonk_json_put_text(object, "kind", kind);
    put_identity(vonk_json_put_object(object, "metadata"), attempt, false);
    return object;
}

/* ---- Secret and ConfigMap ---- */

cJSON *vonk_op_make_secret(const vonk_op_attempt *attempt, const char *key)
{
    cJSON *object = new_object("Secret", attempt);
    vonk_json_put_bool(object, "immutable", true);
    vonk_json_put_text(object, "type", "Opaque");
    vonk_json_put_text(vonk_json_put_object(object, "stringData"), "secret", key);
    return object;
}

static void copy_map(const cJSON *from, cJSON *to, const char *key)
{
    const cJSON *map = cJSON_GetObjectItemCaseSensitive(from, key), *one;
    if (!cJSON_IsObject(map))
        return;
    cJSON *copy = vonk_json_put_object(to, key);
    cJSON_ArrayForEach(one, map)
    {
        if (strcmp(one->string, "kubectl.kubernetes.io/last-applied-configuration") != 0)
            vonk_json_put(copy, one->string, cJSON_Duplicate(one, true));
    }
}

cJSON *vonk_op_make_config(const vonk_op_attempt *attempt, const vonk_op_pod_settings *settings)
{
    const cJSON *from = vonk_json_at(attempt->job, "metadata");
    cJSON *job = cJSON_CreateObject();
    vonk_json_put_text(job, "apiVersion", "vonk.dev/v1alpha1");
    vonk_json_put_text(job, "kind", "VonkJob");
    cJSON *metadata = vonk_json_put_object(job, "metadata");
    vonk_json_put_text(metadata, "name", vonk_json_text(from, "name"));
    vonk_json_put_text(metadata, "namespace", vonk_json_text(from, "namespace"));
    copy_map(from, metadata, "labels");
    copy_map(from, metadata, "annotations");
    vonk_json_put(
        job, "spec",
        vonk_op_spec_with_defaults(vonk_json_at(attempt->job, "spec"), settings->job_defaults));
    char *text = cJSON_PrintUnformatted(job);
    cJSON_Delete(job);
    cJSON *object = new_object("ConfigMap", attempt);
    vonk_json_put_bool(object, "immutable", true);
    vonk_json_put_text(vonk_json_put_object(object, "data"), "job.json", text ? text : "");
    cJSON_free(text);
    return object;
}

/* ---- the driver pod ---- */

static void push_env(cJSON *env, const char *name, const char *value)
{
    cJSON *item = vonk_json_push(env, cJSON_CreateObject());
    vonk_json_put_text(item, "name", name);
    vonk_json_put_text(item, "value", value);
}

static void push_env_field(cJSON *env, const char *name, const char *field)
{
    cJSON *item = vonk_json_push(env, cJSON_CreateObject());
    vonk_json_put_text(item, "name", name);
    cJSON *from = vonk_json_put_object(vonk_json_put_object(item, "valueFrom"), "fieldRef");
    vonk_json_put_text(from, "fieldPath", field);
}

static void join(char *out, size_t size, const vonk_op_pod_settings *settings)
{
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < settings->n_pull_secrets && used < size; i++) {
        int n = snprintf(out + used, size - used, "%s%s", i ? "," : "", settings->pull_secrets[i]);
        used += n > 0 ? (size_t)n : 0;
    }
}

static void put_env(cJSON *container, const vonk_op_attempt *attempt,
                    const vonk_op_pod_settings *settings, const char *image)
{
    cJSON *env = vonk_json_put_array(container, "env");
    char number[24], secrets[4096];
    (void)snprintf(number, sizeof number, "%lld", (long long)attempt->number);
    join(secrets, sizeof secrets, settings);
    push_env_field(env, "VONK_POD_NAME", "metadata.name");
    push_env_field(env, "VONK_POD_NAMESPACE", "metadata.namespace");
    push_env_field(env, "VONK_POD_UID", "metadata.uid");
    push_env_field(env, "VONK_POD_IP", "status.podIP");
    push_env(env, "VONK_IMAGE", image);
    push_env(env, "VONK_IMAGE_PULL_POLICY", settings->pull_policy ? settings->pull_policy : "");
    push_env(env, "VONK_IMAGE_PULL_SECRETS", secrets);
    push_env(env, "VONK_JOB", vonk_json_text(attempt->job, "metadata.name"));
    push_env(env, "VONK_JOB_UID", vonk_json_text(attempt->job, "metadata.uid"));
    push_env(env, "VONK_ATTEMPT", number);
    push_env(env, "VONK_EXECUTOR_SERVICE_ACCOUNT", "vonkjob-executor");
    push_env(env, "TMPDIR", "/scratch");
}

static void push_mount(cJSON *mounts, const char *name, const char *path, bool read_only)
{
    cJSON *item = vonk_json_push(mounts, cJSON_CreateObject());
    vonk_json_put_text(item, "name", name);
    vonk_json_put_text(item, "mountPath", path);
    if (read_only)
        vonk_json_put_bool(item, "readOnly", true);
}

/* The ConfigMap's name in "configmap://NAME/KEY"; "" if `from` is none. */
static void config_map_of(const char *from, char ret[NAME_SIZE * 2])
{
    static const char scheme[] = "configmap://";
    ret[0] = '\0';
    if (strncmp(from, scheme, sizeof scheme - 1) != 0)
        return;
    from += sizeof scheme - 1;
    size_t length = strcspn(from, "/");
    if (length > 0 && length < (size_t)NAME_SIZE * 2) {
        memcpy(ret, from, length);
        ret[length] = '\0';
    }
}

static cJSON *push_volume(cJSON *volumes, const char *name, const char *kind)
{
    cJSON *item = vonk_json_push(volumes, cJSON_CreateObject());
    vonk_json_put_text(item, "name", name);
    return vonk_json_put_object(item, kind);
}

static void put_volumes(cJSON *pod_spec, cJSON *container, const vonk_op_attempt *attempt,
                        const cJSON *spec)
{
    char name[NAME_SIZE], from[NAME_SIZE * 2];
    (void)snprintf(name, sizeof name, "vonkjob-%s-%lld",
                   vonk_json_text(attempt->job, "metadata.name"), (long long)attempt->number);
    config_map_of(vonk_json_text(spec, "sql.from"), from);
    cJSON *volumes = vonk_json_put_array(pod_spec, "volumes");
    cJSON *mounts = vonk_json_put_array(container, "volumeMounts");
    vonk_json_put_text(push_volume(volumes, "job", "configMap"), "name", name);
    push_mount(mounts, "job", "/vonk/job", true);
    cJSON *secret = push_volume(volumes, "secret", "secret");
    vonk_json_put_text(secret, "secretName", name);
    vonk_json_put_int(secret, "defaultMode", 0400);
    push_mount(mounts, "secret", "/vonk/secret", true);
    const char *limit = vonk_json_text(spec, "executors.scratch");
    vonk_json_put_text(push_volume(volumes, "scratch", "emptyDir"), "sizeLimit",
                       limit[0] ? limit : "10Gi");
    push_mount(mounts, "scratch", "/scratch", false);
    if (from[0]) {
        vonk_json_put_text(push_volume(volumes, "from", "configMap"), "name", from);
        push_mount(mounts, "from", "/vonk/from", true);
    }
}

static void put_resources(cJSON *container, const cJSON *spec)
{
    char cpu[32], memory[32];
    const char *bytes = quantity(spec, "driver.memory", "1Gi", memory);
    cJSON *resources = vonk_json_put_object(container, "resources");
    cJSON *requests = vonk_json_put_object(resources, "requests");
    vonk_json_put_text(requests, "cpu", quantity(spec, "driver.cpu", "1", cpu));
    vonk_json_put_text(requests, "memory", bytes);
    vonk_json_put_text(vonk_json_put_object(resources, "limits"), "memory", bytes);
}

static void put_security(cJSON *pod_spec, cJSON *container)
{
    cJSON *pod = vonk_json_put_object(pod_spec, "securityContext");
    vonk_json_put_bool(pod, "runAsNonRoot", true);
    vonk_json_put_int(pod, "runAsUser", USER);
    vonk_json_put_int(pod, "runAsGroup", USER);
    vonk_json_put_int(pod, "fsGroup", USER);
    vonk_json_put_text(vonk_json_put_object(pod, "seccompProfile"), "type", "RuntimeDefault");
    cJSON *own = vonk_json_put_object(container, "securityContext");
    vonk_json_put_bool(own, "allowPrivilegeEscalation", false);
    vonk_json_put_bool(own, "readOnlyRootFilesystem", true);
    vonk_json_push(vonk_json_put_array(vonk_json_put_object(own, "capabilities"), "drop"),
                   cJSON_CreateString("ALL"));
}

static cJSON *new_container(const vonk_op_attempt *attempt, const vonk_op_pod_settings *settings,
                            const cJSON *spec)
{
    static const char *const command[] = {"/usr/bin/vonk", "driver",
                                          "--job",         "/vonk/job/job.json",
                                          "--secret-file", "/vonk/secret/secret"};
    const char *image = vonk_json_text(spec, "image");
    cJSON *container = cJSON_CreateObject();
    vonk_json_put_text(container, "name", "driver");
    vonk_json_put_text(container, "image", image[0] ? image : settings->image);
    if (settings->pull_policy)
        vonk_json_put_text(container, "imagePullPolicy", settings->pull_policy);
    cJSON *words = vonk_json_put_array(container, "command");
    for (size_t i = 0; i < VONK_LENGTH(command); i++)
        vonk_json_push(words, cJSON_CreateString(command[i]));
    put_env(container, attempt, settings, image[0] ? image : settings->image);
    vonk_json_put_text(container, "terminationMessagePath", "/dev/termination-log");
    vonk_json_put_text(container, "terminationMessagePolicy", "FallbackToLogsOnError");
    put_resources(container, spec);
    return container;
}

static void put_tolerations(cJSON *pod_spec)
{
    static const char *const keys[] = {"node.kubernetes.io/not-ready",
                                       "node.kubernetes.io/unreachable"};
    cJSON *list = vonk_json_put_array(pod_spec, "tolerations");
    for (size_t i = 0; i < VONK_LENGTH(keys); i++) {
        cJSON *item = vonk_json_push(list, cJSON_CreateObject());
        vonk_json_put_text(item, "key", keys[i]);
        vonk_json_put_text(item, "operator", "Exists");
        vonk_json_put_text(item, "effect", "NoExecute");
        vonk_json_put_int(item, "tolerationSeconds", 30);
    }
}

static void put_pod_spec(cJSON *pod, const vonk_op_attempt *attempt,
                         const vonk_op_pod_settings *settings, const cJSON *spec)
{
    const char *account = vonk_json_text(spec, "serviceAccountName");
    const char *priority = vonk_json_text(spec, "priorityClassName");
    cJSON *to = vonk_json_put_object(pod, "spec");
    cJSON *container = vonk_json_push(vonk_json_put_array(to, "containers"),
                                      new_container(attempt, settings, spec));
    vonk_json_put_text(to, "restartPolicy", "Never");
    vonk_json_put_text(to, "serviceAccountName", account[0] ? account : "vonkjob-driver");
    vonk_json_put_bool(to, "automountServiceAccountToken", true);
    vonk_json_put_bool(to, "enableServiceLinks", false);
    vonk_json_put_int(to, "terminationGracePeriodSeconds", 10);
    if (priority[0])
        vonk_json_put_text(to, "priorityClassName", priority);
    put_volumes(to, container, attempt, spec);
    put_security(to, container);
    put_tolerations(to);
    if (!settings->n_pull_secrets)
        return;
    cJSON *secrets = vonk_json_put_array(to, "imagePullSecrets");
    for (uint32_t i = 0; i < settings->n_pull_secrets; i++)
        vonk_json_put_text(vonk_json_push(secrets, cJSON_CreateObject()), "name",
                           settings->pull_secrets[i]);
}

/* The template may say anything else of the pod, but not whose it is. */
static void put_pod_identity(cJSON *pod, const vonk_op_attempt *attempt)
{
    cJSON *metadata = cJSON_GetObjectItemCaseSensitive(pod, "metadata");
    put_identity(metadata, attempt, true);
    cJSON *notes = cJSON_GetObjectItemCaseSensitive(metadata, "annotations");
    if (!notes)
        notes = vonk_json_put_object(metadata, "annotations");
    cJSON_DeleteItemFromObjectCaseSensitive(notes, "vonk.dev/spec-hash");
    vonk_json_put_text(notes, "vonk.dev/spec-hash", attempt->spec_hash);
}

vonk_status vonk_op_make_driver(const vonk_op_attempt *attempt,
                                const vonk_op_pod_settings *settings, cJSON **ret, vonk_error *err)
{
    cJSON *spec =
        vonk_op_spec_with_defaults(vonk_json_at(attempt->job, "spec"), settings->job_defaults);
    cJSON *base = cJSON_CreateObject(), *pod = NULL;
    vonk_json_put_object(base, "metadata");
    put_pod_spec(base, attempt, settings, spec);
    vonk_status status =
        vonk_kube_template_merge(base, vonk_json_at(spec, "driver.template"), &pod, err);
    if (status == VONK_OK) {
        put_pod_identity(pod, attempt);
        vonk_json_put_text(pod, "apiVersion", "v1");
        vonk_json_put_text(pod, "kind", "Pod");
        *ret = pod;
    } else {
        status = vonk_error_prefix(err, status, "spec.driver.template");
    }
    cJSON_Delete(base);
    cJSON_Delete(spec);
    return status;
}
