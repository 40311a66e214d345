/* nng_cluster.c - the calls of the session thread, and the cluster's beginning and end. */
#include "driver/nng_cluster.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/allocator.h"
#include "base/process_end.h"
#include "base/time_after.h"
#include "driver/state.h"

#define MIB           ((size_t)1 << 20)
#define END_WRITES_MS 30 /* for writers to end by themselves when the process does */

/* A field that was added must travel too: in wire/messages.h, here, and on the other side. */
#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(vonk_task) == 144 && sizeof(vonk_task_metrics) == 72,
               "vonk_task has changed");
#endif

/* ---- launch ---- */

static vonk_status encode_stage(vonk_nng_cluster *c, const vonk_task *task,
                                const vonk_encoded_stage **ret, vonk_error *err)
{
    vonk_encoded_stage *e = c->stages;
    while (e && (e->root != task->root || e->stage != task->stage))
        e = e->next;
    if (!e) {
        e = calloc(1, sizeof *e);
        if (!e)
            return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a stage");
        e->root = task->root;
        e->stage = task->stage;
        vonk_wire_stage stage = {.n_tasks = task->n_tasks,
                                 .batch_rows = task->batch_rows,
                                 .is_result = task->is_result,
                                 .settings = task->settings,
                                 .stores = task->stores,
                                 .root = task->root};
        vonk_status status = vonk_wire_put_stage(&e->bytes, &stage, err);
        if (status != VONK_OK) {
            vonk_buffer_free(&e->bytes);
            free(e);
            return status;
        }
        e->next = c->stages;
        c->stages = e;
        c->job_writes = c->job_writes || task->root->kind == VONK_OP_WRITE;
    }
    *ret = e;
    return VONK_OK;
}

static vonk_status copy_inputs(const vonk_task *task, vonk_arena *arena,
                               const vonk_wire_input **ret, vonk_error *err)
{
    vonk_wire_input *inputs = VONK_NEW_ARRAY(arena, vonk_wire_input, task->n_inputs, err);
    VONK_TRY_ALLOC(inputs);
    for (uint32_t i = 0; i < task->n_inputs; i++) {
        const vonk_input *in = &task->inputs[i];
        vonk_wire_location *places = VONK_NEW_ARRAY(arena, vonk_wire_location, in->n_maps, err);
        VONK_TRY_ALLOC(places);
        for (uint32_t m = 0; m < in->n_maps; m++)
            places[m] = (vonk_wire_location){in->locations[m].executor, in->locations[m].address};
        inputs[i] = (vonk_wire_input){in->exchange_id, in->map_stage, in->n_maps, places};
    }
    *ret = inputs;
    return VONK_OK;
}

static vonk_status encode_task(vonk_nng_cluster *c, const vonk_task *task, vonk_arena *arena,
                               vonk_buffer *out, vonk_error *err)
{
    const vonk_encoded_stage *stage = NULL;
    VONK_TRY(encode_stage(c, task, &stage, err));
    vonk_wire_task message = {.id = {task->job, task->stage, task->index, task->attempt},
                              .n_splits = task->n_splits,
                              .splits = task->splits,
                              .n_inputs = task->n_inputs,
                              .stage = {stage->bytes.data, stage->bytes.length}};
    VONK_TRY(copy_inputs(task, arena, &message.inputs, err));
    vonk_wire_put_task(out, &message);
    VONK_TRY(vonk_buffer_check(out, err));
    if (out->length > VONK_WIRE_MAX_MESSAGE) /* as Spark beyond spark.rpc.message.maxSize */
        return vonk_fail(err, VONK_UNSUPPORTED,
                         "task %u of stage %u is %zu bytes, which exceeds what a message may have "
                         "(%zu): are there long values in the statement's text?",
                         task->index, task->stage, out->length, VONK_WIRE_MAX_MESSAGE);
    return VONK_OK;
}

