/* sources.c - where a task's rows come from: files, exchanges, literals, ranges. */
#include <string.h>

#include "exec/ahead.h"
#include "exec/operator.h"
#include "exec/range.h"
#include "exec/runtime_filter.h"
#include "exec/shared.h"
#include "format/format.h"
#include "kernel/kernel.h"

/* --- files --- */

/* `n_rows` came out. */
static void add_metrics(const vonk_source *source, const vonk_scan_metrics *seen, uint64_t n_rows)
{
    vonk_task_metrics *m = &source->task_run->result->metrics;
    m->bytes_read += seen->bytes_read;
    m->rows_read += seen->rows_read;
    m->groups_total += seen->groups_total;
    m->groups_pruned += seen->groups_pruned;
    uint64_t gone = n_rows + seen->rows_probed;
    vonk_record_add(source->record, VONK_METRIC_BYTES_READ, seen->bytes_read);
    vonk_record_add(source->record, VONK_METRIC_ROWS_READ, seen->rows_read);
    vonk_record_add(source->record, VONK_METRIC_ROWS_PROBED, seen->rows_probed);
    vonk_record_add(source->record, VONK_METRIC_ROWS_FILTERED,
                    seen->rows_read > gone ? seen->rows_read - gone : 0);
    vonk_record_add(source->record, VONK_METRIC_GROUPS, seen->groups_total);
    vonk_record_add(source->record, VONK_METRIC_GROUPS_PRUNED, seen->groups_pruned);
    vonk_record_add(source->record, VONK_METRIC_PAGES, seen->pages_total);
    vonk_record_add(source->record, VONK_METRIC_PAGES_PRUNED, seen->pages_pruned);
    vonk_record_add(source->record, VONK_METRIC_BYTES_PRUNED, seen->bytes_pruned);
}

/* Filters a batch by the conjuncts that the format did not apply, and pushes the rest. */
static vonk_status push_filtered(const vonk_source *source, vonk_operator *into, vonk_arena *arena,
                                 const vonk_batch *batch, vonk_error *err)
{
    vonk_eval ctx = {.arena = arena, .settings = &source->task_run->task->settings};
    vonk_batch now = *batch;
    for (uint32_t f = 0; f < source->node->n_exprs && now.n_rows; f++) {
        uint32_t n = 0, *sel = vonk_arena_alloc(arena, now.n_rows * sizeof(*sel), err);
        VONK_TRY_ALLOC(sel);
        VONK_TRY(vonk_expr_select(source->node->exprs[f], &now, &ctx, sel, &n, err));
        if (n == now.n_rows)
            continue;
        vonk_column *columns = VONK_NEW_ARRAY(arena, vonk_column, now.n_columns, err);
        VONK_TRY_ALLOC(columns);
        for (uint32_t c = 0; c < now.n_columns; c++)
            VONK_TRY(vonk_take(arena, &now.columns[c], sel, n, false, &columns[c], err));
        now.n_rows = n;
        now.columns = columns;
    }
    return vonk_operator_push(into, &now, err);
}

static vonk_status scan_batches(const vonk_source *source, const vonk_format *format,
                                vonk_reader *reader, vonk_operator *into, vonk_error *err)
{
    vonk_arena arena = vonk_run_arena(source->task_run);
    vonk_status status = VONK_OK;
    while (status == VONK_OK && !into->done) {
        vonk_batch batch = {0};
        bool done = false;
        status = format->next(reader, &batch, &done, err);
        if (status != VONK_OK || done)
            break;
        vonk_arena_reset(&arena);
        if (format->applies_filters || !source->node->n_exprs)
            status = vonk_operator_push(into, &batch, err);
        else
            status = push_filtered(source, into, &arena, &batch, err);
    }
    vonk_arena_free(&arena);
    return status;
}

static vonk_status make_footers(void *context, void **ret, vonk_error *err)
{
    vonk_footers *footers = NULL;
    VONK_TRY(vonk_footers_new(context, &footers, err));
    *ret = footers;
    return VONK_OK;
}

static void free_footers(void *footers)
{
    vonk_footers_free(footers);
}

/* What the tasks of the job on this executor know of the scan's files; none for a whole file, which
 * nobody else opens. */
static vonk_status find_footers(const vonk_source *source, const vonk_split *split,
                                vonk_footers **ret, vonk_error *err)
{
    vonk_run *run = source->task_run;
    vonk_shared_maker maker = {run->worker->budget, make_footers, free_footers};
    void *footers = NULL;
    if (split->length < split->file_size)
        VONK_TRY(vonk_shared_get(run->worker->shared, run->task->job, source->node->id, &maker,
                                 &footers, err));
    *ret = footers;
    return VONK_OK;
}

