/* carry.c - the actions of a decision as requests to the API server, step by step. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "kube/json.h"
#include "operator/controller_internal.h"
#include "operator/read.h"

#define LATER_MS 1000 /* until what was deleted is looked at again, unless a watch tells */

typedef struct call {
    vonk_op_run *run;
    const vonk_op_action *action;
    const char *method, *path;
} call;

static void end_step(vonk_op_run *run);

static void finish_call(vonk_op_run *run)
{
    if (--run->n_pending == 0)
        end_step(run);
}

static void complain(vonk_op_run *run, const char *what)
{
    const vonk_op_controller *c = run->controller;
    run->failed = true;
    vonk_op_say(c->settings.log, VONK_OP_WARN, run->work->key, "%s", what);
}

/* ---- requests ---- */

static vonk_status send_call(call *one, const cJSON *body, const char *content_type,
                             vonk_kube_done on_done, vonk_error *err)
{
    vonk_kube_request request = {
        .method = one->method,
        .path = one->path,
        .content_type = content_type,
        .body = body,
        .context = one,
        .on_done = on_done,
    };
    return vonk_kube_send(one->run->controller->settings.kube, &request, err);
}

static const char *path_of(vonk_op_run *run, const char *plural, const char *name, vonk_error *err)
{
    vonk_kube_path path = {.group = "",
                           .version = "v1",
                           .namespace_name = run->namespace_name,
                           .plural = plural,
                           .name = name};
    return vonk_kube_path_print(&run->arena, &path, NULL, err);
}

static const char *job_path(vonk_op_run *run, const char *subresource, vonk_error *err)
{
    vonk_kube_path path = {.group = "vonk.dev",
                           .version = "v1alpha1",
                           .namespace_name = run->namespace_name,
                           .plural = "vonkjobs",
                           .name = run->seen.job.name,
                           .subresource = subresource};
    return vonk_kube_path_print(&run->arena, &path, NULL, err);
}

static void count(call *one, const vonk_kube_reply *reply)
{
    vonk_op_stats_request(one->run->controller->settings.stats, one->method, reply->status);
}

static bool is_ok(const vonk_kube_reply *reply)
{
    return reply->error.status == VONK_OK;
}

/* ---- status and job ---- */

static void status_done(void *context, const vonk_kube_reply *reply)
{
    call *one = context;
    vonk_op_run *run = one->run;
    vonk_op_controller *c = run->controller;
    vonk_error err = {0};
    count(one, reply);
    if (is_ok(reply) && reply->object) {
        run->wrote = true;
        if (vonk_kube_watch_expect(run->work->space->jobs, reply->object, &err) != VONK_OK)
            complain(run, err.message);
    } else if (reply->status == 409) {
        c->settings.stats->n_conflicts++;
        run->failed = true; /* the watch brings what has changed */
    } else if (reply->error.status == VONK_NOT_FOUND) {
        run->stopped = true;
    } else {
        complain(run, reply->error.message);
    }
    finish_call(run);
}

static vonk_status write_status(call *one, vonk_error *err)
{
    vonk_op_run *run = one->run;
    one->method = "PATCH";
    VONK_TRY_ALLOC(one->path = job_path(run, "status", err));
    cJSON *body = cJSON_CreateObject();
    vonk_json_put_text(vonk_json_put_object(body, "metadata"), "resourceVersion", run->revision);
    vonk_json_put(body, "status", vonk_op_status_json(&run->decision.status));
    vonk_status status = send_call(one, body, "application/merge-patch+json", status_done, err);
    cJSON_Delete(body);
    return status;
}

static void delete_done(void *context, const vonk_kube_reply *reply)
{
    call *one = context;
    vonk_op_run *run = one->run;
    vonk_kube_watch *pods = run->work->space->pods;
    vonk_error err = {0};
    count(one, reply);
    bool gone = reply->status == 404 || reply->status == 409; /* 409: another uid */
    if (!is_ok(reply) && !gone)
        complain(run, reply->error.message);
    /* What is on its way out is not deleted again; what went at once was taken out by the watch. */
    if (is_ok(reply) && one->action->kind == VONK_OP_DELETE_POD && !one->action->force &&
        !strcmp(vonk_json_text(reply->object, "kind"), "Pod") &&
        vonk_kube_watch_find(pods, run->namespace_name, one->action->pod) &&
        vonk_kube_watch_expect(pods, reply->object, &err) != VONK_OK)
        complain(run, err.message);
    finish_call(run);
}

