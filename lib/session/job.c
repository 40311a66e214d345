/* job.c - the loop between a scheduler, which decides, and a cluster, which acts. */
#include "session/job.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "session/job_metrics.h"
#include "session/waiting_rows.h"

#define POLL_MS 5 /* how soon a Ctrl-C is seen while nothing happens */

typedef struct job {
    const vonk_job_request *r;
    vonk_job_result *result;
    vonk_sched *sched;
    uint32_t n_stages;
    vonk_stage *stages;
    vonk_task_splits **splits; /* by stage, by task */
    uint32_t *map_stage;       /* by exchange: the stage that writes it */
    vonk_job_metrics *metrics;
    const char **addresses; /* by executor */
    uint32_t n_addresses;
    vonk_waiting_rows rows; /* of the last stage's tasks */
    bool over;
    vonk_status status;
} job;

static int64_t now_ms(void)
{
    struct timespec ts;
    if (clock_gettime(CLOCK_MONOTONIC, &ts) != 0)
        return 0;
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* --- preparing --- */

static vonk_status prepare_stages(job *j, vonk_error *err)
{
    vonk_planner *p = j->r->planner;
    VONK_TRY(vonk_cut_stages(p, j->r->plan, &j->stages, &j->n_stages, err));
    j->splits = VONK_NEW_ARRAY(j->r->arena, vonk_task_splits *, j->n_stages, err);
    VONK_TRY_ALLOC(j->splits);
    j->map_stage = VONK_NEW_ARRAY(j->r->arena, uint32_t, p->next_exchange + 1, err);
    VONK_TRY_ALLOC(j->map_stage);
    vonk_sched_stage *stages = VONK_NEW_ARRAY(j->r->arena, vonk_sched_stage, j->n_stages, err);
    VONK_TRY_ALLOC(stages);
    for (uint32_t s = 0; s < j->n_stages; s++) {
        vonk_stage *stage = &j->stages[s];
        VONK_TRY(vonk_stage_splits(p, stage, &j->splits[s], err));
        if (stage->root->kind == VONK_OP_EXCHANGE)
            j->map_stage[stage->root->exchange_id] = s;
        stages[s] =
            (vonk_sched_stage){stage->n_tasks, stage->n_parents, stage->parents, stage->is_result};
    }
    vonk_waiting_limits limits = {.in_memory = j->r->cluster->waiting_rows,
                                  .result = j->r->max_result_size,
                                  .spill_dir = j->r->spill_dir,
                                  .budget = j->r->cluster->budget};
    VONK_TRY(vonk_waiting_rows_init(&j->rows, &limits, j->stages[j->n_stages - 1].n_tasks,
                                    j->r->arena, err));
    VONK_TRY(vonk_job_metrics_new(j->r->arena, j->stages, j->n_stages, &j->metrics, err));
    return vonk_sched_new(stages, j->n_stages, &j->r->sched, &j->sched, err);
}

/* --- launching --- */

static uint32_t count_reads(const vonk_physical *op)
{
    uint32_t n = op->kind == VONK_OP_READ;
    for (uint32_t i = 0; i < op->n_children; i++)
        n += count_reads(op->children[i]);
    return n;
}

static const char *address_of(const job *j, uint32_t executor)
{
    return executor < j->n_addresses && j->addresses[executor] ? j->addresses[executor] : "";
}

/* Where each map task's output lies, for every exchange read below `op`. */
static vonk_status add_inputs(job *j, const vonk_physical *op, vonk_input *inputs, uint32_t *n,
                              vonk_error *err)
{
    for (uint32_t i = 0; i < op->n_children; i++)
        VONK_TRY(add_inputs(j, op->children[i], inputs, n, err));
    if (op->kind != VONK_OP_READ)
        return VONK_OK;
    uint32_t stage = j->map_stage[op->exchange_id], n_maps = j->stages[stage].n_tasks;
    vonk_location *locations = VONK_NEW_ARRAY(j->r->arena, vonk_location, n_maps, err);
    VONK_TRY_ALLOC(locations);
    for (uint32_t m = 0; m < n_maps; m++) {
        uint32_t attempt = 0;
        uint32_t executor = vonk_sched_output_of(j->sched, stage, m, &attempt);
        locations[m] = (vonk_location){executor, address_of(j, executor)};
    }
    inputs[(*n)++] = (vonk_input){op->exchange_id, stage, n_maps, locations};
    return VONK_OK;
}

static vonk_status launch(job *j, const vonk_sched_action *action, vonk_error *err)
{
    vonk_task_id id = action->id;
    const vonk_stage *stage = &j->stages[id.stage];
    vonk_task *task = VONK_NEW(j->r->arena, vonk_task, err);
    VONK_TRY_ALLOC(task);
    vonk_input *inputs = VONK_NEW_ARRAY(j->r->arena, vonk_input, count_reads(stage->root), err);
    VONK_TRY_ALLOC(inputs);
    uint32_t n_inputs = 0;
    VONK_TRY(add_inputs(j, stage->root, inputs, &n_inputs, err));
    *task = (vonk_task){
        .job = j->r->job,
        .stage = id.stage,
        .index = id.task,
        .attempt = id.attempt,
        .n_tasks = stage->n_tasks,
        .root = stage->root,
        .n_splits = j->splits[id.stage][id.task].n,
        .splits = j->splits[id.stage][id.task].splits,
        .n_inputs = n_inputs,
        .inputs = inputs,
        .settings = j->r->settings,
        .stores = j->r->stores,
        .batch_rows = j->r->batch_rows,
        .is_result = stage->is_result && stage->root->kind != VONK_OP_WRITE,
    };
    return j->r->cluster->ops->launch(j->r->cluster, action->executor, task, err);
}

static vonk_status carry_out(job *j, const vonk_sched_actions *actions, vonk_error *err)
{
    for (uint32_t i = 0; i < actions->n; i++) {
        const vonk_sched_action *a = &actions->items[i];
        switch (a->kind) {
        case VONK_ACTION_LAUNCH:
            VONK_TRY(launch(j, a, err));
            break;
        case VONK_ACTION_KILL:
            j->r->cluster->ops->kill(j->r->cluster, a->executor, j->r->job, a->id.stage, a->id.task,
                                     a->id.attempt);
            break;
        case VONK_ACTION_STAGE_DONE:
            break;
        case VONK_ACTION_JOB_DONE:
            j->over = true;
            break;
        case VONK_ACTION_JOB_FAILED:
            j->over = true;
            j->status = a->error.status;
            if (err)
                *err = a->error;
            break;
        }
    }
    return VONK_OK;
}

/* --- results --- */

static vonk_status take_rows(job *j, vonk_cluster_event *event, vonk_error *err)
{
    if (event->job == j->r->job)
        return vonk_waiting_rows_add(&j->rows, event->index, event->attempt, event->rows, err);
    vonk_block_unref(event->rows);
    return VONK_OK;
}

static bool is_cancelled(const job *j)
{
    return j->r->cancelled && atomic_load(j->r->cancelled);
}

vonk_status vonk_fail_cancelled(vonk_error *err)
{
    (void)!vonk_fail_sql(err, "OPERATION_CANCELED", "Operation has been canceled.");
    if (err)
        err->status = VONK_CANCELLED;
    return VONK_CANCELLED;
}

static vonk_status give_rows(void *context, const vonk_batch *batch, vonk_error *err)
{
    const job *j = context;
    if (is_cancelled(j))
        return vonk_fail_cancelled(err);
    return j->r->rows(j->r->context, batch, err);
}

static vonk_status hand_on_rows(job *j, vonk_error *err)
{
    return vonk_waiting_rows_hand_on(&j->rows, j, j->r->rows ? give_rows : NULL, err);
}

static vonk_status take_files(job *j, vonk_task_result *from, vonk_error *err)
{
    if (!from->n_files)
        return VONK_OK;
    uint32_t n = j->result->n_files + from->n_files;
    char **files = realloc(j->result->files, n * sizeof(*files));
    if (!files)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    memcpy(files + j->result->n_files, from->files, from->n_files * sizeof(*files));
    j->result->files = files;
    j->result->n_files = n;
    free(from->files);
    from->files = NULL;
    from->n_files = 0;
    return VONK_OK;
}

static void add_metrics(vonk_task_metrics *sum, const vonk_task_metrics *m)
{
    sum->rows_read += m->rows_read;
    sum->bytes_read += m->bytes_read;
    sum->rows_out += m->rows_out;
    sum->bytes_out += m->bytes_out;
    sum->cpu_ns += m->cpu_ns;
    sum->wall_ns += m->wall_ns;
    sum->groups_total += m->groups_total;
    sum->groups_pruned += m->groups_pruned;
    if (m->peak_memory > sum->peak_memory)
        sum->peak_memory = m->peak_memory;
}

/* --- events --- */

static vonk_status executor_added(job *j, const vonk_cluster_event *event, vonk_error *err)
{
    if (event->executor >= j->n_addresses) {
        uint32_t n = event->executor + 8;
        const char **addresses = realloc(j->addresses, n * sizeof(*addresses));
        if (!addresses)
            return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
        memset(addresses + j->n_addresses, 0, (n - j->n_addresses) * sizeof(*addresses));
        j->addresses = addresses;
        j->n_addresses = n;
    }
    char *copy = vonk_arena_strndup(j->r->arena, event->address, strlen(event->address), err);
    VONK_TRY_ALLOC(copy);
    j->addresses[event->executor] = copy;
    return VONK_OK;
}

static vonk_status tell_sched(job *j, const vonk_sched_event *event, vonk_error *err)
{
    vonk_sched_actions actions = {0};
    VONK_TRY(vonk_sched_handle(j->sched, event, &actions, err));
    return carry_out(j, &actions, err);
}

static vonk_status task_ended(job *j, vonk_cluster_event *event, vonk_sched_event *to,
                              vonk_error *err)
{
    bool of_result = event->stage == j->n_stages - 1;
    if (to->kind == VONK_EVENT_TASK_FINISHED) {
        add_metrics(&j->result->metrics, &event->result.metrics);
        VONK_TRY(vonk_job_metrics_add(j->metrics, event->stage, event->index, &event->result, err));
        if (of_result && vonk_waiting_rows_finished(&j->rows, event->index)) {
            j->result->n_rows += event->result.metrics.rows_out;
            VONK_TRY(take_files(j, &event->result, err));
        }
        VONK_TRY(tell_sched(j, to, err));
        return of_result ? hand_on_rows(j, err) : VONK_OK;
    }
    if (of_result)
        vonk_waiting_rows_failed(&j->rows, event->index, event->attempt);
    to->error = &event->error;
    to->lost_stage = event->result.lost_stage;
    to->lost_task = event->result.lost_map;
    to->lost_executor = event->result.lost_executor;
    return tell_sched(j, to, err);
}

static vonk_status handle(job *j, vonk_cluster_event *event, vonk_error *err)
{
    static const vonk_sched_event_kind kinds[] = {
        [VONK_CLUSTER_EXECUTOR_ADDED] = VONK_EVENT_EXECUTOR_ADDED,
        [VONK_CLUSTER_EXECUTOR_LOST] = VONK_EVENT_EXECUTOR_LOST,
        [VONK_CLUSTER_TASK_FINISHED] = VONK_EVENT_TASK_FINISHED,
        [VONK_CLUSTER_TASK_FAILED] = VONK_EVENT_TASK_FAILED,
    };
    if (event->kind == VONK_CLUSTER_ROWS)
        return take_rows(j, event, err);
    vonk_sched_event to = {.kind = kinds[event->kind],
                           .now_ms = now_ms(),
                           .executor = event->executor,
                           .slots = event->slots,
                           .id = {event->stage, event->index, event->attempt}};
    if (event->kind == VONK_CLUSTER_EXECUTOR_ADDED)
        VONK_TRY(executor_added(j, event, err));
    if (event->kind == VONK_CLUSTER_EXECUTOR_ADDED || event->kind == VONK_CLUSTER_EXECUTOR_LOST)
        return tell_sched(j, &to, err);
    if (event->job != j->r->job)
        return VONK_OK;
    return task_ended(j, event, &to, err);
}

static vonk_status check_cancelled(job *j, bool *told, vonk_error *err)
{
    if (*told || !is_cancelled(j))
        return VONK_OK;
    *told = true;
    vonk_error why;
    (void)!vonk_fail_cancelled(&why);
    vonk_sched_event event = {.kind = VONK_EVENT_CANCEL, .now_ms = now_ms(), .error = &why};
    return tell_sched(j, &event, err);
}

/* After each event: to those who watch, and to a cluster that grows with the work. */
static void tell_progress(const job *j)
{
    const vonk_cluster_ops *ops = j->r->cluster->ops;
    if (!j->r->progress && !ops->backlog)
        return;
    vonk_progress progress = {.rows = j->result->metrics.rows_read,
                              .bytes = j->result->metrics.bytes_read};
    vonk_sched_progress_of(j->sched, &progress.sched);
    if (ops->backlog)
        ops->backlog(j->r->cluster, progress.sched.tasks_running + progress.sched.tasks_ready);
    if (j->r->progress)
        j->r->progress(j->r->progress_context, &progress);
}

static vonk_status run_events(job *j, vonk_error *err)
{
    bool told = false;
    while (!j->over) {
        vonk_cluster_event event;
        VONK_TRY(check_cancelled(j, &told, err));
        if (j->over)
            break;
        VONK_TRY(j->r->cluster->ops->wait(j->r->cluster, POLL_MS, &event, err));
        if (event.kind == VONK_CLUSTER_NOTHING)
            continue;
        vonk_status status = handle(j, &event, err);
        vonk_task_result_free(&event.result);
        VONK_TRY(status);
        tell_progress(j);
    }
    return j->status;
}

vonk_status vonk_job_run(const vonk_job_request *request, vonk_job_result *ret, vonk_error *err)
{
    job j = {.r = request, .result = ret};
    *ret = (vonk_job_result){.job = request->job};
    vonk_op_totals *ops = NULL;
    vonk_status status = prepare_stages(&j, err);
    if (status == VONK_OK) {
        status = request->cluster->ops->start_job(request->cluster, request->job, err);
        request->arena->beyond = true; /* tasks are small, and those that run have their memory */
        if (status == VONK_OK)
            status = run_events(&j, err);
        request->arena->beyond = false;
        request->cluster->ops->end_job(request->cluster, request->job);
        vonk_sched_progress_of(j.sched, &ret->progress);
        if (status == VONK_OK)
            status = vonk_job_metrics_totals(j.metrics, &ops, &ret->n_ops, err);
        ret->ops = ops;
        ret->stages = j.stages;
        ret->n_stages = j.n_stages;
    }
    vonk_waiting_rows_free(&j.rows);
    if (j.sched)
        vonk_sched_free(j.sched);
    free(j.addresses);
    return status;
}

void vonk_job_result_free(vonk_job_result *result)
{
    for (uint32_t i = 0; i < result->n_files; i++)
        free(result->files[i]);
    free(result->files);
    result->files = NULL;
    result->n_files = 0;
}