static vonk_status scan_split(const vonk_source *source, const vonk_split *split,
                              vonk_operator *into, vonk_error *err)
{
    const vonk_physical *node = source->node;
    const vonk_task *task = source->task_run->task;
    const vonk_format *format = vonk_format_find(node->relation->format);
    if (!format)
        return vonk_fail_sql(err, "DATA_SOURCE_NOT_FOUND", "Failed to find the data source: %s.",
                             node->relation->format);
    vonk_scan_probe *probes = NULL;
    vonk_scan_request request = {
        .path = split->path,
        .start = split->start,
        .length = split->length,
        .schema = &node->relation->schema,
        .n_columns = node->output.n_fields,
        .columns = node->columns,
        .n_filters = node->n_exprs,
        .filters = (const vonk_expr *const *)node->exprs,
        .options = node->relation->options,
        .settings = &task->settings,
        .batch_rows = task->batch_rows,
        .budget = source->task_run->worker->budget,
    };
    VONK_TRY(vonk_runtime_filters_of(source->task_run, node, &probes, &request.n_probes, err));
    VONK_TRY(find_footers(source, split, &request.footers, err));
    request.probes = probes;
    vonk_reader *reader = NULL;
    VONK_TRY(format->open(&request, &reader, err));
    const uint64_t *n_out = &source->record->metrics.of[VONK_METRIC_ROWS_OUT], before = *n_out;
    vonk_status status = scan_batches(source, format, reader, into, err);
    vonk_scan_metrics seen = {0};
    format->metrics(reader, &seen);
    add_metrics(source, &seen, *n_out - before);
    format->close(reader);
    return status;
}

vonk_status vonk_scan_run(const vonk_source *source, vonk_operator *into, vonk_error *err)
{
    const vonk_task *task = source->task_run->task;
    for (uint32_t i = 0; i < task->n_splits && !into->done; i++) {
        if (task->splits[i].scan_id == source->node->id)
            VONK_TRY(scan_split(source, &task->splits[i], into, err));
    }
    return VONK_OK;
}

/* --- exchanges --- */

vonk_status vonk_read_input(const vonk_task *task, uint32_t exchange_id, const vonk_input **ret,
                            vonk_error *err)
{
    for (uint32_t i = 0; i < task->n_inputs; i++) {
        if (task->inputs[i].exchange_id == exchange_id) {
            *ret = &task->inputs[i];
            return VONK_OK;
        }
    }
    return vonk_fail(err, VONK_INVALID, "task without the locations of exchange %u", exchange_id);
}

vonk_status vonk_read_fetched(vonk_run *run, const vonk_input *input, uint32_t map,
                              vonk_status status)
{
    if (status == VONK_FETCH) {
        run->result->lost_stage = input->map_stage;
        run->result->lost_map = map;
        run->result->lost_executor = input->locations[map].executor;
    }
    return status;
}

vonk_status vonk_read_batch(const vonk_source *source, const vonk_batch *batch, vonk_operator *into,
                            vonk_error *err)
{
    uint32_t most = source->task_run->task->batch_rows;
    source->task_run->result->metrics.rows_read += batch->n_rows;
    if (batch->n_rows <= most)
        return vonk_operator_push(into, batch, err);
    VONK_CLEANUP(vonk_arena_free) vonk_arena arena = vonk_run_arena(source->task_run);
    for (uint32_t at = 0; at < batch->n_rows; at += most) {
        uint32_t n = batch->n_rows - at < most ? batch->n_rows - at : most;
        vonk_arena_reset(&arena);
        vonk_column *columns = VONK_NEW_ARRAY(&arena, vonk_column, batch->n_columns, err);
        VONK_TRY_ALLOC(columns);
        for (uint32_t c = 0; c < batch->n_columns; c++)
            VONK_TRY(vonk_column_slice(&arena, &batch->columns[c], at, n, &columns[c], err));
        vonk_batch piece = {.n_rows = n, .n_columns = batch->n_columns, .columns = columns};
        VONK_TRY(vonk_operator_push(into, &piece, err));
    }
    return VONK_OK;
}

static vonk_status read_block(const vonk_source *source, const vonk_block *block,
                              vonk_operator *into, vonk_error *err)
{
    VONK_CLEANUP(vonk_arena_free) vonk_arena arena = vonk_run_arena(source->task_run);
    for (uint32_t b = 0, n = vonk_block_batches(block); b < n && !into->done; b++) {
        vonk_batch batch;
        vonk_arena_reset(&arena);
        VONK_TRY(vonk_block_batch(block, b, &arena, &batch, err));
        VONK_TRY(vonk_read_batch(source, &batch, into, err));
    }
    return VONK_OK;
}

