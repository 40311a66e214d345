/* print_literal.c - literals as Spark's column names write them. */
#include <stdlib.h>
#include <string.h>

#include "expr/calendar.h"
#include "expr/expr.h"
#include "expr/print_value.h"

static const char *const ym_units[] = {"YEAR", "MONTH"};
static const char *const dt_units[] = {"DAY", "HOUR", "MINUTE", "SECOND"};

/* Fields of an interval's type: written ones, or all. `sql/interval.c` says how they are kept. */
static void interval_fields(vonk_type type, uint32_t last_unit, uint32_t *first, uint32_t *last)
{
    bool given =
        type.precision && type.scale && type.scale <= last_unit + 1 && type.precision <= type.scale;
    *first = given ? type.precision - 1u : 0;
    *last = given ? type.scale - 1u : last_unit;
}

static void print_units(const char *const *units, uint32_t first, uint32_t last, vonk_buffer *out)
{
    vonk_buffer_printf(out, "' %s", units[first]);
    if (last != first)
        vonk_buffer_printf(out, " TO %s", units[last]);
}

/* INTERVAL '1-2' YEAR TO MONTH */
static void print_year_month(vonk_type type, int64_t months, vonk_buffer *out)
{
    uint32_t first, last;
    interval_fields(type, 1, &first, &last);
    int64_t size = llabs(months);
    vonk_buffer_printf(out, "INTERVAL '%s", months < 0 ? "-" : "");
    if (first == 1)
        vonk_buffer_printf(out, "%lld", (long long)size);
    else if (last == 0)
        vonk_buffer_printf(out, "%lld", (long long)(size / 12));
    else
        vonk_buffer_printf(out, "%lld-%lld", (long long)(size / 12), (long long)(size % 12));
    print_units(ym_units, first, last, out);
}

/* ".5", without zeros at its end */
static void print_fraction(uint32_t us, vonk_buffer *out)
{
    char digits[] = ".000000";
    for (int i = 6; i > 0; i--, us /= 10)
        digits[i] = (char)('0' + us % 10);
    size_t length = 7;
    while (length > 0 && (digits[length - 1] == '0' || digits[length - 1] == '.'))
        length--;
    vonk_buffer_append(out, digits, length);
}

/* INTERVAL '1 02:03:04.5' DAY TO SECOND: the first field is as large as it is, the rest two digits
 */
static void print_day_time(vonk_type type, int64_t us, vonk_buffer *out)
{
    static const uint64_t sizes[] = {86400000000u, 3600000000u, 60000000u, 1000000u};
    uint32_t first, last;
    interval_fields(type, 3, &first, &last);
    uint64_t rest = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;
    vonk_buffer_printf(out, "INTERVAL '%s", us < 0 ? "-" : "");
    for (uint32_t field = first; field <= last; field++) {
        bool wide = field == 0 || (first == last && field == 2);
        if (field > first)
            vonk_buffer_char(out, field == 1 ? ' ' : ':');
        vonk_buffer_printf(out, wide ? "%llu" : "%02llu",
                           (unsigned long long)(rest / sizes[field]));
        rest %= sizes[field];
    }
    if (last == 3)
        print_fraction((uint32_t)rest, out);
    print_units(dt_units, first, last, out);
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
        print_year_month(e->type, value->i64, out);
        break;
    case VONK_INTERVAL_DT:
        print_day_time(e->type, value->i64, out);
        break;
    default:
        vonk_buffer_append(out, text, vonk_print_int64(value->i64, text));
        break;
    }
}
