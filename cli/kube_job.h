/*
 * kube_job.h - `vonk run JOB.yaml --master k8s://`: gives the job to a cluster and follows it.
 */
#ifndef VONK_CLI_KUBE_JOB_H
#define VONK_CLI_KUBE_JOB_H

#include <cjson/cJSON.h>

#include "job/manifest.h"
#include "kube/client.h"

/* What the command line says. */
typedef struct vonk_kube_job_options {
    const char *path;           /* of the manifest, for messages */
    const char *master;         /* "k8s://", and a context or a server's URL */
    const char *namespace_name; /* NULL: the manifest's, or the context's */
    const char *format;         /* of the result; NULL: what the manifest says */
    const char *const *confs;   /* "key=value", over the manifest's */
    uint32_t n_confs;
    bool detach, replace, delete_on_interrupt;
} vonk_kube_job_options;

/* Whether `master` is of this kind. */
bool vonk_is_kube_master(const char *master);

/* Applies the job and follows it; returns the exit status of the program. `text`: the manifest. */
int vonk_kube_job_run(const vonk_kube_job_options *options, vonk_slice text, const vonk_job *job);

/* ---- the parts ---- */

/*
 * The manifest as the JSON that is applied, to be freed by cJSON_Delete: with the namespace, and
 * with --conf and --format in spec.conf.
 * Errors: VONK_INVALID: a path that no pod sees.
 */
vonk_status vonk_kube_job_json(const vonk_kube_job_options *options, vonk_slice text,
                               const vonk_job *job, const char *namespace_name, cJSON **ret,
                               vonk_error *err) VONK_MUST_CHECK;

/* The configuration of the context that `master` names. Lives in `arena`. */
vonk_status vonk_kube_master_config(const char *master, vonk_arena *arena, vonk_kube_config *ret,
                                    vonk_error *err) VONK_MUST_CHECK;

/* A job on a cluster. */
typedef struct vonk_kube_job {
    vonk_kube *kube;
    const char *name, *namespace_name;
    const vonk_kube_job_options *options;
} vonk_kube_job;

/* Applies `body`; first deletes a job of that name that has finished, or with `replace` any. */
vonk_status vonk_kube_job_apply(const vonk_kube_job *job, const cJSON *body,
                                vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_kube_job_delete(const vonk_kube_job *job, vonk_error *err) VONK_MUST_CHECK;
/* Follows it to its end and prints; returns the exit status. */
int vonk_kube_job_follow(const vonk_kube_job *job);

#endif
