/* slots.c - the table of tasks, the threads that run them, and what is said about them. */
#include "executor/slots.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/leave.h"
#include "base/time_after.h"
#include "exec/shared.h"
#include "executor/pieces.h"
#include "executor/stages.h"

/* A field that was added must travel too: in wire/messages.h, here, and on the other side. */
#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(vonk_task) == 144 && sizeof(vonk_task_metrics) == 72,
               "vonk_task has changed");
#endif

#define N_BUCKETS 1024u
#define N_OVER    64  /* jobs that are remembered as over */
#define SEND_MS   200 /* between looks at `cancelled` while the driver takes no rows */

typedef enum slot_state { QUEUED, RUNNING, ENDED } slot_state;

typedef struct slot_task {
    struct slot_task *next; /* in its bucket; guarded by lock, as `state` and `queue_next` */
    struct slot_task *queue_next;
    slot_state state;
    bool writes; /* RUNNING: it makes files that outlive the process; guarded by lock */
    vonk_wire_task_id id;
    atomic_bool cancelled;
    pthread_t thread;    /* RUNNING: that runs it; guarded by lock */
    vonk_buffer message; /* QUEUED, RUNNING: the TASK */
    vonk_buffer ended;   /* ENDED: vonk_wire_put_end */
} slot_task;

typedef struct slot_job {
    struct slot_job *next;
    uint64_t id;
    uint32_t n_tasks; /* queued and running */
    bool over;
} slot_job;

struct vonk_slots {
    vonk_worker *worker;
    vonk_stages *stages;
    vonk_rpc_push *results;
    bool compress;
    uint32_t n_slots;

    pthread_mutex_t lock;
    pthread_cond_t work, ended;
    bool stopping;      /* all below: guarded by lock */
    uint32_t n_threads; /* that have not left yet */
    uint32_t n_writing; /* tasks */
    slot_task *buckets[N_BUCKETS];
    uint32_t n_running, n_ended; /* running: queued ones too */
    slot_task *queue, **queue_end;
    slot_job *jobs;
    uint64_t over[N_OVER];
    uint32_t n_over; /* in all; the ring keeps the last */
    uint64_t sequence;
};

/* ---- the table ---- */

static bool same_id(const vonk_wire_task_id *a, const vonk_wire_task_id *b)
{
    return a->job == b->job && a->stage == b->stage && a->index == b->index &&
           a->attempt == b->attempt;
}

static slot_task **bucket_of(vonk_slots *s, const vonk_wire_task_id *id)
{
    uint64_t h =
        (id->job * 31 + id->stage) * UINT64_C(0x9e3779b97f4a7c15) + id->index * 7u + id->attempt;
    return &s->buckets[h % N_BUCKETS];
}

static slot_task *find_task(vonk_slots *s, const vonk_wire_task_id *id)
{
    slot_task *t = *bucket_of(s, id);
    while (t && !same_id(&t->id, id))
        t = t->next;
    return t;
}

static void free_task(slot_task *t)
{
    vonk_buffer_free(&t->message);
    vonk_buffer_free(&t->ended);
    free(t);
}

/* Takes an ENDED task out of the table. */
static void forget_task(vonk_slots *s, slot_task *t)
{
    slot_task **at = bucket_of(s, &t->id);
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    s->n_ended--;
    free_task(t);
}

static slot_job *find_job(vonk_slots *s, uint64_t id)
{
    slot_job *j = s->jobs;
    while (j && j->id != id)
        j = j->next;
    return j;
}

static bool is_over(const vonk_slots *s, uint64_t job)
{
    for (uint32_t i = 0; i < s->n_over && i < N_OVER; i++) {
        if (s->over[i] == job)
            return true;
    }
    return false;
}

/* ---- jobs ---- */

