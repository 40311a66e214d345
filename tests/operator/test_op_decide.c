/*
 * The reconciler, state by state: a job, its pods, what is decided. A pod ends in every way that
 * Kubernetes knows.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "operator/decide.h"

#define NOW 1000000

typedef struct fixture {
    vonk_op_observation seen;
    vonk_op_pod pods[16];
    vonk_arena arena;
    vonk_op_decision got;
} fixture;

static vonk_op_pod make_pod(const char *name, int64_t attempt)
{
    return (vonk_op_pod){
        .name = name,
        .uid = name,
        .owner = "job-uid",
        .is_driver = true,
        .attempt = attempt,
        .created_s = NOW - 100,
        .exit_code = -1,
        .target = -1,
        .reason = "",
        .message = "",
        .disruption = "",
        .disruption_reason = "",
        .unscheduled = "",
        .exit_reason = "",
        .exit_message = "",
        .waiting_reason = "",
        .waiting_message = "",
        .spec_hash = "hash",
        .progress = "",
    };
}

static vonk_op_pod *add_driver(fixture *f, const char *name, int64_t attempt)
{
    f->pods[f->seen.n_pods] = make_pod(name, attempt);
    return &f->pods[f->seen.n_pods++];
}

static vonk_op_pod *add_running(fixture *f, const char *name, int64_t attempt)
{
    vonk_op_pod *pod = add_driver(f, name, attempt);
    pod->phase = VONK_OP_POD_RUNNING;
    pod->started = pod->ready = true;
    pod->started_s = NOW - 90;
    return pod;
}

static vonk_op_pod *add_ended(fixture *f, const char *name, int64_t attempt, int64_t code)
{
    vonk_op_pod *pod = add_running(f, name, attempt);
    pod->phase = code ? VONK_OP_POD_FAILED : VONK_OP_POD_SUCCEEDED;
    pod->ready = false;
    pod->terminated = true;
    pod->finished_s = NOW - 1;
    pod->exit_code = code;
    return pod;
}

static vonk_op_pod *add_executor(fixture *f, const char *name, const char *driver, bool ready)
{
    vonk_op_pod *pod = add_driver(f, name, 1);
    pod->is_driver = false;
    pod->owner = driver;
    pod->ready = pod->started = ready;
    pod->phase = ready ? VONK_OP_POD_RUNNING : VONK_OP_POD_PENDING;
    return pod;
}

/* A job that has just been made. */
static void start(fixture *f)
{
    memset(f, 0, sizeof *f);
    f->seen = (vonk_op_observation){
        .now_s = NOW,
        .pods = f->pods,
        .job = {.namespace_name = "ns",
                .name = "job",
                .uid = "job-uid",
                .generation = 7,
                .spec_hash = "hash",
                .driver_memory = "1Gi",
                .backoff_limit = 3,
                .backoff_base_s = 10,
                .backoff_max_s = 300,
                .backoff_reset_s = 3600,
                .pending_deadline_s = 600,
                .ttl_s = 86400,
                .min_executors = 1},
    };
    vonk_op_status *st = &f->seen.job.status;
    st->driver_pod = st->spec_hash = st->progress = "";
    st->failure.reason = st->failure.message = st->failure.pod = "";
    st->failure.exit_code = -1;
    for (int i = 0; i < VONK_OP_N_CONDITIONS; i++)
        st->conditions[i].reason = st->conditions[i].message = "";
}

/* A job in its first attempt, whose driver pod was seen. */
static void start_open(fixture *f)
{
    start(f);
    vonk_op_status *st = &f->seen.job.status;
    st->attempt = 1;
    st->attempt_s = st->start_s = NOW - 100;
    st->driver_pod = "job-1-driver";
    st->spec_hash = "hash";
    st->conditions[VONK_OP_SUCCEEDED] = (vonk_op_condition){
        .status = VONK_OP_UNKNOWN, .reason = "Running", .message = "", .transition_s = NOW - 100};
}

static const vonk_op_status *decide(fixture *f)
{
    cr_assert_eq(vonk_op_decide(&f->seen, &f->arena, &f->got, NULL), VONK_OK);
    return &f->got.status;
}

