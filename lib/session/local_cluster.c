/*
 * local_cluster.c - `local[N]`: one executor of N threads in this process.
 *
 *      launch ──▶ queue of tasks ──▶ N threads ──▶ queue of events ──▶ wait
 *
 * Threads start with the first task, so that a session that runs none costs nothing.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocator.h"
#include "base/leave.h"
#include "base/time_after.h"
#include "exec/debug.h"
#include "exec/shared.h"
#include "session/cluster.h"
#include "shuffle/spill.h"

typedef struct event_node {
    struct event_node *next;
    vonk_cluster_event event;
} event_node;

/* A launched task, waiting or running. */
typedef struct job_task {
    struct job_task *next;
    const vonk_task *task;
    event_node *end; /* of its end, made at its start: that it ended can always be said */
    atomic_bool cancelled;
    pthread_t thread; /* that runs it */
} job_task;

typedef struct local_cluster {
    vonk_cluster base;
    char name[32];
    vonk_memory memory;
    char *spill_dir;
    bool spill_rows; /* forced, for tests: exec/debug.h */
    vonk_worker worker;
    pthread_t *threads;
    uint32_t n_threads, n_started;

    pthread_mutex_t lock;
    pthread_cond_t work, news, idle;
    bool stopping; /* all below: guarded by lock */
    job_task *waiting, **waiting_end;
    job_task *running;
    event_node *events, **events_end;
} local_cluster;

static vonk_status new_event(event_node **ret, vonk_error *err)
{
    event_node *node = calloc(1, sizeof(*node));
    if (!node)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    *ret = node;
    return VONK_OK;
}

/* Takes over `node`. */
static void post(local_cluster *c, event_node *node)
{
    pthread_mutex_lock(&c->lock);
    *c->events_end = node;
    c->events_end = &node->next;
    pthread_cond_signal(&c->news);
    pthread_mutex_unlock(&c->lock);
}

static vonk_cluster_event event_of(vonk_cluster_event_kind kind, const vonk_task *task)
{
    return (vonk_cluster_event){.kind = kind,
                                .job = task->job,
                                .stage = task->stage,
                                .index = task->index,
                                .attempt = task->attempt};
}

/* Where the rows of a running task go. */
typedef struct emitter {
    local_cluster *cluster;
    vonk_spill *spill; /* NULL: nothing had to wait on disk */
    const atomic_bool *stop;
} emitter;

/* A task's rows wait until those of the tasks before it were taken: on disk, if memory is short. */
static vonk_status keep_rows(emitter *e, const vonk_batch *batch, vonk_block *block,
                             vonk_error *err)
{
    local_cluster *c = e->cluster;
    if (vonk_memory_has_room(&c->memory) && !c->spill_rows)
        return vonk_block_append(block, batch, NULL, batch->n_rows, err);
    if (!e->spill)
        VONK_TRY(vonk_spill_open(c->spill_dir, &c->memory.budget, &e->spill, err));
    VONK_TRY(vonk_block_spill(block, e->spill, batch, err));
    return vonk_spill_flush(e->spill, err); /* another thread reads it */
}

static vonk_status emit(void *context, const vonk_task *task, const vonk_batch *batch,
                        vonk_error *err)
{
    emitter *e = context;
    vonk_block *rows = NULL;
    event_node *node = NULL;
    VONK_TRY(vonk_block_new(&e->cluster->memory.budget, &rows, err));
    rows->arena.stop = e->stop;
    vonk_status status = keep_rows(e, batch, rows, err);
    rows->arena.stop = NULL; /* they outlive the task */
    if (status == VONK_OK)
        status = new_event(&node, err);
    if (status != VONK_OK) {
        vonk_block_unref(rows);
        return status;
    }
    node->event = event_of(VONK_CLUSTER_ROWS, task);
    node->event.rows = rows;
    post(e->cluster, node);
    return VONK_OK;
}

static void run_task(local_cluster *c, job_task *t)
{
    emitter e = {.cluster = c, .stop = &t->cancelled};
    vonk_emit to = {&e, emit};
    event_node *end = t->end;
    vonk_cluster_event *event = &end->event;
    *event = event_of(VONK_CLUSTER_TASK_FINISHED, t->task);
    vonk_status status =
        vonk_task_run(&c->worker, t->task, &to, &t->cancelled, &event->result, &event->error);
    if (status != VONK_OK) {
        event->kind = VONK_CLUSTER_TASK_FAILED;
        event->error.status = status;
    }
    vonk_spill_unref(e.spill);
    t->end = NULL;
    post(c, end);
}

static void free_task(job_task *t)
{
    free(t->end);
    free(t);
}

