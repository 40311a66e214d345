/*
 * writer.c - rows to CSV. Some rows at a time: first the texts of each column, then those of each
 * row side by side; rows with long texts are written one by one.
 */
#include <stdlib.h>
#include <string.h>

#include "format/csv/cells.h"
#include "format/csv/csv.h"
#include "format/text/convert.h"
#include "format/text/output.h"

#define CELL_BYTES ((size_t)64 << 10) /* of columns at a time */

struct vonk_writer {
    vonk_arena arena;
    vonk_csv_options options;
    vonk_csv_printer printer;
    vonk_text_output out;
    uint32_t n_columns;
    vonk_csv_cells *cells; /* a column each */
};

static void free_writer(vonk_writer *w)
{
    for (uint32_t i = 0; w->cells && i < w->n_columns; i++)
        vonk_buffer_free(&w->cells[i].text);
    vonk_buffer_free(&w->printer.field);
    vonk_arena_free(&w->arena);
    free(w);
}

static vonk_status check_types(const vonk_schema *schema, vonk_error *err)
{
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const vonk_field *f = &schema->fields[i];
        if (!vonk_text_has_type(f->type) || f->type.id == VONK_NULL)
            return vonk_fail_sql(err, "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE",
                                 "CSV cannot hold column %s of type %s", f->name,
                                 vonk_type_sql_name(f->type));
    }
    return VONK_OK;
}

static void put_header(vonk_writer *w, const vonk_schema *schema)
{
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        if (i)
            vonk_buffer_append(&w->out.text, w->options.separator.data,
                               w->options.separator.length);
        vonk_csv_put_field(&w->options, vonk_slice_of(schema->fields[i].name), !i, &w->out.text);
    }
    vonk_buffer_char(&w->out.text, '\n');
}

static vonk_status start_writing(vonk_writer *w, const vonk_writer_request *q, vonk_error *err)
{
    VONK_TRY(check_types(q->schema, err));
    VONK_TRY(vonk_csv_options_read(&q->options, q->settings, true, &w->arena, &w->options, err));
    vonk_csv_printer_init(&w->printer, &w->options,
                          q->settings && q->settings->time_zone ? q->settings->time_zone : "UTC");
    w->n_columns = q->schema->n_fields;
    w->cells = VONK_NEW_ARRAY(&w->arena, vonk_csv_cells, w->n_columns + 1, err);
    VONK_TRY_ALLOC(w->cells);
    VONK_TRY(vonk_text_create(q->path, q->sink, &q->options, &w->out, err));
    w->out.settings = q->settings;
    if (w->options.header)
        put_header(w, q->schema);
    return VONK_OK;
}

vonk_status vonk_csv_create(const vonk_writer_request *q, vonk_writer **ret, vonk_error *err)
{
    vonk_writer *w = calloc(1, sizeof(*w));
    if (!w)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory creating %s", q->path);
    w->arena.budget = q->budget;
    vonk_status status = start_writing(w, q, err);
    if (status != VONK_OK) {
        free_writer(w);
        return status;
    }
    *ret = w;
    return VONK_OK;
}

/* How many of the batch's rows are put side by side at a time. */
static uint32_t rows_at_a_time(const vonk_batch *batch)
{
    size_t bytes = vonk_batch_bytes(batch) / batch->n_rows + batch->n_columns + 1;
    size_t rows = CELL_BYTES / bytes;
    return rows < VONK_CSV_CELL_ROWS ? (uint32_t)rows : VONK_CSV_CELL_ROWS;
}

/* The long text of a row, or one of no bytes. */
static vonk_slice long_text(const vonk_writer *w, const vonk_column *col, uint32_t row)
{
    vonk_slice none = {0};
    if (col->type.id != VONK_STRING || !vonk_column_is_valid(col, row))
        return none;
    vonk_slice text = vonk_csv_trimmed(&w->options, vonk_column_value(col, row).string);
    return text.length > VONK_TEXT_PIECE ? text : none;
}

static vonk_status put_long(vonk_writer *w, vonk_slice text, bool is_first, vonk_error *err)
{
    vonk_buffer *out = &w->out.text;
    bool quoted = vonk_csv_needs_quotes(&w->options, text, is_first);
    if (quoted)
        vonk_buffer_char(out, (char)w->options.quote);
    for (size_t at = 0; at < text.length; at += VONK_TEXT_PIECE) {
        size_t left = text.length - at;
        vonk_slice piece = {text.data + at, left < VONK_TEXT_PIECE ? left : VONK_TEXT_PIECE};
        if (quoted)
            vonk_csv_put_escaped(&w->options, piece, out);
        else
            vonk_buffer_append(out, piece.data, piece.length);
        VONK_TRY(vonk_text_flush(&w->out, err));
    }
    if (quoted)
        vonk_buffer_char(out, (char)w->options.quote);
    return VONK_OK;
}

static vonk_status write_row(vonk_writer *w, const vonk_batch *batch, uint32_t row, vonk_error *err)
{
    const vonk_slice *separator = &w->options.separator;
    for (uint32_t i = 0; i < batch->n_columns; i++) {
        if (i)
            vonk_buffer_append(&w->out.text, separator->data, separator->length);
        vonk_slice text = long_text(w, &batch->columns[i], row);
        if (text.length)
            VONK_TRY(put_long(w, text, !i, err));
        else
            vonk_csv_put_value(&w->printer, &batch->columns[i], row, !i, &w->out.text);
    }
    vonk_buffer_char(&w->out.text, '\n');
    return vonk_text_flush(&w->out, err);
}

static vonk_status write_rows(vonk_writer *w, const vonk_batch *batch, uint32_t first, uint32_t n,
                              vonk_error *err)
{
    for (uint32_t i = 0; i < batch->n_columns; i++) {
        vonk_slice behind = i + 1 < batch->n_columns ? w->options.separator : VONK_SLICE("\n");
        vonk_csv_print_column(&w->printer, &batch->columns[i], first, n, !i, behind, &w->cells[i]);
    }
    vonk_csv_join_cells(w->cells, batch->n_columns, n, &w->out.text);
    return vonk_text_flush(&w->out, err);
}

vonk_status vonk_csv_write(vonk_writer *w, const vonk_batch *batch, vonk_error *err)
{
    if (!batch->n_rows)
        return VONK_OK;
    uint32_t most = rows_at_a_time(batch), n;
    for (uint32_t row = 0; row < batch->n_rows; row += n) {
        n = most < batch->n_rows - row ? most : batch->n_rows - row;
        if (batch->n_columns && most > 1) {
            VONK_TRY(write_rows(w, batch, row, n, err));
        } else {
            n = 1;
            VONK_TRY(write_row(w, batch, row, err));
        }
    }
    return VONK_OK;
}

vonk_status vonk_csv_finish(vonk_writer *w, uint64_t *ret_bytes, vonk_error *err)
{
    vonk_status status = vonk_text_finish(&w->out, ret_bytes, err);
    free_writer(w);
    return status;
}

void vonk_csv_abort(vonk_writer *w)
{
    if (!w)
        return;
    vonk_text_abort(&w->out);
    free_writer(w);
}
