/*
 * join.c - joins: the left child's batches are probed against the right child's rows.
 *
 * Pairs of matching rows come in pieces of at most a batch; the rest of the condition is tried on
 * them. A left row's matches may come in several pieces, so what is known of it is kept over them
 * (`matched`). Without keys every pair is a candidate.
 */
#include <string.h>

#include "exec/join_state.h"
#include "exec/runtime_filter.h"

/* Candidate pairs of one probe batch. */
typedef struct pairs {
    vonk_join_probe probe; /* with keys */
    uint32_t left, right;  /* without: where the next piece goes on */
    uint32_t n_left;
} pairs;

static uint32_t next_pairs(vonk_join *j, pairs *p, uint32_t most)
{
    if (j->build->table)
        return vonk_join_probe_next(&p->probe, most, j->left_rows, j->right_rows);
    uint32_t n = 0, n_right = j->build->batch.n_rows;
    while (n < most && n_right && p->left < p->n_left) {
        j->left_rows[n] = p->left;
        j->right_rows[n++] = p->right++;
        if (p->right == n_right) {
            p->right = 0;
            p->left++;
        }
    }
    return n;
}

/* left[rows] ++ right[rows] as columns. */
static vonk_status gather(vonk_join *j, vonk_arena *arena, const vonk_batch *in, uint32_t n,
                          bool right, vonk_error *err)
{
    for (uint32_t c = 0; c < j->n_left; c++)
        VONK_TRY(vonk_take(arena, &in->columns[c], j->left_rows, n, false, &j->columns[c], err));
    for (uint32_t c = 0; right && c < j->n_right; c++)
        VONK_TRY(vonk_take(arena, &j->build->batch.columns[c], j->right_rows, n, false,
                           &j->columns[j->n_left + c], err));
    return VONK_OK;
}

/* Keeps the pairs for which the rest of the condition is true; returns how many in *n. */
static vonk_status try_condition(vonk_join *j, vonk_arena *arena, const vonk_batch *in, uint32_t *n,
                                 vonk_error *err)
{
    const vonk_expr *condition = j->op.node->condition;
    if (!condition || !*n)
        return VONK_OK;
    VONK_TRY(gather(j, arena, in, *n, true, err));
    vonk_batch both = {.n_rows = *n, .n_columns = j->n_left + j->n_right, .columns = j->columns};
    vonk_eval ctx = {.arena = arena, .settings = &j->op.run->task->settings};
    uint32_t *sel = vonk_arena_alloc(arena, *n * sizeof(*sel), err), kept = 0;
    VONK_TRY_ALLOC(sel);
    VONK_TRY(vonk_expr_select(condition, &both, &ctx, sel, &kept, err));
    for (uint32_t i = 0; i < kept; i++) {
        j->left_rows[i] = j->left_rows[sel[i]];
        j->right_rows[i] = j->right_rows[sel[i]];
    }
    *n = kept;
    return VONK_OK;
}

static vonk_status emit_pairs(vonk_join *j, vonk_arena *arena, const vonk_batch *in, uint32_t n,
                              vonk_error *err)
{
    if (!n)
        return VONK_OK;
    VONK_TRY(gather(j, arena, in, n, true, err));
    vonk_batch out = {.n_rows = n, .n_columns = j->n_left + j->n_right, .columns = j->columns};
    return vonk_operator_emit(&j->op, &out, err);
}

/* Left rows whose bit in `matched` is `want`: alone, or with nulls on the right. */
static vonk_status emit_left(vonk_join *j, const vonk_batch *in, const uint64_t *matched, bool want,
                             bool with_nulls, vonk_error *err)
{
    vonk_arena *arena = &j->op.batch;
    uint32_t n = 0, *rows = vonk_arena_alloc(arena, in->n_rows * sizeof(*rows), err);
    VONK_TRY_ALLOC(rows);
    for (uint32_t i = 0; i < in->n_rows; i++) {
        if (vonk_bit_get(matched, i) == want)
            rows[n++] = i;
    }
    if (!n)
        return VONK_OK;
    for (uint32_t c = 0; c < j->n_left; c++)
        VONK_TRY(vonk_take(arena, &in->columns[c], rows, n, false, &j->columns[c], err));
    for (uint32_t c = 0; with_nulls && c < j->n_right; c++)
        VONK_TRY(vonk_column_null(arena, j->op.node->children[1]->output.fields[c].type, n,
                                  &j->columns[j->n_left + c], err));
    vonk_batch out = {
        .n_rows = n, .n_columns = j->n_left + (with_nulls ? j->n_right : 0), .columns = j->columns};
    return vonk_operator_emit(&j->op, &out, err);
}

/* One partner is enough for a build row: pairs with those that have one are left out. */
static uint32_t drop_matched(vonk_join *j, uint32_t n)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        j->left_rows[kept] = j->left_rows[i];
        j->right_rows[kept] = j->right_rows[i];
        kept += !vonk_bit_get(j->right_matched, j->right_rows[i]);
    }
    return kept;
}

