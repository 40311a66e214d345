/* join_side.c - the build side that a task makes itself: in memory, or divided on disk. */
#include "exec/join_state.h"

vonk_status vonk_join_add_build(vonk_operator *op, const vonk_batch *in, vonk_error *err)
{
    vonk_block *rows = ((vonk_join *)op)->build->rows;
    rows->arena.stop = op->run->cancelled;
    return vonk_block_append(rows, in, NULL, in->n_rows, err);
}

vonk_status vonk_join_build_finish(vonk_operator *op, vonk_error *err)
{
    vonk_join *j = (vonk_join *)op;
    VONK_TRY(vonk_build_finish(j->build, op->run, op->node, err));
    if (!vonk_join_marks_build(op->node->join_type))
        return VONK_OK;
    size_t words = vonk_bitmap_words(j->build->batch.n_rows);
    j->right_matched = vonk_arena_zalloc(&j->build->arena, words * 8, err);
    VONK_TRY_ALLOC(j->right_matched);
    j->seen = NULL;
    if (!vonk_join_keeps_build_only(op->node->join_type) || !j->build->table || op->node->condition)
        return VONK_OK;
    words = vonk_bitmap_words(vonk_join_table_distinct(j->build->table));
    j->seen = vonk_arena_zalloc(&j->build->arena, words * 8, err);
    VONK_TRY_ALLOC(j->seen);
    return VONK_OK;
}

vonk_status vonk_join_build_anew(vonk_join *j, vonk_error *err)
{
    vonk_build *empty = NULL;
    VONK_TRY(vonk_build_new(j->op.run->worker->budget, &empty, err));
    vonk_build_free(j->build);
    j->build = empty;
    return VONK_OK;
}

typedef struct side {
    vonk_operator op;
    vonk_join *join;
} side;

/* All build rows so far go to disk, and so will all that come. */
static vonk_status spill_side(side *s, vonk_error *err)
{
    vonk_join *j = s->join;
    const vonk_block *rows = j->build->rows;
    for (uint32_t b = 0; b < rows->n_batches; b++)
        VONK_TRY(vonk_join_divide(&s->op, &j->disk.build, s->op.node->right_keys, &rows->batches[b],
                                  err));
    j->spilled = true;
    return vonk_join_build_anew(j, err);
}

static vonk_status side_push(vonk_operator *op, const vonk_batch *in, vonk_error *err)
{
    side *s = (side *)op;
    vonk_join *j = s->join;
    const vonk_block *rows = j->build->rows;
    size_t more = rows->arena.total + (rows->n_rows + in->n_rows) * VONK_BUILD_ROW_BYTES +
                  vonk_batch_bytes(in);
    if (!j->spilled && rows->n_rows && vonk_must_spill(op, more))
        VONK_TRY(spill_side(s, err));
    if (j->spilled)
        return vonk_join_divide(op, &j->disk.build, op->node->right_keys, in, err);
    return vonk_join_add_build(&j->op, in, err);
}

static vonk_status side_finish(vonk_operator *op, vonk_error *err)
{
    vonk_join *j = ((side *)op)->join;
    return j->spilled ? VONK_OK : vonk_join_build_finish(&j->op, err);
}

static size_t side_held(const vonk_operator *op)
{
    const vonk_build *build = ((const side *)op)->join->build;
    return build->arena.total + build->rows->arena.total;
}

static const vonk_operator_ops side_ops = {.name = "build",
                                           .push = side_push,
                                           .finish = side_finish,
                                           .held = side_held,
                                           .builds = true,
                                           .keeps = true};

vonk_status vonk_join_own_side(vonk_join *j, vonk_operator **ret, vonk_error *err)
{
    vonk_run *run = j->op.run;
    VONK_TRY(vonk_operator_new(run, &side_ops, j->op.node, sizeof(side), ret, err));
    ((side *)*ret)->join = j;
    j->side = *ret;
    VONK_TRY(vonk_build_new(run->worker->budget, &j->build, err));
    j->owned = true;
    return VONK_OK;
}
