/* process_end.c - the flag, and threads that share the heap among them to give it back. */
#include "base/process_end.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/allocator.h"
#include "base/end_watch.h"

#define MOST_THREADS 8u
#define PIECE        ((uintptr_t)64 << 20) /* bytes that are worth a thread */

static atomic_bool is_ending; /* the signal's flag */

void vonk_process_ends(void)
{
#ifndef VONK_SANITIZED
    atomic_store(&is_ending, true);
    vonk_end_watch_begin();
#endif
}

bool vonk_process_is_ending(void)
{
    return atomic_load_explicit(&is_ending, memory_order_relaxed);
}

/* For threads that may not look at the heap any more. */
static struct {
    atomic_bool go;
    atomic_uint next, n_left; /* pieces */
    uintptr_t start, end, size;
    int status;
} heap;

/* Never returns: the end of a thread would touch the heap. */
static void *give_back(void *unused)
{
    while (!atomic_load(&heap.go))
        (void)sched_yield();
    uintptr_t from = heap.start + atomic_fetch_add(&heap.next, 1) * heap.size;
    uintptr_t size = heap.end - from < heap.size ? heap.end - from : heap.size;
    (void)madvise((void *)from, size, MADV_DONTNEED); /* NOLINT(performance-no-int-to-ptr) */
    if (atomic_fetch_sub(&heap.n_left, 1) == 1)
        _exit(heap.status);
    for (;;)
        (void)pause();
    return unused;
}

/* How many threads are worth it, this one included. */
static unsigned n_threads(uintptr_t bytes)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    uintptr_t n = bytes / PIECE, most = cores < 1 ? 1 : (uintptr_t)cores;
    most = most < MOST_THREADS ? most : MOST_THREADS;
    return (unsigned)(n < most ? n : most);
}

_Noreturn void vonk_process_exit(int status)
{
    pthread_t thread;
    unsigned started = 1;
    vonk_end_watch_hold(); /* the heap may not be looked at, nor another word be said */
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    vonk_allocator_heap(&heap.start, &heap.end);
    heap.start = (heap.start + page - 1) / page * page;
    unsigned n = n_threads(heap.end - heap.start);
    if (n < 2)
        _exit(status);
    while (started < n && pthread_create(&thread, NULL, give_back, NULL) == 0)
        started++;
    heap.status = status;
    heap.size = ((heap.end - heap.start) / started + page) / page * page;
    atomic_store(&heap.n_left, started);
    atomic_store(&heap.go, true);
    (void)give_back(NULL);
    _exit(status);
}