static vonk_status read_blocks(const vonk_source *source, vonk_ahead *ahead, vonk_operator *into,
                               vonk_error *err)
{
    while (!into->done) {
        vonk_block *block = NULL;
        bool done;
        vonk_status status = vonk_ahead_next(ahead, &block, &done, err);
        if (status == VONK_OK && block)
            status = read_block(source, block, into, err);
        vonk_block_unref(block);
        VONK_TRY(status);
        if (done)
            break;
    }
    return VONK_OK;
}

vonk_status vonk_read_run(const vonk_source *source, vonk_operator *into, vonk_error *err)
{
    vonk_run *run = source->task_run;
    const vonk_task *task = run->task;
    const vonk_physical *node = source->node;
    const vonk_input *input = NULL;
    VONK_TRY(vonk_read_input(task, node->exchange_id, &input, err));
    if (node->partitioning == VONK_PART_RANGE)
        return vonk_range_read(source, input, into, err);
    bool single = node->partitioning == VONK_PART_GATHER;
    if (single && task->index > 0)
        return VONK_OK;
    uint32_t partition = single || node->partitioning == VONK_PART_BROADCAST ? 0 : task->index;
    vonk_ahead *ahead = NULL;
    vonk_ahead_wanted wanted;
    VONK_TRY(vonk_ahead_of_maps(&run->arena, input, partition, 1, &wanted, err));
    VONK_TRY(vonk_ahead_open(run, &wanted, &ahead, err));
    vonk_status status = read_blocks(source, ahead, into, err);
    vonk_ahead_close(ahead);
    return status;
}

/* --- literals --- */

static vonk_status values_row(const vonk_source *source, uint32_t row, vonk_arena *arena,
                              vonk_block *block, vonk_error *err)
{
    const vonk_physical *node = source->node;
    vonk_eval ctx = {.arena = arena, .settings = &source->task_run->task->settings};
    vonk_batch one = {.n_rows = 1};
    vonk_batch out = {.n_rows = 1, .n_columns = node->n_columns};
    out.columns = VONK_NEW_ARRAY(arena, vonk_column, node->n_columns, err);
    VONK_TRY_ALLOC(out.columns);
    for (uint32_t c = 0; c < node->n_columns; c++)
        VONK_TRY(vonk_expr_eval(node->exprs[row * node->n_columns + c], &one, &ctx, &out.columns[c],
                                err));
    return vonk_block_append(block, &out, NULL, 1, err);
}

vonk_status vonk_values_run(const vonk_source *source, vonk_operator *into, vonk_error *err)
{
    const vonk_physical *node = source->node;
    if (source->task_run->task->index > 0)
        return VONK_OK;
    vonk_block *block = NULL;
    VONK_TRY(vonk_run_block(source->task_run, &block, err));
    vonk_arena arena = vonk_run_arena(source->task_run);
    vonk_status status = VONK_OK;
    for (uint32_t row = 0; row < node->n_rows && status == VONK_OK; row++) {
        vonk_arena_reset(&arena);
        status = values_row(source, row, &arena, block, err);
    }
    if (status == VONK_OK)
        status = read_block(source, block, into, err);
    vonk_arena_free(&arena);
    vonk_block_unref(block);
    return status;
}

/* --- ranges --- */

static vonk_status range_split(const vonk_source *source, const vonk_split *split,
                               vonk_operator *into, vonk_error *err)
{
    const vonk_physical *node = source->node;
    vonk_run *run = source->task_run;
    uint32_t most = run->task->batch_rows;
    vonk_column col;
    VONK_TRY(vonk_column_new(&run->arena, VONK_TYPE(INT64), most, &col, err));
    int64_t *values = col.values;
    vonk_batch out = {.n_columns = node->output.n_fields, .columns = &col};
    for (uint64_t at = 0; at < split->length && !into->done; at += most) {
        uint32_t n = split->length - at < most ? (uint32_t)(split->length - at) : most;
        uint64_t first =
            (uint64_t)node->range_start + (split->start + at) * (uint64_t)node->range_step;
        for (uint32_t i = 0; i < n; i++)
            values[i] = (int64_t)(first + i * (uint64_t)node->range_step);
        col.length = n;
        out.n_rows = n;
        run->result->metrics.rows_read += n;
        VONK_TRY(vonk_operator_push(into, &out, err));
    }
    return VONK_OK;
}

vonk_status vonk_range_run(const vonk_source *source, vonk_operator *into, vonk_error *err)
{
    const vonk_task *task = source->task_run->task;
    for (uint32_t i = 0; i < task->n_splits && !into->done; i++) {
        if (task->splits[i].scan_id == source->node->id)
            VONK_TRY(range_split(source, &task->splits[i], into, err));
    }
    return VONK_OK;
}
