/* controller.c - see controller.h. */
#include "operator/controller.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kube/json.h"
#include "operator/controller_internal.h"
#include "operator/read.h"

#define POD_SELECTOR "app.kubernetes.io/name=vonk,vonk.dev/job"
#define MAX_ROUND    256 /* decisions in a row before the network gets its turn */

int64_t vonk_op_now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void vonk_op_enqueue(vonk_op_controller *controller, const char *key, int64_t ms)
{
    vonk_error err = {0};
    if (vonk_kube_queue_add(controller->queue, key, vonk_op_now_us() / 1000 + ms, &err) != VONK_OK)
        vonk_op_say(controller->settings.log, VONK_OP_ERROR, key, "%s", err.message);
}

/* ---- what the watches tell ---- */

static vonk_op_work *work_of(vonk_op_space *space, const char *namespace_name, const char *name)
{
    vonk_op_work *work = vonk_op_works_get(&space->controller->works, namespace_name, name);
    if (!work)
        vonk_op_say(space->controller->settings.log, VONK_OP_ERROR, NULL, "out of memory");
    else
        work->space = space;
    return work;
}

static void watch_trouble(vonk_op_space *space, const vonk_error *error)
{
    (void)snprintf(space->trouble, sizeof space->trouble, "%s", error->message);
    vonk_op_say(space->controller->settings.log, VONK_OP_WARN, NULL, "%s", error->message);
}

static void job_changed(void *context, vonk_kube_change change, const cJSON *object,
                        const vonk_error *error)
{
    vonk_op_space *space = context;
    if (change == VONK_KUBE_TROUBLE)
        watch_trouble(space, error);
    if (!object)
        return;
    vonk_op_work *work = work_of(space, vonk_json_text(object, "metadata.namespace"),
                                 vonk_json_text(object, "metadata.name"));
    if (!work)
        return;
    if (change == VONK_KUBE_ADDED && !vonk_json_int(object, "status.attempt", 0))
        work->seen_us = vonk_op_now_us();
    if (change == VONK_KUBE_DELETED) { /* a job of this name to come is another one */
        const vonk_op_refusal none = {0};
        vonk_op_work_refuse(work, &none);
        work->absent_attempt = 0;
    }
    work->again = true;
    vonk_op_enqueue(space->controller, work->key, 0);
}

static void pod_changed(void *context, vonk_kube_change change, const cJSON *object,
                        const vonk_error *error)
{
    vonk_op_space *space = context;
    if (change == VONK_KUBE_TROUBLE)
        watch_trouble(space, error);
    const char *job = vonk_json_entry(object, "metadata.labels", "vonk.dev/job");
    if (!object || !job[0])
        return;
    vonk_op_work *work = work_of(space, vonk_json_text(object, "metadata.namespace"), job);
    if (!work)
        return;
    if (change == VONK_KUBE_DELETED)
        vonk_op_work_remove_pod(work, vonk_json_text(object, "metadata.name"));
    else
        vonk_op_work_add_pod(work, vonk_json_text(object, "metadata.name"));
    work->again = true;
    vonk_op_enqueue(space->controller, work->key, 0);
}

/* ---- deciding ---- */

static bool is_synced(const vonk_op_space *space)
{
    return vonk_kube_watch_synced(space->jobs) && vonk_kube_watch_synced(space->pods);
}

static vonk_status observe(vonk_op_run *run, const cJSON *object, vonk_error *err)
{
    const vonk_op_work *work = run->work;
    vonk_op_observation *seen = &run->seen;
    seen->now_s = (int64_t)time(NULL);
    seen->absent_attempt = work->absent_attempt;
    VONK_TRY(vonk_op_read_job(object, &run->arena, &seen->job, err));
    run->namespace_name = seen->job.namespace_name;
    const char *revision = vonk_json_text(object, "metadata.resourceVersion");
    run->revision = vonk_arena_strndup(&run->arena, revision, strlen(revision), err);
    VONK_TRY_ALLOC(run->revision);
    seen->refusal = work->refusal;
    const char *message = work->refusal_text ? work->refusal_text : "";
    seen->refusal.message = vonk_arena_strndup(&run->arena, message, strlen(message), err);
    VONK_TRY_ALLOC(seen->refusal.message);
    vonk_op_pod *pods = VONK_NEW_ARRAY(&run->arena, vonk_op_pod, work->n_pods, err);
    VONK_TRY_ALLOC(pods);
    for (uint32_t i = 0; i < work->n_pods; i++) {
        const cJSON *pod =
            vonk_kube_watch_find(work->space->pods, run->namespace_name, work->pods[i]);
        if (pod)
            VONK_TRY(vonk_op_read_pod(pod, &run->arena, &pods[seen->n_pods++], err));
    }
    seen->pods = pods;
    return VONK_OK;
}

