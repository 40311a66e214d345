/* test_block.c - blocks keep copies of rows; the store hands them out. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "kernel/kernel.h"
#include "shuffle/block_cursor.h"
#include "shuffle/block_reader.h"

enum { N = 20000 };

/* n rows: a bigint (every fifth null) and a string, long for odd rows. */
static vonk_batch make_batch(vonk_arena *arena, uint32_t n)
{
    vonk_batch batch = {.n_rows = n, .n_columns = 2};
    batch.columns = VONK_NEW_ARRAY(arena, vonk_column, 2, NULL);
    cr_assert_eq(vonk_column_new(arena, VONK_TYPE(INT64), n, &batch.columns[0], NULL), VONK_OK);
    cr_assert_eq(vonk_column_add_validity(arena, &batch.columns[0], NULL), VONK_OK);
    cr_assert_eq(vonk_column_new(arena, VONK_TYPE(STRING), n, &batch.columns[1], NULL), VONK_OK);
    for (uint32_t i = 0; i < n; i++) {
        char text[64];
        int length = snprintf(text, sizeof(text), i % 2 ? "a long string, number %u" : "s%u", i);
        char *copy = vonk_arena_strndup(arena, text, (size_t)length, NULL);
        ((int64_t *)batch.columns[0].values)[i] = (int64_t)i * 10;
        vonk_bit_set(batch.columns[0].validity, i, i % 5 != 0);
        ((vonk_string *)batch.columns[1].values)[i] = vonk_string_of(copy, (uint32_t)length);
    }
    return batch;
}

static void check_row(const vonk_batch *batch, uint32_t row, uint32_t number)
{
    char text[64];
    int length =
        snprintf(text, sizeof(text), number % 2 ? "a long string, number %u" : "s%u", number);
    const vonk_string *s = &((vonk_string *)batch->columns[1].values)[row];
    cr_assert_eq(vonk_column_is_valid(&batch->columns[0], row), number % 5 != 0);
    if (number % 5)
        cr_assert_eq(((int64_t *)batch->columns[0].values)[row], (int64_t)number * 10);
    cr_assert_eq(s->length, (uint32_t)length);
    cr_assert_eq(memcmp(vonk_string_data(s), text, (size_t)length), 0);
}

static const vonk_schema *schema(void)
{
    static vonk_field fields[] = {{"a", {.id = VONK_INT64}, true},
                                  {"b", {.id = VONK_STRING}, true}};
    static const vonk_schema s = {2, fields};
    return &s;
}

Test(block, outlives_the_rows_it_copied)
{
    vonk_arena arena = {0}, out = {0};
    vonk_block *block = NULL;
    vonk_batch all;
    cr_assert_eq(vonk_block_new(NULL, &block, NULL), VONK_OK);
    vonk_batch batch = make_batch(&arena, N);
    uint32_t sel[] = {N - 1, 5, 5, 0, 77};
    cr_assert_eq(vonk_block_append(block, &batch, sel, 5, NULL), VONK_OK);
    cr_assert_eq(vonk_block_append(block, &batch, NULL, N, NULL), VONK_OK);
    vonk_arena_free(&arena);
    cr_assert_eq(block->n_rows, N + 5);
    cr_assert_eq(vonk_block_concat(block, schema(), &out, &all, NULL), VONK_OK);
    cr_assert_eq(all.n_rows, N + 5);
    for (uint32_t i = 0; i < 5; i++)
        check_row(&all, i, sel[i]);
    for (uint32_t i = 0; i < N; i++)
        check_row(&all, i + 5, i);
    vonk_arena_free(&out);
    vonk_block_unref(block);
}

Test(block, charges_what_it_takes_itself)
{
    vonk_budget budget = {0};
    vonk_spill *spill = NULL;
    vonk_block *block = NULL;
    vonk_arena arena = {0};
    vonk_batch batch = make_batch(&arena, 100);
    cr_assert_eq(vonk_block_new(&budget, &block, NULL), VONK_OK);
    cr_expect_geq(budget.used, sizeof(*block));
    cr_assert_eq(vonk_spill_open(vonk_spill_dir(NULL), &budget, &spill, NULL), VONK_OK);
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(vonk_block_spill(block, spill, &batch, NULL), VONK_OK);
    cr_assert_eq(vonk_spill_flush(spill, NULL), VONK_OK);
    cr_expect_eq(block->arena.total, 0);
    cr_expect_geq(budget.used, 1000 * sizeof(vonk_spill_piece));
    vonk_block_unref(block);
    vonk_spill_unref(spill);
    cr_expect_eq(budget.used, 0);
    vonk_arena_free(&arena);
}

