/*
 * event.h - Events: what happened to an object, for `kubectl describe`.
 *
 * The same event again within ten minutes becomes a series of the first one (one PATCH a time).
 * Failures to post are not told: events are a courtesy.
 */
#ifndef VONK_KUBE_EVENT_H
#define VONK_KUBE_EVENT_H

#include "kube/client.h"

typedef struct vonk_kube_events vonk_kube_events;

typedef struct vonk_kube_event {
    const cJSON *regarding;         /* the object: apiVersion, kind and metadata are used */
    const char *api_version, *kind; /* where the object does not say (items of lists do not) */
    bool warning;
    const char *reason; /* CamelCase */
    const char *action; /* what was done: "CreateDriver" */
    const char *note;   /* for people; cut at 1,000 bytes */
} vonk_kube_event;

/* `controller`: "vonk.dev/operator"; `instance`: the pod. */
vonk_status vonk_kube_events_new(vonk_kube *kube, const char *controller, const char *instance,
                                 vonk_kube_events **ret, vonk_error *err) VONK_MUST_CHECK;
void vonk_kube_events_free(vonk_kube_events *events);
void vonk_kube_event_post(vonk_kube_events *events, const vonk_kube_event *event);

#endif
