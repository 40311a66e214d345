/* writer.c - rows to JSON, an object a line; nulls are left out unless ignoreNullFields is false.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "format/json/json.h"
#include "format/json/options.h"
#include "format/text/convert.h"
#include "format/text/output.h"
#include "format/text/print.h"

struct vonk_writer {
    vonk_arena arena;
    vonk_json_options options;
    vonk_text_style style;
    vonk_text_output out;
    vonk_buffer field; /* text of one value */
    vonk_slice *keys;  /* "name": of each column, escaped */
};

static void free_writer(vonk_writer *w)
{
    vonk_buffer_free(&w->field);
    vonk_arena_free(&w->arena);
    free(w);
}

/* As Jackson escapes: control characters in upper case, \b and \f by letter. */
static void put_escaped(vonk_buffer *out, const char *text, size_t length)
{
    size_t from = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        vonk_buffer_append(out, text + from, i - from);
        from = i + 1;
        if (c == '\b')
            vonk_buffer_text(out, "\\b");
        else if (c == '\f')
            vonk_buffer_text(out, "\\f");
        else if (c < 0x20 && !strchr("\n\r\t", c))
            vonk_buffer_printf(out, "\\u%04X", c);
        else
            vonk_buffer_json(out, text + i, 1);
    }
    vonk_buffer_append(out, text + from, length - from);
}

static void put_text(vonk_buffer *out, const char *text, size_t length)
{
    vonk_buffer_char(out, '"');
    put_escaped(out, text, length);
    vonk_buffer_char(out, '"');
}

static vonk_status put_long(vonk_writer *w, vonk_slice text, vonk_error *err)
{
    vonk_buffer *out = &w->out.text;
    vonk_buffer_char(out, '"');
    for (size_t at = 0; at < text.length; at += VONK_TEXT_PIECE) {
        size_t left = text.length - at;
        put_escaped(out, text.data + at, left < VONK_TEXT_PIECE ? left : VONK_TEXT_PIECE);
        VONK_TRY(vonk_text_flush(&w->out, err));
    }
    vonk_buffer_char(out, '"');
    return VONK_OK;
}

static void put_base64(vonk_buffer *out, vonk_slice bytes)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    vonk_buffer_char(out, '"');
    for (size_t i = 0; i < bytes.length; i += 3) {
        size_t n = bytes.length - i < 3 ? bytes.length - i : 3;
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (k < n ? (unsigned char)bytes.data[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            vonk_buffer_char(out, k <= n ? alphabet[bits >> (18 - 6 * k) & 63] : '=');
    }
    vonk_buffer_char(out, '"');
}

static bool is_finite(vonk_type type, const vonk_value *v)
{
    return (type.id != VONK_FLOAT32 && type.id != VONK_FLOAT64) || isfinite(v->f64);
}

static void put_value(vonk_writer *w, vonk_type type, const vonk_value *v)
{
    vonk_buffer *out = &w->out.text;
    if (type.id == VONK_STRING) {
        put_text(out, v->string.data, v->string.length);
    } else if (type.id == VONK_BINARY) {
        put_base64(out, v->string);
    } else if (type.id >= VONK_DATE || !is_finite(type, v)) { /* in quotes */
        w->field.length = 0;
        vonk_text_print(&w->style, type, v, &w->field);
        w->out.text.failed |= w->field.failed;
        put_text(out, w->field.data ? w->field.data : "", w->field.length);
    } else {
        vonk_text_print(&w->style, type, v, out);
    }
}

static vonk_status make_keys(vonk_writer *w, const vonk_schema *schema, vonk_error *err)
{
    w->keys = VONK_NEW_ARRAY(&w->arena, vonk_slice, schema->n_fields + 1, err);
    VONK_TRY_ALLOC(w->keys);
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const vonk_field *f = &schema->fields[i];
        if (!vonk_text_has_type(f->type))
            return vonk_fail_sql(err, "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE",
                                 "JSON cannot hold column %s of type %s", f->name,
                                 vonk_type_sql_name(f->type));
        w->field.length = 0;
        put_text(&w->field, f->name, strlen(f->name));
        vonk_buffer_char(&w->field, ':');
        VONK_TRY(vonk_buffer_check(&w->field, err));
        w->keys[i].length = w->field.length;
        w->keys[i].data = vonk_arena_strndup(&w->arena, w->field.data, w->field.length, err);
        VONK_TRY_ALLOC(w->keys[i].data);
    }
    return VONK_OK;
}

static vonk_status start_writing(vonk_writer *w, const vonk_writer_request *q, vonk_error *err)
{
    VONK_TRY(make_keys(w, q->schema, err));
    VONK_TRY(vonk_json_options_read(&q->options, q->settings, true, &w->arena, &w->options, err));
    w->style = (vonk_text_style){
        .date_format = w->options.date_format,
        .timestamp_format = w->options.timestamp_format,
        .timestamp_ntz_format = w->options.timestamp_ntz_format,
        .zone = w->options.zone,
        .zone_name = q->settings && q->settings->time_zone ? q->settings->time_zone : "UTC",
    };
    VONK_TRY(vonk_text_create(q->path, q->sink, &q->options, &w->out, err));
    w->out.settings = q->settings;
    return VONK_OK;
}

vonk_status vonk_json_create(const vonk_writer_request *q, vonk_writer **ret, vonk_error *err)
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

vonk_status vonk_json_write(vonk_writer *w, const vonk_batch *batch, vonk_error *err)
{
    vonk_buffer *out = &w->out.text;
    for (uint32_t row = 0; row < batch->n_rows; row++) {
        const char *between = "";
        vonk_buffer_char(out, '{');
        for (uint32_t i = 0; i < batch->n_columns; i++) {
            const vonk_column *col = &batch->columns[i];
            bool valid = vonk_column_is_valid(col, row);
            if (!valid && w->options.ignore_null_fields)
                continue;
            vonk_buffer_text(out, between);
            vonk_buffer_append(out, w->keys[i].data, w->keys[i].length);
            between = ",";
            vonk_value value = {0};
            if (valid)
                value = vonk_column_value(col, row);
            bool is_long = col->type.id == VONK_STRING && value.string.length > VONK_TEXT_PIECE;
            if (valid && is_long)
                VONK_TRY(put_long(w, value.string, err));
            else if (valid)
                put_value(w, col->type, &value);
            else
                vonk_buffer_text(out, "null");
        }
        vonk_buffer_text(out, "}\n");
        VONK_TRY(vonk_text_flush(&w->out, err));
    }
    return VONK_OK;
}

vonk_status vonk_json_finish(vonk_writer *w, uint64_t *ret_bytes, vonk_error *err)
{
    vonk_status status = vonk_text_finish(&w->out, ret_bytes, err);
    free_writer(w);
    return status;
}

void vonk_json_abort(vonk_writer *w)
{
    if (!w)
        return;
    vonk_text_abort(&w->out);
    free_writer(w);
}
