/*
 * sched.c - the state machine: tables of stages, tasks and executors, and a refresh of what is
 * needed whenever a stage completes or loses an output.
 *
 *     ABSENT ──stage needed──▶ QUEUED ──launch──▶ RUNNING ──finished──▶ DONE
 *        ▲                        ▲                  │                    │
 *        │                        └──failed, lost────┘                    │
 *        └──────────────────────── output lost ───────────────────────────┘
 *
 * A stage is final if nobody reads it; final stages never lose what is DONE. A stage is needed if
 * it is incomplete and final, or incomplete and read by a needed stage; it is ready if it is needed
 * and its parents are complete. Only ready stages launch tasks, lower numbers first.
 *
 * Cost: O(stages) an event, O(tasks) a lost executor or fetch.
 */
#include "sched/sched.h"

#include <string.h>

#define LOOK_AHEAD 16 /* queued tasks that are tried to avoid an executor */

typedef enum task_state { TASK_ABSENT, TASK_QUEUED, TASK_RUNNING, TASK_DONE } task_state;

typedef struct task {
    task_state state;
    uint32_t executor;     /* RUNNING: where; DONE: where the output lies */
    uint32_t attempt;      /* RUNNING, DONE: which */
    uint32_t next_attempt; /* number of the next one */
    uint32_t failures;     /* its own, not those of executors and fetches */
    uint32_t avoid;        /* executor where it failed last */
    uint32_t round;        /* the stage's fetch round when it was launched */
    uint32_t losses_seen;  /* executors lost when it was launched */
} task;

typedef struct stage {
    uint32_t n_tasks, n_parents;
    uint32_t *parents;
    task *tasks;
    uint32_t *queue; /* ring of n_tasks: a task is in it at most once */
    uint32_t queue_start, n_queued;
    uint32_t n_absent, n_running, n_done;
    uint32_t fetch_round;    /* readers launched before it do not count again */
    uint32_t fetch_failures; /* rounds in a row that ended with a lost block */
    bool final, needed, ready, announced;
} stage;

typedef struct slot {
    uint32_t stage, task;
} slot;

typedef struct executor {
    uint32_t id, n_slots, n_running;
    bool queued; /* in the queue of free executors */
    struct executor *next;
    slot *running; /* n_slots */
} executor;

struct vonk_sched {
    vonk_arena arena; /* everything */
    vonk_sched_settings settings;
    uint32_t n_stages, n_tasks;
    stage *stages;

    uint32_t n_executors, executors_capacity; /* alive */
    executor **executors;
    executor *free_head, *free_tail; /* executors with free slots, the least recently used first */
    uint64_t n_slots;                /* of the executors alive */

    uint32_t n_actions;
    uint64_t actions_capacity; /* room for one for each slot, stage and the job, at any time */
    vonk_sched_action *actions;

    uint32_t n_failed;
    uint32_t n_losses; /* executors lost so far */
    bool stale;        /* needed and ready must be worked out again */
    bool over;
};

/* ---- actions ---- */

static vonk_sched_action *act(vonk_sched *sched, vonk_sched_action_kind kind)
{
    vonk_sched_action *action = &sched->actions[sched->n_actions++];
    action->kind = kind;
    action->id = (vonk_task_id){0};
    action->executor = VONK_NO_EXECUTOR;
    action->error.status = VONK_OK;
    action->error.message[0] = '\0';
    return action;
}

/* An event launches or kills at most a task a slot and ends each stage and the job once. */
static vonk_status reserve_actions(vonk_sched *sched, uint64_t n_slots, vonk_error *err)
{
    uint64_t wanted = n_slots * 2 + sched->n_stages + 2;
    if (wanted <= sched->actions_capacity)
        return VONK_OK;
    if (wanted < sched->actions_capacity * 2)
        wanted = sched->actions_capacity * 2;
    vonk_sched_action *actions = vonk_arena_alloc(&sched->arena, wanted * sizeof *actions, err);
    VONK_TRY_ALLOC(actions);
    sched->actions = actions;
    sched->actions_capacity = wanted;
    return VONK_OK;
}

static void kill_all(vonk_sched *sched)
{
    for (uint32_t e = 0; e < sched->n_executors; e++) {
        const executor *ex = sched->executors[e];
        for (uint32_t i = 0; i < ex->n_running; i++) {
            slot where = ex->running[i];
            vonk_sched_action *action = act(sched, VONK_ACTION_KILL);
            uint32_t attempt = sched->stages[where.stage].tasks[where.task].attempt;
            action->id = (vonk_task_id){where.stage, where.task, attempt};
            action->executor = ex->id;
        }
    }
}