/* Rows whose key other rows had match nothing more. */
static void drop_seen(vonk_join *j, vonk_join_probe *probe)
{
    for (uint32_t i = 0; i < probe->n_rows; i++) {
        uint32_t group = probe->groups[i];
        if (group == VONK_NO_GROUP)
            continue;
        if (vonk_bit_get(j->seen, group))
            probe->groups[i] = VONK_NO_GROUP;
        vonk_bit_set(j->seen, group, true);
    }
}

/* Goes through all pairs of a batch; `matched` gets a bit for each left row with a partner. */
static vonk_status walk_pairs(vonk_join *j, const vonk_batch *in, pairs *p, bool emit,
                              uint64_t *matched, vonk_error *err)
{
    vonk_arena piece = vonk_run_arena(j->op.run);
    vonk_status status = VONK_OK;
    uint32_t most = j->op.run->task->batch_rows;
    while (status == VONK_OK && !j->op.done) {
        uint32_t n = next_pairs(j, p, most);
        if (!n)
            break;
        vonk_arena_reset(&piece);
        status = vonk_eval_check(&j->op.run->task->settings, err);
        if (vonk_join_keeps_build_only(j->op.node->join_type))
            n = drop_matched(j, n);
        if (status == VONK_OK)
            status = try_condition(j, &piece, in, &n, err);
        for (uint32_t i = 0; status == VONK_OK && i < n; i++) {
            vonk_bit_set(matched, j->left_rows[i], true);
            if (j->right_matched)
                vonk_bit_set(j->right_matched, j->right_rows[i], true);
        }
        if (status == VONK_OK && emit)
            status = emit_pairs(j, &piece, in, n, err);
    }
    vonk_arena_free(&piece);
    return status;
}

/* NOT IN: a left row with a null key passes only if there are no rows on the right at all. */
static void block_null_keys(vonk_join *j, const vonk_batch *in, uint64_t *matched)
{
    if (!j->build->batch.n_rows)
        return;
    for (uint32_t i = 0; i < in->n_rows; i++) {
        bool null = j->build->has_null_key;
        for (uint32_t k = 0; k < j->op.node->n_keys && !null; k++)
            null = !vonk_column_is_valid(&j->keys[k], i);
        if (null)
            vonk_bit_set(matched, i, true);
    }
}

/* What pieces of the build before this one know of the rows that come. */
static void recall_matched(const vonk_join *j, uint32_t n, uint64_t *matched)
{
    for (uint32_t i = 0; j->pieces.matched && i < n; i++)
        vonk_bit_set(matched, i, vonk_bit_get(j->pieces.matched, j->pieces.at + i));
}

/* For the next piece. */
static void note_matched(vonk_join *j, uint32_t n, const uint64_t *matched)
{
    for (uint32_t i = 0; j->pieces.matched && i < n; i++)
        vonk_bit_set(j->pieces.matched, j->pieces.at + i, vonk_bit_get(matched, i));
    j->pieces.at += n;
}

static vonk_status probe(vonk_operator *op, const vonk_batch *in, vonk_error *err)
{
    vonk_join *j = (vonk_join *)op;
    const vonk_physical *node = op->node;
    vonk_join_type type = node->join_type;
    vonk_arena_reset(&op->batch);
    uint64_t *matched = vonk_arena_zalloc(&op->batch, vonk_bitmap_words(in->n_rows) * 8, err);
    VONK_TRY_ALLOC(matched);
    pairs p = {.n_left = in->n_rows};
    recall_matched(j, in->n_rows, matched);
    if (node->n_keys) {
        VONK_TRY(vonk_operator_eval(op, node->keys, node->n_keys, in, j->keys, err));
        VONK_TRY(
            vonk_join_table_probe(j->build->table, &op->batch, j->keys, in->n_rows, &p.probe, err));
    }
    bool left_only = vonk_join_keeps_probe_only(type);
    bool right_only = vonk_join_keeps_build_only(type);
    if (left_only && node->n_keys && !node->condition) {
        for (uint32_t i = 0; i < in->n_rows; i++)
            if (p.probe.groups[i] != VONK_NO_GROUP)
                vonk_bit_set(matched, i, true);
    } else {
        if (j->seen)
            drop_seen(j, &p.probe);
        VONK_TRY(walk_pairs(j, in, &p, !left_only && !right_only, matched, err));
    }
    if (node->null_aware)
        block_null_keys(j, in, matched);
    note_matched(j, in->n_rows, matched);
    if (j->pieces.more)
        return VONK_OK;
    if (left_only)
        return emit_left(j, in, matched, type == VONK_JOIN_SEMI, false, err);
    if (type == VONK_JOIN_LEFT || type == VONK_JOIN_FULL)
        return emit_left(j, in, matched, false, true, err);
    return VONK_OK;
}

