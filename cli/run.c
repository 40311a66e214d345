/*
 * run.c - `vonk run JOB.yaml`: does here what `kubectl apply -f JOB.yaml` does on a cluster.
 *
 * The tables of the manifest become temporary views, its statements run one after the other, and
 * the last query's table is printed. With an output, its rows go there as Parquet first and the
 * table is read back from the files: one computation, and what is printed is what was written.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/statements.h"
#include "job/manifest.h"

static const char help[] =
    "usage: vonk run JOB.yaml [OPTION]...\n"
    "\n"
    "Runs a VonkJob manifest: the same file that `kubectl apply -f` gives to a cluster. Relative\n"
    "paths in it start at the current directory.\n"
    "\n"
    "  -m, --master MASTER   local[N] threads (default local[*]), or\n"
    "                        local-cluster[E,N,MEM]: E executor processes of N slots, MEM MiB\n"
    "  -c, --conf KEY=VALUE  a setting; stronger than the manifest's conf\n"
    "      --format FORMAT   of the printed result: table (default), csv, tsv or json\n"
    "  -h, --help            print this\n"
    "\n"
    "Exit status: 0 the job succeeded, 1 it failed, 2 wrong usage.\n";

typedef struct options {
    const char *path;
    vonk_cli_session session;
    vonk_output_format format;
    const char **confs; /* --conf texts: set again over the manifest's */
    uint32_t n_confs;
} options;

/* What the job's statements did, for the line at the end. */
typedef struct totals {
    double began; /* seconds on the monotonic clock */
    uint64_t n_tasks, n_stages, rows_read, bytes_read;
} totals;

static int usage(const char *what, const char *which)
{
    (void)fprintf(stderr, "vonk run: %s%s; see `vonk run --help`\n", what, which);
    return VONK_EXIT_USAGE;
}

/* -1: go on; else the exit status. */
static int parse(int argc, char **argv, options *o)
{
    enum { FORMAT = 256 };
    static const struct option longs[] = {{"master", required_argument, NULL, 'm'},
                                          {"conf", required_argument, NULL, 'c'},
                                          {"format", required_argument, NULL, FORMAT},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    vonk_error err;
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, ":m:c:h", longs, NULL)) != -1;) {
        switch (c) {
        case 'm':
            o->session.master = optarg;
            break;
        case 'c':
            if (vonk_cli_conf(&o->session, optarg, &err) != VONK_OK)
                return usage(err.message, "");
            o->confs[o->n_confs++] = optarg;
            break;
        case FORMAT:
            if (!vonk_output_parse(optarg, &o->format))
                return usage("no format ", optarg);
            break;
        case 'h':
            return fputs(help, stdout) < 0 ? VONK_EXIT_FAILED : VONK_EXIT_OK;
        case ':':
            return usage("a value is missing after ", argv[optind - 1]);
        default:
            return usage("unknown option ", argv[optind - 1]);
        }
    }
    if (optind >= argc)
        return usage("usage: vonk run JOB.yaml: which manifest?", "");
    if (optind + 1 < argc)
        return usage("one manifest at a time, not also ", argv[optind + 1]);
    o->path = argv[optind];
    return -1;
}

/* The manifest's conf, then the command line's once more. */
static vonk_status set_conf(options *o, const vonk_job *job, vonk_error *err)
{
    if (!o->session.conf)
        VONK_TRY(vonk_conf_new(&o->session.conf, err));
    for (uint32_t i = 0; i < job->conf.n; i++)
        VONK_TRY(
            vonk_conf_set(o->session.conf, job->conf.items[i].key, job->conf.items[i].value, err));
    for (uint32_t i = 0; i < o->n_confs; i++)
        VONK_TRY(vonk_cli_conf(&o->session, o->confs[i], err));
    return VONK_OK;
}

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

static void add_stats(totals *t, const vonk_statement_stats *stats)
{
    t->n_tasks += stats->n_tasks;
    t->n_stages += stats->n_stages;
    t->rows_read += stats->metrics.rows_read;
    t->bytes_read += stats->metrics.bytes_read;
}

/* Runs a statement; `print`: its answer is the job's. */
static vonk_status run_one(const options *o, vonk_session *session, vonk_slice sql, bool print,
                           totals *t, vonk_error *err)
{
    vonk_output out = {
        .format = o->format, .to = stdout, .settings = vonk_session_settings(session)};
    vonk_sink sink = vonk_output_sink(&out);
    vonk_sink quiet = {.progress = vonk_cli_progress};
    vonk_statement_stats stats = {0};
    vonk_status status = vonk_session_run(session, sql, print ? &sink : &quiet, &stats, err);
    add_stats(t, &stats);
    vonk_error ignored;
    vonk_status printed = VONK_OK;
    if (print && status == VONK_OK)
        printed = vonk_output_finish(&out, NULL, err);
    else if (print && vonk_output_finish(&out, err, &ignored) != VONK_OK)
        status = ignored.status;
    vonk_cli_progress_end();
    return status != VONK_OK ? status : printed;
}

