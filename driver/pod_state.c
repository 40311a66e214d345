/* pod_state.c - what a pod's status says: whether it is over and why, what it waits for. */
#include <stdio.h>
#include <string.h>

#include "driver/pod_json.h"

static const cJSON *field(const cJSON *object, const char *key)
{
    return object ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
}

/* The text of a field, or "". */
static const char *text(const cJSON *object, const char *key)
{
    const char *value = cJSON_GetStringValue(field(object, key));
    return value ? value : "";
}

/* The entry of a list whose field `key` is `value`. */
static const cJSON *find(const cJSON *list, const char *key, const char *value)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (!strcmp(text(item, key), value))
            return item;
    }
    return NULL;
}

static const cJSON *container_state(const cJSON *pod, const char *kind)
{
    const cJSON *list = field(field(pod, "status"), "containerStatuses");
    return field(field(find(list, "name", "executor"), "state"), kind);
}

/* "REASON: MESSAGE", of which either may be missing. */
static void say(char *ret, size_t size, const char *reason, const char *message)
{
    (void)snprintf(ret, size, "%s%s%s", reason, *reason && *message ? ": " : "", message);
}

static const char *memory_limit(const cJSON *pod)
{
    const cJSON *list = field(field(pod, "spec"), "containers");
    const cJSON *container = find(list, "name", "executor");
    return text(field(field(container, "resources"), "limits"), "memory");
}

static void describe_end(const cJSON *pod, const cJSON *terminated, char *ret, size_t size)
{
    const char *reason = text(terminated, "reason"), *limit = memory_limit(pod);
    const cJSON *code = field(terminated, "exitCode");
    int status = cJSON_IsNumber(code) ? code->valueint : -1;
    if (!strcmp(reason, "OOMKilled"))
        (void)snprintf(ret, size, "OOMKilled: it needed more memory than its limit%s%s",
                       *limit ? " of " : "", limit);
    else if (*text(terminated, "message"))
        say(ret, size, reason, text(terminated, "message"));
    else if (status > 128)
        (void)snprintf(ret, size, "its container was killed by signal %d", status - 128);
    else
        (void)snprintf(ret, size, "its container ended with status %d", status);
}

/* Reasons of a waiting container that no time heals. */
static bool is_hopeless(const char *reason)
{
    return !strcmp(reason, "InvalidImageName") || !strcmp(reason, "ErrImageNeverPull");
}

bool vonk_pod_is_over(const cJSON *pod, char *ret, size_t size)
{
    const cJSON *status = field(pod, "status"), *terminated = container_state(pod, "terminated");
    const cJSON *waiting = container_state(pod, "waiting");
    const cJSON *disruption = find(field(status, "conditions"), "type", "DisruptionTarget");
    const char *phase = text(status, "phase");
    bool over = !strcmp(phase, "Failed") || !strcmp(phase, "Succeeded");
    if (*text(status, "reason") && over) /* Evicted, NodeShutdown, ... */
        say(ret, size, text(status, "reason"), text(status, "message"));
    else if (disruption && !strcmp(text(disruption, "status"), "True"))
        say(ret, size, text(disruption, "reason"), text(disruption, "message"));
    else if (terminated)
        describe_end(pod, terminated, ret, size);
    else if (field(field(pod, "metadata"), "deletionTimestamp"))
        (void)snprintf(ret, size, "somebody deleted its pod");
    else if (waiting && is_hopeless(text(waiting, "reason")))
        say(ret, size, text(waiting, "reason"), text(waiting, "message"));
    else if (over)
        (void)snprintf(ret, size, "its pod is in phase %s", phase);
    else
        return false;
    return true;
}

void vonk_pod_trouble(const cJSON *pod, char *ret, size_t size)
{
    const cJSON *conditions = field(field(pod, "status"), "conditions");
    const cJSON *scheduled = find(conditions, "type", "PodScheduled");
    const cJSON *waiting = container_state(pod, "waiting");
    const char *reason = text(waiting, "reason");
    ret[0] = '\0';
    if (scheduled && !strcmp(text(scheduled, "status"), "False"))
        say(ret, size, text(scheduled, "reason"), text(scheduled, "message"));
    else if (*reason && strcmp(reason, "ContainerCreating") != 0 &&
             strcmp(reason, "PodInitializing") != 0)
        say(ret, size, reason, text(waiting, "message"));
}
