/* statements.c - statement by statement. */
#include "cli/statements.h"
#include <sys/resource.h>
#include <sys/time.h>

typedef struct cpu_seconds {
    double user;
    double system;
} cpu_seconds;

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* What this process has taken so far; executors are processes of their own. */
static cpu_seconds cpu_so_far(void)
{
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_SELF, &usage);
    return (cpu_seconds){.user = seconds_of(usage.ru_utime), .system = seconds_of(usage.ru_stime)};
}

static void print_time(const vonk_statement_stats *stats, cpu_seconds before)
{
    char work[VONK_CLI_WORK_BYTES];
    cpu_seconds now = cpu_so_far();
    (void)fprintf(stderr, "time: %.6f s (user %.6f s, system %.6f s)\n", stats->seconds,
                  now.user - before.user, now.system - before.system);
    if (!stats->n_jobs)
        return;
    vonk_cli_work_print(stats->metrics.rows_read, stats->metrics.bytes_read, stats->seconds, work);
    (void)fprintf(stderr, "      %llu stages, %llu tasks, CPU %.6f s; read: %s\n",
                  (unsigned long long)stats->n_stages, (unsigned long long)stats->n_tasks,
                  (double)stats->metrics.cpu_ns / 1e9, work);
}

vonk_status vonk_run_statement(vonk_statements *s, vonk_slice sql, vonk_error *err)
{
    vonk_output out = {
        .format = s->format, .to = stdout, .settings = vonk_session_settings(s->session)};
    vonk_sink sink = vonk_output_sink(&out);
    vonk_statement_stats stats = {0};
    vonk_error failure = {.position = -1, .position_end = -1};
    cpu_seconds before = cpu_so_far();
    vonk_cli_on_interrupt(s->session);
    vonk_status status = vonk_session_run(s->session, sql, &sink, &stats, &failure);
    const char *view;
    vonk_slice text = vonk_session_error_text(s->session, sql, &view);
    vonk_status printed = vonk_output_finish(&out, status == VONK_OK ? NULL : &failure, text, err);
    (void)fflush(stdout); /* who reads a pipe sees each answer when it is there; main() checks */
    if (status != VONK_OK) {
        s->failed = true;
        if (err)
            *err = failure;
        if (s->format != VONK_OUTPUT_JSON)
            vonk_cli_print_error_of(stderr, &failure, text, view);
    }
    if (s->time)
        print_time(&stats, before);
    return status != VONK_OK ? status : printed;
}

vonk_status vonk_run_script(vonk_statements *s, vonk_slice script, vonk_error *err)
{
    vonk_arena arena = {0};
    vonk_slice *statements = NULL;
    uint32_t n = 0;
    vonk_status status = vonk_session_split(script, &arena, &statements, &n, err);
    for (uint32_t i = 0; status == VONK_OK && i < n; i++) {
        status = vonk_run_statement(s, statements[i], err);
        if (status != VONK_OK && s->keep_going)
            status = VONK_OK;
    }
    vonk_arena_free(&arena);
    return status;
}
