/*
 * state.h - what the operator knows of a job and its pods when it decides: plain data.
 *
 * Read from JSON by read.h. All texts are borrowed (an arena's or the cache's), "" rather than NULL
 * unless it says otherwise. Times are seconds since 1970; 0: not known.
 */
#ifndef VONK_OPERATOR_STATE_H
#define VONK_OPERATOR_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/* The conditions of a VonkJob, in the order in which they are written. */
typedef enum vonk_op_condition_kind {
    VONK_OP_ACCEPTED,
    VONK_OP_DRIVER_READY,
    VONK_OP_EXECUTORS_READY,
    VONK_OP_PROGRESSING,
    VONK_OP_SUCCEEDED,
    VONK_OP_N_CONDITIONS,
} vonk_op_condition_kind;

typedef enum vonk_op_truth {
    VONK_OP_UNSET, /* the condition is not there */
    VONK_OP_TRUE,
    VONK_OP_FALSE,
    VONK_OP_UNKNOWN,
} vonk_op_truth;

typedef struct vonk_op_condition {
    vonk_op_truth status;
    int64_t transition_s, generation;
    const char *reason, *message;
} vonk_op_condition;

typedef struct vonk_op_failure {
    int64_t attempt; /* 0: there was no failure */
    int64_t time_s;
    int64_t exit_code; /* -1: the driver did not exit */
    const char *reason, *message, *pod;
} vonk_op_failure;

typedef struct vonk_op_executors {
    int64_t target, ready, pending, lost;
} vonk_op_executors;

/* status of a VonkJob */
typedef struct vonk_op_status {
    int64_t observed_generation;
    int64_t attempt, attempt_s;
    int64_t failures; /* those that count, since the last good long run */
    int64_t start_s, completion_s;
    const char *driver_pod; /* the last one that was seen */
    const char *spec_hash;  /* of the attempt */
    const char *progress;
    bool has_executors;
    vonk_op_executors executors;
    vonk_op_failure failure;
    vonk_op_condition conditions[VONK_OP_N_CONDITIONS];
} vonk_op_status;

typedef struct vonk_op_job {
    const char *namespace_name, *name, *uid;
    int64_t generation;
    bool deleting;
    bool foreign; /* managedBy names somebody else */
    bool suspend;
    const char *refused; /* what this version does not do, as a sentence; NULL: nothing */
    const char *spec_hash;
    const char *driver_memory; /* for messages */
    int64_t backoff_limit, backoff_base_s, backoff_max_s, backoff_reset_s;
    int64_t active_deadline_s;  /* 0: none */
    int64_t pending_deadline_s; /* 0: none */
    int64_t ttl_s;              /* -1: none */
    int64_t min_executors;
    vonk_op_status status;
} vonk_op_job;

typedef enum vonk_op_phase {
    VONK_OP_POD_PENDING,
    VONK_OP_POD_RUNNING,
    VONK_OP_POD_SUCCEEDED,
    VONK_OP_POD_FAILED,
    VONK_OP_POD_UNKNOWN,
} vonk_op_phase;

typedef struct vonk_op_pod {
    const char *name, *uid;
    const char *owner; /* uid of its controller, "" if none */
    bool is_driver;
    int64_t attempt; /* by its label; 0: none */
    int64_t created_s;
    int64_t deletion_s; /* when it is to be gone; 0: nobody deletes it */
    vonk_op_phase phase;
    bool ready;
    const char *reason, *message;               /* of the pod: "Evicted", "NodeLost" */
    const char *disruption, *disruption_reason; /* message of DisruptionTarget=True; "" */
    const char *unscheduled;                    /* message of PodScheduled=False; "" */
    /* our container, by its name */
    bool started, terminated;
    int64_t started_s, finished_s;
    int64_t exit_code;
    const char *exit_reason, *exit_message;       /* "OOMKilled"; the termination message */
    const char *waiting_reason, *waiting_message; /* "ImagePullBackOff", ... */
    const char *spec_hash, *progress;             /* annotations of the driver's */
    int64_t target;                               /* executors wanted; -1: not said */
} vonk_op_pod;

/* Why the pods of the attempt could not be made, as the API server answered the last try. */
typedef struct vonk_op_refusal {
    int64_t attempt; /* 0: no refusal */
    int64_t at_s;
    bool foreign; /* an object of that name belongs to another, or an older, job */
    bool invalid; /* 400 or 422: no pod can be made of this spec */
    const char *message;
} vonk_op_refusal;

typedef struct vonk_op_observation {
    int64_t now_s;
    vonk_op_job job;
    uint32_t n_pods; /* those with the job's label, whoever owns them */
    const vonk_op_pod *pods;
    int64_t absent_attempt; /* the API server said (404) that its driver pod is not there; 0 */
    vonk_op_refusal refusal;
} vonk_op_observation;

#endif
