/*
 * metrics.h - what each operator of a plan did: by task, and over the tasks of a stage.
 *
 * Tasks count (exec/record.h), the wire carries (wire/metrics.h), the session adds up
 * (session/job_metrics.h), EXPLAIN ANALYZE and the query log show. Operators are known by the id of
 * their node in the physical plan.
 */
#ifndef VONK_PLAN_METRICS_H
#define VONK_PLAN_METRICS_H

#include <stdint.h>

/* The numbers travel: a new one goes to the end. */
typedef enum vonk_metric {
    VONK_METRIC_ROWS_IN,
    VONK_METRIC_BATCHES_IN,
    VONK_METRIC_ROWS_OUT,
    VONK_METRIC_BATCHES_OUT,
    VONK_METRIC_NS,         /* of the operator itself, without those that it hands rows to */
    VONK_METRIC_BUILD_ROWS, /* joins: rows of the build side */
    VONK_METRIC_BUILD_NS,
    VONK_METRIC_BYTES_READ,    /* scans: of files */
    VONK_METRIC_BYTES_WRITTEN, /* exchanges, files */
    VONK_METRIC_ROWS_READ,     /* scans: before filters */
    VONK_METRIC_ROWS_FILTERED, /* scans: taken away by pushed filters */
    VONK_METRIC_ROWS_PROBED,   /* scans: taken away by the keys of joins */
    VONK_METRIC_GROUPS,        /* scans: row groups of their splits */
    VONK_METRIC_GROUPS_PRUNED,
    VONK_METRIC_PEAK_MEMORY, /* bytes held, where that is known */
    VONK_METRIC_SPILLED,     /* bytes written to disk for want of memory */
    VONK_METRIC_PAGES,       /* scans: of columns whose pages' statistics were asked */
    VONK_METRIC_PAGES_PRUNED,
    VONK_METRIC_BYTES_PRUNED, /* scans: of the columns, in row groups and pages left out */
    VONK_N_METRICS,
} vonk_metric;

/* "rows_in", as in the query log. */
const char *vonk_metric_name(vonk_metric metric);

typedef struct vonk_op_metrics {
    uint32_t node;
    uint64_t of[VONK_N_METRICS];
} vonk_op_metrics;

/* All tasks of an operator. */
typedef struct vonk_op_totals {
    uint32_t node, n_tasks;
    uint64_t sum[VONK_N_METRICS], max[VONK_N_METRICS];
    double skew; /* of time: the slowest task's over the median task's; 0 = not known */
} vonk_op_totals;

void vonk_op_totals_add(vonk_op_totals *totals, const vonk_op_metrics *task);
/* Greatest over median (the lower one of an even number); sorts `values`. 0 if the median is 0. */
double vonk_metric_skew(uint64_t *values, uint32_t n);

#endif