static void fail_job(vonk_sched *sched, const vonk_error *error)
{
    kill_all(sched);
    vonk_sched_action *action = act(sched, VONK_ACTION_JOB_FAILED);
    if (error)
        action->error = *error;
    else
        vonk_fail(&action->error, VONK_CANCELLED, "the job was cancelled");
    sched->over = true;
}

/* ---- tasks ---- */

static void enqueue(stage *st, uint32_t index)
{
    uint32_t at = (uint32_t)(((uint64_t)st->queue_start + st->n_queued) % st->n_tasks);
    st->queue[at] = index;
    st->n_queued++;
    st->tasks[index].state = TASK_QUEUED;
}

static void lose_output(vonk_sched *sched, stage *st, uint32_t index, uint32_t avoid)
{
    task *t = &st->tasks[index];
    t->state = TASK_ABSENT;
    t->avoid = avoid;
    st->n_done--;
    st->n_absent++;
    sched->stale = true;
}

static bool is_complete(const stage *st)
{
    return st->n_done == st->n_tasks;
}

/* Works out which stages are needed and ready, and queues the absent tasks of needed ones. */
static void refresh(vonk_sched *sched)
{
    sched->stale = false;
    for (uint32_t s = 0; s < sched->n_stages; s++)
        sched->stages[s].needed = sched->stages[s].final;
    for (uint32_t s = sched->n_stages; s-- > 0;) {
        stage *st = &sched->stages[s];
        st->needed = st->needed && !is_complete(st);
        st->ready = st->needed;
        for (uint32_t p = 0; st->needed && p < st->n_parents; p++) {
            stage *parent = &sched->stages[st->parents[p]];
            parent->needed = true; /* until its turn says that it is complete */
            st->ready = st->ready && is_complete(parent);
        }
        for (uint32_t i = 0; st->needed && st->n_absent && i < st->n_tasks; i++) {
            if (st->tasks[i].state == TASK_ABSENT) {
                enqueue(st, i);
                st->n_absent--;
            }
        }
    }
}

/* ---- executors ---- */

static executor *find_executor(const vonk_sched *sched, uint32_t id)
{
    for (uint32_t e = 0; e < sched->n_executors; e++) {
        if (sched->executors[e]->id == id)
            return sched->executors[e];
    }
    return NULL;
}

static void push_free(vonk_sched *sched, executor *ex)
{
    if (ex->queued || ex->n_running == ex->n_slots)
        return;
    ex->queued = true;
    ex->next = NULL;
    if (sched->free_tail)
        sched->free_tail->next = ex;
    else
        sched->free_head = ex;
    sched->free_tail = ex;
}

/* Takes `ex` out of the queue; `before` is the one in front of it, NULL for the head. */
static void unlink_free(vonk_sched *sched, executor *ex, executor *before)
{
    if (before)
        before->next = ex->next;
    else
        sched->free_head = ex->next;
    if (sched->free_tail == ex)
        sched->free_tail = before;
    ex->next = NULL;
    ex->queued = false;
}

static void release_slot(vonk_sched *sched, executor *ex, uint32_t stage_index, uint32_t index)
{
    for (uint32_t i = 0; i < ex->n_running; i++) {
        if (ex->running[i].stage == stage_index && ex->running[i].task == index) {
            ex->running[i] = ex->running[--ex->n_running];
            break;
        }
    }
    push_free(sched, ex);
}

static vonk_status add_executor(vonk_sched *sched, uint32_t id, uint32_t slots, vonk_error *err)
{
    if (id == VONK_NO_EXECUTOR || !slots || find_executor(sched, id))
        return VONK_OK;
    if (slots > sched->n_tasks)
        slots = sched->n_tasks ? sched->n_tasks : 1;
    VONK_TRY(reserve_actions(sched, sched->n_slots + slots, err));
    if (sched->n_executors == sched->executors_capacity) {
        uint32_t capacity = sched->executors_capacity ? sched->executors_capacity * 2 : 16;
        executor **list = VONK_NEW_ARRAY(&sched->arena, executor *, capacity, err);
        VONK_TRY_ALLOC(list);
        if (sched->n_executors)
            memcpy(list, sched->executors, sched->n_executors * sizeof *list);
        sched->executors = list;
        sched->executors_capacity = capacity;
    }
    executor *ex = VONK_NEW(&sched->arena, executor, err);
    VONK_TRY_ALLOC(ex);
    ex->running = VONK_NEW_ARRAY(&sched->arena, slot, slots, err);
    VONK_TRY_ALLOC(ex->running);
    ex->id = id;
    ex->n_slots = slots;
    sched->executors[sched->n_executors++] = ex;
    sched->n_slots += slots;
    push_free(sched, ex);
    return VONK_OK;
}

