/* manifest_run.c - see manifest_run.h. */
#include "cli/manifest_run.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_SCRIPT ((size_t)4 << 20) /* bytes of sql.from */

/* The format that a table's path speaks of: ".csv", ".json.gz"; parquet otherwise. */
static const char *format_of(const vonk_job_table *table)
{
    static const char *const formats[] = {"csv", "json", "text", "parquet"};
    const char *slash = strrchr(table->path, '/');
    const char *dot = strchr(slash ? slash : table->path, '.');
    if (table->format)
        return table->format;
    for (; dot; dot = strchr(dot + 1, '.')) {
        for (size_t i = 0; i < VONK_LENGTH(formats); i++) {
            if (!strncmp(dot + 1, formats[i], strlen(formats[i])))
                return formats[i];
        }
    }
    return "parquet";
}

static vonk_status add_table(vonk_session *session, const vonk_job_table *t, vonk_error *err)
{
    vonk_option *items = calloc(t->options.n + 1, sizeof(*items));
    if (!items)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    for (uint32_t i = 0; i < t->options.n; i++)
        items[i] = (vonk_option){t->options.items[i].key, t->options.items[i].value};
    vonk_options given = {t->options.n, items};
    vonk_status status =
        vonk_session_add_table(session, t->name, format_of(t), t->path, &given, err);
    free(items);
    return status == VONK_OK ? status : vonk_error_prefix(err, status, "table %s", t->name);
}

static vonk_status add_tables(vonk_session *session, const vonk_job_sql *sql, vonk_error *err)
{
    for (uint32_t i = 0; i < sql->n_tables; i++)
        VONK_TRY(add_table(session, &sql->tables[i], err));
    return VONK_OK;
}

