/*
 * manifest.h - a VonkJob as people write it, in YAML: what `vonk run job.yaml` and `kubectl apply`
 * share. Checked as the API server checks it by the CRD, so that what passes here passes there.
 *
 * Everything lives in the arena given to vonk_job_parse(). Texts are UTF-8 without NUL bytes.
 */
#ifndef VONK_JOB_MANIFEST_H
#define VONK_JOB_MANIFEST_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buffer.h"

#define VONK_JOB_API_VERSION "vonk.dev/v1alpha1"
#define VONK_JOB_KIND        "VonkJob"
#define VONK_JOB_MAX_NAME    47        /* so that pod names fit in a 63-character label */
#define VONK_JOB_MAX_BYTES   (1 << 20) /* of a manifest */

typedef struct vonk_job_pair {
    const char *key, *value;
} vonk_job_pair;

typedef struct vonk_job_pairs {
    uint32_t n;
    vonk_job_pair *items; /* in the order of the manifest */
} vonk_job_pairs;

typedef struct vonk_job_texts {
    uint32_t n;
    const char **items;
} vonk_job_texts;

typedef struct vonk_job_table {
    const char *name;
    const char *path;
    const char *format; /* parquet, csv, json, text, orc, avro; NULL: by the path's extension */
    vonk_job_pairs options;
} vonk_job_table;

typedef struct vonk_job_sql {
    const char *query;  /* the script, or NULL */
    const char *from;   /* where it is: a file, URL or configmap://NAME/KEY; or NULL */
    const char *output; /* where the last result goes; NULL: printed */
    uint32_t n_tables;
    vonk_job_table *tables;
} vonk_job_sql;

typedef struct vonk_job_program {
    const char *library;
    const char *sha256; /* 64 hexadecimal digits, or NULL */
    const char *entry;  /* default "job_main" */
    vonk_job_texts args;
} vonk_job_program;

typedef enum vonk_job_trigger {
    VONK_JOB_INTERVAL,
    VONK_JOB_ONCE,
    VONK_JOB_AVAILABLE_NOW,
} vonk_job_trigger;

typedef enum vonk_job_upgrade { VONK_JOB_CHECKPOINT, VONK_JOB_STATELESS } vonk_job_upgrade;

typedef struct vonk_job_streaming {
    const char *checkpoint;
    int trigger; /* vonk_job_trigger */
    int64_t interval_s;
    int upgrade; /* vonk_job_upgrade */
} vonk_job_streaming;

typedef struct vonk_job_retry {
    int64_t base_s, max_s, reset_after_s;
} vonk_job_retry;

typedef struct vonk_job_driver {
    int64_t cpu_millis, memory; /* bytes */
    bool has_template;          /* a pod template was given; only the operator reads it */
} vonk_job_driver;

typedef struct vonk_job_executors {
    int64_t min, max;
    int64_t idle_s;
    int64_t cpu_millis, memory, scratch; /* bytes; each executor's */
    bool spot;
    bool has_template;
} vonk_job_executors;

typedef enum vonk_job_start { VONK_JOB_IMMEDIATE, VONK_JOB_GANG } vonk_job_start;

typedef struct vonk_job {
    const char *name;
    const char *namespace_name; /* NULL: not given */
    vonk_job_pairs labels, annotations;

    bool has_sql, has_program, has_streaming; /* exactly one of the first two */
    vonk_job_sql sql;
    vonk_job_program program;
    vonk_job_streaming streaming;

    vonk_job_pairs conf;
    const char *image; /* NULL: not given; so the following texts */
    vonk_job_texts files;
    const char *queue, *priority_class_name, *managed_by, *service_account_name;
    int start; /* vonk_job_start */
    bool suspend;
    int64_t backoff_limit;
    vonk_job_retry retry;
    int64_t active_deadline_s; /* 0: none */
    int64_t pending_deadline_s, ttl_s;
    vonk_job_driver driver;
    vonk_job_executors executors;
} vonk_job;

/*
 * Parses one VonkJob and fills in the defaults. `file_name` is for messages, which read
 * "job.yaml:7:3: unknown field spec.sql.quary; did you mean query?".
 * Errors: VONK_INVALID (with the byte offset in err->position), VONK_NO_MEMORY.
 */
vonk_status vonk_job_parse(vonk_slice text, const char *file_name, vonk_arena *arena, vonk_job *ret,
                           vonk_error *err) VONK_MUST_CHECK;

#endif
