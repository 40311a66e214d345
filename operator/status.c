/* status.c - statuses of jobs: what is equal, what is written, how long to wait. */
#include <string.h>

#include "operator/decide.h"

const char *vonk_op_condition_name(vonk_op_condition_kind kind)
{
    static const char *const names[] = {"Accepted", "DriverReady", "ExecutorsReady", "Progressing",
                                        "Succeeded"};
    return names[kind];
}

const char *vonk_op_truth_name(vonk_op_truth truth)
{
    static const char *const names[] = {"", "True", "False", "Unknown"};
    return names[truth];
}

static bool same(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool condition_equal(const vonk_op_condition *a, const vonk_op_condition *b)
{
    return a->status == b->status && a->transition_s == b->transition_s &&
           a->generation == b->generation && same(a->reason, b->reason) &&
           same(a->message, b->message);
}

static bool failure_equal(const vonk_op_failure *a, const vonk_op_failure *b)
{
    return a->attempt == b->attempt && a->time_s == b->time_s && a->exit_code == b->exit_code &&
           same(a->reason, b->reason) && same(a->message, b->message) && same(a->pod, b->pod);
}

static bool executors_equal(const vonk_op_status *a, const vonk_op_status *b)
{
    const vonk_op_executors *x = &a->executors, *y = &b->executors;
    return a->has_executors == b->has_executors && x->target == y->target && x->ready == y->ready &&
           x->pending == y->pending && x->lost == y->lost;
}

bool vonk_op_status_equal(const vonk_op_status *a, const vonk_op_status *b)
{
    for (int i = 0; i < VONK_OP_N_CONDITIONS; i++)
        if (!condition_equal(&a->conditions[i], &b->conditions[i]))
            return false;
    return a->observed_generation == b->observed_generation && a->attempt == b->attempt &&
           a->attempt_s == b->attempt_s && a->failures == b->failures && a->start_s == b->start_s &&
           a->completion_s == b->completion_s && same(a->driver_pod, b->driver_pod) &&
           same(a->spec_hash, b->spec_hash) && same(a->progress, b->progress) &&
           executors_equal(a, b) && failure_equal(&a->failure, &b->failure);
}

bool vonk_op_is_finished(const vonk_op_status *status)
{
    vonk_op_truth truth = status->conditions[VONK_OP_SUCCEEDED].status;
    return truth == VONK_OP_TRUE || truth == VONK_OP_FALSE;
}

/* FNV-1a, then mixed: the jitter has to be the same whenever it is asked for. */
static uint64_t dice(const char *text, int64_t salt)
{
    uint64_t hash = 14695981039346656037u ^ (uint64_t)salt;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    hash ^= hash >> 32;
    hash *= 0xd6e8feb86659fd93u;
    return hash ^ (hash >> 32);
}

int64_t vonk_op_backoff_s(const vonk_op_job *job)
{
    int64_t delay = job->backoff_base_s;
    for (int64_t n = 1; n < job->status.failures && delay < job->backoff_max_s; n++)
        delay *= 2;
    if (delay > job->backoff_max_s)
        delay = job->backoff_max_s;
    int64_t spread = delay / 5;
    return delay - (int64_t)(dice(job->uid, job->status.attempt) % (uint64_t)(spread + 1));
}
