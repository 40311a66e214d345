/*
 * Thousands of random jobs on a random cluster whose executors die, whose fetches fail, and whose
 * news come late. Whatever happens: the job ends once, every result task finishes once, no task has
 * two current attempts, and attempts are bounded by what went wrong.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "sched/sched.h"

#define MAX_STAGES  6
#define MAX_TASKS   12
#define MAX_RUNNING 4096
#define N_RUNS      4000

typedef struct running {
    vonk_task_id id;
    uint32_t executor;
    bool dead;                   /* its executor died: its news come too late */
    uint32_t inputs[MAX_STAGES]; /* executor whose death fails it; see reads() */
} running;

typedef struct world {
    uint64_t random;
    uint64_t seed;
    vonk_sched *sched;
    uint32_t n_stages;
    vonk_sched_stage stages[MAX_STAGES];
    uint32_t parents[MAX_STAGES][MAX_STAGES];
    bool final[MAX_STAGES];

    uint32_t next_executor, n_alive, alive[16], slots[16], used[16];
    uint32_t n_running;
    running running[MAX_RUNNING];

    bool is_running[MAX_STAGES][MAX_TASKS];
    uint32_t attempts[MAX_STAGES][MAX_TASKS];
    uint32_t finished[MAX_STAGES][MAX_TASKS]; /* of final stages */
    uint32_t n_losses, n_failures, n_fetches;
    uint32_t n_ends;
    bool failed;
} world;

static uint32_t roll(world *w, uint32_t sides)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return (uint32_t)(w->random >> 33) % sides;
}

static int find_alive(const world *w, uint32_t executor)
{
    for (uint32_t e = 0; e < w->n_alive; e++) {
        if (w->alive[e] == executor)
            return (int)e;
    }
    return -1;
}

static void on_launch(world *w, const vonk_sched_action *a)
{
    uint32_t s = a->id.stage, t = a->id.task;
    int e = find_alive(w, a->executor);
    cr_assert(e >= 0, "seed %lu: launch on a dead executor", w->seed);
    cr_assert(++w->used[e] <= w->slots[e], "seed %lu: no slot was free", w->seed);
    cr_assert(!w->is_running[s][t], "seed %lu: %u.%u runs twice", w->seed, s, t);
    cr_assert_eq(a->id.attempt, w->attempts[s][t], "seed %lu", w->seed);
    w->attempts[s][t]++;
    w->is_running[s][t] = true;
    for (uint32_t p = 0; p < w->stages[s].n_parents; p++) {
        uint32_t parent = w->parents[s][p];
        for (uint32_t m = 0; m < w->stages[parent].n_tasks; m++)
            cr_assert(find_alive(w, vonk_sched_output_of(w->sched, parent, m, NULL)) >= 0,
                      "seed %lu: %u.%u launched without output %u.%u", w->seed, s, t, parent, m);
    }
    cr_assert_lt(w->n_running, MAX_RUNNING);
    w->running[w->n_running++] = (running){.id = a->id, .executor = a->executor};
}

static void tell(world *w, vonk_sched_event event)
{
    vonk_sched_actions actions;
    cr_assert_eq(vonk_sched_handle(w->sched, &event, &actions, NULL), VONK_OK);
    for (uint32_t i = 0; i < actions.n; i++) {
        const vonk_sched_action *a = &actions.items[i];
        cr_assert_eq(w->n_ends, 0, "seed %lu: something follows the end", w->seed);
        if (a->kind == VONK_ACTION_LAUNCH)
            on_launch(w, a);
        if (a->kind == VONK_ACTION_KILL)
            cr_assert(w->is_running[a->id.stage][a->id.task], "seed %lu", w->seed);
        if (a->kind == VONK_ACTION_JOB_DONE || a->kind == VONK_ACTION_JOB_FAILED)
            w->n_ends++;
        w->failed = w->failed || a->kind == VONK_ACTION_JOB_FAILED;
    }
}

static void gain(world *w)
{
    if (w->n_alive == 8)
        return;
    uint32_t slots = 1 + roll(w, 3), executor = w->next_executor++;
    w->alive[w->n_alive] = executor;
    w->slots[w->n_alive] = slots;
    w->used[w->n_alive++] = 0;
    tell(w, (vonk_sched_event){
                .kind = VONK_EVENT_EXECUTOR_ADDED, .executor = executor, .slots = slots});
}

static void kill_executor(world *w)
{
    if (!w->n_alive)
        return;
    uint32_t e = roll(w, w->n_alive), executor = w->alive[e];
    w->n_alive--;
    w->alive[e] = w->alive[w->n_alive];
    w->slots[e] = w->slots[w->n_alive];
    w->used[e] = w->used[w->n_alive];
    w->n_losses++;
    for (uint32_t i = 0; i < w->n_running; i++) {
        running *r = &w->running[i];
        if (!r->dead && r->executor == executor) {
            r->dead = true;
            w->is_running[r->id.stage][r->id.task] = false;
        }
    }
    tell(w, (vonk_sched_event){.kind = VONK_EVENT_EXECUTOR_LOST, .executor = executor});
}