static vonk_status send_delete(call *one, const char *uid, vonk_error *err)
{
    bool is_job = one->action->kind == VONK_OP_DELETE_JOB;
    one->method = "DELETE";
    one->path =
        is_job ? job_path(one->run, NULL, err) : path_of(one->run, "pods", one->action->pod, err);
    VONK_TRY_ALLOC(one->path);
    cJSON *body = cJSON_CreateObject();
    vonk_json_put_text(body, "apiVersion", "v1");
    vonk_json_put_text(body, "kind", "DeleteOptions");
    vonk_json_put_text(body, "propagationPolicy", "Background");
    vonk_json_put_text(vonk_json_put_object(body, "preconditions"), "uid", uid);
    if (one->action->force)
        vonk_json_put_int(body, "gracePeriodSeconds", 0);
    vonk_status status = send_call(one, body, NULL, delete_done, err);
    cJSON_Delete(body);
    return status;
}

/* ---- what an attempt is made of ---- */

static void refuse(call *one, bool foreign, bool invalid, const char *message)
{
    vonk_op_run *run = one->run;
    vonk_op_refusal refusal = {.attempt = one->action->attempt,
                               .at_s = run->seen.now_s,
                               .foreign = foreign,
                               .invalid = invalid,
                               .message = message};
    vonk_op_work_refuse(run->work, &refusal);
    run->stopped = true;
    vonk_op_say(run->controller->settings.log, VONK_OP_WARN, run->work->key, "%s", message);
}

static const char *owner_of(const cJSON *object)
{
    const cJSON *owners = vonk_json_at(object, "metadata.ownerReferences");
    return vonk_json_text(cJSON_GetArrayItem(owners, 0), "uid");
}

/* The driver pod as the API server has it goes into the store. */
static void know_driver(call *one, const cJSON *pod)
{
    vonk_op_run *run = one->run;
    vonk_error err = {0};
    const vonk_op_refusal none = {0};
    vonk_op_work_refuse(run->work, &none);
    vonk_op_work_add_pod(run->work, vonk_json_text(pod, "metadata.name"));
    if (run->work->absent_attempt == one->action->attempt)
        run->work->absent_attempt = 0;
    if (vonk_kube_watch_expect(run->work->space->pods, pod, &err) != VONK_OK)
        complain(run, err.message);
    run->wrote = true;
}

/* Something of this name is there already: whose is it? */
static void owner_seen(void *context, const vonk_kube_reply *reply)
{
    call *one = context;
    vonk_op_run *run = one->run;
    bool is_driver = one->action->kind == VONK_OP_MAKE_DRIVER;
    count(one, reply);
    if (!is_ok(reply)) {
        run->failed = true; /* gone again, or no answer: the next decision sees */
    } else if (strcmp(owner_of(reply->object), run->seen.job.uid) != 0) {
        char message[512];
        (void)snprintf(message, sizeof message,
                       "%s %s belongs to something else, perhaps an earlier job of this name that "
                       "is still being deleted; waiting until it is gone",
                       is_driver                                  ? "pod"
                       : one->action->kind == VONK_OP_MAKE_SECRET ? "secret"
                                                                  : "configmap",
                       vonk_json_text(reply->object, "metadata.name"));
        refuse(one, true, false, message);
    } else if (is_driver) {
        know_driver(one, reply->object);
    }
    finish_call(run);
}

static void made(void *context, const vonk_kube_reply *reply)
{
    call *one = context;
    vonk_op_run *run = one->run;
    vonk_error err = {0};
    count(one, reply);
    if (reply->error.status == VONK_EXISTS) {
        one->method = "GET";
        if (send_call(one, NULL, NULL, owner_seen, &err) == VONK_OK)
            return;
        complain(run, err.message);
    } else if (is_ok(reply)) {
        if (one->action->kind == VONK_OP_MAKE_DRIVER && reply->object)
            know_driver(one, reply->object);
    } else if (reply->status >= 400 && reply->status < 500 && reply->status != 401 &&
               reply->status != 429) {
        refuse(one, false, reply->error.status == VONK_INVALID, reply->error.message);
    } else {
        complain(run, reply->error.message);
    }
    finish_call(run);
}

