/* test_bounded.c - how many rows at once an operator gets whose expressions make texts. */
#include <criterion/criterion.h>

#include "exec/bounded.h"

enum { N_ITEMS = 40000, MIB = 1 << 20 };

/* An operator that takes so many bytes of its batch arena: for each row, and for each push. */
typedef struct taker {
    vonk_operator op;
    size_t per_row, per_push;
    uint32_t n_pushes, last;
} taker;

static vonk_status take(vonk_operator *op, const vonk_batch *in, vonk_error *err)
{
    taker *t = (taker *)op;
    vonk_arena_reset(&op->batch);
    cr_assert_not_null(vonk_arena_alloc(&op->batch, t->per_push + in->n_rows * t->per_row, err));
    t->last = in->n_rows;
    t->n_pushes++;
    return VONK_OK;
}

static const vonk_operator_ops ops = {.name = "taker", .push = take};
static vonk_expr text = {.kind = VONK_EXPR_CAST, .type = {.id = VONK_STRING}};
static vonk_expr *items[N_ITEMS];

/* An operator whose one expression has a cast to a text and n_items - 1 more nodes. */
static taker taker_of(vonk_run *run, vonk_physical *node, uint32_t n_items)
{
    static vonk_expr list, *exprs[1] = {&list};
    for (uint32_t i = 0; i < n_items; i++)
        items[i] = &text;
    list = (vonk_expr){.kind = VONK_EXPR_CALL, .type = {.id = VONK_BOOL}, .args = items};
    list.n_args = n_items;
    *node = (vonk_physical){.kind = VONK_OP_FILTER, .n_exprs = 1, .exprs = exprs};
    taker t = {.op = {.ops = &ops, .run = run, .node = node}};
    vonk_bound_texts(&t.op);
    return t;
}

static vonk_status push(taker *t, uint32_t n_rows)
{
    static int64_t values[VONK_BATCH_ROWS];
    vonk_column col = {.type = {.id = VONK_INT64}, .length = n_rows, .values = values};
    vonk_batch batch = {.n_rows = n_rows, .n_columns = 1, .columns = &col};
    return vonk_push_bounded(&t->op, &batch, NULL);
}

/* The number of rows at once after some batches. */
static uint32_t rows_learnt(size_t per_row, size_t per_push, uint32_t n_items)
{
    vonk_task task = {.index = 0};
    vonk_run run = {.task = &task};
    vonk_physical node;
    taker t = taker_of(&run, &node, n_items);
    t.per_row = per_row;
    t.per_push = per_push;
    for (int i = 0; i < 4; i++)
        cr_assert_eq(push(&t, VONK_BATCH_ROWS), VONK_OK);
    t.n_pushes = 0;
    cr_assert_eq(push(&t, VONK_BATCH_ROWS), VONK_OK);
    vonk_arena_free(&t.op.batch);
    return (VONK_BATCH_ROWS + t.n_pushes - 1) / t.n_pushes;
}

Test(bounded, short_texts_come_a_batch_at_once)
{
    cr_assert_eq(rows_learnt(16, 0, 1), VONK_BATCH_ROWS);
}

Test(bounded, long_texts_come_in_pieces)
{
    uint32_t rows = rows_learnt(100000, 0, 1); /* 4 MiB are 41 of them */
    cr_assert(rows >= 10 && rows <= 41, "%u rows", rows);
    cr_assert_leq(rows_learnt(16 * MIB, 0, 1), 4);
}

Test(bounded, what_does_not_grow_with_rows_is_no_reason_for_fewer)
{
    cr_assert_eq(rows_learnt(16, 8 * MIB, N_ITEMS), VONK_BATCH_ROWS);
}

Test(bounded, looks_at_cancellation_between_pieces)
{
    atomic_bool cancelled = true;
    vonk_task task = {.settings.cancelled = &cancelled};
    vonk_run run = {.task = &task};
    vonk_physical node;
    taker t = taker_of(&run, &node, 1);
    cr_assert_eq(push(&t, VONK_BATCH_ROWS), VONK_CANCELLED);
    cr_assert_eq(t.n_pushes, 0);
}
