/*
 * agent.h - an executor from its first hello to its end.
 *
 *     REGISTER ──▶ tasks come in, rows and ends go out, HEARTBEAT every second ──▶ stop
 *
 * It ends when the driver says so, when the driver does not answer for long, or when a signal
 * comes.
 */
#ifndef VONK_EXECUTOR_AGENT_H
#define VONK_EXECUTOR_AGENT_H

#include "executor/options.h"

/*
 * Runs until the end. `wake` is a descriptor that becomes readable when it must end now.
 * VONK_OK: told to stop. Errors: VONK_DENIED: refused by the driver; VONK_IO: the driver is gone.
 * Threads may still use *ret (set also on failure, NULL if there was no memory) afterwards: the
 * process must leave by _exit().
 */
typedef struct vonk_agent vonk_agent;
vonk_status vonk_agent_run(const vonk_executor_options *options, int wake, vonk_agent **ret,
                           vonk_error *err) VONK_MUST_CHECK;

#endif