static vonk_status push(vonk_operator *op, const vonk_batch *in, vonk_error *err)
{
    vonk_join *j = (vonk_join *)op;
    if (j->spilled)
        return vonk_join_divide(op, &j->disk.probe, op->node->keys, in, err);
    return probe(op, in, err);
}

/* Build rows as the join gives them: alone, or with nulls on the left. */
static vonk_status emit_build_rows(vonk_join *j, uint32_t n, vonk_error *err)
{
    vonk_operator *op = &j->op;
    uint32_t n_left = vonk_join_keeps_build_only(op->node->join_type) ? 0 : j->n_left;
    for (uint32_t c = 0; c < n_left; c++)
        VONK_TRY(vonk_column_null(&op->batch, op->node->children[0]->output.fields[c].type, n,
                                  &j->columns[c], err));
    for (uint32_t c = 0; c < j->n_right; c++)
        VONK_TRY(vonk_take(&op->batch, &j->build->batch.columns[c], j->right_rows, n, false,
                           &j->columns[n_left + c], err));
    vonk_batch out = {.n_rows = n, .n_columns = n_left + j->n_right, .columns = j->columns};
    return vonk_operator_emit(op, &out, err);
}

/* The build rows with a partner (RIGHT_SEMI) or without one (RIGHT_ANTI, FULL). */
static vonk_status emit_right(vonk_operator *op, vonk_error *err)
{
    vonk_join *j = (vonk_join *)op;
    uint32_t most = op->run->task->batch_rows;
    bool want = op->node->join_type == VONK_JOIN_RIGHT_SEMI;
    if (!vonk_join_marks_build(op->node->join_type))
        return VONK_OK;
    for (uint32_t at = 0; at < j->build->batch.n_rows && !op->done;) {
        uint32_t n = 0;
        vonk_arena_reset(&op->batch);
        VONK_TRY(vonk_eval_check(&op->run->task->settings, err));
        for (; at < j->build->batch.n_rows && n < most; at++) {
            if (vonk_bit_get(j->right_matched, at) == want)
                j->right_rows[n++] = at;
        }
        if (n)
            VONK_TRY(emit_build_rows(j, n, err));
    }
    return VONK_OK;
}

/* --- what went to disk --- */

static vonk_status end_part(vonk_operator *op, vonk_error *err)
{
    VONK_TRY(emit_right(op, err));
    return vonk_join_build_anew((vonk_join *)op, err);
}

static vonk_status finish(vonk_operator *op, vonk_error *err)
{
    vonk_join *j = (vonk_join *)op;
    if (!j->spilled)
        return emit_right(op, err);
    vonk_join_parts parts = {.op = op,
                             .build = vonk_join_add_build,
                             .built = vonk_join_build_finish,
                             .probe = probe,
                             .probed = end_part,
                             .side = j->side,
                             .pieces = &j->pieces};
    return vonk_join_all_parts(&parts, &j->disk, err);
}

static void close_join(vonk_operator *op)
{
    vonk_join *j = (vonk_join *)op;
    vonk_join_level_free(&j->disk);
    if (j->owned)
        vonk_build_free(j->build);
}

static const vonk_operator_ops ops = {
    .name = "join", .push = push, .finish = finish, .close = close_join};

vonk_status vonk_join_new(vonk_run *run, const vonk_physical *node, vonk_operator **ret_probe,
                          vonk_operator **ret_build, vonk_error *err)
{
    vonk_operator *op = NULL;
    uint32_t most = run->task->batch_rows;
    VONK_TRY(vonk_operator_new(run, &ops, node, sizeof(vonk_join), &op, err));
    vonk_join *j = (vonk_join *)op;
    j->n_left = node->children[0]->output.n_fields;
    j->n_right = node->children[1]->output.n_fields;
    j->keys = VONK_NEW_ARRAY(&run->arena, vonk_column, node->n_keys, err);
    VONK_TRY_ALLOC(j->keys);
    j->columns = VONK_NEW_ARRAY(&run->arena, vonk_column, j->n_left + j->n_right, err);
    VONK_TRY_ALLOC(j->columns);
    j->left_rows = VONK_NEW_ARRAY(&run->arena, uint32_t, most, err);
    VONK_TRY_ALLOC(j->left_rows);
    j->right_rows = VONK_NEW_ARRAY(&run->arena, uint32_t, most, err);
    VONK_TRY_ALLOC(j->right_rows);
    VONK_TRY(vonk_runtime_filters_add(run, node, &j->build, err));
    const vonk_physical *right = node->children[1];
    *ret_build = NULL;
    if (right->kind == VONK_OP_READ && right->partitioning == VONK_PART_BROADCAST)
        VONK_TRY(vonk_build_shared(run, node, right, &j->build, err));
    if (!j->build || j->build->too_large)
        VONK_TRY(vonk_join_own_side(j, ret_build, err));
    *ret_probe = op;
    return VONK_OK;
}
