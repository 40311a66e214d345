/*
 * memory.h - who may hold how much of an executor's memory. Thread-safe; a pure account.
 *
 *   limit  = reserve + budget       every arena is charged to the budget, block by block
 *   budget = pool + slack
 *   pool   = blocks that wait (up to half) + one share for each running task
 *
 * The budget is hard: a block of memory beyond it fails with VONK_NO_MEMORY. The pool is what
 * operators look at once a batch, so that it never comes to that: a task that holds its share
 * spills. Of N running tasks each has a share of 1/N of what blocks leave of the pool; since an
 * operator asks before it doubles, it spills somewhere between half of the share and all of it
 * (Spark's 1/2N to 1/N). docs/adr/006 has the reasons.
 */
#ifndef VONK_BASE_MEMORY_H
#define VONK_BASE_MEMORY_H

#include <pthread.h>
#include <stdbool.h>

#include "base/arena.h"

typedef struct vonk_memory {
    vonk_budget budget;
    size_t pool;              /* bytes; 0 = no limit */
    _Atomic uint32_t n_tasks; /* running now */
    _Atomic size_t stored;    /* bytes of blocks that wait for their readers */
    pthread_mutex_t lock;     /* of who may begin */
    pthread_cond_t ended;
    uint32_t n_waiting; /* to be alone; guarded by lock, as the next two */
    bool alone;         /* the one that runs is */
    bool ran_out;       /* a task did */
} vonk_memory;

/* `limit` bytes for budget and pool; 0 = no limit. */
void vonk_memory_init(vonk_memory *memory, size_t limit);
/* What a process of `size` bytes has for tasks: the rest is for the program, stacks and sockets. */
size_t vonk_memory_of_process(size_t size);

/*
 * A task that is tried `again` once memory ran out has all of it: this returns when the others that
 * run have ended, and they begin when it has.
 */
void vonk_memory_task_begins(vonk_memory *memory, bool again);
void vonk_memory_task_ends(vonk_memory *memory, bool ran_out);
/* Bytes that a running task may hold before it spills; SIZE_MAX without a limit. */
size_t vonk_memory_share(const vonk_memory *memory);
/* Whether `more` bytes would nearly fill the budget: with what nobody counts as held. */
bool vonk_memory_is_tight(const vonk_memory *memory, size_t more) VONK_MUST_CHECK;

/* Whether `size` bytes may stay until a job ends, for all its tasks. */
bool vonk_memory_may_share(const vonk_memory *memory, size_t size) VONK_MUST_CHECK;

/* Whether less than half of the budget is used: rows that wait for the client may be in memory. */
bool vonk_memory_has_room(const vonk_memory *memory) VONK_MUST_CHECK;

/* Whether `size` more bytes of blocks may wait in memory; else they should wait on disk. */
bool vonk_memory_may_store(const vonk_memory *memory, size_t size) VONK_MUST_CHECK;
/* Counts waiting blocks. */
void vonk_memory_store(vonk_memory *memory, size_t size);
void vonk_memory_unstore(vonk_memory *memory, size_t size);

#endif