static vonk_status make_key(char ret[VONK_OP_KEY_SIZE], vonk_error *err)
{
    unsigned char bytes[32];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return vonk_fail(err, VONK_IO, "getrandom gives no random bytes");
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
    explicit_bzero(bytes, sizeof bytes);
    return VONK_OK;
}

static vonk_status make_body(call *one, const cJSON *job, cJSON **ret, vonk_error *err)
{
    const vonk_op_pod_settings *settings = &one->run->controller->settings.pods;
    vonk_op_attempt attempt = {
        .job = job, .number = one->action->attempt, .spec_hash = one->run->seen.job.spec_hash};
    if (one->action->kind == VONK_OP_MAKE_DRIVER)
        return vonk_op_make_driver(&attempt, settings, ret, err);
    if (one->action->kind == VONK_OP_MAKE_CONFIG) {
        *ret = vonk_op_make_config(&attempt, settings);
        return VONK_OK;
    }
    char key[VONK_OP_KEY_SIZE];
    VONK_TRY(make_key(key, err));
    *ret = vonk_op_make_secret(&attempt, key);
    explicit_bzero(key, sizeof key);
    return VONK_OK;
}

/* From the job's being seen to the request for its first driver pod. */
static void time_start(vonk_op_run *run)
{
    if (run->work->seen_us)
        vonk_op_stats_start(run->controller->settings.stats, vonk_op_now_us() - run->work->seen_us);
    run->work->seen_us = 0;
}

/* The call's path is the object's; a POST goes to its collection. */
static vonk_status post(call *one, const char *plural, const cJSON *body, vonk_error *err)
{
    const char *name = vonk_json_text(body, "metadata.name");
    call to = *one;
    to.method = one->method = "POST";
    VONK_TRY_ALLOC(to.path = path_of(one->run, plural, NULL, err));
    VONK_TRY_ALLOC(one->path = path_of(one->run, plural, name, err));
    vonk_kube_request request = {
        .method = to.method, .path = to.path, .body = body, .context = one, .on_done = made};
    return vonk_kube_send(one->run->controller->settings.kube, &request, err);
}

static vonk_status make(call *one, vonk_error *err)
{
    vonk_op_run *run = one->run;
    vonk_op_action_kind kind = one->action->kind;
    const cJSON *job =
        vonk_kube_watch_find(run->work->space->jobs, run->namespace_name, run->seen.job.name);
    /* The job has changed since, so that this attempt's pods are not what it wants. */
    char hash[17];
    vonk_op_spec_hash(vonk_json_at(job, "spec"), hash);
    if (!job || strcmp(vonk_json_text(job, "metadata.uid"), run->seen.job.uid) != 0 ||
        strcmp(hash, run->seen.job.spec_hash) != 0) {
        run->stopped = true;
        finish_call(run);
        return VONK_OK;
    }
    cJSON *body = NULL;
    vonk_status status = make_body(one, job, &body, err);
    if (status == VONK_INVALID) {
        refuse(one, false, true, err->message);
        finish_call(run);
        return VONK_OK;
    }
    VONK_TRY(status);
    if (kind == VONK_OP_MAKE_DRIVER)
        time_start(run);
    status = post(one,
                  kind == VONK_OP_MAKE_DRIVER   ? "pods"
                  : kind == VONK_OP_MAKE_SECRET ? "secrets"
                                                : "configmaps",
                  body, err);
    cJSON_Delete(body);
    return status;
}

/* ---- is the driver pod there? ---- */

static void checked(void *context, const vonk_kube_reply *reply)
{
    call *one = context;
    vonk_op_run *run = one->run;
    count(one, reply);
    bool ours = is_ok(reply) && strcmp(owner_of(reply->object), run->seen.job.uid) == 0;
    if (ours)
        know_driver(one, reply->object);
    else if (is_ok(reply) || reply->error.status == VONK_NOT_FOUND)
        run->work->absent_attempt = one->action->attempt;
    else
        complain(run, reply->error.message);
    run->wrote = true;
    finish_call(run);
}

