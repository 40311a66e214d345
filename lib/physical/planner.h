/*
 * planner.h - optimized logical plan -> physical plan -> stages and their tasks' splits.
 */
#ifndef VONK_PHYSICAL_PLANNER_H
#define VONK_PHYSICAL_PLANNER_H

#include "plan/physical.h"

typedef struct vonk_planner {
    vonk_arena *arena;       /* the query's: all results live here */
    uint32_t n_partitions;   /* spark.sql.shuffle.partitions; 0: by the size of the input */
    uint32_t n_slots;        /* of the cluster: how fine to cut files */
    int64_t broadcast_bytes; /* spark.sql.autoBroadcastJoinThreshold; < 0: never */
    int64_t max_split_bytes; /* spark.sql.files.maxPartitionBytes */
    int64_t range_rows;      /* vonk.sort.rangeRows: so many are sorted by more than one task */
    bool key_filters;        /* spark.sql.optimizer.runtime.bloomFilter.enabled */
    bool reuse;              /* spark.sql.exchange.reuse */
    uint32_t next_id;        /* of operators; starts at 1 */
    uint32_t next_exchange;  /* starts at 0 */
    uint32_t n_exchanges, max_exchanges;
    vonk_physical **exchanges; /* those planned so far */
    vonk_options scan_options; /* the session's, for scans whose own options say nothing */
} vonk_planner;

/*
 * Chooses operators, joins and exchanges. The output's columns are those of the logical plan.
 * Errors: VONK_UNSUPPORTED (with UNSUPPORTED_FEATURE) for nodes without an operator.
 */
vonk_status vonk_plan_physical(vonk_planner *planner, const vonk_plan *logical, vonk_physical **ret,
                               vonk_error *err) VONK_MUST_CHECK;

/*
 * Cuts a physical plan at its exchanges. Parents come before their readers; the last stage is the
 * result's. Each READ stands for the EXCHANGE of the same id; n_tasks is 0 until the splits are
 * made.
 */
vonk_status vonk_cut_stages(vonk_planner *planner, vonk_physical *root, vonk_stage **ret,
                            uint32_t *ret_n, vonk_error *err) VONK_MUST_CHECK;

/* Each task's share of the files and ranges of a stage. */
typedef struct vonk_task_splits {
    uint32_t n;
    vonk_split *splits;
} vonk_task_splits;

/*
 * Cuts the stage's scans and ranges into splits, packs them into tasks and sets stage->n_tasks;
 * *ret has an entry a task. A stage that reads hash, range or round-robin exchanges has as many
 * tasks as they have partitions; one without any input that can be cut has one.
 */
vonk_status vonk_stage_splits(vonk_planner *planner, vonk_stage *stage, vonk_task_splits **ret,
                              vonk_error *err) VONK_MUST_CHECK;

/* Cuts a file into splits no longer than split_bytes: formats say whether they can. */
bool vonk_relation_is_splittable(const vonk_relation *relation);

#endif
