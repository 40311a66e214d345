/* config.c - a pod's service account, or a kubeconfig. */
#include "kube/config.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job/tree.h"
#include "kube/file.h"

#define ACCOUNT         "/var/run/secrets/kubernetes.io/serviceaccount"
#define MAX_CONFIG_SIZE ((size_t)4 << 20)

/* ---- in a pod ---- */

bool vonk_kube_in_pod(void)
{
    return getenv("KUBERNETES_SERVICE_HOST") && !access(ACCOUNT "/token", R_OK);
}

vonk_status vonk_kube_config_pod(vonk_arena *arena, vonk_kube_config *ret, vonk_error *err)
{
    const char *host = getenv("KUBERNETES_SERVICE_HOST");
    const char *port = getenv("KUBERNETES_SERVICE_PORT");
    if (!host || !vonk_kube_in_pod())
        return vonk_fail(err, VONK_NOT_FOUND,
                         "not in a pod: no KUBERNETES_SERVICE_HOST or no " ACCOUNT "/token");
    bool v6 = strchr(host, ':') != NULL;
    vonk_kube_config config = {.ca_file = ACCOUNT "/ca.crt", .token_file = ACCOUNT "/token"};
    config.server = vonk_arena_printf(arena, err, v6 ? "https://[%s]:%s" : "https://%s:%s", host,
                                      port && *port ? port : "443");
    VONK_TRY_ALLOC(config.server);
    vonk_buffer namespace_name = {0};
    vonk_status status = vonk_kube_read_file(ACCOUNT "/namespace", 256, &namespace_name, err);
    if (status == VONK_OK) {
        config.namespace_name = vonk_arena_strndup(
            arena, namespace_name.data, strcspn(vonk_buffer_str(&namespace_name), "\n"), err);
        status = config.namespace_name ? VONK_OK : VONK_NO_MEMORY;
    }
    vonk_buffer_free(&namespace_name);
    VONK_TRY(status);
    *ret = config;
    return VONK_OK;
}

/* ---- a kubeconfig ---- */

typedef struct reading {
    const char *path;
    vonk_arena *arena;
    const vonk_yaml_node *root;
    vonk_error *err;
} reading;

static const char *text_of(const vonk_yaml_node *map, const char *key)
{
    const vonk_yaml_node *node = map ? vonk_yaml_find(map, key) : NULL;
    return node && node->kind == VONK_YAML_SCALAR && *node->text ? node->text : NULL;
}

/* The entry called `name` of a list of {name, KIND}, as its KIND; NULL: none. */
static const vonk_yaml_node *find_named(const reading *r, const char *list, const char *kind,
                                        const char *name)
{
    const vonk_yaml_node *items = vonk_yaml_find(r->root, list);
    for (const vonk_yaml_node *item = items ? items->first : NULL; item; item = item->next) {
        const char *its = item->kind == VONK_YAML_MAP ? text_of(item, "name") : NULL;
        const vonk_yaml_node *value = its ? vonk_yaml_find(item, kind) : NULL;
        if (its && !strcmp(its, name) && value && value->kind == VONK_YAML_MAP)
            return value;
    }
    return NULL;
}

static vonk_status no_such(const reading *r, const char *list, const char *what, const char *name)
{
    vonk_buffer names = {0};
    const vonk_yaml_node *items = vonk_yaml_find(r->root, list);
    for (const vonk_yaml_node *item = items ? items->first : NULL; item; item = item->next) {
        const char *its = item->kind == VONK_YAML_MAP ? text_of(item, "name") : NULL;
        if (its)
            vonk_buffer_printf(&names, "%s%s", names.length ? ", " : "", its);
    }
    vonk_status status = vonk_fail(r->err, VONK_NOT_FOUND, "%s: no %s '%s'; there are: %s", r->path,
                                   what, name, names.length ? vonk_buffer_str(&names) : "none");
    vonk_buffer_free(&names);
    return status;
}