static vonk_status check_driver(call *one, vonk_error *err)
{
    char name[128];
    (void)snprintf(name, sizeof name, "%s-%lld-driver", one->run->seen.job.name,
                   (long long)one->action->attempt);
    one->method = "GET";
    VONK_TRY_ALLOC(one->path = path_of(one->run, "pods", name, err));
    return send_call(one, NULL, NULL, checked, err);
}

/* ---- events ---- */

static void post_event(vonk_op_run *run, const vonk_op_action *action)
{
    vonk_op_controller *c = run->controller;
    const cJSON *job =
        vonk_kube_watch_find(run->work->space->jobs, run->namespace_name, run->seen.job.name);
    vonk_op_say(c->settings.log, action->warning ? VONK_OP_WARN : VONK_OP_INFO, run->work->key,
                "%s: %s", action->reason, action->note);
    if (!job)
        return;
    vonk_kube_event event = {.regarding = job,
                             .api_version = "vonk.dev/v1alpha1",
                             .kind = "VonkJob",
                             .warning = action->warning,
                             .reason = action->reason,
                             .action = "Reconcile",
                             .note = action->note};
    vonk_kube_event_post(c->events, &event);
    c->settings.stats->n_events++;
}

/* ---- steps ---- */

static vonk_status start(call *one, vonk_error *err)
{
    switch (one->action->kind) {
    case VONK_OP_WRITE_STATUS:
        return write_status(one, err);
    case VONK_OP_MAKE_SECRET:
    case VONK_OP_MAKE_CONFIG:
    case VONK_OP_MAKE_DRIVER:
        return make(one, err);
    case VONK_OP_CHECK_DRIVER:
        return check_driver(one, err);
    case VONK_OP_DELETE_POD:
        return send_delete(one, one->action->uid, err);
    case VONK_OP_DELETE_JOB:
        return send_delete(one, one->run->seen.job.uid, err);
    case VONK_OP_EVENT:
        post_event(one->run, one->action);
        finish_call(one->run);
        break;
    }
    return VONK_OK;
}

static void begin_step(vonk_op_run *run)
{
    vonk_error err = {0};
    run->n_pending = 1; /* ours, so that the step does not end under our hands */
    for (uint32_t i = 0; i < run->decision.n_actions; i++) {
        const vonk_op_action *action = &run->decision.actions[i];
        if (action->step != run->step)
            continue;
        call *one = VONK_NEW(&run->arena, call, &err);
        run->n_pending++;
        if (one)
            *one = (call){.run = run, .action = action};
        if (!one || start(one, &err) != VONK_OK) {
            complain(run, err.message);
            finish_call(run);
        }
    }
    finish_call(run);
}

void vonk_op_run_free(vonk_op_run *run)
{
    if (!run)
        return;
    vonk_arena_free(&run->arena);
    free(run);
}

static void end_run(vonk_op_run *run)
{
    vonk_op_controller *c = run->controller;
    vonk_op_work *work = run->work;
    vonk_error err = {0};
    int64_t now_ms = vonk_op_now_us() / 1000;
    if (run->failed) {
        c->settings.stats->n_errors++;
        if (vonk_kube_queue_failed(c->queue, work->key, now_ms, &err) != VONK_OK)
            vonk_op_say(c->settings.log, VONK_OP_ERROR, work->key, "%s", err.message);
    } else {
        vonk_kube_queue_succeeded(c->queue, work->key);
        vonk_op_enqueue(c, work->key, run->wrote || run->stopped || work->again ? 0 : LATER_MS);
    }
    work->again = false;
    work->run = NULL;
    vonk_op_run_free(run);
}

static void end_step(vonk_op_run *run)
{
    int next = -1;
    for (uint32_t i = 0; i < run->decision.n_actions; i++) {
        int step = run->decision.actions[i].step;
        if (step > run->step && (next < 0 || step < next))
            next = step;
    }
    run->step = next;
    if (next < 0 || run->failed || run->stopped)
        end_run(run);
    else
        begin_step(run);
}

void vonk_op_carry_out(vonk_op_run *run)
{
    run->work->run = run;
    run->work->again = false;
    run->step = -1;
    run->n_pending = 1;
    finish_call(run);
}