/* Writes down that the executor has the task. False if it is lost: its end is an event already. */
static bool assign(vonk_nng_cluster *c, vonk_member *member, vonk_assigned *task)
{
    pthread_mutex_lock(&c->lock);
    bool good = member->state == VONK_MEMBER_ALIVE;
    if (good)
        vonk_assigned_add(c, member, task);
    pthread_mutex_unlock(&c->lock);
    return good;
}

static void note_pushed(vonk_nng_cluster *c, const vonk_wire_task_id *id, uint64_t sequence)
{
    pthread_mutex_lock(&c->lock);
    vonk_assigned *t = vonk_assigned_find(c, id);
    if (t)
        t->sequence = sequence;
    pthread_mutex_unlock(&c->lock);
}

static vonk_status launch(vonk_cluster *cluster, uint32_t executor, const vonk_task *task,
                          vonk_error *err)
{
    vonk_nng_cluster *c = (vonk_nng_cluster *)cluster;
    vonk_arena arena = {0};
    vonk_buffer message = {0};
    uint64_t sequence;
    pthread_mutex_lock(&c->lock);
    vonk_member *member = vonk_member_find(c, executor);
    pthread_mutex_unlock(&c->lock);
    if (!member)
        return vonk_fail(err, VONK_INVALID, "there is no executor %u", executor);
    vonk_assigned *t = calloc(1, sizeof *t);
    if (!t)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a task");
    vonk_status status = encode_task(c, task, &arena, &message, err);
    if (status == VONK_OK) {
        vonk_buffer_append(&t->message, message.data, message.length);
        status = vonk_buffer_check(&t->message, err);
    }
    t->id = (vonk_wire_task_id){task->job, task->stage, task->index, task->attempt};
    t->executor = executor;
    t->n_pushes = 1;
    t->pushed_ms = vonk_now_ms();
    vonk_wire_task_id id = t->id;
    if (status == VONK_OK && assign(c, member, t)) {
        vonk_send_to(member, &message, &sequence);
        note_pushed(c, &id, sequence); /* it may have ended by now */
    } else {
        vonk_buffer_free(&t->message);
        free(t);
    }
    vonk_arena_free(&arena);
    vonk_buffer_free(&message);
    return status;
}

static void kill_task(vonk_cluster *cluster, uint32_t executor, uint64_t job, uint32_t stage,
                      uint32_t index, uint32_t attempt)
{
    vonk_nng_cluster *c = (vonk_nng_cluster *)cluster;
    vonk_wire_task_id id = {job, stage, index, attempt};
    vonk_buffer message = {0};
    pthread_mutex_lock(&c->lock);
    vonk_member *member = vonk_member_find(c, executor);
    pthread_mutex_unlock(&c->lock);
    vonk_wire_put_kill(&message, &id);
    if (member && !message.failed)
        vonk_send_to(member, &message, NULL);
    vonk_buffer_free(&message);
}

/* ---- wait ---- */

/* Takes the first event. False if there is none. */
static bool take_event(vonk_nng_cluster *c, vonk_cluster_event *ret)
{
    pthread_mutex_lock(&c->lock);
    vonk_event_node *node = c->events;
    if (node) {
        c->events = node->next;
        if (!c->events)
            c->events_end = &c->events;
        c->row_bytes -= node->bytes;
        *ret = node->event;
        pthread_cond_signal(&c->taken);
    }
    pthread_mutex_unlock(&c->lock);
    free(node);
    return node != NULL;
}

/* With nobody left, and nobody to come, waiting is in vain. */
static vonk_status check_alive(vonk_nng_cluster *c, vonk_error *err)
{
    pthread_mutex_lock(&c->lock);
    bool alone = !c->n_alive && !c->n_starting;
    vonk_error why = c->last_loss;
    pthread_mutex_unlock(&c->lock);
    if (!alone)
        return VONK_OK;
    return vonk_fail(err, why.status == VONK_INVALID ? VONK_INVALID : VONK_IO,
                     "no executor is left; %s", why.message);
}