static const vonk_op_action *find(const fixture *f, vonk_op_action_kind kind)
{
    for (uint32_t i = 0; i < f->got.n_actions; i++)
        if (f->got.actions[i].kind == kind)
            return &f->got.actions[i];
    return NULL;
}

static const vonk_op_action *find_delete(const fixture *f, const char *pod)
{
    for (uint32_t i = 0; i < f->got.n_actions; i++)
        if (f->got.actions[i].kind == VONK_OP_DELETE_POD && !strcmp(f->got.actions[i].pod, pod))
            return &f->got.actions[i];
    return NULL;
}

static void expect(fixture *f, vonk_op_condition_kind kind, vonk_op_truth truth, const char *reason,
                   const char *words)
{
    const vonk_op_condition *c = &f->got.status.conditions[kind];
    cr_expect_eq(c->status, truth, "%s is %s", vonk_op_condition_name(kind),
                 vonk_op_truth_name(c->status));
    cr_expect_str_eq(c->reason, reason, "%s: %s (%s)", vonk_op_condition_name(kind), c->reason,
                     c->message);
    cr_expect(strstr(c->message, words), "'%s' has no '%s'", c->message, words);
}

static void expect_top(fixture *f, vonk_op_truth truth, const char *reason, const char *words)
{
    expect(f, VONK_OP_SUCCEEDED, truth, reason, words);
    vonk_arena_free(&f->arena);
}

Test(op_decide, a_new_job_gets_its_status_first_and_then_its_driver)
{
    fixture f;
    start(&f);
    const vonk_op_status *st = decide(&f);
    cr_expect_eq(st->attempt, 1);
    cr_expect_eq(st->start_s, NOW);
    cr_expect_eq(st->observed_generation, 7);
    cr_expect_str_eq(st->spec_hash, "hash");
    cr_expect_eq(find(&f, VONK_OP_WRITE_STATUS)->step, 0);
    cr_expect_eq(find(&f, VONK_OP_MAKE_SECRET)->step, 0);
    cr_expect_eq(find(&f, VONK_OP_MAKE_CONFIG)->step, 0);
    cr_expect_eq(find(&f, VONK_OP_MAKE_DRIVER)->step, 1);
    cr_expect_eq(find(&f, VONK_OP_MAKE_DRIVER)->attempt, 1);
    for (int i = 0; i < VONK_OP_N_CONDITIONS; i++)
        cr_expect_neq(st->conditions[i].status, VONK_OP_UNSET);
    expect(&f, VONK_OP_ACCEPTED, VONK_OP_TRUE, "Accepted", "");
    expect_top(&f, VONK_OP_UNKNOWN, "DriverStarting", "attempt 1");
}

Test(op_decide, jobs_of_others_and_jobs_that_go_are_left_alone)
{
    fixture f;
    start(&f);
    f.seen.job.foreign = true;
    decide(&f);
    cr_expect_eq(f.got.n_actions, 0);
    f.seen.job.foreign = false;
    f.seen.job.deleting = true;
    decide(&f);
    cr_expect_eq(f.got.n_actions, 0);
    vonk_arena_free(&f.arena);
}

Test(op_decide, what_is_not_supported_is_said_and_no_pod_is_made)
{
    fixture f;
    start(&f);
    f.seen.job.refused = "spec.program is not supported";
    decide(&f);
    cr_expect_null(find(&f, VONK_OP_MAKE_DRIVER));
    expect(&f, VONK_OP_ACCEPTED, VONK_OP_FALSE, "NotSupported", "spec.program");
    expect_top(&f, VONK_OP_FALSE, "InvalidSpec", "spec.program");
}

Test(op_decide, a_running_driver_shows_in_conditions_progress_and_executors)
{
    fixture f;
    start_open(&f);
    add_running(&f, "job-1-driver", 1)->progress = "12/40";
    add_executor(&f, "job-1-exec-1", "job-1-driver", true);
    add_executor(&f, "job-1-exec-2", "job-1-driver", false)->unscheduled = "Insufficient cpu";
    const vonk_op_status *st = decide(&f);
    cr_expect_str_eq(st->progress, "12/40");
    cr_expect_eq(st->executors.ready, 1);
    cr_expect_eq(st->executors.pending, 1);
    expect(&f, VONK_OP_DRIVER_READY, VONK_OP_TRUE, "Running", "");
    expect(&f, VONK_OP_EXECUTORS_READY, VONK_OP_TRUE, "Ready", "Insufficient cpu");
    expect_top(&f, VONK_OP_UNKNOWN, "Running", "");
}

