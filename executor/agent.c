/* agent.c - the parts of an executor, and the loop that keeps the driver informed. */
#include "executor/agent.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/allocator.h"
#include "base/process_end.h"
#include "exec/shared.h"
#include "executor/blocks.h"
#include "executor/slots.h"
#include "rpc/client.h"
#include "shuffle/spill.h"

#define REGISTER_MS    10000
#define BEAT_ANSWER_MS 2000  /* for one answer; the driver's own timeout counts several */
#define END_TASKS_MS   20    /* for tasks to notice that it is over */
#define END_WRITES_MS  2000  /* for those of them that write files: they remove them */
#define END_S          10    /* for all of the ending */
#define REST_MS        10000 /* without anything to do: memory is given back */
#define RESULT_ROOM    4     /* messages on their way: tasks wait beyond */

struct vonk_agent {
    const vonk_executor_options *options;
    vonk_memory memory;
    vonk_worker worker;
    vonk_block_server *server;
    vonk_block_client *fetcher;
    vonk_slots *slots;
    vonk_rpc_client *control;
    vonk_rpc_sender driver; /* of TASK messages; for the receiving thread */
    vonk_rpc_pull *tasks;
    vonk_rpc_push *results;
    uint32_t heartbeat_ms, timeout_ms;
    int64_t busy_ms; /* when there was something to do; 0: memory was given back since */
    int stop_event;  /* readable when the driver said STOP */
};