static vonk_status wait_event(vonk_cluster *cluster, int timeout_ms, vonk_cluster_event *ret,
                              vonk_error *err)
{
    vonk_nng_cluster *c = (vonk_nng_cluster *)cluster;
    int64_t until = vonk_now_ms() + timeout_ms;
    uint64_t count;
    *ret = (vonk_cluster_event){.kind = VONK_CLUSTER_NOTHING};
    for (;;) {
        (void)!read(c->news, &count, sizeof count);
        if (take_event(c, ret))
            return VONK_OK;
        VONK_TRY(check_alive(c, err));
        int64_t left = timeout_ms < 0 ? -1 : until - vonk_now_ms();
        if (timeout_ms >= 0 && left <= 0)
            return VONK_OK;
        struct pollfd fd = {.fd = c->news, .events = POLLIN};
        if (poll(&fd, 1, (int)left) < 0 && errno == EINTR)
            return VONK_OK; /* a signal: the caller looks */
    }
}

/* ---- jobs ---- */

static void drop_events(vonk_nng_cluster *c)
{
    while (c->events) {
        vonk_event_node *node = c->events;
        c->events = node->next;
        vonk_task_result_free(&node->event.result);
        vonk_block_unref(node->event.rows);
        free(node);
    }
    c->events_end = &c->events;
    c->row_bytes = 0;
    pthread_cond_signal(&c->taken);
}

/* Adds members until there are as many as were wanted; their numbers are requested afterwards. */
static uint32_t fill_up(vonk_nng_cluster *c, uint32_t *ret_first)
{
    uint32_t n = 0;
    *ret_first = c->settings.first_number + c->n_members;
    while (c->n_alive + c->n_starting < c->settings.n_executors) {
        if (vonk_member_add(c) == UINT32_MAX)
            break;
        n++;
    }
    return n;
}

/* Tells a job that begins of all executors that are there. */
static void announce(vonk_nng_cluster *c)
{
    drop_events(c); /* what is true now is announced anew */
    for (uint32_t i = 0; i < c->n_members; i++) {
        const vonk_member *m = c->members[i];
        vonk_cluster_event event = {.kind = VONK_CLUSTER_EXECUTOR_ADDED,
                                    .executor = m->number,
                                    .slots = m->slots,
                                    .address = m->block_url};
        if (m->state == VONK_MEMBER_ALIVE)
            vonk_post(c, &event);
    }
}

static vonk_status start_job(vonk_cluster *cluster, uint64_t job, vonk_error *err)
{
    vonk_nng_cluster *c = (vonk_nng_cluster *)cluster;
    uint32_t first = 0;
    (void)err;
    pthread_mutex_lock(&c->lock);
    c->in_job = true;
    c->job = job;
    c->job_writes = false;
    c->n_replaced = 0;
    c->backlog = 0;
    announce(c);
    bool gave_up =
        c->settings.max_failed_starts && c->n_failed_starts >= c->settings.max_failed_starts;
    uint32_t n = gave_up ? 0 : fill_up(c, &first);
    pthread_mutex_unlock(&c->lock);
    vonk_request_members(c, first, n);
    return VONK_OK;
}

static void set_backlog(vonk_cluster *cluster, uint32_t n_tasks)
{
    vonk_nng_cluster *c = (vonk_nng_cluster *)cluster;
    pthread_mutex_lock(&c->lock);
    c->backlog = n_tasks;
    pthread_mutex_unlock(&c->lock);
}

static void send_to_all(vonk_nng_cluster *c, vonk_buffer *message)
{
    for (uint32_t i = 0;; i++) {
        pthread_mutex_lock(&c->lock);
        vonk_member *m = i < c->n_members ? c->members[i] : NULL;
        bool alive = m && m->state == VONK_MEMBER_ALIVE;
        pthread_mutex_unlock(&c->lock);
        if (!m)
            return;
        if (alive && !message->failed)
            vonk_send_to(m, message, NULL);
    }
}

