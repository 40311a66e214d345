/* explain.c - EXPLAIN in its modes. */
#include <inttypes.h>
#include <string.h>

#include "optimize/statistics.h"
#include "session/command.h"

static void print_logical(const char *title, const vonk_plan *plan, bool cost, vonk_buffer *out)
{
    vonk_buffer_printf(out, "== %s ==\n", title);
    if (strcmp(title, "Analyzed Logical Plan") == 0) {
        for (uint32_t i = 0; i < plan->n_output; i++) {
            vonk_buffer_printf(out, "%s%s: ", i ? ", " : "", plan->output[i].name);
            vonk_type_print(plan->output[i].type, out);
        }
        vonk_buffer_char(out, '\n');
    }
    vonk_plan_print_with(plan, cost ? vonk_statistics_print : NULL, out);
    vonk_buffer_text(out, "\n");
}

/* A job's plan and figures; those of subqueries, which ran before, come first. */
static vonk_status print_jobs(vonk_query *q, const vonk_ran_job *job, vonk_buffer *out,
                              vonk_error *err)
{
    if (job->next)
        VONK_TRY(print_jobs(q, job->next, out, err));
    vonk_buffer_printf(out, "== %s ==\n", job == q->ran_jobs ? "Physical Plan" : "Subquery");
    VONK_TRY(vonk_ran_plan_print(&job->plan, &q->arena, out, err));
    vonk_buffer_char(out, '\n');
    return VONK_OK;
}

static void print_totals(const vonk_statement_stats *stats, vonk_buffer *out)
{
    vonk_buffer_printf(out, "%" PRIu64 " stages, %" PRIu64 " tasks, CPU time: %.1f ms",
                       stats->n_stages, stats->n_tasks, (double)stats->metrics.cpu_ns / 1e6);
    if (stats->metrics.bytes_read) {
        vonk_buffer_text(out, ", bytes read: ");
        vonk_buffer_size(out, (double)stats->metrics.bytes_read);
    }
    vonk_buffer_char(out, '\n');
}

/* EXPLAIN ANALYZE: runs the query, and says what its operators did. Nobody gets the rows. */
static vonk_status explain_analyze(vonk_query *q, const vonk_plan *cmd, vonk_buffer *out,
                                   vonk_error *err)
{
    vonk_plan *analyzed = NULL;
    vonk_sink sink = {.context = q->sink ? q->sink->context : NULL,
                      .progress = q->sink ? q->sink->progress : NULL};
    const vonk_sink *asked = q->sink;
    VONK_TRY(vonk_query_analyze(q, cmd->children[0], &analyzed, err));
    if (vonk_plan_is_command(analyzed))
        return vonk_fail_sql(err, "UNSUPPORTED_FEATURE", "EXPLAIN ANALYZE of %s: only of a query",
                             vonk_plan_kind_name(analyzed->kind));
    q->sink = &sink;
    vonk_status status = vonk_query_execute(q, analyzed, err);
    q->sink = asked;
    VONK_TRY(status);
    VONK_TRY(print_jobs(q, q->ran_jobs, out, err));
    print_totals(q->stats, out);
    return VONK_OK;
}

/* The text of EXPLAIN into `out`; an error of the query is part of it, as in Spark. */
static vonk_status explain(vonk_query *q, const vonk_plan *cmd, vonk_buffer *out, vonk_error *err)
{
    bool extended = cmd->explain_mode == VONK_EXPLAIN_EXTENDED;
    bool cost = cmd->explain_mode == VONK_EXPLAIN_COST;
    vonk_plan *analyzed = NULL, *optimized = NULL;
    vonk_planner planner;
    vonk_physical *physical = NULL;
    if (extended)
        print_logical("Parsed Logical Plan", cmd->children[0], false, out);
    VONK_TRY(vonk_query_analyze(q, cmd->children[0], &analyzed, err));
    if (extended)
        print_logical("Analyzed Logical Plan", analyzed, false, out);
    vonk_plan *query = analyzed;
    if (vonk_plan_is_command(analyzed)) {
        if (!analyzed->n_children) {
            print_logical("Physical Plan", analyzed, false, out);
            return VONK_OK;
        }
        query = analyzed->children[0];
    }
    VONK_TRY(vonk_query_optimize(q, query, &optimized, err));
    if (extended || cost)
        print_logical("Optimized Logical Plan", optimized, cost, out);
    VONK_TRY(vonk_query_plan(q, optimized, &planner, &physical, err));
    vonk_buffer_text(out, "== Physical Plan ==\n");
    if (cmd->explain_mode == VONK_EXPLAIN_FORMATTED)
        vonk_physical_print_formatted(physical, out);
    else
        vonk_physical_print(physical, out);
    return VONK_OK;
}

vonk_status vonk_run_explain(vonk_query *q, const vonk_plan *cmd, vonk_error *err)
{
    static const char *const names[] = {"plan"};
    vonk_buffer out = {0};
    bool analyze = cmd->explain_mode == VONK_EXPLAIN_ANALYZE;
    vonk_status status = (analyze ? explain_analyze : explain)(q, cmd, &out, err);
    const char *row[] = {vonk_buffer_str(&out)};
    if (status == VONK_OK)
        status = vonk_buffer_check(&out, err);
    if (status == VONK_OK) {
        status = vonk_query_answer(q, 1, names, 1, row, err);
    }
    vonk_buffer_free(&out);
    return status;
}
