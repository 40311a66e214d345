/* join_build.c - collecting build rows and making their table. */
#include "exec/join_build.h"

#include <stdlib.h>

#include "exec/runtime_filter.h"
#include "exec/shared.h"
#include "exec/spilling.h"

#define PIECE_ROWS 65536u /* rows that are added to a table at a time */

vonk_status vonk_build_new(vonk_budget *budget, vonk_build **ret, vonk_error *err)
{
    vonk_build *b = calloc(1, sizeof(*b));
    if (!b)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    b->arena.budget = budget;
    vonk_status status = vonk_block_new(budget, &b->rows, err);
    if (status != VONK_OK)
        free(b);
    else
        *ret = b;
    return status;
}

void vonk_build_free(void *build)
{
    vonk_build *b = build;
    if (!b)
        return;
    vonk_block_unref(b->rows);
    vonk_arena_free(&b->arena);
    free(b);
}

static bool any_null(const vonk_column *col)
{
    if (col->type.id == VONK_NULL)
        return col->length > 0;
    for (uint32_t i = 0; col->validity && i < col->length; i++) {
        if (!vonk_column_is_valid(col, i))
            return true;
    }
    return false;
}

static vonk_status make_filters(vonk_build *b, const vonk_physical *node, const vonk_column *keys,
                                vonk_error *err)
{
    uint64_t wanted = vonk_runtime_filter_keys(node);
    if (!wanted)
        return VONK_OK;
    vonk_key_filter **filters = VONK_NEW_ARRAY(&b->arena, vonk_key_filter *, node->n_keys, err);
    VONK_TRY_ALLOC(filters);
    vonk_status status = VONK_OK;
    for (uint32_t k = 0; k < node->n_keys && k < 64 && status == VONK_OK; k++) {
        if (wanted >> k & 1)
            status = vonk_key_filter_new(&b->arena, &keys[k], &filters[k], err);
    }
    if (status == VONK_NO_MEMORY) /* a filter would save time, no more */
        return VONK_OK;
    b->filters = filters;
    return status;
}

/* In pieces: a task that is cancelled must end soon. */
static vonk_status add_rows(vonk_build *b, const vonk_run *run, const vonk_physical *node,
                            const vonk_column *keys, vonk_error *err)
{
    VONK_CLEANUP(vonk_arena_free) vonk_arena scratch = vonk_arena_beside(&b->arena);
    for (uint32_t at = 0, n; at < b->batch.n_rows; at += n) {
        n = b->batch.n_rows - at < PIECE_ROWS ? b->batch.n_rows - at : PIECE_ROWS;
        vonk_arena_reset(&scratch);
        vonk_column *piece = VONK_NEW_ARRAY(&scratch, vonk_column, node->n_keys, err);
        VONK_TRY_ALLOC(piece);
        for (uint32_t k = 0; k < node->n_keys; k++) {
            VONK_TRY(vonk_column_slice(&scratch, &keys[k], at, n, &piece[k], err));
            b->has_null_key |= any_null(&piece[k]);
        }
        VONK_TRY(vonk_eval_check(&run->task->settings, err));
        VONK_TRY(vonk_join_table_add(b->table, piece, n, at, err));
    }
    return VONK_OK;
}

static vonk_status make_table(vonk_build *b, vonk_run *run, const vonk_physical *node,
                              vonk_error *err)
{
    vonk_eval ctx = {.arena = &b->arena, .settings = &run->task->settings};
    vonk_type *types = VONK_NEW_ARRAY(&b->arena, vonk_type, node->n_keys, err);
    VONK_TRY_ALLOC(types);
    bool *null_safe = VONK_NEW_ARRAY(&b->arena, bool, node->n_keys, err);
    VONK_TRY_ALLOC(null_safe);
    vonk_column *keys = VONK_NEW_ARRAY(&b->arena, vonk_column, node->n_keys, err);
    VONK_TRY_ALLOC(keys);
    for (uint32_t k = 0; k < node->n_keys; k++) {
        types[k] = node->right_keys[k]->type;
        null_safe[k] = node->null_safe >> k & 1;
        VONK_TRY(vonk_expr_eval(node->right_keys[k], &b->batch, &ctx, &keys[k], err));
    }
    VONK_TRY(make_filters(b, node, keys, err));
    VONK_TRY(vonk_join_table_new(&b->arena, types, null_safe, node->n_keys, &b->table, err));
    VONK_TRY(add_rows(b, run, node, keys, err));
    return vonk_join_table_finish(b->table, err);
}