/* Until no task runs, or the time is over. With the lock held. */
static void wait_at_most(vonk_nng_cluster *c, uint32_t ms)
{
    struct timespec until = vonk_time_after(CLOCK_MONOTONIC, (int)ms);
    for (int failed = 0; c->n_tasks && failed != ETIMEDOUT;)
        failed = pthread_cond_timedwait(&c->changed, &c->lock, &until);
}

/* Ends the executors that have tasks: each is told of once it is gone. With the lock held. */
static void kill_busy(vonk_nng_cluster *c)
{
    c->settings.max_replacements = 0;
    for (uint32_t i = 0; i < c->n_members; i++) {
        if (c->members[i]->tasks)
            c->allocation->ops->release(c->allocation, c->members[i]->number);
    }
}

/*
 * Waits until no task runs; what does not end in time is forgotten, and killed by heartbeats. When
 * this process is about to end the executors are, too, with the tasks: only writers are waited for,
 * as the session removes what they wrote after us, and not for long.
 */
static void wait_for_tasks(vonk_nng_cluster *c)
{
    pthread_mutex_lock(&c->lock);
    c->in_job = false; /* rows are not held up any more */
    c->backlog = 0;
    c->job_ended_ms = vonk_now_ms();
    pthread_cond_signal(&c->taken);
    bool ends = vonk_process_is_ending();
    if (ends && c->job_writes) {
        wait_at_most(c, END_WRITES_MS);
        kill_busy(c);
    }
    if (!ends || c->job_writes)
        wait_at_most(c, c->settings.end_job_ms);
    for (uint32_t i = 0; i < c->n_members; i++) {
        while (c->members[i]->tasks)
            vonk_assigned_remove(c, c->members[i]->tasks);
    }
    drop_events(c);
    pthread_mutex_unlock(&c->lock);
}

static void drop_stages(vonk_nng_cluster *c)
{
    while (c->stages) {
        vonk_encoded_stage *e = c->stages;
        c->stages = e->next;
        vonk_buffer_free(&e->bytes);
        free(e);
    }
}

static void end_job(vonk_cluster *cluster, uint64_t job)
{
    vonk_nng_cluster *c = (vonk_nng_cluster *)cluster;
    vonk_buffer message = {0};
    vonk_wire_put_end_job(&message, job);
    send_to_all(c, &message);
    vonk_buffer_free(&message);
    wait_for_tasks(c);
    drop_stages(c);
}

/* ---- the end ---- */

static void free_members(vonk_nng_cluster *c)
{
    for (uint32_t i = 0; i < c->n_members; i++) {
        vonk_member *m = c->members[i];
        while (m->tasks)
            vonk_assigned_remove(c, m->tasks);
        vonk_rpc_push_close(m->push);
        vonk_forget(&m->results.session, sizeof m->results.session);
        pthread_mutex_destroy(&m->push_lock);
        free(m->block_url);
        free(m);
    }
    free(c->members);
}

static void close_cluster(vonk_cluster *cluster)
{
    vonk_nng_cluster *c = (vonk_nng_cluster *)cluster;
    vonk_buffer message = {0};
    pthread_mutex_lock(&c->lock);
    c->closing = true;
    pthread_cond_broadcast(&c->taken);
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    vonk_wire_put_stop(&message);
    send_to_all(c, &message);
    vonk_buffer_free(&message);
    if (c->has_watchman)
        pthread_join(c->watchman, NULL);
    if (c->allocation)
        c->allocation->ops->close(c->allocation);
    vonk_rpc_server_close(c->control);
    if (c->has_receiver) {
        vonk_rpc_pull_stop(c->results);
        pthread_join(c->receiver, NULL);
    }
    vonk_rpc_pull_close(c->results);
    drop_events(c);
    drop_stages(c);
    free_members(c);
    if (c->news >= 0)
        close(c->news);
    pthread_cond_destroy(&c->taken);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    vonk_forget(&c->secret, sizeof c->secret);
    free(c);
}

