/* The scheduler by hand: one event at a time, and what it must say to it. */
#include <criterion/criterion.h>

#include "sched/sched.h"

static vonk_sched *make(const vonk_sched_stage *stages, uint32_t n, uint32_t max_failures)
{
    vonk_sched *sched = NULL;
    vonk_error err;
    vonk_sched_settings settings = {max_failures, 4};
    cr_assert_eq(vonk_sched_new(stages, n, &settings, &sched, &err), VONK_OK);
    return sched;
}

static vonk_sched_actions tell(vonk_sched *sched, vonk_sched_event event)
{
    vonk_sched_actions actions;
    cr_assert_eq(vonk_sched_handle(sched, &event, &actions, NULL), VONK_OK);
    return actions;
}

static vonk_sched_actions add(vonk_sched *sched, uint32_t executor, uint32_t slots)
{
    return tell(sched, (vonk_sched_event){.kind = VONK_EVENT_EXECUTOR_ADDED,
                                          .executor = executor,
                                          .slots = slots});
}

static vonk_sched_actions lose(vonk_sched *sched, uint32_t executor)
{
    return tell(sched, (vonk_sched_event){.kind = VONK_EVENT_EXECUTOR_LOST, .executor = executor});
}

static vonk_sched_actions finish(vonk_sched *sched, uint32_t executor, uint32_t stage,
                                 uint32_t task, uint32_t attempt)
{
    return tell(sched, (vonk_sched_event){.kind = VONK_EVENT_TASK_FINISHED,
                                          .executor = executor,
                                          .id = {stage, task, attempt}});
}

static vonk_sched_actions fail(vonk_sched *sched, uint32_t executor, uint32_t stage, uint32_t task,
                               uint32_t attempt, const char *message)
{
    vonk_error error;
    vonk_fail(&error, VONK_IO, "%s", message);
    return tell(sched, (vonk_sched_event){.kind = VONK_EVENT_TASK_FAILED,
                                          .executor = executor,
                                          .id = {stage, task, attempt},
                                          .error = &error});
}

static vonk_sched_actions fail_fetch(vonk_sched *sched, uint32_t executor, vonk_task_id id,
                                     uint32_t lost_executor)
{
    vonk_error error;
    vonk_fail(&error, VONK_FETCH, "block lost");
    return tell(sched, (vonk_sched_event){.kind = VONK_EVENT_TASK_FAILED,
                                          .executor = executor,
                                          .id = id,
                                          .error = &error,
                                          .lost_executor = lost_executor});
}

static void expect(vonk_sched_actions actions, uint32_t at, vonk_sched_action_kind kind,
                   uint32_t stage, uint32_t task, uint32_t attempt, uint32_t executor)
{
    cr_assert_lt(at, actions.n, "action %u of %u", at, actions.n);
    const vonk_sched_action *a = &actions.items[at];
    cr_assert(a->kind == kind && a->id.stage == stage && a->id.task == task &&
                  a->id.attempt == attempt && a->executor == executor,
              "action %u is kind %d, %u.%u.%u on %u", at, a->kind, a->id.stage, a->id.task,
              a->id.attempt, a->executor);
}

static void expect_launch(vonk_sched_actions actions, uint32_t at, uint32_t stage, uint32_t task,
                          uint32_t attempt, uint32_t executor)
{
    expect(actions, at, VONK_ACTION_LAUNCH, stage, task, attempt, executor);
}

static void expect_end(vonk_sched_actions actions, vonk_sched_action_kind kind)
{
    cr_assert_gt(actions.n, 0);
    cr_assert_eq(actions.items[actions.n - 1].kind, kind);
}

static const uint32_t zero = 0;
static const vonk_sched_stage one_stage[] = {{.n_tasks = 3, .is_result = true}};
static const vonk_sched_stage map_reduce[] = {
    {.n_tasks = 2}, {.n_tasks = 2, .n_parents = 1, .parents = &zero, .is_result = true}};

Test(sched, runs_tasks_as_slots_allow_and_ends_once)
{
    vonk_sched *sched = make(one_stage, 1, 4);
    vonk_sched_actions a = add(sched, 7, 2);
    cr_assert_eq(a.n, 2);
    expect_launch(a, 0, 0, 0, 0, 7);
    expect_launch(a, 1, 0, 1, 0, 7);
    a = finish(sched, 7, 0, 1, 0);
    cr_assert_eq(a.n, 1);
    expect_launch(a, 0, 0, 2, 0, 7);
    cr_assert_eq(finish(sched, 7, 0, 0, 0).n, 0);
    a = finish(sched, 7, 0, 2, 0);
    cr_assert_eq(a.n, 2);
    cr_assert_eq(a.items[0].kind, VONK_ACTION_STAGE_DONE);
    cr_assert_eq(a.items[1].kind, VONK_ACTION_JOB_DONE);
    cr_assert_eq(finish(sched, 7, 0, 2, 0).n, 0, "nothing after the end");
    vonk_sched_free(sched);
}

