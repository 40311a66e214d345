/* driver_pod.c - see driver_pod.h. */
#include "cli/driver_pod.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/manifest_run.h"
#include "driver/kube_pods.h"
#include "driver/nng_cluster.h"
#include "driver/own_pod.h"

#define MIB ((int64_t)1 << 20)

struct vonk_driver_pod {
    vonk_arena arena;
    cJSON *json; /* for the template */
    vonk_kube_config config;
    vonk_kube_pods_settings pods;
    vonk_allocation_maker maker;
    vonk_own_pod *own;
    vonk_secret secret;
    const char *host;
    char name[96];
    vonk_output_format format;
};

/* ---- the job ---- */

vonk_status vonk_driver_job_read(const char *path, vonk_arena *arena, vonk_slice *ret_json,
                                 vonk_job *ret, vonk_error *err)
{
    char *text = NULL;
    size_t size = 0;
    VONK_TRY(vonk_cli_read_manifest(path, &text, &size, err));
    char *copy = vonk_arena_strndup(arena, text, size, err);
    free(text);
    VONK_TRY_ALLOC(copy);
    *ret_json = (vonk_slice){copy, size};
    return vonk_job_parse(*ret_json, path, arena, ret, err);
}

/* ---- surroundings ---- */

static vonk_status need(const char *name, const char **ret, vonk_error *err)
{
    const char *value = getenv(name);
    if (!value || !*value)
        return vonk_fail(err, VONK_INVALID,
                         "%s is not set: `vonk driver` runs in a pod that the operator made", name);
    *ret = value;
    return VONK_OK;
}

static const char *otherwise(const char *name, const char *value)
{
    const char *given = getenv(name);
    return given && *given ? given : value;
}

static vonk_status read_environment(vonk_driver_pod *p, vonk_error *err)
{
    vonk_pod_spec *spec = &p->pods.pod;
    VONK_TRY(need("VONK_POD_NAME", &spec->driver_pod, err));
    VONK_TRY(need("VONK_POD_NAMESPACE", &spec->namespace_name, err));
    VONK_TRY(need("VONK_POD_UID", &spec->driver_uid, err));
    VONK_TRY(need("VONK_POD_IP", &p->host, err));
    VONK_TRY(need("VONK_IMAGE", &spec->image, err));
    VONK_TRY(need("VONK_JOB", &spec->job, err));
    VONK_TRY(need("VONK_ATTEMPT", &spec->attempt, err));
    spec->pull_policy = otherwise("VONK_IMAGE_PULL_POLICY", NULL);
    spec->pull_secrets = otherwise("VONK_IMAGE_PULL_SECRETS", NULL);
    spec->service_account = otherwise("VONK_EXECUTOR_SERVICE_ACCOUNT", "vonkjob-executor");
    return VONK_OK;
}

static vonk_status read_secret(const char *path, vonk_secret *ret, vonk_error *err)
{
    char *text = NULL;
    size_t size = 0;
    VONK_TRY(vonk_cli_read_file(path, &text, &size, err));
    vonk_status status = vonk_secret_parse((vonk_slice){text, size}, ret, err);
    vonk_forget(text, size);
    free(text);
    return vonk_error_prefix(err, status, "%s", path);
}

static vonk_status set_up(vonk_driver_pod *p, const vonk_job *job, vonk_slice json,
                          const char *secret_file, vonk_error *err)
{
    VONK_TRY(read_environment(p, err));
    VONK_TRY(read_secret(secret_file, &p->secret, err));
    p->json = cJSON_ParseWithLength(json.data, json.length);
    if (!p->json)
        return vonk_fail(err, VONK_INVALID, "the job is not JSON");
    const cJSON *spec = cJSON_GetObjectItemCaseSensitive(p->json, "spec");
    const cJSON *executors = cJSON_GetObjectItemCaseSensitive(spec, "executors");
    vonk_pod_spec *pod = &p->pods.pod;
    pod->template = cJSON_GetObjectItemCaseSensitive(executors, "template");
    pod->cpu_millis = job->executors.cpu_millis;
    pod->memory = job->executors.memory;
    pod->scratch = job->executors.scratch;
    pod->priority_class = job->priority_class_name;
    VONK_TRY(vonk_kube_config_find(&p->arena, &p->config, err));
    p->config.namespace_name = pod->namespace_name;
    p->pods.config = &p->config;
    p->maker = vonk_kube_pods_maker(&p->pods);
    return vonk_own_pod_new(&p->config, pod->driver_pod, pod->driver_uid, &p->own, err);
}

