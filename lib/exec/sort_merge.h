/*
 * sort_merge.h - merges sorted runs on disk: a tree of losers over one batch of each run.
 */
#ifndef VONK_EXEC_SORT_MERGE_H
#define VONK_EXEC_SORT_MERGE_H

#include "exec/spilling.h"
#include "kernel/row_sort.h"

typedef struct vonk_merge {
    vonk_operator *op; /* whose node has the keys */
    const vonk_sort_order *orders;
    vonk_spill *spill;
    const vonk_spill_run *runs;
    uint32_t n_runs;
    /* Takes a batch of rows in order, borrowed for the call. May set *done: no more are needed. */
    vonk_status (*take)(void *context, const vonk_batch *rows, bool *done, vonk_error *err);
    void *context;
} vonk_merge;

/* Rows that are equal come in the order of their runs. */
vonk_status vonk_merge_runs(const vonk_merge *merge, vonk_error *err) VONK_MUST_CHECK;

#endif
