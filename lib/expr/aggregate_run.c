/* aggregate_run.c - states of groups become running ones: what families share for that. */
#include <string.h>

#include "expr/aggregate_internal.h"

bool vonk_aggregate_can_run(const vonk_aggregate *agg)
{
    return agg->family->run;
}

bool vonk_aggregate_is_unordered(const vonk_aggregate *agg)
{
    return !agg->family->is_ordered;
}

vonk_status vonk_aggregate_run(vonk_aggregate *agg, const bool *begins, uint32_t n_groups,
                               vonk_error *err)
{
    if (!agg->family->run || n_groups > agg->n_groups)
        return vonk_fail(err, VONK_INVALID, "%s of %u groups cannot run", agg->call->name,
                         n_groups);
    vonk_status status = agg->family->run(agg, begins, n_groups, err);
    if (status == VONK_USER)
        return vonk_error_at(err, status, agg->call->start, agg->call->end);
    return status;
}

void vonk_aggregate_carry(vonk_aggregate *agg, uint32_t group)
{
    for (int s = 0; s < VONK_MAX_SLOTS && agg->widths[s]; s++) {
        size_t width = agg->widths[s];
        char *slots = agg->slots[s];
        memmove(slots, slots + group * width, width);
        memset(slots + width, 0, (agg->n_groups - 1) * width);
    }
}

void vonk_run_counts(int64_t *counts, const bool *begins, uint32_t n)
{
    for (uint32_t g = 1; g < n; g++)
        counts[g] += begins[g] ? 0 : counts[g - 1];
}

static void run_doubles(double *sums, const bool *begins, uint32_t n)
{
    for (uint32_t g = 1; g < n; g++)
        sums[g] = begins[g] ? sums[g] : sums[g - 1] + sums[g];
}

/* These return whether a sum overflowed; it is then wrapped. */
static bool run_whole(int64_t *sums, const bool *begins, uint32_t n)
{
    bool bad = false;
    for (uint32_t g = 1; g < n; g++)
        bad |= __builtin_add_overflow(sums[g], begins[g] ? 0 : sums[g - 1], &sums[g]);
    return bad;
}

static bool run_wide(vonk_int128 *sums, const bool *begins, uint32_t n)
{
    bool bad = false;
    for (uint32_t g = 1; g < n; g++)
        bad |= __builtin_add_overflow(sums[g], begins[g] ? 0 : sums[g - 1], &sums[g]);
    return bad;
}

vonk_status vonk_run_sums(const vonk_aggregate *agg, vonk_sum_kind kind, void *sums,
                          const bool *begins, uint32_t n, vonk_error *err)
{
    switch (kind) {
    case VONK_SUM_FLOAT64:
        run_doubles(sums, begins, n);
        return VONK_OK;
    case VONK_SUM_DECIMAL:
        return run_wide(sums, begins, n) ? vonk_sum_fail_overflow(agg, err) : VONK_OK;
    case VONK_SUM_INT64:
        break;
    }
    bool bad = run_whole(sums, begins, n);
    return bad && agg->settings->ansi ? vonk_sum_fail_overflow(agg, err) : VONK_OK;
}
