/*
 * cells.h - values to CSV text: single ones, and some rows of a column at a time.
 *
 *      columns' cells     "1,22,3,"   "a\nbb\nc\n"          joined     "1,a\n22,bb\n3,c\n"
 */
#ifndef VONK_FORMAT_CSV_CELLS_H
#define VONK_FORMAT_CSV_CELLS_H

#include "format/csv/options.h"
#include "format/text/print.h"

#define VONK_CSV_CELL_ROWS  128 /* at a time */
#define VONK_CSV_CELL_REACH 16  /* cells are copied by so many bytes */

/* How values look. One thread at a time. */
typedef struct vonk_csv_printer {
    const vonk_csv_options *options;
    vonk_text_style style;
    bool plain_digits; /* whole numbers are never quoted */
    vonk_buffer field; /* text of one value; free with vonk_buffer_free */
} vonk_csv_printer;

/* The texts of a column's values, each with what comes behind it. */
typedef struct vonk_csv_cells {
    vonk_buffer text; /* VONK_CSV_CELL_REACH bytes behind it are readable */
    size_t ends[VONK_CSV_CELL_ROWS];
} vonk_csv_cells;

/* `options` and `zone_name` are borrowed. */
void vonk_csv_printer_init(vonk_csv_printer *printer, const vonk_csv_options *options,
                           const char *zone_name);

/* The parts of vonk_csv_put_field(), for a text that is put piece by piece. */
vonk_slice vonk_csv_trimmed(const vonk_csv_options *options, vonk_slice text);
bool vonk_csv_needs_quotes(const vonk_csv_options *options, vonk_slice text, bool is_first);
void vonk_csv_put_escaped(const vonk_csv_options *options, vonk_slice text, vonk_buffer *out);

/* One field; `is_first`: of its line. What does not fit into memory sets out->failed. */
void vonk_csv_put_field(const vonk_csv_options *options, vonk_slice text, bool is_first,
                        vonk_buffer *out);
void vonk_csv_put_value(vonk_csv_printer *printer, const vonk_column *col, uint32_t row,
                        bool is_first, vonk_buffer *out);

/* Rows first .. first + n (at most VONK_CSV_CELL_ROWS) of a column, `behind` behind each. */
void vonk_csv_print_column(vonk_csv_printer *printer, const vonk_column *col, uint32_t first,
                           uint32_t n, bool is_first, vonk_slice behind, vonk_csv_cells *ret);

/* Appends the rows that the cells of all columns make. */
void vonk_csv_join_cells(const vonk_csv_cells *cells, uint32_t n_columns, uint32_t n_rows,
                         vonk_buffer *out);

#endif
