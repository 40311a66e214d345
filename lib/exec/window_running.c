/*
 * window_running.c - frames that begin with their partition, in one pass: each row becomes a state
 * of its own, the states become running ones, and all of them values. A piece of the rows at a
 * time; the last state of a piece goes on in group 0 of the next one.
 *
 *      group   0    1   2   3   4 ...
 *      state  (so   r0  r1  r2  r3     of each row
 *              far) r0  r0  r2  r2     running; a partition begins at r2
 *                       +r1     +r3
 */
#include "exec/window_framing.h"

typedef struct running {
    vonk_framing *f;
    uint32_t *groups; /* 1, 2, ... */
    bool *begins;     /* of each group: it is a partition's first row */
    vonk_block *out;
} running;

static vonk_status put(const running *r, uint32_t start, uint32_t n, vonk_error *err)
{
    vonk_framing *f = r->f;
    vonk_column values;
    vonk_batch batch = {.n_rows = n, .n_columns = 1, .columns = &values};
    vonk_arena_reset(&f->scratch);
    VONK_TRY(vonk_aggregate_finish(f->state, &f->scratch, start, n, &values, err));
    return vonk_block_append(r->out, &batch, NULL, n, err);
}

/* The values of rows at .. at + n; `at` is a multiple of 64. */
static vonk_status run_piece(const running *r, uint32_t at, uint32_t n, vonk_error *err)
{
    vonk_framing *f = r->f;
    const uint64_t *counts = f->counts ? f->counts + at / 64 : NULL;
    VONK_TRY(vonk_eval_check(f->in->settings, err));
    vonk_arena_reset(&f->scratch);
    for (uint32_t i = 0; i < f->call->n_args; i++)
        VONK_TRY(vonk_column_slice(&f->scratch, &f->args[i], at, n, &f->piece[i], err));
    for (uint32_t i = 0; i < n; i++)
        r->begins[1 + i] = f->in->first[at + i] == at + i;
    VONK_TRY(vonk_aggregate_update(f->state, f->piece, n, r->groups, n + 1, counts, err));
    VONK_TRY(vonk_aggregate_run(f->state, r->begins, n + 1, err));
    VONK_TRY(put(r, 1, n, err));
    vonk_aggregate_carry(f->state, n);
    return VONK_OK;
}

vonk_status vonk_framing_run(vonk_framing *f, vonk_block *out, vonk_error *err)
{
    const uint32_t *first = f->given->first, *end = f->given->end;
    uint32_t n = f->in->rows.n_rows;
    uint32_t most = n < VONK_FRAMING_ROWS ? n : VONK_FRAMING_ROWS;
    running r = {.f = f, .out = out};
    r.groups = vonk_arena_alloc(f->in->arena, most * sizeof(*r.groups), err);
    VONK_TRY_ALLOC(r.groups);
    r.begins = vonk_arena_zalloc(f->in->arena, most + 1, err);
    VONK_TRY_ALLOC(r.begins);
    for (uint32_t i = 0; i < most; i++)
        r.groups[i] = i + 1;
    VONK_TRY(vonk_aggregate_new(&f->states, f->call, f->in->settings, &f->state, err));
    for (uint32_t at = 0; at < n; at += most)
        VONK_TRY(run_piece(&r, at, n - at < most ? n - at : most, err));
    for (uint32_t i = 0; i < n; i++)
        f->value_of[i] = end[i] > first[i] ? end[i] - 1 : n;
    vonk_arena_reset(&f->states);
    VONK_TRY(vonk_aggregate_new(&f->states, f->call, f->in->settings, &f->state, err));
    return put(&r, 0, 1, err);
}
