/*
 * window_tree.c - frames of many rows, made of states of whole runs of rows.
 *
 *      level 2                 [        256 rows        ]
 *      level 1   [16][16][16]..                        ..[16][16]
 *      level 0 ..............                                    .....   rows
 *                |<------------------- a frame ---------------------->|
 *
 * A frame takes up at most 30 things of a level, whatever its length.
 */
#include "exec/window_framing.h"
#include "kernel/kernel.h"

#define FAN        16u
#define MAX_LEVELS 8u /* 16^8 rows are more than there can be */

/* What there is of each FAN^level rows. Level 0, the rows themselves, has no states. */
typedef struct level {
    uint32_t n;
    vonk_batch states;
    vonk_block *block;      /* the states' */
    uint32_t *sel, *groups; /* VONK_FRAMING_ROWS: what frames are about to take up */
    uint32_t n_sel;
} level;

typedef struct tree {
    vonk_framing *f;
    vonk_type types[VONK_MAX_STATES]; /* of a state */
    uint32_t n_states;
    uint32_t n_levels;
    level levels[MAX_LEVELS];
    vonk_column taken[VONK_MAX_STATES];
} tree;

/* Things sel[0..n) of a level are taken up, each by its group. */
static vonk_status take_up(tree *t, const level *l, const uint32_t *sel, uint32_t n,
                           const uint32_t *groups, uint32_t n_groups, vonk_error *err)
{
    vonk_framing *f = t->f;
    if (l == t->levels)
        return vonk_framing_update(f, sel, n, groups, n_groups, err);
    VONK_TRY(vonk_eval_check(f->in->settings, err));
    vonk_arena_reset(&f->scratch);
    for (uint32_t i = 0; i < t->n_states; i++)
        VONK_TRY(vonk_take(&f->scratch, &l->states.columns[i], sel, n, false, &t->taken[i], err));
    return vonk_aggregate_merge(f->state, t->taken, n, groups, n_groups, err);
}

static vonk_status renew(vonk_framing *f, vonk_error *err)
{
    vonk_arena_reset(&f->states);
    return vonk_aggregate_new(&f->states, f->call, f->in->settings, &f->state, err);
}

/* States of each FAN of things from .. from + n of `l`, appended to `to`. */
static vonk_status sum_up(tree *t, level *l, uint32_t from, uint32_t n, vonk_block *to,
                          vonk_error *err)
{
    vonk_framing *f = t->f;
    uint32_t kept = 0, n_groups = (n + FAN - 1) / FAN;
    for (uint32_t i = 0; i < n; i++) {
        l->sel[kept] = from + i;
        l->groups[kept] = i / FAN;
        kept += l != t->levels || !f->counts || vonk_bit_get(f->counts, from + i);
    }
    vonk_batch states = {.n_rows = n_groups, .n_columns = t->n_states, .columns = t->taken};
    VONK_TRY(renew(f, err));
    VONK_TRY(take_up(t, l, l->sel, kept, l->groups, n_groups, err));
    vonk_arena_reset(&f->scratch);
    VONK_TRY(vonk_aggregate_export(f->state, &f->scratch, 0, n_groups, t->taken, err));
    return vonk_block_append(to, &states, NULL, n_groups, err);
}

static vonk_status make_room(tree *t, level *l, vonk_error *err)
{
    l->sel = vonk_arena_alloc(t->f->in->arena, 2 * VONK_FRAMING_ROWS * sizeof(*l->sel), err);
    VONK_TRY_ALLOC(l->sel);
    l->groups = l->sel + VONK_FRAMING_ROWS;
    return VONK_OK;
}

/* The level above the last one. */
static vonk_status add_level(tree *t, vonk_error *err)
{
    level *l = &t->levels[t->n_levels++], *below = l - 1;
    vonk_arena *arena = t->f->in->arena;
    vonk_field fields[VONK_MAX_STATES];
    vonk_schema schema = {.n_fields = t->n_states, .fields = fields};
    for (uint32_t i = 0; i < t->n_states; i++)
        fields[i] = (vonk_field){.name = "", .type = t->types[i], .nullable = true};
    VONK_TRY(make_room(t, l, err));
    VONK_TRY(vonk_block_beside(arena, &l->block, err));
    for (uint32_t at = 0; at < below->n; at += VONK_FRAMING_ROWS) {
        uint32_t left = below->n - at, n = left < VONK_FRAMING_ROWS ? left : VONK_FRAMING_ROWS;
        VONK_TRY(sum_up(t, below, at, n, l->block, err));
    }
    l->n = (uint32_t)l->block->n_rows;
    return vonk_block_concat(l->block, &schema, arena, &l->states, err);
}

