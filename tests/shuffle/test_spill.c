/* test_spill.c - rows that go to disk come back, and leave no file behind. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "shuffle/shuffle.h"

enum { N = 5000 };

static char dir[] = "/tmp/vonk-test-XXXXXX";

static void make_dir(void)
{
    cr_assert_not_null(mkdtemp(dir));
}

static void remove_dir(void)
{
    cr_assert_eq(rmdir(dir), 0); /* fails if a file is left */
}

/* n rows of a bigint and a long string, beginning with number `first`. */
static vonk_batch make_batch(vonk_arena *arena, uint32_t first, uint32_t n)
{
    vonk_batch batch = {.n_rows = n, .n_columns = 2};
    batch.columns = VONK_NEW_ARRAY(arena, vonk_column, 2, NULL);
    cr_assert_eq(vonk_column_new(arena, VONK_TYPE(INT64), n, &batch.columns[0], NULL), VONK_OK);
    cr_assert_eq(vonk_column_new(arena, VONK_TYPE(STRING), n, &batch.columns[1], NULL), VONK_OK);
    for (uint32_t i = 0; i < n; i++) {
        char *text = vonk_arena_printf(arena, NULL, "the row of number %u", first + i);
        ((int64_t *)batch.columns[0].values)[i] = first + i;
        ((vonk_string *)batch.columns[1].values)[i] = vonk_string_of(text, (uint32_t)strlen(text));
    }
    return batch;
}

static void check_batch(const vonk_batch *batch, uint32_t first, uint32_t n)
{
    char text[64];
    cr_assert_eq(batch->n_rows, n);
    for (uint32_t i = 0; i < n; i++) {
        int length = snprintf(text, sizeof text, "the row of number %u", first + i);
        const vonk_string *s = &((vonk_string *)batch->columns[1].values)[i];
        cr_assert_eq(((int64_t *)batch->columns[0].values)[i], first + i);
        cr_assert_eq(s->length, (uint32_t)length);
        cr_assert_eq(memcmp(vonk_string_data(s), text, (size_t)length), 0);
    }
}

Test(spill, gives_the_rows_of_each_run_back, .init = make_dir, .fini = remove_dir)
{
    vonk_arena arena = {0};
    vonk_spill *spill = NULL;
    vonk_spill_run runs[2] = {{0}};
    cr_assert_eq(vonk_spill_open(dir, NULL, &spill, NULL), VONK_OK);
    for (uint32_t i = 0; i < 20; i++) {
        vonk_batch batch = make_batch(&arena, i * N, N);
        cr_assert_eq(vonk_spill_put(spill, &runs[i % 2], &batch, NULL), VONK_OK);
    }
    cr_assert_eq(runs[0].n_rows, 10 * N);
    for (uint32_t i = 0; i < 20; i++) {
        vonk_batch batch;
        vonk_arena_reset(&arena);
        cr_assert_eq(vonk_spill_get(spill, &runs[i % 2].pieces[i / 2], &arena, &batch, NULL),
                     VONK_OK);
        check_batch(&batch, i * N, N);
    }
    vonk_spill_run_free(&runs[0]);
    vonk_spill_run_free(&runs[1]);
    vonk_spill_unref(spill);
    vonk_arena_free(&arena);
}

/* 300 rows of a megabyte, which share their bytes: more than one piece, or a message, may hold. */
Test(spill, cuts_a_batch_of_large_rows, .init = make_dir, .fini = remove_dir)
{
    enum { ROWS = 300, BYTES = 1 << 20 };
    vonk_arena arena = {0};
    vonk_spill *spill = NULL;
    vonk_spill_run run = {0};
    char *text = vonk_arena_zalloc(&arena, BYTES, NULL);
    vonk_batch batch = make_batch(&arena, 0, ROWS), got;
    for (uint32_t i = 0; i < ROWS; i++)
        ((vonk_string *)batch.columns[1].values)[i] = vonk_string_of(text, BYTES - i);
    cr_assert_eq(vonk_spill_open(dir, NULL, &spill, NULL), VONK_OK);
    cr_assert_eq(vonk_spill_put(spill, &run, &batch, NULL), VONK_OK);
    cr_assert_eq(run.n_rows, ROWS);
    cr_assert_gt(run.n_pieces, 4);
    uint32_t row = 0;
    for (uint32_t p = 0; p < run.n_pieces; p++) {
        vonk_arena some = {0};
        cr_assert_eq(vonk_spill_get(spill, &run.pieces[p], &some, &got, NULL), VONK_OK);
        for (uint32_t i = 0; i < got.n_rows; i++, row++) {
            cr_assert_eq(((int64_t *)got.columns[0].values)[i], row);
            cr_assert_eq(((vonk_string *)got.columns[1].values)[i].length, BYTES - row);
        }
        vonk_arena_free(&some);
    }
    cr_assert_eq(row, ROWS);
    vonk_spill_run_free(&run);
    vonk_spill_unref(spill);
    vonk_arena_free(&arena);
}

