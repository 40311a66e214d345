/*
 * session.h - SQL text in, rows out: the whole way of a statement, on whatever cluster.
 *
 *      text ─parse─▶ plan ─analyze─▶ ─optimize─▶ ─physical─▶ stages ─job─▶ rows
 *                      └─ commands (SET, CREATE VIEW, ...) are carried out here
 *
 * A session belongs to one thread, but for vonk_session_cancel().
 */
#ifndef VONK_SESSION_SESSION_H
#define VONK_SESSION_SESSION_H

#include "session/cluster.h"
#include "session/conf.h"
#include "session/job.h"

typedef struct vonk_session vonk_session;

/* Who gets the answer of a statement. All are optional. Batches and schema are borrowed. */
typedef struct vonk_sink {
    void *context;
    /* Once, before the rows. A command without an answer has no fields. */
    vonk_status (*schema)(void *context, const vonk_schema *schema, vonk_error *err);
    vonk_status (*rows)(void *context, const vonk_batch *batch, vonk_error *err);
    void (*progress)(void *context, const vonk_progress *progress);
} vonk_sink;

/* What a statement did. */
typedef struct vonk_statement_stats {
    double seconds;
    uint64_t n_jobs, n_stages, n_tasks;
    uint64_t n_rows; /* of the result, or written to files */
    vonk_task_metrics metrics;
} vonk_statement_stats;

/* Takes over `cluster` and `conf`, also on failure. */
vonk_status vonk_session_new(vonk_cluster *cluster, vonk_conf *conf, vonk_session **ret,
                             vonk_error *err) VONK_MUST_CHECK;
void vonk_session_free(vonk_session *session);
vonk_conf *vonk_session_conf(vonk_session *session);

/*
 * Runs one statement (no ';'). Errors: VONK_USER with Spark's condition and the position in `sql`;
 * VONK_CANCELLED with OPERATION_CANCELED. `ret` (may be NULL) is filled in both cases.
 */
vonk_status vonk_session_run(vonk_session *session, vonk_slice sql, const vonk_sink *sink,
                             vonk_statement_stats *ret, vonk_error *err) VONK_MUST_CHECK;

/*
 * The text that the position of the last error is in: `sql`, the statement's, or that of a view
 * that it reads; then *ret_view = its name, else NULL. Valid until the next statement.
 */
vonk_slice vonk_session_error_text(const vonk_session *session, vonk_slice sql,
                                   const char **ret_view);

/* Runs a query and writes its rows to the directory `path`, which must not exist. */
vonk_status vonk_session_save(vonk_session *session, vonk_slice sql, const char *format,
                              const char *path, const vonk_sink *sink, vonk_statement_stats *ret,
                              vonk_error *err) VONK_MUST_CHECK;

/* The statements of a script, without their ';' and without empty ones; slices of `script`. */
vonk_status vonk_session_split(vonk_slice script, vonk_arena *arena, vonk_slice **ret,
                               uint32_t *ret_n, vonk_error *err) VONK_MUST_CHECK;

/* Whether the statement is a query (its rows can be saved) rather than a command. */
bool vonk_session_is_query(vonk_slice sql);

/* CREATE TEMPORARY VIEW `name` USING `format` OPTIONS (path, options): the manifest's tables. */
vonk_status vonk_session_add_table(vonk_session *session, const char *name, const char *format,
                                   const char *path, const vonk_options *options,
                                   vonk_error *err) VONK_MUST_CHECK;

/*
 * The whole of a file or object of at most `most` bytes, NUL-terminated and malloc'ed; found with
 * the session's settings of stores. VONK_INVALID if it is longer.
 */
vonk_status vonk_session_read(vonk_session *session, const char *path, size_t most, char **ret,
                              size_t *ret_size, vonk_error *err) VONK_MUST_CHECK;

/*
 * `fence` is called right before the files of a job become visible; if it fails, they never do. For
 * whoever must make sure that no second driver of the same job is at work.
 */
void vonk_session_set_fence(vonk_session *session, void *context,
                            vonk_status (*fence)(void *context, vonk_error *err));

/*
 * Says whose output the session's is (an id without spaces, as a resource's uid) and which try of
 * it: an output that must not exist may be there if an earlier try of the same owner left it, whole
 * or in part; it is made anew. Copied; NULL: nobody's.
 */
vonk_status vonk_session_set_owner(vonk_session *session, const char *owner, uint32_t attempt,
                                   vonk_error *err) VONK_MUST_CHECK;

/*
 * Who gets what people may want to read beside the answers: how rules changed plans (when
 * spark.sql.planChangeLog.level is warn or error), settings that had no effect. Whole lines.
 */
void vonk_session_set_log(vonk_session *session, void *context,
                          void (*log)(void *context, const char *text));

/* Ends the statement that runs now, or the next one. Safe in a signal handler and any thread. */
void vonk_session_cancel(vonk_session *session);
void vonk_session_clear_cancel(vonk_session *session);

/*
 * Names that begin with `prefix` (tables, views, functions), for completion: malloc'ed texts in a
 * malloc'ed array that ends with NULL; NULL when out of memory.
 */
char **vonk_session_names(vonk_session *session, const char *prefix);

const vonk_eval_settings *vonk_session_settings(vonk_session *session);

#endif
