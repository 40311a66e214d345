/*
 * record.h - what an operator of a task counts, at the granularity of batches.
 *
 * Time belongs to the operator that is at work: run->at. Entering another one, by a pushed batch
 * or an end, charges what has passed to the one before. So an operator's time is its own, however
 * deep the chain below it is, for two looks at the clock a batch and operator.
 */
#ifndef VONK_EXEC_RECORD_H
#define VONK_EXEC_RECORD_H

#include "exec/task.h"

struct vonk_run;

/* Of one operator or source; in the run's arena. */
typedef struct vonk_record {
    struct vonk_record *next;
    bool builds; /* the build side of a join: its rows and time count apart */
    vonk_op_metrics metrics;
} vonk_record;

/* A record for `node`; NULL: of what has no node (it is not told). */
vonk_status vonk_record_new(struct vonk_run *run, const vonk_physical *node, bool builds,
                            vonk_record **ret, vonk_error *err) VONK_MUST_CHECK;
/* The clock begins. */
void vonk_records_start(struct vonk_run *run);
/* `record` is at work from now on; returns who was, to be given to the next call. */
vonk_record *vonk_record_switch(struct vonk_run *run, vonk_record *record);

/* A node's records as one, for all nodes: result->ops. */
vonk_status vonk_records_collect(struct vonk_run *run, vonk_task_result *result,
                                 vonk_error *err) VONK_MUST_CHECK;

static inline void vonk_record_add(vonk_record *record, vonk_metric metric, uint64_t n)
{
    record->metrics.of[metric] += n;
}

/* It holds so many bytes now. */
static inline void vonk_record_memory(vonk_record *record, uint64_t bytes)
{
    if (bytes > record->metrics.of[VONK_METRIC_PEAK_MEMORY])
        record->metrics.of[VONK_METRIC_PEAK_MEMORY] = bytes;
}

#endif
