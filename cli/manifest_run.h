/*
 * manifest_run.h - runs the statements of a VonkJob in a session and prints the last one's answer:
 * what `vonk run` does here and `vonk driver` in a pod.
 *
 * The tables of the manifest become temporary views, its statements run one after the other, and
 * the last query's table is printed. With an output, its rows go there as Parquet first and the
 * table is read back from the files: one computation, and what is printed is what was written.
 */
#ifndef VONK_CLI_MANIFEST_RUN_H
#define VONK_CLI_MANIFEST_RUN_H

#include "cli/output.h"
#include "job/manifest.h"

typedef struct vonk_manifest_run {
    const char *path; /* of the manifest, for messages */
    vonk_output_format format;
    void *progress_context;
    void (*progress)(void *context, const vonk_progress *progress); /* may be NULL */
    void (*progress_end)(void);                                     /* may be NULL */
    bool in_pod;                                                    /* ConfigMaps are mounted */
    bool progress_of_last; /* also of the statement whose answer is printed */
    /* what the statements did */
    double began;    /* seconds on the monotonic clock */
    uint64_t n_rows; /* printed */
    uint64_t n_tasks, n_stages, rows_read, bytes_read;
} vonk_manifest_run;

/* VONK_UNSUPPORTED for jobs that this version cannot run. */
vonk_status vonk_manifest_run_check(const vonk_manifest_run *run, const vonk_job *job,
                                    vonk_error *err);

/* Sets the manifest's conf. */
vonk_status vonk_manifest_run_conf(vonk_conf *conf, const vonk_job *job, vonk_error *err);

/*
 * Runs all of it. `*ret_text` is the caller's to free and may be set in any case; *ret_at is the
 * statement that failed and may point into it.
 */
vonk_status vonk_manifest_run_all(vonk_manifest_run *run, vonk_session *session,
                                  const vonk_job *job, char **ret_text, vonk_slice *ret_at,
                                  vonk_error *err);

/* "NAME: done in 1.20 s, 5 stages, 24 tasks, ... read; rows written to ..." without line end. */
void vonk_manifest_run_totals(const vonk_manifest_run *run, const vonk_job *job, vonk_buffer *ret);

#endif
