/* print.c - values to text. */
#include "format/text/print.h"

#include "expr/calendar.h"
#include "expr/print_value.h"

/* Scientific if there are no digits left of the point for more than six places. */
static void print_decimal(vonk_int128 value, int scale, vonk_buffer *out)
{
    char text[VONK_VALUE_TEXT];
    size_t n = vonk_print_decimal(value, 0, text);
    bool negative = text[0] == '-';
    const char *digits = text + negative;
    int n_digits = (int)(n - negative), exponent = n_digits - 1 - scale;
    if (!scale || exponent >= -6) {
        n = vonk_print_decimal(value, scale, text);
        vonk_buffer_append(out, text, n);
        return;
    }
    if (negative)
        vonk_buffer_char(out, '-');
    vonk_buffer_char(out, digits[0]);
    if (n_digits > 1)
        vonk_buffer_printf(out, ".%.*s", n_digits - 1, digits + 1);
    vonk_buffer_printf(out, "E%d", exponent);
}

static void print_timestamp(const vonk_text_style *s, int64_t us, vonk_buffer *out)
{
    int32_t offset = vonk_time_zone_offset_at(&s->zone, us);
    vonk_pattern_print(s->timestamp_format, vonk_utc_to_local(&s->zone, us), offset, s->zone_name,
                       out);
}

void vonk_text_print(const vonk_text_style *s, vonk_type type, const vonk_value *v,
                     vonk_buffer *out)
{
    char text[VONK_VALUE_TEXT];
    size_t n = 0;
    switch (type.id) {
    case VONK_BOOL:
        vonk_buffer_text(out, v->boolean ? "true" : "false");
        return;
    case VONK_DECIMAL:
        print_decimal(v->i128, type.scale, out);
        return;
    case VONK_FLOAT32:
        n = vonk_print_float((float)v->f64, text);
        break;
    case VONK_FLOAT64:
        n = vonk_print_double(v->f64, text);
        break;
    case VONK_STRING:
    case VONK_BINARY:
        vonk_buffer_append(out, v->string.data, v->string.length);
        return;
    case VONK_DATE:
        vonk_pattern_print(s->date_format, v->i64 * VONK_US_PER_DAY, 0, "Z", out);
        return;
    case VONK_TIMESTAMP:
        print_timestamp(s, v->i64, out);
        return;
    case VONK_TIMESTAMP_NTZ:
        vonk_pattern_print(s->timestamp_ntz_format, v->i64, 0, "Z", out);
        return;
    default:
        n = vonk_print_int64(v->i64, text);
        break;
    }
    vonk_buffer_append(out, text, n);
}