Test(block, is_not_concatenated_for_who_has_stopped)
{
    atomic_bool stop = true;
    vonk_arena arena = {0}, out = {.stop = &stop};
    vonk_block *block = NULL;
    vonk_batch all;
    cr_assert_eq(vonk_block_new(NULL, &block, NULL), VONK_OK);
    vonk_batch batch = make_batch(&arena, N);
    cr_assert_eq(vonk_block_append(block, &batch, NULL, N, NULL), VONK_OK);
    cr_assert_gt(block->n_batches, 1);
    cr_assert_eq(vonk_block_concat(block, schema(), &out, &all, NULL), VONK_CANCELLED);
    atomic_store(&stop, false);
    cr_assert_eq(vonk_block_concat(block, schema(), &out, &all, NULL), VONK_OK);
    cr_assert_eq(all.n_rows, N);
    vonk_arena_free(&arena);
    vonk_arena_free(&out);
    vonk_block_unref(block);
}

/* Rows from .. to of a block whose row i is row i of make_batch(). */
static void check_range(vonk_block_reader *reader, uint32_t from, uint32_t to)
{
    vonk_batch rows;
    cr_assert_eq(vonk_block_reader_get(reader, from, to, &rows, NULL), VONK_OK);
    cr_assert_eq(rows.n_rows, to - from);
    for (uint32_t i = from; i < to; i++)
        check_row(&rows, i - from, i);
}

Test(block, is_read_in_ranges_that_move_forward_from_memory_and_disk)
{
    vonk_arena arena = {0};
    vonk_block *block = NULL;
    vonk_spill *spill = NULL;
    vonk_block_reader reader;
    vonk_batch batch = make_batch(&arena, N), rest;
    cr_assert_eq(vonk_block_new(NULL, &block, NULL), VONK_OK);
    cr_assert_eq(vonk_spill_open(vonk_spill_dir(NULL), NULL, &spill, NULL), VONK_OK);
    cr_assert_eq(vonk_block_append(block, &batch, NULL, N / 2, NULL), VONK_OK);
    cr_assert_eq(vonk_block_evict(block, spill, NULL), VONK_OK);
    cr_assert_eq(vonk_batch_slice(&arena, &batch, N / 2, N - N / 2, &rest, NULL), VONK_OK);
    cr_assert_eq(vonk_block_append(block, &rest, NULL, N - N / 2, NULL), VONK_OK);
    vonk_block_reader_init(&reader, block, schema());
    check_range(&reader, 3, 10);
    check_range(&reader, 3, 10);
    check_range(&reader, 9, N / 2 + 1);
    check_range(&reader, N / 2 - 5, N / 2 + 5);
    check_range(&reader, N - 7, N);
    check_range(&reader, N, N);
    cr_assert_eq(vonk_block_reader_get(&reader, N, N + 1, &rest, NULL), VONK_INVALID);
    vonk_block_reader_fini(&reader);
    vonk_block_unref(block);
    vonk_spill_unref(spill);
    vonk_arena_free(&arena);
}

Test(block, of_no_rows_concats_to_empty_columns)
{
    vonk_arena out = {0};
    vonk_block *block = NULL;
    vonk_batch all;
    cr_assert_eq(vonk_block_new(NULL, &block, NULL), VONK_OK);
    cr_assert_eq(vonk_block_concat(block, schema(), &out, &all, NULL), VONK_OK);
    cr_assert_eq(all.n_rows, 0);
    cr_assert_eq(all.n_columns, 2);
    cr_assert_eq(all.columns[1].type.id, VONK_STRING);
    vonk_arena_free(&out);
    vonk_block_unref(block);
}

Test(block, keeps_count_of_rows_without_columns)
{
    vonk_block *block = NULL;
    vonk_batch none = {.n_rows = 12345};
    cr_assert_eq(vonk_block_new(NULL, &block, NULL), VONK_OK);
    cr_assert_eq(vonk_block_append(block, &none, NULL, none.n_rows, NULL), VONK_OK);
    cr_assert_eq(block->n_rows, 12345);
    vonk_block_unref(block);
}

