/*
 * reader.c - the scan of a split: row groups that begin in it, pruned; windows of rows, filtered;
 * the selected rows of all wanted columns as batches.
 */
#include <stdlib.h>

#include "format/parquet/parquet.h"
#include "format/parquet/scan.h"

#define GIVE_BACK ((ptrdiff_t)1 << 20) /* mapped bytes of a column that are kept */

struct vonk_reader {
    vonk_pq_scan scan;
};

/* ---- opening ---- */

static vonk_status mismatch(const vonk_pq_scan *scan, const vonk_pq_element *el, const char *name,
                            vonk_type type, vonk_error *err)
{
    vonk_buffer expected = {0}, actual = {0};
    vonk_type_print(type, &expected);
    vonk_pq_element_print(el, &actual);
    vonk_status status = vonk_fail_sql(
        err, "FAILED_READ_FILE.PARQUET_COLUMN_DATA_TYPE_MISMATCH",
        "Encountered error while reading file %s. Data type mismatches when reading Parquet "
        "column [%s]. Expected Spark type %s, actual Parquet type %s.",
        scan->request.path, name, vonk_buffer_str(&expected), vonk_buffer_str(&actual));
    vonk_buffer_free(&expected);
    vonk_buffer_free(&actual);
    return status;
}

static vonk_status match_column(vonk_pq_scan *scan, uint32_t wanted, vonk_pq_scan_column *col,
                                vonk_error *err)
{
    const vonk_field *field = &scan->request.schema->fields[wanted];
    *col = (vonk_pq_scan_column){.name = field->name, .type = field->type};
    int at = vonk_pq_file_find(&scan->file, field->name, wanted);
    col->missing = at < 0;
    bool nested = field->type.children != NULL || (at >= 0 && !scan->file.fields[at].flat);
    if (nested)
        return vonk_fail(err, VONK_UNSUPPORTED,
                         "%s: column %s is nested; nested columns are not supported yet",
                         scan->request.path, field->name);
    if (at < 0)
        return VONK_OK;
    const vonk_pq_field *from = &scan->file.fields[at];
    const vonk_pq_element *el = &scan->file.meta.elements[from->element];
    if (field->type.id == VONK_NULL) {
        col->missing = true;
        return VONK_OK;
    }
    if (!vonk_pq_cast_find(el, field->type, &col->cast))
        return mismatch(scan, el, field->name, field->type, err);
    col->leaf = from->leaf;
    col->optional = el->repetition == VONK_PQ_OPTIONAL;
    return VONK_OK;
}

static vonk_status open_scan(vonk_pq_scan *scan, vonk_error *err)
{
    const vonk_scan_request *request = &scan->request;
    uint32_t rows = request->batch_rows;
    bool map;
    VONK_TRY(vonk_option_bool(&request->options, "mmap", true, &map, err));
    VONK_TRY(vonk_option_bool(&request->options, "parquet.filter.columnindex.enabled", true,
                              &scan->prunes_pages, err));
    VONK_TRY(vonk_option_bool(&request->options, "parquet.filter.bloom.enabled", true,
                              &scan->asks_blooms, err));
    VONK_TRY(
        vonk_pq_file_open(request->path, map, request->footers, &scan->arena, &scan->file, err));
    scan->columns = VONK_NEW_ARRAY(&scan->arena, vonk_pq_scan_column, request->n_columns, err);
    VONK_TRY_ALLOC(scan->columns);
    for (; scan->n_columns < request->n_columns; scan->n_columns++)
        VONK_TRY(match_column(scan, request->columns[scan->n_columns],
                              &scan->columns[scan->n_columns], err));
    scan->sel = vonk_arena_alloc(&scan->arena, ((size_t)rows + 16) * 4, err);
    scan->sel_next = vonk_arena_alloc(&scan->arena, ((size_t)rows + 16) * 4, err);
    if (!scan->sel || !scan->sel_next)
        return VONK_NO_MEMORY;
    VONK_TRY(vonk_pq_scratch_new(&scan->arena, rows, &scan->scratch, err));
    return vonk_pq_tests_new(scan, err);
}

static void scan_free(vonk_pq_scan *scan)
{
    vonk_pq_group_close(scan);
    vonk_pq_memory_fini(&scan->memory);
    vonk_pq_codec_fini(&scan->codec);
    vonk_pq_file_close(&scan->file);
    vonk_arena_free(&scan->batch_arena);
    vonk_arena_free(&scan->group_arena);
    vonk_arena_free(&scan->arena);
}

static vonk_status parquet_open(const vonk_scan_request *request, vonk_reader **ret,
                                vonk_error *err)
{
    vonk_reader *reader = calloc(1, sizeof(*reader));
    if (!reader)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a reader");
    vonk_pq_scan *scan = &reader->scan;
    scan->request = *request;
    if (scan->request.batch_rows == 0)
        scan->request.batch_rows = VONK_BATCH_ROWS;
    scan->arena.budget = scan->group_arena.budget = scan->batch_arena.budget = request->budget;
    scan->memory.budget = request->budget;
    vonk_status status = open_scan(scan, err);
    if (status != VONK_OK) {
        scan_free(scan);
        free(reader);
        return status;
    }
    *ret = reader;
    return VONK_OK;
}

