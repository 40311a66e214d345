/* reach.h - which operators of a plan are below which others, or must run before them. */
#ifndef VONK_PHYSICAL_REACH_H
#define VONK_PHYSICAL_REACH_H

#include "plan/physical.h"

/* By operator id: a row of bits, one for each operator that it needs, itself among them. */
typedef struct vonk_reach {
    uint32_t n, words; /* operators; 64-bit words of a row */
    uint64_t *bits;
    bool *done;
} vonk_reach;

/* For a plan whose operators have ids below `n_ids`: n_ids squared bits of the arena. */
vonk_status vonk_reach_new(vonk_arena *arena, uint32_t n_ids, vonk_reach *ret,
                           vonk_error *err) VONK_MUST_CHECK;
/* Anew, after the plan has changed. Exchanges with several readers are looked at once. */
void vonk_reach_update(vonk_reach *reach, const vonk_physical *plan);
/* `wanted` is in `op` or in what must run before it. */
bool vonk_reach_has(const vonk_reach *reach, const vonk_physical *op, const vonk_physical *wanted);

#endif
