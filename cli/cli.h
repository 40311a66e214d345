/*
 * cli.h - what the commands of `vonk` share.
 *
 * Exit status: 0 done, 1 the job or a statement failed, 2 wrong usage.
 */
#ifndef VONK_CLI_CLI_H
#define VONK_CLI_CLI_H

#include <stdio.h>

#include "session/session.h"

enum { VONK_EXIT_OK = 0, VONK_EXIT_FAILED = 1, VONK_EXIT_USAGE = 2 };

int vonk_cmd_sql(int argc, char **argv);
int vonk_cmd_run(int argc, char **argv);
int vonk_cmd_driver(int argc, char **argv); /* in a driver's pod */

/* What --master and --conf say; zeroed to begin with. */
typedef struct vonk_cli_session {
    const char *master; /* NULL: local[*] */
    vonk_conf *conf;
} vonk_cli_session;

/* Takes "key=value". Errors: VONK_INVALID. */
vonk_status vonk_cli_conf(vonk_cli_session *cli, const char *text, vonk_error *err);
/* Starts the cluster that `master` names and a session on it. */
vonk_status vonk_cli_open(vonk_cli_session *cli, vonk_session **ret, vonk_error *err);
/* The cluster for "local", "local[N]", "local[*]", "local-cluster[E,N,MEM]". */
vonk_status vonk_cli_cluster(const char *master, const vonk_conf *conf, vonk_cluster **ret,
                             vonk_error *err);

/* While a session is given, Ctrl-C cancels its statement; a second one within it ends the process.
 */
void vonk_cli_on_interrupt(vonk_session *session);
/*
 * Nothing comes after a statement that Ctrl-C ended: memory is left to the end of the process, and
 * one that does not end in time is ended (base/end_watch.h).
 */
void vonk_cli_interrupt_ends(void);

/* Where in the SQL text an error is: line and position from 1, bytes start..end. */
typedef struct vonk_sql_place {
    size_t line, position, start, end;
} vonk_sql_place;

/* false: the error has no place in `sql`. */
bool vonk_cli_find_place(const vonk_error *err, vonk_slice sql, vonk_sql_place *ret);
/* Prints an error for people: condition, message, SQLSTATE and the place in `sql` (may be empty).
 */
void vonk_cli_print_error(FILE *to, const vonk_error *err, vonk_slice sql);
/* `view`: whose text `sql` is, or NULL. */
void vonk_cli_print_error_of(FILE *to, const vonk_error *err, vonk_slice sql, const char *view);

/* The whole of a file ("-": standard input), NUL-terminated and malloc'ed. */
vonk_status vonk_cli_read_file(const char *path, char **ret, size_t *ret_size, vonk_error *err);

/*
 * The same for a manifest: what is JSON comes back without \u escapes, of which the manifest's
 * parser, which is YAML's, has no surrogate pairs.
 */
vonk_status vonk_cli_read_manifest(const char *path, char **ret, size_t *ret_size, vonk_error *err);

/* One calm line on a terminal: stages, tasks, rows, bytes. `context` is unused. */
void vonk_cli_progress(void *context, const vonk_progress *progress);
/* "1.2 M rows (4.0 M/s)  33.1 MB (110.3 MB/s)": what was read so far, and how fast. */
#define VONK_CLI_WORK_BYTES 144
void vonk_cli_work_print(uint64_t rows, uint64_t bytes, double seconds,
                         char ret[VONK_CLI_WORK_BYTES]);
/* The text of that line. */
#define VONK_CLI_PROGRESS_BYTES 256
void vonk_cli_progress_print(const vonk_progress *progress, double seconds,
                             char ret[VONK_CLI_PROGRESS_BYTES]);
/* Draws any text as that line. */
void vonk_cli_progress_show(const char *text);
/* Clears that line if it stands. */
void vonk_cli_progress_end(void);

#endif
