/* check.h - what has to be there before the operator can do anything. */
#ifndef VONK_OPERATOR_CHECK_H
#define VONK_OPERATOR_CHECK_H

#include "kube/client.h"

#define VONK_OP_SCHEMA 1 /* "VonkJob schema 1" in the CRD's description: what we need, at least */

typedef struct vonk_op_check {
    uint32_t n_namespaces; /* 0: all */
    const char *const *namespaces;
    const char *lease_namespace; /* NULL: no lease */
} vonk_op_check;

/*
 * API server, CRD and rights. `missing` gets a line for each thing that is not as it must be; none:
 * all is well. Errors: the API server does not answer.
 */
vonk_status vonk_op_check_cluster(vonk_kube *kube, const vonk_op_check *check, vonk_buffer *missing,
                                  vonk_error *err) VONK_MUST_CHECK;

/* `schema`: the root of the VonkJob's schema in the API server's OpenAPI, or NULL. */
int vonk_op_schema_version(const cJSON *schema);

#endif
