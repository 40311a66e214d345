/* print_literal.c - literals as Spark's column names write them. */
#include "expr/expr.h"
#include "expr/interval_text.h"
#include "expr/print_value.h"

static void print_interval(vonk_type type, int64_t value, vonk_buffer *out)
{
    char text[VONK_INTERVAL_TEXT_SIZE];
    vonk_buffer_append(out, text, vonk_print_interval(type, value, text));
}

static void print_binary(vonk_slice bytes, bool plain, vonk_buffer *out)
{
    vonk_buffer_text(out, plain ? "0x" : "X'");
    for (size_t i = 0; i < bytes.length; i++)
        vonk_buffer_printf(out, "%02X", (unsigned char)bytes.data[i]);
    if (!plain)
        vonk_buffer_char(out, '\'');
}

static void print_quoted(const char *prefix, const char *text, size_t length, bool plain,
                         vonk_buffer *out)
{
    if (!plain)
        vonk_buffer_printf(out, "%s '", prefix);
    vonk_buffer_append(out, text, length);
    if (!plain)
        vonk_buffer_char(out, '\'');
}

void vonk_expr_print_literal(const vonk_expr *e, bool plain, vonk_buffer *out)
{
    char text[VONK_VALUE_TEXT];
    const vonk_value *value = &e->value;
    if (value->is_null) {
        vonk_buffer_text(out, plain ? "null" : "NULL");
        return;
    }
    switch ((vonk_type_id)e->type.id) {
    case VONK_BOOL:
        vonk_buffer_text(out, value->boolean ? "true" : "false");
        break;
    case VONK_DECIMAL:
        vonk_buffer_append(out, text, vonk_print_decimal(value->i128, e->type.scale, text));
        break;
    case VONK_FLOAT32:
        vonk_buffer_append(out, text, vonk_print_float((float)value->f64, text));
        break;
    case VONK_FLOAT64:
        vonk_buffer_append(out, text, vonk_print_double(value->f64, text));
        break;
    case VONK_STRING:
        vonk_buffer_append(out, value->string.data, value->string.length);
        break;
    case VONK_BINARY:
        print_binary(value->string, plain, out);
        break;
    case VONK_DATE:
        print_quoted("DATE", text, vonk_print_date(value->i64, text), plain, out);
        break;
    case VONK_TIMESTAMP:
        print_quoted("TIMESTAMP", text, vonk_print_timestamp(value->i64, text), plain, out);
        break;
    case VONK_TIMESTAMP_NTZ:
        print_quoted("TIMESTAMP_NTZ", text, vonk_print_timestamp(value->i64, text), plain, out);
        break;
    case VONK_INTERVAL_YM:
    case VONK_INTERVAL_DT:
        print_interval(e->type, value->i64, out);
        break;
    default:
        vonk_buffer_append(out, text, vonk_print_int64(value->i64, text));
        break;
    }
}
