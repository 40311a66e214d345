/* state.c - tables of members and tasks, the queue of events. */
#include "driver/state.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_ROW_WAITS 5 /* heartbeats */

int64_t vonk_now_ms(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- events ---- */

void vonk_post(vonk_nng_cluster *c, const vonk_cluster_event *event)
{
    vonk_event_node *node = malloc(sizeof *node);
    if (!node)
        abort(); /* 1 KiB: the process is lost */
    *node = (vonk_event_node){.event = *event};
    if (event->rows) {
        node->bytes = event->rows->arena.total;
        c->row_bytes += node->bytes;
    }
    *c->events_end = node;
    c->events_end = &node->next;
    uint64_t one = 1;
    (void)!write(c->news, &one, sizeof one);
}

/* ---- members ---- */

vonk_member *vonk_member_find(const vonk_nng_cluster *c, uint32_t number)
{
    uint32_t index = number - c->settings.first_number; /* wraps for those below: too great */
    return index < c->n_members ? c->members[index] : NULL;
}

uint32_t vonk_member_add(vonk_nng_cluster *c)
{
    if (c->n_members == c->members_capacity) {
        uint32_t capacity = c->members_capacity ? c->members_capacity * 2 : 16;
        vonk_member **members = realloc(c->members, capacity * sizeof *members);
        if (!members)
            return UINT32_MAX;
        c->members = members;
        c->members_capacity = capacity;
    }
    vonk_member *member = calloc(1, sizeof *member);
    if (!member)
        return UINT32_MAX;
    member->number = c->settings.first_number + c->n_members;
    member->heard_ms = vonk_now_ms();
    pthread_mutex_init(&member->push_lock, NULL);
    c->members[c->n_members] = member;
    c->n_starting++;
    c->n_members++;
    return member->number;
}

bool vonk_member_lose(vonk_nng_cluster *c, vonk_member *member, vonk_status status, const char *why)
{
    if (member->state == VONK_MEMBER_LOST)
        return false;
    bool was_alive = member->state == VONK_MEMBER_ALIVE;
    c->n_alive -= was_alive;
    c->n_starting -= !was_alive;
    member->state = VONK_MEMBER_LOST;
    while (member->tasks)
        vonk_assigned_remove(c, member->tasks);
    vonk_fail(&c->last_loss, status, "executor %u is lost: %s", member->number, why);
    if (!was_alive) {
        c->n_failed_starts++;
        c->failed_start_ms = vonk_now_ms();
    } else {
        vonk_cluster_event event = {
            .kind = VONK_CLUSTER_EXECUTOR_LOST, .executor = member->number, .error = c->last_loss};
        event.error.status = VONK_IO;
        vonk_post(c, &event);
    }
    uint64_t one = 1;
    (void)!write(c->news, &one, sizeof one); /* the last one may be gone: wait() must look */
    pthread_cond_broadcast(&c->changed);
    return true;
}

void vonk_request_members(vonk_nng_cluster *c, uint32_t first, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        c->allocation->ops->request(c->allocation, first + i);
}

/* Whether the member that was just lost gets a successor; counts it. */
static bool may_replace(vonk_nng_cluster *c, bool was_starting, vonk_status status)
{
    if (status != VONK_IO)
        return false;
    if (was_starting && c->settings.max_failed_starts)
        return c->n_failed_starts < c->settings.max_failed_starts;
    return c->n_replaced++ < c->settings.max_replacements;
}

void vonk_lose_and_replace(vonk_nng_cluster *c, uint32_t number, vonk_status status,
                           const char *why)
{
    uint32_t replacement = UINT32_MAX;
    pthread_mutex_lock(&c->lock);
    vonk_member *member = vonk_member_find(c, number);
    bool was_starting = member && member->state == VONK_MEMBER_STARTING;
    bool lost = member && !c->closing && vonk_member_lose(c, member, status, why);
    if (lost && may_replace(c, was_starting, status))
        replacement = vonk_member_add(c);
    pthread_mutex_unlock(&c->lock);
    if (!lost)
        return;
    vonk_close_member(c, number);
    if (replacement != UINT32_MAX)
        vonk_request_members(c, replacement, 1);
}

void vonk_close_member(vonk_nng_cluster *c, uint32_t number)
{
    pthread_mutex_lock(&c->lock);
    vonk_member *member = vonk_member_find(c, number);
    pthread_mutex_unlock(&c->lock);
    c->allocation->ops->release(c->allocation, number);
    pthread_mutex_lock(&member->push_lock);
    vonk_rpc_push *push = member->push;
    member->push = NULL;
    pthread_mutex_unlock(&member->push_lock);
    vonk_rpc_push_close(push);
}

/* A TASK's sequence lies behind the kind byte. */
static void stamp(vonk_buffer *message, uint64_t sequence)
{
    memcpy(message->data + 1, &sequence, sizeof sequence);
}

void vonk_send_to(vonk_member *member, vonk_buffer *message, uint64_t *ret_sequence)
{
    pthread_mutex_lock(&member->push_lock);
    if (ret_sequence) {
        *ret_sequence = ++member->sequence;
        stamp(message, *ret_sequence);
    }
    if (member->push)
        (void)!vonk_rpc_push_send(member->push, (vonk_slice){message->data, message->length}, 0,
                                  NULL);
    pthread_mutex_unlock(&member->push_lock);
}

/* ---- tasks ---- */

static vonk_assigned **bucket_of(const vonk_nng_cluster *c, const vonk_wire_task_id *id)
{
    uint64_t h =
        (id->job * 31 + id->stage) * UINT64_C(0x9e3779b97f4a7c15) + id->index * 7u + id->attempt;
    return (vonk_assigned **)&c->buckets[h % VONK_TASK_BUCKETS];
}

vonk_assigned *vonk_assigned_find(const vonk_nng_cluster *c, const vonk_wire_task_id *id)
{
    vonk_assigned *t = *bucket_of(c, id);
    while (t && (t->id.job != id->job || t->id.stage != id->stage || t->id.index != id->index ||
                 t->id.attempt != id->attempt))
        t = t->next;
    return t;
}

void vonk_assigned_add(vonk_nng_cluster *c, vonk_member *member, vonk_assigned *task)
{
    vonk_assigned **bucket = bucket_of(c, &task->id);
    task->next = *bucket;
    *bucket = task;
    task->peer = member->tasks;
    member->tasks = task;
    c->n_tasks++;
}

void vonk_assigned_remove(vonk_nng_cluster *c, vonk_assigned *task)
{
    vonk_assigned **at = bucket_of(c, &task->id);
    while (*at != task)
        at = &(*at)->next;
    *at = task->next;
    at = &vonk_member_find(c, task->executor)->tasks;
    while (*at != task)
        at = &(*at)->peer;
    *at = task->peer;
    c->n_tasks--;
    vonk_buffer_free(&task->message);
    free(task);
    if (!c->n_tasks)
        pthread_cond_broadcast(&c->changed);
}

static vonk_cluster_event event_of(vonk_cluster_event_kind kind, const vonk_assigned *task)
{
    return (vonk_cluster_event){.kind = kind,
                                .executor = task->executor,
                                .job = task->id.job,
                                .stage = task->id.stage,
                                .index = task->id.index,
                                .attempt = task->id.attempt};
}

/* Takes `event` as the task's end. */
static void end_with(vonk_nng_cluster *c, vonk_assigned *task, const vonk_cluster_event *event)
{
    vonk_assigned_remove(c, task);
    vonk_post(c, event);
}

void vonk_task_gave_up(vonk_nng_cluster *c, vonk_assigned *task, const char *why)
{
    vonk_cluster_event event = event_of(VONK_CLUSTER_TASK_FAILED, task);
    vonk_fail(&event.error, VONK_IO, "task %u of stage %u on executor %u: %s", task->id.index,
              task->id.stage, task->executor, why);
    end_with(c, task, &event);
}

void vonk_task_does_not_fit(vonk_nng_cluster *c, vonk_assigned *task, const vonk_error *why)
{
    vonk_cluster_event event = event_of(VONK_CLUSTER_TASK_FAILED, task);
    event.error = *why;
    end_with(c, task, &event);
}

static vonk_task_metrics metrics_of(const vonk_wire_metrics *m)
{
    return (vonk_task_metrics){.rows_read = m->rows_read,
                               .bytes_read = m->bytes_read,
                               .rows_out = m->rows_out,
                               .bytes_out = m->bytes_out,
                               .cpu_ns = m->cpu_ns,
                               .wall_ns = m->wall_ns,
                               .peak_memory = m->peak_memory,
                               .groups_total = m->groups_total,
                               .groups_pruned = m->groups_pruned};
}

static bool copy_ops(vonk_task_result *to, const vonk_wire_ended *from)
{
    if (!from->n_ops)
        return true;
    to->ops = calloc(from->n_ops, sizeof *to->ops);
    if (!to->ops)
        return false;
    memcpy(to->ops, from->ops, from->n_ops * sizeof *to->ops);
    to->n_ops = from->n_ops;
    return true;
}

static bool copy_files(vonk_task_result *to, const vonk_wire_ended *from)
{
    if (!from->n_files)
        return true;
    to->files = calloc(from->n_files, sizeof *to->files);
    for (; to->files && to->n_files < from->n_files; to->n_files++) {
        to->files[to->n_files] = strdup(from->files[to->n_files]);
        if (!to->files[to->n_files])
            break;
    }
    if (to->n_files == from->n_files)
        return true;
    vonk_task_result_free(to);
    return false;
}

/* Rows that are still on their way are waited for; those that are lost fail the task. */
static bool rows_are_missing(vonk_nng_cluster *c, vonk_assigned *task, const vonk_wire_ended *ended,
                             bool by_pipe)
{
    if (ended->error.status != VONK_OK || task->n_rows == ended->n_rows_messages)
        return false;
    bool held_up = c->row_bytes >= c->settings.result_bytes; /* by us */
    if (by_pipe || (!held_up && ++task->n_waits > MAX_ROW_WAITS))
        vonk_task_gave_up(c, task, "rows were lost on the way");
    return true;
}

bool vonk_task_ended(vonk_nng_cluster *c, uint32_t executor, const vonk_wire_ended *ended,
                     bool by_pipe)
{
    vonk_assigned *task = vonk_assigned_find(c, &ended->id);
    if (!task || task->executor != executor)
        return true;
    if (rows_are_missing(c, task, ended, by_pipe))
        return by_pipe || !vonk_assigned_find(c, &ended->id);
    bool finished = ended->error.status == VONK_OK;
    vonk_cluster_event event =
        event_of(finished ? VONK_CLUSTER_TASK_FINISHED : VONK_CLUSTER_TASK_FAILED, task);
    event.error = ended->error;
    event.result.metrics = metrics_of(&ended->metrics);
    event.result.lost_stage = ended->lost_stage;
    event.result.lost_map = ended->lost_map;
    event.result.lost_executor = ended->lost_executor;
    if (!copy_files(&event.result, ended) || !copy_ops(&event.result, ended)) {
        vonk_task_result_free(&event.result);
        vonk_task_gave_up(c, task, "out of memory for its result");
        return true;
    }
    vonk_assigned_remove(c, task);
    vonk_post(c, &event);
    return true;
}
