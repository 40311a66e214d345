/*
 * nng_cluster.h - executors that are processes: session/cluster.h over rpc and wire.
 *
 *     session thread   launch, kill, wait        nng threads      register, heartbeat
 *     receiver         rows, ended tasks         watchman         time-outs, lost messages
 *
 * Nothing depends on a message arriving: heartbeats list what runs and what ended, and every
 * difference to what the driver believes is repaired there (docs/protocol.md, "Heartbeats").
 */
#ifndef VONK_DRIVER_NNG_CLUSTER_H
#define VONK_DRIVER_NNG_CLUSTER_H

#include "driver/allocation.h"
#include "session/cluster.h"

typedef struct vonk_nng_cluster_settings {
    uint32_t n_executors, slots; /* slots: of each executor */
    uint64_t memory;             /* bytes of each executor for tasks; 0 = no limit */
    const char *program;         /* path of vonk-executor; NULL: beside the running program */
    const char *host;            /* address to listen on; NULL: 127.0.0.1 */
    uint32_t heartbeat_ms;       /* 0: 1000 (spark.executor.heartbeatInterval is 10 s) */
    uint32_t timeout_ms;         /* 0: 10000: silence after which an executor is lost */
    uint32_t start_ms;           /* 0: 60000: for an executor to register */
    uint32_t max_replacements;   /* of lost executors, a job; 0: the greater of 3 and 2 E */
    size_t driver_memory;        /* bytes of this process for plans and rows; 0 = no limit */
    size_t result_bytes;         /* rows not yet taken by `wait` before senders wait; 0: 16 MiB, or
                                    an eighth of driver_memory if that is less */
    bool compress;               /* lz4 for blocks and rows: pays between machines */
    uint32_t end_job_ms;         /* 0: 10000: for tasks to notice that their job is over */
    /* Growth with the work that waits (scale.h). */
    uint32_t max_executors; /* 0: as many as n_executors, for ever */
    uint32_t idle_ms;       /* between jobs: after that those above n_executors go; 0: they stay */
    /* Who starts executors, if not this machine; see vonk_kube_pods_maker(). */
    const vonk_allocation_maker *maker; /* NULL: processes of this machine */
    const vonk_secret *secret;          /* NULL: a random one */
    const char *name;                   /* NULL: local-cluster[...] */
    uint32_t first_number;              /* of executors */
    /*
     * Executors in a row that end before they register, or that do not do so in start_ms: after so
     * many no more are asked for, and with none left the job fails. 0: max_replacements alone
     * rules. Source: spark.executor.maxNumFailures.
     */
    uint32_t max_failed_starts;
} vonk_nng_cluster_settings;

/*
 * Starts listening and asks for the executors; does not wait for them. Texts are copied.
 * Errors: VONK_NOT_FOUND: no executor program; VONK_IO: cannot listen.
 */
vonk_status vonk_nng_cluster_new(const vonk_nng_cluster_settings *settings, vonk_cluster **ret,
                                 vonk_error *err) VONK_MUST_CHECK;

/*
 * Reads "local-cluster[E,N]" or "local-cluster[E,N,MEM]" (E executors of N slots and MEM MiB).
 * VONK_NOT_FOUND if `master` is not of that form at all; VONK_INVALID for wrong numbers.
 */
vonk_status vonk_local_cluster_parse(const char *master, vonk_nng_cluster_settings *ret,
                                     vonk_error *err) VONK_MUST_CHECK;

#endif
