/*
 * controller.h - watches jobs and pods, decides (decide.h), and carries out what was decided.
 *
 *     watches ─▶ stores, works ─▶ queue ─▶ decide ─▶ requests, step by step ─▶ stores ─▶ queue ...
 *
 * One job has one decision under way at a time; jobs go on side by side. What a request returned is
 * put into the stores before the next decision. One thread; callbacks run in vonk_kube_poll.
 */
#ifndef VONK_OPERATOR_CONTROLLER_H
#define VONK_OPERATOR_CONTROLLER_H

#include "kube/client.h"
#include "operator/log.h"
#include "operator/pod.h"
#include "operator/stats.h"

typedef struct vonk_op_controller vonk_op_controller;

typedef struct vonk_op_controller_settings {
    vonk_kube *kube; /* borrowed, as all of these */
    const vonk_op_log *log;
    vonk_op_stats *stats;
    vonk_op_pod_settings pods;
    uint32_t n_namespaces; /* 0: all */
    const char *const *namespaces;
    uint32_t resync_s;
    const char *instance; /* the operator's pod, for Events */
} vonk_op_controller_settings;

/* Starts the watches. */
vonk_status vonk_op_controller_new(const vonk_op_controller_settings *settings,
                                   vonk_op_controller **ret, vonk_error *err) VONK_MUST_CHECK;
void vonk_op_controller_free(vonk_op_controller *controller);

/* Only a leader acts; a new one looks at all jobs. */
void vonk_op_controller_lead(vonk_op_controller *controller, bool leading);
/* Decides on what is due. Returns the milliseconds until something is, at most 1,000. */
int vonk_op_controller_run(vonk_op_controller *controller);
/* A line for each collection that is not known yet; none: synced. */
void vonk_op_controller_missing(const vonk_op_controller *controller, vonk_buffer *out);

#endif
