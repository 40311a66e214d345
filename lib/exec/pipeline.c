/*
 * pipeline.c - from a stage's tree to operators and sources, and running them.
 *
 * The tree is walked from the root down with the operator that its rows go to. A join's build side
 * becomes sources that come before the probe side's.
 */
#include "exec/pipeline.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "exec/operator.h"

typedef struct builder {
    vonk_run *run;
    uint32_t n_sources, capacity;
    vonk_source *sources;
} builder;

static void own(builder *b, vonk_operator *op)
{
    op->created = b->run->operators;
    b->run->operators = op;
}

static vonk_status add_source(builder *b, const vonk_physical *node, vonk_operator *into,
                              vonk_error *err)
{
    static const struct {
        vonk_status (*run)(const vonk_source *, vonk_operator *, vonk_error *);
    } runs[VONK_N_OPS] = {
        [VONK_OP_SCAN] = {vonk_scan_run},
        [VONK_OP_READ] = {vonk_read_run},
        [VONK_OP_VALUES] = {vonk_values_run},
        [VONK_OP_RANGE] = {vonk_range_run},
    };
    if (!into || !runs[node->kind].run)
        return vonk_fail(err, VONK_INVALID, "a plan with a leaf of kind %d in the wrong place",
                         (int)node->kind);
    if (b->n_sources == b->capacity) {
        uint32_t capacity = b->capacity ? b->capacity * 2 : 8;
        vonk_source *sources = VONK_NEW_ARRAY(&b->run->arena, vonk_source, capacity, err);
        VONK_TRY_ALLOC(sources);
        if (b->n_sources)
            memcpy(sources, b->sources, b->n_sources * sizeof(*sources));
        b->sources = sources;
        b->capacity = capacity;
    }
    vonk_source *source = &b->sources[b->n_sources++];
    *source =
        (vonk_source){.run = runs[node->kind].run, .task_run = b->run, .node = node, .into = into};
    into->n_feeding++;
    return vonk_record_new(b->run, node, false, &source->record, err);
}

static vonk_status build(builder *b, const vonk_physical *node, vonk_operator *into,
                         vonk_error *err);

static vonk_status build_join(builder *b, const vonk_physical *node, vonk_operator *into,
                              vonk_error *err)
{
    vonk_operator *probe = NULL, *side = NULL;
    if (!into || node->n_children != 2)
        return vonk_fail(err, VONK_INVALID, "a plan with a join in the wrong place");
    VONK_TRY(vonk_join_new(b->run, node, &probe, &side, err));
    own(b, probe);
    probe->next = into;
    into->n_feeding++;
    if (side) {
        own(b, side);
        VONK_TRY(build(b, node->children[1], side, err));
    }
    return build(b, node->children[0], probe, err);
}

/* Makes the operators and sources whose rows go to `into`. */
static vonk_status build(builder *b, const vonk_physical *node, vonk_operator *into,
                         vonk_error *err)
{
    static vonk_status (*const makers[VONK_N_OPS])(vonk_run *, const vonk_physical *,
                                                   vonk_operator **, vonk_error *) = {
        [VONK_OP_FILTER] = vonk_filter_new, [VONK_OP_PROJECT] = vonk_project_new,
        [VONK_OP_LIMIT] = vonk_limit_new,   [VONK_OP_AGGREGATE] = vonk_hash_aggregate_new,
        [VONK_OP_SORT] = vonk_sort_new,     [VONK_OP_EXCHANGE] = vonk_exchange_new,
        [VONK_OP_WRITE] = vonk_write_new,   [VONK_OP_WINDOW] = vonk_window_new,
        [VONK_OP_EXPAND] = vonk_expand_new,
    };
    if (node->kind == VONK_OP_JOIN)
        return build_join(b, node, into, err);
    if (node->kind == VONK_OP_UNION) {
        for (uint32_t i = 0; i < node->n_children; i++)
            VONK_TRY(build(b, node->children[i], into, err));
        return VONK_OK;
    }
    if (!node->n_children || node->kind == VONK_OP_SCAN)
        return add_source(b, node, into, err);
    bool is_sink = node->kind == VONK_OP_EXCHANGE || node->kind == VONK_OP_WRITE;
    if (!makers[node->kind] || is_sink == (into != NULL))
        return vonk_fail(err, VONK_INVALID, "a plan with a node of kind %d in the wrong place",
                         (int)node->kind);
    vonk_operator *op = NULL;
    VONK_TRY(makers[node->kind](b->run, node, &op, err));
    own(b, op);
    op->next = into;
    if (into)
        into->n_feeding++;
    return build(b, node->children[0], op, err);
}

static vonk_status build_root(builder *b, const vonk_task *task, vonk_error *err)
{
    if (!task->is_result)
        return build(b, task->root, NULL, err);
    vonk_operator *sink = NULL;
    VONK_TRY(vonk_result_sink_new(b->run, &sink, err));
    own(b, sink);
    return build(b, task->root, sink, err);
}

static vonk_status run_sources(builder *b, vonk_error *err)
{
    for (uint32_t i = 0; i < b->n_sources; i++) {
        const vonk_source *source = &b->sources[i];
        if (!source->into->done)
            VONK_TRY(vonk_source_run(source, err));
        VONK_TRY(vonk_operator_end(source->into, err));
    }
    return VONK_OK;
}

static size_t bytes_of(const vonk_operator *op)
{
    return op->batch.total + (op->ops->held ? op->ops->held(op) : 0);
}

/* Memory ran out: whose rows take most of it, and what a user can do. */
static void explain_memory(const vonk_run *run, vonk_error *err)
{
    const vonk_operator *most = run->operators;
    for (const vonk_operator *op = most; op; op = op->created)
        most = bytes_of(op) > bytes_of(most) ? op : most;
    if (!most || !err || !err->condition[0])
        return;
    size_t n = strlen(err->message);
    (void)snprintf(err->message + n, sizeof(err->message) - n,
                   " Of this task's operators a %s holds most of it: %zu bytes. More memory: "
                   "spark.driver.memory with local[N], spark.executor.memory of executors.",
                   most->ops->name, bytes_of(most));
}

vonk_status vonk_pipeline_run(vonk_run *run, vonk_error *err)
{
    builder b = {.run = run};
    vonk_status status = build_root(&b, run->task, err);
    if (status == VONK_OK)
        status = run_sources(&b, err);
    if (status == VONK_NO_MEMORY)
        explain_memory(run, err);
    for (vonk_operator *op = run->operators; op; op = op->created) {
        if (op->ops->close)
            op->ops->close(op);
        vonk_arena_free(&op->batch);
    }
    return status;
}
