/*
 * The cluster with real executor processes, driven as the job runner drives it: two stages of
 * physical plans by hand (a range, exchanged by hash, then read), a scheduler, events.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/nng_cluster.h"
#include "sched/sched.h"

/* nng frees what was closed a little later, on a thread of its own, and Criterion uses nng too. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libnng\n";
}

#define N_MAPS    6u
#define N_REDUCES 3u
#define N_ROWS    30000 /* of the range */

typedef struct job {
    vonk_cluster *cluster;
    vonk_arena arena;
    vonk_physical *map, *reduce;
    vonk_sched *sched;
    uint64_t id;
    int64_t sum, n_rows;
    int64_t task_sums[N_REDUCES], task_rows[N_REDUCES]; /* of the attempt under way */
    uint32_t attempts[N_REDUCES];
    uint32_t n_added, n_lost, n_failed, n_finished;
    char addresses[64][64];
    void (*on_event)(struct job *, const vonk_cluster_event *);
    bool over, done;
    vonk_error error;
} job;

static vonk_schema one_bigint(vonk_arena *arena)
{
    vonk_schema schema = {1, VONK_NEW(arena, vonk_field, NULL)};
    schema.fields[0] = (vonk_field){"id", VONK_TYPE(INT64), false};
    return schema;
}

/* EXCHANGE 0 (hash of id) <- RANGE, and READ 0. */
static void make_plans(job *j)
{
    vonk_schema schema = one_bigint(&j->arena);
    vonk_physical *range = vonk_physical_new(&j->arena, VONK_OP_RANGE, 0, NULL);
    range->id = 1;
    range->output = schema;
    range->range_end = N_ROWS;
    range->range_step = 1;
    range->n_rows = N_MAPS;
    j->map = vonk_physical_new(&j->arena, VONK_OP_EXCHANGE, 1, NULL);
    j->map->id = 2;
    j->map->children[0] = range;
    j->map->output = schema;
    j->map->partitioning = VONK_PART_HASH;
    j->map->n_partitions = N_REDUCES;
    j->map->n_keys = 1;
    j->map->keys = VONK_NEW(&j->arena, vonk_expr *, NULL);
    j->map->keys[0] = vonk_expr_input(&j->arena, 0, "id", VONK_TYPE(INT64), false, NULL);
    j->reduce = vonk_physical_new(&j->arena, VONK_OP_READ, 0, NULL);
    j->reduce->id = 3;
    j->reduce->output = schema;
    j->reduce->partitioning = VONK_PART_HASH;
    j->reduce->n_partitions = N_REDUCES;
}

static void launch(job *j, const vonk_sched_action *a)
{
    uint64_t rows = N_ROWS / N_MAPS;
    vonk_split split = {.scan_id = 1, .start = a->id.task * rows, .length = rows};
    vonk_location locations[N_MAPS];
    vonk_input input = {.n_maps = N_MAPS, .locations = locations};
    vonk_task task = {.job = j->id,
                      .stage = a->id.stage,
                      .index = a->id.task,
                      .attempt = a->id.attempt,
                      .settings = {.ansi = true, .time_zone = "Etc/UTC"},
                      .batch_rows = 1000};
    if (a->id.stage == 0) {
        task.n_tasks = N_MAPS;
        task.root = j->map;
        task.n_splits = 1;
        task.splits = &split;
    } else {
        task.n_tasks = N_REDUCES;
        task.root = j->reduce;
        task.is_result = true;
        task.n_inputs = 1;
        task.inputs = &input;
        for (uint32_t m = 0; m < N_MAPS; m++) {
            uint32_t executor = vonk_sched_output_of(j->sched, 0, m, NULL);
            cr_assert_neq(executor, VONK_NO_EXECUTOR);
            locations[m] = (vonk_location){executor, j->addresses[executor]};
        }
    }
    cr_assert_eq(j->cluster->ops->launch(j->cluster, a->executor, &task, NULL), VONK_OK);
}

static void tell(job *j, const vonk_sched_event *event)
{
    vonk_sched_actions actions;
    cr_assert_eq(vonk_sched_handle(j->sched, event, &actions, NULL), VONK_OK);
    for (uint32_t i = 0; i < actions.n; i++) {
        const vonk_sched_action *a = &actions.items[i];
        if (a->kind == VONK_ACTION_LAUNCH)
            launch(j, a);
        if (a->kind == VONK_ACTION_KILL)
            j->cluster->ops->kill(j->cluster, a->executor, j->id, a->id.stage, a->id.task,
                                  a->id.attempt);
        if (a->kind == VONK_ACTION_JOB_FAILED)
            j->error = a->error;
        j->done = j->done || a->kind == VONK_ACTION_JOB_DONE;
        j->over = j->over || a->kind == VONK_ACTION_JOB_DONE || a->kind == VONK_ACTION_JOB_FAILED;
    }
}

