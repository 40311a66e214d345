/*
 * stages.h - decoded stages, shared by their tasks until the job is over. Thread-safe.
 *
 * Tasks of a stage carry the same bytes; they are decoded once, and what tasks share beyond their
 * own life (the build side of a join) may point into the plan.
 */
#ifndef VONK_EXECUTOR_STAGES_H
#define VONK_EXECUTOR_STAGES_H

#include "wire/messages.h"

typedef struct vonk_stages vonk_stages;

vonk_status vonk_stages_new(vonk_budget *budget, vonk_stages **ret,
                            vonk_error *err) VONK_MUST_CHECK;
/* The stage of these bytes; it lives until vonk_stages_drop_job(). */
vonk_status vonk_stages_get(vonk_stages *stages, uint64_t job, uint32_t stage, vonk_slice bytes,
                            const vonk_wire_stage **ret, vonk_error *err) VONK_MUST_CHECK;
void vonk_stages_drop_job(vonk_stages *stages, uint64_t job);
void vonk_stages_free(vonk_stages *stages); /* NULL is fine */

#endif
