/* plan_copy.h - copies of whole resolved plans. */
#ifndef VONK_CATALOG_PLAN_COPY_H
#define VONK_CATALOG_PLAN_COPY_H

#include "plan/plan.h"

/*
 * A copy of `plan` and all it points to, texts, files, types and subqueries included, so that the
 * original's arena may go. Functions are not copied: they are static.
 */
vonk_status vonk_plan_copy(vonk_arena *arena, const vonk_plan *plan, vonk_plan **ret,
                           vonk_error *err) VONK_MUST_CHECK;

/* A copy of the nodes and expressions; texts, types and relations are shared with the original. */
vonk_status vonk_plan_copy_nodes(vonk_arena *arena, const vonk_plan *plan, vonk_plan **ret,
                                 vonk_error *err) VONK_MUST_CHECK;

/*
 * A copy in which every attribute that the plan makes has a new id, taken from *next_id, so that it
 * can stand beside the original in one query. References to outer attributes stay. Texts, types and
 * relations are shared with the original. `shift` is added to expressions' positions; -1: they are
 * lost.
 */
vonk_status vonk_plan_instantiate(vonk_arena *arena, const vonk_plan *plan, int32_t shift,
                                  uint32_t *next_id, vonk_plan **ret,
                                  vonk_error *err) VONK_MUST_CHECK;

vonk_status vonk_relation_copy(vonk_arena *arena, const vonk_relation *relation,
                               const vonk_relation **ret, vonk_error *err) VONK_MUST_CHECK;

#endif
