/*
 * top_range.h - which values of its first key are good enough for a top-N, as far as the tasks of
 * this executor know: worse ones need not be decoded by any.
 *
 *     task 0   rows ──▶┐  the N best values    the worst of them   each task's scan leaves out
 *     task 1   rows ──▶┴─▶ of all rows so far ─▶  is the bar   ─▶  rows that are worse
 *
 * A row may be counted once only: a task that runs again takes back what its first run has said.
 */
#ifndef VONK_EXEC_TOP_RANGE_H
#define VONK_EXEC_TOP_RANGE_H

#include "exec/operator.h"
#include "kernel/key_filter.h"

struct vonk_top_values;

typedef struct vonk_top_range {
    vonk_key_filter filter; /* for the scan of this task */
    bool descending;
    uint32_t column; /* of the input: the first key */
    uint32_t task;
    uint64_t ticket;
    struct vonk_top_values *values; /* of the executor's tasks */
} vonk_top_range;

/* *ret = the range of the top-N `sort`, whose first key is its input's column `column` of a type
 * that filters take. In run->arena. */
vonk_status vonk_top_range_new(vonk_run *run, const vonk_physical *sort, uint32_t column,
                               vonk_top_range **ret, vonk_error *err) VONK_MUST_CHECK;
/* `rows` are in the task's input: narrows the range by them, and by what other tasks have seen. */
void vonk_top_range_add(vonk_top_range *range, const vonk_batch *rows);
/* The task has N rows whose first key is `bar` or better. */
void vonk_top_range_narrow(vonk_top_range *range, int64_t bar);

#endif
