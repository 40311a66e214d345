/* control.c - REGISTER and HEARTBEAT: what executors ask, on nng's threads. */
#include <stdlib.h>
#include <string.h>

#include "driver/state.h"

#define MAX_PUSHES 3 /* of one TASK message */

/* ---- register ---- */

static vonk_status check_register(const vonk_nng_cluster *c, const vonk_member *member,
                                  const vonk_wire_register *from, uint32_t sender, vonk_error *err)
{
    if (sender != from->executor || !member)
        return vonk_fail(err, VONK_DENIED, "nobody asked for executor %u", from->executor);
    if (c->closing) /* no error: the work was done before this executor was there */
        return vonk_fail(err, VONK_CANCELLED, "executor %u is not needed any more", from->executor);
    if (member->state != VONK_MEMBER_STARTING)
        return vonk_fail(err, VONK_DENIED, "executor %u is not awaited any more", from->executor);
    if (!from->slots || from->slots > 4096)
        return vonk_fail(err, VONK_INVALID, "an executor of %u slots", from->slots);
    return VONK_OK;
}

static void post_added(vonk_nng_cluster *c, const vonk_member *member)
{
    vonk_cluster_event event = {.kind = VONK_CLUSTER_EXECUTOR_ADDED,
                                .executor = member->number,
                                .slots = member->slots,
                                .address = member->block_url};
    vonk_post(c, &event);
}

/* Makes the member alive with the pipeline that was opened for it, which it takes. */
static vonk_status admit(vonk_nng_cluster *c, const vonk_session *session,
                         const vonk_wire_register *from, vonk_rpc_push **push, char **block_url,
                         vonk_error *err)
{
    vonk_member *member = vonk_member_find(c, from->executor);
    VONK_TRY(check_register(c, member, from, session->sender, err));
    member->state = VONK_MEMBER_ALIVE;
    c->n_starting--;
    c->n_alive++;
    c->n_failed_starts = 0;
    member->slots = from->slots;
    member->heard_ms = vonk_now_ms();
    member->session = session->id;
    member->results.session = *session;
    member->block_url = *block_url;
    *block_url = NULL;
    member->push = *push; /* nobody else looks before it is alive */
    *push = NULL;
    post_added(c, member);
    return VONK_OK;
}

static vonk_status handle_register(vonk_nng_cluster *c, const vonk_session *session,
                                   vonk_slice request, vonk_arena *arena, vonk_buffer *reply,
                                   vonk_error *err)
{
    vonk_wire_register from;
    vonk_rpc_push *push = NULL;
    VONK_TRY(vonk_wire_get_register(request, arena, &from, err));
    VONK_TRY(vonk_rpc_push_open(session, VONK_PATH_TASKS, from.task_url, 1024, &push, err));
    char *block_url = strdup(from.block_url);
    vonk_status status = block_url ? VONK_OK : vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    if (status == VONK_OK) {
        pthread_mutex_lock(&c->lock);
        status = admit(c, session, &from, &push, &block_url, err);
        pthread_mutex_unlock(&c->lock);
    }
    vonk_rpc_push_close(push);
    free(block_url);
    VONK_TRY(status);
    vonk_wire_put_registered(reply,
                             &(vonk_wire_registered){.heartbeat_ms = c->settings.heartbeat_ms,
                                                     .timeout_ms = c->settings.timeout_ms,
                                                     .result_url = vonk_rpc_pull_url(c->results),
                                                     .compress = c->settings.compress});
    return VONK_OK;
}

/* ---- heartbeat ---- */

/*
 * Tasks that the driver believes running and the executor does not list were lost on the way, in
 * one direction or the other. The same attempt is pushed again: the executor knows it if it has it.
 */
static void repair(vonk_nng_cluster *c, vonk_member *member, uint64_t sequence)
{
    int64_t now = vonk_now_ms(), patience = (int64_t)c->settings.heartbeat_ms * 3;
    for (vonk_assigned *t = member->tasks, *next; t; t = next) {
        next = t->peer;
        bool arrived = t->sequence && t->sequence <= sequence;
        if (t->beat == member->n_beats || t->push_again ||
            (!arrived && now - t->pushed_ms < patience))
            continue;
        if (t->n_pushes >= MAX_PUSHES) {
            vonk_task_gave_up(c, t, "the executor does not know it");
            continue;
        }
        t->push_again = true;
        c->n_pushes_wanted++;
        pthread_cond_broadcast(&c->changed);
    }
}

