/* outcome.c - how a driver pod ended, and whose doing that was. */
#include <string.h>

#include "operator/decide.h"

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/*
 * Reasons that kubelet and node controller give to pods that they end for the node's sake. Those
 * that the scheduler or the eviction API end carry the condition DisruptionTarget.
 * Source: Kubernetes, "Pod disruption conditions", pkg/kubelet/{eviction,nodeshutdown,preemption}.
 */
static bool is_node_reason(const char *reason)
{
    static const char *const reasons[] = {
        "Evicted",
        "NodeShutdown",
        "Shutdown",
        "Terminated",
        "Preempting",
        "Preempted",
        "NodeLost",
        "NodeAffinity",
        "UnexpectedAdmissionError",
        "OutOfcpu",
        "OutOfmemory",
        "OutOfpods",
        "OutOfephemeral-storage",
        "DeletionByTaintManager",
        "DeletionByPodGC",
        "TerminationByKubelet",
    };
    for (size_t i = 0; i < VONK_LENGTH(reasons); i++)
        if (is(reason, reasons[i]))
            return true;
    return false;
}

/* The kubelet evicts a pod over its own limits too, and then sets no DisruptionTarget. */
static bool is_own_eviction(const vonk_op_pod *pod)
{
    return is(pod->reason, "Evicted") && !pod->disruption_reason[0] &&
           (strstr(pod->message, "exceeds the total limit") ||
            strstr(pod->message, "exceeds the limit") ||
            strstr(pod->message, "exceeded its local ephemeral storage limit"));
}

static vonk_status say(vonk_op_outcome *ret, vonk_op_end end, const char *reason,
                       const char *message)
{
    VONK_TRY_ALLOC(message);
    ret->end = end;
    ret->reason = reason;
    ret->message = message;
    return VONK_OK;
}

/* Ended from outside: node, scheduler, or somebody who deleted the pod. */
static vonk_status disrupted(const vonk_op_pod *pod, vonk_arena *arena, vonk_op_outcome *ret,
                             vonk_error *err)
{
    if (is_own_eviction(pod))
        return say(ret, VONK_OP_END_RETRY, "DriverEvicted",
                   vonk_arena_printf(arena, err, "driver pod %s was evicted: %s", pod->name,
                                     pod->message));
    const char *reason = pod->disruption_reason[0] ? pod->disruption_reason : pod->reason;
    if (!reason[0])
        reason = "DriverDeleted";
    const char *message = pod->disruption[0] ? pod->disruption : pod->message;
    if (!message[0])
        message = pod->deletion_s ? "it was deleted" : "its node or the cluster ended it";
    return say(ret, VONK_OP_END_DISRUPTED, reason,
               vonk_arena_printf(arena, err, "driver pod %s was lost (%s): %s", pod->name, reason,
                                 message));
}

static vonk_status out_of_memory(const vonk_op_job *job, vonk_arena *arena, vonk_op_outcome *ret,
                                 vonk_error *err)
{
    return say(ret, VONK_OP_END_RETRY, "OOMKilled",
               vonk_arena_printf(arena, err,
                                 "the driver was killed for using more than its memory limit of "
                                 "%s; set spec.driver.memory higher",
                                 job->driver_memory));
}

static vonk_status exited(const vonk_op_pod *pod, const vonk_op_job *job, vonk_arena *arena,
                          vonk_op_outcome *ret, vonk_error *err)
{
    int64_t code = pod->exit_code;
    const char *said = pod->exit_message;
    ret->exit_code = code;
    ret->ran_s = pod->started_s && pod->finished_s ? pod->finished_s - pod->started_s : 0;
    if (code == 0)
        return say(ret, VONK_OP_END_GOOD, "Completed", said[0] ? said : "the job is done");
    if (is(pod->exit_reason, "OOMKilled"))
        return out_of_memory(job, arena, ret, err);
    if (pod->disruption_reason[0] || is_node_reason(pod->reason) ||
        (code >= 128 && pod->deletion_s))
        return disrupted(pod, arena, ret, err);
    if (!said[0])
        said =
            vonk_arena_printf(arena, err, "the driver exited with status %lld%s%s; see its log",
                              (long long)code, pod->exit_reason[0] ? ": " : "", pod->exit_reason);
    if (code == 1)
        return say(ret, VONK_OP_END_FAILED, "Failed", said);
    if (code == 2)
        return say(ret, VONK_OP_END_INVALID, "InvalidSpec", said);
    if (code == 75)
        return say(ret, VONK_OP_END_RETRY, "Infrastructure", said);
    return say(ret, VONK_OP_END_RETRY, "DriverCrashed", said);
}

vonk_status vonk_op_outcome_of(const vonk_op_pod *driver, const vonk_op_job *job, vonk_arena *arena,
                               vonk_op_outcome *ret, vonk_error *err)
{
    *ret = (vonk_op_outcome){.exit_code = -1, .reason = "", .message = ""};
    if (driver->terminated)
        return exited(driver, job, arena, ret, err);
    if (driver->phase == VONK_OP_POD_FAILED || driver->phase == VONK_OP_POD_SUCCEEDED)
        return disrupted(driver, arena, ret, err); /* it never ran, or nobody knows */
    return VONK_OK;
}

const char *vonk_op_why_pending(const vonk_op_pod *pod, vonk_arena *arena)
{
    const char *why = "";
    if (pod->waiting_reason[0] && pod->waiting_message[0])
        why = vonk_arena_printf(arena, NULL, "%s: %s", pod->waiting_reason, pod->waiting_message);
    else if (pod->unscheduled[0])
        why = pod->unscheduled;
    else if (pod->waiting_reason[0])
        why = pod->waiting_reason;
    else if (pod->message[0])
        why = pod->message;
    return why ? why : "";
}
