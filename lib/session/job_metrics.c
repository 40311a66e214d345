/* job_metrics.c - totals by operator, and each task's time for the skew. */
#include "session/job_metrics.h"

typedef struct op_tasks {
    vonk_op_totals totals;
    uint64_t *ns; /* of the n_tasks that were added */
} op_tasks;

typedef struct stage_metrics {
    uint32_t n_tasks, n_ops;
    uint64_t *added; /* a bit a task */
    op_tasks *ops;   /* as many as the stage's tree has nodes; n_ops are seen */
    uint32_t n_nodes;
} stage_metrics;

struct vonk_job_metrics {
    vonk_arena *arena;
    uint32_t n_stages;
    stage_metrics *stages;
};

static uint32_t count_nodes(const vonk_physical *op)
{
    uint32_t n = 1;
    for (uint32_t i = 0; i < op->n_children; i++)
        n += count_nodes(op->children[i]);
    return n;
}

vonk_status vonk_job_metrics_new(vonk_arena *arena, const vonk_stage *stages, uint32_t n_stages,
                                 vonk_job_metrics **ret, vonk_error *err)
{
    vonk_job_metrics *m = VONK_NEW(arena, vonk_job_metrics, err);
    VONK_TRY_ALLOC(m);
    *m = (vonk_job_metrics){.arena = arena, .n_stages = n_stages};
    m->stages = VONK_NEW_ARRAY(arena, stage_metrics, n_stages, err);
    VONK_TRY_ALLOC(m->stages);
    for (uint32_t s = 0; s < n_stages; s++) {
        stage_metrics *stage = &m->stages[s];
        stage->n_tasks = stages[s].n_tasks;
        stage->n_nodes = count_nodes(stages[s].root);
        stage->added = VONK_NEW_ARRAY(arena, uint64_t, stage->n_tasks / 64 + 1, err);
        VONK_TRY_ALLOC(stage->added);
        stage->ops = VONK_NEW_ARRAY(arena, op_tasks, stage->n_nodes, err);
        VONK_TRY_ALLOC(stage->ops);
    }
    *ret = m;
    return VONK_OK;
}

/*
 * The operator's place, first looked for at `likely`: tasks list their operators in one order. NULL
 * without an error: it is not of this stage.
 */
static vonk_status find_op(vonk_job_metrics *m, stage_metrics *stage, uint32_t node,
                           uint32_t likely, op_tasks **ret, vonk_error *err)
{
    *ret = NULL;
    if (likely < stage->n_ops && stage->ops[likely].totals.node == node)
        *ret = &stage->ops[likely];
    for (uint32_t i = 0; !*ret && i < stage->n_ops; i++) {
        if (stage->ops[i].totals.node == node)
            *ret = &stage->ops[i];
    }
    if (*ret || stage->n_ops == stage->n_nodes)
        return VONK_OK;
    op_tasks *op = &stage->ops[stage->n_ops];
    op->ns = VONK_NEW_ARRAY(m->arena, uint64_t, stage->n_tasks, err);
    VONK_TRY_ALLOC(op->ns);
    op->totals.node = node;
    stage->n_ops++;
    *ret = op;
    return VONK_OK;
}

vonk_status vonk_job_metrics_add(vonk_job_metrics *m, uint32_t stage_id, uint32_t task,
                                 const vonk_task_result *result, vonk_error *err)
{
    if (stage_id >= m->n_stages || task >= m->stages[stage_id].n_tasks)
        return VONK_OK;
    stage_metrics *stage = &m->stages[stage_id];
    if (stage->added[task / 64] >> task % 64 & 1)
        return VONK_OK;
    stage->added[task / 64] |= UINT64_C(1) << task % 64;
    for (uint32_t i = 0; i < result->n_ops; i++) {
        const vonk_op_metrics *of = &result->ops[i];
        op_tasks *op = NULL;
        VONK_TRY(find_op(m, stage, of->node, i, &op, err));
        if (!op || op->totals.n_tasks == stage->n_tasks)
            continue;
        op->ns[op->totals.n_tasks] = of->of[VONK_METRIC_NS] + of->of[VONK_METRIC_BUILD_NS];
        vonk_op_totals_add(&op->totals, of);
    }
    return VONK_OK;
}

vonk_status vonk_job_metrics_totals(vonk_job_metrics *m, vonk_op_totals **ret, uint32_t *ret_n,
                                    vonk_error *err)
{
    uint32_t n = 0;
    for (uint32_t s = 0; s < m->n_stages; s++)
        n += m->stages[s].n_ops;
    vonk_op_totals *all = VONK_NEW_ARRAY(m->arena, vonk_op_totals, n, err);
    VONK_TRY_ALLOC(all);
    n = 0;
    for (uint32_t s = 0; s < m->n_stages; s++) {
        for (uint32_t i = 0; i < m->stages[s].n_ops; i++) {
            op_tasks *op = &m->stages[s].ops[i];
            op->totals.skew = vonk_metric_skew(op->ns, op->totals.n_tasks);
            all[n++] = op->totals;
        }
    }
    *ret = all;
    *ret_n = n;
    return VONK_OK;
}
