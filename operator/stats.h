/*
 * stats.h - what the operator counts, written by its loop and read by /metrics on another thread.
 */
#ifndef VONK_OPERATOR_STATS_H
#define VONK_OPERATOR_STATS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

#define VONK_OP_N_STATES  14 /* reasons of Succeeded, and "Other" */
#define VONK_OP_N_BUCKETS 10
#define VONK_OP_N_VERBS   5 /* get, create, patch, delete, and the rest */
#define VONK_OP_N_CLASSES 6 /* no answer, 1xx .. 5xx */

typedef struct vonk_op_stats {
    _Atomic uint64_t n_reconciles, n_errors, n_conflicts, n_events;
    _Atomic uint64_t queue_depth;
    _Atomic uint64_t requests[VONK_OP_N_VERBS][VONK_OP_N_CLASSES];
    _Atomic int64_t jobs[VONK_OP_N_STATES];
    _Atomic uint64_t starts[VONK_OP_N_BUCKETS + 1]; /* job seen -> driver POST; last: longer */
    _Atomic uint64_t starts_us;
    _Atomic int64_t loop_ms; /* monotonic time of the loop's last round */
    _Atomic bool leading;
    pthread_mutex_t lock;
    char missing[2048]; /* guarded by lock: why we are not ready; "": ready */
} vonk_op_stats;

void vonk_op_stats_init(vonk_op_stats *stats);
void vonk_op_stats_fini(vonk_op_stats *stats);
void vonk_op_stats_missing(vonk_op_stats *stats, const char *what);
/* A job was seen and its driver pod asked for `us` microseconds later. */
void vonk_op_stats_start(vonk_op_stats *stats, int64_t us);
/* A request that was answered with `status` (0: not at all). */
void vonk_op_stats_request(vonk_op_stats *stats, const char *method, int status);
/* The index in `jobs` of a reason of Succeeded. */
int vonk_op_stats_state(const char *reason);

/* Prometheus' text format. */
void vonk_op_stats_print(vonk_op_stats *stats, vonk_buffer *out);

#endif