/* The executor of a lost input of a reader, often one that is dead; VONK_NO_EXECUTOR: no inputs. */
static uint32_t blame(world *w, uint32_t s)
{
    if (!w->stages[s].n_parents)
        return VONK_NO_EXECUTOR;
    uint32_t parent = w->parents[s][roll(w, w->stages[s].n_parents)];
    if (!w->stages[parent].n_tasks || roll(w, 2))
        return roll(w, w->next_executor);
    return vonk_sched_output_of(w->sched, parent, roll(w, w->stages[parent].n_tasks), NULL);
}

/* One of the tasks ends somehow. What a dead executor's task says is late and changes nothing. */
static void end_task(world *w, uint32_t failure_rate)
{
    if (!w->n_running)
        return;
    uint32_t i = roll(w, w->n_running);
    running r = w->running[i];
    w->running[i] = w->running[--w->n_running];
    uint32_t s = r.id.stage, t = r.id.task;
    vonk_sched_event event = {.executor = r.executor, .id = r.id};
    vonk_error error;
    uint32_t what = roll(w, 100);
    event.kind = what < failure_rate ? VONK_EVENT_TASK_FAILED : VONK_EVENT_TASK_FINISHED;
    if (!r.dead) {
        w->used[find_alive(w, r.executor)]--;
        w->is_running[s][t] = false;
    }
    if (event.kind == VONK_EVENT_TASK_FAILED) {
        event.lost_executor = blame(w, s);
        bool fetch = event.lost_executor != VONK_NO_EXECUTOR && roll(w, 2);
        vonk_fail(&error, fetch ? VONK_FETCH : VONK_IO, "seed %lu", w->seed);
        event.error = &error;
        w->n_fetches += fetch;
        w->n_failures += !fetch;
    } else if (!r.dead && w->final[s]) {
        cr_assert_eq(++w->finished[s][t], 1, "seed %lu: %u.%u finished twice", w->seed, s, t);
    }
    tell(w, event);
}

static void make_job(world *w)
{
    w->n_stages = 1 + roll(w, MAX_STAGES);
    memset(w->final, true, sizeof w->final);
    for (uint32_t s = 0; s < w->n_stages; s++) {
        w->stages[s] = (vonk_sched_stage){.n_tasks = roll(w, MAX_TASKS + 1)};
        for (uint32_t p = 0; p < s; p++) {
            if (p + 1 == s || roll(w, 3) == 0) {
                w->parents[s][w->stages[s].n_parents++] = p;
                w->final[p] = false;
            }
        }
        w->stages[s].parents = w->parents[s];
    }
    w->stages[w->n_stages - 1].is_result = true;
    vonk_sched_settings settings = {4, 4};
    cr_assert_eq(vonk_sched_new(w->stages, w->n_stages, &settings, &w->sched, NULL), VONK_OK);
}

static void check_end(const world *w)
{
    cr_assert_eq(w->n_ends, 1, "seed %lu: the job ended %u times", w->seed, w->n_ends);
    if (w->failed)
        return;
    for (uint32_t s = 0; s < w->n_stages; s++) {
        for (uint32_t t = 0; t < w->stages[s].n_tasks; t++) {
            cr_assert(!w->final[s] || w->finished[s][t] == 1, "seed %lu: %u.%u", w->seed, s, t);
            cr_assert_leq(w->attempts[s][t], 1 + w->n_losses + w->n_failures + w->n_fetches);
        }
    }
}

/* Trouble for a while, then none, so that every job can end. */
static bool simulate(world *w, uint64_t seed)
{
    *w = (world){.seed = seed, .random = seed * 0x9E3779B97F4A7C15u + 1};
    make_job(w);
    uint32_t trouble = roll(w, 300), failure_rate = roll(w, 12);
    for (uint32_t step = 0; !w->n_ends; step++) {
        cr_assert_lt(step, 20000, "seed %lu: stuck", seed);
        uint32_t what = roll(w, 100);
        if (what < 5 || !w->n_alive)
            gain(w);
        else if (what < 12 && step < trouble)
            kill_executor(w);
        else
            end_task(w, step < trouble ? failure_rate : 0);
    }
    for (uint32_t late = 0; late < 20 && w->n_running; late++)
        end_task(w, 50); /* after the end nothing happens: tell() checks */
    check_end(w);
    vonk_sched_free(w->sched);
    return !w->failed;
}

Test(sched_simulation, whatever_dies_the_job_ends_right)
{
    world *w = malloc(sizeof *w);
    uint32_t n_done = 0;
    for (uint64_t seed = 1; seed <= N_RUNS; seed++)
        n_done += simulate(w, seed);
    free(w);
    cr_assert_gt(n_done, N_RUNS / 2, "only %u jobs succeeded: the trouble is too much", n_done);
    cr_assert_lt(n_done, N_RUNS, "no job failed: the trouble is too little");
}