static void take_rows(job *j, const vonk_cluster_event *event)
{
    uint32_t t = event->index;
    if (event->attempt != j->attempts[t]) {
        j->task_sums[t] = j->task_rows[t] = 0;
        j->attempts[t] = event->attempt;
    }
    for (uint32_t b = 0; b < event->rows->n_batches; b++) {
        const vonk_batch *batch = &event->rows->batches[b];
        for (uint32_t i = 0; i < batch->n_rows; i++)
            j->task_sums[t] +=
                ((int64_t *)batch->columns[0].values)[vonk_column_at(&batch->columns[0], i)];
        j->task_rows[t] += batch->n_rows;
    }
    vonk_block_unref(event->rows);
}

static void take(job *j, vonk_cluster_event *event)
{
    vonk_sched_event to = {.executor = event->executor,
                           .slots = event->slots,
                           .id = {event->stage, event->index, event->attempt},
                           .error = &event->error,
                           .lost_executor = event->result.lost_executor};
    switch (event->kind) {
    case VONK_CLUSTER_NOTHING:
        return;
    case VONK_CLUSTER_ROWS:
        take_rows(j, event);
        return;
    case VONK_CLUSTER_EXECUTOR_ADDED:
        j->n_added++;
        cr_assert_lt(event->executor, 64);
        strcpy(j->addresses[event->executor], event->address);
        to.kind = VONK_EVENT_EXECUTOR_ADDED;
        break;
    case VONK_CLUSTER_EXECUTOR_LOST:
        j->n_lost++;
        to.kind = VONK_EVENT_EXECUTOR_LOST;
        break;
    case VONK_CLUSTER_TASK_FINISHED:
        j->n_finished++;
        if (event->stage == 1) {
            j->sum += j->task_sums[event->index];
            j->n_rows += j->task_rows[event->index];
        }
        to.kind = VONK_EVENT_TASK_FINISHED;
        break;
    case VONK_CLUSTER_TASK_FAILED:
        j->n_failed++;
        to.kind = VONK_EVENT_TASK_FAILED;
        break;
    }
    tell(j, &to);
    vonk_task_result_free(&event->result);
}

static vonk_cluster *open_with(vonk_nng_cluster_settings settings)
{
    vonk_cluster *cluster = NULL;
    vonk_error err = {0};
    cr_assert_eq(vonk_nng_cluster_new(&settings, &cluster, &err), VONK_OK, "%s", err.message);
    return cluster;
}

static vonk_cluster *open_cluster(uint32_t n_executors, uint32_t slots)
{
    return open_with((vonk_nng_cluster_settings){
        .n_executors = n_executors, .slots = slots, .memory = 256 << 20, .heartbeat_ms = 100});
}

static vonk_status run(job *j, vonk_cluster *cluster, uint64_t id,
                       void (*on_event)(job *, const vonk_cluster_event *))
{
    *j = (job){.cluster = cluster, .id = id, .on_event = on_event};
    static const uint32_t zero = 0;
    static const vonk_sched_stage stages[] = {
        {.n_tasks = N_MAPS},
        {.n_tasks = N_REDUCES, .n_parents = 1, .parents = &zero, .is_result = true}};
    static const vonk_sched_settings settings = {4, 4};
    make_plans(j);
    cr_assert_eq(vonk_sched_new(stages, 2, &settings, &j->sched, NULL), VONK_OK);
    cr_assert_eq(cluster->ops->start_job(cluster, id, NULL), VONK_OK);
    vonk_status status = VONK_OK;
    while (!j->over && status == VONK_OK) {
        vonk_cluster_event event;
        status = cluster->ops->wait(cluster, 60000, &event, &j->error);
        if (status != VONK_OK)
            break;
        cr_assert_neq(event.kind, VONK_CLUSTER_NOTHING, "nothing happens");
        if (j->on_event)
            j->on_event(j, &event);
        take(j, &event);
    }
    cluster->ops->end_job(cluster, id);
    vonk_sched_free(j->sched);
    vonk_arena_free(&j->arena);
    return status;
}