Test(op_decide, nothing_is_written_twice)
{
    fixture f;
    start_open(&f);
    add_running(&f, "job-1-driver", 1);
    f.seen.job.status = *decide(&f);
    cr_expect_not_null(find(&f, VONK_OP_WRITE_STATUS));
    f.seen.now_s += 5;
    decide(&f);
    cr_expect_eq(f.got.n_actions, 0);
    vonk_arena_free(&f.arena);
}

Test(op_decide, transition_times_change_only_with_the_status)
{
    fixture f;
    start_open(&f);
    add_running(&f, "job-1-driver", 1);
    const vonk_op_status *st = decide(&f);
    cr_expect_eq(st->conditions[VONK_OP_SUCCEEDED].transition_s, NOW - 100);
    cr_expect_eq(st->conditions[VONK_OP_DRIVER_READY].transition_s, NOW);
    vonk_arena_free(&f.arena);
}

static const struct end {
    const char *what;
    vonk_op_phase phase;
    int64_t code; /* -1: the container did not end */
    bool deleted;
    const char *reason, *message, *disruption, *exit_reason;
    vonk_op_truth truth;
    const char *top, *failure;
    int64_t failures; /* that count */
} ends[] = {
    {"success", VONK_OP_POD_SUCCEEDED, 0, .truth = VONK_OP_TRUE, .top = "Completed"},
    {"the job's own fault", VONK_OP_POD_FAILED, 1, .truth = VONK_OP_FALSE, .top = "Failed",
     .failure = "Failed"},
    {"bad spec", VONK_OP_POD_FAILED, 2, .truth = VONK_OP_FALSE, .top = "InvalidSpec",
     .failure = "InvalidSpec"},
    {"infrastructure", VONK_OP_POD_FAILED, 75, .truth = VONK_OP_UNKNOWN, .top = "WaitingToRetry",
     .failure = "Infrastructure", .failures = 1},
    {"crash", VONK_OP_POD_FAILED, 139, .truth = VONK_OP_UNKNOWN, .top = "WaitingToRetry",
     .failure = "DriverCrashed", .failures = 1},
    {"killed", VONK_OP_POD_FAILED, 137, .truth = VONK_OP_UNKNOWN, .top = "WaitingToRetry",
     .failure = "DriverCrashed", .failures = 1},
    {"out of memory", VONK_OP_POD_FAILED, 137, .exit_reason = "OOMKilled", .truth = VONK_OP_UNKNOWN,
     .top = "WaitingToRetry", .failure = "OOMKilled", .failures = 1},
    {"deleted by somebody", VONK_OP_POD_FAILED, 143, true, .truth = VONK_OP_UNKNOWN,
     .top = "WaitingToRetry", .failure = "DriverDeleted"},
    {"evicted for the node's sake", VONK_OP_POD_FAILED, 137, false, "Evicted", "low on memory",
     "TerminationByKubelet", .truth = VONK_OP_UNKNOWN, .top = "WaitingToRetry",
     .failure = "TerminationByKubelet"},
    {"evicted before it ran", VONK_OP_POD_FAILED, -1, false, "Evicted", "low on disk",
     .truth = VONK_OP_UNKNOWN, .top = "WaitingToRetry", .failure = "Evicted"},
    {"evicted for its own disk use", VONK_OP_POD_FAILED, 137, false, "Evicted",
     "Usage of EmptyDir volume \"scratch\" exceeds the limit \"1Gi\". ", .truth = VONK_OP_UNKNOWN,
     .top = "WaitingToRetry", .failure = "DriverEvicted", .failures = 1},
    {"preempted", VONK_OP_POD_FAILED, 143, true, "", "", "PreemptionByScheduler",
     .truth = VONK_OP_UNKNOWN, .top = "WaitingToRetry", .failure = "PreemptionByScheduler"},
    {"node shut down", VONK_OP_POD_FAILED, 143, false, "Terminated", "node shutdown",
     .truth = VONK_OP_UNKNOWN, .top = "WaitingToRetry", .failure = "Terminated"},
    {"node lost", VONK_OP_POD_FAILED, -1, false, "NodeLost", "node is unresponsive",
     .truth = VONK_OP_UNKNOWN, .top = "WaitingToRetry", .failure = "NodeLost"},
    {"a sidecar still runs", VONK_OP_POD_RUNNING, 0, .truth = VONK_OP_TRUE, .top = "Completed"},
};

