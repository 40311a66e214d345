/*
 * job.h - runs one physical plan on a cluster: a scheduler, its events, its actions.
 */
#ifndef VONK_SESSION_JOB_H
#define VONK_SESSION_JOB_H

#include "physical/planner.h"
#include "sched/sched.h"
#include "session/cluster.h"

/* How far a job is; `rows` and `bytes` are what its scans and exchanges read so far. */
typedef struct vonk_progress {
    vonk_sched_progress sched;
    uint64_t rows, bytes;
} vonk_progress;

typedef struct vonk_job_request {
    vonk_cluster *cluster;
    vonk_planner *planner;
    vonk_physical *plan;
    vonk_eval_settings settings;
    vonk_options stores; /* fs/settings.h, for executors */
    vonk_sched_settings sched;
    uint64_t job; /* unique in the cluster's life */
    uint32_t batch_rows;
    vonk_arena *arena; /* tasks live here: until the job is over */
    const atomic_bool *cancelled;
    const char *spill_dir;    /* where rows wait that came early; NULL: that of temporary files */
    uint64_t max_result_size; /* bytes of result rows; 0 = no limit */
    void *context;
    /* Result rows, in order; the batch is borrowed. NULL: none are expected. */
    vonk_status (*rows)(void *context, const vonk_batch *batch, vonk_error *err);
    /* After each event, with progress_context. NULL: nobody looks. */
    void *progress_context;
    void (*progress)(void *context, const vonk_progress *progress);
} vonk_job_request;

typedef struct vonk_job_result {
    uint64_t job;
    uint32_t n_files; /* of WRITE tasks that counted: tokens (fs.h), malloc'ed with the array */
    char **files;
    uint64_t n_rows;           /* of the result, or written to files */
    vonk_task_metrics metrics; /* sums; peak_memory: the greatest */
    uint32_t n_stages;         /* the plan as it was cut; in the request's arena, as `ops` */
    const vonk_stage *stages;
    uint32_t n_ops; /* what the operators of finished tasks did */
    const vonk_op_totals *ops;
    vonk_sched_progress progress;
} vonk_job_result;

/*
 * Runs the job to its end. `ret` is filled also on failure (files of finished tasks).
 * Errors: the failing task's own; OPERATION_CANCELED.
 */
vonk_status vonk_job_run(const vonk_job_request *request, vonk_job_result *ret,
                         vonk_error *err) VONK_MUST_CHECK;
void vonk_job_result_free(vonk_job_result *result);

/* Fails with VONK_CANCELLED and OPERATION_CANCELED. */
vonk_status vonk_fail_cancelled(vonk_error *err);

#endif
