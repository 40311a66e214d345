/* shell.h - an interactive shell: editing, history, completion, Ctrl-C for the query. */
#ifndef VONK_CLI_SHELL_H
#define VONK_CLI_SHELL_H

#include "cli/statements.h"

/* Reads and runs statements until end of input or "exit". */
void vonk_shell(vonk_statements *run);

#endif
