/* decide.c - see decide.h: the states of a job, and what each asks for. */
#include <string.h>

#include "operator/decide.h"

#define SIDECAR_S 60 /* what other containers get to end after ours */

typedef struct decider {
    const vonk_op_observation *seen;
    const vonk_op_job *job;
    vonk_op_status *st; /* that is wanted; starts as what is */
    vonk_op_decision *out;
    vonk_arena *arena;
    vonk_error *err;
    bool no_memory;
} decider;

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static const char *text(decider *d, const char *made)
{
    d->no_memory |= !made;
    return made ? made : "";
}

#define SAY(d, ...) text(d, vonk_arena_printf((d)->arena, (d)->err, __VA_ARGS__))

static void again_at(decider *d, int64_t at_s)
{
    if (at_s <= d->seen->now_s)
        at_s = d->seen->now_s + 1;
    if (!d->out->again_s || at_s < d->out->again_s)
        d->out->again_s = at_s;
}

static void act(decider *d, vonk_op_action action)
{
    if (d->out->n_actions == VONK_OP_MAX_ACTIONS) {
        again_at(d, d->seen->now_s + 1);
        return;
    }
    d->out->actions[d->out->n_actions++] = action;
}

static void set(decider *d, vonk_op_condition_kind kind, vonk_op_truth status, const char *reason,
                const char *message)
{
    vonk_op_condition *c = &d->st->conditions[kind];
    if (c->status != status)
        c->transition_s = d->seen->now_s;
    c->status = status;
    c->reason = reason;
    c->message = message;
    c->generation = d->job->generation;
}

/* ---- pods ---- */

static const char *driver_name(decider *d, int64_t attempt)
{
    return SAY(d, "%s-%lld-driver", d->job->name, (long long)attempt);
}

static bool is_ours(const decider *d, const vonk_op_pod *pod)
{
    return pod->is_driver && is(pod->owner, d->job->uid);
}

/* Its driver or executor may still be at work. */
static bool is_alive(const vonk_op_pod *pod)
{
    return !pod->terminated && pod->phase != VONK_OP_POD_FAILED &&
           pod->phase != VONK_OP_POD_SUCCEEDED;
}

static const vonk_op_pod *find_driver(const decider *d, int64_t attempt, bool ours)
{
    for (uint32_t i = 0; i < d->seen->n_pods; i++) {
        const vonk_op_pod *pod = &d->seen->pods[i];
        if (pod->is_driver && pod->attempt == attempt && is_ours(d, pod) == ours)
            return pod;
    }
    return NULL;
}

static bool any_driver_alive(const decider *d)
{
    for (uint32_t i = 0; i < d->seen->n_pods; i++)
        if (is_ours(d, &d->seen->pods[i]) && is_alive(&d->seen->pods[i]))
            return true;
    return false;
}

/* ---- the states ---- */

typedef enum state { OPEN, WAITING, SUSPENDED, UPGRADING, FINISHED } state;

static state state_of(const vonk_op_status *st)
{
    const char *reason = st->conditions[VONK_OP_SUCCEEDED].reason;
    if (vonk_op_is_finished(st))
        return FINISHED;
    if (is(reason, "Suspended"))
        return SUSPENDED;
    if (st->attempt && st->failure.attempt == st->attempt)
        return WAITING;
    if (is(reason, "Upgrading") || !st->attempt)
        return UPGRADING; /* attempt 0: there is nothing to end before the first one */
    return OPEN;
}

static void idle(decider *d, const char *reason, const char *message)
{
    set(d, VONK_OP_DRIVER_READY, VONK_OP_FALSE, reason, "");
    set(d, VONK_OP_EXECUTORS_READY, VONK_OP_FALSE, reason, "");
    set(d, VONK_OP_PROGRESSING, VONK_OP_FALSE, reason, message);
}

static void finish(decider *d, bool good, const char *reason, const char *message)
{
    idle(d, "Finished", message);
    set(d, VONK_OP_SUCCEEDED, good ? VONK_OP_TRUE : VONK_OP_FALSE, reason, message);
    d->st->completion_s = d->seen->now_s;
    vonk_op_executors *n = &d->st->executors;
    n->ready = n->pending = n->target = 0;
}

