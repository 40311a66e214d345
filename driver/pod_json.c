/* pod_json.c - the pod that we make. */
#include "driver/pod_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kube/template.h"

#define USER 65532 /* of the image */

void vonk_pod_name(const vonk_pod_spec *spec, uint32_t number, char ret[VONK_POD_NAME_BYTES])
{
    (void)snprintf(ret, VONK_POD_NAME_BYTES, "%s-%s-exec-%u", spec->job, spec->attempt, number);
}

uint32_t vonk_pod_number(const vonk_pod_spec *spec, const char *name)
{
    char again[VONK_POD_NAME_BYTES];
    const char *dash = strrchr(name, '-');
    unsigned long number = dash ? strtoul(dash + 1, NULL, 10) : UINT32_MAX;
    if (number >= UINT32_MAX)
        return UINT32_MAX;
    vonk_pod_name(spec, (uint32_t)number, again);
    return strcmp(again, name) ? UINT32_MAX : (uint32_t)number;
}

static cJSON *text(const char *value)
{
    return cJSON_CreateString(value);
}

/* Sets a field; keeps quiet about memory, which is_whole() finds missing. */
static void put(cJSON *to, const char *key, cJSON *value)
{
    if (to)
        cJSON_DeleteItemFromObjectCaseSensitive(to, key);
    if (!value || !to || !cJSON_AddItemToObject(to, key, value))
        cJSON_Delete(value);
}

static void push(cJSON *to, cJSON *value)
{
    if (!value || !to || !cJSON_AddItemToArray(to, value))
        cJSON_Delete(value);
}

static cJSON *object(cJSON *parent, const char *key)
{
    cJSON *there = cJSON_GetObjectItemCaseSensitive(parent, key);
    return there ? there : cJSON_AddObjectToObject(parent, key);
}

static cJSON *array(cJSON *parent, const char *key)
{
    cJSON *list = cJSON_CreateArray();
    put(parent, key, list);
    return cJSON_GetObjectItemCaseSensitive(parent, key);
}

static cJSON *element(cJSON *list)
{
    cJSON *item = cJSON_CreateObject();
    push(list, item);
    return item;
}

static void put_number(cJSON *to, const char *key, int64_t value, const char *unit)
{
    char number[40];
    (void)snprintf(number, sizeof number, "%lld%s", (long long)value, unit);
    put(to, key, text(number));
}

static void put_metadata(cJSON *pod, const vonk_pod_spec *spec, const char *name)
{
    cJSON *metadata = object(pod, "metadata"), *labels = object(metadata, "labels");
    put(metadata, "name", text(name));
    put(metadata, "namespace", text(spec->namespace_name));
    put(labels, "vonk.dev/job", text(spec->job));
    put(labels, "vonk.dev/attempt", text(spec->attempt));
    put(labels, "vonk.dev/role", text("executor"));
    put(labels, "app.kubernetes.io/name", text("vonk"));
    put(labels, "app.kubernetes.io/instance", text(spec->job));
    put(labels, "app.kubernetes.io/component", text("executor"));
    put(labels, "app.kubernetes.io/managed-by", text("vonk-driver"));
    cJSON *owner = element(array(metadata, "ownerReferences"));
    put(owner, "apiVersion", text("v1"));
    put(owner, "kind", text("Pod"));
    put(owner, "name", text(spec->driver_pod));
    put(owner, "uid", text(spec->driver_uid));
    put(owner, "controller", cJSON_CreateTrue());
    put(owner, "blockOwnerDeletion", cJSON_CreateTrue());
}

static void put_arguments(cJSON *container, const vonk_pod_spec *spec, uint32_t number)
{
    char id[16], slots[16], memory[32];
    (void)snprintf(id, sizeof id, "%u", number);
    (void)snprintf(slots, sizeof slots, "%u", spec->slots);
    (void)snprintf(memory, sizeof memory, "%llu", (unsigned long long)(spec->task_memory >> 20));
    const char *const words[] = {"/usr/bin/vonk-executor",
                                 "--driver",
                                 spec->driver_url,
                                 "--id",
                                 id,
                                 "--slots",
                                 slots,
                                 "--memory",
                                 memory,
                                 "--host",
                                 "$(VONK_POD_IP)",
                                 "--scratch",
                                 "/scratch/executor",
                                 "--secret-file",
                                 "/vonk/secret/secret"};
    cJSON *command = array(container, "command");
    for (size_t i = 0; i < VONK_LENGTH(words); i++)
        push(command, text(words[i]));
}

static void put_environment(cJSON *container)
{
    cJSON *list = array(container, "env"), *ip = element(list);
    put(ip, "name", text("VONK_POD_IP"));
    put(object(object(ip, "valueFrom"), "fieldRef"), "fieldPath", text("status.podIP"));
    cJSON *tmp = element(list);
    put(tmp, "name", text("TMPDIR"));
    put(tmp, "value", text("/scratch"));
}

static void put_mounts(cJSON *container)
{
    cJSON *list = array(container, "volumeMounts"), *secret = element(list);
    put(secret, "name", text("secret"));
    put(secret, "mountPath", text("/vonk/secret"));
    put(secret, "readOnly", cJSON_CreateTrue());
    cJSON *scratch = element(list);
    put(scratch, "name", text("scratch"));
    put(scratch, "mountPath", text("/scratch"));
}

