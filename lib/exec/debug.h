/*
 * debug.h - faults on demand, for tests: VONK_DEBUG_FAIL_TASK (docs/environment.md).
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

#endif