Test(spill, charges_what_waits_to_be_written, .init = make_dir, .fini = remove_dir)
{
    vonk_budget budget = {.limit = 1};
    vonk_arena arena = {0}, limited = {.budget = &budget};
    vonk_spill *spill = NULL;
    vonk_spill_run run = {0};
    vonk_error err;
    cr_assert_eq(vonk_spill_open(dir, &budget, &spill, NULL), VONK_OK);
    vonk_batch batch = make_batch(&arena, 0, 1000);
    cr_assert_eq(vonk_spill_put(spill, &run, &batch, NULL), VONK_OK);
    cr_assert_geq(budget.used, run.pieces[0].length);
    cr_assert_eq(vonk_spill_flush(spill, NULL), VONK_OK);
    cr_assert_eq(budget.used, 0);
    cr_assert_eq(vonk_spill_get(spill, &run.pieces[0], &limited, &batch, &err), VONK_NO_MEMORY);
    vonk_spill_run_free(&run);
    vonk_spill_unref(spill);
    vonk_arena_free(&arena);
}

Test(spill, says_where_it_could_not_write)
{
    vonk_spill *spill = NULL;
    vonk_error err;
    cr_assert_eq(vonk_spill_open("/nowhere/at/all", NULL, &spill, &err), VONK_IO);
    cr_assert_str_eq(err.message, "cannot spill to /nowhere/at/all: No such file or directory");
}

Test(spill, fails_when_no_more_can_be_written, .init = make_dir, .fini = remove_dir)
{
    struct rlimit most = {100000, 100000};
    vonk_arena arena = {0};
    vonk_spill *spill = NULL;
    vonk_spill_run run = {0};
    vonk_error err;
    char wanted[128];
    (void)signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &most), 0);
    cr_assert_eq(vonk_spill_open(dir, NULL, &spill, &err), VONK_OK);
    vonk_batch batch = make_batch(&arena, 0, N);
    vonk_status status = VONK_OK;
    for (int i = 0; i < 100 && status == VONK_OK; i++)
        status = vonk_spill_put(spill, &run, &batch, &err);
    cr_assert_eq(status, VONK_IO);
    (void)snprintf(wanted, sizeof wanted, "cannot spill to %s: File too large", dir);
    cr_assert_str_eq(err.message, wanted);
    vonk_spill_run_free(&run);
    vonk_spill_unref(spill);
    vonk_arena_free(&arena);
}

Test(spill, takes_the_rows_of_a_block_and_more_after_them, .init = make_dir, .fini = remove_dir)
{
    vonk_arena arena = {0};
    vonk_spill *spill = NULL;
    vonk_block *block = NULL;
    vonk_batch batch = make_batch(&arena, 0, N), got;
    cr_assert_eq(vonk_spill_open(dir, NULL, &spill, NULL), VONK_OK);
    cr_assert_eq(vonk_block_new(NULL, &block, NULL), VONK_OK);
    cr_assert_eq(vonk_block_append(block, &batch, NULL, N, NULL), VONK_OK);
    cr_assert_eq(vonk_block_evict(block, spill, NULL), VONK_OK);
    cr_assert_eq(block->arena.total, 0);
    batch = make_batch(&arena, N, 10);
    cr_assert_eq(vonk_block_append(block, &batch, NULL, 10, NULL), VONK_OK);
    vonk_spill_unref(spill); /* the block has its own */
    cr_assert_eq(vonk_block_batches(block), 2);
    cr_assert_eq(vonk_block_batch(block, 0, &arena, &got, NULL), VONK_OK);
    check_batch(&got, 0, N);
    cr_assert_eq(vonk_block_batch(block, 1, &arena, &got, NULL), VONK_OK);
    check_batch(&got, N, 10);
    vonk_block_unref(block);
    vonk_arena_free(&arena);
}
