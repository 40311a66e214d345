/*
 * physical.h - physical plans: trees of operators, cut into stages at exchanges.
 *
 * Expressions are bound: INPUT nodes index the child's output (a join's condition: the left child's
 * columns, then the right's). A physical plan is a value: the wire carries it to executors.
 *
 *      stage 1:   WRITE/RESULT <- SORT <- READ(exchange 0)
 *                                             ^ gather
 *      stage 0:                            EXCHANGE 0 <- FILTER <- SCAN
 */
#ifndef VONK_PLAN_PHYSICAL_H
#define VONK_PLAN_PHYSICAL_H

#include "plan/plan.h"

typedef enum vonk_op_kind {
    VONK_OP_SCAN,      /* relation, columns[output.n_fields] (of the relation), exprs: filters;
                          children: exchanges whose right_keys the keys must be among */
    VONK_OP_VALUES,    /* exprs: n_rows * n_columns literals */
    VONK_OP_RANGE,     /* range_start, range_end, range_step */
    VONK_OP_FILTER,    /* exprs[0]; columns[output.n_fields]: those kept, NULL: all */
    VONK_OP_PROJECT,   /* exprs, one for each output column */
    VONK_OP_AGGREGATE, /* keys: group exprs; exprs: aggregate CALLs; mode */
    VONK_OP_JOIN,      /* children[0] probe, children[1] build; keys, right_keys, condition */
    VONK_OP_SORT,      /* keys: SORT exprs; limit >= 0: top-N */
    VONK_OP_LIMIT,     /* limit, offset */
    VONK_OP_UNION,     /* children */
    VONK_OP_EXCHANGE,  /* partitioning, n_partitions, keys; exchange_id */
    VONK_OP_READ,      /* reads what EXCHANGE exchange_id of an earlier stage wrote */
    VONK_OP_WRITE,     /* format, path, options: writes files, outputs nothing */
    VONK_OP_WINDOW,    /* keys: SORTs its input is sorted by, of which n_columns are of PARTITION
                          BY; exprs: WINDOWs; output: the input's columns, then one a WINDOW */
    VONK_OP_EXPAND,    /* exprs: n_rows * n_columns: each input row becomes n_rows rows */
    VONK_N_OPS,
} vonk_op_kind;

/*
 * Columns of an aggregate's output, and of its input where it merges:
 *   PARTIAL   keys, then each aggregate's states (vonk_aggregate_state_types)
 *   FINAL     input as PARTIAL's output; output keys, then one result column an aggregate
 *   MERGE     input and output as PARTIAL's output
 *   COMPLETE  PARTIAL and FINAL at once
 */
typedef enum vonk_aggregate_mode {
    VONK_AGG_COMPLETE,
    VONK_AGG_PARTIAL,
    VONK_AGG_FINAL,
    VONK_AGG_MERGE
} vonk_aggregate_mode;

typedef enum vonk_partitioning {
    VONK_PART_GATHER,      /* all to one partition */
    VONK_PART_HASH,        /* by hash of keys */
    VONK_PART_ROUND_ROBIN, /* evenly */
    VONK_PART_BROADCAST,   /* every reader sees all */
    VONK_PART_RANGE,       /* by order: each partition's rows come before the next one's */
} vonk_partitioning;

typedef struct vonk_physical vonk_physical;
struct vonk_physical {
    vonk_op_kind kind;
    uint32_t id; /* number in EXPLAIN and metrics: unique in the query */
    uint32_t n_children;
    vonk_physical **children;
    vonk_schema output;

    uint32_t n_exprs;
    vonk_expr **exprs;
    uint32_t n_keys;
    vonk_expr **keys;
    vonk_expr **right_keys; /* JOIN: n_keys, over the right child */
    vonk_expr *condition;   /* JOIN: what more must hold, over left ++ right columns */
    vonk_join_type join_type;
    uint64_t null_safe; /* JOIN: bit k set = key k compares by <=>: null equals null */
    bool null_aware;    /* ANTI join of NOT IN: a null key on the right lets nothing through */

    vonk_aggregate_mode mode;
    int64_t limit, offset; /* limit < 0: none */
    uint32_t n_rows, n_columns;
    int64_t range_start, range_end, range_step;

    vonk_partitioning partitioning;
    uint32_t n_partitions;
    uint32_t exchange_id;
    bool reused; /* EXCHANGE: read at more than one place; the driver's alone */

    const vonk_relation *relation;
    uint32_t *columns;

    const char *format, *path;
    vonk_options options;
};

/*
 * One stage: a tree whose leaves are SCAN, VALUES, RANGE or READ and whose root is EXCHANGE, WRITE
 * or (the last stage) anything: its rows are the result.
 */
typedef struct vonk_stage {
    uint32_t id;
    vonk_physical *root;
    uint32_t n_tasks;
    uint32_t n_parents;
    uint32_t *parents; /* stages whose exchanges it reads */
    bool is_result;
} vonk_stage;

/* Which part of its stage a task does. */
typedef struct vonk_split {
    uint32_t scan_id; /* id of the SCAN or RANGE node that it belongs to */
    const char *path; /* NULL: RANGE or VALUES */
    uint64_t start,
        length; /* bytes of the file (row groups whose middle lies there); RANGE: rows */
    uint64_t file_size;
} vonk_split;

/* Only the probe side's, or only the build side's, columns come out. */
static inline bool vonk_join_keeps_probe_only(vonk_join_type type)
{
    return type == VONK_JOIN_SEMI || type == VONK_JOIN_ANTI;
}
static inline bool vonk_join_keeps_build_only(vonk_join_type type)
{
    return type == VONK_JOIN_RIGHT_SEMI || type == VONK_JOIN_RIGHT_ANTI;
}
/* Rows of that side without a partner change nothing. */
static inline bool vonk_join_filters_probe(vonk_join_type type)
{
    return type == VONK_JOIN_INNER || type == VONK_JOIN_SEMI || vonk_join_keeps_build_only(type);
}
static inline bool vonk_join_filters_build(vonk_join_type type)
{
    return type == VONK_JOIN_INNER || type == VONK_JOIN_LEFT || type == VONK_JOIN_RIGHT_SEMI ||
           vonk_join_keeps_probe_only(type);
}

vonk_physical *vonk_physical_new(vonk_arena *arena, vonk_op_kind kind, uint32_t n_children,
                                 vonk_error *err);
/* EXPLAIN text in the manner of Spark: "*(1) Project ..." without codegen marks. */
void vonk_physical_print(const vonk_physical *plan, vonk_buffer *out);
/* One operator of it, without its children and the end of the line. */
void vonk_physical_print_line(const vonk_physical *plan, vonk_buffer *out);
/* The same for an exchange whose plan stands further up. */
void vonk_physical_print_reused(const vonk_physical *plan, vonk_buffer *out);
void vonk_physical_print_formatted(const vonk_physical *plan, vonk_buffer *out);

#endif