static vonk_status flush(tree *t, level *l, uint32_t n_groups, vonk_error *err)
{
    uint32_t n = l->n_sel;
    l->n_sel = 0;
    return n ? take_up(t, l, l->sel, n, l->groups, n_groups, err) : VONK_OK;
}

/* `group` will take up things from .. to of a level. */
static vonk_status add_range(tree *t, level *l, uint32_t from, uint32_t to, uint32_t group,
                             uint32_t n_groups, vonk_error *err)
{
    for (; from < to; from++) {
        if (l == t->levels && t->f->counts && !vonk_bit_get(t->f->counts, from))
            continue;
        l->sel[l->n_sel] = from;
        l->groups[l->n_sel++] = group;
        if (l->n_sel == VONK_FRAMING_ROWS)
            VONK_TRY(flush(t, l, n_groups, err));
    }
    return VONK_OK;
}

/* From the frame's ends upwards: what is left in the middle is whole things of the next level. */
static vonk_status add_frame(tree *t, const vonk_frame *frame, uint32_t group, uint32_t n_groups,
                             vonk_error *err)
{
    uint32_t from = frame->first, to = frame->end;
    for (level *l = t->levels;; l++) {
        uint32_t up = (uint32_t)(((uint64_t)from + FAN - 1) / FAN), down = to / FAN;
        if (l + 1 == t->levels + t->n_levels || up >= down)
            return add_range(t, l, from, to, group, n_groups, err);
        VONK_TRY(add_range(t, l, from, up * FAN, group, n_groups, err));
        VONK_TRY(add_range(t, l, down * FAN, to, group, n_groups, err));
        from = up;
        to = down;
    }
}

/* The values of frames start .. start + n. */
static vonk_status eval_some(tree *t, uint32_t start, uint32_t n, vonk_block *out, vonk_error *err)
{
    vonk_framing *f = t->f;
    vonk_column values;
    vonk_batch batch = {.n_rows = n, .n_columns = 1, .columns = &values};
    VONK_TRY(renew(f, err));
    for (uint32_t k = 0; k < n; k++)
        VONK_TRY(add_frame(t, &f->frames[start + k], k, n, err));
    for (uint32_t l = 0; l < t->n_levels; l++)
        VONK_TRY(flush(t, &t->levels[l], n, err));
    vonk_arena_reset(&f->scratch);
    VONK_TRY(vonk_aggregate_finish(f->state, &f->scratch, 0, n, &values, err));
    return vonk_block_append(out, &batch, NULL, n, err);
}

static vonk_status climb(tree *t, vonk_block *out, vonk_error *err)
{
    vonk_framing *f = t->f;
    VONK_TRY(vonk_aggregate_state_types(f->call, t->types, &t->n_states, err));
    VONK_TRY(make_room(t, t->levels, err));
    while (t->n_levels < MAX_LEVELS && t->levels[t->n_levels - 1].n > FAN)
        VONK_TRY(add_level(t, err));
    for (uint32_t at = 0; at < f->n_frames; at += VONK_BATCH_ROWS) {
        uint32_t left = f->n_frames - at;
        VONK_TRY(eval_some(t, at, left < VONK_BATCH_ROWS ? left : VONK_BATCH_ROWS, out, err));
    }
    return VONK_OK;
}

vonk_status vonk_framing_climb(vonk_framing *f, vonk_block *out, vonk_error *err)
{
    tree t = {.f = f, .n_levels = 1, .levels[0].n = f->in->rows.n_rows};
    vonk_status status = climb(&t, out, err);
    for (uint32_t l = 1; l < MAX_LEVELS; l++)
        vonk_block_unref(t.levels[l].block);
    return status;
}