vonk_status vonk_build_finish(vonk_build *build, vonk_run *run, const vonk_physical *node,
                              vonk_error *err)
{
    build->arena.stop = run->cancelled;
    VONK_TRY(vonk_block_concat(build->rows, &node->children[1]->output, &build->arena,
                               &build->batch, err));
    vonk_status status = node->n_keys ? make_table(build, run, node, err) : VONK_OK;
    build->arena.stop = build->rows->arena.stop = NULL; /* a shared one outlives the task */
    return status;
}

/* --- shared --- */

typedef struct making {
    vonk_run *run;
    const vonk_physical *node, *read;
} making;

/* A sink that keeps the rows of a READ. */
typedef struct keeper {
    vonk_operator op;
    vonk_build *build;
} keeper;

/* Rows that are too many to be shared are not read to the end. */
static vonk_status keep(vonk_operator *op, const vonk_batch *in, vonk_error *err)
{
    vonk_build *b = ((keeper *)op)->build;
    const vonk_block *rows = b->rows;
    size_t all = rows->arena.total * 2 + (rows->n_rows + in->n_rows) * VONK_BUILD_ROW_BYTES +
                 vonk_batch_bytes(in);
    op->done = b->too_large =
        rows->n_rows &&
        (vonk_spill_is_forced(op) || !vonk_memory_may_share(op->run->worker->memory, all));
    b->rows->arena.stop = op->run->cancelled;
    return op->done ? VONK_OK : vonk_block_append(b->rows, in, NULL, in->n_rows, err);
}

static const vonk_operator_ops keeper_ops = {
    .name = "build", .push = keep, .builds = true, .keeps = true};

/* The rows of the READ into `b`, then the table. */
static vonk_status fill(const making *m, vonk_build *b, vonk_error *err)
{
    keeper into = {.op = {.ops = &keeper_ops, .run = m->run, .node = m->node}, .build = b};
    vonk_source source = {
        .run = vonk_read_run, .task_run = m->run, .node = m->read, .into = &into.op};
    VONK_TRY(vonk_record_new(m->run, m->node, true, &into.op.record, err));
    VONK_TRY(vonk_record_new(m->run, m->read, false, &source.record, err));
    VONK_TRY(vonk_source_run(&source, err));
    vonk_record *from = vonk_record_switch(m->run, into.op.record);
    vonk_status status = b->too_large ? VONK_OK : vonk_build_finish(b, m->run, m->node, err);
    vonk_record_memory(into.op.record, b->arena.total + b->rows->arena.total);
    (void)vonk_record_switch(m->run, from);
    return status;
}

static vonk_status make(void *context, void **ret, vonk_error *err)
{
    const making *m = context;
    vonk_build *b = NULL;
    VONK_TRY(vonk_build_new(m->run->worker->budget, &b, err));
    vonk_status status = fill(m, b, err);
    if (b->too_large)
        vonk_arena_free(&b->rows->arena);
    if (status != VONK_OK)
        vonk_build_free(b);
    else
        *ret = b;
    return status;
}

vonk_status vonk_build_shared(vonk_run *run, const vonk_physical *node, const vonk_physical *read,
                              vonk_build **ret, vonk_error *err)
{
    making m = {run, node, read};
    vonk_shared_maker maker = {&m, make, vonk_build_free};
    void *object = NULL;
    VONK_TRY(vonk_shared_get(run->worker->shared, run->task->job, node->id, &maker, &object, err));
    *ret = object;
    return VONK_OK;
}