static void expect_right(const job *j)
{
    cr_assert(j->done, "%s", j->error.message);
    cr_assert_eq(j->n_rows, N_ROWS);
    cr_assert_eq(j->sum, (int64_t)N_ROWS * (N_ROWS - 1) / 2);
}

/* ---- children ---- */

/* Pids of executors whose parent we are. */
static uint32_t children(pid_t *pids, uint32_t most)
{
    char path[64], line[32];
    uint32_t n = 0;
    (void)snprintf(path, sizeof path, "pgrep -P %d vonk-executor", (int)getpid());
    FILE *pipe = popen(path, "re");
    cr_assert(pipe);
    while (n < most && fgets(line, sizeof line, pipe))
        pids[n++] = (pid_t)atoi(line);
    (void)pclose(pipe);
    return n;
}

static uint32_t n_children(void)
{
    pid_t pids[32];
    return children(pids, 32);
}

static char temporary[] = "/tmp/vonk-test-XXXXXX";

static void set_up(void)
{
    cr_assert(mkdtemp(temporary));
    cr_assert_eq(setenv("TMPDIR", temporary, 1), 0);
}

static void tear_down(void)
{
    cr_assert_eq(n_children(), 0, "a process is left behind");
    cr_assert_eq(rmdir(temporary), 0, "a file is left behind: %s", strerror(errno));
}

TestSuite(nng_cluster, .init = set_up, .fini = tear_down, .timeout = 120);

/* ---- tests ---- */

Test(nng_cluster, runs_jobs_one_after_the_other)
{
    vonk_cluster *cluster = open_cluster(2, 2);
    job j;
    for (uint64_t id = 1; id <= 3; id++) {
        cr_assert_eq(run(&j, cluster, id, NULL), VONK_OK, "%s", j.error.message);
        expect_right(&j);
        cr_assert_eq(j.n_finished, N_MAPS + N_REDUCES);
    }
    cr_assert_geq(j.n_added, 1, "the executors are announced to each job");
    cr_assert_str_eq(cluster->name, "local-cluster[2,2,256]");
    cr_assert_eq(cluster->n_slots, 4);
    cluster->ops->close(cluster);
}

static void kill_one_when_reducing(job *j, const vonk_cluster_event *event)
{
    pid_t pids[8];
    if (event->kind != VONK_CLUSTER_TASK_FINISHED || event->stage != 1 || j->n_lost ||
        j->n_finished != N_MAPS)
        return;
    cr_assert_geq(children(pids, 8), 1);
    cr_assert_eq(kill(pids[0], SIGKILL), 0);
}

Test(nng_cluster, a_killed_executor_costs_no_rows)
{
    vonk_cluster *cluster = open_cluster(2, 1);
    job j;
    for (uint64_t id = 1; id <= 3; id++) {
        cr_assert_eq(run(&j, cluster, id, kill_one_when_reducing), VONK_OK, "%s", j.error.message);
        expect_right(&j);
    }
    cluster->ops->close(cluster);
}

static void kill_all_once(job *j, const vonk_cluster_event *event)
{
    pid_t pids[8];
    if (event->kind != VONK_CLUSTER_TASK_FINISHED || j->n_finished != 3 || j->n_lost)
        return;
    for (uint32_t i = children(pids, 8); i-- > 0;)
        cr_assert_eq(kill(pids[i], SIGKILL), 0);
}

Test(nng_cluster, all_executors_may_die)
{
    vonk_cluster *cluster = open_cluster(2, 1);
    job j;
    cr_assert_eq(run(&j, cluster, 1, kill_all_once), VONK_OK, "%s", j.error.message);
    expect_right(&j);
    cr_assert_geq(j.n_lost, 1, "one may have died before it was announced");
    cluster->ops->close(cluster);
}

static void stop_all_once(job *j, const vonk_cluster_event *event)
{
    pid_t pids[8];
    if (event->kind != VONK_CLUSTER_TASK_FINISHED || j->n_finished != 2 || j->n_lost)
        return;
    for (uint32_t i = children(pids, 8); i-- > 0;)
        cr_assert_eq(kill(pids[i], SIGSTOP), 0);
}

Test(nng_cluster, executors_that_hang_are_given_up)
{
    vonk_cluster *cluster = open_with((vonk_nng_cluster_settings){
        .n_executors = 2, .slots = 1, .heartbeat_ms = 100, .timeout_ms = 1500});
    job j;
    cr_assert_eq(run(&j, cluster, 1, stop_all_once), VONK_OK, "%s", j.error.message);
    expect_right(&j);
    cr_assert_geq(j.n_lost, 1);
    cluster->ops->close(cluster);
}