static void drop_executor(vonk_sched *sched, executor *ex)
{
    executor *before = NULL;
    for (executor *e = sched->free_head; e; before = e, e = e->next) {
        if (e == ex) {
            unlink_free(sched, ex, before);
            break;
        }
    }
    for (uint32_t e = 0; e < sched->n_executors; e++) {
        if (sched->executors[e] == ex) {
            sched->executors[e] = sched->executors[--sched->n_executors];
            break;
        }
    }
    sched->n_slots -= ex->n_slots;
}

static void lose_executor(vonk_sched *sched, uint32_t id)
{
    executor *ex = find_executor(sched, id);
    if (!ex)
        return;
    for (uint32_t i = 0; i < ex->n_running; i++) {
        stage *st = &sched->stages[ex->running[i].stage];
        st->n_running--;
        enqueue(st, ex->running[i].task);
    }
    drop_executor(sched, ex);
    sched->n_losses++;
    for (uint32_t s = 0; s < sched->n_stages; s++) {
        stage *st = &sched->stages[s];
        for (uint32_t i = 0; !st->final && st->n_done && i < st->n_tasks; i++) {
            if (st->tasks[i].state == TASK_DONE && st->tasks[i].executor == id)
                lose_output(sched, st, i, VONK_NO_EXECUTOR);
        }
    }
}

/* ---- placing ---- */

/* Takes the task at place `k` of the queue; those before it keep their order. */
static uint32_t take_queued(stage *st, uint32_t k)
{
    uint32_t at = (uint32_t)(((uint64_t)st->queue_start + k) % st->n_tasks);
    uint32_t index = st->queue[at];
    for (; k > 0; k--) {
        uint32_t before = at ? at - 1 : st->n_tasks - 1;
        st->queue[at] = st->queue[before];
        at = before;
    }
    st->queue_start = st->queue_start + 1 == st->n_tasks ? 0 : st->queue_start + 1;
    st->n_queued--;
    return index;
}

/* The place in the queue of a task that does not mind `ex`; 0 if all near the front do. */
static uint32_t choose_task(const stage *st, const executor *ex)
{
    for (uint32_t k = 0; k < st->n_queued && k < LOOK_AHEAD; k++) {
        uint32_t at = (uint32_t)(((uint64_t)st->queue_start + k) % st->n_tasks);
        if (st->tasks[st->queue[at]].avoid != ex->id)
            return k;
    }
    return 0;
}

static void launch_one(vonk_sched *sched, uint32_t stage_index)
{
    stage *st = &sched->stages[stage_index];
    executor *ex = sched->free_head, *before = NULL;
    uint32_t k = 0;
    if (st->tasks[st->queue[st->queue_start]].avoid == ex->id) {
        if (ex->next) { /* another executor is free: the task goes there */
            before = ex;
            ex = ex->next;
        } else {
            k = choose_task(st, ex);
        }
    }
    uint32_t index = take_queued(st, k);
    task *t = &st->tasks[index];
    t->state = TASK_RUNNING;
    t->executor = ex->id;
    t->attempt = t->next_attempt++;
    t->round = st->fetch_round;
    t->losses_seen = sched->n_losses;
    st->n_running++;
    unlink_free(sched, ex, before);
    ex->running[ex->n_running++] = (slot){stage_index, index};
    push_free(sched, ex);

    vonk_sched_action *action = act(sched, VONK_ACTION_LAUNCH);
    action->id = (vonk_task_id){stage_index, index, t->attempt};
    action->executor = ex->id;
}

/* Announces stages that are complete; ends the job when all final ones are. */
static void finish_stages(vonk_sched *sched)
{
    bool all = true;
    for (uint32_t s = 0; s < sched->n_stages; s++) {
        stage *st = &sched->stages[s];
        if (is_complete(st) && !st->announced) {
            st->announced = true;
            act(sched, VONK_ACTION_STAGE_DONE)->id.stage = s;
        }
        all = all && (!st->final || is_complete(st));
    }
    if (!all)
        return;
    kill_all(sched); /* outputs that turned out not to be needed */
    act(sched, VONK_ACTION_JOB_DONE);
    sched->over = true;
}