static void remove_running(local_cluster *c, job_task *t)
{
    job_task **at = &c->running;
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
}

static void *thread_main(void *context)
{
    local_cluster *c = context;
    pthread_mutex_lock(&c->lock);
    for (;;) {
        while (!c->waiting && !c->stopping)
            pthread_cond_wait(&c->work, &c->lock);
        if (c->stopping)
            break;
        job_task *t = c->waiting;
        c->waiting = t->next;
        if (!c->waiting)
            c->waiting_end = &c->waiting;
        t->next = c->running;
        t->thread = pthread_self();
        c->running = t;
        pthread_mutex_unlock(&c->lock);
        run_task(c, t);
        pthread_mutex_lock(&c->lock);
        remove_running(c, t);
        free_task(t);
        pthread_cond_broadcast(&c->idle);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

static vonk_status start_threads(local_cluster *c, vonk_error *err)
{
    vonk_leave_start();
    while (c->n_started < c->n_threads) {
        int failed = pthread_create(&c->threads[c->n_started], NULL, thread_main, c);
        if (failed && !c->n_started)
            return vonk_fail(err, VONK_NO_MEMORY, "cannot start a thread: %s", strerror(failed));
        if (failed)
            break;
        c->n_started++;
    }
    return VONK_OK;
}

static vonk_status launch(vonk_cluster *cluster, uint32_t executor, const vonk_task *task,
                          vonk_error *err)
{
    (void)executor;
    local_cluster *c = (local_cluster *)cluster;
    VONK_TRY(start_threads(c, err));
    job_task *t = calloc(1, sizeof(*t));
    if (!t)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    vonk_status status = new_event(&t->end, err);
    if (status != VONK_OK) {
        free(t);
        return status;
    }
    t->task = task;
    pthread_mutex_lock(&c->lock);
    *c->waiting_end = t;
    c->waiting_end = &t->next;
    pthread_cond_signal(&c->work);
    pthread_mutex_unlock(&c->lock);
    return VONK_OK;
}

static bool is_task(const vonk_task *task, uint64_t job, uint32_t stage, uint32_t index,
                    uint32_t attempt)
{
    return task->job == job && task->stage == stage && task->index == index &&
           task->attempt == attempt;
}

static void stop_running(job_task *t)
{
    atomic_store(&t->cancelled, true);
    vonk_leave_thread(t->thread);
}

static void kill_task(vonk_cluster *cluster, uint32_t executor, uint64_t job, uint32_t stage,
                      uint32_t index, uint32_t attempt)
{
    (void)executor;
    local_cluster *c = (local_cluster *)cluster;
    pthread_mutex_lock(&c->lock);
    for (job_task *t = c->running; t; t = t->next) {
        if (is_task(t->task, job, stage, index, attempt))
            stop_running(t);
    }
    for (job_task *t = c->waiting; t; t = t->next) {
        if (is_task(t->task, job, stage, index, attempt))
            atomic_store(&t->cancelled, true);
    }
    pthread_mutex_unlock(&c->lock);
}

static vonk_status wait_event(vonk_cluster *cluster, int timeout_ms, vonk_cluster_event *ret,
                              vonk_error *err)
{
    (void)err;
    local_cluster *c = (local_cluster *)cluster;
    struct timespec deadline = vonk_time_after(CLOCK_REALTIME, timeout_ms > 0 ? timeout_ms : 0);
    *ret = (vonk_cluster_event){.kind = VONK_CLUSTER_NOTHING};
    pthread_mutex_lock(&c->lock);
    int failed = 0;
    while (!c->events && failed != ETIMEDOUT) {
        if (timeout_ms < 0)
            failed = pthread_cond_wait(&c->news, &c->lock);
        else
            failed = pthread_cond_timedwait(&c->news, &c->lock, &deadline);
    }
    event_node *node = c->events;
    if (node) {
        c->events = node->next;
        if (!c->events)
            c->events_end = &c->events;
        *ret = node->event;
    }
    pthread_mutex_unlock(&c->lock);
    free(node);
    return VONK_OK;
}

static vonk_status start_job(vonk_cluster *cluster, uint64_t job, vonk_error *err)
{
    event_node *node = NULL;
    VONK_TRY(new_event(&node, err));
    node->event = (vonk_cluster_event){
        .kind = VONK_CLUSTER_EXECUTOR_ADDED, .job = job, .slots = cluster->n_slots, .address = ""};
    post((local_cluster *)cluster, node);
    return VONK_OK;
}

/* Takes the job's waiting tasks away and tells the running ones to stop. */
static void cancel_job(local_cluster *c, uint64_t job)
{
    for (job_task **at = &c->waiting; *at;) {
        job_task *t = *at;
        if (t->task->job != job) {
            at = &t->next;
            continue;
        }
        *at = t->next;
        free_task(t);
    }
    c->waiting_end = &c->waiting;
    while (*c->waiting_end)
        c->waiting_end = &(*c->waiting_end)->next;
    for (job_task *t = c->running; t; t = t->next) {
        if (t->task->job == job)
            stop_running(t);
    }
}

static bool is_running(const local_cluster *c, uint64_t job)
{
    for (const job_task *t = c->running; t; t = t->next) {
        if (t->task->job == job)
            return true;
    }
    return false;
}

static void drop_events(local_cluster *c, uint64_t job)
{
    for (event_node **at = &c->events; *at;) {
        event_node *node = *at;
        if (node->event.job != job) {
            at = &node->next;
            continue;
        }
        *at = node->next;
        vonk_task_result_free(&node->event.result);
        vonk_block_unref(node->event.rows);
        free(node);
    }
    c->events_end = &c->events;
    while (*c->events_end)
        c->events_end = &(*c->events_end)->next;
}

static void end_job(vonk_cluster *cluster, uint64_t job)
{
    local_cluster *c = (local_cluster *)cluster;
    pthread_mutex_lock(&c->lock);
    cancel_job(c, job);
    while (is_running(c, job))
        pthread_cond_wait(&c->idle, &c->lock);
    drop_events(c, job);
    pthread_mutex_unlock(&c->lock);
    vonk_store_drop_job(c->worker.store, job);
    vonk_shared_drop_job(c->worker.shared, job);
}

static void close_cluster(vonk_cluster *cluster)
{
    local_cluster *c = (local_cluster *)cluster;
    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    pthread_cond_broadcast(&c->work);
    pthread_mutex_unlock(&c->lock);
    for (uint32_t i = 0; i < c->n_started; i++)
        pthread_join(c->threads[i], NULL);
    free(c->threads);
    free(c->spill_dir);
    vonk_store_free(c->worker.store);
    vonk_shared_free(c->worker.shared);
    pthread_cond_destroy(&c->work);
    pthread_cond_destroy(&c->news);
    pthread_cond_destroy(&c->idle);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

/* All blocks are in the one store. */
static vonk_status fetch(void *context, const vonk_block_list *list, const vonk_location *location,
                         vonk_block **ret, uint32_t *ret_n, vonk_error *err)
{
    (void)location;
    local_cluster *c = context;
    *ret_n = 1;
    return vonk_store_get(c->worker.store, vonk_block_id_of(list, 0), ret, err);
}

static const vonk_cluster_ops ops = {
    .launch = launch,
    .kill = kill_task,
    .wait = wait_event,
    .start_job = start_job,
    .end_job = end_job,
    .close = close_cluster,
};

vonk_status vonk_local_cluster_new(const vonk_local_settings *settings, vonk_cluster **ret,
                                   vonk_error *err)
{
    uint32_t n_threads = settings->n_threads;
    local_cluster *c = calloc(1, sizeof(*c));
    pthread_t *threads = c ? calloc(n_threads, sizeof(*threads)) : NULL;
    char *spill_dir = threads ? strdup(vonk_spill_dir(settings->spill_dir)) : NULL;
    if (!spill_dir) {
        free(threads);
        free(c);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    }
    (void)snprintf(c->name, sizeof(c->name), "local[%u]", n_threads);
    c->base = (vonk_cluster){.ops = &ops,
                             .name = c->name,
                             .n_slots = n_threads,
                             .memory = settings->memory,
                             .budget = &c->memory.budget};
    c->threads = threads;
    c->n_threads = n_threads;
    vonk_memory_init(&c->memory, settings->memory);
    if (settings->memory)
        vonk_allocator_limit(settings->memory);
    c->spill_dir = spill_dir;
    c->spill_rows = vonk_debug_spill() > 0;
    c->waiting_end = &c->waiting;
    c->events_end = &c->events;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->work, NULL);
    pthread_cond_init(&c->news, NULL);
    pthread_cond_init(&c->idle, NULL);
    c->worker.budget = &c->memory.budget;
    c->worker.memory = &c->memory;
    c->worker.spill_dir = spill_dir;
    c->worker.fetcher = (vonk_fetcher){c, fetch};
    vonk_status status = vonk_store_new(&c->memory, &c->worker.store, err);
    if (status == VONK_OK)
        status = vonk_shared_new(&c->worker.shared, err);
    if (status != VONK_OK) {
        close_cluster(&c->base);
        return status;
    }
    *ret = &c->base;
    return VONK_OK;
}
