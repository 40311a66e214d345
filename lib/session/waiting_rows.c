/* waiting_rows.c - blocks by task, in memory up to a limit, then in a file a task. */
#include "session/waiting_rows.h"

#include <stdlib.h>

#include "base/buffer.h"

typedef struct vonk_waiting_task {
    bool finished;
    uint32_t attempt;
    uint32_t n, capacity;
    vonk_block **blocks;
    vonk_block *on_disk;   /* what came after them; NULL: nothing */
    size_t bytes;          /* of the blocks, where they are counted */
    uint64_t result_bytes; /* of all */
} waiting_task;

vonk_status vonk_waiting_rows_init(vonk_waiting_rows *w, const vonk_waiting_limits *limits,
                                   uint32_t n_tasks, vonk_arena *arena, vonk_error *err)
{
    waiting_task *tasks = VONK_NEW_ARRAY(arena, waiting_task, n_tasks, err);
    VONK_TRY_ALLOC(tasks);
    *w = (vonk_waiting_rows){.limits = *limits, .n_tasks = n_tasks, .tasks = tasks};
    return VONK_OK;
}

static void drop(vonk_waiting_rows *w, waiting_task *t)
{
    w->bytes -= t->bytes;
    for (uint32_t i = 0; i < t->n; i++)
        vonk_block_unref(t->blocks[i]);
    free(t->blocks);
    vonk_block_unref(t->on_disk);
    *t = (waiting_task){
        .finished = t->finished, .attempt = t->attempt, .result_bytes = t->result_bytes};
}

/* Its rows are not of the result. */
static void uncount(vonk_waiting_rows *w, waiting_task *t)
{
    w->result_bytes -= t->result_bytes;
    w->n_with_rows -= t->result_bytes > 0;
    t->result_bytes = 0;
}

void vonk_waiting_rows_free(vonk_waiting_rows *w)
{
    for (uint32_t i = 0; i < w->n_tasks; i++)
        drop(w, &w->tasks[i]);
}

/* Source: Spark 4, TaskSetManager.canFetchMoreResults; a failed job's error has no condition. */
static vonk_status fail_too_large(const vonk_waiting_rows *w, vonk_error *err)
{
    vonk_buffer is = {0}, may_be = {0};
    vonk_buffer_size(&is, (double)w->result_bytes);
    vonk_buffer_size(&may_be, (double)w->limits.result);
    vonk_fail(err, VONK_NO_MEMORY,
              "Job aborted due to stage failure: Total size of serialized results of %u tasks (%s) "
              "is bigger than spark.driver.maxResultSize (%s)",
              w->n_with_rows, vonk_buffer_str(&is), vonk_buffer_str(&may_be));
    vonk_buffer_free(&is);
    vonk_buffer_free(&may_be);
    return VONK_NO_MEMORY;
}

static vonk_status count(vonk_waiting_rows *w, waiting_task *t, const vonk_block *rows,
                         vonk_error *err)
{
    w->n_with_rows += !t->result_bytes && rows->n_bytes;
    t->result_bytes += rows->n_bytes;
    w->result_bytes += rows->n_bytes;
    return w->limits.result && w->result_bytes > w->limits.result ? fail_too_large(w, err)
                                                                  : VONK_OK;
}

static vonk_status keep(waiting_task *t, vonk_block *rows, vonk_error *err)
{
    if (t->n == t->capacity) {
        uint32_t capacity = t->capacity ? t->capacity * 2 : 8;
        vonk_block **blocks = realloc(t->blocks, capacity * sizeof(vonk_block *));
        if (!blocks)
            return vonk_fail(err, VONK_NO_MEMORY, "out of memory for the result");
        t->blocks = blocks;
        t->capacity = capacity;
    }
    t->blocks[t->n++] = vonk_block_ref(rows);
    return VONK_OK;
}

