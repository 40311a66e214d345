/*
 * operator.h - operators of a task: batches are pushed from a source through a chain to a sink.
 *
 *      source ──push──▶ filter ──push──▶ project ──push──▶ aggregate (keeps) ──finish──▶ sink
 *
 * A task builds its operators from the stage's tree (pipeline.h) and runs its sources one after the
 * other, build sides before probe sides. Everything happens on the task's thread; a pushed batch is
 * borrowed for the call: who keeps rows copies them (shuffle/shuffle.h, vonk_block).
 */
#ifndef VONK_EXEC_OPERATOR_H
#define VONK_EXEC_OPERATOR_H

#include "exec/record.h"
#include "exec/task.h"
#include "expr/eval.h"

/* What the operators of one task share. */
typedef struct vonk_run {
    vonk_worker *worker;
    const vonk_task *task;
    const vonk_emit *emit;
    const atomic_bool *cancelled;
    vonk_task_result *result;
    struct vonk_runtime_filter *filters; /* of joins, for scans: exec/runtime_filter.h */
    vonk_record *records, *at;           /* exec/record.h: all, and whose time it is */
    vonk_record idle;                    /* time that is no operator's */
    uint64_t since_ns;
    struct vonk_operator *operators; /* newest first, by `created` */
    uint32_t spill_every;            /* VONK_DEBUG_SPILL: exec/spilling.h; 0: not set */
    vonk_arena arena;                /* lives as long as the task */
} vonk_run;

typedef struct vonk_operator vonk_operator;

/* An empty arena for rows of this task; the caller frees it. */
static inline vonk_arena vonk_run_arena(const vonk_run *run)
{
    return (vonk_arena){.budget = run->worker->budget, .stop = run->cancelled};
}

/* An empty block for rows of this task; once it outlives the task, its arena must not stop. */
static inline VONK_MUST_CHECK vonk_status vonk_run_block(const vonk_run *run, vonk_block **ret,
                                                         vonk_error *err)
{
    return vonk_block_beside(&run->arena, ret, err);
}

typedef struct vonk_operator_ops {
    const char *name;
    vonk_status (*push)(vonk_operator *op, const vonk_batch *in, vonk_error *err);
    /* No more input: hand on what was kept. NULL: nothing was. */
    vonk_status (*finish)(vonk_operator *op, vonk_error *err);
    /* Frees what the task's arena does not hold. Called once, also after failures. NULL: nothing.
     */
    void (*close)(vonk_operator *op);
    /* Bytes that it holds now besides op->batch. NULL: none that are worth telling. */
    size_t (*held)(const vonk_operator *op);
    bool builds; /* the build side of a join */
    bool keeps;  /* copies rows: gets batches of bounded size (exec/bounded.h) */
} vonk_operator_ops;

/* The head of every operator's state. */
struct vonk_operator {
    const vonk_operator_ops *ops;
    vonk_run *run;
    const vonk_physical *node;
    vonk_operator *next;    /* NULL: a sink */
    vonk_operator *created; /* the operator made before this one: for close */
    uint32_t n_feeding;     /* sources and operators that still push into it */
    bool done;              /* needs no more input */
    uint32_t n_asked;       /* questions of exec/spilling.h */
    bool makes_texts;       /* exec/bounded.h; of these, not more than most_rows at once */
    uint32_t most_rows;     /* 0: nothing is known yet */
    size_t fixed_bytes;     /* what they take of `batch` for any number of rows */
    vonk_arena batch;       /* reset by the operator for each input batch */
    vonk_record *record;
};

/* Reads something and pushes it; returns when it ends or `into` is done. Does not finish `into`. */
typedef struct vonk_source {
    vonk_status (*run)(const struct vonk_source *source, vonk_operator *into, vonk_error *err);
    vonk_run *task_run;
    const vonk_physical *node;
    vonk_operator *into;
    vonk_record *record;
} vonk_source;

/* Runs it, in its own time. */
vonk_status vonk_source_run(const vonk_source *source, vonk_error *err);