Test(op_decide, the_end_of_the_driver_container_is_the_end_of_the_attempt)
{
    for (size_t i = 0; i < VONK_LENGTH(ends); i++) {
        const struct end *e = &ends[i];
        fixture f;
        start_open(&f);
        vonk_op_pod *pod = add_ended(&f, "job-1-driver", 1, e->code);
        pod->phase = e->phase;
        pod->terminated = e->code >= 0;
        pod->deletion_s = e->deleted ? NOW + 5 : 0;
        pod->reason = e->reason ? e->reason : "";
        pod->message = e->message ? e->message : "";
        pod->disruption_reason = e->disruption ? e->disruption : "";
        pod->exit_reason = e->exit_reason ? e->exit_reason : "";
        const vonk_op_status *st = decide(&f);
        const vonk_op_condition *c = &st->conditions[VONK_OP_SUCCEEDED];
        cr_expect_eq(c->status, e->truth, "%s: %s", e->what, vonk_op_truth_name(c->status));
        cr_expect_str_eq(c->reason, e->top, "%s: %s", e->what, c->reason);
        cr_expect_eq(st->failures, e->failures, "%s: %lld", e->what, (long long)st->failures);
        cr_expect_str_eq(st->failure.reason, e->failure ? e->failure : "", "%s: %s", e->what,
                         st->failure.reason);
        cr_expect_eq(st->failure.attempt, e->failure ? 1 : 0, "%s", e->what);
        cr_expect_eq(st->completion_s != 0, e->truth != VONK_OP_UNKNOWN, "%s", e->what);
        cr_expect_null(find(&f, VONK_OP_MAKE_DRIVER), "%s", e->what);
        vonk_arena_free(&f.arena);
    }
}

Test(op_decide, out_of_memory_names_the_limit_and_what_to_change)
{
    fixture f;
    start_open(&f);
    add_ended(&f, "job-1-driver", 1, 137)->exit_reason = "OOMKilled";
    f.seen.job.backoff_limit = 0;
    const vonk_op_status *st = decide(&f);
    cr_expect(strstr(st->failure.message, "1Gi") && strstr(st->failure.message, "driver.memory"));
    expect_top(&f, VONK_OP_FALSE, "OOMKilled", "1Gi");
}

Test(op_decide, the_drivers_last_words_are_the_message)
{
    fixture f;
    start_open(&f);
    add_ended(&f, "job-1-driver", 1, 1)->exit_message = "[DIVIDE_BY_ZERO] by zero SQLSTATE: 22012";
    const vonk_op_status *st = decide(&f);
    cr_expect_eq(st->failure.exit_code, 1);
    expect_top(&f, VONK_OP_FALSE, "Failed", "22012");
}

Test(op_decide, a_failed_attempt_waits_and_then_the_next_one_begins)
{
    fixture f;
    start_open(&f);
    add_ended(&f, "job-1-driver", 1, 75);
    f.seen.job.status = *decide(&f);
    int64_t again_s = f.got.again_s;
    cr_expect(again_s >= NOW + 8 && again_s <= NOW + 10);
    f.seen.now_s = again_s - 1;
    decide(&f);
    cr_expect_null(find(&f, VONK_OP_MAKE_DRIVER));
    cr_expect_eq(f.got.again_s, again_s);
    f.seen.now_s = again_s;
    const vonk_op_status *st = decide(&f);
    cr_expect_eq(st->attempt, 2);
    cr_expect_eq(st->failures, 1);
    cr_expect_eq(st->start_s, NOW - 100);
    cr_expect_eq(find(&f, VONK_OP_MAKE_DRIVER)->attempt, 2);
    vonk_arena_free(&f.arena);
}

Test(op_decide, too_many_failures_end_the_job)
{
    fixture f;
    start_open(&f);
    add_ended(&f, "job-1-driver", 1, 75)->exit_message = "store unreachable";
    f.seen.job.status.failures = 3;
    decide(&f);
    expect_top(&f, VONK_OP_FALSE, "BackoffLimitExceeded", "store unreachable");
}