static void fail_attempt(decider *d, const char *reason, const char *message, int64_t exit_code)
{
    d->st->failure = (vonk_op_failure){
        .attempt = d->st->attempt,
        .time_s = d->seen->now_s,
        .exit_code = exit_code,
        .reason = reason,
        .message = message,
        .pod = driver_name(d, d->st->attempt),
    };
}

static void finish_failed(decider *d, const char *reason, const char *message, int64_t exit_code)
{
    if (d->st->attempt && d->st->failure.attempt != d->st->attempt)
        fail_attempt(d, reason, message, exit_code);
    finish(d, false, reason, message);
}

/* The attempt is over and its driver is not alive; is there to be another one? */
static void close_attempt(decider *d, const vonk_op_outcome *end)
{
    vonk_op_status *st = d->st;
    if (end->ran_s >= d->job->backoff_reset_s)
        st->failures = 0;
    if (end->end == VONK_OP_END_RETRY)
        st->failures++;
    fail_attempt(d, end->reason, end->message, end->exit_code);
    if (st->failures > d->job->backoff_limit) {
        bool memory = is(end->reason, "OOMKilled");
        finish(d, false, memory ? "OOMKilled" : "BackoffLimitExceeded",
               SAY(d, "%lld attempts failed (backoffLimit is %lld); the last: %s",
                   (long long)st->failures, (long long)d->job->backoff_limit, end->message));
        return;
    }
    vonk_op_job job = *d->job;
    job.status = *st;
    int64_t wait_s = vonk_op_backoff_s(&job);
    const char *message = SAY(d, "attempt %lld: %s; the next one starts in %lld s",
                              (long long)st->attempt, end->message, (long long)wait_s);
    idle(d, "WaitingToRetry", "");
    set(d, VONK_OP_SUCCEEDED, VONK_OP_UNKNOWN, "WaitingToRetry", message);
    again_at(d, d->seen->now_s + wait_s);
}

static void suspend(decider *d)
{
    idle(d, "Suspended", "");
    set(d, VONK_OP_SUCCEEDED, VONK_OP_UNKNOWN, "Suspended",
        "spec.suspend is true; the job has no pods until it is false");
}

static void upgrade(decider *d)
{
    idle(d, "Upgrading", "");
    set(d, VONK_OP_SUCCEEDED, VONK_OP_UNKNOWN, "Upgrading",
        SAY(d, "the spec has changed: attempt %lld is stopped, then the job starts anew",
            (long long)d->st->attempt));
}

/* The Secret, ConfigMap and driver pod of the attempt, unless something is in their way. */
static void make_pods(decider *d)
{
    int64_t attempt = d->st->attempt, now_s = d->seen->now_s;
    const vonk_op_refusal *no = &d->seen->refusal;
    if (find_driver(d, attempt, false)) {
        set(d, VONK_OP_DRIVER_READY, VONK_OP_FALSE, "NameTaken",
            "a driver pod of an earlier job of this name is not gone yet");
        again_at(d, now_s + 2);
        return;
    }
    if (no->attempt == attempt) {
        set(d, VONK_OP_DRIVER_READY, VONK_OP_FALSE, no->foreign ? "NameTaken" : "Refused",
            no->message);
        int64_t waited_s = no->at_s - d->st->attempt_s;
        int64_t wait_s = waited_s < 2 ? 1 : waited_s < 60 ? waited_s / 2 : 30;
        if (now_s < no->at_s + wait_s) {
            again_at(d, no->at_s + wait_s);
            return;
        }
    } else {
        set(d, VONK_OP_DRIVER_READY, VONK_OP_FALSE, "Creating", "");
    }
    act(d, (vonk_op_action){.kind = VONK_OP_MAKE_SECRET, .attempt = attempt});
    act(d, (vonk_op_action){.kind = VONK_OP_MAKE_CONFIG, .attempt = attempt});
    act(d, (vonk_op_action){.kind = VONK_OP_MAKE_DRIVER, .attempt = attempt, .step = 1});
}

