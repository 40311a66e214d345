/*
 * debug.h - faults and spills on demand, for tests (docs/environment.md).
 */
#ifndef VONK_EXEC_DEBUG_H
#define VONK_EXEC_DEBUG_H

#include "exec/task.h"

/*
 * VONK_DEBUG_FAIL_TASK=STAGE:TASK:N makes attempts 0 .. N - 1 of that task of every job fail with
 * VONK_IO ("injected fault"); STAGE may be "result", the last stage. A text that does not parse is
 * an error of every task: a test must not pass because of a typing mistake.
 */
vonk_status vonk_debug_task(const vonk_task *task, vonk_error *err) VONK_MUST_CHECK;

/* VONK_DEBUG_SPILL=N: an operator spills whenever it asks for the Nth time. 0: not set. */
uint32_t vonk_debug_spill(void);

#endif
