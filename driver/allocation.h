/*
 * allocation.h - who starts executors: one small interface for processes of this machine, pods,
 * and whatever comes later. It knows no tasks.
 *
 * An executor has a number, which is never used twice. Implementations call `ended` from a thread
 * of their own, once for each executor that was requested, however it ended; not for those that
 * `close` ends.
 */
#ifndef VONK_DRIVER_ALLOCATION_H
#define VONK_DRIVER_ALLOCATION_H

#include <stddef.h>
#include <stdint.h>

#include "rpc/seal.h"

typedef struct vonk_allocation vonk_allocation;

typedef struct vonk_allocation_ops {
    /* Asks for an executor; it will register under `number`, or `ended` is called. Does not wait.
     */
    void (*request)(vonk_allocation *allocation, uint32_t number);
    /* Ends an executor, without mercy if it must. Does not wait. */
    void (*release)(vonk_allocation *allocation, uint32_t number);
    /* Ends all, waits until they are gone, and frees the allocation. */
    void (*close)(vonk_allocation *allocation);
    /* May be NULL. What an executor that has not registered waits for; "" if that is not known. */
    void (*explain)(vonk_allocation *allocation, uint32_t number, char *ret, size_t size);
} vonk_allocation_ops;

struct vonk_allocation {
    const vonk_allocation_ops *ops;
};

/* What every executor is started with. */
typedef struct vonk_executor_spec {
    const char *driver_url; /* copied, as all texts */
    vonk_secret secret;
    uint32_t slots;
    uint64_t memory; /* bytes; 0 = no limit */
    void *context;
    /*
     * `status` says whether another one may do better: VONK_IO: it may; VONK_INVALID, VONK_DENIED:
     * it would end in the same way.
     */
    void (*ended)(void *context, uint32_t number, vonk_status status, const char *why);
} vonk_executor_spec;

/* Makes the allocation of a cluster that begins. */
typedef struct vonk_allocation_maker {
    void *context; /* lives until it was made */
    vonk_status (*make)(void *context, const vonk_executor_spec *spec, vonk_allocation **ret,
                        vonk_error *err);
} vonk_allocation_maker;

/*
 * Processes of this machine, which end with this one: vonk-executor at `program`, or, if that is
 * NULL, beside the running program. Errors: VONK_NOT_FOUND: no such program; VONK_IO.
 */
vonk_status vonk_local_processes_new(const vonk_executor_spec *spec, const char *program,
                                     vonk_allocation **ret, vonk_error *err) VONK_MUST_CHECK;

#endif
