/*
 * scan.h - the state of one scan of one split; what reader.c, row_groups.c, filter.c and the
 * prune*.c share.
 */
#ifndef VONK_FORMAT_PARQUET_SCAN_H
#define VONK_FORMAT_PARQUET_SCAN_H

#include "format/format.h"
#include "format/parquet/bounds.h"
#include "format/parquet/chunk.h"
#include "format/parquet/file.h"

/* The pages of a column in the current row group; n = 0: not known. */
typedef struct vonk_pq_pages {
    uint32_t n, at;           /* `at`: the one whose statistics are asked */
    const int64_t *first_row; /* n + 1 of them: the last is the row group's end */
    const vonk_pq_bounds *bounds;
} vonk_pq_pages;

/* Rows of a row group. */
typedef struct vonk_pq_row_range {
    int64_t from, to;
} vonk_pq_row_range;

/* A wanted column. */
typedef struct vonk_pq_scan_column {
    const char *name;
    vonk_type type;
    bool missing; /* the file does not have it: all null */
    uint32_t leaf;
    bool optional;
    vonk_pq_cast cast;
    /* of the current row group */
    bool opened;
    vonk_pq_chunk chunk;
    const char *given_back; /* of the map: what the kernel has back ends here */
    vonk_pq_block *block;   /* the chunk's bytes, if they had to be read */
    vonk_pq_pages pages;
    /* of the current window */
    bool loaded;
    vonk_column column; /* all its rows */
} vonk_pq_scan_column;

/*
 * Filters over one column, in the order given; or one over several or none. Tests over one column
 * may be answered by its dictionary: `keep` says for each entry whether its rows stay, and for a
 * null in the place after the last.
 */
typedef struct vonk_pq_test {
    int32_t column; /* index of the wanted column, -1 = several or none */
    uint32_t n_filters;
    const vonk_expr **filters;
    const uint8_t *keep; /* of the current row group, or NULL */
    bool idle;           /* all rows of the current row group stay */
} vonk_pq_test;

/* How a join's keys do as a filter: one that lets nearly all rows pass is asked no more. */
typedef struct vonk_pq_probe {
    uint64_t n_asked, n_kept;
    bool off;
} vonk_pq_probe;

/* Which rows of a window are left. */
typedef struct vonk_pq_selection {
    bool all; /* rows 0..n, `rows` is not set */
    uint32_t n;
    uint32_t *rows;
} vonk_pq_selection;

typedef struct vonk_pq_scan {
    vonk_scan_request request;
    vonk_arena arena;       /* as long as the reader */
    vonk_arena group_arena; /* as long as a row group */
    vonk_arena batch_arena; /* as long as a batch */
    vonk_pq_file file;
    vonk_pq_memory memory;
    vonk_pq_codec codec;
    vonk_pq_scratch scratch;
    uint32_t n_columns;
    vonk_pq_scan_column *columns;
    uint32_t n_tests;
    vonk_pq_test *tests;
    vonk_pq_probe *probes;    /* one for each of the request's */
    uint32_t *sel, *sel_next; /* batch_rows entries each */
    uint32_t next_group;
    const vonk_pq_group *group; /* whose pages are mapped; NULL: none */
    bool prunes_pages, asks_blooms;
    uint32_t n_ranges, next_range; /* of the current row group: what is read of it */
    vonk_pq_row_range *ranges;
    int64_t row_at, rows_left; /* of the current range */
    uint32_t most_rows;        /* of a batch: fewer where the row group's texts are long */
    vonk_scan_metrics metrics;
} vonk_pq_scan;

/* Sorts the request's filters into tests. */
vonk_status vonk_pq_tests_new(vonk_pq_scan *scan, vonk_error *err) VONK_MUST_CHECK;

/* Asks the dictionary of a test's column, which must be open. *ret_none: no row can stay. */
vonk_status vonk_pq_test_dictionary(vonk_pq_scan *scan, vonk_pq_test *test,
                                    const vonk_pq_column *meta, bool *ret_none,
                                    vonk_error *err) VONK_MUST_CHECK;

/* Finds the rows of the next `n` that pass all tests; loads the columns that this needs. */
vonk_status vonk_pq_window_select(vonk_pq_scan *scan, uint32_t n, vonk_pq_selection *ret,
                                  vonk_error *err) VONK_MUST_CHECK;

/* Loads all rows of the window of a column. */
vonk_status vonk_pq_column_load(vonk_pq_scan *scan, uint32_t column, uint32_t n,
                                vonk_error *err) VONK_MUST_CHECK;

/* *ret = the selected rows of `col`; numbers in dictionaries come out FLAT. */
vonk_status vonk_pq_column_pick(vonk_pq_scan *scan, const vonk_column *col,
                                const vonk_pq_selection *sel, vonk_column *ret,
                                vonk_error *err) VONK_MUST_CHECK;

/* Statistics of the row group show that no row can pass the filters. */
bool vonk_pq_group_pruned(const vonk_pq_scan *scan, const vonk_pq_group *group);

/* So do those of the columns' current pages, of the rows that lie in all of these. */
bool vonk_pq_rows_pruned(const vonk_pq_scan *scan, const vonk_pq_group *group);

/*
 * Sets the scan's ranges: the rows of the row group whose pages' statistics, where the file has
 * them, do not show that none passes the filters. May be none.
 */
vonk_status vonk_pq_pages_prune(vonk_pq_scan *scan, const vonk_pq_group *group,
                                vonk_error *err) VONK_MUST_CHECK;

/* Opens the next row group of the split that may have rows; *ret_done if there is none. */
vonk_status vonk_pq_group_next(vonk_pq_scan *scan, bool *ret_done, vonk_error *err) VONK_MUST_CHECK;
/* Brings all columns to the next range of the row group. */
vonk_status vonk_pq_range_begin(vonk_pq_scan *scan, vonk_error *err) VONK_MUST_CHECK;
void vonk_pq_group_close(vonk_pq_scan *scan);

#endif
