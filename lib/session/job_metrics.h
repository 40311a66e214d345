/*
 * job_metrics.h - adds up, by operator, what the tasks of a job say of themselves. A task that is
 * run again (its output was lost) counts once. Belongs to the session's thread; all memory is in
 * the job's arena.
 */
#ifndef VONK_SESSION_JOB_METRICS_H
#define VONK_SESSION_JOB_METRICS_H

#include "exec/task.h"

typedef struct vonk_job_metrics vonk_job_metrics;

vonk_status vonk_job_metrics_new(vonk_arena *arena, const vonk_stage *stages, uint32_t n_stages,
                                 vonk_job_metrics **ret, vonk_error *err) VONK_MUST_CHECK;
/* A task of `stage` finished. */
vonk_status vonk_job_metrics_add(vonk_job_metrics *metrics, uint32_t stage, uint32_t task,
                                 const vonk_task_result *result, vonk_error *err) VONK_MUST_CHECK;
/* All operators seen so far, stage by stage. Once. */
vonk_status vonk_job_metrics_totals(vonk_job_metrics *metrics, vonk_op_totals **ret,
                                    uint32_t *ret_n, vonk_error *err) VONK_MUST_CHECK;

#endif