static void begin(decider *d)
{
    vonk_op_status *st = d->st;
    if (any_driver_alive(d)) {
        set(d, VONK_OP_DRIVER_READY, VONK_OP_FALSE, "WaitingForDriver",
            "the driver pod of an earlier attempt is not gone yet");
        return;
    }
    if (!st->start_s || state_of(st) == SUSPENDED)
        st->start_s = d->seen->now_s;
    st->attempt++;
    st->attempt_s = d->seen->now_s;
    st->spec_hash = d->job->spec_hash;
    st->progress = "";
    st->has_executors = true;
    st->executors = (vonk_op_executors){0};
    set(d, VONK_OP_EXECUTORS_READY, VONK_OP_FALSE, "DriverStarting", "");
    set(d, VONK_OP_PROGRESSING, VONK_OP_TRUE, "DriverStarting", "");
    set(d, VONK_OP_SUCCEEDED, VONK_OP_UNKNOWN, "DriverStarting",
        SAY(d, "attempt %lld: waiting for its driver pod", (long long)st->attempt));
    make_pods(d);
}

/* Whether the driver pod of the attempt is known not to be there; asks if it is only not seen. */
static bool is_absent(decider *d)
{
    if (!d->st->attempt || d->seen->absent_attempt == d->st->attempt)
        return true;
    act(d, (vonk_op_action){.kind = VONK_OP_CHECK_DRIVER, .attempt = d->st->attempt});
    return false;
}

/* Its pods have to be gone; then the next attempt begins. */
static void stopped(decider *d)
{
    const vonk_op_pod *driver = find_driver(d, d->st->attempt, true);
    bool over = driver ? !is_alive(driver) : is_absent(d);
    if (over)
        begin(d);
}

static bool past_deadline(decider *d)
{
    int64_t limit_s = d->job->active_deadline_s;
    if (!limit_s || !d->st->start_s)
        return false;
    if (d->seen->now_s < d->st->start_s + limit_s) {
        again_at(d, d->st->start_s + limit_s);
        return false;
    }
    finish_failed(
        d, "DeadlineExceeded",
        SAY(d, "the job took longer than activeDeadlineSeconds, %lld", (long long)limit_s), -1);
    return true;
}

static bool pending_too_long(decider *d, int64_t since_s, const char *what, const char *why)
{
    int64_t limit_s = d->job->pending_deadline_s;
    if (!limit_s)
        return false;
    if (d->seen->now_s < since_s + limit_s) {
        again_at(d, since_s + limit_s);
        return false;
    }
    finish_failed(d, "PendingTooLong",
                  SAY(d, "%s longer than pendingDeadlineSeconds, %lld: %s", what,
                      (long long)limit_s, why[0] ? why : "nobody says why"),
                  -1);
    return true;
}

/* ---- an attempt under way ---- */

static void count_executors(decider *d, const vonk_op_pod *driver, const vonk_op_pod **ret_pending)
{
    vonk_op_executors n = {.lost = 0};
    *ret_pending = NULL;
    for (uint32_t i = 0; i < d->seen->n_pods; i++) {
        const vonk_op_pod *pod = &d->seen->pods[i];
        if (pod->is_driver || !is(pod->owner, driver->uid))
            continue;
        bool pending = is_alive(pod) && !pod->deletion_s && !pod->ready;
        n.ready += is_alive(pod) && pod->ready;
        n.pending += pending;
        n.lost += pod->phase == VONK_OP_POD_FAILED;
        if (pending && (!*ret_pending || pod->created_s < (*ret_pending)->created_s))
            *ret_pending = pod;
    }
    n.target = driver->target >= 0 ? driver->target : n.ready + n.pending;
    if (n.lost < d->st->executors.lost)
        n.lost = d->st->executors.lost;
    d->st->has_executors = true;
    d->st->executors = n;
}

/* What the executors of a running driver are like. True: there are none, and it took too long. */
static bool see_executors(decider *d, const vonk_op_pod *driver)
{
    const vonk_op_pod *pending;
    count_executors(d, driver, &pending);
    const vonk_op_executors *n = &d->st->executors;
    const char *why = pending ? vonk_op_why_pending(pending, d->arena) : "";
    if (n->ready > 0 || d->job->min_executors == 0) {
        bool enough = n->ready >= d->job->min_executors;
        set(d, VONK_OP_EXECUTORS_READY, enough ? VONK_OP_TRUE : VONK_OP_FALSE,
            enough ? "Ready" : "Starting", why);
        return false;
    }
    set(d, VONK_OP_EXECUTORS_READY, VONK_OP_FALSE, why[0] ? "Pending" : "Starting", why);
    /* The driver looks at this too and knows more: it gets some time to say so itself. */
    return pending && !pending->started &&
           pending_too_long(d, pending->created_s + VONK_OP_STUCK_S,
                            "no executor is ready, and they wait", why);
}