/* Writes the last query's rows and prints them from where they were written. */
static vonk_status save_last(const options *o, vonk_session *session, vonk_slice sql,
                             const char *output, totals *t, vonk_error *err)
{
    vonk_sink quiet = {.progress = vonk_cli_progress};
    vonk_statement_stats stats = {0};
    vonk_arena arena = {0};
    vonk_status status = vonk_session_save(session, sql, "parquet", output, &quiet, &stats, err);
    vonk_cli_progress_end();
    add_stats(t, &stats);
    char *back = NULL;
    if (status == VONK_OK) {
        back = vonk_arena_printf(&arena, err, "select * from parquet.`%s`", output);
        status = back ? VONK_OK : VONK_NO_MEMORY;
    }
    totals ignored = {0};
    if (status == VONK_OK)
        status = run_one(o, session, vonk_slice_of(back), true, &ignored, err);
    vonk_arena_free(&arena);
    return status;
}

/* Runs all statements; *ret_at is the one that failed. */
static vonk_status run_statements(const options *o, vonk_session *session, vonk_slice script,
                                  const char *output, totals *t, vonk_slice *ret_at,
                                  vonk_error *err)
{
    vonk_arena arena = {0};
    vonk_slice *statements = NULL;
    uint32_t n = 0;
    vonk_status status = vonk_session_split(script, &arena, &statements, &n, err);
    if (status == VONK_OK && !n)
        status = vonk_fail(err, VONK_INVALID, "%s: there is no statement to run", o->path);
    for (uint32_t i = 0; status == VONK_OK && i < n; i++) {
        bool last = i + 1 == n;
        *ret_at = statements[i];
        if (last && output && vonk_session_is_query(*ret_at))
            status = save_last(o, session, *ret_at, output, t, err);
        else
            status = run_one(o, session, *ret_at, last, t, err);
    }
    vonk_arena_free(&arena);
    return status;
}

static void print_totals(const vonk_job *job, const totals *t, const char *output)
{
    (void)fflush(stdout);
    (void)fprintf(stderr, "%s: done in %.2f s, %llu stages, %llu tasks, %llu rows and %.1f MB read",
                  job->name, now() - t->began, (unsigned long long)t->n_stages,
                  (unsigned long long)t->n_tasks, (unsigned long long)t->rows_read,
                  (double)t->bytes_read / 1e6);
    (void)fprintf(stderr, output ? "; rows written to %s\n" : "\n", output);
}

/* The job's statements: those in the manifest or those of the file that it names. */
static vonk_status read_script(const vonk_job_sql *sql, char **ret, vonk_slice *ret_script,
                               vonk_error *err)
{
    size_t size = 0;
    if (sql->query) {
        *ret_script = vonk_slice_of(sql->query);
        return VONK_OK;
    }
    if (strstr(sql->from, "://") && strncmp(sql->from, "file://", 7) != 0)
        return vonk_fail(err, VONK_UNSUPPORTED, "sql.from: %s: only files can be read here",
                         sql->from);
    const char *path = strncmp(sql->from, "file://", 7) ? sql->from : sql->from + 7;
    VONK_TRY(vonk_cli_read_file(path, ret, &size, err));
    *ret_script = (vonk_slice){*ret, size};
    return VONK_OK;
}

/* `*ret_text` is the caller's to free: *ret_at may point into it. */
static vonk_status run_job(options *o, const vonk_job *job, char **ret_text, vonk_slice *ret_at,
                           vonk_error *err)
{
    if (!job->has_sql)
        return vonk_fail(err, VONK_UNSUPPORTED, "%s: jobs with a program cannot be run yet",
                         o->path);
    if (job->has_streaming)
        return vonk_fail(err, VONK_UNSUPPORTED, "%s: streaming jobs cannot be run yet", o->path);
    vonk_slice script = {0};
    vonk_session *session = NULL;
    totals t = {.began = now()};
    VONK_TRY(read_script(&job->sql, ret_text, &script, err));
    vonk_status status = set_conf(o, job, err);
    if (status == VONK_OK)
        status = vonk_cli_open(&o->session, &session, err);
    if (status == VONK_OK) {
        vonk_cli_on_interrupt(session);
        status = add_tables(session, &job->sql, err);
        if (status == VONK_OK)
            status = run_statements(o, session, script, job->sql.output, &t, ret_at, err);
        vonk_cli_on_interrupt(NULL);
        vonk_session_free(session);
    }
    if (status == VONK_OK)
        print_totals(job, &t, job->sql.output);
    return status;
}

static int run_manifest(options *o)
{
    vonk_arena arena = {0};
    vonk_job job;
    vonk_error err;
    vonk_slice at = {0};
    char *text = NULL, *script = NULL;
    size_t size = 0;
    vonk_status status = vonk_cli_read_file(o->path, &text, &size, &err);
    if (status == VONK_OK)
        status = vonk_job_parse((vonk_slice){text, size}, o->path, &arena, &job, &err);
    if (status == VONK_OK)
        status = run_job(o, &job, &script, &at, &err);
    if (status != VONK_OK)
        vonk_cli_print_error(stderr, &err, at);
    vonk_arena_free(&arena);
    free(script);
    free(text);
    return status == VONK_OK ? VONK_EXIT_OK : VONK_EXIT_FAILED;
}

int vonk_cmd_run(int argc, char **argv)
{
    options o = {0};
    o.confs = calloc((size_t)argc + 1, sizeof(*o.confs));
    if (!o.confs)
        return VONK_EXIT_FAILED;
    int status = parse(argc, argv, &o);
    if (status < 0)
        status = run_manifest(&o);
    vonk_conf_free(o.session.conf);
    free(o.confs);
    return status;
}
