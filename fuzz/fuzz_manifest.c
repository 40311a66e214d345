/* fuzz_manifest.c - any bytes as a VonkJob: a job that keeps the rules, or an error with a
 * position. */
#include <stdlib.h>
#include <string.h>

#include "job/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vonk_budget budget = {.limit = (size_t)256 << 20};
    vonk_arena arena = {.budget = &budget};
    vonk_job job;
    vonk_error err = {0};
    vonk_status status =
        vonk_job_parse((vonk_slice){(const char *)data, size}, "f", &arena, &job, &err);
    if (status == VONK_OK) {
        if (job.has_sql == job.has_program || job.executors.min > job.executors.max || !*job.name ||
            strlen(job.name) > VONK_JOB_MAX_NAME)
            abort();
    } else if (strncmp(err.message, "f:", 2) != 0 && status == VONK_INVALID) {
        abort();
    }
    vonk_arena_free(&arena);
    if (budget.used)
        abort();
    return 0;
}