static const vonk_cluster_ops ops = {.launch = launch,
                                     .kill = kill_task,
                                     .wait = wait_event,
                                     .start_job = start_job,
                                     .end_job = end_job,
                                     .backlog = set_backlog,
                                     .close = close_cluster};

/* ---- the beginning ---- */

static void on_refused(void *context, const char *why)
{
    (void)context;
    (void)fprintf(stderr, "{\"level\":\"warn\",\"event\":\"peer_refused\",\"why\":\"%s\"}\n", why);
}

static void on_executor_ended(void *context, uint32_t number, vonk_status status, const char *why)
{
    vonk_lose_and_replace(context, number, status, why);
}

/* An eighth of the driver's memory, and `most` at most. */
static size_t part_of(size_t driver_memory, size_t most)
{
    return driver_memory && driver_memory / 8 < most ? driver_memory / 8 : most;
}

static void fill_in(vonk_nng_cluster_settings *s)
{
    s->host = s->host ? s->host : "127.0.0.1";
    s->heartbeat_ms = s->heartbeat_ms ? s->heartbeat_ms : 1000;
    s->timeout_ms = s->timeout_ms ? s->timeout_ms : 10000;
    s->start_ms = s->start_ms ? s->start_ms : 60000;
    s->end_job_ms = s->end_job_ms ? s->end_job_ms : 10000;
    if (s->max_executors < s->n_executors)
        s->max_executors = s->n_executors;
    s->result_bytes = s->result_bytes ? s->result_bytes : part_of(s->driver_memory, 16 * MIB);
    if (!s->max_replacements)
        s->max_replacements = s->max_executors * 2 > 3 ? s->max_executors * 2 : 3;
}

static void init(vonk_nng_cluster *c, const vonk_nng_cluster_settings *settings)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->taken, &attr);
    pthread_cond_init(&c->changed, &attr);
    pthread_condattr_destroy(&attr);
    c->settings = *settings;
    fill_in(&c->settings);
    c->news = -1;
    c->events_end = &c->events;
    c->job_ended_ms = vonk_now_ms();
    c->scale = (vonk_scale){.max = c->settings.max_executors, .slots = settings->slots};
    if (settings->name)
        (void)snprintf(c->name, sizeof c->name, "%s", settings->name);
    else
        (void)snprintf(c->name, sizeof c->name, "local-cluster[%u,%u,%lu]", settings->n_executors,
                       settings->slots, (unsigned long)(settings->memory >> 20));
    c->memory.limit = settings->driver_memory;
    if (settings->driver_memory)
        vonk_allocator_limit(settings->driver_memory);
    c->base = (vonk_cluster){.ops = &ops,
                             .name = c->name,
                             .n_slots = c->settings.max_executors * settings->slots,
                             .memory = (size_t)settings->memory,
                             .budget = &c->memory,
                             .waiting_rows = part_of(settings->driver_memory, 64 * MIB)};
}

static vonk_status open_sockets(vonk_nng_cluster *c, vonk_error *err)
{
    char any[160];
    (void)snprintf(any, sizeof any, "tcp://%s:0", c->settings.host);
    c->news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (c->news < 0)
        return vonk_fail(err, VONK_IO, "no event descriptor: %s", strerror(errno));
    vonk_rpc_pull_settings pull = {
        .url = any, .path = VONK_PATH_RESULTS, .context = c, .find = vonk_results_find};
    VONK_TRY(vonk_rpc_pull_open(&pull, &c->results, err));
    vonk_rpc_server_settings control = {.secret = c->secret,
                                        .channel = VONK_CHANNEL_CONTROL,
                                        .url = any,
                                        .context = c,
                                        .handle = vonk_control_handle,
                                        .refused = on_refused};
    vonk_status status = vonk_rpc_server_open(&control, &c->control, err);
    vonk_forget(&control.secret, sizeof control.secret);
    return status;
}

