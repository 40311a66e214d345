/*
 * save.c - the commit of a query's output: tasks write staged files (fs.h), the driver commits.
 *
 * Until the commit readers see nothing of it; after a failure nothing is left. Overwriting removes
 * the old files after the job and before the commit. _SUCCESS comes last.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fs/fs.h"
#include "session/state.h"
#include "session/subquery.h"

/* Whether anything is at `path`. */
static vonk_status check_mode(const char *path, vonk_save_mode mode, vonk_arena *arena,
                              vonk_error *err)
{
    vonk_fs_entry entry;
    vonk_error ignored;
    if (mode != VONK_SAVE_NEW || vonk_fs_stat(path, &entry, arena, &ignored) != VONK_OK)
        return VONK_OK;
    return vonk_fail_sql(err, "PATH_ALREADY_EXISTS",
                         "Path %s already exists. Set mode as \"overwrite\" to overwrite the "
                         "existing path.",
                         path);
}

/* The marker of a complete output, as Spark leaves it. */
static vonk_status mark_success(const char *path, vonk_arena *arena, vonk_error *err)
{
    const char *marker = vonk_arena_printf(arena, err, "%s/_SUCCESS", path);
    VONK_TRY_ALLOC(marker);
    VONK_TRY(vonk_fs_remove(marker, err));
    vonk_fs_sink *sink = NULL;
    VONK_TRY(vonk_fs_create(marker, &sink, err));
    return vonk_fs_finish(sink, err);
}

static vonk_status write_op(vonk_query *q, vonk_planner *planner, vonk_physical *child,
                            const char *format, const char *path, const vonk_options *options,
                            vonk_physical **ret, vonk_error *err)
{
    vonk_physical *op = vonk_physical_new(&q->arena, VONK_OP_WRITE, 1, err);
    VONK_TRY_ALLOC(op);
    op->id = planner->next_id++;
    op->limit = -1;
    op->children[0] = child;
    op->format = format;
    op->path = path;
    const char *codec = vonk_conf_get(q->session->conf, "spark.sql.parquet.compression.codec");
    bool add_codec =
        !strcasecmp(format, "parquet") && codec && !vonk_option_get(options, "compression", NULL);
    vonk_option *items = VONK_NEW_ARRAY(&q->arena, vonk_option, options->n + 1, err);
    VONK_TRY_ALLOC(items);
    if (options->n)
        memcpy(items, options->items, options->n * sizeof(*items));
    if (add_codec)
        items[options->n] = (vonk_option){"compression", codec};
    op->options = (vonk_options){options->n + add_codec, items};
    *ret = op;
    return VONK_OK;
}

static vonk_status run_write(vonk_query *q, vonk_plan *analyzed, const char *format,
                             const char *path, const vonk_options *options, vonk_job_result *ret,
                             vonk_error *err)
{
    vonk_plan *optimized = NULL;
    vonk_planner planner;
    vonk_physical *physical = NULL;
    VONK_TRY(vonk_query_optimize(q, analyzed, &optimized, err));
    VONK_TRY(vonk_replace_subqueries(q, optimized, err));
    VONK_TRY(vonk_query_plan(q, optimized, &planner, &physical, err));
    /* The files' column names are those of the analyzed plan. */
    VONK_TRY(vonk_plan_schema(&q->arena, analyzed, &physical->output, err));
    VONK_TRY(write_op(q, &planner, physical, format, path, options, &physical, err));
    return vonk_query_job(q, &planner, physical, NULL, NULL, ret, err);
}

/* Makes the job's files visible. */
static vonk_status commit(vonk_query *q, const vonk_job_result *result, const char *path,
                          vonk_save_mode mode, vonk_error *err)
{
    const vonk_session *s = q->session;
    if (s->fence)
        VONK_TRY(s->fence(s->fence_context, err));
    if (mode == VONK_SAVE_OVERWRITE)
        VONK_TRY(vonk_fs_clear(path, err));
    VONK_TRY(vonk_fs_commit((const char *const *)result->files, result->n_files, err));
    return mark_success(path, &q->arena, err);
}

vonk_status vonk_query_save(vonk_query *q, vonk_plan *analyzed, const char *format,
                            const char *path, const vonk_options *options, vonk_save_mode mode,
                            vonk_error *err)
{
    vonk_job_result result = {0};
    vonk_fs_entry entry;
    char job[32];
    VONK_TRY(vonk_check_names(analyzed, err));
    VONK_TRY(check_mode(path, mode, &q->arena, err));
    bool existed = vonk_fs_stat(path, &entry, &q->arena, NULL) == VONK_OK;
    VONK_TRY(vonk_fs_prepare(path, err));
    vonk_status status = run_write(q, analyzed, format, path, options, &result, err);
    if (status == VONK_OK)
        status = commit(q, &result, path, mode, err);
    (void)snprintf(job, sizeof(job), "%016" PRIx64, result.job);
    if (status != VONK_OK)
        vonk_fs_discard((const char *const *)result.files, result.n_files);
    vonk_fs_clean(path, job);
    vonk_job_result_free(&result);
    if (status != VONK_OK && !existed) {
        vonk_error ignored; /* the error that counts is the first one */
        vonk_status removed = vonk_fs_remove(path, &ignored);
        (void)removed;
    }
    return status;
}
