/* read.c - see read.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kube/json.h"
#include "kube/time.h"
#include "operator/decide.h"
#include "operator/read.h"

#define MAX_NUMBER  1000000000000 /* of seconds and counts, so that sums of them fit */
#define MAX_FAILURE 4096          /* bytes of lastFailure.message, as the CRD says */

typedef struct reader {
    vonk_arena *arena;
    vonk_error *err;
    bool no_memory;
} reader;

static const char *copy(reader *r, const char *text)
{
    if (!text[0])
        return "";
    const char *made = vonk_arena_strndup(r->arena, text, strlen(text), r->err);
    r->no_memory |= !made;
    return made ? made : "";
}

static const char *get_text(reader *r, const cJSON *object, const char *path)
{
    return copy(r, vonk_json_text(object, path));
}

/* Without the line end that a program puts after its last word. */
static const char *get_words(reader *r, const cJSON *object, const char *path)
{
    const char *text = vonk_json_text(object, path);
    size_t length = strlen(text);
    while (length && (text[length - 1] == '\n' || text[length - 1] == ' '))
        length--;
    const char *made = vonk_arena_strndup(r->arena, text, length, r->err);
    r->no_memory |= !made;
    return made ? made : "";
}

static int64_t get_int(const cJSON *object, const char *path, int64_t otherwise)
{
    int64_t n = vonk_json_int(object, path, otherwise);
    return n > MAX_NUMBER ? MAX_NUMBER : n < -1 ? -1 : n;
}

static int64_t get_time(const cJSON *object, const char *path)
{
    int64_t seconds;
    const char *text = vonk_json_text(object, path);
    return text[0] && vonk_kube_time_parse(text, &seconds) ? seconds : 0;
}

/* ---- hash of the spec ---- */

static uint64_t mix(uint64_t hash, const void *data, size_t n)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ bytes[i]) * 1099511628211u;
    hash ^= hash >> 32;
    hash *= 0xd6e8feb86659fd93u;
    return hash ^ (hash >> 32);
}

typedef struct omission {
    const char *under, *key;
} omission;

static bool is_left_out(const char *under, const char *key)
{
    static const omission omissions[] = {
        {"", "backoffLimit"},
        {"", "retryBackoff"},
        {"", "activeDeadlineSeconds"},
        {"", "pendingDeadlineSeconds"},
        {"", "ttlSecondsAfterFinished"},
        {"", "suspend"},
        {"", "managedBy"},
        {"", "queue"},
        {"executors", "min"},
        {"executors", "max"},
        {"executors", "idleSeconds"},
    };
    for (size_t i = 0; i < VONK_LENGTH(omissions); i++)
        if (!strcmp(omissions[i].under, under) && !strcmp(omissions[i].key, key))
            return true;
    return false;
}

/* `under`: the key that the object is at, "" for the spec itself, NULL deeper down. */
static uint64_t hash_of(const cJSON *item, const char *under)
{
    uint64_t hash = mix(14695981039346656037u, &item->type, sizeof item->type);
    if (cJSON_IsString(item))
        return mix(hash, item->valuestring, strlen(item->valuestring));
    if (cJSON_IsNumber(item))
        return mix(hash, &item->valuedouble, sizeof item->valuedouble);
    uint64_t sum = 0;
    const cJSON *child;
    cJSON_ArrayForEach(child, item)
    {
        const char *key = child->string ? child->string : "";
        if (under && is_left_out(under, key))
            continue;
        uint64_t one = hash_of(child, under && !under[0] ? key : NULL);
        if (cJSON_IsObject(item))
            sum += mix(one, key, strlen(key));
        else
            sum = mix(sum, &one, sizeof one);
    }
    return mix(hash, &sum, sizeof sum);
}

void vonk_op_spec_hash(const cJSON *spec, char ret[17])
{
    (void)snprintf(ret, 17, "%016" PRIx64, spec ? hash_of(spec, "") : 0);
}

/* ---- VonkJob ---- */

static const char *refusal_of(const cJSON *spec)
{
    if (cJSON_GetObjectItemCaseSensitive(spec, "program"))
        return "spec.program is not supported by this version of vonk; use spec.sql";
    if (cJSON_GetObjectItemCaseSensitive(spec, "streaming"))
        return "spec.streaming is not supported by this version of vonk; leave it out";
    if (cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(spec, "files")))
        return "spec.files is not supported by this version of vonk; leave it out";
    if (!strcmp(vonk_json_text(spec, "start"), "Gang"))
        return "spec.start: Gang is not supported by this version of vonk; use Immediate";
    return NULL;
}

