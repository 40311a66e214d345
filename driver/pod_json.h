/*
 * pod_json.h - an executor's pod as JSON, and what a pod's status says: pure functions.
 *
 * Source of the fields: Pod Security Standards, "restricted"; Kubernetes API v1.
 */
#ifndef VONK_DRIVER_POD_JSON_H
#define VONK_DRIVER_POD_JSON_H

#include <cjson/cJSON.h>

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* What all executor pods of an attempt have in common. Texts are borrowed; NULL: not given. */
typedef struct vonk_pod_spec {
    const char *namespace_name, *job, *attempt;
    const char *driver_pod, *driver_uid; /* the one owner */
    const char *image, *pull_policy;
    const char *pull_secrets;    /* names, separated by commas */
    const char *service_account; /* has no rights */
    const char *priority_class;
    int64_t cpu_millis, memory, scratch; /* bytes; of the pod */
    const cJSON *template;               /* a PodTemplateSpec that is merged over ours, or NULL */
    /* the program's arguments */
    const char *driver_url;
    uint32_t slots;
    uint64_t task_memory; /* bytes */
} vonk_pod_spec;

/* "JOB-A-exec-N" */
#define VONK_POD_NAME_BYTES 128
void vonk_pod_name(const vonk_pod_spec *spec, uint32_t number, char ret[VONK_POD_NAME_BYTES]);
/* N of "JOB-A-exec-N", or UINT32_MAX. */
uint32_t vonk_pod_number(const vonk_pod_spec *spec, const char *name);

/*
 * The pod of executor `number`, to be freed by cJSON_Delete.
 * Errors: VONK_INVALID: the template cannot be merged; VONK_NO_MEMORY.
 */
vonk_status vonk_pod_json(const vonk_pod_spec *spec, uint32_t number, cJSON **ret,
                          vonk_error *err) VONK_MUST_CHECK;

/*
 * Whether the pod has ended, is being deleted or can never start; then `ret` says why:
 * "OOMKilled: it needed more than its limit of 2147483648 bytes", "Evicted: ...".
 */
bool vonk_pod_is_over(const cJSON *pod, char *ret, size_t size);
/* What a pod that has not started waits for: the words of scheduler and kubelet, or "". */
void vonk_pod_trouble(const cJSON *pod, char *ret, size_t size);

#endif