static void running(decider *d, const vonk_op_pod *driver)
{
    if (see_executors(d, driver))
        return;
    if (driver->deletion_s)
        set(d, VONK_OP_DRIVER_READY, VONK_OP_FALSE, "Terminating",
            "the driver pod is being deleted");
    else
        set(d, VONK_OP_DRIVER_READY, driver->ready ? VONK_OP_TRUE : VONK_OP_FALSE, "Running", "");
    if (driver->progress[0])
        d->st->progress = driver->progress;
    set(d, VONK_OP_PROGRESSING, VONK_OP_TRUE, "Running", "");
    set(d, VONK_OP_SUCCEEDED, VONK_OP_UNKNOWN, "Running",
        SAY(d, "attempt %lld runs", (long long)d->st->attempt));
}

static void starting(decider *d, const vonk_op_pod *driver)
{
    const char *why = vonk_op_why_pending(driver, d->arena);
    if (!driver->deletion_s && pending_too_long(d, driver->created_s, "the driver pod waits", why))
        return;
    const char *reason = driver->deletion_s          ? "Terminating"
                         : driver->waiting_reason[0] ? driver->waiting_reason
                         : driver->unscheduled[0]    ? "Unschedulable"
                                                     : "Pending";
    set(d, VONK_OP_DRIVER_READY, VONK_OP_FALSE, reason, why);
    set(d, VONK_OP_EXECUTORS_READY, VONK_OP_FALSE, "DriverStarting", "");
    set(d, VONK_OP_PROGRESSING, VONK_OP_TRUE, "DriverStarting", "");
    set(d, VONK_OP_SUCCEEDED, VONK_OP_UNKNOWN, "DriverStarting",
        SAY(d, "attempt %lld: waiting for its driver pod%s%s", (long long)d->st->attempt,
            why[0] ? ": " : "", why));
}

static void ended(decider *d, const vonk_op_pod *driver, vonk_op_outcome *end)
{
    const vonk_op_pod *pending;
    count_executors(d, driver, &pending);
    if (driver->progress[0])
        d->st->progress = driver->progress;
    if (end->end == VONK_OP_END_GOOD)
        finish(d, true, "Completed", end->message);
    else if (end->end == VONK_OP_END_FAILED || end->end == VONK_OP_END_INVALID)
        finish_failed(d, end->reason, end->message, end->exit_code);
    else
        close_attempt(d, end);
}

static void lost(decider *d)
{
    const char *name = driver_name(d, d->st->attempt);
    vonk_op_outcome end = {
        .end = VONK_OP_END_DISRUPTED,
        .reason = "DriverLost",
        .message = SAY(d, "driver pod %s is gone: somebody or its node deleted it", name),
        .exit_code = -1,
        .ran_s = 0,
    };
    close_attempt(d, &end);
}

/* No driver pod of this attempt is seen: it was not made yet, or it is gone. */
static void without_driver(decider *d)
{
    const vonk_op_refusal *no = &d->seen->refusal;
    bool refused = no->attempt == d->st->attempt;
    bool was_there = is(d->st->driver_pod, driver_name(d, d->st->attempt));
    if (d->job->suspend || !is(d->st->spec_hash, d->job->spec_hash)) {
        if (d->job->suspend)
            suspend(d);
        else
            upgrade(d);
    } else if (was_there) {
        if (is_absent(d))
            lost(d);
    } else if (refused && no->invalid) {
        finish_failed(d, "InvalidSpec",
                      SAY(d, "no driver pod can be made of this spec: %s", no->message), -1);
    } else if (!pending_too_long(d, d->st->attempt_s, "no driver pod could be made",
                                 refused ? no->message : "")) {
        make_pods(d);
    }
}

static vonk_status under_way(decider *d)
{
    const vonk_op_pod *driver = find_driver(d, d->st->attempt, true);
    if (!driver) {
        if (!past_deadline(d))
            without_driver(d);
        return VONK_OK;
    }
    d->st->driver_pod = driver->name;
    vonk_op_outcome end;
    VONK_TRY(vonk_op_outcome_of(driver, d->job, d->arena, &end, d->err));
    if (end.end != VONK_OP_END_NONE)
        ended(d, driver, &end);
    else if (past_deadline(d))
        return VONK_OK;
    else if (d->job->suspend)
        suspend(d);
    else if (!is(d->st->spec_hash, d->job->spec_hash))
        upgrade(d);
    else if (driver->started)
        running(d, driver);
    else
        starting(d, driver);
    return VONK_OK;
}

