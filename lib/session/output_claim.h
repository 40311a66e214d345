/*
 * output_claim.h - whose an output directory is, so that a job that is tried again can tell what an
 * earlier try of its own left from what is somebody else's.
 *
 *     DIR/_vonk_owner   "OWNER ATTEMPT" while the job runs and commits
 *     DIR/_SUCCESS      the same once the output is whole; empty where there is no owner
 *
 * Readers skip both: their names begin with '_'.
 */
#ifndef VONK_SESSION_OUTPUT_CLAIM_H
#define VONK_SESSION_OUTPUT_CLAIM_H

#include "session/state.h"

/* An earlier try of the session's owner wrote here, or there is nothing but somebody's old claim.
 */
bool vonk_output_is_ours(vonk_query *q, const char *path);
vonk_status vonk_output_claim(vonk_query *q, const char *path, vonk_error *err) VONK_MUST_CHECK;
/* Takes the claim back if it is this try's. */
void vonk_output_disclaim(vonk_query *q, const char *path);
/* The marker of a complete output, as Spark leaves it; the claim goes. */
vonk_status vonk_output_mark_success(vonk_query *q, const char *path, bool claimed,
                                     vonk_error *err) VONK_MUST_CHECK;

#endif