static vonk_status start_threads(vonk_nng_cluster *c, vonk_error *err)
{
    if (pthread_create(&c->receiver, NULL, vonk_receiver_main, c))
        return vonk_fail(err, VONK_NO_MEMORY, "cannot start a thread");
    c->has_receiver = true;
    if (pthread_create(&c->watchman, NULL, vonk_watchman_main, c))
        return vonk_fail(err, VONK_NO_MEMORY, "cannot start a thread");
    c->has_watchman = true;
    return VONK_OK;
}

static vonk_status open_cluster(vonk_nng_cluster *c, vonk_error *err)
{
    uint32_t first;
    if (c->settings.secret)
        c->secret = *c->settings.secret;
    else
        VONK_TRY(vonk_secret_random(&c->secret, err));
    c->settings.secret = NULL; /* the caller's */
    VONK_TRY(open_sockets(c, err));
    vonk_executor_spec spec = {.driver_url = vonk_rpc_server_url(c->control),
                               .secret = c->secret,
                               .slots = c->settings.slots,
                               .memory = c->settings.memory,
                               .context = c,
                               .ended = on_executor_ended};
    const vonk_allocation_maker *maker = c->settings.maker;
    vonk_status status =
        maker ? maker->make(maker->context, &spec, &c->allocation, err)
              : vonk_local_processes_new(&spec, c->settings.program, &c->allocation, err);
    vonk_forget(&spec.secret, sizeof spec.secret);
    VONK_TRY(status);
    VONK_TRY(start_threads(c, err));
    pthread_mutex_lock(&c->lock);
    uint32_t n = fill_up(c, &first);
    pthread_mutex_unlock(&c->lock);
    vonk_request_members(c, first, n);
    return VONK_OK;
}

vonk_status vonk_nng_cluster_new(const vonk_nng_cluster_settings *settings, vonk_cluster **ret,
                                 vonk_error *err)
{
    if (!settings->n_executors || !settings->slots)
        return vonk_fail(err, VONK_INVALID, "a cluster of %u executors of %u slots",
                         settings->n_executors, settings->slots);
    vonk_nng_cluster *c = calloc(1, sizeof *c);
    if (!c)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a cluster");
    init(c, settings);
    vonk_status status = open_cluster(c, err);
    if (status != VONK_OK) {
        close_cluster(&c->base);
        return status;
    }
    *ret = &c->base;
    return VONK_OK;
}

vonk_status vonk_local_cluster_parse(const char *master, vonk_nng_cluster_settings *ret,
                                     vonk_error *err)
{
    static const char prefix[] = "local-cluster";
    unsigned long executors = 0, slots = 0, memory = 0;
    int end = 0;
    if (strncmp(master, prefix, sizeof prefix - 1))
        return vonk_fail(err, VONK_NOT_FOUND, "not local-cluster: %s", master);
    const char *rest = master + sizeof prefix - 1;
    bool good = sscanf(rest, "[%lu,%lu,%lu]%n", &executors, &slots, &memory, &end) == 3 && end;
    if (!good) {
        memory = 0;
        good = sscanf(rest, "[%lu,%lu]%n", &executors, &slots, &end) == 2 && end;
    }
    if (!good || rest[end] || !executors || executors > 1000 || !slots || slots > 4096 ||
        memory > UINT64_MAX >> 21)
        return vonk_fail(err, VONK_INVALID,
                         "no master '%s': local-cluster[E,N] or local-cluster[E,N,MEM] with E "
                         "executors (1 to 1000) of N slots (1 to 4096) and MEM MiB",
                         master);
    *ret = (vonk_nng_cluster_settings){.n_executors = (uint32_t)executors,
                                       .slots = (uint32_t)slots,
                                       .memory = (uint64_t)memory << 20};
    return VONK_OK;
}
