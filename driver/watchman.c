/* watchman.c - a thread that looks at the clock: silent executors, messages to push again. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/time_after.h"
#include "driver/state.h"

#define GROW_AGAIN_MS 30000 /* after an executor that could not start */

/* The number of an executor that was silent for too long, and why it is lost; or UINT32_MAX. */
static uint32_t find_silent(vonk_nng_cluster *c, char *why, size_t size)
{
    static const char silence[] = "no heartbeat for %u ms";
    bool is_starting = false;
    uint32_t found = UINT32_MAX;
    int64_t now = vonk_now_ms();
    pthread_mutex_lock(&c->lock);
    for (uint32_t i = 0; i < c->n_members && found == UINT32_MAX; i++) {
        const vonk_member *m = c->members[i];
        uint32_t limit =
            m->state == VONK_MEMBER_ALIVE ? c->settings.timeout_ms : c->settings.start_ms;
        if (m->state == VONK_MEMBER_LOST || now - m->heard_ms < (int64_t)limit)
            continue;
        found = m->number;
        is_starting = m->state == VONK_MEMBER_STARTING;
        (void)snprintf(why, size, is_starting ? "it did not register in %u ms" : silence, limit);
        if (is_starting && c->settings.max_failed_starts)
            c->n_failed_starts = c->settings.max_failed_starts; /* it had all the time */
    }
    pthread_mutex_unlock(&c->lock);
    if (is_starting && c->allocation->ops->explain) {
        char reason[300];
        size_t n = strlen(why);
        c->allocation->ops->explain(c->allocation, found, reason, sizeof reason);
        if (reason[0])
            (void)snprintf(why + n, size - n, ": %s", reason);
    }
    return found;
}

/* ---- growing and shrinking with the work ---- */

static void grow(vonk_nng_cluster *c)
{
    int64_t now = vonk_now_ms();
    uint32_t first = 0, n = 0;
    pthread_mutex_lock(&c->lock);
    /* Where some could not start more would not either: leave them time. */
    bool may = !c->closing && c->in_job &&
               (!c->n_failed_starts || now - c->failed_start_ms > GROW_AGAIN_MS);
    if (may)
        n = vonk_scale_up(&c->scale, now, c->backlog, c->n_alive + c->n_starting);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t number = vonk_member_add(c);
        first = i ? first : number;
        n = number == UINT32_MAX ? i : n;
    }
    pthread_mutex_unlock(&c->lock);
    vonk_request_members(c, first, n);
}

/* The newest executor above the least number if no job has run for long, or UINT32_MAX. */
static uint32_t find_idle(vonk_nng_cluster *c)
{
    uint32_t found = UINT32_MAX;
    pthread_mutex_lock(&c->lock);
    bool idle = c->settings.idle_ms && !c->closing && !c->in_job &&
                c->n_alive + c->n_starting > c->settings.n_executors &&
                vonk_now_ms() - c->job_ended_ms >= (int64_t)c->settings.idle_ms;
    for (uint32_t i = c->n_members; i-- > 0 && idle && found == UINT32_MAX;) {
        vonk_member *m = c->members[i];
        if (m->state == VONK_MEMBER_LOST)
            continue;
        found = m->number;
        bool was_starting = m->state == VONK_MEMBER_STARTING;
        (void)vonk_member_lose(c, m, VONK_IO, "it had nothing to do");
        c->n_failed_starts -= was_starting; /* it did not fail */
    }
    pthread_mutex_unlock(&c->lock);
    return found;
}

/* Copies the message of a task that must be pushed again. False if there is none. */
static bool next_push(vonk_nng_cluster *c, vonk_buffer *message, vonk_member **ret_member,
                      vonk_wire_task_id *ret_id)
{
    bool found = false;
    pthread_mutex_lock(&c->lock);
    for (uint32_t i = 0; i < c->n_members && c->n_pushes_wanted && !found; i++) {
        for (vonk_assigned *t = c->members[i]->tasks; t && !found; t = t->peer) {
            if (!t->push_again)
                continue;
            found = true;
            t->push_again = false;
            c->n_pushes_wanted--;
            vonk_buffer_append(message, t->message.data, t->message.length);
            *ret_member = c->members[i];
            *ret_id = t->id;
        }
    }
    if (!found)
        c->n_pushes_wanted = 0; /* what is left belonged to tasks that ended */
    pthread_mutex_unlock(&c->lock);
    return found;
}

static void push_again(vonk_nng_cluster *c)
{
    vonk_buffer message = {0};
    vonk_member *member;
    vonk_wire_task_id id;
    while (next_push(c, &message, &member, &id)) {
        uint64_t sequence = 0;
        if (!message.failed)
            vonk_send_to(member, &message, &sequence);
        pthread_mutex_lock(&c->lock);
        vonk_assigned *t = vonk_assigned_find(c, &id);
        if (t) {
            t->sequence = sequence;
            t->pushed_ms = vonk_now_ms();
            t->n_pushes++;
        }
        pthread_mutex_unlock(&c->lock);
        message.length = 0;
    }
    vonk_buffer_free(&message);
}

/* Sleeps for a while, or until there is something to push. False when all is over. */
static bool sleep_a_little(vonk_nng_cluster *c)
{
    uint32_t ms = c->settings.timeout_ms / 8;
    ms = ms < 10 ? 10 : ms > 500 ? 500 : ms;
    struct timespec until = vonk_time_after(CLOCK_MONOTONIC, (int)ms);
    pthread_mutex_lock(&c->lock);
    if (!c->closing && !c->n_pushes_wanted)
        (void)pthread_cond_timedwait(&c->changed, &c->lock, &until);
    bool go_on = !c->closing;
    pthread_mutex_unlock(&c->lock);
    return go_on;
}

void *vonk_watchman_main(void *context)
{
    vonk_nng_cluster *c = context;
    char why[400];
    uint32_t silent;
    while (sleep_a_little(c)) {
        push_again(c);
        while ((silent = find_silent(c, why, sizeof why)) != UINT32_MAX)
            vonk_lose_and_replace(c, silent, VONK_IO, why);
        grow(c);
        while ((silent = find_idle(c)) != UINT32_MAX)
            vonk_close_member(c, silent);
    }
    return NULL;
}
