/* options.c - see options.h. */
#include "operator/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job/tree.h"
#include "kube/json.h"

#define MAX_DEFAULTS ((size_t)1 << 20)

static const char usage[] =
    "usage: vonk-operator [OPTION]...\n"
    "Runs VonkJobs of a Kubernetes cluster: watches them, starts their driver pods, writes their\n"
    "status. Uses the pod's service account, or a kubeconfig ($KUBECONFIG, ~/.kube/config).\n"
    "\n"
    "  --namespace NS            serve this namespace; may be repeated (default: its own)\n"
    "  --all-namespaces          serve all of them\n"
    "  --image IMAGE             of job pods (default: vonk:" VONK_VERSION ")\n"
    "  --image-pull-policy P     Always, IfNotPresent or Never\n"
    "  --image-pull-secret NAME  for job pods; may be repeated\n"
    "  --job-defaults FILE       a part of a VonkJob's spec, in JSON or YAML, laid under every "
    "job\n"
    "  --port PORT               of /metrics, /healthz and /readyz (default: 8080)\n"
    "  --requests-per-second N   to the API server, at most (default: 200)\n"
    "  --resync-seconds N        between looks at a job that does not change (default: 600)\n"
    "  --lease-name NAME         of the Lease by which one replica leads (default: vonk-operator)\n"
    "  --lease-seconds N         life of the Lease (default: 15)\n"
    "  --no-lease                act without a Lease: there must be one replica only\n"
    "  --log-level LEVEL         error, warn, info or debug (default: info)\n"
    "  --log-format FORMAT       json or text (default: json)\n"
    "  --help, --version\n";

const char *vonk_op_usage(void)
{
    return usage;
}

static vonk_status set_number(const char *name, const char *value, int64_t min, int64_t max,
                              int64_t *ret, vonk_error *err)
{
    char *end;
    errno = 0;
    long long n = strtoll(value, &end, 10);
    if (errno || end == value || *end || n < min || n > max)
        return vonk_fail(err, VONK_INVALID, "--%s takes a number from %lld to %lld, not '%s'", name,
                         (long long)min, (long long)max, value);
    *ret = n;
    return VONK_OK;
}

static vonk_status set_choice(const char *name, const char *value, const char *const *choices,
                              int *ret, vonk_error *err)
{
    vonk_buffer all = {0};
    for (int i = 0; choices[i]; i++) {
        if (strcmp(value, choices[i]) == 0) {
            vonk_buffer_free(&all);
            *ret = i;
            return VONK_OK;
        }
        vonk_buffer_printf(&all, "%s%s", i ? ", " : "", choices[i]);
    }
    vonk_status status = vonk_fail(err, VONK_INVALID, "--%s takes one of %s, not '%s'", name,
                                   vonk_buffer_str(&all), value);
    vonk_buffer_free(&all);
    return status;
}

static vonk_status add_name(const char *name, const char *value, const char **list, uint32_t *n,
                            vonk_error *err)
{
    if (!value[0])
        return vonk_fail(err, VONK_INVALID, "--%s must not be empty", name);
    if (*n == VONK_OP_MAX_NAMES)
        return vonk_fail(err, VONK_INVALID, "--%s is given more than %d times", name,
                         VONK_OP_MAX_NAMES);
    list[(*n)++] = value;
    return VONK_OK;
}

static vonk_status set_word(const char *name, const char *value, vonk_op_options *ret, bool *known,
                            vonk_error *err)
{
    static const char *const policies[] = {"Always", "IfNotPresent", "Never", NULL};
    static const char *const levels[] = {"error", "warn", "info", "debug", NULL};
    static const char *const formats[] = {"text", "json", NULL};
    int choice = 0;
    if (strcmp(name, "image-pull-policy") == 0) {
        ret->pull_policy = value;
        return set_choice(name, value, policies, &choice, err);
    }
    if (strcmp(name, "log-level") == 0) {
        VONK_TRY(set_choice(name, value, levels, &choice, err));
        ret->log_level = (vonk_op_level)choice;
        return VONK_OK;
    }
    if (strcmp(name, "log-format") == 0) {
        VONK_TRY(set_choice(name, value, formats, &choice, err));
        ret->log_json = choice == 1;
        return VONK_OK;
    }
    if (strcmp(name, "namespace") == 0)
        return add_name(name, value, ret->namespaces, &ret->n_namespaces, err);
    if (strcmp(name, "image-pull-secret") == 0)
        return add_name(name, value, ret->pull_secrets, &ret->n_pull_secrets, err);
    if (strcmp(name, "image") == 0)
        ret->image = value;
    else if (strcmp(name, "lease-name") == 0)
        ret->lease_name = value;
    else if (strcmp(name, "job-defaults") == 0)
        ret->job_defaults = value;
    else
        *known = false;
    return VONK_OK;
}