/* A file name in a kubeconfig starts at the kubeconfig's directory. */
static vonk_status file_of(const reading *r, const vonk_yaml_node *map, const char *key,
                           const char **ret)
{
    const char *name = text_of(map, key), *slash = strrchr(r->path, '/');
    *ret = name;
    if (!name || *name == '/' || !slash)
        return VONK_OK;
    *ret = vonk_arena_printf(r->arena, r->err, "%.*s/%s", (int)(slash - r->path), r->path, name);
    VONK_TRY_ALLOC(*ret);
    return VONK_OK;
}

/* Base64 of a PEM. */
static vonk_status data_of(const reading *r, const vonk_yaml_node *map, const char *key,
                           vonk_slice *ret)
{
    const char *text = text_of(map, key);
    if (!text)
        return VONK_OK;
    size_t length = strlen(text), padding = 0;
    unsigned char *bytes = vonk_arena_small(r->arena, length / 4 * 3 + 4, r->err);
    VONK_TRY_ALLOC(bytes);
    while (padding < length && padding < 2 && text[length - 1 - padding] == '=')
        padding++;
    int n = EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)length);
    if (n < (int)padding)
        return vonk_fail(r->err, VONK_INVALID, "%s: %s is not base64", r->path, key);
    *ret = (vonk_slice){(const char *)bytes, (size_t)n - padding};
    return VONK_OK;
}

static vonk_status list_of(const reading *r, const vonk_yaml_node *exec, const char ***ret)
{
    const vonk_yaml_node *args = vonk_yaml_find(exec, "args");
    uint32_t n = args && args->kind == VONK_YAML_LIST ? args->n_children : 0, i = 1;
    const char **argv = VONK_NEW_ARRAY(r->arena, const char *, n + 2, r->err);
    VONK_TRY_ALLOC(argv);
    argv[0] = text_of(exec, "command");
    for (const vonk_yaml_node *arg = n ? args->first : NULL; arg; arg = arg->next)
        argv[i++] = arg->kind == VONK_YAML_SCALAR ? arg->text : "";
    *ret = argv;
    return VONK_OK;
}

/* users[].user.exec: a program that prints a token. */
static vonk_status read_exec(const reading *r, const vonk_yaml_node *user, vonk_kube_config *config)
{
    const vonk_yaml_node *exec = user ? vonk_yaml_find(user, "exec") : NULL;
    if (!exec || exec->kind != VONK_YAML_MAP || !text_of(exec, "command"))
        return VONK_OK;
    const char **argv;
    VONK_TRY(list_of(r, exec, &argv));
    const vonk_yaml_node *env = vonk_yaml_find(exec, "env");
    uint32_t n = env && env->kind == VONK_YAML_LIST ? env->n_children : 0, i = 0;
    const char **texts = VONK_NEW_ARRAY(r->arena, const char *, n + 1, r->err);
    VONK_TRY_ALLOC(texts);
    for (const vonk_yaml_node *item = n ? env->first : NULL; item; item = item->next) {
        const char *name = item->kind == VONK_YAML_MAP ? text_of(item, "name") : NULL;
        const char *value = name ? text_of(item, "value") : NULL;
        if (!name)
            continue;
        texts[i] = vonk_arena_printf(r->arena, r->err, "%s=%s", name, value ? value : "");
        VONK_TRY_ALLOC(texts[i]);
        i++;
    }
    config->exec = argv;
    config->exec_env = texts;
    config->exec_api_version = text_of(exec, "apiVersion");
    return VONK_OK;
}

static vonk_status read_user(const reading *r, const vonk_yaml_node *user, vonk_kube_config *config)
{
    VONK_TRY(file_of(r, user, "client-certificate", &config->cert_file));
    VONK_TRY(file_of(r, user, "client-key", &config->key_file));
    VONK_TRY(file_of(r, user, "tokenFile", &config->token_file));
    VONK_TRY(data_of(r, user, "client-certificate-data", &config->cert_pem));
    VONK_TRY(data_of(r, user, "client-key-data", &config->key_pem));
    config->token = text_of(user, "token");
    return read_exec(r, user, config);
}