static int64_t now_ms(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void note(const vonk_agent *a, const char *event, const vonk_error *err)
{
    vonk_buffer line = {0};
    vonk_buffer_printf(&line, "{\"level\":\"warn\",\"event\":\"%s\",\"executor\":%u,\"error\":\"",
                       event, a->options->id);
    vonk_buffer_json(&line, err->message, strlen(err->message));
    vonk_buffer_text(&line, "\"}\n");
    if (!line.failed)
        (void)!write(STDERR_FILENO, line.data, line.length);
    vonk_buffer_free(&line);
}

/* ---- tasks come in ---- */

static vonk_rpc_sender *find_driver(void *context, uint64_t id)
{
    vonk_agent *a = context;
    return a->driver.session.id == id ? &a->driver : NULL;
}

static void stop(vonk_agent *a)
{
    uint64_t one = 1;
    (void)!write(a->stop_event, &one, sizeof one);
}

static vonk_status take(vonk_agent *a, vonk_slice message, vonk_error *err)
{
    vonk_wire_task_id id;
    uint64_t job;
    switch (vonk_wire_kind_of(message)) {
    case VONK_WIRE_TASK:
        return vonk_slots_add(a->slots, message, err);
    case VONK_WIRE_KILL:
        VONK_TRY(vonk_wire_get_kill(message, &id, err));
        vonk_slots_kill(a->slots, &id);
        return VONK_OK;
    case VONK_WIRE_END_JOB:
        VONK_TRY(vonk_wire_get_end_job(message, &job, err));
        vonk_slots_end_job(a->slots, job);
        return VONK_OK;
    case VONK_WIRE_STOP:
        stop(a);
        return VONK_OK;
    default:
        return vonk_fail(err, VONK_CORRUPT, "a message that is not for executors");
    }
}

static void *receive(void *context)
{
    vonk_agent *a = context;
    vonk_slice message;
    const vonk_rpc_sender *from;
    vonk_error err;
    while (vonk_rpc_pull_next(a->tasks, -1, &message, &from, &err) == VONK_OK) {
        if (take(a, message, &err) != VONK_OK)
            note(a, "message_not_taken", &err);
    }
    return NULL;
}

/* ---- the driver ---- */

static vonk_status ask(vonk_agent *a, vonk_buffer *request, int timeout_ms, vonk_buffer *reply,
                       vonk_error *err)
{
    vonk_error theirs;
    VONK_TRY(vonk_buffer_check(request, err));
    VONK_TRY(vonk_rpc_call(a->control, (vonk_slice){request->data, request->length}, timeout_ms,
                           reply, err));
    vonk_slice answer = {reply->data, reply->length};
    if (vonk_wire_kind_of(answer) != VONK_WIRE_FAILED)
        return VONK_OK;
    VONK_TRY(vonk_wire_get_failed(answer, &theirs, err));
    bool over = theirs.status == VONK_CANCELLED;
    return vonk_fail(err, over ? VONK_CANCELLED : VONK_DENIED, "the driver refuses: %s",
                     theirs.message);
}

static vonk_status join_driver(vonk_agent *a, const vonk_wire_registered *with, vonk_error *err)
{
    a->heartbeat_ms = with->heartbeat_ms ? with->heartbeat_ms : 1000;
    a->timeout_ms = with->timeout_ms ? with->timeout_ms : 10000;
    vonk_block_server_compress(a->server, with->compress);
    VONK_TRY(vonk_rpc_push_open(&a->driver.session, VONK_PATH_RESULTS, with->result_url,
                                RESULT_ROOM, &a->results, err));
    VONK_TRY(vonk_slots_start(a->slots, a->results, with->compress, err));
    pthread_t receiver;
    if (pthread_create(&receiver, NULL, receive, a))
        return vonk_fail(err, VONK_NO_MEMORY, "cannot start a thread");
    pthread_detach(receiver);
    return VONK_OK;
}

/*
 * Says hello first, so that the session exists that TASK messages will come under, then registers
 * over it: if the connection breaks in between, the driver pushes under a session that we do not
 * know; then the heartbeat finds out and the executor is replaced.
 */
static vonk_status register_here(vonk_agent *a, vonk_error *err)
{
    vonk_buffer request = {0}, reply = {0};
    vonk_arena arena = {0};
    vonk_wire_registered with;
    vonk_wire_put_register(&request,
                           &(vonk_wire_register){.executor = a->options->id,
                                                 .slots = a->options->slots,
                                                 .memory = a->options->memory,
                                                 .task_url = vonk_rpc_pull_url(a->tasks),
                                                 .block_url = vonk_block_server_url(a->server),
                                                 .build = VONK_VERSION});
    vonk_status status = ask(a, &request, REGISTER_MS, &reply, err);
    if (status == VONK_OK)
        status =
            vonk_wire_get_registered((vonk_slice){reply.data, reply.length}, &arena, &with, err);
    if (status == VONK_OK)
        status = vonk_rpc_client_session(a->control, &a->driver.session, err);
    if (status == VONK_OK)
        status = join_driver(a, &with, err);
    vonk_arena_free(&arena);
    vonk_buffer_free(&request);
    vonk_buffer_free(&reply);
    return status;
}

static vonk_status obey(vonk_agent *a, vonk_slice answer, vonk_arena *arena, vonk_error *err)
{
    vonk_wire_beat beat;
    VONK_TRY(vonk_wire_get_beat(answer, arena, &beat, err));
    vonk_slots_acknowledge(a->slots, beat.acknowledged, beat.n_acknowledged);
    for (uint32_t i = 0; i < beat.n_unwanted; i++)
        vonk_slots_kill(a->slots, &beat.unwanted[i]);
    for (uint32_t i = 0; i < beat.n_over; i++)
        vonk_slots_end_job(a->slots, beat.over[i]);
    if (beat.stop)
        stop(a);
    return VONK_OK;
}

/* Gives memory back when there was nothing to do and nothing held for a while. */
static void trim_when_idle(vonk_agent *a, const vonk_wire_heartbeat *heartbeat)
{
    bool idle = !heartbeat->n_running && !heartbeat->n_jobs;
    int64_t now = now_ms();
    if (!idle) {
        a->busy_ms = now;
    } else if (a->busy_ms && now - a->busy_ms > REST_MS) {
        a->busy_ms = 0;
        vonk_allocator_trim();
    }
}

static vonk_status beat_once(vonk_agent *a, vonk_error *err)
{
    vonk_arena arena = {0};
    vonk_buffer request = {0}, reply = {0};
    vonk_wire_heartbeat heartbeat = {.executor = a->options->id,
                                     .memory_used = atomic_load(&a->memory.budget.used),
                                     .memory_peak = atomic_load(&a->memory.budget.peak)};
    vonk_status status = vonk_slots_report(a->slots, &arena, &heartbeat, err);
    if (status == VONK_OK) {
        vonk_wire_put_heartbeat(&request, &heartbeat);
        trim_when_idle(a, &heartbeat);
        status = ask(a, &request, BEAT_ANSWER_MS, &reply, err);
    }
    if (status == VONK_OK)
        status = obey(a, (vonk_slice){reply.data, reply.length}, &arena, err);
    vonk_buffer_free(&request);
    vonk_buffer_free(&reply);
    vonk_arena_free(&arena);
    return status;
}

/* Waits for the next beat. True if it must end now. */
static bool told_to_end(const vonk_agent *a, int wake)
{
    struct pollfd fds[] = {{.fd = wake, .events = POLLIN}, {.fd = a->stop_event, .events = POLLIN}};
    return poll(fds, VONK_LENGTH(fds), (int)a->heartbeat_ms) > 0;
}

static vonk_status beat_until_the_end(vonk_agent *a, int wake, vonk_error *err)
{
    int64_t answered = now_ms();
    while (!told_to_end(a, wake)) {
        vonk_status status = beat_once(a, err);
        if (status == VONK_OK)
            answered = now_ms();
        else if (status == VONK_DENIED)
            return status;
        else if (now_ms() - answered >= (int64_t)a->timeout_ms)
            return vonk_fail(err, VONK_IO, "the driver has not answered for %u ms", a->timeout_ms);
    }
    return VONK_OK;
}

/* ---- parts ---- */

static vonk_status open_parts(vonk_agent *a, vonk_error *err)
{
    char any[160];
    const vonk_secret *secret = &a->options->secret;
    (void)snprintf(any, sizeof any, "tcp://%s:0", a->options->host);
    a->stop_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (a->stop_event < 0)
        return vonk_fail(err, VONK_IO, "no event descriptor");
    vonk_memory_init(&a->memory, a->options->memory);
    if (a->options->memory)
        vonk_allocator_limit(a->options->memory);
    a->worker.executor = a->options->id;
    a->worker.budget = &a->memory.budget;
    a->worker.memory = &a->memory;
    a->worker.spill_dir = vonk_spill_dir(a->options->scratch);
    VONK_TRY(vonk_store_new(&a->memory, &a->worker.store, err));
    VONK_TRY(vonk_shared_new(&a->worker.shared, err));
    VONK_TRY(
        vonk_block_server_open(secret, any, a->worker.store, &a->memory.budget, &a->server, err));
    VONK_TRY(vonk_block_client_new(secret, &a->worker, &a->fetcher, err));
    a->worker.fetcher = vonk_block_client_fetcher(a->fetcher);
    VONK_TRY(vonk_slots_new(&a->worker, a->options->slots, &a->slots, err));
    vonk_rpc_pull_settings pull = {
        .url = any, .path = VONK_PATH_TASKS, .context = a, .find = find_driver};
    VONK_TRY(vonk_rpc_pull_open(&pull, &a->tasks, err));
    return vonk_rpc_client_new(secret, VONK_CHANNEL_CONTROL, a->options->id, a->options->driver,
                               &a->control, err);
}

/*
 * Lets tasks end that write, so that they remove what they wrote. All others, sockets and memory
 * are left to the end of the process: a task that has just got a lot of memory notices late,
 * closing connections on which data comes in can hang in nng (rpc/door.h), and an executor must end
 * when it is told to.
 */
static void quiesce(vonk_agent *a)
{
    if (a->fetcher)
        vonk_block_client_abort(a->fetcher);
    if (a->slots)
        vonk_slots_abandon(a->slots, END_TASKS_MS, END_WRITES_MS);
}

vonk_status vonk_agent_run(const vonk_executor_options *options, int wake, vonk_agent **ret,
                           vonk_error *err)
{
    vonk_agent *a = calloc(1, sizeof *a);
    if (!a)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    *ret = a;
    a->options = options;
    a->stop_event = -1;
    vonk_status status = open_parts(a, err);
    if (status == VONK_OK)
        status = register_here(a, err);
    if (status == VONK_OK)
        status = beat_until_the_end(a, wake, err);
    vonk_process_ends(); /* nothing is freed any more: the kernel does that faster */
    (void)alarm(END_S);  /* SIGALRM ends a process that does not get through: no orphans */
    quiesce(a);
    return status;
}
