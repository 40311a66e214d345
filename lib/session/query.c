/* query.c - a statement's way from plan to rows. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/names.h"
#include "fs/settings.h"
#include "session/optimizer_log.h"
#include "session/subquery.h"

vonk_status vonk_plan_schema(vonk_arena *arena, const vonk_plan *plan, vonk_schema *ret,
                             vonk_error *err)
{
    vonk_schema schema = {.n_fields = plan->n_output};
    schema.fields = VONK_NEW_ARRAY(arena, vonk_field, plan->n_output, err);
    VONK_TRY_ALLOC(schema.fields);
    for (uint32_t i = 0; i < plan->n_output; i++)
        schema.fields[i] =
            (vonk_field){plan->output[i].name, plan->output[i].type, plan->output[i].nullable};
    *ret = schema;
    return VONK_OK;
}

vonk_status vonk_check_names(const vonk_plan *plan, vonk_error *err)
{
    VONK_CLEANUP(vonk_arena_free) vonk_arena scratch = {0};
    vonk_slice *names = VONK_NEW_ARRAY(&scratch, vonk_slice, (size_t)plan->n_output + 1, err);
    uint32_t *first = VONK_NEW_ARRAY(&scratch, uint32_t, (size_t)plan->n_output + 1, err);
    if (!names || !first)
        return VONK_NO_MEMORY;
    for (uint32_t i = 0; i < plan->n_output; i++)
        names[i] = vonk_slice_of(plan->output[i].name);
    VONK_TRY(vonk_names_first(&scratch, names, plan->n_output, first, err));
    for (uint32_t i = 0; i < plan->n_output; i++) {
        if (first[i] != i)
            return vonk_fail_sql(err, "COLUMN_ALREADY_EXISTS",
                                 "The column `%s` already exists. Choose another name or "
                                 "rename the existing column.",
                                 plan->output[i].name);
    }
    return VONK_OK;
}

vonk_status vonk_query_analyze(vonk_query *q, const vonk_plan *parsed, vonk_plan **ret,
                               vonk_error *err)
{
    vonk_session *s = q->session;
    vonk_analyzer analyzer = {
        .catalog = s->catalog,
        .source = &s->source,
        .settings = &s->settings,
        .default_format = vonk_conf_get(s->conf, "spark.sql.sources.default"),
        .arena = &q->arena,
        .next_id = q->next_id,
        .origins = &q->origins,
    };
    vonk_query_plans(q, true);
    vonk_status status = vonk_analyze(&analyzer, parsed, ret, err);
    vonk_query_plans(q, false);
    q->next_id = analyzer.next_id;
    return status;
}

vonk_status vonk_query_optimize(vonk_query *q, vonk_plan *analyzed, vonk_plan **ret,
                                vonk_error *err)
{
    vonk_session *s = q->session;
    vonk_optimizer_log log = vonk_optimizer_log_of(s);
    vonk_optimizer optimizer = {
        .arena = &q->arena,
        .settings = &s->settings,
        .disabled_rules = vonk_conf_get(s->conf, "spark.sql.optimizer.excludedRules"),
        .statistics = vonk_conf_bool(s->conf, "spark.sql.cbo.enabled"),
        .next_id = &q->next_id,
        .log = &log,
    };
    vonk_query_plans(q, true);
    vonk_status status = vonk_optimize(&optimizer, analyzed, ret, err);
    vonk_query_plans(q, false);
    return status;
}

/*
 * A side that is broadcast is in memory as long as the job, three times for a while: as it came, as
 * one batch, and as a table; and a query may have some.
 */
static int64_t broadcast_bytes(const vonk_session *s)
{
    int64_t bytes = vonk_conf_bytes(s->conf, "spark.sql.autoBroadcastJoinThreshold");
    size_t most = s->cluster->memory / 32;
    return most && bytes > (int64_t)most ? (int64_t)most : bytes;
}

/* Options of scans that are also settings, as far as they are set. */
static vonk_status scan_options(vonk_query *q, vonk_options *ret, vonk_error *err)
{
    static const char *const keys[] = {"parquet.filter.columnindex.enabled",
                                       "parquet.filter.bloom.enabled"};
    vonk_option *items = VONK_NEW_ARRAY(&q->arena, vonk_option, VONK_LENGTH(keys), err);
    VONK_TRY_ALLOC(items);
    *ret = (vonk_options){0, items};
    for (size_t i = 0; i < VONK_LENGTH(keys); i++)
        if (vonk_conf_is_set(q->session->conf, keys[i]))
            items[ret->n++] = (vonk_option){keys[i], vonk_conf_get(q->session->conf, keys[i])};
    return VONK_OK;
}

vonk_status vonk_query_plan(vonk_query *q, const vonk_plan *optimized, vonk_planner *ret_planner,
                            vonk_physical **ret, vonk_error *err)
{
    vonk_session *s = q->session;
    uint32_t slots = s->cluster->n_slots;
    int64_t partitions = vonk_conf_int(s->conf, "spark.sql.shuffle.partitions");
    *ret_planner = (vonk_planner){
        .arena = &q->arena,
        .n_partitions = partitions > 0 ? (uint32_t)partitions : 0,
        .n_slots = slots,
        .broadcast_bytes = broadcast_bytes(s),
        .max_split_bytes = vonk_conf_bytes(s->conf, "spark.sql.files.maxPartitionBytes"),
        .range_rows = vonk_conf_int(s->conf, "vonk.sort.rangeRows"),
        .key_filters = vonk_conf_bool(s->conf, "spark.sql.optimizer.runtime.bloomFilter.enabled"),
        .reuse = vonk_conf_bool(s->conf, "spark.sql.exchange.reuse"),
        .next_id = 1,
    };
    VONK_TRY(scan_options(q, &ret_planner->scan_options, err));
    vonk_query_plans(q, true);
    vonk_status status = vonk_plan_physical(ret_planner, optimized, ret, err);
    vonk_query_plans(q, false);
    return status;
}

