/* kube_job.c - applying a job, and deleting the one that is in its way. */
#include "cli/kube_job.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "kube/json.h"

#define GONE_MS 60000 /* for a deleted job to be gone */

/* ---- requests ---- */

static vonk_status path_of(const vonk_kube_job *job, const char *query, vonk_arena *arena,
                           const char **ret, vonk_error *err)
{
    vonk_kube_path path = {.group = "vonk.dev",
                           .version = "v1alpha1",
                           .namespace_name = job->namespace_name,
                           .plural = "vonkjobs",
                           .name = job->name};
    *ret = vonk_kube_path_print(arena, &path, query, err);
    return *ret ? VONK_OK : VONK_NO_MEMORY;
}

/* What an answer means for somebody at a terminal. */
static vonk_status explain(const vonk_kube_job *job, int http, vonk_status status, vonk_error *err)
{
    const char *server = vonk_kube_server(job->kube);
    if (status == VONK_OK || !err)
        return status;
    if (!http)
        return vonk_error_prefix(err, status, "cannot reach the API server %s", server);
    if (http == 401)
        return vonk_error_prefix(err, status,
                                 "the API server %s does not accept the credentials of the "
                                 "kubeconfig",
                                 server);
    if (http == 403)
        return vonk_error_prefix(err, status, "a right is missing on %s", server);
    if (http == 404 && strstr(err->message, "could not find the requested resource"))
        return vonk_fail(err, status,
                         "%s knows no VonkJob: is Vonk installed there? `helm install vonk "
                         "charts/vonk --namespace vonk --create-namespace`, or `kubectl apply -f "
                         "manifests/`",
                         server);
    return status;
}

static vonk_status request(const vonk_kube_job *job, const char *method, const char *query,
                           const cJSON *body, cJSON **ret, vonk_error *err)
{
    vonk_arena arena = {0};
    vonk_kube_request r = {.method = method, .body = body};
    int http = 0;
    if (!strcmp(method, "PATCH"))
        r.content_type = "application/apply-patch+yaml";
    vonk_status status = path_of(job, query, &arena, &r.path, err);
    if (status == VONK_OK) {
        status = vonk_kube_do(job->kube, &r, ret, &http, err);
        status = explain(job, http, status, err);
    }
    vonk_arena_free(&arena);
    return status;
}

/* ---- the job that is there ---- */

static bool is_finished(const cJSON *object)
{
    const cJSON *condition;
    cJSON_ArrayForEach(condition, vonk_json_at(object, "status.conditions"))
    {
        if (!strcmp(vonk_json_text(condition, "type"), "Succeeded"))
            return strcmp(vonk_json_text(condition, "status"), "Unknown") != 0;
    }
    return false;
}

vonk_status vonk_kube_job_delete(const vonk_kube_job *job, vonk_error *err)
{
    cJSON *body = cJSON_CreateObject();
    (void)vonk_json_put_text(body, "propagationPolicy", "Foreground");
    vonk_status status = request(job, "DELETE", NULL, body, NULL, err);
    cJSON_Delete(body);
    return status == VONK_NOT_FOUND ? VONK_OK : status;
}