/* Drops all that a job left. None of its tasks runs. Called and returns with the lock held. */
static void drop_job(vonk_slots *s, slot_job *job)
{
    slot_job **at = &s->jobs;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    for (uint32_t b = 0; b < N_BUCKETS; b++) {
        for (slot_task *t = s->buckets[b], *next; t; t = next) {
            next = t->next;
            if (t->id.job == job->id)
                forget_task(s, t);
        }
    }
    pthread_mutex_unlock(&s->lock);
    vonk_store_drop_job(s->worker->store, job->id);
    vonk_shared_drop_job(s->worker->shared, job->id);
    vonk_stages_drop_job(s->stages, job->id);
    free(job);
    pthread_mutex_lock(&s->lock);
}

void vonk_slots_end_job(vonk_slots *s, uint64_t id)
{
    pthread_mutex_lock(&s->lock);
    if (!is_over(s, id))
        s->over[s->n_over++ % N_OVER] = id;
    for (uint32_t b = 0; b < N_BUCKETS; b++) {
        for (slot_task *t = s->buckets[b]; t; t = t->next) {
            if (t->id.job != id)
                continue;
            atomic_store(&t->cancelled, true);
            if (t->state == RUNNING)
                vonk_leave_thread(t->thread);
        }
    }
    slot_job *job = find_job(s, id);
    if (job) {
        job->over = true;
        if (!job->n_tasks)
            drop_job(s, job);
    }
    pthread_mutex_unlock(&s->lock);
}

static vonk_status join_job(vonk_slots *s, uint64_t id, vonk_error *err)
{
    slot_job *job = find_job(s, id);
    if (!job) {
        job = calloc(1, sizeof *job);
        if (!job)
            return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a job");
        job->id = id;
        job->next = s->jobs;
        s->jobs = job;
    }
    job->n_tasks++;
    return VONK_OK;
}

/* ---- running one task ---- */

typedef struct run {
    vonk_slots *slots;
    slot_task *task;
    uint32_t n_rows_messages;
} run;

static vonk_status send_patiently(run *r, const vonk_buffer *message, vonk_error *err)
{
    VONK_TRY(vonk_buffer_check(message, err));
    vonk_slice bytes = {message->data, message->length};
    for (;;) {
        vonk_status status = vonk_rpc_push_send(r->slots->results, bytes, SEND_MS, err);
        if (status != VONK_CANCELLED || atomic_load(&r->task->cancelled))
            return status;
    }
}

static vonk_status emit_rows(void *context, const vonk_task *task, const vonk_batch *batch,
                             vonk_error *err)
{
    run *r = context;
    (void)task;
    for (uint32_t row = 0; row < batch->n_rows;) {
        vonk_buffer piece = {.budget = r->slots->worker->budget, .beyond = true}, message = piece;
        vonk_status status = vonk_piece_add(&piece, batch, r->slots->compress, &row, err);
        if (status == VONK_OK) {
            vonk_wire_put_rows(&message, &(vonk_wire_rows){.id = r->task->id,
                                                           .number = r->n_rows_messages++,
                                                           .batches = {piece.data, piece.length}});
            vonk_buffer_free(&piece); /* not held while the driver lets us wait */
            status = send_patiently(r, &message, err);
        }
        vonk_buffer_free(&piece);
        vonk_buffer_free(&message);
        VONK_TRY(status);
    }
    return VONK_OK;
}

static vonk_status make_inputs(const vonk_wire_task *from, vonk_arena *arena,
                               const vonk_input **ret, vonk_error *err)
{
    vonk_input *inputs = VONK_NEW_ARRAY(arena, vonk_input, from->n_inputs, err);
    VONK_TRY_ALLOC(inputs);
    for (uint32_t i = 0; i < from->n_inputs; i++) {
        const vonk_wire_input *in = &from->inputs[i];
        vonk_location *locations = VONK_NEW_ARRAY(arena, vonk_location, in->n_maps, err);
        VONK_TRY_ALLOC(locations);
        for (uint32_t m = 0; m < in->n_maps; m++)
            locations[m] = (vonk_location){in->locations[m].executor, in->locations[m].address};
        inputs[i] = (vonk_input){in->exchange_id, in->map_stage, in->n_maps, locations};
    }
    *ret = inputs;
    return VONK_OK;
}