Test(sched, spreads_tasks_round_robin)
{
    vonk_sched_stage stages[] = {{.n_tasks = 8, .is_result = true}};
    vonk_sched *sched = make(stages, 1, 4);
    lose(sched, 3); /* never heard of */
    vonk_sched_actions a = add(sched, 0, 1);
    expect_launch(a, 0, 0, 0, 0, 0);
    a = add(sched, 1, 2);
    expect_launch(a, 0, 0, 1, 0, 1);
    expect_launch(a, 1, 0, 2, 0, 1);
    cr_assert_eq(add(sched, 1, 2).n, 0, "announced twice");
    vonk_sched_free(sched);
}

Test(sched, a_stage_waits_for_its_parents)
{
    vonk_sched *sched = make(map_reduce, 2, 4);
    cr_assert_eq(add(sched, 0, 4).n, 2);
    cr_assert_eq(finish(sched, 0, 0, 0, 0).n, 0);
    vonk_sched_actions a = finish(sched, 0, 0, 1, 0);
    cr_assert_eq(a.n, 3);
    expect(a, 0, VONK_ACTION_STAGE_DONE, 0, 0, 0, VONK_NO_EXECUTOR);
    expect_launch(a, 1, 1, 0, 0, 0);
    expect_launch(a, 2, 1, 1, 0, 0);
    uint32_t attempt = 9;
    cr_assert_eq(vonk_sched_output_of(sched, 0, 1, &attempt), 0);
    cr_assert_eq(attempt, 0);
    cr_assert_eq(vonk_sched_output_of(sched, 1, 0, NULL), VONK_NO_EXECUTOR);
    cr_assert_eq(vonk_sched_output_of(sched, 9, 0, NULL), VONK_NO_EXECUTOR);
    vonk_sched_progress p;
    vonk_sched_progress_of(sched, &p);
    cr_assert(p.n_stages == 2 && p.stages_done == 1 && p.n_tasks == 4 && p.tasks_done == 2 &&
              p.tasks_running == 2 && p.tasks_failed == 0);
    vonk_sched_free(sched);
}

Test(sched, retries_elsewhere_and_fails_with_the_tasks_own_error)
{
    vonk_sched_stage stages[] = {{.n_tasks = 1, .is_result = true}};
    vonk_sched *sched = make(stages, 1, 3);
    expect_launch(add(sched, 0, 1), 0, 0, 0, 0, 0);
    cr_assert_eq(add(sched, 1, 1).n, 0);
    expect_launch(fail(sched, 0, 0, 0, 0, "first"), 0, 0, 0, 1, 1);
    expect_launch(fail(sched, 1, 0, 0, 1, "second"), 0, 0, 0, 2, 0);
    cr_assert_eq(fail(sched, 0, 0, 0, 1, "late news").n, 0);
    vonk_sched_actions a = fail(sched, 0, 0, 0, 2, "third");
    cr_assert_eq(a.n, 1);
    expect_end(a, VONK_ACTION_JOB_FAILED);
    cr_assert_str_eq(a.items[0].error.message, "third");
    cr_assert_eq(a.items[0].error.status, VONK_IO);
    vonk_sched_free(sched);
}

Test(sched, on_a_full_cluster_a_retry_lets_another_task_go_first)
{
    vonk_sched_stage stages[] = {{.n_tasks = 4, .is_result = true}};
    vonk_sched *sched = make(stages, 1, 4);
    add(sched, 0, 1);
    add(sched, 1, 1);
    expect_launch(fail(sched, 0, 0, 0, 0, "x"), 0, 0, 2, 0, 0);
    expect_launch(finish(sched, 1, 0, 1, 0), 0, 0, 3, 0, 1);
    expect_launch(finish(sched, 1, 0, 3, 0), 0, 0, 0, 1, 1);
    vonk_sched_free(sched);
}

Test(sched, a_failed_job_kills_what_runs)
{
    vonk_sched *sched = make(one_stage, 1, 1);
    add(sched, 0, 3);
    vonk_sched_actions a = fail(sched, 0, 0, 1, 0, "boom");
    cr_assert_eq(a.n, 3);
    expect(a, 0, VONK_ACTION_KILL, 0, 0, 0, 0);
    expect(a, 1, VONK_ACTION_KILL, 0, 2, 0, 0);
    expect_end(a, VONK_ACTION_JOB_FAILED);
    vonk_sched_free(sched);
}

