/*
 * queue.h - keys that want work: each at most once, with a back-off of its own.
 *
 * Pure: the time is an argument (monotonic milliseconds). Not thread-safe.
 */
#ifndef VONK_KUBE_QUEUE_H
#define VONK_KUBE_QUEUE_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct vonk_kube_queue vonk_kube_queue;

typedef struct vonk_kube_queue_settings {
    uint32_t base_ms, max_ms; /* back-off after failures: base * 2^n with jitter; 0: 100, 30,000 */
    uint64_t seed;
} vonk_kube_queue_settings;

vonk_status vonk_kube_queue_new(const vonk_kube_queue_settings *settings, vonk_kube_queue **ret,
                                vonk_error *err) VONK_MUST_CHECK;
void vonk_kube_queue_free(vonk_kube_queue *queue);
/* The key wants work at `at_ms` or sooner; an earlier wish stands. Keys are copied. */
vonk_status vonk_kube_queue_add(vonk_kube_queue *queue, const char *key, int64_t at_ms,
                                vonk_error *err) VONK_MUST_CHECK;
/* Work on the key failed: it comes back after its back-off. */
vonk_status vonk_kube_queue_failed(vonk_kube_queue *queue, const char *key, int64_t now_ms,
                                   vonk_error *err) VONK_MUST_CHECK;
/* Work on it went well: its back-off starts anew. */
void vonk_kube_queue_succeeded(vonk_kube_queue *queue, const char *key);
/* The next key that is due, oldest wish first, or NULL; valid until the next call. It is out. */
const char *vonk_kube_queue_next(vonk_kube_queue *queue, int64_t now_ms);
/* Milliseconds until the next one is due; -1: the queue is empty. */
int64_t vonk_kube_queue_wait_ms(const vonk_kube_queue *queue, int64_t now_ms);
uint32_t vonk_kube_queue_depth(const vonk_kube_queue *queue);

#endif
