/*
 * own_pod.h - what a driver has to do with the pod that it runs in: show its progress there, and
 * ask, before anything is committed, whether it is still the pod that the cluster believes in.
 *
 * A thread of its own with a client of its own; calls come from the session's thread.
 */
#ifndef VONK_DRIVER_OWN_POD_H
#define VONK_DRIVER_OWN_POD_H

#include "kube/config.h"

typedef struct vonk_own_pod vonk_own_pod;

/* `config` and texts are copied. */
vonk_status vonk_own_pod_new(const vonk_kube_config *config, const char *name, const char *uid,
                             vonk_own_pod **ret, vonk_error *err) VONK_MUST_CHECK;
/* Shows the last progress if it is not shown yet (for two seconds at most), and ends the thread. */
void vonk_own_pod_free(vonk_own_pod *pod);

/* The annotation vonk.dev/progress: "DONE/ALL"; at most once a second and only on change. */
void vonk_own_pod_progress(vonk_own_pod *pod, uint32_t done, uint32_t all);

/*
 * VONK_OK if the pod exists with our uid and nobody is deleting it. While the API server does not
 * answer it is asked again, for a minute. Else VONK_IO, with a message that says so: what is not
 * committed must not be committed then, because another attempt may be under way. `context` is a
 * vonk_own_pod.
 */
vonk_status vonk_own_pod_fence(void *context, vonk_error *err) VONK_MUST_CHECK;

#endif
