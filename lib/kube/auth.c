/* auth.c - tokens and certificates, and noticing that they changed. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kube/file.h"
#include "kube/internal.h"
#include "kube/json.h"
#include "kube/time.h"

#define TOKEN_AGE_MS   60000
#define MAX_TOKEN      ((size_t)64 << 10)
#define MAX_PEM        ((size_t)4 << 20)
#define PLUGIN_EARLY_S 10 /* before its token expires */

extern char **environ;

int64_t vonk_kube_now_ms(void)
{
    struct timespec ts = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static vonk_status copy_text(vonk_arena *arena, const char **text, vonk_error *err)
{
    if (!*text)
        return VONK_OK;
    *text = vonk_arena_strndup(arena, *text, strlen(*text), err);
    return *text ? VONK_OK : VONK_NO_MEMORY;
}

static vonk_status copy_bytes(vonk_arena *arena, vonk_slice *bytes, vonk_error *err)
{
    if (!bytes->length)
        return VONK_OK;
    bytes->data = vonk_arena_strndup(arena, bytes->data, bytes->length, err);
    return bytes->data ? VONK_OK : VONK_NO_MEMORY;
}

static vonk_status copy_list(vonk_arena *arena, const char *const **list, vonk_error *err)
{
    uint32_t n = 0;
    while (*list && (*list)[n])
        n++;
    const char **copy = VONK_NEW_ARRAY(arena, const char *, n + 1, err);
    VONK_TRY_ALLOC(copy);
    for (uint32_t i = 0; i < n; i++) {
        copy[i] = (*list)[i];
        VONK_TRY(copy_text(arena, &copy[i], err));
    }
    *list = *list ? copy : NULL;
    return VONK_OK;
}

vonk_status vonk_kube_auth_new(vonk_kube_auth *auth, const vonk_kube_config *config,
                               vonk_error *err)
{
    *auth = (vonk_kube_auth){.config = *config, .expires_ms = INT64_MAX};
    vonk_kube_config *c = &auth->config;
    const char **texts[] = {&c->server,  &c->namespace_name, &c->context,
                            &c->ca_file, &c->cert_file,      &c->key_file,
                            &c->token,   &c->token_file,     &c->exec_api_version};
    vonk_slice *pems[] = {&c->ca_pem, &c->cert_pem, &c->key_pem};
    for (size_t i = 0; i < VONK_LENGTH(texts); i++)
        VONK_TRY(copy_text(&auth->arena, texts[i], err));
    for (size_t i = 0; i < VONK_LENGTH(pems); i++)
        VONK_TRY(copy_bytes(&auth->arena, pems[i], err));
    VONK_TRY(copy_list(&auth->arena, &c->exec, err));
    return copy_list(&auth->arena, &c->exec_env, err);
}

void vonk_kube_auth_free(vonk_kube_auth *auth)
{
    vonk_buffer_free(&auth->header);
    vonk_arena_free(&auth->arena);
}

/* ---- tokens ---- */

static vonk_status set_token(vonk_kube_auth *auth, const char *token, vonk_error *err)
{
    size_t length = strcspn(token, "\r\n");
    auth->header.length = 0;
    if (!length)
        return vonk_fail(err, VONK_DENIED, "the token for %s is empty", auth->config.server);
    vonk_buffer_text(&auth->header, "Authorization: Bearer ");
    vonk_buffer_append(&auth->header, token, length);
    (void)vonk_buffer_str(&auth->header);
    return vonk_buffer_check(&auth->header, err);
}

/* The environment with the plugin's own variables, and `info`, before ours. */
static char **plugin_environment(const vonk_kube_config *config, char *info)
{
    size_t n = 0, m = 0;
    while (environ[n])
        n++;
    while (config->exec_env && config->exec_env[m])
        m++;
    char **all = calloc(n + m + 2, sizeof(*all));
    if (!all)
        return NULL;
    for (size_t i = 0; i < m; i++)
        all[i] = (char *)(uintptr_t)config->exec_env[i];
    all[m] = info;
    memcpy(all + m + 1, environ, n * sizeof(*all));
    return all;
}

/* What a plugin is told. Source: client-go credential plugins, KUBERNETES_EXEC_INFO. */
static void print_info(const vonk_kube_config *config, vonk_buffer *out)
{
    const char *version = config->exec_api_version;
    cJSON *info = cJSON_CreateObject();
    vonk_json_put_text(info, "apiVersion", version ? version : "client.authentication.k8s.io/v1");
    vonk_json_put_text(info, "kind", "ExecCredential");
    vonk_json_put_bool(vonk_json_put_object(info, "spec"), "interactive", false);
    char *text = cJSON_PrintUnformatted(info);
    vonk_buffer_printf(out, "KUBERNETES_EXEC_INFO=%s", text ? text : "{}");
    cJSON_free(text);
    cJSON_Delete(info);
}

/* Runs the plugin and takes what it prints. posix_spawn: the process may have threads. */
static vonk_status run_plugin(const vonk_kube_config *config, vonk_buffer *ret, vonk_error *err)
{
    int ends[2];
    pid_t pid;
    posix_spawn_file_actions_t files;
    vonk_buffer info = {0};
    print_info(config, &info);
    char **environment = plugin_environment(config, (char *)(uintptr_t)vonk_buffer_str(&info));
    if (!environment || pipe2(ends, O_CLOEXEC)) {
        vonk_buffer_free(&info);
        free(environment);
        return vonk_fail(err, VONK_IO, "cannot run %s: %s", config->exec[0], strerror(errno));
    }
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
    int rv = posix_spawnp(&pid, config->exec[0], &files, NULL,
                          (char *const *)(uintptr_t)config->exec, environment);
    posix_spawn_file_actions_destroy(&files);
    vonk_buffer_free(&info);
    free(environment);
    close(ends[1]);
    ssize_t n = 1;
    while (!rv && n > 0 && ret->length < MAX_TOKEN) {
        char *room = vonk_buffer_reserve(ret, 4096);
        n = room ? read(ends[0], room, 4096) : 0;
        ret->length += n > 0 ? (size_t)n : 0;
    }
    close(ends[0]);
    int status = 0;
    if (!rv)
        (void)waitpid(pid, &status, 0);
    if (rv || !WIFEXITED(status) || WEXITSTATUS(status))
        return vonk_fail(err, VONK_DENIED, "the credential plugin %s failed%s%s", config->exec[0],
                         rv ? ": " : "", rv ? strerror(rv) : "");
    return vonk_buffer_check(ret, err);
}

/* Source: client.authentication.k8s.io/v1, ExecCredential. */
static vonk_status take_plugin_token(vonk_kube_auth *auth, vonk_slice printed, vonk_error *err)
{
    cJSON *credential = cJSON_ParseWithLength(printed.data, printed.length);
    const char *token = vonk_json_text(credential, "status.token");
    const char *until = vonk_json_text(credential, "status.expirationTimestamp");
    int64_t seconds;
    vonk_status status = set_token(auth, token, err);
    auth->expires_ms = INT64_MAX;
    if (*until && vonk_kube_time_parse(until, &seconds))
        auth->expires_ms =
            vonk_kube_now_ms() + (seconds - (int64_t)time(NULL) - PLUGIN_EARLY_S) * 1000;
    cJSON_Delete(credential);
    return status;
}

static vonk_status ask_plugin(vonk_kube_auth *auth, vonk_error *err)
{
    vonk_buffer printed = {0};
    vonk_status status = run_plugin(&auth->config, &printed, err);
    if (status == VONK_OK)
        status =
            take_plugin_token(auth, (vonk_slice){vonk_buffer_str(&printed), printed.length}, err);
    vonk_buffer_free(&printed);
    return status;
}

static vonk_status read_token(vonk_kube_auth *auth, vonk_error *err)
{
    vonk_buffer token = {0};
    vonk_status status = vonk_kube_read_file(auth->config.token_file, MAX_TOKEN, &token, err);
    if (status == VONK_OK)
        status = set_token(auth, vonk_buffer_str(&token), err);
    vonk_buffer_free(&token);
    return status;
}

vonk_status vonk_kube_auth_refresh(vonk_kube_auth *auth, bool again, vonk_error *err)
{
    const vonk_kube_config *config = &auth->config;
    int64_t now = vonk_kube_now_ms();
    bool first = !auth->read_ms;
    bool old = config->token_file ? now - auth->read_ms >= TOKEN_AGE_MS : now >= auth->expires_ms;
    if (!first && !old && !again)
        return VONK_OK;
    auth->read_ms = now ? now : 1;
    if (config->token_file)
        return read_token(auth, err);
    if (config->exec)
        return ask_plugin(auth, err);
    return config->token && first ? set_token(auth, config->token, err) : VONK_OK;
}

/* ---- certificates ---- */

static uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) /* FNV-1a */
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t hash_file(uint64_t hash, const char *path)
{
    vonk_buffer bytes = {0};
    if (path && vonk_kube_read_file(path, MAX_PEM, &bytes, NULL) == VONK_OK)
        hash = hash_bytes(hash, bytes.data, bytes.length);
    vonk_buffer_free(&bytes);
    return hash;
}

static uint64_t hash_files(const vonk_kube_config *config)
{
    uint64_t hash = hash_file(UINT64_C(0xcbf29ce484222325), config->ca_file);
    return hash_file(hash_file(hash, config->cert_file), config->key_file);
}

bool vonk_kube_auth_changed(const vonk_kube_auth *auth)
{
    return hash_files(&auth->config) != auth->files_hash;
}

vonk_status vonk_kube_auth_connect(vonk_kube_auth *auth, const char *user_agent, vonk_http **ret,
                                   vonk_error *err)
{
    const vonk_kube_config *c = &auth->config;
    vonk_http_settings settings = {.user_agent = user_agent,
                                   .ca_file = c->ca_file,
                                   .ca_pem = c->ca_pem,
                                   .cert_file = c->cert_file,
                                   .key_file = c->key_file,
                                   .cert_pem = c->cert_pem,
                                   .key_pem = c->key_pem,
                                   .insecure = c->insecure,
                                   .multiplex = true};
    auth->files_hash = hash_files(c);
    return vonk_http_new(&settings, ret, err);
}
