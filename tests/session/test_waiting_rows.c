/* Rows of result tasks until it is their turn. */
#include <criterion/criterion.h>
#include <string.h>

#include "session/waiting_rows.h"

#define ROWS 1001u

/* A block of one bigint column, as it comes from a socket: first, first + 1, ... */
static vonk_block *rows_from(int64_t first)
{
    vonk_block *block = NULL;
    vonk_column column;
    cr_assert_eq(vonk_block_new(NULL, &block, NULL), VONK_OK);
    vonk_type type = {.id = VONK_INT64};
    cr_assert_eq(vonk_column_new(&block->arena, type, ROWS, &column, NULL), VONK_OK);
    for (uint32_t i = 0; i < ROWS; i++)
        ((int64_t *)column.values)[i] = first + i;
    vonk_column *columns = VONK_NEW_ARRAY(&block->arena, vonk_column, 1, NULL);
    cr_assert(columns);
    columns[0] = column;
    vonk_batch batch = {.n_rows = ROWS, .n_columns = 1, .columns = columns};
    cr_assert_eq(vonk_block_adopt(block, &batch, NULL), VONK_OK);
    return block;
}

/* Expects rows 0, 1, 2, ... */
static vonk_status expect_next(void *context, const vonk_batch *batch, vonk_error *err)
{
    (void)err;
    int64_t *next = context;
    for (uint32_t i = 0; i < batch->n_rows; i++)
        cr_assert_eq(((int64_t *)batch->columns[0].values)[i], (*next)++);
    return VONK_OK;
}

static void add(vonk_waiting_rows *w, uint32_t task, uint32_t attempt, int64_t first)
{
    vonk_error err;
    cr_assert_eq(vonk_waiting_rows_add(w, task, attempt, rows_from(first), &err), VONK_OK, "%s",
                 err.message);
}

static int64_t hand_on(vonk_waiting_rows *w, int64_t *next)
{
    cr_assert_eq(vonk_waiting_rows_hand_on(w, next, expect_next, NULL), VONK_OK);
    return *next;
}

static void come_in_order(size_t in_memory)
{
    vonk_arena arena = {0};
    vonk_budget budget = {0};
    vonk_waiting_rows w;
    vonk_waiting_limits limits = {
        .in_memory = in_memory, .spill_dir = vonk_spill_dir(NULL), .budget = &budget};
    int64_t next = 0;
    cr_assert_eq(vonk_waiting_rows_init(&w, &limits, 3, &arena, NULL), VONK_OK);
    for (int64_t i = 0; i < 20; i++)
        add(&w, 2, 0, (22 + i) * ROWS);
    cr_assert(vonk_waiting_rows_finished(&w, 2));
    add(&w, 0, 0, 0);
    add(&w, 0, 0, ROWS);
    cr_expect_eq(hand_on(&w, &next), 0);
    cr_assert(vonk_waiting_rows_finished(&w, 0));
    cr_expect_eq(hand_on(&w, &next), 2 * ROWS);
    for (int64_t i = 0; i < 20; i++)
        add(&w, 1, 0, (2 + i) * ROWS);
    cr_expect(!in_memory || w.bytes <= in_memory);
    cr_expect_leq(budget.used, 4096, "of what waits on disk only its places are held");
    cr_assert(vonk_waiting_rows_finished(&w, 1));
    cr_expect(!vonk_waiting_rows_finished(&w, 1));
    cr_expect_eq(hand_on(&w, &next), 42 * ROWS);
    cr_expect_eq(w.bytes, 0);
    vonk_waiting_rows_free(&w);
    vonk_arena_free(&arena);
}

Test(waiting_rows, come_in_the_order_of_tasks_wherever_they_waited)
{
    come_in_order(0);
    come_in_order(1);
    come_in_order(100 * ROWS);
    come_in_order(SIZE_MAX);
}

Test(waiting_rows, of_an_attempt_that_failed_do_not_count)
{
    for (size_t in_memory = 0; in_memory < 2; in_memory++) {
        vonk_arena arena = {0};
        vonk_waiting_rows w;
        vonk_waiting_limits limits = {
            .in_memory = in_memory, .result = 12 * ROWS, .spill_dir = vonk_spill_dir(NULL)};
        int64_t next = 0;
        cr_assert_eq(vonk_waiting_rows_init(&w, &limits, 1, &arena, NULL), VONK_OK);
        add(&w, 0, 0, 77);
        vonk_waiting_rows_failed(&w, 0, 0);
        cr_expect_eq(w.result_bytes, 0);
        add(&w, 0, 1, 78);
        add(&w, 0, 2, 0);  /* takes the place of attempt 1, whose end was not heard of */
        add(&w, 0, 1, 79); /* late */
        vonk_waiting_rows_failed(&w, 0, 1);
        cr_assert(vonk_waiting_rows_finished(&w, 0));
        cr_expect_eq(hand_on(&w, &next), ROWS);
        vonk_waiting_rows_free(&w);
        vonk_arena_free(&arena);
    }
}

Test(waiting_rows, that_are_more_than_the_result_may_have_fail)
{
    vonk_arena arena = {0};
    vonk_error err;
    vonk_waiting_rows w;
    vonk_waiting_limits limits = {.result = 3 * ROWS * sizeof(int64_t)};
    cr_assert_eq(vonk_waiting_rows_init(&w, &limits, 2, &arena, NULL), VONK_OK);
    add(&w, 1, 0, 0);
    add(&w, 0, 0, 0);
    add(&w, 0, 0, 0);
    cr_assert_eq(vonk_waiting_rows_add(&w, 1, 0, rows_from(0), &err), VONK_NO_MEMORY);
    cr_expect_str_eq(err.message,
                     "Job aborted due to stage failure: Total size of serialized results of 2 "
                     "tasks (31.3 KiB) is bigger than spark.driver.maxResultSize (23.5 KiB)");
    vonk_waiting_rows_free(&w);
    vonk_arena_free(&arena);
}