static void waiting(decider *d)
{
    int64_t at_s = d->st->failure.time_s + vonk_op_backoff_s(d->job);
    if (past_deadline(d))
        return;
    if (d->st->failures > d->job->backoff_limit) /* it has been lowered */
        finish(d, false, "BackoffLimitExceeded",
               SAY(d, "%lld attempts failed (backoffLimit is %lld); the last: %s",
                   (long long)d->st->failures, (long long)d->job->backoff_limit,
                   d->st->failure.message));
    else if (d->job->suspend)
        suspend(d);
    else if (d->seen->now_s >= at_s || !is(d->st->spec_hash, d->job->spec_hash))
        begin(d);
    else
        again_at(d, at_s);
}

/* A driver that was quicker than the wish to stop it has done the job. */
static bool done_after_all(decider *d)
{
    const vonk_op_pod *driver = find_driver(d, d->st->attempt, true);
    if (!driver || !driver->terminated || driver->exit_code != 0 ||
        d->st->failure.attempt == d->st->attempt || !is(d->st->spec_hash, d->job->spec_hash))
        return false;
    finish(d, true, "Completed",
           driver->exit_message[0] ? driver->exit_message : "the job is done");
    return true;
}

/* ---- what is in the way ---- */

static void remove_pod(decider *d, const vonk_op_pod *pod, bool force)
{
    act(d, (vonk_op_action){.kind = VONK_OP_DELETE_POD,
                            .step = 1,
                            .pod = pod->name,
                            .uid = pod->uid,
                            .force = force});
}

static bool is_unwanted(const decider *d, const vonk_op_pod *pod)
{
    state now = state_of(d->st);
    if (now == SUSPENDED)
        return true;
    if (!pod->is_driver) {
        const vonk_op_pod *driver = find_driver(d, pod->attempt, true);
        return now != OPEN || pod->attempt != d->st->attempt || (driver && !is_alive(driver));
    }
    if (is_alive(pod))
        return now != OPEN || pod->attempt != d->st->attempt;
    return pod->attempt + VONK_OP_KEPT_DRIVERS <= d->st->attempt;
}

/* Its own container has ended, but others keep the pod going. */
static bool is_overstaying(decider *d, const vonk_op_pod *pod)
{
    if (!pod->terminated || pod->phase == VONK_OP_POD_SUCCEEDED || pod->phase == VONK_OP_POD_FAILED)
        return false;
    if (d->seen->now_s >= pod->finished_s + SIDECAR_S)
        return true;
    again_at(d, pod->finished_s + SIDECAR_S);
    return false;
}

static bool is_of_job(const decider *d, const vonk_op_pod *pod)
{
    if (pod->is_driver)
        return is(pod->owner, d->job->uid);
    for (uint32_t i = 0; i < d->seen->n_pods; i++)
        if (is(d->seen->pods[i].uid, pod->owner))
            return is_ours(d, &d->seen->pods[i]);
    return false; /* its driver is gone: the garbage collector takes it */
}

static void clean(decider *d)
{
    for (uint32_t i = 0; i < d->seen->n_pods; i++) {
        const vonk_op_pod *pod = &d->seen->pods[i];
        int64_t stuck_s = pod->deletion_s + VONK_OP_STUCK_S;
        if (!is_of_job(d, pod) && !(pod->deletion_s && !pod->is_driver))
            continue;
        if (pod->deletion_s && d->seen->now_s >= stuck_s)
            remove_pod(d, pod, true);
        else if (pod->deletion_s)
            again_at(d, stuck_s);
        else if (is_unwanted(d, pod) || is_overstaying(d, pod))
            remove_pod(d, pod, false);
    }
}

static void forget(decider *d)
{
    int64_t ttl_s = d->job->ttl_s;
    if (ttl_s < 0)
        return;
    if (d->seen->now_s >= d->st->completion_s + ttl_s)
        act(d, (vonk_op_action){.kind = VONK_OP_DELETE_JOB, .step = 1});
    else
        again_at(d, d->st->completion_s + ttl_s);
}