/* What follows from any change: stages end, others begin, free slots get tasks. */
static void advance(vonk_sched *sched)
{
    if (!sched->stale && !sched->free_head)
        return;
    if (sched->stale) {
        finish_stages(sched);
        if (sched->over)
            return;
        refresh(sched);
    }
    for (uint32_t s = 0; s < sched->n_stages && sched->free_head; s++) {
        while (sched->stages[s].ready && sched->stages[s].n_queued && sched->free_head)
            launch_one(sched, s);
    }
}

/* ---- events ---- */

/* The task if `event` is about an attempt that is running now, else NULL. Frees its slot. */
static task *end_attempt(vonk_sched *sched, const vonk_sched_event *event)
{
    if (event->id.stage >= sched->n_stages)
        return NULL;
    stage *st = &sched->stages[event->id.stage];
    if (event->id.task >= st->n_tasks)
        return NULL;
    task *t = &st->tasks[event->id.task];
    if (t->state != TASK_RUNNING || t->attempt != event->id.attempt ||
        t->executor != event->executor)
        return NULL;
    st->n_running--;
    release_slot(sched, find_executor(sched, t->executor), event->id.stage, event->id.task);
    return t;
}

static void task_finished(vonk_sched *sched, const vonk_sched_event *event)
{
    task *t = end_attempt(sched, event);
    if (!t)
        return;
    stage *st = &sched->stages[event->id.stage];
    t->state = TASK_DONE;
    t->failures = 0; /* a lost output starts with a clean record */
    st->n_done++;
    if (is_complete(st)) {
        st->fetch_failures = 0;
        sched->stale = true;
    }
}

/*
 * A block could not be fetched: what the reader's parents have on that executor is taken for lost,
 * as in Spark, so that a reader does not find the holes one by one.
 */
static void fetch_failed(vonk_sched *sched, const vonk_sched_event *event, task *t)
{
    stage *st = &sched->stages[event->id.stage];
    /* A loss that we know of already explains itself: it was launched before. */
    bool explained =
        t->losses_seen < sched->n_losses && !find_executor(sched, event->lost_executor);
    if (!explained && t->round == st->fetch_round) {
        st->fetch_round++;
        st->fetch_failures++;
    }
    for (uint32_t p = 0; p < st->n_parents; p++) {
        stage *parent = &sched->stages[st->parents[p]];
        for (uint32_t i = 0; i < parent->n_tasks && !parent->final; i++) {
            task *map = &parent->tasks[i];
            if (map->state == TASK_DONE && map->executor == event->lost_executor)
                lose_output(sched, parent, i, event->lost_executor);
        }
    }
    enqueue(st, event->id.task);
    if (st->fetch_failures >= sched->settings.max_stage_attempts)
        fail_job(sched, event->error);
}

static void task_failed(vonk_sched *sched, const vonk_sched_event *event)
{
    task *t = end_attempt(sched, event);
    if (!t)
        return;
    sched->n_failed++;
    if (event->error && event->error->status == VONK_FETCH) {
        fetch_failed(sched, event, t);
        return;
    }
    t->avoid = event->executor;
    enqueue(&sched->stages[event->id.stage], event->id.task);
    if (++t->failures >= sched->settings.max_failures)
        fail_job(sched, event->error);
}

vonk_status vonk_sched_handle(vonk_sched *sched, const vonk_sched_event *event,
                              vonk_sched_actions *ret, vonk_error *err)
{
    sched->n_actions = 0;
    *ret = (vonk_sched_actions){0};
    if (sched->over)
        return VONK_OK;
    switch (event->kind) {
    case VONK_EVENT_EXECUTOR_ADDED:
        VONK_TRY(add_executor(sched, event->executor, event->slots, err));
        break;
    case VONK_EVENT_EXECUTOR_LOST:
        lose_executor(sched, event->executor);
        break;
    case VONK_EVENT_TASK_FINISHED:
        task_finished(sched, event);
        break;
    case VONK_EVENT_TASK_FAILED:
        task_failed(sched, event);
        break;
    case VONK_EVENT_CANCEL:
        fail_job(sched, event->error);
        break;
    }
    if (!sched->over)
        advance(sched);
    *ret = (vonk_sched_actions){sched->n_actions, sched->actions};
    return VONK_OK;
}

