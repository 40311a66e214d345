/*
 * prune_pages.c - which rows of a row group are read, by the statistics of pages.
 *
 *      a    |  1  |  2  |     3     |       pages of two columns with filters
 *      b    |   1    |     2    | 3 |
 *           ^  ^  ^  ^  ^       ^   ^       asked is each stretch between two ends
 *
 * Stretches that may have rows become ranges. What an index says is only believed where it fits the
 * row group; without one, or with a broken one, all pages are read.
 */
#include "format/parquet/page_index.h"
#include "format/parquet/scan.h"

#define MAX_HINTS 64 /* indexes that are fetched ahead */

static vonk_status load_index(vonk_pq_scan *scan, const vonk_pq_group *group,
                              vonk_pq_scan_column *col, vonk_error *err)
{
    const vonk_pq_column *meta = &group->columns[col->leaf];
    vonk_arena *arena = &scan->group_arena;
    vonk_slice columns, offsets;
    vonk_pq_page_index index;
    if (!vonk_pq_file_has(&scan->file, &meta->column_index) ||
        !vonk_pq_file_has(&scan->file, &meta->offset_index))
        return VONK_OK;
    VONK_TRY(vonk_pq_file_span(&scan->file, &meta->column_index, arena, &columns, err));
    VONK_TRY(vonk_pq_file_span(&scan->file, &meta->offset_index, arena, &offsets, err));
    vonk_status status =
        vonk_pq_page_index_decode(columns, offsets, group->n_rows, arena, &index, err);
    if (status != VONK_OK)
        return status == VONK_NO_MEMORY ? status : VONK_OK;
    vonk_pq_bounds *bounds = VONK_NEW_ARRAY(arena, vonk_pq_bounds, index.n, err);
    VONK_TRY_ALLOC(bounds);
    for (uint32_t i = 0; i < index.n; i++)
        bounds[i] = vonk_pq_bounds_of(&scan->file, col, &index.stats[i],
                                      index.first_row[i + 1] - index.first_row[i]);
    col->pages = (vonk_pq_pages){.n = index.n, .first_row = index.first_row, .bounds = bounds};
    return VONK_OK;
}

typedef struct loading {
    vonk_pq_scan *scan;
    uint8_t *wanted; /* of each column: statistics of pages may be of use */
} loading;

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the expression */
static void mark_tests(const loading *l, const vonk_expr *e)
{
    uint32_t column;
    if (e->kind != VONK_EXPR_CALL || e->n_args == 0)
        return;
    if (!strcmp(e->name, "and") || !strcmp(e->name, "or")) {
        for (uint32_t i = 0; i < e->n_args; i++)
            mark_tests(l, e->args[i]);
    } else if (vonk_pq_is_test(e, &column) && column < l->scan->n_columns) {
        l->wanted[column] = 1;
    }
}

/* Where the indexes are far away, they come together. */
static void hint_indexes(vonk_pq_scan *scan, const vonk_pq_group *group, const uint8_t *wanted)
{
    vonk_fs_range ranges[MAX_HINTS];
    uint32_t n = 0;
    if (scan->file.map)
        return;
    for (uint32_t c = 0; c < scan->n_columns && n + 2 <= MAX_HINTS; c++) {
        if (!wanted[c] || scan->columns[c].missing)
            continue;
        const vonk_pq_column *meta = &group->columns[scan->columns[c].leaf];
        const vonk_pq_span *spans[] = {&meta->column_index, &meta->offset_index};
        for (size_t i = 0; i < VONK_LENGTH(spans); i++)
            if (vonk_pq_file_has(&scan->file, spans[i]))
                ranges[n++] =
                    (vonk_fs_range){(uint64_t)spans[i]->offset, (uint64_t)spans[i]->length};
    }
    if (n)
        vonk_fs_will_read(scan->file.fs, ranges, n);
}

