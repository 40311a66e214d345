/* command.h - what the files of commands share. */
#ifndef VONK_SESSION_COMMAND_H
#define VONK_SESSION_COMMAND_H

#include "session/state.h"

/* `c` of the name a.b.c. */
static inline const char *vonk_last_name(const vonk_plan *cmd)
{
    return cmd->name_parts[cmd->n_name_parts - 1];
}

/* Where the files of a table that `cmd` names are, or will be. NULL: out of memory. */
const char *vonk_table_path(vonk_query *q, const vonk_plan *cmd, vonk_error *err);
const char *vonk_entry_path(vonk_query *q, const vonk_catalog_entry *entry, vonk_error *err);
/* The answer of commands without rows. */
vonk_status vonk_answer_nothing(vonk_query *q, vonk_error *err);

/* TABLE_OR_VIEW_NOT_FOUND at the place of `cmd`. */
vonk_status vonk_fail_no_table(const vonk_plan *cmd, vonk_error *err);

/* analyze_table.c, describe.c */
vonk_status vonk_run_analyze_table(vonk_query *q, const vonk_plan *cmd, vonk_error *err);
vonk_status vonk_run_describe(vonk_query *q, const vonk_plan *cmd, vonk_error *err);

/* explain.c */
vonk_status vonk_run_explain(vonk_query *q, const vonk_plan *cmd, vonk_error *err);

/* insert.c */
vonk_status vonk_run_insert_directory(vonk_query *q, const vonk_plan *cmd, vonk_error *err);
vonk_status vonk_run_insert_table(vonk_query *q, const vonk_plan *cmd, vonk_error *err);

#endif
