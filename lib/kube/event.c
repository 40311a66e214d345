/* event.c - events.k8s.io/v1. */
#include "kube/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kube/internal.h"
#include "kube/json.h"
#include "kube/time.h"

#define N_KNOWN   256    /* events that may become series */
#define SERIES_MS 600000 /* a later one is an event of its own */
#define MAX_NOTE  1000

typedef struct known {
    uint64_t hash; /* of object, reason and note; 0: free */
    int64_t at_ms;
    uint32_t count;
    char namespace_name[64], name[256];
} known;

struct vonk_kube_events {
    vonk_kube *kube;
    char *controller, *instance;
    known known[N_KNOWN];
    uint32_t next; /* the place that is used next */
};

vonk_status vonk_kube_events_new(vonk_kube *kube, const char *controller, const char *instance,
                                 vonk_kube_events **ret, vonk_error *err)
{
    vonk_kube_events *events = calloc(1, sizeof(*events));
    if (events) {
        events->kube = kube;
        events->controller = strdup(controller);
        events->instance = strdup(instance);
    }
    if (!events || !events->controller || !events->instance) {
        vonk_kube_events_free(events);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    }
    *ret = events;
    return VONK_OK;
}

void vonk_kube_events_free(vonk_kube_events *events)
{
    if (!events)
        return;
    free(events->controller);
    free(events->instance);
    free(events);
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return (hash ^ 0xff) * UINT64_C(0x100000001b3);
}

static uint64_t hash_of(const vonk_kube_event *event)
{
    uint64_t hash =
        hash_text(UINT64_C(0xcbf29ce484222325), vonk_json_text(event->regarding, "metadata.uid"));
    hash = hash_text(hash, event->reason);
    hash = hash_text(hash, event->note);
    return hash ? hash : 1;
}

static char *now_text(char *ret)
{
    struct timespec ts = {0};
    (void)clock_gettime(CLOCK_REALTIME, &ts);
    return vonk_kube_time_print_micro((int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000, ret);
}

static void send(vonk_kube_events *events, const char *method, const char *namespace_name,
                 const char *name, const cJSON *body)
{
    vonk_arena arena = {0};
    vonk_error ignored;
    vonk_kube_path path = {.group = "events.k8s.io",
                           .version = "v1",
                           .namespace_name = namespace_name,
                           .plural = "events",
                           .name = name};
    bool patch = name != NULL;
    vonk_kube_request request = {.method = method,
                                 .path = vonk_kube_path_print(&arena, &path, NULL, &ignored),
                                 .content_type = patch ? "application/merge-patch+json" : NULL,
                                 .body = body};
    if (request.path && vonk_kube_send(events->kube, &request, &ignored) != VONK_OK)
        (void)ignored; /* a courtesy */
    vonk_arena_free(&arena);
}

static void post_series(vonk_kube_events *events, known *k)
{
    char now[VONK_KUBE_TIME_SIZE];
    cJSON *body = cJSON_CreateObject();
    cJSON *series = vonk_json_put_object(body, "series");
    k->count++;
    k->at_ms = vonk_kube_now_ms();
    vonk_json_put_int(series, "count", k->count);
    vonk_json_put_text(series, "lastObservedTime", now_text(now));
    send(events, "PATCH", k->namespace_name, k->name, body);
    cJSON_Delete(body);
}

/* At most MAX_NOTE bytes, not in the middle of a character. */
static void put_note(cJSON *body, const char *note)
{
    char text[MAX_NOTE + 1];
    size_t n = strlen(note);
    n = n < MAX_NOTE ? n : MAX_NOTE;
    while (n && note[n] && ((unsigned char)note[n] & 0xc0) == 0x80)
        n--;
    memcpy(text, note, n);
    text[n] = 0;
    vonk_json_put_text(body, "note", text);
}

static void put_regarding(cJSON *body, const vonk_kube_event *event)
{
    cJSON *regarding = vonk_json_put_object(body, "regarding");
    const cJSON *of = event->regarding;
    const char *version = vonk_json_text(of, "apiVersion"), *kind = vonk_json_text(of, "kind");
    vonk_json_put_text(regarding, "apiVersion", *version ? version : event->api_version);
    vonk_json_put_text(regarding, "kind", *kind ? kind : event->kind);
    vonk_json_put_text(regarding, "namespace", vonk_json_text(of, "metadata.namespace"));
    vonk_json_put_text(regarding, "name", vonk_json_text(of, "metadata.name"));
    vonk_json_put_text(regarding, "uid", vonk_json_text(of, "metadata.uid"));
    vonk_json_put_text(regarding, "resourceVersion",
                       vonk_json_text(of, "metadata.resourceVersion"));
}

static void post_first(vonk_kube_events *events, const vonk_kube_event *event, known *k)
{
    char now[VONK_KUBE_TIME_SIZE];
    cJSON *body = cJSON_CreateObject();
    vonk_json_put_text(body, "apiVersion", "events.k8s.io/v1");
    vonk_json_put_text(body, "kind", "Event");
    cJSON *metadata = vonk_json_put_object(body, "metadata");
    vonk_json_put_text(metadata, "name", k->name);
    vonk_json_put_text(metadata, "namespace", k->namespace_name);
    vonk_json_put_text(body, "eventTime", now_text(now));
    vonk_json_put_text(body, "type", event->warning ? "Warning" : "Normal");
    vonk_json_put_text(body, "reason", event->reason);
    vonk_json_put_text(body, "action", event->action);
    put_note(body, event->note);
    vonk_json_put_text(body, "reportingController", events->controller);
    vonk_json_put_text(body, "reportingInstance", events->instance);
    put_regarding(body, event);
    send(events, "POST", k->namespace_name, NULL, body);
    cJSON_Delete(body);
}

void vonk_kube_event_post(vonk_kube_events *events, const vonk_kube_event *event)
{
    uint64_t hash = hash_of(event);
    int64_t now = vonk_kube_now_ms();
    for (uint32_t i = 0; i < N_KNOWN; i++) {
        if (events->known[i].hash == hash && now - events->known[i].at_ms < SERIES_MS) {
            post_series(events, &events->known[i]);
            return;
        }
    }
    known *k = &events->known[events->next];
    events->next = (events->next + 1) % N_KNOWN;
    *k = (known){.hash = hash, .at_ms = now, .count = 1};
    (void)snprintf(k->namespace_name, sizeof(k->namespace_name), "%s",
                   vonk_json_text(event->regarding, "metadata.namespace"));
    (void)snprintf(k->name, sizeof(k->name), "%.230s.%016llx",
                   vonk_json_text(event->regarding, "metadata.name"),
                   (unsigned long long)vonk_dice(vonk_kube_dice(events->kube)));
    post_first(events, event, k);
}
