/* Adding up what tasks say of their operators. */
#include <criterion/criterion.h>

#include "session/job_metrics.h"

static vonk_op_metrics op(uint32_t node, uint64_t rows, uint64_t ns)
{
    vonk_op_metrics m = {.node = node};
    m.of[VONK_METRIC_ROWS_OUT] = rows;
    m.of[VONK_METRIC_NS] = ns;
    return m;
}

static void add(vonk_job_metrics *metrics, uint32_t stage, uint32_t task, vonk_op_metrics m)
{
    vonk_task_result result = {.n_ops = 1, .ops = &m};
    cr_assert_eq(vonk_job_metrics_add(metrics, stage, task, &result, NULL), VONK_OK);
}

Test(job_metrics, add_up_by_operator_and_count_each_task_once)
{
    vonk_arena arena = {0};
    vonk_physical scan = {.kind = VONK_OP_SCAN, .id = 1}, *below[] = {&scan};
    vonk_physical exchange = {
        .kind = VONK_OP_EXCHANGE, .id = 2, .n_children = 1, .children = below};
    vonk_physical read = {.kind = VONK_OP_READ, .id = 3};
    vonk_stage stages[] = {{.root = &exchange, .n_tasks = 3},
                           {.id = 1, .root = &read, .n_tasks = 1}};
    vonk_job_metrics *metrics = NULL;
    vonk_op_totals *totals = NULL;
    uint32_t n = 0;
    cr_assert_eq(vonk_job_metrics_new(&arena, stages, 2, &metrics, NULL), VONK_OK);
    add(metrics, 0, 0, op(1, 10, 100));
    add(metrics, 0, 1, op(1, 20, 300));
    add(metrics, 0, 1, op(1, 20, 900)); /* run again: its output was lost */
    add(metrics, 0, 2, op(1, 30, 150));
    add(metrics, 1, 0, op(3, 60, 5));
    add(metrics, 1, 7, op(3, 1, 1)); /* no such task, no such stage: passed over */
    add(metrics, 9, 0, op(3, 1, 1));
    cr_assert_eq(vonk_job_metrics_totals(metrics, &totals, &n, NULL), VONK_OK);
    cr_assert_eq(n, 2);
    cr_expect_eq(totals[0].node, 1);
    cr_expect_eq(totals[0].n_tasks, 3);
    cr_expect_eq(totals[0].sum[VONK_METRIC_ROWS_OUT], 60);
    cr_expect_eq(totals[0].max[VONK_METRIC_NS], 300);
    cr_expect_float_eq(totals[0].skew, 2, 1e-9);
    cr_expect_eq(totals[1].sum[VONK_METRIC_ROWS_OUT], 60);
    vonk_arena_free(&arena);
}

Test(job_metrics, operators_that_a_stage_cannot_have_are_passed_over)
{
    vonk_arena arena = {0};
    vonk_physical range = {.kind = VONK_OP_RANGE, .id = 1};
    vonk_stage stage = {.root = &range, .n_tasks = 100};
    vonk_job_metrics *metrics = NULL;
    vonk_op_totals *totals = NULL;
    uint32_t n = 0;
    cr_assert_eq(vonk_job_metrics_new(&arena, &stage, 1, &metrics, NULL), VONK_OK);
    for (uint32_t i = 0; i < 100; i++)
        add(metrics, 0, i, op(1000 + i, 1, 1));
    cr_assert_eq(vonk_job_metrics_totals(metrics, &totals, &n, NULL), VONK_OK);
    cr_expect_eq(n, 1, "as many as the stage has nodes");
    vonk_arena_free(&arena);
}