static double now(void)
{
    struct timespec ts = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

vonk_status vonk_manifest_run_check(const vonk_manifest_run *run, const vonk_job *job,
                                    vonk_error *err)
{
    if (!job->has_sql)
        return vonk_fail(err, VONK_UNSUPPORTED, "%s: jobs with a program cannot be run yet",
                         run->path);
    if (job->has_streaming)
        return vonk_fail(err, VONK_UNSUPPORTED, "%s: streaming jobs cannot be run yet", run->path);
    return VONK_OK;
}

vonk_status vonk_manifest_run_conf(vonk_conf *conf, const vonk_job *job, vonk_error *err)
{
    for (uint32_t i = 0; i < job->conf.n; i++)
        VONK_TRY(vonk_conf_set(conf, job->conf.items[i].key, job->conf.items[i].value, err));
    return VONK_OK;
}

static void add_stats(vonk_manifest_run *run, const vonk_statement_stats *stats)
{
    run->n_tasks += stats->n_tasks;
    run->n_stages += stats->n_stages;
    run->rows_read += stats->metrics.rows_read;
    run->bytes_read += stats->metrics.bytes_read;
}

static void end_progress(const vonk_manifest_run *run)
{
    if (run->progress_end)
        run->progress_end();
}

/* An answer on its way out, and who looks on. */
typedef struct printing {
    vonk_output out; /* first: the sink's context */
    const vonk_manifest_run *run;
} printing;

static void print_progress(void *context, const vonk_progress *progress)
{
    const vonk_manifest_run *run = ((printing *)context)->run;
    run->progress(run->progress_context, progress);
}

/* Runs the statement whose answer is the job's. */
static vonk_status run_printed(vonk_manifest_run *run, vonk_session *session, vonk_slice sql,
                               vonk_statement_stats *stats, vonk_error *err)
{
    printing p = {
        .out = {.format = run->format, .to = stdout, .settings = vonk_session_settings(session)},
        .run = run};
    vonk_error ignored;
    vonk_sink sink = vonk_output_sink(&p.out);
    if (run->progress && run->progress_of_last)
        sink.progress = print_progress;
    vonk_status status = vonk_session_run(session, sql, &sink, stats, err);
    run->n_rows = p.out.n_rows;
    if (status == VONK_OK)
        return vonk_output_finish(&p.out, NULL, sql, err);
    if (vonk_output_finish(&p.out, err, sql, &ignored) != VONK_OK)
        return status; /* the first error counts */
    return status;
}

/* Runs a statement; `print`: its answer is the job's. */
static vonk_status run_one(vonk_manifest_run *run, vonk_session *session, vonk_slice sql,
                           bool print, vonk_statement_stats *stats, vonk_error *err)
{
    vonk_sink quiet = {.context = run->progress_context, .progress = run->progress};
    vonk_status status = print ? run_printed(run, session, sql, stats, err)
                               : vonk_session_run(session, sql, &quiet, stats, err);
    end_progress(run);
    return status;
}

/* Writes the last query's rows and prints them from where they were written. */
static vonk_status save_last(vonk_manifest_run *run, vonk_session *session, vonk_slice sql,
                             const char *output, vonk_error *err)
{
    vonk_sink quiet = {.context = run->progress_context, .progress = run->progress};
    vonk_statement_stats stats = {0}, ignored = {0};
    vonk_arena arena = {0};
    vonk_status status = vonk_session_save(session, sql, "parquet", output, &quiet, &stats, err);
    end_progress(run);
    add_stats(run, &stats);
    char *back = NULL;
    if (status == VONK_OK) {
        back = vonk_arena_printf(&arena, err, "select * from parquet.`%s`", output);
        status = back ? VONK_OK : VONK_NO_MEMORY;
    }
    if (status == VONK_OK)
        status = run_one(run, session, vonk_slice_of(back), true, &ignored, err);
    vonk_arena_free(&arena);
    return status;
}

/* Runs all statements; *ret_at is the one that failed. */
static vonk_status run_statements(vonk_manifest_run *run, vonk_session *session, vonk_slice script,
                                  const char *output, vonk_slice *ret_at, vonk_error *err)
{
    vonk_arena arena = {0};
    vonk_slice *statements = NULL;
    uint32_t n = 0;
    vonk_status status = vonk_session_split(script, &arena, &statements, &n, err);
    if (status == VONK_OK && !n)
        status = vonk_fail(err, VONK_INVALID, "%s: there is no statement to run", run->path);
    for (uint32_t i = 0; status == VONK_OK && i < n; i++) {
        bool last = i + 1 == n;
        vonk_statement_stats stats = {0};
        *ret_at = statements[i];
        if (last && output && vonk_session_is_query(*ret_at))
            status = save_last(run, session, *ret_at, output, err);
        else
            status = run_one(run, session, *ret_at, last, &stats, err);
        const char *view;
        (void)vonk_session_error_text(session, *ret_at, &view);
        if (status != VONK_OK && view && err) /* *ret_at has no such place */
            err->position = -1;
        add_stats(run, &stats);
    }
    vonk_arena_free(&arena);
    return status;
}

/* Where the script is that `from` names: a ConfigMap is a file in a driver's pod. */
static vonk_status place_of(const char *from, bool in_pod, vonk_arena *arena, const char **ret,
                            vonk_error *err)
{
    static const char config_map[] = "configmap://";
    if (strncmp(from, config_map, sizeof config_map - 1) != 0) {
        *ret = from;
        return VONK_OK;
    }
    const char *slash = strchr(from + sizeof config_map - 1, '/');
    if (!slash || !slash[1] || strchr(slash + 1, '/'))
        return vonk_fail(err, VONK_INVALID, "spec.sql.from: '%s' is not configmap://NAME/KEY",
                         from);
    if (!in_pod)
        return vonk_fail(err, VONK_UNSUPPORTED,
                         "spec.sql.from: %s: a ConfigMap can be read on Kubernetes only", from);
    *ret = vonk_arena_printf(arena, err, "/vonk/from/%s", slash + 1);
    return *ret ? VONK_OK : VONK_NO_MEMORY;
}

/* The job's statements: those in the manifest or those of the file that it names. */
static vonk_status read_script(const vonk_manifest_run *run, vonk_session *session,
                               const vonk_job_sql *sql, char **ret, vonk_slice *ret_script,
                               vonk_error *err)
{
    vonk_arena arena = {0};
    const char *place = NULL;
    size_t size = 0;
    if (sql->query) {
        *ret_script = vonk_slice_of(sql->query);
        return VONK_OK;
    }
    vonk_status status = place_of(sql->from, run->in_pod, &arena, &place, err);
    if (status == VONK_OK)
        status = vonk_session_read(session, place, MAX_SCRIPT, ret, &size, err);
    vonk_arena_free(&arena);
    if (status != VONK_OK)
        return vonk_error_prefix(err, status, "spec.sql.from");
    *ret_script = (vonk_slice){*ret, size};
    return VONK_OK;
}

vonk_status vonk_manifest_run_all(vonk_manifest_run *run, vonk_session *session,
                                  const vonk_job *job, char **ret_text, vonk_slice *ret_at,
                                  vonk_error *err)
{
    vonk_slice script = {0};
    if (run->began <= 0)
        run->began = now();
    VONK_TRY(read_script(run, session, &job->sql, ret_text, &script, err));
    VONK_TRY(add_tables(session, &job->sql, err));
    return run_statements(run, session, script, job->sql.output, ret_at, err);
}

void vonk_manifest_run_totals(const vonk_manifest_run *run, const vonk_job *job, vonk_buffer *ret)
{
    vonk_buffer_printf(
        ret, "%s: done in %.2f s, %llu stages, %llu tasks, %llu rows and %.1f MB read", job->name,
        now() - run->began, (unsigned long long)run->n_stages, (unsigned long long)run->n_tasks,
        (unsigned long long)run->rows_read, (double)run->bytes_read / 1e6);
    if (job->sql.output)
        vonk_buffer_printf(ret, "; rows written to %s", job->sql.output);
}