static void parquet_close(vonk_reader *reader)
{
    if (!reader)
        return;
    scan_free(&reader->scan);
    free(reader);
}

/* ---- batches ---- */

/*
 * Mapped pages count as the process's memory while it has them: those that were read go back, of a
 * long column now and then, the others with their row group.
 */
static void give_back(vonk_pq_scan *scan)
{
    for (uint32_t c = 0; scan->file.map && c < scan->n_columns; c++) {
        vonk_pq_scan_column *col = &scan->columns[c];
        if (!col->opened || col->chunk.bytes.data - col->given_back < GIVE_BACK)
            continue;
        vonk_fs_was_read(scan->file.fs, (uint64_t)(col->given_back - scan->file.map),
                         (uint64_t)(col->chunk.bytes.data - col->given_back));
        col->given_back = col->chunk.bytes.data;
    }
}

static vonk_status output_column(vonk_pq_scan *scan, vonk_pq_scan_column *col, uint32_t n,
                                 const vonk_pq_selection *sel, vonk_column *ret, vonk_error *err)
{
    if (col->missing)
        return vonk_column_null(&scan->batch_arena, col->type, sel->n, ret, err);
    if (col->loaded)
        return vonk_pq_column_pick(scan, &col->column, sel, ret, err);
    vonk_status status;
    if (sel->n == 0)
        status = vonk_pq_chunk_skip(&col->chunk, n, err);
    else
        status = vonk_pq_chunk_read(&col->chunk, &scan->batch_arena, n, sel->all ? NULL : sel->rows,
                                    sel->n, ret, err);
    if (status != VONK_OK)
        return vonk_error_prefix(err, status, "column %s", col->name);
    if (sel->n > 0 && col->chunk.keep_codes)
        return vonk_pq_column_pick(scan, ret, &(vonk_pq_selection){.all = true, .n = sel->n}, ret,
                                   err);
    return VONK_OK;
}

/* Filters and reads the next `n` rows of the row group. */
static vonk_status window(vonk_pq_scan *scan, uint32_t n, vonk_batch *ret, vonk_error *err)
{
    vonk_arena_reset(&scan->batch_arena);
    vonk_pq_memory_recycle(&scan->memory);
    for (uint32_t c = 0; c < scan->n_columns; c++)
        scan->columns[c].loaded = false;
    vonk_pq_selection sel;
    VONK_TRY(vonk_pq_window_select(scan, n, &sel, err));
    vonk_column *columns = VONK_NEW_ARRAY(&scan->batch_arena, vonk_column, scan->n_columns, err);
    VONK_TRY_ALLOC(columns);
    for (uint32_t c = 0; c < scan->n_columns; c++)
        VONK_TRY(output_column(scan, &scan->columns[c], n, &sel, &columns[c], err));
    scan->metrics.rows_read += n;
    give_back(scan);
    *ret = (vonk_batch){.n_rows = sel.n, .n_columns = scan->n_columns, .columns = columns};
    return VONK_OK;
}

static vonk_status next_batch(vonk_pq_scan *scan, vonk_batch *ret, bool *ret_done, vonk_error *err)
{
    vonk_batch batch = {0};
    bool done = false;
    while (batch.n_rows == 0) {
        while (scan->rows_left == 0 && !done) {
            if (scan->next_range < scan->n_ranges)
                VONK_TRY(vonk_pq_range_begin(scan, err));
            else
                VONK_TRY(vonk_pq_group_next(scan, &done, err));
        }
        if (done)
            break;
        uint32_t most = scan->most_rows;
        uint32_t n = scan->rows_left < most ? (uint32_t)scan->rows_left : most;
        VONK_TRY(window(scan, n, &batch, err));
        scan->rows_left -= n;
        scan->row_at += n;
    }
    *ret = batch;
    *ret_done = done;
    return VONK_OK;
}

static vonk_status parquet_next(vonk_reader *reader, vonk_batch *ret, bool *ret_done,
                                vonk_error *err)
{
    vonk_status status = next_batch(&reader->scan, ret, ret_done, err);
    if (status == VONK_CORRUPT || status == VONK_UNSUPPORTED)
        return vonk_pq_file_error(reader->scan.request.path, "FAILED_READ_FILE.NO_HINT", status,
                                  err);
    return status;
}

static void parquet_metrics(const vonk_reader *reader, vonk_scan_metrics *ret)
{
    *ret = reader->scan.metrics;
    for (uint32_t c = 0; c < reader->scan.n_columns; c++) {
        const vonk_pq_chunk *chunk = &reader->scan.columns[c].chunk;
        if (!reader->scan.columns[c].opened)
            continue;
        ret->bytes_read += chunk->bytes_read;
        ret->bytes_pruned += chunk->bytes_pruned + chunk->bytes.length;
        ret->bytes_pruned += chunk->page.opened ? 0 : chunk->page.body.length;
    }
}

const vonk_format vonk_parquet_format = {
    .name = "parquet",
    .extension = "parquet",
    .applies_filters = true,
    .splittable = true,
    .infer = vonk_parquet_infer,
    .open = parquet_open,
    .next = parquet_next,
    .metrics = parquet_metrics,
    .close = parquet_close,
    .create = vonk_parquet_create,
    .write = vonk_parquet_write,
    .finish = vonk_parquet_finish,
    .abort = vonk_parquet_abort,
};
