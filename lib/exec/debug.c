/* debug.c - injected task failures, forced spills. */
#include "exec/debug.h"

#include <stdio.h>
#include <stdlib.h>

vonk_status vonk_debug_task(const vonk_task *task, vonk_error *err)
{
    const char *text = getenv("VONK_DEBUG_FAIL_TASK");
    unsigned stage = 0, index = 0, attempts = 0;
    int end = 0;
    if (!text || !*text)
        return VONK_OK;
    bool result = sscanf(text, "result:%u:%u%n", &index, &attempts, &end) == 2;
    if (!result && sscanf(text, "%u:%u:%u%n", &stage, &index, &attempts, &end) != 3)
        return vonk_fail(err, VONK_INVALID, "VONK_DEBUG_FAIL_TASK: '%s' is not STAGE:TASK:N", text);
    if (text[end])
        return vonk_fail(err, VONK_INVALID, "VONK_DEBUG_FAIL_TASK: '%s' is not STAGE:TASK:N", text);
    bool here = (result ? task->is_result : task->stage == stage) && task->index == index;
    if (!here || task->attempt >= attempts)
        return VONK_OK;
    return vonk_fail(err, VONK_IO, "injected fault: stage %u, task %u, attempt %u", task->stage,
                     task->index, task->attempt);
}

uint32_t vonk_debug_spill(void)
{
    const char *text = getenv("VONK_DEBUG_SPILL");
    char *end = NULL;
    unsigned long n = text ? strtoul(text, &end, 10) : 0;
    return text && end != text && !*end && n <= UINT32_MAX ? (uint32_t)n : 0;
}
