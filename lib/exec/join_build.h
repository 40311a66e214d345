/*
 * join_build.h - the build side of a join: its rows and the table that finds them.
 */
#ifndef VONK_EXEC_JOIN_BUILD_H
#define VONK_EXEC_JOIN_BUILD_H

#include "exec/operator.h"
#include "kernel/join_table.h"
#include "kernel/key_filter.h"

#define VONK_BUILD_ROW_BYTES 48u /* of a build row, in the table and as its key */

/* Immutable once finished; shared by the tasks of an executor if it was broadcast. */
typedef struct vonk_build {
    vonk_block *rows;       /* until finished */
    vonk_arena arena;       /* the table, and the rows as one batch */
    vonk_batch batch;       /* all rows */
    vonk_join_table *table; /* NULL: a join without keys */
    bool has_null_key;      /* a row has a null among its keys */
    bool too_large;         /* to be shared: there are no rows, and each task has its own build */
    vonk_key_filter **filters; /* of each key, NULL: nobody asks; NULL until finished */
} vonk_build;

vonk_status vonk_build_new(vonk_budget *budget, vonk_build **ret, vonk_error *err) VONK_MUST_CHECK;
void vonk_build_free(void *build);
/* All rows are in build->rows: makes the batch and the table by the node's right_keys. */
vonk_status vonk_build_finish(vonk_build *build, vonk_run *run, const vonk_physical *node,
                              vonk_error *err) VONK_MUST_CHECK;

/*
 * The build side that READ `read` brings, made once for all tasks of the executor: or one that is
 * too_large, where the planner's guess was wrong.
 */
vonk_status vonk_build_shared(vonk_run *run, const vonk_physical *node, const vonk_physical *read,
                              vonk_build **ret, vonk_error *err) VONK_MUST_CHECK;

#endif
