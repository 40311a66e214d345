/*
 * The operator against an API server, a kubelet and users in memory, with all of their bad luck:
 * killed before and after every request, answers lost, conflicts, caches behind. What must hold is
 * checked after every request; where nothing but the operator was disturbed, the end is the same.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "operator/decide.h"

#define MAX_PODS     64
#define MAX_ATTEMPTS 64
#define NAME         96

typedef struct sim_pod {
    bool exists;
    char name[NAME], uid[NAME], owner[NAME], hash[32];
    vonk_op_pod pod; /* its texts are these, or literals */
} sim_pod;

/* A status with texts of its own: what the decision's arena held is gone. */
typedef struct sim_job {
    bool exists;
    int64_t revision;
    vonk_op_job job;
    char hash[32];
    char texts[VONK_OP_N_CONDITIONS + 1][2][512];
    char pod_name[NAME], progress[32], status_hash[32], failure_pod[NAME];
} sim_job;

typedef struct cache { /* the operator's; dies with it */
    sim_job job;
    sim_pod pods[MAX_PODS];
    int64_t absent_attempt;
} cache;

typedef enum fault { GOOD, LOST_BEFORE, LOST_AFTER, KILL_BEFORE, KILL_AFTER } fault;

typedef struct world {
    uint64_t dice;
    int64_t now_s, revision, n_uids;
    sim_job job;
    sim_pod pods[MAX_PODS];
    bool secrets[MAX_ATTEMPTS], configs[MAX_ATTEMPTS];
    cache cache;
    sim_pod standby[MAX_PODS]; /* the pods as another replica, whose watch is slow, knows them */
    int64_t last_attempt;
    bool was_finished;
    /* what goes wrong */
    int64_t n_requests, kill_at, kill_again_at; /* -1: never */
    bool after;                                 /* the kill comes after the request was served */
    int fault_percent, stale_percent, chaos_percent;
    const int64_t *exits; /* of the attempts, in turn; the last one of all that follow */
    int n_exits;
    const char *broken; /* what did not hold */
    int64_t n_made[MAX_ATTEMPTS];
} world;

static uint32_t roll(world *w, uint32_t n)
{
    w->dice = w->dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(w->dice >> 33) % n;
}

static bool chance(world *w, int percent)
{
    return percent > 0 && (int)roll(w, 100) < percent;
}

static void must(world *w, bool holds, const char *what)
{
    if (!holds && !w->broken)
        w->broken = what;
}

/* ---- copies with texts of their own ---- */

static const char *keep(char *to, size_t size, const char *text)
{
    (void)snprintf(to, size, "%s", text ? text : "");
    return to;
}

static void fix_pod(sim_pod *p)
{
    p->pod.name = p->name;
    p->pod.uid = p->uid;
    p->pod.owner = p->owner;
    p->pod.spec_hash = p->hash;
}

static void store_status(sim_job *to, const vonk_op_status *status)
{
    vonk_op_status s = *status;
    for (int i = 0; i < VONK_OP_N_CONDITIONS; i++) {
        s.conditions[i].reason = keep(to->texts[i][0], 512, s.conditions[i].reason);
        s.conditions[i].message = keep(to->texts[i][1], 512, s.conditions[i].message);
    }
    s.driver_pod = keep(to->pod_name, NAME, s.driver_pod);
    s.spec_hash = keep(to->status_hash, 32, s.spec_hash);
    s.progress = keep(to->progress, 32, s.progress);
    s.failure.reason = keep(to->texts[VONK_OP_N_CONDITIONS][0], 512, s.failure.reason);
    s.failure.message = keep(to->texts[VONK_OP_N_CONDITIONS][1], 512, s.failure.message);
    s.failure.pod = keep(to->failure_pod, NAME, s.failure.pod);
    to->job.status = s;
}

static void copy_job(sim_job *to, const sim_job *from)
{
    sim_job copy = *from;
    *to = copy;
    store_status(to, &from->job.status);
    to->job.spec_hash = to->hash;
}

static void copy_pods(sim_pod *to, const sim_pod *from)
{
    memcpy(to, from, MAX_PODS * sizeof *to);
    for (int i = 0; i < MAX_PODS; i++)
        fix_pod(&to[i]);
}

/* ---- the cluster ---- */

static bool alive(const sim_pod *p)
{
    return p->exists && !p->pod.terminated && p->pod.phase != VONK_OP_POD_FAILED &&
           p->pod.phase != VONK_OP_POD_SUCCEEDED;
}