static void count_state(vonk_op_controller *c, vonk_op_work *work, const char *reason)
{
    int state = reason ? vonk_op_stats_state(reason) : -1;
    if (work->state >= 0)
        c->settings.stats->jobs[work->state]--;
    if (state >= 0)
        c->settings.stats->jobs[state]++;
    work->state = state;
}

static void look_again(vonk_op_controller *c, const vonk_op_run *run)
{
    int64_t wait_s = c->settings.resync_s;
    int64_t again_s = run->decision.again_s - run->seen.now_s;
    if (run->decision.again_s && again_s < wait_s)
        wait_s = again_s;
    vonk_op_enqueue(c, run->work->key, wait_s * 1000);
}

static void decide(vonk_op_controller *c, vonk_op_work *work, const cJSON *object)
{
    vonk_error err = {0};
    vonk_op_run *run = calloc(1, sizeof *run);
    if (!run)
        return;
    run->controller = c;
    run->work = work;
    vonk_status status = observe(run, object, &err);
    if (status == VONK_OK)
        status = vonk_op_decide(&run->seen, &run->arena, &run->decision, &err);
    c->settings.stats->n_reconciles++;
    if (status != VONK_OK) {
        vonk_op_say(c->settings.log, VONK_OP_ERROR, work->key, "%s", err.message);
        vonk_op_enqueue(c, work->key, 1000);
        vonk_op_run_free(run);
        return;
    }
    count_state(c, work, run->decision.status.conditions[VONK_OP_SUCCEEDED].reason);
    if (run->decision.n_actions) {
        vonk_op_carry_out(run);
        return;
    }
    vonk_kube_queue_succeeded(c->queue, work->key);
    look_again(c, run);
    vonk_op_run_free(run);
}

static void reconcile(vonk_op_controller *c, const char *key)
{
    vonk_op_work *work = vonk_op_works_find(&c->works, key);
    if (!work)
        return;
    if (work->run) {
        work->again = true;
        return;
    }
    if (!c->leading || !is_synced(work->space))
        return; /* all are looked at when that changes */
    char space[256];
    (void)snprintf(space, sizeof space, "%.*s", (int)(work->name - work->key - 1), work->key);
    const cJSON *object = vonk_kube_watch_find(work->space->jobs, space, work->name);
    if (object) {
        decide(c, work, object);
        return;
    }
    count_state(c, work, NULL);
    if (!work->n_pods)
        vonk_op_works_remove(&c->works, work);
}

static void enqueue_all(vonk_op_controller *c)
{
    for (uint32_t i = 0; i < c->works.n_buckets; i++)
        for (vonk_op_work *work = c->works.buckets[i]; work; work = work->next)
            vonk_op_enqueue(c, work->key, 0);
}

static void space_synced(void *context)
{
    vonk_op_space *space = context;
    space->trouble[0] = '\0';
    if (is_synced(space))
        enqueue_all(space->controller);
}

static void on_job(void *context, vonk_kube_change change, const cJSON *object,
                   const vonk_error *error)
{
    if (change == VONK_KUBE_SYNCED)
        space_synced(context);
    else
        job_changed(context, change, object, error);
}

static void on_pod(void *context, vonk_kube_change change, const cJSON *object,
                   const vonk_error *error)
{
    if (change == VONK_KUBE_SYNCED)
        space_synced(context);
    else
        pod_changed(context, change, object, error);
}

int vonk_op_controller_run(vonk_op_controller *controller)
{
    int64_t now_ms = vonk_op_now_us() / 1000;
    const char *key;
    for (int i = 0; i < MAX_ROUND && (key = vonk_kube_queue_next(controller->queue, now_ms)); i++) {
        char *copy = strdup(key);
        if (copy)
            reconcile(controller, copy);
        free(copy);
    }
    controller->settings.stats->queue_depth = vonk_kube_queue_depth(controller->queue);
    int64_t wait_ms = vonk_kube_queue_wait_ms(controller->queue, now_ms);
    return wait_ms < 0 || wait_ms > 1000 ? 1000 : (int)wait_ms;
}