static vonk_op_truth truth_of(const char *name)
{
    for (int i = VONK_OP_TRUE; i <= VONK_OP_UNKNOWN; i++)
        if (!strcmp(name, vonk_op_truth_name((vonk_op_truth)i)))
            return (vonk_op_truth)i;
    return VONK_OP_UNSET;
}

static void read_condition(reader *r, const cJSON *item, vonk_op_status *ret)
{
    const char *type = vonk_json_text(item, "type");
    for (int i = 0; i < VONK_OP_N_CONDITIONS; i++) {
        if (strcmp(type, vonk_op_condition_name((vonk_op_condition_kind)i)) != 0)
            continue;
        ret->conditions[i] = (vonk_op_condition){
            .status = truth_of(vonk_json_text(item, "status")),
            .transition_s = get_time(item, "lastTransitionTime"),
            .generation = vonk_json_int(item, "observedGeneration", 0),
            .reason = get_text(r, item, "reason"),
            .message = get_text(r, item, "message"),
        };
    }
}

static void read_failure(reader *r, const cJSON *failure, vonk_op_failure *ret)
{
    ret->exit_code = -1;
    ret->reason = ret->message = ret->pod = "";
    if (!cJSON_IsObject(failure))
        return;
    ret->attempt = get_int(failure, "attempt", 0);
    ret->time_s = get_time(failure, "time");
    ret->exit_code = get_int(failure, "exitCode", -1);
    ret->reason = get_text(r, failure, "reason");
    ret->message = get_text(r, failure, "message");
    ret->pod = get_text(r, failure, "pod");
}

static void read_status(reader *r, const cJSON *status, vonk_op_status *ret)
{
    for (int i = 0; i < VONK_OP_N_CONDITIONS; i++)
        ret->conditions[i].reason = ret->conditions[i].message = "";
    ret->observed_generation = vonk_json_int(status, "observedGeneration", 0);
    ret->attempt = get_int(status, "attempt", 0);
    ret->attempt_s = get_time(status, "attemptTime");
    ret->failures = get_int(status, "failures", 0);
    ret->start_s = get_time(status, "startTime");
    ret->completion_s = get_time(status, "completionTime");
    ret->driver_pod = get_text(r, status, "driverPod");
    ret->spec_hash = get_text(r, status, "specHash");
    ret->progress = get_text(r, status, "progress");
    const cJSON *executors = vonk_json_at(status, "executors");
    ret->has_executors = cJSON_IsObject(executors);
    ret->executors.target = get_int(executors, "target", 0);
    ret->executors.ready = get_int(executors, "ready", 0);
    ret->executors.pending = get_int(executors, "pending", 0);
    ret->executors.lost = get_int(executors, "lost", 0);
    read_failure(r, vonk_json_at(status, "lastFailure"), &ret->failure);
    const cJSON *item;
    cJSON_ArrayForEach(item, vonk_json_at(status, "conditions")) read_condition(r, item, ret);
}

vonk_status vonk_op_read_job(const cJSON *object, vonk_arena *arena, vonk_op_job *ret,
                             vonk_error *err)
{
    reader r = {.arena = arena, .err = err};
    const cJSON *spec = vonk_json_at(object, "spec");
    const char *manager = vonk_json_text(spec, "managedBy");
    char hash[17];
    vonk_op_spec_hash(spec, hash);
    *ret = (vonk_op_job){
        .namespace_name = get_text(&r, object, "metadata.namespace"),
        .name = get_text(&r, object, "metadata.name"),
        .uid = get_text(&r, object, "metadata.uid"),
        .generation = vonk_json_int(object, "metadata.generation", 1),
        .deleting = vonk_json_text(object, "metadata.deletionTimestamp")[0],
        .foreign = manager[0] && strcmp(manager, VONK_OP_MANAGER) != 0,
        .suspend = vonk_json_bool(spec, "suspend", false),
        .refused = refusal_of(spec),
        .spec_hash = copy(&r, hash),
        .driver_memory = get_text(&r, spec, "driver.memory"),
        .backoff_limit = get_int(spec, "backoffLimit", 3),
        .backoff_base_s = get_int(spec, "retryBackoff.baseSeconds", 10),
        .backoff_max_s = get_int(spec, "retryBackoff.maxSeconds", 300),
        .backoff_reset_s = get_int(spec, "retryBackoff.resetAfterSeconds", 3600),
        .active_deadline_s = get_int(spec, "activeDeadlineSeconds", 0),
        .pending_deadline_s = get_int(spec, "pendingDeadlineSeconds", 600),
        .ttl_s = get_int(spec, "ttlSecondsAfterFinished", 86400),
        .min_executors = get_int(spec, "executors.min", 1),
    };
    read_status(&r, vonk_json_at(object, "status"), &ret->status);
    return r.no_memory ? VONK_NO_MEMORY : VONK_OK;
}

