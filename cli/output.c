/* output.c - rows as text. */
#include "cli/output.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/cli.h"
#include "expr/eval.h"

#define JSON_HELD                                                                                  \
    ((size_t)1 << 20)      /* bytes of rows; with more, the line begins before its end is known */
#define TABLE_SAMPLE 1000u /* rows that decide the widths of a table's columns */

bool vonk_output_parse(const char *name, vonk_output_format *ret)
{
    static const char *const names[] = {[VONK_OUTPUT_TABLE] = "table",
                                        [VONK_OUTPUT_CSV] = "csv",
                                        [VONK_OUTPUT_TSV] = "tsv",
                                        [VONK_OUTPUT_JSON] = "json"};
    for (size_t i = 0; i < VONK_LENGTH(names); i++) {
        if (!strcmp(name, names[i])) {
            *ret = (vonk_output_format)i;
            return true;
        }
    }
    return false;
}

/* --- one cell --- */

/* The text of a value, as Spark shows it; *ret_null and nothing for NULL. */
static vonk_status print_cell(const vonk_output *out, const vonk_column *col, uint32_t row,
                              vonk_buffer *to, bool *ret_null, vonk_error *err)
{
    vonk_value value = vonk_column_value(col, row);
    *ret_null = value.is_null;
    return value.is_null ? VONK_OK : vonk_value_print(col->type, &value, out->settings, to, err);
}

static void write_out(vonk_output *out, vonk_buffer *buf)
{
    /* A failed write shows in ferror() at the end of main. */
    if (buf->length)
        (void)!fwrite(buf->data, 1, buf->length, out->to);
    buf->length = 0;
}

/* Columns that text takes on a terminal: characters, not bytes. */
static uint32_t text_width(const char *text, size_t length)
{
    uint32_t n = 0;
    for (size_t i = 0; i < length; i++)
        n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}

/* --- csv, tsv --- */

static void put_csv(vonk_buffer *to, const char *text, size_t length)
{
    bool quote = false;
    for (size_t i = 0; i < length; i++)
        quote |= text[i] == ',' || text[i] == '"' || text[i] == '\n' || text[i] == '\r';
    if (!quote) {
        vonk_buffer_append(to, text, length);
        return;
    }
    vonk_buffer_char(to, '"');
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"')
            vonk_buffer_char(to, '"');
        vonk_buffer_char(to, text[i]);
    }
    vonk_buffer_char(to, '"');
}

static vonk_status put_line(vonk_output *out, const vonk_batch *batch, uint32_t row,
                            vonk_buffer *cell, vonk_error *err)
{
    bool csv = out->format == VONK_OUTPUT_CSV;
    for (uint32_t c = 0; c < batch->n_columns; c++) {
        bool null = false;
        cell->length = 0;
        VONK_TRY(print_cell(out, &batch->columns[c], row, cell, &null, err));
        if (c)
            vonk_buffer_char(&out->text, csv ? ',' : '\t');
        if (null)
            vonk_buffer_text(&out->text, csv ? "" : "NULL");
        else if (csv)
            put_csv(&out->text, cell->data, cell->length);
        else
            vonk_buffer_append(&out->text, cell->data, cell->length);
    }
    vonk_buffer_char(&out->text, '\n');
    return VONK_OK;
}

static void put_header(vonk_output *out)
{
    bool csv = out->format == VONK_OUTPUT_CSV;
    for (uint32_t c = 0; c < out->schema.n_fields; c++) {
        const char *name = out->schema.fields[c].name;
        if (c)
            vonk_buffer_char(&out->text, csv ? ',' : '\t');
        if (csv)
            put_csv(&out->text, name, strlen(name));
        else
            vonk_buffer_text(&out->text, name);
    }
    vonk_buffer_char(&out->text, '\n');
}

/* --- json --- */

static vonk_status put_json(vonk_output *out, const vonk_batch *batch, uint32_t row,
                            vonk_buffer *cell, vonk_error *err)
{
    vonk_buffer_text(&out->text, out->n_rows ? ",[" : "[");
    for (uint32_t c = 0; c < batch->n_columns; c++) {
        bool null = false;
        cell->length = 0;
        VONK_TRY(print_cell(out, &batch->columns[c], row, cell, &null, err));
        if (c)
            vonk_buffer_char(&out->text, ',');
        if (null) {
            vonk_buffer_text(&out->text, "null");
            continue;
        }
        vonk_buffer_char(&out->text, '"');
        vonk_buffer_json(&out->text, cell->data, cell->length);
        vonk_buffer_char(&out->text, '"');
    }
    vonk_buffer_char(&out->text, ']');
    return VONK_OK;
}