Test(op_decide, a_long_good_run_clears_the_count)
{
    fixture f;
    start_open(&f);
    add_ended(&f, "job-1-driver", 1, 75)->started_s = NOW - 4000;
    f.seen.job.status.failures = 3;
    cr_expect_eq(decide(&f)->failures, 1);
    expect_top(&f, VONK_OP_UNKNOWN, "WaitingToRetry", "");
}

Test(op_decide, backoff_doubles_with_jitter_up_to_its_bound)
{
    vonk_op_job job = {.uid = "u", .backoff_base_s = 10, .backoff_max_s = 300};
    for (int64_t n = 0; n < 70; n++) {
        int64_t full = n <= 1 ? 10 : n > 5 ? 300 : 10 << (n - 1);
        job.status.failures = job.status.attempt = n;
        int64_t wait_s = vonk_op_backoff_s(&job);
        cr_expect(wait_s <= full && wait_s >= full - full / 5, "%lld: %lld", (long long)n,
                  (long long)wait_s);
    }
}

Test(op_decide, a_pending_driver_says_why_and_fails_in_the_end)
{
    static const struct {
        const char *unscheduled, *reason, *message, *condition, *words;
    } cases[] = {
        {"0/2 nodes: Insufficient cpu", "", "", "Unschedulable", "Insufficient cpu"},
        {"", "ImagePullBackOff", "no such image x:1", "ImagePullBackOff", "x:1"},
        {"", "CreateContainerConfigError", "secret not found", "CreateContainerConfigError",
         "secret not found"},
    };
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        fixture f;
        start_open(&f);
        vonk_op_pod *pod = add_driver(&f, "job-1-driver", 1);
        pod->unscheduled = cases[i].unscheduled;
        pod->waiting_reason = cases[i].reason;
        pod->waiting_message = cases[i].message;
        decide(&f);
        cr_expect_eq(f.got.again_s, NOW + 500);
        expect(&f, VONK_OP_DRIVER_READY, VONK_OP_FALSE, cases[i].condition, cases[i].words);
        expect(&f, VONK_OP_SUCCEEDED, VONK_OP_UNKNOWN, "DriverStarting", cases[i].words);
        f.seen.now_s = NOW + 500;
        decide(&f);
        cr_expect_not_null(find_delete(&f, "job-1-driver"));
        expect_top(&f, VONK_OP_FALSE, "PendingTooLong", cases[i].words);
    }
}

Test(op_decide, executors_that_never_start_fail_the_job_too)
{
    fixture f;
    start_open(&f);
    add_running(&f, "job-1-driver", 1);
    add_executor(&f, "job-1-exec-1", "job-1-driver", false)->unscheduled = "Insufficient cpu";
    decide(&f);
    expect(&f, VONK_OP_EXECUTORS_READY, VONK_OP_FALSE, "Pending", "Insufficient cpu");
    f.seen.now_s = NOW + 520;
    decide(&f);
    cr_expect_not_null(find_delete(&f, "job-1-driver"));
    expect_top(&f, VONK_OP_FALSE, "PendingTooLong", "Insufficient cpu");
}

Test(op_decide, a_refused_pod_is_tried_again_until_the_deadline)
{
    fixture f;
    start_open(&f);
    f.seen.job.status.driver_pod = "";
    f.seen.refusal = (vonk_op_refusal){.attempt = 1, .at_s = NOW, .message = "quota exceeded"};
    decide(&f);
    cr_expect_null(find(&f, VONK_OP_MAKE_DRIVER));
    expect(&f, VONK_OP_DRIVER_READY, VONK_OP_FALSE, "Refused", "quota exceeded");
    f.seen.now_s = f.got.again_s;
    decide(&f);
    cr_expect_not_null(find(&f, VONK_OP_MAKE_DRIVER));
    f.seen.now_s = NOW + 500;
    decide(&f);
    expect_top(&f, VONK_OP_FALSE, "PendingTooLong", "quota exceeded");
}

