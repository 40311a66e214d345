/*
 * task.h - one task: a stage's operators over one part of its input.
 *
 * A task is a value: the wire carries it to executors, local mode hands over the pointer. Running
 * one is the same function in every mode.
 */
#ifndef VONK_EXEC_TASK_H
#define VONK_EXEC_TASK_H

#include "base/memory.h"
#include "expr/function.h"
#include "plan/metrics.h"
#include "plan/physical.h"
#include "shuffle/shuffle.h"

/* An exchange that the task reads, and where each map task's output lies. */
typedef struct vonk_input {
    uint32_t exchange_id;
    uint32_t map_stage; /* the stage that wrote it, for fetch failures */
    uint32_t n_maps;
    const vonk_location *locations; /* n_maps */
} vonk_input;

typedef struct vonk_task {
    uint64_t job;
    uint32_t stage, index, attempt;
    uint32_t n_tasks;          /* of the stage */
    const vonk_physical *root; /* the stage's tree */
    uint32_t n_splits;
    const vonk_split *splits; /* this task's share of the stage's scans and ranges */
    uint32_t n_inputs;
    const vonk_input *inputs;
    vonk_eval_settings settings;
    vonk_options stores; /* fs/settings.h */
    uint32_t batch_rows;
    bool is_result; /* rows go to `emit` */
} vonk_task;

typedef struct vonk_task_metrics {
    uint64_t rows_read, bytes_read, rows_out, bytes_out; /* out: result, exchange or files */
    uint64_t cpu_ns, wall_ns, peak_memory;
    uint64_t groups_total, groups_pruned;
} vonk_task_metrics;

/* What a task that ended says of itself. */
typedef struct vonk_task_result {
    vonk_task_metrics metrics;
    uint32_t n_files; /* WRITE: tokens of staged files (fs.h) */
    char **files;     /* malloc'ed, each and the array; vonk_task_result_free() */
    uint32_t n_ops;   /* what its operators did; none if it failed */
    vonk_op_metrics *ops;
    /* VONK_FETCH failures: what was lost */
    uint32_t lost_stage, lost_map, lost_executor;
} vonk_task_result;

void vonk_task_result_free(vonk_task_result *result);

/* An executor's state that tasks share. */
typedef struct vonk_worker {
    uint32_t executor;   /* its number */
    vonk_budget *budget; /* of the process: &memory->budget */
    vonk_memory *memory;
    const char *spill_dir; /* for rows that do not fit: shuffle/spill.h */
    vonk_store *store;
    vonk_fetcher fetcher;
    struct vonk_shared *shared; /* build sides shared by tasks: exec/shared.h */
} vonk_worker;

/* Where result rows go, in the task's order. The batch is borrowed for the call. */
typedef struct vonk_emit {
    void *context;
    vonk_status (*emit)(void *context, const vonk_task *task, const vonk_batch *batch,
                        vonk_error *err);
} vonk_emit;

/*
 * Runs the task on the calling thread until it ends, fails, or *cancelled becomes true (checked
 * for each batch: VONK_CANCELLED). Exchange output is committed to worker->store only on success;
 * unfinished files are removed on failure. `ret` is filled in both cases.
 */
vonk_status vonk_task_run(vonk_worker *worker, const vonk_task *task, const vonk_emit *emit,
                          const atomic_bool *cancelled, vonk_task_result *ret,
                          vonk_error *err) VONK_MUST_CHECK;

#endif
