/* metrics_print.h - a plan that ran, with what its operators did: EXPLAIN ANALYZE. */
#ifndef VONK_PLAN_METRICS_PRINT_H
#define VONK_PLAN_METRICS_PRINT_H

#include "plan/metrics.h"
#include "plan/physical.h"

/* A job's plan, cut into stages (the last one's root is the plan's), and its figures. */
typedef struct vonk_ran_plan {
    uint32_t n_stages;
    const vonk_stage *stages;
    uint32_t n_ops;
    const vonk_op_totals *ops;
} vonk_ran_plan;

/*
 * The tree of EXPLAIN; under each operator a line of what is known of it:
 *
 *     HashAggregate(keys=[k], functions=[count(1)])
 *          output rows: 3, input rows: 6, time: 0.2 ms, tasks: 2, peak memory: 130.0 KiB
 */
vonk_status vonk_ran_plan_print(const vonk_ran_plan *ran, vonk_arena *arena, vonk_buffer *out,
                                vonk_error *err) VONK_MUST_CHECK;

/* The figures of a node of the physical plan, NULL if no task told any. */
const vonk_op_totals *vonk_ran_plan_find(const vonk_ran_plan *ran, uint32_t node);

#endif
