/*
 * writer.c - rows to CSV, quoted as Univocity does under Spark's settings: a field is quoted if it
 * holds a separator, a line end or (escapeQuotes) a quote, or if it begins the line with what
 * starts a comment. Blanks around fields are left out by default.
 */
#include <stdlib.h>
#include <string.h>

#include "format/csv/csv.h"
#include "format/csv/options.h"
#include "format/text/convert.h"
#include "format/text/output.h"
#include "format/text/print.h"

struct vonk_writer {
    vonk_arena arena;
    vonk_csv_options options;
    vonk_text_style style;
    vonk_text_output out;
    vonk_buffer field; /* text of one value */
};

static void free_writer(vonk_writer *w)
{
    vonk_buffer_free(&w->field);
    vonk_arena_free(&w->arena);
    free(w);
}

static vonk_slice trim(const vonk_csv_options *o, vonk_slice text)
{
    while (o->trim_leading && text.length && (unsigned char)*text.data <= ' ') {
        text.data++;
        text.length--;
    }
    while (o->trim_trailing && text.length && (unsigned char)text.data[text.length - 1] <= ' ')
        text.length--;
    return text;
}

static bool needs_quotes(const vonk_csv_options *o, vonk_slice text, bool is_first)
{
    int comment = o->comment == VONK_CSV_NO_CHAR ? '#' : o->comment;
    if (o->quote_all || (is_first && (unsigned char)*text.data == comment) ||
        (unsigned char)*text.data == o->quote)
        return true;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c == '\n' || c == '\r' || (o->escape_quotes && (unsigned char)c == o->quote))
            return true;
    }
    return memmem(text.data, text.length, o->separator.data, o->separator.length) != NULL;
}

static void put_field(vonk_writer *w, vonk_slice text, bool is_first)
{
    const vonk_csv_options *o = &w->options;
    vonk_buffer *out = &w->out.text;
    text = trim(o, text);
    bool is_default = o->empty_value.length == 2 && !memcmp(o->empty_value.data, "\"\"", 2);
    if (!text.length) {
        text = o->empty_value;
        if (!text.length || is_default || !o->quote_all) {
            vonk_buffer_append(out, text.data, text.length);
            return;
        }
    }
    if (o->quote == VONK_CSV_NO_CHAR || !needs_quotes(o, text, is_first)) {
        vonk_buffer_append(out, text.data, text.length);
        return;
    }
    vonk_buffer_char(out, (char)o->quote);
    for (size_t i = 0; i < text.length; i++) {
        int c = (unsigned char)text.data[i];
        if (c == o->quote && o->escape != VONK_CSV_NO_CHAR)
            vonk_buffer_char(out, (char)o->escape);
        else if (c == o->escape && o->quote_escape != VONK_CSV_NO_CHAR)
            vonk_buffer_char(out, (char)o->quote_escape);
        vonk_buffer_char(out, (char)c);
    }
    vonk_buffer_char(out, (char)o->quote);
}

static void put_null(vonk_writer *w)
{
    const vonk_csv_options *o = &w->options;
    vonk_buffer *out = &w->out.text;
    bool quoted = o->quote_all && o->quote != VONK_CSV_NO_CHAR;
    if (quoted)
        vonk_buffer_char(out, (char)o->quote);
    vonk_buffer_append(out, o->null_value.data, o->null_value.length);
    if (quoted)
        vonk_buffer_char(out, (char)o->quote);
}

static void put_value(vonk_writer *w, const vonk_column *col, uint32_t row, bool is_first)
{
    if (!vonk_column_is_valid(col, row)) {
        put_null(w);
        return;
    }
    vonk_value value = vonk_column_value(col, row);
    if (col->type.id == VONK_STRING) {
        put_field(w, value.string, is_first);
        return;
    }
    w->field.length = 0;
    if (col->type.id == VONK_BINARY) { /* as Spark shows bytes: [61 62] */
        vonk_buffer_char(&w->field, '[');
        for (size_t i = 0; i < value.string.length; i++)
            vonk_buffer_printf(&w->field, i ? " %02X" : "%02X",
                               (unsigned char)value.string.data[i]);
        vonk_buffer_char(&w->field, ']');
    } else {
        vonk_text_print(&w->style, col->type, &value, &w->field);
    }
    w->out.text.failed |= w->field.failed;
    put_field(w, (vonk_slice){w->field.data, w->field.length}, is_first);
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
        put_field(w, vonk_slice_of(schema->fields[i].name), !i);
    }
    vonk_buffer_char(&w->out.text, '\n');
}

static vonk_status start_writing(vonk_writer *w, const vonk_writer_request *q, vonk_error *err)
{
    VONK_TRY(check_types(q->schema, err));
    VONK_TRY(vonk_csv_options_read(&q->options, q->settings, true, &w->arena, &w->options, err));
    w->style = (vonk_text_style){
        .date_format = w->options.date_format,
        .timestamp_format = w->options.timestamp_format,
        .timestamp_ntz_format = w->options.timestamp_ntz_format,
        .zone = w->options.zone,
        .zone_name = q->settings && q->settings->time_zone ? q->settings->time_zone : "UTC",
    };
    VONK_TRY(vonk_text_create(q->path, q->sink, &q->options, &w->out, err));
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

vonk_status vonk_csv_write(vonk_writer *w, const vonk_batch *batch, vonk_error *err)
{
    const vonk_slice *separator = &w->options.separator;
    for (uint32_t row = 0; row < batch->n_rows; row++) {
        for (uint32_t i = 0; i < batch->n_columns; i++) {
            if (i)
                vonk_buffer_append(&w->out.text, separator->data, separator->length);
            put_value(w, &batch->columns[i], row, !i);
        }
        vonk_buffer_char(&w->out.text, '\n');
        VONK_TRY(vonk_text_flush(&w->out, err));
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
