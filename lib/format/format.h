/*
 * format.h - file formats as a table of functions: infer a schema, cut into splits, read, write.
 *
 * A reader belongs to one thread. The batch that `next` gives lives until the next call of `next`
 * or `close`. Formats are found by name with vonk_format_find().
 */
#ifndef VONK_FORMAT_FORMAT_H
#define VONK_FORMAT_FORMAT_H

#include <stdatomic.h>

#include "base/options.h"
#include "expr/column_stats.h"
#include "expr/eval.h"
#include "fs/fs.h"
#include "kernel/key_filter.h"

/* A column whose rows may be left out unless their value may be in the set, which may narrow. */
typedef struct vonk_scan_probe {
    uint32_t column; /* index of the wanted column, of the set's type */
    const vonk_key_filter *keys;
} vonk_scan_probe;

/* What the splits of a file share while a job reads it (parquet/footers.h). */
typedef struct vonk_footers vonk_footers;
vonk_status vonk_footers_new(vonk_budget *budget, vonk_footers **ret,
                             vonk_error *err) VONK_MUST_CHECK;
void vonk_footers_free(vonk_footers *footers);

typedef struct vonk_scan_request {
    const char *path;
    uint64_t start, length;    /* the split: records that begin in start .. start + length
                                  (parquet: row groups whose first byte lies there) */
    const vonk_schema *schema; /* the relation's, all columns */
    uint32_t n_columns;
    const uint32_t *columns; /* wanted: indexes into `schema`; may be none (count only) */
    uint32_t n_filters;
    const vonk_expr *const *filters; /* conjuncts over the wanted columns (INPUT i = columns[i]) */
    uint32_t n_probes;
    const vonk_scan_probe *probes; /* hints: a format may let all rows come */
    vonk_options options;
    const vonk_eval_settings *settings;
    uint32_t batch_rows;   /* most rows of a batch */
    vonk_budget *budget;   /* for the reader's memory; may be NULL */
    vonk_footers *footers; /* may be NULL */
} vonk_scan_request;

/* What a scan saw, for metrics and EXPLAIN ANALYZE. */
typedef struct vonk_scan_metrics {
    uint64_t bytes_read, rows_read; /* rows before filters */
    uint64_t rows_probed;           /* that no probe had */
    uint64_t groups_total, groups_pruned;
    uint64_t bytes_pruned; /* of the columns, as stored: row groups and pages that were left out */
    uint64_t pages_total, pages_pruned; /* of columns whose pages' statistics were asked */
} vonk_scan_metrics;

typedef struct vonk_reader vonk_reader;
typedef struct vonk_writer vonk_writer;

typedef struct vonk_writer_request {
    const char *path; /* the file to make; it must not exist */
    /*
     * Write here instead, if it is not NULL: the caller's, who finishes or aborts it after the
     * writer. `path` is then for messages only.
     */
    vonk_fs_sink *sink;
    const vonk_schema *schema;
    vonk_options options; /* compression, header, ... */
    const vonk_eval_settings *settings;
    vonk_budget *budget;
} vonk_writer_request;

/* Files whose schema is wanted, and how much may be done for it at once. */
typedef struct vonk_infer_request {
    uint32_t n_paths;
    const char *const *paths;
    const uint64_t *sizes;       /* of the files; NULL: unknown, so that none is cut into pieces */
    const vonk_options *options; /* may be NULL for formats without any */
    const vonk_eval_settings *settings;
    uint32_t n_threads;      /* that may read at once, this one among them; 0 = 1 */
    uint64_t piece_bytes;    /* most bytes of a file for a thread at a time; 0 = no limit */
    const atomic_bool *stop; /* once true: VONK_CANCELLED, soon; NULL: never */
} vonk_infer_request;

/* VONK_CANCELLED once nobody waits for the schema. */
static inline VONK_MUST_CHECK vonk_status vonk_infer_check(const vonk_infer_request *request,
                                                           vonk_error *err)
{
    if (request->stop && atomic_load_explicit(request->stop, memory_order_relaxed))
        return vonk_fail(err, VONK_CANCELLED, "inferring a schema was cancelled");
    return VONK_OK;
}

/* What files say of themselves. */
typedef struct vonk_format_facts {
    vonk_schema schema;
    int64_t n_rows;                   /* -1: unknown */
    const vonk_column_stats *columns; /* of each field of the schema; NULL: unknown */
} vonk_format_facts;

typedef struct vonk_format {
    const char *name;      /* "parquet" */
    const char *extension; /* of written files, without compression: "parquet" */
    bool applies_filters;  /* rows that fail `filters` never come out of `next` */
    bool splittable;       /* by byte ranges (the option multiLine may take that away) */

    /*
     * Of all files together; the schema of text formats is inferred or an option. The answer does
     * not depend on how many threads there are, nor on where files are cut.
     */
    vonk_status (*infer)(const vonk_infer_request *request, vonk_arena *arena,
                         vonk_format_facts *ret, vonk_error *err);

    vonk_status (*open)(const vonk_scan_request *request, vonk_reader **ret, vonk_error *err);
    /* The next batch; *ret_done and no batch at the end. A batch may have 0 rows. */
    vonk_status (*next)(vonk_reader *reader, vonk_batch *ret, bool *ret_done, vonk_error *err);
    void (*metrics)(const vonk_reader *reader, vonk_scan_metrics *ret);
    void (*close)(vonk_reader *reader);

    vonk_status (*create)(const vonk_writer_request *request, vonk_writer **ret, vonk_error *err);
    vonk_status (*write)(vonk_writer *writer, const vonk_batch *batch, vonk_error *err);
    /* Completes the file (fsync not implied) and frees the writer, also on failure. */
    vonk_status (*finish)(vonk_writer *writer, uint64_t *ret_bytes, vonk_error *err);
    /* Removes the unfinished file and frees the writer. */
    void (*abort)(vonk_writer *writer);
} vonk_format;

/* The format called `name` in any case ("parquet", "csv", "json"), or NULL. */
const vonk_format *vonk_format_find(const char *name);

#endif
