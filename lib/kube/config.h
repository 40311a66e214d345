/*
 * config.h - where the API server is and who we are: a pod's service account, or a kubeconfig.
 */
#ifndef VONK_KUBE_CONFIG_H
#define VONK_KUBE_CONFIG_H

#include "base/arena.h"
#include "base/buffer.h"

/* Texts live in the arena given to the loader. NULL or empty: not given. */
typedef struct vonk_kube_config {
    const char *server;         /* "https://10.96.0.1:443", no slash at the end */
    const char *namespace_name; /* default of requests; never NULL */
    const char *context;        /* name of the kubeconfig's context; NULL in a pod */
    const char *ca_file;
    vonk_slice ca_pem;
    const char *cert_file, *key_file;
    vonk_slice cert_pem, key_pem;
    const char *token;           /* fixed */
    const char *token_file;      /* read again every minute and after a 401 */
    const char *const *exec;     /* NULL-terminated argv of a credential plugin, or NULL */
    const char *const *exec_env; /* NULL-terminated NAME=VALUE */
    const char *exec_api_version;
    bool insecure;
} vonk_kube_config;

/* In a pod: KUBERNETES_SERVICE_HOST and /var/run/secrets/kubernetes.io/serviceaccount. */
bool vonk_kube_in_pod(void);
vonk_status vonk_kube_config_pod(vonk_arena *arena, vonk_kube_config *ret,
                                 vonk_error *err) VONK_MUST_CHECK;
/*
 * A kubeconfig: `path`, or NULL for $KUBECONFIG or ~/.kube/config; `context` NULL: its current one.
 * Relative file names start at the kubeconfig's directory.
 * Errors: VONK_NOT_FOUND: no such file or context (the message names those there are);
 * VONK_INVALID.
 */
vonk_status vonk_kube_config_file(const char *path, const char *context, vonk_arena *arena,
                                  vonk_kube_config *ret, vonk_error *err) VONK_MUST_CHECK;
/* In a pod the pod's, unless $KUBECONFIG is set; else the kubeconfig's current context. */
vonk_status vonk_kube_config_find(vonk_arena *arena, vonk_kube_config *ret,
                                  vonk_error *err) VONK_MUST_CHECK;

#endif