Test(store, shows_a_map_tasks_blocks_at_once_and_drops_them_by_job)
{
    vonk_arena arena = {0};
    vonk_store *store = NULL;
    vonk_block *blocks[2] = {NULL, NULL}, *got = NULL;
    vonk_block_id id = {.job = 7, .exchange = 1, .map = 3, .partition = 0};
    vonk_batch batch = make_batch(&arena, 10);
    cr_assert_eq(vonk_store_new(NULL, &store, NULL), VONK_OK);
    cr_assert_eq(vonk_store_get(store, id, &got, NULL), VONK_FETCH, "nothing was committed");
    cr_assert_eq(vonk_block_new(NULL, &blocks[0], NULL), VONK_OK);
    cr_assert_eq(vonk_block_append(blocks[0], &batch, NULL, 10, NULL), VONK_OK);
    cr_assert_eq(vonk_store_commit(store, 7, 1, 3, blocks, 2, NULL), VONK_OK);
    cr_assert_null(blocks[0], "the store took it");
    cr_assert_eq(vonk_store_get(store, id, &got, NULL), VONK_OK);
    cr_assert_eq(got->n_rows, 10);
    id.partition = 1;
    vonk_block *empty = got;
    cr_assert_eq(vonk_store_get(store, id, &empty, NULL), VONK_OK);
    cr_assert_null(empty, "an empty block");
    id.partition = 2;
    cr_assert_eq(vonk_store_get(store, id, &empty, NULL), VONK_FETCH, "no such partition");
    vonk_store_drop_job(store, 7);
    id.partition = 0;
    cr_assert_eq(vonk_store_get(store, id, &empty, NULL), VONK_FETCH, "dropped");
    check_row(&got->batches[0], 3, 3); /* who holds a block keeps it */
    vonk_block_unref(got);
    vonk_store_free(store);
    vonk_arena_free(&arena);
}

Test(store, a_second_attempt_replaces_the_first)
{
    vonk_arena arena = {0};
    vonk_store *store = NULL;
    vonk_batch batch = make_batch(&arena, 10);
    cr_assert_eq(vonk_store_new(NULL, &store, NULL), VONK_OK);
    for (uint32_t rows = 1; rows <= 2; rows++) {
        vonk_block *block = NULL;
        cr_assert_eq(vonk_block_new(NULL, &block, NULL), VONK_OK);
        cr_assert_eq(vonk_block_append(block, &batch, NULL, rows, NULL), VONK_OK);
        cr_assert_eq(vonk_store_commit(store, 1, 0, 0, &block, 1, NULL), VONK_OK);
    }
    vonk_block *got = NULL;
    cr_assert_eq(vonk_store_get(store, (vonk_block_id){1, 0, 0, 0}, &got, NULL), VONK_OK);
    cr_assert_eq(got->n_rows, 2);
    vonk_block_unref(got);
    vonk_store_free(store);
    vonk_arena_free(&arena);
}

/* Rows by number; the block has its first half on disk. `backwards`: from the last one. */
static void check_gather(const vonk_block *block, bool backwards)
{
    static const uint64_t calls[3][4] = {{0, 3, 3, VONK_NO_BLOCK_ROW},
                                         {3, 9000, 9001, N - 1},
                                         {VONK_NO_BLOCK_ROW, N - 1, N - 1, N - 1}};
    vonk_block_gather gather;
    vonk_block_gather_init(&gather, block, schema(), backwards);
    for (int k = 0; k < 3; k++) {
        uint32_t sel[4];
        vonk_batch rows;
        cr_assert_eq(vonk_block_gather_get(&gather, calls[k], 4, sel, &rows, NULL), VONK_OK);
        for (int i = 0; i < 4; i++) {
            uint32_t number = (uint32_t)calls[k][i];
            cr_assert_eq(sel[i] == VONK_NO_ROW, calls[k][i] == VONK_NO_BLOCK_ROW);
            if (sel[i] != VONK_NO_ROW)
                check_row(&rows, sel[i], backwards ? N - 1 - number : number);
        }
    }
    uint64_t beyond = N;
    uint32_t sel;
    vonk_batch rows;
    cr_assert_eq(vonk_block_gather_get(&gather, &beyond, 1, &sel, &rows, NULL), VONK_INVALID);
    vonk_block_gather_fini(&gather);
}

Test(block, is_gathered_from_rows_far_apart)
{
    vonk_arena arena = {0};
    vonk_block *block = NULL;
    vonk_spill *spill = NULL;
    vonk_batch half, batch = make_batch(&arena, N);
    cr_assert_eq(vonk_block_new(NULL, &block, NULL), VONK_OK);
    cr_assert_eq(vonk_spill_open(vonk_spill_dir(NULL), NULL, &spill, NULL), VONK_OK);
    for (uint32_t at = 0; at < N; at += N / 2) {
        cr_assert_eq(vonk_batch_slice(&arena, &batch, at, N / 2, &half, NULL), VONK_OK);
        cr_assert_eq(vonk_block_append(block, &half, NULL, N / 2, NULL), VONK_OK);
        if (at == 0)
            cr_assert_eq(vonk_block_evict(block, spill, NULL), VONK_OK);
    }
    check_gather(block, false);
    check_gather(block, true);
    vonk_block_unref(block);
    vonk_spill_unref(spill);
    vonk_arena_free(&arena);
}