static void kill_every_one(job *j, const vonk_cluster_event *event)
{
    pid_t pids[8];
    (void)j;
    if (event->kind != VONK_CLUSTER_EXECUTOR_ADDED)
        return;
    for (uint32_t i = children(pids, 8); i-- > 0;)
        (void)kill(pids[i], SIGKILL);
}

Test(nng_cluster, executors_that_always_die_end_the_job_with_the_reason)
{
    vonk_cluster *cluster = open_with((vonk_nng_cluster_settings){
        .n_executors = 1, .slots = 1, .heartbeat_ms = 100, .max_replacements = 2});
    job j;
    cr_assert_eq(run(&j, cluster, 1, kill_every_one), VONK_IO);
    cr_assert(strstr(j.error.message, "no executor is left"), "%s", j.error.message);
    cr_assert(strstr(j.error.message, "killed by signal 9"), "%s", j.error.message);
    cr_assert_eq(run(&j, cluster, 2, NULL), VONK_OK, "the next job tries anew");
    expect_right(&j);
    cluster->ops->close(cluster);
}

static void cancel(job *j, const vonk_cluster_event *event)
{
    vonk_sched_event to = {.kind = VONK_EVENT_CANCEL};
    if (event->kind == VONK_CLUSTER_TASK_FINISHED && !j->over)
        tell(j, &to);
}

Test(nng_cluster, a_cancelled_job_leaves_the_cluster_usable)
{
    vonk_cluster *cluster = open_cluster(1, 2);
    job j;
    cr_assert_eq(run(&j, cluster, 1, cancel), VONK_OK);
    cr_assert_not(j.done);
    cr_assert_eq(run(&j, cluster, 2, NULL), VONK_OK);
    expect_right(&j);
    cluster->ops->close(cluster);
}

Test(nng_cluster, closing_without_a_job_leaves_nothing)
{
    for (int i = 0; i < 3; i++) {
        vonk_cluster *cluster = open_cluster(2, 1);
        cluster->ops->close(cluster);
    }
}

Test(nng_cluster, an_executor_program_that_is_not_there_is_an_error)
{
    vonk_nng_cluster_settings settings = {
        .n_executors = 1, .slots = 1, .program = "/no/such/program"};
    vonk_cluster *cluster = NULL;
    vonk_error err;
    cr_assert_eq(vonk_nng_cluster_new(&settings, &cluster, &err), VONK_NOT_FOUND);
    cr_assert(strstr(err.message, "/no/such/program"), "%s", err.message);
}

Test(nng_cluster, an_executor_program_that_fails_is_reported)
{
    vonk_cluster *cluster = open_with((vonk_nng_cluster_settings){
        .n_executors = 1, .slots = 1, .program = "/bin/false", .max_replacements = 1});
    job j;
    cr_assert_eq(run(&j, cluster, 1, NULL), VONK_IO);
    cr_assert(strstr(j.error.message, "ended with status 1"), "%s", j.error.message);
    cluster->ops->close(cluster);
}

Test(nng_cluster, masters_are_read_exactly)
{
    vonk_nng_cluster_settings s;
    vonk_error err;
    cr_assert_eq(vonk_local_cluster_parse("local-cluster[2,3,512]", &s, &err), VONK_OK);
    cr_assert(s.n_executors == 2 && s.slots == 3 && s.memory == 512 << 20);
    cr_assert_eq(vonk_local_cluster_parse("local-cluster[2,3]", &s, &err), VONK_OK);
    cr_assert_eq(s.memory, 0);
    cr_assert_eq(vonk_local_cluster_parse("local[2]", &s, &err), VONK_NOT_FOUND);
    static const char *const wrong[] = {"local-cluster",        "local-cluster[2]",
                                        "local-cluster[0,1,1]", "local-cluster[1,0,1]",
                                        "local-cluster[1,1,1",  "local-cluster[1,1,1]x",
                                        "local-cluster[a,1,1]", "local-cluster[9999,1,1]"};
    for (size_t i = 0; i < VONK_LENGTH(wrong); i++)
        cr_assert_eq(vonk_local_cluster_parse(wrong[i], &s, &err), VONK_INVALID, "%s", wrong[i]);
}
