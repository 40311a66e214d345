/* record.c - whose time it is, and what a task says of its operators. */
#include "exec/record.h"

#include <stdlib.h>
#include <time.h>

#include "exec/operator.h"

static uint64_t now_ns(void)
{
    struct timespec ts;
    if (clock_gettime(CLOCK_MONOTONIC, &ts) != 0)
        return 0;
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

vonk_status vonk_record_new(vonk_run *run, const vonk_physical *node, bool builds,
                            vonk_record **ret, vonk_error *err)
{
    vonk_record *record = VONK_NEW(&run->arena, vonk_record, err);
    VONK_TRY_ALLOC(record);
    record->builds = builds;
    if (node) {
        record->metrics.node = node->id;
        record->next = run->records;
        run->records = record;
    }
    *ret = record;
    return VONK_OK;
}

void vonk_records_start(vonk_run *run)
{
    run->at = &run->idle;
    run->since_ns = now_ns();
}

vonk_record *vonk_record_switch(vonk_run *run, vonk_record *record)
{
    vonk_record *before = run->at;
    uint64_t now = now_ns();
    vonk_record_add(before, VONK_METRIC_NS, now - run->since_ns);
    run->since_ns = now;
    run->at = record;
    return before;
}

static void merge(vonk_op_metrics *into, const vonk_record *from)
{
    vonk_op_metrics part = from->metrics;
    if (from->builds) {
        part.of[VONK_METRIC_BUILD_ROWS] = part.of[VONK_METRIC_ROWS_IN];
        part.of[VONK_METRIC_BUILD_NS] = part.of[VONK_METRIC_NS];
        part.of[VONK_METRIC_ROWS_IN] = part.of[VONK_METRIC_BATCHES_IN] = 0;
        part.of[VONK_METRIC_NS] = 0;
    }
    for (int m = 0; m < VONK_N_METRICS; m++)
        into->of[m] += part.of[m];
}

vonk_status vonk_records_collect(vonk_run *run, vonk_task_result *result, vonk_error *err)
{
    uint32_t n = 0;
    for (const vonk_record *r = run->records; r; r = r->next)
        n++;
    if (!n)
        return VONK_OK;
    vonk_op_metrics *ops = calloc(n, sizeof(*ops));
    if (!ops)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    uint32_t n_ops = 0;
    for (const vonk_record *r = run->records; r; r = r->next) {
        uint32_t i = 0;
        while (i < n_ops && ops[i].node != r->metrics.node)
            i++;
        if (i == n_ops)
            ops[n_ops++].node = r->metrics.node;
        merge(&ops[i], r);
    }
    result->ops = ops;
    result->n_ops = n_ops;
    return VONK_OK;
}