/* ---- pods ---- */

static vonk_op_phase phase_of(const char *name)
{
    static const char *const names[] = {"Pending", "Running", "Succeeded", "Failed"};
    for (int i = 0; i < (int)VONK_LENGTH(names); i++)
        if (!strcmp(name, names[i]))
            return (vonk_op_phase)i;
    return name[0] ? VONK_OP_POD_UNKNOWN : VONK_OP_POD_PENDING;
}

static const cJSON *find_by(const cJSON *list, const char *key, const char *value)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list) if (!strcmp(vonk_json_text(item, key), value)) return item;
    return NULL;
}

static void read_container(reader *r, const cJSON *container, vonk_op_pod *ret)
{
    const cJSON *state = vonk_json_at(container, "state");
    const cJSON *ended = vonk_json_at(state, "terminated");
    const cJSON *runs = vonk_json_at(state, "running");
    const cJSON *waits = vonk_json_at(state, "waiting");
    ret->terminated = ended != NULL;
    ret->started = ended || runs;
    ret->started_s = get_time(ended ? ended : runs, "startedAt");
    ret->finished_s = get_time(ended, "finishedAt");
    ret->exit_code = vonk_json_int(ended, "exitCode", -1);
    ret->exit_reason = get_text(r, ended, "reason");
    if (!strcmp(ret->exit_reason, "Error") || !strcmp(ret->exit_reason, "Completed"))
        ret->exit_reason = "";
    ret->exit_message = get_words(r, ended, "message");
    ret->waiting_reason = get_text(r, waits, "reason");
    ret->waiting_message = get_text(r, waits, "message");
}

static void read_conditions(reader *r, const cJSON *conditions, vonk_op_pod *ret)
{
    const cJSON *ready = find_by(conditions, "type", "Ready");
    const cJSON *scheduled = find_by(conditions, "type", "PodScheduled");
    const cJSON *target = find_by(conditions, "type", "DisruptionTarget");
    ret->ready = !strcmp(vonk_json_text(ready, "status"), "True");
    ret->unscheduled = "";
    ret->disruption = ret->disruption_reason = "";
    if (!strcmp(vonk_json_text(scheduled, "status"), "False"))
        ret->unscheduled = get_text(r, scheduled, "message");
    if (strcmp(vonk_json_text(target, "status"), "True") != 0)
        return;
    ret->disruption = get_text(r, target, "message");
    ret->disruption_reason = get_text(r, target, "reason");
    if (!ret->disruption_reason[0])
        ret->disruption_reason = "DisruptionTarget";
}

static int64_t number_of(const char *text, int64_t otherwise)
{
    int64_t n = 0;
    size_t length = strspn(text, "0123456789");
    if (!length || length > 9 || text[length])
        return otherwise;
    for (; *text; text++)
        n = n * 10 + (*text - '0');
    return n;
}

static const char *controller_of(const cJSON *object)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, vonk_json_at(object, "metadata.ownerReferences"))
    {
        if (vonk_json_bool(item, "controller", false))
            return vonk_json_text(item, "uid");
    }
    return "";
}

vonk_status vonk_op_read_pod(const cJSON *object, vonk_arena *arena, vonk_op_pod *ret,
                             vonk_error *err)
{
    reader r = {.arena = arena, .err = err};
    const char *role = vonk_json_entry(object, "metadata.labels", "vonk.dev/role");
    const char *attempt = vonk_json_entry(object, "metadata.labels", "vonk.dev/attempt");
    const char *target = vonk_json_entry(object, "metadata.annotations", "vonk.dev/executors");
    const cJSON *containers = vonk_json_at(object, "status.containerStatuses");
    *ret = (vonk_op_pod){
        .name = get_text(&r, object, "metadata.name"),
        .uid = get_text(&r, object, "metadata.uid"),
        .owner = copy(&r, controller_of(object)),
        .is_driver = !strcmp(role, "driver"),
        .attempt = number_of(attempt, 0),
        .created_s = get_time(object, "metadata.creationTimestamp"),
        .deletion_s = get_time(object, "metadata.deletionTimestamp"),
        .phase = phase_of(vonk_json_text(object, "status.phase")),
        .reason = get_text(&r, object, "status.reason"),
        .message = get_text(&r, object, "status.message"),
        .spec_hash =
            copy(&r, vonk_json_entry(object, "metadata.annotations", "vonk.dev/spec-hash")),
        .progress = copy(&r, vonk_json_entry(object, "metadata.annotations", "vonk.dev/progress")),
        .target = number_of(target, -1),
    };
    read_conditions(&r, vonk_json_at(object, "status.conditions"), ret);
    read_container(&r, find_by(containers, "name", role), ret);
    return r.no_memory ? VONK_NO_MEMORY : VONK_OK;
}

