/* join_state.h - a join operator: what its probe side (join.c) and build side (join_side.c) share.
 */
#ifndef VONK_EXEC_JOIN_STATE_H
#define VONK_EXEC_JOIN_STATE_H

#include "exec/join_build.h"
#include "exec/join_spill.h"

typedef struct vonk_join {
    vonk_operator op;
    vonk_build *build;
    bool owned; /* this task built it */
    vonk_column *keys;
    vonk_column *columns; /* left ++ right */
    uint32_t n_left, n_right;
    uint32_t *left_rows, *right_rows; /* of a piece */
    uint64_t *right_matched;          /* FULL, RIGHT_SEMI, RIGHT_ANTI: build rows with a partner */
    uint64_t *seen;                   /* RIGHT_SEMI, RIGHT_ANTI without a condition: keys found */
    vonk_operator *side;              /* if it is owned: who fills it */
    bool spilled;                     /* the rows of both sides go to disk */
    vonk_join_level disk;
    vonk_join_pieces pieces;
} vonk_join;

/* What becomes of build rows depends on whether they had a partner. */
static inline bool vonk_join_marks_build(vonk_join_type type)
{
    return type == VONK_JOIN_FULL || vonk_join_keeps_build_only(type);
}

/* The operator that takes the rows of a build side of this task's own. */
vonk_status vonk_join_own_side(vonk_join *j, vonk_operator **ret, vonk_error *err) VONK_MUST_CHECK;
/* Of a part that comes back from disk: its rows, their end, and an empty build side for the next.
 */
vonk_status vonk_join_add_build(vonk_operator *op, const vonk_batch *in,
                                vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_join_build_finish(vonk_operator *op, vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_join_build_anew(vonk_join *j, vonk_error *err) VONK_MUST_CHECK;

#endif