static void check(world *w)
{
    int n_alive = 0;
    for (int i = 0; i < MAX_PODS; i++) {
        const sim_pod *p = &w->pods[i];
        if (!p->exists)
            continue;
        n_alive += alive(p) && p->pod.is_driver;
        must(w, strcmp(p->owner, w->job.job.uid) == 0, "a pod whose owner is not the job");
        must(w, p->pod.attempt <= w->job.job.status.attempt,
             "a pod of an attempt that the status does not know");
    }
    must(w, n_alive <= 1, "two live drivers");
    must(w, w->job.job.status.attempt >= w->last_attempt, "the attempt went back");
    must(w, !w->was_finished || vonk_op_is_finished(&w->job.job.status), "a finished job is not");
    w->last_attempt = w->job.job.status.attempt;
    w->was_finished |= vonk_op_is_finished(&w->job.job.status);
}

static sim_pod *find_pod(sim_pod *pods, const char *name)
{
    for (int i = 0; i < MAX_PODS; i++)
        if (pods[i].exists && strcmp(pods[i].name, name) == 0)
            return &pods[i];
    return NULL;
}

static void put_in_cache(world *w, const sim_pod *pod)
{
    sim_pod *to = find_pod(w->cache.pods, pod->name);
    for (int i = 0; !to && i < MAX_PODS; i++)
        if (!w->cache.pods[i].exists)
            to = &w->cache.pods[i];
    *to = *pod;
    fix_pod(to);
}

/* The watches have caught up. */
static void sync_jobs(world *w)
{
    copy_job(&w->cache.job, &w->job);
}

static void sync_pods(world *w)
{
    copy_pods(w->cache.pods, w->pods);
}

/* A new process lists everything; a standby replica that takes over may be behind. */
static void restart(world *w)
{
    memset(&w->cache, 0, sizeof w->cache);
    sync_jobs(w);
    if (chance(w, w->stale_percent))
        copy_pods(w->cache.pods, w->standby);
    else
        sync_pods(w);
}

static void end_container(world *w, sim_pod *p, int64_t code)
{
    p->pod.started = p->pod.terminated = true;
    p->pod.finished_s = w->now_s;
    p->pod.exit_code = code;
    p->pod.phase = code ? VONK_OP_POD_FAILED : VONK_OP_POD_SUCCEEDED;
    if (code == 137)
        p->pod.exit_reason = "OOMKilled";
}

static void kubelet(world *w)
{
    for (int i = 0; i < MAX_PODS; i++) {
        sim_pod *p = &w->pods[i];
        int64_t a = p->pod.attempt;
        if (!p->exists)
            continue;
        if (p->pod.deletion_s) { /* SIGTERM, then gone */
            if (alive(p) && p->pod.started)
                end_container(w, p, 143);
            else
                p->exists = false;
        } else if (alive(p) && !p->pod.started) {
            if (!w->secrets[a] || !w->configs[a])
                continue; /* the volumes wait */
            p->pod.started = p->pod.ready = true;
            p->pod.started_s = w->now_s;
            p->pod.phase = VONK_OP_POD_RUNNING;
        } else if (alive(p)) {
            int64_t n = a <= w->n_exits ? a - 1 : w->n_exits - 1;
            end_container(w, p, w->exits[n]);
        }
    }
}

/* Somebody deletes, a node dies, a user changes his mind. */
static void misfortune(world *w)
{
    sim_pod *p = &w->pods[roll(w, MAX_PODS)];
    switch (roll(w, 6)) {
    case 0:
        if (p->exists && !p->pod.deletion_s)
            p->pod.deletion_s = w->now_s + 10;
        break;
    case 1:
        p->exists = false; /* by force */
        break;
    case 2:
        if (alive(p)) {
            p->pod.phase = VONK_OP_POD_FAILED;
            p->pod.reason = "Evicted";
            p->pod.disruption_reason = "TerminationByKubelet";
        }
        break;
    case 3:
        w->job.job.suspend = !w->job.job.suspend;
        w->job.job.generation++;
        w->job.revision = ++w->revision;
        break;
    case 4:
        (void)snprintf(w->job.hash, sizeof w->job.hash, "hash-%u", roll(w, 3));
        w->job.job.generation++;
        w->job.revision = ++w->revision;
        break;
    default:
        break;
    }
}

/* ---- requests: false if no good answer comes ---- */