/* ---- writing ---- */

static void put_text(cJSON *object, const char *key, const char *text)
{
    if (text && text[0])
        vonk_json_put_text(object, key, text);
    else
        vonk_json_put(object, key, cJSON_CreateNull());
}

/* As much of a text as the CRD takes, without half a character at the end. */
static void put_cut(cJSON *object, const char *key, const char *text)
{
    char cut[MAX_FAILURE + 1];
    size_t length = strlen(text);
    if (length > MAX_FAILURE) {
        length = MAX_FAILURE;
        while (length && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    memcpy(cut, text, length);
    cut[length] = '\0';
    put_text(object, key, cut);
}

static void put_time(cJSON *object, const char *key, int64_t seconds)
{
    char text[VONK_KUBE_TIME_SIZE];
    put_text(object, key, seconds ? vonk_kube_time_print(seconds, text) : NULL);
}

static void put_conditions(cJSON *object, const vonk_op_condition *conditions)
{
    cJSON *list = vonk_json_put_array(object, "conditions");
    for (int i = 0; i < VONK_OP_N_CONDITIONS; i++) {
        const vonk_op_condition *c = &conditions[i];
        char text[VONK_KUBE_TIME_SIZE];
        if (c->status == VONK_OP_UNSET)
            continue;
        cJSON *item = vonk_json_push(list, cJSON_CreateObject());
        vonk_json_put_text(item, "type", vonk_op_condition_name((vonk_op_condition_kind)i));
        vonk_json_put_text(item, "status", vonk_op_truth_name(c->status));
        vonk_json_put_int(item, "observedGeneration", c->generation);
        vonk_json_put_text(item, "lastTransitionTime", vonk_kube_time_print(c->transition_s, text));
        vonk_json_put_text(item, "reason", c->reason[0] ? c->reason : "Unknown");
        vonk_json_put_text(item, "message", c->message);
    }
}

static void put_failure(cJSON *object, const vonk_op_failure *failure)
{
    if (!failure->attempt) {
        vonk_json_put(object, "lastFailure", cJSON_CreateNull());
        return;
    }
    cJSON *item = vonk_json_put_object(object, "lastFailure");
    vonk_json_put_int(item, "attempt", failure->attempt);
    put_time(item, "time", failure->time_s);
    if (failure->exit_code >= 0)
        vonk_json_put_int(item, "exitCode", failure->exit_code);
    else
        vonk_json_put(item, "exitCode", cJSON_CreateNull());
    put_text(item, "reason", failure->reason);
    put_cut(item, "message", failure->message);
    put_text(item, "pod", failure->pod);
}

cJSON *vonk_op_status_json(const vonk_op_status *status)
{
    cJSON *object = cJSON_CreateObject();
    vonk_json_put_int(object, "observedGeneration", status->observed_generation);
    vonk_json_put_int(object, "attempt", status->attempt);
    put_time(object, "attemptTime", status->attempt_s);
    vonk_json_put_int(object, "failures", status->failures);
    put_time(object, "startTime", status->start_s);
    put_time(object, "completionTime", status->completion_s);
    put_text(object, "driverPod", status->driver_pod);
    put_text(object, "specHash", status->spec_hash);
    put_text(object, "progress", status->progress);
    if (status->has_executors) {
        cJSON *executors = vonk_json_put_object(object, "executors");
        vonk_json_put_int(executors, "target", status->executors.target);
        vonk_json_put_int(executors, "ready", status->executors.ready);
        vonk_json_put_int(executors, "pending", status->executors.pending);
        vonk_json_put_int(executors, "lost", status->executors.lost);
    } else {
        vonk_json_put(object, "executors", cJSON_CreateNull());
    }
    put_failure(object, &status->failure);
    put_conditions(object, status->conditions);
    return object;
}
