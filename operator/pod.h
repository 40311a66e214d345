/*
 * pod.h - the objects of an attempt as JSON: its Secret, its ConfigMap, its driver pod.
 *
 * All are named by job and attempt and owned by the VonkJob alone, so that making one twice is one,
 * and deleting the job deletes them. Pods meet the "restricted" Pod Security Standard.
 * The caller frees what `ret` gets (cJSON_Delete).
 */
#ifndef VONK_OPERATOR_POD_H
#define VONK_OPERATOR_POD_H

#include <cjson/cJSON.h>

#include "base/status.h"

#define VONK_OP_KEY_SIZE 65 /* 32 bytes in hexadecimal digits, and NUL */

typedef struct vonk_op_pod_settings {
    const char *image, *pull_policy; /* pull_policy NULL: Kubernetes' own default */
    uint32_t n_pull_secrets;
    const char *const *pull_secrets;
    const cJSON *job_defaults; /* a part of a spec, laid under each; NULL: none */
} vonk_op_pod_settings;

typedef struct vonk_op_attempt {
    const cJSON *job; /* the VonkJob as the API server has it */
    int64_t number;
    const char *spec_hash;
} vonk_op_attempt;

/* `key`: the job's key, 64 hexadecimal digits; it is in the object in clear. */
cJSON *vonk_op_make_secret(const vonk_op_attempt *attempt, const char *key);
cJSON *vonk_op_make_config(const vonk_op_attempt *attempt, const vonk_op_pod_settings *settings);
/* Errors: VONK_INVALID: spec.driver.template does not fit. */
vonk_status vonk_op_make_driver(const vonk_op_attempt *attempt,
                                const vonk_op_pod_settings *settings, cJSON **ret,
                                vonk_error *err) VONK_MUST_CHECK;

/* `spec` with what `defaults` has and it has not. */
cJSON *vonk_op_spec_with_defaults(const cJSON *spec, const cJSON *defaults);

#endif
