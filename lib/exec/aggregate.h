/*
 * aggregate.h - the state of a hash aggregate. Used by aggregate.c, aggregate_spill.c and
 * aggregate_pass.c.
 */
#ifndef VONK_EXEC_AGGREGATE_H
#define VONK_EXEC_AGGREGATE_H

#include "exec/spilling.h"
#include "expr/aggregate.h"
#include "kernel/group_table.h"

/* One aggregate function of the node. */
typedef struct vonk_agg_call {
    const vonk_expr *expr;
    vonk_aggregate *state;
    uint32_t first_input;       /* FINAL, MERGE: its first state column in the input */
    uint32_t n_states;          /* its columns as states */
    uint32_t n_columns;         /* in the output: PARTIAL, MERGE: its states; else 1 */
    vonk_column *args;          /* expr->n_args */
    vonk_group_table *distinct; /* of (group, args); NULL: not DISTINCT */
    vonk_column *distinct_keys;
} vonk_agg_call;

/*
 * Groups on disk, divided by the hash of their keys: rows of keys and states; for a DISTINCT call,
 * whose state follows from them, the rows of keys and arguments that were seen.
 */
typedef struct vonk_agg_level {
    vonk_spill_parts groups;
    vonk_spill_parts *distinct; /* n_calls */
} vonk_agg_level;

typedef struct vonk_agg {
    vonk_operator op;
    vonk_arena memory;       /* of the groups and their states */
    vonk_group_table *table; /* NULL without keys */
    vonk_column *keys;
    uint32_t n_calls;
    vonk_agg_call *calls;
    uint32_t n_columns; /* of the output */
    vonk_column *out;
    bool passes;                         /* it gave up: rows go on as states of one row each */
    uint32_t window_rows, window_groups; /* since the last look; groups at that time */
    uint32_t level;                      /* where groups are spilled to */
    vonk_agg_level *levels[VONK_SPILL_LEVELS]; /* in run->arena; NULL: nothing was */
} vonk_agg;

/* No groups; what there were are gone. */
vonk_status vonk_agg_renew(vonk_agg *a, vonk_error *err) VONK_MUST_CHECK;
/* Bits of the rows whose (group, arguments) were not seen before; arguments in c->args. */
vonk_status vonk_agg_first_seen(vonk_agg *a, vonk_agg_call *c, uint32_t n_rows,
                                const uint32_t *groups, uint64_t **ret,
                                vonk_error *err) VONK_MUST_CHECK;
/* The rows of `in`, of given groups, to the call's state. */
vonk_status vonk_agg_update_call(vonk_agg *a, vonk_agg_call *c, const vonk_batch *in,
                                 const uint32_t *groups, uint32_t n_groups,
                                 vonk_error *err) VONK_MUST_CHECK;
/* After n_rows more: whether a partial aggregation is worth it; sets a->passes. */
vonk_status vonk_agg_look(vonk_agg *a, uint32_t n_rows, vonk_error *err) VONK_MUST_CHECK;
/* Hands on the rows as states of one row each. */
vonk_status vonk_agg_pass(vonk_agg *a, const vonk_batch *in, vonk_error *err) VONK_MUST_CHECK;
/* Hands on all groups. */
vonk_status vonk_agg_emit(vonk_agg *a, vonk_error *err) VONK_MUST_CHECK;

/* Without keys there is one group, also without rows. Resets the batch arena. */
vonk_status vonk_agg_touch(vonk_agg *a, vonk_error *err) VONK_MUST_CHECK;

/* The level that groups, or values seen, are spilled to now: a->levels[a->level]. */
vonk_status vonk_agg_open_level(vonk_agg *a, vonk_error *err) VONK_MUST_CHECK;
/* Makes room, by spilling the groups or handing them on, if memory is short. */
vonk_status vonk_agg_make_room(vonk_agg *a, vonk_error *err) VONK_MUST_CHECK;
bool vonk_agg_has_spilled(const vonk_agg *a);
/* Hands on all groups, part by part. */
vonk_status vonk_agg_emit_spilled(vonk_agg *a, vonk_error *err) VONK_MUST_CHECK;
void vonk_agg_free_levels(vonk_agg *a);

/* Without keys: the values that DISTINCT calls have seen go to disk, if memory is short. */
vonk_status vonk_agg_spill_seen(vonk_agg *a, vonk_error *err) VONK_MUST_CHECK;
bool vonk_agg_seen_has_spilled(const vonk_agg *a);
/* Brings the states up to date with all that was seen. */
vonk_status vonk_agg_count_seen(vonk_agg *a, vonk_error *err) VONK_MUST_CHECK;

#endif