Test(op_decide, a_pod_that_cannot_be_is_the_manifests_fault)
{
    fixture f;
    start_open(&f);
    f.seen.job.status.driver_pod = "";
    f.seen.refusal = (vonk_op_refusal){
        .attempt = 1, .at_s = NOW, .invalid = true, .message = "restartPolicy: Bogus"};
    decide(&f);
    expect_top(&f, VONK_OP_FALSE, "InvalidSpec", "Bogus");
}

Test(op_decide, pods_of_an_earlier_job_of_the_name_are_waited_for)
{
    fixture f;
    start(&f);
    add_running(&f, "job-1-driver", 1)->owner = "another-uid";
    decide(&f);
    cr_expect_null(find(&f, VONK_OP_MAKE_DRIVER));
    cr_expect_null(find(&f, VONK_OP_DELETE_POD));
    cr_expect_gt(f.got.again_s, NOW);
    expect(&f, VONK_OP_DRIVER_READY, VONK_OP_FALSE, "NameTaken", "earlier job");
    vonk_arena_free(&f.arena);
}

Test(op_decide, a_driver_that_is_not_seen_is_asked_for_before_it_is_given_up)
{
    fixture f;
    start_open(&f);
    decide(&f);
    cr_expect_eq(f.got.n_actions > 0 && find(&f, VONK_OP_CHECK_DRIVER)->attempt == 1, true);
    f.seen.absent_attempt = 1;
    const vonk_op_status *st = decide(&f);
    cr_expect_str_eq(st->failure.reason, "DriverLost");
    cr_expect_eq(st->failures, 0);
    expect_top(&f, VONK_OP_UNKNOWN, "WaitingToRetry", "job-1-driver");
}

Test(op_decide, a_driver_that_was_not_made_yet_is_made)
{
    fixture f;
    start_open(&f);
    f.seen.job.status.driver_pod = "";
    const vonk_op_status *st = decide(&f);
    cr_expect_eq(st->attempt, 1);
    cr_expect_eq(find(&f, VONK_OP_MAKE_DRIVER)->attempt, 1);
    vonk_arena_free(&f.arena);
}

Test(op_decide, a_pod_on_a_dead_node_is_removed_by_force)
{
    fixture f;
    start_open(&f);
    vonk_op_pod *pod = add_running(&f, "job-1-driver", 1);
    pod->deletion_s = NOW - 10;
    decide(&f);
    cr_expect_null(find_delete(&f, "job-1-driver"));
    cr_expect_eq(f.got.again_s, NOW + 5);
    f.seen.now_s = NOW + 5;
    decide(&f);
    cr_expect(find_delete(&f, "job-1-driver")->force);
    cr_expect_str_eq(find_delete(&f, "job-1-driver")->uid, "job-1-driver");
    vonk_arena_free(&f.arena);
}

Test(op_decide, one_driver_at_a_time)
{
    fixture f;
    start_open(&f);
    vonk_op_status *st = &f.seen.job.status;
    st->attempt = 2;
    st->failure = (vonk_op_failure){
        .attempt = 2, .time_s = NOW - 100, .reason = "", .message = "", .pod = ""};
    add_running(&f, "job-1-driver", 1);
    decide(&f);
    cr_expect_eq(f.got.status.attempt, 2);
    cr_expect_null(find(&f, VONK_OP_MAKE_DRIVER));
    cr_expect_not_null(find_delete(&f, "job-1-driver"));
    vonk_arena_free(&f.arena);
}

Test(op_decide, suspended_jobs_have_no_pods_and_go_on_with_a_new_attempt)
{
    fixture f;
    start_open(&f);
    add_running(&f, "job-1-driver", 1);
    add_executor(&f, "job-1-exec-1", "job-1-driver", true);
    f.seen.job.suspend = true;
    f.seen.job.status = *decide(&f);
    cr_expect_eq(find_delete(&f, "job-1-driver")->step, 1);
    cr_expect_not_null(find_delete(&f, "job-1-exec-1"));
    expect(&f, VONK_OP_SUCCEEDED, VONK_OP_UNKNOWN, "Suspended", "");
    f.seen.job.suspend = false;
    decide(&f); /* the old driver is still there */
    cr_expect_null(find(&f, VONK_OP_MAKE_DRIVER));
    f.seen.n_pods = 0;
    decide(&f);
    cr_expect_not_null(find(&f, VONK_OP_CHECK_DRIVER));
    f.seen.absent_attempt = 1;
    const vonk_op_status *st = decide(&f);
    cr_expect_eq(st->attempt, 2);
    cr_expect_eq(st->failures, 0);
    vonk_arena_free(&f.arena);
}

