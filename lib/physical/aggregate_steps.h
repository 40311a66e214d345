/* aggregate_steps.h - the steps that plans of aggregates are made of. Private to lib/physical. */
#ifndef VONK_PHYSICAL_AGGREGATE_STEPS_H
#define VONK_PHYSICAL_AGGREGATE_STEPS_H

#include "physical/build.h"

typedef struct grouping {
    uint32_t n_keys, n_calls;
    vonk_expr **keys;  /* over the child's attributes */
    vonk_expr **calls; /* aggregate CALLs */
    int *place;        /* for each output column: key i as i, call i as n_keys + i */
    bool distinct;
} grouping;

/* *ret: the keys, then the columns of each call's state. */
vonk_status aggregate_states(vonk_planner *p, const grouping *g, const vonk_attribute *keys,
                             vonk_binding *ret, vonk_error *err);
/* INPUTs of the first n columns of `in`. */
vonk_status aggregate_key_inputs(vonk_planner *p, const vonk_binding *in, uint32_t n,
                                 vonk_expr ***ret, vonk_error *err);
/* An AGGREGATE over `in`. FINAL and MERGE: g's calls are bound already. */
vonk_status aggregate_step(vonk_planner *p, const vonk_planned *in, const grouping *g,
                           vonk_aggregate_mode mode, const vonk_binding *out, vonk_planned *ret,
                           vonk_error *err);
/* Rows to the tasks that own their group. */
vonk_status aggregate_exchange(vonk_planner *p, const vonk_planned *in, vonk_expr **keys,
                               uint32_t n_keys, vonk_planned *ret, vonk_error *err);

/* plan_rollup.c */
/* The aggregate's child is an EXPAND that may come after a first aggregation. */
bool can_plan_rollup(const vonk_plan *child, const grouping *g);
/* `in`: what the EXPAND stands on, planned; `result`: as aggregate_states' keys, then the calls. */
vonk_status plan_rollup(vonk_planner *p, const vonk_plan *expand, const grouping *g,
                        const vonk_planned *in, const vonk_binding *result, vonk_planned *ret,
                        vonk_error *err);

#endif