/* Loads the indexes of the columns with tests; *ret_any: some has one. */
static vonk_status load_indexes(vonk_pq_scan *scan, const vonk_pq_group *group, bool *ret_any,
                                vonk_error *err)
{
    const vonk_scan_request *request = &scan->request;
    loading l = {scan, vonk_arena_zalloc(&scan->group_arena, (size_t)scan->n_columns + 1, err)};
    VONK_TRY_ALLOC(l.wanted);
    for (uint32_t f = 0; f < request->n_filters; f++)
        mark_tests(&l, request->filters[f]);
    for (uint32_t p = 0; p < request->n_probes; p++)
        if (!vonk_key_filter_is_open(request->probes[p].keys))
            l.wanted[request->probes[p].column] = 1;
    hint_indexes(scan, group, l.wanted);
    for (uint32_t c = 0; c < scan->n_columns; c++) {
        vonk_pq_scan_column *col = &scan->columns[c];
        col->pages = (vonk_pq_pages){0};
        if (l.wanted[c] && !col->missing)
            VONK_TRY(load_index(scan, group, col, err));
        *ret_any |= col->pages.n > 1; /* one page is the row group */
    }
    return VONK_OK;
}

/* Where the first of the columns' current pages ends. */
static int64_t stretch_end(const vonk_pq_scan *scan, int64_t end)
{
    for (uint32_t c = 0; c < scan->n_columns; c++) {
        const vonk_pq_pages *pages = &scan->columns[c].pages;
        if (pages->n && pages->first_row[pages->at + 1] < end)
            end = pages->first_row[pages->at + 1];
    }
    return end;
}

/* Steps over the pages that end at `row`. */
static void turn_pages(vonk_pq_scan *scan, int64_t row)
{
    for (uint32_t c = 0; c < scan->n_columns; c++) {
        vonk_pq_pages *pages = &scan->columns[c].pages;
        pages->at += pages->n && pages->first_row[pages->at + 1] == row;
    }
}

static void add_range(vonk_pq_scan *scan, int64_t from, int64_t to)
{
    if (scan->n_ranges && scan->ranges[scan->n_ranges - 1].to == from)
        scan->ranges[scan->n_ranges - 1].to = to;
    else
        scan->ranges[scan->n_ranges++] = (vonk_pq_row_range){from, to};
}

/* Counts the pages, and those without a row that is read. */
static void count_pages(vonk_pq_scan *scan, const vonk_pq_pages *pages)
{
    uint32_t range = 0;
    for (uint32_t i = 0; i < pages->n; i++) {
        while (range < scan->n_ranges && scan->ranges[range].to <= pages->first_row[i])
            range++;
        bool read = range < scan->n_ranges && scan->ranges[range].from < pages->first_row[i + 1];
        scan->metrics.pages_pruned += !read;
    }
    scan->metrics.pages_total += pages->n;
}

vonk_status vonk_pq_pages_prune(vonk_pq_scan *scan, const vonk_pq_group *group, vonk_error *err)
{
    bool any = false;
    size_t most = 1;
    if (scan->prunes_pages)
        VONK_TRY(load_indexes(scan, group, &any, err));
    for (uint32_t c = 0; any && c < scan->n_columns; c++)
        most += scan->columns[c].pages.n;
    scan->n_ranges = scan->next_range = 0;
    scan->row_at = 0;
    scan->ranges = VONK_NEW_ARRAY(&scan->group_arena, vonk_pq_row_range, most, err);
    VONK_TRY_ALLOC(scan->ranges);
    for (int64_t row = 0, end; row < group->n_rows; row = end) {
        end = any ? stretch_end(scan, group->n_rows) : group->n_rows;
        if (!any || !vonk_pq_rows_pruned(scan, group))
            add_range(scan, row, end);
        if (any)
            turn_pages(scan, end);
    }
    for (uint32_t c = 0; any && c < scan->n_columns; c++)
        count_pages(scan, &scan->columns[c].pages);
    return VONK_OK;
}