Test(sched, cancel_ends_the_job_with_the_reason_given)
{
    vonk_sched *sched = make(one_stage, 1, 1);
    add(sched, 0, 1);
    vonk_error why;
    vonk_fail(&why, VONK_CANCELLED, "ctrl-c");
    vonk_sched_actions a =
        tell(sched, (vonk_sched_event){.kind = VONK_EVENT_CANCEL, .error = &why});
    cr_assert_eq(a.n, 2);
    expect(a, 0, VONK_ACTION_KILL, 0, 0, 0, 0);
    cr_assert_str_eq(a.items[1].error.message, "ctrl-c");
    vonk_sched_free(sched);
}

Test(sched, a_lost_executor_costs_its_running_tasks_no_failure)
{
    vonk_sched *sched = make(one_stage, 1, 1);
    add(sched, 0, 3);
    cr_assert_eq(lose(sched, 0).n, 0);
    cr_assert_eq(finish(sched, 0, 0, 0, 0).n, 0, "a late result changes nothing");
    vonk_sched_actions a = add(sched, 1, 3);
    cr_assert_eq(a.n, 3);
    expect_launch(a, 0, 0, 0, 1, 1);
    cr_assert_eq(finish(sched, 0, 0, 0, 1).n, 0, "another executor's result either");
    vonk_sched_free(sched);
}

Test(sched, lost_outputs_that_are_needed_are_made_again_and_only_those)
{
    vonk_sched *sched = make(map_reduce, 2, 4);
    add(sched, 0, 1);
    add(sched, 1, 1);
    finish(sched, 0, 0, 0, 0);
    finish(sched, 1, 0, 1, 0);
    /* Both reducers run; executor 0 dies with map 0's output and reducer 0. */
    cr_assert_eq(lose(sched, 0).n, 0, "executor 1 is busy");
    cr_assert_eq(vonk_sched_output_of(sched, 0, 0, NULL), VONK_NO_EXECUTOR);
    cr_assert_eq(vonk_sched_output_of(sched, 0, 1, NULL), 1);
    /* Reducer 1 notices. Its failure does not count, the known loss is not blamed on executor 1. */
    vonk_sched_actions a = fail_fetch(sched, 1, (vonk_task_id){1, 1, 0}, 0);
    cr_assert_eq(a.n, 1);
    expect_launch(a, 0, 0, 0, 1, 1);
    a = finish(sched, 1, 0, 0, 1);
    cr_assert_eq(a.n, 1, "no second STAGE_DONE");
    expect_launch(a, 0, 1, 0, 1, 1);
    expect_launch(finish(sched, 1, 1, 0, 1), 0, 1, 1, 1, 1);
    expect_end(finish(sched, 1, 1, 1, 1), VONK_ACTION_JOB_DONE);
    vonk_sched_free(sched);
}

Test(sched, outputs_that_nobody_needs_any_more_stay_lost)
{
    uint32_t one = 1;
    vonk_sched_stage stages[] = {
        {.n_tasks = 1},
        {.n_tasks = 1, .n_parents = 1, .parents = &zero},
        {.n_tasks = 1, .n_parents = 1, .parents = &one, .is_result = true}};
    vonk_sched *sched = make(stages, 3, 4);
    add(sched, 0, 1);
    finish(sched, 0, 0, 0, 0);
    add(sched, 1, 1);
    cr_assert_eq(fail(sched, 0, 1, 0, 0, "move").items[0].executor, 1);
    expect_launch(finish(sched, 1, 1, 0, 1), 1, 2, 0, 0, 0);
    /* Stage 0's output was only for stage 1, which is done. */
    vonk_sched_actions a = lose(sched, 0);
    cr_assert_eq(a.n, 1);
    expect_launch(a, 0, 2, 0, 1, 1);
    /* Now stage 1's goes too, so stage 0 is needed again. */
    cr_assert_eq(lose(sched, 1).n, 0);
    expect_launch(add(sched, 2, 1), 0, 0, 0, 1, 2);
    expect_launch(finish(sched, 2, 0, 0, 1), 0, 1, 0, 2, 2);
    expect_launch(finish(sched, 2, 1, 0, 2), 0, 2, 0, 2, 2);
    expect_end(finish(sched, 2, 2, 0, 2), VONK_ACTION_JOB_DONE);
    vonk_sched_free(sched);
}

