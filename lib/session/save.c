/*
 * save.c - the commit of a query's output: tasks write staged files (fs.h), the driver commits.
 *
 * Until the commit readers see nothing of it; after a failure nothing is left. Overwriting removes
 * the old files after the job and before the commit. _SUCCESS comes last.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/end_watch.h"
#include "fs/fs.h"
#include "session/output_claim.h"
#include "session/state.h"
#include "session/subquery.h"

/* Whether anything is at `path`; what this job left there in an earlier try is overwritten. */
static vonk_status check_mode(vonk_query *q, const char *path, vonk_save_mode *mode,
                              vonk_error *err)
{
    vonk_fs_entry entry;
    vonk_error ignored;
    if (*mode != VONK_SAVE_NEW || vonk_fs_stat(path, &entry, &q->arena, &ignored) != VONK_OK)
        return VONK_OK;
    if (vonk_output_is_ours(q, path)) {
        *mode = VONK_SAVE_OVERWRITE;
        return VONK_OK;
    }
    return vonk_fail_sql(err, "PATH_ALREADY_EXISTS",
                         "Path %s already exists. Set mode as \"overwrite\" to overwrite the "
                         "existing path.",
                         path);
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

/* Where a query's rows go. */
typedef struct output {
    vonk_query *q;
    const char *path;
    bool existed; /* before */
    bool claimed; /* output_claim.h */
    _Atomic uint64_t job;
} output;

static vonk_status run_write(output *out, vonk_plan *analyzed, const char *format,
                             const vonk_options *options, vonk_job_result *ret, vonk_error *err)
{
    vonk_query *q = out->q;
    vonk_plan *optimized = NULL;
    vonk_planner planner;
    vonk_physical *physical = NULL;
    VONK_TRY(vonk_query_optimize(q, analyzed, &optimized, err));
    VONK_TRY(vonk_replace_subqueries(q, optimized, err));
    VONK_TRY(vonk_query_plan(q, optimized, &planner, &physical, err));
    /* The files' column names are those of the analyzed plan. */
    VONK_TRY(vonk_plan_schema(&q->arena, analyzed, &physical->output, err));
    VONK_TRY(write_op(q, &planner, physical, format, out->path, options, &physical, err));
    atomic_store(&out->job, q->session->next_job);
    return vonk_query_job(q, &planner, physical, NULL, NULL, ret, err);
}

static vonk_status ask_fence(const vonk_session *s, vonk_error *err)
{
    return s->fence ? s->fence(s->fence_context, err) : VONK_OK;
}

/* Makes the job's files visible. */
static vonk_status commit(const output *out, const vonk_job_result *result, vonk_save_mode mode,
                          vonk_error *err)
{
    VONK_TRY(ask_fence(out->q->session, err));
    if (mode == VONK_SAVE_OVERWRITE)
        VONK_TRY(vonk_fs_clear(out->path, err));
    if (mode == VONK_SAVE_OVERWRITE && out->claimed)
        VONK_TRY(vonk_output_claim(out->q, out->path, err));
    VONK_TRY(vonk_fs_commit((const char *const *)result->files, result->n_files, err));
    return vonk_output_mark_success(out->q, out->path, out->claimed, err);
}

static void remove_staged(output *out)
{
    char job[32];
    (void)snprintf(job, sizeof(job), "%016" PRIx64, atomic_load(&out->job));
    vonk_fs_clean(out->path, job);
}

/* Nothing is left of an output that was not there before: if it is still ours to clean. */
static void clean_up(const output *out)
{
    vonk_error ignored; /* the error that counts is the first one */
    if (out->claimed)
        vonk_output_disclaim(out->q, out->path);
    if (out->existed || ask_fence(out->q->session, &ignored) != VONK_OK)
        return;
    vonk_status removed = vonk_fs_remove(out->path, &ignored);
    (void)removed;
}

/* The process ends beside the job. */
static void take_away(void *context)
{
    output *out = context;
    remove_staged(out);
    clean_up(out);
}

vonk_status vonk_query_save(vonk_query *q, vonk_plan *analyzed, const char *format,
                            const char *path, const vonk_options *options, vonk_save_mode mode,
                            vonk_error *err)
{
    vonk_job_result result = {0};
    vonk_fs_entry entry;
    output out = {
        .q = q, .path = path, .claimed = mode == VONK_SAVE_NEW && q->session->owner != NULL};
    vonk_end_guard guard = {.clean = take_away, .context = &out};
    VONK_TRY(vonk_check_names(analyzed, err));
    VONK_TRY(check_mode(q, path, &mode, err));
    out.existed = vonk_fs_stat(path, &entry, &q->arena, NULL) == VONK_OK;
    vonk_end_watch_guard(&guard);
    vonk_status status = vonk_fs_prepare(path, err);
    if (status == VONK_OK && out.claimed)
        status = vonk_output_claim(q, path, err);
    if (status == VONK_OK)
        status = run_write(&out, analyzed, format, options, &result, err);
    vonk_end_watch_hold(); /* all is seen or nothing */
    vonk_end_watch_unguard(&guard);
    if (status == VONK_OK)
        status = commit(&out, &result, mode, err);
    if (status != VONK_OK)
        vonk_fs_discard((const char *const *)result.files, result.n_files);
    remove_staged(&out);
    vonk_job_result_free(&result);
    if (status != VONK_OK)
        clean_up(&out);
    vonk_end_watch_release();
    return status;
}