/* ---- life ---- */

static vonk_status init_stage(vonk_sched *sched, uint32_t s, const vonk_sched_stage *from,
                              vonk_error *err)
{
    stage *st = &sched->stages[s];
    st->n_tasks = st->n_absent = from->n_tasks;
    st->n_parents = from->n_parents;
    st->final = true;
    if (__builtin_add_overflow(sched->n_tasks, from->n_tasks, &sched->n_tasks))
        return vonk_fail(err, VONK_INVALID, "too many tasks in a job");
    st->parents = VONK_NEW_ARRAY(&sched->arena, uint32_t, from->n_parents, err);
    VONK_TRY_ALLOC(st->parents);
    for (uint32_t p = 0; p < from->n_parents; p++) {
        uint32_t parent = from->parents[p];
        if (parent >= s)
            return vonk_fail(err, VONK_INVALID, "stage %u reads stage %u, which is not above it", s,
                             parent);
        sched->stages[parent].final = false;
        st->parents[p] = parent;
    }
    st->tasks = VONK_NEW_ARRAY(&sched->arena, task, from->n_tasks, err);
    VONK_TRY_ALLOC(st->tasks);
    st->queue = VONK_NEW_ARRAY(&sched->arena, uint32_t, from->n_tasks, err);
    VONK_TRY_ALLOC(st->queue);
    for (uint32_t i = 0; i < from->n_tasks; i++)
        st->tasks[i].executor = st->tasks[i].avoid = VONK_NO_EXECUTOR;
    return VONK_OK;
}

static vonk_status init(vonk_sched *sched, const vonk_sched_stage *stages, uint32_t n_stages,
                        vonk_error *err)
{
    sched->n_stages = n_stages;
    sched->stages = VONK_NEW_ARRAY(&sched->arena, stage, n_stages, err);
    VONK_TRY_ALLOC(sched->stages);
    for (uint32_t s = 0; s < n_stages; s++)
        VONK_TRY(init_stage(sched, s, &stages[s], err));
    for (uint32_t s = 0; s < n_stages; s++) {
        if (stages[s].is_result && !sched->stages[s].final)
            return vonk_fail(err, VONK_INVALID, "stage %u is a result and read by a stage", s);
    }
    return reserve_actions(sched, 0, err);
}

vonk_status vonk_sched_new(const vonk_sched_stage *stages, uint32_t n_stages,
                           const vonk_sched_settings *settings, vonk_sched **ret, vonk_error *err)
{
    vonk_arena arena = {0};
    vonk_sched *sched = VONK_NEW(&arena, vonk_sched, err);
    VONK_TRY_ALLOC(sched);
    sched->settings = *settings;
    if (!sched->settings.max_failures)
        sched->settings.max_failures = 4;
    if (!sched->settings.max_stage_attempts)
        sched->settings.max_stage_attempts = 4;
    sched->stale = true;
    sched->arena = arena;
    vonk_status status = init(sched, stages, n_stages, err);
    if (status != VONK_OK) {
        vonk_sched_free(sched);
        return status;
    }
    *ret = sched;
    return VONK_OK;
}

void vonk_sched_free(vonk_sched *sched)
{
    if (!sched)
        return;
    vonk_arena arena = sched->arena; /* it holds `sched` itself */
    vonk_arena_free(&arena);
}

uint32_t vonk_sched_output_of(const vonk_sched *sched, uint32_t stage_index, uint32_t index,
                              uint32_t *ret_attempt)
{
    if (stage_index >= sched->n_stages || index >= sched->stages[stage_index].n_tasks)
        return VONK_NO_EXECUTOR;
    const task *t = &sched->stages[stage_index].tasks[index];
    if (t->state != TASK_DONE)
        return VONK_NO_EXECUTOR;
    if (ret_attempt)
        *ret_attempt = t->attempt;
    return t->executor;
}

void vonk_sched_progress_of(const vonk_sched *sched, vonk_sched_progress *ret)
{
    *ret = (vonk_sched_progress){
        .n_stages = sched->n_stages, .n_tasks = sched->n_tasks, .tasks_failed = sched->n_failed};
    for (uint32_t s = 0; s < sched->n_stages; s++) {
        const stage *st = &sched->stages[s];
        ret->stages_done += is_complete(st);
        ret->tasks_done += st->n_done;
        ret->tasks_running += st->n_running;
        ret->tasks_ready += st->ready ? st->n_queued : 0;
    }
}
