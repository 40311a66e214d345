/* access.h - which rights we lack, asked of the API server before they are needed. */
#ifndef VONK_KUBE_ACCESS_H
#define VONK_KUBE_ACCESS_H

#include "kube/client.h"

typedef struct vonk_kube_right {
    const char *verb, *group, *resource, *subresource; /* group "": core; subresource NULL: none */
    const char *namespace_name;                        /* NULL: all namespaces */
} vonk_kube_right;

/*
 * Asks for each right by a SelfSubjectAccessReview, all at once. `missing` gets a line for each
 * that we lack: "create pods in namespace x". Errors: what kept us from asking.
 */
vonk_status vonk_kube_check_access(vonk_kube *kube, const vonk_kube_right *rights, uint32_t n,
                                   vonk_buffer *missing, vonk_error *err) VONK_MUST_CHECK;

#endif
