/*
 * driver_pod.h - a driver's surroundings on Kubernetes: from the environment that the operator set
 * and the job, to a session whose executors are pods.
 */
#ifndef VONK_CLI_DRIVER_POD_H
#define VONK_CLI_DRIVER_POD_H

#include "cli/output.h"
#include "job/manifest.h"

typedef struct vonk_driver_pod vonk_driver_pod;

/*
 * The VonkJob of a file as JSON (*ret_json, in the arena) and decoded.
 * Errors: VONK_INVALID with what is wrong.
 */
vonk_status vonk_driver_job_read(const char *path, vonk_arena *arena, vonk_slice *ret_json,
                                 vonk_job *ret, vonk_error *err) VONK_MUST_CHECK;

/*
 * Finds the API server and begins to look after the own pod. `job` lives until the close.
 * Errors: VONK_INVALID: a variable that is missing, a secret that is none; VONK_IO.
 */
vonk_status vonk_driver_pod_open(const vonk_job *job, vonk_slice json, const char *secret_file,
                                 vonk_driver_pod **ret, vonk_error *err) VONK_MUST_CHECK;
void vonk_driver_pod_close(vonk_driver_pod *pod); /* after the session's end; NULL is fine */

/* Asks for executors and makes a session on them, whose commits the own pod's state fences. */
vonk_status vonk_driver_pod_session(vonk_driver_pod *pod, const vonk_job *job, vonk_session **ret,
                                    vonk_error *err) VONK_MUST_CHECK;

void vonk_driver_pod_progress(vonk_driver_pod *pod, uint32_t done, uint32_t all);
/* spark.vonk.result.format, or a table. */
vonk_output_format vonk_driver_pod_format(const vonk_driver_pod *pod);

#endif
