/* What operators did, added up and printed. */
#include <criterion/criterion.h>
#include <string.h>

#include "plan/metrics_print.h"

Test(metrics, skew_is_the_greatest_over_the_median)
{
    cr_expect_float_eq(vonk_metric_skew((uint64_t[]){30, 10, 20}, 3), 1.5, 1e-9);
    cr_expect_float_eq(vonk_metric_skew((uint64_t[]){8, 2, 4, 1}, 4), 4, 1e-9);
    cr_expect_float_eq(vonk_metric_skew((uint64_t[]){7}, 1), 1, 1e-9);
    cr_expect_eq(vonk_metric_skew((uint64_t[]){0, 0, 9}, 3), 0, "no median to divide by");
    cr_expect_eq(vonk_metric_skew(NULL, 0), 0);
}

Test(metrics, tasks_add_up_and_the_greatest_is_kept)
{
    vonk_op_totals totals = {.node = 4};
    vonk_op_metrics a = {.node = 4}, b = {.node = 4};
    a.of[VONK_METRIC_ROWS_OUT] = 3;
    a.of[VONK_METRIC_PEAK_MEMORY] = 100;
    b.of[VONK_METRIC_ROWS_OUT] = 5;
    b.of[VONK_METRIC_PEAK_MEMORY] = 70;
    vonk_op_totals_add(&totals, &a);
    vonk_op_totals_add(&totals, &b);
    cr_expect_eq(totals.n_tasks, 2);
    cr_expect_eq(totals.sum[VONK_METRIC_ROWS_OUT], 8);
    cr_expect_eq(totals.max[VONK_METRIC_PEAK_MEMORY], 100);
}

Test(metrics, every_metric_has_a_name_of_its_own)
{
    for (int m = 0; m < VONK_N_METRICS; m++) {
        cr_assert(vonk_metric_name((vonk_metric)m));
        for (int k = 0; k < m; k++)
            cr_expect_str_neq(vonk_metric_name((vonk_metric)m), vonk_metric_name((vonk_metric)k));
    }
    cr_expect_str_eq(vonk_metric_name(VONK_N_METRICS), "?");
}

static vonk_physical *op(vonk_arena *arena, vonk_op_kind kind, uint32_t id, uint32_t n_children)
{
    vonk_physical *plan = vonk_physical_new(arena, kind, n_children, NULL);
    plan->id = id;
    plan->limit = -1;
    return plan;
}

/* A union of one exchange, read twice. */
Test(metrics, a_plan_that_ran_is_printed_through_its_exchanges)
{
    vonk_arena arena = {0};
    vonk_physical *exchange = op(&arena, VONK_OP_EXCHANGE, 2, 1);
    exchange->children[0] = op(&arena, VONK_OP_RANGE, 1, 0);
    exchange->children[0]->range_end = 10;
    exchange->children[0]->range_step = 1;
    vonk_physical *both = op(&arena, VONK_OP_UNION, 3, 2);
    both->children[0] = op(&arena, VONK_OP_READ, 4, 0);
    both->children[1] = op(&arena, VONK_OP_READ, 5, 0);
    vonk_stage stages[] = {{.id = 0, .root = exchange, .n_tasks = 2},
                           {.id = 1, .root = both, .n_tasks = 1, .is_result = true}};
    vonk_op_totals ops[] = {{.node = 1, .n_tasks = 2, .skew = 1.5},
                            {.node = 2, .n_tasks = 2},
                            {.node = 4, .n_tasks = 1}};
    ops[0].sum[VONK_METRIC_ROWS_OUT] = ops[1].sum[VONK_METRIC_ROWS_OUT] = 10;
    ops[2].sum[VONK_METRIC_ROWS_OUT] = 10;
    ops[0].sum[VONK_METRIC_NS] = 5000000;
    ops[0].max[VONK_METRIC_NS] = 3000000;
    ops[1].sum[VONK_METRIC_BYTES_WRITTEN] = 4096;
    ops[1].sum[VONK_METRIC_SPILLED] = 100;
    ops[0].sum[VONK_METRIC_BATCHES_OUT] = 3;
    vonk_ran_plan ran = {2, stages, 3, ops};
    vonk_buffer out = {0};
    cr_assert_eq(vonk_ran_plan_print(&ran, &arena, &out, NULL), VONK_OK);
    cr_expect_str_eq(vonk_buffer_str(&out),
                     "Union\n"
                     ":- Exchange SinglePartition\n"
                     ":       output rows: 10, data size: 4.0 KiB, time: 0 us, tasks: 2, spill "
                     "size: 100.0 B, rows fetched: 10, fetch time: 0 us\n"
                     ":  +- Range (0, 10, step=1)\n"
                     ":          output rows: 10, time: 5.0 ms, tasks: 2, slowest: 3.0 ms, skew: "
                     "1.5, batches: 3\n"
                     "+- ReusedExchange [], Exchange SinglePartition\n",
                     "%s", vonk_buffer_str(&out));
    vonk_buffer_free(&out);
    vonk_arena_free(&arena);
}