vonk_status vonk_driver_pod_open(const vonk_job *job, vonk_slice json, const char *secret_file,
                                 vonk_driver_pod **ret, vonk_error *err)
{
    vonk_driver_pod *p = calloc(1, sizeof(*p));
    if (!p)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    vonk_status status = set_up(p, job, json, secret_file, err);
    if (status != VONK_OK) {
        vonk_driver_pod_close(p);
        return status;
    }
    *ret = p;
    return VONK_OK;
}

void vonk_driver_pod_close(vonk_driver_pod *p)
{
    if (!p)
        return;
    vonk_own_pod_free(p->own);
    cJSON_Delete(p->json);
    vonk_forget(&p->secret, sizeof p->secret);
    vonk_arena_free(&p->arena);
    free(p);
}

void vonk_driver_pod_progress(vonk_driver_pod *p, uint32_t done, uint32_t all)
{
    vonk_own_pod_progress(p->own, done, all);
}

vonk_output_format vonk_driver_pod_format(const vonk_driver_pod *p)
{
    return p->format;
}

/* ---- the session ---- */

static uint32_t millis(const vonk_conf *conf, const char *key)
{
    int64_t ms = vonk_conf_millis(conf, key);
    return ms > 0 && ms <= UINT32_MAX ? (uint32_t)ms : 0;
}

/* What a pod's memory leaves for the work: the rest is for the program, threads and sockets. */
static int64_t without_reserve(int64_t memory)
{
    int64_t reserve = memory / 10 > 64 * MIB ? memory / 10 : 64 * MIB;
    return memory - reserve > 16 * MIB ? memory - reserve : 16 * MIB;
}

static uint32_t max_failed_starts(const vonk_conf *conf, uint32_t max_executors)
{
    const char *text = vonk_conf_get(conf, "spark.executor.maxNumFailures");
    long given = text ? strtol(text, NULL, 10) : 0;
    if (given > 0 && given <= INT32_MAX)
        return (uint32_t)given;
    return max_executors * 2 > 3 ? max_executors * 2 : 3;
}

static uint32_t clamp(int64_t value, int64_t most)
{
    return (uint32_t)(value < most ? value : most);
}

static vonk_status open_cluster(vonk_driver_pod *p, const vonk_job *job, const vonk_conf *conf,
                                vonk_cluster **ret, vonk_error *err)
{
    const vonk_job_executors *e = &job->executors;
    uint32_t least = e->min > 0 ? clamp(e->min, 10000) : 1;
    uint32_t most = clamp(e->max, 10000);
    (void)snprintf(p->name, sizeof p->name, "kubernetes[%s]", job->name);
    vonk_nng_cluster_settings settings = {
        .n_executors = least,
        .max_executors = most > least ? most : least,
        .slots = e->cpu_millis >= 2000 ? clamp(e->cpu_millis / 1000, 4096) : 1,
        .memory = (uint64_t)without_reserve(e->memory),
        .driver_memory = (size_t)without_reserve(job->driver.memory),
        .host = p->host,
        .heartbeat_ms = millis(conf, "spark.executor.heartbeatInterval"),
        .timeout_ms = millis(conf, "spark.network.timeout"),
        .start_ms = clamp(job->pending_deadline_s, INT32_MAX / 1000) * 1000,
        .idle_ms = clamp(e->idle_s, INT32_MAX / 1000) * 1000,
        .end_job_ms = 3000,
        .compress = true,
        .maker = &p->maker,
        .secret = &p->secret,
        .name = p->name,
        .first_number = 1,
        .max_failed_starts = max_failed_starts(conf, most > least ? most : least)};
    return vonk_nng_cluster_new(&settings, ret, err);
}

vonk_status vonk_driver_pod_session(vonk_driver_pod *p, const vonk_job *job, vonk_session **ret,
                                    vonk_error *err)
{
    vonk_conf *conf = NULL;
    vonk_cluster *cluster = NULL;
    VONK_TRY(vonk_conf_new(&conf, err));
    vonk_status status = vonk_manifest_run_conf(conf, job, err);
    const char *format = status == VONK_OK ? vonk_conf_get(conf, "spark.vonk.result.format") : NULL;
    if (format && !vonk_output_parse(format, &p->format))
        status =
            vonk_fail(err, VONK_INVALID,
                      "spark.vonk.result.format: no format '%s': table, csv, tsv, json", format);
    if (status == VONK_OK)
        status = open_cluster(p, job, conf, &cluster, err);
    if (status != VONK_OK) {
        vonk_conf_free(conf);
        return status;
    }
    VONK_TRY(vonk_session_new(cluster, conf, ret, err));
    vonk_session_set_fence(*ret, p->own, vonk_own_pod_fence);
    return vonk_session_set_owner(*ret, getenv("VONK_JOB_UID"),
                                  (uint32_t)strtoul(otherwise("VONK_ATTEMPT", "0"), NULL, 10), err);
}