static vonk_status set_value(const char *name, const char *value, vonk_op_options *ret,
                             vonk_error *err)
{
    int64_t n = 0;
    if (strcmp(name, "port") == 0) {
        VONK_TRY(set_number(name, value, 0, 65535, &n, err));
        ret->port = (uint16_t)n;
    } else if (strcmp(name, "requests-per-second") == 0) {
        VONK_TRY(set_number(name, value, 1, 100000, &n, err));
        ret->requests_per_second = (uint32_t)n;
    } else if (strcmp(name, "resync-seconds") == 0) {
        VONK_TRY(set_number(name, value, 1, 86400, &n, err));
        ret->resync_s = (uint32_t)n;
    } else if (strcmp(name, "lease-seconds") == 0) {
        VONK_TRY(set_number(name, value, 3, 3600, &n, err));
        ret->lease_s = (uint32_t)n;
    } else {
        bool known = true;
        VONK_TRY(set_word(name, value, ret, &known, err));
        if (!known)
            return vonk_fail(err, VONK_INVALID, "unknown option --%s; see --help", name);
    }
    return VONK_OK;
}

static bool set_flag(const char *name, vonk_op_options *ret)
{
    bool *flag = strcmp(name, "all-namespaces") == 0 ? &ret->all_namespaces
                 : strcmp(name, "no-lease") == 0     ? &ret->no_lease
                 : strcmp(name, "help") == 0         ? &ret->help
                 : strcmp(name, "version") == 0      ? &ret->version
                                                     : NULL;
    if (flag)
        *flag = true;
    return flag;
}

vonk_status vonk_op_options_parse(int argc, char **argv, vonk_op_options *ret, vonk_error *err)
{
    *ret = (vonk_op_options){.image = "vonk:" VONK_VERSION,
                             .port = 8080,
                             .requests_per_second = 200,
                             .resync_s = 600,
                             .lease_s = 15,
                             .lease_name = "vonk-operator",
                             .log_level = VONK_OP_INFO,
                             .log_json = true};
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0)
            return vonk_fail(err, VONK_INVALID, "unexpected argument '%s'; see --help", argv[i]);
        char name[64];
        const char *given = argv[i] + 2, *equals = strchr(given, '=');
        size_t length = equals ? (size_t)(equals - given) : strlen(given);
        if (length >= sizeof name)
            return vonk_fail(err, VONK_INVALID, "unknown option %s; see --help", argv[i]);
        memcpy(name, given, length);
        name[length] = '\0';
        if (!equals && set_flag(name, ret))
            continue;
        if (!equals && i + 1 == argc)
            return vonk_fail(err, VONK_INVALID, "--%s is unknown or takes a value; see --help",
                             name);
        VONK_TRY(set_value(name, equals ? equals + 1 : argv[++i], ret, err));
    }
    if (ret->all_namespaces && ret->n_namespaces)
        return vonk_fail(err, VONK_INVALID, "--all-namespaces and --namespace exclude each other");
    return VONK_OK;
}

/* ---- --job-defaults ---- */

static cJSON *scalar(const vonk_yaml_node *node)
{
    switch (node->type) {
    case VONK_YAML_NULL:
        return cJSON_CreateNull();
    case VONK_YAML_BOOL:
        return cJSON_CreateBool(strcasecmp(node->text, "true") == 0);
    case VONK_YAML_INT:
    case VONK_YAML_FLOAT:
        return cJSON_CreateNumber(strtod(node->text, NULL));
    case VONK_YAML_TEXT:
        break;
    }
    return cJSON_CreateString(node->text);
}

static cJSON *json_of(const vonk_yaml_node *node)
{
    if (node->kind == VONK_YAML_SCALAR)
        return scalar(node);
    cJSON *made = node->kind == VONK_YAML_MAP ? cJSON_CreateObject() : cJSON_CreateArray();
    for (const vonk_yaml_node *child = node->first; child; child = child->next) {
        if (node->kind == VONK_YAML_MAP)
            vonk_json_put(made, child->key, json_of(child));
        else
            vonk_json_push(made, json_of(child));
    }
    return made;
}

static vonk_status read_file(const char *path, vonk_buffer *ret, vonk_error *err)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return vonk_fail(err, VONK_IO, "--job-defaults %s: %s", path, strerror(errno));
    char *to = vonk_buffer_reserve(ret, MAX_DEFAULTS + 1);
    size_t n = to ? fread(to, 1, MAX_DEFAULTS + 1, file) : 0;
    bool bad = ferror(file);
    (void)fclose(file);
    ret->length = n;
    if (bad || !to)
        return vonk_fail(err, VONK_IO, "--job-defaults %s: cannot be read", path);
    if (n > MAX_DEFAULTS)
        return vonk_fail(err, VONK_INVALID, "--job-defaults %s: is longer than %zu bytes", path,
                         MAX_DEFAULTS);
    return VONK_OK;
}

vonk_status vonk_op_read_defaults(const char *path, cJSON **ret, vonk_error *err)
{
    vonk_buffer text = {0};
    vonk_arena arena = {0};
    vonk_yaml_node *root = NULL;
    vonk_status status = read_file(path, &text, err);
    if (status == VONK_OK)
        status = vonk_yaml_parse((vonk_slice){vonk_buffer_str(&text), text.length}, path, &arena,
                                 &root, err);
    if (status == VONK_OK && root->kind != VONK_YAML_MAP)
        status = vonk_fail(err, VONK_INVALID, "--job-defaults %s: must be a map, a part of a spec",
                           path);
    if (status == VONK_OK)
        *ret = json_of(root);
    vonk_arena_free(&arena);
    vonk_buffer_free(&text);
    return status;
}