static void put_json_place(const vonk_error *failed, vonk_slice sql, vonk_buffer *line)
{
    vonk_sql_place place;
    if (!vonk_cli_find_place(failed, sql, &place))
        return;
    vonk_buffer_printf(line, ",\"line\":%zu,\"position\":%zu,\"fragment\":\"", place.line,
                       place.position);
    vonk_buffer_json(line, sql.data + place.start, place.end - place.start);
    vonk_buffer_text(line, "\"");
}

static void put_json_error(const vonk_error *failed, vonk_slice sql, vonk_buffer *line)
{
    const char *condition = failed->condition[0] ? failed->condition : "INTERNAL_ERROR";
    const char *state = failed->condition[0] ? failed->sqlstate : "XX000";
    const char *quote = state[0] ? "\"" : "";
    vonk_buffer_printf(line, "\"error\":{\"condition\":\"%s\",\"sqlState\":%s%s%s,\"message\":\"",
                       condition, quote, state[0] ? state : "null", quote);
    vonk_buffer_json(line, failed->message, strlen(failed->message));
    vonk_buffer_text(line, "\"");
    put_json_place(failed, sql, line);
    vonk_buffer_text(line, "}}\n");
}

static void put_json_head(const vonk_output *out, vonk_buffer *line)
{
    vonk_buffer schema = {0};
    vonk_schema_print(&out->schema, &schema);
    vonk_buffer_text(line, "{\"schema\":\"");
    vonk_buffer_json(line, schema.data, schema.length);
    vonk_buffer_text(line, "\",\"rows\":[");
    vonk_buffer_free(&schema);
}

/* Prints the rows so far. */
static void flush_json(vonk_output *out)
{
    vonk_buffer head = {0};
    if (!out->streams)
        put_json_head(out, &head);
    out->streams = true;
    write_out(out, &head);
    write_out(out, &out->text);
    vonk_buffer_free(&head);
}

/* The end of the line. What failed after rows were printed is told behind them. */
static void finish_json(vonk_output *out, const vonk_error *failed, vonk_slice sql)
{
    vonk_buffer line = {0};
    if (!failed || out->streams) {
        flush_json(out);
        vonk_buffer_text(&line, failed ? "]," : "]}\n");
    } else {
        vonk_buffer_char(&line, '{');
    }
    if (failed)
        put_json_error(failed, sql, &line);
    write_out(out, &line);
    vonk_buffer_free(&line);
}

/* --- table --- */

static bool is_right(const vonk_output *out, uint32_t column)
{
    return vonk_type_is_numeric(out->schema.fields[column].type);
}

static void put_rule(const vonk_output *out, vonk_buffer *to)
{
    for (uint32_t c = 0; c < out->schema.n_fields; c++) {
        vonk_buffer_char(to, '+');
        for (uint32_t i = 0; i < out->widths[c] + 2; i++)
            vonk_buffer_char(to, '-');
    }
    vonk_buffer_text(to, "+\n");
}

static void put_padded(const char *text, size_t length, uint32_t width, bool right, vonk_buffer *to)
{
    uint32_t used = text_width(text, length);
    uint32_t pad = width > used ? width - used : 0;
    vonk_buffer_text(to, "| ");
    for (uint32_t i = 0; right && i < pad; i++)
        vonk_buffer_char(to, ' ');
    for (size_t i = 0; i < length; i++) /* a table's row is one line */
        vonk_buffer_char(to, text[i] == '\n' || text[i] == '\r' ? ' ' : text[i]);
    for (uint32_t i = 0; !right && i < pad; i++)
        vonk_buffer_char(to, ' ');
    vonk_buffer_char(to, ' ');
}

static void widen(uint32_t *width, const char *text, size_t length)
{
    uint32_t w = text_width(text, length);
    *width = w > *width ? w : *width;
}

/* Adds the cells of a row to those kept. */
static vonk_status keep_row(vonk_output *out, const vonk_batch *batch, uint32_t row,
                            vonk_error *err)
{
    if (out->n_cells + batch->n_columns > out->capacity) {
        size_t capacity = (out->capacity + batch->n_columns) * 2;
        size_t *cells = realloc(out->cells, capacity * sizeof(*cells));
        if (!cells)
            return vonk_fail(err, VONK_NO_MEMORY, "out of memory for the table");
        out->cells = cells;
        out->capacity = capacity;
    }
    for (uint32_t c = 0; c < batch->n_columns; c++) {
        bool null = false;
        size_t start = out->text.length;
        VONK_TRY(print_cell(out, &batch->columns[c], row, &out->text, &null, err));
        if (null)
            vonk_buffer_text(&out->text, "NULL");
        size_t length = out->text.length - start;
        widen(&out->widths[c], out->text.data + start, length);
        out->plain |=
            batch->n_columns == 1 && length && memchr(out->text.data + start, '\n', length);
        out->cells[out->n_cells++] = out->text.length;
    }
    return VONK_OK;
}