/* From now on the process does not end without it, unless it has been told to already. */
static vonk_status begin_to_write(vonk_slots *s, slot_task *t, vonk_error *err)
{
    pthread_mutex_lock(&s->lock);
    bool stopping = s->stopping;
    t->writes = !stopping;
    s->n_writing += !stopping;
    pthread_mutex_unlock(&s->lock);
    return stopping ? vonk_fail(err, VONK_CANCELLED, "the task was killed") : VONK_OK;
}

static vonk_status run_decoded(run *r, vonk_arena *arena, vonk_task_result *result, vonk_error *err)
{
    vonk_wire_task from;
    const vonk_wire_stage *stage;
    vonk_slice bytes = {r->task->message.data, r->task->message.length};
    VONK_TRY(vonk_wire_get_task(bytes, arena, &from, err));
    VONK_TRY(
        vonk_stages_get(r->slots->stages, from.id.job, from.id.stage, from.stage, &stage, err));
    vonk_task task = {.job = from.id.job,
                      .stage = from.id.stage,
                      .index = from.id.index,
                      .attempt = from.id.attempt,
                      .n_tasks = stage->n_tasks,
                      .root = stage->root,
                      .n_splits = from.n_splits,
                      .splits = from.splits,
                      .n_inputs = from.n_inputs,
                      .settings = stage->settings,
                      .stores = stage->stores,
                      .batch_rows = stage->batch_rows,
                      .is_result = stage->is_result};
    VONK_TRY(make_inputs(&from, arena, &task.inputs, err));
    if (task.root->kind == VONK_OP_WRITE)
        VONK_TRY(begin_to_write(r->slots, r->task, err));
    vonk_emit emit = {r, emit_rows};
    return vonk_task_run(r->slots->worker, &task, &emit, &r->task->cancelled, result, err);
}

static vonk_wire_metrics wire_metrics(const vonk_task_metrics *m)
{
    return (vonk_wire_metrics){.rows_read = m->rows_read,
                               .bytes_read = m->bytes_read,
                               .rows_out = m->rows_out,
                               .bytes_out = m->bytes_out,
                               .cpu_ns = m->cpu_ns,
                               .wall_ns = m->wall_ns,
                               .peak_memory = m->peak_memory,
                               .groups_total = m->groups_total,
                               .groups_pruned = m->groups_pruned};
}

/* Runs the task and encodes its end into task->ended. */
static void run_task(vonk_slots *s, slot_task *t)
{
    run r = {.slots = s, .task = t};
    vonk_arena arena = {.budget = s->worker->budget};
    vonk_task_result result = {0};
    vonk_error err = {0};
    vonk_status status = VONK_CANCELLED;
    if (atomic_load(&t->cancelled))
        vonk_fail(&err, VONK_CANCELLED, "the task was killed");
    else
        status = run_decoded(&r, &arena, &result, &err);
    err.status = status;
    if (status == VONK_OK)
        err.message[0] = '\0';
    vonk_wire_ended ended = {.id = t->id,
                             .error = err,
                             .n_rows_messages = r.n_rows_messages,
                             .metrics = wire_metrics(&result.metrics),
                             .n_files = result.n_files,
                             .files = (const char **)result.files,
                             .n_ops = result.n_ops,
                             .ops = result.ops,
                             .lost_stage = result.lost_stage,
                             .lost_map = result.lost_map,
                             .lost_executor = result.lost_executor};
    vonk_wire_put_end(&t->ended, &ended);
    vonk_task_result_free(&result);
    vonk_arena_free(&arena);
}

/* Says that the task ended. If this is lost, the next heartbeat says it again. */
static void tell_end(vonk_slots *s, const vonk_buffer *end)
{
    vonk_buffer message = {0};
    vonk_wire_put_u8(&message, VONK_WIRE_TASK_ENDED);
    vonk_buffer_append(&message, end->data, end->length);
    if (!message.failed)
        (void)!vonk_rpc_push_send(s->results, (vonk_slice){message.data, message.length}, SEND_MS,
                                  NULL);
    vonk_buffer_free(&message);
}

/* ---- threads ---- */