Test(sched, a_failed_fetch_reruns_the_map_elsewhere_then_the_reader)
{
    vonk_sched *sched = make(map_reduce, 2, 1);
    add(sched, 0, 1);
    add(sched, 1, 1);
    finish(sched, 0, 0, 0, 0);
    finish(sched, 1, 0, 1, 0);
    vonk_sched_actions a = fail_fetch(sched, 1, (vonk_task_id){1, 1, 0}, 0);
    cr_assert_eq(a.n, 1);
    expect_launch(a, 0, 0, 0, 1, 1);
    expect_launch(finish(sched, 1, 0, 0, 1), 0, 1, 1, 1, 1);
    cr_assert_eq(finish(sched, 1, 1, 1, 1).n, 0, "reader 0 still runs");
    expect_end(finish(sched, 0, 1, 0, 0), VONK_ACTION_JOB_DONE);
    vonk_sched_free(sched);
}

Test(sched, fetches_that_always_fail_fail_the_job)
{
    vonk_sched_stage stages[] = {
        {.n_tasks = 1}, {.n_tasks = 1, .n_parents = 1, .parents = &zero, .is_result = true}};
    vonk_sched *sched = make(stages, 2, 1);
    add(sched, 0, 1);
    for (uint32_t round = 0; round < 3; round++) {
        expect_launch(finish(sched, 0, 0, 0, round), round ? 0 : 1, 1, 0, round, 0);
        expect_launch(fail_fetch(sched, 0, (vonk_task_id){1, 0, round}, 0), 0, 0, 0, round + 1, 0);
    }
    finish(sched, 0, 0, 0, 3);
    vonk_sched_actions a = fail_fetch(sched, 0, (vonk_task_id){1, 0, 3}, 0);
    expect_end(a, VONK_ACTION_JOB_FAILED);
    cr_assert_str_eq(a.items[a.n - 1].error.message, "block lost");
    vonk_sched_free(sched);
}

Test(sched, empty_jobs_and_empty_stages_are_done_at_once)
{
    vonk_sched *sched = make(NULL, 0, 1);
    expect_end(add(sched, 0, 1), VONK_ACTION_JOB_DONE);
    vonk_sched_free(sched);
    vonk_sched_stage stages[] = {
        {.n_tasks = 0}, {.n_tasks = 1, .n_parents = 1, .parents = &zero, .is_result = true}};
    sched = make(stages, 2, 1);
    expect_launch(add(sched, 0, 1), 1, 1, 0, 0, 0);
    expect_end(finish(sched, 0, 1, 0, 0), VONK_ACTION_JOB_DONE);
    vonk_sched_free(sched);
}

Test(sched, refuses_stages_that_read_forwards_or_overflow)
{
    uint32_t self = 0;
    vonk_sched *sched = NULL;
    vonk_error err;
    vonk_sched_settings settings = {4, 4};
    vonk_sched_stage loop[] = {{.n_tasks = 1, .n_parents = 1, .parents = &self}};
    cr_assert_eq(vonk_sched_new(loop, 1, &settings, &sched, &err), VONK_INVALID);
    vonk_sched_stage huge[] = {{.n_tasks = 1}, {.n_tasks = UINT32_MAX, .is_result = true}};
    cr_assert_eq(vonk_sched_new(huge, 2, &settings, &sched, &err), VONK_INVALID);
    cr_assert_null(sched);
}

Test(sched, events_about_nothing_known_are_ignored)
{
    vonk_sched *sched = make(one_stage, 1, 1);
    add(sched, 0, 1);
    cr_assert_eq(finish(sched, 0, 5, 0, 0).n, 0);
    cr_assert_eq(finish(sched, 0, 0, 50, 0).n, 0);
    cr_assert_eq(finish(sched, 0, 0, 0, 5).n, 0);
    cr_assert_eq(fail(sched, 0, 0, 2, 0, "not running").n, 0);
    cr_assert_eq(add(sched, VONK_NO_EXECUTOR, 1).n, 0);
    cr_assert_eq(add(sched, 5, 0).n, 0);
    vonk_sched_free(sched);
}

/* Each event's work must not grow with the number of tasks: a million tasks finish in this test. */
Test(sched, a_million_tasks_are_no_trouble)
{
    vonk_sched_stage stages[] = {
        {.n_tasks = 500000},
        {.n_tasks = 500000, .n_parents = 1, .parents = &zero, .is_result = true}};
    vonk_sched *sched = make(stages, 2, 4);
    vonk_sched_actions a = add(sched, 0, 2);
    vonk_task_id running[4];
    uint32_t n_running = 0, n_done = 0;
    bool over = false;
    while (!over) {
        for (uint32_t i = 0; i < a.n; i++) {
            if (a.items[i].kind == VONK_ACTION_LAUNCH)
                running[n_running++] = a.items[i].id;
            over = over || a.items[i].kind == VONK_ACTION_JOB_DONE;
        }
        if (over)
            break;
        vonk_task_id id = running[--n_running];
        a = finish(sched, 0, id.stage, id.task, id.attempt);
        n_done++;
    }
    cr_assert_eq(n_done, 1000000);
    vonk_sched_free(sched);
}