/* Appends the rows to the task's file, at once: a file that waits has nothing in memory. */
static vonk_status put_on_disk(vonk_waiting_rows *w, waiting_task *t, const vonk_block *rows,
                               vonk_error *err)
{
    vonk_spill *spill = NULL;
    if (!t->on_disk)
        VONK_TRY(vonk_block_new(w->limits.budget, &t->on_disk, err));
    if (t->on_disk->spill)
        spill = vonk_spill_ref(t->on_disk->spill);
    else
        VONK_TRY(
            vonk_spill_open(vonk_spill_dir(w->limits.spill_dir), w->limits.budget, &spill, err));
    vonk_status status = VONK_OK;
    for (uint32_t b = 0; b < rows->n_batches && status == VONK_OK; b++)
        status = vonk_block_spill(t->on_disk, spill, &rows->batches[b], err);
    if (status == VONK_OK)
        status = vonk_spill_flush(spill, err);
    vonk_spill_unref(spill);
    return status;
}

/* Once some of a task's rows are on disk, those that come later go there too: order is kept. */
static vonk_status place(vonk_waiting_rows *w, waiting_task *t, vonk_block *rows, vonk_error *err)
{
    size_t bytes = rows->arena.total;
    if (!w->limits.in_memory)
        return keep(t, rows, err);
    if (t->on_disk || bytes > w->limits.in_memory || w->bytes > w->limits.in_memory - bytes)
        return put_on_disk(w, t, rows, err);
    VONK_TRY(keep(t, rows, err));
    t->bytes += bytes;
    w->bytes += bytes;
    return VONK_OK;
}

static vonk_status add(vonk_waiting_rows *w, waiting_task *t, uint32_t attempt, vonk_block *rows,
                       vonk_error *err)
{
    if (t->finished || attempt < t->attempt)
        return VONK_OK;
    if (attempt > t->attempt) {
        drop(w, t);
        uncount(w, t);
        t->attempt = attempt;
    }
    VONK_TRY(count(w, t, rows, err));
    return place(w, t, rows, err);
}

vonk_status vonk_waiting_rows_add(vonk_waiting_rows *w, uint32_t task, uint32_t attempt,
                                  vonk_block *rows, vonk_error *err)
{
    vonk_status status = add(w, &w->tasks[task], attempt, rows, err);
    vonk_block_unref(rows);
    return status;
}

void vonk_waiting_rows_failed(vonk_waiting_rows *w, uint32_t task, uint32_t attempt)
{
    waiting_task *t = &w->tasks[task];
    if (t->finished || attempt != t->attempt)
        return;
    drop(w, t);
    uncount(w, t);
}

bool vonk_waiting_rows_finished(vonk_waiting_rows *w, uint32_t task)
{
    bool first = !w->tasks[task].finished;
    w->tasks[task].finished = true;
    return first;
}

typedef vonk_status rows_fn(void *context, const vonk_batch *batch, vonk_error *err);

static vonk_status hand_on_block(const vonk_waiting_rows *w, const vonk_block *block, void *context,
                                 rows_fn *rows, vonk_error *err)
{
    VONK_CLEANUP(vonk_arena_free) vonk_arena arena = {.budget = w->limits.budget, .beyond = true};
    for (uint32_t b = 0, n = vonk_block_batches(block); b < n; b++) {
        vonk_batch batch;
        vonk_arena_reset(&arena);
        VONK_TRY(vonk_block_batch(block, b, &arena, &batch, err));
        VONK_TRY(rows(context, &batch, err));
    }
    return VONK_OK;
}

static vonk_status hand_on_task(const vonk_waiting_rows *w, const waiting_task *t, void *context,
                                rows_fn *rows, vonk_error *err)
{
    for (uint32_t i = 0; i < t->n; i++)
        VONK_TRY(hand_on_block(w, t->blocks[i], context, rows, err));
    return t->on_disk ? hand_on_block(w, t->on_disk, context, rows, err) : VONK_OK;
}

vonk_status vonk_waiting_rows_hand_on(vonk_waiting_rows *w, void *context, rows_fn *rows,
                                      vonk_error *err)
{
    for (; w->next < w->n_tasks && w->tasks[w->next].finished; w->next++) {
        if (rows)
            VONK_TRY(hand_on_task(w, &w->tasks[w->next], context, rows, err));
        drop(w, &w->tasks[w->next]);
    }
    return VONK_OK;
}
