/*
 * manifest.h - the VonkJob manifest: YAML text -> a checked job description.
 *
 * The schema is that of the custom resource vonkjobs.vonk.dev/v1alpha1; its rules (exactly one of
 * sql and program, ...) are checked here too, so that `vonk run` refuses what the API server would.
 */
#ifndef VONK_JOB_MANIFEST_H
#define VONK_JOB_MANIFEST_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/options.h"

/* spec.sql.tables.NAME */
typedef struct vonk_job_table {
    const char *name, *path;
    const char *format; /* "parquet" unless given */
    vonk_options options;
} vonk_job_table;

typedef struct vonk_job_sql {
    const char *query;  /* statements, or NULL */
    const char *from;   /* where they are: a file path, URL or configmap://NAME/KEY, or NULL */
    const char *output; /* directory of the last query's rows, or NULL */
    uint32_t n_tables;
    vonk_job_table *tables; /* in the order of the manifest */
} vonk_job_sql;

typedef struct vonk_job_program {
    const char *library, *sha256, *entry;
    uint32_t n_args;
    const char **args;
} vonk_job_program;

/* What driver and executors get; the defaults of the schema where the manifest is silent. */
typedef struct vonk_job_resources {
    uint64_t cpu_millis; /* 1000 = one core */
    uint64_t memory_bytes;
    uint64_t scratch_bytes; /* executors only */
    uint32_t min, max;      /* executors only */
} vonk_job_resources;

typedef struct vonk_job {
    const char *name;  /* metadata.name */
    const char *image; /* or NULL */
    vonk_job_sql *sql; /* one of these two is NULL */
    vonk_job_program *program;
    bool streaming;    /* spec.streaming is there */
    vonk_options conf; /* spec.conf */
    vonk_job_resources driver, executors;
} vonk_job;

/*
 * Parses one manifest. All of *ret lives in `arena`. `file_name` is for messages only.
 * Errors: VONK_INVALID "job.yaml:7:3: unknown field spec.sql.quary; did you mean query?": the file,
 * line and column, and the path of the field: malformed YAML, unknown fields, wrong types, duplicate
 * keys, broken rules; aliases and more than one document are refused; sizes are bounded.
 */
vonk_status vonk_job_parse(vonk_slice text, const char *file_name, vonk_arena *arena,
                           vonk_job *ret, vonk_error *err) VONK_MUST_CHECK;

#endif
