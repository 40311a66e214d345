/* test_ahead.c - blocks fetched ahead come in order, and what goes wrong comes where it belongs. */
#include <criterion/criterion.h>

#include "exec/ahead.h"

enum { MAPS = 7, PARTS = 3, FIRST = 2, MOST = 4, NONE = -1, BLOCK_BYTES = 5 << 20 };

typedef struct peers {
    atomic_uint n_questions, n_fetched;
    int fails_at; /* the number of a block; NONE: none */
} peers;

static vonk_task task = {.job = 9};
static vonk_task_result result;
static vonk_arena arena;

/* A block with one row: map * 100 + partition. Partition FIRST + 1 is empty. */
static vonk_status make_block(vonk_block_place place, vonk_block **ret)
{
    int64_t value = (int64_t)place.map * 100 + place.partition;
    vonk_column col = {.type = {.id = VONK_INT64}, .length = 1, .values = &value};
    vonk_batch batch = {.n_rows = 1, .n_columns = 1, .columns = &col};
    *ret = NULL;
    if (place.partition == FIRST + 1)
        return VONK_OK;
    cr_assert_eq(vonk_block_new(NULL, ret, NULL), VONK_OK);
    cr_assert_eq(vonk_block_append(*ret, &batch, NULL, 1, NULL), VONK_OK);
    (*ret)->n_bytes = BLOCK_BYTES;
    return VONK_OK;
}

/* At most MOST blocks at once; a lost one ends the answer before it. */
static vonk_status fetch(void *context, const vonk_block_list *list, const vonk_location *location,
                         vonk_block **ret, uint32_t *ret_n, vonk_error *err)
{
    peers *p = context;
    cr_assert(list->job == 9 && list->exchange == 4 && list->n >= 1);
    cr_assert(list->n == 1 || location->address[0], "own blocks come singly");
    atomic_fetch_add(&p->n_questions, 1);
    for (*ret_n = 0; *ret_n < list->n && *ret_n < MOST; ++*ret_n) {
        vonk_block_place place = list->places[*ret_n];
        cr_assert_eq(location->executor, place.map % 2);
        if ((int)(place.map * PARTS + place.partition - FIRST) == p->fails_at) {
            if (*ret_n)
                break;
            return vonk_fail(err, VONK_FETCH, "map %u is lost", place.map);
        }
        atomic_fetch_add(&p->n_fetched, 1);
        cr_assert_eq(make_block(place, &ret[*ret_n]), VONK_OK);
    }
    return VONK_OK;
}

static void close_ahead(vonk_ahead *ahead)
{
    vonk_ahead_close(ahead);
    vonk_arena_free(&arena);
}

static vonk_ahead *open_ahead(vonk_run *run, vonk_worker *worker, peers *p, bool remote)
{
    static vonk_location locations[MAPS];
    static vonk_input input;
    vonk_ahead *ahead = NULL;
    for (uint32_t m = 0; m < MAPS; m++)
        locations[m] = (vonk_location){m % 2, remote ? "peer" : ""};
    input = (vonk_input){.exchange_id = 4, .map_stage = 6, .n_maps = MAPS, .locations = locations};
    *worker = (vonk_worker){.fetcher = {p, fetch}};
    result = (vonk_task_result){0};
    *run = (vonk_run){.worker = worker, .task = &task, .result = &result};
    vonk_ahead_wanted wanted;
    cr_assert_eq(vonk_ahead_of_maps(&arena, &input, FIRST, PARTS, &wanted, NULL), VONK_OK);
    cr_assert_eq(vonk_ahead_open(run, &wanted, &ahead, NULL), VONK_OK);
    return ahead;
}

static int64_t value_of(vonk_block *block)
{
    vonk_arena scratch = {0};
    vonk_batch batch;
    cr_assert_eq(vonk_block_batch(block, 0, &scratch, &batch, NULL), VONK_OK);
    int64_t value = ((const int64_t *)batch.columns[0].values)[0];
    vonk_arena_free(&scratch);
    return value;
}

/* Takes `n` blocks, which are right. */
static void take_blocks(vonk_ahead *ahead, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        vonk_block *block = NULL;
        bool done = true;
        cr_assert_eq(vonk_ahead_next(ahead, &block, &done, NULL), VONK_OK);
        cr_assert_not(done);
        cr_assert_eq(block == NULL, i % PARTS == 1);
        if (block)
            cr_assert_eq(value_of(block), (int64_t)(i / PARTS) * 100 + FIRST + i % PARTS);
        vonk_block_unref(block);
    }
}

Test(ahead, all_blocks_come_in_order)
{
    for (int remote = 0; remote < 2; remote++) {
        peers p = {.fails_at = NONE};
        vonk_worker worker;
        vonk_run run;
        vonk_ahead *ahead = open_ahead(&run, &worker, &p, remote);
        vonk_block *block = NULL;
        bool done = false;
        take_blocks(ahead, MAPS * PARTS);
        cr_assert_eq(vonk_ahead_next(ahead, &block, &done, NULL), VONK_OK);
        cr_assert(done && !block);
        cr_assert_eq(atomic_load(&p.n_fetched), MAPS * PARTS, "each once");
        uint32_t of_0 = (MAPS + 1) / 2 * PARTS, of_1 = MAPS / 2 * PARTS;
        uint32_t few = of_0 + (of_1 + MOST - 1) / MOST; /* executor 0 is this one */
        cr_assert_eq(atomic_load(&p.n_questions), remote ? few : MAPS * PARTS);
        close_ahead(ahead);
    }
}

Test(ahead, a_lost_block_is_told_where_it_is_wanted)
{
    for (int remote = 0; remote < 2; remote++) {
        peers p = {.fails_at = 5 * PARTS};
        vonk_worker worker;
        vonk_run run;
        vonk_error err = {0};
        vonk_block *block = NULL;
        bool done = false;
        vonk_ahead *ahead = open_ahead(&run, &worker, &p, remote);
        take_blocks(ahead, 5 * PARTS);
        cr_assert_eq(vonk_ahead_next(ahead, &block, &done, &err), VONK_FETCH);
        cr_assert_str_eq(err.message, "map 5 is lost");
        cr_assert(result.lost_stage == 6 && result.lost_map == 5 && result.lost_executor == 1);
        close_ahead(ahead);
    }
}

Test(ahead, closing_early_leaves_nothing)
{
    for (uint32_t n = 0; n < 5; n++) {
        peers p = {.fails_at = NONE};
        vonk_worker worker;
        vonk_run run;
        vonk_ahead *ahead = open_ahead(&run, &worker, &p, true);
        take_blocks(ahead, n);
        close_ahead(ahead);
        cr_assert_leq(atomic_load(&p.n_questions), n + 1, "what waits is enough");
    }
    vonk_ahead_close(NULL);
}