static void flush_plain(vonk_output *out)
{
    vonk_buffer page = {0};
    size_t start = 0;
    for (size_t i = 0; i < out->n_cells; i++) {
        vonk_buffer_append(&page, out->text.data + start, out->cells[i] - start);
        vonk_buffer_char(&page, '\n');
        start = out->cells[i];
    }
    out->n_cells = 0;
    out->text.length = 0;
    write_out(out, &page);
    vonk_buffer_free(&page);
}

/* Prints the rows kept, with a header the first time. */
static void flush_table(vonk_output *out)
{
    if (out->plain) {
        flush_plain(out);
        return;
    }
    vonk_buffer page = {0};
    uint32_t n = out->schema.n_fields;
    if (!out->widths_known) {
        for (uint32_t c = 0; c < n; c++)
            widen(&out->widths[c], out->schema.fields[c].name, strlen(out->schema.fields[c].name));
        put_rule(out, &page);
        for (uint32_t c = 0; c < n; c++)
            put_padded(out->schema.fields[c].name, strlen(out->schema.fields[c].name),
                       out->widths[c], is_right(out, c), &page);
        vonk_buffer_text(&page, "|\n");
        put_rule(out, &page);
        out->widths_known = true;
    }
    size_t start = 0;
    for (size_t i = 0; i < out->n_cells; i++) {
        uint32_t c = (uint32_t)(i % n);
        put_padded(out->text.data + start, out->cells[i] - start, out->widths[c], is_right(out, c),
                   &page);
        start = out->cells[i];
        if (c == n - 1)
            vonk_buffer_text(&page, "|\n");
    }
    out->n_cells = 0;
    out->text.length = 0;
    write_out(out, &page);
    vonk_buffer_free(&page);
}

static void finish_table(vonk_output *out)
{
    if (!out->schema.n_fields)
        return;
    flush_table(out);
    if (out->plain)
        return;
    vonk_buffer line = {0};
    put_rule(out, &line);
    vonk_buffer_printf(&line, "%llu row%s\n", (unsigned long long)out->n_rows,
                       out->n_rows == 1 ? "" : "s");
    write_out(out, &line);
    vonk_buffer_free(&line);
}

/* --- the sink --- */

static vonk_status on_schema(void *context, const vonk_schema *schema, vonk_error *err)
{
    vonk_output *out = context;
    VONK_TRY(vonk_schema_copy(&out->arena, schema, &out->schema, err));
    out->widths = VONK_NEW_ARRAY(&out->arena, uint32_t, schema->n_fields, err);
    VONK_TRY_ALLOC(out->widths);
    out->begun = true;
    if (schema->n_fields && (out->format == VONK_OUTPUT_CSV || out->format == VONK_OUTPUT_TSV))
        put_header(out);
    return VONK_OK;
}

static vonk_status on_rows(void *context, const vonk_batch *batch, vonk_error *err)
{
    vonk_output *out = context;
    vonk_buffer cell = {0};
    vonk_status status = VONK_OK;
    for (uint32_t row = 0; row < batch->n_rows && status == VONK_OK; row++) {
        if (out->format == VONK_OUTPUT_JSON)
            status = put_json(out, batch, row, &cell, err);
        else if (out->format == VONK_OUTPUT_TABLE)
            status = keep_row(out, batch, row, err);
        else
            status = put_line(out, batch, row, &cell, err);
        out->n_rows++;
    }
    vonk_buffer_free(&cell);
    VONK_TRY(status);
    if (out->format == VONK_OUTPUT_TABLE && out->n_rows >= TABLE_SAMPLE) {
        vonk_cli_progress_end();
        flush_table(out);
    }
    if (out->format == VONK_OUTPUT_CSV || out->format == VONK_OUTPUT_TSV)
        write_out(out, &out->text);
    if (out->format == VONK_OUTPUT_JSON && out->text.length >= JSON_HELD) {
        vonk_cli_progress_end();
        flush_json(out);
    }
    return vonk_buffer_check(&out->text, err);
}

vonk_sink vonk_output_sink(vonk_output *out)
{
    return (vonk_sink){
        .context = out, .schema = on_schema, .rows = on_rows, .progress = vonk_cli_progress};
}

vonk_status vonk_output_finish(vonk_output *out, const vonk_error *failed, vonk_slice sql,
                               vonk_error *err)
{
    vonk_cli_progress_end();
    if (out->format == VONK_OUTPUT_JSON) {
        finish_json(out, failed, sql);
    } else if (out->begun && !failed) {
        if (out->format == VONK_OUTPUT_TABLE)
            finish_table(out);
        else
            write_out(out, &out->text);
    }
    vonk_status status = vonk_buffer_check(&out->text, err);
    vonk_buffer_free(&out->text);
    free(out->cells);
    vonk_arena_free(&out->arena);
    return status;
}
