/*
 * cells.c - values to text, quoted as Univocity does under Spark's settings: a field is quoted if
 * it holds a separator, a line end or (escapeQuotes) a quote, or if it begins the line with what
 * starts a comment. Blanks around fields are left out by default.
 */
#include "format/csv/cells.h"

#include <string.h>

#include "expr/digits.h"

/* ---- single values ---- */

vonk_slice vonk_csv_trimmed(const vonk_csv_options *o, vonk_slice text)
{
    while (o->trim_leading && text.length && (unsigned char)*text.data <= ' ') {
        text.data++;
        text.length--;
    }
    while (o->trim_trailing && text.length && (unsigned char)text.data[text.length - 1] <= ' ')
        text.length--;
    return text;
}

bool vonk_csv_needs_quotes(const vonk_csv_options *o, vonk_slice text, bool is_first)
{
    if (o->quote == VONK_CSV_NO_CHAR)
        return false;
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

void vonk_csv_put_escaped(const vonk_csv_options *o, vonk_slice text, vonk_buffer *out)
{
    for (size_t i = 0; i < text.length; i++) {
        int c = (unsigned char)text.data[i];
        if (c == o->quote && o->escape != VONK_CSV_NO_CHAR)
            vonk_buffer_char(out, (char)o->escape);
        else if (c == o->escape && o->quote_escape != VONK_CSV_NO_CHAR)
            vonk_buffer_char(out, (char)o->quote_escape);
        vonk_buffer_char(out, (char)c);
    }
}

void vonk_csv_put_field(const vonk_csv_options *o, vonk_slice text, bool is_first, vonk_buffer *out)
{
    text = vonk_csv_trimmed(o, text);
    bool is_default = o->empty_value.length == 2 && !memcmp(o->empty_value.data, "\"\"", 2);
    if (!text.length) {
        text = o->empty_value;
        if (!text.length || is_default || !o->quote_all) {
            vonk_buffer_append(out, text.data, text.length);
            return;
        }
    }
    if (!vonk_csv_needs_quotes(o, text, is_first)) {
        vonk_buffer_append(out, text.data, text.length);
        return;
    }
    vonk_buffer_char(out, (char)o->quote);
    vonk_csv_put_escaped(o, text, out);
    vonk_buffer_char(out, (char)o->quote);
}

static void put_null(const vonk_csv_options *o, vonk_buffer *out)
{
    bool quoted = o->quote_all && o->quote != VONK_CSV_NO_CHAR;
    if (quoted)
        vonk_buffer_char(out, (char)o->quote);
    vonk_buffer_append(out, o->null_value.data, o->null_value.length);
    if (quoted)
        vonk_buffer_char(out, (char)o->quote);
}

void vonk_csv_put_value(vonk_csv_printer *p, const vonk_column *col, uint32_t row, bool is_first,
                        vonk_buffer *out)
{
    if (!vonk_column_is_valid(col, row)) {
        put_null(p->options, out);
        return;
    }
    vonk_value value = vonk_column_value(col, row);
    if (col->type.id == VONK_STRING) {
        vonk_csv_put_field(p->options, value.string, is_first, out);
        return;
    }
    p->field.length = 0;
    if (col->type.id == VONK_BINARY) { /* as Spark shows bytes: [61 62] */
        vonk_buffer_char(&p->field, '[');
        for (size_t i = 0; i < value.string.length; i++)
            vonk_buffer_printf(&p->field, i ? " %02X" : "%02X",
                               (unsigned char)value.string.data[i]);
        vonk_buffer_char(&p->field, ']');
    } else {
        vonk_text_print(&p->style, col->type, &value, &p->field);
    }
    out->failed |= p->field.failed;
    vonk_csv_put_field(p->options, (vonk_slice){p->field.data, p->field.length}, is_first, out);
}

/* ---- columns ---- */

/* A whole number never needs quotes. */
static bool digits_are_plain(const vonk_csv_options *o)
{
    static const char digits[] = "-0123456789";
    const char special[] = {(char)o->quote, (char)o->comment, o->separator.data[0]};
    for (size_t i = 0; i < sizeof(special); i++) {
        if (special[i] && strchr(digits, special[i]))
            return false;
    }
    return !o->quote_all;
}

void vonk_csv_printer_init(vonk_csv_printer *p, const vonk_csv_options *o, const char *zone_name)
{
    *p = (vonk_csv_printer){
        .options = o,
        .plain_digits = digits_are_plain(o),
        .style = {.date_format = o->date_format,
                  .timestamp_format = o->timestamp_format,
                  .timestamp_ntz_format = o->timestamp_ntz_format,
                  .zone = o->zone,
                  .zone_name = zone_name},
    };
}

/* Whole numbers, and what is behind each; there is room for them. */
VONK_SPECIALISE void print_whole(const vonk_column *col, uint32_t first, uint32_t n, char behind,
                                 vonk_csv_cells *ret, bool is_wide)
{
    char *to = ret->text.data;
    for (uint32_t i = 0; i < n; i++) {
        int64_t value = is_wide ? ((const int64_t *)col->values)[first + i]
                                : ((const int32_t *)col->values)[first + i];
        to = vonk_put_int64(to, value);
        *to++ = behind;
        ret->ends[i] = (size_t)(to - ret->text.data);
    }
    ret->text.length = (size_t)(to - ret->text.data);
}

static bool are_plain(const vonk_csv_printer *p, const vonk_column *col, vonk_slice behind)
{
    return p->plain_digits && behind.length == 1 && col->encoding == VONK_FLAT && !col->validity &&
           (col->type.id == VONK_INT32 || col->type.id == VONK_INT64);
}

void vonk_csv_print_column(vonk_csv_printer *p, const vonk_column *col, uint32_t first, uint32_t n,
                           bool is_first, vonk_slice behind, vonk_csv_cells *ret)
{
    ret->text.length = 0;
    if (are_plain(p, col, behind)) {
        if (!vonk_buffer_reserve(&ret->text, n * (VONK_DIGITS_ROOM + 1) + VONK_CSV_CELL_REACH))
            return;
        if (col->type.id == VONK_INT64)
            print_whole(col, first, n, *behind.data, ret, true);
        else
            print_whole(col, first, n, *behind.data, ret, false);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        vonk_csv_put_value(p, col, first + i, is_first, &ret->text);
        vonk_buffer_append(&ret->text, behind.data, behind.length);
        ret->ends[i] = ret->text.length;
    }
    (void)vonk_buffer_reserve(&ret->text, VONK_CSV_CELL_REACH);
}

/* ---- rows ---- */

static char *put_row(const vonk_csv_cells *cells, uint32_t n_columns, uint32_t row, char *to)
{
    for (uint32_t i = 0; i < n_columns; i++) {
        size_t start = row ? cells[i].ends[row - 1] : 0, length = cells[i].ends[row] - start;
        const char *from = cells[i].text.data + start;
        memcpy(to, from, VONK_CSV_CELL_REACH);
        if (length > VONK_CSV_CELL_REACH)
            memcpy(to + VONK_CSV_CELL_REACH, from + VONK_CSV_CELL_REACH,
                   length - VONK_CSV_CELL_REACH);
        to += length;
    }
    return to;
}

void vonk_csv_join_cells(const vonk_csv_cells *cells, uint32_t n_columns, uint32_t n_rows,
                         vonk_buffer *out)
{
    size_t bytes = VONK_CSV_CELL_REACH;
    for (uint32_t i = 0; i < n_columns; i++) {
        bytes += cells[i].text.length;
        out->failed |= cells[i].text.failed;
    }
    char *to = vonk_buffer_reserve(out, bytes);
    if (!to)
        return;
    for (uint32_t row = 0; row < n_rows; row++)
        to = put_row(cells, n_columns, row, to);
    out->length = (size_t)(to - out->data);
}
