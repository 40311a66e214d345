/* row_groups.c - which row groups of a split are read, their columns, and what is fetched ahead. */
#include "column/batch_bytes.h"
#include "format/parquet/bloom.h"
#include "format/parquet/scan.h"

#define MAX_HINTS 256 /* columns that are fetched ahead */

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

void vonk_pq_group_close(vonk_pq_scan *scan)
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

/* No page of the current row group is left out. */
static bool reads_all_pages(const vonk_pq_scan *scan)
{
    return scan->n_ranges == 1 && scan->ranges[0].from == 0 &&
           scan->ranges[0].to == scan->group->n_rows;
}

/*
 * Says which bytes of a row group will be read: of the columns with tests, or of all. `later`: the
 * columns that are open are another group's.
 */
static void hint_group(vonk_pq_scan *scan, const vonk_pq_group *group, bool tested, bool later)
{
    vonk_fs_range ranges[MAX_HINTS];
    uint32_t n = 0;
    if (scan->file.map && !reads_all_pages(scan))
        return; /* the few that it reads are found on the disk as it comes to them */
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

/*
 * While a row group is decoded, the next one may come: from a remote store only the columns with
 * tests, which may show that no others are needed; of a disk all, as this row group needed them.
 */
static void hint_next(vonk_pq_scan *scan)
{
    for (uint32_t g = scan->next_group; g < scan->file.meta.n_groups; g++) {
        const vonk_pq_group *group = &scan->file.meta.groups[g];
        if (!in_split(scan, group))
            return;
        if (group->n_rows && !vonk_pq_group_pruned(scan, group)) {
            hint_group(scan, group, scan->n_tests > 0 && !scan->file.map, true);
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

/* Pages stay until the end of a batch, so that has as many rows as are in some MiB of them. */
static void bound_batches(vonk_pq_scan *scan, const vonk_pq_group *group)
{
    uint64_t bytes = 0, rows;
    for (uint32_t c = 0; c < scan->n_columns; c++) {
        const vonk_pq_scan_column *col = &scan->columns[c];
        const vonk_pq_column *meta = col->missing ? NULL : &group->columns[col->leaf];
        if (meta && meta->physical == VONK_PQ_BYTE_ARRAY && meta->uncompressed > 0)
            bytes += (uint64_t)meta->uncompressed;
    }
    rows = vonk_batch_most_bytes(scan->request.budget) / (bytes / (uint64_t)group->n_rows + 1);
    scan->most_rows = scan->request.batch_rows;
    if (rows < scan->most_rows)
        scan->most_rows = rows ? (uint32_t)rows : 1;
}

vonk_status vonk_pq_group_next(vonk_pq_scan *scan, bool *ret_done, vonk_error *err)
{
    while (scan->next_group < scan->file.meta.n_groups) {
        const vonk_pq_group *group = &scan->file.meta.groups[scan->next_group++];
        if (!in_split(scan, group) || group->n_rows == 0)
            continue;
        scan->metrics.groups_total++;
        vonk_pq_group_close(scan);
        vonk_arena_reset(&scan->group_arena);
        scan->group = group;
        bound_batches(scan, group);
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
            if (!scan->file.map || c == 0) /* remote stores take a few pieces at a time */
                hint_next(scan);
        }
        return VONK_OK;
    }
    *ret_done = true;
    return VONK_OK;
}

vonk_status vonk_pq_range_begin(vonk_pq_scan *scan, vonk_error *err)
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
