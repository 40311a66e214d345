/*
 * lease.h - one leader among several replicas, by a coordination.k8s.io/v1 Lease.
 *
 * The decision is pure: whether to try for the lease, renew it, or give up leading, from what was
 * last seen of it and when. Expiry is judged by the own clock since the lease last changed, never
 * by the times written in it. A leader that could not renew in two thirds of the lease's life stops
 * leading before another one may begin. After a write whose fate is not known, a leader reads the
 * lease before it writes again. Source: client-go's leaderelection.
 */
#ifndef VONK_KUBE_LEASE_H
#define VONK_KUBE_LEASE_H

#include "kube/client.h"

typedef enum vonk_lease_step {
    VONK_LEASE_WAIT,  /* until *ret_wait_ms have passed */
    VONK_LEASE_READ,  /* see what the lease is like now */
    VONK_LEASE_WRITE, /* take or renew it */
    VONK_LEASE_LOST,  /* not the leader any more: stop at once */
} vonk_lease_step;

typedef struct vonk_lease_view {
    bool leading; /* our last write made us the leader */
    bool seen;    /* it has been read, or was found missing */
    bool exists;
    bool held_by_other; /* somebody else is named */
    uint32_t life_ms;   /* that its holder gave it; ours if there is none */
    int64_t changed_ms; /* when we last saw it change */
    int64_t renewed_ms; /* when we last sent the write that succeeded */
    int64_t tried_ms;   /* when we last did something; INT64_MIN: never */
} vonk_lease_view;

vonk_lease_step vonk_lease_decide(const vonk_lease_view *view, uint32_t life_ms, int64_t now_ms,
                                  int64_t *ret_wait_ms);

typedef struct vonk_kube_lease vonk_kube_lease;

typedef struct vonk_kube_lease_request {
    const char *namespace_name, *name, *identity; /* copied */
    uint32_t life_ms;                             /* 0: 15,000 */
    void *context;
    void (*on_change)(void *context, bool leading, const char *holder);
    void (*on_trouble)(void *context, const vonk_error *error);
} vonk_kube_lease_request;

vonk_status vonk_kube_lease_start(vonk_kube *kube, const vonk_kube_lease_request *request,
                                  vonk_kube_lease **ret, vonk_error *err) VONK_MUST_CHECK;
bool vonk_kube_lease_leading(const vonk_kube_lease *lease);
/* Gives the lease up, so that another one need not wait; tries for at most 2 s. Frees it. */
void vonk_kube_lease_stop(vonk_kube_lease *lease);

#endif