static vonk_status read_cluster(const reading *r, const vonk_yaml_node *cluster,
                                vonk_kube_config *config)
{
    const char *server = text_of(cluster, "server");
    const char *insecure = text_of(cluster, "insecure-skip-tls-verify");
    if (!server)
        return vonk_fail(r->err, VONK_INVALID, "%s: a cluster without a server", r->path);
    size_t length = strlen(server);
    while (length && server[length - 1] == '/')
        length--;
    config->server = vonk_arena_strndup(r->arena, server, length, r->err);
    VONK_TRY_ALLOC(config->server);
    config->insecure = insecure && !strcmp(insecure, "true");
    VONK_TRY(file_of(r, cluster, "certificate-authority", &config->ca_file));
    return data_of(r, cluster, "certificate-authority-data", &config->ca_pem);
}

static vonk_status read_context(const reading *r, const char *name, vonk_kube_config *config)
{
    name = name ? name : text_of(r->root, "current-context");
    if (!name)
        return vonk_fail(r->err, VONK_NOT_FOUND, "%s has no current-context", r->path);
    const vonk_yaml_node *context = find_named(r, "contexts", "context", name);
    if (!context)
        return no_such(r, "contexts", "context", name);
    const char *cluster_name = text_of(context, "cluster"), *user_name = text_of(context, "user");
    const vonk_yaml_node *cluster =
        cluster_name ? find_named(r, "clusters", "cluster", cluster_name) : NULL;
    if (!cluster)
        return no_such(r, "clusters", "cluster", cluster_name ? cluster_name : "");
    const char *space = text_of(context, "namespace");
    config->context = name;
    config->namespace_name = space ? space : "default";
    VONK_TRY(read_cluster(r, cluster, config));
    return read_user(r, user_name ? find_named(r, "users", "user", user_name) : NULL, config);
}

/* $KUBECONFIG (the first of its list that is there) or ~/.kube/config. */
static vonk_status default_path(vonk_arena *arena, const char **ret, vonk_error *err)
{
    const char *list = getenv("KUBECONFIG"), *home = getenv("HOME");
    bool given = list && *list;
    while (list && *list) {
        size_t n = strcspn(list, ":");
        const char *path = vonk_arena_strndup(arena, list, n, err);
        VONK_TRY_ALLOC(path);
        *ret = path;
        if (n && !access(path, R_OK))
            return VONK_OK;
        list += n + (list[n] == ':');
    }
    if (given)
        return VONK_OK; /* reading it will say what is wrong */
    *ret = vonk_arena_printf(arena, err, "%s/.kube/config", home ? home : "");
    VONK_TRY_ALLOC(*ret);
    return VONK_OK;
}

vonk_status vonk_kube_config_file(const char *path, const char *context, vonk_arena *arena,
                                  vonk_kube_config *ret, vonk_error *err)
{
    vonk_buffer text = {0};
    vonk_yaml_node *root = NULL;
    vonk_kube_config config = {0};
    if (!path)
        VONK_TRY(default_path(arena, &path, err));
    vonk_status status = vonk_kube_read_file(path, MAX_CONFIG_SIZE, &text, err);
    if (status == VONK_OK)
        status = vonk_yaml_parse((vonk_slice){vonk_buffer_str(&text), text.length}, path, arena,
                                 &root, err);
    vonk_buffer_free(&text);
    VONK_TRY(status);
    if (!root || root->kind != VONK_YAML_MAP)
        return vonk_fail(err, VONK_INVALID, "%s is not a kubeconfig", path);
    reading r = {path, arena, root, err};
    VONK_TRY(read_context(&r, context, &config));
    *ret = config;
    return VONK_OK;
}

vonk_status vonk_kube_config_find(vonk_arena *arena, vonk_kube_config *ret, vonk_error *err)
{
    const char *path = getenv("KUBECONFIG");
    if (vonk_kube_in_pod() && !(path && *path))
        return vonk_kube_config_pod(arena, ret, err);
    return vonk_kube_config_file(NULL, NULL, arena, ret, err);
}