static void end_task(vonk_slots *s, slot_task *t)
{
    vonk_buffer copy = {0};
    vonk_buffer_append(&copy, t->ended.data, t->ended.length);
    pthread_mutex_lock(&s->lock);
    vonk_buffer_free(&t->message);
    t->state = ENDED; /* from here on, an acknowledgement may free it */
    s->n_running--;
    s->n_ended++;
    s->n_writing -= t->writes;
    t->writes = false;
    if (s->stopping)
        pthread_cond_signal(&s->ended);
    slot_job *job = find_job(s, t->id.job);
    if (job && !--job->n_tasks && job->over)
        drop_job(s, job);
    pthread_mutex_unlock(&s->lock);
    tell_end(s, &copy);
    vonk_buffer_free(&copy);
}

static void *thread_main(void *context)
{
    vonk_slots *s = context;
    pthread_mutex_lock(&s->lock);
    for (;;) {
        while (!s->queue && !s->stopping)
            pthread_cond_wait(&s->work, &s->lock);
        if (s->stopping)
            break;
        slot_task *t = s->queue;
        s->queue = t->queue_next;
        if (!s->queue)
            s->queue_end = &s->queue;
        t->state = RUNNING;
        t->thread = pthread_self();
        pthread_mutex_unlock(&s->lock);
        run_task(s, t);
        end_task(s, t);
        pthread_mutex_lock(&s->lock);
    }
    s->n_threads--;
    pthread_cond_signal(&s->ended);
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

vonk_status vonk_slots_new(vonk_worker *worker, uint32_t n_slots, vonk_slots **ret, vonk_error *err)
{
    vonk_slots *s = calloc(1, sizeof *s);
    if (!s || vonk_stages_new(worker->budget, &s->stages, err) != VONK_OK) {
        free(s);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for %u slots", n_slots);
    }
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->work, NULL);
    pthread_cond_init(&s->ended, &attr);
    pthread_condattr_destroy(&attr);
    s->worker = worker;
    s->n_slots = n_slots;
    s->queue_end = &s->queue;
    *ret = s;
    return VONK_OK;
}

vonk_status vonk_slots_start(vonk_slots *s, vonk_rpc_push *results, bool compress, vonk_error *err)
{
    s->results = results;
    s->compress = compress;
    vonk_leave_start();
    for (uint32_t i = 0; i < s->n_slots; i++) {
        pthread_t thread;
        pthread_mutex_lock(&s->lock);
        int failed = pthread_create(&thread, NULL, thread_main, s);
        s->n_threads += !failed;
        pthread_mutex_unlock(&s->lock);
        if (failed)
            return vonk_fail(err, VONK_NO_MEMORY, "cannot start a thread: %s", strerror(failed));
        pthread_detach(thread);
    }
    return VONK_OK;
}

/* Waits until *count is 0. With the lock held. */
static void wait_for_none(vonk_slots *s, const uint32_t *count, int timeout_ms)
{
    struct timespec until = vonk_time_after(CLOCK_MONOTONIC, timeout_ms);
    int failed = 0;
    while (*count && failed != ETIMEDOUT)
        failed = pthread_cond_timedwait(&s->ended, &s->lock, &until);
}

void vonk_slots_abandon(vonk_slots *s, int others_ms, int writes_ms)
{
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    for (uint32_t b = 0; b < N_BUCKETS; b++) {
        for (slot_task *t = s->buckets[b]; t; t = t->next)
            atomic_store(&t->cancelled, true);
    }
    pthread_cond_broadcast(&s->work);
    wait_for_none(s, &s->n_threads, others_ms);
    wait_for_none(s, &s->n_writing, writes_ms);
    pthread_mutex_unlock(&s->lock);
}

/* ---- messages ---- */

