/* metrics.c - adding up what operators did. */
#include "plan/metrics.h"

#include <stdlib.h>

const char *vonk_metric_name(vonk_metric metric)
{
    static const char *const names[VONK_N_METRICS] = {
        [VONK_METRIC_ROWS_IN] = "rows_in",
        [VONK_METRIC_BATCHES_IN] = "batches_in",
        [VONK_METRIC_ROWS_OUT] = "rows_out",
        [VONK_METRIC_BATCHES_OUT] = "batches_out",
        [VONK_METRIC_NS] = "time_ns",
        [VONK_METRIC_BUILD_ROWS] = "build_rows",
        [VONK_METRIC_BUILD_NS] = "build_time_ns",
        [VONK_METRIC_BYTES_READ] = "bytes_read",
        [VONK_METRIC_BYTES_WRITTEN] = "bytes_written",
        [VONK_METRIC_ROWS_READ] = "rows_read",
        [VONK_METRIC_ROWS_FILTERED] = "rows_filtered",
        [VONK_METRIC_ROWS_PROBED] = "rows_runtime_filtered",
        [VONK_METRIC_GROUPS] = "row_groups",
        [VONK_METRIC_GROUPS_PRUNED] = "row_groups_pruned",
        [VONK_METRIC_PEAK_MEMORY] = "peak_memory",
        [VONK_METRIC_SPILLED] = "spilled_bytes",
        [VONK_METRIC_PAGES] = "pages",
        [VONK_METRIC_PAGES_PRUNED] = "pages_pruned",
        [VONK_METRIC_BYTES_PRUNED] = "bytes_pruned",
    };
    return (unsigned)metric < VONK_N_METRICS ? names[metric] : "?";
}

void vonk_op_totals_add(vonk_op_totals *totals, const vonk_op_metrics *task)
{
    for (int m = 0; m < VONK_N_METRICS; m++) {
        totals->sum[m] += task->of[m];
        if (task->of[m] > totals->max[m])
            totals->max[m] = task->of[m];
    }
    totals->n_tasks++;
}

static int ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

double vonk_metric_skew(uint64_t *values, uint32_t n)
{
    if (!n)
        return 0;
    qsort(values, n, sizeof(*values), ascending);
    uint64_t median = values[(n - 1) / 2];
    return median ? (double)values[n - 1] / (double)median : 0;
}
