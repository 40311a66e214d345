/*
 * slots.h - the tasks of an executor: a queue, N threads, and what ended but is not acknowledged.
 *
 *     TASK ──▶ queued ──▶ running ──▶ ended ──acknowledged──▶ gone
 *                 └──────── killed, job over ──▶ ended
 *
 * A task is known by its id (job, stage, index, attempt) until the driver acknowledged its end, so
 * that a TASK that comes twice runs once. Thread-safe.
 */
#ifndef VONK_EXECUTOR_SLOTS_H
#define VONK_EXECUTOR_SLOTS_H

#include "exec/task.h"
#include "rpc/pipeline.h"
#include "wire/messages.h"

typedef struct vonk_slots vonk_slots;

/* `worker` outlives the slots. */
vonk_status vonk_slots_new(vonk_worker *worker, uint32_t n_slots, vonk_slots **ret,
                           vonk_error *err) VONK_MUST_CHECK;
/* Starts the threads; ended tasks and rows go to `results`. */
vonk_status vonk_slots_start(vonk_slots *slots, vonk_rpc_push *results, bool compress,
                             vonk_error *err) VONK_MUST_CHECK;

/* Queues a TASK message (copied). A task that is known already is left alone. */
vonk_status vonk_slots_add(vonk_slots *slots, vonk_slice message, vonk_error *err) VONK_MUST_CHECK;
void vonk_slots_kill(vonk_slots *slots, const vonk_wire_task_id *id);
/* Kills a job's tasks and drops what it left, as soon as none of them runs. */
void vonk_slots_end_job(vonk_slots *slots, uint64_t job);
/* The driver knows the ends of these tasks. */
void vonk_slots_acknowledge(vonk_slots *slots, const vonk_wire_task_id *ids, uint32_t n);

/* Fills the heartbeat's lists; what they point to lives in `arena`. */
vonk_status vonk_slots_report(vonk_slots *slots, vonk_arena *arena, vonk_wire_heartbeat *ret,
                              vonk_error *err) VONK_MUST_CHECK;

/*
 * For the end of the process: cancels all tasks, waits up to `writes_ms` for those that write
 * files, as what a writer leaves half done stays where it wrote, and up to `others_ms` for all
 * others, as what they hold goes with the process. The threads may run on: the slots are not freed.
 */
void vonk_slots_abandon(vonk_slots *slots, int others_ms, int writes_ms);

#endif