/* Pushes `out` on to op->next; op->done follows it. */
vonk_status vonk_operator_emit(vonk_operator *op, const vonk_batch *out, vonk_error *err);
/* Pushes `in` into `op` as a source does: checks for cancellation. */
vonk_status vonk_operator_push(vonk_operator *op, const vonk_batch *in, vonk_error *err);
/* One feeder has ended; the last one finishes the operator and goes on with the next. */
vonk_status vonk_operator_end(vonk_operator *op, vonk_error *err);

/* Evaluates n expressions over `in` into `columns`, in op's batch arena. */
vonk_status vonk_operator_eval(vonk_operator *op, vonk_expr *const *exprs, uint32_t n,
                               const vonk_batch *in, vonk_column *columns, vonk_error *err);

/* The operator wrote so many bytes to disk for want of memory. */
static inline void vonk_operator_spilled(vonk_operator *op, uint64_t bytes)
{
    vonk_record_add(op->record, VONK_METRIC_SPILLED, bytes);
}

static inline vonk_eval vonk_operator_ctx(vonk_operator *op)
{
    return (vonk_eval){.arena = &op->batch, .settings = &op->run->task->settings};
}

/* Makers of operators: state zeroed and placed in run->arena, ops set. One a kind of node. */
vonk_status vonk_filter_new(vonk_run *run, const vonk_physical *node, vonk_operator **ret,
                            vonk_error *err);
vonk_status vonk_project_new(vonk_run *run, const vonk_physical *node, vonk_operator **ret,
                             vonk_error *err);
vonk_status vonk_expand_new(vonk_run *run, const vonk_physical *node, vonk_operator **ret,
                            vonk_error *err);
vonk_status vonk_limit_new(vonk_run *run, const vonk_physical *node, vonk_operator **ret,
                           vonk_error *err);
vonk_status vonk_hash_aggregate_new(vonk_run *run, const vonk_physical *node, vonk_operator **ret,
                                    vonk_error *err);
vonk_status vonk_sort_new(vonk_run *run, const vonk_physical *node, vonk_operator **ret,
                          vonk_error *err);
vonk_status vonk_window_new(vonk_run *run, const vonk_physical *node, vonk_operator **ret,
                            vonk_error *err);
/* The probe operator, and the sink that its build side pushes into (NULL if the build side is
 * shared and there already). */
vonk_status vonk_join_new(vonk_run *run, const vonk_physical *node, vonk_operator **ret_probe,
                          vonk_operator **ret_build, vonk_error *err);
vonk_status vonk_exchange_new(vonk_run *run, const vonk_physical *node, vonk_operator **ret,
                              vonk_error *err);
vonk_status vonk_write_new(vonk_run *run, const vonk_physical *node, vonk_operator **ret,
                           vonk_error *err);
vonk_status vonk_result_sink_new(vonk_run *run, vonk_operator **ret, vonk_error *err);

/* Sources, by kind of node. */
vonk_status vonk_scan_run(const vonk_source *source, vonk_operator *into, vonk_error *err);
vonk_status vonk_read_run(const vonk_source *source, vonk_operator *into, vonk_error *err);
vonk_status vonk_values_run(const vonk_source *source, vonk_operator *into, vonk_error *err);
vonk_status vonk_range_run(const vonk_source *source, vonk_operator *into, vonk_error *err);

/* Where the task reads an exchange. */
vonk_status vonk_read_input(const vonk_task *task, uint32_t exchange_id, const vonk_input **ret,
                            vonk_error *err);
/* Notes which map task's output is lost, if `status` says so. Returns `status`. */
vonk_status vonk_read_fetched(vonk_run *run, const vonk_input *input, uint32_t map,
                              vonk_status status);
/* Hands on a batch that was read, in pieces if it is larger than the task wants. */
vonk_status vonk_read_batch(const vonk_source *source, const vonk_batch *batch, vonk_operator *into,
                            vonk_error *err);

/* A zeroed operator of `size` bytes that begins with a vonk_operator. */
vonk_status vonk_operator_new(vonk_run *run, const vonk_operator_ops *ops,
                              const vonk_physical *node, size_t size, vonk_operator **ret,
                              vonk_error *err);

#endif