void vonk_op_controller_lead(vonk_op_controller *controller, bool leading)
{
    controller->leading = leading;
    controller->settings.stats->leading = leading;
    if (leading)
        enqueue_all(controller);
}

void vonk_op_controller_missing(const vonk_op_controller *controller, vonk_buffer *out)
{
    for (uint32_t i = 0; i < controller->n_spaces; i++) {
        const vonk_op_space *space = &controller->spaces[i];
        const char *in = space->namespace_name ? space->namespace_name : "all namespaces";
        if (!vonk_kube_watch_synced(space->jobs))
            vonk_buffer_printf(out, "vonkjobs of %s are not listed yet %s\n", in, space->trouble);
        if (!vonk_kube_watch_synced(space->pods))
            vonk_buffer_printf(out, "pods of %s are not listed yet %s\n", in, space->trouble);
    }
}

/* ---- start and end ---- */

static vonk_status start_watch(vonk_op_space *space, bool is_jobs, vonk_error *err)
{
    vonk_arena arena = {0};
    vonk_kube_path path = {.group = is_jobs ? "vonk.dev" : "",
                           .version = is_jobs ? "v1alpha1" : "v1",
                           .namespace_name = space->namespace_name,
                           .plural = is_jobs ? "vonkjobs" : "pods"};
    vonk_kube_watch_request request = {
        .path = vonk_kube_path_print(&arena, &path, NULL, err),
        .label_selector = is_jobs ? NULL : POD_SELECTOR,
        .context = space,
        .on_change = is_jobs ? on_job : on_pod,
    };
    vonk_status status = VONK_NO_MEMORY;
    if (request.path)
        status = vonk_kube_watch_start(space->controller->settings.kube, &request,
                                       is_jobs ? &space->jobs : &space->pods, err);
    vonk_arena_free(&arena);
    return status;
}

static vonk_status start(vonk_op_controller *c, vonk_error *err)
{
    const vonk_op_controller_settings *settings = &c->settings;
    vonk_kube_queue_settings queue = {.seed = (uint64_t)vonk_op_now_us()};
    VONK_TRY(vonk_kube_queue_new(&queue, &c->queue, err));
    VONK_TRY(vonk_kube_events_new(settings->kube, "vonk.dev/operator", settings->instance,
                                  &c->events, err));
    uint32_t n = settings->n_namespaces ? settings->n_namespaces : 1;
    c->spaces = calloc(n, sizeof *c->spaces);
    if (!c->spaces)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    for (uint32_t i = 0; i < n; i++) {
        vonk_op_space *space = &c->spaces[i];
        space->controller = c;
        space->namespace_name = settings->n_namespaces ? settings->namespaces[i] : NULL;
        VONK_TRY(start_watch(space, true, err));
        c->n_spaces = i + 1; /* from here on it is stopped at the end */
        VONK_TRY(start_watch(space, false, err));
    }
    return VONK_OK;
}

vonk_status vonk_op_controller_new(const vonk_op_controller_settings *settings,
                                   vonk_op_controller **ret, vonk_error *err)
{
    vonk_op_controller *c = calloc(1, sizeof *c);
    if (!c)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    c->settings = *settings;
    vonk_status status = start(c, err);
    if (status == VONK_OK)
        *ret = c;
    else
        vonk_op_controller_free(c);
    return status;
}

void vonk_op_controller_free(vonk_op_controller *controller)
{
    if (!controller)
        return;
    for (uint32_t i = 0; i < controller->n_spaces; i++) {
        vonk_kube_watch_stop(controller->spaces[i].jobs);
        if (controller->spaces[i].pods)
            vonk_kube_watch_stop(controller->spaces[i].pods);
    }
    for (uint32_t i = 0; i < controller->works.n_buckets; i++)
        for (vonk_op_work *work = controller->works.buckets[i]; work; work = work->next)
            vonk_op_run_free(work->run);
    vonk_op_works_free(&controller->works);
    if (controller->events)
        vonk_kube_events_free(controller->events);
    vonk_kube_queue_free(controller->queue);
    free(controller->spaces);
    free(controller);
}
