/*
 * waiting_rows.h - rows of a job's result tasks until it is their turn: those of task 0 come first,
 * and a task's rows count once it has finished.
 *
 *     task 0  [rows][rows]               running: more may come, or it fails and they go
 *     task 1  [rows][rows] + on disk     finished, behind task 0
 *
 * Belongs to the session thread.
 */
#ifndef VONK_SESSION_WAITING_ROWS_H
#define VONK_SESSION_WAITING_ROWS_H

#include "shuffle/shuffle.h"

typedef struct vonk_waiting_limits {
    size_t in_memory; /* bytes; what comes later waits on disk. 0: rows are kept as they come */
    uint64_t result;  /* bytes of all rows, spark.driver.maxResultSize; 0 = no limit */
    const char *spill_dir;
    vonk_budget *budget; /* of what is on its way to the disk and back */
} vonk_waiting_limits;

typedef struct vonk_waiting_rows {
    vonk_waiting_limits limits;
    uint32_t n_tasks, next; /* next: the task whose rows come next */
    struct vonk_waiting_task *tasks;
    size_t bytes;          /* in memory */
    uint64_t result_bytes; /* of the attempts that count so far */
    uint32_t n_with_rows;  /* tasks that those are of */
} vonk_waiting_rows;

/* `arena` outlives it. */
vonk_status vonk_waiting_rows_init(vonk_waiting_rows *w, const vonk_waiting_limits *limits,
                                   uint32_t n_tasks, vonk_arena *arena,
                                   vonk_error *err) VONK_MUST_CHECK;
void vonk_waiting_rows_free(vonk_waiting_rows *w);

/*
 * Takes over rows of a task's attempt. Those of an attempt that does not count any more are
 * dropped, a later attempt's take the place of an earlier one's. Errors: VONK_NO_MEMORY: the result
 * is larger than limits.result.
 */
vonk_status vonk_waiting_rows_add(vonk_waiting_rows *w, uint32_t task, uint32_t attempt,
                                  vonk_block *rows, vonk_error *err) VONK_MUST_CHECK;
/* The attempt failed: its rows do not count. */
void vonk_waiting_rows_failed(vonk_waiting_rows *w, uint32_t task, uint32_t attempt);
/* The task has finished; false: it had before. */
bool vonk_waiting_rows_finished(vonk_waiting_rows *w, uint32_t task);
/* Hands on the rows whose turn it is. `rows` NULL: nobody wants them. */
vonk_status vonk_waiting_rows_hand_on(vonk_waiting_rows *w, void *context,
                                      vonk_status (*rows)(void *, const vonk_batch *, vonk_error *),
                                      vonk_error *err) VONK_MUST_CHECK;

#endif
