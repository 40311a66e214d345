/*
 * reader.c - the scan of a split: row groups that begin in it, pruned; windows of rows, filtered;
 * the selected rows of all wanted columns as batches.
 */
#include <stdlib.h>

#include "format/parquet/bloom.h"
#include "format/parquet/parquet.h"
#include "format/parquet/scan.h"

#define MAX_HINTS 256                  /* columns that are fetched ahead */
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
    int at = vonk_pq_file_find(&scan->file, field->name);
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

static void close_group(vonk_pq_scan *scan);

static void scan_free(vonk_pq_scan *scan)
{
    close_group(scan);
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

/* ---- row groups ---- */

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

static void give_back_group(vonk_pq_scan *scan)
{
    uint64_t start, length, from = UINT64_MAX, to = 0;
    for (uint32_t c = 0; scan->group && scan->file.map && c < scan->group->n_columns; c++) {
        const vonk_pq_column *meta = &scan->group->columns[c];
        if (vonk_pq_file_range(&scan->file, meta, &start, &length, NULL) != VONK_OK)
            continue;
        from = start < from ? start : from;
        to = start + length > to ? start + length : to;
    }
    if (from < to)
        vonk_fs_was_read(scan->file.fs, from, to - from);
    scan->group = NULL;
}

static void close_group(vonk_pq_scan *scan)
{
    for (uint32_t c = 0; c < scan->n_columns; c++) {
        vonk_pq_scan_column *col = &scan->columns[c];
        if (!col->opened)
            continue;
        vonk_pq_chunk_close(&col->chunk);
        scan->metrics.bytes_read += col->chunk.bytes_read;
        scan->metrics.bytes_pruned += col->chunk.bytes_pruned + col->chunk.bytes.length;
        vonk_pq_memory_retire(&scan->memory, &col->block);
        col->opened = false;
    }
    give_back_group(scan);
    scan->rows_left = 0;
    scan->n_ranges = scan->next_range = 0;
}

/* The chunk's bytes: of the map, or read now. */
static vonk_status chunk_bytes(vonk_pq_scan *scan, vonk_pq_scan_column *col,
                               const vonk_pq_column *meta, vonk_error *err)
{
    uint64_t start, length;
    VONK_TRY(vonk_pq_file_range(&scan->file, meta, &start, &length, err));
    if (scan->file.map) {
        col->chunk.bytes = (vonk_slice){scan->file.map + start, length};
        col->given_back = scan->file.map + start;
        col->chunk.readable = scan->file.map + scan->file.size;
        return VONK_OK;
    }
    VONK_TRY(vonk_pq_memory_take(&scan->memory, length, &col->block, err));
    VONK_TRY(vonk_fs_read(scan->file.fs, start, length, col->block->data, err));
    col->chunk.bytes = (vonk_slice){col->block->data, length};
    col->chunk.readable = col->block->data + col->block->capacity + VONK_PQ_SLACK;
    return VONK_OK;
}

static vonk_status open_column(vonk_pq_scan *scan, const vonk_pq_group *group,
                               vonk_pq_scan_column *col, vonk_error *err)
{
    if (col->opened || col->missing)
        return VONK_OK;
    const vonk_pq_column *meta = &group->columns[col->leaf];
    col->opened = true;
    col->chunk = (vonk_pq_chunk){
        .cast = col->cast,
        .optional = col->optional,
        .compression = meta->codec,
        .rows_left = group->n_rows,
        .memory = &scan->memory,
        .codec = &scan->codec,
        .scratch = &scan->scratch,
        .arena = &scan->group_arena,
    };
    if (meta->n_values != group->n_rows || meta->physical != col->cast.physical)
        return vonk_fail(err, VONK_CORRUPT, "column %s: its row group describes it differently",
                         col->name);
    vonk_status status = vonk_pq_codec_check(meta->codec, err);
    if (status == VONK_OK)
        status = chunk_bytes(scan, col, meta, err);
    if (status == VONK_OK)
        status = vonk_pq_chunk_open(&col->chunk, err);
    return status == VONK_OK ? status : vonk_error_prefix(err, status, "column %s", col->name);
}

/* Opens the columns with tests; *ret_none if a dictionary shows that no row can pass. */
static vonk_status open_tested(vonk_pq_scan *scan, const vonk_pq_group *group, bool *ret_none,
                               vonk_error *err)
{
    for (uint32_t t = 0; t < scan->n_tests && !*ret_none; t++) {
        vonk_pq_test *test = &scan->tests[t];
        test->keep = NULL;
        test->idle = false;
        if (test->column < 0 || scan->columns[test->column].missing)
            continue;
        vonk_pq_scan_column *col = &scan->columns[test->column];
        VONK_TRY(open_column(scan, group, col, err));
        vonk_status status =
            vonk_pq_test_dictionary(scan, test, &group->columns[col->leaf], ret_none, err);
        if (status != VONK_OK)
            return vonk_error_prefix(err, status, "column %s", col->name);
    }
    return VONK_OK;
}

/* The row group begins in the split. */
static bool in_split(const vonk_pq_scan *scan, const vonk_pq_group *group)
{
    if (group->n_columns == 0)
        return scan->request.start == 0;
    const vonk_pq_column *first = &group->columns[0];
    int64_t start = first->data_offset;
    if (first->dictionary_offset > 0 && first->dictionary_offset < start)
        start = first->dictionary_offset;
    return (uint64_t)start >= scan->request.start &&
           (uint64_t)start - scan->request.start < scan->request.length;
}

/*
 * Says which bytes of a row group will be read: of the columns with tests, or of all. `later`: the
 * columns that are open are another group's.
 */
static void hint_group(vonk_pq_scan *scan, const vonk_pq_group *group, bool tested, bool later)
{
    vonk_fs_range ranges[MAX_HINTS];
    uint32_t n = 0;
    if (scan->file.map)
        return;
    for (uint32_t i = 0; i < (tested ? scan->n_tests : scan->n_columns) && n < MAX_HINTS; i++) {
        int at = tested ? scan->tests[i].column : (int)i;
        const vonk_pq_scan_column *col = at < 0 ? NULL : &scan->columns[at];
        uint64_t start, length;
        if (col && !col->missing && (later || !col->opened) &&
            vonk_pq_file_range(&scan->file, &group->columns[col->leaf], &start, &length, NULL) ==
                VONK_OK)
            ranges[n++] = (vonk_fs_range){start, length};
    }
    vonk_fs_will_read(scan->file.fs, ranges, n);
}

/* While a row group is decoded, the next one may come. */
static void hint_next(vonk_pq_scan *scan)
{
    for (uint32_t g = scan->next_group; g < scan->file.meta.n_groups; g++) {
        const vonk_pq_group *group = &scan->file.meta.groups[g];
        if (!in_split(scan, group))
            return;
        if (group->n_rows && !vonk_pq_group_pruned(scan, group)) {
            hint_group(scan, group, scan->n_tests > 0, true);
            return;
        }
    }
}

/* No row of the group can pass: of columns that are open already, closing them counts. */
static void pass_group(vonk_pq_scan *scan, const vonk_pq_group *group)
{
    scan->metrics.groups_pruned++;
    scan->n_ranges = 0;
    for (uint32_t c = 0; c < scan->n_columns; c++) {
        const vonk_pq_scan_column *col = &scan->columns[c];
        if (!col->missing && !col->opened && group->columns[col->leaf].compressed > 0)
            scan->metrics.bytes_pruned += (uint64_t)group->columns[col->leaf].compressed;
    }
}

/* Opens the next row group that may have rows; *ret_done if there is none. */
static vonk_status next_group(vonk_pq_scan *scan, bool *ret_done, vonk_error *err)
{
    while (scan->next_group < scan->file.meta.n_groups) {
        const vonk_pq_group *group = &scan->file.meta.groups[scan->next_group++];
        if (!in_split(scan, group) || group->n_rows == 0)
            continue;
        scan->metrics.groups_total++;
        close_group(scan);
        vonk_arena_reset(&scan->group_arena);
        scan->group = group;
        bool none = vonk_pq_group_pruned(scan, group);
        if (!none)
            VONK_TRY(vonk_pq_bloom_prunes(scan, group, &none, err));
        if (!none) {
            VONK_TRY(vonk_pq_pages_prune(scan, group, err));
            none = !scan->n_ranges;
        }
        if (!none) {
            hint_group(scan, group, true, false);
            VONK_TRY(open_tested(scan, group, &none, err));
        }
        if (none) {
            pass_group(scan, group);
            continue;
        }
        hint_group(scan, group, false, false);
        for (uint32_t c = 0; c < scan->n_columns; c++) {
            VONK_TRY(open_column(scan, group, &scan->columns[c], err));
            hint_next(scan);
        }
        return VONK_OK;
    }
    *ret_done = true;
    return VONK_OK;
}

/* Brings all columns to the next range of the row group. */
static vonk_status begin_range(vonk_pq_scan *scan, vonk_error *err)
{
    const vonk_pq_row_range *range = &scan->ranges[scan->next_range++];
    for (uint32_t c = 0; c < scan->n_columns && range->from > scan->row_at; c++) {
        vonk_pq_scan_column *col = &scan->columns[c];
        if (!col->opened)
            continue;
        uint64_t n = (uint64_t)(range->from - scan->row_at);
        vonk_status status = vonk_pq_chunk_skip(&col->chunk, n, err);
        if (status != VONK_OK)
            return vonk_error_prefix(err, status, "column %s", col->name);
    }
    scan->row_at = range->from;
    scan->rows_left = range->to - range->from;
    return VONK_OK;
}

/* ---- batches ---- */

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
                VONK_TRY(begin_range(scan, err));
            else
                VONK_TRY(next_group(scan, &done, err));
        }
        if (done)
            break;
        uint32_t most = scan->request.batch_rows;
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