static bool serve_status(world *w, const vonk_op_decision *decision)
{
    if (w->cache.job.revision != w->job.revision)
        return false; /* 409 Conflict */
    store_status(&w->job, &decision->status);
    w->job.revision = ++w->revision;
    return true;
}

static bool serve_driver(world *w, const vonk_op_action *action)
{
    char name[NAME];
    (void)snprintf(name, sizeof name, "job-%lld-driver", (long long)action->attempt);
    if (find_pod(w->pods, name))
        return true; /* 409 AlreadyExists, and it is ours */
    for (int i = 0; i < MAX_PODS; i++) {
        sim_pod *p = &w->pods[i];
        if (p->exists)
            continue;
        *p = (sim_pod){.exists = true,
                       .pod = {.is_driver = true,
                               .attempt = action->attempt,
                               .created_s = w->now_s,
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
                               .progress = ""}};
        keep(p->name, NAME, name);
        (void)snprintf(p->uid, NAME, "pod-%lld", (long long)++w->n_uids);
        keep(p->owner, NAME, w->job.job.uid);
        keep(p->hash, 32, w->cache.job.hash);
        fix_pod(p);
        w->n_made[action->attempt]++;
        return true;
    }
    must(w, false, "too many pods");
    return false;
}

static void serve_delete(world *w, const vonk_op_action *action)
{
    sim_pod *p = find_pod(w->pods, action->pod);
    if (!p || strcmp(p->uid, action->uid) != 0)
        return;
    if (action->force || !p->pod.started)
        p->exists = false;
    else if (!p->pod.deletion_s)
        p->pod.deletion_s = w->now_s + 10;
}

static bool serve(world *w, const vonk_op_decision *decision, const vonk_op_action *action)
{
    bool good = true;
    switch (action->kind) {
    case VONK_OP_WRITE_STATUS:
        good = serve_status(w, decision);
        break;
    case VONK_OP_MAKE_SECRET:
        w->secrets[action->attempt] = true;
        break;
    case VONK_OP_MAKE_CONFIG:
        w->configs[action->attempt] = true;
        break;
    case VONK_OP_MAKE_DRIVER:
        good = serve_driver(w, action);
        break;
    case VONK_OP_DELETE_POD:
        serve_delete(w, action);
        break;
    case VONK_OP_DELETE_JOB:
    case VONK_OP_CHECK_DRIVER:
    case VONK_OP_EVENT:
        break;
    }
    check(w);
    return good;
}

/* What the operator makes of a good answer. */
static void hear(world *w, const vonk_op_action *action)
{
    char name[NAME];
    sim_pod *pod;
    switch (action->kind) {
    case VONK_OP_WRITE_STATUS:
        sync_jobs(w);
        break;
    case VONK_OP_MAKE_DRIVER:
    case VONK_OP_CHECK_DRIVER:
        (void)snprintf(name, sizeof name, "job-%lld-driver", (long long)action->attempt);
        pod = find_pod(w->pods, name);
        w->cache.absent_attempt = pod ? 0 : action->attempt;
        if (pod)
            put_in_cache(w, pod);
        break;
    case VONK_OP_DELETE_JOB:
        w->job.exists = false;
        break;
    default:
        break;
    }
}

static fault next_fault(world *w)
{
    int64_t n = w->n_requests++;
    if (n == w->kill_at || n == w->kill_again_at)
        return w->after ? KILL_AFTER : KILL_BEFORE;
    if (!chance(w, w->fault_percent))
        return GOOD;
    return (fault)(1 + roll(w, 4));
}

typedef enum result { WENT_WELL, FAILED, KILLED } result;

static result request(world *w, const vonk_op_decision *decision, const vonk_op_action *action)
{
    fault f = next_fault(w);
    if (f == KILL_BEFORE || f == LOST_BEFORE)
        return f == KILL_BEFORE ? KILLED : FAILED;
    bool good = serve(w, decision, action);
    if (f == KILL_AFTER || f == LOST_AFTER)
        return f == KILL_AFTER ? KILLED : FAILED;
    if (good)
        hear(w, action);
    return good ? WENT_WELL : FAILED;
}