/* Rows of a batch: VONK_BATCH_ROWS, or what a test asks for. */
static uint32_t batch_rows(void)
{
    const char *text = getenv("VONK_DEBUG_BATCH_ROWS");
    long n = text ? strtol(text, NULL, 10) : 0;
    return n > 0 && n <= VONK_BATCH_ROWS ? (uint32_t)n : VONK_BATCH_ROWS;
}

static void add_stats(vonk_statement_stats *stats, const vonk_job_result *result)
{
    if (!stats)
        return;
    stats->n_jobs++;
    stats->n_stages += result->progress.n_stages;
    stats->n_tasks += result->progress.n_tasks;
    stats->n_rows = result->n_rows; /* the statement's own job is the last */
    stats->metrics.rows_read += result->metrics.rows_read;
    stats->metrics.bytes_read += result->metrics.bytes_read;
    stats->metrics.rows_out += result->metrics.rows_out;
    stats->metrics.bytes_out += result->metrics.bytes_out;
    stats->metrics.cpu_ns += result->metrics.cpu_ns;
}

/* For whoever tells what the statement did. */
static vonk_status note_job(vonk_query *q, const vonk_job_result *result, vonk_error *err)
{
    vonk_ran_job *job = VONK_NEW(&q->arena, vonk_ran_job, err);
    VONK_TRY_ALLOC(job);
    *job = (vonk_ran_job){.next = q->ran_jobs,
                          .plan = {.n_stages = result->n_stages,
                                   .stages = result->stages,
                                   .n_ops = result->n_ops,
                                   .ops = result->ops}};
    q->ran_jobs = job;
    return VONK_OK;
}

static uint64_t max_result_size(const vonk_session *s)
{
    int64_t bytes = vonk_conf_bytes(s->conf, "spark.driver.maxResultSize");
    return bytes > 0 ? (uint64_t)bytes : 0;
}

vonk_status vonk_query_job(vonk_query *q, vonk_planner *planner, vonk_physical *plan, void *context,
                           vonk_status (*rows)(void *, const vonk_batch *, vonk_error *),
                           vonk_job_result *ret, vonk_error *err)
{
    vonk_session *s = q->session;
    vonk_options stores = {0};
    VONK_TRY(vonk_fs_settings_list(&q->arena, &stores, err));
    vonk_job_request request = {
        .cluster = s->cluster,
        .planner = planner,
        .plan = plan,
        .settings = s->settings,
        .stores = stores,
        .sched = {(uint32_t)vonk_conf_int(s->conf, "spark.task.maxFailures"),
                  (uint32_t)vonk_conf_int(s->conf, "spark.stage.maxConsecutiveAttempts")},
        .job = s->next_job++,
        .batch_rows = batch_rows(),
        .arena = &q->arena,
        .cancelled = &s->cancelled,
        .spill_dir = vonk_conf_get(s->conf, "spark.local.dir"),
        .max_result_size = max_result_size(s),
        .context = context,
        .rows = rows,
        .progress_context = q->sink ? q->sink->context : NULL,
        .progress = q->sink ? q->sink->progress : NULL,
    };
    vonk_status status = vonk_job_run(&request, ret, err);
    add_stats(q->stats, ret);
    return status == VONK_OK ? note_job(q, ret, err) : status;
}

vonk_status vonk_query_execute(vonk_query *q, vonk_plan *analyzed, vonk_error *err)
{
    vonk_plan *optimized = NULL;
    vonk_planner planner;
    vonk_physical *physical = NULL;
    vonk_job_result result = {0};
    VONK_TRY(vonk_query_optimize(q, analyzed, &optimized, err));
    VONK_TRY(vonk_replace_subqueries(q, optimized, err));
    VONK_TRY(vonk_query_plan(q, optimized, &planner, &physical, err));
    vonk_status status = vonk_query_job(q, &planner, physical, q->sink ? q->sink->context : NULL,
                                        q->sink ? q->sink->rows : NULL, &result, err);
    vonk_job_result_free(&result);
    return status;
}

vonk_status vonk_query_run(vonk_query *q, const vonk_plan *parsed, vonk_error *err)
{
    vonk_plan *analyzed = NULL;
    if (parsed->kind == VONK_PLAN_EXPLAIN || parsed->kind == VONK_PLAN_SET)
        return vonk_command_run(q, parsed, NULL, err);
    VONK_TRY(vonk_query_analyze(q, parsed, &analyzed, err));
    if (vonk_plan_is_command(analyzed))
        return vonk_command_run(q, parsed, analyzed, err);
    vonk_schema schema;
    VONK_TRY(vonk_plan_schema(&q->arena, analyzed, &schema, err));
    if (q->sink && q->sink->schema)
        VONK_TRY(q->sink->schema(q->sink->context, &schema, err));
    return vonk_query_execute(q, analyzed, err);
}
