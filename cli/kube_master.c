/* kube_master.c - which cluster "k8s://..." means. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/cli.h"
#include "cli/kube_job.h"
#include "job/tree.h"

static const char scheme[] = "k8s://";

bool vonk_is_kube_master(const char *master)
{
    return master && !strncmp(master, scheme, sizeof scheme - 1);
}

/* The server without a '/' at its end, so that texts compare. */
static bool is_server(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    n -= n && a[n - 1] == '/';
    m -= m && b[m - 1] == '/';
    return n == m && !strncasecmp(a, b, n);
}

/* Names of the contexts of the kubeconfig. */
static vonk_status list_contexts(vonk_arena *arena, const vonk_yaml_node **ret, vonk_error *err)
{
    const char *path = getenv("KUBECONFIG"), *home = getenv("HOME");
    char *text = NULL;
    size_t size = 0;
    vonk_yaml_node *root = NULL;
    if (!path || !*path)
        path = home ? vonk_arena_printf(arena, err, "%s/.kube/config", home) : NULL;
    if (!path)
        return vonk_fail(err, VONK_NOT_FOUND, "no kubeconfig: neither KUBECONFIG nor HOME is set");
    VONK_TRY(vonk_cli_read_file(path, &text, &size, err));
    vonk_status status = vonk_yaml_parse((vonk_slice){text, size}, path, arena, &root, err);
    free(text);
    VONK_TRY(status);
    const vonk_yaml_node *list = vonk_yaml_find(root, "contexts");
    *ret = list ? list->first : NULL;
    return VONK_OK;
}

/* The context whose cluster has that server; the current one if it has. */
static vonk_status find_server(const char *server, vonk_arena *arena, vonk_kube_config *ret,
                               vonk_error *err)
{
    const vonk_yaml_node *item = NULL;
    vonk_error ignored;
    if (vonk_kube_config_find(arena, ret, &ignored) == VONK_OK && is_server(ret->server, server))
        return VONK_OK;
    VONK_TRY(list_contexts(arena, &item, err));
    for (; item; item = item->next) {
        const vonk_yaml_node *name = vonk_yaml_find(item, "name");
        if (name && name->kind == VONK_YAML_SCALAR &&
            vonk_kube_config_file(NULL, name->text, arena, ret, &ignored) == VONK_OK &&
            is_server(ret->server, server))
            return VONK_OK;
    }
    return vonk_fail(
        err, VONK_NOT_FOUND,
        "no context of the kubeconfig has the server %s; `kubectl config get-contexts` "
        "lists them",
        server);
}

vonk_status vonk_kube_master_config(const char *master, vonk_arena *arena, vonk_kube_config *ret,
                                    vonk_error *err)
{
    const char *rest = master + sizeof scheme - 1;
    if (!*rest)
        return vonk_kube_config_find(arena, ret, err);
    if (!strncmp(rest, "https://", 8) || !strncmp(rest, "http://", 7))
        return find_server(rest, arena, ret, err);
    return vonk_kube_config_file(NULL, rest, arena, ret, err);
}