Test(op_decide, a_job_born_suspended_starts_with_its_first_attempt)
{
    fixture f;
    start(&f);
    f.seen.job.suspend = true;
    f.seen.job.status = *decide(&f);
    cr_expect_eq(f.got.status.attempt, 0);
    cr_expect_null(find(&f, VONK_OP_MAKE_DRIVER));
    f.seen.job.suspend = false;
    cr_expect_eq(decide(&f)->attempt, 1);
    cr_expect_not_null(find(&f, VONK_OP_MAKE_DRIVER));
    vonk_arena_free(&f.arena);
}

Test(op_decide, another_spec_stops_the_driver_and_starts_a_new_attempt)
{
    fixture f;
    start_open(&f);
    add_running(&f, "job-1-driver", 1);
    f.seen.job.spec_hash = "other";
    f.seen.job.status = *decide(&f);
    cr_expect_not_null(find_delete(&f, "job-1-driver"));
    expect(&f, VONK_OP_SUCCEEDED, VONK_OP_UNKNOWN, "Upgrading", "attempt 1");
    f.seen.n_pods = 0;
    add_ended(&f, "job-1-driver", 1, 143);
    const vonk_op_status *st = decide(&f);
    cr_expect_eq(st->attempt, 2);
    cr_expect_eq(st->failures, 0);
    cr_expect_str_eq(st->spec_hash, "other");
    vonk_arena_free(&f.arena);
}

Test(op_decide, a_deadline_counts_from_the_start_and_ends_the_job)
{
    fixture f;
    start_open(&f);
    add_running(&f, "job-1-driver", 1);
    f.seen.job.active_deadline_s = 101;
    decide(&f);
    cr_expect_eq(f.got.again_s, NOW + 1);
    f.seen.now_s++;
    decide(&f);
    cr_expect_not_null(find_delete(&f, "job-1-driver"));
    expect_top(&f, VONK_OP_FALSE, "DeadlineExceeded", "101");
}

Test(op_decide, a_finished_job_stays_so_keeps_its_log_and_goes_after_its_ttl)
{
    fixture f;
    start_open(&f);
    add_ended(&f, "job-1-driver", 1, 0);
    add_executor(&f, "job-1-exec-1", "job-1-driver", true);
    f.seen.job.status = *decide(&f);
    cr_expect_not_null(find_delete(&f, "job-1-exec-1"));
    cr_expect_null(find_delete(&f, "job-1-driver"));
    f.seen.n_pods = 1;
    f.seen.job.spec_hash = "other";
    f.seen.job.suspend = true;
    decide(&f);
    cr_expect_eq(f.got.n_actions, 0);
    cr_expect_eq(f.got.again_s, NOW + 86400);
    f.seen.now_s = NOW + 86400;
    decide(&f);
    cr_expect_not_null(find(&f, VONK_OP_DELETE_JOB));
    vonk_arena_free(&f.arena);
}

Test(op_decide, a_lost_status_is_made_again_from_the_pods)
{
    fixture f;
    start(&f);
    add_ended(&f, "job-1-driver", 1, 75);
    add_running(&f, "job-2-driver", 2);
    const vonk_op_status *st = decide(&f);
    cr_expect_eq(st->attempt, 2);
    cr_expect_str_eq(st->driver_pod, "job-2-driver");
    cr_expect_null(find(&f, VONK_OP_MAKE_DRIVER));
    expect_top(&f, VONK_OP_UNKNOWN, "Running", "");
}

Test(op_decide, a_transition_is_told_once)
{
    fixture f;
    start_open(&f);
    add_ended(&f, "job-1-driver", 1, 1)->exit_message = "no such table";
    f.seen.job.status = *decide(&f);
    const vonk_op_action *event = find(&f, VONK_OP_EVENT);
    cr_expect(event->warning && event->step == 1);
    cr_expect_str_eq(event->reason, "Failed");
    cr_expect(strstr(event->note, "no such table"));
    decide(&f);
    cr_expect_null(find(&f, VONK_OP_EVENT));
    vonk_arena_free(&f.arena);
}