static vonk_status enqueue(vonk_slots *s, const vonk_wire_task *task, vonk_slice message,
                           vonk_error *err)
{
    if (is_over(s, task->id.job) || find_task(s, &task->id))
        return VONK_OK;
    slot_task *t = calloc(1, sizeof *t);
    if (!t)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a task");
    t->message = (vonk_buffer){.budget = s->worker->budget, .beyond = true};
    vonk_buffer_append(&t->message, message.data, message.length);
    vonk_status status = vonk_buffer_check(&t->message, err);
    if (status == VONK_OK)
        status = join_job(s, task->id.job, err);
    if (status != VONK_OK) {
        free_task(t);
        return status;
    }
    t->id = task->id;
    slot_task **bucket = bucket_of(s, &t->id);
    t->next = *bucket;
    *bucket = t;
    *s->queue_end = t;
    s->queue_end = &t->queue_next;
    s->n_running++;
    pthread_cond_signal(&s->work);
    return VONK_OK;
}

vonk_status vonk_slots_add(vonk_slots *s, vonk_slice message, vonk_error *err)
{
    vonk_arena arena = {0};
    vonk_wire_task task;
    vonk_status status = vonk_wire_get_task(message, &arena, &task, err);
    if (status == VONK_OK) {
        pthread_mutex_lock(&s->lock);
        if (task.sequence > s->sequence)
            s->sequence = task.sequence;
        status = enqueue(s, &task, message, err);
        pthread_mutex_unlock(&s->lock);
    }
    vonk_arena_free(&arena);
    return status;
}

void vonk_slots_kill(vonk_slots *s, const vonk_wire_task_id *id)
{
    pthread_mutex_lock(&s->lock);
    slot_task *t = find_task(s, id);
    if (t)
        atomic_store(&t->cancelled, true);
    pthread_mutex_unlock(&s->lock);
}

void vonk_slots_acknowledge(vonk_slots *s, const vonk_wire_task_id *ids, uint32_t n)
{
    pthread_mutex_lock(&s->lock);
    for (uint32_t i = 0; i < n; i++) {
        slot_task *t = find_task(s, &ids[i]);
        if (t && t->state == ENDED)
            forget_task(s, t);
    }
    pthread_mutex_unlock(&s->lock);
}

static vonk_status report_tasks(vonk_slots *s, vonk_arena *arena, vonk_wire_heartbeat *ret,
                                vonk_error *err)
{
    size_t bytes = 0;
    for (uint32_t b = 0; b < N_BUCKETS; b++) {
        for (slot_task *t = s->buckets[b]; t; t = t->next)
            bytes += t->state == ENDED ? t->ended.length : 0;
    }
    vonk_wire_task_id *running = VONK_NEW_ARRAY(arena, vonk_wire_task_id, s->n_running, err);
    VONK_TRY_ALLOC(running);
    char *raw = vonk_arena_small(arena, bytes + 1, err);
    VONK_TRY_ALLOC(raw);
    ret->running = running;
    ret->raw_ended = (vonk_slice){raw, bytes};
    for (uint32_t b = 0; b < N_BUCKETS; b++) {
        for (slot_task *t = s->buckets[b]; t; t = t->next) {
            if (t->state != ENDED) {
                running[ret->n_running++] = t->id;
                continue;
            }
            memcpy(raw, t->ended.data, t->ended.length);
            raw += t->ended.length;
            ret->n_ended++;
        }
    }
    return VONK_OK;
}

static vonk_status report_jobs(vonk_slots *s, vonk_arena *arena, vonk_wire_heartbeat *ret,
                               vonk_error *err)
{
    uint32_t n = 0;
    for (slot_job *job = s->jobs; job; job = job->next)
        n++;
    uint64_t *jobs = VONK_NEW_ARRAY(arena, uint64_t, n, err);
    VONK_TRY_ALLOC(jobs);
    for (slot_job *job = s->jobs; job; job = job->next)
        jobs[ret->n_jobs++] = job->id;
    ret->jobs = jobs;
    return VONK_OK;
}

vonk_status vonk_slots_report(vonk_slots *s, vonk_arena *arena, vonk_wire_heartbeat *ret,
                              vonk_error *err)
{
    pthread_mutex_lock(&s->lock);
    ret->sequence = s->sequence;
    vonk_status status = report_tasks(s, arena, ret, err);
    if (status == VONK_OK)
        status = report_jobs(s, arena, ret, err);
    pthread_mutex_unlock(&s->lock);
    return status;
}
