/* join_spill.c - the parts of a join, one after the other. */
#include "exec/join_spill.h"

#include "exec/join_build.h"

vonk_status vonk_join_divide(vonk_operator *op, vonk_spill_parts *parts, vonk_expr *const *keys,
                             const vonk_batch *rows, vonk_error *err)
{
    uint32_t n_keys = op->node->null_aware ? 0 : op->node->n_keys;
    vonk_arena_reset(&op->batch);
    vonk_column *columns = VONK_NEW_ARRAY(&op->batch, vonk_column, n_keys, err);
    VONK_TRY_ALLOC(columns);
    VONK_TRY(vonk_operator_eval(op, keys, n_keys, rows, columns, err));
    return vonk_spill_divide(op, parts, columns, n_keys, rows, err);
}

void vonk_join_level_free(vonk_join_level *level)
{
    vonk_spill_parts_free(&level->build);
    vonk_spill_parts_free(&level->probe);
}

typedef vonk_status rows_fn(vonk_operator *op, const vonk_batch *rows, vonk_error *err);

/* Pieces from .. to of a part. */
static vonk_status each_piece(vonk_operator *op, const vonk_spill_parts *parts, uint32_t part,
                              uint32_t from, uint32_t to, rows_fn *fn, vonk_error *err)
{
    const vonk_spill_run *run = &parts->runs[part];
    VONK_CLEANUP(vonk_arena_free) vonk_arena arena = vonk_run_arena(op->run);
    for (uint32_t i = from; i < to && !op->done; i++) {
        vonk_batch rows;
        vonk_arena_reset(&arena);
        VONK_TRY(vonk_eval_check(&op->run->task->settings, err));
        VONK_TRY(vonk_spill_get(parts->file, &run->pieces[i], &arena, &rows, err));
        VONK_TRY(fn(op, &rows, err));
    }
    return VONK_OK;
}

static vonk_status divide_again(const vonk_join_parts *join, const vonk_spill_parts *from,
                                uint32_t part, vonk_spill_parts *to, vonk_expr *const *keys,
                                vonk_error *err)
{
    vonk_operator *op = join->op;
    const vonk_spill_run *run = &from->runs[part];
    VONK_CLEANUP(vonk_arena_free) vonk_arena arena = vonk_run_arena(op->run);
    to->level = from->level + 1;
    for (uint32_t i = 0; i < run->n_pieces; i++) {
        vonk_batch rows;
        vonk_arena_reset(&arena);
        VONK_TRY(vonk_eval_check(&op->run->task->settings, err));
        VONK_TRY(vonk_spill_get(from->file, &run->pieces[i], &arena, &rows, err));
        VONK_TRY(vonk_join_divide(op, to, keys, &rows, err));
    }
    return VONK_OK;
}

static bool fits(const vonk_join_parts *join, uint64_t n_bytes, uint64_t n_rows)
{
    return n_bytes * 2 + n_rows * VONK_BUILD_ROW_BYTES <= vonk_spill_room(join->side);
}

/* Whether the build rows of a part are too many, and dividing them again may help. */
static bool too_large(const vonk_join_parts *join, const vonk_spill_parts *build, uint32_t part)
{
    const vonk_spill_run *run = &build->runs[part];
    uint64_t all = 0;
    for (uint32_t p = 0; p < VONK_SPILL_PARTS; p++)
        all += build->runs[p].n_rows;
    return !fits(join, run->n_bytes, run->n_rows) &&
           build->level + 1 < vonk_spill_levels(join->op) && run->n_rows < all;
}

/* Whether it matters that a probe row has a partner, in whatever piece of the build. */
static bool marks_probe(vonk_join_type type)
{
    return type != VONK_JOIN_INNER && !vonk_join_keeps_build_only(type);
}

/* The end of the build's pieces from `from` that are joined at once: all, or as many as fit. */
static uint32_t end_of_pieces(const vonk_join_parts *join, const vonk_spill_run *run, uint32_t from)
{
    uint64_t rows = 0;
    uint32_t end = from;
    if (fits(join, run->n_bytes, run->n_rows))
        return run->n_pieces;
    for (; end < run->n_pieces; end++) {
        rows += run->pieces[end].n_rows;
        if (end > from && !fits(join, run->n_bytes / run->n_rows * rows, rows))
            break;
    }
    return end;
}

/*
 * One part, whose build rows are in memory at once; or, where they are too many and not to be
 * divided, as many of them as fit, then the others, each time against all probe rows.
 */
static vonk_status join_part(const vonk_join_parts *join, const vonk_join_level *level,
                             uint32_t part, vonk_error *err)
{
    const vonk_spill_run *build = &level->build.runs[part];
    const vonk_spill_run *probe = &level->probe.runs[part];
    VONK_CLEANUP(vonk_arena_free) vonk_arena arena = vonk_run_arena(join->op->run);
    uint32_t from = 0, to = end_of_pieces(join, build, 0);
    *join->pieces = (vonk_join_pieces){.matched = NULL};
    if (to < build->n_pieces && marks_probe(join->op->node->join_type)) {
        size_t words = (size_t)(probe->n_rows / 64 + 1);
        join->pieces->matched = vonk_arena_zalloc(&arena, words * 8, err);
        VONK_TRY_ALLOC(join->pieces->matched);
    }
    for (;; to = end_of_pieces(join, build, from)) {
        join->pieces->at = 0;
        join->pieces->more = to < build->n_pieces;
        VONK_TRY(each_piece(join->op, &level->build, part, from, to, join->build, err));
        VONK_TRY(join->built(join->op, err));
        VONK_TRY(each_piece(join->op, &level->probe, part, 0, probe->n_pieces, join->probe, err));
        VONK_TRY(join->probed(join->op, err));
        if (to == build->n_pieces || join->op->done)
            break;
        from = to;
    }
    *join->pieces = (vonk_join_pieces){.matched = NULL};
    return VONK_OK;
}

static vonk_status join_divided(const vonk_join_parts *join, const vonk_join_level *level,
                                uint32_t part, vonk_error *err)
{
    const vonk_physical *node = join->op->node;
    vonk_join_level next = {0};
    vonk_status status =
        divide_again(join, &level->build, part, &next.build, node->right_keys, err);
    if (status == VONK_OK)
        status = divide_again(join, &level->probe, part, &next.probe, node->keys, err);
    if (status == VONK_OK)
        status = vonk_join_all_parts(join, &next, err);
    vonk_join_level_free(&next);
    return status;
}

vonk_status vonk_join_all_parts(const vonk_join_parts *join, vonk_join_level *level,
                                vonk_error *err)
{
    for (uint32_t p = 0; p < VONK_SPILL_PARTS && !join->op->done; p++) {
        if (!level->build.runs[p].n_rows && !level->probe.runs[p].n_rows)
            continue;
        if (too_large(join, &level->build, p))
            VONK_TRY(join_divided(join, level, p, err));
        else
            VONK_TRY(join_part(join, level, p, err));
    }
    vonk_join_level_free(level);
    return VONK_OK;
}