/* The requests of a step go together: they may be served in any order, and all are. */
static result carry_out_step(world *w, vonk_op_decision *d, int step)
{
    const vonk_op_action *todo[VONK_OP_MAX_ACTIONS];
    uint32_t n = 0;
    result worst = WENT_WELL;
    for (uint32_t i = 0; i < d->n_actions; i++)
        if (d->actions[i].step == step)
            todo[n++] = &d->actions[i];
    while (n > 0 && worst != KILLED) {
        uint32_t i = roll(w, n);
        const vonk_op_action *action = todo[i];
        todo[i] = todo[--n];
        result r = request(w, d, action);
        worst = r > worst ? r : worst;
    }
    return worst;
}

/* One decision and what follows from it. Returns when it wants to be asked again. */
static int64_t operate(world *w)
{
    vonk_op_pod pods[MAX_PODS];
    vonk_op_observation seen = {.now_s = w->now_s,
                                .job = w->cache.job.job,
                                .pods = pods,
                                .absent_attempt = w->cache.absent_attempt};
    for (int i = 0; i < MAX_PODS; i++)
        if (w->cache.pods[i].exists)
            pods[seen.n_pods++] = w->cache.pods[i].pod;
    vonk_arena arena = {0};
    static vonk_op_decision decision;
    cr_assert_eq(vonk_op_decide(&seen, &arena, &decision, NULL), VONK_OK);
    result r = WENT_WELL;
    for (int step = 0; step < 2 && r == WENT_WELL; step++)
        r = carry_out_step(w, &decision, step);
    if (r == KILLED)
        restart(w);
    vonk_arena_free(&arena);
    return decision.n_actions ? w->now_s : decision.again_s;
}

/* ---- runs ---- */

static void start_world(world *w, uint64_t seed, const int64_t *exits, int n_exits)
{
    memset(w, 0, sizeof *w);
    w->dice = seed * 2 + 1;
    w->now_s = 1000000;
    w->kill_at = w->kill_again_at = -1;
    w->exits = exits;
    w->n_exits = n_exits;
    w->job.exists = true;
    w->job.job = (vonk_op_job){
        .namespace_name = "ns",
        .name = "job",
        .uid = "job-uid",
        .generation = 1,
        .driver_memory = "1Gi",
        .backoff_limit = 3,
        .backoff_base_s = 10,
        .backoff_max_s = 300,
        .backoff_reset_s = 3600,
        .pending_deadline_s = 0, /* time leaps here */
        .ttl_s = -1,
        .min_executors = 0,
    };
    keep(w->job.hash, sizeof w->job.hash, "hash-0");
    w->job.job.spec_hash = w->job.hash;
    vonk_op_status empty = {.failure.exit_code = -1};
    store_status(&w->job, &empty);
    restart(w);
}

static bool is_over(const world *w)
{
    for (int i = 0; i < MAX_PODS; i++)
        if (alive(&w->pods[i]))
            return false;
    return vonk_op_is_finished(&w->job.job.status);
}

/* Until the job has ended and nothing of it runs; chaos stops after some rounds, and then it must.
 */
static void run_world(world *w)
{
    for (int round = 0; round < 1500 && !is_over(w) && !w->broken; round++) {
        int64_t again_s = operate(w);
        if (round == 300) { /* the end of all misfortune */
            w->chaos_percent = w->fault_percent = w->stale_percent = 0;
            w->job.job.generation += w->job.job.suspend;
            w->job.revision = ++w->revision;
            w->job.job.suspend = false;
        }
        if (chance(w, w->chaos_percent))
            misfortune(w);
        if (chance(w, 50))
            kubelet(w);
        if (!chance(w, w->stale_percent))
            sync_jobs(w);
        if (!chance(w, w->stale_percent))
            sync_pods(w);
        if (chance(w, 10))
            copy_pods(w->standby, w->pods);
        check(w);
        w->now_s += again_s > w->now_s && chance(w, 50) ? again_s - w->now_s : roll(w, 3);
    }
    must(w, is_over(w), "it does not come to an end");
}

static void expect_well(const world *w, const char *what, uint64_t seed, int64_t kill)
{
    const vonk_op_status *st = &w->job.job.status;
    cr_assert_null(w->broken,
                   "%s, seed %llu, kill %lld: %s (attempt %lld, %s, failures %lld, request %lld)",
                   what, (unsigned long long)seed, (long long)kill, w->broken,
                   (long long)st->attempt, st->conditions[VONK_OP_SUCCEEDED].reason,
                   (long long)st->failures, (long long)w->n_requests);
}

