/* end_watch.c - it sleeps until a handler's sem_post(). */
#include "base/end_watch.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define END_MS  25    /* for the process to end by itself, which is tidier */
#define HELD_MS 10000 /* for what would outlast it */
#define POLL_MS 5

static struct {
    sem_t told;
    atomic_bool started;  /* `told` may be posted */
    pthread_mutex_t lock; /* of n_held and guards; kept once the watch ends the process */
    int n_held;
    vonk_end_guard *guards;
    const char *text;
    int status;
} the_watch = {.lock = PTHREAD_MUTEX_INITIALIZER}; /* a process ends once */

void vonk_end_watch_hold(void)
{
    pthread_mutex_lock(&the_watch.lock);
    the_watch.n_held++;
    pthread_mutex_unlock(&the_watch.lock);
}

void vonk_end_watch_release(void)
{
    pthread_mutex_lock(&the_watch.lock);
    the_watch.n_held--;
    pthread_mutex_unlock(&the_watch.lock);
}

void vonk_end_watch_guard(vonk_end_guard *guard)
{
    pthread_mutex_lock(&the_watch.lock);
    guard->next = the_watch.guards;
    the_watch.guards = guard;
    pthread_mutex_unlock(&the_watch.lock);
}

void vonk_end_watch_unguard(vonk_end_guard *guard)
{
    vonk_end_guard **at = &the_watch.guards;
    pthread_mutex_lock(&the_watch.lock);
    while (*at && *at != guard)
        at = &(*at)->next;
    if (*at)
        *at = guard->next;
    pthread_mutex_unlock(&the_watch.lock);
}

void vonk_end_watch_begin(void)
{
    if (atomic_load(&the_watch.started))
        (void)sem_post(&the_watch.told);
}

static void sleep_ms(int ms)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = ms * 1000000L}, NULL);
}

static void *watch(void *unused)
{
    while (sem_wait(&the_watch.told) != 0 && errno == EINTR)
        continue;
    sleep_ms(END_MS);
    pthread_mutex_lock(&the_watch.lock);
    for (int ms = 0; the_watch.n_held && ms < HELD_MS; ms += POLL_MS) {
        pthread_mutex_unlock(&the_watch.lock);
        sleep_ms(POLL_MS);
        pthread_mutex_lock(&the_watch.lock);
    }
    for (vonk_end_guard *guard = the_watch.guards; guard; guard = guard->next)
        guard->clean(guard->context);
    (void)!write(STDERR_FILENO, the_watch.text, strlen(the_watch.text));
    _exit(the_watch.status);
    return unused;
}

vonk_status vonk_end_watch_start(const char *text, int status, vonk_error *err)
{
    pthread_t thread;
    sigset_t all, before;
    if (atomic_load(&the_watch.started))
        return VONK_OK;
    the_watch.text = text;
    the_watch.status = status;
    if (sem_init(&the_watch.told, 0, 0) != 0)
        return vonk_fail(err, VONK_IO, "no semaphore: %s", strerror(errno));
    (void)sigfillset(&all); /* signals are for other threads: this one sleeps its time */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&thread, NULL, watch, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return vonk_fail(err, VONK_NO_MEMORY, "cannot start a thread: %s", strerror(failed));
    (void)pthread_detach(thread);
    atomic_store(&the_watch.started, true);
    return VONK_OK;
}
