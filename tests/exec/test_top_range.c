/* test_top_range.c - what the tasks of an executor tell each other about a top-N. */
#include <criterion/criterion.h>

#include "exec/shared.h"
#include "exec/top_range.h"

enum { LIMIT = 3 };

static vonk_worker worker;
static vonk_run runs[8];
static vonk_task tasks[8];

static void start(void)
{
    cr_assert_eq(vonk_shared_new(&worker.shared, NULL), VONK_OK);
}

static void end(void)
{
    for (uint32_t i = 0; i < 8; i++)
        vonk_arena_free(&runs[i].arena);
    vonk_shared_free(worker.shared);
}

TestSuite(top_range, .init = start, .fini = end);

static vonk_physical sort_by(vonk_expr *key, bool descending)
{
    static vonk_expr input = {.kind = VONK_EXPR_INPUT, .type = {.id = VONK_INT64}};
    static vonk_expr *input_of[1], *keys[1];
    input_of[0] = &input;
    keys[0] = key;
    *key = (vonk_expr){.kind = VONK_EXPR_SORT, .n_args = 1, .args = input_of};
    key->descending = descending;
    return (vonk_physical){
        .kind = VONK_OP_SORT, .id = 7, .limit = LIMIT, .n_keys = 1, .keys = keys};
}

/* Run number `run`: of task `task`. */
static vonk_top_range *range_of(const vonk_physical *sort, uint32_t run, uint32_t task)
{
    vonk_top_range *range = NULL;
    tasks[run] = (vonk_task){.job = 1, .index = task};
    runs[run].worker = &worker;
    runs[run].task = &tasks[run];
    cr_assert_eq(vonk_top_range_new(&runs[run], sort, 0, &range, NULL), VONK_OK);
    return range;
}

static void add(vonk_top_range *range, uint32_t n, int64_t first, int64_t step)
{
    int64_t values[64];
    for (uint32_t i = 0; i < n; i++)
        values[i] = first + step * (int64_t)i;
    vonk_column col = {.type = {.id = VONK_INT64}, .length = n, .values = values};
    vonk_batch batch = {.n_rows = n, .n_columns = 1, .columns = &col};
    vonk_top_range_add(range, &batch);
}

Test(top_range, is_open_until_there_are_enough_rows)
{
    vonk_expr key;
    vonk_physical sort = sort_by(&key, true);
    vonk_top_range *range = range_of(&sort, 0, 0);
    add(range, 2, 10, 1);
    cr_expect(vonk_key_filter_is_open(&range->filter));
    add(range, 1, 5, 0);
    cr_expect_eq(range->filter.min, 5);
    cr_expect_eq(range->filter.max, INT64_MAX);
}

Test(top_range, the_bar_is_of_all_tasks_rows)
{
    vonk_expr key;
    vonk_physical sort = sort_by(&key, false);
    vonk_top_range *a = range_of(&sort, 0, 0), *b = range_of(&sort, 1, 1);
    add(a, 40, 100, -2); /* 100 .. 22 */
    cr_expect_eq(a->filter.max, 26);
    add(b, 2, 23, 10);
    cr_expect_eq(b->filter.max, 24, "22, 23, 24");
    cr_expect_eq(a->filter.max, 26, "it has not looked yet");
    add(a, 1, 1, 0);
    cr_expect_eq(a->filter.max, 23);
}

Test(top_range, a_row_counts_once_when_its_task_runs_again)
{
    vonk_expr key;
    vonk_physical sort = sort_by(&key, true);
    vonk_top_range *first = range_of(&sort, 0, 4);
    add(first, 2, 10, 0);
    vonk_top_range *again = range_of(&sort, 1, 4);
    add(again, 2, 10, 0);
    cr_expect(vonk_key_filter_is_open(&again->filter), "there are two rows, not four");
    add(first, 2, 10, 0); /* still going, but it no longer counts */
    cr_expect(vonk_key_filter_is_open(&first->filter));
    add(again, 1, 9, 0);
    cr_expect_eq(again->filter.min, 9);
}

Test(top_range, a_bar_stays_when_its_task_runs_again)
{
    vonk_expr key;
    vonk_physical sort = sort_by(&key, true);
    add(range_of(&sort, 0, 0), 3, 50, 1);
    vonk_top_range *again = range_of(&sort, 1, 0);
    cr_expect_eq(again->filter.min, 50);
    add(again, 3, 50, 1);
    vonk_top_range_narrow(again, 40);
    cr_expect_eq(again->filter.min, 50, "never wider");
    vonk_top_range_narrow(again, 51);
    cr_expect_eq(again->filter.min, 51);
}