static const int64_t first_try[] = {0};
static const int64_t third_try[] = {75, 137, 0};
static const int64_t hopeless[] = {75, 139, 137, 143, 75};
static const int64_t own_fault[] = {75, 1};
static const int64_t bad_spec[] = {2};
static const struct scenario {
    const char *name;
    const int64_t *exits;
    int n;
    const char *reason;
    int64_t attempts, failures;
} scenarios[] = {
    {"first try", first_try, 1, "Completed", 1, 0},
    {"third try", third_try, 3, "Completed", 3, 2},
    {"hopeless", hopeless, 5, "BackoffLimitExceeded", 4, 4},
    {"own fault", own_fault, 2, "Failed", 2, 1},
    {"bad spec", bad_spec, 1, "InvalidSpec", 1, 0},
};
#define N_SCENARIOS ((int)(sizeof scenarios / sizeof *scenarios))

/* Same end as without disturbance, and no attempt was made twice. */
static void expect_same_end(const world *w, const struct scenario *s, uint64_t seed, int64_t kill)
{
    const vonk_op_status *st = &w->job.job.status;
    expect_well(w, s->name, seed, kill);
    cr_assert_str_eq(st->conditions[VONK_OP_SUCCEEDED].reason, s->reason,
                     "%s, seed %llu, kill %lld", s->name, (unsigned long long)seed,
                     (long long)kill);
    cr_assert_eq(st->attempt, s->attempts, "%s, seed %llu, kill %lld: %lld attempts", s->name,
                 (unsigned long long)seed, (long long)kill, (long long)st->attempt);
    cr_assert_eq(st->failures, s->failures, "%s, seed %llu, kill %lld: %lld failures", s->name,
                 (unsigned long long)seed, (long long)kill, (long long)st->failures);
    for (int64_t a = 1; a <= st->attempt; a++)
        cr_assert_eq(w->n_made[a], 1, "%s, seed %llu, kill %lld: attempt %lld was made %lld times",
                     s->name, (unsigned long long)seed, (long long)kill, (long long)a,
                     (long long)w->n_made[a]);
}

static world sim; /* too large for a stack */

Test(op_simulation, undisturbed_runs_end_as_their_drivers_do)
{
    for (int i = 0; i < N_SCENARIOS; i++) {
        start_world(&sim, 1, scenarios[i].exits, scenarios[i].n);
        run_world(&sim);
        expect_same_end(&sim, &scenarios[i], 1, -1);
    }
}

Test(op_simulation, killed_before_or_after_any_request_the_end_is_the_same)
{
    for (int i = 0; i < N_SCENARIOS; i++)
        for (int after = 0; after < 2; after++)
            for (int64_t kill = 0, n = 1; kill < n; kill++) {
                start_world(&sim, 1, scenarios[i].exits, scenarios[i].n);
                sim.kill_at = kill;
                sim.after = after;
                run_world(&sim);
                expect_same_end(&sim, &scenarios[i], 1, kill);
                n = sim.n_requests;
            }
}

Test(op_simulation, killed_twice_at_any_two_requests_the_end_is_the_same)
{
    const struct scenario *s = &scenarios[1];
    for (int after = 0; after < 2; after++)
        for (int64_t kill = 0, n = 1; kill < n; kill++)
            for (int64_t second = kill + 1; second < n + 1; second++) {
                start_world(&sim, 1, s->exits, s->n);
                sim.kill_at = kill;
                sim.kill_again_at = second;
                sim.after = after;
                run_world(&sim);
                expect_same_end(&sim, s, (uint64_t)second, kill);
                n = sim.n_requests;
            }
}

Test(op_simulation, lost_answers_kills_and_caches_behind_do_not_change_the_end)
{
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        const struct scenario *s = &scenarios[seed % N_SCENARIOS];
        start_world(&sim, seed, s->exits, s->n);
        sim.fault_percent = 5 + (int)(seed % 40);
        sim.stale_percent = (int)(seed % 90);
        run_world(&sim);
        expect_same_end(&sim, s, seed, -1);
    }
}

Test(op_simulation, whatever_happens_there_is_one_driver_and_an_end)
{
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        const struct scenario *s = &scenarios[seed % N_SCENARIOS];
        start_world(&sim, seed, s->exits, s->n);
        sim.fault_percent = (int)(seed % 30);
        sim.stale_percent = (int)(seed % 80);
        sim.chaos_percent = 5 + (int)(seed % 50);
        run_world(&sim);
        expect_well(&sim, s->name, seed, -1);
    }
}
