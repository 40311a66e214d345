/* watchman.c - a thread that looks at the clock: silent executors, messages to push again. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "driver/state.h"

/* The number of an executor that was silent for too long, and why it is lost; or UINT32_MAX. */
static uint32_t find_silent(vonk_nng_cluster *c, char *why, size_t size)
{
    uint32_t found = UINT32_MAX;
    int64_t now = vonk_now_ms();
    pthread_mutex_lock(&c->lock);
    for (uint32_t i = 0; i < c->n_members && found == UINT32_MAX; i++) {
        const vonk_member *m = c->members[i];
        uint32_t limit =
            m->state == VONK_MEMBER_ALIVE ? c->settings.timeout_ms : c->settings.start_ms;
        if (m->state == VONK_MEMBER_LOST || now - m->heard_ms < (int64_t)limit)
            continue;
        (void)snprintf(why, size,
                       m->state == VONK_MEMBER_ALIVE ? "no heartbeat for %u ms"
                                                     : "it did not register in %u ms",
                       limit);
        found = m->number;
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
    struct timespec until;
    uint32_t ms = c->settings.timeout_ms / 8;
    ms = ms < 10 ? 10 : ms > 500 ? 500 : ms;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
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
    char why[80];
    uint32_t silent;
    while (sleep_a_little(c)) {
        push_again(c);
        while ((silent = find_silent(c, why, sizeof why)) != UINT32_MAX)
            vonk_lose_and_replace(c, silent, why);
    }
    return NULL;
}
