/* template.h - a pod template laid over a pod, by Kubernetes' strategic merge. */
#ifndef VONK_KUBE_TEMPLATE_H
#define VONK_KUBE_TEMPLATE_H

#include <cjson/cJSON.h>

#include "base/status.h"

/*
 * *ret = `base` ({metadata, spec}) with `over` (a PodTemplateSpec, or NULL) laid over it; to be
 * freed by cJSON_Delete. Maps merge key by key, null takes a key out; lists with a merge key
 * (containers by name, volumeMounts by mountPath, ...) merge item by item, a new item comes last;
 * other lists and values are replaced. `$patch: replace` and `$patch: delete` are understood.
 * Source: Kubernetes' strategic merge patch; merge keys as in the core/v1 API's patchMergeKey.
 * Errors: VONK_INVALID: an item without its merge key, or a value of another kind than the base's.
 */
vonk_status vonk_kube_template_merge(const cJSON *base, const cJSON *over, cJSON **ret,
                                     vonk_error *err) VONK_MUST_CHECK;

#endif
