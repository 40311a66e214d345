/* check.c - see check.h. */
#include "operator/check.h"

#include <stdio.h>
#include <string.h>

#include "kube/access.h"
#include "kube/json.h"

typedef struct need {
    const char *group, *resource, *subresource;
    const char *verbs[6];
} need;

static const need needs[] = {
    {"vonk.dev", "vonkjobs", NULL, {"get", "list", "watch", "delete"}},
    {"vonk.dev", "vonkjobs", "status", {"get", "patch"}},
    {"", "pods", NULL, {"get", "list", "watch", "create", "delete"}},
    {"", "secrets", NULL, {"get", "create"}},
    {"", "configmaps", NULL, {"get", "create"}},
    {"events.k8s.io", "events", NULL, {"create", "patch"}},
};
static const need lease_needs[] = {
    {"coordination.k8s.io", "leases", NULL, {"get", "create", "update"}},
};

#define MAX_RIGHTS 32

static uint32_t rights_of(const need *list, size_t n, const char *namespace_name,
                          vonk_kube_right ret[MAX_RIGHTS])
{
    uint32_t count = 0;
    for (size_t i = 0; i < n; i++)
        for (int v = 0; list[i].verbs[v]; v++)
            ret[count++] = (vonk_kube_right){.verb = list[i].verbs[v],
                                             .group = list[i].group,
                                             .resource = list[i].resource,
                                             .subresource = list[i].subresource,
                                             .namespace_name = namespace_name};
    return count;
}

static vonk_status check_rights(vonk_kube *kube, const vonk_op_check *check, vonk_buffer *missing,
                                vonk_error *err)
{
    vonk_kube_right rights[MAX_RIGHTS];
    uint32_t n = check->n_namespaces ? check->n_namespaces : 1;
    for (uint32_t i = 0; i < n; i++) {
        const char *in = check->n_namespaces ? check->namespaces[i] : NULL;
        uint32_t count = rights_of(needs, VONK_LENGTH(needs), in, rights);
        VONK_TRY(vonk_kube_check_access(kube, rights, count, missing, err));
    }
    if (!check->lease_namespace)
        return VONK_OK;
    uint32_t count =
        rights_of(lease_needs, VONK_LENGTH(lease_needs), check->lease_namespace, rights);
    return vonk_kube_check_access(kube, rights, count, missing, err);
}

int vonk_op_schema_version(const cJSON *schema)
{
    int version = 0;
    const char *text = vonk_json_text(schema, "description");
    static const char mark[] = "VonkJob schema ";
    if (strncmp(text, mark, sizeof mark - 1) != 0)
        return 0;
    for (text += sizeof mark - 1; *text >= '0' && *text <= '9' && version < 100000; text++)
        version = version * 10 + (*text - '0');
    return version;
}

static vonk_status check_crd(vonk_kube *kube, vonk_buffer *missing, vonk_error *err)
{
    vonk_kube_request request = {.method = "GET", .path = "/openapi/v3/apis/vonk.dev/v1alpha1"};
    cJSON *document = NULL;
    int status = 0;
    vonk_status result = vonk_kube_do(kube, &request, &document, &status, err);
    if (result == VONK_NOT_FOUND) {
        vonk_buffer_text(missing, "the CRD vonkjobs.vonk.dev is not installed; kubectl apply -f "
                                  "manifests/10-crd.yaml, or helm's crds.install\n");
        return VONK_OK;
    }
    VONK_TRY(result);
    const cJSON *schemas = vonk_json_at(document, "components.schemas");
    const cJSON *schema = cJSON_GetObjectItemCaseSensitive(schemas, "dev.vonk.v1alpha1.VonkJob");
    int version = vonk_op_schema_version(schema);
    if (version < VONK_OP_SCHEMA)
        vonk_buffer_printf(missing,
                           "the CRD vonkjobs.vonk.dev has schema %d, older than this operator's "
                           "%d; kubectl apply -f manifests/10-crd.yaml, or helm upgrade\n",
                           version, VONK_OP_SCHEMA);
    cJSON_Delete(document);
    return VONK_OK;
}

vonk_status vonk_op_check_cluster(vonk_kube *kube, const vonk_op_check *check, vonk_buffer *missing,
                                  vonk_error *err)
{
    VONK_TRY(check_crd(kube, missing, err));
    return check_rights(kube, check, missing, err);
}