static void put_container(cJSON *pod_spec, const vonk_pod_spec *spec, uint32_t number)
{
    cJSON *container = element(array(pod_spec, "containers"));
    put(container, "name", text("executor"));
    put(container, "image", text(spec->image));
    if (spec->pull_policy && *spec->pull_policy)
        put(container, "imagePullPolicy", text(spec->pull_policy));
    put_arguments(container, spec, number);
    put_environment(container);
    put_mounts(container);
    cJSON *resources = object(container, "resources");
    cJSON *requests = object(resources, "requests"), *limits = object(resources, "limits");
    put_number(requests, "cpu", spec->cpu_millis, "m");
    put_number(requests, "memory", spec->memory, "");
    put_number(limits, "memory", spec->memory, "");
    cJSON *security = object(container, "securityContext");
    put(security, "allowPrivilegeEscalation", cJSON_CreateFalse());
    put(security, "readOnlyRootFilesystem", cJSON_CreateTrue());
    cJSON *capabilities = object(security, "capabilities");
    push(array(capabilities, "drop"), text("ALL"));
}

static void put_volumes(cJSON *pod_spec, const vonk_pod_spec *spec)
{
    char name[VONK_POD_NAME_BYTES];
    (void)snprintf(name, sizeof name, "vonkjob-%s-%s", spec->job, spec->attempt);
    cJSON *list = array(pod_spec, "volumes"), *secret = element(list);
    put(secret, "name", text("secret"));
    cJSON *source = object(secret, "secret");
    put(source, "secretName", text(name));
    put(source, "defaultMode", cJSON_CreateNumber(0400));
    cJSON *scratch = element(list);
    put(scratch, "name", text("scratch"));
    put_number(object(scratch, "emptyDir"), "sizeLimit", spec->scratch, "");
}

static void put_security(cJSON *pod_spec)
{
    cJSON *security = object(pod_spec, "securityContext");
    put(security, "runAsNonRoot", cJSON_CreateTrue());
    put(security, "runAsUser", cJSON_CreateNumber(USER));
    put(security, "runAsGroup", cJSON_CreateNumber(USER));
    put(security, "fsGroup", cJSON_CreateNumber(USER));
    put(object(security, "seccompProfile"), "type", text("RuntimeDefault"));
}

/* A node that is lost is given up after 30 s instead of Kubernetes' 300 s. */
static void put_tolerations(cJSON *pod_spec)
{
    static const char *const keys[] = {"node.kubernetes.io/not-ready",
                                       "node.kubernetes.io/unreachable"};
    cJSON *list = array(pod_spec, "tolerations");
    for (size_t i = 0; i < VONK_LENGTH(keys); i++) {
        cJSON *item = element(list);
        put(item, "key", text(keys[i]));
        put(item, "operator", text("Exists"));
        put(item, "effect", text("NoExecute"));
        put(item, "tolerationSeconds", cJSON_CreateNumber(30));
    }
}

static void put_pull_secrets(cJSON *pod_spec, const char *names)
{
    cJSON *list = NULL;
    while (names && *names) {
        size_t n = strcspn(names, ",");
        char name[256];
        (void)snprintf(name, sizeof name, "%.*s", (int)(n < 255 ? n : 255), names);
        if (n && !list)
            list = array(pod_spec, "imagePullSecrets");
        if (n)
            put(element(list), "name", text(name));
        names += n + (names[n] == ',');
    }
}

static void put_spec(cJSON *pod, const vonk_pod_spec *spec, uint32_t number)
{
    cJSON *to = object(pod, "spec");
    put(to, "restartPolicy", text("Never"));
    put(to, "terminationGracePeriodSeconds", cJSON_CreateNumber(10));
    put(to, "enableServiceLinks", cJSON_CreateFalse());
    put(to, "automountServiceAccountToken", cJSON_CreateFalse());
    put(to, "serviceAccountName", text(spec->service_account));
    if (spec->priority_class && *spec->priority_class)
        put(to, "priorityClassName", text(spec->priority_class));
    put_security(to);
    put_tolerations(to);
    put_pull_secrets(to, spec->pull_secrets);
    put_container(to, spec, number);
    put_volumes(to, spec);
}

/* Whether no field got lost for want of memory: those that come last are there. */
static bool is_whole(const cJSON *pod)
{
    const cJSON *spec = cJSON_GetObjectItemCaseSensitive(pod, "spec");
    const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(pod, "metadata");
    const cJSON *containers = cJSON_GetObjectItemCaseSensitive(spec, "containers");
    return cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(metadata, "ownerReferences")) == 1 &&
           cJSON_GetArraySize(containers) > 0 &&
           cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(spec, "volumes")) > 0;
}

vonk_status vonk_pod_json(const vonk_pod_spec *spec, uint32_t number, cJSON **ret, vonk_error *err)
{
    char name[VONK_POD_NAME_BYTES];
    cJSON *pod = NULL, *base = cJSON_CreateObject();
    vonk_pod_name(spec, number, name);
    put_metadata(base, spec, name);
    put_spec(base, spec, number);
    vonk_status status = vonk_kube_template_merge(base, spec->template, &pod, err);
    cJSON_Delete(base);
    if (status != VONK_OK)
        return vonk_error_prefix(err, status, "spec.executors.template");
    put_metadata(pod, spec, name); /* not the template's to change */
    put(pod, "apiVersion", text("v1"));
    put(pod, "kind", text("Pod"));
    if (!is_whole(pod)) {
        cJSON_Delete(pod);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a pod");
    }
    *ret = pod;
    return VONK_OK;
}
