/*
 * write.c - the sink of a writing task: one staged file (fs.h), seen by nobody. The driver commits
 * the files of the attempts that counted when the job is done (session/save.c), so that a retry or
 * a lost task leaves nothing. A token stands for the file in the task's result.
 *
 *      DIR/part-00000-JOB-c000.snappy.parquet
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "exec/operator.h"
#include "format/format.h"

typedef struct writing {
    vonk_operator op;
    const vonk_format *format;
    vonk_writer *writer;
    vonk_fs_sink *sink;
    uint64_t rows;
} writing;

/* ".snappy", "" and so on: what Spark puts before the extension. */
static const char *codec_suffix(const vonk_format *format, const vonk_options *options)
{
    const char *parquet = !strcmp(format->name, "parquet") ? "snappy" : "none";
    const char *codec = vonk_option_get(options, "compression", parquet);
    static const struct {
        const char *codec, *suffix;
    } suffixes[] = {{"snappy", ".snappy"}, {"gzip", ".gz"},         {"zstd", ".zstd"},
                    {"lz4", ".lz4"},       {"lz4_raw", ".lz4_raw"}, {"lz4raw", ".lz4raw"},
                    {"brotli", ".br"}};
    for (size_t i = 0; i < VONK_LENGTH(suffixes); i++) {
        if (!strcasecmp(codec, suffixes[i].codec))
            return suffixes[i].suffix;
    }
    return "";
}

static vonk_status open_file(writing *w, vonk_error *err)
{
    const vonk_task *task = w->op.run->task;
    const vonk_physical *node = w->op.node;
    bool text = strcmp(w->format->name, "parquet") != 0;
    const char *suffix = codec_suffix(w->format, &node->options);
    size_t n = strlen(node->path);
    const char *path =
        vonk_arena_printf(&w->op.run->arena, err, "%s%spart-%05u-%016" PRIx64 "-c000%s.%s%s",
                          node->path, n && node->path[n - 1] == '/' ? "" : "/", task->index,
                          task->job, text ? "" : suffix, w->format->extension, text ? suffix : "");
    VONK_TRY_ALLOC(path);
    const char *stage = vonk_arena_printf(&w->op.run->arena, err, "%016" PRIx64 "/%u-%u", task->job,
                                          task->index, task->attempt);
    VONK_TRY_ALLOC(stage);
    /* Nothing new once the job was cancelled: the process may end, and somebody clean up, now. */
    VONK_TRY(vonk_arena_check(&w->op.batch, err));
    VONK_TRY(vonk_fs_stage(path, stage, &w->sink, err));
    vonk_writer_request request = {
        .path = path,
        .sink = w->sink,
        .schema = &node->children[0]->output,
        .options = node->options,
        .settings = &task->settings,
        .budget = w->op.run->worker->budget,
    };
    return w->format->create(&request, &w->writer, err);
}

static vonk_status push(vonk_operator *op, const vonk_batch *in, vonk_error *err)
{
    writing *w = (writing *)op;
    if (!w->writer)
        VONK_TRY(open_file(w, err));
    w->rows += in->n_rows;
    return w->format->write(w->writer, in, err);
}

/* Tells the driver of the file. */
static vonk_status report(writing *w, char *token, uint64_t bytes, vonk_error *err)
{
    vonk_task_result *result = w->op.run->result;
    result->files = calloc(1, sizeof(*result->files));
    if (!result->files) {
        vonk_fs_discard((const char *const *)&token, 1);
        free(token);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    }
    result->files[0] = token;
    result->n_files = 1;
    result->metrics.rows_out += w->rows;
    result->metrics.bytes_out += bytes;
    vonk_record_add(w->op.record, VONK_METRIC_ROWS_OUT, w->rows);
    vonk_record_add(w->op.record, VONK_METRIC_BYTES_WRITTEN, bytes);
    return VONK_OK;
}

static vonk_status finish(vonk_operator *op, vonk_error *err)
{
    writing *w = (writing *)op;
    /* The first task writes a file even without rows: readers find the schema in it. */
    if (!w->writer && op->run->task->index > 0)
        return VONK_OK;
    if (!w->writer)
        VONK_TRY(open_file(w, err));
    uint64_t bytes = 0;
    vonk_writer *writer = w->writer;
    w->writer = NULL;
    VONK_TRY(w->format->finish(writer, &bytes, err));
    char *token = NULL;
    vonk_fs_sink *sink = w->sink;
    w->sink = NULL;
    VONK_TRY(vonk_fs_finish_staged(sink, &token, err));
    return report(w, token, bytes, err);
}

static void close_writer(vonk_operator *op)
{
    writing *w = (writing *)op;
    if (w->writer)
        w->format->abort(w->writer);
    vonk_fs_abort(w->sink);
}

static const vonk_operator_ops ops = {
    .name = "write", .push = push, .finish = finish, .close = close_writer, .keeps = true};

vonk_status vonk_write_new(vonk_run *run, const vonk_physical *node, vonk_operator **ret,
                           vonk_error *err)
{
    const vonk_format *format = vonk_format_find(node->format);
    if (!format || !format->create)
        return vonk_fail_sql(err, "DATA_SOURCE_NOT_FOUND", "Failed to find the data source: %s.",
                             node->format);
    VONK_TRY(vonk_operator_new(run, &ops, node, sizeof(writing), ret, err));
    ((writing *)*ret)->format = format;
    return VONK_OK;
}
