/* state.h - what the parts of the session share. */
#ifndef VONK_SESSION_STATE_H
#define VONK_SESSION_STATE_H

#include "analyze/analyze.h"
#include "plan/metrics_print.h"
#include "session/session.h"

struct vonk_session {
    vonk_cluster *cluster;
    vonk_conf *conf;
    vonk_catalog *catalog;
    vonk_relation_source source;
    vonk_eval_settings settings; /* of the statement that runs */
    char time_zone[64];
    uint64_t id; /* of the session, unique on a machine */
    uint64_t n_statements;
    uint64_t next_job;
    atomic_bool cancelled;
    void *fence_context; /* vonk_session_set_fence */
    vonk_status (*fence)(void *context, vonk_error *err);
    void *log_context; /* vonk_session_set_log */
    void (*log)(void *context, const char *text);
    char *error_text, *error_view; /* vonk_session_error_text; NULL: it is in the statement */
    char *owner;                   /* vonk_session_set_owner: "OWNER ATTEMPT", or NULL */
};

/* A job that ran for a statement: its subqueries' first, then its own. In the query's arena. */
typedef struct vonk_ran_job {
    struct vonk_ran_job *next;
    vonk_ran_plan plan;
} vonk_ran_job;

/* One statement on its way. */
typedef struct vonk_query {
    vonk_session *session;
    vonk_slice sql;
    const vonk_sink *sink;
    vonk_statement_stats *stats;
    vonk_arena arena;
    uint32_t next_id;       /* of attributes */
    vonk_ran_job *ran_jobs; /* the newest first */
    vonk_origins origins;   /* of the plan's positions */
    uint64_t number;        /* of the session's statements, from 1 */
} vonk_query;

/* Analyzes and carries out a statement: query or command. */
vonk_status vonk_query_run(vonk_query *q, const vonk_plan *parsed, vonk_error *err);
/* Carries out a command whose queries are analyzed. */
vonk_status vonk_command_run(vonk_query *q, const vonk_plan *parsed, vonk_plan *command,
                             vonk_error *err);

vonk_status vonk_query_analyze(vonk_query *q, const vonk_plan *parsed, vonk_plan **ret,
                               vonk_error *err);
vonk_status vonk_query_optimize(vonk_query *q, vonk_plan *analyzed, vonk_plan **ret,
                                vonk_error *err);
/* Chooses operators; *ret_planner is needed to run the plan. */
vonk_status vonk_query_plan(vonk_query *q, const vonk_plan *optimized, vonk_planner *ret_planner,
                            vonk_physical **ret, vonk_error *err);
/* Between true and false whatever is made in q->arena fails once the statement is cancelled. */
static inline void vonk_query_plans(vonk_query *q, bool plans)
{
    q->arena.stops = plans;
}

/* Runs an analyzed query; rows go to the sink (rows only, not the schema). */
vonk_status vonk_query_execute(vonk_query *q, vonk_plan *analyzed, vonk_error *err);
/* Runs a physical plan as one job. `rows` may be NULL. */
vonk_status vonk_query_job(vonk_query *q, vonk_planner *planner, vonk_physical *plan, void *context,
                           vonk_status (*rows)(void *, const vonk_batch *, vonk_error *),
                           vonk_job_result *ret, vonk_error *err);

/* How a save meets files that are there. */
typedef enum vonk_save_mode { VONK_SAVE_NEW, VONK_SAVE_APPEND, VONK_SAVE_OVERWRITE } vonk_save_mode;
/* Writes the rows of an analyzed query as files below `path` (save.c). */
vonk_status vonk_query_save(vonk_query *q, vonk_plan *analyzed, const char *format,
                            const char *path, const vonk_options *options, vonk_save_mode mode,
                            vonk_error *err);

/* The schema of an analyzed query. */
vonk_status vonk_plan_schema(vonk_arena *arena, const vonk_plan *plan, vonk_schema *ret,
                             vonk_error *err);
/*
 * No two columns of a table, view or file may have one name, without case: they would hide each
 * other. Errors: COLUMN_ALREADY_EXISTS.
 */
vonk_status vonk_check_names(const vonk_plan *plan, vonk_error *err);
/* Answers with a table of texts: `rows` has n_rows * n_columns entries, NULL = null. */
vonk_status vonk_query_answer(vonk_query *q, uint32_t n_columns, const char *const *names,
                              uint32_t n_rows, const char *const *rows, vonk_error *err);

/* The session's vonk_relation_source: files by fs and format (relation.c). */
vonk_status vonk_relation_load(void *context, const vonk_relation_wanted *wanted, vonk_arena *arena,
                               const vonk_relation **ret, vonk_error *err);

#endif
