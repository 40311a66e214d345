/* door.c - a detached thread for each close. */
#include "rpc/door.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/time_after.h"

static void init_cond(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

/* ---- doors ---- */

static void on_pipe(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
    vonk_door *door = arg;
    (void)pipe;
    pthread_mutex_lock(&door->lock);
    door->n_pipes += event == NNG_PIPE_EV_ADD_POST ? 1 : -1;
    if (door->n_pipes <= 0)
        pthread_cond_broadcast(&door->left);
    pthread_mutex_unlock(&door->lock);
}

vonk_status vonk_door_init(vonk_door *door, nng_socket socket, vonk_error *err)
{
    pthread_mutex_init(&door->lock, NULL);
    init_cond(&door->left);
    int rv = nng_pipe_notify(socket, NNG_PIPE_EV_ADD_POST, on_pipe, door);
    if (!rv)
        rv = nng_pipe_notify(socket, NNG_PIPE_EV_REM_POST, on_pipe, door);
    return rv ? vonk_fail(err, VONK_IO, "cannot set up a socket: %s", nng_strerror(rv)) : VONK_OK;
}

void vonk_door_wait(vonk_door *door, int timeout_ms)
{
    struct timespec until = vonk_time_after(CLOCK_MONOTONIC, timeout_ms);
    int failed = 0;
    pthread_mutex_lock(&door->lock);
    while (door->n_pipes > 0 && failed != ETIMEDOUT)
        failed = pthread_cond_timedwait(&door->left, &door->lock, &until);
    pthread_mutex_unlock(&door->lock);
}

/* ---- closing ---- */

typedef struct closing {
    nng_socket socket;
    void (*done)(void *);
    void *arg;
    pthread_mutex_t lock;
    pthread_cond_t closed;
    bool is_closed; /* guarded by lock, as refs */
    int refs;
} closing;

static void release(closing *c)
{
    pthread_mutex_lock(&c->lock);
    bool last = --c->refs == 0;
    pthread_mutex_unlock(&c->lock);
    if (!last)
        return;
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->closed);
    free(c);
}

static void *close_main(void *arg)
{
    closing *c = arg;
    nng_close(c->socket);
    if (c->done)
        c->done(c->arg);
    pthread_mutex_lock(&c->lock);
    c->is_closed = true;
    pthread_cond_signal(&c->closed);
    pthread_mutex_unlock(&c->lock);
    release(c);
    return NULL;
}

static bool start(closing *c)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, close_main, c))
        return false;
    pthread_detach(thread);
    return true;
}

void vonk_socket_close(nng_socket socket, int timeout_ms, void (*done)(void *), void *arg)
{
    closing *c = calloc(1, sizeof *c);
    if (!c) {
        nng_close(socket);
        if (done)
            done(arg);
        return;
    }
    *c = (closing){.socket = socket, .done = done, .arg = arg, .refs = 2};
    pthread_mutex_init(&c->lock, NULL);
    init_cond(&c->closed);
    if (!start(c)) { /* no thread to be had: here, then */
        nng_close(socket);
        if (done)
            done(arg);
        c->refs = 1;
        release(c);
        return;
    }
    struct timespec until = vonk_time_after(CLOCK_MONOTONIC, timeout_ms);
    int failed = 0;
    pthread_mutex_lock(&c->lock);
    while (timeout_ms && !c->is_closed && failed != ETIMEDOUT)
        failed = pthread_cond_timedwait(&c->closed, &c->lock, &until);
    pthread_mutex_unlock(&c->lock);
    release(c);
}
