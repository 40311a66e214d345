/*
 * read.h - between the API server's JSON and what the operator decides on (state.h).
 *
 * Tolerant: the CRD has checked a VonkJob; a field that is missing or of another type has its
 * default. Texts are copied into the arena.
 */
#ifndef VONK_OPERATOR_READ_H
#define VONK_OPERATOR_READ_H

#include <cjson/cJSON.h>

#include "base/arena.h"
#include "operator/state.h"

#define VONK_OP_MANAGER "vonk.dev/operator" /* spec.managedBy that means us, as does none */

/* A VonkJob with its spec's defaults. Errors: VONK_NO_MEMORY. */
vonk_status vonk_op_read_job(const cJSON *object, vonk_arena *arena, vonk_op_job *ret,
                             vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_op_read_pod(const cJSON *object, vonk_arena *arena, vonk_op_pod *ret,
                             vonk_error *err) VONK_MUST_CHECK;

/* `status` for a merge patch: all of our fields, null where there is none. The caller frees. */
cJSON *vonk_op_status_json(const vonk_op_status *status);

/*
 * 16 hexadecimal digits over what a running job depends on: all of the spec but for the limits,
 * deadlines and names that change nothing in its pods. The order of keys does not matter.
 */
void vonk_op_spec_hash(const cJSON *spec, char ret[17]);

#endif