static int64_t now_ms(void)
{
    struct timespec ts = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static vonk_status wait_until_gone(const vonk_kube_job *job, vonk_error *err)
{
    static const struct timespec a_little = {.tv_nsec = 200000000};
    for (int64_t until = now_ms() + GONE_MS; now_ms() < until;) {
        cJSON *object = NULL;
        vonk_status status = request(job, "GET", NULL, NULL, &object, err);
        if (status == VONK_NOT_FOUND)
            return VONK_OK;
        VONK_TRY(status);
        cJSON_Delete(object);
        (void)nanosleep(&a_little, NULL);
    }
    return vonk_fail(err, VONK_IO,
                     "job %s is being deleted, which has not come to an end in %d s; `kubectl "
                     "describe vonkjob %s -n %s` may say why",
                     job->name, GONE_MS / 1000, job->name, job->namespace_name);
}

/* A job of that name that has finished makes room; one that runs only if it may be replaced. */
static vonk_status make_room(const vonk_kube_job *job, const cJSON *there, vonk_error *err)
{
    bool finished = is_finished(there);
    bool going = *vonk_json_text(there, "metadata.deletionTimestamp") != '\0';
    if (!finished && !going && !job->options->replace)
        return vonk_fail(err, VONK_EXISTS,
                         "job %s is there already in namespace %s and has not finished; --replace "
                         "deletes it and runs this one, `kubectl delete vonkjob %s -n %s` deletes "
                         "it",
                         job->name, job->namespace_name, job->name, job->namespace_name);
    (void)fprintf(stderr, "%s: was there already%s: deleting it to run it again\n", job->name,
                  finished ? ", finished" : "");
    VONK_TRY(vonk_kube_job_delete(job, err));
    return wait_until_gone(job, err);
}

vonk_status vonk_kube_job_apply(const vonk_kube_job *job, const cJSON *body, vonk_error *err)
{
    cJSON *there = NULL;
    vonk_error seen = {0};
    vonk_status status = request(job, "GET", NULL, NULL, &there, &seen);
    if (status == VONK_OK)
        status = make_room(job, there, &seen);
    cJSON_Delete(there);
    /* Who may create and not read can still run it. */
    bool unknown = status == VONK_DENIED && strstr(seen.message, "a right is missing");
    if (status != VONK_OK && !unknown &&
        (status != VONK_NOT_FOUND || strstr(seen.message, "is Vonk installed"))) {
        *err = seen;
        return status;
    }
    return request(job, "PATCH", "fieldManager=vonk&force=true&fieldValidation=Strict", body, NULL,
                   err);
}

/* ---- the whole ---- */

static int fail(const vonk_error *err)
{
    vonk_cli_print_error(stderr, err, (vonk_slice){0});
    return err->status == VONK_INVALID ? VONK_EXIT_USAGE : VONK_EXIT_FAILED;
}

static int detach(const vonk_kube_job *job)
{
    (void)fprintf(stderr,
                  "%s: given to the cluster, in namespace %s\n"
                  "  follow it:  kubectl logs -f %s-1-driver -n %s\n"
                  "  wait:       kubectl wait vonkjob %s -n %s --for=condition=Succeeded\n",
                  job->name, job->namespace_name, job->name, job->namespace_name, job->name,
                  job->namespace_name);
    return VONK_EXIT_OK;
}

static vonk_status choose_namespace(const vonk_kube_job_options *o, const vonk_job *job,
                                    const vonk_kube_config *config, const char **ret,
                                    vonk_error *err)
{
    if (o->namespace_name && job->namespace_name && strcmp(o->namespace_name, job->namespace_name))
        return vonk_fail(err, VONK_INVALID,
                         "the manifest's namespace is %s, and --namespace says %s",
                         job->namespace_name, o->namespace_name);
    *ret = o->namespace_name     ? o->namespace_name
           : job->namespace_name ? job->namespace_name
                                 : config->namespace_name;
    return VONK_OK;
}

static int run(vonk_kube_job *job, vonk_slice text, const vonk_job *manifest)
{
    vonk_error err = {.position = -1, .position_end = -1};
    cJSON *body = NULL;
    vonk_status status =
        vonk_kube_job_json(job->options, text, manifest, job->namespace_name, &body, &err);
    if (status == VONK_OK)
        status = vonk_kube_job_apply(job, body, &err);
    cJSON_Delete(body);
    if (status != VONK_OK)
        return fail(&err);
    return job->options->detach ? detach(job) : vonk_kube_job_follow(job);
}

int vonk_kube_job_run(const vonk_kube_job_options *options, vonk_slice text, const vonk_job *job)
{
    vonk_arena arena = {0};
    vonk_kube_config config;
    vonk_kube_job on = {.name = job->name, .options = options};
    vonk_kube_settings settings = {.user_agent = "vonk/" VONK_VERSION, .timeout_ms = 15000};
    vonk_error err = {.position = -1, .position_end = -1};
    vonk_status status = vonk_kube_master_config(options->master, &arena, &config, &err);
    if (status == VONK_OK)
        status = choose_namespace(options, job, &config, &on.namespace_name, &err);
    if (status == VONK_OK)
        status = vonk_kube_new(&config, &settings, &on.kube, &err);
    int code = status == VONK_OK ? run(&on, text, job) : fail(&err);
    if (on.kube)
        vonk_kube_free(on.kube);
    vonk_arena_free(&arena);
    return code;
}
