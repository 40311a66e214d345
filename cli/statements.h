/* statements.h - runs the statements of a script one after the other and prints the answers. */
#ifndef VONK_CLI_STATEMENTS_H
#define VONK_CLI_STATEMENTS_H

#include "cli/cli.h"
#include "cli/output.h"

typedef struct vonk_statements {
    vonk_session *session;
    vonk_output_format format;
    bool keep_going, time;
    bool failed; /* some statement did */
} vonk_statements;

/* Runs one statement and prints its answer or error. */
vonk_status vonk_run_statement(vonk_statements *s, vonk_slice sql, vonk_error *err);
/* All statements of a script; stops at the first error unless keep_going. */
vonk_status vonk_run_script(vonk_statements *s, vonk_slice script, vonk_error *err);

#endif
