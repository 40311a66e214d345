/*
 * sched.h - the scheduler as a pure state machine: events in, actions out. It knows no clock, no
 * thread, no socket; time comes in with each event. One scheduler a job (one physical plan).
 *
 *     stages  A ──▶ B ──▶ C      a stage starts when its parents' outputs are all there
 *     tasks   stage A: 0 1 2 3   each with attempts 0, 1, ... up to max_failures
 *
 * What dies: a task attempt (TASK_FAILED: retried elsewhere up to max_failures, then the job fails
 * with that task's own error); an executor (EXECUTOR_LOST: its running tasks run again and its
 * shuffle outputs that are still needed are recomputed, just those); a fetch (TASK_FAILED with
 * VONK_FETCH and the place that it failed on: the map task runs again, then the reader; does not
 * count as a failure of the reader).
 */
#ifndef VONK_SCHED_SCHED_H
#define VONK_SCHED_SCHED_H

#include <stdbool.h>

#include "base/arena.h"

#define VONK_NO_EXECUTOR UINT32_MAX

/* A stage as the scheduler sees it. */
typedef struct vonk_sched_stage {
    uint32_t n_tasks;
    uint32_t n_parents;
    const uint32_t *parents; /* indexes of stages above in the list: parents come first */
    bool is_result;          /* its output goes to the driver: nobody fetches it */
} vonk_sched_stage;

typedef struct vonk_sched_settings {
    uint32_t max_failures; /* spark.task.maxFailures, 4 */
    uint32_t
        max_stage_attempts; /* spark.stage.maxConsecutiveAttempts, 4: fetch failures in a row */
} vonk_sched_settings;

typedef struct vonk_task_id {
    uint32_t stage, task, attempt;
} vonk_task_id;

typedef enum vonk_sched_event_kind {
    VONK_EVENT_EXECUTOR_ADDED, /* executor, slots */
    VONK_EVENT_EXECUTOR_LOST,  /* executor */
    VONK_EVENT_TASK_FINISHED,  /* id, executor */
    VONK_EVENT_TASK_FAILED,    /* id, executor, error; fetch failures: lost_stage, lost_task,
                                  lost_executor */
    VONK_EVENT_CANCEL,         /* error: why */
} vonk_sched_event_kind;

typedef struct vonk_sched_event {
    vonk_sched_event_kind kind;
    int64_t now_ms;
    uint32_t executor, slots;
    vonk_task_id id;
    const vonk_error *error;
    uint32_t lost_stage, lost_task, lost_executor;
} vonk_sched_event;

typedef enum vonk_sched_action_kind {
    VONK_ACTION_LAUNCH,     /* id on executor */
    VONK_ACTION_KILL,       /* id on executor: its result is no longer wanted */
    VONK_ACTION_STAGE_DONE, /* id.stage: for progress */
    VONK_ACTION_JOB_DONE,
    VONK_ACTION_JOB_FAILED, /* error */
} vonk_sched_action_kind;

typedef struct vonk_sched_action {
    vonk_sched_action_kind kind;
    vonk_task_id id;
    uint32_t executor;
    vonk_error error; /* JOB_FAILED */
} vonk_sched_action;

/* Actions of one event; the array belongs to the scheduler and lives until the next event. */
typedef struct vonk_sched_actions {
    uint32_t n;
    const vonk_sched_action *items;
} vonk_sched_actions;

typedef struct vonk_sched vonk_sched;

vonk_status vonk_sched_new(const vonk_sched_stage *stages, uint32_t n_stages,
                           const vonk_sched_settings *settings, vonk_sched **ret,
                           vonk_error *err) VONK_MUST_CHECK;
void vonk_sched_free(vonk_sched *sched);

/*
 * Takes an event and says what to do. Events about attempts that are no longer current (late
 * results of a lost executor) change nothing. Amortised cost of a task is microseconds.
 * Errors: VONK_NO_MEMORY only.
 */
vonk_status vonk_sched_handle(vonk_sched *sched, const vonk_sched_event *event,
                              vonk_sched_actions *ret, vonk_error *err) VONK_MUST_CHECK;

/* Where the output of a finished task of a non-result stage lies; VONK_NO_EXECUTOR if nowhere. */
uint32_t vonk_sched_output_of(const vonk_sched *sched, uint32_t stage, uint32_t task,
                              uint32_t *ret_attempt);

typedef struct vonk_sched_progress {
    uint32_t n_stages, stages_done, n_tasks, tasks_done, tasks_running, tasks_failed;
    uint32_t tasks_ready; /* that could run now if they had a slot */
} vonk_sched_progress;
void vonk_sched_progress_of(const vonk_sched *sched, vonk_sched_progress *ret);

#endif