/* ---- all of it ---- */

/* A status that knows less than the pods show was lost, or is an old one that cannot be written. */
static void adopt(decider *d)
{
    if (vonk_op_is_finished(d->st))
        return;
    for (uint32_t i = 0; i < d->seen->n_pods; i++) {
        const vonk_op_pod *pod = &d->seen->pods[i];
        if (!is_ours(d, pod) || pod->attempt <= d->st->attempt)
            continue;
        d->st->attempt = pod->attempt;
        d->st->attempt_s = pod->created_s;
        d->st->driver_pod = pod->name;
        d->st->spec_hash = pod->spec_hash;
        if (!d->st->start_s)
            d->st->start_s = pod->created_s;
        set(d, VONK_OP_SUCCEEDED, VONK_OP_UNKNOWN, "DriverStarting", "");
    }
}

static void first_sight(decider *d)
{
    d->st->observed_generation = d->job->generation;
    for (int i = 0; i < VONK_OP_N_CONDITIONS; i++)
        if (d->st->conditions[i].status == VONK_OP_UNSET)
            set(d, (vonk_op_condition_kind)i, VONK_OP_UNKNOWN, "Queued", "");
}

static vonk_status step(decider *d)
{
    state now = state_of(d->st);
    if (now == FINISHED) {
        if (!d->st->completion_s)
            d->st->completion_s = d->st->conditions[VONK_OP_SUCCEEDED].transition_s;
        return VONK_OK;
    }
    if (d->job->refused) {
        set(d, VONK_OP_ACCEPTED, VONK_OP_FALSE, "NotSupported", d->job->refused);
        finish(d, false, "InvalidSpec", d->job->refused);
        return VONK_OK;
    }
    set(d, VONK_OP_ACCEPTED, VONK_OP_TRUE, "Accepted", "");
    if (now == OPEN)
        return under_way(d);
    if (now == WAITING)
        waiting(d);
    else if (done_after_all(d))
        return VONK_OK;
    else if (d->job->suspend)
        suspend(d);
    else if (now == SUSPENDED || !past_deadline(d))
        stopped(d);
    return VONK_OK;
}

/* Said when the reason for the state of the job changes. */
static void tell(decider *d)
{
    const vonk_op_condition *was = &d->job->status.conditions[VONK_OP_SUCCEEDED];
    const vonk_op_condition *is_now = &d->st->conditions[VONK_OP_SUCCEEDED];
    if (was->status != is_now->status || !is(was->reason, is_now->reason)) {
        bool bad = is_now->status == VONK_OP_FALSE || is(is_now->reason, "WaitingToRetry");
        act(d, (vonk_op_action){.kind = VONK_OP_EVENT,
                                .step = 1,
                                .warning = bad,
                                .reason = is_now->reason,
                                .note = is_now->message});
    }
    const vonk_op_condition *before = &d->job->status.conditions[VONK_OP_DRIVER_READY];
    const vonk_op_condition *driver = &d->st->conditions[VONK_OP_DRIVER_READY];
    if (is(driver->reason, "Refused") && !is(before->reason, "Refused"))
        act(d, (vonk_op_action){.kind = VONK_OP_EVENT,
                                .step = 1,
                                .warning = true,
                                .reason = "DriverRefused",
                                .note = driver->message});
}

vonk_status vonk_op_decide(const vonk_op_observation *seen, vonk_arena *arena,
                           vonk_op_decision *ret, vonk_error *err)
{
    ret->n_actions = 0;
    ret->again_s = 0;
    ret->status = seen->job.status;
    if (seen->job.deleting || seen->job.foreign)
        return VONK_OK;
    decider d = {.seen = seen,
                 .job = &seen->job,
                 .st = &ret->status,
                 .out = ret,
                 .arena = arena,
                 .err = err};
    first_sight(&d);
    adopt(&d);
    VONK_TRY(step(&d));
    bool changed = !vonk_op_status_equal(&ret->status, &seen->job.status);
    clean(&d);
    if (vonk_op_is_finished(&ret->status))
        forget(&d);
    tell(&d);
    if (changed)
        act(&d, (vonk_op_action){.kind = VONK_OP_WRITE_STATUS});
    return d.no_memory ? VONK_NO_MEMORY : VONK_OK;
}