static vonk_status list_running(vonk_nng_cluster *c, const vonk_member *member,
                                const vonk_wire_heartbeat *from, vonk_arena *arena,
                                vonk_wire_beat *to, vonk_error *err)
{
    vonk_wire_task_id *unwanted = VONK_NEW_ARRAY(arena, vonk_wire_task_id, from->n_running, err);
    VONK_TRY_ALLOC(unwanted);
    for (uint32_t i = 0; i < from->n_running; i++) {
        vonk_assigned *t = vonk_assigned_find(c, &from->running[i]);
        if (t && t->executor == member->number)
            t->beat = member->n_beats;
        else
            unwanted[to->n_unwanted++] = from->running[i];
    }
    to->unwanted = unwanted;
    return VONK_OK;
}

static vonk_status list_ended(vonk_nng_cluster *c, const vonk_member *member,
                              const vonk_wire_heartbeat *from, vonk_arena *arena,
                              vonk_wire_beat *to, vonk_error *err)
{
    vonk_wire_task_id *known = VONK_NEW_ARRAY(arena, vonk_wire_task_id, from->n_ended, err);
    VONK_TRY_ALLOC(known);
    for (uint32_t i = 0; i < from->n_ended; i++) {
        vonk_assigned *t = vonk_assigned_find(c, &from->ended[i].id);
        if (t && t->executor == member->number)
            t->beat = member->n_beats;
        if (vonk_task_ended(c, member->number, &from->ended[i], false))
            known[to->n_acknowledged++] = from->ended[i].id;
    }
    to->acknowledged = known;
    return VONK_OK;
}

static vonk_status list_jobs(const vonk_nng_cluster *c, const vonk_wire_heartbeat *from,
                             vonk_arena *arena, vonk_wire_beat *to, vonk_error *err)
{
    uint64_t *over = VONK_NEW_ARRAY(arena, uint64_t, from->n_jobs, err);
    VONK_TRY_ALLOC(over);
    for (uint32_t i = 0; i < from->n_jobs; i++) {
        if (!c->in_job || from->jobs[i] != c->job)
            over[to->n_over++] = from->jobs[i];
    }
    to->over = over;
    return VONK_OK;
}

static vonk_status compare(vonk_nng_cluster *c, uint32_t sender, const vonk_wire_heartbeat *from,
                           vonk_arena *arena, vonk_wire_beat *to, vonk_error *err)
{
    vonk_member *member = vonk_member_find(c, from->executor);
    if (!member || member->state != VONK_MEMBER_ALIVE || sender != from->executor || c->closing) {
        to->stop = true;
        return VONK_OK;
    }
    member->heard_ms = vonk_now_ms();
    member->n_beats++;
    VONK_TRY(list_ended(c, member, from, arena, to, err));
    VONK_TRY(list_running(c, member, from, arena, to, err));
    VONK_TRY(list_jobs(c, from, arena, to, err));
    repair(c, member, from->sequence);
    return VONK_OK;
}

static vonk_status handle_heartbeat(vonk_nng_cluster *c, uint32_t sender, vonk_slice request,
                                    vonk_arena *arena, vonk_buffer *reply, vonk_error *err)
{
    vonk_wire_heartbeat from;
    vonk_wire_beat to = {0};
    VONK_TRY(vonk_wire_get_heartbeat(request, arena, &from, err));
    pthread_mutex_lock(&c->lock);
    vonk_status status = compare(c, sender, &from, arena, &to, err);
    pthread_mutex_unlock(&c->lock);
    VONK_TRY(status);
    vonk_wire_put_beat(reply, &to);
    return VONK_OK;
}

void vonk_control_handle(void *context, const vonk_session *session, vonk_slice request,
                         vonk_buffer *reply)
{
    vonk_nng_cluster *c = context;
    vonk_arena arena = {0};
    vonk_error err;
    vonk_status status;
    switch (vonk_wire_kind_of(request)) {
    case VONK_WIRE_REGISTER:
        status = handle_register(c, session, request, &arena, reply, &err);
        break;
    case VONK_WIRE_HEARTBEAT:
        status = handle_heartbeat(c, session->sender, request, &arena, reply, &err);
        break;
    default:
        status = vonk_fail(&err, VONK_CORRUPT, "a message that is not for the driver");
        break;
    }
    if (status != VONK_OK) {
        reply->length = 0;
        vonk_wire_put_failed(reply, &err);
    }
    vonk_arena_free(&arena);
}
