/*
 * cluster.h - who runs the tasks: one small interface for threads of this process, processes of
 * this machine, and pods.
 *
 * The job runner (session/job.c) owns a scheduler, calls `wait` for events and carries out actions
 * through `launch` and `kill`. All calls come from the one session thread; implementations do their
 * own threads behind it. A task given to `launch` and all it points to live until `end_job`.
 */
#ifndef VONK_SESSION_CLUSTER_H
#define VONK_SESSION_CLUSTER_H

#include "exec/task.h"

typedef enum vonk_cluster_event_kind {
    VONK_CLUSTER_NOTHING,        /* the timeout passed */
    VONK_CLUSTER_EXECUTOR_ADDED, /* executor, slots, address */
    VONK_CLUSTER_EXECUTOR_LOST,  /* executor, error: why */
    VONK_CLUSTER_TASK_FINISHED,  /* job, stage, index, attempt, result */
    VONK_CLUSTER_TASK_FAILED,    /* the same and error */
    VONK_CLUSTER_ROWS,           /* a batch of a result task: block, sequence */
} vonk_cluster_event_kind;

typedef struct vonk_cluster_event {
    vonk_cluster_event_kind kind;
    uint32_t executor, slots;
    const char *address; /* lives as long as the executor */
    uint64_t job;
    uint32_t stage, index, attempt;
    vonk_task_result result; /* the receiver frees it */
    vonk_error error;
    vonk_block *rows; /* ROWS: the receiver unrefs it */
} vonk_cluster_event;

typedef struct vonk_cluster vonk_cluster;

typedef struct vonk_cluster_ops {
    /*
     * Starts the task on an executor. A failure to send is not an error here: it comes as an event.
     */
    vonk_status (*launch)(vonk_cluster *cluster, uint32_t executor, const vonk_task *task,
                          vonk_error *err);
    void (*kill)(vonk_cluster *cluster, uint32_t executor, uint64_t job, uint32_t stage,
                 uint32_t index, uint32_t attempt);
    /*
     * The next event, waiting up to timeout_ms (-1: for ever; `wake` and signals end it early).
     * ROWS of a task come before its TASK_FINISHED. Executors that were there before are announced
     * again after `start_job`.
     */
    vonk_status (*wait)(vonk_cluster *cluster, int timeout_ms, vonk_cluster_event *ret,
                        vonk_error *err);
    /* A job begins: announce all executors. */
    vonk_status (*start_job)(vonk_cluster *cluster, uint64_t job, vonk_error *err);
    /* The job is over: forget its tasks (wait until none runs), drop its blocks everywhere. */
    void (*end_job)(vonk_cluster *cluster, uint64_t job);
    /*
     * May be NULL. So many tasks run or wait for a slot: a cluster that can grow asks for more
     * executors when that lasts.
     */
    void (*backlog)(vonk_cluster *cluster, uint32_t n_tasks);
    void (*close)(vonk_cluster *cluster); /* stops all executors and frees the cluster */
} vonk_cluster_ops;

struct vonk_cluster {
    const vonk_cluster_ops *ops;
    const char *name;    /* "local[2]" */
    uint32_t n_slots;    /* in all, as configured: default parallelism */
    size_t memory;       /* of an executor, for all its tasks; 0 = no limit */
    vonk_budget *budget; /* of this process: plans and waiting rows are charged to it */
    size_t waiting_rows; /* bytes of rows that may wait for their turn in memory, then on disk; 0:
                            the cluster sees to that itself */
};

typedef struct vonk_local_settings {
    uint32_t n_threads;
    size_t memory;         /* bytes for all tasks; 0 = no limit */
    const char *spill_dir; /* NULL: the directory for temporary files */
} vonk_local_settings;

/* Threads of this process: `local[N]`. */
vonk_status vonk_local_cluster_new(const vonk_local_settings *settings, vonk_cluster **ret,
                                   vonk_error *err) VONK_MUST_CHECK;

#endif
