/* top_range.c - see top_range.h. */
#include "exec/top_range.h"

#include <pthread.h>
#include <stdlib.h>

#include "exec/shared.h"

#define MOST_VALUES 4096 /* of a larger N no values are kept: each task has only its own bar */

typedef struct entry {
    int64_t value;
    uint32_t task;
} entry;

typedef struct vonk_top_values {
    pthread_mutex_t lock;
    bool descending;
    int64_t bar;
    uint32_t n, most; /* a heap with the worst value on top, and its size when full */
    entry *heap;
    uint64_t *tickets; /* of each task: that of its last run */
    uint32_t n_tickets;
    uint64_t last_ticket;
} vonk_top_values;

static void free_values(void *object)
{
    vonk_top_values *values = object;
    pthread_mutex_destroy(&values->lock);
    free(values->heap);
    free(values->tickets);
    free(values);
}

static vonk_status make_values(void *context, void **ret, vonk_error *err)
{
    const vonk_physical *sort = *(const vonk_physical *const *)context;
    bool descending = sort->keys[0]->descending;
    vonk_top_values *values = calloc(1, sizeof(*values));
    if (!values)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    values->descending = descending;
    values->bar = descending ? INT64_MIN : INT64_MAX;
    values->most = sort->limit <= MOST_VALUES ? (uint32_t)sort->limit : 0;
    pthread_mutex_init(&values->lock, NULL);
    values->heap = calloc(values->most + 1, sizeof(entry));
    if (!values->heap) {
        free_values(values);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    }
    *ret = values;
    return VONK_OK;
}

static bool is_better(const vonk_top_values *values, int64_t a, int64_t b)
{
    return values->descending ? a > b : a < b;
}

/* Moves heap[at] down to where no child is worse. */
static void sink(vonk_top_values *values, uint32_t at)
{
    entry *heap = values->heap, moved = heap[at];
    for (uint32_t child; (child = 2 * at + 1) < values->n; at = child) {
        if (child + 1 < values->n && is_better(values, heap[child].value, heap[child + 1].value))
            child++;
        if (!is_better(values, moved.value, heap[child].value))
            break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

static void rise(vonk_top_values *values, entry e)
{
    entry *heap = values->heap;
    uint32_t at = values->n++;
    for (; at > 0 && is_better(values, heap[(at - 1) / 2].value, e.value); at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = e;
}

static void set_bar(vonk_top_values *values, int64_t bar)
{
    if (is_better(values, bar, values->bar))
        values->bar = bar;
}

static void count_value(vonk_top_values *values, entry e)
{
    if (values->n < values->most) {
        rise(values, e);
    } else if (is_better(values, e.value, values->heap[0].value)) {
        values->heap[0] = e;
        sink(values, 0);
    }
}

static void forget_task(vonk_top_values *values, uint32_t task)
{
    uint32_t n = values->n;
    values->n = 0;
    for (uint32_t i = 0; i < n; i++) {
        entry e = values->heap[i];
        if (e.task != task)
            rise(values, e);
    }
}

/* A ticket for a run of `task`; 0: no memory for it, its rows do not count. */
static uint64_t take_ticket(vonk_top_values *values, uint32_t task)
{
    if (task >= values->n_tickets) {
        uint32_t n = task + 16;
        uint64_t *tickets = realloc(values->tickets, n * sizeof(*tickets));
        if (!tickets)
            return 0;
        for (uint32_t i = values->n_tickets; i < n; i++)
            tickets[i] = 0;
        values->tickets = tickets;
        values->n_tickets = n;
    }
    if (values->tickets[task])
        forget_task(values, task);
    return values->tickets[task] = ++values->last_ticket;
}

/* The lock is held. */
static void take_bar(vonk_top_range *range)
{
    if (range->descending)
        range->filter.min = range->values->bar;
    else
        range->filter.max = range->values->bar;
}

vonk_status vonk_top_range_new(vonk_run *run, const vonk_physical *sort, uint32_t column,
                               vonk_top_range **ret, vonk_error *err)
{
    vonk_top_range *range = VONK_NEW(&run->arena, vonk_top_range, err);
    VONK_TRY_ALLOC(range);
    vonk_shared_maker maker = {&sort, make_values, free_values};
    void *shared = NULL;
    VONK_TRY(vonk_shared_get(run->worker->shared, run->task->job, sort->id, &maker, &shared, err));
    *range = (vonk_top_range){
        .filter = vonk_key_filter_range(sort->keys[0]->args[0]->type, sort->keys[0]->nulls_first),
        .descending = sort->keys[0]->descending,
        .column = column,
        .task = run->task->index,
        .values = shared};
    pthread_mutex_lock(&range->values->lock);
    range->ticket = take_ticket(range->values, range->task);
    take_bar(range);
    pthread_mutex_unlock(&range->values->lock);
    *ret = range;
    return VONK_OK;
}

void vonk_top_range_narrow(vonk_top_range *range, int64_t bar)
{
    vonk_top_values *values = range->values;
    pthread_mutex_lock(&values->lock);
    set_bar(values, bar);
    take_bar(range);
    pthread_mutex_unlock(&values->lock);
}

/* The first keys of `rows`; nulls are left out, which only makes the bar lower. */
static void count_rows(vonk_top_range *range, const vonk_batch *rows)
{
    const vonk_column *key = &rows->columns[range->column];
    bool wide = vonk_type_physical(key->type) == VONK_PHYS_I64;
    for (uint32_t i = 0; i < rows->n_rows; i++) {
        if (!vonk_column_is_valid(key, i))
            continue;
        uint32_t at = vonk_column_at(key, i);
        int64_t v = wide ? ((const int64_t *)key->values)[at] : ((const int32_t *)key->values)[at];
        count_value(range->values, (entry){v, range->task});
    }
    if (range->values->n == range->values->most)
        set_bar(range->values, range->values->heap[0].value);
}

void vonk_top_range_add(vonk_top_range *range, const vonk_batch *rows)
{
    vonk_top_values *values = range->values;
    pthread_mutex_lock(&values->lock);
    if (values->most && range->ticket && values->tickets[range->task] == range->ticket)
        count_rows(range, rows);
    take_bar(range);
    pthread_mutex_unlock(&values->lock);
}
