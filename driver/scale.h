/*
 * scale.h - how many executors more: a pure function of the work that waits and of time.
 *
 * Source: Spark's ExecutorAllocationManager: a backlog must last for a second
 * (spark.dynamicAllocation.schedulerBacklogTimeout), then 1, 2, 4, ... executors are asked for,
 * each second that it goes on.
 */
#ifndef VONK_DRIVER_SCALE_H
#define VONK_DRIVER_SCALE_H

#include <stdint.h>

#define VONK_SCALE_BACKLOG_MS 1000

typedef struct vonk_scale {
    uint32_t max, slots; /* of executors; of each one */
    int64_t since_ms;    /* since when more are wanted, or were asked for last; 0: none are */
    uint32_t step;
} vonk_scale;

/*
 * How many executors to ask for now. `n_tasks` run or wait, `n_executors` are there or on their
 * way; now_ms is monotonic and not 0.
 */
uint32_t vonk_scale_up(vonk_scale *scale, int64_t now_ms, uint32_t n_tasks, uint32_t n_executors);

#endif
