/*
 * kube_pods.h - executors that are pods: driver/allocation.h on the Kubernetes API.
 *
 * A thread of its own, with a client of its own, creates, watches and deletes the pods:
 *
 *     WANTED ─POST─▶ CREATING ─201─▶ THERE ─ watch: ended, deleted, vanished ─▶ GONE
 *        ▲               │             └── release ─DELETE─▶ GONE
 *        └── 429, 5xx, no answer, quota: back-off
 *
 * Creations are bounded in number and, after failures, in time. A pod that the API server refuses
 * for good ends with VONK_INVALID or VONK_DENIED: the next one would be refused as well.
 */
#ifndef VONK_DRIVER_KUBE_PODS_H
#define VONK_DRIVER_KUBE_PODS_H

#include "driver/allocation.h"
#include "driver/pod_json.h"
#include "kube/config.h"

/* All but the texts of the program's arguments are set by the caller and live until the close. */
typedef struct vonk_kube_pods_settings {
    const vonk_kube_config *config;
    vonk_pod_spec pod;   /* driver_url, slots and task_memory come with the vonk_executor_spec */
    uint32_t backoff_ms; /* 0: 1000: after the first failure; doubles up to 30 s */
} vonk_kube_pods_settings;

/* A maker for vonk_nng_cluster_settings. `settings` is borrowed until the cluster is closed. */
vonk_allocation_maker vonk_kube_pods_maker(const vonk_kube_pods_settings *settings);

#endif
