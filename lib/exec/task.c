/* task.c - running one task and measuring it. */
#include "exec/task.h"

#include <stdlib.h>
#include <time.h>

#include "exec/debug.h"
#include "exec/pipeline.h"
#include "expr/in_set.h"
#include "expr/random.h"

static uint64_t now_ns(clockid_t clock)
{
    struct timespec ts;
    if (clock_gettime(clock, &ts) != 0)
        return 0;
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void end_settings(vonk_eval_settings *own)
{
    vonk_random_set_free(own->random);
    vonk_in_sets_free(own->in_sets);
}

/* What expressions keep for a task; their long loops look at `cancelled`, too. */
static vonk_status begin_settings(vonk_task *own, const vonk_worker *worker,
                                  const atomic_bool *cancelled, vonk_error *err)
{
    own->settings.cancelled = cancelled;
    own->settings.random = vonk_random_set_new(own->index, err);
    own->settings.in_sets = own->settings.random ? vonk_in_sets_new(worker->budget, err) : NULL;
    if (own->settings.in_sets)
        return VONK_OK;
    end_settings(&own->settings);
    return VONK_NO_MEMORY;
}

vonk_status vonk_task_run(vonk_worker *worker, const vonk_task *task, const vonk_emit *emit,
                          const atomic_bool *cancelled, vonk_task_result *ret, vonk_error *err)
{
    *ret = (vonk_task_result){0};
    vonk_task own = *task;
    VONK_TRY(begin_settings(&own, worker, cancelled, err));
    vonk_run run = {.worker = worker, .task = &own, .emit = emit, .cancelled = cancelled};
    run.result = ret;
    run.arena = vonk_run_arena(&run);
    run.spill_every = vonk_debug_spill();
    vonk_memory_task_begins(worker->memory, task->attempt > 0);
    uint64_t wall = now_ns(CLOCK_MONOTONIC), cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
    vonk_records_start(&run);
    vonk_status status = vonk_debug_task(task, err);
    if (status == VONK_OK)
        status = vonk_pipeline_run(&run, err);
    if (status == VONK_OK)
        status = vonk_records_collect(&run, ret, err);
    vonk_arena_free(&run.arena);
    end_settings(&own.settings);
    vonk_memory_task_ends(worker->memory, status == VONK_NO_MEMORY);
    ret->metrics.wall_ns = now_ns(CLOCK_MONOTONIC) - wall;
    ret->metrics.cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
    return status;
}

void vonk_task_result_free(vonk_task_result *result)
{
    for (uint32_t i = 0; i < result->n_files; i++)
        free(result->files[i]);
    free(result->files);
    free(result->ops);
    result->files = NULL;
    result->n_files = 0;
    result->ops = NULL;
    result->n_ops = 0;
}
