/* scale.c - see scale.h. */
#include "driver/scale.h"

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

uint32_t vonk_scale_up(vonk_scale *scale, int64_t now_ms, uint32_t n_tasks, uint32_t n_executors)
{
    uint32_t wanted = n_tasks / scale->slots + (n_tasks % scale->slots != 0);
    wanted = least(wanted, scale->max);
    if (wanted <= n_executors) {
        scale->since_ms = 0;
        scale->step = 1;
        return 0;
    }
    if (!scale->since_ms) {
        scale->since_ms = now_ms;
        scale->step = 1;
    }
    if (now_ms - scale->since_ms < VONK_SCALE_BACKLOG_MS)
        return 0;
    uint32_t n = least(scale->step, wanted - n_executors);
    scale->since_ms = now_ms;
    scale->step = least(scale->step * 2, scale->max);
    return n;
}
